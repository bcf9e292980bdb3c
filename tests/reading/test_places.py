"""Coordinates of a table: columns, reference systems, grids of the former USSR, accounts."""

import numpy as np
import pandas as pd
import pytest

from geo_ree.errors import SchemaError
from geo_ree.reading.coordinate_columns import find_coordinate_columns
from geo_ree.reading.map_grids import find_system
from geo_ree.reading.places import read_places


def read(columns: dict[str, list[object]], crs: str = ""):
    table = pd.DataFrame(columns)
    return read_places(table, find_coordinate_columns(table), crs=crs, where="x.csv")


@pytest.mark.parametrize(
    ("labels", "north", "east"),
    [
        (["Lat_DD", "Long_DD"], "Lat_DD", "Long_DD"),
        (["decimalLongitude", "decimalLatitude"], "decimalLatitude", "decimalLongitude"),
        (["Широта (WGS84)", "Долгота (WGS84)"], "Широта (WGS84)", "Долгота (WGS84)"),
        (["с.ш.", "в.д."], "с.ш.", "в.д."),
        (["X, м", "Y, м"], "Y, м", "X, м"),
        (["Координата Х", "Координата У"], "Координата У", "Координата Х"),
        (["x", "y", "GPS_Lat", "GPS_Long"], "GPS_Lat", "GPS_Long"),
        (["UTM Easting", "UTM Northing"], "UTM Northing", "UTM Easting"),
        (["Север", "Восток"], "Север", "Восток"),
    ],
)
def test_columns_are_known_by_their_names(labels, north, east):
    found = find_coordinate_columns(labels)
    assert (found.north, found.east) == ((north,), (east,))


def test_a_table_without_such_names_has_no_coordinates():
    assert find_coordinate_columns(["name", "year", "latex", "longest"]) is None


def test_numbers_and_blanks_in_every_spelling_and_wrong_texts_with_their_column():
    found = read(
        {
            "lat": ["−23.8901", " 7 ", "n/a", "north", "—", "", "-9999", "42 15"],
            "lon": ["70", "7,5", "н.д.", "70", "", None, "-9999.0", "76°"],
        }
    )
    assert found.latitude[[0, 1, 7]] == pytest.approx([-23.8901, 7.0, 42.25])
    assert found.longitude[1] == 7.5
    assert np.isnan(found.latitude[[2, 4, 5, 6]]).all()
    assert found.faults == {3: "lat is 'north', which is no coordinate"}
    assert found.unit_m[7] == pytest.approx(1853, abs=1)


def test_one_blank_coordinate_of_two_is_a_fault():
    assert "lon is blank" in read({"lat": ["42"], "lon": ["nd"]}).faults[0]


def test_degrees_of_another_datum_are_moved_and_the_way_is_noted():
    found = read({"lat": ["47.5"], "lon": ["69.1"]}, "EPSG:4284")
    assert found.latitude[0] == pytest.approx(47.50031, abs=3e-5)
    assert found.longitude[0] == pytest.approx(69.09917, abs=3e-5)
    (remark,) = found.noted
    assert "Pulkovo 1942 to WGS 84" in remark
    assert f"accuracy {found.accuracy_m:g} m" in remark
    assert 0 < found.accuracy_m < 10


def test_the_name_of_a_column_may_state_the_datum():
    found = read({"Широта, СК-42": ["47.5"], "Долгота, СК-42": ["69.1"]})
    assert found.longitude[0] == pytest.approx(69.09917, abs=3e-5)


@pytest.mark.parametrize("crs", ["EPSG:28412", "SK-42", "СК-42 зона 12", "EPSG:4284"])
@pytest.mark.parametrize("is_northing_x", [True, False])
def test_x_is_northing_or_easting_as_the_values_say(crs, is_northing_x):
    north, east = ["5 262 345,5", "5262345.5"], ["12507654", "12507654"]
    columns = {"X": north, "Y": east} if is_northing_x else {"X": east, "Y": north}
    found = read(columns, crs)
    assert found.latitude == pytest.approx(47.495, abs=1e-3)
    assert found.longitude == pytest.approx(69.1007, abs=1e-3)
    assert any("x as northing" in remark for remark in found.noted) == is_northing_x


