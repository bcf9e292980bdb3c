"""Slope and ruggedness of a grid of heights, cell by cell."""

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
    """Steepest slope at each cell, from its eight neighbours.

    With the neighbours named a b c / d . f / g h i from north-west to south-east,
    ``east = ((c + 2 f + i) - (a + 2 d + g)) / (8 dx)``,
    ``north = ((a + 2 b + c) - (g + 2 h + i)) / (8 dy)`` and
    ``slope = atan(hypot(east, north))``.

    Parameters
    ----------
    heights
        Metres, shape (rows, columns), from north to south; NaN where there is no data.
    dx, dy
        Width and height of the cells of each row, metres, shape (rows,).

    Returns
    -------
    numpy.ndarray of float64
        Degrees from the horizontal, 0 to 90, in the shape of `heights`; NaN along the edge and
        where one of the eight neighbours has no data.

    References
    ----------
    Horn, B. K. P. (1981), Hill shading and the reflectance map, Proceedings of the IEEE 69(1),
    14-47.

    Examples
    --------
    >>> ramp = np.tile([0.0, 30.0, 60.0], (3, 1))
    >>> float(horn_slope_deg(ramp, np.full(3, 30.0), np.full(3, 30.0))[1, 1].round(6))
    45.0
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
    """Terrain ruggedness index: how far the heights around a cell are from its own.

    The square root of the sum of the squared differences to the eight neighbours. It grows with
    the size of the cells; only figures of one cell size compare.

    Parameters
    ----------
    heights
        Metres, shape (rows, columns); NaN where there is no data.

    Returns
    -------
    numpy.ndarray of float64
        Metres, in the shape of `heights`; NaN along the edge and where the cell or one of its
        neighbours has no data.

    References
    ----------
    Riley, S. J., DeGloria, S. D. and Elliot, R. (1999), A terrain ruggedness index that
    quantifies topographic heterogeneity, Intermountain Journal of Sciences 5(1-4), 23-27.

    Examples
    --------
    >>> peak = np.zeros((3, 3))
    >>> peak[1, 1] = 10.0
    >>> float(riley_ruggedness_m(peak)[1, 1].round(3))
    28.284
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
"""Western, southern, eastern and northern limit, degrees."""

PAGE_DEG = 0.25
"""Side of the lattice by which places are gathered: a window is never larger than this and its
margin, 970 x 970 cells of 1 arc-second (3.8 MB)."""

PAGE_CELLS = 128
"""Of a coarse raster a side has at least so many cells: a window costs more than what is in it."""

