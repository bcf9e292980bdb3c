"""How well scores separate two classes of sites: AUC, bootstrap intervals and success-rate curves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring.draws import whole_number
from geo_ree.settings import SEED

_CELLS = 2_000_000
"""Numbers processed at once (16 MB per array)."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Interval:
    """A bootstrap interval.

    Parameters
    ----------
    low, high
        Percentiles; NaN when no draw had both classes.
    basis
        ``"sites"`` (sites resampled within each class) or ``"blocks"`` (whole blocks of sites
        resampled).
    """

    low: float
    high: float
    basis: str


def auc(scores: ArrayLike, positive: ArrayLike, *, groups: ArrayLike | None = None) -> float:
    """Area under the ROC curve: the chance that a positive scores higher than a negative.

    Parameters
    ----------
    scores
        Finite numbers, shape (n,).
    positive
        True for the sites of the class that should score high, shape (n,).
    groups
        Compare only within these groups (for instance countries), shape (n,); differences
        between groups then do not count.

    Returns
    -------
    float
        0 to 1; equal scores count half, so constant scores give 0.5. It is the statistic U of
        Mann and Whitney divided by the number of pairs.

    Raises
    ------
    ScoreError
        When a score is not finite, lengths differ, or no positive can be compared with a negative.

    References
    ----------
    Mann, H. B. and Whitney, D. R. (1947), On a test of whether one of two random variables is
    stochastically larger than the other, Annals of Mathematical Statistics 18(1), 50-60.
    Hanley, J. A. and McNeil, B. J. (1982), The meaning and use of the area under a receiver
    operating characteristic (ROC) curve, Radiology 143(1), 29-36.

    Examples
    --------
    >>> auc([10.0, 20.0, 20.0, 40.0], [False, False, True, True])
    0.875
    """
    order = _Order.of(*_checked(scores, positive), groups)
    out = float(order.weighted(np.ones((1, order.size)))[0])
    if np.isnan(out):
        raise ScoreError(
            "no positive can be compared with a negative",
            "give at least one group with sites of both classes",
        )
    return out


def auc_draws(
    scores: ArrayLike,
    positive: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    blocks: ArrayLike | None = None,
    draws: int = 1000,
    seed: int = SEED,
) -> Floats:
    """Bootstrap draws of the AUC (Efron and Tibshirani 1993), shape (scores, draws).

    `scores` has shape (n,) or (scores, n); all rows are evaluated on the same resamples, so that
    their differences are paired. With `blocks` of shape (n,) whole blocks are resampled, which keeps
    neighbouring sites together; otherwise sites are resampled within each class. NaN for a draw
    with one class only.
    """
    whole_number("draws", draws, 1)
    whole_number("seed", seed, 0)
    rows = np.atleast_2d(np.asarray(scores, dtype=np.float64))
    orders = [_Order.of(*_checked(row, positive), groups) for row in rows]
    truth = np.asarray(positive, dtype=np.bool_)
    out = np.empty((len(orders), draws))
    at = 0
    for weights in _resamples(truth, blocks, draws, seed):
        here = slice(at, at + len(weights))
        for k, order in enumerate(orders):
            out[k, here] = order.weighted(weights)
        at += len(weights)
    return out


def widest_interval(drawn: dict[str, Floats], *, level: float = 0.95) -> Interval:
    """The widest of the percentile intervals of several bootstraps (basis -> draws)."""
    tails = (50.0 * (1.0 - level), 50.0 * (1.0 + level))
    found = []
    for basis, values in drawn.items():
        known = values[~np.isnan(values)]
        low, high = np.percentile(known, tails) if len(known) else (np.nan, np.nan)
        found.append(Interval(float(low), float(high), basis))
    return max(found, key=lambda i: -1.0 if np.isnan(i.low) else i.high - i.low)


def success_rate(scores: ArrayLike, positive: ArrayLike) -> pd.DataFrame:
    """Share of the positives among the highest-scoring sites: the success-rate curve.

    Parameters
    ----------
    scores, positive
        See `auc`.

    Returns
    -------
    pandas.DataFrame
        ``share_of_sites`` and ``share_of_positives``, from 0 to 1, a row for the start and one for
        each distinct score: sites of equal score are added together, along a straight line.

    Raises
    ------
    ScoreError
        See `auc`.

    References
    ----------
    Chung, C.-J. F. and Fabbri, A. G. (2003), Validation of spatial prediction models for landslide
    hazard mapping, Natural Hazards 30(3), 451-472.
    Agterberg, F. P. and Bonham-Carter, G. F. (2005), Measuring the performance of
    mineral-potential maps, Natural Resources Research 14(1), 1-17.

    Examples
    --------
    >>> success_rate([9.0, 5.0, 5.0, 1.0], [True, True, False, False]).to_numpy().tolist()
    [[0.0, 0.0], [0.25, 0.5], [0.75, 1.0], [1.0, 1.0]]
    """
    values, truth = _checked(scores, positive)
    order = np.argsort(-values, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(values[order]) != 0, True))
    sites = np.append(0, ends + 1) / len(values)
    found = np.append(0, np.cumsum(truth[order])[ends]) / truth.sum()
    return pd.DataFrame({"share_of_sites": sites, "share_of_positives": found})


