"""Text tables, read as texts: fields separated by commas, semicolons, tabs or bars."""

from __future__ import annotations

import codecs
import csv
import io
import logging
from collections.abc import Iterable

import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from geo_ree.errors import SchemaError
from geo_ree.reading.encodings import guess_encoding

logger = logging.getLogger(__name__)

NOTED = "noted"
"""Key of a frame's attributes: what was assumed when the file was read -> rows, lines or texts."""

SEPARATORS = ",;\t|"
"""The separators tried; the comma unless another splits the header into more fields."""

_BLOCK = 1 << 22
_UTF8 = ("utf-8", "utf-8-sig")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def parse_csv(
    raw: bytes, encodings: Iterable[str], *, where: str, hint: str, header_row: int = 1
) -> pd.DataFrame:
    """Read the bytes of a text table as texts.

    `encodings` are tried in order. If UTF-8 is the first, only the lines that are not UTF-8 are
    read as the next, since publishers mix the two in one file. If there are none, such lines are
    read as their letters show (`guess_encoding`), and ``attrs["noted"]`` counts them. `where` names
    the file, `header_row` is the line of the column names. Returns texts exactly as printed ("NA" and ""
    stay); the index ``row`` counts rows as a spreadsheet does, and blank lines are left out.

    Raises `SchemaError` if no encoding fits, a row has more or fewer fields than the header, a NUL
    byte shows that the file is damaged, or the header is missing or repeats a name.
    """
    noted: dict[str, int] = {}
    utf8 = _as_utf8(raw, tuple(encodings), where, hint, noted)
    at = utf8.find(b"\0")
    if at >= 0:
        line = utf8.count(b"\n", 0, at) + 1
        raise SchemaError(f"{where} line {line} holds a NUL byte, as damaged files do", hint)
    for _ in range(header_row - 1):
        utf8 = utf8.partition(b"\n")[2]
    if not utf8.strip():
        raise SchemaError(f"{where} is empty", hint)
    header, separator = _header(utf8, where, hint)
    table = _parsed(utf8, len(header), separator, where, hint, header_row)
    table.columns = pd.Index(header)
    table.index = pd.RangeIndex(header_row, header_row + len(table), name="row")
    table = _drop_nameless(_drop_blank_rows(table.iloc[1:]), where, hint)
    table.attrs[NOTED] = noted
    return table


def _as_utf8(
    raw: bytes, encodings: tuple[str, ...], where: str, hint: str, noted: dict[str, int]
) -> bytes:
    """Return the text in UTF-8 without a byte order mark; note what is not stated."""
    names = [_canonical(e, where) for e in encodings] or ["utf-8"]
    if raw.startswith(_UTF16):
        names = ["utf-16"]
    first = names[0] if names else ""
    if first not in _UTF8:
        for name in names:
            try:
                return raw.decode(name).encode()
            except UnicodeError:
                continue
        raise SchemaError(f"{where} is not encoded as {' or '.join(encodings)}", hint)
    raw = raw.removeprefix(codecs.BOM_UTF8)
    if raw.isascii():
        return raw
    if _is_utf8(raw):
        return raw
    if not encodings:
        return _guessed(raw, where, noted)
    return _line_by_line(raw, names, encodings, where, hint)


def _guessed(raw: bytes, where: str, noted: dict[str, int]) -> bytes:
    """Read the lines that are not UTF-8 in the encoding that their letters show."""
    lines = raw.split(b"\n")
    odd = [n for n, line in enumerate(lines) if not line.isascii() and not _is_utf8(line)]
    guess = guess_encoding(lines[n] for n in odd)
    damaged = 0
    for n in odd:
        text = lines[n].decode(guess.name, "replace")
        damaged += "\ufffd" in text
        lines[n] = text.encode()
    noted[guess.describe("lines")] = len(odd)
    if damaged:
        noted["lines with bytes that are no letters, shown as \ufffd"] = damaged
    logger.info("%s: %d lines are not UTF-8 and were read as another encoding", where, len(odd))
    return b"\n".join(lines)


def _is_utf8(raw: bytes) -> bool:
    """Decode piece by piece, so that the whole text is never in memory twice."""
    decoder, view = codecs.getincrementaldecoder("utf-8")(), memoryview(raw)
    try:
        for start in range(0, len(raw), _BLOCK):
            decoder.decode(view[start : start + _BLOCK], start + _BLOCK >= len(raw))
    except UnicodeDecodeError:
        return False
    return True


