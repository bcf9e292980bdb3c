"""Rasters of heights at hand, and what they say of the deposits: no network is asked here.

`geo-ree fetch` brings windows of a raster of the world into the data folder, one for each box that
it is told; what is read here is only these, files that were handed over, and the coarse grid of
the package.
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
from geo_ree.fetching import cut_rasters, pixel_height_deg, read_window
from geo_ree.proximity import ElevationReader, Patch, Proximity, measure_terrain
from geo_ree.settings import Settings

LAYER = "elevation"

_CLIMB = "climb_railway_m"


@dataclass(frozen=True, kw_only=True)
class Raster:
    """One source of heights that is at hand.

    Parameters
    ----------
    source
        Its catalogue entry.
    paths
        Its files: one for each box that was fetched, the newest first.
    snapshots
        Where they came from; empty for what comes with the package.
    """

    source: Source
    paths: tuple[Path, ...]
    snapshots: tuple[storage.Snapshot, ...] = ()

    def reader(self) -> ElevationReader:
        """Give what reads windows of the files."""

        def read_box(box: tuple[float, float, float, float]) -> Patch:
            cut = cut_rasters(self.paths, box, self.source)
            return Patch(array=cut.array, transform=cut.transform, crs=cut.crs)

        return read_box


def rasters_at_hand(sources: Mapping[str, Source], settings: Settings) -> tuple[Raster, ...]:
    """Find the rasters of heights among the chosen sources, the finest first.

    Parameters
    ----------
    sources
        The sources of a run, by id.
    settings
        Where the data root is.

    Returns
    -------
    tuple of Raster
        By the size of their pixels.

    Raises
    ------
    SchemaError
        When a file is damaged, or no raster of heights.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> starter = {"starter_elevation": load_catalog()["starter_elevation"]}
    >>> [raster.source.id for raster in rasters_at_hand(starter, Settings())]
    ['starter_elevation']
    """
    found: list[tuple[float, Raster]] = []
    for source in sources.values():
        if source.layer != LAYER:
            continue
        if source.protocol == "starter":
            raster = Raster(source=source, paths=(storage.starter_path(source.reader.member),))
        else:
            kept = storage.snapshots_of_parts(settings, source.id)
            raster = Raster(
                source=source, paths=tuple(s.payload for s in kept), snapshots=tuple(kept)
            )
        if raster.paths:
            found.append((pixel_height_deg(raster.paths[0], source), raster))
    return tuple(raster for _, raster in sorted(found, key=lambda pair: pair[0]))


def tile_reader(source: Source, settings: Settings) -> ElevationReader:
    """Give what reads windows of a tiled raster from its publisher, over the network.

    A run never uses it; it is for work in Python, where a network may be asked.

    Parameters
    ----------
    source
        A catalogue entry of the protocol ``cog``.
    settings
        Mirror, timeouts, whether the network may be used at all.

    Returns
    -------
    ElevationReader
        It raises FetchError when a tile cannot be had.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> read_box = tile_reader(load_catalog()["copernicus_glo90"], Settings(offline=True))
    >>> read_box((76.2, 42.9, 76.4, 43.1))
    Traceback (most recent call last):
    geo_ree.errors.FetchError: copernicus_glo90: \
