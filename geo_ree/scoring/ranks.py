"""What drawn scores say of a ranking: ranks, their shares and spread, and ties."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring.decay import is_number
from geo_ree.scoring.model import ScoreModel

Ranks = NDArray[np.int32]

_CELLS = 2_000_000
"""Numbers that are worked on at once (16 MB): bounds the memory."""


def blocks(length: int, width: int) -> Iterator[slice]:
    """Cut a length into parts that stay small when each of its items has `width` numbers.

    Examples
    --------
    >>> list(blocks(5, 1_000_000))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, _CELLS // max(width, 1))
    for start in range(0, length, step):
        yield slice(start, min(start + step, length))


def rank_draws(scores: Floats) -> Ranks:
    """Rank the columns of each row, the highest score first; equal scores share the better rank.

    Parameters
    ----------
    scores
        Shape (draws, deposits), without NaN.

    Returns
    -------
    numpy.ndarray of int32
        Ranks from 1, same shape.

    Examples
    --------
    >>> rank_draws(np.array([[30.0, 50.0, 30.0, 10.0]])).tolist()
    [[2, 1, 2, 4]]
    """
    ranks = np.empty(scores.shape, dtype=np.int32)
    places = np.arange(1, scores.shape[1] + 1, dtype=np.int32)
    for part in blocks(*scores.shape):
        order = np.argsort(-scores[part], axis=1, kind="stable")
        ordered = np.take_along_axis(scores[part], order, axis=1)
        first = np.tile(places, (len(order), 1))
        first[:, 1:][ordered[:, 1:] == ordered[:, :-1]] = 1
        np.put_along_axis(ranks[part], order, np.maximum.accumulate(first, axis=1), axis=1)
    return ranks


def rank_shares(ranks: Ranks, widest: int) -> Floats:
    """Give the share of the draws that each deposit spends on each rank from 1 to `widest`.

    Lower ranks are left out.

    Parameters
    ----------
    ranks
        Shape (draws, deposits).
    widest
        The last rank.

    Returns
    -------
    numpy.ndarray of float64
        Shape (deposits, widest); rows add up to 1 when `widest` is the last rank there is.

    Examples
    --------
    >>> rank_shares(np.array([[1, 2], [1, 2], [2, 1], [1, 1]]), 2).tolist()
    [[0.75, 0.25], [0.5, 0.5]]
    """
    draws, rows = ranks.shape
    flat = np.arange(rows, dtype=np.int64) * widest + (ranks - 1)
    counts = np.bincount(flat[ranks <= widest], minlength=rows * widest).reshape(rows, widest)
    return np.asarray(counts / draws, dtype=np.float64)


def summarize(ranks: Ranks, scores: Floats) -> dict[str, Floats]:
    """Give the spread of ranks and scores, and the chances to be among the first.

    Parameters
    ----------
    ranks, scores
        Shape (draws, deposits).

    Returns
    -------
    dict of str to numpy.ndarray
        By column name; percentiles of ranks are ranks that were drawn, those of scores are
        interpolated.

    Examples
    --------
    >>> summarize(np.array([[1], [4], [2]]), np.array([[9.0], [5.0], [7.0]]))["p_top3"].round(2)
    array([0.67])
    """
    low, middle, high = np.percentile(ranks, [5, 50, 95], axis=0, method="inverted_cdf")
    score_low, score_high = np.percentile(scores, [5, 95], axis=0)
    return {
        "rank_p5": low,
        "rank_median": middle,
        "rank_p95": high,
        "p_top3": (ranks <= 3).mean(axis=0),
        "p_top5": (ranks <= 5).mean(axis=0),
        "score_p5": score_low,
        "score_p95": score_high,
    }


