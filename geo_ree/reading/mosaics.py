"""Mosaics that `geo_ree.storage.mosaic_files` wrote, read by their index: no VRT is opened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.coords import BoundingBox
from rasterio.transform import array_bounds
from rasterio.windows import Window

from geo_ree.crs import STORE_CRS
from geo_ree.errors import SchemaError
from geo_ree.reading.geotiffs import open_geotiff
from geo_ree.storage.geotiff import Singles
from geo_ree.storage.mosaic_files import FORMAT, MosaicTile, index_path


class Mosaic:
    """A mosaic to read from: what `suitability` uses of a rasterio dataset, under its names.

    Raises
    ------
    SchemaError
        When the mosaic has no index, or a damaged one.
    """

    def __init__(self, path: Path) -> None:
        self.name, self._folder = str(path), path.parent
        index = _read_index(path)
        self.width, self.height = int(index["width"]), int(index["height"])
        self.transform = rasterio.Affine(*index["transform"])
        self.crs = rasterio.CRS.from_string(STORE_CRS)
        self.bounds = BoundingBox(*array_bounds(self.height, self.width, self.transform))
        self.descriptions = tuple(str(band[0]) for band in index["bands"])
        self.units = tuple(str(band[1]) for band in index["bands"])
        self._tags = {str(k): str(v) for k, v in index["tags"].items()}
        self.tiles = tuple(MosaicTile(**tile) for tile in index["tiles"])

    def tags(self) -> dict[str, str]:
        """Return the tags of the raster."""
        return dict(self._tags)

    def read(self, band: int, *, window: Window, masked: bool = True) -> np.ma.MaskedArray:
        """Read a window of a band; cells without a tile are masked, as those without data are."""
        top, left = int(window.row_off), int(window.col_off)
        bottom, right = top + int(window.height), left + int(window.width)
        out: Singles = np.full((bottom - top, right - left), np.nan, dtype=np.float32)
        for tile in self.tiles:
            a, b = max(top, tile.row), min(bottom, tile.row + tile.rows)
            c, d = max(left, tile.column), min(right, tile.column + tile.columns)
            if a < b and c < d:
                own = Window(c - tile.column, a - tile.row, d - c, b - a)
                out[a - top : b - top, c - left : d - left] = self._read_tile(tile, band, own)
        return np.ma.masked_invalid(out) if masked else np.ma.MaskedArray(out)

    def _read_tile(self, tile: MosaicTile, band: int, window: Window) -> Singles:
        path = self._folder / tile.file
        with open_geotiff(path) as opened:
            if (opened.width, opened.height) != (tile.columns, tile.rows):
                raise SchemaError(
                    f"{path} has {opened.width} x {opened.height} cells, expected {tile.columns} x "
                    f"{tile.rows}",
                    "remove it and make the raster again",
                )
            return np.asarray(opened.read(band, window=window), dtype=np.float32)


def _read_index(path: Path) -> dict[str, Any]:
    at = index_path(path)
    try:
        found = json.loads(at.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise ValueError(f"its format is {found['format']}")
        for tile in found["tiles"]:
            if Path(tile["file"]).name != tile["file"]:
                raise ValueError(f"{tile['file']} is not beside it")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SchemaError(
            f"{at} is no index of a mosaic ({type(error).__name__}: {error})",
            "give a mosaic that geo_ree wrote, or one GeoTIFF",
        ) from error
    return dict(found)
