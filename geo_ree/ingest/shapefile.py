"""The parts of a shapefile: whether they are whole, and how their texts are encoded."""

from __future__ import annotations

import codecs
import logging
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

from geo_ree.errors import SchemaError

logger = logging.getLogger(__name__)

Part = Callable[[str, Path], bool]
"""Puts the part of a suffix where it is told; False where there is none."""

_NAME = 10
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def gather(
    bring: Part, folder: Path, encodings: tuple[str, ...], *, stem: str, optional: frozenset[str]
) -> tuple[Path, str]:
    """Put the parts of a shapefile together under a name of our own.

    Parameters
    ----------
    bring
        Brings a part.
    folder
        Where they are put.
    encodings
        Of texts, tried in order where no ``.cpg`` tells the encoding, or it is wrong.
    stem
        Name of the shapefile without its suffix, after the id of its source, for the error.
    optional
        Suffixes of the parts that it can do without.

    Returns
    -------
    tuple of Path and str
        The ``.shp``, and the encoding of its texts.

    Raises
    ------
    SchemaError
        When a part is not there or cut short; the cure is the caller's to add.
    """
    for suffix in _PARTS:
        part = folder / f"payload{suffix}"
        if not bring(suffix, part):
            if suffix in optional:
                continue
            raise SchemaError(f"{stem}{suffix} is missing beside the other parts of the shapefile")
        if not _is_whole(part):
            raise SchemaError(f"{stem}{suffix} is cut short")
    stated = folder / "payload.cpg"
    told = stated.read_text("ascii", "ignore").strip() if stated.exists() else ""
    stated.unlink(missing_ok=True)  # GDAL is told which one it is
    return folder / "payload.shp", _encoding(folder / "payload.dbf", told, encodings, stem)


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


def _encoding(dbf: Path, told: str, encodings: tuple[str, ...], stem: str) -> str:
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
            logger.warning(
                "%s.cpg says %s, but the texts are %s", stem, told, known
            )  # fmt: skip
        return "utf-8" if known == "utf-8-sig" else known
    raise SchemaError(f"{stem}.dbf is not encoded as {' or '.join(filter(None, tried))}")


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
