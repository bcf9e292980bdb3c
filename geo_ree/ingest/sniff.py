"""Telling what a file is from its first bytes."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Literal

from geo_ree.errors import SchemaError

Kind = Literal["zip", "sqlite", "parquet", "shp", "xml", "json", "text"]
"""What a file may be: an archive or workbook, a GeoPackage, …, or a text table."""

_HEAD = 4096
_KINDS: tuple[tuple[bytes, Kind], ...] = (
    (b"PK", "zip"),
    (b"SQLite format 3\0", "sqlite"),
    (b"PAR1", "parquet"),
    (b"\x00\x00\x27\x0a", "shp"),
)
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls), or one with a password: save it as .xlsx"),
    (b"\x1f\x8b", "compressed with gzip: unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def kind_of(path: Path, *, where: str, cure: str) -> Kind:
    """Tell the kind of a file by its content, not by its name.

    Parameters
    ----------
    path
        The file.
    where
        Its name, for the error.
    cure
        What to do about a wrong file.

    Returns
    -------
    str
        One of `Kind`. XML is not looked into any further.

    Raises
    ------
    SchemaError
        When it is missing, empty, a web page, or nothing that can be read as a table.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "download"
    >>> _ = path.write_bytes(b"id,name")
    >>> kind_of(path, where="x", cure="")
    'text'
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except FileNotFoundError as error:
        raise SchemaError(f"{where} is missing", cure) from error
    except OSError as error:
        raise SchemaError(f"{where} cannot be read ({error.strerror})", cure) from error
    return kind_of_bytes(head, where=where, cure=cure)


def kind_of_bytes(head: bytes, *, where: str, cure: str) -> Kind:
    """Tell the kind of a file by its first bytes, as `kind_of` does.

    Examples
    --------
    >>> kind_of_bytes(b'{"type": "FeatureCollection"', where="x", cure="")
    'json'
    """
    if not head.strip():
        raise SchemaError(f"{where} is empty", cure)
    for magic, kind in _KINDS:
        if head.startswith(magic):
            return kind
    for magic, words in _OTHERS:
        if head.startswith(magic):
            raise SchemaError(f"{where} is {words}", cure)
    text = _text_of(head)
    if text is None:
        raise SchemaError(f"{where} is nothing that geo_ree reads", cure)
    if text.startswith(("<!doctype html", "<html")):
        raise SchemaError(f"{where} is a web page, not the file", cure)
    return "xml" if text.startswith("<") else "json" if text.startswith(("{", "[")) else "text"


def _text_of(head: bytes) -> str | None:
    """Give the beginning of a text in small letters; None where it is none."""
    if head.startswith(_UTF16):
        return head.decode("utf-16", errors="replace").strip().lower()
    control = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
    if control > len(head) // 20:
        return None
    return head.removeprefix(codecs.BOM_UTF8).decode("latin-1").strip().lower()
