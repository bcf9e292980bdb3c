"""Windows of rasters on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from geo_ree.catalog import Source
from geo_ree.errors import SchemaError, SettingsError
from geo_ree.fetching import fetch_snapshot, raster_windows, read, read_rasters
from geo_ree.settings import Settings

STEP = 0.01


@pytest.fixture
def own_dem(catalog) -> Source:
    """A raster that somebody has: an entry of a catalogue of the user's own."""
    return catalog["copernicus_glo90"].model_copy(
        update={"id": "own_dem", "protocol": "local", "url": "", "nulls": {"*": ("-32768",)}}
    )


def _height(x, y):
    return 1000 + 10 * x + 100 * y


def _write(path: Path, west, north, shape, *, hole=None, crs="EPSG:4326", step=STEP, **options):
    corner = options.pop("transform", Affine(step, 0, west, 0, -step, north))
    x = west + (np.arange(shape[1]) + 0.5) * step
    y = north - (np.arange(shape[0]) + 0.5) * step
    values = _height(x[None, :], y[:, None]).astype(options.pop("dtype", np.float32))
    if hole is not None:
        values[hole] = options.get("nodata", np.nan)
    scales = options.pop("scales", None)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=shape[1],
        height=shape[0],
        count=1,
        dtype=values.dtype,
        crs=crs,
        transform=corner,
        **options,
    ) as out:
        out.write(values, 1)
        if scales:
            out.scales, out.offsets = scales
    return path


def _check(window, atol=0.01):
    rows, columns = window.array.shape
    x = window.transform.c + (np.arange(columns) + 0.5) * window.transform.a
    y = window.transform.f + (np.arange(rows) + 0.5) * window.transform.e
    known = ~np.isnan(window.array)
    want = np.broadcast_to(_height(x[None, :], y[:, None]), window.array.shape)
    np.testing.assert_allclose(window.array[known], want[known], atol=atol)
    return known


def test_a_box_within_a_file_comes_with_a_pixel_around(own_dem, tmp_path):
    path = _write(tmp_path / "a.tif", 76, 43, (100, 100))
    window = read_rasters([path], (76.205, 42.305, 76.395, 42.495), own_dem)
    assert window.array.shape == (22, 22)
    assert (window.transform.c, window.transform.f) == pytest.approx((76.19, 42.51))
    assert _check(window).all()


def test_beyond_the_file_is_no_data(own_dem, tmp_path):
    path = _write(tmp_path / "a.tif", 76, 43, (100, 100), hole=np.s_[0, 0])
    window = read_rasters([path], (75.905, 42.905, 76.095, 43.095), own_dem)
    known = _check(window)
    assert known.sum() == 11 * 11 - 1  # the corner that lies in the file, with a pixel around
    apart = read_rasters([path], (60.0, 40.0, 60.5, 40.5), own_dem)
    assert apart.array.shape == (1, 1)
    assert np.isnan(apart.array).all()
    assert read_rasters([], (60.0, 40.0, 60.5, 40.5), own_dem).array.shape == (1, 1)


def test_windows_of_one_grid_are_joined_and_others_are_not(own_dem, tmp_path):
    west = _write(tmp_path / "w.tif", 76, 43, (100, 100))
    east = _write(tmp_path / "e.tif", 77, 43, (100, 50))
    off = _write(tmp_path / "o.tif", 77.004, 43, (100, 50))
    coarse = _write(tmp_path / "c.tif", 77, 43, (50, 25), step=0.02)
    box = (76.905, 42.405, 77.095, 42.595)
    both = read_rasters([west, east], box, own_dem)
    assert _check(both).all()
    for other in (off, coarse):
        alone = read_rasters([west, other], box, own_dem)
        assert 0.4 < _check(alone).mean() < 0.6
    other_way = read_rasters([east, west], box, own_dem)
    np.testing.assert_allclose(other_way.array, both.array, atol=1e-3)


def test_metres_in_another_reference_system(own_dem, tmp_path):
    corner = Affine(100, 0, 600_000, 0, -100, 4_760_000)
    path = _write(tmp_path / "utm.tif", 0, 0, (200, 300), crs="EPSG:32643", transform=corner)
    window = read_rasters([path], (76.30, 42.90, 76.35, 42.95), own_dem)
    assert window.crs == rasterio.CRS.from_epsg(32643)
    assert (window.transform.a, window.transform.e) == (100, -100)
    assert window.array.shape[0] == pytest.approx(55.6 + 3, abs=3)
    assert not np.isnan(window.array).any()
    row = read(own_dem, path).loc[1]
    assert row["west"] == pytest.approx(76.22, abs=0.02)
    assert row["pixel_y_deg"] * 111_000 == pytest.approx(100, rel=0.05)


