"""The smallest change of one weight that puts another deposit first."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.schema.html import table_html
from geo_ree.scoring.aggregates import METHODS
from geo_ree.scoring.contributions import (
    criterion_values,
    read_column,
    read_values,
    read_vetoed,
    score,
)
from geo_ree.scoring.decay import is_number
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.ranks import SEED, blocks, rank_draws, whole_number

_AHEAD = 1e-14
"""By how much a score (0 to 1) has to be higher than another: more than rounding."""

_STEPS = 200
"""Steps in which a share is tried where there is no closed form."""


@dataclass(frozen=True)
class Takeover:
    """Where another alternative takes the lead.

    Parameters
    ----------
    share
        Share of the weight from which on it leads.
    leader
        Its place in the table.
    """

    share: float
    leader: int


def find_takeover(
    values: Floats, shares: Floats, which: int, leader: int, aggregate: str
) -> Takeover | None:
    """Find the share nearest to the present one at which the leader loses its lead.

    One weight gets another share, from 0 to 1; the others keep their proportions among
    themselves. For the weighted sum the difference of two scores is a polynomial of that share,
    of the second degree where something is unknown and of the first elsewhere: its roots are
    exact. For the other aggregates the share is tried in 200 steps towards either end and the
    first change narrowed down by bisection; a change that is undone within one step is overlooked.

    Parameters
    ----------
    values
        Shape (criteria, alternatives), 0 to 1, NaN where unknown.
    shares
        Weights, adding up to 1.
    which
        The criterion whose weight changes.
    leader
        The alternative that leads now.
    aggregate
        One of `METHODS`.

    Returns
    -------
    Takeover or None
        None when no share changes the leader, or no other criterion has a weight. With equal
        shares to either side, the larger one.

    Examples
    --------
    >>> values = np.array([[1.0, 0.0], [0.0, 0.5]])
    >>> find_takeover(values, np.array([0.6, 0.4]), 0, 0, "weighted_sum").share.__round__(6)
    0.333333
    """
    rest = np.delete(shares, which).sum()
    if rest <= 0 or values.shape[1] < 2:
        return None
    now = float(shares[which])
    find = _by_roots if aggregate == "weighted_sum" else _by_bisection
    found = [find(values, shares, which, leader, aggregate, end) for end in (1.0, 0.0)]
    there = [takeover for takeover in found if takeover]
    return min(there, key=lambda takeover: abs(takeover.share - now), default=None)


def _by_roots(
    values: Floats, shares: Floats, which: int, leader: int, aggregate: str, end: float
) -> Takeover | None:
    now = float(shares[which])
    ahead = _ahead_of(values, shares, which, leader)
    roots, low, high = _roots(*ahead), min(now, end), max(now, end)
    # A root outside the way splits nothing off it.
    roots = np.where((roots > low) & (roots < high), roots, end)
    roots = np.take_along_axis(roots, np.argsort(np.abs(roots - now), axis=0), axis=0)
    stops = np.vstack([np.full(roots.shape[1], now), roots, np.full(roots.shape[1], end)])
    middle = (stops[1:] + stops[:-1]) / 2.0
    constant, linear, square = ahead
    leads = (constant + middle * (linear + middle * square) > _AHEAD) & (stops[1:] != stops[:-1])
    starts = np.where(leads, np.abs(stops[:-1] - now), np.inf)
    at, who = np.unravel_index(int(starts.argmin()), starts.shape)
    if np.isinf(starts[at, who]):
        return None
    return Takeover(share=float(stops[at, who]), leader=int(who))


def _ahead_of(
    values: Floats, shares: Floats, which: int, leader: int
) -> tuple[Floats, Floats, Floats]:
    """Polynomials of the share, above 0 where an alternative is ahead of the leader.

    A score is ``(x v + (1 - x) a) / (x k + (1 - x) b)``: v and k are value and knowledge (0 or 1)
    of the criterion, a and b the weighted sums of those of the others.
    """
    known = (~np.isnan(values)).astype(np.float64)
    filled = np.nan_to_num(values)
    others = np.delete(shares, which) / np.delete(shares, which).sum()
    top0 = others @ np.delete(filled, which, axis=0)
    low0 = others @ np.delete(known, which, axis=0)
    top1, low1 = filled[which] - top0, known[which] - low0
    top0_l, top1_l, low0_l, low1_l = top0[leader], top1[leader], low0[leader], low1[leader]
    constant = top0 * low0_l - top0_l * low0
    linear = top0 * low1_l + top1 * low0_l - top0_l * low1 - top1_l * low0
    square = top1 * low1_l - top1_l * low1
    return constant, linear, square


def _roots(constant: Floats, linear: Floats, square: Floats) -> Floats:
    """Real roots, shape (2, n), NaN or infinite where there is none; without cancellation."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = np.sqrt(linear**2 - 4.0 * square * constant)
        half = -0.5 * (linear + np.copysign(spread, linear))
        return np.stack([half / square, constant / half])


