"""The criteria of a model as a table, with their evidence."""

from __future__ import annotations

from typing import Any

import pandas as pd

from geo_ree.scoring.evidence import load_evidence
from geo_ree.scoring.model import ScoreModel


def criteria_table(model: ScoreModel) -> pd.DataFrame:
    """List the criteria with their weights, decays, reasons, sources and evidence, a row each.

    Examples
    --------
    >>> from geo_ree.scoring import load_preset
    >>> criteria_table(load_preset("infrastructure"))["name"].tolist()[:2]
    ['rail', 'road']
    """
    return pd.DataFrame([_criterion(model, at) for at in range(len(model.criteria))])


def _criterion(model: ScoreModel, at: int) -> dict[str, Any]:
    criterion = model.criteria[at]
    evidence = load_evidence().of(criterion.column)
    auc, adds = (found or (None,) * 3 for found in (evidence.auc, evidence.adds))
    return {
        "name": criterion.name,
        "label": criterion.label,
        "column": criterion.column,
        "weight": round(float(model.shares[at]), 6),
        "decay": str(criterion.value),
        "half_km": getattr(criterion.value, "half_km", None),
        "measured_to": criterion.measured_to,
        "reason": criterion.reason,
        "source": criterion.source,
        "decay_reason": criterion.decay_reason,
        "decay_source": criterion.decay_source,
        "evidence": evidence.grade,
        **dict(zip(("auc", "auc_low", "auc_high"), auc, strict=True)),
        **dict(zip(("adds", "adds_low", "adds_high"), adds, strict=True)),
    }
