"""The result of a scenario: its tables, its sentences and its files."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree.outputs.table_files import library_versions, write_csv
from geo_ree.schema import RANKED_ROLES
from geo_ree.schema.columns import rounded
from geo_ree.scoring import html_table
from geo_ree.settings import DISCLAIMER
from geo_ree.storage import atomic_files
from geo_ree.studies.scenarios.changes import Changes

FILES = ("scenario.csv", "scenario.json")
_NAMED = 5
"""Names listed in a sentence."""

_CHANCE = 0.05
"""Chance of a changed rank from which a deposit is named."""

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

REACH_CHANGES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("no", "yes"): "brought within",
        ("unknown", "yes"): "brought within",
        ("perhaps", "yes"): "certainly within",
        ("no", "perhaps"): "perhaps brought within",
        ("unknown", "perhaps"): "perhaps brought within",
        ("yes", "no"): "no longer within",
        ("yes", "perhaps"): "perhaps no longer within",
        ("perhaps", "no"): "certainly not within",
    }
)
"""(reach before, reach after) -> the change; other pairs are no change."""


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
        tables = [t for t in (self.changed[columns], self.tonnes) if len(t)]
        return f"<ul>{items}</ul>" + "".join(map(html_table, tables))


def write_scenario(scenario: Scenario, folder: Path) -> None:
    """Write ``scenario.csv`` (the table) and ``scenario.json`` (everything), both or none.

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
        (draft / FILES[1]).write_text(text + "\n", encoding="utf-8", newline="\n")


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


def describe_changes(
    table: pd.DataFrame,
    tonnes: pd.DataFrame,
    changes: Changes,
    change: pd.Series,
    moved: Collection[str],
    within_km: float,
) -> tuple[str, ...]:
    """Sentences about what changes, what does not, and what is uncertain.

    `change` maps deposit ids to the change of their reach; `moved` are the targets whose layer changes.
    """
    out = [*_about_changes(changes)]
    if not table["changed"].any():
        return (*out, _nothing(changes))
    ranked = table[table["role"].isin(RANKED_ROLES)]
    out += _about_distances(ranked, moved)
    if "reached_before" in table:
        out += _about_reach(ranked, change, within_km)
    out += _about_tonnes(tonnes)
    out += _about_ranks(ranked)
    return tuple(out)


def _about_changes(changes: Changes) -> Iterator[str]:
    added = changes.added
    counted = added[added["counted"].astype(bool)]
    lines = list(counted.groupby("line", sort=False)) if len(counted) else []
    for line, legs in lines[:_NAMED]:
        status = "; ".join(dict.fromkeys(s.replace("_", " ") for s in legs["status"]))
        years = sorted({int(y) for y in legs["opening_year"].dropna()})
        opening = f"opens {', '.join(map(str, years))}" if years else "year of opening unknown"
        where = ", ".join(dict.fromkeys(";".join(legs["countries"]).split(";"))).strip(", ")
        length = f"{legs['drawn_km'].sum():,.0f} km as drawn, " if legs["drawn_km"].any() else ""
        error = legs["lateral_error_km"].max()
        course = (
            f"; approximate, the true course may lie {error:.0f} km to either side"
            if error > 0
            else ""
        )
        yield f"Added: {line} ({status}, {opening}): {length}in {where or 'no country'}{course}."
    if len(lines) > _NAMED:
        yield f"Added: {len(lines) - _NAMED} more, listed in scenario.json."
    rest = added[~added["counted"].astype(bool)]
    for why, legs in rest.groupby("why_not", sort=False) if len(rest) else ():
        items = [_legs(line, len(own), added) for line, own in legs.groupby("line", sort=False)]
        yield f"Not counted: {_join(items)}: {why}."
    for layer, rows in changes.removed.groupby("layer", sort=False):
        names = list(dict.fromkeys(rows["name"].dropna()))
        which = f" ({_join(names)})" if names else ""
        yield f"Removed: {len(rows)} {'feature' if len(rows) == 1 else 'features'} of {layer}{which}."


def _legs(line: object, count: int, added: pd.DataFrame) -> str:
    """Name of a line, with the number of its legs where it has several."""
    whole = int((added["line"] == line).sum())
    return str(line) if whole == 1 else f"{line} ({count} of {whole} legs)"


def _nothing(changes: Changes) -> str:
    added = changes.added
    counted = added[added["counted"].astype(bool)]
    if len(added) and counted.empty:
        return "Nothing changes: none of the added features counts."
    if len(counted) and not len(changes.removed) and not counted["scored"].astype(bool).any():
        return (
            "Nothing changes: the added features cross none of the scored countries, and distances "
            "go to the deposit's own country."
        )
    return "Nothing changes: no distance becomes shorter or longer."


