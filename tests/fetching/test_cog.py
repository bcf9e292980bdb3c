"""Windows of tiled rasters, read from an HTTP server by ranges."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import trustme
from rasterio.transform import Affine

from geo_ree.catalog import Source
from geo_ree.errors import CatalogError, FetchError, SchemaError, SettingsError
from geo_ree.fetching import fetch_snapshot, raster_windows, read, read_window, sample, tile_names
from geo_ree.fetching.cog import download_window
from geo_ree.fetching.protocol import Request
from geo_ree.fetching.transport.download import Client
from geo_ree.reading import geotiffs
from geo_ree.settings import Settings

HOST = "copernicus-dem-90m.s3.amazonaws.com"
BOX = (76.2, 42.3, 76.4, 42.6)
N = 60
"""Pixels along the side of a small tile of one degree."""


def put(site, url: str, content: bytes) -> str:
    path = "/" + url.removeprefix("https://")
    site.files[path] = content
    return path


def bytes_asked(site) -> int:
    spans = [re.fullmatch(r"bytes=(\d+)-(\d+)", h["Range"]) for h in site.headers]
    return sum(int(span[2]) + 1 - int(span[1]) for span in spans)


@pytest.fixture
def glo(catalog: Mapping[str, Source]) -> Source:
    return catalog["copernicus_glo90"]


def height(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """A made-up plane: its value tells where a pixel is, and interpolation keeps it."""
    return (1000.0 + 10.0 * lon + 100.0 * lat).astype(np.float32)


def geotiff(path: Path, values: np.ndarray, transform: Affine, **options: object) -> bytes:
    profile = {
        "driver": "COG",
        "width": values.shape[1],
        "height": values.shape[0],
        "count": 1,
        "dtype": values.dtype,
        "crs": "EPSG:4326",
        "transform": transform,
        **options,
    }
    with rasterio.open(path, "w", **profile) as out:
        out.write(values, 1)
    return path.read_bytes()


@pytest.fixture
def put_tile(site, tmp_path: Path, glo: Source) -> Callable[..., str]:
    """Put a tile as Copernicus cuts it: the centre of its first pixel is its north-western corner."""

    def put_one(
        lon: int, lat: int, *, columns: int = N, holes: tuple[int, int] | None = None
    ) -> str:
        dx, dy = 1.0 / columns, 1.0 / N
        corner = Affine(dx, 0, lon - dx / 2, 0, -dy, lat + 1 + dy / 2)
        x, y = np.meshgrid(lon + np.arange(columns) * dx, lat + 1 - np.arange(N) * dy)
        values = height(x, y)
        if holes is not None:
            values[holes] = -9999.0
        url = tile_names(glo, (lon, lat, lon + 1, lat + 1))[lon, lat]
        return put(site, url, geotiff(tmp_path / "tile.tif", values, corner, nodata=-9999.0))

    return put_one


def centres(window) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = window.array.shape
    step = window.transform
    return np.meshgrid(
        step.c + (np.arange(columns) + 0.5) * step.a, step.f + (np.arange(rows) + 0.5) * step.e
    )


@pytest.mark.parametrize(
    ("box", "corners"),
    [
        ((76.2, 42.2, 76.4, 42.4), [(76, 42)]),
        ((76.0, 42.0, 77.0, 43.0), [(76, 42)]),
        ((76.9, 42.9, 77.1, 43.1), [(76, 42), (77, 42), (76, 43), (77, 43)]),
        ((-0.5, -0.5, 0.5, 0.5), [(-1, -1), (0, -1), (-1, 0), (0, 0)]),
        ((-180.0, -90.0, -179.5, -89.5), [(-180, -90)]),
        ((179.5, 89.5, 180.0, 90.0), [(179, 89)]),
        ((76 + 1e-12, 42.0, 77.0, 43 - 1e-12), [(76, 42)]),
    ],
)
def test_a_box_lies_in_the_tiles_that_it_has_a_part_of(glo, box, corners):
    assert list(tile_names(glo, box)) == corners


@pytest.mark.parametrize(
    ("source_id", "box", "end"),
    [
        (
            "copernicus_glo90",
            (76.2, 42.2, 76.4, 42.4),
            "dem-90m.s3.amazonaws.com/Copernicus_DSM_COG_30_N42_00_E076_00_DEM"
            "/Copernicus_DSM_COG_30_N42_00_E076_00_DEM.tif",
        ),
        (
            "copernicus_glo30",
            (-0.5, -0.5, -0.1, -0.1),
            "dem-30m.s3.amazonaws.com/Copernicus_DSM_COG_10_S01_00_W001_00_DEM"
            "/Copernicus_DSM_COG_10_S01_00_W001_00_DEM.tif",
        ),
        ("copernicus_glo30", (0.1, 0.1, 0.2, 0.2), "_10_N00_00_E000_00_DEM.tif"),
        ("gmted2010", (-80.0, -5.0, -70.0, 5.0), "/mea/W090/10S090W_20101117_gmted_mea075.tif"),
        ("gmted2010", (66.0, 40.0, 67.0, 41.0), "/mea/E060/30N060E_20101117_gmted_mea075.tif"),
        ("gmted2010", (66.0, 50.0, 67.0, 51.0), "/mea/E060/50N060E_20101117_gmted_mea075.tif"),
        ("gmted2010", (-180.0, -90.0, -170.0, -80.0), "W180/90S180W_20101117_gmted_mea075.tif"),
    ],
)
def test_the_name_of_a_tile_is_that_of_its_south_western_corner(catalog, source_id, box, end):
    (url,) = tile_names(catalog[source_id], box).values()
    assert url.endswith(end)


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ((179.0, 50.0, -179.0, 51.0), "two boxes where one would cross the antimeridian"),
        ((70.0, 50.0, 70.0, 51.0), "does not go from west to east"),
        ((70.0, 51.0, 71.0, 50.0), "does not go from south to north"),
        ((70.0, 50.0, 190.0, 51.0), "is not on the globe"),
        ((float("nan"), 50.0, 71.0, 51.0), "is not on the globe"),
        ((70.0, 50.0, 71.0, float("nan")), "is not on the globe"),
        ((40.0, 29.0, 120.0, 56.0), "needs 2160 tiles, at most 100"),
    ],
)
def test_what_is_no_box_is_refused(glo, box, said):
    with pytest.raises(SettingsError, match=re.escape(said)):
        tile_names(glo, box)


@pytest.mark.parametrize(
    ("url", "tile"),
    [
        ("https://tiles.example/a.tif", "{ns}{lat}"),
        ("https://tiles.example/{tile}.tif", "{ns}{latitude}"),
        ("https://{tile}.example/a.tif", "{ns}{lat}"),
    ],
)
def test_an_entry_without_a_pattern_is_refused(glo, url, tile):
    reader = glo.reader.model_copy(update={"tile": tile})
    entry = glo.model_copy(update={"url": url, "reader": reader})
    with pytest.raises(CatalogError, match="not a pattern of a tile's address"):
        tile_names(entry, (70.0, 50.0, 70.5, 50.5))


def test_a_window_within_a_tile_has_the_pixels_whose_centre_is_in_the_box(
    glo, settings, site, put_tile
):
    put_tile(76, 42)
    window = read_window(glo, BOX, settings)
    x, y = centres(window)
    assert window.array.dtype == np.float32
    assert window.array.shape == (18, 12)
    assert (x.min(), x.max()) == pytest.approx((76.2, 76.4 - 1 / N))
    assert (y.min(), y.max()) == pytest.approx((42.3 + 1 / N, 42.6))
    np.testing.assert_allclose(window.array, height(x, y), atol=0.01)
    assert window.bounds == pytest.approx(
        (76.2 - 0.5 / N, 42.3 + 0.5 / N, 76.4 - 0.5 / N, 42.6 + 0.5 / N)
    )
    assert [url.rpartition("/")[2] for url in window.tiles] == [
        "Copernicus_DSM_COG_30_N42_00_E076_00_DEM.tif"
    ]
    assert window.absent == ()
    assert {h["User-Agent"] for h in site.headers} == {settings.user_agent}
    assert all(path.startswith(f"/{HOST}/") for path in site.asked)


def test_a_box_of_exactly_one_tile_is_that_tile(glo, settings, site, put_tile):
    put_tile(76, 42)
    window = read_window(glo, (76.0, 42.0, 77.0, 43.0), settings)
    x, y = centres(window)
    assert window.array.shape == (N, N)
    np.testing.assert_allclose(window.array, height(x, y), atol=0.01)
    assert set(site.asked) == set(site.files)


def test_a_window_over_four_tiles_has_no_seam(glo, settings, put_tile):
    for lon in (76, 77):
        for lat in (42, 43):
            put_tile(lon, lat)
    window = read_window(glo, (76.8, 42.7, 77.3, 43.2), settings)
    x, y = centres(window)
    assert window.array.shape == (30, 30)
    np.testing.assert_allclose(window.array, height(x, y), atol=0.01)
    assert len(window.tiles) == 4


@pytest.mark.parametrize("box", [(76.8, 49.7, 77.3, 50.4), (76.8, 49.7, 77.3, 50.05)])
def test_tiles_of_wider_pixels_are_brought_to_the_finest(glo, settings, put_tile, box):
    for lon in (76, 77):
        put_tile(lon, 49)
        put_tile(lon, 50, columns=40)  # half as wide again, as north of 50 N
    window = read_window(glo, box, settings)
    x, y = centres(window)
    assert window.transform.a == pytest.approx(1 / N)
    assert window.array.shape == (round((box[3] - box[1]) * N), 30)
    assert not np.isnan(window.array).any()
    np.testing.assert_allclose(window.array, height(x, y), atol=0.3)  # 0.25 is half a wide pixel
    south = y < 50
    np.testing.assert_allclose(window.array[south], height(x, y)[south], atol=0.01)


@pytest.mark.parametrize("status", [404, 403])
def test_an_absent_tile_is_no_data(glo, settings, site, put_tile, status):
    put_tile(76, 42)
    absent = put_tile(77, 42)
    site.faults[absent] = [str(status)] * 2
    window = read_window(glo, (76.8, 42.2, 77.3, 42.5), settings)
    x, y = centres(window)
    west = x < 77 - 1e-9
    np.testing.assert_allclose(window.array[west], height(x, y)[west], atol=0.01)
    assert np.isnan(window.array[~west]).all()
    assert [url.rpartition("/")[2] for url in window.absent] == [
        "Copernicus_DSM_COG_30_N42_00_E077_00_DEM.tif"
    ]
    assert sample(glo, 77.2, 42.3, settings) != sample(glo, 77.2, 42.3, settings)  # NaN


def test_where_no_tile_exists_the_window_is_one_pixel_without_data(glo, settings):
    window = read_window(glo, (50.2, 41.2, 50.4, 41.4), settings)
    assert np.isnan(window.array).all()
    assert window.array.shape == (1, 1)
    assert window.bounds == pytest.approx((50.2, 41.2, 50.4, 41.4))
    assert (len(window.tiles), len(window.absent)) == (0, 1)


def test_each_call_sees_the_tiles_as_they_are_now(glo, settings, site, put_tile):
    box = BOX
    with rasterio.Env():  # a user's own does not keep what GDAL has seen
        assert not read_window(glo, box, settings).tiles
        put_tile(76, 42)
        first = read_window(glo, box, settings)
        put_tile(76, 42, holes=(30, 20))
        second = read_window(glo, box, settings)
        site.files.clear()
        assert not read_window(glo, box, settings).tiles
    assert (np.isnan(first.array).sum(), np.isnan(second.array).sum()) == (0, 1)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(76.5, 42.5), (76.999, 42.5), (77.0, 42.5), (76.5, 43.0), (76.001, 42.001), (76.995, 42.995)],
)
def test_a_sample_is_the_value_of_the_pixel_that_the_place_is_in(glo, settings, put_tile, lon, lat):
    for west in (75, 76, 77):
        for south in (41, 42, 43):
            put_tile(west, south)
    expected = height(np.round(np.array(lon) * N) / N, np.round(np.array(lat) * N) / N)
    assert sample(glo, lon, lat, settings) == pytest.approx(float(expected), abs=0.01)


def test_no_data_of_the_file_and_of_the_entry_are_nan(
    glo, catalog, settings, put_tile, tmp_path, site
):
    put_tile(76, 42, holes=(30, 30))
    window = read_window(glo, (76.0, 42.0, 77.0, 43.0), settings)
    assert np.argwhere(np.isnan(window.array)).tolist() == [[30, 30]]

    gmted = catalog["gmted2010"]
    values = np.full((200, 300), 500, dtype=np.int16)
    values[100, 150] = -32768  # the file does not say that this is no data
    off = 0.000138888888889  # these tiles begin a little outside of the whole degree
    corner = Affine(0.1, 0, 60 - off, 0, -0.1, 50 - off)
    (url,) = tile_names(gmted, (60, 30, 90, 50)).values()
    content = geotiff(tmp_path / "gmted.tif", values, corner, driver="GTiff", compress="lzw")
    put(site, url, content)
    window = read_window(gmted, (60.0, 30.0, 90.0, 50.0), settings)
    assert window.array.shape == (200, 300)
    assert np.argwhere(np.isnan(window.array)).tolist() == [[100, 150]]
    (tmp_path / "provided.tif").write_bytes(content)
    assert read(gmted, tmp_path / "provided.tif").loc[1, "minimum"] == 500


def test_few_bytes_are_read_for_ten_kilometres(glo, settings, site, tmp_path):
    """Of a tile of 3600 x 3600 pixels, as large as those of GLO-30."""
    side = 3600
    noise = np.random.default_rng(1).normal(0, 3, (side, side)).astype(np.float32)
    x, y = np.meshgrid(76 + np.arange(side) / side, 43 - np.arange(side) / side)
    corner = Affine(1 / side, 0, 76 - 0.5 / side, 0, -1 / side, 43 + 0.5 / side)
    (url,) = tile_names(glo, (76.0, 42.0, 77.0, 43.0)).values()
    content = geotiff(
        tmp_path / "big.tif",
        height(x, y) + noise,
        corner,
        compress="deflate",
        predictor="yes",
        overviews="none",
    )
    put(site, url, content)
    half_x, half_y = 5 / (111.32 * np.cos(np.radians(42.4))), 5 / 111.32
    box = (76.35 - half_x, 42.4 - half_y, 76.35 + half_x, 42.4 + half_y)
    window = read_window(glo, box, settings)
    assert not np.isnan(window.array).any()
    assert window.array.shape == (323, 437)
    # two blocks of 512 x 512 pixels (1.1 MB of 27 MB), and the header
    assert bytes_asked(site) < 1_300_000
    assert bytes_asked(site) < 0.05 * len(content)
    assert len(site.asked) == 3


@pytest.mark.parametrize(
    ("status", "said", "attempts"),
    [
        (500, "HTTP 500, the mirror is out of order", 4),
        (429, "HTTP 429, too many requests", 4),
        (401, "HTTP 401, access is refused", 1),
        (400, "HTTP 400, expected 200", 1),
    ],
)
def test_a_lasting_fault_is_an_error_of_one_line(
    glo, settings, site, put_tile, status, said, attempts
):
    path = put_tile(76, 42)
    site.faults[path] = [str(status)] * 9
    with pytest.raises(FetchError) as caught:
        read_window(glo, BOX, settings)
    text = str(caught.value)
    assert text.startswith(f"copernicus_glo90: {site.url}{path}: {said}")
    assert "\n" not in text and caught.value.hint
    assert len(site.asked) == attempts


def test_a_passing_fault_is_survived(glo, settings, site, put_tile):
    path = put_tile(76, 42)
    site.faults[path] = ["503", "cut"]
    assert read_window(glo, BOX, settings).tiles


def big_tile(path: Path) -> bytes:
    values = np.random.default_rng(2).normal(0, 1, (1200, 1200)).astype(np.float32)
    return geotiff(path, values, Affine(1 / 1200, 0, 76, 0, -1 / 1200, 43))


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        (["", *["500"] * 9], "HTTP 500"),
        (["", "401"], "HTTP 401"),
        (["", *["stall"] * 9], "the server fell silent"),
    ],
)
def test_a_fault_amid_the_reading_is_an_error(glo, settings, site, tmp_path, faults, said):
    (url,) = tile_names(glo, (76.0, 42.0, 77.0, 43.0)).values()
    path = put(site, url, big_tile(tmp_path / "t.tif"))
    site.faults[path] = faults
    with pytest.raises(FetchError, match=rf"DEM\.tif: .*{said}") as caught:
        read_window(glo, BOX, settings)
    assert "\n" not in str(caught.value)


def test_an_interrupt_amid_the_reading_gets_through_gdal(
    glo, settings, site, tmp_path, monkeypatch
):
    (url,) = tile_names(glo, (76.0, 42.0, 77.0, 43.0)).values()
    put(site, url, big_tile(tmp_path / "t.tif"))
    get_range = Client.get_range

    def interrupted(self, url, start, length):
        if start:
            raise KeyboardInterrupt
        return get_range(self, url, start, length)

    monkeypatch.setattr(Client, "get_range", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read_window(glo, BOX, settings)


def test_a_tile_that_changes_amid_the_reading_is_an_error(
    glo, settings, site, tmp_path, monkeypatch
):
    (url,) = tile_names(glo, (76.0, 42.0, 77.0, 43.0)).values()
    path = put(site, url, big_tile(tmp_path / "t.tif"))
    get_range = Client.get_range

    def changing(self, url, start, length):
        site.files[path] += b"x" * bool(start)
        return get_range(self, url, start, length)

    monkeypatch.setattr(Client, "get_range", changing)
    with pytest.raises(FetchError, match=r"DEM\.tif changed while it was read"):
        read_window(glo, BOX, settings)


def test_a_tile_that_is_cut_short_is_an_error(glo, settings, site, tmp_path):
    (url,) = tile_names(glo, (76.0, 42.0, 77.0, 43.0)).values()
    whole = big_tile(tmp_path / "t.tif")
    put(site, url, whole[: len(whole) // 3])
    with pytest.raises(FetchError, match=r"DEM\.tif: part of the file is missing") as caught:
        read_window(glo, (76.1, 42.1, 76.9, 42.3), settings)
    assert "\n" not in str(caught.value)


def test_a_server_without_ranges(glo, settings, site, put_tile):
    path = put_tile(76, 42)
    site.ranges = False
    assert read_window(glo, BOX, settings).tiles  # a small file is simply taken whole
    site.files[path] += bytes(6_000_000)
    with pytest.raises(FetchError, match=r"does not answer range requests.*--file"):
        read_window(glo, BOX, settings)


def test_a_web_page_in_place_of_a_tile(glo, settings, site, put_tile):
    path = put_tile(76, 42)
    site.files[path] = b"<!DOCTYPE html><html><body>Please sign in</body></html>" * 100
    with pytest.raises(FetchError, match=r"a web page \(HTML\) came"):
        read_window(glo, BOX, settings)
    site.files[path] = b"\0other" * 1000
    with pytest.raises(FetchError, match="is not a whole GeoTIFF"):
        read_window(glo, BOX, settings)


def test_a_vrt_in_place_of_a_tile_opens_nothing(glo, settings, site, put_tile, tmp_path):
    """GDAL would follow its addresses and files, if another driver than GTiff were allowed."""
    path = put_tile(76, 42)
    geotiff(
        tmp_path / "local.tif", np.ones((N, N), np.float32), Affine(1 / N, 0, 76, 0, -1 / N, 43)
    )
    site.files[path] = f"""<VRTDataset rasterXSize="{N}" rasterYSize="{N}"><SRS>EPSG:4326</SRS>
