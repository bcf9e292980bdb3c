"""The statements of a deposit compared in pairs: by what factor they differ, or why there is none.

A statement is one published quantity: a row of the layer ``resources``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.deposits.resources.oxides import Computed, contained_mass, grade_as_pct, ore_mass
from geo_ree.deposits.resources.quantities import cell_text, classify_statements, parts_of, scale_of
from geo_ree.errors import SchemaError
from geo_ree.schema import CATEGORY_CLASSES, EXPLORED, SUBSTANCES, SYSTEM_KINDS

_OXIDE_GRADE = re.compile(r"\b(T?REO|RE2O3|TR2O3|Ln2O3|rare[- ]earth oxides?)\b", re.I)
_GRADE = re.compile(r"(\d+(?:\.\d+)?) ?(%|g/t|ppm)")
_SUBSTANCE = {"ore": "ore", "oxide": "contained oxide", "metal": "contained metal"}
_EQUAL = 1.005  # published figures are rounded: within half a per cent they are the same

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """How one published quantity compares with another.

    Attributes
    ----------
    says
        In words: the factor, or why there is none.
    factor
        The quantity divided by that of the other statement; NaN if they are not comparable.
    figure
        ``published`` if both quantities are, ``computed`` if one follows from a tonnage of ore and
        a grade; "" if they are not comparable.
    """

    says: str
    factor: float = float("nan")
    figure: str = ""

    @property
    def comparable(self) -> bool:
        """Whether there is a factor."""
        return bool(np.isfinite(self.factor))


def compare_statements(shown: Row, other: Row, *, than: str = "the statement shown") -> Comparison:
    """Compare a classified statement with another, usually the one shown first.

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
    why = _why_not_comparable(shown, other)
    if why:
        return Comparison(f"not comparable: {why}")
    ours, its, computed = _common_substance(shown, other)
    factor = its / ours
    if 1 / _EQUAL < factor < _EQUAL:
        says = f"the same as {than}"
    elif factor > 1:
        says = f"{_format_factor(factor)} times {than}"
    else:
        says = f"{than} is {_format_factor(1 / factor)} times as much"
    if computed is not None:
        says += f", computed from {computed.basis}"
    figure = "published" if computed is None else "computed"
    return Comparison(says + _caveat(shown, other), factor, figure)


def _format_factor(factor: float) -> str:
    digits = 2 if factor < 1.095 else 1 if factor < 100 else 0
    return f"{factor:,.{digits}f}"


def _why_not_comparable(shown: Row, other: Row) -> str:
    """The reason why two statements have no factor, "" if they have one."""
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
    if substances == {"ore", "oxide"} and _convert(shown) is None and _convert(other) is None:
        return f"{against}, and no grade is published as one of oxide"
    return _different_categories(shown, other)


def _different_categories(shown: Row, other: Row) -> str:
    ours, its = (cell_text(r.get("category_class")) for r in (shown, other))
    if ours == its:
        return ""
    own, others = (
        cell_text(r.get("category")) or cell_text(r.get("category_class")) for r in (shown, other)
    )
    scales = {scale_of(ours), scale_of(its)}
    if scales == {"resources", "reserves"}:
        return f"{others} against {own}: a reserve is the workable part of a resource"
    if "prognostic resources" in scales and len(scales) > 1 and "" not in scales:
        return f"{others} against {own}: what is forecast was not explored"
    if parts_of(ours) and parts_of(its) and len(scales) == 1:
        if {*parts_of(ours)} & {*parts_of(its)}:
            return f"{others} and {own} have a part in common"
        return f"{others} lies beside {own}, it is no part of it"
    return ""


def _common_substance(shown: Row, other: Row) -> tuple[float, float, Computed | None]:
    """Both quantities of one substance, and the one of them that had to be computed."""
    ours, its = _tonnes(shown), _tonnes(other)
    if shown["substance"] == other["substance"]:
        return ours, its, None
    theirs, mine = _convert(other), _convert(shown)
    if theirs is not None and (mine is None or other["substance"] == "ore"):
        return ours, theirs.quantity_t, theirs
    if mine is None:
        raise ValueError("neither statement has a grade of oxide")
    return mine.quantity_t, its, mine


def _tonnes(row: Row) -> float:
    quantity = row.get("quantity_t")
    return float("nan") if quantity is None or pd.isna(quantity) else float(quantity)


def _convert(row: Row) -> Computed | None:
    """Oxide of an ore, or ore of an oxide, if the grade is published as one of oxide."""
    grade = oxide_grade(row)
    if grade is None:
        return None
    compute = contained_mass if row["substance"] == "ore" else ore_mass
    return compute(_tonnes(row), grade)


