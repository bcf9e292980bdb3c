"""Altitude of the region (GMTED2010), and altitude and slope of the Tien Shan and Pamir (GEBCO)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image
from scipy.io import netcdf_file  # type: ignore[import-untyped]

from geo_ree.crs import STORE_CRS
from geo_ree.proximity.heights import Patch, cell_sides_m, horn_slope_deg
from geo_ree.settings import REGION
from starter_build.packages import Store
from starter_build.product import BuildError, Product

Floats = NDArray[np.float64]

NODATA = -32768
COARSE_STEP_M, STEP_M, STEP_DEG = 10.0, 5.0, 0.5

WORLD_PER_DEGREE, WORLD_NORTH, WORLD_SHAPE, WORLD_ZERO = 15, 84.0, (2610, 5400), 1000
"""The grid of the package: cells of 4 arc-minutes from 84 N down to 90 S, metres above -1,000."""

FINE_PER_DEGREE, FACTOR = 240, 4
"""Cells of 15 arc-seconds, of which 4 by 4 make one of 1 arc-minute."""


def build_elevation(store: Store, out: Path) -> Product:
    """Write ``elevation.tif``: the region's part of GMTED2010 as means of 4 arc-minutes."""
    cells = read_world_cells(store)
    west, south, east, north = REGION
    top, bottom = (round((WORLD_NORTH - lat) * WORLD_PER_DEGREE) for lat in (north, south))
    left, right = (round((lon + 180.0) * WORLD_PER_DEGREE) for lon in (west, east))
    height = cells[top:bottom, left:right].astype(np.float64) - WORLD_ZERO
    _check_heights(store.path("gmted").name, height)
    write_bands(
        out / "elevation.tif", west, north, WORLD_PER_DEGREE, {"metre": (height, COARSE_STEP_M)}
    )
    return Product(
        file="elevation.tif",
        source_id="starter_elevation",
        rows=int(height.size),
        built_from=store.built_from("gmted"),
        took={"cells of 4 arc-minutes": int(height.size)},
        derived={f"heights in steps of {COARSE_STEP_M:g} m": int(height.size)},
    )


def read_world_cells(store: Store) -> NDArray[np.uint16]:
    """Read GMTED2010 of the whole world as the package has it."""
    path = store.path("gmted")
    with Image.open(path) as image:
        cells = np.asarray(image)
    if cells.shape != WORLD_SHAPE or cells.dtype != np.uint16:
        raise BuildError(
            f"{path.name}: {cells.shape} cells of {cells.dtype}, expected {WORLD_SHAPE} of uint16"
        )
    return cells


def build_elevation_tien_shan(store: Store, out: Path) -> Product:
    """Write ``elevation_tien_shan.tif``: GEBCO's heights and their slope as means of 1 arc-minute."""
    west, north, fine = read_gebco(store.path("gebco"))
    step = 1.0 / FINE_PER_DEGREE
    place = rasterio.Affine(step, 0.0, west, 0.0, -step, north)
    dx, dy = cell_sides_m(Patch(array=fine.astype(np.float32), transform=place))
    slope = mean_cells(horn_slope_deg(fine, dx, dy))
    height = mean_cells(fine)
    write_bands(
        out / "elevation_tien_shan.tif",
        west,
        north,
        FINE_PER_DEGREE // FACTOR,
        {"metre": (height, STEP_M), "degree": (slope, STEP_DEG)},
    )
    return Product(
        file="elevation_tien_shan.tif",
        source_id="starter_elevation_tien_shan",
        rows=int(height.size),
        built_from=store.built_from("gebco"),
        took={"cells of 15 arc-seconds": int(fine.size)},
        derived={
            f"mean heights of 1 arc-minute, in steps of {STEP_M:g} m": int(height.size),
            f"mean slopes of 16 cells, in steps of {STEP_DEG:g} degrees": int(
                np.isfinite(slope).sum()
            ),
        },
    )


def read_gebco(path: Path) -> tuple[float, float, Floats]:
    """Western and northern edge, and heights from north to south, cut to whole arc-minutes."""
    with netcdf_file(path, mmap=False) as grid:
        missing = {"lat", "lon", "elevation"} - set(grid.variables)
        if missing:
            raise BuildError(f"{path.name}: no variable {', '.join(sorted(missing))}")
        lat, lon, cells = (np.array(grid.variables[n].data) for n in ("lat", "lon", "elevation"))
    step = 1.0 / FINE_PER_DEGREE
    for name, axis in (("lat", lat), ("lon", lon)):
        if not np.allclose(np.diff(axis), step, atol=1e-6):
            raise BuildError(f"{path.name}: {name} is not in steps of 15 arc-seconds")
    rows, columns = _whole(lat - step / 2.0), _whole(lon - step / 2.0)
    height = cells[rows, columns][::-1].astype(np.float64)
    _check_heights(path.name, height)
    west = float(lon[columns][0]) - step / 2.0
    north = float(lat[rows][-1]) + step / 2.0
    return round(west * 60.0) / 60.0, round(north * 60.0) / 60.0, height


def _whole(edge: Floats) -> slice:
    """The cells that make up whole arc-minutes, from their lower edges in rising order."""
    first = int(np.flatnonzero(np.abs(edge * 60.0 - np.round(edge * 60.0)) < 0.01)[0])
    return slice(first, first + (len(edge) - first) // FACTOR * FACTOR)


def mean_cells(fine: Floats) -> Floats:
    """Means of blocks of cells; NaN (the rim, where a slope lacks a neighbour) is passed over.

    Examples
    --------
    >>> mean_cells(np.arange(16.0).reshape(4, 4)).tolist()
    [[7.5]]
    """
    rows, columns = (n // FACTOR for n in fine.shape)
    blocks = fine.reshape(rows, FACTOR, columns, FACTOR)
    return np.asarray(np.nanmean(blocks, axis=(1, 3)))


def _check_heights(file: str, height: Floats) -> None:
    """Raise on heights that are not on earth, outside the Caspian depression and Himalaya."""
    wrong = ~((height > -1_200.0) & (height < 8_850.0))
    if wrong.any():
        row, column = (int(n[0]) for n in np.nonzero(wrong))
        raise BuildError(f"{file}, row {row}, column {column}: height {height[row, column]:g} m")


def write_bands(
    path: Path,
    west: float,
    north: float,
    per_degree: int,
    bands: Mapping[str, tuple[Floats, float]],
) -> None:
    """Write a GeoTIFF with a band for each unit, its values in whole steps; NaN is no data."""
    size = 1.0 / per_degree
    first = next(iter(bands.values()))[0]
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=first.shape[0],
        width=first.shape[1],
        count=len(bands),
        dtype="int16",
        crs=STORE_CRS,
        nodata=NODATA,
        interleave="band",
        tiled=True,
        blockxsize=256,
        blockysize=256,
        compress="deflate",
        zlevel=9,
        predictor=2,
        transform=rasterio.Affine(size, 0.0, west, 0.0, -size, north),
    ) as target:
        for number, (values, step) in enumerate(bands.values(), start=1):
            whole = np.where(np.isnan(values), NODATA, np.round(values / step))
            target.write(whole.astype(np.int16), number)
        target.scales = tuple(step for _, step in bands.values())
        target.units = tuple(bands)
