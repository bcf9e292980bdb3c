"""Rank intervals: how far the doubt about weights, places and gaps can move a ranking."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring.contributions import criterion_values, read_column, score
from geo_ree.scoring.decay import is_number
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.ranks import blocks, rank_draws, rank_shares, summarize, tie_groups

SEED = 20240607
"""Seed of the draws unless another is given."""

_STATISTICS = ("rank_p5", "rank_p95", "rank_median", "tie_group")
_SHARES = ("p_top3", "p_top5", "score_p5", "score_p95")


class Sampler(Protocol):
    """Draws the distances of every deposit: positions and geometry errors, measured again.

    Called as ``sample(rng, draws)``, perhaps several times with a part of the draws each; gives
    column -> kilometres of shape (draws, deposits). Columns it leaves out stay as they are.
    """

    def __call__(self, rng: np.random.Generator, draws: int, /) -> Mapping[str, Floats]:
        """Draw the distances ``draws`` times."""
        ...


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """How sure a ranking is.

    Parameters
    ----------
    table
        On the index of the deposits: ``rank_p5``, ``rank_p95``, ``rank_median`` (whole ranks that
        were drawn), ``p_top3``, ``p_top5`` (0..1), ``score_p5``, ``score_p95`` (0..100) and
        ``tie_group`` (1 for the leaders). Empty for deposits that take no part.
    acceptability
        Rank acceptability index: deposits by ranks, the share of the draws in which a deposit
        took that rank. Rows add up to 1; NaN for deposits that take no part.
    draws, seed, concentration, leads
        What it was made with.
    """

    table: pd.DataFrame
    acceptability: pd.DataFrame
    draws: int
    seed: int
    concentration: float
    leads: float


def uncertainty(
    table: pd.DataFrame,
    model: ScoreModel,
    sample: Sampler | None,
    *,
    groups: pd.Series | None = None,
    draws: int = 1000,
    seed: int = SEED,
    concentration: float = 50.0,
    leads: float = 0.95,
) -> Uncertainty:
    """Draw weights, distances and unknown values jointly, and rank every draw.

    Weights come from a Dirichlet distribution whose mean is the model's weights; a criterion of
    weight 0 stays out. Distances come from `sample`. An unknown value is drawn evenly between 0
    and 1, each by itself: a gap widens the interval (and pulls it towards the middle, while the
    score of the table itself leaves the gap out: the two can part where most is unknown).
    Vetoes hold in each draw. Each kind of doubt has a random stream of its own, so that one of
    them can be added without changing what the others draw.

    Rank 1 is the best. Equal scores share the better rank. A tie group is what the doubt cannot
    tell apart from its leader: down the ranking by score (equal scores in the order of the
    table), a new group starts at the first deposit that the leader of the group beats in at
    least `leads` of the draws.

    Parameters
    ----------
    table
        A row per deposit, with the columns of the model.
    model
        What is scored by, its set of weights chosen.
    sample
        Draws distances; None keeps those of the table.
    groups
        On the index of `table`: ranks are within each group. A deposit without a group, or
        without any known criterion, takes no part. One group when left out.
    draws
        How often.
    seed
        The same seed gives the same figures.
    concentration
        How closely the weights keep to the model's: a weight w varies with a standard deviation
        of ``sqrt(w (1 - w) / (concentration + 1))``. Infinity leaves them as they are.
    leads
        Share of the draws, above one half and up to 1, that tells two deposits apart.

    Returns
    -------
    Uncertainty

    Raises
    ------
    ScoreError
        When an option is out of range, the groups do not fit the table, or the sample has the
        wrong shape or a negative distance.

    References
    ----------
    Lahdelma, R., Hokkanen, J. and Salminen, P. (1998), SMAA - Stochastic multiobjective
    acceptability analysis, European Journal of Operational Research 106(1), 137-143.

    Examples
    --------
    >>> from geo_ree.scoring import Criterion, Exponential
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
    >>> near_and_far = pd.DataFrame({"dist_railway_km": [5.0, 400.0]}, index=["near", "far"])
    >>> sure = uncertainty(near_and_far, model, None, draws=100)
    >>> sure.table["tie_group"].tolist(), sure.acceptability.loc["far"].tolist()
    ([1, 2], [0.0, 1.0])
    """
    _check_options(draws, seed, concentration, leads)
    points = score(table, model)["score"]
    members = _members(points, groups)
    drawn = _draw_scores(table, model, sample, draws=draws, seed=seed, concentration=concentration)
    widest = max((len(m) for m in members), default=0)
    acceptability = np.full((len(table), widest), np.nan)
    columns = {name: np.full(len(table), np.nan) for name in (*_STATISTICS, *_SHARES)}
    for rows in members:
        ranks = rank_draws(drawn[:, rows])
        for part in blocks(len(rows), draws):
            some = rows[part]
            acceptability[some] = rank_shares(ranks[:, part], widest)
            for name, values in summarize(ranks[:, part], drawn[:, some]).items():
                columns[name][some] = values
        columns["tie_group"][rows] = tie_groups(drawn[:, rows], points.to_numpy()[rows], leads)
    out = pd.DataFrame(columns, index=table.index)
    return Uncertainty(
        table=out.astype(dict.fromkeys(_STATISTICS, "Int64")),
        acceptability=pd.DataFrame(
            acceptability, index=table.index, columns=pd.RangeIndex(1, widest + 1, name="rank")
        ),
        draws=draws, seed=seed, concentration=float(concentration), leads=float(leads),
    )  # fmt: skip


def _check_options(draws: int, seed: int, concentration: float, leads: float) -> None:
    for name, value, low in (("draws", draws, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
            raise ScoreError(f"{name} is {value!r}", f"give a whole number from {low} up")
    if concentration != math.inf and not (is_number(concentration) and concentration > 0):
        raise ScoreError(f"concentration is {concentration!r}", "give a number above 0")
    if not is_number(leads) or not 0.5 < leads <= 1:
        raise ScoreError(f"leads is {leads!r}", "give a share above 0.5 and up to 1")


def _members(points: pd.Series, groups: pd.Series | None) -> list[NDArray[np.intp]]:
    """Row numbers of each group, without the deposits that take no part."""
    takes_part = points.notna().to_numpy()
    if groups is None:
        found = [np.flatnonzero(takes_part)]
    else:
        if not groups.index.equals(points.index):
            raise ScoreError(
                f"groups has {len(groups)} rows on an index that is not the table's "
                f"({len(points)} rows)",
                "give a column of the same table",
            )
        codes, names = pd.factorize(groups)
        found = [np.flatnonzero(takes_part & (codes == i)) for i in range(len(names))]
    return [rows for rows in found if rows.size]


def _draw_scores(
    table: pd.DataFrame, model: ScoreModel, sample: Sampler | None, *,
    draws: int, seed: int, concentration: float,
) -> Floats:  # fmt: skip
    """Scores (0..100) of every draw and deposit: shape (draws, deposits)."""
    weight_seed, distance_seed, gap_seed = np.random.SeedSequence(seed).spawn(3)
    weights = _draw_weights(model, np.random.default_rng(weight_seed), draws, concentration)
    distance_rng = np.random.default_rng(distance_seed)
    fixed = {c: read_column(table, c, model) for c in model.columns}
    out = np.empty((draws, len(table)))
    for part in blocks(draws, len(table)):
        shape = (part.stop - part.start, len(table))
        drawn = _distances(sample, distance_rng, shape, model) if sample else {}
        columns = {c: drawn.get(c, np.broadcast_to(v, shape)) for c, v in fixed.items()}
        # A stream for each criterion and part, taken whether or not there are gaps.
        gap_rngs = [np.random.default_rng(s) for s in gap_seed.spawn(len(model.criteria))]
        out[part] = _score_part(columns, model, weights[part], gap_rngs, table.index)
    return out


def _score_part(
    columns: Mapping[str, Floats], model: ScoreModel, weights: Floats,
    gap_rngs: list[np.random.Generator], index: pd.Index,
) -> Floats:  # fmt: skip
    total = np.zeros((len(weights), len(index)))
    for j, criterion in enumerate(model.criteria):
        if criterion.weight == 0:
            continue
        value = criterion_values(criterion, columns[criterion.column], model, index)
        gaps = np.isnan(value)
        if gaps.any():
            value = np.where(gaps, gap_rngs[j].random(value.shape), value)
        total += weights[:, j, None] * value
    for veto in model.vetoes:
        total[veto.strikes(columns[veto.column])] = 0.0
    return np.minimum(100.0 * total, 100.0)


def _draw_weights(
    model: ScoreModel, rng: np.random.Generator, draws: int, concentration: float
) -> Floats:
    shares = model.shares
    out = np.zeros((draws, len(shares)))
    positive = shares > 0
    if concentration == math.inf:
        out[:] = shares
    else:
        out[:, positive] = rng.dirichlet(concentration * shares[positive], size=draws)
    return out


def _distances(
    sample: Sampler, rng: np.random.Generator, shape: tuple[int, int], model: ScoreModel
) -> dict[str, Floats]:
    out = {}
    for column, values in sample(rng, shape[0]).items():
        if column in model.columns:
            out[column] = np.asarray(values, dtype=np.float64)
            if out[column].shape != shape:
                raise ScoreError(
                    f"the sample of {column} has the shape {out[column].shape}, expected {shape}",
                    "give kilometres as (draws, deposits)",
                )
    return out
