"""Numbers that no thing on earth has are refused with their row, and units are converted on request."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pydantic import ValidationError

from geo_ree.catalog import Source
from geo_ree.deposits import normalize
from geo_ree.errors import SchemaError

ENTRY = {
    "id": "grid",
    "title": "A table of power lines",
    "label": "grid 2024",
    "publisher": "A grid",
    "country": "region",
    "layer": "power_lines",
    "protocol": "local",
    "licence": "public domain",
    "attribution": "A grid",
    "edition": "2024",
    "status": "manual",
    "why": "it was made for a test",
    "instead": "take another",
    "columns": {"name": "name", "voltage_kv": "voltage"},
    "constants": {"kind": "line", "lateral_error_km": 0.02},
}


def entry(**changes):
    return Source.model_validate({**ENTRY, **changes})


def lines(*voltages):
    shapes = [shapely.LineString([(70 + i, 45), (70.5 + i, 45)]) for i in range(len(voltages))]
    table = gpd.GeoDataFrame(
        {"name": [f"L{i}" for i in range(len(voltages))], "voltage": list(voltages)},
        geometry=shapes,
        crs=4326,
    )
    table.index = pd.RangeIndex(1, len(table) + 1, name="row")
    return table


def test_volts_where_kilovolts_are_meant_are_refused_with_the_row_and_a_way_out(countries):
    with pytest.raises(SchemaError) as error:
        normalize(lines("110", "10000", "220000"), entry(), countries)
    told = str(error.value)
    assert "grid (payload) row 2: voltage_kv is 10000, expected 0 to 1200" in told
    assert 'units = { voltage_kv = "V" }' in told


def test_the_stated_unit_is_converted(countries):
    got = normalize(lines("10000", "220000", ""), entry(units={"voltage_kv": "V"}), countries)
    assert got.frame["voltage_kv"].tolist()[:2] == [10.0, 220.0]
    assert got.frame["voltage_kv"].isna().tolist() == [False, False, True]


def test_bad_rows_may_lose_their_number_and_are_counted(countries):
    raw = lines("10000", "220")
    got = normalize(raw, entry(), countries, skip_bad_rows=True)
    assert got.frame["voltage_kv"].isna().tolist() == [True, False]
    assert got.unrecognised["voltage_kv"] == {"10000": 1}


@pytest.mark.parametrize("value", ["1e400", "-inf", "9" * 400, 10**400, float("inf"), "-1"])
def test_numbers_that_do_not_fit_a_float_are_refused_like_others(countries, value):
    with pytest.raises(SchemaError, match=r"row 2: voltage_kv is -?(inf|1), expected 0 to 1200"):
        normalize(lines("110", value), entry(), countries)


@pytest.mark.parametrize(
    ("layer", "column", "unit", "given", "meant"),
    [
        ("power_plants", "capacity_mw", "kW", "110000", 110.0),
        ("settlements", "population", "thousand", "12.5", 12_500),
        ("airports", "elevation_m", "ft", "1000", 304.8),
    ],
)
def test_units_of_other_layers(countries, layer, column, unit, given, meant):
    table = gpd.GeoDataFrame({"n": ["a"], "v": [given]}, geometry=[shapely.Point(70, 45)], crs=4326)
    named = {"name": "n", column: "v"}
    source = entry(layer=layer, columns=named, constants={}, units={column: unit})
    assert normalize(table, source, countries).frame[column].tolist() == [pytest.approx(meant)]


def test_a_unit_that_a_column_cannot_have_is_a_mistake_of_the_entry():
    with pytest.raises(ValidationError, match=r"units.voltage_kv: is 'ft', expected one of V, kV"):
        entry(units={"voltage_kv": "ft"})
    with pytest.raises(ValidationError, match=r"units.kind: is 'm', expected one of none"):
        entry(units={"kind": "m"})
