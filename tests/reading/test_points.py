"""Points of a user's own file, without a catalogue entry."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_ree.errors import SchemaError
from geo_ree.reading.points import read_points


def test_every_row_and_column_passes_and_a_row_without_a_place_has_no_geometry(tmp_path):
    path = tmp_path / "Мои точки.csv"
    path.write_text("site;Широта;Долгота;Nb\n007;42,5;76,1;0,3\n008;;;\n", encoding="utf-8")
    frame = read_points(path)
    assert frame.columns.tolist() == ["site", "Широта", "Долгота", "Nb", "geometry"]
    assert frame["site"].tolist() == ["007", "008"]
    assert frame.index.tolist() == [2, 3]
    assert frame.geometry.iloc[0].equals(shapely.Point(76.1, 42.5))
    assert frame.geometry.iloc[1] is None
    assert frame.attrs["geo_ree"]["columns"] == ["Широта", "Долгота"]


def test_all_rows_that_cannot_be_read_are_named_at_once(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,lat,lon\nA,42,76\nB,north,76\nC,42,\n")
    with pytest.raises(SchemaError, match=r"x.csv row 3: lat is 'north'.*; row 4: lon is blank"):
        read_points(path)
    path.write_text("a,lat,lon\nA,42,76\nB,98.2,76\n")
    with pytest.raises(SchemaError, match=r"x.csv row 3: latitude 98.2, .* not on the globe"):
        read_points(path)


def test_a_table_without_coordinates_says_what_it_has(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(SchemaError, match=r"recognised as coordinates \(it has: a, b\)"):
        read_points(path)


def test_a_layer_is_moved_from_its_own_system_and_the_accuracy_is_stated(tmp_path):
    path = tmp_path / "x.gpkg"
    point = gpd.GeoSeries([shapely.MultiPoint([(69, 47, 900)])], crs=4326)
    gpd.GeoDataFrame({"name": ["A"]}, geometry=point).to_crs(28412).to_file(path)
    frame = read_points(path)
    assert frame.geometry.iloc[0].distance(shapely.Point(69, 47)) < 1e-6
    assert not frame.geometry.has_z.any()
    account = frame.attrs["geo_ree"]
    assert 0 < account["accuracy_m"] < 10
    assert account["noted"]["geometries of one part read as points"] == 1


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        (shapely.MultiPoint([(76, 42), (77, 42)]), "explode"),
        (shapely.box(76, 42, 77, 43), "centroid"),
        (shapely.LineString([(76, 42), (77, 42)]), "centroid"),
    ],
)
def test_what_is_no_point_names_its_row_and_a_remedy(tmp_path, shape, hint):
    path = tmp_path / "x.geojson"
    shapes = [shapely.Point(76, 42), shape]
    gpd.GeoDataFrame({"n": [1, 2]}, geometry=shapes, crs=4326).to_file(path)
    with pytest.raises(SchemaError, match=rf"row 2 is a {shape.geom_type}, .*{hint}"):
        read_points(path)


def test_quotes_for_seconds_in_a_table_without_quotes(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a,lat,lon\nA,42°15\'30"N,76°10\'20"E\nB,"42°15\'30""","76°10\'20"""\n')
    frame = read_points(path)
    assert frame.geometry.y.tolist() == pytest.approx([42.258333] * 2)


def test_a_long_number_of_a_workbook_is_shown_in_full_and_noted(tmp_path):
    path = tmp_path / "x.xlsx"
    table = pd.DataFrame({"id": [1914310000010100016], "lat": [42.5], "lon": [76.1]})
    table.to_excel(path, index=False, engine="xlsxwriter")
    frame = read_points(path)
    assert frame["id"].tolist() == ["1914310000010100000"]
    assert any("15 digits" in remark for remark in frame.attrs["geo_ree"]["noted"])


def test_long_ids_and_leading_zeros_of_a_text_table_stay(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("id,lat,lon\n9007199254740993,42,76\n,42,76\n00012,42,76\n")
    assert read_points(path)["id"].tolist() == ["9007199254740993", "", "00012"]


def test_errors_of_readers_speak_of_the_file_and_not_of_a_catalogue(tmp_path):
    path = tmp_path / "x.gpkg"
    point = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(76, 42)], crs=4326)
    for layer in ("a", "b"):
        point.to_file(path, layer=layer)
    with pytest.raises(SchemaError, match=r"^x.gpkg has several layers: a, b; name one in sheet"):
        read_points(path)
    assert len(read_points(path, sheet="b")) == 1
    table = tmp_path / "x.tab"
    table.write_text("!table\n!version 300\n")
    with pytest.raises(SchemaError, match="^x.tab is a MapInfo table: save it as GeoPackage"):
        read_points(table)


def test_x_may_be_the_northing_of_other_grids_too(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("X,Y\n317385.921,500000.000\n")  # LKS-92: x points north
    assert (
        read_points(path, crs="EPSG:3059").geometry.iloc[0].distance(shapely.Point(24, 57)) < 1e-6
    )