def _by_bisection(
    values: Floats, shares: Floats, which: int, leader: int, aggregate: str, end: float
) -> Takeover | None:
    now = float(shares[which])
    best_other = _contest(values, shares, which, leader, aggregate)
    before = now
    # The very end may leave nothing known of an alternative: up to a hair before it.
    for share in now + (end - now) * np.linspace(0, 1 - 1e-9, _STEPS + 1)[1:]:
        if best_other(float(share)) is not None:
            after = float(share)
            break
        before = float(share)
    else:
        return None
    while True:
        middle = (before + after) / 2.0
        if middle in (before, after) or abs(after - before) < 1e-12:
            break
        if best_other(middle) is None:
            before = middle
        else:
            after = middle
    who = best_other(after)
    return None if who is None else Takeover(share=after, leader=who)


def _contest(
    values: Floats, shares: Floats, which: int, leader: int, aggregate: str
) -> Callable[[float], int | None]:
    """Give a function of the share: who is ahead of the leader, None while it leads."""
    others = np.delete(shares, which) / np.delete(shares, which).sum()

    def best_other(share: float) -> int | None:
        weights = np.insert((1.0 - share) * others, which, share)
        scores = np.nan_to_num(METHODS[aggregate](values, weights, None), nan=-1.0)
        best = int(scores.argmax())
        return best if scores[best] > scores[leader] + 1e-12 else None

    return best_other


@dataclass(frozen=True, eq=False)
class Influence:
    """What a ranking hangs on.

    Parameters
    ----------
    assumptions
        A row per assumption, the strongest first, on an index such as ``weight of rail``:
        ``kind`` (weight | kilometres | unknown), ``criterion``, ``first_order`` (share of the
        variance of the ranks that it explains by itself), ``total`` (together with all that it
        acts through) and ``total_conf`` (half width of the 95 % interval, an upper bound).
        All 0 when nothing moves the ranks.
    leader
        Label of the deposit that comes first.
    takeovers
        A row per criterion: ``weight`` (its share now), ``weight_needed`` (the nearest share that
        changes the leader, the others keeping their proportions), ``change`` and ``new_leader``;
        NaN and None when no share does.
    samples, spread, top, seed
        What it was made with.
    """

    assumptions: pd.DataFrame
    leader: Hashable
    takeovers: pd.DataFrame
    samples: int
    spread: float
    top: int
    seed: int

    def _repr_html_(self) -> str:
        moved = [
            (str(name), row["kind"], row["first_order"], row["total"], row["total_conf"])
            for name, row in self.assumptions.iterrows()
        ]
        needed = [
            (
                str(name),
                row["weight"],
                *(
                    ("no weight does it", "")
                    if row["new_leader"] is None
                    else (row["weight_needed"], row["new_leader"])
                ),
            )
            for name, row in self.takeovers.iterrows()
        ]
        return table_html(
            ("assumption", "kind", "first order", "total", "± 95 %"),
            moved,
            caption="Share of the variance of the ranks that each assumption explains",
        ) + table_html(
            ("weight of", "now", "needed", "new leader"),
            needed,
            caption=f"{self.leader} leads; the smallest change of one weight that ends it",
        )


@dataclass(frozen=True)
class _Assumption:
    kind: str
    criterion: int
    low: float
    high: float


