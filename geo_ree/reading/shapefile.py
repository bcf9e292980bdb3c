"""The parts of a shapefile: whether they are whole and agree, and how their texts are encoded."""

from __future__ import annotations

import codecs
import logging
import shutil
import struct
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.reading.archives import Archive

logger = logging.getLogger(__name__)

CopyPart = Callable[[str, Path], bool]
"""Copies the part with a suffix to a path; False if there is none."""

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
"""Suffixes of the files that make a shapefile; the last is optional."""

_NAME_BYTES = 10
_LANGUAGES = {0x26: "cp866", 0x65: "cp866", 0xC9: "cp1251"}
"""Byte 29 of a dbf, where it can be relied on.

Natural Earth writes 0x57 ("Windows") over UTF-8 and over cp1252 alike.
"""


def parts_in_archive(archive: Archive, member: str, source: Source) -> CopyPart:
    """Return the function that copies the parts of a shapefile from an archive.

    It raises `SchemaError`, with what the archive holds, if a required part is missing.
    """
    optional = _optional(source)

    def copy(suffix: str, target: Path) -> bool:
        part = str(PurePosixPath(member).with_suffix(suffix))
        if archive.find(part) is None:
            if suffix not in optional:
                raise archive.missing(part)
            return False
        archive.extract(part, target)
        return True

    return copy


def parts_beside(path: Path) -> CopyPart:
    """Return the function that copies the parts of a shapefile on disk.

    The case of their suffixes does not matter.
    """

    def copy(suffix: str, target: Path) -> bool:
        beside = [p for p in path.parent.iterdir() if p.stem == path.stem and p.is_file()]
        found = next((p for p in beside if p.suffix.lower() == suffix), None)
        if suffix == ".shp":
            found = path
        if found is None:
            return False
        shutil.copyfile(found, target)
        return True

    return copy


def gather_parts(
    copy_part: CopyPart, folder: Path, source: Source, *, where: str, hint: str
) -> tuple[Path, str]:
    """Put the parts of a shapefile into a folder; return its ``.shp`` and the encoding of texts.

    Without a ``.cpg``, the dbf's own language and then ``reader.encodings`` are tried;
    ``reader.crs`` replaces a missing ``.prj``. `where` names the ``.shp``.

    Raises `SchemaError` if a part is missing or cut short, or if the parts disagree.
    """
    stem = f"{source.id}: {PurePosixPath(where).with_suffix('')}"
    optional = _optional(source)
    for suffix in PARTS:
        part = folder / f"payload{suffix}"
        if not copy_part(suffix, part):
            if suffix in optional:
                continue
            raise SchemaError(
                f"{stem}{suffix} is missing beside the other parts of the shapefile",
                "put all parts of it into one zip archive, and provide that",
            )
        if not _is_whole(part):
            raise SchemaError(f"{stem}{suffix} is cut short", hint)
    projection = folder / "payload.prj"
    if projection.exists() and not projection.read_bytes().isascii():
        # names in a local encoding, over which pyogrio stumbles; they are only names
        projection.write_text(projection.read_text("ascii", "replace").replace("\ufffd", "?"))
    index, table = ((folder / f"payload{suffix}").read_bytes() for suffix in (".shx", ".dbf"))
    # the index has a header of 50 words and 4 words a shape
    shapes = (struct.unpack(">i", index[24:28])[0] - 50) // 4
    rows = struct.unpack("<I", table[4:8])[0]
    if shapes != rows:
        raise SchemaError(
            f"{stem}.shx lists {shapes} shapes, but {stem}.dbf has {rows} rows",
            "the parts come from two exports: get all of them again",
        )
    stated = folder / "payload.cpg"
    name = stated.read_text("ascii", "ignore").strip() if stated.exists() else ""
    stated.unlink(missing_ok=True)  # the encoding is passed to GDAL
    return folder / "payload.shp", _encoding(table, name, source.reader.encodings, stem, hint)


def _optional(source: Source) -> frozenset[str]:
    return frozenset({".cpg", ".prj"} if source.reader.crs else {".cpg"})


def _is_whole(part: Path) -> bool:
    """Compare the size of a part with its header; GDAL is more lenient."""
    size, suffix = part.stat().st_size, part.suffix
    with part.open("rb") as stream:
        head = stream.read(100)
    if suffix in (".shp", ".shx"):  # length of the file in words of two bytes
        return size >= 100 and size >= 2 * struct.unpack(">i", head[24:28])[0]
    if suffix == ".dbf":  # number of records, length of the header, length of a record
        if size < 32:
            return False
        records, header, record = struct.unpack("<IHH", head[4:12])
        return bool(size >= header + records * record)
    return True


def _encoding(table: bytes, stated: str, encodings: tuple[str, ...], stem: str, hint: str) -> str:
    """Choose the first encoding that fits all texts: the ``.cpg``'s, the dbf's, the entry's."""
    body = table[struct.unpack("<H", table[8:10])[0] :]
    if body.isascii():
        return "utf-8"
    first = stated.replace("ANSI ", "cp") or _LANGUAGES.get(table[29], "")
    tried = [name for name in (first, *encodings) if name]
    for name in tried:
        try:
            known = codecs.lookup(f"cp{name}" if name.isdecimal() else name).name
            body.decode(known)
        except (LookupError, UnicodeDecodeError):
            continue
        if stated and name != first:
            logger.warning("%s.cpg says %s, but the texts are %s", stem, stated, known)
        return "utf-8" if known == "utf-8-sig" else known
    raise SchemaError(f"{stem}.dbf is not encoded as {' or '.join(tried)}", hint)


def restore_names(found: Iterable[object], wanted: Iterable[str]) -> dict[str, str]:
    """Map columns that a shapefile cut to ten bytes to the only wanted name that begins so."""
    have = [str(column) for column in found]
    names = [n for n in dict.fromkeys(wanted) if len(n) > _NAME_BYTES]
    behind = {column: [n for n in names if n[:_NAME_BYTES] == column] for column in have}
    return {
        column: alike[0]
        for column, alike in behind.items()
        if len(alike) == 1 and alike[0] not in have
    }
