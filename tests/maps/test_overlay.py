"""The raster of scores on the page: a picture that lies where it should."""

import base64
import re

import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile
from rasterio.warp import Resampling, reproject

from geo_ree.errors import RenderError
from geo_ree.maps import render, score_picture
from geo_ree.maps.overlay import MERCATOR_LATITUDE
from geo_ree.maps.packing import decompressed
from geo_ree.maps.style import SCORE_RAMP, score_colour
from geo_ree.storage.geotiff import RasterLayout, write_cog
from tests.maps.conftest import changed, written


def _file(path, values, box):
    west, south, east, north = box
    height, width = values.shape
    transform = ((east - west) / width, 0, west, 0, (south - north) / height, north)
    raster = RasterLayout(width, height, transform, (("made-up score", "points"),))
    write_cog(path, raster, [(0, 0, values.astype(np.float32)[None])])
    return path


def _decoded(drawn):
    """Colours of the picture, shape (rows, columns, 4)."""
    head, text = drawn.payload["image"].split(",")
    assert head == "data:image/png;base64"
    png = base64.b64decode(text)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    with MemoryFile(png) as memory:
        with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
            opened = memory.open()
        with opened:
            palette = opened.colormap(1)
            return np.array([palette.get(i, (0, 0, 0, 0)) for i in range(256)], dtype=int)[
                opened.read(1)
            ]


def _rgb(colour):
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]


def _seen(drawn, lon, lat):
    """Colour that Leaflet shows at a place: pictures are stretched evenly over Web Mercator."""
    colours = _decoded(drawn)
    (south, west), (north, east) = drawn.payload["bounds"]
    y, low, high = (np.arcsinh(np.tan(np.radians(v))) for v in (lat, south, north))
    row = int((high - y) / (high - low) * colours.shape[0])
    return colours[row, int((lon - west) / (east - west) * colours.shape[1])].tolist()


def test_values_are_seen_at_their_places(tmp_path):
    values = np.full((300, 200), 5.0)  # a cell is half a degree high: 20 E to 70 N is bent much
    values[100:102] = 70.0  # from 29 to 30 N
    values[:, 150:] = np.nan
    drawn = score_picture(_file(tmp_path / "s.tif", values, (60, -70, 80, 80)))
    colours = _decoded(drawn)
    assert colours.shape[0] > 1.5 * colours.shape[1] * 150 / 20  # Mercator stretches the north
    for lat in (-60, 0, 28.8, 30.2, 60, 75):
        assert _seen(drawn, 65, lat) == [*_rgb(SCORE_RAMP[0][1]), 255]
    for lat in (29.2, 29.5, 29.8):
        assert _seen(drawn, 65, lat) == [*_rgb(score_colour(70.0)), 255]
    assert _seen(drawn, 77, 29.5)[3] == 0 and drawn.payload["bounds"] == [[-70, 60], [80, 80]]


@pytest.mark.slow
def test_it_agrees_with_gdals_warp(tmp_path):
    rng = np.random.default_rng(2)
    values = np.kron(rng.uniform(0, 100, (40, 60)), np.ones((20, 20)))
    values[:100, :200] = np.nan
    path = _file(tmp_path / "s.tif", values, (46, 35, 96, 55))
    drawn = score_picture(path, width=1_200)
    colours = _decoded(drawn)
    west, east = (np.radians(v) * 6378137 for v in (46, 96))
    south, north = (np.arcsinh(np.tan(np.radians(v))) * 6378137 for v in (35, 55))
    warped = np.full(colours.shape[:2], np.nan, dtype=np.float32)
    with rasterio.open(path) as opened:
        reproject(
            rasterio.band(opened, 1),
            warped,
            dst_crs="EPSG:3857",
            dst_nodata=np.nan,
            resampling=Resampling.nearest,
            dst_transform=rasterio.Affine(
                (east - west) / warped.shape[1],
                0,
                west,
                0,
                (south - north) / warped.shape[0],
                north,
            ),
        )
    expected = np.array(
        [[0, 0, 0, 0] if np.isnan(v) else [*_rgb(score_colour(v)), 255] for v in warped.ravel()]
    ).reshape(colours.shape)
    assert (colours == expected).all(axis=2).mean() > 0.95  # all but the seams of the squares


@pytest.mark.parametrize("score", [0.0, 14.9, 15.0, 30.0, 59.9, 60.0, 100.0])
def test_colours_are_those_of_the_deposits(score, tmp_path):
    drawn = score_picture(_file(tmp_path / "s.tif", np.full((4, 4), score), (70, 40, 71, 41)))
    assert _decoded(drawn)[0, 0].tolist() == [*_rgb(score_colour(score)), 255]


