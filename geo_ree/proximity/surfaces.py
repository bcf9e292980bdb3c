"""Proximity rasters: the distance to the nearest target over the ellipsoid, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize

from geo_ree.crs import STORE_CRS, Floats
from geo_ree.errors import SchemaError
from geo_ree.proximity.grid import Box, Grid, make_grid
from geo_ree.proximity.index import Frame, NearestIndex
from geo_ree.proximity.search import cells
from geo_ree.proximity.search.segments import geodesic_areas, to_ecef
from geo_ree.proximity.search.tree import in_slices, log_compilation
from geo_ree.proximity.target_index import numbers
from geo_ree.proximity.targets import Target
from geo_ree.settings import REGION
from geo_ree.storage.geotiff import Piece, RasterLayout, Singles, write_cog

Areas: TypeAlias = NDArray[np.object_]

STRIP_CELLS = 2**23
"""Greatest number of cells in memory at a time, unless sixteen rows are more."""

METHOD = (
    "geodesic distance on WGS 84 from the middle of each cell to the nearest target, an edge being "
    "the geodesic between its vertices; within 1 mm to 500 km, 2 cm to 1,000 km and 1e-6 beyond, "
    "then rounded to float32; overviews are means of the known cells below"
)
"""The description of the method in every file."""

_ASKED_CELLS = 2**19
_EDGE_M = 1.0  # this near to an outline, GDAL and the index may differ on what is inside


def surface(
    layer: Frame | NearestIndex,
    resolution: float | str,
    path: Path | str,
    *,
    box: Box = REGION,
    within: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    name: str = "",
    sources: tuple[str, ...] = (),
    attribution: str = "",
    tags: Mapping[str, str] | None = None,
) -> Grid:
    """Write a raster of the geodesic distance to the nearest feature of a layer.

    The file is a Cloud-Optimized GeoTIFF in degrees, its values metres (float32). All features count,
    also those of other countries and lines of unknown course, unless the layer leaves them out.

    Parameters
    ----------
    layer
        Points, lines or polygons in any reference system, or an index of them. Within a polygon the
        distance is 0.
    resolution
        Cell size: metres, or a text with its unit (``"250 m"``, ``"1 km"``, ``"0.01 deg"``); see
        `geo_ree.proximity.grid.make_grid`.
    path
        File to write, complete or not at all.
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

    Returns
    -------
    Grid
        The grid of the file.

    Raises
    ------
    SchemaError
        When there are no features, or the box or the resolution is invalid.
    SettingsError
        When the file cannot be written.

    Notes
    -----
    Cost: linear in the cells. Memory is that of the index, and about 200 MB.

    Examples
    --------
    >>> import tempfile
    >>> town = gpd.GeoSeries([shapely.Point(75.7, 42.79)], crs=4326)
    >>> path = Path(tempfile.mkdtemp()) / "town.tif"
    >>> grid = surface(town, "10 km", path, box=(75.0, 42.0, 76.4, 43.58), name="Kemin")
    >>> with rasterio.open(path) as made:
    ...     float(made.read(1).min().round()), made.descriptions[0]
    (6822.0, 'distance to the nearest of: Kemin')
    """
    grid = make_grid(box, resolution)
    if not sources and isinstance(layer, gpd.GeoDataFrame) and "source_id" in layer:
        sources = tuple(sorted(layer["source_id"].dropna().astype(str).unique()))
    index = layer if isinstance(layer, NearestIndex) else NearestIndex(layer)
    known = None if within is None else _areas_of(within)
    about = {
        "unit": "m",
        "measured_to": name or "targets",
        "targets": str(len(index.labels)),
        "sources": ", ".join(sources) or "not stated",
        "attribution": attribution or "not stated",
        "method": METHOD,
        "unknown": "nothing" if known is None else "outside the areas where the layer is complete",
        **(tags or {}),
    }
    raster = RasterLayout(
        grid.width,
        grid.height,
        grid.transform,
        ((f"distance to the nearest of: {name or 'targets'}", "m"),),
        about,
    )
    write_cog(Path(path), raster, _pieces(strips(index, grid, known=known)))
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
    log_compilation(
        cells, "fill_tiles", "the loops of proximity rasters", compiled=cells.fill_tiles
    )
    inside, covered = _Burned(index.stored.areas), None if known is None else _Burned(known)
    rows = max(1, most_cells // grid.width // cells.SIDE) * cells.SIDE
    for begin in range(0, grid.height, rows):
        end = min(begin + rows, grid.height)
        out = _measure_rows(index, grid, begin, end)
        if len(inside.areas):
            within = inside.cells(grid, begin, end)
            edge = (out > 0.0) & (out <= _EDGE_M)
            out[within] = 0.0
            _query_cells(index, grid, begin, out, edge)
        if covered is not None:
            out[~covered.cells(grid, begin, end)] = np.nan
        yield out


def _measure_rows(index: NearestIndex, grid: Grid, begin: int, end: int) -> Singles:
    """Return the distances of some rows to the nearest segment."""
    tree = index.stored.tree
    lat = grid.latitudes[begin:end]
    lon = np.radians(grid.longitudes)
    # A row is a ring: its cells differ by a turn about the axis only. So a cell's coordinates are
    # the ring's radius (x on the meridian of 0) times a direction of its column, plus a height.
    ecef = to_ecef(np.zeros(len(lat)), lat)
    ring, base = np.ascontiguousarray(ecef[:, 0]), np.outer(ecef[:, 2], tree.turn[:, 2])
    east = np.outer(tree.turn[:, 0], np.cos(lon)) + np.outer(tree.turn[:, 1], np.sin(lon))
    axis = np.ascontiguousarray(tree.turn[:, 2])
    out = np.empty((end - begin, grid.width), dtype=np.float32)
    in_slices(
        -(-len(lat) // cells.SIDE),
        lambda a, b: cells.fill_tiles(
            a, b, ring, base, east, tree.segments, tree.boxes, tree.children, axis, out
        ),
        size=1,
    )
    _query_cells(index, grid, begin, out, np.isnan(out))
    return out


def _query_cells(
    index: NearestIndex, grid: Grid, begin: int, out: Singles, wanted: NDArray[np.bool_]
) -> None:
    """Fill the wanted cells with the distances of the index itself."""
    lon, lat = _wrapped(grid.longitudes), grid.latitudes[begin:]
    some = max(1, _ASKED_CELLS // grid.width)
    for first in range(0, len(out), some):
        row, column = np.nonzero(wanted[first : first + some])
        row += first
        out[row, column] = index.query_lonlat(lon[column], lat[row])[0]


def _wrapped(lon: Floats) -> Floats:
    return np.where(lon > 180.0, lon - 360.0, lon)


class _Burned:
    """Polygons to burn into rows of a grid: a cell counts when its middle is inside."""

    def __init__(self, areas: Areas) -> None:
        self.areas = areas
        self._tree = shapely.STRtree(areas)

    def cells(self, grid: Grid, begin: int, end: int) -> NDArray[np.bool_]:
        """Return which cells of some rows are inside, shape (rows, width)."""
        across, down = grid.step
        west, east, north = grid.box[0], grid.box[2], grid.box[3] - begin * down
        out = np.zeros((end - begin, grid.width), dtype=np.uint8)
        for turn in (-360.0, 0.0, 360.0):  # one meridian has several longitudes
            strip = shapely.box(west + turn, north - (end - begin) * down, east + turn, north)
            found = self.areas[self._tree.query(strip)]
            if len(found):
                rasterize(
                    found,
                    out=out,
                    default_value=1,
                    transform=rasterio.Affine(across, 0.0, west + turn, 0.0, -down, north),
                )
        return out.astype(bool)


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


class SurfaceFeatures(NamedTuple):
    """The features of a target for a raster, and the countries where the distance is known.

    `rows` has the features of all countries; `within` is None where the distance is known everywhere.
    """

    target: Target
    rows: gpd.GeoDataFrame
    within: gpd.GeoDataFrame | None


def choose_features(
    target: Target,
    layers: Mapping[str, gpd.GeoDataFrame],
    coverage: Mapping[str, frozenset[str]],
) -> SurfaceFeatures:
    """Choose the features of a target for a raster, without lines of unknown course.

    `coverage` has the countries that the sources of a layer cover. Without the layer, or without
    such features, `rows` is empty.
    """
    covered = coverage.get(target.layer)
    within = None
    if covered is not None and "countries" in layers:
        within = layers["countries"][layers["countries"]["country"].isin(covered)]
    if target.layer not in layers:
        return SurfaceFeatures(target, gpd.GeoDataFrame(), within)
    layer = layers[target.layer]
    rows = target.choose(layer) if len(layer) else layer
    certain = numbers(rows, "lateral_error_km") <= target.max_lateral_error_km
    rows = rows[certain & rows.geometry.notna() & ~rows.geometry.is_empty]
    return SurfaceFeatures(target, rows, within)
