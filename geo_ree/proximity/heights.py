"""Elevation rasters read by windows: height, slope and ruggedness at many places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.transform import Affine

from geo_ree.crs import GEOD, STORE_CRS, Floats
from geo_ree.errors import SchemaError


def horn_slope_deg(heights: NDArray[np.floating], dx: Floats, dy: Floats) -> Floats:
    """Return the steepest slope (degrees) at each cell, from its eight neighbours.

    With the neighbours named a b c / d . f / g h i from north-west to south-east,
    ``east = ((c + 2 f + i) - (a + 2 d + g)) / (8 dx)``,
    ``north = ((a + 2 b + c) - (g + 2 h + i)) / (8 dy)`` and ``slope = atan(hypot(east, north))``
    (Horn, B. K. P. (1981), Hill shading and the reflectance map, Proceedings of the IEEE 69(1), 14-47).
    `heights` has rows from north to south, `dx` and `dy` are the sides of the cells of each row (m).
    NaN along the edge and where one of the eight neighbours has no data.
    """
    z = np.asarray(heights, dtype=np.float64)
    out = np.full(z.shape, np.nan)
    if min(z.shape) < 3:
        return out
    a, b, c = z[:-2, :-2], z[:-2, 1:-1], z[:-2, 2:]
    d, f = z[1:-1, :-2], z[1:-1, 2:]
    g, h, i = z[2:, :-2], z[2:, 1:-1], z[2:, 2:]
    east = ((c + 2 * f + i) - (a + 2 * d + g)) / (8 * dx[1:-1, None])
    north = ((a + 2 * b + c) - (g + 2 * h + i)) / (8 * dy[1:-1, None])
    out[1:-1, 1:-1] = np.degrees(np.arctan(np.hypot(east, north)))
    return out


def riley_ruggedness_m(heights: NDArray[np.floating]) -> Floats:
    """Return the terrain ruggedness index (m): how much the heights around a cell differ from its own.

    The root of the sum of the squared differences to the eight neighbours (Riley, S. J., DeGloria, S. D.
    and Elliot, R. (1999), A terrain ruggedness index that quantifies topographic heterogeneity,
    Intermountain Journal of Sciences 5(1-4), 23-27). It grows with the size of the cells: only
    figures of one cell size compare. NaN along the edge and beside a gap.
    """
    z = np.asarray(heights, dtype=np.float64)
    out = np.full(z.shape, np.nan)
    rows, columns = z.shape
    if min(rows, columns) < 3:
        return out
    own = z[1:-1, 1:-1]
    total = np.zeros(own.shape)
    for i in range(3):
        for j in range(3):
            total += (z[i : rows - 2 + i, j : columns - 2 + j] - own) ** 2
    out[1:-1, 1:-1] = np.sqrt(total)
    return out


Rows = NDArray[np.intp]

Box = tuple[float, float, float, float]
"""Western, southern, eastern and northern edge, degrees."""

PAGE_DEG = 0.25
"""Side of the lattice by which places are grouped: a window is never larger than this and its
margin, 970 x 970 cells of 1 arc-second (3.8 MB)."""

PAGE_CELLS = 256
"""Least cells to a side of that lattice: of a coarse raster, opening a window costs more than its cells."""

MARGIN_DEG = 0.01
"""Margin of a window beyond the places in it: three cells of up to 12 arc-seconds, and at least one and
a half of larger ones."""


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A window of an elevation raster.

    Attributes
    ----------
    array
        Metres, shape (rows, columns), from north to south; NaN where there is no data.
    transform
        Affine transform from (column, row) to coordinates, (0, 0) being the outer corner of the first
        cell; north up.
    crs
        Reference system of these coordinates, `geo_ree.crs.STORE_CRS` by default.
    slope_deg, slope_cell_m
        Mean slopes (degrees) of finer cells in each cell, and the size (m) of those; None when slopes
        follow from `array`.
    """

    array: NDArray[np.float32]
    transform: Affine
    crs: Any = STORE_CRS
    slope_deg: NDArray[np.float32] | None = None
    slope_cell_m: float = 0.0

    def __post_init__(self) -> None:
        step = self.transform
        if self.slope_deg is not None and self.slope_deg.shape != self.array.shape:
            raise SchemaError(
                f"a window has heights of the shape {self.array.shape} and slopes of "
                f"{self.slope_deg.shape}",
                "give both on one grid",
            )
        if self.array.ndim != 2 or not self.array.size:
            raise SchemaError(
                f"a window of heights has the shape {self.array.shape}",
                "give rows and columns, one of each at least",
            )
        if not (step.b == step.d == 0 and step.a > 0 > step.e):
            raise SchemaError(
                f"a window of heights is turned (transform {tuple(step)[:6]})",
                "give a raster with north up: gdalwarp makes one",
            )


