"""Decay functions: from a distance in kilometres to a value between 0 and 1.

Each is anchored in kilometres, never in the sample: the value of one deposit does not change
because another was added. They compare by their parameters and are frozen.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError


class Decay(ABC):
    """What turns a distance (km) into a value (0 to 1); nearer is never worth less.

    A subclass says in ``_values`` what distances from 0 up to infinity are worth; an unknown
    distance (NaN) stays unknown, a negative one is an error.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Inverse(Decay):
    ...     def _values(self, distance_km):
    ...         return 1 / (1 + distance_km)
    >>> Inverse()([0.0, 1.0, float("inf")]).tolist()
    [1.0, 0.5, 0.0]
    """

    def __call__(self, distance_km: ArrayLike) -> Floats:
        """Give the values of distances.

        Parameters
        ----------
        distance_km
            Kilometres, any shape; NaN for unknown, infinity for out of reach.

        Returns
        -------
        numpy.ndarray of float64
            Values of the same shape, 0 to 1; NaN where the distance is unknown.

        Raises
        ------
        ScoreError
            When a distance is negative or not a number.
        """
        try:
            distance = np.ascontiguousarray(distance_km, dtype=np.float64).reshape(
                np.shape(distance_km)
            )
        except (TypeError, ValueError):
            raise ScoreError("a distance is not a number", "give kilometres") from None
        if (distance < 0).any():
            raise ScoreError(
                f"a distance is negative ({np.nanmin(distance):g} km)",
                "give kilometres from 0 up, and NaN for an unknown distance",
            )
        with np.errstate(over="ignore", under="ignore"):
            values = self._values(distance)
        return np.where(np.isnan(distance), np.nan, np.clip(values, 0.0, 1.0))

    @abstractmethod
    def _values(self, distance_km: Floats) -> Floats: ...


@dataclass(frozen=True)
class Exponential(Decay):
    """A value that halves with every `half_km`.

    Parameters
    ----------
    half_km
        Half-distance in kilometres: ``value = 2 ** (-distance / half_km)``.

    Examples
    --------
    >>> Exponential(50)([0, 50, 100]).tolist()
    [1.0, 0.5, 0.25]
    """

    half_km: float

    def __post_init__(self) -> None:
        _check_positive(self, "half_km", self.half_km)

    def __str__(self) -> str:
        return f"halves every {self.half_km:,g} km"

    def _values(self, distance_km: Floats) -> Floats:
        return np.asarray(np.exp2(-distance_km / self.half_km), dtype=np.float64)


@dataclass(frozen=True)
class Linear(Decay):
    """A value that falls evenly from 1 at once to 0 at `zero_km`.

    Parameters
    ----------
    zero_km
        Kilometres from which on the value is 0.

    Examples
    --------
    >>> Linear(200)([0, 50, 200, 900]).tolist()
    [1.0, 0.75, 0.0, 0.0]
    """

    zero_km: float

    def __post_init__(self) -> None:
        _check_positive(self, "zero_km", self.zero_km)

    def __str__(self) -> str:
        return f"evenly to 0 at {self.zero_km:,g} km"

    def _values(self, distance_km: Floats) -> Floats:
        return np.asarray(1.0 - distance_km / self.zero_km, dtype=np.float64)


@dataclass(frozen=True)
class Logistic(Decay):
    """A value that stays high, turns around `mid_km`, and stays low.

    Parameters
    ----------
    mid_km
        Kilometres at which the value is one half.
    width_km
        Kilometres over which the odds fall by the factor e; small is steep. At distance 0 the
        value is ``1 / (1 + exp(-mid_km / width_km))``, a little less than 1.

    Examples
    --------
    >>> Logistic(100, 20)([0, 100, 200]).round(3).tolist()
    [0.993, 0.5, 0.007]
    """

    mid_km: float
    width_km: float

    def __post_init__(self) -> None:
        _check_positive(self, "mid_km", self.mid_km)
        _check_positive(self, "width_km", self.width_km)

    def __str__(self) -> str:
        return f"half at {self.mid_km:,g} km, over {self.width_km:,g} km"

    def _values(self, distance_km: Floats) -> Floats:
        # The hyperbolic tangent is the logistic curve without an overflow far out.
        turn = (distance_km - self.mid_km) / self.width_km
        return np.asarray(0.5 - 0.5 * np.tanh(0.5 * turn), dtype=np.float64)


@dataclass(frozen=True)
class Step(Decay):
    """A value that falls in steps.

    Parameters
    ----------
    limits_km
        Rising kilometres; a distance equal to a limit is still inside it.
    values
        One value (0 to 1, never rising) for each limit and one for what lies beyond the last.
        Left out, they fall evenly from 1 to 0.

    Examples
    --------
    >>> Step((10, 50), (1.0, 0.6, 0.1))([0, 10, 11, 50, 51]).tolist()
    [1.0, 1.0, 0.6, 0.6, 0.1]
    >>> Step((10, 50)).values
    (1.0, 0.5, 0.0)
    """

    limits_km: tuple[float, ...]
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        limits = _numbers(self, "limits_km", self.limits_km)
        if not limits or limits[0] < 0 or any(b <= a for a, b in pairwise(limits)):
            raise ScoreError(
                f"Step: limits_km is {list(limits)}", "give at least one, from 0 up and rising"
            )
        even = tuple(np.linspace(1.0, 0.0, len(limits) + 1).tolist())
        values = _numbers(self, "values", self.values) or even
        if len(values) != len(limits) + 1:
            raise ScoreError(
                f"Step: {len(values)} values for {len(limits)} limits",
                "give one value for each limit and one for what lies beyond the last",
            )
        if values[0] > 1 or values[-1] < 0 or any(b > a for a, b in pairwise(values)):
            raise ScoreError(
                f"Step: values is {list(values)}", "give values from 1 down to 0, never rising"
            )
        object.__setattr__(self, "limits_km", limits)
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        steps = zip(self.values, self.limits_km, strict=False)
        inside = ", ".join(f"{value:g} to {limit:,g} km" for value, limit in steps)
        return f"{inside}, {self.values[-1]:g} beyond"

    def _values(self, distance_km: Floats) -> Floats:
        place = np.searchsorted(np.asarray(self.limits_km), distance_km, side="left")
        return np.asarray(self.values, dtype=np.float64)[place]


DECAYS: Mapping[str, type[Decay]] = MappingProxyType(
    {"exponential": Exponential, "linear": Linear, "logistic": Logistic, "step": Step}
)
"""The decay functions by the word that a preset uses."""


def make_decay(kind: str, /, **parameters: Any) -> Decay:
    """Make a decay function from its word and parameters, as a preset gives them.

    Raises
    ------
    ScoreError
        When the word or a parameter is unknown, missing or out of range.

    Examples
    --------
    >>> make_decay("exponential", half_km=50)
    Exponential(half_km=50)
    """
    if kind not in DECAYS:
        raise ScoreError(f"no decay is called {kind!r}", f"use one of {', '.join(DECAYS)}")
    made = DECAYS[kind]
    known = [f.name for f in fields(made)]  # type: ignore[arg-type]
    unknown = [name for name in parameters if name not in known]
    if unknown:
        raise ScoreError(
            f"the {kind} decay has no parameter {', '.join(map(repr, unknown))}",
            f"it takes {', '.join(known)}",
        )
    missing = [name for name in known if name not in parameters and name != "values"]
    if missing:
        raise ScoreError(f"the {kind} decay lacks {', '.join(missing)}", "give it in kilometres")
    return made(**{k: tuple(v) if isinstance(v, list) else v for k, v in parameters.items()})


def is_number(value: object) -> bool:
    """Tell whether a value is a finite number (True and False are not).

    Examples
    --------
    >>> is_number(0.5), is_number(float("nan")), is_number(True)
    (True, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    return math.isfinite(value)


def _check_positive(decay: Decay, name: str, value: object) -> None:
    if not is_number(value) or not value > 0:  # type: ignore[operator]
        raise ScoreError(
            f"{type(decay).__name__}: {name} is {value!r}", "give a finite number above 0"
        )


def _numbers(decay: Decay, name: str, values: object) -> tuple[float, ...]:
    if not isinstance(values, tuple | list) or not all(is_number(v) for v in values):
        raise ScoreError(f"{type(decay).__name__}: {name} is {values!r}", "give finite numbers")
    return tuple(float(v) for v in values)
