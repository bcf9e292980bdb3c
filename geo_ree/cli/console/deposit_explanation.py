"""Print why one deposit scores as it does."""

from __future__ import annotations

from typing import Any

import pandas as pd

from geo_ree.cli.console.printing import say, say_json, say_rows
from geo_ree.pipeline.records import Result
from geo_ree.schema.deposit_lookup import find_deposit

_BRIEF = ("criterion", "points", "of", "distance", "nearest feature and source")
_FACTS = ("score", "rank_in_role", "rank_p5", "rank_p95", "p_top3", "not_separable_from")


def show_explanation(result: Result, deposit: str, *, as_json: bool = False) -> None:
    """Print the score of a deposit: its criteria, its distances, and what would change the rank."""
    facts = explain_deposit(result, deposit)
    if as_json:
        say_json(facts)
        return
    say(f"{facts['name']} ({facts['id']}), run {facts['run_id']}, {facts['preset']}")
    say()
    say(facts["sentence"])
    if facts["note"]:
        say(facts["note"])
    say()
    rows = [
        {
            "criterion": row["label"],
            "points": _number(row["points"], ".1f"),
            "of": _number(row["weight"], ".1f"),
            "possible gain": _number(row["gain"], "+.1f"),
            "distance": _distance(row),
            "nearest feature and source": str(row["nearest"] or "unknown"),
        }
        for row in facts["criteria"]
    ]
    say_rows(rows, brief=_BRIEF)
    say()
    for line in facts["changes"]:
        say(line)
    say(str(result.report["disclaimer"]))


def explain_deposit(result: Result, deposit: str) -> dict[str, Any]:
    """Everything that ``geo-ree explain`` prints, as plain values.

    Returns
    -------
    dict
        ``id``, ``name``, ``run_id``, ``preset``, ``score``, the rank with its interval, ``sentence``,
        ``note`` (a line at the deposit by a source, against the measured distance; lines of unknown
        course that may be nearer),
        ``criteria`` (a row each: points of a weight of 100, the possible gain, distance and error in
        km, the nearest feature) and ``changes``: what would change the leader, in sentences.

    Raises
    ------
    SettingsError
        When no deposit has the name, or it has no coordinate.
    """
    table, model = result.scores.table, result.scores.model
    row = table.iloc[find_deposit(deposit, table, result.unranked)]
    found = result.explain(str(row["id"]))
    criteria = [
        {
            "criterion": str(name),
            "label": one["label"],
            "column": criterion.column,
            "points": _plain(one["points"]),
            "weight": 100 * float(one["weight"]),
            "gain": _plain(one["gain"]),
            "distance_km": _plain(one["distance_km"]),
            "error_km": _plain(row.get(f"err_{_stem(criterion.column)}")),
            "nearest": _plain(row.get(f"near_{_target(criterion.column)}")),
        }
        for criterion, (name, one) in zip(model.criteria, found.table.iterrows(), strict=True)
    ]
    return {
        "id": str(row["id"]),
        "name": str(row["name"]),
        "run_id": str(result.report["run_id"]),
        "preset": str(result.report["preset"]),
        **{name: _plain(row.get(name)) for name in _FACTS},
        "sentence": found.sentence,
        "note": found.note,
        "criteria": criteria,
        "changes": _changes(result, str(row["id"])),
    }


def _changes(result: Result, deposit: str) -> list[str]:
    """What would change the order of the candidates: weights, and close rivals."""
    out = []
    names = result.scores.table["name"]
    influence = result.scores.influence
    if influence is not None:
        needed = influence.takeovers.dropna(subset=["weight_needed"])
        for criterion, row in needed.iterrows():
            if deposit in (influence.leader, row["new_leader"]):
                out.append(
                    f"{names[row['new_leader']]} leads instead of {names[influence.leader]} if the "
                    f"weight of {criterion} is {row['weight_needed']:.0%} instead of "
                    f"{row['weight']:.0%}."
                )
    pairs = result.scores.pairwise
    for pair in pairs[(pairs["a"] == deposit) | (pairs["b"] == deposit)].to_dict("records"):
        chance = pair["p_a_above_b"]
        chance = chance if pair["a"] == deposit else 1 - chance
        other = pair["b"] if pair["a"] == deposit else pair["a"]
        if 0.05 < chance < 0.95:
            out.append(f"Chance that it scores higher than {names[other]}: {chance:.0%}.")
    return out


def _stem(column: str) -> str:
    return column.removeprefix("dist_")


def _target(column: str) -> str:
    return _stem(column).removesuffix("_km").removesuffix("_m")


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124  (not a number)
        return None
    return value.item() if hasattr(value, "item") else value


def _number(value: Any, form: str) -> str:
    return "unknown" if value is None else format(value, form)


def _distance(row: dict[str, Any]) -> str:
    if row["distance_km"] is None:
        return "unknown"
    if row["column"].endswith("_m"):
        return f"{1000 * row['distance_km']:,.0f} m"
    error = "" if row["error_km"] is None else f" ± {row['error_km']:,.1f}"
    return f"{row['distance_km']:,.1f}{error} km"
