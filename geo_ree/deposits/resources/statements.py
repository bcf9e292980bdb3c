"""The statements of a deposit: their order, and the leading one, which says how large it is everywhere.

A statement is one published quantity: a row of the layer ``resources``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geo_ree.deposits.resources.statement_comparison import (
    compare_statements,
    contained_oxide,
    contradictions,
    order_statements,
)


def display_statement(statements: pd.DataFrame) -> pd.DataFrame:
    """Choose the leading statement of each deposit: the one that says how large it is.

    Each rule decides ties of the rules before it; the size of the quantity plays no part:

    1. a statement with a quantity before one without;
    2. public reporting code, state classification, framework, paper, press, unknown system;
    3. the later year; a year that is not stated comes last;
    4. contained oxide, contained metal, ore, unclear substance;
    5. explored categories (Measured, Indicated; Proved, Probable; A, B, C1) before others, more of
       them together before fewer, then the order of `geo_ree.schema.CATEGORY_CLASSES`;
    6. the order of the rows.

    Parameters
    ----------
    statements
        Rows of the layer ``resources``, classified or not, of one deposit or many.

    Returns
    -------
    pandas.DataFrame
        The chosen rows with their index, one per deposit, in the order of the deposits.

    Raises
    ------
    SchemaError
        If ``deposit_id``, ``substance`` or ``quantity_t`` is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "id": ["s:1", "s:2"], "deposit_id": "d", "substance": ["oxide", "ore"],
    ...     "quantity_t": [9e6, 1e6], "system": ["press", "JORC 2012"], "year": [2024, 2013]})
    >>> display_statement(rows)["id"].tolist()
    ['s:2']
    """
    return order_statements(statements).drop_duplicates("deposit_id")


_NEEDED = {"deposit_id", "substance", "quantity_t"}


def leading_statements(resources: pd.DataFrame) -> pd.DataFrame:
    """Give the leading statement of each deposit with the contained oxide that follows from it.

    Parameters
    ----------
    resources
        Rows of the layer ``resources``, classified or not; may be empty and without columns.

    Returns
    -------
    pandas.DataFrame
        Of each deposit the row that `display_statement` chooses, without those that give no quantity
        above zero; with ``oxide_t`` and ``oxide_figure`` as `with_oxide` adds them.

    Examples
    --------
    >>> rows = pd.DataFrame({"deposit_id": "d", "substance": ["ore", "oxide"],
    ...                      "quantity_t": [3.5e8, 1213700.0], "grade_text": ["0.96 % REO", None],
    ...                      "system": ["JORC 2004", "state registry"]})
    >>> leading_statements(rows)[["system", "oxide_t", "oxide_figure"]].to_numpy().tolist()
    [['JORC 2004', 3360000.0, 'computed']]
    """
    if not set(resources.columns) >= _NEEDED:
        columns = ["deposit_id", "substance", "quantity_t", "system_kind", "category_class"]
        return with_oxide(resources.iloc[:0].reindex(columns=columns))
    leading = display_statement(resources)
    return with_oxide(leading[pd.to_numeric(leading["quantity_t"], errors="coerce") > 0])


def with_oxide(statements: pd.DataFrame) -> pd.DataFrame:
    """Add the contained oxide of each statement: ``oxide_t``, and ``oxide_figure``, published or computed.

    Examples
    --------
    >>> with_oxide(pd.DataFrame({"substance": ["oxide", "metal"], "quantity_t": 5.0}))["oxide_t"].tolist()
    [5.0, nan]
    """
    rows = statements.to_dict("records")
    found = [contained_oxide({str(name): cell for name, cell in row.items()}) for row in rows]
    return statements.assign(
        oxide_t=pd.Series([t for t, _ in found], statements.index, dtype="float64"),
        oxide_figure=pd.Series([f or None for _, f in found], statements.index, dtype=object),
    )


DIFFERS = 1.5
"""From this factor on, either way, another statement of a deposit stands beside the leading one."""


def beside_leading(resources: pd.DataFrame) -> pd.Series:
    """Say which statements a reader of the leading one has to know.

    Parameters
    ----------
    resources
        Rows of the layer ``resources``, classified or not, as for `display_statement`.

    Returns
    -------
    pandas.Series
        On the index of `resources`: ``differs`` for the first comparable statement of a deposit, in the
        order of `display_statement`, that differs from the leading one by `DIFFERS` or more; ``newer``
        for one by a reporting code, later than the leading one, whose quantity was not seen; else None.

    Examples
    --------
    >>> rows = pd.DataFrame({"deposit_id": "d", "substance": ["oxide", "oxide", "unclear"],
    ...                      "quantity_t": [3e6, 1e6, None], "year": [2013, None, 2023],
    ...                      "system": ["JORC 2004", "state registry", "JORC 2012"]})
    >>> beside_leading(rows).tolist()
    [None, 'differs', 'newer']
    """
    said: dict[Any, str] = {}
    for _, group in order_statements(resources).groupby("deposit_id", sort=False):
        rows = [(at, dict(zip(group.columns, row, strict=True))) for at, *row in group.itertuples()]
        if not _number(rows[0][1], "quantity_t") > 0:
            continue
        shown, others = rows[0][1], rows[1:]
        factors = ((at, compare_statements(shown, row).factor) for at, row in others)
        first = next((at for at, by in factors if max(by, 1.0 / by) >= DIFFERS), None)
        if first is not None:
            said[first] = "differs"
        said |= {at: "newer" for at, row in others if _is_newer(row, shown)}
    return pd.Series([said.get(at) for at in resources.index], resources.index, dtype=object)


def _is_newer(row: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    unseen = pd.isna(_number(row, "quantity_t"))
    later = _number(row, "year") > _number(shown, "year")
    return bool(unseen and row["system_kind"] == "reporting_code" and later)


def _number(row: Mapping[str, Any], name: str) -> float:
    value = row.get(name)
    return float("nan") if value is None or pd.isna(value) else float(value)


_STATED = {
    "stated_quantity_t": "quantity_t",
    "stated_substance": "substance",
    "stated_oxide_t": "oxide_t",
    "stated_oxide_figure": "oxide_figure",
    "stated_grade": "grade_text",
    "stated_grade_pct": "grade_pct",
    "stated_category": "category",
    "stated_system": "system",
    "stated_system_kind": "system_kind",
    "stated_edition": "edition",
    "stated_year": "year",
    "stated_id": "id",
}
STATED_COLUMNS = (*_STATED, "statements", "statements_beside")
"""Columns that `stated_quantities` returns."""


def arrange_statements(resources: pd.DataFrame, deposits: pd.DataFrame) -> pd.DataFrame:
    """Sort the statements in display order, and say how each differs from the one shown.

    Parameters
    ----------
    resources
        The layer ``resources``; may be empty and without columns.
    deposits
        The layer ``deposits``: ``id``, and ``sources`` with the ids of all its records. A
        statement about any of these records belongs to the deposit.

    Returns
    -------
    pandas.DataFrame
        The classified statements, those of a deposit together; ``shown`` is true for the leading one
        of each deposit, ``contradiction`` says how another differs from it, ``oxide_t`` and
        ``oxide_figure`` what contained oxide follows.

    Examples
    --------
    >>> rows = pd.DataFrame({"id": ["s:1", "s:2"], "deposit_id": ["x:1", "y:7"],
    ...                      "substance": "oxide", "quantity_t": [100.0, 250.0]})
    >>> sites = pd.DataFrame({"id": ["x:1"], "sources": ["x:1;y:7"]})
    >>> arrange_statements(rows, sites)[["deposit_id", "shown"]].to_numpy().tolist()
    [['x:1', True], ['x:1', False]]
    """
    if resources.empty:
        blank = pd.Series(dtype=object)
        return resources.assign(
            shown=pd.Series(dtype=bool),
            contradiction=blank,
            oxide_t=pd.Series(dtype="float64"),
            oxide_figure=blank,
        )
    owned = with_owner(resources, deposits)
    ordered = order_statements(owned)
    differences = {}
    for statement, pairs in contradictions(owned).groupby("id", sort=False):
        texts = pairs["says"].tolist()
        further = pairs[1:]
        if not pairs["comparable"].iloc[0] and further["comparable"].any():
            texts[1:] = further.loc[further["comparable"], "says"].tolist()[:1]
            differences[statement] = "; but ".join(texts)
        else:
            differences[statement] = str(texts[0])
    difference = [differences.get(i) for i in ordered["id"]]
    return (
        with_oxide(ordered)
        .assign(
            shown=~ordered["deposit_id"].duplicated(),
            contradiction=pd.Series(difference, ordered.index, dtype=object),
        )
        .reset_index(drop=True)
    )


def with_owner(facts: pd.DataFrame, deposits: pd.DataFrame) -> pd.DataFrame:
    """Give each fact about a record, by ``deposit_id``, to the deposit that the record is part of.

    Examples
    --------
    >>> sites = pd.DataFrame({"id": ["x:1"], "sources": ["x:1;y:7"]})
    >>> with_owner(pd.DataFrame({"deposit_id": ["y:7", "z:2"]}), sites)["deposit_id"].tolist()
    ['x:1', 'z:2']
    """
    owner: dict[str, str] = {}
    if "sources" in deposits:
        for deposit, records in zip(deposits["id"], deposits["sources"], strict=True):
            if isinstance(records, str):
                owner |= dict.fromkeys(records.split(";"), deposit)
    return facts.assign(deposit_id=[owner.get(i, i) for i in facts["deposit_id"]])


def stated_quantities(arranged: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Return the leading statement of each deposit, with the others in words.

    Parameters
    ----------
    arranged
        From `arrange_statements`.
    ids
        Ids of the deposits.

    Returns
    -------
    pandas.DataFrame
        On the index of `ids`, with `STATED_COLUMNS`: the statement shown as published, the number
        of all statements, and the others with how each differs from it.

    Examples
    --------
    >>> rows = pd.DataFrame({"id": ["s:1", "s:2"], "deposit_id": "x:1", "substance": "oxide",
    ...                      "quantity_t": [100.0, 250.0], "system": ["JORC 2012", "press"]})
    >>> shown = stated_quantities(
    ...     arrange_statements(rows, pd.DataFrame({"id": ["x:1"]})), pd.Series(["x:1", "x:2"]))
    >>> shown["statements_beside"].tolist()[0]
    '250 t oxide (press): 2.5 times the statement shown; no category is stated by either'
    """
    out = pd.DataFrame(index=ids.index)
    known = arranged if len(arranged) else pd.DataFrame(columns=["deposit_id", "shown"])
    is_shown = known["shown"].astype(bool)
    first = known[is_shown].set_index("deposit_id")
    for name, column in _STATED.items():
        out[name] = ids.map(first[column] if column in first else pd.Series(dtype=object))
    for name in ("stated_quantity_t", "stated_oxide_t", "stated_grade_pct"):
        out[name] = pd.to_numeric(out[name]).astype("float64")
    out["stated_year"] = pd.to_numeric(out["stated_year"]).astype("Int64")
    out["statements"] = ids.map(known.groupby("deposit_id").size()).fillna(0).astype("int64")
    others = known[~is_shown]
    texts = [_describe_statement(row) for row in others.to_dict("records")]
    beside = pd.Series(texts, index=others.index, dtype=object)
    out["statements_beside"] = ids.map(
        beside.groupby(others["deposit_id"], sort=False).agg(" | ".join)
    )
    return out


def _describe_statement(row: Mapping[Any, Any]) -> str:
    known = pd.notna(row["quantity_t"])
    quantity = f"{row['quantity_t']:,.0f} t" if known else "an unknown quantity of"
    words = [row.get(c) for c in ("category", "system", "year")]
    stated = ", ".join(str(w) for w in words if pd.notna(w)) or "source not stated"
    substance = "unclear substance" if row["substance"] == "unclear" else row["substance"]
    return f"{quantity} {substance} ({stated}): {row['contradiction']}"
