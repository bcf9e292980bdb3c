"""Rows of a proximity raster: the distance of each cell to the nearest target of one index."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize

from geo_ree.crs import Floats
from geo_ree.proximity.grid import Grid
from geo_ree.proximity.index import NearestIndex
from geo_ree.proximity.search import cells
from geo_ree.proximity.search.segments import to_ecef
from geo_ree.proximity.search.tree import in_slices, log_compilation
from geo_ree.storage.geotiff import Singles

Areas: TypeAlias = NDArray[np.object_]
Mask: TypeAlias = NDArray[np.bool_]
Numbers: TypeAlias = NDArray[np.uint16] | NDArray[np.int32]

Window: TypeAlias = tuple[slice, slice]
"""Rows and columns of a grid; see `window_of`."""

STRIP_CELLS = 2**23
"""Greatest number of cells in memory at a time, unless sixteen rows are more."""

RUN_CELLS = 512
"""Columns that are measured one after another. Such runs begin where the grid does, so that a cell
has one value, whatever window of the grid is measured."""

_ASKED_CELLS = 2**19
_FEW = 2**16  # areas whose numbers fit into two bytes
_BURNED_ROWS = 64  # a block is so many rows by RUN_CELLS columns
_EDGE_M = 1.0  # this near to an outline, GDAL and the index may differ on what is inside


def window_of(grid: Grid, window: Window | None) -> tuple[int, int, int, int]:
    """Return first and last row, first and last column of a window, by default the whole grid.

    A window begins at multiples of `RUN_CELLS`, and ends at such or with the grid.
    """
    if window is None:
        return 0, grid.height, 0, grid.width
    ends = []
    for part, length in zip(window, (grid.height, grid.width), strict=True):
        first, last = part.start, min(part.stop, length)
        if first % RUN_CELLS or (last % RUN_CELLS and last != length) or not 0 <= first < last:
            raise ValueError(f"{part} is no window of {length} cells")
        ends += [first, last]
    return ends[0], ends[1], ends[2], ends[3]


def rows_at_once(width: int, most_cells: int) -> int:
    """Return how many rows have at most `most_cells` cells: whole tiles, at least one."""
    return max(1, most_cells // width // cells.SIDE) * cells.SIDE


class CellRows:
    """An index from which rows of a grid are measured.

    Parameters
    ----------
    index
        The targets.
    """

    def __init__(self, index: NearestIndex) -> None:
        log_compilation(
            cells, "fill_tiles", "the loops of proximity rasters", compiled=cells.fill_tiles
        )
        self._index = index
        self._inside = Burned(index.stored.areas)

    def measure(
        self, grid: Grid, begin: int, out: Singles, wanted: Mask | None = None, *, first: int = 0
    ) -> None:
        """Write the distances (m) of the cells from row `begin` and column `first` into `out`.

        `out` has the shape (rows, columns) of a window of the grid, or of rows of it. Only the cells
        of the mask `wanted` are written, by default all.
        """
        if wanted is None:
            rows, columns = slice(0, len(out)), slice(0, out.shape[1])
        else:
            rows, columns = (_window(np.asarray(wanted.any(axis=axis))) for axis in (1, 0))
        at = slice(begin + rows.start, begin + rows.stop)
        across = slice(first + columns.start, first + columns.stop)
        lat, lon = grid.latitudes[at], grid.longitudes[across]
        asked = None if wanted is None else wanted[rows, columns]
        found = self._measure(lat, lon, asked, across.start)
        if len(self._inside.areas):
            within = self._inside.numbers(grid, at, across) > 0
            edge = (found > 0.0) & (found <= _EDGE_M)
            found[within] = 0.0
            self._query(lat, lon, found, edge if asked is None else edge & asked)
        if asked is None:
            out[:] = found
        else:
            np.copyto(out[rows, columns], found, where=asked)

    def _measure(self, lat: Floats, lon: Floats, asked: Mask | None, first: int) -> Singles:
        """Return the distances to the nearest segment; what is not asked for may hold anything."""
        tree = self._index.stored.tree
        # A row is a ring: its cells differ by a turn about the axis only. So a cell's coordinates
        # are the ring's radius (x on the meridian of 0) times a direction of its column, plus a
        # height.
        ecef, turned = to_ecef(np.zeros(len(lat)), lat), np.radians(lon)
        ring, base = np.ascontiguousarray(ecef[:, 0]), np.outer(ecef[:, 2], tree.turn[:, 2])
        east = np.outer(tree.turn[:, 0], np.cos(turned)) + np.outer(tree.turn[:, 1], np.sin(turned))
        axis = np.ascontiguousarray(tree.turn[:, 2])
        places = _tiles((len(lat), len(lon)), asked)
        runs = _runs(places, -(-len(lon) // cells.SIDE), first // cells.SIDE)
        out = np.empty((len(lat), len(lon)), dtype=np.float32)
        parts = ring, base, east, tree.segments, tree.boxes, tree.children, axis, out

        def fill(begin: int, end: int) -> None:
            for a, b in pairwise(runs[begin : end + 1]):
                cells.fill_tiles(places, a, b, *parts)

        in_slices(len(runs) - 1, fill, size=-(-len(lon) // RUN_CELLS))
        gaps = np.isnan(out)
        self._query(lat, lon, out, gaps if asked is None else gaps & asked)
        return out

    def _query(self, lat: Floats, lon: Floats, out: Singles, wanted: Mask) -> None:
        """Fill the wanted cells with the distances of the index itself."""
        some = max(1, _ASKED_CELLS // len(lon))
        for first in range(0, len(out), some):
            row, column = np.nonzero(wanted[first : first + some])
            row += first
            places = wrapped(lon[column]), lat[row]
            out[row, column] = self._index.query_lonlat(*places)[0]


def wrapped(lon: Floats) -> Floats:
    """Return longitudes up to 180."""
    return np.where(lon > 180.0, lon - 360.0, lon)


def _window(used: Mask) -> slice:
    """Return the slice of whole tiles that holds everything used."""
    at = np.flatnonzero(used)
    if not len(at):
        return slice(0, 0)
    side = cells.SIDE
    return slice(int(at[0]) // side * side, min(len(used), (int(at[-1]) // side + 1) * side))


def _tiles(shape: tuple[int, int], asked: Mask | None) -> NDArray[np.int64]:
    """Return the numbers of the tiles that hold a cell that is asked for."""
    down, across = (-(-n // cells.SIDE) for n in shape)
    if asked is None:
        return np.arange(down * across)
    if not asked.size:
        return np.empty(0, dtype=np.int64)
    edges = [np.arange(0, n, cells.SIDE) for n in shape]
    used = np.logical_or.reduceat(np.logical_or.reduceat(asked, edges[0], 0), edges[1], 1)
    return np.flatnonzero(used)


def _runs(places: NDArray[np.int64], across: int, first: int) -> list[int]:
    """Return where the runs of tiles begin and end among `places`.

    A tile is bounded by its neighbour before it in the run, which must not depend on the window.
    """
    long = RUN_CELLS // cells.SIDE
    run = places // across * (across // long + 2) + (places % across + first) // long
    return [0, *(np.flatnonzero(np.diff(run)) + 1).tolist(), len(places)]


class Burned:
    """Polygons to burn into cells of a grid: a cell counts when its middle is inside.

    They are burnt block by block, the blocks beginning where the grid does: whether a middle that
    lies on an outline counts does not depend on the window that is asked for.
    """

    def __init__(self, areas: Areas) -> None:
        self.areas = areas
        self._tree = shapely.STRtree(areas)

    def numbers(self, grid: Grid, rows: slice, columns: slice | None = None) -> Numbers:
        """Return for each cell 1 + the position of the first area that it is inside, 0 for none.

        Of some rows and columns of the grid, by default all columns.
        """
        first, last, _ = (columns or slice(None)).indices(grid.width)
        dtype = np.uint16 if len(self.areas) < _FEW else np.int32
        out = np.zeros((rows.stop - rows.start, last - first), dtype=dtype)
        for row, column, burnt in self._blocks(grid, rows, slice(first, last), out.dtype):
            top, left = row - rows.start, column - first
            from_row, from_column = max(-top, 0), max(-left, 0)
            into = out[top + from_row : top + len(burnt), left + from_column :]
            into = into[:, : burnt.shape[1] - from_column]
            into[:] = burnt[from_row:, from_column:][: into.shape[0], : into.shape[1]]
        return out

    def touches(self, grid: Grid, rows: slice, columns: slice) -> bool:
        """Say whether any area reaches into the rectangle of some rows and columns."""
        corners = _corners(grid, np.array([rows.start]), np.array([columns.start]), rows, columns)
        return any(len(found[0]) for _, found in self._found(*corners))

    def _blocks(
        self, grid: Grid, rows: slice, columns: slice, dtype: np.dtype[Any]
    ) -> Iterator[tuple[int, int, Numbers]]:
        """Yield row, column and numbers of each block that an area reaches into."""
        if not rows.stop > rows.start or not columns.stop > columns.start:
            return
        tops = np.arange(rows.start // _BURNED_ROWS * _BURNED_ROWS, rows.stop, _BURNED_ROWS)
        lefts = np.arange(columns.start // RUN_CELLS * RUN_CELLS, columns.stop, RUN_CELLS)
        top, left = (a.ravel() for a in np.meshgrid(tops, lefts, indexing="ij"))
        sides = slice(0, _BURNED_ROWS), slice(0, RUN_CELLS)
        found = self._found(*_corners(grid, top, left, *sides))
        turns = [np.full(len(block), turn) for turn, (block, _, _) in found]
        turn, block, area, whole = (
            np.concatenate(a) for a in (turns, *zip(*(f for _, f in found), strict=True))
        )
        order = np.lexsort((-area, turn, block))
        starts = np.searchsorted(block[order], np.arange(len(top) + 1))
        across, down = grid.step
        for i in np.flatnonzero(np.diff(starts)):
            at = order[starts[i] : starts[i + 1]]
            row, column = int(top[i]), int(left[i])
            shape = min(_BURNED_ROWS, grid.height - row), min(RUN_CELLS, grid.width - column)
            out = np.zeros(shape, dtype=dtype)
            filled = np.flatnonzero(whole[at])
            if len(filled):  # what was burnt before does not show
                out[:] = area[at[filled[-1]]] + 1
                at = at[filled[-1] + 1 :]
            for degrees in np.unique(turn[at]):
                west = grid.box[0] + column * across + degrees
                north = grid.box[3] - row * down
                shapes = [(self.areas[k], k + 1) for k in area[at[turn[at] == degrees]]]
                transform = rasterio.Affine(across, 0.0, west, 0.0, -down, north)
                rasterize(shapes, out=out, transform=transform)
            yield row, column, out

    def _found(
        self, west: Floats, south: Floats, east: Floats, north: Floats
    ) -> list[tuple[float, tuple[NDArray[np.int64], NDArray[np.int64], Mask]]]:
        """Return for each turn: boxes, the areas that reach into them, and whether they fill them."""
        out = []
        for turn in (-360.0, 0.0, 360.0):  # one meridian has several longitudes
            boxes = shapely.box(west + turn, south, east + turn, north)
            at, area = self._tree.query(boxes)
            shapely.prepare(self.areas[np.unique(area)])
            inside = shapely.intersects(self.areas[area], boxes[at])
            at, area = at[inside], area[inside]
            whole = shapely.contains_properly(self.areas[area], boxes[at])
            out.append((turn, (at, area, np.asarray(whole, dtype=np.bool_))))
        return out


def _corners(
    grid: Grid, top: NDArray[np.int64], left: NDArray[np.int64], rows: slice, columns: slice
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return west, south, east and north of rectangles as large as the slices, inside the grid."""
    across, down = grid.step
    bottom = np.minimum(top + (rows.stop - rows.start), grid.height)
    right = np.minimum(left + (columns.stop - columns.start), grid.width)
    west, east = (np.asarray(grid.box[0] + at * across) for at in (left, right))
    south, north = (np.asarray(grid.box[3] - at * down) for at in (bottom, top))
    return west, south, east, north
