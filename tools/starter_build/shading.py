"""Shaded relief for the page: three pictures, each fading into the coarser one, so that no seam shows."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import map_coordinates

from geo_ree.maps.relief import LEVEL, PICTURES
from geo_ree.proximity.heights import Patch, cell_sides_m
from starter_build.altitude import WORLD_NORTH, WORLD_PER_DEGREE, WORLD_ZERO, read_world_cells
from starter_build.packages import Store
from starter_build.product import Product, sha256

Floats = NDArray[np.float64]

WORLD, COARSE, FINE = PICTURES
RASTERS = {COARSE: "elevation.tif", FINE: "elevation_tien_shan.tif"}

SUN_AZIMUTH, SUN_HEIGHT = np.radians(315.0), np.radians(45.0)
"""Light from the north-west, as on most maps: lit from below, valleys look like ridges."""

EXAGGERATION = {WORLD: 30.0, COARSE: 12.0, FINE: 5.0}
"""Of heights, so that the pictures look alike: on larger cells slopes are gentler (judgement)."""

STEEP = 0.12
"""How much steep ground is darkened on every side (judgement)."""

WORLD_FACTOR = 4
"""Cells of 4 arc-minutes along one side of a cell of the world's picture."""

SEAM_DEG = {COARSE: 2.5, FINE: 1.2}
"""Width over which a finer picture takes over from the coarser one at its edges."""

QUALITY = {WORLD: 40, COARSE: 45, FINE: 40}


class Edges(NamedTuple):
    """Edges of a raster in degrees."""

    west: float
    south: float
    east: float
    north: float


