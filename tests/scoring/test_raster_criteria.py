"""Criteria from rasters: the file is read at the points of a table, in any reference system."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from geo_ree.errors import SchemaError, ScoreError
from geo_ree.reading.raster_band import RasterBand
from geo_ree.scoring import (
    Criterion,
    Exponential,
    Linear,
    ScoreModel,
    explain,
    influence,
    reweigh,
    score,
    uncertainty,
)

WIND = np.float32([[5.0, 20.0, -9.0], [8.0, 40.0, 0.0]])


def write(
    path: Path, values: np.ndarray, corner=(70.0, 46.0), step=1.0, crs=4326, **profile
) -> Path:
    bands = values if values.ndim == 3 else values[None]
    given = {"nodata": -9.0, "dtype": bands.dtype.name, "driver": "GTiff", **profile}
    count, height, width = bands.shape
    where = rasterio.transform.from_origin(*corner, step, step)
    with rasterio.open(
        path, "w", count=count, height=height, width=width, crs=crs, transform=where, **given
    ) as raster:
        raster.write(bands)
        raster.units = ["m/s"] * count
    return path


def points(*places: tuple[float, float], crs: object = 4326, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapely.points(places), crs=4326).to_crs(crs)


def wind(path: Path, **options) -> Criterion:
    return Criterion.from_raster(path, name="calm", value=Linear(20), weight=0.5, **options)


def test_a_table_of_points_is_scored_by_a_raster(tmp_path) -> None:
    calm = wind(write(tmp_path / "wind.tif", WIND))
    assert (calm.column, calm.unit) == ("raster_calm", "m/s")
    table = points((70.5, 45.5), (71.5, 45.5), (72.5, 45.5), (99.0, 45.0))
    out = score(table, ScoreModel((calm,)))
    assert out["value_calm"].tolist()[:2] == [0.75, 0.0]
    assert out["value_calm"].isna().tolist() == [False, False, True, True]  # no data, and outside
    there = table.to_crs(32642)
    np.testing.assert_allclose(score(there, ScoreModel((calm,)))["score"], out["score"])


def test_a_raster_in_metres_with_scale_and_offset_keeps_its_unit(tmp_path) -> None:
    place = points((70.0, 45.0))
    x, y = place.to_crs(32642).geometry[0].coords[0]
    path = write(
        tmp_path / "grid.tif", np.int16([[100, 7]]), (x - 500, y + 500), 1000.0, "EPSG:32642"
    )
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (0.1,), (2.0,)
    assert RasterBand(path).read(70.0, 45.0) == pytest.approx(12.0)


def test_nearest_and_bilinear_read_as_they_say(tmp_path) -> None:
    path = write(tmp_path / "wind.tif", WIND)
    near, smooth = RasterBand(path), RasterBand(path, method="bilinear")
    assert near.read([70.9, 71.1], [45.5, 45.5]).tolist() == [5.0, 20.0]
    assert smooth.read([71.0, 70.5, 70.1], [45.5, 45.5, 45.5]).tolist() == [12.5, 5.0, 5.0]
    assert smooth.read(71.0, 45.0) == pytest.approx((5 + 20 + 8 + 40) / 4)
    assert smooth.read(71.9, 45.5) == 20.0  # its neighbour has no data
    assert np.isnan(smooth.read(72.1, 45.5))
    assert near.read([[70.5], [71.5]], [[45.5], [44.5]]).shape == (2, 1)
    assert near.read([73.0, 70.0], [44.0, 46.0]).tolist() == [0.0, 5.0]  # on the edge


def test_many_points_far_apart_are_read_tile_by_tile(tmp_path) -> None:
    values = np.arange(1500 * 1200, dtype=np.float32).reshape(1500, 1200)
    band = RasterBand(write(tmp_path / "large.tif", values, (60.0, 50.0), 0.01, tiled=True))
    rng = np.random.default_rng(2)
    row, column = rng.integers(0, 1500, 4000), rng.integers(0, 1200, 4000)
    lon, lat = 60.005 + 0.01 * column, 49.995 - 0.01 * row
    np.testing.assert_array_equal(band.read(lon, lat), values[row, column])
    np.testing.assert_allclose(
        RasterBand(band.path, method="bilinear").read(lon, lat), values[row, column], rtol=1e-5
    )


def test_other_formats_are_read_by_the_driver_that_their_bytes_name(tmp_path) -> None:
    ascii_grid = tmp_path / "grid.asc"
    ascii_grid.write_text("ncols 2\nnrows 1\nxllcorner 70\nyllcorner 45\ncellsize 1\n3 4\n")
    with pytest.raises(SchemaError, match="no coordinate reference system"):
        RasterBand(ascii_grid).read_unit()
    grid = RasterBand(ascii_grid, crs="EPSG:4326")
    assert grid.read([70.5, 71.5], [45.5, 45.5]).tolist() == [3.0, 4.0]
    surfer = write(tmp_path / "wind.grd", WIND, driver="GSBG", nodata=None, crs=None)
    assert RasterBand(surfer, crs="EPSG:4326").read(71.5, 44.5) == 40.0
    with pytest.raises(SchemaError, match="is given as 'EPSG:0000'; give an EPSG code that exists"):
        RasterBand(ascii_grid, crs="EPSG:0000")


@pytest.mark.parametrize("content", ["<VRTDataset/>", "<GDAL_WMS/>", '{"type": "x"}', "", "PNG"])
def test_what_no_raster_driver_may_open_is_refused(tmp_path, content) -> None:
    path = tmp_path / "raster.tif"
    path.write_text(content)
    with pytest.raises(SchemaError, match="no raster that geo_ree reads; save it as a GeoTIFF"):
        wind(path)


def test_a_file_that_cannot_be_used_is_refused_at_once(tmp_path) -> None:
    path = write(tmp_path / "wind.tif", WIND)
    with pytest.raises(SchemaError, match="has 1 bands, band 2 is asked for"):
        wind(path, band=2)
    with pytest.raises(SchemaError, match="'bilinaer'; did you mean bilinear"):
        wind(path, method="bilinaer")
    with pytest.raises(SchemaError, match="cannot be read"):
        wind(tmp_path / "none.tif")
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(SchemaError, match="not a whole raster"):
        wind(path)


def test_a_column_of_the_table_counts_before_the_raster(tmp_path) -> None:
    calm = wind(write(tmp_path / "wind.tif", WIND))
    table = pd.DataFrame({"raster_calm": [0.0]})
    assert score(table, ScoreModel((calm,)))["score"].tolist() == [100.0]
    with pytest.raises(
        ScoreError, match="criteria.calm reads a raster, and the table has no points"
    ):
        score(pd.DataFrame({"dist_road_km": [1.0]}), ScoreModel((calm,)))
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(70, 45), (71, 45)])], crs=4326)
    with pytest.raises(ScoreError, match="the table has other geometries"):
        score(lines, ScoreModel((calm,)))


def test_a_value_below_0_is_worth_as_much_as_0(tmp_path) -> None:
    calm = wind(write(tmp_path / "wind.tif", WIND, nodata=-99.0))
    assert score(points((72.5, 45.5)), ScoreModel((calm,)))["score"].tolist() == [100.0]
    with pytest.raises(ScoreError, match="dist_km is -9, expected 0 or more"):
        score(
            pd.DataFrame({"dist_km": [-9.0]}),
            ScoreModel((Criterion("far", "dist_km", Linear(20), 1.0),)),
        )


def test_everything_that_scores_reads_the_raster(tmp_path) -> None:
    calm = wind(write(tmp_path / "wind.tif", WIND), label="wind")
    model = ScoreModel((calm, Criterion("rail", "dist_railway_km", Exponential(50), 0.5)))
    table = points(
        (70.5, 45.5), (71.5, 45.5), dist_railway_km=[50.0, 10.0], name=["Upper", "Lower"]
    )
    points_of = score(table, model)
    drawn = uncertainty(table, model, None, draws=50)
    assert drawn.table["score_p5"].notna().all()
    assert reweigh(table, model, draws=50)["score_mean"].notna().all()
    assert set(influence(table, model, samples=16).assumptions["criterion"]) == {"calm", "rail"}
    why = explain("Upper", table.join(points_of), model)
    assert "wind 5 m/s (38 points)" in why.sentence
    assert why.table.loc["calm", "distance_km"] == 5.0


def test_a_column_that_is_missing_gets_the_nearest_spellings() -> None:
    model = ScoreModel((Criterion("grade", "grade_pc", Linear(5), 1.0, unit="%"),))
    with pytest.raises(
        ScoreError, match="'grade_pc', but the table has no such column; did you mean grade_pct"
    ):
        score(pd.DataFrame({"grade_pct": [1.0], "name": ["A"]}), model)
    own = ScoreModel((Criterion("depth", "depth_m", Linear(100), 1.0, unit="m of cover"),))
    table = pd.DataFrame({"depth_m": [25.0]}, index=["A"])
    assert score(table, own)["score"].tolist() == [75.0]
    assert (
        "depth 25 m of cover (75 points)"
        in explain("A", table.join(score(table, own)), own).sentence
    )
