"""One band of a raster file, read at points: GDAL gets the one driver that the file's bytes name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from geo_ree.crs import STORE_CRS, Floats
from geo_ree.errors import SchemaError, suggest_words
from geo_ree.reading.geotiffs import open_geotiff

Method = Literal["nearest", "bilinear"]

_DRIVERS: tuple[tuple[bytes, str], ...] = (
    *((magic, "GTiff") for magic in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    *((b"DSAA", "GSAG"), (b"DSBB", "GSBG"), (b"DSRB", "GS7BG")),
)
"""First bytes of a file, and the driver that may open it."""

_ASCII_GRID = (b"ncols", b"nrows")
_TILE = 512
"""Pixels on a side of what is read at once."""


@dataclass(frozen=True)
class RasterBand:
    """One band of a raster file, whose values can be read at any points.

    Parameters
    ----------
    path
        A GeoTIFF, Surfer grid or Esri ASCII grid, in any reference system.
    band
        Counts from 1.
    method
        ``"nearest"`` takes the pixel that holds the point; ``"bilinear"`` weighs the four pixel
        centres around it, without those that have no data.
    crs
        The reference system of a file that states none; one that states its own keeps it.

    Raises
    ------
    SchemaError
        When the method or `crs` is unknown; on reading, when the file is none of these, has no such
        band or no reference system, or is cut short.

    Notes
    -----
    Values have the scale and offset of the band applied, and keep its unit. What the file marks as no
    data, and what is not finite, is NaN; so is what lies outside. Memory does not grow with the file.
    Files beside it are not read.
    """

    path: str
    band: int = 1
    method: Method = "nearest"
    crs: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", str(self.path))
        if self.method not in get_args(Method):
            hint = suggest_words(str(self.method), get_args(Method))
            raise SchemaError(
                f"the method of reading a raster is {self.method!r}",
                hint or f"use one of {', '.join(get_args(Method))}",
            )
        if self.crs:
            try:
                CRS.from_user_input(self.crs)
            except CRSError as error:
                raise SchemaError(
                    f"the reference system of {self.path} is given as {self.crs!r}",
                    "give an EPSG code that exists, for instance EPSG:32642",
                ) from error

    def read_unit(self) -> str:
        """Check the file, and read the unit of its band; empty where it says nothing."""
        with self._open() as dataset:
            return dataset.units[self.band - 1] or ""

    def read(self, lon: ArrayLike, lat: ArrayLike) -> Floats:
        """Read the values at points in degrees (EPSG:4326), arrays of one shape."""
        x, y = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
        out = np.full(x.size, np.nan)
        with self._open() as dataset:
            system = dataset.crs.to_wkt() if dataset.crs else self.crs
            there = Transformer.from_crs(STORE_CRS, system, always_xy=True)
            east, north = there.transform(x.ravel(), y.ravel())
            step = ~dataset.transform
            column = step.a * east + step.b * north + step.c
            row = step.d * east + step.e * north + step.f
            with np.errstate(invalid="ignore"):
                inside = (column >= 0) & (column <= dataset.width)
                inside &= (row >= 0) & (row <= dataset.height)
            at = np.flatnonzero(inside)
            column = np.minimum(column[at], np.nextafter(dataset.width, 0))
            row = np.minimum(row[at], np.nextafter(dataset.height, 0))
            tile = (row // _TILE).astype(np.int64), (column // _TILE).astype(np.int64)
            order = np.lexsort(tile[::-1])
            change = np.flatnonzero((np.diff(tile[0][order]) != 0) | (np.diff(tile[1][order]) != 0))
            for part in np.split(order, change + 1) if len(order) else ():
                out[at[part]] = self._values(dataset, row[part], column[part])
        return out.reshape(x.shape)

    def _values(self, dataset: DatasetReader, row: Floats, column: Floats) -> Floats:
        """Values at places (in pixels from the upper left corner) that are close to each other."""
        top, left = max(int(row.min()) - 1, 0), max(int(column.min()) - 1, 0)
        bottom = min(int(row.max()) + 2, dataset.height)
        right = min(int(column.max()) + 2, dataset.width)
        pixels = self._pixels(dataset, Window(left, top, right - left, bottom - top))
        row, column = row - top, column - left
        own = pixels[row.astype(np.int64), column.astype(np.int64)]
        if self.method == "nearest":
            return own
        total, weight = np.zeros(len(row)), np.zeros(len(row))
        first_row, first_column = np.floor(row - 0.5), np.floor(column - 0.5)
        for down in (0, 1):
            for along in (0, 1):
                i, j = first_row + down, first_column + along
                share = (1 - np.abs(row - 0.5 - i)) * (1 - np.abs(column - 0.5 - j))
                i = np.clip(i, 0, pixels.shape[0] - 1).astype(np.int64)
                j = np.clip(j, 0, pixels.shape[1] - 1).astype(np.int64)
                known = np.isfinite(pixels[i, j])
                total += np.where(known, share * np.where(known, pixels[i, j], 0.0), 0.0)
                weight += np.where(known, share, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(np.isnan(own), np.nan, total / weight)

    def _pixels(self, dataset: DatasetReader, window: Window) -> Floats:
        read = dataset.read(self.band, window=window, masked=True)
        pixels: NDArray[np.float64] = np.ma.filled(read.astype(np.float64), np.nan)
        pixels = pixels * dataset.scales[self.band - 1] + dataset.offsets[self.band - 1]
        return np.where(np.isfinite(pixels), pixels, np.nan)

    @contextmanager
    def _open(self) -> Iterator[DatasetReader]:
        driver = _driver_of(Path(self.path))
        try:
            with open_geotiff(self.path, driver=driver) as dataset:
                self._check(dataset)
                yield dataset
        except (RasterioError, ProjError) as error:
            raise SchemaError(
                f"{self.path} is not a whole raster ({driver})", "save it again"
            ) from error

    def _check(self, dataset: DatasetReader) -> None:
        if not 1 <= self.band <= dataset.count:
            raise SchemaError(
                f"{self.path} has {dataset.count} bands, band {self.band} is asked for",
                f"give a band from 1 to {dataset.count}",
            )
        if dataset.crs is None and not self.crs:
            raise SchemaError(
                f"{self.path} has no coordinate reference system",
                'give it, for instance crs="EPSG:32642"; .tfw and .prj beside it are not read, but '
                "gdal_translate writes them into the file",
            )


def is_raster(path: Path) -> bool:
    """Whether the first bytes of a file are those of a raster that `RasterBand` reads."""
    return path.is_file() and bool(_find_driver(path))


def _driver_of(path: Path) -> str:
    """The driver of a raster by the first bytes of its file."""
    driver = _find_driver(path)
    if driver:
        return driver
    raise SchemaError(
        f"{path} is no raster that geo_ree reads",
        "save it as a GeoTIFF; Surfer and Esri ASCII grids are read too",
    )


def _find_driver(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            head = stream.read(64)
    except OSError as error:
        raise SchemaError(f"{path} cannot be read ({error.strerror})", "check the path") from error
    for magic, driver in _DRIVERS:
        if head.startswith(magic):
            return driver
    if head.lstrip().lower().startswith(_ASCII_GRID):
        return "AAIGrid"
    return ""
