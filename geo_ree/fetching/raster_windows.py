"""Windows of GeoTIFFs: heights (and slopes, if a second band has them), north up, in the file's grid.

`read_rasters` reads files on disk, `geo_ree.fetching.cog` tiles on the web; both fill a
`RasterWindow`. `open_geotiff` opens each file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.transform import Affine
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS
from geo_ree.errors import SchemaError, SettingsError
from geo_ree.fetching.protocol import Box
from geo_ree.fetching.raster_values import no_value_error, read_values
from geo_ree.reading.geotiffs import open_geotiff
from geo_ree.reading.tables import refuse_settings
from geo_ree.settings import REGION

MAX_PIXELS = 50_000_000
"""A window with more pixels (200 MB as float32) is refused."""

_OF_TABLES = ("sheet", "header_row", "encodings", "layer", "where", "key")
"""Settings of the reader that a raster has no use for."""

OFF_GRID = 0.01
"""Share of a pixel by which files of one grid may be off."""


@dataclass(frozen=True, kw_only=True)
class RasterWindow:
    """Part of a raster.

    Parameters
    ----------
    array
        Values, shape (rows, columns), float32, from north to south; NaN where there is no data.
    transform
        From (column, row) to coordinates, (0, 0) being the outer corner of the first pixel.
    crs
        Reference system of the coordinates.
    tiles
        Addresses of the tiles that were read; empty for files on disk.
    absent
        Addresses where the publisher has no tile: the sea, or land that is not released.
    slope
        Values of a second band, the mean slopes (degrees) of each pixel; None without one.
    """

    array: NDArray[np.float32]
    transform: Affine
    crs: CRS
    tiles: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    slope: NDArray[np.float32] | None = None

    @property
    def bounds(self) -> Box:
        """Outer edges of the pixels: west, south, east, north."""
        rows, columns = self.array.shape
        step = self.transform
        return step.c, step.f + rows * step.e, step.c + columns * step.a, step.f


def empty_window(box: Box) -> RasterWindow:
    """Give one pixel of NaN as large as a box in degrees."""
    west, south, east, north = box
    return RasterWindow(
        array=np.full((1, 1), np.nan, np.float32),
        transform=Affine(east - west, 0.0, west, 0.0, south - north, north),
        crs=CRS.from_user_input(STORE_CRS),
    )


def problem_of(dataset: DatasetReader, *, degrees: bool, slopes: bool = False) -> str:
    """Say why a raster cannot be used: other bands, not georeferenced; or nothing."""
    known = dataset.crs is not None and (dataset.crs.is_geographic or not degrees)
    if dataset.count != 1 + slopes or not known:
        wanted = "in degrees" if degrees else "in a known reference system"
        bands = "two bands (heights, slopes)" if slopes else "one band"
        beside = (
            "" if dataset.crs else " (.tfw and .prj beside it are not read: see gdal_translate)"
        )
        return (
            f"has {dataset.count} bands in {dataset.crs or 'no reference system'}, "
            f"expected {bands} {wanted}{beside}"
        )
    step = dataset.transform
    if not (step.b == step.d == 0 and step.a > 0 > step.e):
        return "is rotated, expected north up (see gdalwarp)"
    return ""


def check_pixels(rows: int, columns: int, box: Box, source: Source) -> None:
    """Raise SettingsError when a window has no pixel, or more than `MAX_PIXELS`."""
    edges = ",".join(f"{edge:g}" for edge in box)
    if min(rows, columns) < 1:
        raise SettingsError(f"{source.id}: the box {edges} contains no pixel", "give a larger box")
    if rows * columns > MAX_PIXELS:
        raise SettingsError(
            f"{source.id}: the box {edges} has {rows * columns} pixels, at most {MAX_PIXELS} are "
            "read at once",
            "give a smaller box, or choose a source with a coarser grid",
        )


def offset_of(dataset: DatasetReader, transform: Affine) -> tuple[int, int, float]:
    """Place of a grid's first pixel in a raster: row, column, and how far off its pixels are."""
    step = dataset.transform
    row, column = (transform.f - step.f) / step.e, (transform.c - step.c) / step.a
    return round(row), round(column), max(abs(row - round(row)), abs(column - round(column)))


