"""Score models as plain values, for what scores outside Python: the page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from geo_ree.scoring.criteria import Criterion
from geo_ree.scoring.decay import DECAYS
from geo_ree.scoring.model import ScoreModel
from geo_ree.scoring.preset import load_preset, preset_names


def plain_model(model: ScoreModel) -> dict[str, Any] | None:
    """Give a model as values that JSON knows, whole enough to score by.

    Parameters
    ----------
    model
        Its set of weights in force is taken.

    Returns
    -------
    dict or None
        ``name title variant aggregate``, ``criteria`` (name, label, column, weight, missing,
        measured_to, decay) and ``vetoes``; None when a decay is none of `DECAYS`, because only
        Python can tell what it says.

    Examples
    --------
    >>> plain = plain_model(load_preset("infrastructure"))
    >>> plain["criteria"][0]["decay"]
    {'kind': 'exponential', 'half_km': 50.0}
    """
    decays = [_plain_decay(c) for c in model.criteria]
    if None in decays:
        return None
    return {
        "name": model.name,
        "title": model.title,
        "variant": model.variant,
        "aggregate": model.aggregate,
        "criteria": [
            {"name": c.name, "label": c.label, "column": c.column, "weight": float(c.weight),
             "missing": c.missing, "measured_to": c.measured_to, "decay": decay}
            for c, decay in zip(model.criteria, decays, strict=True)
        ],
        "vetoes": [
            {"column": v.column, "op": v.op, "limit": float(v.limit), "reason": v.reason}
            for v in model.vetoes
        ],
    }  # fmt: skip


def plain_models(chosen: ScoreModel, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the model of a run and the other presets of the package that fit its table.

    Parameters
    ----------
    chosen
        The model of the run, its set of weights chosen; it comes first.
    table
        What was scored. A preset that asks for a column it lacks is left out; the others use
        the set of weights that fits it.

    Returns
    -------
    list of dict
        As `plain_model` gives them. Empty when the model of the run has a decay that only
        Python knows: a page that cannot score by it offers no other.

    Examples
    --------
    >>> chosen = load_preset("bulk")
    >>> table = pd.DataFrame(columns=list(chosen.columns))
    >>> [m["name"] for m in plain_models(chosen, table)]
    ['bulk', 'infrastructure', 'remote_small']
    """
    first = plain_model(chosen)
    if first is None:
        return []
    others = [load_preset(name) for name in preset_names() if name != chosen.name]
    fitting = [m.choose(table) for m in others if set(m.columns) <= set(table.columns)]
    return [first, *(plain for m in fitting if (plain := plain_model(m)) is not None)]


def _plain_decay(criterion: Criterion) -> dict[str, Any] | None:
    kind = next((k for k, made in DECAYS.items() if type(criterion.value) is made), None)
    if kind is None:
        return None
    parameters = asdict(criterion.value)  # type: ignore[call-overload]
    return {"kind": kind, **{k: _numbers(v) for k, v in parameters.items()}}


def _numbers(value: Any) -> float | list[float]:
    return [float(v) for v in value] if isinstance(value, tuple) else float(value)
