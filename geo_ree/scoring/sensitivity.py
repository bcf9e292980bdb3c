"""Sensitivity of a ranking: the influence of each assumption, and what changes the leader."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring.aggregates import METHODS
from geo_ree.scoring.contributions import (
    criterion_values,
    read_column,
    read_values,
    read_vetoed,
    score,
)
from geo_ree.scoring.decay import is_number
from geo_ree.scoring.draws import blocks, whole_number
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.notebook import html_table
from geo_ree.scoring.ranks import rank_draws
from geo_ree.scoring.raster_columns import add_raster_columns
from geo_ree.scoring.takeovers import find_takeover
from geo_ree.settings import SEED


@dataclass(frozen=True, eq=False, repr=False)
class Influence:
    """The assumptions that a ranking depends on.

    Parameters
    ----------
    assumptions
        A row per assumption, the strongest first, on an index such as ``weight of rail``:
        ``kind`` (weight | kilometres | unknown), ``criterion``, ``first_order`` (share of the
        variance of the ranks that it explains alone), ``total`` (with all its interactions) and
        ``total_conf`` (half width of the 95 % interval, an upper bound). All 0 when nothing changes
        the ranks.
    leader
        Label of the deposit that comes first.
    takeovers
        A row per criterion: ``weight`` (its present share), ``weight_needed`` (the nearest share that
        changes the leader, the others keeping their proportions), ``change`` and ``new_leader``;
        NaN and None when no share does.
    samples, spread, top, seed
        The options of `influence`.
    """

    assumptions: pd.DataFrame
    leader: Hashable
    takeovers: pd.DataFrame
    samples: int
    spread: float
    top: int
    seed: int

    def __repr__(self) -> str:
        strongest = f", strongest: {self.assumptions.index[0]}" if len(self.assumptions) else ""
        return f"<Influence: {len(self.assumptions)} assumptions{strongest}; leader {self.leader}>"

    def _repr_html_(self) -> str:
        moved = self.assumptions.drop(columns="criterion").rename_axis(None)
        needed = self.takeovers[["weight", "weight_needed", "new_leader"]].astype(object)
        needed.loc[self.takeovers["new_leader"].isna(), ["weight_needed", "new_leader"]] = (
            "none changes the leader",
            "",
        )
        return html_table(
            moved.rename(columns=lambda name: name.replace("_", " ")),
            caption="Share of the variance of the ranks that each assumption explains",
            index=True,
        ) + html_table(
            needed.rename(columns=lambda name: name.replace("_", " ")).rename_axis(None),
            caption=f"{self.leader} leads; the smallest change of one weight that changes the leader",
            index=True,
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
    """Measure how much each assumption moves the ranking, and what changes the leader.

    Assumptions are every weight and the kilometres of every decay, both from ``1 / spread`` to
    `spread` times the value of the model (uniform in the logarithm), and for a criterion that is
    unknown somewhere the value assumed there, from 0 to 1. Sobol indices give the share of the
    variance of a rank that each of them explains. The indices of the first `top` deposits are
    averaged, weighted by the variance of their ranks.

    Parameters
    ----------
    table
        A row per deposit, with the columns of the model; all rows are ranked together.
    model
        The model to score by.
    samples
        Base samples, a power of 2; the model is run ``samples * (assumptions + 2)`` times.
    spread
        Factor above 1 by which weights and kilometres may be wrong.
    top
        Number of the first deposits to look at.
    seed
        The same seed gives the same figures.

    Returns
    -------
    Influence
        Deposits that a veto excludes, or without any known criterion, are not ranked.

    Raises
    ------
    ScoreError
        When an option is out of range, or no deposit has a score.
    SettingsError
        When SALib is not installed.

    References
    ----------
    Saltelli, A. et al. (2010), Variance based sensitivity analysis of model output, Computer
    Physics Communications 181(2), 259-270. Indices of many outputs: Lamboni, M., Monod, H. and
    Makowski, D. (2011), Multivariate sensitivity analysis to measure global contribution of
    input factors in dynamic models, Reliability Engineering & System Safety 96(4), 450-459.

    Examples
    --------
    >>> from geo_ree.scoring import Criterion, Exponential
    >>> model = ScoreModel((
    ...     Criterion("rail", "dist_railway_km", Exponential(50), 0.6),
    ...     Criterion("road", "dist_road_km", Exponential(15), 0.4),
    ... ))
    >>> table = pd.DataFrame({"dist_railway_km": [0.0, 50.0], "dist_road_km": [15.0, 0.0]},
    ...                      index=["by rail", "by road"])
    >>> result = influence(table, model, samples=64)
    >>> result.leader, round(float(result.takeovers.loc["rail", "weight_needed"]), 6)
    ('by rail', 0.5)
    """
    _check_options(samples, spread, top, seed)
    table = add_raster_columns(table, model)
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
    """The takeover by each criterion; the table is in the order of the ranking."""
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


def _salib(package: str) -> Any:
    """Import ``SALib.<package>.sobol`` when it is needed: with scipy.stats that takes a second."""
    return import_module(f"SALib.{package}.sobol")


def _assumptions(
    table: pd.DataFrame, model: ScoreModel, samples: int, spread: float, top: int, seed: int
) -> pd.DataFrame:
    sobol = _salib("sample")
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
    """First-order and total indices of many outputs (columns), averaged by their variance."""
    sobol = _salib("analyze")
    first, total, conf = (np.zeros(problem["num_vars"]) for _ in range(3))
    variances = ranks.var(axis=0)
    for rank, variance in zip(ranks.T, variances, strict=True):
        if variance == 0:
            continue
        with warnings.catch_warnings():
            # A rank that hardly varies is constant in some resamples, where its index is 0.
            warnings.filterwarnings("ignore", "Constant values encountered", UserWarning)
            found = sobol.analyze(  # a seed of 0 would mean none
                problem, rank.astype(np.float64), calc_second_order=False, seed=seed + 1
            )
        share = variance / variances.sum()
        first += share * found["S1"]
        total += share * found["ST"]
        conf += share * found["ST_conf"]
    return first, total, conf