class ElevationReader(Protocol):
    """Reads the window of an elevation raster that lies in a box.

    Called with a box of degrees, west before east. It returns at least every cell whose centre is in
    the box, or a single cell of NaN where there is nothing.
    """

    def __call__(self, box: Box, /) -> Patch:
        """Read one window."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Values read at many places, each of shape (n,); NaN where there is no data.

    `height_m` is bilinear between the centres of cells, beside a gap the cell's own value.
    `slope_deg` and `ruggedness_m` are those of the cell that holds the place, `cell_m` is its longer side;
    `slope_cell_m` is the side of the cells that the slope is of.
    """

    height_m: Floats
    slope_deg: Floats
    ruggedness_m: Floats
    cell_m: Floats
    slope_cell_m: Floats


def read_ground(lon: Floats, lat: Floats, read: ElevationReader, *, relief: bool = True) -> Ground:
    """Read heights, and if `relief` slope and ruggedness, at many places (degrees, shape (n,)).

    Places are grouped by the cells of a lattice, and the box around each group is read once. Memory
    is that of one window and of the result.
    """
    out = Ground(**{name: np.full(len(lon), np.nan) for name in Ground.__dataclass_fields__})
    side, margin = PAGE_DEG, MARGIN_DEG
    pages = _pages(lon, lat, np.arange(len(lon)), side)
    while pages:
        at = pages.pop(0)
        patch = read(_around(lon[at], lat[at], margin))
        if relief and _margin_deg(patch) > margin:  # of coarse cells a window needs the neighbours
            margin = _margin_deg(patch)
            patch = read(_around(lon[at], lat[at], margin))
        _fill(out, at, lon[at], lat[at], patch, relief=relief)
        if pages and _page_deg(patch) > side:
            side = _page_deg(patch)
            pages = _pages(lon, lat, np.concatenate(pages), side)
    return out


def _pages(lon: Floats, lat: Floats, at: Rows, side: float) -> list[Rows]:
    """Group places by the cells of a lattice."""
    column = np.floor((lon[at] + 180.0) / side).astype(np.int64)
    row = np.floor((lat[at] + 90.0) / side).astype(np.int64)
    page = row * int(400 / PAGE_DEG) + column
    order = np.argsort(page, kind="stable")
    parts = np.split(at[order], np.flatnonzero(np.diff(page[order])) + 1)
    return parts if len(at) else []


def _page_deg(patch: Patch) -> float:
    """Return the side of the lattice that suits the raster's cells."""
    if patch.crs != STORE_CRS or patch.array.size == 1:
        return PAGE_DEG
    return max(PAGE_DEG, PAGE_CELLS * max(patch.transform.a, -patch.transform.e))


def _margin_deg(patch: Patch) -> float:
    """Return the margin that holds the eight cells around each place."""
    if patch.crs != STORE_CRS or patch.array.size == 1:
        return MARGIN_DEG
    return 1.5 * max(patch.transform.a, -patch.transform.e)


