"""Aggregates: how the values of the criteria become one number from 0 to 1.

All take values of shape (criteria, ..., alternatives), from 0 to 1 and NaN where unknown, and
weights of shape (criteria, ...), each set adding up to 1. An unknown value is left out and its
weight shared out among the known ones of that alternative in proportion; an alternative of which
nothing is known gets NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from geo_ree.crs import Floats

Bools = NDArray[np.bool_]
Aggregate = Callable[[Floats, Floats, Bools | None], Floats]

HALFWAY = 0.5
"""TOPSIS of an alternative that nothing tells apart: as near to the best as to the worst."""


def weighted_sum(values: Floats, weights: Floats, compared: Bools | None = None) -> Floats:
    """Add up values times weights; each alternative by itself.

    Parameters
    ----------
    values, weights
        See the module.
    compared
        Not used: an alternative does not depend on the others.

    Returns
    -------
    numpy.ndarray of float64
        0 to 1, shape (..., alternatives).

    References
    ----------
    Malczewski, J. (2000), On the use of weighted linear combination method in GIS, Transactions
    in GIS 4(1), 5-22.

    Examples
    --------
    >>> weighted_sum(np.array([[1.0, 0.5], [0.0, np.nan]]), np.array([0.75, 0.25])).tolist()
    [0.75, 0.5]
    """
    gaps = np.isnan(values)
    total = np.zeros(values.shape[1:])
    for value, gap, weight in zip(values, gaps, weights, strict=True):
        total += weight[..., None] * np.where(gap, 0.0, value)
    if not gaps.any():
        return total
    known = _known_weight(gaps, weights)
    return np.where(known > 0, total / np.where(known > 0, known, 1.0), np.nan)


def weighted_product(values: Floats, weights: Floats, compared: Bools | None = None) -> Floats:
    """Multiply values to the power of their weights; each alternative by itself.

    A value of 0 with a weight makes the whole 0: nothing makes up for it.

    Parameters
    ----------
    values, weights
        See the module.
    compared
        Not used: an alternative does not depend on the others.

    Returns
    -------
    numpy.ndarray of float64
        0 to 1, shape (..., alternatives).

    References
    ----------
    Triantaphyllou, E. (2000), Multi-criteria decision making methods: a comparative study,
    Kluwer, chapter 2.

    Examples
    --------
    >>> weighted_product(np.array([[0.25, 0.25], [1.0, np.nan]]), np.array([0.5, 0.5])).tolist()
    [0.5, 0.25]
    """
    gaps = np.isnan(values)
    total = np.ones(values.shape[1:])
    for value, gap, weight in zip(values, gaps, weights, strict=True):
        total *= np.where(gap, 1.0, value) ** weight[..., None]
    if not gaps.any():
        return total
    known = _known_weight(gaps, weights)
    return np.where(known > 0, total ** (1.0 / np.where(known > 0, known, 1.0)), np.nan)


def topsis(values: Floats, weights: Floats, compared: Bools | None = None) -> Floats:
    """Give the relative closeness to the best that the alternatives have between them.

    Values are divided by the Euclidean norm of their criterion (vector normalisation); the best
    and the worst of each criterion make the ideal and the anti-ideal; closeness is
    ``d- / (d+ + d-)`` of the weighted Euclidean distances to both. It tells alternatives apart
    and says nothing of one by itself: add another, and it changes.

    Parameters
    ----------
    values, weights
        See the module.
    compared
        Which alternatives make norm, ideal and anti-ideal, shape (..., alternatives); all when
        left out.

    Returns
    -------
    numpy.ndarray of float64
        0 to 1, shape (..., alternatives); `HALFWAY` where ideal and anti-ideal coincide in all
        that is known of an alternative (one alternative, constant criteria).

    References
    ----------
    Hwang, C.-L. and Yoon, K. (1981), Multiple attribute decision making: methods and
    applications, Springer.

    Examples
    --------
    >>> topsis(np.array([[0.9, 0.3, 0.6]]), np.array([1.0])).round(3).tolist()
    [1.0, 0.0, 0.5]
    """
    to_best, to_worst = (np.zeros(values.shape[1:]) for _ in range(2))
    for value, weight in zip(values, weights, strict=True):
        below, above = separations(value, compared)
        to_best += (weight[..., None] * below) ** 2
        to_worst += (weight[..., None] * above) ** 2
    out = closeness(to_best, to_worst)
    return np.where(_known_weight(np.isnan(values), weights) > 0, out, np.nan)


def separations(value: Floats, compared: Bools | None = None) -> tuple[Floats, Floats]:
    """Tell how far the values of one criterion lie below the best and above the worst.

    Parameters
    ----------
    value
        Values of one criterion, 0 to 1, shape (..., alternatives).
    compared
        Which alternatives make norm, best and worst.

    Returns
    -------
    tuple of numpy.ndarray
        Both in units of the Euclidean norm, 0 for an unknown value and when all are 0.

    Examples
    --------
    >>> separations(np.array([0.3, 0.4, np.nan]))[0].round(3).tolist()
    [0.2, 0.0, 0.0]
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
    """Turn squared distances to ideal and anti-ideal into the relative closeness of TOPSIS.

    Parameters
    ----------
    to_best, to_worst
        Squared distances, any shape.

    Returns
    -------
    numpy.ndarray of float64
        0 to 1; `HALFWAY` where both are 0.

    Examples
    --------
    >>> closeness(np.array([9.0, 0.0]), np.array([1.0, 0.0])).tolist()
    [0.25, 0.5]
    """
    below, above = np.sqrt(to_best), np.sqrt(to_worst)
    both = below + above
    return np.where(both > 0, above / np.where(both > 0, both, 1.0), HALFWAY)


def leave_one_out(
    values: Floats, weights: Floats, aggregate: Aggregate, compared: Bools | None = None
) -> Floats:
    """Tell what each criterion adds: the whole less the whole without it.

    Without a criterion its weight is shared out among the others. Where nothing else is known,
    it carries the whole. Gains are positive where the criterion lifts the alternative above what
    the others say of it, negative where it pulls it down; they do not add up to the whole.

    Parameters
    ----------
    values, weights, compared
        As the aggregate takes them.
    aggregate
        One of `METHODS`.

    Returns
    -------
    numpy.ndarray of float64
        On the shape of `values`; NaN for an unknown value, 0 for a criterion without weight.

    Examples
    --------
    >>> gains = leave_one_out(np.array([[1.0], [0.25]]), np.array([0.5, 0.5]), weighted_product)
    >>> gains.ravel().tolist()
    [0.25, -0.5]
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


METHODS: Mapping[str, Aggregate] = MappingProxyType(
    {"weighted_sum": weighted_sum, "weighted_product": weighted_product, "topsis": topsis}
)
"""The aggregates by the word that a preset uses."""
