"""Tiles joined into one window, whatever the spacing of each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject

from geo_ree.crs import STORE_CRS
from geo_ree.errors import FetchError, SettingsError
from geo_ree.ingest.cog_ranges import Tile
from geo_ree.ingest.protocol import Box

Grid = tuple[NDArray[np.float32], Affine]
"""Values, and where they lie."""

MAX_PIXELS = 50_000_000
"""A window of more pixels (200 MB as float32) is refused."""

_FUZZ = 1e-6
_OFF_GRID = 0.01


def join_tiles(tiles: Sequence[Tile], box: Box, *, what: str = "") -> Grid:
    """Read the pixels whose centre lies in a box from all its tiles.

    The western and the northern edge count as inside, the eastern and the southern do not: each
    pixel is then in one tile only, as the publishers cut them. Where the tiles differ in their
    spacing (those of Copernicus widen with latitude from 50 N), the window has the finest of
    them, and the coarser ones are interpolated bilinearly to it.

    Parameters
    ----------
    tiles
        One at least.
    box
        West, south, east, north in degrees.
    what
        Id of the source, for errors.

    Returns
    -------
    numpy.ndarray, Affine
        float32 of shape (rows, columns), NaN where no tile has data; and its transform.

    Raises
    ------
    SettingsError
        When the window has no pixel, or more than `MAX_PIXELS`.
    FetchError
        When a tile cannot be read, or tiles of one spacing are no parts of one grid.
    """
    spacings: dict[tuple[float, float], list[Tile]] = {}
    for tile in tiles:
        step = (round(tile.transform.a, 12), round(-tile.transform.e, 12))
        spacings.setdefault(step, []).append(tile)
    finest = min(spacings, key=lambda step: step[0] * step[1])
    array, transform = _mosaic(spacings.pop(finest), box, what)
    for (width, height), coarser in spacings.items():
        west, south, east, north = box
        # a margin, so that what lies at the window's edge is interpolated too
        wider = (west - 2 * width, south - 2 * height, east + 2 * width, north + 2 * height)
        values, place = _mosaic(coarser, wider, what)
        fitted = np.full_like(array, np.nan)
        reproject(
            values, fitted, src_transform=place, dst_transform=transform, src_crs=STORE_CRS,
            dst_crs=STORE_CRS, src_nodata=np.nan, dst_nodata=np.nan, resampling=Resampling.bilinear,
        )  # fmt: skip
        array = np.where(np.isnan(array), fitted, array)
    return array, transform


def _mosaic(tiles: Sequence[Tile], box: Box, what: str) -> Grid:
    """Join tiles of one spacing."""
    step = tiles[0].transform
    (left, right), (top, bottom) = _extent(step, box)
    shape = (bottom - top, right - left)
    told = ",".join(f"{edge:g}" for edge in box)
    if min(shape) < 1:
        raise SettingsError(
            f"{what}: the box {told} has no pixel in it, one is {step.a:g} degrees wide",
            "give a larger box",
        )
    if shape[0] * shape[1] > MAX_PIXELS:
        raise SettingsError(
            f"{what}: the box {told} has {shape[0] * shape[1]} pixels, at most {MAX_PIXELS} are "
            "read at once",
            "give a smaller box, or take a source with a coarser grid",
        )
    array = np.full(shape, np.nan, dtype=np.float32)
    for tile in tiles:
        # place of the window's first pixel in the tile
        column = left - _steps(tile, (tile.transform.c - step.c) / step.a)
        row = top - _steps(tile, (tile.transform.f - step.f) / step.e)
        rows = (max(row, 0), min(row + shape[0], tile.dataset.height))
        columns = (max(column, 0), min(column + shape[1], tile.dataset.width))
        if rows[0] < rows[1] and columns[0] < columns[1]:
            place = np.s_[rows[0] - row : rows[1] - row, columns[0] - column : columns[1] - column]
            array[place] = tile.read(rows, columns)
    corner = Affine(step.a, 0.0, step.c + left * step.a, 0.0, step.e, step.f + top * step.e)
    return array, corner


def _extent(step: Affine, box: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    """Columns and rows whose centre is in the box, counted from a tile's first."""
    west, south, east, north = box
    columns = [math.ceil((x - step.c) / step.a - 0.5 - _FUZZ) for x in (west, east)]
    rows = [math.ceil((y - step.f) / step.e - 0.5 - _FUZZ) for y in (north, south)]
    return (columns[0], columns[1]), (rows[0], rows[1])


def _steps(tile: Tile, distance: float) -> int:
    """Whole pixels between the corners of two tiles."""
    whole = round(distance)
    if abs(distance - whole) > _OFF_GRID:
        raise FetchError(
            f"{tile.where}: its pixels are {distance - whole:+.2f} of a pixel off those of its "
            "neighbour",
            "give a box within one tile, or correct url and reader.tile in the catalogue entry",
        )
    return int(whole)
