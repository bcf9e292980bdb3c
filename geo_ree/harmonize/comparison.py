"""How one published quantity stands to another of the same deposit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.harmonize.oxides import Computed, contained_mass, grade_as_pct, ore_mass
from geo_ree.harmonize.quantities import cell_text, parts_of, scale_of

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


def compare_statements(
    shown: Row, other: Row, *, than: str = "the statement shown"
) -> Comparison:  # fmt: skip
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
