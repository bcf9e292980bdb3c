"""Airports, earthquakes and tailings: context with sources, in the region, and never in a score."""

from __future__ import annotations

import csv
import importlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pytest
import shapely

from geo_ree.crs import distance_m
from geo_ree.pipeline.earthquakes import WITHIN_KM, earthquake_columns
from geo_ree.scoring import load_preset
from geo_ree.settings import SCORED_COUNTRIES

PROJECT = Path(__file__).resolve().parents[2]
STARTER = PROJECT / "geo_ree" / "starter"
HEADER = "icao,iata,name,city,subd,country,elevation,lat,lon,tz,lid"


def rows_of(name: str) -> list[dict[str, str]]:
    with (STARTER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    return lambda name: importlib.import_module(f"starter_build.{name}")


def store_of(path: Path) -> Any:
    return SimpleNamespace(path=lambda _: path, built_from=lambda _: {"pypi made-up": "1"})


def test_airports_have_codes_and_lie_in_their_country() -> None:
    rows = rows_of("airports")
    assert {r["country_reported"] for r in rows} == set(SCORED_COUNTRIES)
    codes = [r["iata"] for r in rows]
    assert len(set(codes)) == len(codes) and all(len(c) == 3 and c.isupper() for c in codes)
    assert {"ALA", "NQZ", "FRU", "BSZ", "OSS", "TAS", "DYU", "ASB", "KBL", "ULN"} & set(codes)
    countries = gpd.read_parquet(STARTER / "countries.parquet").set_index("native_id").geometry
    for row in rows:
        place = shapely.Point(float(row["longitude"]), float(row["latitude"]))
        assert countries[row["country_reported"]].buffer(0.05).contains(place), row["name"]


def test_earthquakes_are_recorded_events_near_the_countries() -> None:
    rows = rows_of("earthquakes")
    assert min(float(r["magnitude_mw"]) for r in rows) >= 4.6
    assert min(r["date"] for r in rows) >= "1976" and max(r["date"] for r in rows) < "2017-07"
    suusamyr = [r for r in rows if r["date"] == "1992-08-19"]
    assert max(float(r["magnitude_mw"]) for r in suusamyr) >= 7.0
    countries = gpd.read_parquet(STARTER / "countries.parquet").set_index("native_id").geometry
    near = shapely.union_all([countries[c] for c in SCORED_COUNTRIES]).buffer(3.0)
    places = shapely.points([(float(r["longitude"]), float(r["latitude"])) for r in rows])
    assert shapely.contains(near, places).all()


def test_tailings_have_a_source_for_the_fact_and_one_for_the_place() -> None:
    rows = rows_of("tailings")
    assert {"ak-tyuz", "mailuu-suu"} <= {r["native_id"] for r in rows}
    for row in rows:
        assert row["reference"] and row["position_basis"] and row["what"]
        assert float(row["position_error_m"]) >= 1_000


def test_no_preset_scores_them(starter_run: SimpleNamespace) -> None:
    for preset in ("infrastructure", "bulk", "remote_small"):
        used = " ".join(c.column for c in load_preset(preset).criteria)
        assert not any(word in used for word in ("earthquake", "airport", "tailing"))
    shown = starter_run.result.table
    assert shown["earthquakes_100km"].notna().all()
    assert (shown["largest_earthquake_mw"].notna() == (shown["earthquakes_100km"] > 0)).all()


def test_the_count_is_that_of_the_circle(starter_run: SimpleNamespace) -> None:
    frames = starter_run.result.layers.frames
    shocks = frames["earthquakes"]
    for _, row in starter_run.result.table.head(20).iterrows():
        away = [
            float(distance_m([row["longitude"]], [row["latitude"]], [p.x], [p.y])[0])
            for p in shocks.geometry
        ]
        inside = [m <= WITHIN_KM * 1000 for m in away]
        assert row["earthquakes_100km"] == sum(inside)
        if any(inside):
            assert row["largest_earthquake_mw"] == shocks["magnitude_mw"][inside].max()


def test_without_the_layer_there_are_no_columns() -> None:
    mine = gpd.GeoDataFrame(geometry=[shapely.Point(76, 43)], crs=4326)
    assert earthquake_columns(mine, {}).columns.tolist() == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("UCFM,FRU,Manas,Bishkek,,KG,2090,north,74.5,,", r"row UCFM: north, 74.5 is no position"),
        ("UCFM,FRU,Manas,Bishkek,,KG,2090,430.6,74.5,,", r"row UCFM: 430.6, 74.5 is not on earth"),
        ("UCFM,FRU,Manas", r"line 2: 3 fields, expected 11"),
    ],
)
def test_a_bad_airport_is_named(
    tool: Callable[[str], Any], tmp_path: Path, line: str, words: str
) -> None:
    path = tmp_path / "airports.csv"
    path.write_text(f"{HEADER}\n{line}\n", encoding="utf-8")
    with pytest.raises(tool("product").BuildError, match=rf"airports.csv, {words}"):
        tool("context").build_airports(store_of(path), tmp_path / "out")


def test_a_list_of_airports_with_other_columns_is_named(
    tool: Callable[[str], Any], tmp_path: Path
) -> None:
    path = tmp_path / "airports.csv"
    path.write_text(HEADER.replace("iata", "faa") + "\n", encoding="utf-8")
    with pytest.raises(tool("product").BuildError, match=r"airports.csv: no column iata; it has"):
        tool("context").build_airports(store_of(path), tmp_path / "out")


def test_a_changed_database_of_earthquakes_is_named(
    tool: Callable[[str], Any], tmp_path: Path
) -> None:
    path = tmp_path / "moments.db"
    with sqlite3.connect(path) as database:
        database.execute("create table earthquake (time text, lat float, lon float, mag float)")
    with pytest.raises(tool("product").BuildError, match=r"moments.db: no such column: depth"):
        tool("context").build_earthquakes(store_of(path), tmp_path)


def test_tailings_without_a_source_are_refused(
    tool: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = tool("context")
    facts = context.TAILINGS.read_text(encoding="utf-8")
    changed = tmp_path / "tailings.toml"
    first = facts.index('source = "')
    end = facts.index("\n", first)
    changed.write_text(facts[:first] + 'source = ""' + facts[end:], encoding="utf-8")
    monkeypatch.setattr(context, "TAILINGS", changed)
    with pytest.raises(tool("product").BuildError, match=r"tailings.toml, row ak-tyuz: no source"):
        context.build_tailings(tmp_path)
