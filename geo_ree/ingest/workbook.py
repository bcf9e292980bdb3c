"""Worksheets of an Excel workbook, read as texts."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import python_calamine as calamine

from geo_ree.errors import SchemaError
from geo_ree.ingest.markup import check_markup_bytes
from geo_ree.ingest.unpack import Archive


def check_workbook(path: Path, *, what: str, cure: str) -> None:
    """Look through the parts of a workbook, which is a zip archive of XML files.

    Parameters
    ----------
    path
        The workbook.
    what
        Id of the source, for the error.
    cure
        What to do about a damaged file.

    Raises
    ------
    SchemaError
        When a part is cut short, expands beyond measure, or has a document type declaration.
    """
    with Archive(path, what=what, cure=cure) as archive:
        archive.check_all()
        for name in archive.names:
            if name.endswith((".xml", ".rels")):
                where = f"{what}: {archive.name}/{name}"
                check_markup_bytes(archive.read(name), where=where, cure=cure)


def read_sheet(
    path: Path, sheet: str, *, header_row: int, where: str, cure: str
) -> pd.DataFrame:  # fmt: skip
    """Read one worksheet.

    Parameters
    ----------
    path
        The workbook, which `check_workbook` has seen.
    sheet
        Name of the worksheet; blank for the only one.
    header_row
        Row of the column names, from 1.
    where
        Name of the workbook, for the error.
    cure
        What to do about a damaged file.

    Returns
    -------
    pandas.DataFrame
        Texts as the worksheet shows them: numbers with up to 15 digits, dates as
        ``2026-02-01``, nothing as "". The index ``row`` is the row of the worksheet. Blank rows
        are left out, and columns without a name and without a value.

    Raises
    ------
    SchemaError
        When the workbook is damaged or has no such sheet, or the sheet has no header.
    """
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            cells = book.get_sheet_by_name(_chosen(book.sheet_names, sheet, where)).to_python(
                skip_empty_area=False
            )
    except (calamine.CalamineError, OSError, ValueError) as error:
        told = " ".join(str(error).split())[:160]
        raise SchemaError(f"{where} is a damaged workbook ({told})", cure) from error
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
        raise SchemaError(f"{where} has the column {repeated!r} twice", cure)
    rows = {n: row for n, row in enumerate(texts[1:], header_row + 1) if any(row)}
    table = pd.DataFrame(
        {name: [row[i] for row in rows.values()] for name, i in zip(names, kept, strict=True)},
        index=pd.Index(list(rows), name="row", dtype="int64"), dtype=str,
    )  # fmt: skip
    return table


def _chosen(names: list[str], sheet: str, where: str) -> str:
    shown = ", ".join(map(repr, names))
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
    """Give a cell as the worksheet shows it."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):  # a workbook stores 17 digits, and shows 15 at most
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    return str(cell)
