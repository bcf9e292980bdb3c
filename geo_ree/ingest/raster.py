"""Rasters that lie on disk: one band, north up, in any reference system."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import transform_bounds
from rasterio.windows import Window as Part

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS
from geo_ree.errors import SchemaError
from geo_ree.ingest.cog_ranges import null_values, with_nan


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
    >>> from geo_ree.catalog import load_catalog
    >>> from geo_ree.storage import starter_path
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
        When it is none, in one line with the cure.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> with open_raster(Path("gone.tif"), load_catalog()["copernicus_glo90"]):
    ...     pass
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: copernicus_glo90: gone.tif is missing; fetch it again with geo-ree \
fetch copernicus_glo90
    """
    where, cure = f"{source.id}: {path.name}", _cure(source)
    if not path.is_file():
        raise SchemaError(f"{source.id}: {path} is missing", cure)
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
                cure,
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
    >>> from geo_ree.catalog import load_catalog
    >>> from geo_ree.storage import starter_path
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

    A raster has no rows to give: what `geo_ree.ingest.read` gives for it is one row that tells
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
    >>> from geo_ree.catalog import load_catalog
    >>> from geo_ree.storage import starter_path
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
                "width": dataset.width, "height": dataset.height,
                "pixel_x_deg": (east - west) / dataset.width,
                "pixel_y_deg": (north - south) / dataset.height,
                "west": west, "south": south, "east": east, "north": north,
                "minimum": low, "maximum": high,
                "no_data_pct": 100.0 * (1.0 - known / (dataset.width * dataset.height)),
            },
            index=pd.RangeIndex(1, 2, name="row"),
        )  # fmt: skip
