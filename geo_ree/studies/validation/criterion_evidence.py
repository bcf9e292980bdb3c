"""What each criterion is worth: its AUC alone, and what it adds to the railway's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from geo_ree.crs import Floats
from geo_ree.scoring import ScoreModel
from geo_ree.studies.validation.cases import Cases, compare_scores
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
        row = {"criterion": criterion.name, "column": criterion.column}
        row |= _judge(cases, (distance,), draws, seed, "auc")
        if criterion.name != RAILWAY and RAILWAY in weights:
            rail = cases.table[f"value_{RAILWAY}"].to_numpy(dtype=np.float64)
            share = criterion.weight or mean
            both = (weights[RAILWAY] * rail + share * value) / (weights[RAILWAY] + share)
            row |= _judge(cases, (both, rail), draws, seed, "adds")
        yield row


def _judge(
    cases: Cases, scores: tuple[Floats, ...], draws: int, seed: int, name: str
) -> dict[str, Any]:
    """The AUC of one score, or the gain of a first over a second, where all are known."""
    known = np.asarray(np.isfinite(np.stack(scores)).all(axis=0), dtype=np.bool_)
    part = cases.only(known)
    mines, others = int(part.mine.sum()), int((~part.mine).sum())
    out: dict[str, Any] = {} if name == "adds" else {"mines": mines, "others": others}
    if min(mines, others) < MIN_SITES:
        return out | {name: np.nan, f"{name}_low": np.nan, f"{name}_high": np.nan}
    first = scores[0][known]
    second = scores[-1][known]
    found = compare_scores(part, (first, second), draws, seed)[
        "gain" if name == "adds" else "first"
    ]
    return out | {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
