"""Results of one trial in one scope: the AUC of the preset beside those of the baselines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring import ScoreModel, auc, score
from geo_ree.studies.validation.cases import BASELINES, POPULATION, Cases, compare_scores
from geo_ree.studies.validation.criterion_evidence import judge_criteria
from geo_ree.studies.validation.route_measures import judge_measures
from geo_ree.studies.validation.scopes import Scope
from geo_ree.studies.validation.success_curves import success_curves
from geo_ree.studies.validation.trials import MIN_SITES, Trial, classify_sites

_MOST_RANDOM = 500
"""Random sets of weights: enough for percentiles from 5 to 95."""


@dataclass(frozen=True, kw_only=True)
class TrialResult:
    """The result of one trial in one scope.

    Parameters
    ----------
    rows
        Rows of the table of results: the whole scope first, then its countries.
    criteria
        A row per criterion: its AUC alone, and what it adds to the railway's.
    measures
        A row per measure of `route_measures.MEASURES`: its AUC beside that of the railway.
    curves
        Success-rate curves of the preset and the baselines.
    labels
        Class of each site of the scope, as `classify_sites` gives it; sites without a score are left
        out too.
    skipped
        Countries, or the whole scope, with too few sites of a class.
    """

    rows: list[dict[str, Any]]
    criteria: list[dict[str, Any]]
    measures: list[dict[str, Any]]
    curves: pd.DataFrame
    labels: pd.DataFrame
    skipped: list[dict[str, Any]]


def measure_sites(scope: Scope, model: ScoreModel) -> pd.DataFrame:
    """Measure and score the sites of a scope, with the weights of the model that fit.

    Returns ``dist_<target>_km`` of each target, ``dist_other_mine_km`` and ``dist_other_plant_km`` of
    `mine_labels.label_sites`, and the columns of `geo_ree.score`; raises a ScoreError when there is no
    target ``settlement``, the main baseline.
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
    columns |= {f"dist_{n}": sites[n].to_numpy(float) for n in ("other_mine_km", "other_plant_km")}
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
            rows=[],
            criteria=[],
            measures=[],
            curves=pd.DataFrame(),
            labels=labels,
            skipped=[skip],
        )
    cases = Cases.of(scope, labels, measured)
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
        criteria=[{**where, **c} for c in judge_criteria(cases, model, draws, seed)],
        measures=[{**where, **m} for m in judge_measures(cases, draws, seed)],
        curves=success_curves(cases, weighed if fewer is cases else None).assign(**where),
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


def _compare(cases: Cases, draws: int, seed: int, *, whole: bool) -> dict[str, Any]:
    """AUC of the preset and of the baselines, with the wider interval of the two bootstraps."""
    unknown = cases.table["unknown_weight_pct"].mean()
    out = {
        "mines": int(cases.mine.sum()),
        "others": int((~cases.mine).sum()),
        "weight_known_pct": round(100.0 - float(unknown), 1),
    }
    out |= _intervals(cases, draws, seed, BASELINES if whole else ("population",))
    if whole and cases.both_in_a_country():
        within = _intervals(cases, draws, seed, ("population",), within=True)
        out |= {f"within_{name}": value for name, value in within.items()}
    return out


def _intervals(
    cases: Cases, draws: int, seed: int, baselines: Iterable[str], *, within: bool = False
) -> dict[str, Any]:
    """AUC of the preset and of each baseline, and the gain of the preset over each of them.

    A baseline is compared on the sites where its distance is known; the others have no part in it.
    """
    out: dict[str, Any] = {}
    for name in baselines:
        base = cases.baseline(name)
        known = np.isfinite(base)
        part = cases if known.all() else cases.only(known)
        if min(part.mine.sum(), (~part.mine).sum()) < MIN_SITES:
            continue
        found = compare_scores(part, (part.preset, base[known]), draws, seed, within=within)
        gain = "gain" if name == "population" else f"gain_over_{name}"
        names = {"first": "auc", "second": name, "gain": gain}
        if name != "population":
            del names["first"]
        for key, title in names.items():
            estimate = found[key]
            out |= {
                title: estimate.value,
                f"{title}_low": estimate.low,
                f"{title}_high": estimate.high,
            }
        if name == "population":
            out["interval"] = found["first"].basis
    return out


def _weigh_at_random(cases: Cases, model: ScoreModel, draws: int, seed: int) -> Floats:
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


def _against_random(cases: Cases, weighed: Floats) -> dict[str, float]:
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
    cases = Cases.of(scope, labels, measured)
    return {
        "others_near_counted": int((~cases.mine).sum()),
        "auc_near_counted": auc(cases.preset, cases.mine),
    }
