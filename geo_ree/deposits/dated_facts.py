"""Facts about holders, deals and countries: each needs a source, a date and a country that exists."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from geo_ree.deposits.column_rules import TableTask
from geo_ree.deposits.vocabulary import country_code
from geo_ree.schema import DATE_FORMS, Column, is_date

_COUNTRIES = ("country", "owner_country", "partner_country")
_HINTS = {
    **dict.fromkeys(_COUNTRIES, "give an ISO alpha-3 code as KAZ, several separated by ;"),
    "source": "name the publication",
    "fact": "say what was decided, signed or found",
}


def check_facts(frame: pd.DataFrame, table: pd.DataFrame, task: TableTask) -> pd.DataFrame:
    """Refuse facts without a source or a date, or about a country that is unknown.

    Parameters
    ----------
    frame
        Columns of the layer, a row per row of `table`.
    table, task
        The rows of the file, and where they come from.

    Returns
    -------
    pandas.DataFrame
        The rows to keep; countries as ISO alpha-3 codes, several separated by ``;``.

    Raises
    ------
    SchemaError
        Naming the file, the row and a hint, unless bad rows are to be skipped.
    """
    out, keep = frame.copy(), np.ones(len(frame), dtype=bool)
    for column in task.layer.columns:
        if column.name not in (*_HINTS, "date", "as_of"):
            continue
        blank = pd.Series(None, frame.index, dtype=object)
        texts = frame.get(column.name, blank).astype(object)
        if column.name in _COUNTRIES:
            out[column.name] = texts.map(_codes, na_action="ignore")
        bad = np.array([_is_bad(text, column) for text in texts], dtype=bool)
        hint = _HINTS.get(column.name, f"give the date of the fact as {DATE_FORMS}")
        say = partial(_describe, table=table, task=task, name=column.name, texts=texts)
        keep &= task.refuse(bad, f"no valid {column.name}", say, hint)
    return out[keep]


def _is_bad(text: object, column: Column) -> bool:
    if not isinstance(text, str):
        return column.required
    if column.kind == "date":
        return not is_date(text)
    return column.name in _COUNTRIES and not _codes(text)


def _describe(
    row: int, *, table: pd.DataFrame, task: TableTask, name: str, texts: pd.Series
) -> str:
    value = texts.iloc[row]
    shown = repr(value) if isinstance(value, str) else "blank"
    what = ", which is no country" if name in _COUNTRIES and isinstance(value, str) else ""
    return f"{task.row_name(table, row)}: {name} is {shown}{what}"


def _codes(text: str) -> str | None:
    """ISO codes of a list of countries; None where one of them is unknown."""
    codes = [country_code(word) for word in text.split(";") if word.strip()]
    known = [code for code in codes if code]
    return ";".join(dict.fromkeys(known)) if known and len(known) == len(codes) else None
