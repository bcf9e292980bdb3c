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
from geo_ree.scoring.contributions import criterion_values, read_column, read_compared, score
from geo_ree.scoring.decay import is_number
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.ranks import (
    SEED,
    blocks,
    central_weights,
    check_draws,
    draw_weights,
    rank_draws,
    rank_shares,
    summarize,
    tie_groups,
    whole_number,
)

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
    table: pd.DataFrame,
    model: ScoreModel,
    sample: Sampler | None,
    missing: Sampler | None,
    *,
    draws: int,
    seed: int,
    concentration: float,
) -> Iterator[tuple[slice, Drawn]]:
    """Draw in parts that fit into memory.

    Weights, distances, unknown values and missing lines have a random stream each, so that one
    of these doubts can be added without changing what the others draw.

    Parameters
    ----------
    table, model, sample, missing, draws, seed, concentration
        As `geo_ree.scoring.intervals` takes them.

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
    >>> from geo_ree.scoring.model import Criterion
    >>> from geo_ree.scoring.decay import Exponential
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
    columns: Mapping[str, Floats],
    model: ScoreModel,
    gap_rngs: Sequence[np.random.Generator],
    index: pd.Index,
    weights: Floats,
) -> Drawn:
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


_MOST_DRAWN = 250_000_000
"""Scores that are drawn at most: 12 bytes each, with their ranks."""

_STATISTICS = ("rank_p5", "rank_p95", "rank_median", "tie_group")
_SHARES = ("p_top3", "p_top5", "score_p5", "score_p95")


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
        took that rank. Rows add up to 1 unless cut at `widest`; NaN for deposits that take no
        part.
    central_weights
        Deposits by criteria: the mean of the weights drawn where the deposit came first, that
        is, what one has to believe to prefer it. NaN for those that never do.
    draws, seed, concentration, leads
        What it was made with.
    drawn
        All that was drawn, when it was to be kept: what `score_range` compares others with.
    """

    table: pd.DataFrame
    acceptability: pd.DataFrame
    central_weights: pd.DataFrame
    draws: int
    seed: int
    concentration: float
    leads: float
    drawn: Drawn | None = None


