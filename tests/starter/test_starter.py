"""The starter data: whole, sourced, in the right country, and true to the facts."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from geo_ree.catalog import load_catalog
from geo_ree.crs import distance_m
from geo_ree.maps.relief import PICTURES
from geo_ree.schema import COMMODITY_GROUPS, PRECISION_ERROR_M, ROLES
from geo_ree.settings import REGION, SCORED_COUNTRIES

PROJECT = Path(__file__).resolve().parents[2]
STARTER = PROJECT / "geo_ree" / "starter"
TOOLS = PROJECT / "tools" / "starter_build"
PAPERS = {"LICENSES.md", "starter.json"}
ROUTES = {"routing_railways.parquet", "rail_joins.parquet", "routing_roads.parquet"}
UNCATALOGUED = {*PICTURES, *ROUTES}  # no source of a run
POINT_FILES = ("deposits", "major_deposits", "power_plants", "gateways", "settlements")

KNOWN_MISFITS = {
    ("gateways", "alyat-port-of-baku"): "a port on the shore",
    ("major_deposits", "1402"): "Aqtash: 1.7 km into KGZ",
    ("major_deposits", "1506"): "Lyangar: country and point disagree upstream, 290 km",
    ("major_deposits", "1847"): "Dalnee: 9.6 km into UZB",
    ("major_deposits", "2063"): "Zaliv Kara-Bogaz-Gol: a salt bay, the point is in its water",
    ("power_plants", "tkm-turkmenbashi-chp-power-station"): "on the shore, 0.5 km into the water",
    ("power_plants", "uzb-farkhad-hydroelectric-plant"): "at the border, 0.1 km into TJK",
    ("gateways", "bandar-anzali"): "a port lies on the shore",
    ("settlements", "601758"): "Garabogaz: on the shore, 0.1 km into the water",
    ("settlements", "610398"): "Bautino: on the shore, 0.1 km into the water",
}


def _chords_km(lines: gpd.GeoDataFrame) -> np.ndarray:
    ends = shapely.get_coordinates(lines.geometry.to_numpy()).reshape(-1, 4)
    return np.asarray(distance_m(ends[:, 0], ends[:, 1], ends[:, 2], ends[:, 3])) / 1000.0


def rows_of(name: str) -> list[dict[str, str]]:
    with (STARTER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    files: dict[str, Any] = json.loads((STARTER / "starter.json").read_text("utf-8"))["files"]
    return files


@pytest.fixture(scope="module")
def countries() -> gpd.GeoDataFrame:
    return gpd.read_parquet(STARTER / "countries.parquet").set_index("native_id")


def entries() -> dict[str, Any]:
    return {s.reader.member: s for s in load_catalog().values() if s.protocol == "starter"}


def test_every_file_has_a_source_and_a_licence(manifest: dict[str, Any]) -> None:
    sources = entries()
    on_disk = {p.name for p in STARTER.iterdir() if p.is_file()} - PAPERS
    assert on_disk == set(manifest)
    assert on_disk - set(sources) == UNCATALOGUED
    licences = (STARTER / "LICENSES.md").read_text("utf-8")
    for name, entry in manifest.items():
        assert entry["licence"]
        assert f"## {name}\n" in licences
        if name in UNCATALOGUED:
            continue
        source = sources[name]
        assert (entry["source_id"], entry["licence"]) == (source.id, source.licence)
        for text in (source.title, source.licence_url, source.attribution, source.edition):
            assert text and text in licences
        assert source.notes
    for notice in ("Open Database License (ODbL)", "Creative Commons Attribution 4.0"):
        assert notice in " ".join(licences.split())


def test_checksums_sizes_and_row_counts(manifest: dict[str, Any]) -> None:
    for name, entry in manifest.items():
        raw = (STARTER / name).read_bytes()
        assert hashlib.sha256(raw).hexdigest() == entry["sha256"], name
        assert len(raw) == entry["bytes"]
        if name.endswith(".csv"):
            assert len(rows_of(name.removesuffix(".csv"))) == entry["rows"]
        elif name.endswith(".parquet"):
            assert len(gpd.read_parquet(STARTER / name)) == entry["rows"]
        elif name.endswith(".geojson"):
            assert len(json.loads(raw)["features"]) == entry["rows"]
        assert entry["took"] and entry["built_from"]


def test_the_whole_is_small() -> None:
    assert sum(p.stat().st_size for p in STARTER.iterdir() if p.is_file()) < 8_000_000
    ground = ("elevation.tif", "elevation_tien_shan.tif", *PICTURES)
    assert sum((STARTER / name).stat().st_size for name in ground) <= 1_250_000


@pytest.mark.parametrize("path", sorted(STARTER.glob("*.csv")), ids=lambda p: p.stem)
def test_tables_are_clean(path: Path) -> None:
    raw = path.read_bytes()
    raw.decode("utf-8")
    assert b"\r" not in raw and not raw.startswith(b"\xef\xbb\xbf")
    rows = rows_of(path.stem)
    ids = [r["native_id"] for r in rows]
    assert len(set(ids)) == len(ids) and all(ids)
    assert all(None not in r and None not in r.values() for r in rows)
    source = entries()[path.name]
    assert set(source.columns.values()) <= set(rows[0])


@pytest.mark.parametrize("path", sorted(STARTER.glob("*.parquet")), ids=lambda p: p.stem)
def test_geometries_are_whole(path: Path) -> None:
    frame = gpd.read_parquet(path)
    assert frame.crs.to_epsg() == 4326
    assert frame["native_id"].is_unique and frame["native_id"].notna().all()
    assert frame.geometry.is_valid.all() and not frame.geometry.is_empty.any()
    if path.name in ROUTES:
        return  # they lead out of the region, and no layer of a run reads them
    assert path.name == "world.parquet" or frame.intersects(shapely.box(*REGION)).all()
    assert set(entries()[path.name].columns.values()) <= set(frame.columns)


def misfits(countries: gpd.GeoDataFrame) -> set[tuple[str, str]]:
    codes = {name.casefold(): code for code, name in countries["name"].items()}
    found = set()
    for name in POINT_FILES:
        for row in rows_of(name):
            word = row["country_reported"]
            assert word, f"{name} {row['native_id']} names no country"
            if row["latitude"] == "" or row.get("kind") == "rail_border":
                continue  # a crossing lies on the border: see test_gateways.py
            code = codes.get(word.casefold(), word)
            point = shapely.Point(float(row["longitude"]), float(row["latitude"]))
            if not countries.geometry[code].intersects(point):
                found.add((name, row["native_id"]))
    return found


def test_coordinates_lie_in_the_country_they_name(countries: gpd.GeoDataFrame) -> None:
    assert misfits(countries) == set(KNOWN_MISFITS)
    assert all(KNOWN_MISFITS.values())


def test_points_lie_in_the_region() -> None:
    west, south, east, north = REGION
    for name in POINT_FILES:
        for row in rows_of(name):
            if row["latitude"]:
                assert south <= float(row["latitude"]) <= north, row["native_id"]
                assert west <= float(row["longitude"]) <= east, row["native_id"]


def test_deposits_by_role() -> None:
    rows = rows_of("deposits")
    roles = Counter(r["role"] for r in rows)
    assert set(roles) == set(ROLES) - {"context"}
    assert roles["candidate"] > roles["by_product_host"] > roles["not_ree"]
    placed = Counter(r["role"] for r in rows if r["latitude"])
    assert placed["candidate"] >= 10 and placed["by_product_host"] >= 5
    for row in rows:
        assert row["role"] in ROLES and row["commodity_group"] in COMMODITY_GROUPS
        assert row["reference"] and row["source_quality"]
        tier = {"candidate": "primary", "by_product_host": "by_product"}.get(row["role"], "")
        assert row["commodity_tier"] == tier


def test_blank_coordinates_stay_blank() -> None:
    for row in rows_of("deposits"):
        blank = row["latitude"] == ""
        assert blank == (row["longitude"] == "") == (row["position_error_m"] == "")
        assert blank == (row["precision_class"] == "none") == (row["position_basis"] == "")


def test_position_errors_hold_the_class_and_the_disagreement() -> None:
    by_id = {r["native_id"]: r for r in rows_of("deposits")}
    for row in by_id.values():
        if row["latitude"]:
            assert float(row["position_error_m"]) >= PRECISION_ERROR_M[row["precision_class"]]
    expected = {
        "kutessay-ii": ("arc_second", 1_852),
        "kundybai": ("arc_second", 500),
        "khanneshin": ("arc_second", 1_761),
        "syrymbet": ("arc_minute", 52_595),
        "khan-bogdo": ("named_place", 20_000),
        "khotgor": ("licence", 3_000),
        "wajilitag": ("area", 36_000),
        "karaganskii": ("area", 20_000),
        "verkhnee-espe": ("tenth_degree", 9_262),
    }
    got = {i: (by_id[i]["precision_class"], int(by_id[i]["position_error_m"])) for i in expected}
    assert got == expected
    syrymbet = distance_m([67.983333], [53.483333], [68.7333], [53.3333])[0]
    assert int(by_id["syrymbet"]["position_error_m"]) == round(syrymbet)
    assert "do not use" in by_id["kutessay-ii"]["position_basis"]


def test_same_deposits_are_tied_to_the_right_records() -> None:
    same = {r["native_id"]: set(r["same_as"].split(";")) - {""} for r in rows_of("deposits")}
    assert same["kundybai"] == {"usgs_major_deposits:1445"}
    assert same["mushgai-khudag"] == {
        "usgs_major_deposits:373",
        "usgs_major_deposits:374",
        "usgs_ree:60",
    }
    assert same["lugiin-gol"] == {"usgs_major_deposits:372", "usgs_ree:50"}
    assert same["kutessay-ii"] == {"usgs_ree:211", "usgs_mrds:10207324"}
    everything = [i for ids in same.values() for i in ids]
    assert len(everything) == len(set(everything))
    majors = {f"usgs_major_deposits:{r['native_id']}" for r in rows_of("major_deposits")}
    assert {i for i in everything if i.startswith("usgs_major")} <= majors


def test_major_deposits() -> None:
    rows = rows_of("major_deposits")
    assert Counter(r["role"] for r in rows) == {
        "context": 261,
        "candidate": 5,
        "by_product_host": 2,
    }
    by_id = {r["native_id"]: r for r in rows}
    assert {i for i, r in by_id.items() if r["role"] != "context"} == {
        i for i, r in by_id.items() if "REE" in r["commodities"].split(";")
    }
    assert by_id["14"]["commodity_group"] == "rare_earth_by_product"
    assert by_id["1445"]["commodity_group"] == "rare_earth"
    assert all(r["commodity_group"] in set(COMMODITY_GROUPS) - {"unknown"} for r in rows)
    assert {r["country_reported"] for r in rows} == set(SCORED_COUNTRIES)
    assert entries()["major_deposits.csv"].namespace == "usgs_major_deposits"


def test_resources_are_kept_apart() -> None:
    deposits = {f"starter_deposits:{r['native_id']}" for r in rows_of("deposits")}
    rows = rows_of("resources")
    assert {r["deposit_id"] for r in rows} <= deposits
    assert {r["substance"] for r in rows} == {"ore", "oxide", "metal", "unclear"}
    by_id = {r["native_id"]: r for r in rows}
    assert by_id["mushgai-khudag-1"]["quantity_t"] == "367000000"
    assert by_id["kutessay-ii-2"]["grade_pct"] == "0.264"
    assert by_id["talairyk-1"]["grade_pct"] == ""  # printed in g/t: stays text
    assert by_id["khalzan-buregtei-2"]["substance"] == "unclear"
    assert by_id["khotgor-1"]["edition"] == "2004"
    assert (by_id["khotgor-3"]["edition"], by_id["khotgor-3"]["quantity_t"]) == ("2012", "")


def test_power_plants_and_gateways() -> None:
    plants = rows_of("power_plants")
    assert Counter(r["position_error_m"] for r in plants) == {"1000": 227, "10000": 40}
    assert {r["country_reported"] for r in plants} == set(entries()["power_plants.csv"].coverage)
    assert all("CC BY 4.0" in r["reference"] for r in plants)
    gateways = rows_of("gateways")
    assert {r["gauge_break"] for r in gateways} == {"yes", "no"}
    assert {"Aktau", "Turkmenbashi"} <= {r["name"] for r in gateways if r["kind"] == "sea_port"}


@pytest.mark.parametrize("name", ["railways", "roads"])
def test_lateral_error_follows_from_length_and_chord(name: str) -> None:
    frame = gpd.read_parquet(STARTER / f"{name}.parquet")
    frame = frame[~frame["native_id"].str.contains(".", regex=False)]
    ends = shapely.get_coordinates(frame.geometry.to_numpy()).reshape(-1, 4)
    assert (shapely.get_num_coordinates(frame.geometry.to_numpy()) == 2).all()
    chord = distance_m(ends[:, 0], ends[:, 1], ends[:, 2], ends[:, 3]) / 1000.0
    assert (chord > 0.0).all()
    length = frame["length_km"].to_numpy()
    expected = np.sqrt(np.maximum(length**2 - chord**2, 0.0)) / 2.0
    np.testing.assert_allclose(frame["lateral_error_km"], expected, atol=0.00051)
    pairs = {tuple(sorted(i.split("-"))) for i in frame["native_id"]}
    assert len(pairs) == len(frame)


def test_sections_of_a_chord_hold_its_length_and_pass_its_places(manifest: dict[str, Any]) -> None:
    frame = gpd.read_parquet(STARTER / "railways.parquet")
    table = tomllib.loads((TOOLS / "rail_controls.toml").read_text("utf-8"))
    edges = [edge for line in table["lines"] for edge in line.get("edges", ())]
    drawn = frame[frame["native_id"].str.contains(".", regex=False)]
    assert len(drawn) == sum(len(e["through"]) + 1 for e in edges)
    for edge in edges:
        assert edge["native_id"] not in set(frame["native_id"]), "the chord itself is gone"
        parts = frame[frame["native_id"].str.startswith(edge["native_id"] + ".")]
        chord = _chords_km(parts)
        assert (parts["length_km"] >= chord).all()
        slack = parts["length_km"].sum() - chord.sum()
        longest = np.sqrt((chord + slack) ** 2 - chord**2) / 2.0 + 5.0
        assert (parts["lateral_error_km"] <= longest + 0.001).all()
        assert (parts["lateral_error_km"] >= 0.5).all(), "a station is no surveyed point"
        joined = shapely.line_merge(shapely.union_all(parts.geometry.to_numpy()))
        assert joined.geom_type == "LineString"
        assert len(joined.coords) == len(edge["through"]) + 2
    took = manifest["railways.parquet"]["derived"]
    assert took["sections of long chords drawn through places"] == len(drawn)


def test_every_railway_has_a_name() -> None:
    names = gpd.read_parquet(STARTER / "railways.parquet")["name"]
    assert names.notna().all() and (names.str.len() > 3).all()
    assert not names.str.contains("unnamed").any()
    assert (names == "Lugovoy - Balykchy").sum() > 10


def test_long_chords_of_roads_are_there_to_be_shown(countries: gpd.GeoDataFrame) -> None:
    roads = gpd.read_parquet(STARTER / "roads.parquet")
    for code in ("KAZ", "MNG"):
        inside = roads[roads.within(countries.geometry[code])]
        ends = shapely.get_coordinates(inside.geometry.to_numpy()).reshape(-1, 4)
        chords = distance_m(ends[:, 0], ends[:, 1], ends[:, 2], ends[:, 3])
        assert chords.max() > 100_000.0


def test_every_railway_that_is_nearest_to_a_candidate_has_a_name(starter_run: Any) -> None:
    scores = starter_run.result.tables["scores"]
    near = scores.loc[scores["role"] == "candidate", "near_railway"].dropna()
    assert len(near) > 10
    assert not near.str.contains("unnamed").any()
    assert near.str.match(r"(.+ - .+|line near .+|line \d+ km from .+) \([A-Z]{3}\)").all()


def test_settlements() -> None:
    rows = rows_of("settlements")
    capitals = {r["name"]: r["country_reported"] for r in rows if r["kind"] == "capital"}
    assert sorted(capitals.values()) == sorted(SCORED_COUNTRIES)
    for row in rows:
        people, scored = int(row["population"]), row["country_reported"] in SCORED_COUNTRIES
        assert people >= (1_000 if scored else 50_000)
        assert row["kind"] == "capital" or (row["kind"] == "town") == (people >= 5_000)


def test_countries_leave_no_gap(countries: gpd.GeoDataFrame) -> None:
    shapes = countries.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert set(SCORED_COUNTRIES) <= set(countries.index)
    assert countries.loc[list(SCORED_COUNTRIES), "complete"].all()
    assert not countries.loc["RUS", "complete"]
    assert countries.geometry["KAZ"].contains(shapely.Point(63.305, 45.965))  # Baikonur
    whole = shapely.union_all(shapes)
    assert shapely.box(*REGION).covers(whole)
    (sea,) = [hole for part in shapely.get_parts(whole) for hole in part.interiors]
    assert shapely.Polygon(sea).contains(shapely.Point(50.5, 41.5))  # the Caspian is no country's


ENCLAVES = {
    "Sokh": ((71.13, 39.96), "UZB", "KGZ"),
    "Shakhimardan": ((71.81, 39.98), "UZB", "KGZ"),
    "Chon-Kara": ((71.036, 40.244), "UZB", "KGZ"),
    "Vorukh": ((70.59, 39.84), "TJK", "KGZ"),
    "Sarvan": ((70.626, 40.955), "TJK", "UZB"),
    "Barak": ((72.767, 40.671), "KGZ", "UZB"),
}
"""A point in each enclave of the Fergana valley, its country and the country around it."""


@pytest.mark.parametrize("name", ENCLAVES)
def test_enclaves_lie_in_their_country_and_not_in_the_one_around(
    name: str, countries: gpd.GeoDataFrame
) -> None:
    place, own, around = ENCLAVES[name]
    point = shapely.Point(place)
    assert countries.geometry[own].contains(point)
    assert not countries.geometry[around].contains(point)
    assert countries.geometry[around].distance(point) < 0.2


@pytest.mark.parametrize(
    ("lake", "place", "owners"),
    [
        ("Issyk-Kul", (77.2, 42.45), {"KGZ"}),
        ("Balkhash", (75.2, 46.3), {"KAZ"}),
        ("Karakul", (73.45, 39.03), {"TJK"}),
        ("northern Aral", (60.6, 46.6), {"KAZ"}),
        ("western Aral, shared", (58.6, 45.2), {"KAZ", "UZB"}),
        ("Sarygamysh, shared", (57.4, 41.95), {"TKM", "UZB"}),
        ("Uvs Nuur, shared", (92.8, 50.3), {"MNG", "RUS"}),
    ],
)
def test_lakes_belong_to_a_country_beside_them(
    lake: str, place: tuple[float, float], owners: set[str], countries: gpd.GeoDataFrame
) -> None:
    holding = set(countries.index[countries.contains(shapely.Point(place))])
    assert len(holding) == 1 and holding <= owners, lake


def test_dara_i_pioz_lies_in_tajikistan_by_itself(countries: gpd.GeoDataFrame) -> None:
    (row,) = [r for r in rows_of("deposits") if r["native_id"] == "dara-i-pioz"]
    point = shapely.Point(float(row["longitude"]), float(row["latitude"]))
    assert list(countries.index[countries.contains(point)]) == ["TJK"]


def test_rivers_have_kinds_and_lengths() -> None:
    rivers = gpd.read_parquet(STARTER / "rivers.parquet")
    assert rivers["kind"].value_counts().to_dict() == {"river": 155, "unknown": 31}
    assert (rivers["length_km"] >= 0).all()
    west, south, east, north = rivers.total_bounds
    assert west >= REGION[0] and south >= REGION[1] and east <= REGION[2] and north <= REGION[3]


def heights(name: str, places: list[tuple[float, float]], band: int = 1) -> list[float]:
    with rasterio.open(STARTER / name) as grid:
        scale = grid.scales[band - 1]
        return [float(v[0]) * scale for v in grid.sample(places, indexes=band)]


def test_elevation_is_right_way_up() -> None:
    with rasterio.open(STARTER / "elevation.tif") as grid:
        assert (grid.width, grid.height, grid.count) == (1200, 405, 1)
        assert tuple(round(v, 6) for v in grid.bounds) == REGION
    almaty, turan, tibet = heights("elevation.tif", [(77.0, 43.25), (59.0, 43.5), (86.9, 31.0)])
    assert 600 < almaty < 2_000
    assert -50 < turan < 250
    assert tibet > 4_000


def test_the_finer_raster_has_heights_and_slopes_of_the_tien_shan() -> None:
    with rasterio.open(STARTER / "elevation_tien_shan.tif") as grid:
        assert (grid.width, grid.height, grid.count) == (1098, 502, 2)
        assert [round(v, 2) for v in grid.bounds] == [66.15, 36.33, 84.45, 44.7]
        assert (grid.read() != grid.nodata).all()
    places = [(77.1, 42.45), (80.13, 42.03), (71.6, 40.5)]  # Issyk-Kul, Pobeda, Fergana
    lake, peak, basin = heights("elevation_tien_shan.tif", places)
    assert lake == pytest.approx(1_607, abs=10)  # its level by GeoNames and every atlas
    assert peak > 6_000
    assert 300 < basin < 600
    still, steep, flat = heights("elevation_tien_shan.tif", places, band=2)
    assert (still, flat) == (0.0, 0.0) and steep > 20


def test_the_two_rasters_agree_within_what_their_cells_hide() -> None:
    """A shift by a cell, or a flip, would break it: 9 in 10 heights lie within the cells around."""
    with rasterio.open(STARTER / "elevation.tif") as grid:
        coarse, step = grid.read(1) * grid.scales[0], grid.transform
    with rasterio.open(STARTER / "elevation_tien_shan.tif") as grid:
        fine, place = grid.read(1) * grid.scales[0], grid.transform
    row, column = (n.ravel() for n in np.mgrid[8:494:3, 8:1090:3])
    lon, lat = place * (column + 0.5, row + 0.5)
    j, i = (np.floor(n).astype(int) for n in ~step * (lon, lat))
    around = np.stack([coarse[i + a, j + b] for a in (-1, 0, 1) for b in (-1, 0, 1)])
    off = np.abs(coarse[i, j] - fine[row, column])
    spread = np.sqrt(((around - coarse[i, j]) ** 2).sum(axis=0) / 8.0)
    assert np.median(off) < 50
    assert (off <= spread + 44.0).mean() > 0.9
