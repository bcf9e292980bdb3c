"""Rasters of unknown origin: one file, one driver, no network, bounded by what they declare."""

import subprocess
import sys

import numpy as np
import pytest
import rasterio
from rasterio.errors import RasterioError

from geo_ree.errors import SchemaError, SettingsError
from geo_ree.maps.overlay import score_picture
from geo_ree.reading import geotiffs
from geo_ree.reading.geotiffs import open_geotiff
from geo_ree.settings import GDAL_SKIP, Limits


@pytest.fixture
def put(tmp_path):
    def write(name="x.tif", tags=None, **options):
        profile = {"width": 64, "height": 64, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
        place = rasterio.Affine(0.01, 0, 60, 0, -0.01, 50)
        path = tmp_path / name
        with rasterio.open(path, "w", driver="GTiff", transform=place, **profile | options) as out:
            out.write(np.ones((out.count, out.height, out.width), out.dtypes[0]))
            out.update_tags(ns="OVERVIEWS", **tags or {})
        return path

    return write


VRT = (
    "<VRTDataset rasterXSize='32' rasterYSize='32'><VRTRasterBand dataType='Float32' band='1'>"
    "<SimpleSource><SourceFilename relativeToVRT='0'>/vsicurl/{url}/x.tif</SourceFilename>"
    "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
)
PLACES = ("/vsicurl/{url}/x.tif", "{url}/x.tif", "/vsicurl_streaming/{url}/x.tif", "WMS:{url}", VRT)


@pytest.mark.parametrize("place", PLACES)
def test_overviews_elsewhere_are_refused_unread(put, listener, place):
    path = put(tags={"OVERVIEW_FILE": place.format(url=listener.url)})
    with pytest.raises(SchemaError, match="x.tif names another file or an address"):
        score_picture_or_open(path)
    assert listener.requested == []


def score_picture_or_open(path):
    with open_geotiff(path) as raster:
        raster.read(1, out_shape=(8, 8))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("suffix", [".aux.xml", ".ovr", ".msk"])
def test_a_file_beside_a_raster_is_no_part_of_it(put, listener, place, suffix):
    path = put()
    text = place.format(url=listener.url)
    if suffix == ".aux.xml":
        domain = f"<Metadata domain='OVERVIEWS'><MDI key='OVERVIEW_FILE'>{text}</MDI></Metadata>"
        text = f"<PAMDataset>{domain}</PAMDataset>".replace("<VRT", "&lt;VRT")
    path.with_name(path.name + suffix).write_text(text)
    with open_geotiff(path) as raster:
        assert raster.read(1, out_shape=(8, 8), masked=True).sum() == 64
        assert raster.overviews(1) == []
    assert listener.requested == []


def test_the_picture_of_a_raster_that_points_elsewhere_is_not_made(put, listener):
    path = put(tags={"OVERVIEW_FILE": f"{listener.url}/x.tif"})
    with pytest.raises(Exception, match="names another file or an address"):
        score_picture(path)
    assert listener.requested == []


@pytest.mark.parametrize("name", ["/vsicurl/http://127.0.0.1/x.tif", "http://127.0.0.1/x.tif"])
def test_an_address_is_no_file(name):
    with pytest.raises(SchemaError, match="is not a file"), open_geotiff(name):
        pass


def test_no_other_driver_opens_a_raster(tmp_path):
    path = tmp_path / "x.tif"
    path.write_text(VRT.format(url="http://127.0.0.1"))
    with pytest.raises(RasterioError), open_geotiff(path):
        pass


@pytest.mark.parametrize(
    ("limit", "said"),
    [({"raster_pixels": 1000}, "has 4096 pixels"), ({"block_bytes": 500}, "has blocks of")],
)
def test_what_a_raster_declares_is_limited(put, monkeypatch, limit, said):
    path = put(count=2, interleave="pixel")
    monkeypatch.setattr(geotiffs.Limits, "current", lambda: Limits(**limit))
    with pytest.raises(SchemaError, match=f"{said}.*GEO_REE_LIMITS"), open_geotiff(path):
        pass


def test_bands_that_are_stored_together_count_together(put, monkeypatch):
    rows = {"blockysize": 1, "count": 100}
    monkeypatch.setattr(geotiffs.Limits, "current", lambda: Limits(block_bytes=64 * 4 * 50))
    with open_geotiff(put("apart.tif", interleave="band", **rows)):
        pass
    with pytest.raises(SchemaError), open_geotiff(put("mixed.tif", interleave="pixel", **rows)):
        pass


def test_the_limits_are_raised_together(monkeypatch):
    monkeypatch.setenv("GEO_REE_LIMITS", "2.5")
    assert Limits.current().cells == 2.5 * Limits().cells
    for wrong in ("0", "-1", "nan", "many", "inf"):
        monkeypatch.setenv("GEO_REE_LIMITS", wrong)
        with pytest.raises(SettingsError, match="GEO_REE_LIMITS is"):
            Limits.current()


def test_the_command_line_has_no_driver_that_follows_files(tmp_path):
    code = (
        "from contextlib import suppress\n"
        "from geo_ree.cli import main\n"
        "with suppress(SystemExit): main(['sources', 'no-such'])\n"
        "import rasterio, pyogrio\n"
        "with rasterio.Env() as env: print('drivers', *env.drivers(), *pyogrio.list_drivers())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    drivers = done.stdout.rsplit("drivers", 1)[1].split()
    assert {"GTiff", "GPKG", "COG"} <= set(drivers)
    assert not set(drivers) & set(GDAL_SKIP.split())