def test_each_row_lies_in_the_zone_that_its_easting_begins_with():
    found = read({"X": ["5262345"] * 2, "Y": ["12507654", "13507654"]}, "EPSG:28412")
    assert found.longitude[1] - found.longitude[0] == pytest.approx(6.0, abs=1e-3)


def test_eastings_without_their_zone_are_read_and_noted():
    found = read({"X": ["5262345"], "Y": ["507654"]}, "EPSG:28412")
    assert found.longitude[0] == pytest.approx(69.1007, abs=1e-3)
    assert found.noted["eastings without the number of their zone"] == 1


def test_interchanged_northing_and_easting_are_refused():
    with pytest.raises(SchemaError, match="only if they are interchanged"):
        read({"Northing": ["12507654"], "Easting": ["5262345"]}, "EPSG:28412")


def test_metres_without_a_reference_system_are_refused_with_a_suggestion():
    with pytest.raises(
        SchemaError, match=r"reader.crs \(--crs\).* EPSG:28412 if they are of SK-42"
    ):
        read({"X": ["5262345"], "Y": ["12507654"]})


def test_degrees_in_a_system_of_metres_are_refused():
    with pytest.raises(SchemaError, match="hold degrees, but .* is in metres"):
        read({"lat": ["42"], "lon": ["76"]}, "EPSG:32643")


def test_zones_of_utm_have_a_column():
    found = read(
        {
            "E": ["500000", "400000", "500000", "500000"],
            "N": ["4700000", "9900000", "4000000", "4700000"],
            "zone": ["43N", "36S", "43S", "x"],
        }
    )
    assert found.latitude[:3] == pytest.approx([42.45233, -0.90462, 36.14472], abs=1e-5)
    assert list(found.faults) == [3]


def test_a_point_outside_its_grid_is_a_fault():
    found = read({"E": ["500000", "5"], "N": ["4700000", "4700000"]}, "EPSG:32643")
    assert "outside the area of WGS 84 / UTM zone 43N" in found.faults[1]


def test_degrees_minutes_and_seconds_in_columns_of_their_own():
    names = ("deg", "min", "sec")
    table = {f"{axis}_{n}": ["10"] for axis in ("lat", "lon") for n in names}
    assert read(table).latitude[0] == pytest.approx(10 + 10 / 60 + 10 / 3600)


def test_both_coordinates_in_one_column():
    found = read({"Координаты": ["42.5, 76.1", "", "42 15 с.ш. 76 10 в.д.", "?"]})
    assert found.latitude[[0, 2]] == pytest.approx([42.5, 42.25])
    assert np.isnan(found.latitude[[1, 3]]).all()
    assert any("latitude first" in remark for remark in found.noted)


def test_a_first_number_beyond_90_is_a_longitude_for_the_whole_column():
    found = read({"coords": ["76.1, 42.5", "101.5, 43.5"]})
    assert found.latitude == pytest.approx([42.5, 43.5])


def test_well_known_text_is_read():
    found = read({"WKT": ["POINT Z (76.1 42.5 900)"]})
    assert (found.longitude[0], found.latitude[0]) == (76.1, 42.5)


def test_x_and_y_in_degrees_are_longitude_and_latitude_unless_that_is_impossible():
    assert read({"x": ["76.5"], "y": ["42"]}).latitude[0] == 42.0
    assert read({"x": ["42", "43"], "y": ["76", "101"]}).latitude[0] == 42.0


def test_names_of_systems_in_both_languages_and_what_has_no_public_definition():
    assert find_system("Pulkovo 1942", where="x").to_epsg() == 4284
    assert find_system("СК-95 зона 13", where="x").to_epsg() == 20013
    assert find_system("ГСК-2011", where="x").to_epsg() == 7683
    with pytest.raises(SchemaError, match="SK-63 is no single reference system"):
        find_system("СК-63 зона А", where="x")
    with pytest.raises(SchemaError, match="no reference system is called 'EPSG:999999'"):
        find_system("EPSG:999999", where="x")