def build_world_relief(store: Store, out: Path) -> Product:
    """Write the coarse picture of the land around the region from the altitude of the world."""
    edges = Edges(*PICTURES[WORLD])
    cells = read_world_cells(store)
    top, bottom = (round((WORLD_NORTH - lat) * WORLD_PER_DEGREE) for lat in edges[:0:-2])
    left, right = (round((lon + 180.0) * WORLD_PER_DEGREE) for lon in edges[::2])
    height = np.maximum(cells[top:bottom, left:right].astype(np.float64) - WORLD_ZERO, 0.0)
    rows, columns = (n // WORLD_FACTOR for n in height.shape)
    height = height.reshape(rows, WORLD_FACTOR, columns, WORLD_FACTOR).mean(axis=(1, 3))
    step = WORLD_FACTOR / WORLD_PER_DEGREE
    place = rasterio.Affine(step, 0.0, edges.west, 0.0, -step, edges.north)
    dx, dy = cell_sides_m(Patch(array=height.astype(np.float32), transform=place))
    tone = to_mercator(shade(height * EXAGGERATION[WORLD], dx, dy), edges)
    return _written(WORLD, tone, out, store.built_from("gmted"), height.size)


def build_relief(file: str, out: Path) -> Product:
    """Write the picture of a raster that lies in `out`; at its edges it is the coarser picture."""
    coarser, raster = (WORLD if file == COARSE else COARSE), out / RASTERS[file]
    height, edges, dx, dy = read_heights(raster)
    tone = to_mercator(shade(height * EXAGGERATION[file], dx, dy), edges)
    base = sample(out / coarser, Edges(*PICTURES[coarser]), edges, tone.shape)
    inside = seam(tone.shape, edges, SEAM_DEG[file])
    tone = (1.0 - inside) * base + inside * tone
    return _written(
        file,
        tone,
        out,
        {raster.name: "sha256 " + sha256(raster), coarser: "drawn before it"},
        height.size,
    )


def _written(file: str, tone: Floats, out: Path, built_from: dict[str, str], cells: int) -> Product:
    grey = np.clip(np.round(LEVEL * (1.0 + tone)), 0, 255).astype(np.uint8)
    Image.fromarray(grey).save(out / file, "WEBP", quality=QUALITY[file], method=6)
    return Product(
        file=file,
        source_id=Path(file).stem,
        rows=int(grey.size),
        built_from=built_from,
        took={"cells": int(cells)},
        derived={"pixels, even in Web Mercator": int(grey.size)},
    )


def sample(picture: Path, edges: Edges, inner: Edges, shape: tuple[int, ...]) -> Floats:
    """Read a picture at the pixels of one that lies inside it."""
    with Image.open(picture) as image:
        tone = np.asarray(image.convert("L"), dtype=np.float64) / LEVEL - 1.0
    low, high, bottom, top = (
        np.arctanh(np.sin(np.radians(lat)))
        for lat in (edges.south, edges.north, inner.south, inner.north)
    )
    rows, columns = tone.shape
    y = top - (np.arange(shape[0]) + 0.5) * (top - bottom) / shape[0]
    x = inner.west + (np.arange(shape[1]) + 0.5) * (inner.east - inner.west) / shape[1]
    place = np.meshgrid(
        (high - y) / (high - low) * rows - 0.5,
        (x - edges.west) / (edges.east - edges.west) * columns - 0.5,
        indexing="ij",
    )
    return np.asarray(map_coordinates(tone, place, order=1, mode="nearest"))


def read_heights(raster: Path) -> tuple[Floats, Edges, Floats, Floats]:
    """Heights (m), edges, and the sides (m) of the cells of each row."""
    with rasterio.open(raster) as grid:
        height = grid.read(1).astype(np.float64) * grid.scales[0]
        patch = Patch(array=height.astype(np.float32), transform=grid.transform)
        edges = Edges(*grid.bounds)
    return height, edges, *cell_sides_m(patch)


def shade(height: Floats, dx: Floats, dy: Floats) -> Floats:
    """Tone of the ground: 0 where it is level, above 0 where it is lit, down to -1 in full shadow.

    Lambert's cosine law, relative to level ground, so that plains keep the colour of the land (Horn
    1981, Hill shading and the reflectance map, Proceedings of the IEEE 69(1), 14-47).

    Examples
    --------
    >>> side = np.full(3, 100.0)
    >>> rise = np.outer([1, 1, 1], [0.0, 50.0, 100.0])  # up to the east: lit from the west
    >>> bool(shade(rise, side, side)[1, 1] > 0.0 > shade(-rise, side, side)[1, 1])
    True
    """
    south, east = np.gradient(height)
    east, north = east / dx[:, None], -south / dy[:, None]
    length = np.sqrt(1.0 + east**2 + north**2)
    up = np.sin(SUN_HEIGHT)
    across = np.cos(SUN_HEIGHT) * (east * np.sin(SUN_AZIMUTH) + north * np.cos(SUN_AZIMUTH))
    lit = (up - across) / (length * up)
    return np.asarray(np.clip(lit - 1.0 - STEEP * (1.0 - 1.0 / length), -1.0, 1.0))


def seam(shape: tuple[int, ...], edges: Edges, width: float) -> Floats:
    """1 inside, falling to 0 over a width in degrees at the edges; rows even in Web Mercator."""
    rows, columns = shape
    low, high = (np.arctanh(np.sin(np.radians(lat))) for lat in (edges.south, edges.north))
    northing = high - (np.arange(rows) + 0.5) * (high - low) / rows
    lat = np.degrees(np.arcsin(np.tanh(northing)))
    lon = edges.west + (np.arange(columns) + 0.5) / columns * (edges.east - edges.west)
    across = np.minimum(lon - edges.west, edges.east - lon)[None, :]
    along = np.minimum(lat - edges.south, edges.north - lat)[:, None]
    share = np.clip(np.minimum(across, along) / width, 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share))


def to_mercator(values: Floats, edges: Edges) -> Floats:
    """Resample rows of even latitude to rows that are even in Web Mercator."""
    rows, columns = values.shape
    low, high = (np.arctanh(np.sin(np.radians(lat))) for lat in (edges.south, edges.north))
    count = round(columns * (high - low) / np.radians(edges.east - edges.west))
    northing = high - (np.arange(count) + 0.5) * (high - low) / count
    lat = np.degrees(np.arcsin(np.tanh(northing)))
    row = (edges.north - lat) / (edges.north - edges.south) * rows - 0.5
    place = np.meshgrid(row, np.arange(columns), indexing="ij")
    return np.asarray(map_coordinates(values, place, order=1, mode="nearest"))
