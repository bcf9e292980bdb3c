"""Rasters and polygons sampled at points."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

import geo_ree
from geo_ree.errors import SchemaError, SettingsError

GEOLOGY = gpd.GeoDataFrame(
    {"lithology": ["granite", "schist", "dyke"], "age": ["D", "O", "P"]},
    geometry=[
        shapely.box(76, 42, 77, 43),
        shapely.box(77, 42, 78, 43),
        shapely.box(76.4, 42, 76.6, 43),
    ],
    crs=4326,
)


def sites(*places, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapely.points(places), crs=4326)


def test_a_point_has_the_columns_of_the_smallest_polygon_that_holds_it() -> None:
    out = geo_ree.sample(sites((76.1, 42.5), (76.5, 42.5), (77.5, 42.5), (79.0, 42.5)), GEOLOGY)
    assert out["lithology"].fillna("").tolist() == ["granite", "dyke", "schist", ""]
    assert out["polygons"].tolist() == [1, 2, 1, 0]
    assert out["contact_km"].isna().tolist() == [False, False, False, True]
    assert out["outside_km"].tolist()[:3] == [0, 0, 0]
    assert out["contact_km"][0] == pytest.approx(8.2, abs=0.1)  # a tenth of a degree at 42.5 N
    assert out["outside_km"][3] == pytest.approx(82.2, abs=0.2)


def test_points_and_polygons_may_have_any_reference_system_and_index() -> None:
    points = sites((76.1, 42.5), (79.0, 42.5), site=["A", "B"]).set_index("site")
    expected = geo_ree.sample(points, GEOLOGY)
    out = geo_ree.sample(points.to_crs(32643), GEOLOGY.to_crs(3857))
    assert out.crs.to_epsg() == 32643
    assert out.index.tolist() == ["A", "B"]
    assert out["lithology"].fillna("").tolist() == ["granite", ""]
    np.testing.assert_allclose(out["outside_km"], expected["outside_km"], atol=0.01)
    twice = geo_ree.sample(points.iloc[[0, 0]], GEOLOGY)
    assert twice["lithology"].tolist() == ["granite", "granite"]


def test_columns_are_chosen_and_never_overwritten() -> None:
    points = sites((76.1, 42.5), age=["mine"])
    assert list(geo_ree.sample(points, GEOLOGY, columns="lithology"))[-4:] == [
        *("lithology", "polygons", "contact_km", "outside_km")
    ]
    with pytest.raises(SettingsError, match="the points have a column age already; give a prefix"):
        geo_ree.sample(points, GEOLOGY)
    out = geo_ree.sample(points, GEOLOGY, prefix="map_")
    assert (out["age"][0], out["map_age"][0]) == ("mine", "D")
    with pytest.raises(SettingsError, match="no column 'litology'; did you mean lithology"):
        geo_ree.sample(points, GEOLOGY, columns=["litology"])


def test_polygons_come_from_a_file_too(tmp_path) -> None:
    GEOLOGY.to_file(tmp_path / "map.geojson")
    GEOLOGY.to_crs(32643).to_file(tmp_path / "map.gpkg")
    points = sites((76.1, 42.5))
    for name in ("map.geojson", "map.gpkg"):
        assert geo_ree.sample(points, tmp_path / name, columns="age")["age"].tolist() == ["D"]
    with pytest.raises(SchemaError, match="does not exist"):
        geo_ree.sample(points, tmp_path / "none.gpkg")


def test_a_raster_gives_one_column(tmp_path) -> None:
    path = tmp_path / "gravity.tif"
    where = rasterio.transform.from_origin(76, 43, 1, 1)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=2,
        height=1,
        count=1,
        dtype="float32",
        nodata=-1.0,
        crs=4326,
        transform=where,
    ) as raster:
        raster.write(np.float32([[[-40.0, -1.0]]]))
    points = sites((76.5, 42.5), (77.5, 42.5), (79.0, 42.5))
    points = points.set_geometry([*points.geometry[:2], None])
    out = geo_ree.sample(points, path)
    assert out["gravity"].isna().tolist() == [False, True, True]
    assert out["gravity"][0] == -40.0
    assert geo_ree.sample(points, path, columns="bouguer", method="bilinear")["bouguer"][0] == -40.0
    with pytest.raises(SettingsError, match="a raster gives one column, not 2"):
        geo_ree.sample(points, path, columns=["a", "b"])


def test_what_is_no_point_or_no_polygon_is_refused() -> None:
    with pytest.raises(SchemaError, match="row 0 of the points is a Polygon"):
        geo_ree.sample(GEOLOGY, GEOLOGY)
    with pytest.raises(SchemaError, match="no polygons"):
        geo_ree.sample(sites((76.5, 42.5)), sites((76.5, 42.5), a=[1]))
    with pytest.raises(SchemaError, match="no coordinate reference system"):
        geo_ree.sample(sites((76.5, 42.5)).set_crs(None, allow_override=True), GEOLOGY)
