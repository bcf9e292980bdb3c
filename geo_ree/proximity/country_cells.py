"""The cells of a raster, each measured to the features of its own country, as a deposit is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import SchemaError
from geo_ree.proximity.cell_rows import (
    STRIP_CELLS,
    Burned,
    CellRows,
    Mask,
    Window,
    rows_at_once,
    window_of,
    wrapped,
)
from geo_ree.proximity.grid import Grid
from geo_ree.proximity.target_index import TargetIndex
from geo_ree.storage.geotiff import Singles

ALL = "*"

_BLOCK = 2**19  # cells at a time, where the index itself is asked


class CountryCells:
    """The rows of a raster of one target: each cell has the distance that a deposit there would have.

    A cell is in the country whose polygon holds its middle. It counts what
    `TargetIndex.nearest` counts: features of its country alone unless the target says otherwise,
    lines of unknown course only where they are nearer even at their farthest, nothing where no source
    covers the layer or the region ends sooner. A cell in no country, at sea or outside the
    polygons, is unknown.

    Parameters
    ----------
    index
        The indexed layers. Without the layer ``countries`` all features count, everywhere.
    target
        Name of the target.

    Raises
    ------
    SchemaError
        When the target is unknown or has no eligible feature.
    """

    def __init__(self, index: TargetIndex, target: str) -> None:
        rows = index.rows(target) if target in index.targets else None
        if rows is None or not len(rows):
            raise SchemaError(
                f"there is no feature of the target {target!r}",
                f"give one of {', '.join(index.targets)} whose layer has features",
            )
        self._index, self._target = index, target
        self._apart = index.targets[target].same_country
        self._measured: dict[tuple[str, bool], CellRows | None] = {}
        if index.countries is not None:
            self._areas = Burned(index.countries.geometry.to_numpy())
            codes, names = pd.factorize(index.countries["country"].astype(str))
            self._codes = list(map(str, names))
            self._lands = np.concatenate([[0], codes + 1]).astype(np.int16)

    def strips(
        self, grid: Grid, *, most_cells: int = STRIP_CELLS // 2, window: Window | None = None
    ) -> Iterator[Singles]:
        """Yield the rows from the north, some at a time, in metres; NaN where unknown.

        Of a window of the grid (see `window_of`), by default of all of it.
        """
        top, bottom, left, right = window_of(grid, window)
        rows = rows_at_once(right - left, most_cells)
        for begin in range(top, bottom, rows):
            out = np.full((min(rows, bottom - begin), right - left), np.nan, dtype=np.float32)
            place = _Place(grid, begin, left)
            for code, wanted in self._parts(place, out.shape):
                self._fill(code, place, out, wanted)
            yield out

    def may_be_known(self, grid: Grid, window: Window) -> bool:
        """Say whether a cell of a window may have a distance: whether it holds land."""
        top, bottom, left, right = window_of(grid, window)
        return self._index.countries is None or self._areas.touches(
            grid, slice(top, bottom), slice(left, right)
        )

    def _parts(self, place: _Place, shape: tuple[int, ...]) -> Iterator[tuple[str, Mask]]:
        """Yield the country to search, ``*`` for all, and the cells that search it."""
        if self._index.countries is None:
            yield ALL, np.ones(shape, dtype=np.bool_)
            return
        rows, columns = (
            slice(at, at + n) for at, n in zip((place.begin, place.first), shape, strict=True)
        )
        numbers = self._areas.numbers(place.grid, rows, columns)
        if not self._apart:
            yield ALL, numbers > 0
            return
        lands = self._lands[numbers]
        del numbers
        present = np.unique(np.concatenate([np.unique(row) for row in lands]))
        layer = self._index.targets[self._target].layer
        codes = np.array([self._codes[land - 1] for land in present[present > 0]], dtype=object)
        known = self._index.extents.may_be_known(layer, codes)
        for land, code in zip(present[present > 0][known], codes[known], strict=True):
            yield str(code), lands == land

    def _fill(self, code: str, place: _Place, out: Singles, wanted: Mask) -> None:
        """Measure the wanted cells to the features of a country."""
        certain, unsure = (self._rows(code, certain=certain) for certain in (True, False))
        if certain is not None:
            place.measure(certain, out, wanted)
        if unsure is not None and certain is None:
            place.measure(unsure, out, wanted)
        elif unsure is not None:
            self._add_unsure(unsure, code, place, out, wanted)
        self._clear_beyond(code, place, out, wanted)

    def _rows(self, code: str, *, certain: bool) -> CellRows | None:
        key = (code, certain)
        if key not in self._measured:
            found = self._index.indexed(self._target, code, certain=certain)
            self._measured[key] = None if found is None else CellRows(found[0])
        return self._measured[key]

    def _add_unsure(
        self, unsure: CellRows, code: str, place: _Place, out: Singles, wanted: Mask
    ) -> None:
        """Put in lines of unknown course where, even at their farthest, they are nearer."""
        indexed = self._index.indexed(self._target, code, certain=False)
        if indexed is None:
            return
        index, error_km = indexed
        least = 1_000.0 * float(error_km.min())
        wanted = wanted & (out > least)
        if not wanted.any():
            return
        near = np.full(out.shape, np.inf, dtype=np.float32)
        place.measure(unsure, near, wanted)
        for row, column, lon, lat in place.cells(near + least < out):
            metres, found = index.query_lonlat(lon, lat)
            better = metres + 1_000.0 * error_km[found] < out[row, column]
            out[row[better], column[better]] = metres[better]

    def _clear_beyond(self, code: str, place: _Place, out: Singles, wanted: Mask) -> None:
        """Set to unknown what reaches beyond what the sources of the layer cover."""
        index, layer = self._index, self._index.targets[self._target].layer
        if index.countries is None or (self._apart and code in index.extents.sure(layer)):
            return
        for row, column, lon, lat in place.cells(wanted & np.isfinite(out)):
            km = np.asarray(out[row, column] / 1_000.0, dtype=np.float64)
            codes = np.full(len(lon), code, dtype=object)
            beyond = index.beyond(self._target, lon, lat, codes, km)
            out[row[beyond], column[beyond]] = np.nan


@dataclass(frozen=True)
class _Place:
    """Where in a grid some rows of cells begin."""

    grid: Grid
    begin: int
    first: int

    def measure(self, rows: CellRows, out: Singles, wanted: Mask) -> None:
        """Write the distances of the wanted cells into `out`."""
        rows.measure(self.grid, self.begin, out, wanted, first=self.first)

    def cells(self, wanted: Mask) -> Iterator[tuple[np.ndarray, np.ndarray, Floats, Floats]]:
        """Yield row, column, longitude and latitude of the wanted cells, some at a time."""
        lon = wrapped(self.grid.longitudes)[self.first :]
        lat = self.grid.latitudes[self.begin :]
        some = max(1, _BLOCK // wanted.shape[1])
        for first in range(0, len(wanted), some):
            row, column = np.nonzero(wanted[first : first + some])
            if len(row):
                row += first
                yield row, column, lon[column], lat[row]