def test_scale_offset_and_every_kind_of_no_data(own_dem, tmp_path):
    path = _write(
        tmp_path / "s.tif",
        76,
        43,
        (20, 20),
        dtype=np.int16,
        hole=np.s_[5, 5],
        nodata=-9999,
        scales=((1.25,), (-100.0,)),
    )
    with rasterio.open(path, "r+") as grid:
        values = grid.read(1)
        values[6, 6] = -32768  # the catalogue knows it, the file does not
        grid.write(values, 1)
    window = read_rasters([path], (76.001, 42.801, 76.199, 42.999), own_dem)
    assert np.argwhere(np.isnan(window.array[1:-1, 1:-1])).tolist() == [[5, 5], [6, 6]]
    at = window.array[1, 1]
    assert at == pytest.approx(1.25 * int(_height(76.005, 42.995)) - 100)
    assert read(own_dem, path).loc[1, "maximum"] == np.nanmax(window.array)


def test_a_raster_of_ones_own_is_taken_in_any_system_and_by_no_tile(own_dem, tmp_path):
    settings = Settings(data_root=tmp_path / "data", offline=True)
    corner = Affine(100, 0, 600_000, 0, -100, 4_760_000)
    good = _write(tmp_path / "utm.tif", 0, 0, (20, 30), crs="EPSG:32643", transform=corner)
    snapshot = fetch_snapshot(own_dem, settings, provided=good)
    assert snapshot.provenance.origin == "provided"
    assert snapshot.provenance.part == ""
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        bare = _write(tmp_path / "bare.tif", 0, 0, (5, 5), crs=None, transform=Affine.identity())
    turned = _write(
        tmp_path / "turned.tif",
        0,
        0,
        (5, 5),
        crs="EPSG:32643",
        transform=Affine(100, 5, 600_000, 5, -100, 4_760_000),
    )
    text = tmp_path / "text.tif"
    text.write_text("no raster", encoding="utf-8")
    for path, said in (
        (
            bare,
            "no reference system, expected one band in a known reference system .* gdal_translate",
        ),
        (turned, "is rotated, expected north up .see gdalwarp."),
        (text, "is not a whole GeoTIFF; fetch it again with geo-ree fetch own_dem --file PATH"),
    ):
        with pytest.raises(SchemaError, match=said):
            fetch_snapshot(own_dem, settings, provided=path)
        with pytest.raises(SchemaError, match=said):
            read_rasters([path], (76.0, 42.0, 77.0, 43.0), own_dem)


def test_a_second_band_is_read_as_slopes_where_the_entry_says_so(own_dem, tmp_path):
    path = tmp_path / "two.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=4,
        height=3,
        count=2,
        dtype="int16",
        crs="EPSG:4326",
        nodata=-1,
        transform=Affine(0.25, 0, 76, 0, -0.25, 43),
    ) as out:
        out.write(np.full((3, 4), 100, np.int16), 1)
        out.write(np.arange(12, dtype=np.int16).reshape(3, 4) - 1, 2)
        out.scales = (5.0, 0.5)
    box = (76.3, 42.55, 76.4, 42.7)
    sloping = own_dem.model_copy(update={"slope_cell_m": 463.0})
    window = read_rasters([path], box, sloping)
    assert (window.array == 500.0).all()
    assert window.slope.shape == window.array.shape
    assert np.array_equal(window.slope[:, 0], [np.nan, 1.5, 3.5], equal_nan=True)
    with pytest.raises(SchemaError, match="has 2 bands in EPSG:4326, expected one band"):
        read_rasters([path], box, own_dem)
    one = _write(tmp_path / "one.tif", 76, 43, (5, 5))
    with pytest.raises(SchemaError, match=r"has 1 bands .* expected two bands .heights, slopes."):
        read_rasters([one], box, sloping)


def test_a_file_that_was_cut_short_is_an_error_at_the_reading(own_dem, tmp_path):
    path = _write(tmp_path / "a.tif", 76, 43, (300, 300))
    path.write_bytes(path.read_bytes()[:200_000])
    with pytest.raises(SchemaError, match=r"a\.tif is not a whole GeoTIFF"):
        read_rasters([path], (76.0, 40.2, 78.9, 42.9), own_dem)


def test_a_box_that_is_too_large_is_refused(own_dem, tmp_path, monkeypatch):
    path = _write(tmp_path / "a.tif", 76, 43, (100, 100))
    monkeypatch.setattr(raster_windows, "MAX_PIXELS", 500)
    with pytest.raises(SettingsError, match="own_dem: the box 76,42,77,43 has .* at most 500"):
        read_rasters([path], (76.0, 42.0, 77.0, 43.0), own_dem)


