"""Uncertainty of a ranking: rank intervals, chances of order and rank acceptability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.errors import ScoreError
from geo_ree.scoring.contributions import read_compared, score
from geo_ree.scoring.decay import is_number
from geo_ree.scoring.draws import Drawn, Sampler, blocks, check_draws, draw_parts, whole_number
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.notebook import html_table
from geo_ree.scoring.pairwise import compare_pairs
from geo_ree.scoring.ranks import (
    central_weights,
    rank_draws,
    rank_interval,
    rank_shares,
    summarize,
)
from geo_ree.scoring.raster_columns import add_raster_columns
from geo_ree.settings import SEED

_MOST_DRAWN = 250_000_000
"""Limit of scores in memory: 12 bytes each, with their ranks."""

_RANKS = ("rank_p5", "rank_p95", "rank_median")
_IN_STAGE = ("rank_in_stage_p5", "rank_in_stage_p95")
_NO_PAIRS = pd.DataFrame({"a": [], "b": [], "p_a_above_b": []})
_SHARES = ("p_top3", "p_top5", "score_p5", "score_p95")


@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty:
    """Rank and score intervals of deposits.

    Parameters
    ----------
    table
        On the index of the deposits: ``rank_p5``, ``rank_p95``, ``rank_median`` (whole ranks that
        were drawn), ``p_top3``, ``p_top5`` (0..1), ``score_p5``, ``score_p95`` (0..100) and
        ``not_separable_from`` (labels of the deposits of its group that it cannot be told apart
        from, joined by ``;``, blank for none); with stages also ``rank_in_stage_p5`` and
        ``rank_in_stage_p95``. Missing for deposits that are not ranked.
    pairwise
        A row for each pair of ranked deposits of a group: ``a`` (the better ranked), ``b`` and
        ``p_a_above_b``, the share of the draws in which a has the higher score; equal scores
        count half. Of a group of more than 300 the first 300 are compared.
    acceptability
        Rank acceptability index, deposits by ranks: the share of the draws in which a deposit
        takes that rank. Rows add up to 1 unless cut at `max_rank`; NaN for deposits that are not
        ranked.
    central_weights
        Deposits by criteria: the mean weights of the draws in which the deposit comes first,
        which are typical weights under which it leads. NaN for deposits that never lead.
    draws, seed, concentration, confidence
        The options of `uncertainty`.
    drawn
        All draws, where `keep_draws` was set; `score_range` needs them.
    """

    table: pd.DataFrame
    pairwise: pd.DataFrame
    acceptability: pd.DataFrame
    central_weights: pd.DataFrame
    draws: int
    seed: int
    concentration: float
    confidence: float
    drawn: Drawn | None = None

    def __repr__(self) -> str:
        return (
            f"<Uncertainty: {len(self.table):,} deposits, {self.draws:,} draws, seed {self.seed}>"
        )

    def _repr_html_(self) -> str:
        shown = self.table.sort_values("rank_median", kind="stable").head(20)
        caption = f"{repr(self)[1:-1]}; the first {len(shown)} by median rank"
        return html_table(shown, caption=caption, index=True)


def uncertainty(
    table: pd.DataFrame,
    model: ScoreModel,
    sample: Sampler | None,
    *,
    missing: Sampler | None = None,
    groups: pd.Series | None = None,
    stages: pd.Series | None = None,
    compared: pd.Series | None = None,
    draws: int = 1000,
    seed: int = SEED,
    concentration: float = 50.0,
    confidence: float = 0.95,
    max_rank: int | None = None,
    keep_draws: bool = False,
) -> Uncertainty:
    """Draw weights, distances, missing lines and unknown values jointly, and rank every draw.

    Weights come from a Dirichlet distribution around the weights of the model; a criterion of
    weight 0 keeps it. Distances come from `sample`, or from `missing` where that draws something
    nearer. An unknown value is drawn uniformly between 0 and 1, so a gap widens the interval and
    pulls it towards the middle, while `score` leaves the gap out: the two can differ where most
    is unknown. Vetoes apply in each draw. Under TOPSIS each draw is compared with itself. Each
    kind of uncertainty has its own random stream, so adding one does not change what the others
    draw.

    Rank 1 is the best; equal scores share the better rank. Two deposits cannot be told apart where
    neither has the higher score in at least the share `confidence` of the draws: by default, where
    the chance of their order is between 5 and 95 %.

    Parameters
    ----------
    table
        A row per deposit, with the columns of the model.
    model
        The model to score by.
    sample
        Draws distances; None keeps the distances of the table.
    missing
        Draws the distance to the nearest line that no source has, infinity for none; None assumes
        that the sources are complete. An unknown distance stays unknown.
    groups
        On the index of `table`: ranks are within each group. Deposits without a group, or
        without any known criterion, are not ranked. By default there is one group.
    stages
        On the index of `table`: the stage of each deposit. The same draws also rank the deposits of
        each stage of a group among each other; a deposit without a stage gets no such rank.
    compared
        On the index of `table`, True for the rows that TOPSIS takes its ideal and anti-ideal
        from; by default all. Other aggregates ignore it.
    draws
        Number of Monte Carlo draws.
    seed
        The same seed gives the same figures.
    concentration
        Concentration of the Dirichlet distribution: a weight w varies with a standard deviation
        of ``sqrt(w (1 - w) / (concentration + 1))``. Infinity keeps the weights of the model.
    confidence
        Share of the draws, above 0.5 and up to 1, that tells two deposits apart.
    max_rank
        Last rank of the acceptability; by default all.
    keep_draws
        Whether to return all draws, in `Uncertainty.drawn`.

    Returns
    -------
    Uncertainty

    Raises
    ------
    ScoreError
        When an option is out of range, `groups`, `stages` or `compared` do not fit the table, a sample has
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
    >>> from geo_ree.scoring import Criterion, Exponential
    >>> model = ScoreModel((Criterion("rail", "dist_railway_km", Exponential(50), 1.0),))
    >>> near_and_far = pd.DataFrame({"dist_railway_km": [5.0, 400.0]}, index=["near", "far"])
    >>> result = uncertainty(near_and_far, model, None, draws=100)
    >>> result
    <Uncertainty: 2 deposits, 100 draws, seed 20240607>
    >>> float(result.pairwise["p_a_above_b"][0]), result.acceptability.loc["far"].tolist()
    (1.0, [0.0, 1.0])
    """
    check_draws(draws, seed, concentration)
    if not is_number(confidence) or not 0.5 < confidence <= 1:
        raise ScoreError(f"confidence is {confidence!r}", "give a share above 0.5 and up to 1")
    table = add_raster_columns(table, model)
    points = score(table, model, compared=compared)["score"]
    members = _members(points, groups)
    last = max((len(m) for m in members), default=0)
    last = last if max_rank is None else min(whole_number("max_rank", max_rank, 1), last)
    _check_memory(len(table), draws * (len(model.criteria) if keep_draws else 1), last)
    among = read_compared(compared, table) & points.notna().to_numpy()
    scores, weights = np.empty((draws, len(table))), np.empty((draws, len(model.criteria)))
    kept = []
    for part, drawn in draw_parts(
        table, model, sample, missing, draws=draws, seed=seed, concentration=concentration
    ):
        scores[part], weights[part] = drawn.scores(model, among), drawn.weights
        kept += [drawn] if keep_draws else []
    acceptability = np.full((len(table), last), np.nan)
    central = np.full((len(table), len(model.criteria)), np.nan)
    in_stage = () if stages is None else _IN_STAGE
    columns = {name: np.full(len(table), np.nan) for name in (*_RANKS, *in_stage, *_SHARES)}
    pairs, alike = [], np.full(len(table), None, dtype=object)
    for rows in members:
        ranks = rank_draws(scores[:, rows])
        for part in blocks(len(rows), draws):
            some = rows[part]
            acceptability[some] = rank_shares(ranks[:, part], last)
            central[some] = central_weights(ranks[:, part] == 1, weights)
            for name, values in summarize(ranks[:, part], scores[:, some]).items():
                columns[name][some] = values
        found, alike[rows] = compare_pairs(
            scores[:, rows], points.to_numpy()[rows], table.index[rows], confidence
        )
        pairs.append(found)
        for same in _same_stage(rows, stages, points):
            for name, ranks_at in zip(_IN_STAGE, rank_interval(scores[:, same]), strict=True):
                columns[name][same] = ranks_at
    return Uncertainty(
        table=pd.DataFrame(columns, index=table.index)
        .astype(dict.fromkeys((*_RANKS, *in_stage), "Int64"))
        .assign(not_separable_from=alike),
        pairwise=pd.concat(pairs, ignore_index=True) if pairs else _NO_PAIRS.copy(),
        acceptability=pd.DataFrame(
            acceptability, index=table.index, columns=pd.RangeIndex(1, last + 1, name="rank")
        ),
        central_weights=pd.DataFrame(
            central, index=table.index, columns=[c.name for c in model.criteria]
        ),
        draws=draws,
        seed=seed,
        concentration=float(concentration),
        confidence=float(confidence),
        drawn=_joined(kept) if keep_draws else None,
    )


def _members(points: pd.Series, groups: pd.Series | None) -> list[NDArray[np.intp]]:
    """Row numbers of each group, without the deposits that have no score."""
    scored = points.notna().to_numpy()
    if groups is None:
        return [np.flatnonzero(scored)] if scored.any() else []
    codes = _codes("groups", groups, points)
    found = [np.flatnonzero(scored & (codes == i)) for i in range(codes.max(initial=-1) + 1)]
    return [rows for rows in found if rows.size]


def _same_stage(
    rows: NDArray[np.intp], stages: pd.Series | None, points: pd.Series
) -> list[NDArray[np.intp]]:
    """The rows of one group by stage."""
    if stages is None:
        return []
    codes = _codes("stages", stages, points)[rows]
    return [rows[codes == i] for i in np.unique(codes[codes >= 0])]


def _codes(name: str, column: pd.Series, points: pd.Series) -> NDArray[np.intp]:
    """Number the values of a column, -1 for none."""
    if not column.index.equals(points.index):
        raise ScoreError(
            f"{name} has {len(column)} rows on an index that is not the table's "
            f"({len(points)} rows)",
            "give a column of the same table",
        )
    codes, _ = pd.factorize(column)
    return codes


def _check_memory(rows: int, per_row: int, last_rank: int) -> None:
    if rows * per_row > _MOST_DRAWN:
        raise ScoreError(
            f"{per_row:,} draws of {rows:,} deposits do not fit into memory, expected at most "
            f"{_MOST_DRAWN:,} scores",
            "use fewer draws, or draw the weights alone with reweigh()",
        )
    if rows * last_rank > _MOST_DRAWN:
        raise ScoreError(
            f"the acceptability of {rows:,} deposits on {last_rank:,} ranks does not fit into memory",
            "give max_rank, the last rank you need",
        )


def _joined(parts: list[Drawn]) -> Drawn:
    return Drawn(
        np.concatenate([p.values for p in parts], axis=1),
        np.concatenate([p.vetoed for p in parts]),
        np.concatenate([p.weights for p in parts]),
    )