def influence(
    table: pd.DataFrame,
    model: ScoreModel,
    *,
    samples: int = 512,
    spread: float = 2.0,
    top: int = 20,
    seed: int = SEED,
) -> Influence:
    """Tell which assumption moves the ranking most, and what it takes to change the leader.

    Assumptions are every weight and the kilometres of every decay, both from ``1 / spread`` to
    `spread` times what the model has (evenly in the logarithm), and for a criterion that is
    unknown somewhere the value assumed there, from 0 to 1. Sobol indices tell which share of the
    variance of a rank comes from which of them. There is one for each of the first `top`
    deposits; they are averaged by the variance of the ranks, so that what decides between
    deposits that move counts and what moves nobody does not.

    Parameters
    ----------
    table
        A row per deposit, with the columns of the model; all rows are ranked together.
    model
        What is scored by, its set of weights chosen.
    samples
        Base samples, a power of 2; the model is run ``samples * (assumptions + 2)`` times.
    spread
        Factor above 1 by which weights and kilometres may be wrong.
    top
        How many of the first deposits are looked at; more than there are is all.
    seed
        The same seed gives the same figures.

    Returns
    -------
    Influence
        What is ruled out by a veto, or of which nothing is known, is not ranked.

    Raises
    ------
    ScoreError
        When an option is out of range, or no deposit has a score.

    References
    ----------
    Saltelli, A. et al. (2010), Variance based sensitivity analysis of model output, Computer
    Physics Communications 181(2), 259-270. Indices of many outputs: Lamboni, M., Monod, H. and
    Makowski, D. (2011), Multivariate sensitivity analysis to measure global contribution of
    input factors in dynamic models, Reliability Engineering & System Safety 96(4), 450-459.

    Examples
    --------
    >>> from geo_ree.scoring.model import Criterion
    >>> from geo_ree.scoring.decay import Exponential
    >>> model = ScoreModel((
    ...     Criterion("rail", "dist_railway_km", Exponential(50), 0.6),
    ...     Criterion("road", "dist_road_km", Exponential(15), 0.4),
    ... ))
    >>> table = pd.DataFrame({"dist_railway_km": [0.0, 50.0], "dist_road_km": [15.0, 0.0]},
    ...                      index=["by rail", "by road"])
    >>> found = influence(table, model, samples=64)
    >>> found.leader, round(float(found.takeovers.loc["rail", "weight_needed"]), 6)
    ('by rail', 0.5)
    """
    _check_options(samples, spread, top, seed)
    points = score(table, model)["score"]
    rows = np.flatnonzero(points.notna() & ~read_vetoed(table, model))
    if not rows.size:
        raise ScoreError(
            f"none of {len(table)} deposits has a score",
            "give deposits with a known distance that no veto rules out",
        )
    order = rows[np.argsort(-points.to_numpy()[rows], kind="stable")]
    chosen = table.iloc[order]
    return Influence(
        assumptions=_assumptions(chosen, model, samples, spread, min(top, len(order)), seed),
        leader=chosen.index[0],
        takeovers=_takeovers(chosen, model),
        samples=samples,
        spread=float(spread),
        top=min(top, len(order)),
        seed=seed,
    )


def _check_options(samples: int, spread: float, top: int, seed: int) -> None:
    whole_number("samples", samples, 2)
    whole_number("top", top, 1)
    whole_number("seed", seed, 0)
    if samples & (samples - 1):
        raise ScoreError(f"samples is {samples}", "give a power of 2, for instance 512")
    if not is_number(spread) or spread <= 1:
        raise ScoreError(f"spread is {spread!r}", "give a factor above 1, for instance 2")


def _takeovers(table: pd.DataFrame, model: ScoreModel) -> pd.DataFrame:
    """The table is in the order of the ranking."""
    values, shares = read_values(table, model), model.shares
    found = [find_takeover(values, shares, j, 0, model.aggregate) for j in range(len(shares))]
    needed = np.array([t.share if t else np.nan for t in found])
    return pd.DataFrame(
        {
            "weight": shares,
            "weight_needed": needed,
            "change": needed - shares,
            "new_leader": pd.Series(
                [table.index[t.leader] if t else None for t in found],
                index=[c.name for c in model.criteria],
                dtype=object,
            ),
        },
        index=pd.Index([c.name for c in model.criteria], name="criterion"),
    )


