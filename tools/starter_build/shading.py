"""Shaded relief for the page, drawn from the starter's own altitude."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import map_coordinates

from geo_ree.maps.relief import PICTURES
from geo_ree.proximity.heights import Patch, cell_sides_m
from starter_build.product import Product, sha256

Floats = NDArray[np.float64]

COARSE, FINE = PICTURES

SUN_AZIMUTH, SUN_HEIGHT = np.radians(315.0), np.radians(45.0)
"""Light from the north-west, as on most maps: lit from below, valleys look like ridges."""

EXAGGERATION = {COARSE: 12.0, FINE: 5.0}
"""Of heights, so that both pictures look alike: on larger cells slopes are gentler (judgement)."""

SHADOW, STEEP = 0.62, 0.12
"""How much the deepest shadow darkens, and how much steep ground that is lit (judgement)."""

SEAM_DEG = 0.6
"""Width over which the finer picture takes over."""

QUALITY = 45


class Edges(NamedTuple):
    """Edges of a raster in degrees."""

    west: float
    south: float
    east: float
    north: float


def build_relief(file: str, out: Path) -> Product:
    """Write a grey picture of a raster that lies in `out`, white where the ground is level."""
    raster = out / PICTURES[file]
    height, edges, dx, dy = read_heights(raster)
    shadow = 1.0 - shade(height * EXAGGERATION[file], dx, dy)
    with rasterio.open(out / PICTURES[FINE]) as fine:
        inside = seam(shadow.shape, edges, Edges(*fine.bounds))
    shadow *= inside if file == FINE else 1.0 - inside
    picture = to_mercator(1.0 - shadow, edges)
    Image.fromarray(np.round(picture * 255.0).astype(np.uint8)).save(
        out / file, "WEBP", quality=QUALITY, method=6
    )
    return Product(
        file=file,
        source_id=Path(file).stem,
        rows=int(picture.size),
        built_from={raster.name: "sha256 " + sha256(raster)},
        took={"cells": int(height.size)},
        derived={"pixels, even in Web Mercator": int(picture.size)},
    )


def read_heights(raster: Path) -> tuple[Floats, Edges, Floats, Floats]:
    """Heights (m), edges, and the sides (m) of the cells of each row."""
    with rasterio.open(raster) as grid:
        height = grid.read(1).astype(np.float64) * grid.scales[0]
        patch = Patch(array=height.astype(np.float32), transform=grid.transform)
        edges = Edges(*grid.bounds)
    return height, edges, *cell_sides_m(patch)


def shade(height: Floats, dx: Floats, dy: Floats) -> Floats:
    """Brightness from 0 to 1: 1 on level ground, less on slopes that turn away from the sun.

    Lambert's cosine law, relative to level ground, so that plains stay white (Horn 1981, Hill
    shading and the reflectance map, Proceedings of the IEEE 69(1), 14-47).

    Examples
    --------
    >>> side = np.full(3, 100.0)
    >>> rise = np.outer([1, 1, 1], [0.0, 50.0, 100.0])  # up to the east: lit from the west
    >>> bool(shade(rise, side, side)[1, 1] > shade(-rise, side, side)[1, 1])
    True
    """
    south, east = np.gradient(height)
    east, north = east / dx[:, None], -south / dy[:, None]
    length = np.sqrt(1.0 + east**2 + north**2)
    up = np.sin(SUN_HEIGHT)
    across = np.cos(SUN_HEIGHT) * (east * np.sin(SUN_AZIMUTH) + north * np.cos(SUN_AZIMUTH))
    lit = (up - across) / (length * up)
    darkness = SHADOW * np.clip(1.0 - lit, 0.0, 1.0) + STEEP * (1.0 - 1.0 / length)
    return np.asarray(1.0 - np.clip(darkness, 0.0, 1.0))


def seam(shape: tuple[int, ...], edges: Edges, inner: Edges) -> Floats:
    """1 inside the inner edges, falling to 0 at them."""
    rows, columns = shape
    lon = edges.west + (np.arange(columns) + 0.5) / columns * (edges.east - edges.west)
    lat = edges.north - (np.arange(rows) + 0.5) / rows * (edges.north - edges.south)
    across = np.minimum(lon - inner.west, inner.east - lon)[None, :]
    along = np.minimum(lat - inner.south, inner.north - lat)[:, None]
    return np.asarray(np.clip(np.minimum(across, along) / SEAM_DEG, 0.0, 1.0))


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
