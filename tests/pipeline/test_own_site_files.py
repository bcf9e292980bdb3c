"""Sites from a user's own file as people have it, without a catalogue entry."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_ree.errors import SchemaError
from geo_ree.pipeline.own_site_table import read_sites
from geo_ree.pipeline.world_borders import borders_of
from geo_ree.settings import REGION


@pytest.fixture(scope="module")
def countries():
    return borders_of(REGION)


def places(sites):
    return sites.part.frame.geometry


def test_semicolons_decimal_commas_and_russian_heads(countries, tmp_path):
    path = tmp_path / "Мои точки.csv"
    path.write_text("site;Широта;Долгота;Nb\n007;42,5;76,1;0,3\n", encoding="utf-8")
    sites = read_sites(path, countries)
    assert places(sites).iloc[0].equals(shapely.Point(76.1, 42.5))
    assert sites.part.frame["name"].tolist() == ["007"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("A,42,76\nB,north,76\n", r"row 3.*'north'"),
        ("A,42,76\nB,98.2,76\n", r"row 3.*98\.2"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(countries, tmp_path, rows, said):
    path = tmp_path / "x.csv"
    path.write_text(f"a,lat,lon\n{rows}")
    with pytest.raises(SchemaError, match=said):
        read_sites(path, countries)


def test_a_layer_in_another_datum_is_moved_and_its_accuracy_is_stated(countries, tmp_path):
    path = tmp_path / "x.gpkg"
    point = gpd.GeoSeries([shapely.MultiPoint([(69, 47, 900)])], crs=4326)
    gpd.GeoDataFrame({"name": ["A"]}, geometry=point).to_crs(28412).to_file(path)
    sites = read_sites(path, countries)
    assert places(sites).iloc[0].distance(shapely.Point(69, 47)) < 1e-6
    assert not places(sites).has_z.any()


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        (shapely.MultiPoint([(76, 42), (77, 42)]), "explode"),
        (shapely.box(76, 42, 77, 43), "centroid"),
        (shapely.LineString([(76, 42), (77, 42)]), "centroid"),
    ],
)
def test_what_is_no_point_names_its_row_and_a_remedy(countries, tmp_path, shape, hint):
    path = tmp_path / "x.geojson"
    shapes = [shapely.Point(76, 42), shape]
    gpd.GeoDataFrame({"n": [1, 2]}, geometry=shapes, crs=4326).to_file(path)
    with pytest.raises(SchemaError, match=rf"row 2: its geometry is a {shape.geom_type}.*{hint}"):
        read_sites(path, countries)


def test_quotes_for_seconds_in_a_table_without_quotes(countries, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a,lat,lon\nA,42°15\'30"N,76°10\'20"E\nB,"42°15\'30""","76°10\'20"""\n')
    assert places(read_sites(path, countries)).y.tolist() == pytest.approx([42.258333] * 2)


def test_x_may_be_the_northing(countries, tmp_path):
    path = tmp_path / "x.csv"
    table = gpd.GeoSeries([shapely.Point(69, 47)], crs=4326).to_crs(28412)
    path.write_text(f"name,X,Y\nA,{table.y.iloc[0]:.3f},{table.x.iloc[0]:.3f}\n")
    sites = read_sites(path, countries, crs="EPSG:28412")
    assert places(sites).iloc[0].distance(shapely.Point(69, 47)) < 1e-6


def test_long_ids_stay_to_the_last_digit(countries, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("name,licence,lat,lon\nA,9007199254740993,42,76\nB,00012,42,76\n")
    sites = read_sites(path, countries)
    assert sites.columns["licence"].astype(str).tolist() == ["9007199254740993", "00012"]


def test_a_file_of_another_program_says_what_to_do(countries, tmp_path):
    path = tmp_path / "x.tab"
    path.write_text("!table\n!version 300\n")
    with pytest.raises(SchemaError, match="is a MapInfo table: save it as GeoPackage"):
        read_sites(path, countries)
    frame = pd.DataFrame({"a": [1], "b": [2]})
    with pytest.raises(SchemaError, match="coordinates"):
        read_sites(frame, countries)