def _about_distances(ranked: pd.DataFrame, moved: Collection[str]) -> Iterator[str]:
    for name in moved:
        before, after = ranked[f"dist_{name}_km_before"], ranked[f"dist_{name}_km_after"]
        label = name.replace("_", " ")
        rows_of = {
            "nearer": (after < before - 0.05) | (before.isna() & after.notna()),
            "farther": after > before + 0.05,
        }
        for word, rows in rows_of.items():
            if rows.any():
                items = [_moved(r, name) for r in ranked[rows].to_dict("records")]
                yield f"The {label} is {word} for {len(items)} ranked deposits: {_join(items)}."
        if not any(rows.any() for rows in rows_of.values()):
            yield f"The distance to the {label} changes for no ranked deposit with certainty."


def _moved(row: Mapping[Hashable, object], name: str) -> str:
    words = [
        _km(row[f"dist_{name}_km_{w}"], row[f"err_{name}_km_{w}"]) for w in ("before", "after")
    ]
    return f"{row['name']} ({words[0]} to {words[1]})"


def _km(distance: object, error: object) -> str:
    if pd.isna(distance):  # type: ignore[call-overload]
        return "unknown"
    if distance == float("inf"):
        return "out of reach: none left in its country"
    margin = "" if pd.isna(error) else f" ± {error:.0f}"  # type: ignore[call-overload]
    return f"{distance:.0f}{margin} km"


def _about_reach(ranked: pd.DataFrame, change: pd.Series, within_km: float) -> Iterator[str]:
    for what, ids in change.groupby(change, sort=False).groups.items():
        items = [f"{r['name']}{_chance(r)}" for r in ranked.loc[ids].to_dict("records")]
        yield f"{str(what).capitalize()} of a railway: {_join(items)}."
    sure = change.str.startswith(("brought", "no longer"))
    if not sure.any():
        yield (
            f"No ranked deposit moves within or beyond {within_km:g} km of a railway with certainty."
        )


def _chance(row: Mapping[Hashable, object]) -> str:
    """Chance of being within reach, before and after; blank for a deposit that is not ranked."""
    before, after = row.get("p_within_before"), row.get("p_within_after")
    if pd.isna(before) or pd.isna(after):  # type: ignore[call-overload]
        return ""
    return f" (chance {before:.0%} to {after:.0%})"


def _about_tonnes(tonnes: pd.DataFrame) -> Iterator[str]:
    for row in tonnes[tonnes["substance"] == "oxide"].to_dict("records"):
        amount = (
            "an unknown quantity" if pd.isna(row["quantity_t"]) else f"{row['quantity_t']:,.0f} t"
        )
        whose = ", ".join(str(row[c]) for c in ("category", "system", "year") if row[c])
        yield (
            f"{str(row['change']).capitalize()} of a railway: {amount} of REO ({whose}) of "
            f"{row['deposits']} [{row['statements']}]."
        )
    others = tonnes[~tonnes["substance"].isin(("oxide", "unknown"))]
    if len(others):
        names = list(dict.fromkeys("; ".join(others["deposits"]).split("; ")))
        yield f"Stated as metal, ore or unclear, not as REO, for {_join(names)}: see the table."
    unknown = tonnes.loc[tonnes["substance"] == "unknown", "deposits"].tolist()
    if unknown:
        yield f"No quantity is published in the data for {_join(unknown)}: unknown, not zero."
    if len(tonnes) > 1:
        yield "Do not add these quantities up: systems and categories differ."


def _about_ranks(ranked: pd.DataFrame) -> Iterator[str]:
    moved = ranked[(ranked["rank_before"] != ranked["rank_after"]).fillna(False).astype(bool)]
    if len(moved):
        rows = moved.sort_values("rank_after").to_dict("records")
        items = [f"{r['name']} {_rank(r, 'before')} to {_rank(r, 'after')}" for r in rows]
        yield f"Rank by score, with 90 % interval: {_join(items)}."
    else:
        yield "No rank by score changes."
    for word, column in (("better", "p_rank_improves"), ("worse", "p_rank_worsens")):
        if column not in ranked:
            continue
        likely = ranked[ranked[column] >= _CHANCE].sort_values(column, ascending=False)
        if len(likely):
            items = [f"{r['name']} {r[column]:.0%}" for r in likely.to_dict("records")]
            yield f"Chance of a {word} rank: {_join(items)}."


def _rank(row: Mapping[Hashable, object], word: str) -> str:
    return f"{row[f'rank_{word}']} ({row[f'rank_p5_{word}']}-{row[f'rank_p95_{word}']})"


def _join(items: list[str]) -> str:
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(items[:_NAMED]) + more
