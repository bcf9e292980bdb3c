"""Published quantities as they are shown: beside their deposit, one first, none added."""

from __future__ import annotations

import pandas as pd

from geo_ree.harmonize.contradictions import contradictions, order_statements

_STATED = {
    "stated_quantity_t": "quantity_t", "stated_substance": "substance",
    "stated_grade": "grade_text", "stated_category": "category", "stated_system": "system",
    "stated_edition": "edition", "stated_year": "year", "stated_id": "id",
}  # fmt: skip
STATED_COLUMNS = (*_STATED, "statements", "statements_beside")
"""Columns that `stated_quantities` gives."""


def arrange_statements(resources: pd.DataFrame, deposits: pd.DataFrame) -> pd.DataFrame:
    """Put statements in the order in which they are shown, with what each says of the first.

    Parameters
    ----------
    resources
        The layer ``resources``; may be empty and without columns.
    deposits
        The layer ``deposits``: ``id``, and ``sources`` with the ids of all records behind a row.
        A statement about a record that was joined to another goes to the row it is now in.

    Returns
    -------
    pandas.DataFrame
        The statements, classified, those of a deposit together; ``shown`` is true for one of
        each deposit, ``contradiction`` says how another differs from it.

    Examples
    --------
    >>> rows = pd.DataFrame({"id": ["s:1", "s:2"], "deposit_id": ["x:1", "y:7"],
    ...                      "substance": "oxide", "quantity_t": [100.0, 250.0]})
    >>> sites = pd.DataFrame({"id": ["x:1"], "sources": ["x:1;y:7"]})
    >>> arrange_statements(rows, sites)[["deposit_id", "shown"]].to_numpy().tolist()
    [['x:1', True], ['x:1', False]]
    """
    if resources.empty:
        return resources.assign(shown=pd.Series(dtype=bool), contradiction=None)
    owner = _owners(deposits)
    moved = resources.assign(deposit_id=[owner.get(i, i) for i in resources["deposit_id"]])
    ordered = order_statements(moved)
    told = {i: _told(pairs) for i, pairs in contradictions(moved).groupby("id", sort=False)}
    return ordered.assign(
        shown=~ordered["deposit_id"].duplicated(),
        contradiction=pd.Series([told.get(i) for i in ordered["id"]], ordered.index, dtype=object),
    ).reset_index(drop=True)


def stated_quantities(arranged: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Give the shown statement of each deposit, with the others in words.

    Parameters
    ----------
    arranged
        From `arrange_statements`.
    ids
        Ids of the deposits wanted.

    Returns
    -------
    pandas.DataFrame
        On the index of `ids`, with `STATED_COLUMNS`: the shown statement as published, the
        number of all statements, and the others with what each says of the shown one.

    Examples
    --------
    >>> rows = pd.DataFrame({"id": ["s:1", "s:2"], "deposit_id": "x:1", "substance": "oxide",
    ...                      "quantity_t": [100.0, 250.0], "system": ["JORC 2012", "press"]})
    >>> shown = stated_quantities(
    ...     arrange_statements(rows, pd.DataFrame({"id": ["x:1"]})), pd.Series(["x:1", "x:2"]))
    >>> shown["stated_quantity_t"].tolist()[0], shown["statements"].tolist()
    (100.0, [2, 0])
    >>> shown["statements_beside"].tolist()[0]
    '250 t oxide (press): 2.5 times the statement shown; no category is stated by either'
    """
    out = pd.DataFrame(index=ids.index)
    told = arranged if len(arranged) else pd.DataFrame(columns=["deposit_id", "shown"])
    first = told[told["shown"].astype(bool)].set_index("deposit_id")
    for name, column in _STATED.items():
        values = first[column] if column in first else pd.Series(dtype=object)
        out[name] = ids.map(values)
    out["stated_quantity_t"] = out["stated_quantity_t"].astype("float64")
    out["stated_year"] = pd.to_numeric(out["stated_year"]).astype("Int64")
    out["statements"] = ids.map(told.groupby("deposit_id").size()).fillna(0).astype("int64")
    others = told[~told["shown"].astype(bool)]
    beside = pd.Series(_beside(others), index=others.index, dtype=object)
    joined = beside.groupby(others["deposit_id"], sort=False).agg(" | ".join)
    out["statements_beside"] = ids.map(joined)
    return out


def _told(pairs: pd.DataFrame) -> str:
    """What a statement says of the shown one, else also of the first that it can be set beside."""
    says = pairs["says"].tolist()
    further = pairs[1:]
    if not pairs["comparable"].iloc[0] and further["comparable"].any():
        says[1:] = further.loc[further["comparable"], "says"].tolist()[:1]
        return "; but ".join(says)
    return str(says[0])


def _beside(others: pd.DataFrame) -> list[str]:
    out = []
    for row in others.to_dict("records"):
        known = pd.notna(row["quantity_t"])
        quantity = f"{row['quantity_t']:,.0f} t" if known else "an unknown quantity of"
        whose = [row.get(c) for c in ("category", "system", "year")]
        stated = ", ".join(str(w) for w in whose if pd.notna(w)) or "whose is unknown"
        substance = "unclear substance" if row["substance"] == "unclear" else row["substance"]
        out.append(f"{quantity} {substance} ({stated}): {row['contradiction']}")
    return out


def _owners(deposits: pd.DataFrame) -> dict[str, str]:
    """Record id -> id of the row that it is in."""
    if "sources" not in deposits:
        return {}
    pairs = zip(deposits["id"], deposits["sources"], strict=True)
    return {
        record: row for row, records in pairs if isinstance(records, str)
        for record in records.split(";")
    }  # fmt: skip
