"""What rasters say of deposits beside their height: seismic hazard, and the people around."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.fetching.raster_values import POSSIBLE
from geo_ree.fetching.raster_windows import raster_bounds
from geo_ree.pipeline.elevation import RasterSource
from geo_ree.proximity.people import people_within
from geo_ree.proximity.region_edge import edge_km, within_box
from geo_ree.reading.raster_band import RasterBand

HAZARD, POPULATION = "seismic_hazard", "population"
"""Raster layers that are read here."""

RADII_KM = (10.0, 50.0)
"""Distances within which people are counted; the names of the columns have them."""


def site_columns(deposits: gpd.GeoDataFrame, rasters: Sequence[RasterSource] = ()) -> pd.DataFrame:
    """Read the seismic hazard at deposits, and count the people around them.

    Parameters
    ----------
    deposits
        Points of the layer ``deposits``, in degrees.
    rasters
        From `geo_ree.pipeline.elevation.find_rasters`; of each layer the first that knows a place
        counts.

    Returns
    -------
    pandas.DataFrame
        On the index of `deposits`: ``pga_475_g``, the peak ground acceleration on rock in g
        (bilinear between the cells), with ``near_hazard``, the label of its source; ``people_10km``
        and ``people_50km``, with ``near_people``. NaN and None where no raster is available, or
        none has data there.
    """
    lon, lat = deposits.geometry.x.to_numpy(), deposits.geometry.y.to_numpy()
    hazard = np.full(len(deposits), np.nan)
    people = np.full((len(deposits), len(RADII_KM)), np.nan)
    near = {name: np.full(len(deposits), None, dtype=object) for name in (HAZARD, POPULATION)}
    for raster in rasters:
        layer = raster.source.layer
        if layer == HAZARD:
            gaps = np.flatnonzero(np.isnan(hazard))
            hazard[gaps] = found = _hazard(raster, lon[gaps], lat[gaps])
        elif layer == POPULATION:
            gaps = np.flatnonzero(np.isnan(people[:, -1]))
            found = _people(raster, lon[gaps], lat[gaps])
            people[gaps], found = found, found[:, -1]
        else:
            continue
        near[layer][gaps[~np.isnan(found)]] = raster.source.label
    columns: dict[str, object] = {"pga_475_g": hazard, "near_hazard": near[HAZARD]}
    columns |= {f"people_{km:g}km": people[:, i] for i, km in enumerate(RADII_KM)}
    return pd.DataFrame({**columns, "near_people": near[POPULATION]}, index=deposits.index)


def _people(raster: RasterSource, lon: Floats, lat: Floats) -> Floats:
    """People within the distances, NaN where some of them may live beyond the edge of the raster."""
    boxes = [raster_bounds(path, raster.source) for path in raster.paths]
    out = people_within(lon, lat, RADII_KM, raster.read)
    for column, km in enumerate(RADII_KM):
        whole = np.zeros(len(lon), dtype=np.bool_)
        for box in boxes:
            whole |= within_box(lon, lat, box) & (edge_km(lon, lat, box) >= km)
        out[~whole, column] = np.nan
    return out


def _hazard(raster: RasterSource, lon: Floats, lat: Floats) -> Floats:
    """Values of the first file of a source that has any, NaN for what no hazard map has."""
    out = np.full(len(lon), np.nan)
    low, high, _ = POSSIBLE[HAZARD]
    for path in raster.paths:
        gaps = np.flatnonzero(np.isnan(out))
        found = RasterBand(str(path), method="bilinear").read(lon[gaps], lat[gaps])
        with np.errstate(invalid="ignore"):
            out[gaps] = np.where((found >= low) & (found <= high), found, np.nan)
    return out
