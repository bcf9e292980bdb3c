"""Railways that run and that the packed network lacks: sourced places, lengths, and what follows."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.catalog import load_catalog
from geo_ree.crs import distance_m
from geo_ree.routing.network import load_network
from geo_ree.settings import SCORED_COUNTRIES

PROJECT = Path(__file__).resolve().parents[2]
STARTER = PROJECT / "geo_ree" / "starter"
SOURCE = "starter_railways_opened"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    return importlib.import_module("starter_build.opened")


@pytest.fixture(scope="module")
def pieces() -> gpd.GeoDataFrame:
    frame = gpd.read_parquet(STARTER / "opened_railways.parquet")
    return frame.assign(line=frame["native_id"].str.partition(".")[0])


@pytest.fixture
def facts(opened: Any) -> dict[str, Any]:
    table: dict[str, Any] = opened.tomllib.loads(opened.FACTS.read_text("utf-8"))
    return table


def test_every_fact_has_a_source_and_a_day(facts: dict[str, Any]) -> None:
    for line in facts["lines"]:
        assert line["source"] and line["source_url"].startswith("http")
        assert re.fullmatch(r"20\d\d(-\d\d){1,2}", line["opened"])
        assert {line["from"], line["to"], *line.get("joins", ())} <= set(facts["places"])
        assert line["country"] in SCORED_COUNTRIES
    for place in facts["places"].values():
        assert "geonames" in place or place["source_url"].startswith("http")
    for line in facts["undrawn"]:
        assert line["reason"] and line["name"].split(" - ")[0] in load_catalog()[SOURCE].notes


def test_the_pieces_of_a_line_are_one_line_of_the_published_length(
    pieces: gpd.GeoDataFrame, facts: dict[str, Any], opened: Any
) -> None:
    lines = {opened.slug(line["name"]): line for line in facts["lines"]}
    assert set(pieces["line"]) == set(lines)
    nodes = shapely.get_coordinates(gpd.read_parquet(STARTER / "railways.parquet").geometry)
    for name, line in lines.items():
        parts = pieces[pieces["line"] == name]
        whole = shapely.line_merge(shapely.union_all(parts.geometry.to_numpy()))
        assert whole.geom_type == "LineString"
        assert parts["length_km"].sum() == pytest.approx(sum(line["parts"].values()), abs=0.02)
        for place, xy in zip(
            (line["from"], line["to"]),
            (parts.geometry.iloc[0].coords[0], parts.geometry.iloc[-1].coords[-1]),
            strict=True,
        ):
            if place in line.get("joins", ()):
                assert (np.abs(nodes - xy).max(axis=1) == 0.0).any(), "a node of the packed network"
            else:
                given = facts["places"][place]
                assert "geonames" in given or xy == (given["longitude"], given["latitude"])


def test_an_end_is_as_sure_as_its_place_and_the_middle_the_least(
    pieces: gpd.GeoDataFrame, opened: Any
) -> None:
    for name, parts in pieces.groupby("line"):
        errors = parts["lateral_error_km"].to_numpy()
        assert set(errors[[0, -1]]) <= {5.0, 20.0}, name
        assert (np.diff(errors[1:-1][:4]) > 0.0).all() and (
            errors[1:-1] > max(errors[[0, -1]])
        ).all()
        ends = np.array([parts.geometry.iloc[0].coords[0], parts.geometry.iloc[-1].coords[-1]])
        chord = distance_m(*ends[:1].T, *ends[1:].T)[0] / 1000.0
        widest = opened.lateral_error_km(np.array([parts["length_km"].sum()]), np.array([chord]))[0]
        assert errors.max() == pytest.approx(widest + max(errors[[0, -1]]), abs=0.2)


@pytest.mark.parametrize("seed", range(5))
def test_no_course_of_that_length_leaves_its_error(opened: Any, seed: int) -> None:
    """A course over any one place beside the chord, as far off as its length allows, stays within."""
    rng = np.random.default_rng(seed)
    chord = rng.uniform(50.0, 400.0)
    most = chord * rng.uniform(1.01, 1.4)
    begin, end = np.sort(rng.uniform(0.0, chord, 2))
    limit = opened.ellipse_km(most, chord, begin, end)
    x, y = rng.uniform(begin, end, 2000), rng.uniform(0.0, most, 2000)
    possible = np.hypot(x, y) + np.hypot(chord - x, y) <= most
    assert possible.any() and (y[possible] <= limit).all()
    assert y[possible].max() > 0.5 * limit, "the error is no wider than it must be"


def test_a_line_shorter_than_its_chord_or_far_from_the_network_is_refused(opened: Any) -> None:
    stops = {
        name: opened.Stop(name, lon, 45.0, 5.0, "a timetable")
        for name, lon in (("A", 70.0), ("B", 71.0))
    }
    line = {"name": "A - B", "from": "A", "to": "B", "parts": {"A - B": 70.0}, "joins": []}
    with pytest.raises(opened.BuildError, match="A - B: it is shorter than its chord"):
        opened.draw_line(line, stops, np.array([[70.0, 45.0]]))
    far = {**line, "parts": {"A - B": 90.0}, "joins": ["B"]}
    with pytest.raises(opened.BuildError, match="no node of the network within 7 km of B"):
        opened.draw_line(far, stops, np.array([[70.0, 45.0]]))


def test_the_table_of_facts_gives_the_same_file(
    opened: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(opened, "version", lambda package: "3.0.2")
    towns = pd.read_csv(STARTER / "settlements.csv").set_index("native_id")
    cities = {
        str(place): {
            "geonameid": place,
            "name": town["name"],
            "countrycode": "",
            "longitude": town["longitude"],
            "latitude": town["latitude"],
        }
        for place, town in towns.iterrows()
    }
    (tmp_path / "railways.parquet").write_bytes((STARTER / "railways.parquet").read_bytes())
    product = opened.build_opened_railways(cities, tmp_path)
    built = gpd.read_parquet(tmp_path / product.file)
    kept = gpd.read_parquet(STARTER / product.file)
    columns = ["native_id", "name", "length_km", "lateral_error_km", "country_a", "geometry"]
    assert built[columns].equals(kept[columns])
    entry = json.loads((STARTER / "starter.json").read_text("utf-8"))["files"][product.file]
    assert (entry["took"], entry["dropped"]) == (product.took, product.dropped)
    assert entry["built_from"] == product.built_from


def test_routes_run_on_them_to_the_old_network_and_not_across_the_border(
    pieces: gpd.GeoDataFrame,
) -> None:
    network = load_network()
    own = network.edges["source_id"].isin(pieces["native_id"])
    rails = network.edges[own]
    assert set(rails["source_id"]) == set(pieces["native_id"]) and set(rails["mode"]) == {"rail"}
    assert not rails["crossing"].any()
    ends = rails[["a", "b"]].to_numpy()
    others = network.edges.loc[~own & (network.edges["mode"] == "rail"), ["a", "b"]].to_numpy()
    shared = np.intersect1d(ends, others)
    town = network.nodes.loc[shared, ["lon", "lat"]].round(1).to_numpy().tolist()
    assert [110.1, 44.9] in town, "the branch at Sainshand joins the Trans-Mongolian"
    assert set(network.codes[shared]) <= {"MNG", "UZB"}


def test_no_deposit_is_said_to_be_farther_from_a_railway_than_from_an_end_of_one(
    starter_run: SimpleNamespace, pieces: gpd.GeoDataFrame
) -> None:
    table = starter_run.result.table
    lines = starter_run.result.layers.frames["railways"]
    own = lines[lines["source_id"] == SOURCE]
    assert len(own) == len(pieces) and set(own["country"]) == set(pieces["country_a"])
    rows = table[table["country"] == "MNG"]
    assert len(rows) > 5
    end = pieces[(pieces["line"] == "tavantolgoi-gashuunsukhait")].geometry.iloc[0].coords[0]
    lon, lat = rows.geometry.x.to_numpy(), rows.geometry.y.to_numpy()
    far = distance_m(lon, lat, np.full(len(rows), end[0]), np.full(len(rows), end[1])) / 1000.0
    assert (rows["dist_railway_km"].to_numpy() <= far + 0.1).all()


def test_what_it_may_be_nearer_than_is_in_the_explanation(starter_run: SimpleNamespace) -> None:
    result = starter_run.result
    beside = result.table[
        result.table["near_unsure_railway"].astype("str").str.startswith("Tavantolgoi")
    ]
    assert len(beside)
    row = beside.iloc[0]
    note = result.explain(row["id"]).note
    low = max(0.0, row["unsure_railway_km"] - row["err_unsure_railway_km"])
    assert "Tavantolgoi - " in note and f"{low:,.0f} to " in note
    assert "course unknown" in note
