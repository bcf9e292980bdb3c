"""What each criterion is worth: its AUC alone, and what it adds to the railway's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from geo_ree.crs import Floats
from geo_ree.scoring import ScoreModel
from geo_ree.studies.validation.cases import Cases, Estimate, compare_scores
from geo_ree.studies.validation.trials import MIN_SITES

RAILWAY = "rail"
"""The criterion to which each other one is added, to see whether it adds anything."""


def judge_criteria(
    cases: Cases, model: ScoreModel, draws: int, seed: int
) -> Iterator[dict[str, Any]]:
    """AUC of each criterion alone, and what it adds to the railway, with 95 % intervals.

    What a criterion adds is the AUC of the weighted mean of its value and the railway's, in the
    ratio of their weights, less that of the railway alone, on the sites where both are known. A
    criterion without a weight counts as much as the mean of the others.
    """
    weights = {c.name: c.weight for c in model.criteria}
    mean = float(np.mean([w for name, w in weights.items() if w > 0 and name != RAILWAY] or [1.0]))
    for criterion in model.criteria:
        value = cases.table[f"value_{criterion.name}"].to_numpy(dtype=np.float64)
        distance = -cases.table[criterion.column].to_numpy(dtype=np.float64)
        known = np.isfinite(distance)
        row = {
            "criterion": criterion.name,
            "column": criterion.column,
            "mines": int(cases.mine[known].sum()),
            "others": int((~cases.mine[known]).sum()),
        }
        alone = _compare_known(cases, (distance, distance), draws, seed)
        row |= estimate_columns("auc", alone["first"] if alone else None)
        if criterion.name != RAILWAY and RAILWAY in weights:
            rail = cases.table[f"value_{RAILWAY}"].to_numpy(dtype=np.float64)
            share = criterion.weight or mean
            both = (weights[RAILWAY] * rail + share * value) / (weights[RAILWAY] + share)
            added = _compare_known(cases, (both, rail), draws, seed)
            row |= estimate_columns("adds", added["gain"] if added else None)
        yield row


def _compare_known(
    cases: Cases, both: tuple[Floats, Floats], draws: int, seed: int
) -> dict[str, Estimate] | None:
    """Compare two scores where both are known; None with too few sites of a class."""
    known = np.asarray(np.isfinite(np.stack(both)).all(axis=0), dtype=np.bool_)
    part = cases.only(known)
    if min(part.mine.sum(), (~part.mine).sum()) < MIN_SITES:
        return None
    return compare_scores(part, (both[0][known], both[1][known]), draws, seed)


def estimate_columns(name: str, found: Estimate | None) -> dict[str, float]:
    """The columns of an estimate; NaN without one."""
    three = (found.value, found.low, found.high) if found else (np.nan,) * 3
    return dict(zip((name, f"{name}_low", f"{name}_high"), three, strict=True))