https://copernicus-dem-90m.s3.amazonaws.com/{tile}/{tile}.tif is not asked, for geo_ree works \
offline; leave out --offline, or hand over a file with --file
    """

    def read_box(box: tuple[float, float, float, float]) -> Patch:
        window = read_window(source, box, settings)
        return Patch(array=window.array, transform=window.transform)

    return read_box


def terrain_columns(
    deposits: gpd.GeoDataFrame, rasters: tuple[Raster, ...], proximity: Proximity
) -> pd.DataFrame:
    """Measure the terrain at deposits by the rasters at hand.

    Parameters
    ----------
    deposits
        Points of the layer ``deposits``.
    rasters
        From `rasters_at_hand`. Each deposit takes its elevation, slope and ruggedness from the
        first that covers its circle of error, and its climb from the first that covers the lines.
    proximity
        The layers made ready.

    Returns
    -------
    pandas.DataFrame
        On the index of `deposits`, as `geo_ree.proximity.measure_terrain` gives it, with
        ``near_elevation`` and ``near_climb``: the source that each was taken from. Without
        columns when no raster is at hand.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> import shapely
    >>> starter = {"starter_elevation": load_catalog()["starter_elevation"]}
    >>> mine = gpd.GeoDataFrame({"country": ["KGZ"], "position_error_m": [500.0]},
    ...                         geometry=[shapely.Point(76.12, 42.86)], crs=4326)
    >>> found = terrain_columns(mine, rasters_at_hand(starter, Settings()), Proximity({}))
    >>> found.loc[0, ["elevation_m", "slope_deg"]].notna().tolist(), found["near_elevation"][0]
    ([True, False], 'SRTM, GMTED2010 and ETOPO1, 5 arc-minutes')
    """
    climbs = "railway" in proximity.targets
    out = pd.DataFrame(index=deposits.index)
    for raster in rasters:
        lacks = deposits.index if out.empty else out.index[_gaps(out)]
        if not len(lacks):
            break
        found = measure_terrain(
            deposits.loc[lacks],
            raster.reader(),
            proximity=proximity if climbs else None,
            vertical_error_m=raster.source.vertical_error_m,
        )
        found["near_elevation"] = _named(found["elevation_m"], raster.source)
        found["near_climb"] = _named(
            found.get(_CLIMB, found["elevation_m"] * np.nan), raster.source
        )
        if out.empty:
            out = found
            continue
        for columns, told in _groups(found):
            fill = lacks[out.loc[lacks, told].isna() & found[told].notna()]
            out.loc[fill, columns] = found.loc[fill, columns]
    return out


def _gaps(table: pd.DataFrame) -> pd.Series:
    return table["near_elevation"].isna() | table["near_climb"].isna()


def _named(values: pd.Series, source: Source) -> pd.Series:
    names = pd.Series(None, index=values.index, dtype=object)
    names[values.notna()] = source.label
    return names


def _groups(table: pd.DataFrame) -> tuple[tuple[list[str], str], tuple[list[str], str]]:
    """What is taken from one source together, and the column that names it."""
    climb = [c for c in table.columns if c.endswith("_railway_m")] + ["near_climb"]
    ground = [c for c in table.columns if c not in climb]
    return (ground, "near_elevation"), (climb, "near_climb")


def draw_climbs(table: pd.DataFrame, rng: np.random.Generator, draws: int) -> dict[str, Floats]:
    """Draw the climb of each deposit within its error.

    The lines are not read again for each draw: the error was measured from the rim of the circle
    of the position error and the ends of the doubt about the railway, and what lies between is
    taken as equally likely.

    Parameters
    ----------
    table
        Deposits with the columns of `terrain_columns`.
    rng
        Where the draws come from.
    draws
        How many.

    Returns
    -------
    dict of str to numpy.ndarray
        Metres by column, of shape (draws, deposits), NaN where unknown; empty without a climb.

    Examples
    --------
    >>> table = pd.DataFrame({"climb_railway_m": [900.0], "err_climb_railway_m": [100.0]})
    >>> drawn = draw_climbs(table, np.random.default_rng(1), 1000)["climb_railway_m"]
    >>> drawn.shape, bool((drawn >= 800).all() and (drawn <= 1000).all())
    ((1000, 1), True)
    """
    if _CLIMB not in table.columns:
        return {}
    climb = table[_CLIMB].to_numpy(dtype=np.float64)
    error = table[f"err_{_CLIMB}"].fillna(0.0).to_numpy(dtype=np.float64)
    side = rng.uniform(-1.0, 1.0, (draws, len(table)))
    return {_CLIMB: np.maximum(climb + side * error, 0.0)}
