"""Rasters that lie on disk: one band, north up, in any reference system."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.transform import Affine
from rasterio.warp import transform_bounds
from rasterio.windows import Window as Part

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS
from geo_ree.errors import SchemaError, SettingsError
from geo_ree.fetching.cog_ranges import MAX_PIXELS, null_values, with_nan
from geo_ree.fetching.protocol import Box


def read_part(dataset: DatasetReader, part: Part, source: Source) -> NDArray[np.float32]:
    """Read a part of a raster, in the unit that the file's scale and offset lead to.

    Parameters
    ----------
    dataset
        From `open_raster`.
    part
        Within the file.
    source
        Its catalogue entry, which may name more values that stand for no data.

    Returns
    -------
    numpy.ndarray
        float32, NaN where there is no data.

    Raises
    ------
    SchemaError
        When the file is cut short or damaged.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> from geo_ree.storage.files import starter_path
    >>> entry = load_catalog()["starter_elevation"]
    >>> with open_raster(starter_path("elevation.tif"), entry) as grid:
    ...     read_part(grid, Part(0, 0, 1, 2), entry).shape
    (2, 1)
    """
    with _explained(source, dataset.name):
        read = dataset.read(1, window=part, masked=True)
    numbers = with_nan(read, null_values(source))
    return np.asarray(numbers * dataset.scales[0] + dataset.offsets[0], dtype=np.float32)


@contextmanager
def open_raster(path: Path, source: Source) -> Iterator[DatasetReader]:
    """Open a GeoTIFF of one band, north up, that knows where it lies.

    Raises
    ------
    SchemaError
        When it is none, in one line with the hint.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> with open_raster(Path("gone.tif"), load_catalog()["copernicus_glo90"]):
    ...     pass
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: copernicus_glo90: gone.tif is missing; fetch it again with geo-ree \
fetch copernicus_glo90
    """
    where, hint = f"{source.id}: {path.name}", _cure(source)
    if not path.is_file():
        raise SchemaError(f"{source.id}: {path} is missing", hint)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # told below
        with _explained(source, str(path)):
            dataset = rasterio.open(path, driver="GTiff")
    with dataset:
        # What is fetched by tiles is in degrees; what somebody has may be in any system.
        degrees = dataset.crs is not None and (
            dataset.crs.is_geographic or source.protocol != "cog"
        )
        if dataset.count != 1 or not degrees:
            wanted = "in degrees" if source.protocol == "cog" else "in a known reference system"
            raise SchemaError(
                f"{where} has {dataset.count} bands in {dataset.crs or 'no reference system'}, "
                f"expected one band {wanted}",
                hint,
            )
        step = dataset.transform
        if not (step.b == step.d == 0 and step.a > 0 > step.e):
            raise SchemaError(f"{where} is turned", "make it north up with gdalwarp")
        yield dataset


def pixel_height_deg(path: Path, source: Source) -> float:
    """Tell how high the pixels of a raster are, from its header.

    Raises
    ------
    SchemaError
        As for `open_raster`.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> from geo_ree.storage.files import starter_path
    >>> entry = load_catalog()["starter_elevation"]
    >>> round(60 * pixel_height_deg(starter_path("elevation.tif"), entry), 6)
    5.0
    """
    with open_raster(path, source) as dataset:
        _, south, _, north = transform_bounds(dataset.crs, STORE_CRS, *dataset.bounds)
        return float((north - south) / dataset.height)


def _cure(source: Source) -> str:
    if source.protocol == "starter":
        return "reinstall geo_ree"
    by_hand = " --file PATH" if source.protocol == "local" else ""
    return f"fetch it again with geo-ree fetch {source.id}{by_hand}"


@contextmanager
def _explained(source: Source, name: str) -> Iterator[None]:
    try:
        yield
    except RasterioError as error:
        raise SchemaError(
            f"{source.id}: {Path(name).name} is no whole GeoTIFF", _cure(source)
        ) from error


def read_raster(path: Path, source: Source) -> pd.DataFrame:
    """Check that a payload is a raster with data in it, and sum it up.

    A raster has no rows to give: what `geo_ree.fetching.read` gives for it is one row that tells
    what there is.

    Parameters
    ----------
    path
        A GeoTIFF of one band, fetched or handed over.
    source
        Its catalogue entry.

    Returns
    -------
    pandas.DataFrame
        One row, with the index ``row``: ``width`` and ``height`` in pixels, ``pixel_x_deg`` and
        ``pixel_y_deg``, the outer edges ``west``, ``south``, ``east``, ``north`` in degrees,
        ``minimum`` and ``maximum`` of the values, and ``no_data_pct``.

    Raises
    ------
    SchemaError
        When it is none, is cut short, has several bands or no reference system (a source that
        is fetched by tiles: another than geographic coordinates), or has no value at all.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> from geo_ree.storage.files import starter_path
    >>> told = read_raster(starter_path("elevation.tif"), load_catalog()["starter_elevation"])
    >>> told.loc[1, ["west", "south", "east", "north"]].tolist()
    [40.0, 29.0, 120.0, 56.0]
    """
    with open_raster(path, source) as dataset:
        low, high, known = np.inf, -np.inf, 0
        for _, part in dataset.block_windows(1):
            values = read_part(dataset, part, source)
            values = values[np.isfinite(values)]
            if values.size:
                known += values.size
                low, high = min(low, float(values.min())), max(high, float(values.max()))
        if not known:
            raise SchemaError(
                f"{source.id}: {path.name} has no value in it", "fetch it for a box over land"
            )
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
                "no_data_pct": 100.0 * (1.0 - known / (dataset.width * dataset.height)),
            },
            index=pd.RangeIndex(1, 2, name="row"),
        )


_OFF_GRID = 0.01
"""Share of a pixel by which two files of one grid may be off."""


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """A part of a raster on disk.

    Parameters
    ----------
    array
        Values, shape (rows, columns), float32, from north to south; NaN where there is no data.
    transform
        From (column, row) to the coordinates of `crs`.
    crs
        Reference system of the file.
    """

    array: NDArray[np.float32]
    transform: Affine
    crs: Any


def cut_rasters(paths: Sequence[Path], box: Box, source: Source) -> Cutout:
    """Read the part of rasters on disk that lies in a box, in their own grid.

    Parameters
    ----------
    paths
        GeoTIFFs of one band, for instance the windows that were fetched of one source. The grid
        is that of the first one that the box meets; others of the same grid fill what it lacks.
    box
        West, south, east, north in degrees; not over the antimeridian.
    source
        Their catalogue entry.

    Returns
    -------
    Cutout
        Every pixel that the box touches, and one more around, with the scale and offset of the
        file put to use. One pixel of NaN as large as the box where no file has any.

    Raises
    ------
    SchemaError
        When a file is none of the kind, or is cut short.
    SettingsError
        When the box has more than `geo_ree.fetching.cog_ranges.MAX_PIXELS`.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> from geo_ree.storage.files import starter_path
    >>> entry = load_catalog()["starter_elevation"]
    >>> part = cut_rasters([starter_path("elevation.tif")], (76.9, 43.2, 77.0, 43.3), entry)
    >>> part.array.shape, bool(600 < np.median(part.array) < 3000)
    ((4, 4), True)
    """
    found: Cutout | None = None
    for path in paths:
        with open_raster(path, source) as dataset:
            part = _cut(dataset, box, source) if found is None else _beside(dataset, found)
            if part is None:
                continue
            values = _values(dataset, part, source)
            step, crs = dataset.transform, dataset.crs
        if found is None:
            x, y = step.c + part.col_off * step.a, step.f + part.row_off * step.e
            corner = Affine(step.a, 0.0, x, 0.0, step.e, y)
            found = Cutout(array=values, transform=corner, crs=crs)
        else:
            np.copyto(found.array, values, where=np.isnan(found.array))
        if not np.isnan(found.array).any():
            break
    if found is not None:
        return found
    west, south, east, north = box
    corner = Affine(east - west, 0.0, west, 0.0, south - north, north)
    return Cutout(array=np.full((1, 1), np.nan, np.float32), transform=corner, crs=STORE_CRS)


def _cut(dataset: DatasetReader, box: Box, source: Source) -> Part | None:
    """The pixels of a file that a box touches, and one around; None where they are apart."""
    west, south, east, north = transform_bounds(STORE_CRS, dataset.crs, *box, densify_pts=21)
    step = dataset.transform
    if not np.isfinite([west, south, east, north]).all():
        return None
    columns = [(x - step.c) / step.a for x in (west, east)]
    rows = [(y - step.f) / step.e for y in (north, south)]
    if columns[1] < 0 or rows[1] < 0 or columns[0] > dataset.width or rows[0] > dataset.height:
        return None
    left, top = int(np.floor(columns[0])) - 1, int(np.floor(rows[0])) - 1
    part = Part(left, top, int(np.ceil(columns[1])) + 1 - left, int(np.ceil(rows[1])) + 1 - top)
    if part.width * part.height > MAX_PIXELS:
        raise SettingsError(
            f"{source.id}: the box {','.join(f'{edge:g}' for edge in box)} has "
            f"{part.width * part.height} pixels, at most {MAX_PIXELS} are read at once",
            "give a smaller box",
        )
    return part


def _beside(dataset: DatasetReader, found: Cutout) -> Part | None:
    """The same pixels in another file; None where it has another grid."""
    step, place = dataset.transform, found.transform
    same = np.allclose((step.a, step.e), (place.a, place.e), rtol=1e-9, atol=0.0)
    if not same or dataset.crs != found.crs:
        return None
    column, row = (place.c - step.c) / step.a, (place.f - step.f) / step.e
    if max(abs(column - round(column)), abs(row - round(row))) > _OFF_GRID:
        return None
    rows, columns = found.array.shape
    return Part(round(column), round(row), columns, rows)


def _values(dataset: DatasetReader, part: Part, source: Source) -> NDArray[np.float32]:
    """Values of a part that may reach beyond the file."""
    out = np.full((int(part.height), int(part.width)), np.nan, dtype=np.float32)
    top, left = max(part.row_off, 0), max(part.col_off, 0)
    bottom = min(part.row_off + part.height, dataset.height)
    right = min(part.col_off + part.width, dataset.width)
    if top < bottom and left < right:
        rows = slice(top - part.row_off, bottom - part.row_off)
        out[rows, left - part.col_off : right - part.col_off] = read_part(
            dataset, Part(left, top, right - left, bottom - top), source
        )
    return out
