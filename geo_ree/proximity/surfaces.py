"""Proximity rasters: the distance to the nearest target over the ellipsoid, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np

from geo_ree.crs import STORE_CRS
from geo_ree.errors import SchemaError
from geo_ree.proximity.cell_rows import (
    STRIP_CELLS,
    Areas,
    Burned,
    CellRows,
    Window,
    rows_at_once,
    window_of,
)
from geo_ree.proximity.country_cells import CountryCells
from geo_ree.proximity.grid import Box, Grid, make_grid
from geo_ree.proximity.index import NearestIndex
from geo_ree.proximity.point_blocks import Frame
from geo_ree.proximity.search.segments import geodesic_areas
from geo_ree.proximity.target_index import TargetIndex
from geo_ree.settings import REGION
from geo_ree.storage.geotiff import Piece, RasterLayout, Singles, write_cog

METHOD = (
    "geodesic distance on WGS 84 from the middle of each cell to the nearest target, an edge being "
    "the geodesic between its vertices; within 1 mm to 500 km, 2 cm to 1,000 km and 1e-6 beyond, "
    "then rounded to float32"
)
"""The description of the method in every file."""

_UNKNOWN_OF_TARGET = (
    "at sea and outside all countries, where no source covers the layer, and where the edge of the "
    "region is nearer; elsewhere to the features that a deposit there would be measured to"
)


def surface(
    layer: Frame | NearestIndex | TargetIndex,
    resolution: float | str,
    path: Path | str,
    *,
    target: str = "",
    box: Box = REGION,
    within: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    name: str = "",
    sources: tuple[str, ...] = (),
    attribution: str = "",
    tags: Mapping[str, str] | None = None,
    step_m: float = 0.0,
) -> Grid:
    """Write a raster of the geodesic distance to the nearest feature of a layer.

    The file is a Cloud-Optimized GeoTIFF in degrees, its values metres (float32). Of a layer, all
    features count, also those of other countries and lines of unknown course. Of a target of a
    `TargetIndex`, a cell has the distance that a deposit there has in the tables: to the features
    of its own country, unless the target says otherwise. A cell at sea or outside all countries is
    unknown then.

    Parameters
    ----------
    layer
        Points, lines or polygons in any reference system, or an index of them. Within a polygon the
        distance is 0. Or indexed layers, of which `target` is measured to.
    resolution
        Cell size: metres, or a text with its unit (``"250 m"``, ``"1 km"``, ``"0.01 deg"``); see
        `geo_ree.proximity.grid.make_grid`.
    path
        File to write, complete or not at all.
    target
        Name of the target, for indexed layers: ``railway``.
    box
        Western, southern, eastern and northern edge, degrees; over the antimeridian the east
        continues beyond 180.
    within
        Areas where the layer is complete: elsewhere the distance is unknown (no data).
    name
        Description of the features, for the band.
    sources, attribution
        Origin of the data, for the tags; by default the layer's column ``source_id``.
    tags
        Further tags, for example the id of a run.
    step_m
        Round distances to multiples of this (metres), which halves the file; 0 keeps them as
        measured. See `geo_ree.proximity.grid.fair_step_m`.

    Returns
    -------
    Grid
        The grid of the file.

    Raises
    ------
    SchemaError
        When there are no features, the target is unknown, or the box or the resolution is invalid.
    SettingsError
        When the file cannot be written.

    Notes
    -----
    Cost: linear in the cells; where countries count, tiles on a border are measured once for each of
    their countries. Memory is that of the index, and about 200 MB.

    Examples
    --------
    >>> import tempfile
    >>> import rasterio, shapely
    >>> town = gpd.GeoSeries([shapely.Point(75.7, 42.79)], crs=4326)
    >>> path = Path(tempfile.mkdtemp()) / "town.tif"
    >>> grid = surface(town, "10 km", path, box=(75.0, 42.0, 76.4, 43.58), name="Kemin")
    >>> with rasterio.open(path) as made:
    ...     float(made.read(1).min().round()), made.descriptions[0]
    (6822.0, 'distance to the nearest of: Kemin')
    """
    grid = make_grid(box, resolution)
    known = None if within is None else areas_of(within)
    rows = Measured(layer, target, known).strips(grid)
    raster = surface_layout(
        layer,
        grid,
        target=target,
        partial=known is not None,
        name=name,
        sources=sources,
        attribution=attribution,
        tags=tags,
        step_m=step_m,
    )
    write_cog(Path(path), raster, pieces_of(rows))
    return grid


class Measured:
    """What the cells of a raster are measured to; see `surface`.

    Parameters
    ----------
    layer, target
        See `surface`.
    known
        The areas where the layer is complete; by default everywhere.
    """

    def __init__(
        self,
        layer: Frame | NearestIndex | TargetIndex,
        target: str = "",
        known: Areas | None = None,
    ) -> None:
        self._countries = self._index = self._known = None
        if isinstance(layer, TargetIndex):
            self._countries = CountryCells(layer, target)
        else:
            self._index = layer if isinstance(layer, NearestIndex) else NearestIndex(layer)
            self._known = None if known is None else Burned(known)

    def strips(self, grid: Grid, *, window: Window | None = None) -> Iterator[Singles]:
        """Yield the distances of a window of a grid from the north, some rows at a time."""
        if self._countries is not None:
            return self._countries.strips(grid, window=window)
        assert self._index is not None
        return strips(self._index, grid, known=self._known, window=window)

    def may_be_known(self, grid: Grid, window: Window) -> bool:
        """Say whether a cell of a window may have a distance; costs nothing beside measuring it."""
        if self._countries is not None:
            return self._countries.may_be_known(grid, window)
        top, bottom, left, right = window_of(grid, window)
        at = slice(top, bottom), slice(left, right)
        return self._known is None or self._known.touches(grid, *at)


def surface_layout(
    layer: Frame | NearestIndex | TargetIndex,
    grid: Grid,
    *,
    target: str,
    partial: bool,
    name: str,
    sources: tuple[str, ...],
    attribution: str,
    tags: Mapping[str, str] | None,
    step_m: float,
) -> RasterLayout:
    """Describe the raster of `surface`; `partial` says that the layer is not complete everywhere."""
    if isinstance(layer, TargetIndex):
        rows = layer.rows(target)
        features: Frame | None = rows
        name = name or layer.targets[target].label
        count, unknown = 0 if rows is None else len(rows), _UNKNOWN_OF_TARGET
    else:
        features = None if isinstance(layer, NearestIndex) else layer
        count = len(layer.labels if isinstance(layer, NearestIndex) else layer)
        unknown = "outside the areas where the layer is complete" if partial else "nothing"
    if not sources and isinstance(features, gpd.GeoDataFrame) and "source_id" in features:
        sources = tuple(sorted(features["source_id"].dropna().astype(str).unique()))
    about = {
        "unit": "m",
        "measured_to": name or "targets",
        "targets": str(count),
        "sources": ", ".join(sources) or "not stated",
        "attribution": attribution or "not stated",
        "method": METHOD if not step_m else f"{METHOD}; rounded to {step_m:g} m",
        "unknown": unknown,
        **(tags or {}),
    }
    return RasterLayout(
        grid.width,
        grid.height,
        grid.transform,
        ((f"distance to the nearest of: {name or 'targets'}", "m"),),
        about,
        steps=(step_m,) if step_m else (),
    )


def pieces_of(rows: Iterator[Singles]) -> Iterator[Piece]:
    """Yield strips of rows as pieces of a file."""
    begin = 0
    for strip in rows:
        yield begin, 0, strip[None]
        begin += len(strip)


def strips(
    index: NearestIndex,
    grid: Grid,
    *,
    most_cells: int = STRIP_CELLS,
    known: Burned | None = None,
    window: Window | None = None,
) -> Iterator[Singles]:
    """Yield the rows of a proximity raster from the north, some at a time; NaN where unknown.

    A strip has at most `most_cells` cells, unless sixteen rows are more. Outside the polygons `known`
    the distance is unknown. A cell has the same value in every window.
    """
    measured = CellRows(index)
    top, bottom, left, right = window_of(grid, window)
    rows = rows_at_once(right - left, most_cells)
    for begin in range(top, bottom, rows):
        out = np.empty((min(rows, bottom - begin), right - left), dtype=np.float32)
        measured.measure(grid, begin, out, first=left)
        if known is not None:
            at = slice(begin, begin + len(out))
            out[known.numbers(grid, at, slice(left, right)) == 0] = np.nan
        yield out


def areas_of(within: gpd.GeoDataFrame | gpd.GeoSeries) -> Areas:
    """Return the polygons where a layer is complete, their edges geodesics."""
    series = within.geometry if isinstance(within, gpd.GeoDataFrame) else within
    if series.crs is None:
        raise SchemaError(
            "the areas of `within` have no coordinate reference system",
            f"set it, for instance with .set_crs({STORE_CRS!r})",
        )
    areas = geodesic_areas(series.to_crs(STORE_CRS).to_numpy())[1]
    if not len(areas):
        raise SchemaError("`within` has no polygon", "give areas, or leave it out")
    return areas
