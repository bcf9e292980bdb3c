"""What a score is made of: criteria, vetoes, and sets of weights."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo_ree.errors import ScoreError
from geo_ree.scoring.decay import Decay, is_number

JUDGEMENT = "judgement"
"""The source of a figure that nobody published: the word says so."""

Op = Literal[">", ">=", "<", "<="]

_OPS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
)


@dataclass(frozen=True)
class Criterion:
    """One thing that a score rewards.

    Parameters
    ----------
    name
        Short name: the suffix of the columns ``value_<name>`` and ``points_<name>``.
    column
        Column of the table with the distance, in kilometres; in metres where its name ends in
        ``_m``.
    value
        Decay function from kilometres to 0..1.
    weight
        Its share beside the others, 0 or more; only the proportions matter.
    label
        Words for people; the name when left out.
    missing
        What an unknown distance means: ``"unknown"`` leaves the criterion out of that row, a
        number from 0 to 1 is the value assumed instead.
    measured_to
        What the distance goes to, in words.
    reason, source
        Why this weight, and who says so (`JUDGEMENT` if nobody does).
    decay_reason, decay_source
        The same for the decay and its kilometres.

    Raises
    ------
    ScoreError
        When a name is empty, the weight negative or not a number, or `missing` out of range.

    Examples
    --------
    >>> from geo_ree.scoring.decay import Exponential
    >>> Criterion("rail", "dist_railway_km", Exponential(50), 0.3).label
    'rail'
    """

    name: str
    column: str
    value: Decay
    weight: float
    label: str = ""
    missing: float | Literal["unknown"] = "unknown"
    measured_to: str = ""
    reason: str = ""
    source: str = ""
    decay_reason: str = ""
    decay_source: str = ""

    def __post_init__(self) -> None:
        if not self.name or not self.column:
            raise ScoreError(
                f"criterion {self.name!r}: name and column are {self.name!r} and {self.column!r}",
                "give both",
            )
        if not isinstance(self.value, Decay):
            raise ScoreError(
                f"criterion {self.name}: value is {self.value!r}",
                "give a decay function, for instance Exponential(50)",
            )
        check_weight(self.weight, f"criterion {self.name}: weight")
        if self.missing != "unknown" and not (is_number(self.missing) and 0 <= self.missing <= 1):
            raise ScoreError(
                f"criterion {self.name}: missing is {self.missing!r}",
                'give "unknown" or the value to assume, from 0 to 1',
            )
        if not self.label:
            object.__setattr__(self, "label", self.name)

    @property
    def unit_km(self) -> float:
        """Kilometres in the unit of the column, which its name tells.

        Examples
        --------
        >>> from geo_ree.scoring.decay import Exponential
        >>> Criterion("climb", "climb_railway_m", Exponential(1), 0.1).unit_km
        0.001
        """
        return 0.001 if self.column.endswith("_m") else 1.0


@dataclass(frozen=True)
class Veto:
    """What rules a deposit out whatever else it has: its score becomes 0, with the reason.

    Parameters
    ----------
    column
        Column of the table that is compared.
    limit
        What it is compared with, in the unit of the column.
    reason
        The words that stand beside the score of 0.
    op
        ``>``, ``>=``, ``<`` or ``<=``: the comparison that rules out. An unknown value never does.

    Examples
    --------
    >>> Veto("dist_road_km", 300, "no road within 300 km").strikes([10.0, 301.0, float("nan")])
    array([False,  True, False])
    """

    column: str
    limit: float
    reason: str
    op: Op = ">"

    def __post_init__(self) -> None:
        where = f"veto on {self.column!r}"
        if not self.column or not self.reason:
            raise ScoreError(f"{where}: column or reason is empty", "give both")
        if not is_number(self.limit):
            raise ScoreError(f"{where}: limit is {self.limit!r}", "give a finite number")
        if self.op not in _OPS:
            raise ScoreError(f"{where}: op is {self.op!r}", f"use one of {' '.join(_OPS)}")

    def strikes(self, values: ArrayLike) -> NDArray[np.bool_]:
        """Tell which values are ruled out.

        Parameters
        ----------
        values
            Numbers, any shape.

        Returns
        -------
        numpy.ndarray of bool
        """
        numbers = np.asarray(values, dtype=np.float64)
        return np.asarray(_OPS[self.op](numbers, self.limit), dtype=np.bool_)


@dataclass(frozen=True)
class Variant:
    """One set of weights of a model.

    Parameters
    ----------
    name
        Its name; ``default`` is what holds when no other does.
    weights
        One per criterion, in the order of the criteria.
    when_known
        Column that calls for this set: once any row of the table knows it.
    reason
        Why there is this set.

    Examples
    --------
    >>> Variant("power_lines", (0.5, 0.5), when_known="dist_power_line_km").name
    'power_lines'
    """

    name: str
    weights: tuple[float, ...]
    when_known: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", tuple(self.weights))
        for weight in self.weights:
            check_weight(weight, f"variant {self.name}: weight")


def check_weight(weight: object, where: str) -> None:
    """Refuse a weight that is negative, infinite or no number.

    Raises
    ------
    ScoreError

    Examples
    --------
    >>> check_weight(0.3, "criterion rail: weight")
    """
    if not is_number(weight) or weight < 0:  # type: ignore[operator]
        raise ScoreError(f"{where} is {weight!r}", "give a finite number, 0 or more")
