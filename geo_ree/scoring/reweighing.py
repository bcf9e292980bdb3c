"""Many sets of weights for many deposits: all draws as matrix products, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.scoring.aggregates import HALFWAY, separations
from geo_ree.scoring.contributions import (
    check_columns,
    enough_known,
    known_weights,
    read_values,
    read_vetoed,
)
from geo_ree.scoring.draws import check_draws, draw_weights, whole_number
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.raster_columns import add_raster_columns
from geo_ree.settings import SEED

_CELLS = 60_000
"""Numbers processed at once (0.5 MB): they stay in the processor cache, and the product is too small
for BLAS to start its threads, which made it four to twenty times slower."""

_MOST_HIGHEST = 25_000_000
"""Limit of the highest scores kept for each part and draw (200 MB)."""

_TIE = 1e-12
"""Relative difference below which two scores are equal: products of different shape round differently."""

Block = Callable[[slice, Floats], Floats]


def reweigh(
    table: pd.DataFrame,
    model: ScoreModel,
    *,
    draws: int = 1000,
    seed: int = SEED,
    concentration: float = 50.0,
    top: Sequence[int] = (1, 3, 5),
) -> pd.DataFrame:
    """Draw the weights alone, for tables too large for `uncertainty`.

    Distances stay as they are, unknown ones are left out as in `score`, and only the first ranks are
    counted. With fixed values ``v`` all draws of weights ``W`` are matrix products: ``v W`` for the
    weighted sum, ``exp(log(v) W)`` for the product, and for TOPSIS with its squared distances to
    ideal and anti-ideal (before weighting) ``D+^2 W^2`` and ``D-^2 W^2``. They are computed in parts
    that fit the cache, so memory does not grow with the number of draws.

    Parameters
    ----------
    table
        A row per deposit, with the columns of the model; all rows are ranked together.
    model
        The model to score by.
    draws, seed, concentration
        See `uncertainty`; the same seed draws the same weights there.
    top
        Numbers of first ranks to count.

    Returns
    -------
    pandas.DataFrame
        On the index of `table`: ``score_mean`` and ``score_sd`` (0..100), ``p_top<k>`` (share of
        the draws among the first k; equal scores share the better rank) and
        ``central_<criterion>`` (mean weight of the draws in which the deposit comes first, NaN
        when it never does). NaN for a deposit of which too little is known for a score.

    Raises
    ------
    ScoreError
        When an option is out of range, or a column of the model is missing or not numeric.

    References
    ----------
    TOPSIS: Hwang, C.-L. and Yoon, K. (1981), Multiple attribute decision making: methods and
    applications, Springer.

    Examples
    --------
    >>> from geo_ree.scoring import Criterion, Exponential
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
    >>> near_and_far = pd.DataFrame({"dist_railway_km": [50.0, 100.0]}, index=["near", "far"])
    >>> reweigh(near_and_far, model, draws=100, top=[1])[["score_mean", "p_top1"]]
          score_mean  p_top1
    near        50.0     1.0
    far         25.0     0.0
    """
    check_draws(draws, seed, concentration)
    ranks = sorted({whole_number("top", k, 1) for k in top})
    table = add_raster_columns(table, model)
    check_columns(table, model)
    active = model.shares > 0
    every, vetoed = read_values(table, model), read_vetoed(table, model)
    rows = np.flatnonzero(vetoed | enough_known(known_weights(every, model)[0], model))
    values = every[active]
    # The random stream of the weights in uncertainty(), so that both draw the same weights.
    stream = np.random.SeedSequence(seed).spawn(3)[0]
    weights = draw_weights(model, np.random.default_rng(stream), draws, concentration)
    block = _blocks_of(values[:, rows], vetoed[rows], model.aggregate)
    found = _statistics(block, len(rows), np.ascontiguousarray(weights[:, active].T), ranks)
    central = np.zeros((len(rows), len(active)))
    central[:, active] = found.central
    central[np.isnan(found.central).any(axis=1)] = np.nan
    columns = {"score_mean": 100.0 * found.mean, "score_sd": 100.0 * found.deviation}
    columns |= {f"p_top{k}": share for k, share in zip(ranks, found.shares, strict=True)}
    columns |= {f"central_{c.name}": central[:, j] for j, c in enumerate(model.criteria)}
    out = pd.DataFrame(np.nan, index=table.index, columns=list(columns))
    out.iloc[rows] = np.column_stack(list(columns.values()))
    return out


@dataclass(frozen=True, eq=False)
class _Statistics:
    mean: Floats
    deviation: Floats
    shares: Floats
    central: Floats


def _statistics(block: Block, rows: int, weights: Floats, ranks: list[int]) -> _Statistics:
    """Pass over the alternatives twice: for the limits of the first ranks, then for those within."""
    draws, most = weights.shape[1], max(ranks, default=1)
    mean, deviation = np.zeros(rows), np.zeros(rows)
    step = max(1, _CELLS // draws, -(-rows * draws // _MOST_HIGHEST))
    parts = [slice(i, min(i + step, rows)) for i in range(0, rows, step)]
    highest = np.empty((len(parts), draws))
    best = np.full((most, draws), -np.inf)  # rising; the first row is the limit
    for i, part in enumerate(parts):
        scores = block(part, weights)
        scores.max(axis=0, out=highest[i])
        better = np.flatnonzero(highest[i] > best[0])
        if better.size:
            both = np.concatenate([best[:, better], scores[:, better]])
            best[:, better] = np.sort(np.partition(both, -most, axis=0)[-most:], axis=0)
        scores.mean(axis=1, out=mean[part])
        scores -= mean[part, None]
        deviation[part] = np.sqrt(np.einsum("ij,ij->i", scores, scores) / draws)
    limits = np.stack([best[most - k] for k in (1, *ranks)])
    limits -= np.where(np.isinf(limits), 0.0, _TIE * np.abs(limits))
    times, central = np.zeros((1 + len(ranks), rows)), np.zeros((rows, len(weights)))
    lowest = limits.min(axis=0)
    for i, part in enumerate(parts):
        some = np.flatnonzero(highest[i] >= lowest)
        if some.size:
            scores = block(part, weights[:, some])
            for j, limit in enumerate(limits[:, some]):
                times[j, part] = (scores >= limit).sum(axis=1)
            central[part] = (scores >= limits[0, some]) @ weights[:, some].T
    first = times[0, :, None]
    central = np.where(first > 0, central / np.maximum(first, 1.0), np.nan)
    return _Statistics(mean, deviation, times[1:] / draws, central)


def _blocks_of(values: Floats, vetoed: NDArray[np.bool_], aggregate: str) -> Block:
    """A function of a slice of the alternatives and weights (criteria, draws) that gives scores, 0 to 1."""
    block = {"topsis": _topsis, "weighted_sum": _sum, "weighted_product": _product}[aggregate](
        values, vetoed
    )

    def with_vetoes(part: slice, weights: Floats) -> Floats:
        scores = block(part, weights)
        scores[vetoed[part]] = 0.0
        return scores

    return with_vetoes if vetoed.any() else block


def _topsis(values: Floats, vetoed: NDArray[np.bool_]) -> Block:
    both = [separations(value, ~vetoed) for value in values]
    to_best, to_worst = (np.stack([pair[i] ** 2 for pair in both], axis=1) for i in (0, 1))

    def block(part: slice, weights: Floats) -> Floats:
        squares = weights**2
        ratio = to_best[part] @ squares
        # d- / (d+ + d-) = 1 / (1 + d+ / d-) saves one division and one square root.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio /= to_worst[part] @ squares
        np.sqrt(ratio, out=ratio)
        ratio += 1.0
        np.reciprocal(ratio, out=ratio)
        if np.isnan(ratio.sum()):
            ratio[np.isnan(ratio)] = HALFWAY
        return ratio

    return block


def _sum(values: Floats, vetoed: NDArray[np.bool_]) -> Block:
    known = np.asarray(~np.isnan(values.T), dtype=np.bool_)
    filled = np.ascontiguousarray(np.nan_to_num(values.T))
    complete = np.asarray(known.all(axis=1), dtype=np.bool_)

    def block(part: slice, weights: Floats) -> Floats:
        scores = filled[part] @ weights
        _divide_by_known(scores, known[part], complete[part], weights)
        return scores

    return block


def _product(values: Floats, vetoed: NDArray[np.bool_]) -> Block:
    known = np.asarray(~np.isnan(values.T), dtype=np.bool_)
    complete = np.asarray(known.all(axis=1), dtype=np.bool_)
    zero = np.asarray(values.T == 0, dtype=np.bool_)
    logs = np.log(np.where(known & ~zero, values.T, 1.0))
    zeroed = np.asarray(zero.any(axis=1), dtype=np.bool_)

    def block(part: slice, weights: Floats) -> Floats:
        scores = logs[part] @ weights
        _divide_by_known(scores, known[part], complete[part], weights)
        np.exp(scores, out=scores)
        some = np.flatnonzero(zeroed[part])
        scores[some] *= zero[part][some] @ weights == 0
        return scores

    return block


def _divide_by_known(
    scores: Floats, known: NDArray[np.bool_], complete: NDArray[np.bool_], weights: Floats
) -> None:
    """Divide by the weight of the known values, in place."""
    some = np.flatnonzero(~complete)
    if some.size:
        total = known[some] @ weights
        scores[some] /= np.where(total > 0, total, 1.0)