def _canonical(encoding: str, where: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise SchemaError(
            f"{where}: no encoding is called {encoding!r}",
            "correct reader.encodings in the catalogue entry",
        ) from error


def _line_by_line(
    raw: bytes, names: list[str], encodings: tuple[str, ...], where: str, hint: str
) -> bytes:
    lines, others = raw.split(b"\n"), 0
    for number, line in enumerate(lines):
        if line.isascii():
            continue
        for name in names:
            try:
                lines[number] = line.decode(name).encode()
            except UnicodeDecodeError:
                continue
            others += name not in _UTF8
            break
        else:
            raise SchemaError(
                f"{where} is not encoded as {' or '.join(encodings)} (line {number + 1})", hint
            )
    logger.info("%s: %d lines are not UTF-8 and were read as another encoding", where, others)
    return b"\n".join(lines)


def _header(utf8: bytes, where: str, hint: str) -> tuple[list[str], str]:
    """Return the column names and their separator."""

    def split(separator: str) -> list[str]:
        lines = io.TextIOWrapper(io.BytesIO(utf8), "utf-8", newline="")
        return next(csv.reader(lines, delimiter=separator), [])

    try:
        tried = {separator: split(separator) for separator in SEPARATORS}
    except csv.Error as error:
        raise SchemaError(f"{where} is no CSV table ({error})", hint) from error
    separator = max(tried, key=lambda s: len(tried[s]))  # the first of equals
    if separator != ",":
        logger.warning("%s: the fields are separated by %r", where, separator)
    header = [name.strip() for name in tried[separator]]
    if not any(header):
        raise SchemaError(f"{where} has no header", hint)
    repeated = next((n for n in header if n and header.count(n) > 1), None)
    if repeated is not None:
        raise SchemaError(f"{where} has the column {repeated!r} twice", hint)
    return header, separator


def _parsed(
    utf8: bytes, width: int, separator: str, where: str, hint: str, header_row: int
) -> pd.DataFrame:
    """Read all rows, the header among them; a row of another width is an error."""
    odd: list[arrow_csv.InvalidRow] = []

    def collect(row: arrow_csv.InvalidRow) -> str:
        odd.append(row)
        return "error"

    names = [f"f{i}" for i in range(width)]
    for block in (_BLOCK, len(utf8) + 1):  # a row has to lie in one block, or in two neighbours
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(utf8),
                # one thread: only then does the parser know the number of a row
                read_options=arrow_csv.ReadOptions(
                    use_threads=False, block_size=block, column_names=names
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=separator,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=collect,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.large_string()),
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid as error:
            if "straddl" in str(error) and block == _BLOCK:
                continue
            if odd:
                raise SchemaError(
                    f"{where} {_row_fault(odd[0], utf8, header_row)}", hint
                ) from error
            raise SchemaError(
                f"{where} is no CSV table ({' '.join(str(error).split())[:160]})", hint
            ) from error
        break
    last = table.column(width - 1)[-1].as_py()
    if _is_open(utf8, last):
        raise SchemaError(f"{where} ends inside a quoted field (cut short?)", hint)
    frame: pd.DataFrame = table.to_pandas(self_destruct=True, split_blocks=True)
    return frame


def _row_fault(row: arrow_csv.InvalidRow, utf8: bytes, header_row: int) -> str:
    text = row.text.encode()
    if text.count(b'"') % 2 and utf8.rstrip().endswith(text.rstrip()):
        return "ends inside a quoted field (cut short?)"
    return (
        f"row {row.number + header_row - 1} has {row.actual_columns} fields, "
        f"expected {row.expected_columns} as in the header"
    )


def _is_open(utf8: bytes, last: str) -> bool:
    """Return whether the quotes around the last field are never closed, which Arrow accepts."""
    if not last:
        return utf8.endswith(b'"') and not utf8.endswith(b'""')
    return utf8.endswith(b'"' + last.replace('"', '""').encode())


def _drop_blank_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Drop rows without a value; their first field is blank."""
    suspects = table[table.iloc[:, 0] == ""]
    blank = suspects.index[(suspects == "").all(axis=1)]
    return table.drop(index=blank) if len(blank) else table


def _drop_nameless(table: pd.DataFrame, where: str, hint: str) -> pd.DataFrame:
    """Drop columns with neither name nor value, as spreadsheets export them."""
    for place in [i for i, name in enumerate(table.columns) if not name]:
        if (table.iloc[:, place] != "").any():
            raise SchemaError(f"{where} column {place + 1} holds values but has no name", hint)
    return table.loc[:, [bool(name) for name in table.columns]]
