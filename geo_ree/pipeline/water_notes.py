"""What the nearest surface water means for a deposit, in a sentence: a fact beside the score."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.proximity import TargetIndex
from geo_ree.proximity.measures import WATER_WORDS, water_qualities

TARGET = "water"

NEAR_KM = 5.0
"""Surface water so near is worth a sentence: a pipeline is short, and what is spilt gets there
(judgement)."""


def water_notes(table: gpd.GeoDataFrame, index: TargetIndex) -> pd.DataFrame:
    """Say of what quality the nearest water is, and what it means where it is near.

    Parameters
    ----------
    table
        Points with ``country``, ``dist_water_km`` and ``err_water_km``.
    index
        The index that the distances were measured with.

    Returns
    -------
    pandas.DataFrame
        On the index of `table`: ``water_quality`` (a word of `WATER_QUALITIES`, or ``unknown``; None
        where no water is known) and ``water_note``, a sentence where water is within `NEAR_KM` and the
        error of that distance is no larger.

    Examples
    --------
    >>> import shapely
    >>> lake = gpd.GeoDataFrame(
    ...     {"name": ["Tuz"], "kind": ["lake"], "country": ["KAZ"], "source_id": ["x"],
    ...      "quality": ["salt"]}, geometry=[shapely.box(70, 48, 70.1, 48.1)], crs=4326)
    >>> mine = gpd.GeoDataFrame(
    ...     {"country": ["KAZ"], "dist_water_km": [2.2], "err_water_km": [0.5]},
    ...     geometry=[shapely.Point(70.13, 48.05)], crs=4326)
    >>> water_notes(mine, TargetIndex({"water": lake}))["water_note"][0]
    'surface water within 3 km, salt water: a supply and a liability'
    """
    quality, note = (np.full(len(table), None, dtype=object) for _ in range(2))
    if TARGET in index.targets and f"dist_{TARGET}_km" in table:
        lon, lat = table.geometry.x.to_numpy(), table.geometry.y.to_numpy()
        found = index.nearest(TARGET, lon, lat, table["country"].astype(object).to_numpy())
        stated = water_qualities(index, TARGET, found.row)
        quality = quality if stated is None else stated
        km = table[f"dist_{TARGET}_km"].to_numpy(np.float64)
        error = table[f"err_{TARGET}_km"].to_numpy(np.float64)
        # a position that is tens of kilometres off says nothing of a lake nearby
        for i in np.flatnonzero((km <= NEAR_KM) & ~(error > NEAR_KM)):
            note[i] = _sentence(km[i], error[i], quality[i])
    columns = {"water_quality": quality, "water_note": note}
    return pd.DataFrame(columns, index=table.index)


def _sentence(km: float, error_km: float, quality: object) -> str:
    error = f" (± {error_km:.0f} km)" if error_km >= 1 else ""
    words = WATER_WORDS.get(str(quality), WATER_WORDS["unknown"])
    return (
        f"surface water within {max(1, math.ceil(km))} km{error}, {words}: a supply and a liability"
    )