MARGIN_DEG = 0.01
"""What a window has beyond the places in it: three cells of up to 12 arc-seconds."""


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A part of a raster of heights.

    Parameters
    ----------
    array
        Metres, shape (rows, columns), from north to south; NaN where there is no data.
    transform
        From (column, row) to coordinates, (0, 0) being the outer corner of the first cell; north
        up.
    crs
        Reference system of those coordinates; `geo_ree.crs.STORE_CRS` when left out.
    """

    array: NDArray[np.float32]
    transform: Affine
    crs: Any = STORE_CRS

    def __post_init__(self) -> None:
        step = self.transform
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
    """Reads the part of a raster of heights that lies in a box.

    Called with a box of degrees, west before east. Gives at least every cell whose centre is in
    the box; a single cell of NaN where there is nothing.
    """

    def __call__(self, box: Box, /) -> Patch:
        """Read one window."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What was read at many places; NaN where there is no data, each of shape (n,).

    Parameters
    ----------
    height_m
        Bilinear between the centres of cells; the cell's own value beside a gap.
    slope_deg, ruggedness_m
        Of the cell that the place lies in, NaN where one of its eight neighbours is missing.
    cell_m
        The longer side of that cell.
    """

    height_m: Floats
    slope_deg: Floats
    ruggedness_m: Floats
    cell_m: Floats


def read_ground(lon: Floats, lat: Floats, read: ElevationReader, *, relief: bool = True) -> Ground:
    """Read heights, and if wanted slope and ruggedness, at many places.

    Places are gathered by the cells of a lattice of `PAGE_DEG`; each cell that holds one is read
    once, and of it the box around its places. Memory is that of one window and of the answer.

    Parameters
    ----------
    lon, lat
        Degrees, longitude from -180 to 180, shape (n,).
    read
        Gives a window of the raster.
    relief
        Whether slope and ruggedness are wanted; they are NaN otherwise.

    Returns
    -------
    Ground

    Examples
    --------
    >>> def plateau(box):
    ...     west, south, east, north = box
    ...     return Patch(array=np.full((9, 9), 1200, np.float32), transform=Affine(
    ...         (east - west) / 9, 0, west, 0, (south - north) / 9, north))
    >>> read_ground(np.array([76.0]), np.array([43.0]), plateau).height_m.tolist()
    [1200.0]
    """
    out = Ground(**{name: np.full(len(lon), np.nan) for name in Ground.__dataclass_fields__})
    side = PAGE_DEG
    pages = _pages(lon, lat, np.arange(len(lon)), side)
    while pages:
        at = pages.pop(0)
        patch = read(_around(lon[at], lat[at]))
        _fill(out, at, lon[at], lat[at], patch, relief=relief)
        if pages and _page_deg(patch) > side:
            side = _page_deg(patch)
            pages = _pages(lon, lat, np.concatenate(pages), side)
    return out


def _pages(lon: Floats, lat: Floats, at: Rows, side: float) -> list[Rows]:
    """Places by the cells of a lattice."""
    column = np.floor((lon[at] + 180.0) / side).astype(np.int64)
    row = np.floor((lat[at] + 90.0) / side).astype(np.int64)
    page = row * int(400 / PAGE_DEG) + column
    order = np.argsort(page, kind="stable")
    parts = np.split(at[order], np.flatnonzero(np.diff(page[order])) + 1)
    return parts if len(at) else []


def _page_deg(patch: Patch) -> float:
    """Side of the lattice for a raster of such cells."""
    if patch.crs != STORE_CRS or patch.array.size == 1:
        return PAGE_DEG
    return max(PAGE_DEG, PAGE_CELLS * max(patch.transform.a, -patch.transform.e))


def _around(lon: Floats, lat: Floats) -> Box:
    return (
        max(float(lon.min()) - MARGIN_DEG, -180.0),
        max(float(lat.min()) - MARGIN_DEG, -90.0),
        min(float(lon.max()) + MARGIN_DEG, 180.0),
        min(float(lat.max()) + MARGIN_DEG, 90.0),
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
    if relief:
        out.slope_deg[at] = horn_slope_deg(patch.array, dx, dy)[i, j]
        out.ruggedness_m[at] = riley_ruggedness_m(patch.array)[i, j]


def _cells(patch: Patch, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Columns and rows, with fractions, counted from the outer corner."""
    x, y = lon, lat
    if patch.crs != STORE_CRS:
        x, y = Transformer.from_crs(STORE_CRS, patch.crs, always_xy=True).transform(lon, lat)
    step = patch.transform
    return (np.asarray(x) - step.c) / step.a, (np.asarray(y) - step.f) / step.e


def cell_sides_m(patch: Patch) -> tuple[Floats, Floats]:
    """Width and height of the cells of each row, over the ellipsoid.

    Parameters
    ----------
    patch
        In any reference system: the sides of the cells in its middle column are measured as
        geodesics.

    Returns
    -------
    dx, dy : numpy.ndarray of float64
        Metres, shape (rows,).

    Examples
    --------
    >>> step = Affine(1 / 1200, 0, 76, 0, -1 / 1200, 45 + 0.5 / 1200)
    >>> dx, dy = cell_sides_m(Patch(array=np.zeros((1, 3), np.float32), transform=step))
    >>> [round(float(side[0]), 2) for side in (dx, dy)]
    [65.71, 92.61]
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
    """Between the centres of the four cells around; beside a gap the value of the cell itself."""
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
