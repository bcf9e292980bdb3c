"""Rasters written strip by strip into Cloud-Optimized GeoTIFFs, whole or not at all."""

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

BLOCK = 512
"""Cells to a side of a block of the file."""

_CACHE_BYTES = 64_000_000  # GDAL's own default is 5 % of the machine's memory
_MADE = {
    "compress": "DEFLATE", "level": 1, "predictor": "YES", "blocksize": BLOCK,
    "overview_resampling": "AVERAGE", "bigtiff": "IF_SAFER", "num_threads": "ALL_CPUS",
}  # fmt: skip


@dataclass(frozen=True)
class Band:
    """What a raster of one band holds, and where; not a number where it is unknown.

    Parameters
    ----------
    width, height
        Columns and rows.
    transform
        Affine coefficients from column and row to longitude and latitude, six numbers.
    description
        Words for people.
    unit
        Of the values, for instance ``m``.
    tags
        What else the file says of itself.
    """

    width: int
    height: int
    transform: tuple[float, ...]
    description: str
    unit: str
    tags: Mapping[str, str] = field(default_factory=dict)


def write_cog(path: Path, band: Band, strips: Iterable[Singles]) -> None:
    """Write a Cloud-Optimized GeoTIFF of float32.

    Overviews have the means of the cells below that are known. The file is compressed without
    loss (DEFLATE), readable by everything that reads GeoTIFF.

    Parameters
    ----------
    path
        File to write; an older one is replaced only when the new one is whole. On any failure,
        Ctrl-C among them, nothing is left.
    band
        What the file holds.
    strips
        All rows from the north, some at a time, each shape (rows, width). Only one is held in
        memory, beside 64 MB of GDAL's cache; beside the file, up to seven bytes a cell of
        temporary disk are used.

    Raises
    ------
    SettingsError
        When it cannot be written, for instance because the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "two.tif"
    >>> band = Band(2, 1, (0.5, 0, 76, 0, -0.5, 43), "two cells", "m")
    >>> write_cog(path, band, [np.float32([[1.5, np.nan]])])
    >>> with rasterio.open(path) as made:
    ...     made.read(1).tolist(), made.units, made.tags(ns="IMAGE_STRUCTURE")["LAYOUT"]
    ([[1.5, nan]], ('m',), 'COG')
    """
    with atomic_path(path) as draft, told(path):
        with TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
            raw, made = Path(folder, "raw.tif"), Path(folder, "made.tif")
            try:
                with rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES):
                    _write_raw(raw, band, strips)
                    rasterio_shutil.copy(raw, made, driver="COG", **_MADE)
            except RasterioError as error:
                raise SettingsError(
                    f"{path} cannot be written: {error}", "free disk space, or choose another path"
                ) from error
            made.replace(draft)


def _write_raw(path: Path, band: Band, strips: Iterable[Singles]) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", width=band.width, height=band.height, count=1, dtype="float32",
        nodata=np.nan, crs=STORE_CRS, transform=rasterio.Affine(*band.transform), tiled=True,
        blockxsize=BLOCK, blockysize=BLOCK, bigtiff="IF_SAFER",
    ) as out:  # fmt: skip
        row = 0
        for strip in strips:
            out.write(strip, 1, window=Window(0, row, band.width, len(strip)))
            row += len(strip)
        out.update_tags(created_by=f"geo_ree {__version__}", unit=band.unit, **band.tags)
        out.set_band_description(1, band.description)
        out.set_band_unit(1, band.unit)
