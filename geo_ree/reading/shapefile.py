"""The parts of a shapefile: whether they are whole, and how their texts are encoded."""

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


Part = Callable[[str, Path], bool]
"""Puts the part of a suffix where it is told; False where there is none."""

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
"""Suffixes of the files that make a shapefile; it can do without the last."""

_NAME = 10


def parts_in(archive: Archive, member: str, source: Source) -> Part:
    """Give the way to the parts of a shapefile in an archive.

    Parameters
    ----------
    archive
        The archive.
    member
        The ``.shp`` in it.
    source
        Its catalogue entry.

    Returns
    -------
    callable
        It raises SchemaError, with what the archive holds, for a part that cannot be spared.

    Examples
    --------
    >>> import tempfile, zipfile
    >>> from geo_ree.catalog.load import load_catalog
    >>> path = Path(tempfile.mkdtemp()) / "x.zip"
    >>> with zipfile.ZipFile(path, "w") as new:
    ...     new.writestr("rails.shp", "made up")
    >>> entry = load_catalog()["natural_earth_railroads"]
    >>> with Archive(path, what="x", hint="") as archive:
    ...     bring = parts_in(archive, "rails.shp", entry)
    ...     print(bring(".shp", path.with_name("payload.shp")), bring(".cpg", path))
    True False
    """
    optional = _optional(source)

    def bring(suffix: str, target: Path) -> bool:
        part = str(PurePosixPath(member).with_suffix(suffix))
        if archive.find(part) is None:
            if suffix not in optional:
                raise archive.lacks(part)
            return False
        archive.extract(part, target)
        return True

    return bring


def parts_beside(path: Path) -> Part:
    """Give the way to the parts of a shapefile on disk, whatever the case of their suffixes.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "rails.shp"
    >>> _ = path.write_text("made up"), path.with_suffix(".DBF").write_text("made up")
    >>> bring = parts_beside(path)
    >>> bring(".dbf", path.with_name("payload.dbf")), bring(".prj", path.with_name("payload.prj"))
    (True, False)
    """

    def bring(suffix: str, target: Path) -> bool:
        beside = [p for p in path.parent.iterdir() if p.stem == path.stem and p.is_file()]
        found = next((p for p in beside if p.suffix.lower() == suffix), None)
        if suffix == ".shp":
            found = path
        if found is None:
            return False
        shutil.copyfile(found, target)
        return True

    return bring


def gather(bring: Part, folder: Path, source: Source, *, where: str, hint: str) -> tuple[Path, str]:
    """Put the parts of a shapefile together under a name of our own.

    Parameters
    ----------
    bring
        Brings a part.
    folder
        Where they are put.
    source
        Its catalogue entry: ``reader.encodings`` are tried in order where no ``.cpg`` tells the
        encoding of texts, or it is wrong; ``reader.crs`` stands in for a ``.prj``.
    where
        Name of the ``.shp``, for the error.
    hint
        What to do about a damaged file.

    Returns
    -------
    tuple of Path and str
        The ``.shp``, and the encoding of its texts.

    Raises
    ------
    SchemaError
        When a part is not there or cut short.
    """
    stem = f"{source.id}: {PurePosixPath(where).with_suffix('')}"
    optional = _optional(source)
    for suffix in PARTS:
        part = folder / f"payload{suffix}"
        if not bring(suffix, part):
            if suffix in optional:
                continue
            raise SchemaError(
                f"{stem}{suffix} is missing beside the other parts of the shapefile",
                "put all parts of it into one zip archive, and hand over that",
            )
        if not _is_whole(part):
            raise SchemaError(f"{stem}{suffix} is cut short", hint)
    stated = folder / "payload.cpg"
    told = stated.read_text("ascii", "ignore").strip() if stated.exists() else ""
    stated.unlink(missing_ok=True)  # GDAL is told which one it is
    encoding = _encoding(folder / "payload.dbf", told, source.reader.encodings, stem, hint)
    return folder / "payload.shp", encoding


def _optional(source: Source) -> frozenset[str]:
    """Parts that it can do without: what they tell is then told by the entry."""
    return frozenset({".cpg", ".prj"} if source.reader.crs else {".cpg"})


def _is_whole(part: Path) -> bool:
    """Compare a part with the size that its header states; GDAL is more lenient."""
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


def _encoding(dbf: Path, told: str, encodings: tuple[str, ...], stem: str, hint: str) -> str:
    """Choose the first encoding that fits all texts: what the ``.cpg`` says, then ours.

    The byte in the dbf that should name it is not to be relied on: Natural Earth's says
    "Windows" over UTF-8 and over cp1252 alike.
    """
    content = dbf.read_bytes()
    body = content[struct.unpack("<H", content[8:10])[0] :]
    if body.isascii():
        return "utf-8"
    tried = [told.replace("ANSI ", "cp") or None, *encodings]
    for name in tried:
        if name is None:
            continue
        try:
            known = codecs.lookup(f"cp{name}" if name.isdecimal() else name).name
            body.decode(known)
        except (LookupError, UnicodeDecodeError):
            continue
        if told and name != tried[0]:
            logger.warning("%s.cpg says %s, but the texts are %s", stem, told, known)
        return "utf-8" if known == "utf-8-sig" else known
    raise SchemaError(f"{stem}.dbf is not encoded as {' or '.join(filter(None, tried))}", hint)


def whole_names(found: Iterable[object], wanted: Iterable[str]) -> dict[str, str]:
    """Give columns their whole names back, of which a shapefile keeps ten bytes.

    Parameters
    ----------
    found
        Columns that are there.
    wanted
        Names that may stand behind them.

    Returns
    -------
    dict of str to str
        Column -> whole name, where exactly one name begins so.

    Examples
    --------
    >>> whole_names(["name", "commoditie", "commodity_"],
    ...             ["name", "commodities", "commodity_tier", "commodity_group"])
    {'commoditie': 'commodities'}
    """
    have = [str(column) for column in found]
    names_of = list(dict.fromkeys(wanted))
    behind = {
        column: [n for n in names_of if len(n) > _NAME and n[:_NAME] == column] for column in have
    }
    return {
        column: names[0]
        for column, names in behind.items()
        if len(names) == 1 and names[0] not in have
    }