def _around(lon: Floats, lat: Floats, margin: float) -> Box:
    return (
        max(float(lon.min()) - margin, -180.0),
        max(float(lat.min()) - margin, -90.0),
        min(float(lon.max()) + margin, 180.0),
        min(float(lat.max()) + margin, 90.0),
    )


def _fill(
    out: Ground, at: NDArray[np.intp], lon: Floats, lat: Floats, patch: Patch, *, relief: bool
) -> None:
    column, row = _cells(patch, lon, lat)
    rows, columns = patch.array.shape
    inside = (column >= 0) & (column <= columns) & (row >= 0) & (row <= rows)
    at, column, row = at[inside], column[inside], row[inside]
    out.height_m[at] = _bilinear(patch.array, column, row)
    i = np.minimum(row.astype(np.int64), rows - 1)
    j = np.minimum(column.astype(np.int64), columns - 1)
    dx, dy = cell_sides_m(patch)
    out.cell_m[at] = np.maximum(dx, dy)[i]
    if not relief:
        return
    out.ruggedness_m[at] = riley_ruggedness_m(patch.array)[i, j]
    if patch.slope_deg is None:
        out.slope_deg[at] = horn_slope_deg(patch.array, dx, dy)[i, j]
        out.slope_cell_m[at] = out.cell_m[at]
    else:
        out.slope_deg[at] = patch.slope_deg[i, j]
        out.slope_cell_m[at] = patch.slope_cell_m


def _cells(patch: Patch, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return columns and rows, with fractions, counted from the outer corner."""
    x, y = lon, lat
    if patch.crs != STORE_CRS:
        x, y = Transformer.from_crs(STORE_CRS, patch.crs, always_xy=True).transform(lon, lat)
    step = patch.transform
    return (np.asarray(x) - step.c) / step.a, (np.asarray(y) - step.f) / step.e


def cell_sides_m(patch: Patch) -> tuple[Floats, Floats]:
    """Return width and height (m, shape (rows,)) of the cells of each row, over the ellipsoid.

    In any reference system, the sides of the cells in the middle column are measured as geodesics.
    """
    rows, columns = patch.array.shape
    step = patch.transform
    x = np.full(rows, step.c + step.a * columns / 2.0)
    y = step.f + step.e * (np.arange(rows) + 0.5)
    half_x, half_y = step.a / 2.0, step.e / 2.0
    ends = np.stack([x - half_x, x + half_x, x, x]), np.stack([y, y, y - half_y, y + half_y])
    lon, lat = ends
    if patch.crs != STORE_CRS:
        back = Transformer.from_crs(patch.crs, STORE_CRS, always_xy=True)
        lon, lat = (np.asarray(v) for v in back.transform(*ends))
    lat = np.clip(lat, -90.0, 90.0)  # tiles of some publishers begin half a cell beyond the pole
    return (
        np.asarray(GEOD.inv(lon[0], lat[0], lon[1], lat[1])[2], dtype=np.float64),
        np.asarray(GEOD.inv(lon[2], lat[2], lon[3], lat[3])[2], dtype=np.float64),
    )


def _bilinear(array: NDArray[np.float32], column: Floats, row: Floats) -> Floats:
    """Interpolate between the centres of the four cells around; beside a gap take the cell's own value."""
    rows, columns = array.shape
    x, y = np.clip(column - 0.5, 0, columns - 1), np.clip(row - 0.5, 0, rows - 1)
    i, j = y.astype(np.int64), x.astype(np.int64)
    below, right = np.minimum(i + 1, rows - 1), np.minimum(j + 1, columns - 1)
    v, u = y - i, x - j
    heights = array.astype(np.float64, copy=False)
    top = (1 - u) * heights[i, j] + u * heights[i, right]
    bottom = (1 - u) * heights[below, j] + u * heights[below, right]
    smooth = (1 - v) * top + v * bottom
    own = heights[
        np.minimum(row.astype(np.int64), rows - 1), np.minimum(column.astype(np.int64), columns - 1)
    ]
    return np.asarray(np.where(np.isnan(smooth), own, smooth), dtype=np.float64)