def tie_groups(drawn: Floats, points: Floats, leads: float) -> Floats:
    """Group the deposits that the draws cannot tell apart, numbered from 1 for the leaders.

    Down the ranking by `points`, a new group starts at the first deposit that the leader of the
    group beats in at least `leads` of the draws.

    Parameters
    ----------
    drawn
        Scores, shape (draws, deposits).
    points
        The score of each deposit; equal ones keep their order.
    leads
        Share of the draws.

    Returns
    -------
    numpy.ndarray of float64
        Group of each deposit.

    Examples
    --------
    >>> tie_groups(np.array([[5.0, 4.0, 1.0], [4.0, 5.0, 1.0]]), np.array([5.0, 4.0, 1.0]), 0.95)
    array([1., 1., 2.])
    """
    out = np.empty(len(points))
    walk = np.argsort(-points, kind="stable")
    leader, group = walk[0], 1
    for row in walk:
        if np.mean(drawn[:, leader] > drawn[:, row]) >= leads:
            leader, group = row, group + 1
        out[row] = group
    return out


SEED = 20240607
"""Seed of the draws unless another is given."""


def draw_weights(
    model: ScoreModel, rng: np.random.Generator, draws: int, concentration: float
) -> Floats:
    """Draw weights from a Dirichlet distribution around those of a model.

    Parameters
    ----------
    model
        Its weights in force are the mean; a criterion of weight 0 keeps it.
    rng
        Where chance comes from.
    draws
        How often.
    concentration
        How closely the weights keep to the model's: a weight w varies with a standard deviation
        of ``sqrt(w (1 - w) / (concentration + 1))``. Infinity leaves them as they are.

    Returns
    -------
    numpy.ndarray of float64
        Shape (draws, criteria); rows add up to 1.

    Examples
    --------
    >>> from geo_ree.scoring.presets import load_preset
    >>> rng = np.random.default_rng(1)
    >>> draw_weights(load_preset("infrastructure"), rng, 3, float("inf"))[0].tolist()
    [0.3, 0.25, 0.0, 0.15, 0.15, 0.1, 0.05]
    """
    shares = model.shares
    out = np.zeros((draws, len(shares)))
    positive = shares > 0
    if concentration == math.inf:
        out[:] = shares
    else:
        out[:, positive] = rng.dirichlet(concentration * shares[positive], size=draws)
    return out


def central_weights(first: NDArray[np.bool_], weights: Floats) -> Floats:
    """Give the mean of the weights of the draws in which each deposit comes first.

    Parameters
    ----------
    first
        Which deposits come first, shape (draws, deposits); several may share it.
    weights
        Shape (draws, criteria).

    Returns
    -------
    numpy.ndarray of float64
        Shape (deposits, criteria); NaN for a deposit that never comes first.

    References
    ----------
    Lahdelma, R., Hokkanen, J. and Salminen, P. (1998), SMAA - Stochastic multiobjective
    acceptability analysis, European Journal of Operational Research 106(1), 137-143.

    Examples
    --------
    >>> first = np.array([[True, False], [True, False]])
    >>> central_weights(first, np.array([[0.5, 0.5], [1.0, 0.0]])).tolist()
    [[0.75, 0.25], [nan, nan]]
    """
    times = first.sum(axis=0)[:, None]
    total = first.T.astype(np.float64) @ weights
    return np.where(times > 0, total / np.maximum(times, 1), np.nan)


def check_draws(draws: int, seed: int, concentration: float) -> None:
    """Refuse a number of draws, a seed or a concentration that is out of range.

    Raises
    ------
    ScoreError

    Examples
    --------
    >>> check_draws(1000, 1, 50.0)
    """
    whole_number("draws", draws, 1)
    whole_number("seed", seed, 0)
    if concentration != math.inf and not (is_number(concentration) and concentration > 0):
        raise ScoreError(f"concentration is {concentration!r}", "give a number above 0")


def whole_number(name: str, value: object, low: int) -> int:
    """Give a whole number that is not below a limit.

    Raises
    ------
    ScoreError
        When it is something else.

    Examples
    --------
    >>> whole_number("draws", 1000, 1)
    1000
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise ScoreError(f"{name} is {value!r}", f"give a whole number from {low} up")
    return int(value)
