"""Rows of a proximity raster: the distance of each cell to the nearest target of one index."""

from __future__ import annotations

from typing import TypeAlias

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

STRIP_CELLS = 2**23
"""Greatest number of cells in memory at a time, unless sixteen rows are more."""

_ASKED_CELLS = 2**19
_FEW = 2**16  # areas whose numbers fit into two bytes
_EDGE_M = 1.0  # this near to an outline, GDAL and the index may differ on what is inside


def rows_at_once(grid: Grid, most_cells: int) -> int:
    """Return how many rows have at most `most_cells` cells: whole tiles, at least one."""
    return max(1, most_cells // grid.width // cells.SIDE) * cells.SIDE


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

    def measure(self, grid: Grid, begin: int, out: Singles, wanted: Mask | None = None) -> None:
        """Write the distances (m) of the rows from `begin` into `out`, shape (rows, width).

        Only the cells of the mask `wanted` are written, by default all.
        """
        if wanted is None:
            rows, columns = slice(0, len(out)), slice(0, grid.width)
        else:
            rows, columns = (_window(np.asarray(wanted.any(axis=axis))) for axis in (1, 0))
        end = begin + len(out)
        lat, lon = grid.latitudes[begin:end][rows], grid.longitudes[columns]
        asked = None if wanted is None else wanted[rows, columns]
        found = self._measure(lat, lon, asked)
        if len(self._inside.areas):
            at = slice(begin + rows.start, begin + rows.stop)
            within = self._inside.numbers(grid, at, columns) > 0
            edge = (found > 0.0) & (found <= _EDGE_M)
            found[within] = 0.0
            self._query(lat, lon, found, edge if asked is None else edge & asked)
        if asked is None:
            out[:] = found
        else:
            np.copyto(out[rows, columns], found, where=asked)

    def _measure(self, lat: Floats, lon: Floats, asked: Mask | None) -> Singles:
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
        out = np.empty((len(lat), len(lon)), dtype=np.float32)
        in_slices(
            len(places),
            lambda a, b: cells.fill_tiles(
                places, a, b, ring, base, east, tree.segments, tree.boxes, tree.children, axis, out
            ),
            size=-(-len(lon) // cells.SIDE),
        )
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
    return slice(int(at[0]) // cells.SIDE * cells.SIDE, int(at[-1]) + 1)


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


class Burned:
    """Polygons to burn into rows of a grid: a cell counts when its middle is inside."""

    def __init__(self, areas: Areas) -> None:
        self.areas = areas
        self._tree = shapely.STRtree(areas)

    def numbers(self, grid: Grid, rows: slice, columns: slice | None = None) -> Numbers:
        """Return for each cell 1 + the position of the first area that it is inside, 0 for none.

        Of some rows and columns of the grid, by default all columns.
        """
        across, down = grid.step
        first, last, _ = (columns or slice(None)).indices(grid.width)
        west, north = grid.box[0] + first * across, grid.box[3] - rows.start * down
        east, south = grid.box[0] + last * across, grid.box[3] - rows.stop * down
        dtype = np.uint16 if len(self.areas) < _FEW else np.int32
        out = np.zeros((rows.stop - rows.start, last - first), dtype=dtype)
        for turn in (-360.0, 0.0, 360.0):  # one meridian has several longitudes
            window = shapely.box(west + turn, south, east + turn, north)
            found = np.sort(self._tree.query(window))[::-1]
            if len(found) and out.size:
                rasterize(
                    ((self.areas[i], i + 1) for i in found),
                    out=out,
                    transform=rasterio.Affine(across, 0.0, west + turn, 0.0, -down, north),
                )
        return out
