"""Worksheets of an Excel workbook, as texts."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path

import pandas as pd
import python_calamine as calamine

from geo_ree.errors import SchemaError
from geo_ree.reading.archives import Archive
from geo_ree.reading.delimited import NOTED
from geo_ree.reading.documents import check_markup_bytes
from geo_ree.settings import LARGER_LIMITS, Limits

_LONG, _SHOWN = 1e15, 1e19
_CELL = re.compile(r"([A-Za-z]{1,3})([0-9]+)")


class _Extent:
    """The rows and columns up to the last cells of a worksheet that hold a value."""

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self._row = self._column = 0

    def __call__(self, name: str, attributes: dict[str, str]) -> None:
        tag, place = name.rpartition(":")[2], attributes.get("r", "")
        if tag == "row":
            self._row = int(place) if place.isdecimal() else self._row + 1
            self._column = 0
        elif tag == "c":
            self._column += 1  # a cell need not say where it is
            found = _CELL.fullmatch(place)
            if found:
                self._row, self._column = int(found[2]), 0
                for letter in found[1].upper():
                    self._column = self._column * 26 + ord(letter) - ord("A") + 1
        elif tag in ("v", "is"):
            self.rows = max(self.rows, self._row)
            self.columns = max(self.columns, self._column)


def check_workbook(path: Path, *, source_id: str, hint: str) -> bytes:
    """Check the parts of a workbook, which is a zip archive of XML files.

    Returns a workbook of the checked parts and no others, so that a reader that understands the
    archive in another way cannot be led to anything else.

    Raises `SchemaError` if a part is cut short, expands too far or has a document type, or if a
    worksheet spans more cells than fit into memory.
    """
    kept = io.BytesIO()
    with (
        Archive(path, source_id=source_id, hint=hint) as archive,
        zipfile.ZipFile(kept, "w") as out,
    ):
        limits = Limits.current()
        if archive.size > limits.workbook_bytes:
            raise SchemaError(
                f"{source_id}: {path.name} expands to {archive.size} bytes", LARGER_LIMITS
            )
        for name in archive.names:
            if not name.endswith((".xml", ".rels")):
                continue
            content, where = archive.read(name), f"{source_id}: {archive.name}/{name}"
            extent = _Extent()
            check_markup_bytes(content, where=where, hint=hint, seen=extent)
            if extent.rows * extent.columns > limits.cells:
                raise SchemaError(
                    f"{where} spans {extent.rows} rows and {extent.columns} columns",
                    f"delete what stands far from the table, and save it again; {LARGER_LIMITS}",
                )
            out.writestr(name, content)
    return kept.getvalue()


def read_sheet(
    content: bytes, sheet: str, *, header_row: int, where: str, hint: str
) -> pd.DataFrame:
    """Read one worksheet of a workbook that `check_workbook` returned.

    A blank `sheet` is the only one; `header_row` counts from 1; `where` names the workbook. Returns
    texts as the worksheet shows them: numbers with up to 15 digits, dates as ``2026-02-01``,
    nothing as "". The index ``row`` is the row of the worksheet. Blank rows are left out, and
    columns with neither name nor value.

    Raises `SchemaError` if the workbook is damaged or has no such sheet, or the sheet no header.
    """
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            cells = book.get_sheet_by_name(_choose_sheet(book.sheet_names, sheet, where)).to_python(
                skip_empty_area=False
            )
    except (calamine.CalamineError, OSError, ValueError) as error:
        text = " ".join(str(error).split())[:160]
        raise SchemaError(f"{where} is a damaged workbook ({text})", hint) from error
    texts = [[_text(cell) for cell in row] for row in cells[header_row - 1 :]]
    if not texts or not any(texts[0]):
        raise SchemaError(
            f"{where} has no column names in row {header_row}",
            "correct reader.header_row in the catalogue entry",
        )
    header = [name.strip() for name in texts[0]]
    kept = [i for i, name in enumerate(header) if name or any(row[i] for row in texts[1:])]
    names = [header[i] or f"column_{i + 1}" for i in kept]
    repeated = next((n for n in names if names.count(n) > 1), None)
    if repeated is not None:
        raise SchemaError(f"{where} has the column {repeated!r} twice", hint)
    rows = {n: row for n, row in enumerate(texts[1:], header_row + 1) if any(row)}
    table = pd.DataFrame(
        {name: [row[i] for row in rows.values()] for name, i in zip(names, kept, strict=True)},
        index=pd.Index(list(rows), name="row", dtype="int64"),
        dtype=str,
    )
    long = sum(isinstance(c, float) and _LONG <= abs(c) < _SHOWN for row in cells for c in row)
    if long:
        table.attrs[NOTED] = {"numbers of more than 15 digits, of which a workbook keeps 15": long}
    return table


def _choose_sheet(names: list[str], sheet: str, where: str) -> str:
    shown = ", ".join(map(repr, names))
    if not names:
        raise ValueError("it has no sheets")
    if not sheet:
        if len(names) == 1:
            return names[0]
        raise SchemaError(
            f"{where} has several sheets: {shown}",
            "name one in reader.sheet of the catalogue entry",
        )
    alike = [n for n in names if n.strip().casefold() == sheet.strip().casefold()]
    if sheet in names or len(alike) == 1:
        return sheet if sheet in names else alike[0]
    raise SchemaError(
        f"{where} has no sheet {sheet!r}; it has: {shown}",
        "correct reader.sheet in the catalogue entry if the publisher renamed it",
    )


def _text(cell: object) -> str:
    """Return a cell as the worksheet shows it."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):  # a workbook stores 17 digits, and shows 15 at most
        text = f"{cell:.15g}"
        return str(int(Decimal(text))) if cell.is_integer() and abs(cell) < _SHOWN else text
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    return str(cell)