def fill(
    array: NDArray[np.float32],
    transform: Affine,
    dataset: DatasetReader,
    source: Source,
    band: int = 1,
) -> None:
    """Fill the NaN of an array with the values of a raster on the same grid."""
    row, column, _ = offset_of(dataset, transform)
    rows, columns = array.shape
    top, left = max(row, 0), max(column, 0)
    bottom, right = min(row + rows, dataset.height), min(column + columns, dataset.width)
    if top < bottom and left < right:
        window = Window(left, top, right - left, bottom - top)
        values, _ = read_values(dataset, window, source, band)
        gaps = array[top - row : bottom - row, left - column : right - column]
        np.copyto(gaps, values, where=np.isnan(gaps))


@contextmanager
def open_raster(path: Path, source: Source) -> Iterator[DatasetReader]:
    """Open a GeoTIFF on disk; raise SchemaError when it is not whole or not usable."""
    if source.protocol == "starter":
        hint = "reinstall geo_ree"
    else:
        provided = " --file PATH" if source.protocol == "local" else ""
        hint = f"fetch it again with geo-ree fetch {source.id}{provided}"
    if not path.is_file():
        raise SchemaError(f"{source.id}: {path} is missing", hint)
    refuse_settings(source, path.name, "a raster", *_OF_TABLES)
    try:
        with open_geotiff(path, where=f"{source.id}: {path.name}") as dataset:
            # what is fetched as tiles is in degrees, a file of the user in any system
            degrees = source.protocol == "cog"
            problem = problem_of(dataset, degrees=degrees, slopes=source.slope_cell_m > 0)
            if problem:
                raise SchemaError(f"{source.id}: {path.name} {problem}", hint)
            yield dataset
    except RasterioError as error:
        raise SchemaError(f"{source.id}: {path.name} is not a whole GeoTIFF", hint) from error


def raster_bounds(path: Path, source: Source) -> Box:
    """Outer edges of a raster in degrees, from its header."""
    with open_raster(path, source) as dataset:
        west, south, east, north = transform_bounds(dataset.crs, STORE_CRS, *dataset.bounds)
        return float(west), float(south), float(east), float(north)


def pixel_height_deg(path: Path, source: Source) -> float:
    """Height of the pixels of a raster in degrees, from its header."""
    with open_raster(path, source) as dataset:
        _, south, _, north = transform_bounds(dataset.crs, STORE_CRS, *dataset.bounds)
        return float((north - south) / dataset.height)


def read_raster(path: Path, source: Source) -> pd.DataFrame:
    """Check that a file is a raster with data in it, and summarize it in one row.

    Parameters
    ----------
    path
        A GeoTIFF of one band, or of two where the entry has ``slope_cell_m``.
    source
        Its catalogue entry.

    Returns
    -------
    pandas.DataFrame
        One row, with the index ``row``: ``width`` and ``height`` in pixels, ``pixel_x_deg`` and
        ``pixel_y_deg``, the outer edges ``west``, ``south``, ``east``, ``north`` in degrees,
        ``minimum`` and ``maximum`` of the values, ``impossible`` (pixels whose value the layer
        cannot have, read as no data), and ``no_data_pct``; of a raster of over 50 million pixels
        where the region is.

    Raises
    ------
    SchemaError
        When it is not a GeoTIFF, is cut short, has several bands, no reference system (for
        tiles: one in degrees) or no value at all.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> from geo_ree.storage.files import starter_path
    >>> grid = read_raster(starter_path("elevation.tif"), load_catalog()["starter_elevation"])
    >>> grid.loc[1, ["west", "south", "east", "north"]].tolist()
    [40.0, 29.0, 120.0, 56.0]
    """
    with open_raster(path, source) as dataset:
        low, high, known, impossible = np.inf, -np.inf, 0, 0
        pixels = 0
        for window in _checked_windows(dataset):
            values, odd = read_values(dataset, window, source)
            impossible, pixels = impossible + odd, pixels + values.size
            values = values[np.isfinite(values)]
            if values.size:
                known += values.size
                low, high = min(low, float(values.min())), max(high, float(values.max()))
        if not known:
            raise no_value_error(path.name, source, impossible)
        west, south, east, north = transform_bounds(dataset.crs, STORE_CRS, *dataset.bounds)
        return pd.DataFrame(
            {
                "width": dataset.width,
                "height": dataset.height,
                "pixel_x_deg": (east - west) / dataset.width,
                "pixel_y_deg": (north - south) / dataset.height,
                "west": west,
                "south": south,
                "east": east,
                "north": north,
                "minimum": low,
                "maximum": high,
                "impossible": impossible,
                "no_data_pct": 100.0 * (1.0 - known / pixels),
            },
            index=pd.RangeIndex(1, 2, name="row"),
        )


