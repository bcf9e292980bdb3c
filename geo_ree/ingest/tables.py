"""CSV tables, read as texts, with their child tables joined."""

from __future__ import annotations

import csv
import difflib
import io
import logging
import re
from collections.abc import Callable, Iterable

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError

logger = logging.getLogger(__name__)

_SAW = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")


def parse_csv(raw: bytes, encodings: Iterable[str], *, where: str, cure: str) -> pd.DataFrame:
    r"""Read the bytes of a CSV file as texts.

    Parameters
    ----------
    raw
        The file.
    encodings
        Tried in order.
    where
        Name of the file, for the error.
    cure
        What to do about a damaged file.

    Returns
    -------
    pandas.DataFrame
        Texts exactly as printed ("NA" and "" stay). The index ``row`` is the row as a
        spreadsheet counts it: the header is row 1. Blank lines are left out.

    Raises
    ------
    SchemaError
        When the encoding is another, a row has more or fewer fields than the header, or
        there is no header or a column name stands twice.

    Examples
    --------
    >>> parse_csv(b"id,name\n7,NA\n\n8,\n", ["utf-8"], where="x.csv", cure="").index.tolist()
    [2, 4]
    """
    text = _decode(raw, tuple(encodings), where, cure)
    try:
        table = pd.read_csv(
            io.StringIO(text), header=None, dtype=str, keep_default_na=False, na_filter=False,
            skip_blank_lines=False, low_memory=False,
        )  # fmt: skip
    except pd.errors.EmptyDataError:
        raise SchemaError(f"{where} is empty", cure) from None
    except pd.errors.ParserError as error:
        raise SchemaError(f"{where} {_explain(error)}", cure) from error
    header = [str(name).strip() for name in table.iloc[0]]
    repeated = sorted({n for n in header if header.count(n) > 1})
    if not any(header) or repeated:
        odd = f"the column {repeated[0]!r} twice" if any(repeated) else "no header"
        raise SchemaError(f"{where} has {odd}", cure)
    table.columns = pd.Index(header)
    table.index = pd.RangeIndex(1, len(table) + 1, name="row")
    table = table.iloc[1:]
    if (table[header[-1]] == "").any():  # only then can a row be shorter than the header
        _check_lengths(text, len(header), where, cure)
    return table[(table != "").any(axis=1)]


def _check_lengths(text: str, expected: int, where: str, cure: str) -> None:
    """Find a row with fewer fields than the header; pandas fills those up without a word."""
    usual = csv.field_size_limit(len(text) + 1)
    try:
        for row, fields in enumerate(csv.reader(io.StringIO(text, newline="")), 1):
            if fields and len(fields) < expected:
                raise SchemaError(
                    f"{where} row {row} has {len(fields)} fields, "
                    f"expected {expected} as in the header",
                    cure,
                )
    finally:
        csv.field_size_limit(usual)


def _decode(raw: bytes, encodings: tuple[str, ...], where: str, cure: str) -> str:
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        except LookupError as error:
            raise SchemaError(
                f"{where}: no encoding is called {encoding!r}",
                "correct reader.encodings in the catalogue entry",
            ) from error
    raise SchemaError(f"{where} is not encoded as {' or '.join(encodings)}", cure)


def _explain(error: Exception) -> str:
    found = _SAW.search(str(error))
    if found:
        expected, row, saw = found.groups()
        return f"row {row} has {saw} fields, expected {expected} as in the header"
    if "EOF inside string" in str(error):
        return "ends inside a quoted field (cut short?)"
    return f"is no CSV table ({' '.join(str(error).split())})"


def build_table(
    source: Source,
    member: str,
    load: Callable[[str], bytes],
    *,
    where: str,
    cure: str,
) -> pd.DataFrame:
    """Read a source's main table, and join its child tables.

    Parameters
    ----------
    source
        Its catalogue entry.
    member
        Name of the main table.
    load
        Gives the bytes of a member by its name.
    where
        Name of the archive or folder, for the error.
    cure
        What to do about a damaged file.

    Returns
    -------
    pandas.DataFrame
        The main table's rows and columns, then ``<table>.<column>`` for each child table.

    Raises
    ------
    SchemaError
        When a table is damaged, has no rows, or lacks a column that the catalogue names.
    """
    reader = source.reader
    name = f"{where}/{member}"
    label = f"{source.id}: {name}"
    main = parse_csv(load(member), reader.encodings, where=label, cure=cure)
    children: dict[str, pd.Series] = {}
    for child, child_member in reader.tables.items():
        child_label = f"{source.id}: {where}/{child_member}"
        table = parse_csv(load(child_member), reader.encodings, where=child_label, cure=cure)
        for label_, frame in ((label, main), (child_label, table)):
            if reader.key not in frame.columns:
                raise SchemaError(
                    f"{label_} lacks the key column {reader.key!r} (it has: "
                    f"{', '.join(frame.columns)})",
                    "correct reader.key in the catalogue entry",
                )
        children |= _joined(main[reader.key], table, reader.key, child, child_label)
    if children:
        main = pd.concat([main, pd.DataFrame(children, index=main.index)], axis=1)
    check_columns(source, main.columns, name, cure=cure)
    check_rows(source, main, name, cure=cure)
    return main


def _joined(
    keys: pd.Series, table: pd.DataFrame, key: str, child: str, label: str
) -> dict[str, pd.Series]:
    orphans = ~table[key].isin(keys)
    if orphans.any():
        logger.warning("%s: %d rows belong to no record", label, int(orphans.sum()))
    out = {}
    for column in table.columns.drop(key):
        several: dict[str, dict[str, None]] = {}
        for owner, value in zip(table[key], table[column], strict=True):
            if value.strip():
                several.setdefault(owner, {})[value.strip()] = None
        out[f"{child}.{column}"] = keys.map(lambda k, s=several: ";".join(s.get(k, ()))).astype(str)
    return out


def check_columns(source: Source, found: Iterable[object], name: str, *, cure: str) -> None:
    """Check that a table has every upstream column that the catalogue entry names.

    Raises
    ------
    SchemaError
        Once, with every missing column, the closest name there is, and all that there are.
    """
    have = [str(c) for c in found]
    wanted = [*source.columns.values(), *source.precision.columns]
    missing = [c for c in dict.fromkeys(wanted) if c not in have]
    if not missing:
        return
    told = []
    for column in missing:
        close = difflib.get_close_matches(column.lower(), [h.lower() for h in have], 1, 0.5)
        near = next((h for h in have if h.lower() in close), "")
        told.append(f"{column!r}" + (f" (closest: {near!r})" if near else ""))
    raise SchemaError(
        f"{source.id}: {name} lacks the columns {', '.join(told)}; it has: {', '.join(have)}",
        f"{cure}, or correct columns in the catalogue entry if the publisher renamed them",
    )


def check_rows(source: Source, frame: pd.DataFrame, name: str, *, cure: str) -> None:
    """Check that a table has rows at all.

    Raises
    ------
    SchemaError
        When it has none.
    """
    if frame.empty:
        raise SchemaError(f"{source.id}: {name} has no rows", cure)
