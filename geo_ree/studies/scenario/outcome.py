"""What a scenario changes: tables and sentences, for notebooks and for files."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree.outputs.tables import library_versions, write_csv
from geo_ree.schema.columns import rounded
from geo_ree.settings import DISCLAIMER
from geo_ree.storage import atomic_files

FILES = ("scenario.csv", "scenario.json")
_SHOWN = (
    "name",
    "country",
    "role",
    "dist_railway_km_before",
    "dist_railway_km_after",
    "near_railway_after",
    "reached_before",
    "reached_after",
    "p_within_before",
    "p_within_after",
    "score_before",
    "score_after",
    "rank_before",
    "rank_p5_before",
    "rank_p95_before",
    "rank_after",
    "rank_p5_after",
    "rank_p95_after",
    "p_rank_improves",
    "p_rank_worsens",
)


@dataclass(frozen=True, eq=False)
class Scenario:
    """What changes when infrastructure is added or removed.

    Attributes
    ----------
    table
        A row per scored deposit on its id: distances to what was changed, score and rank before
        and after with their intervals (p5, p95), whether it is within reach of a railway (yes,
        no, perhaps, unknown) and how likely, ``p_rank_improves`` and ``p_rank_worsens``.
        Intervals and chances are those of ranked deposits.
    tonnes
        What published statements say of the deposits whose reach changes, by substance, system
        and category, with the statements; see `geo_ree.studies.scenario.wording.tonnes_of`. Rows
        are never to be added up.
    added
        A row per feature given: state, year, doubt, source, whether it counts, what it crosses.
    removed
        The canonical rows that were taken out.
    sentences
        What changes, in words.
    year, within_km
        What was asked for.
    draws, seed, preset
        What the doubt was drawn with, and what was scored by.
    """

    table: pd.DataFrame
    tonnes: pd.DataFrame
    added: gpd.GeoDataFrame
    removed: pd.DataFrame
    sentences: tuple[str, ...]
    year: int | None
    within_km: float
    draws: int
    seed: int
    preset: str

    @property
    def changed(self) -> pd.DataFrame:
        """Rows of the table in which a distance, the reach, the score or a rank changes."""
        return self.table[self.table["changed"]]

    def _repr_html_(self) -> str:
        """For notebooks: the sentences, the deposits that change, and the tonnes."""
        said = "".join(f"<li>{html.escape(s)}</li>" for s in self.sentences)
        shown = [c for c in _SHOWN if c in self.table.columns]
        parts = [f"<ul>{said}</ul>"]
        if len(self.changed):
            parts.append(_html(self.changed[shown]))
        if len(self.tonnes):
            parts.append(_html(self.tonnes))
        return "".join(parts)


def _html(table: pd.DataFrame) -> str:
    return str(
        table.to_html(index=False, escape=True, na_rep="", float_format=lambda v: f"{v:,.4g}")
    )


def write_scenario(scenario: Scenario, folder: Path) -> None:
    """Write ``scenario.csv`` (the table) and ``scenario.json`` (everything), both or none.

    Parameters
    ----------
    scenario
        From `geo_ree.scenario`.
    folder
        Made when missing.

    Raises
    ------
    SettingsError
        When the folder cannot be written.
    """
    text = json.dumps(told(scenario), indent=2, ensure_ascii=False)
    with atomic_files(folder) as draft:
        write_csv(rounded(scenario.table, "scenario"), draft / FILES[0])
        (draft / FILES[1]).write_text(text + "\n", encoding="utf-8", newline="\n")


def told(scenario: Scenario) -> dict[str, Any]:
    """Give a scenario as plain values: what JSON can hold."""
    added = scenario.added
    lines = _records(pd.DataFrame(added.drop(columns="geometry")))
    for line, shape in zip(lines, added.geometry, strict=True):
        line["geometry"] = shape.__geo_interface__
    return {
        "disclaimer": DISCLAIMER,
        "versions": library_versions(),
        "year": scenario.year,
        "within_km": scenario.within_km,
        "draws": scenario.draws,
        "seed": scenario.seed,
        "preset": scenario.preset,
        "sentences": list(scenario.sentences),
        "added": lines,
        "removed": _records(scenario.removed),
        "changed": _records(rounded(scenario.changed, "scenario")),
        "tonnes": _records(scenario.tonnes),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values: unknown is null, out of reach the word."""
    return [
        {str(k): _value(v) for k, v in row.items()}
        for row in table.astype(object).to_dict("records")
    ]


def _value(value: Any) -> Any:
    if pd.isna(value):
        return None
    plain = value.item() if hasattr(value, "item") else value
    return "out of reach" if plain == float("inf") else plain
