"""The rasters that are available offline, and elevation, slope and climb of deposits from them.

`geo-ree fetch` downloads windows of world rasters into the data folder, one per box. A run reads
those, the files that users provide, and the coarse grid of the package; it asks no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree import storage
from geo_ree.catalog import Source
from geo_ree.crs import Floats
from geo_ree.fetching import pixel_height_deg, read_rasters, read_window
from geo_ree.proximity import ElevationReader, Patch, TargetIndex, measure_terrain
from geo_ree.schema import RASTER_LAYERS
from geo_ree.settings import Settings

LAYER = "elevation"

_CLIMB = "climb_railway_m"


@dataclass(frozen=True, kw_only=True)
class RasterSource:
    """A source of a raster layer and its files, the newest first; each covers one box.

    `snapshots` says where they came from, and is empty for the grid of the package.
    """

    source: Source
    paths: tuple[Path, ...]
    snapshots: tuple[storage.Snapshot, ...] = ()

    def read(self, box: tuple[float, float, float, float]) -> Patch:
        """Read the part in a box: west, south, east, north in degrees."""
        window = read_rasters(self.paths, box, self.source)
        return Patch(
            array=window.array,
            transform=window.transform,
            crs=window.crs,
            slope_deg=window.slope,
            slope_cell_m=self.source.slope_cell_m,
        )


def find_rasters(sources: Mapping[str, Source], settings: Settings) -> tuple[RasterSource, ...]:
    """Find the available rasters among the sources of a run, the finest pixels first.

    Raises SchemaError when a file is damaged or is not a raster.
    """
    found: list[tuple[float, RasterSource]] = []
    for source in sources.values():
        if source.layer not in RASTER_LAYERS:
            continue
        if source.protocol == "starter":
            paths, kept = [storage.starter_path(source.reader.member)], []
        else:
            kept = storage.snapshots_of_parts(settings, source.id)
            paths = [snapshot.payload for snapshot in kept]
        if paths:
            raster = RasterSource(source=source, paths=tuple(paths), snapshots=tuple(kept))
            found.append((pixel_height_deg(paths[0], source), raster))
    return tuple(raster for _, raster in sorted(found, key=lambda pair: pair[0]))


def tile_reader(source: Source, settings: Settings) -> ElevationReader:
    """Make a reader of a tiled raster that downloads from its publisher.

    For work in Python; a run only reads what was fetched before.

    Parameters
    ----------
    source
        A catalogue entry of the protocol ``cog``.
    settings
        Mirror, timeouts, whether the network may be used at all.

    Returns
    -------
    ElevationReader
        Takes a box (west, south, east, north in degrees) and gives a `Patch`. It raises
        FetchError when a tile cannot be downloaded.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> read_box = tile_reader(load_catalog()["copernicus_glo90"], Settings(offline=True))
    >>> read_box((76.2, 42.9, 76.4, 43.1))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    geo_ree.errors.FetchError: copernicus_glo90: https://copernicus-dem-90m...DEM.tif is not \
requested, because geo_ree works offline; ...
    """

    def read_box(box: tuple[float, float, float, float]) -> Patch:
        window = read_window(source, box, settings)
        return Patch(array=window.array, transform=window.transform)

    return read_box


def terrain_columns(
    deposits: gpd.GeoDataFrame, rasters: tuple[RasterSource, ...], proximity: TargetIndex
) -> pd.DataFrame:
    """Measure the terrain at deposits.

    Each deposit takes elevation, slope and ruggedness from the first source that covers the
    circle of its position error, and its climb from the first that covers the line to the railway.

    Parameters
    ----------
    deposits
        Points of the layer ``deposits``.
    rasters
        From `find_rasters`; those of other layers are passed over.
    proximity
        Where the railways are.

    Returns
    -------
    pandas.DataFrame
        On the index of `deposits`, the columns of `geo_ree.proximity.measure_terrain`, with
        ``near_elevation`` and ``near_climb``: the label of the source of each. No columns
        without a source.
    """
    climbs = "railway" in proximity.targets
    out = pd.DataFrame(index=deposits.index)
    for available in (r for r in rasters if r.source.layer == LAYER):
        gaps = deposits.index
        if not out.empty:
            gaps = out.index[out["near_elevation"].isna() | out["near_climb"].isna()]
        if not len(gaps):
            break
        found = measure_terrain(
            deposits.loc[gaps],
            available.read,
            index=proximity if climbs else None,
            vertical_error_m=available.source.vertical_error_m,
        )
        label = available.source.label
        found["near_elevation"] = _label(found["elevation_m"], label)
        found["near_climb"] = _label(found[_CLIMB], label) if _CLIMB in found else None
        if out.empty:
            out = found
            continue
        climb = [c for c in found.columns if c.endswith("_railway_m")] + ["near_climb"]
        ground = [c for c in found.columns if c not in climb]
        for columns, named in ((ground, "near_elevation"), (climb, "near_climb")):
            rows = gaps[out.loc[gaps, named].isna() & found[named].notna()]
            out.loc[rows, columns] = found.loc[rows, columns]
    return out


def _label(values: pd.Series, label: str) -> pd.Series:
    names = pd.Series(None, index=values.index, dtype=object)
    names[values.notna()] = label
    return names


def draw_climbs(table: pd.DataFrame, rng: np.random.Generator, draws: int) -> dict[str, Floats]:
    """Draw the climb of each deposit, uniformly within its error.

    The lines are not read again for each draw: the error already covers the circle of the
    position error and the lateral error of the railway.

    Returns metres by column, of shape (draws, deposits), NaN where unknown; nothing when `table`
    has no climb.
    """
    if _CLIMB not in table.columns:
        return {}
    climb = table[_CLIMB].to_numpy(dtype=np.float64)
    error = table[f"err_{_CLIMB}"].fillna(0.0).to_numpy(dtype=np.float64)
    side = rng.uniform(-1.0, 1.0, (draws, len(table)))
    return {_CLIMB: np.maximum(climb + side * error, 0.0)}