<GeoTransform>76, {1 / N}, 0, 43, 0, {-1 / N}</GeoTransform><VRTRasterBand dataType="Float32" band="1">
<SimpleSource><SourceFilename>{tmp_path}/local.tif</SourceFilename><SourceBand>1</SourceBand>
</SimpleSource></VRTRasterBand></VRTDataset>""".encode()
    with pytest.raises(FetchError, match="is not a whole GeoTIFF"):
        read_window(glo, BOX, settings)


def test_a_redirect_to_another_host_is_not_followed(glo, settings, site, other_site, put_tile):
    path = put_tile(76, 42)
    elsewhere = other_site()
    for port in (f"localhost:{elsewhere.host.rpartition(':')[2]}", elsewhere.host):
        site.plan(path, 302, headers={"Location": f"http://{port}/latest/meta-data.tif"})
        with pytest.raises(FetchError, match=f"is not one of {HOST}"):
            read_window(glo, BOX, settings)
    assert elsewhere.asked == []
    site.plan(path, 302, headers={"Location": f"https://{HOST}/moved.tif"})
    site.files[f"/{HOST}/moved.tif"] = site.files[path]
    assert read_window(glo, BOX, settings).tiles


def test_gdal_itself_uses_no_network(glo, settings, site, put_tile, monkeypatch):
    """Every connection is one of Python's: with those refused, nothing reaches the server."""
    put_tile(76, 42)

    def refused(self, address):
        raise OSError("refused by the test")

    monkeypatch.setattr(socket.socket, "connect", refused)
    with pytest.raises(FetchError, match="refused or broke"):
        read_window(glo, BOX, settings)
    assert site.asked == []


