"""A raster of scores as a picture on the map."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile

from geo_ree.crs import STORE_CRS, Floats
from geo_ree.errors import RenderError, SchemaError
from geo_ree.maps.feature_groups import MapLayer
from geo_ree.maps.style import SCORE_RAMP
from geo_ree.reading.geotiffs import open_geotiff

MERCATOR_LATITUDE = 85.05112878
"""Web Mercator ends at this latitude (degrees)."""

NOTE = (
    "Each cell is scored by itself, from straight-line distances to the nearest features in any "
    "country. Blank is unknown. The uncertainty of lines and weights is not drawn: a cell shows where "
    "to look, only the ranks of deposits have intervals."
)
"""Note beside the picture."""


def score_picture(
    path: Path | str, *, title: str = "", note: str = NOTE, width: int = 1_000
) -> MapLayer:
    """Make a raster of scores into a layer for `geo_ree.render`.

    Leaflet stretches a picture evenly over Web Mercator, so the rows are resampled at even steps of
    Mercator's northing. The colours are those of the deposits' scores.

    Parameters
    ----------
    path
        Raster in degrees whose first band is the score, 0 to 100, as `geo_ree.suitability` writes
        it.
    title, note
        Text of the legend; by default the band's description and `NOTE`.
    width
        Maximum number of pixels from west to east.

    Returns
    -------
    MapLayer
        A layer that holds the picture as a ``data:`` address.

    Raises
    ------
    RenderError
        If the file cannot be read, is not in degrees, lies beyond Web Mercator, or has values
        that are not scores.

    References
    ----------
    Snyder, J. P. (1987), Map projections: a working manual, USGS Professional Paper 1395, 38-47.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.storage.geotiff import RasterLayout, write_cog
    >>> file = Path(tempfile.mkdtemp()) / "score.tif"
    >>> raster = RasterLayout(2, 1, (1, 0, 70, 0, -1, 45), (("score", "points"),))
    >>> write_cog(file, raster, [(0, 0, np.float32([[[20, 70]]]))])
    >>> drawn = score_picture(file)
    >>> drawn.payload["bounds"], drawn.payload["image"][:22]
    ([[44.0, 70.0], [45.0, 72.0]], 'data:image/png;base64,')
    """
    try:
        with open_geotiff(path) as opened:
            described = opened.descriptions[0] or Path(path).stem
            scores, box = _warped(opened, width)
    except (RasterioError, SchemaError) as error:
        raise RenderError(
            f"{path} cannot be read: {error}", "make it with geo-ree suitability"
        ) from error
    known = scores[np.isfinite(scores)]
    if len(known) and not (known.min() >= 0.0 and known.max() <= 100.0):
        raise RenderError(
            f"{path} has values from {known.min():g} to {known.max():g}, expected 0 to 100",
            "give a raster of scores from geo-ree suitability",
        )
    west, south, east, north = box
    payload: dict[str, Any] = {
        "image": f"data:image/png;base64,{base64.b64encode(_png(scores, box)).decode()}",
        "bounds": [[south, west], [north, east]],
        "title": title or described,
        "note": note,
    }
    return MapLayer("suitability", "image", payload, show=False)


def _warped(opened: Any, width: int) -> tuple[Floats, tuple[float, float, float, float]]:
    """Resample scores to an even grid of Web Mercator (NaN is unknown); give it and its box."""
    if opened.crs != rasterio.CRS.from_string(STORE_CRS):
        raise RenderError(
            f"{opened.name} is in {opened.crs}, not {STORE_CRS}", "make it in degrees"
        )
    west, south, east, north = opened.bounds
    low, high = max(south, -MERCATOR_LATITUDE), min(north, MERCATOR_LATITUDE)
    if low >= high:
        raise RenderError(
            f"{opened.name} lies from {south:g} to {north:g} N, beyond Web Mercator",
            "choose a box nearer to the equator",
        )
    columns = min(width, opened.width)
    bottom, top = _northing(low), _northing(high)
    rows = max(1, round(columns * (top - bottom) / np.radians(east - west)))
    # Twice the rows needed, read from the overviews: the nearest one is then near enough.
    read = min(opened.height, 2 * rows)
    values = opened.read(1, out_shape=(read, columns), masked=True, resampling=Resampling.average)
    values = np.ma.filled(values.astype(np.float64), np.nan)
    at = top - (np.arange(rows) + 0.5) * (top - bottom) / rows
    latitude = np.degrees(2.0 * np.arctan(np.exp(at)) - np.pi / 2.0)
    row = np.clip((north - latitude) / (north - south) * read, 0, read - 1).astype(np.int64)
    return np.asarray(values[row]), (west, low, east, high)


def _northing(latitude: float) -> float:
    """Give Mercator's northing on a sphere of radius 1."""
    return float(np.log(np.tan(np.pi / 4.0 + np.radians(latitude) / 2.0)))


def _png(scores: Floats, box: tuple[float, float, float, float]) -> bytes:
    """Encode a PNG with a palette: the classes of the ramp, the first entry clear for unknown."""
    west, south, east, north = (
        np.radians(box[0]),
        _northing(box[1]),
        np.radians(box[2]),
        _northing(box[3]),
    )
    limits = [low for low, _ in SCORE_RAMP]
    classes: NDArray[np.uint8] = np.where(
        np.isfinite(scores), np.searchsorted(limits, scores, side="right"), 0
    ).astype(np.uint8)
    colours = {0: (0, 0, 0, 0)}
    for i, (_, colour) in enumerate(SCORE_RAMP, 1):
        red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
        colours[i] = (red, green, blue, 255)
    height, width = classes.shape
    with MemoryFile() as memory:
        with memory.open(
            driver="PNG",
            width=width,
            height=height,
            count=1,
            dtype="uint8",
            transform=rasterio.Affine(
                (east - west) / width, 0, west, 0, (south - north) / height, north
            ),
        ) as out:
            out.write(classes, 1)
            out.write_colormap(1, colours)
        return bytes(memory.read())
