"""Decay functions: from a distance in kilometres to a value between 0 and 1.

Each is anchored in kilometres, never in the sample: the value of a deposit does not change when
another deposit is added. They are frozen and compare by their parameters.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError


class Decay(ABC):
    """A function that turns a distance (km) into a value (0 to 1) and never rises.

    A subclass implements ``_values`` for distances from 0 up to infinity. An unknown distance (NaN)
    has an unknown value; a negative one raises a ScoreError.

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
        """Values (0 to 1) of distances in kilometres, on the same shape; infinity is out of reach."""
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

    def to_dict(self) -> dict[str, Any] | None:
        """Kind and parameters as JSON can hold them; None for a decay of your own."""
        kind = next((k for k, made in DECAYS.items() if type(self) is made), None)
        if kind is None:
            return None
        parameters = asdict(self)  # type: ignore[call-overload]
        return {"kind": kind, **{k: _plain(v) for k, v in parameters.items()}}


def _plain(value: Any) -> float | list[float]:
    return [float(v) for v in value] if isinstance(value, tuple) else float(value)


@dataclass(frozen=True)
class Exponential(Decay):
    """A value that halves every `half_km`.

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
    """A value that falls linearly from 1 at 0 km to 0 at `zero_km`.

    Parameters
    ----------
    zero_km
        Distance in kilometres from which the value is 0.

    Examples
    --------
    >>> Linear(200)([0, 50, 200, 900]).tolist()
    [1.0, 0.75, 0.0, 0.0]
    """

    zero_km: float

    def __post_init__(self) -> None:
        _check_positive(self, "zero_km", self.zero_km)

    def __str__(self) -> str:
        return f"falls evenly to 0 at {self.zero_km:,g} km"

    def _values(self, distance_km: Floats) -> Floats:
        return np.asarray(1.0 - distance_km / self.zero_km, dtype=np.float64)


@dataclass(frozen=True)
class Logistic(Decay):
    """A value that stays high, falls around `mid_km`, and stays low.

    Parameters
    ----------
    mid_km
        Distance in kilometres at which the value is one half.
    width_km
        Kilometres over which the odds fall by the factor e; a small width is steep. At distance 0
        the value is ``1 / (1 + exp(-mid_km / width_km))``, slightly less than 1.

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
        One value (0 to 1, never rising) for each limit and one beyond the last. By default they
        fall evenly from 1 to 0.

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
                "give one value for each limit and one beyond the last",
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
"""The decay functions by their name in presets."""


def make_decay(kind: str, /, **parameters: Any) -> Decay:
    """Make a decay function from its kind and parameters, as a preset gives them."""
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
    """Whether a value is a finite number; True and False are not."""
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
