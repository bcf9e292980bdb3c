"""Statistics of drawn scores: ranks, rank intervals and central weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.scoring.draws import blocks

Ranks = NDArray[np.int32]


def rank_draws(scores: Floats) -> Ranks:
    """Rank the columns of each row from 1 for the highest score; ties share the better rank."""
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
    """Share of the draws that each deposit has on each rank from 1 to `widest`.

    Takes ranks of shape (draws, deposits) and returns shape (deposits, widest).
    """
    draws, rows = ranks.shape
    flat = np.arange(rows, dtype=np.int64) * widest + (ranks - 1)
    counts = np.bincount(flat[ranks <= widest], minlength=rows * widest).reshape(rows, widest)
    return np.asarray(counts / draws, dtype=np.float64)


def summarize(ranks: Ranks, scores: Floats) -> dict[str, Floats]:
    """Percentiles of ranks and scores of shape (draws, deposits), and the chance of the top 3 and 5.

    Percentiles of ranks are ranks that were drawn; those of scores are interpolated.
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


def rank_interval(scores: Floats) -> tuple[Floats, Floats]:
    """Rank the columns of drawn scores among each other: the 5th and 95th percentile of each rank."""
    low, high = np.percentile(rank_draws(scores), [5, 95], axis=0, method="inverted_cdf")
    return low, high


def central_weights(first: NDArray[np.bool_], weights: Floats) -> Floats:
    """Mean of the weights of the draws in which each deposit comes first, shape (deposits, criteria).

    `first` says which deposits come first, shape (draws, deposits); several may share it. NaN for
    a deposit that never does (Lahdelma, Hokkanen and Salminen 1998).
    """
    times = first.sum(axis=0)[:, None]
    total = first.T.astype(np.float64) @ weights
    return np.where(times > 0, total / np.maximum(times, 1), np.nan)
