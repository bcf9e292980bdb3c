"""Results of one trial in one scope: the AUC of the preset beside those of the baselines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring import ScoreModel, auc, auc_draws, score, success_rate, widest_interval
from geo_ree.studies.validation.scopes import Scope
from geo_ree.studies.validation.trials import MIN_SITES, Trial, classify_sites

POPULATION = "dist_settlement_km"
"""The baseline: the distance to the nearest settlement alone."""

GRID = np.linspace(0.0, 1.0, 101)
"""Shares of the sites at which success-rate curves are given."""

_MOST_RANDOM = 500
"""Random sets of weights: enough for percentiles from 5 to 95."""

MAX_RESAMPLED = 20_000
"""Sites of a class that are resampled; more are thinned at random. That saves minutes and gigabytes and
can only widen an interval; the AUC itself is always that of all sites."""


@dataclass(frozen=True, kw_only=True)
class TrialResult:
    """The result of one trial in one scope.

    Parameters
    ----------
    rows
        Rows of the table of results: the whole scope first, then its countries.
    criteria
        A row per criterion, evaluated alone.
    curves
        Success-rate curves of the preset and the baselines on `GRID`.
    labels
        Class of each site of the scope, as `classify_sites` gives it; sites without a score are left
        out too.
    skipped
        Countries, or the whole scope, with too few sites of a class.
    """

    rows: list[dict[str, Any]]
    criteria: list[dict[str, Any]]
    curves: pd.DataFrame
    labels: pd.DataFrame
    skipped: list[dict[str, Any]]


def measure_sites(scope: Scope, model: ScoreModel) -> pd.DataFrame:
    """Measure and score the sites of a scope, with the weights of the model that fit.

    Returns ``dist_<target>_km`` of each target and the columns of `geo_ree.score`; raises a ScoreError
    when there is no target ``settlement``, the baseline.
    """
    sites, proximity = scope.sites, scope.proximity
    if POPULATION.removeprefix("dist_").removesuffix("_km") not in proximity.targets:
        raise ScoreError(
            "the targets have no settlement, which is the baseline",
            "add a target of that name to the file of targets",
        )
    lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    country = sites["country"].astype(object).to_numpy()
    columns = {}
    for name, target in proximity.targets.items():
        imprecise = sites["precision_class"].isin(target.unknown_for_precision).to_numpy()
        distance = proximity.nearest(name, lon, lat, country).distance_km
        columns[f"dist_{name}_km"] = np.where(imprecise, np.nan, distance)
    table = pd.DataFrame(columns, index=sites.index)
    return table.join(score(table, model.choose(table)))


def evaluate(
    scope: Scope, trial: Trial, measured: pd.DataFrame, model: ScoreModel, *, draws: int, seed: int
) -> TrialResult:
    """Compare the scores of the mines of a trial with those of its other sites.

    `measured` is the table of `measure_sites`; draws and seed are those of the bootstrap and of the
    random weights.
    """
    labels = _scored(classify_sites(scope.sites, trial), measured)
    where = {"trial": trial.name, "scope": scope.name}
    mines, others = (int((labels["label"] == c).sum()) for c in ("mine", "other"))
    if min(mines, others) < MIN_SITES:
        skip = {**where, "country": "", "mines": mines, "others": others}
        return TrialResult(
            rows=[], criteria=[], curves=pd.DataFrame(), labels=labels, skipped=[skip]
        )
    cases = _Cases.of(scope, labels, measured)
    fewer = cases.thinned(seed)
    weighed = _weigh_at_random(fewer, model, min(draws, _MOST_RANDOM), seed)
    row = _compare(cases, draws, seed, whole=True)
    row |= _against_random(fewer, weighed)
    row |= _near_counted(scope, trial, measured)
    rows, skipped = [{**where, "country": "", **row}], []
    for country, part in cases.by_country():
        here = {**where, "country": country}
        mines = int(part.mine.sum())
        if min(mines, len(part.mine) - mines) < MIN_SITES:
            skipped.append({**here, "mines": mines, "others": len(part.mine) - mines})
        else:
            rows.append({**here, **_compare(part, draws, seed, whole=False)})
    return TrialResult(
        rows=rows,
        criteria=[{**where, **c} for c in _criteria_alone(cases, model)],
        curves=_curves(cases, weighed if fewer is cases else None).assign(**where),
        labels=labels,
        skipped=skipped,
    )


def _scored(labels: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Leave out sites without a score, or without the distance of the baseline."""
    lacks = (measured["score"].isna() | measured[POPULATION].isna()) & (labels["label"] != "")
    return labels.assign(
        label=labels["label"].mask(lacks, ""),
        left_out=labels["left_out"].mask(lacks, "no distance to a settlement, or no score"),
    )


