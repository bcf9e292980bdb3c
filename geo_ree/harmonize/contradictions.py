"""Which statement of a deposit is shown, and how the others differ from it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.errors import SchemaError
from geo_ree.harmonize.comparison import Row, compare_statements
from geo_ree.harmonize.quantities import cell_text, classify_statements, parts_of
from geo_ree.schema import CATEGORY_CLASSES, EXPLORED, SUBSTANCES, SYSTEM_KINDS

_COLUMNS = (
    "deposit_id", "other_id", "id", "other_is_shown", "comparable", "factor", "figure", "says",
)  # fmt: skip


def _certainty(category_class: str) -> tuple[bool, int]:
    """Sort key: explored before inferred and forecast, the whole before a part, words last."""
    parts = parts_of(category_class)
    return (
        not parts or not any({*parts} <= together for together in EXPLORED),
        -len(parts),
    )


_BY_CERTAINTY = tuple(sorted(CATEGORY_CLASSES, key=_certainty))


def display_statement(statements: pd.DataFrame) -> pd.DataFrame:
    """Choose the one statement of each deposit that is shown first.

    The rule, each line deciding where those before leave a tie:

    1. a statement with a quantity before one without;
    2. public reporting code, state classification, framework, paper, press, unknown system;
    3. the later year; a year that is not stated comes last;
    4. contained oxide, contained metal, ore, unclear substance;
    5. categories that were explored (Measured, Indicated; Proved, Probable; A, B, C1) before
       others, more of them together before fewer, then in the order of
       `geo_ree.schema.CATEGORY_CLASSES`;
    6. the order of the rows.

    The size of the quantity plays no part.

    Parameters
    ----------
    statements
        Rows of the layer ``resources``, classified or not, of one deposit or many.

    Returns
    -------
    pandas.DataFrame
        The chosen rows with their index, one a deposit, in the order in which the deposits
        first appear.

    Raises
    ------
    SchemaError
        When ``deposit_id``, ``substance`` or ``quantity_t`` is missing.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "id": ["s:1", "s:2"], "deposit_id": "d", "substance": ["oxide", "ore"],
    ...     "quantity_t": [9e6, 1e6], "system": ["press", "JORC 2012"], "year": [2024, 2013]})
    >>> display_statement(rows)["id"].tolist()
    ['s:2']
    """
    ordered = order_statements(statements)
    return ordered.drop_duplicates("deposit_id")


def contradictions(statements: pd.DataFrame) -> pd.DataFrame:
    """Set the statements of each deposit beside each other, two by two.

    Two are comparable where the same substance was weighed, both quantities are known, and the
    categories are not different parts of one scale (Inferred lies beside Measured and Indicated,
    it does not contradict them). Ore and contained oxide are comparable where the grade of
    either is published as one of oxide: then one of the two figures is computed.

    Parameters
    ----------
    statements
        Rows of the layer ``resources``, classified or not.

    Returns
    -------
    pandas.DataFrame
        A row for each pair of a deposit, in the order of `display_statement`: ``deposit_id``,
        ``other_id`` (the one that comes first), ``id``, ``other_is_shown``, ``comparable``,
        ``factor`` (the quantity of ``id`` over that of ``other_id``, NaN where not comparable),
        ``figure`` (published or computed) and ``says``.

    Raises
    ------
    SchemaError
        As `display_statement`.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "id": ["s:1", "s:2"], "deposit_id": "d", "substance": ["oxide", "ore"],
    ...     "quantity_t": [1000.0, 1e5], "grade_text": [None, "2 % REO"],
    ...     "category": "Inferred", "system": ["JORC 2012", "press"]})
    >>> contradictions(rows)["says"].tolist()
    ['2.0 times the statement shown, computed from 100,000 t of ore x 2 %']
    """
    out: list[tuple[Any, ...]] = []
    for _, group in order_statements(statements).groupby("deposit_id", sort=False):
        rows: list[Row] = [{str(k): v for k, v in r.items()} for r in group.to_dict("records")]
        for (place, one), (_, other) in combinations(enumerate(rows), 2):
            found = compare_statements(one, other, than=_name(one, place))
            out.append((
                one["deposit_id"], one.get("id"), other.get("id"), place == 0, found.comparable,
                found.factor, found.figure or None, found.says,
            ))  # fmt: skip
    return pd.DataFrame(out, columns=list(_COLUMNS))


def order_statements(statements: pd.DataFrame) -> pd.DataFrame:
    """Put the statements of each deposit together, by the rule of `display_statement`.

    Examples
    --------
    >>> order_statements(pd.DataFrame({
    ...     "deposit_id": ["d", "d"], "substance": ["ore", "oxide"], "quantity_t": [9.0, 1.0]}
    ... ))["substance"].tolist()
    ['oxide', 'ore']
    """
    needed = [c for c in ("deposit_id", "substance", "quantity_t") if c not in statements]
    if needed:
        raise SchemaError(
            f"the statements have no column {', '.join(needed)}", "give rows of the layer resources"
        )
    told = classify_statements(statements)
    year = pd.to_numeric(told["year"], errors="coerce") if "year" in told else np.nan
    keys = pd.DataFrame(
        {
            "deposit": pd.factorize(told["deposit_id"])[0],
            "unknown": pd.to_numeric(told["quantity_t"], errors="coerce").isna(),
            "kind": told["system_kind"].map(_places(SYSTEM_KINDS)),
            "year": -pd.Series(year, index=told.index).astype("float64").fillna(-np.inf),
            "substance": told["substance"].map(_places(SUBSTANCES)),
            "category": told["category_class"].map(_places(_BY_CERTAINTY)),
        }
    )  # fmt: skip
    columns = [keys[c].to_numpy() for c in reversed(keys.columns)]  # lexsort: the last key leads
    return told.iloc[np.lexsort(columns)]


def _name(row: Row, place: int) -> str:
    if place == 0:
        return "the statement shown"
    return cell_text(row.get("system")) or cell_text(row.get("id")) or f"statement {place + 1}"


def _places(words: Sequence[str]) -> dict[str, int]:
    return {word: place for place, word in enumerate(words)}
