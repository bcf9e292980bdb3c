import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_ree.catalog import Source
from geo_ree.deposits import normalize
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


def entry(**changes):
    return Source.model_validate({**ENTRY, **changes})


def towns(*geometries, crs=4326):
    table = gpd.GeoDataFrame(
        {"NAME": [f"Town {i}" for i in range(len(geometries))]}, geometry=list(geometries), crs=crs
    )
    table.index = pd.RangeIndex(1, len(table) + 1, name="row")
    return table


def test_a_geometry_outside_the_world_names_its_row_or_is_set_aside(countries):
    raw = towns(shapely.Point(70, 45), shapely.Point(7000, 45))
    with pytest.raises(
        SchemaError, match=r"towns \(towns.shp\) row 2: the geometry .* not on the globe"
    ):
        normalize(raw, entry(), countries)
    got = normalize(raw, entry(), countries, skip_bad_rows=True)
    assert got.kept == 1
    assert got.skipped == {"coordinates not on the globe": 1}


def test_rows_without_a_place_are_set_aside_where_the_layer_needs_one(countries):
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


def test_an_unknown_reference_system_is_told(countries):
    odd = entry(reader={"member": "towns.shp", "crs": "EPSG:99999999"})
    with pytest.raises(SchemaError, match="'EPSG:99999999'; correct reader.crs"):
        normalize(towns(shapely.Point(70, 45), crs=None), odd, countries)


def test_another_reference_system_is_brought_to_degrees(countries):
    raw = towns(shapely.Point(70, 45)).to_crs(32642)
    got = normalize(raw, entry(), countries).frame.geometry[0]
    assert (round(got.x, 6), round(got.y, 6)) == (70.0, 45.0)


def test_a_table_without_geometry_and_coordinates_is_told(countries):
    with pytest.raises(SchemaError, match="no column for the longitude"):
        normalize(pd.DataFrame({"NAME": ["Town"]}), entry(), countries)


def test_a_world_table_may_have_nothing_in_the_region(countries):
    got = normalize(towns(shapely.Point(-70, -30), shapely.Point(-71, -30)), entry(), countries)
    assert got.frame.empty and got.frame.crs.to_epsg() == 4326
    assert got.frame["population"].dtype == "Int64"
    assert (got.rows_read, got.kept, got.skipped) == (2, 0, {"outside the region": 2})


def test_swapped_facilities_are_told_like_deposits(countries):
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
        SchemaError, match="row 3: .* is not in Kazakstan, but with the two swapped"
    ):
        normalize(raw, source, countries)
    got = normalize(raw, source, countries, skip_bad_rows=True)
    assert got.skipped == {"latitude and longitude swapped": 1}
    assert got.frame["precision_class"].tolist() == ["area"]
    assert got.frame["position_error_m"].tolist() == [20_000.0]


def test_swapped_points_that_fall_out_of_the_region_are_told_too(countries):
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