def _assumptions(
    table: pd.DataFrame, model: ScoreModel, samples: int, spread: float, top: int, seed: int
) -> pd.DataFrame:
    # SALib brings matplotlib along: only who asks for it waits for it.
    from SALib.sample import sobol  # noqa: PLC0415

    distances = {c.column: read_column(table, c.column, model) for c in model.criteria}
    varied = _varied(distances, model, spread)
    names = [_words(a, model) for a in varied]
    problem = {
        "num_vars": len(varied),
        "names": names,
        "bounds": [[a.low, a.high] for a in varied],
    }
    drawn = sobol.sample(problem, samples, calc_second_order=False, seed=seed)
    ranks = _ranks(distances, table.index, model, varied, drawn, top)
    first, total, conf = _indices(problem, ranks, seed)
    out = pd.DataFrame(
        {
            "kind": [a.kind for a in varied],
            "criterion": [model.criteria[a.criterion].name for a in varied],
            "first_order": first,
            "total": total,
            "total_conf": conf,
        },
        index=pd.Index(names, name="assumption"),
    )
    return out.sort_values("total", ascending=False, kind="stable")


def _varied(distances: dict[str, Floats], model: ScoreModel, spread: float) -> list[_Assumption]:
    reach = float(np.log(spread))
    weighted = [j for j, c in enumerate(model.criteria) if c.weight > 0]
    gaps = [j for j in weighted if np.isnan(distances[model.criteria[j].column]).any()]
    return [
        *(_Assumption("weight", j, -reach, reach) for j in weighted),
        *(_Assumption("kilometres", j, -reach, reach) for j in weighted),
        *(_Assumption("unknown", j, 0.0, 1.0) for j in gaps),
    ]


def _words(assumption: _Assumption, model: ScoreModel) -> str:
    words = {
        "weight": "weight of",
        "kilometres": "kilometres of",
        "unknown": "unknown values of",
    }
    return f"{words[assumption.kind]} {model.criteria[assumption.criterion].name}"


def _ranks(
    distances: dict[str, Floats],
    index: pd.Index,
    model: ScoreModel,
    varied: list[_Assumption],
    drawn: Floats,
    top: int,
) -> NDArray[np.int32]:
    """Ranks of the first deposits in every sample: shape (samples, top)."""
    place = {(a.kind, a.criterion): i for i, a in enumerate(varied)}
    active = [j for j, c in enumerate(model.criteria) if c.weight > 0]
    out = np.empty((len(drawn), top), dtype=np.int32)
    for part in blocks(len(drawn), len(index) * len(active)):
        some = drawn[part]
        values = []
        for j in active:
            criterion = model.criteria[j]
            factor = np.exp(some[:, place["kilometres", j], None])
            km = distances[criterion.column] / factor
            value = criterion_values(criterion, km, model, index)
            if ("unknown", j) in place:
                value = np.where(np.isnan(km), some[:, place["unknown", j], None], value)
            values.append(value)
        weights = model.shares[active] * np.exp(some[:, [place["weight", j] for j in active]])
        weights /= weights.sum(axis=1, keepdims=True)
        scores = METHODS[model.aggregate](np.stack(values), weights.T, None)
        out[part] = rank_draws(scores)[:, :top]
    return out


def _indices(
    problem: dict[str, Any], ranks: NDArray[Any], seed: int
) -> tuple[Floats, Floats, Floats]:
    """First order, total and its confidence of many outputs (columns), weighted by variance."""
    from SALib.analyze import sobol  # noqa: PLC0415

    first, total, conf = (np.zeros(problem["num_vars"]) for _ in range(3))
    variances = ranks.var(axis=0)
    for rank, variance in zip(ranks.T, variances, strict=True):
        if variance == 0:
            continue
        with warnings.catch_warnings():
            # A rank that hardly moves stands still in some resample: 0 there, and no news.
            warnings.filterwarnings("ignore", "Constant values encountered", UserWarning)
            found = sobol.analyze(  # a seed of 0 would mean none
                problem, rank.astype(np.float64), calc_second_order=False, seed=seed + 1
            )
        share = variance / variances.sum()
        first += share * found["S1"]
        total += share * found["ST"]
        conf += share * found["ST_conf"]
    return first, total, conf
