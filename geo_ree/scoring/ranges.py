"""The range of scores of a deposit whose place is not known exactly."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring.contributions import (
    check_columns,
    enough_known,
    known_weights,
    read_compared,
    read_values,
    read_vetoed,
)
from geo_ree.scoring.draws import Drawn, Sampler, draw_values, whole_number
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.notebook import html_table
from geo_ree.settings import SEED


@dataclass(frozen=True, repr=False)
class ScoreRange:
    """Scores and ranks of a deposit over all the places where it may be.

    Parameters
    ----------
    score_worst, score_median, score_best
        0..100, over the places.
    rank_best, rank_worst
        Among the others and itself, 1 for the best; equal scores share the better rank.
    p_lead
        Share of the draws in which it comes first.
    """

    score_worst: float
    score_median: float
    score_best: float
    rank_best: int
    rank_worst: int
    p_lead: float

    def __repr__(self) -> str:
        return (
            f"<ScoreRange: score {self.score_worst:.1f} to {self.score_best:.1f}, "
            f"rank {self.rank_best} to {self.rank_worst}>"
        )

    def _repr_html_(self) -> str:
        return html_table(pd.DataFrame([asdict(self)]))


def score_range(
    places: pd.DataFrame,
    others: pd.DataFrame,
    model: ScoreModel,
    *,
    drawn: Drawn,
    sample: Sampler,
    compared: pd.Series | None = None,
    compared_too: bool = True,
    seed: int = SEED,
) -> ScoreRange | None:
    """Score a deposit at all the places where it may be, among deposits with a known place.

    Best and worst are those of the given places: more places come closer to the extremes of the
    area. The chance to lead is counted in the joint draws of the others, with the same weights and
    the deposit at a random place.

    Parameters
    ----------
    places
        A row per place, with the columns of the model.
    others
        The deposits to rank among, with the columns of the model; may be empty.
    model
        The model to score by.
    drawn
        The draws of the others, `Uncertainty.drawn`.
    sample
        Draws the distances of the deposit: column -> shape (draws, 1), all columns of the model.
    compared
        On the index of `others`: the rows that TOPSIS compares.
    compared_too
        Whether TOPSIS compares the deposit itself.
    seed
        The same seed gives the same figures.

    Returns
    -------
    ScoreRange or None
        None when nothing is known of any place.

    Raises
    ------
    ScoreError
        When a column is missing, or the draws are of other deposits.

    Examples
    --------
    >>> from geo_ree.scoring import Criterion, Exponential, uncertainty
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
    >>> others = pd.DataFrame({"dist_railway_km": [50.0]})
    >>> places = pd.DataFrame({"dist_railway_km": [0.0, 100.0]})
    >>> drawn = uncertainty(others, model, None, draws=200, keep_draws=True).drawn
    >>> def anywhere(rng, draws):
    ...     return {"dist_railway_km": rng.choice([0.0, 100.0], (draws, 1))}
    >>> score_range(places, others, model, drawn=drawn, sample=anywhere)
    <ScoreRange: score 25.0 to 100.0, rank 1 to 2>
    """
    for table in (places, others):
        check_columns(table, model)
    if drawn.vetoed.shape[1] != len(others):
        raise ScoreError(
            f"{drawn.vetoed.shape[1]} deposits were drawn for {len(others)} others",
            "give Uncertainty.drawn of uncertainty(..., keep_draws=True) for the same table",
        )
    among = np.append(read_compared(compared, others), compared_too)
    everywhere = _everywhere(places, others, model)
    scores = everywhere.scores(model, among)
    known = enough_known(known_weights(read_values(places, model), model)[0], model)
    own = np.where(known | read_vetoed(places, model), scores[:, -1], np.nan)
    sure = ~np.isnan(own)
    if not sure.any():
        return None
    ranks = 1 + (scores[sure, :-1] > own[sure, None]).sum(axis=1)
    return ScoreRange(
        score_worst=float(own[sure].min()),
        score_median=float(np.median(own[sure])),
        score_best=float(own[sure].max()),
        rank_best=int(ranks.min()),
        rank_worst=int(ranks.max()),
        p_lead=_chance(model, drawn, sample, among, whole_number("seed", seed, 0)),
    )


def _everywhere(places: pd.DataFrame, others: pd.DataFrame, model: ScoreModel) -> Drawn:
    """The others as they are and the deposit at each place: one "draw" per place, weights fixed."""
    active, n = model.shares > 0, len(places)

    def repeated(table: Floats) -> Floats:
        return np.broadcast_to(table[:, None, :], (len(table), n, table.shape[1]))

    values = np.concatenate(
        [
            repeated(read_values(others, model)[active]),
            read_values(places, model)[active][:, :, None],
        ],
        axis=2,
    )
    vetoed = np.concatenate(
        [
            np.broadcast_to(read_vetoed(others, model), (n, len(others))),
            read_vetoed(places, model)[:, None],
        ],
        axis=1,
    )
    return Drawn(values, vetoed, np.broadcast_to(model.shares, (n, len(active))))


def _chance(
    model: ScoreModel, drawn: Drawn, sample: Sampler, among: np.ndarray, seed: int
) -> float:
    """Share of the joint draws in which the deposit, at a random place, comes first."""
    draws = len(drawn.weights)
    distance_seed, gap_seed = np.random.SeedSequence(seed).spawn(2)
    columns = dict(sample(np.random.default_rng(distance_seed), draws))
    gap_rngs = [np.random.default_rng(s) for s in gap_seed.spawn(len(model.criteria))]
    own = draw_values(columns, model, gap_rngs, pd.RangeIndex(1), drawn.weights)
    scores = drawn.append(own).scores(model, among)
    return float((scores[:, -1] >= scores[:, :-1].max(axis=1, initial=-1.0)).mean())
