"""The shaded relief: its pictures arrive, lie in their place, say what they are, and stay small."""

import base64
import io
import itertools

import numpy as np
import pytest
import rasterio
from PIL import Image

from geo_ree.maps.relief import PICTURES, relief
from geo_ree.storage import starter_path

PICTURES_READY = "geoRee.reliefReady()"
GROUND = """(() => { const c = geoRee.map().getPane('base').querySelector('canvas');
    const copy = new OffscreenCanvas(c.width, c.height).getContext('2d', {willReadFrequently: true}), tones = new Set();
    copy.drawImage(c, 0, 0);
    const d = copy.getImageData(0, 0, c.width, c.height).data;
    for (let i = 0; i < d.length; i += 4) tones.add(d[i] + 256 * d[i + 1] + 65536 * d[i + 2]);
    return tones.size; })()"""


def tones(lon, lat):
    """What each picture over a place has around it, from -1 for shadow to above 0 for light."""
    payload = relief().payload
    for drawn in payload["pictures"]:
        (south, west), (north, east) = drawn["bounds"]
        if not (west < lon < east and south < lat < north):
            continue
        content = base64.b64decode(drawn["image"].split(",")[1])
        with Image.open(io.BytesIO(content)) as picture:
            grey = np.asarray(picture.convert("L"), dtype=float)
        low, place, high = np.arctanh(np.sin(np.radians([south, lat, north])))
        row = int((high - place) / (high - low) * grey.shape[0])
        column = int((lon - west) / (east - west) * grey.shape[1])
        yield grey[row - 4 : row + 5, column - 4 : column + 5] / payload["level"] - 1.0


def test_each_picture_lies_in_the_one_before_and_they_stay_small():
    payload = relief().payload["pictures"]
    assert sum(len(p["image"]) for p in payload) < 250_000
    boxes = [[*p["bounds"][0], *p["bounds"][1]] for p in payload]
    for outer, inner in itertools.pairwise(boxes):
        assert outer[0] < inner[0] and outer[1] < inner[1]
        assert outer[2] > inner[2] and outer[3] > inner[3]


@pytest.mark.parametrize(
    ("picture", "raster"),
    [("relief.webp", "elevation.tif"), ("relief_tien_shan.webp", "elevation_tien_shan.tif")],
)
def test_pictures_have_the_edges_of_their_rasters(picture, raster):
    with rasterio.open(starter_path(raster)) as opened:
        assert PICTURES[picture] == pytest.approx(tuple(opened.bounds), abs=1e-5)


@pytest.mark.parametrize(
    ("lon", "lat", "level"),
    [(77.2, 42.45, True), (66.5, 45.0, True), (76.0, 42.0, False), (80.0, 42.1, False)],
)
def test_lakes_and_plains_are_level_and_mountains_are_not(lon, lat, level):
    """Issyk-Kul, Turan; Tien Shan: the finest picture there."""
    *_, finest = tones(lon, lat)
    assert np.abs(finest).mean() < 0.08 if level else finest.min() < -0.15 and finest.max() > 0.05


@pytest.mark.parametrize("lat", [38.0, 40.0, 41.5, 43.0])
def test_no_seam_shows_where_a_finer_picture_begins(lat):
    """At the western edge of the finest picture both have the same tone, as far as they resolve it."""
    west = PICTURES["relief_tien_shan.webp"][0]
    coarse, fine = (t.mean() for t in list(tones(west + 0.1, lat))[-2:])
    assert fine == pytest.approx(coarse, abs=0.05)


def test_the_page_shows_the_relief_without_a_network(starter_page, visit):
    seen = visit(starter_page[1])
    seen.until(PICTURES_READY)
    assert seen.value("geoRee.map().hasLayer(geoRee.layers.relief)") is True
    shaded = seen.value(GROUND)
    assert "Relief" in seen.page.locator(".legend").first.text_content()
    seen.page.evaluate("() => { geoRee.layers.relief.remove(); }")
    assert seen.value(GROUND) < 0.8 * shaded
    assert seen.trouble == []


def test_context_layers_are_off_at_first_and_say_what_they_are(starter_page, visit):
    seen = visit(starter_page[1])
    for layer in ("airports", "earthquakes", "tailings"):
        assert seen.value(f"geoRee.map().hasLayer(geoRee.layers.{layer})") is False
    labels = seen.page.locator(".leaflet-control-layers-overlays").text_content()
    assert "Recorded earthquakes, not a hazard" in labels
    seen.page.evaluate("void geoRee.layers.tailings.addTo(geoRee.map())")
    names = seen.page.evaluate("geoRee.layers.tailings.getLayers().map(m => m.facts.name)")
    assert any("dam of No. 2 broke in December 1964" in name for name in names)
    assert seen.trouble == []
