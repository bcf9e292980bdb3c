"""Aggregates: functions that combine the values of the criteria into one number from 0 to 1.

All take values of shape (criteria, ..., alternatives), from 0 to 1 and NaN where unknown, and
weights of shape (criteria, ...) that add up to 1. An unknown value is left out and its weight is
shared among the known values of that alternative in proportion; an alternative without any known
value gets NaN. `compared` is a mask of the alternatives, of shape (..., alternatives), that TOPSIS
compares; the other aggregates ignore it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from geo_ree.crs import Floats

Bools = NDArray[np.bool_]
Method = Callable[[Floats, Floats, Bools | None], Floats]

HALFWAY = 0.5
"""TOPSIS where all alternatives are alike: as near to the ideal as to the anti-ideal."""


def weighted_sum(values: Floats, weights: Floats, compared: Bools | None = None) -> Floats:
    """Sum of weights times values (Malczewski 2000); each alternative by itself."""
    gaps = np.isnan(values)
    total = np.zeros(values.shape[1:])
    for value, gap, weight in zip(values, gaps, weights, strict=True):
        total += weight[..., None] * np.where(gap, 0.0, value)
    known = _known_weight(gaps, weights)
    shared = total / np.where(known > 0, known, 1.0)
    return np.where(known > 0, np.where(gaps.any(axis=0), shared, total), np.nan)


def weighted_product(values: Floats, weights: Floats, compared: Bools | None = None) -> Floats:
    """Product of values to the power of their weights (Triantaphyllou 2000); any zero gives zero."""
    gaps = np.isnan(values)
    total = np.ones(values.shape[1:])
    for value, gap, weight in zip(values, gaps, weights, strict=True):
        total *= np.where(gap, 1.0, value) ** weight[..., None]
    known = _known_weight(gaps, weights)
    shared = total ** (1.0 / np.where(known > 0, known, 1.0))
    return np.where(known > 0, np.where(gaps.any(axis=0), shared, total), np.nan)


def topsis(values: Floats, weights: Floats, compared: Bools | None = None) -> Floats:
    """Relative closeness to the ideal alternative (Hwang and Yoon 1981).

    Values are divided by the Euclidean norm of their criterion. The best and worst value of each
    criterion make the ideal and the anti-ideal; closeness is ``d- / (d+ + d-)`` of the weighted
    Euclidean distances to both. It is relative: adding an alternative changes the others. Where
    ideal and anti-ideal coincide (one alternative, constant criteria) it is `HALFWAY`.
    """
    to_best, to_worst = (np.zeros(values.shape[1:]) for _ in range(2))
    for value, weight in zip(values, weights, strict=True):
        below, above = separations(value, compared)
        to_best += (weight[..., None] * below) ** 2
        to_worst += (weight[..., None] * above) ** 2
    out = closeness(to_best, to_worst)
    return np.where(_known_weight(np.isnan(values), weights) > 0, out, np.nan)


def separations(value: Floats, compared: Bools | None = None) -> tuple[Floats, Floats]:
    """How far the values of one criterion lie below the best and above the worst.

    Both are in units of the Euclidean norm; 0 for an unknown value and when all are 0.
    """
    among = value if compared is None else np.where(compared, value, np.nan)
    best = np.fmax.reduce(among, axis=-1, keepdims=True, initial=0.0)
    # Parts of the best, so that the squares of tiny values do not vanish.
    unit = np.where(best > 0, best, 1.0)
    among, parts = among / unit, value / unit
    norm = np.sqrt(np.nansum(among**2, axis=-1, keepdims=True))
    norm = np.where(norm > 0, norm, 1.0)
    worst = np.fmin.reduce(among, axis=-1, keepdims=True, initial=1.0)
    below = np.maximum(best / unit - parts, 0.0) / norm
    above = np.maximum(parts - worst, 0.0) / norm
    return np.nan_to_num(below), np.nan_to_num(above)


def closeness(to_best: Floats, to_worst: Floats) -> Floats:
    """Relative closeness of TOPSIS from squared distances to the ideal and the anti-ideal."""
    below, above = np.sqrt(to_best), np.sqrt(to_worst)
    both = below + above
    return np.where(both > 0, above / np.where(both > 0, both, 1.0), HALFWAY)


def leave_one_out(
    values: Floats, weights: Floats, aggregate: Method, compared: Bools | None = None
) -> Floats:
    """What each criterion adds: the aggregate less the aggregate without it, on the shape of `values`.

    The weight of the criterion left out is shared among the others; where nothing else is known, it
    gets the whole. Gains do not add up to the aggregate. NaN for an unknown value, 0 for a criterion
    without weight.
    """
    whole = aggregate(values, weights, compared)
    out = np.zeros(values.shape)
    for j in range(len(values)):
        if not np.any(weights[j]):
            continue
        others = np.delete(weights, j, axis=0)
        rest = others.sum(axis=0)
        others = others / np.where(rest > 0, rest, 1.0)
        without = aggregate(np.delete(values, j, axis=0), others, compared)
        out[j] = np.where(np.isnan(values[j]), np.nan, whole - np.nan_to_num(without))
    return out


def _known_weight(gaps: Bools, weights: Floats) -> Floats:
    known = np.zeros(gaps.shape[1:])
    for gap, weight in zip(gaps, weights, strict=True):
        known += np.where(gap, 0.0, weight[..., None])
    return known


METHODS: Mapping[str, Method] = MappingProxyType(
    {"weighted_sum": weighted_sum, "weighted_product": weighted_product, "topsis": topsis}
)
"""The aggregates by their name in presets (`geo_ree.settings.AGGREGATES`)."""