def oxide_grade(row: Row) -> float | None:
    """Return the grade of a statement in per cent; None unless it is published as one of oxide.

    Examples
    --------
    >>> oxide_grade({"grade_text": "786 g/t TREO"}), oxide_grade({"grade_text": "1.5 %"})
    (0.0786, None)
    """
    text = cell_text(row.get("grade_text"))
    if not _OXIDE_GRADE.search(text):
        return None
    printed = _GRADE.match(text)
    if printed is not None:
        grade = grade_as_pct(float(printed[1]), printed[2])
    else:
        grade = pd.to_numeric(row.get("grade_pct", np.nan), errors="coerce")
    return round(float(grade), 9) if 0.0 < grade <= 100.0 else None


def contained_oxide(row: Row) -> tuple[float, str]:
    """Return the contained oxide of a statement in tonnes, and whether it is published or computed.

    A tonnage of oxide is published; that of an ore is computed where its grade is published as one of
    oxide. Metal is not converted: its composition is not known.

    Parameters
    ----------
    row
        A row of the layer ``resources``, as a mapping.

    Returns
    -------
    tuple of float and str
        Tonnes, NaN where none follows; ``published``, ``computed`` or "".

    Examples
    --------
    >>> contained_oxide({"substance": "ore", "quantity_t": 3.5e8, "grade_text": "0.96 % REO"})
    (3360000.0, 'computed')
    """
    tonnes = _tonnes(row)
    if not tonnes > 0.0:
        return float("nan"), ""
    if row["substance"] == "oxide":
        return tonnes, "published"
    computed = _convert(row) if row["substance"] == "ore" else None
    return (computed.quantity_t, "computed") if computed else (float("nan"), "")


def _caveat(shown: Row, other: Row) -> str:
    ours, its = (cell_text(r.get("category_class")) for r in (shown, other))
    blank = [c in ("", "unknown", "unclassified") for c in (ours, its)]
    if all(blank):
        return "; no category is stated by either"
    if any(blank):
        return "; only one of the two states a category"
    return "; the categories are not the same" if ours != its else ""


def contradictions(statements: pd.DataFrame) -> pd.DataFrame:
    """Compare the statements of each deposit in pairs.

    Two are comparable if the same substance was weighed, both quantities are known, and the
    categories are not different parts of one scale (Inferred lies beside Measured and Indicated,
    it does not contradict them). Ore and contained oxide are comparable if the grade of either is
    published as one of oxide: then one of the two figures is computed.

    Parameters
    ----------
    statements
        Rows of the layer ``resources``, classified or not.

    Returns
    -------
    pandas.DataFrame
        A row for each pair of a deposit, in the order of `display_statement`: ``deposit_id``,
        ``other_id`` (the one that comes first), ``id``, ``other_is_shown``, ``comparable``,
        ``factor`` (the quantity of ``id`` divided by that of ``other_id``, NaN if not comparable),
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
    columns = ["deposit_id", "other_id", "id", "other_is_shown"]
    columns += ["comparable", "factor", "figure", "says"]
    out = []
    for deposit, group in order_statements(statements).groupby("deposit_id", sort=False):
        rows: list[Row] = [{str(k): v for k, v in r.items()} for r in group.to_dict("records")]
        for (place, one), (_, other) in combinations(enumerate(rows), 2):
            name = cell_text(one.get("system")) or cell_text(one.get("id"))
            name = "the statement shown" if place == 0 else name or f"statement {place + 1}"
            found = compare_statements(one, other, than=name)
            verdict = (found.comparable, found.factor, found.figure or None, found.says)
            out.append((deposit, one.get("id"), other.get("id"), place == 0, *verdict))
    return pd.DataFrame(out, columns=columns)


def _certainty(category_class: str) -> tuple[bool, int]:
    """Sort key: explored before inferred and forecast, more categories together before fewer."""
    parts = parts_of(category_class)
    return not parts or not any({*parts} <= together for together in EXPLORED), -len(parts)


_BY_CERTAINTY = tuple(sorted(CATEGORY_CLASSES, key=_certainty))


def order_statements(statements: pd.DataFrame) -> pd.DataFrame:
    """Sort the statements by deposit, then by the rules of `display_statement`."""
    needed = [c for c in ("deposit_id", "substance", "quantity_t") if c not in statements]
    if needed:
        raise SchemaError(
            f"the statements have no column {', '.join(needed)}", "give rows of the layer resources"
        )
    classified = classify_statements(statements)
    year = classified.get("year", pd.Series(np.nan, classified.index))

    def rank(column: str, order: Sequence[str]) -> pd.Series:
        return classified[column].map({word: place for place, word in enumerate(order)})

    keys: list[Any] = [
        pd.factorize(classified["deposit_id"])[0],
        pd.to_numeric(classified["quantity_t"], errors="coerce").isna(),
        rank("system_kind", SYSTEM_KINDS),
        -pd.to_numeric(year, errors="coerce").astype("float64").fillna(-np.inf),
        rank("substance", SUBSTANCES),
        rank("category_class", _BY_CERTAINTY),
    ]
    return classified.iloc[np.lexsort(keys[::-1])]  # the last key of lexsort leads
