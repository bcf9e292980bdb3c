"""Shaded relief for the page, drawn from the starter's own altitude."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates

from geo_ree.maps import RELIEF
from geo_ree.proximity.heights import Patch, cell_sides_m
from starter_build.product import Product, sha256

Floats = NDArray[np.float64]

SUN_AZIMUTH, SUN_HEIGHT = np.radians(315.0), np.radians(45.0)
"""From the north-west, as on most maps: seen from elsewhere, valleys look like ridges."""

EXAGGERATION = {"elevation.tif": 9.0, "elevation_tien_shan.tif": 3.0}
"""Vertical, so that both rasters look alike: on larger cells slopes are gentler (judgement)."""

DARKEST, STEEP = 0.62, 0.12
"""How much the deepest shadow darkens, and how much steep ground that faces the sun (judgement)."""

FEATHER_DEG = 0.6
"""Width of the seam where the finer picture takes over."""

QUALITY = 38


def build_relief(file: str, out: Path) -> Product:
    """Write a grey picture: white is level ground, the page multiplies it with what lies below."""
    place = RELIEF[file]
    with rasterio.open(out / place.raster) as grid:
        height = grid.read(1).astype(np.float64) * grid.scales[0]
        patch = Patch(array=height.astype(np.float32), transform=grid.transform)
        bounds = grid.bounds
    grey = shade(height, patch, EXAGGERATION[place.raster])
    grey = 1.0 - (1.0 - grey) * _weights(grey.shape, bounds, file)
    picture = to_mercator(grey, bounds.south if hasattr(bounds, "south") else bounds.bottom, bounds.top)
    Image.fromarray(np.round(picture * 255.0).astype(np.uint8)).save(
        out / file, "WEBP", quality=QUALITY, method=6
    )
    return Product(
        file=file,
        source_id=place.source_id,
        rows=int(picture.size),
        built_from={place.raster: "sha256 " + sha256(out / place.raster)},
        took={"cells": int(height.size)},
        derived={"pixels of Web Mercator": int(picture.size)},
    )
