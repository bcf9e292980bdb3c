"""How one published quantity stands to another of the same deposit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.deposits.oxides import Computed, contained_mass, grade_as_pct, ore_mass
from geo_ree.deposits.quantities import cell_text, classify_statements, parts_of, scale_of
from geo_ree.errors import SchemaError
from geo_ree.schema import CATEGORY_CLASSES, EXPLORED, SUBSTANCES, SYSTEM_KINDS

_OXIDE_GRADE = re.compile(r"\b(T?REO|RE2O3|TR2O3|Ln2O3|rare[- ]earth oxides?)\b", re.I)
_SUBSTANCE = {"ore": "ore", "oxide": "contained oxide", "metal": "contained metal"}
_ALIKE = 1.005  # published figures are rounded: within half a per cent they say the same

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """How one published quantity stands to another.

    Attributes
    ----------
    says
        In words: the factor, or why there is none.
    factor
        The quantity over that of the other statement; NaN where they are not comparable.
    figure
        ``published`` where both quantities are, ``computed`` where one follows from a tonnage of
        ore and a grade; blank where they are not comparable.
    """

    says: str
    factor: float = float("nan")
    figure: str = ""

    @property
    def comparable(self) -> bool:
        """Whether there is a factor."""
        return bool(np.isfinite(self.factor))


def compare_statements(shown: Row, other: Row, *, than: str = "the statement shown") -> Comparison:
    """Compare one classified statement with another, as a rule the one that is shown.

    Parameters
    ----------
    shown, other
        Rows of the layer ``resources``, as mappings.
    than
        What to call the first of the two.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> one = {"substance": "oxide", "quantity_t": 100.0, "category_class": "measured"}
    >>> compare_statements(one, one | {"quantity_t": 150.0}).says
    '1.5 times the statement shown'
    >>> compare_statements(one, one | {"substance": "unclear"}).says
    'not comparable: what was weighed is unclear'
    """
    why = _not_comparable(shown, other)
    if why:
        return Comparison(f"not comparable: {why}")
    ours, its, computed = _commensurate(shown, other)
    factor = its / ours
    if 1 / _ALIKE < factor < _ALIKE:
        says = f"the same as {than}"
    elif factor > 1:
        says = f"{_times(factor)} times {than}"
    else:
        says = f"{than} is {_times(1 / factor)} times as much"
    if computed is not None:
        says += f", computed from {computed.basis}"
    return Comparison(
        says + _caveat(shown, other), factor, "published" if computed is None else "computed"
    )


def _not_comparable(shown: Row, other: Row) -> str:
    if not (_tonnes(shown) > 0.0 and _tonnes(other) > 0.0):
        return "a quantity is not stated"
    substances = {shown["substance"], other["substance"]}
    if "unclear" in substances:
        return "what was weighed is unclear"
    against = f"{_SUBSTANCE[other['substance']]} against {_SUBSTANCE[shown['substance']]}"
    if substances == {"oxide", "metal"}:
        return f"{against}, and the share of each element is not stated"
    if substances == {"ore", "metal"}:
        return against
    if substances == {"ore", "oxide"} and _turned(shown) is None and _turned(other) is None:
        return f"{against}, and no grade is published as one of oxide"
    return _different_parts(shown, other)


def _commensurate(shown: Row, other: Row) -> tuple[float, float, Computed | None]:
    """Two quantities of one substance, and the one of them that had to be computed."""
    ours, its = _tonnes(shown), _tonnes(other)
    if shown["substance"] == other["substance"]:
        return ours, its, None
    theirs, mine = _turned(other), _turned(shown)
    if theirs is not None and (mine is None or other["substance"] == "ore"):
        return ours, theirs.quantity_t, theirs
    if mine is None:
        raise ValueError("neither statement has a grade of oxide")
    return mine.quantity_t, its, mine


def _different_parts(shown: Row, other: Row) -> str:
    ours, its = cell_text(shown.get("category_class")), cell_text(other.get("category_class"))
    if ours == its:
        return ""
    scales = {scale_of(ours), scale_of(its)}
    against = f"{_category(other)} against {_category(shown)}"
    if scales == {"resources", "reserves"}:
        return f"{against}: a reserve is the workable part of a resource"
    if "prognostic resources" in scales and len(scales) > 1 and "" not in scales:
        return f"{against}: what is forecast was not explored"
    if parts_of(ours) and parts_of(its) and len(scales) == 1:
        if {*parts_of(ours)} & {*parts_of(its)}:
            return f"{_category(other)} and {_category(shown)} have a part in common"
        return f"{_category(other)} lies beside {_category(shown)}, it is no part of it"
    return ""


def _category(row: Row) -> str:
    return cell_text(row.get("category")) or cell_text(row.get("category_class"))


def _tonnes(row: Row) -> float:
    quantity = row.get("quantity_t")
    return float("nan") if quantity is None or pd.isna(quantity) else float(quantity)


def _turned(row: Row) -> Computed | None:
    """Oxide of an ore, or ore of an oxide, where the grade is published as one of oxide."""
    text = cell_text(row.get("grade_text"))
    printed = re.match(r"(\d+(?:\.\d+)?) ?(%|g/t|ppm)", text)
    if not _OXIDE_GRADE.search(text) or printed is None or float(printed[1]) == 0.0:
        return None
    turn = contained_mass if row["substance"] == "ore" else ore_mass
    return turn(_tonnes(row), grade_as_pct(float(printed[1]), printed[2]))


def _caveat(shown: Row, other: Row) -> str:
    ours, its = (cell_text(r.get("category_class")) for r in (shown, other))
    blank = [c in ("", "unknown", "unclassified") for c in (ours, its)]
    if all(blank):
        return "; no category is stated by either"
    if any(blank):
        return "; only one of the two states a category"
    return "; the categories are not the same" if ours != its else ""


def _times(factor: float) -> str:
    digits = 2 if factor < 1.095 else 1 if factor < 100 else 0
    return f"{factor:,.{digits}f}"


_COLUMNS = (
    "deposit_id",
    "other_id",
    "id",
    "other_is_shown",
    "comparable",
    "factor",
    "figure",
    "says",
)


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
            out.append(
                (
                    one["deposit_id"],
                    one.get("id"),
                    other.get("id"),
                    place == 0,
                    found.comparable,
                    found.factor,
                    found.figure or None,
                    found.says,
                )
            )
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
    )
    columns = [keys[c].to_numpy() for c in reversed(keys.columns)]  # lexsort: the last key leads
    return told.iloc[np.lexsort(columns)]


def _name(row: Row, place: int) -> str:
    if place == 0:
        return "the statement shown"
    return cell_text(row.get("system")) or cell_text(row.get("id")) or f"statement {place + 1}"


def _places(words: Sequence[str]) -> dict[str, int]:
    return {word: place for place, word in enumerate(words)}


_STATED = {
    "stated_quantity_t": "quantity_t",
    "stated_substance": "substance",
    "stated_grade": "grade_text",
    "stated_category": "category",
    "stated_system": "system",
    "stated_edition": "edition",
    "stated_year": "year",
    "stated_id": "id",
}
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
        record: row
        for row, records in pairs
        if isinstance(records, str)
        for record in records.split(";")
    }