def uncertainty(
    table: pd.DataFrame,
    model: ScoreModel,
    sample: Sampler | None,
    *,
    missing: Sampler | None = None,
    groups: pd.Series | None = None,
    compared: pd.Series | None = None,
    draws: int = 1000,
    seed: int = SEED,
    concentration: float = 50.0,
    leads: float = 0.95,
    widest: int | None = None,
    keep: bool = False,
) -> Uncertainty:
    """Draw weights, distances, missing lines and unknown values jointly, and rank every draw.

    Weights come from a Dirichlet distribution whose mean is the model's weights; a criterion of
    weight 0 stays out. Distances come from `sample`; where `missing` draws something nearer that
    no source has, that holds. An unknown value is drawn evenly between 0
    and 1, each by itself: a gap widens the interval (and pulls it towards the middle, while the
    score of the table itself leaves the gap out: the two can part where most is unknown).
    Vetoes hold in each draw; under TOPSIS each draw is compared with itself, without what it
    rules out and without what is wholly unknown. Each kind of doubt has a random stream of its own, so that one of
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
    missing
        Draws the distance to the nearest line that no source has, infinity for none; None takes
        the sources for complete. An unknown distance stays unknown.
    groups
        On the index of `table`: ranks are within each group. A deposit without a group, or
        without any known criterion, takes no part. One group when left out.
    compared
        On the index of `table`: the rows among which TOPSIS finds its best and worst; all when
        left out. Other aggregates do not compare.
    draws
        How often.
    seed
        The same seed gives the same figures.
    concentration
        How closely the weights keep to the model's: a weight w varies with a standard deviation
        of ``sqrt(w (1 - w) / (concentration + 1))``. Infinity leaves them as they are.
    leads
        Share of the draws, above one half and up to 1, that tells two deposits apart.
    widest
        The last rank of the acceptability; all when left out. More than there are is all.
    keep
        Whether to give all that was drawn too.

    Returns
    -------
    Uncertainty

    Raises
    ------
    ScoreError
        When an option is out of range, `groups` or `compared` do not fit the table, a sample has
        the wrong shape or a negative distance, or the draws would take more than about 3 GB (for
        weights alone, `reweigh` has no such limit).

    References
    ----------
    Lahdelma, R., Hokkanen, J. and Salminen, P. (1998), SMAA - Stochastic multiobjective
    acceptability analysis, European Journal of Operational Research 106(1), 137-143; rank
    acceptability: Lahdelma, R. and Salminen, P. (2001), SMAA-2, Operations Research 49(3),
    444-454.

    Examples
    --------
    >>> from geo_ree.scoring.model import Criterion
    >>> from geo_ree.scoring.decay import Exponential
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
    >>> near_and_far = pd.DataFrame({"dist_railway_km": [5.0, 400.0]}, index=["near", "far"])
    >>> sure = uncertainty(near_and_far, model, None, draws=100)
    >>> sure.table["tie_group"].tolist(), sure.acceptability.loc["far"].tolist()
    ([1, 2], [0.0, 1.0])
    """
    check_draws(draws, seed, concentration)
    if not is_number(leads) or not 0.5 < leads <= 1:
        raise ScoreError(f"leads is {leads!r}", "give a share above 0.5 and up to 1")
    points = score(table, model, compared=compared)["score"]
    members = _members(points, groups)
    most = max((len(m) for m in members), default=0)
    widest = most if widest is None else min(whole_number("widest", widest, 1), most)
    _check_room(len(table), draws * (len(model.criteria) if keep else 1), widest)
    among = read_compared(compared, table) & points.notna().to_numpy()
    parts = draw_parts(
        table, model, sample, missing, draws=draws, seed=seed, concentration=concentration
    )
    drawn, weights, kept = _scored(parts, model, among, (draws, len(table)), keep=keep)
    acceptability = np.full((len(table), widest), np.nan)
    central = np.full((len(table), len(model.criteria)), np.nan)
    columns = {name: np.full(len(table), np.nan) for name in (*_STATISTICS, *_SHARES)}
    for rows in members:
        ranks = rank_draws(drawn[:, rows])
        for part in blocks(len(rows), draws):
            some = rows[part]
            acceptability[some] = rank_shares(ranks[:, part], widest)
            central[some] = central_weights(ranks[:, part] == 1, weights)
            for name, values in summarize(ranks[:, part], drawn[:, some]).items():
                columns[name][some] = values
        columns["tie_group"][rows] = tie_groups(drawn[:, rows], points.to_numpy()[rows], leads)
    return Uncertainty(
        table=pd.DataFrame(columns, index=table.index).astype(dict.fromkeys(_STATISTICS, "Int64")),
        acceptability=pd.DataFrame(
            acceptability, index=table.index, columns=pd.RangeIndex(1, widest + 1, name="rank")
        ),
        central_weights=pd.DataFrame(
            central, index=table.index, columns=[c.name for c in model.criteria]
        ),
        draws=draws,
        seed=seed,
        concentration=float(concentration),
        leads=float(leads),
        drawn=_joined(kept) if keep else None,
    )


def _scored(
    parts: Iterator[tuple[slice, Drawn]],
    model: ScoreModel,
    among: NDArray[np.bool_],
    shape: tuple[int, int],
    *,
    keep: bool,
) -> tuple[Floats, Floats, list[Drawn]]:
    """Scores (draws, deposits) and weights (draws, criteria) of all parts, and they themselves."""
    scores, weights = np.empty(shape), np.empty((shape[0], len(model.criteria)))
    kept = []
    for part, drawn in parts:
        scores[part], weights[part] = drawn.scores(model, among), drawn.weights
        kept += [drawn] if keep else []
    return scores, weights, kept


def _joined(parts: list[Drawn]) -> Drawn:
    return Drawn(
        np.concatenate([p.values for p in parts], axis=1),
        np.concatenate([p.struck for p in parts]),
        np.concatenate([p.weights for p in parts]),
    )


def _check_room(rows: int, figures: int, widest: int) -> None:
    if rows * figures > _MOST_DRAWN:
        raise ScoreError(
            f"{figures:,} draws of {rows:,} deposits do not fit into memory, expected at most "
            f"{_MOST_DRAWN:,} scores",
            "draw less often, or draw the weights alone with reweigh()",
        )
    if rows * widest > _MOST_DRAWN:
        raise ScoreError(
            f"the acceptability of {rows:,} deposits on {widest:,} ranks does not fit into memory",
            "give widest, the last rank that you look at",
        )


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
