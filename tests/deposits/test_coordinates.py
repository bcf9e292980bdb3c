"""Places of rows: coordinates and geometry, the region, swapped coordinates, precision."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geo_ree
from geo_ree.catalog import Source
from geo_ree.deposits import locate, normalize
from geo_ree.errors import SchemaError

ENTRY = {
    "id": "towns",
    "title": "A table of towns",
    "label": "towns 2020",
    "publisher": "A survey",
    "country": "region",
    "layer": "settlements",
    "protocol": "archive",
    "url": "https://survey.example/towns.zip",
    "licence": "public domain",
    "attribution": "A survey",
    "edition": "2020",
    "reader": {"member": "towns.shp"},
    "columns": {"name": "NAME"},
    "constants": {"kind": "town"},
}

PRINTED = {
    "layer": "deposits",
    "protocol": "local",
    "url": "",
    "status": "manual",
    "why": "it is made up",
    "instead": "make it up",
    "columns": {},
    "constants": {"kind": "mine", "role": "candidate", "commodity_group": "rare_earth"},
    "precision": {"class": "arc_second"},
}


def entry(**changes):
    return Source.model_validate({**ENTRY, **changes})


def towns(*geometries, crs=4326):
    table = gpd.GeoDataFrame(
        {"NAME": [f"Town {i}" for i in range(len(geometries))]}, geometry=list(geometries), crs=crs
    )
    table.index = pd.RangeIndex(1, len(table) + 1, name="row")
    return table


def test_a_geometry_off_the_globe_names_its_row_or_is_skipped(countries):
    raw = towns(shapely.Point(70, 45), shapely.Point(7000, 45))
    with pytest.raises(
        SchemaError, match=r"towns \(towns.shp\) row 2: the geometry .* not on the globe"
    ):
        normalize(raw, entry(), countries)
    got = normalize(raw, entry(), countries, skip_bad_rows=True)
    assert got.kept == 1
    assert got.skipped == {"coordinates not on the globe": 1}


def test_a_vertex_that_is_not_a_number_names_its_row_or_is_skipped(countries):
    wkt = ["LINESTRING (70 45, 71 45)", "LINESTRING (70 45, nan nan, 71 45)"]
    with np.errstate(invalid="ignore"):
        good, bad = shapely.from_wkt(wkt)
    roads = entry(layer="roads", constants={"kind": "main"})
    with pytest.raises(SchemaError, match=r"towns \(towns.shp\) row 2: a vertex .* not a number"):
        normalize(towns(good, bad), roads, countries)
    got = normalize(towns(good, bad), roads, countries, skip_bad_rows=True)
    assert got.kept == 1
    assert got.skipped == {"coordinates not on the globe": 1}


def test_rows_without_a_place_are_skipped_if_the_layer_needs_one(countries):
    raw = towns(shapely.Point(70, 45), None, shapely.Point(), shapely.Point(0, 0))
    got = normalize(raw, entry(), countries)
    assert got.frame["name"].tolist() == ["Town 0"]
    assert got.skipped == {"without a place": 2, "place given as 0, 0": 1}


def test_a_file_without_a_reference_system_needs_one_from_the_entry(countries):
    with pytest.raises(SchemaError, match=r"reference system.* reader\.crs"):
        normalize(towns(shapely.Point(70, 45), crs=None), entry(), countries)
    stated = entry(reader={"member": "towns.shp", "crs": "EPSG:4284"})
    got = normalize(towns(shapely.Point(70, 45), crs=None), stated, countries)
    assert got.frame.geometry[0].distance(shapely.Point(70, 45)) < 0.01


def test_an_unknown_reference_system_is_an_error(countries):
    odd = entry(reader={"member": "towns.shp", "crs": "EPSG:99999999"})
    with pytest.raises(SchemaError, match="'EPSG:99999999'; correct reader.crs"):
        normalize(towns(shapely.Point(70, 45), crs=None), odd, countries)


def test_another_reference_system_is_brought_to_degrees(countries):
    raw = towns(shapely.Point(70, 45)).to_crs(32642)
    got = normalize(raw, entry(), countries).frame.geometry[0]
    assert (round(got.x, 6), round(got.y, 6)) == (70.0, 45.0)


def test_a_table_without_geometry_and_coordinates_is_an_error(countries):
    with pytest.raises(SchemaError, match="no column for the longitude"):
        normalize(pd.DataFrame({"NAME": ["Town"]}), entry(), countries)


def test_a_world_table_may_have_nothing_in_the_region(countries):
    got = normalize(towns(shapely.Point(-70, -30), shapely.Point(-71, -30)), entry(), countries)
    assert got.frame.empty and got.frame.crs.to_epsg() == 4326
    assert got.frame["population"].dtype == "Int64"
    assert (got.rows_read, got.kept, got.skipped) == (2, 0, {"outside the region": 2})


def test_swapped_facilities_are_refused_like_deposits(countries):
    countries.loc[0, "geometry"] = shapely.box(50, 45, 60, 49)
    columns = {"name": "NAME", "latitude": "lat", "longitude": "lon", "country_reported": "land"}
    source = entry(layer="facilities", columns=columns, constants={"kind": "mine"})
    raw = pd.DataFrame(
        {
            "NAME": ["A", "B"],
            "lat": ["48", "50.5"],
            "lon": ["50.5", "48"],
            "land": ["Kazakhstan", "Kazakstan"],
        },
        index=[2, 3],
    )
    with pytest.raises(
        SchemaError, match="row 3: .* is not in Kazakstan, but with latitude and longitude swap"
    ):
        normalize(raw, source, countries)
    got = normalize(raw, source, countries, skip_bad_rows=True)
    assert got.skipped == {"latitude and longitude swapped": 1}
    assert got.frame["precision_class"].tolist() == ["area"]
    assert got.frame["position_error_m"].tolist() == [20_000.0]


def test_swapped_points_outside_the_region_are_refused_too(countries):
    columns = {"name": "NAME", "latitude": "lat", "longitude": "lon", "country_reported": "land"}
    source = entry(layer="facilities", columns=columns, constants={"kind": "mine"})
    raw = pd.DataFrame(
        {"NAME": ["A", "B"], "lat": ["-30", "70"], "lon": ["-70", "45"], "land": ["Chile", "KZ"]},
        index=[2, 3],
    )
    with pytest.raises(SchemaError, match="row 3: latitude 70, longitude 45 is not in KZ"):
        normalize(raw, source, countries)


def test_a_facility_without_a_place_counts_only_in_the_region(countries):
    columns = {"name": "NAME", "latitude": "lat", "longitude": "lon", "country_reported": "land"}
    source = entry(layer="facilities", columns=columns, constants={"kind": "mine"})
    raw = pd.DataFrame(
        {
            "NAME": list("ABCD"),
            "lat": ["", "", "", "0"],
            "lon": ["", "", "", "0"],
            "land": ["Kirgizia", "Chile", "Atlantis", "USSR"],
        }
    )
    got = normalize(raw, source, countries)
    assert got.frame["name"].tolist() == ["A", "C", "D"]
    assert got.frame["country"].fillna("").tolist() == ["KGZ", "", ""]
    assert got.frame["country_reported"].tolist() == ["Kirgizia", "Atlantis", "USSR"]
    assert got.frame["precision_class"].tolist() == ["none"] * 3
    assert got.skipped == {"without a place, in a country elsewhere": 1}
    assert got.noted == {"place given as 0, 0": 1}
    assert got.unrecognised == {"country_reported": {"Atlantis": 1}}


def test_a_reported_country_is_given_by_its_code(countries):
    source = entry(columns={"name": "NAME", "country_reported": "land"}, country_from="reported")
    raw = towns(shapely.Point(70, 45), shapely.Point(80, 40), shapely.Point(90, 40))
    got = normalize(raw.assign(land=["KZ", "China", "Atlantis"]), source, countries)
    assert got.frame["country"].fillna("").tolist() == ["KAZ", "CHN", ""]
    assert got.unrecognised == {"country_reported": {"Atlantis": 1}}


BORDERS = Path(geo_ree.__file__).parent / "starter" / "countries.parquet"

NICKEL = Source.model_validate(
    {
        "id": "nickel",
        "title": "Ni-Cr-PGE deposits of the world",
        "label": "Ni-Cr-PGE table",
        "publisher": "U.S. Geological Survey",
        "country": "world",
        "layer": "deposits",
        "protocol": "archive",
        "url": "https://survey.example/nicrpge.zip",
        "licence": "public domain",
        "attribution": "USGS",
        "edition": "a hand-written row",
        "reader": {"member": "nicrpge.csv"},
        "columns": {
            "native_id": "rec",
            "name": "name",
            "latitude": "lat",
            "longitude": "lon",
            "country_reported": "country",
        },
        "constants": {"role": "context", "commodity_group": "ferroalloy", "kind": "deposit"},
    }
)


@pytest.fixture(scope="module")
def borders():
    frame = gpd.read_parquet(BORDERS)
    return frame.assign(country=frame["native_id"])


@pytest.fixture
def kundybai():
    """As the table prints it: 51.71 E, 60.73 N, which is in Russia and north of the region."""
    table = pd.DataFrame(
        [
            ["1", "Kundybai", "60.73", "51.71", "Kazakhstan"],
            ["2", "Made-up", "51.74", "60.78", "Kazakhstan"],
        ],
        columns=["rec", "name", "lat", "lon", "country"],
    )
    table.index = pd.RangeIndex(1, 3, name="row")
    return table


def test_a_run_refuses_it_and_names_the_row(kundybai, borders):
    with pytest.raises(SchemaError, match="row 1: latitude 60.73, longitude 51.71 is not in Kaz"):
        normalize(kundybai, NICKEL, borders)
    skipped = normalize(kundybai, NICKEL, borders, skip_bad_rows=True)
    assert skipped.frame["id"].tolist() == ["nickel:2"]
    assert skipped.skipped == {"latitude and longitude swapped": 1}


@pytest.mark.parametrize("skip", [False, True])
def test_the_audit_keeps_it_as_printed_though_outside_the_region(kundybai, borders, skip):
    kept = normalize(kundybai, NICKEL, borders, keep_misprinted=True, skip_bad_rows=skip)
    assert (kept.rows_read, kept.kept, kept.skipped) == (2, 2, {})
    assert kept.noted == {"latitude and longitude swapped, kept as printed": 1}
    row = kept.frame.set_index("id").loc["nickel:1"]
    assert (row.geometry.x, row.geometry.y) == (51.71, 60.73)
    assert (row["country"], row["role"]) == ("KAZ", "context")
    assert "swapped" in row["country_note"]
    assert kept.frame["country_note"].isna().tolist() == [False, True]


def test_inside_the_region_too(borders):
    table = pd.DataFrame(
        [
            ["1", "Made-up", "65.0", "49.0", "Kazakhstan"],
            ["2", "Made-up too", "52.0", "49.0", "Kazakhstan"],
        ],
        columns=["rec", "name", "lat", "lon", "country"],
    )
    kept = normalize(table, NICKEL, borders, keep_misprinted=True)
    assert kept.kept == 2 and set(kept.frame["country"]) == {"KAZ"}


def test_a_wrong_sign_is_skipped_with_its_reason_and_kept_for_the_audit(borders):
    rows = [
        ["1", "Chili Say", "50.2836", "-57.1672", "Kazakhstan"],
        ["2", "B", "48", "66", "Kazakhstan"],
    ]
    table = pd.DataFrame(rows, columns=["rec", "name", "lat", "lon", "country"])
    run = normalize(table, NICKEL, borders)
    assert run.frame["id"].tolist() == ["nickel:2"]
    assert run.skipped == {"longitude with the wrong sign": 1}
    kept = normalize(table, NICKEL, borders, keep_misprinted=True).frame
    assert kept["country"].tolist() == ["KAZ", "KAZ"]
    assert kept["country_note"][0] == "longitude with the wrong sign, kept as printed"
    members = kept.rename(columns={"id": "record"}).assign(deposit=kept["id"])
    row = locate(kept, members, countries=borders).deposits.set_index("id").loc["nickel:1"]
    assert (row.geometry.x, row.geometry.y) == (57.1672, 50.2836)
    assert "corrected here: with the other sign of the longitude" in row["position_basis"]


def test_the_audit_catches_it(kundybai, borders):
    records = normalize(kundybai, NICKEL, borders, keep_misprinted=True).frame
    members = records.rename(columns={"id": "record"}).assign(deposit=records["id"])
    done = locate(records, members, countries=borders)
    found = done.audit[done.audit["flag"] == "swapped_coordinates"]
    assert found["id"].tolist() == ["nickel:1"]
    assert "60.7300 N 51.7100 E" in found["evidence"].iloc[0]
    assert "with latitude and longitude swapped it is in KAZ" in found["evidence"].iloc[0]
    assert found["distance_km"].iloc[0] > 900.0
    row = done.deposits.set_index("id").loc["nickel:1"]
    assert (row.geometry.x, row.geometry.y) == (60.73, 51.71)
    assert "corrected here" in row["position_basis"]


def test_printed_coordinates_in_another_datum_are_moved_and_their_error_grows(countries):
    raw = pd.DataFrame(
        {"native_id": ["1"], "name": ["A"], "latitude": ["47,5"], "longitude": ["69°6' в.д."]}
    )
    given = {"crs": "SK-42"}
    moved = normalize(raw, entry(reader=given, **PRINTED), countries)
    kept = normalize(raw, entry(reader={}, **PRINTED), countries)
    point = moved.frame.geometry[0]
    assert (point.x, point.y) == pytest.approx((69.09917, 47.50031), abs=3e-5)
    assert any("Pulkovo 1942 to WGS 84" in remark for remark in moved.noted)
    assert moved.frame["position_error_m"][0] > kept.frame["position_error_m"][0]


def test_columns_of_a_provided_table_are_recognised(countries):
    raw = pd.DataFrame({"native_id": ["1"], "X": ["5262345"], "Y": ["12507654"]})
    frame = normalize(raw, entry(reader={"crs": "EPSG:28412"}, **PRINTED), countries).frame
    assert frame.geometry[0].y == pytest.approx(47.495, abs=1e-3)


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        (shapely.MultiPoint([(70, 45), (71, 45)]), "explode"),
        (shapely.GeometryCollection([shapely.Point(70, 45), shapely.Point(71, 45)]), "explode"),
        (shapely.box(70, 45, 71, 46), "centroid"),
    ],
)
def test_a_geometry_of_another_kind_names_its_row_and_a_remedy(countries, shape, hint):
    raw = towns(shapely.Point(70, 45), shape)
    with pytest.raises(SchemaError, match=rf"row 2: its geometry is a {shape.geom_type}.*{hint}"):
        normalize(raw, entry(), countries)
    skipped = normalize(raw, entry(), countries, skip_bad_rows=True).skipped
    assert skipped == {"geometry of another kind": 1}


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Point(70, 45, 900),
        shapely.MultiPoint([(70, 45)]),
        shapely.GeometryCollection([shapely.MultiPoint([(70, 45, 900)])]),
        shapely.from_wkt("POINT ZM (70 45 900 3)"),
    ],
)
def test_single_parts_heights_and_measures_pass(countries, shape):
    frame = normalize(towns(shape), entry(), countries).frame
    assert frame.geometry.to_wkt().tolist() == ["POINT (70 45)"]
