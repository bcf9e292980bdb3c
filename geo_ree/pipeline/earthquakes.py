"""Recorded earthquakes around the deposits: context, never part of a score."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import distance_m

LAYER = "earthquakes"
WITHIN_KM = 100.0
"""Distance within which earthquakes are counted; the names of the columns have it."""

_KM_PER_DEGREE = 110.5  # of latitude, at least


def earthquake_columns(
    deposits: gpd.GeoDataFrame, frames: Mapping[str, gpd.GeoDataFrame]
) -> pd.DataFrame:
    """Count the recorded earthquakes within 100 km of each deposit.

    Parameters
    ----------
    deposits
        Points of the layer ``deposits``.
    frames
        Canonical layers by name.

    Returns
    -------
    pandas.DataFrame
        On the index of `deposits`: ``earthquakes_100km``, their number, and
        ``largest_earthquake_mw``, the largest magnitude, unknown where there is none. No columns
        without the layer. What a catalogue of some decades recorded is no hazard: a fault may be
        quiet for centuries.

    Examples
    --------
    >>> import shapely
    >>> mine = gpd.GeoDataFrame(geometry=[shapely.Point(76, 43)], crs=4326)
    >>> shocks = gpd.GeoDataFrame({"magnitude_mw": [5.1, 6.2, 7.0]}, crs=4326,
    ...     geometry=gpd.points_from_xy([76.1, 76.9, 78.0], [43, 43, 43]))
    >>> earthquake_columns(mine, {"earthquakes": shocks}).values.tolist()
    [[2.0, 6.2]]
    """
    if LAYER not in frames:
        return pd.DataFrame(index=deposits.index)
    shocks = frames[LAYER]
    lon, lat = shocks.geometry.x.to_numpy(), shocks.geometry.y.to_numpy()
    magnitude = pd.to_numeric(shocks["magnitude_mw"]).to_numpy(dtype=np.float64, na_value=np.nan)
    number, largest = np.zeros(len(deposits), dtype=np.int64), np.full(len(deposits), np.nan)
    for at, place in enumerate(deposits.geometry):
        close = np.flatnonzero(np.abs(lat - place.y) * _KM_PER_DEGREE <= WITHIN_KM)
        away = distance_m(
            np.full(len(close), place.x), np.full(len(close), place.y), lon[close], lat[close]
        )
        inside = close[away <= WITHIN_KM * 1000.0]
        number[at] = len(inside)
        if len(inside) and not np.isnan(magnitude[inside]).all():
            largest[at] = np.nanmax(magnitude[inside])
    return pd.DataFrame(
        {"earthquakes_100km": number, "largest_earthquake_mw": largest}, index=deposits.index
    )