def test_a_large_raster_is_a_small_picture(tmp_path):
    values = np.tile(np.linspace(0, 100, 6_000), (1_500, 1))
    drawn = score_picture(_file(tmp_path / "s.tif", values, (46, 40, 96, 55)), width=500)
    assert _decoded(drawn).shape[1] == 500
    assert len(drawn.payload["image"]) < 20_000


def test_beyond_web_mercator_it_is_cut_off(tmp_path):
    drawn = score_picture(_file(tmp_path / "s.tif", np.full((90, 90), 40.0), (0, 0, 90, 90)))
    assert drawn.payload["bounds"] == [[0, 0], [MERCATOR_LATITUDE, 90]]
    assert len(np.unique(_decoded(drawn).reshape(-1, 4), axis=0)) == 1
    with pytest.raises(RenderError, match="beyond Web Mercator"):
        score_picture(_file(tmp_path / "t.tif", np.full((9, 9), 40.0), (0, 86, 90, 90)))


def test_what_is_no_raster_of_scores_is_refused(tmp_path):
    with pytest.raises(RenderError, match="cannot be read"):
        score_picture(tmp_path / "absent.tif")
    with pytest.raises(RenderError, match="from 5000 to 5000, expected 0 to 100"):
        score_picture(_file(tmp_path / "d.tif", np.full((4, 4), 5e3), (70, 40, 71, 41)))
    path = tmp_path / "m.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=2,
        height=2,
        count=1,
        dtype="float32",
        crs=3857,
        transform=rasterio.Affine(2, 0, 0, 0, -2, 0),
    ) as out:
        out.write(np.ones((1, 2, 2), np.float32))
    with pytest.raises(RenderError, match="not EPSG:4326"):
        score_picture(path)


def test_the_page_has_it_inside_with_its_note(data, tmp_path):
    drawn = score_picture(
        _file(tmp_path / "s.tif", np.full((4, 4), 40.0), (70, 40, 71, 41)), title="Scores <b>"
    )
    page = render(**changed(data, picture=drawn))
    packed = re.search(r'id="geo-ree-data">([^<]*)</script>', page).group(1)
    kind, inside = decompressed(packed)["layers"]["suitability"]
    assert kind == "image"
    assert inside == drawn.payload and "Blank is unknown" in inside["note"]
    assert "Scores <b>" not in page
    assert not re.search(r"(?:src|href)=[\"']https?://[^\"']*\.(?:png|tif)", page)


def _ground(seen):
    """Colour of the map at 46 N 77 E, where only the basemap and the picture are drawn."""
    at = seen.value(
        "(() => { const m = geoRee.map(), p = m.latLngToContainerPoint([46, 77]), "
        "o = m.getContainer().getBoundingClientRect(); "
        "return [p.x + o.left, p.y + o.top]; })()"
    )
    clip = {"x": at[0], "y": at[1], "width": 2, "height": 2}
    with MemoryFile(seen.page.screenshot(clip=clip)) as memory:
        with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
            opened = memory.open()
        with opened:
            return opened.read()[:3, 0, 0].astype(int)


@pytest.mark.browser
def test_in_the_browser_it_can_be_switched_on(data, tmp_path, visit):
    drawn = score_picture(_file(tmp_path / "s.tif", np.full((40, 40), 40.0), (70, 40, 80, 50)))
    path = written(changed(data, picture=drawn), tmp_path)
    seen = visit(path)
    assert seen.page.query_selector("img.raster") is None
    seen.page.evaluate("geoRee.map().setView([45, 75], 5, { animate: false }); 1")
    before = _ground(seen)
    seen.page.evaluate("geoRee.layers.suitability.addTo(geoRee.map()); 1")
    seen.page.wait_for_selector("img.raster")
    seen.page.wait_for_function("document.querySelector('img.raster').complete")
    drawn_over = np.abs(_ground(seen) - before).max()
    assert drawn_over > 40
    corners = seen.value(
        "(() => { const m = geoRee.map(), r = document.querySelector('img.raster')"
        ".getBoundingClientRect(), o = m.getContainer().getBoundingClientRect();"
        "const at = (x, y) => { const p = m.containerPointToLatLng([x - o.left, y - o.top]);"
        "return [p.lat, p.lng]; }; return [at(r.left, r.bottom), at(r.right, r.top)]; })()"
    )
    assert np.allclose(corners, [[40, 70], [50, 80]], atol=0.1)
    note = seen.page.inner_text(".raster-note")
    assert "made-up score" in note and "Blank is unknown" in note
    seen.page.evaluate("geoRee.layers.suitability.remove(); 1")
    assert seen.page.query_selector(".raster-note") is None
    assert seen.trouble == []
