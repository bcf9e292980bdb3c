"""Proximity rasters: the distance to the nearest target over the ellipsoid, cell by cell."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize

from geo_ree.crs import STORE_CRS, Floats
from geo_ree.errors import SchemaError
from geo_ree.proximity import cells
from geo_ree.proximity.grid import Box, Grid, make_grid
from geo_ree.proximity.index import Frame, NearestIndex
from geo_ree.proximity.segments import geodesic_areas, to_ecef
from geo_ree.proximity.tree import in_slices
from geo_ree.settings import REGION
from geo_ree.storage.geotiff import Piece, RasterLayout, Singles, write_cog

logger = logging.getLogger(__name__)


Areas: TypeAlias = NDArray[np.object_]

STRIP_CELLS = 2**23
"""Most cells that are held in memory at a time (unless sixteen rows are more)."""

METHOD = (
    "geodesic distance on WGS 84 from the middle of each cell to the nearest target, an edge being "
    "the geodesic between its vertices; within 1 mm to 500 km, 2 cm to 1,000 km and 1e-6 beyond, "
    "then rounded to float32; overviews are means of the known cells below"
)
"""What a file says of itself."""

_ASKED_CELLS = 2**19
_EDGE_M = 1.0  # so near to an outline GDAL's rule and the index may differ on what is inside


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
    """Write how far each place of a box is from the nearest feature of a layer.

    The file is a Cloud-Optimized GeoTIFF in degrees, its values metres (float32). It goes to
    whatever is nearest: other countries, and lines of unknown course, count too, unless they
    are left out of the layer.

    Parameters
    ----------
    layer
        Points, lines or polygons in any reference system, or an index made of them. Within a
        polygon the distance is 0.
    resolution
        Greatest side of a cell: metres, or a text with its unit (``"250 m"``, ``"1 km"``,
        ``"0.01 deg"``); see `geo_ree.proximity.grid.make_grid`.
    path
        File to write, whole or not at all.
    box
        Western, southern, eastern and northern edge, degrees; over the antimeridian the east
        goes on beyond 180.
    within
        Areas where the layer is complete: elsewhere the distance is unknown (no data).
    name
        What is measured to, in words, for the file's description.
    sources, attribution
        Whose data it is, for the file's tags; the layer's column ``source_id`` when left out.
    tags
        What else the file is to say of itself, for instance the id of a run.

    Returns
    -------
    Grid
        The grid that was filled.

    Raises
    ------
    SchemaError
        When there are no targets, or the box or the resolution is no good.
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
    told = {
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
        told,
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
    """Give the rows of a proximity raster, some at a time.

    Parameters
    ----------
    index
        Of the targets.
    grid
        The cells.
    most_cells
        Most cells of one strip, unless sixteen rows are more.
    known
        Polygons outside which the distance is unknown.

    Yields
    ------
    numpy.ndarray of float32
        Metres, shape (rows, width), from the north; NaN where unknown.

    Examples
    --------
    >>> index = NearestIndex(gpd.GeoSeries([shapely.Point(76, 43)], crs=4326))
    >>> grid = Grid((75.75, 42.75, 76.25, 43.25), 1, 1)
    >>> [strip.tolist() for strip in strips(index, grid)]
    [[[0.0]]]
    """
    _announce()
    inside, covered = _Burned(index.stored.areas), None if known is None else _Burned(known)
    rows = max(1, most_cells // grid.width // cells.SIDE) * cells.SIDE
    for begin in range(0, grid.height, rows):
        end = min(begin + rows, grid.height)
        out = _measured(index, grid, begin, end)
        if len(inside.areas):
            within = inside.cells(grid, begin, end)
            edge = (out > 0.0) & (out <= _EDGE_M)
            out[within] = 0.0
            _ask(index, grid, begin, out, edge)
        if covered is not None:
            out[~covered.cells(grid, begin, end)] = np.nan
        yield out


def _measured(index: NearestIndex, grid: Grid, begin: int, end: int) -> Singles:
    """Distances of some rows to the nearest segment."""
    tree = index.stored.tree
    lat = grid.latitudes[begin:end]
    lon = np.radians(grid.longitudes)
    ecef = to_ecef(np.zeros(len(lat)), lat)  # on the meridian of 0: the ring's radius is x
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
    _ask(index, grid, begin, out, np.isnan(out))
    return out


def _ask(
    index: NearestIndex, grid: Grid, begin: int, out: Singles, wanted: NDArray[np.bool_]
) -> None:
    """Put the index's own distances into the cells that are wanted."""
    lon, lat = _wrapped(grid.longitudes), grid.latitudes[begin:]
    some = max(1, _ASKED_CELLS // grid.width)
    for first in range(0, len(out), some):
        row, column = np.nonzero(wanted[first : first + some])
        row += first
        out[row, column] = index.query_lonlat(lon[column], lat[row])[0]


def _wrapped(lon: Floats) -> Floats:
    return np.where(lon > 180.0, lon - 360.0, lon)


class _Burned:
    """Polygons to be burned into rows of a grid: which cells have their middle inside."""

    def __init__(self, areas: Areas) -> None:
        self.areas = areas
        self._tree = shapely.STRtree(areas)

    def cells(self, grid: Grid, begin: int, end: int) -> NDArray[np.bool_]:
        """Cells of some rows, shape (rows, width)."""
        across, down = grid.step
        west, east, north = grid.box[0], grid.box[2], grid.box[3] - begin * down
        out = np.zeros((end - begin, grid.width), dtype=np.uint8)
        for turn in (-360.0, 0.0, 360.0):  # the same meridians have several numbers
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


def _announce() -> None:
    """Say once that the loops are being compiled, when this machine has not done so yet."""
    if cells.fill_tiles.signatures:
        return
    made = Path(cells.fill_tiles.stats.cache_path).glob("cells.fill_tiles-*.nbi")
    source = Path(cells.__file__).stat().st_mtime
    if not any(index.stat().st_mtime >= source for index in made):
        logger.info("compiling the loops of proximity rasters, once per machine: some seconds")
