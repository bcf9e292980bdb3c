"""Criteria and vetoes: the parts of a score model."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo_ree.errors import ScoreError
from geo_ree.scoring.decay import Decay, is_number

Op = Literal[">", ">=", "<", "<="]

_OPS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
)


@dataclass(frozen=True)
class Criterion:
    """A distance that a score rewards.

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
        Weight, 0 or more; only the proportions between criteria matter.
    label
        Name for people; `name` by default.
    missing
        The value of an unknown distance: ``"unknown"`` leaves the criterion out of that row, a
        number from 0 to 1 is assumed instead.
    measured_to
        The features that the distance goes to, in words.
    reason, source
        Why this weight, and who says so ("judgement" if it is not published).
    decay_reason, decay_source
        The same for the decay and its kilometres.

    Raises
    ------
    ScoreError
        When a name is empty, the weight negative or not a number, or `missing` out of range.

    Examples
    --------
    >>> from geo_ree.scoring import Exponential
    >>> Criterion("rail", "dist_railway_km", Exponential(50), 0.3)
    Criterion(name='rail', column='dist_railway_km', value=Exponential(half_km=50), weight=0.3)
    """

    name: str
    column: str
    value: Decay
    weight: float
    label: str = field(default="", repr=False)
    missing: float | Literal["unknown"] = field(default="unknown", repr=False)
    measured_to: str = field(default="", repr=False)
    reason: str = field(default="", repr=False)
    source: str = field(default="", repr=False)
    decay_reason: str = field(default="", repr=False)
    decay_source: str = field(default="", repr=False)

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
        """Kilometres per unit of the column: 0.001 where its name ends in ``_m``."""
        return 0.001 if self.column.endswith("_m") else 1.0


@dataclass(frozen=True)
class Veto:
    """A limit that excludes a deposit: its score becomes 0, with the reason.

    Parameters
    ----------
    column
        Column of the table.
    limit
        The limit, in the unit of the column.
    reason
        Text shown beside the score of 0.
    op
        The comparison that excludes: ``>``, ``>=``, ``<`` or ``<=``. An unknown value is never
        excluded.

    Examples
    --------
    >>> Veto("dist_road_km", 300, "no road within 300 km").applies([10.0, 301.0, float("nan")])
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

    def applies(self, values: ArrayLike) -> NDArray[np.bool_]:
        """Mask of the values (numbers, any shape) that the veto excludes."""
        numbers = np.asarray(values, dtype=np.float64)
        return np.asarray(_OPS[self.op](numbers, self.limit), dtype=np.bool_)


def check_weight(weight: object, where: str) -> None:
    """Raise a ScoreError for a weight that is negative, infinite or not a number."""
    if not is_number(weight) or weight < 0:  # type: ignore[operator]
        raise ScoreError(f"{where} is {weight!r}", "give a finite number, 0 or more")
