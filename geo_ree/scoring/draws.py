"""Joint draws of all that is in doubt: weights, distances, missing lines and unknown values."""

from __future__ import annotations

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
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.ranks import blocks
from geo_ree.scoring.weights import draw_weights

Bools = NDArray[np.bool_]


class Sampler(Protocol):
    """Draws kilometres for every deposit.

    Called as ``sample(rng, draws)``, perhaps several times with a part of the draws each; gives
    column -> distances in the column's unit, of shape (draws, deposits). Columns it leaves out stay as they are.
    """

    def __call__(self, rng: np.random.Generator, draws: int, /) -> Mapping[str, Floats]:
        """Draw the kilometres ``draws`` times."""
        ...


@dataclass(frozen=True, eq=False)
class Drawn:
    """What was drawn, some or all of the draws.

    Parameters
    ----------
    values
        Values of the criteria that have a weight, 0 to 1, unknown ones drawn; shape (criteria
        with a weight, draws, deposits).
    struck
        Whether a veto rules the deposit out, shape (draws, deposits).
    weights
        Adding up to 1, shape (draws, criteria).
    """

    values: Floats
    struck: Bools
    weights: Floats

    def of(self, rows: NDArray[np.intp]) -> Drawn:
        """The same of some deposits."""
        return Drawn(self.values[:, :, rows], self.struck[:, rows], self.weights)

    def beside(self, other: Drawn) -> Drawn:
        """The same draws of these deposits and then those of another, under these weights."""
        return Drawn(
            np.concatenate([self.values, other.values], axis=2),
            np.concatenate([self.struck, other.struck], axis=1),
            self.weights,
        )

    def scores(self, model: ScoreModel, compared: Bools) -> Floats:
        """Scores, 0 to 100, shape (draws, deposits).

        Parameters
        ----------
        model
            What they were drawn for.
        compared
            Which deposits TOPSIS compares, shape (deposits,); those that are struck are not.
        """
        weights = self.weights[:, model.shares > 0].T
        total = METHODS[model.aggregate](self.values, weights, compared & ~self.struck)
        return np.where(self.struck, 0.0, np.minimum(100.0 * total, 100.0))


def draw_parts(
    table: pd.DataFrame, model: ScoreModel, sample: Sampler | None, missing: Sampler | None, *,
    draws: int, seed: int, concentration: float,
) -> Iterator[tuple[slice, Drawn]]:  # fmt: skip
    """Draw in parts that fit into memory.

    Weights, distances, unknown values and missing lines have a random stream each, so that one
    of these doubts can be added without changing what the others draw.

    Parameters
    ----------
    table, model, sample, missing, draws, seed, concentration
        As `geo_ree.scoring.uncertainty` takes them.

    Yields
    ------
    part : slice
        Which of the draws.
    drawn : Drawn

    Raises
    ------
    ScoreError
        When a sample has the wrong shape or a negative distance.

    Examples
    --------
    >>> from geo_ree.scoring import Criterion, Exponential
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
    >>> table = pd.DataFrame({"dist_railway_km": [50.0, 100.0]})
    >>> for part, drawn in draw_parts(table, model, None, None, draws=2, seed=1, concentration=50.0):
    ...     drawn.scores(model, np.array([True, True])).tolist()
    [[50.0, 25.0], [50.0, 25.0]]
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
        for name, km in _sampled(missing, missing_rng, shape, model).items():
            columns[name] = np.minimum(columns[name], km)  # unknown stays unknown
        # A stream for each criterion and part, taken whether or not there are gaps.
        gap_rngs = [np.random.default_rng(s) for s in gap_seed.spawn(len(model.criteria))]
        yield part, valued(columns, model, gap_rngs, table.index, weights[part])


def valued(
    columns: Mapping[str, Floats], model: ScoreModel, gap_rngs: Sequence[np.random.Generator],
    index: pd.Index, weights: Floats,
) -> Drawn:  # fmt: skip
    """Turn drawn kilometres into values, and draw those that are unknown.

    Parameters
    ----------
    columns
        Column of the model -> kilometres, shape (draws, deposits).
    model
        What is scored by.
    gap_rngs
        For each criterion, where the unknown values come from.
    index
        Labels of the deposits, for errors.
    weights
        Shape (draws, criteria).

    Returns
    -------
    Drawn

    Raises
    ------
    ScoreError
        When a distance is negative.
    """
    values = []
    for criterion, rng in zip(model.criteria, gap_rngs, strict=True):
        if criterion.weight == 0:
            continue
        value = criterion_values(criterion, columns[criterion.column], model, index)
        gaps = np.isnan(value)
        values.append(np.where(gaps, rng.random(value.shape), value) if gaps.any() else value)
    struck = np.zeros((len(weights), len(index)), dtype=np.bool_)
    for veto in model.vetoes:
        struck |= veto.strikes(columns[veto.column])
    return Drawn(np.stack(values), struck, weights)


def _sampled(
    sample: Sampler | None, rng: np.random.Generator, shape: tuple[int, int], model: ScoreModel
) -> dict[str, Floats]:
    out: dict[str, Floats] = {}
    if sample is None:
        return out
    for column, values in sample(rng, shape[0]).items():
        if column in model.columns:
            out[column] = np.asarray(values, dtype=np.float64)
            if out[column].shape != shape:
                raise ScoreError(
                    f"the sample of {column} has the shape {out[column].shape}, expected {shape}",
                    "give kilometres as (draws, deposits)",
                )
    return out
