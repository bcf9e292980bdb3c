"""Rasters of scores in tiles, from rasters of distances."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from geo_ree.distributed.content_keys import content_key
from geo_ree.distributed.partition_jobs import Tell, run_partitions
from geo_ree.distributed.raster_tiles import TILE_CELLS, Tile, finish_mosaic, tiles_of
from geo_ree.pipeline.run_keys import model_text
from geo_ree.pipeline.score_rasters import (
    Suitability,
    columns_left_out,
    describe_scores,
    opened_surfaces,
    score_pieces,
)
from geo_ree.proximity.grid import Grid
from geo_ree.reading.mosaics import Mosaic
from geo_ree.scoring import ScoreModel
from geo_ree.storage.geotiff import RasterLayout, write_cog
from geo_ree.storage.mosaic_files import index_path


class _Task(NamedTuple):
    tile: Tile
    surfaces: Mapping[str, str]
    model: ScoreModel
    layout: RasterLayout


def suitability(
    surfaces: Mapping[str, Path | str],
    model: ScoreModel,
    out: Path | str,
    *,
    tags: Mapping[str, str] | None = None,
    tile_cells: int = TILE_CELLS,
    client: Any = None,
    tell: Tell | None = None,
) -> Suitability:
    """Combine rasters of distances into a raster of scores, tile by tile.

    Each cell has the score that `geo_ree.suitability` gives it, to the last bit. Where no mosaic of the
    surfaces has a tile, none is made. A second call does the rest of what a first one began.

    Parameters
    ----------
    surfaces
        Column of the model -> GeoTIFF, or the VRT of `geo_ree.distributed.surface`; on a cluster, all
        workers see them.
    model, tags
        See `geo_ree.suitability`.
    out
        Folder of the tiles, of ``suitability.vrt`` and its index.
    tile_cells, client, tell
        See `geo_ree.distributed.surface`.

    Returns
    -------
    geo_ree.pipeline.score_rasters.Suitability
        ``path`` is the VRT.

    Raises
    ------
    ScoreError
        As `geo_ree.suitability`.
    SettingsError
        When the folder holds something else, or cannot be written.
    GeoReeError
        When tiles failed: they are named, and the others are there.

    Notes
    -----
    A worker needs some 300 MB, whatever the size of the raster.

    Examples
    --------
    >>> import tempfile
    >>> import geopandas as gpd, shapely
    >>> from geo_ree.distributed.raster_tiles import surface
    >>> from geo_ree.scoring import Criterion, Exponential
    >>> town = gpd.GeoSeries([shapely.Point(75.7, 42.79)], crs=4326)
    >>> home, box = Path(tempfile.mkdtemp()), (75.0, 42.0, 76.4, 43.58)
    >>> near = {"dist_town_km": surface(town, "10 km", home / "town", box=box)}
    >>> model = ScoreModel((Criterion("town", "dist_town_km", Exponential(50), 1.0),))
    >>> suitability(near, model, home / "scores").path.name
    'suitability.vrt'
    """
    out, paths = Path(out).absolute(), {c: Path(p).absolute() for c, p in surfaces.items()}
    with opened_surfaces(paths, model) as opened:
        left_out = columns_left_out(opened, model)
        layout = describe_scores(opened, model, left_out, tags)
        tiles = [
            tile
            for tile in tiles_of(Grid(_NOWHERE, layout.width, layout.height), tile_cells, out)
            if any(_may_be_known(surface, tile) for surface in opened.values())
        ]
    texts = {c: str(p) for c, p in paths.items()}
    tasks = [_Task(tile, texts, model, layout) for tile in tiles]
    key = content_key(
        layout, model_text(model), tile_cells, {c: _stamp(p) for c, p in paths.items()}
    )
    files = run_partitions(write_tile, tasks, out, key=key, suffix=".tif", client=client, tell=tell)
    return Suitability(
        finish_mosaic(out / "suitability.vrt", layout, tiles, files), model, left_out
    )


_NOWHERE = (0.0, 0.0, 1.0, 1.0)
"""Only the cells of the grid count here: their places are those of the surfaces."""


def write_tile(task: _Task, path: Path) -> None:
    """Score the cells of one tile, and write its file."""
    with opened_surfaces(task.surfaces, task.model) as opened:
        pieces = score_pieces(opened, task.model, task.tile.pixels)
        write_cog(path, task.tile.layout(task.layout), pieces)


def _may_be_known(surface: Any, tile: Tile) -> bool:
    """Whether a surface has cells there: a GeoTIFF has, a mosaic where one of its tiles lies."""
    if not isinstance(surface, Mosaic):
        return True
    return any(
        t.row < tile.row + tile.rows
        and tile.row < t.row + t.rows
        and t.column < tile.column + tile.columns
        and tile.column < t.column + t.columns
        for t in surface.tiles
    )


def _stamp(path: Path) -> Any:
    """What changes when a surface does: its size and time, of a mosaic those of each file."""
    files = [path]
    if path.suffix == ".vrt":
        files = [index_path(path), *sorted(path.parent.glob("part-*.tif"))]
    return [(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in files]
