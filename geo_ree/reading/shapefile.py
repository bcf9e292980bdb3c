"""The parts of a shapefile: whether they are whole and agree, and how their texts are encoded."""

from __future__ import annotations

import logging
import shutil
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath

import numpy as np
import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.reading.archives import Archive
from geo_ree.reading.encodings import (
    LANGUAGES,
    UTF8,
    Decoded,
    decode_texts,
    guess_encoding,
    known_encoding,
)

logger = logging.getLogger(__name__)

CopyPart = Callable[[str, Path], bool]
"""Copies the part with a suffix to a path; False if there is none."""

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
"""Suffixes of the files that make a shapefile; the last is optional."""

_NAME_BYTES = 10
_DELETED = ord("*")
LOSSLESS = "ISO-8859-1"
"""GDAL is asked to read texts in it, which keeps all bytes; `decode_frame` makes texts of them."""


@dataclass
class Shapefile:
    """The parts of a shapefile in a folder of ours.

    Attributes
    ----------
    path
        The ``.shp``.
    stem
        Its source and name, for messages.
    stated, language
        What the ``.cpg`` says, as it says it, and what byte 29 of the dbf stands for; blank if nothing.
    noted
        What was noted -> rows.
    """

    path: Path
    stem: str
    stated: str = ""
    language: str = ""
    noted: dict[str, int] = field(default_factory=dict)


def choose_parts(shape: PurePath, beside: Iterable[PurePath]) -> dict[str, PurePath]:
    """Choose the files of one folder that belong to a ``.shp``, by suffix in small letters.

    The case of their names does not matter, but the same case comes first. A ``.qpj`` replaces an
    absent ``.prj``, and so does the only ``.prj`` that belongs to no other ``.shp``.
    """
    files = sorted(beside, key=lambda p: (p.stem != shape.stem, str(p)))
    stem = shape.stem.casefold()
    found: dict[str, PurePath] = {}
    for file in files:
        if file.stem.casefold() == stem:
            found.setdefault(file.suffix.lower(), file)
    found[".shp"] = shape
    if ".prj" not in found:
        owners = {f.stem.casefold() for f in files if f.suffix.lower() == ".shp"}
        spare = [f for f in files if f.suffix.lower() == ".prj"]
        spare = [f for f in spare if f.stem.casefold() not in owners]
        if ".qpj" in found or len(spare) == 1:
            found[".prj"] = found.get(".qpj") or spare[0]
            logger.warning("%s: its reference system is that of %s", shape.name, found[".prj"].name)
    return {suffix: found[suffix] for suffix in PARTS if suffix in found}


def parts_in_archive(archive: Archive, member: str, source: Source) -> CopyPart:
    """Return the function that copies the parts of a shapefile from an archive.

    It raises `SchemaError`, with what the archive holds, if a required part is missing.
    """
    optional, shape = _optional(source), PurePosixPath(archive.find(member) or member)
    names = [PurePosixPath(n) for n in archive.names]
    parts = choose_parts(shape, [n for n in names if n.parent == shape.parent])
    if ".prj" not in parts:  # in another folder of the archive
        others = [n for n in names if n.suffix.lower() == ".prj"]
        parts |= {".prj": others[0]} if len(others) == 1 else {}

    def copy(suffix: str, target: Path) -> bool:
        if suffix not in parts:
            if suffix not in optional:
                raise archive.missing(str(shape.with_suffix(suffix)))
            return False
        archive.extract(str(parts[suffix]), target)
        return True

    return copy


def parts_beside(path: Path) -> CopyPart:
    """Return the function that copies the parts of a shapefile on disk."""
    parts = choose_parts(path, [p for p in path.parent.iterdir() if p.is_file()])

    def copy(suffix: str, target: Path) -> bool:
        if suffix in parts:
            shutil.copyfile(parts[suffix], target)
        return suffix in parts

    return copy


def gather_parts(
    copy_part: CopyPart, folder: Path, source: Source, *, where: str, hint: str
) -> Shapefile:
    """Put the parts of a shapefile into a folder, and count the rows that its dbf marks as deleted.

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
    cpg = folder / "payload.cpg"
    stated = cpg.read_text("ascii", "ignore").strip() if cpg.exists() else ""
    cpg.unlink(missing_ok=True)  # texts are decoded after GDAL
    found = Shapefile(folder / "payload.shp", stem, stated, LANGUAGES.get(table[29], ""))
    header, size = struct.unpack("<HH", table[8:12])
    if rows and size:
        marks = np.frombuffer(table, np.uint8, rows * size, header)[::size]
        deleted = int((marks == _DELETED).sum())
        if deleted:
            found.noted["rows that the .dbf marks as deleted, left out"] = deleted
    return found


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


def decode_frame(
    frame: pd.DataFrame, parts: Shapefile, encodings: tuple[str, ...], hint: str
) -> pd.DataFrame:
    """Make texts of those that GDAL read as `LOSSLESS`.

    The encoding is that of the ``.cpg``, the dbf's language, one of `encodings`, or what the letters
    show; a text that does not fit it does not change the others.

    Raises `SchemaError` if `encodings` are given and none of these fits.
    """
    labels = [c for c in frame.columns if frame[c].dtype.kind in "OT" and c != "geometry"]
    labels = [c for c in labels if frame[c].map(lambda v: isinstance(v, str)).any()]
    cells = dict.fromkeys(
        [str(c) for c in frame.columns]
        + [v for c in labels for v in frame[c] if isinstance(v, str)]
    )
    raw = [text.encode(LOSSLESS) for text in cells]
    found = _decoded(raw, parts, encodings, hint)
    parts.noted.update(found.noted)
    texts = dict(zip(cells, found.texts, strict=True))
    decoded = {
        c: pd.Series([texts.get(v, v) for v in frame[c].tolist()], frame.index, dtype=object)
        for c in labels
    }
    return frame.assign(**decoded).rename(columns=texts)


def _decoded(raw: list[bytes], parts: Shapefile, encodings: tuple[str, ...], hint: str) -> Decoded:
    stated = known_encoding(parts.stated)
    own = [name for name in (stated, parts.language) if name]
    given = [known_encoding(e) or e for e in encodings]
    found = decode_texts(raw, [*own, *(given or [UTF8])])
    if found is None and given:
        tried = " or ".join(
            dict.fromkeys([*filter(None, (parts.stated, parts.language)), *encodings])
        )
        raise SchemaError(f"{parts.stem}.dbf is not encoded as {tried}", hint)
    if found is None:
        guess = guess_encoding(raw)
        found = decode_texts(raw, [guess.name]) or Decoded(
            [cell.decode(guess.name, "replace") for cell in raw], guess.name, {}
        )
        odd = sum(not cell.isascii() for cell in raw)
        found.noted[guess.describe("texts")] = odd
    if parts.stated and found.encoding != stated and not all(cell.isascii() for cell in raw):
        logger.warning(
            "%s.cpg says %s, but the texts are %s", parts.stem, parts.stated, found.encoding
        )
    return found


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