@dataclass(frozen=True)
class _Cases:
    """The sites of one trial as arrays."""

    mine: NDArray[np.bool_]
    preset: Floats
    population: Floats
    country: NDArray[np.str_]
    block: NDArray[np.str_]
    table: pd.DataFrame

    @classmethod
    def of(cls, scope: Scope, labels: pd.DataFrame, measured: pd.DataFrame) -> _Cases:
        took = (labels["label"] != "").to_numpy()
        sites, table = scope.sites[took], measured[took]
        cells = [
            np.floor(axis.to_numpy()).astype(int).astype(str)
            for axis in (sites.geometry.x, sites.geometry.y)
        ]
        return cls(
            mine=(labels.loc[took, "label"] == "mine").to_numpy(dtype=bool),
            preset=table["score"].to_numpy(dtype=np.float64),
            population=-table[POPULATION].to_numpy(dtype=np.float64),
            country=sites["country"].astype(object).fillna("").to_numpy().astype(str),
            block=np.char.add(np.char.add(cells[0], " "), cells[1]),
            table=table,
        )

    def by_country(self) -> Iterator[tuple[str, _Cases]]:
        """The sites of each country that has both classes."""
        for code in np.unique(self.country):
            at = self.country == code
            if 0 < self.mine[at].sum() < at.sum():
                yield str(code), self._only(at)

    def thinned(self, seed: int) -> _Cases:
        """Itself, or at most `MAX_RESAMPLED` random sites of each class."""
        rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(4)[3])
        keep = np.ones(len(self.mine), dtype=bool)
        for members in (np.flatnonzero(self.mine), np.flatnonzero(~self.mine)):
            if len(members) > MAX_RESAMPLED:
                keep[members] = False
                keep[rng.choice(members, MAX_RESAMPLED, replace=False)] = True
        return self if keep.all() else self._only(keep)

    def _only(self, at: NDArray[np.bool_]) -> _Cases:
        return _Cases(
            self.mine[at],
            self.preset[at],
            self.population[at],
            self.country[at],
            self.block[at],
            self.table[at],
        )

    def both_in_a_country(self) -> bool:
        """Whether any country has both classes."""
        return next(self.by_country(), None) is not None


def _compare(cases: _Cases, draws: int, seed: int, *, whole: bool) -> dict[str, Any]:
    """AUC of the preset and of the baseline, with the wider interval of the two bootstraps."""
    unknown = cases.table["unknown_weight_pct"].mean()
    out = {
        "mines": int(cases.mine.sum()),
        "others": int((~cases.mine).sum()),
        "weight_known_pct": round(100.0 - float(unknown), 1),
    }
    out |= _intervals(cases, draws, seed, within=False)
    if whole and cases.both_in_a_country():
        out |= _intervals(cases, draws, seed, within=True)
    return out


