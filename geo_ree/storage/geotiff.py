"""Cloud-Optimized GeoTIFFs, written piece by piece, completely or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio import shutil as rasterio_shutil
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geo_ree._version import __version__
from geo_ree.crs import STORE_CRS
from geo_ree.errors import SettingsError
from geo_ree.storage.disk_errors import explain_unwritable
from geo_ree.storage.files import atomic_path

Singles = NDArray[np.float32]
Piece = tuple[int, int, Singles]

BLOCK = 512
"""Side of a block of the file, in cells."""

_CACHE_BYTES = 64_000_000  # GDAL's own default is 5 % of the machine's memory
_OPTIONS = {
    "compress": "DEFLATE",
    "level": 1,
    "predictor": "YES",
    "blocksize": BLOCK,
    "overview_resampling": "AVERAGE",
    "bigtiff": "IF_SAFER",
    "num_threads": "ALL_CPUS",
}

_SMALL = {"level": 6, "overview_resampling": "NEAREST"}
"""For rounded values: means would bring back the digits that rounding took away."""


@dataclass(frozen=True)
class RasterLayout:
    """Size, place and bands of a raster in degrees.

    `transform` has the six affine coefficients from column and row to longitude and latitude;
    each band has a description and a unit, such as ``("distance to the nearest road", "m")``. With
    `steps`, one a band, values are rounded to multiples of them, and overviews hold single cells
    instead of means: such a file has half the size.
    """

    width: int
    height: int
    transform: tuple[float, ...]
    bands: tuple[tuple[str, str], ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[float, ...] = ()


def write_cog(path: Path, layout: RasterLayout, pieces: Iterable[Piece]) -> None:
    """Write a Cloud-Optimized GeoTIFF of float32, NaN where unknown.

    Overviews hold the means of the known cells below, or single cells where the layout rounds.
    Compression is lossless (DEFLATE).

    Parameters
    ----------
    path
        File to write. An older one is replaced only when the new one is complete; on any
        failure, Ctrl-C included, nothing is left behind.
    layout
        Size, place and bands.
    pieces
        First row, first column, and values of shape (bands, rows, columns). One piece is held in
        memory at a time, beside 64 MB of GDAL's cache. Meanwhile the folder needs up to ten
        bytes per cell and band.

    Raises
    ------
    SettingsError
        When the file cannot be written, for instance because the disk is full.
    """
    with (
        atomic_path(path) as draft,
        explain_unwritable(path),
    ):
        raw, cog = draft.with_name("raw.tif"), draft.with_name("cog.tif")
        try:
            with rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES):
                _write_raw(raw, layout, pieces)
                options = {**_OPTIONS, **(_SMALL if layout.steps else {})}
                rasterio_shutil.copy(raw, cog, driver="COG", **options)
        except RasterioError as error:
            raise SettingsError(
                f"{path} cannot be written: {error}", "free disk space, or choose another path"
            ) from error
        cog.replace(draft)


def _write_raw(path: Path, layout: RasterLayout, pieces: Iterable[Piece]) -> None:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=layout.width,
        height=layout.height,
        count=len(layout.bands),
        dtype="float32",
        nodata=np.nan,
        crs=STORE_CRS,
        transform=rasterio.Affine(*layout.transform),
        tiled=True,
        blockxsize=BLOCK,
        blockysize=BLOCK,
        interleave="band",
        bigtiff="IF_SAFER",
    ) as out:
        for row, column, values in pieces:
            _, rows, columns = values.shape
            out.write(_rounded(values, layout.steps), window=Window(column, row, columns, rows))
        out.update_tags(created_by=f"geo_ree {__version__}", **layout.tags)
        for i, (description, unit) in enumerate(layout.bands, 1):
            out.set_band_description(i, description)
            out.set_band_unit(i, unit)


def _rounded(values: Singles, steps: tuple[float, ...]) -> Singles:
    """Round each band to multiples of its step; without steps, as they are."""
    if not steps:
        return values
    by_band = np.asarray(steps, dtype=np.float32)[:, None, None]
    out: Singles = np.round(values / by_band) * by_band
    return out


def step_below(limit: float) -> float:
    """Give the largest power of two that is at most `limit`, as a step that binary digits can hold.

    Examples
    --------
    >>> step_below(3.9), step_below(0.05)
    (2.0, 0.03125)
    """
    return float(2.0 ** np.floor(np.log2(limit)))