def _heights(path: Path, values, *, unit=None, crs="EPSG:4326"):
    array = np.asarray(values)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=array.shape[1],
        height=array.shape[0],
        count=1,
        dtype=array.dtype,
        crs=crs,
        transform=Affine(STEP, 0, 76, 0, -STEP, 43),
    ) as out:
        out.write(array, 1)
        if unit:
            out.set_band_unit(1, unit)
    return path


BOX = (76.001, 42.951, 76.049, 42.999)


@pytest.mark.parametrize(
    ("unit", "metres"),
    [
        ("metre", 2789.0),
        ("m", 2789.0),
        ("ft", 2789 * 0.3048),
        ("Foot", 2789 * 0.3048),
        ("US survey foot", 2789 * 1200 / 3937),
        ("km", None),
        ("degree_Celsius", None),
    ],
)
def test_the_unit_of_the_band_counts(own_dem, tmp_path, unit, metres):
    path = _heights(tmp_path / "u.tif", np.full((5, 5), 2789, np.float32), unit=unit)
    if metres is None:
        with pytest.raises(SchemaError, match=r"the unit of the raster is 'degree_|no height from"):
            read(own_dem, path)
        return
    window = read_rasters([path], BOX, own_dem)
    assert window.array[2, 2] == pytest.approx(metres, abs=0.01)
    assert read(own_dem, path).loc[1, "maximum"] == pytest.approx(metres, abs=0.01)


def test_a_vertical_reference_system_in_feet_counts_too(own_dem, tmp_path):
    path = _heights(tmp_path / "v.tif", np.full((5, 5), 1000, np.int16), crs="EPSG:4269+6360")
    window = read_rasters([path], BOX, own_dem)
    assert np.nanmax(window.array) == pytest.approx(304.8006, abs=0.001)


def test_the_unit_of_the_entry_counts_before_that_of_the_band(own_dem, tmp_path):
    path = _heights(tmp_path / "e.tif", np.full((5, 5), 1000, np.int16), unit="K")
    entry = own_dem.model_copy(update={"units": {"elevation_m": "ft"}})
    assert np.nanmax(read_rasters([path], BOX, entry).array) == pytest.approx(304.8, abs=0.001)


@pytest.mark.parametrize("void", [-32768, -9999, 9999, -3.4028235e38, np.inf, 1e30])
def test_voids_that_the_file_does_not_declare_are_no_data_and_counted(own_dem, tmp_path, void):
    entry = own_dem.model_copy(update={"nulls": {}})
    values = np.full((5, 5), 1000, np.float32)
    values[2, 2] = void
    path = _heights(tmp_path / "void.tif", values)
    window = read_rasters([path], BOX, entry)
    assert np.argwhere(np.isnan(window.array[1:-1, 1:-1])).tolist() == [[2, 2]]
    assert (np.nanmin(window.array), np.nanmax(window.array)) == (1000, 1000)
    summary = read(entry, path).loc[1]
    assert summary["impossible"] == int(np.isfinite(void))
    assert summary["maximum"] == 1000


def test_no_data_is_found_before_the_unit_is_applied(own_dem, tmp_path):
    values = np.full((5, 5), 1000, np.float32)
    values[2, 2] = -500  # a possible height once it is taken for feet
    path = _heights(tmp_path / "n.tif", values, unit="ft")
    with rasterio.open(path, "r+") as grid:
        grid.nodata = -500
    window = read_rasters([path], BOX, own_dem)
    assert np.argwhere(np.isnan(window.array[1:-1, 1:-1])).tolist() == [[2, 2]]
    assert read(own_dem, path).loc[1, "impossible"] == 0


def test_a_no_data_value_that_the_pixels_cannot_have_does_no_harm(own_dem, tmp_path):
    path = _heights(tmp_path / "u.tif", np.full((5, 5), 1000, np.uint16))
    with rasterio.open(path, "r+") as grid:
        grid.nodata = 55537
    raw = path.read_bytes()
    assert raw.count(b"55537\0") == 1
    path.write_bytes(raw.replace(b"55537\0", b"-9999\0"))  # of an unsigned raster
    assert np.nanmax(read_rasters([path], BOX, own_dem).array) == 1000


def test_a_raster_of_impossible_heights_is_refused(own_dem, tmp_path):
    path = _heights(tmp_path / "mm.tif", np.full((5, 5), 850_000, np.int32))
    with pytest.raises(SchemaError, match=r"no height from -500 to 9000 m, as land has \(25 pix"):
        read(own_dem, path)
