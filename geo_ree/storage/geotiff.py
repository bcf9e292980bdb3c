"""Rasters written piece by piece into Cloud-Optimized GeoTIFFs, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio import shutil as rasterio_shutil
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geo_ree._version import __version__
from geo_ree.crs import STORE_CRS
from geo_ree.errors import SettingsError
from geo_ree.storage.files import atomic_path, told

Singles = NDArray[np.float32]
Piece = tuple[int, int, Singles]

BLOCK = 512
"""Cells to a side of a block of the file."""

_CACHE_BYTES = 64_000_000  # GDAL's own default is 5 % of the machine's memory
_MADE = {
    "compress": "DEFLATE",
    "level": 1,
    "predictor": "YES",
    "blocksize": BLOCK,
    "overview_resampling": "AVERAGE",
    "bigtiff": "IF_SAFER",
    "num_threads": "ALL_CPUS",
}


@dataclass(frozen=True)
class Raster:
    """What a raster holds, and where; not a number where it is unknown.

    Parameters
    ----------
    width, height
        Columns and rows.
    transform
        Affine coefficients from column and row to longitude and latitude, six numbers.
    bands
        Description and unit of each band, for instance ``("distance to the nearest road", "m")``.
    tags
        What else the file says of itself.
    """

    width: int
    height: int
    transform: tuple[float, ...]
    bands: tuple[tuple[str, str], ...]
    tags: Mapping[str, str] = field(default_factory=dict)


def write_cog(path: Path, raster: Raster, pieces: Iterable[Piece]) -> None:
    """Write a Cloud-Optimized GeoTIFF of float32.

    Overviews have the means of the cells below that are known. The file is compressed without
    loss (DEFLATE), readable by everything that reads GeoTIFF.

    Parameters
    ----------
    path
        File to write; an older one is replaced only when the new one is whole. On any failure,
        Ctrl-C among them, nothing is left.
    raster
        What the file holds.
    pieces
        Its parts: first row, first column, and values of shape (bands, rows, columns). Only one
        is held in memory, beside 64 MB of GDAL's cache. While it is being written, the folder
        has to have room for up to ten bytes a cell and band.

    Raises
    ------
    SettingsError
        When it cannot be written, for instance because the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "two.tif"
    >>> raster = Raster(2, 1, (0.5, 0, 76, 0, -0.5, 43), (("two cells", "m"),))
    >>> write_cog(path, raster, [(0, 0, np.float32([[[1.5, np.nan]]]))])
    >>> with rasterio.open(path) as made:
    ...     made.read(1).tolist(), made.units, made.tags(ns="IMAGE_STRUCTURE")["LAYOUT"]
    ([[1.5, nan]], ('m',), 'COG')
    """
    with (
        atomic_path(path) as draft,
        told(path),
        TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder,
    ):
        raw, made = Path(folder, "raw.tif"), Path(folder, "made.tif")
        try:
            with rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES):
                _write_raw(raw, raster, pieces)
                rasterio_shutil.copy(raw, made, driver="COG", **_MADE)
        except RasterioError as error:
            raise SettingsError(
                f"{path} cannot be written: {error}", "free disk space, or choose another path"
            ) from error
        made.replace(draft)


def _write_raw(path: Path, raster: Raster, pieces: Iterable[Piece]) -> None:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=raster.width,
        height=raster.height,
        count=len(raster.bands),
        dtype="float32",
        nodata=np.nan,
        crs=STORE_CRS,
        transform=rasterio.Affine(*raster.transform),
        tiled=True,
        blockxsize=BLOCK,
        blockysize=BLOCK,
        interleave="band",
        bigtiff="IF_SAFER",
    ) as out:
        for row, column, values in pieces:
            _, rows, columns = values.shape
            out.write(values, window=Window(column, row, columns, rows))
        out.update_tags(created_by=f"geo_ree {__version__}", **raster.tags)
        for i, (description, unit) in enumerate(raster.bands, 1):
            out.set_band_description(i, description)
            out.set_band_unit(i, unit)
