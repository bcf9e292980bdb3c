"""Proximity rasters: the distance to the nearest target over the ellipsoid, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np

from geo_ree.crs import STORE_CRS
from geo_ree.errors import SchemaError
from geo_ree.proximity.cell_rows import STRIP_CELLS, Areas, Burned, CellRows, rows_at_once
from geo_ree.proximity.country_cells import CountryCells
from geo_ree.proximity.grid import Box, Grid, make_grid
from geo_ree.proximity.index import Frame, NearestIndex
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
    known = None if within is None else _areas_of(within)
    if isinstance(layer, TargetIndex):
        rows = CountryCells(layer, target).strips(grid)
        features: Frame | None = layer.rows(target)
        name = name or layer.targets[target].label
        count, unknown = len(layer.rows(target)), _UNKNOWN_OF_TARGET  # type: ignore[arg-type]
    else:
        index = layer if isinstance(layer, NearestIndex) else NearestIndex(layer)
        rows = strips(index, grid, known=known)
        features = None if isinstance(layer, NearestIndex) else layer
        count = len(index.labels)
        unknown = "nothing" if known is None else "outside the areas where the layer is complete"
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
    raster = RasterLayout(
        grid.width,
        grid.height,
        grid.transform,
        ((f"distance to the nearest of: {name or 'targets'}", "m"),),
        about,
        steps=(step_m,) if step_m else (),
    )
    write_cog(Path(path), raster, _pieces(rows))
    return grid


def _pieces(rows: Iterator[Singles]) -> Iterator[Piece]:
    begin = 0
    for strip in rows:
        yield begin, 0, strip[None]
        begin += len(strip)


def strips(
    index: NearestIndex, grid: Grid, *, most_cells: int = STRIP_CELLS, known: Areas | None = None
) -> Iterator[Singles]:
    """Yield the rows of a proximity raster from the north, some at a time; NaN where unknown.

    A strip has at most `most_cells` cells, unless sixteen rows are more. Outside the polygons `known`
    the distance is unknown.
    """
    measured, covered = CellRows(index), None if known is None else Burned(known)
    rows = rows_at_once(grid, most_cells)
    for begin in range(0, grid.height, rows):
        out = np.empty((min(rows, grid.height - begin), grid.width), dtype=np.float32)
        measured.measure(grid, begin, out)
        if covered is not None:
            out[covered.numbers(grid, slice(begin, begin + len(out))) == 0] = np.nan
        yield out


def _areas_of(within: gpd.GeoDataFrame | gpd.GeoSeries) -> Areas:
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