def _intervals(cases: _Cases, draws: int, seed: int, *, within: bool) -> dict[str, Any]:
    prefix = "within_" if within else ""
    groups = cases.country if within else None
    found = [auc(s, cases.mine, groups=groups) for s in (cases.preset, cases.population)]
    few = cases.thinned(seed)
    both, groups = np.stack([few.preset, few.population]), few.country if within else None
    drawn = {
        basis: auc_draws(both, few.mine, groups=groups, blocks=blocks, draws=draws, seed=seed)
        for basis, blocks in (("sites", None), ("blocks", few.block))
    }
    out: dict[str, Any] = {}
    for k, name in enumerate(("auc", "population")):
        interval = widest_interval({basis: d[k] for basis, d in drawn.items()})
        out |= {
            f"{prefix}{name}": found[k],
            f"{prefix}{name}_low": interval.low,
            f"{prefix}{name}_high": interval.high,
        }
        if not k:
            out[f"{prefix}interval"] = interval.basis
    gain = widest_interval({basis: d[0] - d[1] for basis, d in drawn.items()})
    return out | {
        f"{prefix}gain": found[0] - found[1],
        f"{prefix}gain_low": gain.low,
        f"{prefix}gain_high": gain.high,
    }


def _weigh_at_random(cases: _Cases, model: ScoreModel, draws: int, seed: int) -> Floats:
    """Scores by uniformly random weights (Dirichlet, all 1), shape (draws, n)."""
    values = np.stack(
        [cases.table[f"value_{c.name}"].to_numpy(dtype=float) for c in model.criteria]
    )
    values = values[~np.isnan(values).all(axis=1)]
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(3)[2])
    weights = rng.dirichlet(np.ones(len(values)), size=draws)
    known = weights @ (~np.isnan(values))
    out = weights @ np.nan_to_num(values)
    return np.asarray(np.divide(out, known, out=np.zeros_like(out), where=known > 0))


def _against_random(cases: _Cases, weighed: Floats) -> dict[str, float]:
    drawn = np.array([auc(row, cases.mine) for row in weighed])
    preset = auc(cases.preset, cases.mine)
    low, middle, high = np.percentile(drawn, (5, 50, 95))
    return {
        "random_p5": low,
        "random_p50": middle,
        "random_p95": high,
        "beats_random": float((preset > drawn).mean()),
    }


def _near_counted(scope: Scope, trial: Trial, measured: pd.DataFrame) -> dict[str, float]:
    """AUC when sites beside a mine of another name count as other sites."""
    labels = _scored(classify_sites(scope.sites, trial, near_counts=True), measured)
    cases = _Cases.of(scope, labels, measured)
    return {
        "others_near_counted": int((~cases.mine).sum()),
        "auc_near_counted": auc(cases.preset, cases.mine),
    }


def _criteria_alone(cases: _Cases, model: ScoreModel) -> Iterator[dict[str, Any]]:
    for criterion in model.criteria:
        distance = cases.table[criterion.column].to_numpy(dtype=np.float64)
        known = np.isfinite(distance)
        mines = int(cases.mine[known].sum())
        others = int(known.sum()) - mines
        enough = min(mines, others) >= MIN_SITES
        found = auc(-distance[known], cases.mine[known]) if enough else np.nan
        yield {"criterion": criterion.name, "mines": mines, "others": others, "auc": found}


def _curves(cases: _Cases, weighed: Floats | None) -> pd.DataFrame:
    """Curves on `GRID`; those of random weights only where no site was thinned out."""
    out = pd.DataFrame(
        {
            "share_of_sites": GRID,
            "preset": _on_grid(cases.preset, cases.mine),
            "population": _on_grid(cases.population, cases.mine),
        }
    )
    if weighed is not None:
        random = np.stack([_on_grid(row, cases.mine) for row in weighed])
        for name, percentile in (("random_p5", 5), ("random_p50", 50), ("random_p95", 95)):
            out[name] = np.percentile(random, percentile, axis=0)
    return out


def _on_grid(scores: Floats, mine: NDArray[np.bool_]) -> Floats:
    curve = success_rate(scores, mine)
    return np.interp(GRID, curve["share_of_sites"], curve["share_of_positives"])