def test_several_threads_read_tiles_at_once(glo, settings, put_tile):
    for lon in range(70, 74):
        put_tile(lon, 42)
    found: dict[int, np.ndarray] = {}

    def work(lon: int) -> None:
        found[lon] = read_window(glo, (lon + 0.2, 42.3, lon + 0.4, 42.6), settings).array

    threads = [threading.Thread(target=work, args=(lon,)) for lon in range(70, 74)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for lon in range(70, 74):
        alone = read_window(glo, (lon + 0.2, 42.3, lon + 0.4, 42.6), settings).array
        np.testing.assert_array_equal(found[lon], alone)


@pytest.mark.parametrize("crs", ["EPSG:32643", None])
def test_a_raster_that_is_not_in_degrees(glo, settings, site, tmp_path, crs):
    (url,) = tile_names(glo, (76.0, 42.0, 77.0, 43.0)).values()
    corner = Affine(1000, 0, 500_000, 0, -1000, 4_700_000)
    values = np.ones((20, 20), np.float32)
    put(site, url, geotiff(tmp_path / "t.tif", values, corner, driver="GTiff", crs=crs))
    with pytest.raises(FetchError, match="expected one band in degrees"):
        read_window(glo, BOX, settings)


def test_tiles_that_are_no_parts_of_one_grid(glo, settings, site, put_tile, tmp_path):
    put_tile(76, 42)
    (url,) = tile_names(glo, (77.0, 42.0, 78.0, 43.0)).values()
    corner = Affine(1 / N, 0, 77 - 0.2 / N, 0, -1 / N, 43 + 0.5 / N)
    put(site, url, geotiff(tmp_path / "t.tif", np.ones((N, N), np.float32), corner))
    with pytest.raises(FetchError, match=r"its pixels are 0\.30 of a pixel off"):
        read_window(glo, (76.8, 42.2, 77.3, 42.5), settings)


def test_a_silent_server_is_not_waited_for_without_end(glo, settings, site, put_tile):
    site.faults[put_tile(76, 42)] = ["slow"] * 9
    start = time.monotonic()
    with pytest.raises(FetchError, match="no answer within 0.5 s"):
        read_window(glo, BOX, settings)
    assert time.monotonic() - start < 15


def test_nobody_listening(glo, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(data_root=tmp_path, mirror=f"http://127.0.0.1:{port}")
    with pytest.raises(FetchError, match=r"refused or broke.*; check the network and --mirror"):
        read_window(glo, BOX, settings)


def test_a_tile_of_one_giant_block_is_not_read(glo, settings, put_tile, monkeypatch):
    put_tile(76, 42)
    monkeypatch.setattr(geotiffs.Limits, "current", lambda: geotiffs.Limits(block_bytes=1000))
    with pytest.raises(FetchError, match="bytes, at most 1000 are accepted"):
        read_window(glo, BOX, settings)


@pytest.mark.parametrize("shape", [(1, 2_000_000_000), (400_000, 400_000)])
def test_a_small_file_of_giant_dimensions_is_refused(glo, settings, tmp_path, shape):
    path = tmp_path / "giant.tif"
    height, width = shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=width,
        height=height,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=Affine(40 / width, 0, 60, 0, -20 / height, 55),
        sparse_ok=True,
        tiled=False,
        blockysize=height,
        bigtiff="YES",
    ):
        pass
    assert path.stat().st_size < 10_000
    with pytest.raises(SchemaError, match=r"(pixels|bytes), at most \d+ are accepted"):
        fetch_snapshot(glo, settings, provided=path)


def test_offline_nothing_is_requested(glo, settings, site, put_tile):
    put_tile(76, 42)
    offline = replace(settings, offline=True)
    with pytest.raises(FetchError, match="works offline"):
        read_window(glo, BOX, offline)
    with pytest.raises(FetchError, match="works offline"):
        sample(glo, 76.3, 42.4, offline)
    assert site.asked == []


def test_certificates_are_verified(glo, put_tile, site, other_site, tmp_path, monkeypatch):
    """A certificate that nobody vouches for is refused, whatever GDAL's user has allowed."""
    put_tile(76, 42)
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    secure = other_site(context)
    secure.files = site.files
    settings = Settings(data_root=tmp_path, mirror=secure.url)
    monkeypatch.setenv("GDAL_HTTP_UNSAFESSL", "YES")
    with pytest.raises(FetchError, match="certificate cannot be trusted"):
        read_window(glo, BOX, settings)
    assert secure.asked == []
    authority.cert_pem.write_to_path(str(tmp_path / "ours.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ours.pem"))
    assert read_window(glo, BOX, settings).tiles


def test_a_window_that_is_too_large_or_empty_is_refused(glo, settings, put_tile, monkeypatch):
    put_tile(76, 42)
    with pytest.raises(SettingsError, match="contains no pixel"):
        read_window(glo, (76.2, 42.3, 76.2001, 42.3001), settings)
    monkeypatch.setattr(raster_windows, "MAX_PIXELS", 1000)
    with pytest.raises(SettingsError, match="has 3600 pixels, at most 1000 are read at once"):
        read_window(glo, (76.0, 42.0, 77.0, 43.0), settings)


def test_a_fetched_window_is_a_geotiff_that_names_its_tiles(glo, settings, site, put_tile):
    put_tile(76, 42, holes=(30, 30))
    box = (76.2, 42.3, 77.2, 42.6)
    snapshot = fetch_snapshot(glo, settings, box=box)
    proof = snapshot.provenance
    assert proof.query.startswith("bbox=76.2,42.3,77.2,42.6 tiles=https://copernicus-dem-90m.s3")
    assert proof.file == "elevation.tif"
    with rasterio.open(snapshot.payload) as dataset:
        tags = dataset.tags()
        assert dataset.profile["tiled"]
        assert dataset.compression.name == "deflate"
        assert np.isnan(dataset.nodata)
        written = dataset.read(1)
    np.testing.assert_array_equal(written, read_window(glo, box, settings).array)
    assert tags["TILES"].endswith("N42_00_E076_00_DEM.tif")
    assert tags["ABSENT"].endswith("N42_00_E077_00_DEM.tif")
    assert tags["ATTRIBUTION"] == glo.attribution
    table = read(glo, snapshot.payload)
    assert table.index.tolist() == [1]
    assert table.loc[1, ["width", "height"]].tolist() == [60, 18]
    assert table.loc[1, "no_data_pct"] == pytest.approx(20.0, abs=0.2)
    assert table.loc[1, "pixel_x_deg"] == pytest.approx(1 / N)
    assert table.loc[1, "minimum"] == pytest.approx(written[~np.isnan(written)].min())
    # the same tiles give the same bytes, so the old snapshot stays
    assert fetch_snapshot(glo, settings, box=box).payload == snapshot.payload


def test_a_window_is_not_fetched_without_a_box_nor_over_the_sea(glo, settings):
    with pytest.raises(FetchError, match="by area only"):
        fetch_snapshot(glo, settings)
    with pytest.raises(
        FetchError, match=r"none of the 1 tiles of the box 50.2,41.2,50.4,41.4 .*mirror"
    ):
        fetch_snapshot(glo, settings, box=(50.2, 41.2, 50.4, 41.4))
    assert not (settings.raw_root / glo.id).exists()


def test_a_tile_on_another_host_is_not_requested(glo, settings, site, tmp_path):
    request = Request(source=glo, folder=tmp_path, box=BOX)
    client = Client(settings, source_id=glo.id, hosts=frozenset({"elsewhere.example"}))
    with pytest.raises(FetchError, match="is not one of elsewhere.example"):
        download_window(request, client)
    assert site.asked == []


def test_a_provided_raster_is_checked(glo, settings, tmp_path):
    good = tmp_path / "good.tif"
    values = np.random.default_rng(3).normal(500, 10, (400, 300)).astype(np.float32)
    geotiff(good, values, Affine(0.01, 0, 70, 0, -0.01, 45), driver="GTiff")
    assert fetch_snapshot(glo, settings, provided=good).provenance.origin == "provided"

    cases = {
        "is not a whole GeoTIFF": good.read_bytes()[:200_000],
        "contains no value": geotiff(
            tmp_path / "void.tif",
            np.full((5, 5), np.nan, np.float32),
            Affine(0.01, 0, 70, 0, -0.01, 45),
            driver="GTiff",
        ),
        "expected one band in degrees": geotiff(
            tmp_path / "utm.tif",
            np.ones((5, 5), np.float32),
            Affine(1000, 0, 500_000, 0, -1000, 4_700_000),
            driver="GTiff",
            crs="EPSG:32643",
        ),
    }
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        cases["no reference system"] = geotiff(
            tmp_path / "bare.tif",
            np.ones((5, 5), np.float32),
            Affine.identity(),
            driver="GTiff",
            crs=None,
        )
    for said, content in cases.items():
        bad = tmp_path / "bad.tif"
        bad.write_bytes(content)
        with pytest.raises(SchemaError, match=said):
            fetch_snapshot(glo, settings, provided=bad)
    with pytest.raises(SchemaError, match="is missing"):
        read(glo, tmp_path / "nowhere.tif")
