"""Joint random draws of weights, distances, missing lines and unknown values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring.aggregates import METHODS
from geo_ree.scoring.contributions import criterion_values, read_column
from geo_ree.scoring.decay import is_number
from geo_ree.scoring.model import ScoreModel

_CELLS = 2_000_000
"""Numbers processed at once (16 MB): bounds the memory."""


class Sampler(Protocol):
    """A function that draws the distances of every deposit.

    It is called as ``sample(rng, draws)``, possibly several times with a part of the draws each,
    and returns column -> distances in the unit of the column, of shape (draws, deposits). Columns
    it leaves out keep the distances of the table.
    """

    def __call__(self, rng: np.random.Generator, draws: int, /) -> Mapping[str, Floats]:
        """Draw the distances ``draws`` times."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class Drawn:
    """Drawn values and weights, for some or all of the draws.

    Parameters
    ----------
    values
        Values (0 to 1) of the criteria that have a weight, shape (weighted criteria, draws,
        deposits). Unknown values are filled with random ones.
    vetoed
        Whether a veto excludes the deposit, shape (draws, deposits).
    weights
        Adding up to 1, shape (draws, criteria).
    """

    values: Floats
    vetoed: NDArray[np.bool_]
    weights: Floats

    def __repr__(self) -> str:
        draws, deposits = self.vetoed.shape
        return f"<Drawn: {draws:,} draws of {deposits:,} deposits>"

    def select(self, rows: NDArray[np.intp]) -> Drawn:
        """The same draws for some of the deposits."""
        return Drawn(self.values[:, :, rows], self.vetoed[:, rows], self.weights)

    def append(self, other: Drawn) -> Drawn:
        """The deposits of `other` after these, under the weights of these."""
        return Drawn(
            np.concatenate([self.values, other.values], axis=2),
            np.concatenate([self.vetoed, other.vetoed], axis=1),
            self.weights,
        )

    def scores(self, model: ScoreModel, compared: NDArray[np.bool_]) -> Floats:
        """Scores from 0 to 100, shape (draws, deposits).

        TOPSIS compares the deposits of the mask `compared`, without the vetoed ones.
        """
        weights = self.weights[:, model.shares > 0].T
        total = METHODS[model.aggregate](self.values, weights, compared & ~self.vetoed)
        return np.where(self.vetoed, 0.0, np.minimum(100.0 * total, 100.0))


def draw_parts(
    table: pd.DataFrame,
    model: ScoreModel,
    sample: Sampler | None,
    missing: Sampler | None,
    *,
    draws: int,
    seed: int,
    concentration: float,
) -> Iterator[tuple[slice, Drawn]]:
    """Yield the draws in parts that fit into memory, each with its slice of all draws.

    The arguments are those of `uncertainty`. Weights, distances, unknown values and missing lines
    have a random stream each, so that adding one does not change what the others draw.
    """
    weight_seed, distance_seed, gap_seed, missing_seed = np.random.SeedSequence(seed).spawn(4)
    weights = draw_weights(model, np.random.default_rng(weight_seed), draws, concentration)
    distance_rng = np.random.default_rng(distance_seed)
    missing_rng = np.random.default_rng(missing_seed)
    fixed = {c: read_column(table, c, model) for c in model.columns}
    for part in blocks(draws, len(table)):
        shape = (part.stop - part.start, len(table))
        columns = {c: np.broadcast_to(v, shape) for c, v in fixed.items()}
        columns |= _sampled(sample, distance_rng, shape, model)
        for name, distance in _sampled(missing, missing_rng, shape, model).items():
            columns[name] = np.minimum(columns[name], distance)  # unknown stays unknown
        # One stream per criterion and part, spawned whether or not there are gaps.
        gap_rngs = [np.random.default_rng(s) for s in gap_seed.spawn(len(model.criteria))]
        yield part, draw_values(columns, model, gap_rngs, table.index, weights[part])


def draw_values(
    columns: Mapping[str, Floats],
    model: ScoreModel,
    gap_rngs: Sequence[np.random.Generator],
    index: pd.Index,
    weights: Floats,
) -> Drawn:
    """Turn drawn distances (column -> shape (draws, deposits)) into values; fill unknown ones.

    `gap_rngs` holds a generator for each criterion; `index` names the deposits in errors.
    """
    values = []
    for criterion, rng in zip(model.criteria, gap_rngs, strict=True):
        if criterion.weight == 0:
            continue
        value = criterion_values(criterion, columns[criterion.column], model, index)
        gaps = np.isnan(value)
        values.append(np.where(gaps, rng.random(value.shape), value) if gaps.any() else value)
    vetoed = np.zeros((len(weights), len(index)), dtype=np.bool_)
    for veto in model.vetoes:
        vetoed |= veto.applies(columns[veto.column])
    return Drawn(np.stack(values), vetoed, weights)


def _sampled(
    sample: Sampler | None, rng: np.random.Generator, shape: tuple[int, int], model: ScoreModel
) -> dict[str, Floats]:
    out: dict[str, Floats] = {}
    for column, values in (sample(rng, shape[0]) if sample else {}).items():
        if column in model.columns:
            out[column] = np.asarray(values, dtype=np.float64)
            if out[column].shape != shape:
                raise ScoreError(
                    f"the sample of {column} has the shape {out[column].shape}, expected {shape}",
                    "return distances of shape (draws, deposits)",
                )
    return out


def draw_weights(
    model: ScoreModel, rng: np.random.Generator, draws: int, concentration: float
) -> Floats:
    """Draw weights, shape (draws, criteria), from a Dirichlet distribution around the model's.

    A criterion of weight 0 keeps it; an infinite concentration repeats the weights of the model.
    """
    shares = model.shares
    out = np.zeros((draws, len(shares)))
    positive = shares > 0
    if concentration == math.inf:
        out[:] = shares
    else:
        out[:, positive] = rng.dirichlet(concentration * shares[positive], size=draws)
    return out


def blocks(length: int, width: int) -> Iterator[slice]:
    """Cut `length` items of `width` numbers each into slices of bounded memory."""
    step = max(1, _CELLS // max(width, 1))
    for start in range(0, length, step):
        yield slice(start, min(start + step, length))


def check_draws(draws: int, seed: int, concentration: float) -> None:
    """Raise a ScoreError for a number of draws, seed or concentration that is out of range."""
    whole_number("draws", draws, 1)
    whole_number("seed", seed, 0)
    if concentration != math.inf and not (is_number(concentration) and concentration > 0):
        raise ScoreError(f"concentration is {concentration!r}", "give a number above 0")


def whole_number(name: str, value: object, low: int) -> int:
    """Return `value` as an integer of at least `low`, or raise a ScoreError that calls it `name`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise ScoreError(f"{name} is {value!r}", f"give a whole number from {low} up")
    return int(value)
