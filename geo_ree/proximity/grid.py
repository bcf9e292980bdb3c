"""The grid of a raster: cells between meridians and parallels, their size given in metres or degrees."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from geo_ree.crs import Floats
from geo_ree.errors import SchemaError
from geo_ree.proximity.search.segments import ECCENTRICITY_2, SEMI_MAJOR_M
from geo_ree.storage.geotiff import step_below

Box = tuple[float, float, float, float]

MOST_CELLS = 2_000_000_000
"""Greatest number of cells of a grid."""

_METRES_A_DEGREE = 111_000.0  # of latitude, to a per cent
_UNITS = {"m": 1.0, "km": 1_000.0}
_RESOLUTION = re.compile(r"\s*([0-9.eE+-]+)\s*(m|km|deg|°)?\s*")


@dataclass(frozen=True)
class Grid:
    """Cells of equal steps in longitude and latitude, the first in the north-west.

    Attributes
    ----------
    box
        Western, southern, eastern and northern edge, degrees. East of 180 the longitudes continue:
        a box over the antimeridian is, for example, (170, 50, 190, 60).
    width, height
        Columns and rows.

    Examples
    --------
    >>> grid = Grid((76.0, 42.0, 77.0, 43.0), 4, 2)
    >>> grid.longitudes.tolist(), grid.latitudes.tolist()
    ([76.125, 76.375, 76.625, 76.875], [42.75, 42.25])
    """

    box: Box
    width: int
    height: int

    @property
    def step(self) -> tuple[float, float]:
        """Return width and height of a cell (degrees)."""
        west, south, east, north = self.box
        return (east - west) / self.width, (north - south) / self.height

    @property
    def longitudes(self) -> Floats:
        """Return the longitudes of the middles of the columns, from the west, up to 540 degrees."""
        return np.asarray(self.box[0] + (np.arange(self.width) + 0.5) * self.step[0])

    @property
    def latitudes(self) -> Floats:
        """Return the latitudes of the middles of the rows, from the north."""
        return np.asarray(self.box[3] - (np.arange(self.height) + 0.5) * self.step[1])

    @property
    def transform(self) -> tuple[float, float, float, float, float, float]:
        """Return the affine coefficients from column and row to longitude and latitude."""
        across, down = self.step
        return across, 0.0, self.box[0], 0.0, -down, self.box[3]


def fair_step_m(grid: Grid) -> float:
    """Give a step (metres) to round distances of cells to: a power of two, at most 1/256 of a cell.

    The way from a place to the middle of its cell is up to half a cell: finer digits say nothing.

    Examples
    --------
    >>> fair_step_m(make_grid((46.0, 35.0, 96.0, 55.0), "1 km"))
    2.0
    """
    return step_below(grid.step[1] * _METRES_A_DEGREE / 256.0)


def make_grid(box: Box, resolution: float | str) -> Grid:
    """Lay a grid over a box.

    The box is kept exactly, and no cell is larger than the resolution: steps are the resolution or a
    little less. Metres are converted where a degree is longest in the box: a degree of longitude at
    the latitude nearest to the equator, one of latitude at that nearest to a pole.

    Parameters
    ----------
    box
        Western, southern, eastern and northern edge, degrees; see `Grid`.
    resolution
        Cell size: a number of metres, or a text with its unit: ``"250 m"``, ``"1 km"``,
        ``"0.01 deg"``.

    Returns
    -------
    Grid

    Raises
    ------
    SchemaError
        When the box is reversed or outside the globe, the resolution is not a positive length or
        is larger than the box, or there are over `MOST_CELLS` cells.

    Examples
    --------
    >>> grid = make_grid((46.0, 35.0, 96.0, 55.0), "1 km")
    >>> grid.width, grid.height
    (4565, 2227)
    >>> make_grid((46.0, 35.0, 96.0, 55.0), "0.01 deg").height
    2000
    """
    west, south, east, north = check_box(box)
    size, metric = _read(resolution)
    across = down = size
    if metric:
        across, down = (
            size / _degree_of_longitude(south, north),
            size / _degree_of_latitude(south, north),
        )
    spans = east - west, north - south
    if not (across <= spans[0] and down <= spans[1]):
        raise SchemaError(
            f"a resolution of {resolution} is larger than the box {box}", "give a smaller one"
        )
    cells = spans[0] / across * (spans[1] / down)
    if cells > MOST_CELLS:
        raise SchemaError(
            f"a resolution of {resolution} gives {cells:.3g} cells in the box {box}, over "
            f"{MOST_CELLS:.3g}",
            "give a larger resolution or a smaller box",
        )
    width, height = (
        math.ceil(span / step - 1e-9) for span, step in zip(spans, (across, down), strict=True)
    )
    return Grid((west, south, east, north), width, height)


def check_box(box: Box) -> Box:
    """Return a box as four floats; SchemaError when it is reversed or outside the globe."""
    try:
        west, south, east, north = (float(v) for v in box)
    except (TypeError, ValueError):
        raise SchemaError(
            f"the box is {box!r}", "give four numbers: west, south, east, north"
        ) from None
    if not (-90 <= south < north <= 90):
        raise SchemaError(
            f"the box goes from latitude {south:g} to {north:g}",
            "give the south first, then the greater north, from -90 to 90",
        )
    if not (-180 <= west < east <= west + 360):
        raise SchemaError(
            f"the box goes from longitude {west:g} to {east:g}",
            "give the west first (from -180), then the greater east, at most 360 degrees on; a box "
            "over the antimeridian continues beyond 180: 170 to 190 reaches 170 W",
        )
    return west, south, east, north


def _read(resolution: float | str) -> tuple[float, bool]:
    """Return a resolution as a number, and whether it is metres (or else degrees)."""
    found = _RESOLUTION.fullmatch(str(resolution))
    try:
        size = float(found[1]) if found else math.nan
    except ValueError:
        size = math.nan
    if found is None or not (math.isfinite(size) and size > 0) or isinstance(resolution, bool):
        raise SchemaError(
            f"the resolution is {resolution!r}",
            'give metres above 0, or a text with its unit: "250 m", "1 km", "0.01 deg"',
        )
    unit = found[2] or "m"
    return (size * _UNITS[unit], True) if unit in _UNITS else (size, False)


def _degree_of_longitude(south: float, north: float) -> float:
    """Return its length (m) where it is longest between two parallels."""
    lat = math.radians(0.0 if south <= 0.0 <= north else min(abs(south), abs(north)))
    radius = SEMI_MAJOR_M / math.sqrt(1.0 - ECCENTRICITY_2 * math.sin(lat) ** 2)
    return math.radians(1.0) * radius * math.cos(lat)


def _degree_of_latitude(south: float, north: float) -> float:
    """Return its length (m) where it is longest between two parallels: nearest to a pole."""
    lat = math.radians(max(abs(south), abs(north)))
    root = math.sqrt(1.0 - ECCENTRICITY_2 * math.sin(lat) ** 2)
    return math.radians(1.0) * SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2) / root**3
