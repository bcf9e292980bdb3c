"""The result of a scenario: its tables, its sentences and its files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree.outputs.table_files import library_versions, write_csv
from geo_ree.schema.columns import rounded
from geo_ree.scoring import html_table
from geo_ree.settings import DISCLAIMER
from geo_ree.storage import atomic_files

FILES = ("scenario.csv", "scenario_routes.csv", "scenario.json")
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
_ROUTE_SHOWN = tuple(
    f"{name}_{when}"
    for name in ("corridor", "km", "usd_t_p50", "access_usd_t_product_p50")
    for when in ("before", "after")
)


@dataclass(frozen=True, eq=False, repr=False)
class Scenario:
    """The deposits of a run before and after a change of infrastructure.

    Parameters
    ----------
    table
        A row per scored deposit on its id: distances to the changed layers, score and rank before
        and after with their intervals (p5, p95), whether it is within reach of a railway (yes, no,
        perhaps, unknown) and with what chance, ``p_rank_improves`` and ``p_rank_worsens``. Only
        ranked deposits have intervals and chances.
    tonnes
        Published quantities of the deposits whose reach changes, by substance, system and category,
        with their statements. The rows must not be added up.
    routes
        A row per ranked deposit and question (any route, and the default question): the cheapest
        route before and after, its km and days, USD per t and access cost (p10, p50, p90), and
        the chances that they become cheaper. No row where no railway for freight is added.
    added
        A row per added feature: status, year, error, source, whether it counts, countries.
    removed
        The canonical rows that were removed.
    sentences
        The changes in words.
    year, within_km
        The options of `geo_ree.scenario`.
    draws, seed, preset
        Draws and seed of the uncertainty, and the score model.
    """

    table: pd.DataFrame
    tonnes: pd.DataFrame
    routes: pd.DataFrame
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

    def __repr__(self) -> str:
        return (
            f"<Scenario: {len(self.added)} features added, {len(self.removed)} removed, "
            f"{len(self.changed)} of {len(self.table)} deposits change>"
        )

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(s)}</li>" for s in self.sentences)
        columns = [c for c in _SHOWN if c in self.table.columns]
        tables = [t for t in (self.changed[columns], self.tonnes, self._cheaper_routes()) if len(t)]
        return f"<ul>{items}</ul>" + "".join(map(html_table, tables))

    def _cheaper_routes(self) -> pd.DataFrame:
        """The main columns of the routes that become cheaper in any draw."""
        chances = ["p_route_cheaper", "p_access_cheaper"]
        rows = self.routes[(self.routes[chances] > 0.0).any(axis=1)]
        return rows[["name", "question", *_ROUTE_SHOWN, *chances]]


def write_scenario(scenario: Scenario, folder: Path) -> None:
    """Write ``scenario.csv``, ``scenario_routes.csv`` and ``scenario.json`` (everything): all or none.

    Parameters
    ----------
    scenario
        The result of `geo_ree.scenario`.
    folder
        Created if missing.

    Raises
    ------
    SettingsError
        When the folder cannot be written.
    """
    text = json.dumps(plain_values(scenario), indent=2, ensure_ascii=False)
    with atomic_files(folder) as draft:
        write_csv(rounded(scenario.table, "scenario"), draft / FILES[0])
        write_csv(rounded(scenario.routes, "scenario_routes"), draft / FILES[1])
        (draft / FILES[2]).write_text(text + "\n", encoding="utf-8", newline="\n")


def plain_values(scenario: Scenario) -> dict[str, Any]:
    """The scenario as values that JSON can hold."""
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
        "routes": _records(rounded(scenario.routes, "scenario_routes")),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values; unknown is null, an infinite distance "out of reach"."""
    return [
        {str(k): _value(v) for k, v in row.items()}
        for row in table.astype(object).to_dict("records")
    ]


def _value(value: Any) -> Any:
    if pd.isna(value):
        return None
    plain = value.item() if hasattr(value, "item") else value
    return "out of reach" if plain == float("inf") else plain
