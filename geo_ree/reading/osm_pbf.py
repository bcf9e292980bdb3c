"""Whether an OpenStreetMap file (.osm.pbf) is whole: GDAL stops at damage without a word."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import BinaryIO

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError

_START = b"OSMHeader"  # stands within the first bytes of every such file
_MAX_HEADER, _MAX_BLOB = 64 * 1024, 32 * 1024 * 1024  # limits of the format
_READABLE = {b"OsmSchema-V0.6", b"DenseNodes"}
_SORTED = b"Sort.Type_then_ID"
_GROUPS = {1: "nodes", 2: "nodes", 3: "ways", 4: "relations"}  # field of a group -> what is in it
_ORDER = ("nodes", "ways", "relations")


class _OddError(Exception):
    """What is wrong with the file, in words."""


def is_pbf(path: Path) -> bool:
    """Tell an OpenStreetMap file by its first bytes.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "x.osm.pbf"
    >>> _ = path.write_bytes(bytes([0, 0, 0, 13, 10, 9]) + b"OSMHeader")
    >>> is_pbf(path)
    True
    """
    with path.open("rb") as file:
        return _START in file.read(64)


def check_pbf(path: Path, source: Source) -> bool:
    """Go through every block of an OpenStreetMap file and its checksum.

    Parameters
    ----------
    path
        The file.
    source
        Its catalogue entry, for the error.

    Returns
    -------
    bool
        Whether the file says that it is sorted by kind and id, as those of Geofabrik do.

    Raises
    ------
    SchemaError
        When it is cut short, damaged or no such file, has ways before nodes, or is written in
        a manner that GDAL does not read.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog.load import load_catalog
    >>> path = Path(tempfile.mkdtemp()) / "cut.osm.pbf"
    >>> _ = path.write_bytes(bytes(3))
    >>> check_pbf(path, load_catalog()["osm_kazakhstan"])
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: osm_kazakhstan: cut.osm.pbf is no whole .osm.pbf file: it is cut \
short after byte 0; fetch it again with geo-ree fetch osm_kazakhstan
    """
    try:
        with path.open("rb") as file:
            return _walk(file)
    except OSError as error:
        what = f"{path} cannot be read ({error.strerror})"
    except _OddError as error:
        what = f"{path.name} is no whole .osm.pbf file: {error}"
    raise SchemaError(f"{source.id}: {what}", f"fetch it again with geo-ree fetch {source.id}")


def _walk(file: BinaryIO) -> bool:
    is_sorted, reached, start = False, 0, 0
    while True:
        found = _next_block(file, start)
        if found is None:
            break
        kind, block = found
        if (start == 0) != (kind == _START):
            raise _OddError("it does not begin with the header of such a file")
        if kind == _START:
            is_sorted = _read_header(block)
        elif kind == b"OSMData":
            reached = _check_order(block, reached)
        else:
            raise _OddError(f"at byte {start} there is something else")
        start = file.tell()
    if not start:
        raise _OddError("it is empty")
    return is_sorted


def _next_block(file: BinaryIO, start: int) -> tuple[bytes, memoryview] | None:
    """Kind and expanded content of the block that begins here; None at the end of the file."""
    length = file.read(4)
    if not length:
        return None
    size = int.from_bytes(length, "big")
    if len(length) == 4 and not 0 < size <= _MAX_HEADER:
        raise _OddError(f"at byte {start} there is something else")
    header = _Message(_read(file, size if len(length) == 4 else 1, start), start)
    if not 0 < header.number(3) <= _MAX_BLOB:
        raise _OddError(f"the block at byte {start} is damaged")
    return bytes(header.content(1)), _expanded(_read(file, header.number(3), start), start)


def _read(file: BinaryIO, size: int, start: int) -> memoryview:
    found = file.read(size)
    if len(found) < size:
        raise _OddError(f"it is cut short after byte {start}")
    return memoryview(found)


def _expanded(blob: memoryview, start: int) -> memoryview:
    message = _Message(blob, start)
    if message.has(1):
        return message.content(1)
    if not message.has(3):
        raise _OddError("it is packed in a way that GDAL does not read (repack it with osmium cat)")
    size = message.number(2)
    unzip = zlib.decompressobj()
    try:
        # one byte more than is told, so that it goes on to the checksum at the end
        block = unzip.decompress(message.content(3), min(size, _MAX_BLOB) + 1)
    except zlib.error:
        block = b""
    if not unzip.eof or len(block) != size:
        raise _OddError(f"the block at byte {start} is damaged")
    return memoryview(block)


def _read_header(block: memoryview) -> bool:
    message = _Message(block, 0)
    foreign = {bytes(feature) for feature in message.contents(4)} - _READABLE
    if foreign:
        names = ", ".join(sorted(f.decode("utf-8", "replace") for f in foreign))
        raise _OddError(f"it needs a program that knows {names}, which GDAL does not")
    return any(bytes(feature) == _SORTED for feature in message.contents(5))


def _check_order(block: memoryview, reached: int) -> int:
    """Check that nodes, ways and relations come in this order, as GDAL needs them."""
    for group in _Message(block, 0).contents(2):
        kind = _GROUPS.get(group[0] >> 3 if len(group) else 0)
        if kind is None:
            continue
        place = _ORDER.index(kind)
        if place < reached:
            raise _OddError(
                f"{kind} come after {_ORDER[reached]} (put them right with osmium sort)"
            )
        reached = place
    return reached


class _Message:
    """A message of Protocol Buffers: its fields by their numbers, nothing more."""

    def __init__(self, raw: memoryview, start: int) -> None:
        self.found: list[tuple[int, int, memoryview]] = []
        try:
            self._parse(raw)
        except IndexError:
            raise _OddError(f"the block at byte {start} is damaged") from None

    def _parse(self, raw: memoryview) -> None:
        at = 0
        while at < len(raw):
            key, at = _varint(raw, at)
            number, size = 0, {1: 8, 5: 4}.get(key & 7, 0)
            if key & 7 == 0:
                number, at = _varint(raw, at)
            elif key & 7 == 2:
                size, at = _varint(raw, at)
            elif not size:
                raise IndexError
            if at + size > len(raw):
                raise IndexError
            self.found.append((key >> 3, number, raw[at : at + size]))
            at += size

    def has(self, field: int) -> bool:
        return any(f == field for f, _, _ in self.found)

    def number(self, field: int) -> int:
        return next((n for f, n, _ in reversed(self.found) if f == field), 0)

    def contents(self, field: int) -> list[memoryview]:
        return [c for f, _, c in self.found if f == field]

    def content(self, field: int) -> memoryview:
        found = self.contents(field)
        return found[-1] if found else memoryview(b"")


def _varint(raw: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise IndexError
