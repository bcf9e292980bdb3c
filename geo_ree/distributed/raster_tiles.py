"""Rasters of distances in tiles: each a GeoTIFF that one task makes, and a VRT over all."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
from rasterio.windows import Window as PixelWindow

from geo_ree.crs import STORE_CRS
from geo_ree.distributed.content_keys import content_key
from geo_ree.distributed.partition_jobs import Tell, run_partitions
from geo_ree.distributed.table_parts import read_whole
from geo_ree.errors import SettingsError
from geo_ree.proximity.cell_rows import RUN_CELLS, Areas, Window
from geo_ree.proximity.grid import Box, Grid, make_grid
from geo_ree.proximity.index import NearestIndex
from geo_ree.proximity.surfaces import Measured, areas_of, pieces_of, surface_layout
from geo_ree.proximity.target_index import TargetIndex
from geo_ree.settings import REGION
from geo_ree.storage.geotiff import RasterLayout, write_cog
from geo_ree.storage.mosaic_files import MosaicTile, write_mosaic
from geo_ree.storage.record_files import StoredRecord, write_record

TILE_CELLS = 2048
"""Cells to a side of a tile, unless another is asked for."""

INPUTS = ".inputs"
"""Folder of what the tasks of unfinished rasters read."""

_CLASSES = ("geo_ree.proximity.targets:Target",)


class Tile(NamedTuple):
    """A rectangle of cells of a grid, and the folder of what they are measured to."""

    inputs: str
    row: int
    column: int
    rows: int
    columns: int

    @property
    def window(self) -> Window:
        """Return its rows and columns."""
        return slice(self.row, self.row + self.rows), slice(self.column, self.column + self.columns)

    @property
    def pixels(self) -> PixelWindow:
        """Return it as rasterio has windows."""
        return PixelWindow(self.column, self.row, self.columns, self.rows)

    def layout(self, whole: RasterLayout) -> RasterLayout:
        """Return the layout of its file."""
        across, turn, west, lean, down, north = whole.transform
        corner = (across, turn, west + self.column * across, lean, down, north + self.row * down)
        return replace(whole, width=self.columns, height=self.rows, transform=corner)


def surface(
    layer: Any,
    resolution: float | str,
    out: Path | str,
    *,
    target: str = "",
    box: Box = REGION,
    within: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    name: str = "",
    sources: tuple[str, ...] = (),
    attribution: str = "",
    tags: Mapping[str, str] | None = None,
    step_m: float = 0.0,
    tile_cells: int = TILE_CELLS,
    client: Any = None,
    tell: Tell | None = None,
) -> Path:
    """Write a raster of the geodesic distance to the nearest feature of a layer, tile by tile.

    Each cell has the value that `geo_ree.surface` gives it, to the last bit. A tile without a cell
    that may be known is not made. A second call does the rest of what a first one began.

    Parameters
    ----------
    layer
        Features, an index of them or indexed layers, as for `geo_ree.surface`; or a dask-geopandas frame,
        or the path of a GeoParquet file or of a folder of them, which this process reads whole.
    resolution, target, box, within, name, sources, attribution, tags, step_m
        See `geo_ree.surface`.
    out
        Folder of the tiles, of ``surface.vrt``, which GDAL and QGIS open as one raster, and of its
        index, ``surface.json``. On a cluster, all workers see it.
    tile_cells
        Cells to a side of a tile, a multiple of 512.
    client
        The client of `geo_ree.distributed.open_cluster`; by default all is done here.
    tell
        Called with lines of progress.

    Returns
    -------
    pathlib.Path
        The VRT.

    Raises
    ------
    SchemaError
        When there are no features, the target is unknown, or the box or the resolution is invalid.
    SettingsError
        When the folder holds something else, or cannot be written.
    GeoReeError
        When tiles failed: they are named, and the others are there.

    Notes
    -----
    A worker needs the memory of the index (75 bytes a segment, which the workers of one machine
    share where `target` is not given) and some 300 MB.

    Examples
    --------
    >>> import tempfile
    >>> import shapely
    >>> town = gpd.GeoSeries([shapely.Point(75.7, 42.79)], crs=4326)
    >>> surface(town, "10 km", Path(tempfile.mkdtemp(), "town"), box=(75.0, 42.0, 76.4, 43.58)).name
    'surface.vrt'
    """
    grid, out = make_grid(box, resolution), Path(out).absolute()
    known = None if within is None else areas_of(within)
    layer = read_whole(layer, "the layer")
    index = layer if isinstance(layer, TargetIndex | NearestIndex) else NearestIndex(layer)
    measured = Measured(index, target, known)
    layout = surface_layout(
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
    inputs = _Inputs(index, target, known, grid, layout)
    home = out / INPUTS / inputs.key[:16]
    tiles = [t for t in tiles_of(grid, tile_cells, home) if measured.may_be_known(grid, t.window)]
    files = run_partitions(
        write_tile,
        tiles,
        out,
        key=content_key(inputs.key, tile_cells),
        suffix=".tif",
        prepare=lambda: inputs.store(home),
        client=client,
        tell=tell,
    )
    shutil.rmtree(out / INPUTS, ignore_errors=True)
    return finish_mosaic(out / "surface.vrt", layout, tiles, files)


def tiles_of(grid: Grid, side: int, inputs: Path) -> list[Tile]:
    """Cut a grid into tiles, row by row from the north-west."""
    if side < RUN_CELLS or side % RUN_CELLS:
        raise SettingsError(
            f"tiles of {side} cells cannot be made", f"give a multiple of {RUN_CELLS}"
        )
    return [
        Tile(str(inputs), row, column, min(side, grid.height - row), min(side, grid.width - column))
        for row in range(0, grid.height, side)
        for column in range(0, grid.width, side)
    ]


def finish_mosaic(path: Path, layout: RasterLayout, tiles: list[Tile], files: list[Path]) -> Path:
    """Write the VRT and the index over finished tiles, and return the VRT."""
    made = [
        MosaicTile(file.name, t.row, t.column, t.rows, t.columns)
        for t, file in zip(tiles, files, strict=True)
    ]
    write_mosaic(path, layout, made)
    return path


def write_tile(tile: Tile, path: Path) -> None:
    """Measure the cells of one tile, and write its file."""
    state = _opened(tile.inputs)
    strips = state.measured.strips(state.grid, window=tile.window)
    write_cog(path, tile.layout(state.layout), pieces_of(strips))


@dataclass(frozen=True)
class _State:
    """What a task measures to, on which grid, and what its file says."""

    measured: Measured
    grid: Grid
    layout: RasterLayout


class _Inputs:
    """What the tasks of a raster need, stored where all workers see it."""

    def __init__(
        self,
        layer: NearestIndex | TargetIndex,
        target: str,
        known: Areas | None,
        grid: Grid,
        layout: RasterLayout,
    ) -> None:
        self.index = layer if isinstance(layer, NearestIndex) else None
        areas = None if known is None else gpd.GeoDataFrame(geometry=known, crs=STORE_CRS)
        self.values: dict[str, Any] = {
            "grid": (grid.box, grid.width, grid.height),
            "bands": layout.bands,
            "tags": dict(layout.tags),
            "steps": layout.steps,
            "known": areas,
            "target": target,
        }
        if isinstance(layer, TargetIndex):
            spec = layer.targets[target]
            wanted = (spec.layer, "countries")
            self.values |= {
                "layers": {n: f for n, f in layer.layers.items() if n in wanted},
                "spec": spec,
                "coverage": sorted(layer.extents.countries(spec.layer)),
                "boxes": list(layer.extents.boxes(spec.layer)),
            }
        made_of = (self.index.stored.stamp, self.index.stored.areas) if self.index else ()
        self.key = content_key(self.values, *made_of)

    def store(self, home: Path) -> None:
        """Write them into a folder."""
        if self.index is not None:
            home.parent.mkdir(parents=True, exist_ok=True)
            self.index.save(home.with_suffix(".index"))
        write_record(home, {}, self.values, _CLASSES)


@lru_cache(maxsize=2)
def _opened(home: str) -> _State:
    """Read what `_Inputs` stored, once in each worker."""
    record = StoredRecord(Path(home), _CLASSES)
    box, width, height = record.read("grid")
    grid = Grid(box, width, height)
    layout = RasterLayout(
        width,
        height,
        grid.transform,
        record.read("bands"),
        record.read("tags"),
        steps=record.read("steps"),
    )
    areas, target = record.read("known"), record.read("target")
    known = None if areas is None else areas.geometry.to_numpy()
    layer: NearestIndex | TargetIndex
    if "spec" in record:
        spec = record.read("spec")
        layer = TargetIndex(
            dict(record.read("layers")),
            {target: spec},
            coverage={spec.layer: frozenset(record.read("coverage"))},
            regions={spec.layer: record.read("boxes")},
        )
    else:
        layer = NearestIndex.load(Path(home).with_suffix(".index"))
    return _State(Measured(layer, target, known), grid, layout)
