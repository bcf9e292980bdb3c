"""Gateways: errors with a reason, the country beyond in words, crossings that lie on the border."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from geo_ree.crs import distance_m
from geo_ree.proximity import Target, measure

PROJECT = Path(__file__).resolve().parents[2]
STARTER = PROJECT / "geo_ree" / "starter"


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, str]]:
    with (STARTER / "gateways.csv").open(encoding="utf-8", newline="") as stream:
        return {r["native_id"]: r for r in csv.DictReader(stream)}


@pytest.fixture
def facts(require: Callable[[bool, str], None]) -> Path:
    folder = PROJECT.parent / "shared" / "facts"
    require(folder.is_dir(), "no tables of facts beside the project (../shared/facts)")
    return folder


@pytest.fixture
def gateways(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    return importlib.import_module("starter_build.gateways")


def place(row: dict[str, str]) -> tuple[list[float], list[float]]:
    return [float(row["longitude"])], [float(row["latitude"])]


def test_every_gateway_has_an_error_and_its_reason(rows: dict[str, dict[str, str]]) -> None:
    for row in rows.values():
        assert float(row["position_error_m"]) >= 500.0, row["name"]
        assert row["position_basis"] and row["reference"]
        assert "Natural Earth" not in row["reference"]  # the borders are OpenStreetMap's
        assert (
            bool(row["neighbour"]) == bool(row["neighbour_name"]) == (row["kind"] == "rail_border")
        )
    assert rows["sarakhs"]["neighbour_name"] == "Iran"


@pytest.mark.mirror
def test_the_gateways_of_the_facts_and_further_ones(
    facts: Path, rows: dict[str, dict[str, str]], gateways: Any, tmp_path: Path
) -> None:
    for file in ("countries.parquet", "railways.parquet"):
        (tmp_path / file).write_bytes((STARTER / file).read_bytes())
    product = gateways.build_gateways(facts, tmp_path)
    assert (tmp_path / product.file).read_bytes() == (STARTER / product.file).read_bytes()
    with (facts / "gateways.csv").open(encoding="utf-8", newline="") as stream:
        given = {r["name"] for r in csv.DictReader(stream)}
    assert {r["name"] for r in rows.values()} - given == {"Alyat (Port of Baku)"}


def test_ports_that_two_sources_place_are_as_far_off_as_these_are_apart(
    rows: dict[str, dict[str, str]], gateways: Any
) -> None:
    table = gateways.tomllib.loads(gateways.FACTS.read_text("utf-8"))
    assert {"aktau", "turkmenbashi", "alyat-port-of-baku"} == set(table["second"])
    for native, second in table["second"].items():
        apart = distance_m(*place(rows[native]), [second["longitude"]], [second["latitude"]])[0]
        assert float(rows[native]["position_error_m"]) == pytest.approx(apart, abs=1.0)
        assert second["source"] in rows[native]["position_basis"]
    assert rows["alyat-port-of-baku"]["kind"] == "sea_port"
    assert rows["baku-old-harbour"]["kind"] == "sea_port_closed"


def test_crossings_lie_on_border_and_railway(rows: dict[str, dict[str, str]]) -> None:
    borders = gpd.read_parquet(STARTER / "countries.parquet").set_index("native_id").boundary
    lines = gpd.read_parquet(STARTER / "railways.parquet").geometry.to_numpy()
    for row in rows.values():
        if row["kind"] != "rail_border":
            continue
        point = shapely.Point(place(row)[0][0], place(row)[1][0])
        assert borders[row["country_reported"]].distance(point) < 0.001, row["name"]
        assert borders[row["neighbour"]].distance(point) < 0.03, row["name"]
        assert shapely.distance(lines, point).min() < 0.001, row["name"]


def test_the_crossing_at_bolashak_lies_on_the_border_within_the_published_length(
    rows: dict[str, dict[str, str]],
) -> None:
    row = rows["bolashak-serhetyaka"]
    border = gpd.read_parquet(STARTER / "countries.parquet").set_index("native_id")
    point = shapely.Point(place(row)[0][0], place(row)[1][0])
    for code in ("KAZ", "TKM"):
        assert border.geometry[code].distance(point) < 0.05
    from_uzen = distance_m(*place(row), [52.86192], [43.34116])[0] / 1000.0
    assert from_uzen < 146.0
    assert from_uzen + float(row["position_error_m"]) / 1000.0 > 146.0, "the bound is reached"


def test_a_crossing_follows_its_line_and_the_published_length(gateways: Any) -> None:
    north, south = shapely.box(60, 42, 70, 50), shapely.box(60, 35, 70, 42)
    countries = gpd.GeoDataFrame(index=["KAZ", "TKM"], geometry=[north, south], crs=4326)
    lines = gpd.GeoDataFrame(
        {"native_id": ["1-2.1", "1-2.2"]},
        geometry=[
            shapely.LineString([(65, 41), (65, 43)]),
            shapely.LineString([(65, 43), (64, 44)]),
        ],
        crs=4326,
    )
    row = {"name": "A / B", "country": "KAZ", "neighbour": "TKM", "longitude": "1", "latitude": "1"}
    fact = {"edge": "1-2", "place": "Town", "within_km": 130.0, "source": "a paper"}
    error_m, basis = gateways.place_crossing(row, fact, lines, countries)
    assert (row["longitude"], row["latitude"]) == ("65.0000", "42.0000")
    assert error_m == pytest.approx(67_000, abs=2_500), "111 km south, 130 km along the line"
    assert "130 km" in basis and "a paper" in basis
    with pytest.raises(ValueError, match="no border within 90 km of Town"):
        gateways.place_crossing(row, {**fact, "within_km": 90.0}, lines, countries)
    with pytest.raises(ValueError, match="7-8 does not cross|its edge has 0"):
        gateways.place_crossing(row, {**fact, "edge": "7-8"}, lines, countries)


def test_a_crossing_moves_to_the_surer_of_two_lines(gateways: Any) -> None:
    boxes = [shapely.box(60, 42, 70, 50), shapely.box(60, 35, 70, 42)]
    countries = gpd.GeoDataFrame(index=["KAZ", "TKM"], geometry=boxes, crs=4326)
    lines = gpd.GeoDataFrame(
        {"length_km": [90.0, 6.0], "lateral_error_km": [17.7, 0.5]},
        geometry=[shapely.LineString([(x, 41.5), (x, 42.5)]) for x in (65.0, 65.1)],
        crs=4326,
    )
    row = {"name": "A / B", "country": "KAZ", "neighbour": "TKM"}
    row |= {"longitude": "65.0", "latitude": "42.05"}
    error_m, basis = gateways.move_to_border(row, lines, countries)
    assert (row["longitude"], row["latitude"]) == ("65.1000", "42.0000")
    assert error_m == 1_000.0 and "its course known to 0.5 km" in basis
    with pytest.raises(ValueError, match="no railway crosses the border"):
        gateways.move_to_border({**row, "longitude": "68.0"}, lines, countries)


def test_the_error_counts_and_the_country_beyond_is_named() -> None:
    gateway = gpd.GeoDataFrame(
        {
            "name": ["Sarakhs"],
            "kind": ["rail_border"],
            "country": ["TKM"],
            "source_id": ["x"],
            "neighbour": ["IRN"],
            "neighbour_name": ["Iran"],
            "position_error_m": [8_636.0],
        },
        geometry=[shapely.Point(61.1564, 36.6372)],
        crs=4326,
    )
    mine = gpd.GeoDataFrame(
        {"country": ["TKM"], "position_error_m": [2_000.0], "precision_class": ["arc_minute"]},
        geometry=[shapely.Point(62.0, 37.0)],
        crs=4326,
    )
    target = Target(name="gateway", layer="gateways", label="gateway", same_country=False)
    got = measure(mine, {"gateways": gateway}, targets={"gateway": target}).iloc[0]
    assert got["near_gateway"] == "Sarakhs, to Iran (TKM), x"
    assert got["err_gateway_km"] == pytest.approx(10.636)
