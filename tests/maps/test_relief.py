"""The shaded relief: its pictures arrive, lie in their place, say what they are, and stay small."""

import base64
import io

import numpy as np
import pytest
import rasterio
from PIL import Image

from geo_ree.maps.relief import PICTURES, relief
from geo_ree.storage import starter_path

IMAGES = """() => [...document.querySelectorAll(".leaflet-relief-pane img")].map(i => [
    i.complete && i.naturalWidth, i.alt, getComputedStyle(i).mixBlendMode])"""


def test_the_pictures_have_the_edges_of_their_rasters_and_stay_small():
    payload = relief().payload["pictures"]
    assert sum(len(p["image"]) for p in payload) < 250_000
    for drawn, raster in zip(payload, PICTURES.values(), strict=True):
        (south, west), (north, east) = drawn["bounds"]
        with rasterio.open(starter_path(raster)) as opened:
            assert (west, south, east, north) == pytest.approx(opened.bounds, abs=1e-6)


@pytest.mark.parametrize(
    ("lon", "lat", "level"),
    [(77.0, 42.45, True), (59.0, 43.5, True), (76.0, 42.0, False), (80.0, 42.1, False)],
)
def test_lakes_and_plains_are_white_and_mountains_are_not(lon, lat, level):
    """Issyk-Kul, Turan; Tien Shan: read back from the picture, its rows even in Mercator."""
    shadow = 0.0
    for drawn in relief().payload["pictures"]:
        (south, west), (north, east) = drawn["bounds"]
        if not (west < lon < east and south < lat < north):
            continue
        content = base64.b64decode(drawn["image"].split(",")[1])
        with Image.open(io.BytesIO(content)) as picture:
            grey = np.asarray(picture.convert("L"))
        low, place, high = np.arctanh(np.sin(np.radians([south, lat, north])))
        row = int((high - place) / (high - low) * grey.shape[0])
        column = int((lon - west) / (east - west) * grey.shape[1])
        around = grey[row - 8 : row + 9, column - 8 : column + 9]
        shadow = max(shadow, 255.0 - float(around.mean()))
    assert shadow < 4.0 if level else shadow > 20.0


def test_the_page_shows_the_relief_without_a_network(starter_page, visit):
    seen = visit(starter_page[1])
    seen.until("geoRee.map().hasLayer(geoRee.layers.relief)")
    images = seen.page.evaluate(IMAGES)
    assert len(images) == 2
    for width, alt, blending in images:
        assert width > 1_000
        assert alt == "Shaded relief of the region, lit from the north-west"
        assert blending == "multiply"
    assert "Relief, lit from the north-west" in seen.page.locator(".legend").first.text_content()
    assert seen.trouble == []


def test_context_layers_are_off_at_first_and_say_what_they_are(starter_page, visit):
    seen = visit(starter_page[1])
    for layer in ("airports", "earthquakes", "tailings"):
        assert seen.value(f"geoRee.map().hasLayer(geoRee.layers.{layer})") is False
    labels = seen.page.locator(".leaflet-control-layers-overlays").text_content()
    assert "Recorded earthquakes, not a hazard" in labels
    seen.page.evaluate("geoRee.layers.tailings.addTo(geoRee.map())")
    names = seen.page.evaluate("geoRee.layers.tailings.getLayers().map(m => m.facts.name)")
    assert any("dam of No. 2 broke in December 1964" in name for name in names)
    assert seen.trouble == []
