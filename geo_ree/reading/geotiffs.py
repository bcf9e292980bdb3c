"""GeoTIFFs on disk or behind a Python file: the only place where a raster is opened.

The driver is GTiff, or the one that the caller read in the file's first bytes. A GeoTIFF may name a
file or an address that holds its overviews, in its own metadata or in files beside it: neither is
followed.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import Interleaving
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import DatasetReader

from geo_ree.errors import SchemaError
from geo_ree.settings import GDAL_OPTIONS, LARGER_LIMITS, Limits


@contextmanager
def open_geotiff(
    path: Path | str,
    *,
    where: str = "",
    driver: str = "GTiff",
    opener: Callable[..., object] | None = None,
) -> Iterator[DatasetReader]:
    """Open a GeoTIFF for reading, alone and without the network.

    Parameters
    ----------
    path
        The file, or a plain name for what `opener` gives. GDAL's prefixes (``/vsicurl/``) and
        addresses are no files.
    where
        Name of the file in errors; by default `path`.
    driver
        Another of GDAL's drivers, for a file whose first bytes name its format.
    opener
        Opens a name as a Python file, as `rasterio.open` takes it.

    Returns
    -------
    rasterio.io.DatasetReader
        Open, and GDAL's options are set, within the ``with`` block.

    Raises
    ------
    rasterio.errors.RasterioError
        If it is no whole GeoTIFF.
    SchemaError
        If it names other files, or declares more pixels or larger blocks than `Limits` allow.

    Examples
    --------
    >>> from geo_ree.storage.files import starter_path
    >>> with open_geotiff(starter_path("elevation.tif")) as raster:
    ...     raster.bounds.left
    40.0
    """
    label = where or str(path)
    if opener is None:
        path = Path(path).absolute()
        if not path.is_file():
            raise SchemaError(f"{label} is not a file", "check the path")
    with rasterio.Env(**GDAL_OPTIONS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # for the caller to refuse
            dataset = rasterio.open(path, driver=driver, opener=opener)
        with dataset:
            fault = _fault(dataset)
            if fault:
                raise SchemaError(f"{label} {fault[0]}", fault[1])
            yield dataset


def _fault(dataset: DatasetReader) -> tuple[str, str] | None:
    """Say why a raster is not read, and what to do."""
    limits = Limits.current()
    if dataset.tags(ns="OVERVIEWS"):
        return "names another file or an address for its overviews", (
            "do not use it, or write it again without its metadata (gdal_translate -nomd)"
        )
    pixels = dataset.width * dataset.height
    if pixels > limits.raster_pixels:
        return f"has {pixels} pixels, at most {limits.raster_pixels} are accepted", LARGER_LIMITS
    interleaved = dataset.count if dataset.interleaving == Interleaving.pixel else 1
    size = max(
        math.prod(shape) * np.dtype(kind).itemsize * interleaved
        for shape, kind in zip(dataset.block_shapes, dataset.dtypes, strict=True)
    )
    if size > limits.block_bytes:
        return f"has blocks of {size} bytes, at most {limits.block_bytes} are accepted", (
            f"write it again in tiles (gdal_translate -co TILED=YES), or {LARGER_LIMITS}"
        )
    return None
