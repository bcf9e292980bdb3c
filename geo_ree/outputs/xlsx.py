"""XLSX: one sheet a table, numbers as numbers, nothing that runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from geo_ree.outputs.bundle import Bundle
from geo_ree.outputs.notice import read_me
from geo_ree.outputs.table_files import disarmed
from geo_ree.schema.columns import column_owners, table_names

_CELL_LIMIT = 32_767
_WIDEST = 44
_SAFE = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_NUMBER_FORMATS = {
    "degrees": "0.0000",
    "m": "#,##0",
    "km": "#,##0.0",
    "t": "#,##0",
    "days": "0.0",
    "USD/t": "#,##0",
    "M USD": "#,##0.0",
    "%": "0.0##",
    "share": "0 %",
    "points": "0.0",
    "0 to 1": "0.000",
}
"""How Excel shows a number, by the unit of its column."""


def write_workbook(bundle: Bundle, folder: Path) -> None:
    """Write ``geo_ree.xlsx``.

    Notes
    -----
    Sheets: ``Read me`` (run id, attribution), ``Scores``, ``Unranked``, ``Corridors``,
    ``Flags``, ``Pairwise``, ``Access``, ``Resources``, ``Values`` (where each cell comes from),
    ``Sources``, ``Criteria`` and ``Columns`` (what each column means). A text that looks like a
    formula is stored as a text with Excel's quote prefix, so that it does not run when its cell is
    edited either. A text over the 32,767 characters of a cell is cut, and says so.
    """
    content = BytesIO()  # its own temporary files would stay behind when the process is killed
    with xlsxwriter.Workbook(content, {**_SAFE, "in_memory": True}) as book:
        book.set_properties(_properties(bundle.run))
        formats = _Formats(book)
        _write_read_me(book, read_me(bundle.run, bundle.sources), formats)
        for name, table in {**bundle.sheets, "columns": bundle.columns}.items():
            _write_sheet(book.add_worksheet(name.capitalize()), table, formats, _units(table, name))
    (folder / "geo_ree.xlsx").write_bytes(content.getbuffer())


class _Formats:
    """The formats of a book, each made once."""

    def __init__(self, book: Any) -> None:
        self._book, self._numbers = book, {}  # type: ignore[var-annotated]
        self.head = book.add_format(
            {"bold": True, "bg_color": "#E9F1F7", "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        self.text = book.add_format({"valign": "top"})
        self.wrapped = book.add_format({"valign": "top", "text_wrap": True})
        self.quoted = book.add_format({"valign": "top", "quote_prefix": True})

    def number(self, unit: str) -> Any:
        pattern = _NUMBER_FORMATS.get(unit, "General")
        if pattern not in self._numbers:
            self._numbers[pattern] = self._book.add_format({"num_format": pattern, "valign": "top"})
        return self._numbers[pattern]


def _units(table: pd.DataFrame, name: str) -> dict[str, str]:
    if name not in table_names():
        return {}
    return {
        column: owner.unit for column, owner in column_owners(table.columns, name, own=True).items()
    }


def _properties(run: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": "Infrastructure access scores of rare-earth deposits",
        "comments": f"geo_ree {run['version']}, run {run['run_id']}; {run['disclaimer']}",
        "created": datetime.fromisoformat(str(run["created"])).replace(tzinfo=None),
    }


def _write_read_me(book: Any, lines: list[tuple[str, str]], formats: _Formats) -> None:
    sheet = book.add_worksheet("Read me")
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 110)
    for number, (about, text) in enumerate(lines):
        sheet.write_string(number, 0, about, formats.head)
        sheet.write_string(number, 1, cut(text), formats.wrapped)


def _write_sheet(
    sheet: Any, table: pd.DataFrame, formats: _Formats, units: Mapping[str, str]
) -> None:
    for at, name in enumerate(table.columns):
        column = table[name]
        sheet.write_string(0, at, str(name), formats.head)
        shown = [str(v) for v in column.head(200) if v is not None]
        widest = max([len(str(name)) * 0.7, *(min(len(v), _WIDEST) for v in shown)], default=8)
        sheet.set_column(at, at, max(8, min(_WIDEST, widest + 2)))
        number = formats.number(units.get(str(name), ""))
        for row, value in enumerate(column, start=1):
            _write_cell(sheet, row, at, value, number, formats)
    sheet.freeze_panes(1, 2)
    if len(table):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


def _write_cell(sheet: Any, row: int, at: int, value: Any, number: Any, formats: _Formats) -> None:
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, str):
        quoted = disarmed(value) != value
        sheet.write_string(row, at, cut(value), formats.quoted if quoted else formats.text)
    elif isinstance(value, bool):
        sheet.write_boolean(row, at, value, formats.text)
    else:
        sheet.write_number(row, at, float(value), number)


def cut(text: str) -> str:
    """Cut a text to what a cell holds, and say so at its end.

    Examples
    --------
    >>> cut("short"), len(cut("x" * 40_000)), cut("x" * 40_000)[-22:]
    ('short', 32767, ' [cut, 40,000 letters]')
    """
    if len(text) <= _CELL_LIMIT:
        return text
    note = f" [cut, {len(text):,} letters]"
    return text[: _CELL_LIMIT - len(note)] + note
