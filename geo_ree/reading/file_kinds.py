"""The kind of a file, recognised from its first bytes."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Literal

from geo_ree.errors import SchemaError

Kind = Literal["zip", "sqlite", "parquet", "shp", "xml", "json", "text"]
"""What a file may be: an archive or workbook, a GeoPackage, …, or a text table."""

HEAD_BYTES = 4096
"""Bytes that are looked at."""

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"PK", "zip"),
    (b"SQLite format 3\0", "sqlite"),
    (b"PAR1", "parquet"),
    (b"\x00\x00\x27\x0a", "shp"),
)
_UNREADABLE = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls), or one with a password: save it as .xlsx"),
    (b"\x1f\x8b", "compressed with gzip: unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"!table", "a MapInfo table: save it as GeoPackage, for instance with QGIS"),
    (b"!Table", "a MapInfo table: save it as GeoPackage, for instance with QGIS"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
)
_POINTER = b"version https://git-lfs.github.com/spec/"
POINTER = "a Git LFS pointer came, a text of three lines that stands for the file"
POINTER_HINT = (
    "take the address of the file itself: github.com/OWNER/REPO/raw/COMMIT/PATH, or "
    "media.githubusercontent.com/media/OWNER/REPO/COMMIT/PATH"
)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def detect_kind(path: Path, *, where: str, hint: str) -> Kind:
    """Return the kind of a file by its first bytes, whatever its name.

    Raises `SchemaError` if it is missing, empty, a web page, or nothing that holds a table.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except FileNotFoundError as error:
        raise SchemaError(f"{where} is missing", hint) from error
    except OSError as error:
        raise SchemaError(f"{where} cannot be read ({error.strerror})", hint) from error
    if not head.strip():
        raise SchemaError(f"{where} is empty", hint)
    if is_pointer(head):
        raise SchemaError(f"{where}: {POINTER}", POINTER_HINT)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    for magic, words in _UNREADABLE:
        if head.startswith(magic):
            raise SchemaError(f"{where} is {words}", hint)
    text = _start_of_text(head)
    if text is None:
        raise SchemaError(f"{where} is in no format that geo_ree reads", hint)
    if text.startswith(("<!doctype html", "<html")):
        raise SchemaError(f"{where} is a web page, not the file", hint)
    return "xml" if text.startswith("<") else "json" if text.startswith(("{", "[")) else "text"


def is_pointer(head: bytes) -> bool:
    r"""Recognise by its first bytes what Git keeps in place of a large file.

    Examples
    --------
    >>> is_pointer(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a")
    True
    """
    return head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(_POINTER)


def _start_of_text(head: bytes) -> str | None:
    """Return the beginning of a text in small letters; None if the bytes are no text."""
    if head.startswith(_UTF16):
        return head.decode("utf-16", errors="replace").strip().lower()
    control = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
    if control > len(head) // 20:
        return None
    return head.removeprefix(codecs.BOM_UTF8).decode("latin-1").strip().lower()