def _checked_windows(dataset: DatasetReader) -> Iterator[Window]:
    """Blocks of a raster: of one of the world, where the region is; else all."""
    blocks = [window for _, window in dataset.block_windows(1)]
    if dataset.crs.is_geographic and dataset.width * dataset.height > MAX_PIXELS:
        west, south, east, north = REGION
        step = dataset.transform
        columns = (west - step.c) / step.a, (east - step.c) / step.a
        rows = (north - step.f) / step.e, (south - step.f) / step.e
        within = [
            w
            for w in blocks
            if w.col_off < columns[1]
            and w.col_off + w.width > columns[0]
            and w.row_off < rows[1]
            and w.row_off + w.height > rows[0]
        ]
        blocks = within or blocks
    return iter(blocks)


def read_rasters(paths: Sequence[Path], box: Box, source: Source) -> RasterWindow:
    """Read the part of files on disk that lies in a box, in their own pixel grid.

    Parameters
    ----------
    paths
        GeoTIFFs, for instance the windows of one source that were fetched. The grid
        is that of the first file that meets the box; others on the same grid fill its gaps.
    box
        West, south, east, north in degrees; not across the antimeridian.
    source
        Their catalogue entry.

    Returns
    -------
    RasterWindow
        Every pixel that the box touches and one more on each side, in metres: unit, scale and
        offset of the file are applied. One pixel of NaN as large as the box where no file has any.

    Raises
    ------
    SchemaError
        When a file cannot be used, is cut short, or its unit is no length.
    SettingsError
        When the window has more than `MAX_PIXELS`.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> from geo_ree.storage.files import starter_path
    >>> entry = load_catalog()["starter_elevation"]
    >>> window = read_rasters([starter_path("elevation.tif")], (76.9, 43.2, 77.0, 43.3), entry)
    >>> window.array.shape, bool(600 < np.median(window.array) < 3000)
    ((4, 4), True)
    """
    window: RasterWindow | None = None
    for path in paths:
        with open_raster(path, source) as dataset:
            if window is None:
                window = _touched(dataset, box, source)
            if window is not None and _is_same_grid(dataset, window):
                fill(window.array, window.transform, dataset, source)
                if window.slope is not None:
                    fill(window.slope, window.transform, dataset, source, band=2)
        if window is not None and not np.isnan(window.array).any():
            break
    return empty_window(box) if window is None else window


def _touched(dataset: DatasetReader, box: Box, source: Source) -> RasterWindow | None:
    """An empty window of the pixels that a box touches, and one around; None if it is apart."""
    west, south, east, north = transform_bounds(STORE_CRS, dataset.crs, *box, densify_pts=21)
    step = dataset.transform
    if not np.isfinite([west, south, east, north]).all():
        return None
    columns = [(x - step.c) / step.a for x in (west, east)]
    rows = [(y - step.f) / step.e for y in (north, south)]
    if columns[1] < 0 or rows[1] < 0 or columns[0] > dataset.width or rows[0] > dataset.height:
        return None
    left, top = math.floor(columns[0]) - 1, math.floor(rows[0]) - 1
    width, height = math.ceil(columns[1]) + 1 - left, math.ceil(rows[1]) + 1 - top
    check_pixels(height, width, box, source)
    blank = np.full((height, width), np.nan, dtype=np.float32)
    return RasterWindow(
        array=blank,
        slope=blank.copy() if source.slope_cell_m > 0 else None,
        transform=Affine(step.a, 0.0, step.c + left * step.a, 0.0, step.e, step.f + top * step.e),
        crs=dataset.crs,
    )


def _is_same_grid(dataset: DatasetReader, window: RasterWindow) -> bool:
    step, place = dataset.transform, window.transform
    return (
        dataset.crs == window.crs
        and np.allclose((step.a, step.e), (place.a, place.e), rtol=1e-9, atol=0.0)
        and offset_of(dataset, place)[2] <= OFF_GRID
    )