@dataclass(frozen=True)
class _Order:
    """Sites sorted by group and score, so that a weighted AUC is a sum along one axis.

    Equal scores of one group are a level. ``first`` has the sorted position at which each level
    begins, ``opens`` the level at which each group begins, ``group`` the group of each level.
    """

    sort: NDArray[np.intp]
    positive: Mask
    first: NDArray[np.intp]
    opens: NDArray[np.intp]
    group: NDArray[np.intp]

    @classmethod
    def of(cls, scores: Floats, positive: Mask, groups: ArrayLike | None) -> _Order:
        n = len(scores)
        codes = np.zeros(n, dtype=np.intp) if groups is None else _codes(groups, n, "groups")
        sort = np.lexsort((scores, codes))
        by_score, by_group = scores[sort], codes[sort]
        new = np.append(True, (np.diff(by_score) != 0) | (np.diff(by_group) != 0))
        first = np.flatnonzero(new)
        level_group = by_group[first]
        opens = np.flatnonzero(np.append(True, np.diff(level_group) != 0))
        group = np.cumsum(np.append(False, np.diff(level_group) != 0))
        return cls(sort, positive[sort], first, opens, group)

    @property
    def size(self) -> int:
        """Number of sites."""
        return len(self.sort)

    def weighted(self, weights: Floats) -> Floats:
        """AUC with each site counted as often as its weight; takes (draws, n), returns (draws,)."""
        sorted_weights = weights[:, self.sort]
        up = np.add.reduceat(sorted_weights * self.positive, self.first, axis=1)
        down = np.add.reduceat(sorted_weights * ~self.positive, self.first, axis=1)
        below = np.cumsum(down, axis=1) - down
        below -= below[:, self.opens][:, self.group]
        won = (up * (below + 0.5 * down)).sum(axis=1)
        pairs = (
            np.add.reduceat(up, self.opens, axis=1) * np.add.reduceat(down, self.opens, axis=1)
        ).sum(axis=1)
        return np.divide(won, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)


def _checked(scores: ArrayLike, positive: ArrayLike) -> tuple[Floats, Mask]:
    values = np.asarray(scores, dtype=np.float64)
    truth = np.asarray(positive, dtype=np.bool_)
    if values.ndim != 1 or values.shape != truth.shape:
        raise ScoreError(
            f"{values.shape} scores for {truth.shape} classes", "give one for each site"
        )
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise ScoreError(
            f"score {wrong[0]} is {values[wrong[0]]}, expected a finite number",
            "leave out the sites without a score",
        )
    if truth.all() or not truth.any():
        raise ScoreError(
            f"{int(truth.sum())} of {len(truth)} sites are positive", "give sites of both classes"
        )
    return values, truth


def _codes(labels: ArrayLike, n: int, name: str) -> NDArray[np.intp]:
    given = np.asarray(labels)
    if given.shape != (n,):
        raise ScoreError(f"{given.shape} {name} for {n} sites", "give one for each site")
    return np.unique(given, return_inverse=True)[1].astype(np.intp)


def _resamples(positive: Mask, blocks: ArrayLike | None, draws: int, seed: int) -> Iterator[Floats]:
    """Yield how often each site is drawn, in parts of shape (some draws, n)."""
    n = len(positive)
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2)]
    codes = None if blocks is None else _codes(blocks, n, "blocks")
    step = max(1, _CELLS // n)
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        if codes is not None:
            yield _counts(streams[0], rows, int(codes.max()) + 1)[:, codes]
            continue
        out = np.empty((rows, n))
        for stream, members in zip(streams, (positive, ~positive), strict=True):
            out[:, members] = _counts(stream, rows, int(members.sum()))
        yield out


def _counts(rng: np.random.Generator, rows: int, size: int) -> Floats:
    """Count how often each of `size` items occurs in `size` draws with replacement, (rows, size)."""
    drawn = rng.integers(0, size, (rows, size)) + size * np.arange(rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=rows * size).reshape(rows, size).astype(np.float64)
