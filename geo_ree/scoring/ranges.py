"""The range of scores of a deposit that may be in many places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring.contributions import check_columns, read_compared, read_values, read_vetoed
from geo_ree.scoring.intervals import Drawn, Sampler, valued
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.ranks import SEED, whole_number


@dataclass(frozen=True)
class ScoreRange:
    """What a deposit may score, and where it may rank, in all the places where it may be.

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


def score_range(
    places: pd.DataFrame,
    others: pd.DataFrame,
    model: ScoreModel,
    *,
    drawn: Drawn,
    sample: Sampler,
    compared: pd.Series | None = None,
    joins: bool = True,
    seed: int = SEED,
) -> ScoreRange | None:
    """Score a deposit in all the places where it may be, beside others that have their place.

    Best and worst are those of the places given: the more there are, the nearer they come to
    those of the whole area. The chance to lead is counted in the joint draws of the others: with
    the same weights, and the deposit at a place drawn by lot.

    Parameters
    ----------
    places
        A row per place, with the columns of the model.
    others
        The deposits it is ranked among, with the columns of the model; may be empty.
    model
        What is scored by, its set of weights chosen.
    drawn
        All that was drawn for the others, see `Uncertainty`.
    sample
        Draws the kilometres of the deposit: column -> shape (draws, 1), all columns of the model.
    compared
        On the index of `others`: the rows among which TOPSIS finds its best and worst.
    joins
        Whether TOPSIS compares the deposit too, or only holds it against the others.
    seed
        The same seed gives the same figures.

    Returns
    -------
    ScoreRange or None
        None when nothing is known of any place.

    Raises
    ------
    ScoreError
        When a column is missing, or what was drawn is of other deposits.

    Examples
    --------
    >>> from geo_ree.scoring.model import Criterion
    >>> from geo_ree.scoring.decay import Exponential
    >>> from geo_ree.scoring.intervals import uncertainty
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
    >>> others = pd.DataFrame({"dist_railway_km": [50.0]})
    >>> places = pd.DataFrame({"dist_railway_km": [0.0, 100.0]})
    >>> drawn = uncertainty(others, model, None, draws=200, keep=True).drawn
    >>> def anywhere(rng, draws):
    ...     return {"dist_railway_km": rng.choice([0.0, 100.0], (draws, 1))}
    >>> found = score_range(places, others, model, drawn=drawn, sample=anywhere)
    >>> found.score_worst, found.score_best, found.rank_best, found.rank_worst, found.p_lead > 0.4
    (25.0, 100.0, 1, 2, True)
    """
    for table in (places, others):
        check_columns(table, model)
    if drawn.struck.shape[1] != len(others):
        raise ScoreError(
            f"{drawn.struck.shape[1]} deposits were drawn for {len(others)} others",
            "give what uncertainty(..., keep=True) drew for the same table",
        )
    among = np.append(read_compared(compared, others), joins)
    beside = _everywhere(places, others, model)
    scores = beside.scores(model, among)
    own = np.where(_known(places, model), scores[:, -1], np.nan)
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


def _known(places: pd.DataFrame, model: ScoreModel) -> np.ndarray:
    known = ~np.isnan(read_values(places, model)[model.shares > 0]).all(axis=0)
    return known | read_vetoed(places, model)


def _everywhere(places: pd.DataFrame, others: pd.DataFrame, model: ScoreModel) -> Drawn:
    """The others as they are, and the deposit in each place: a "draw" a place, weights fixed."""
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
    struck = np.concatenate(
        [
            np.broadcast_to(read_vetoed(others, model), (n, len(others))),
            read_vetoed(places, model)[:, None],
        ],
        axis=1,
    )
    return Drawn(values, struck, np.broadcast_to(model.shares, (n, len(active))))


def _chance(
    model: ScoreModel, drawn: Drawn, sample: Sampler, among: np.ndarray, seed: int
) -> float:
    draws = len(drawn.weights)
    distance_seed, gap_seed = np.random.SeedSequence(seed).spawn(2)
    columns = dict(sample(np.random.default_rng(distance_seed), draws))
    gap_rngs = [np.random.default_rng(s) for s in gap_seed.spawn(len(model.criteria))]
    own = valued(columns, model, gap_rngs, pd.RangeIndex(1), drawn.weights)
    scores = drawn.beside(own).scores(model, among)
    return float((scores[:, -1] >= scores[:, :-1].max(axis=1, initial=-1.0)).mean())
