"""Coordinates that cannot be of the reference system that a file states."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from pyproj import CRS

from geo_ree.crs import Floats
from geo_ree.errors import SchemaError
from geo_ree.reading.map_grids import find_system

_METRES = 400.0
"""No longitude or latitude is as large."""


def with_system(frame: gpd.GeoDataFrame, crs: str, *, where: str) -> gpd.GeoDataFrame:
    """Give a frame the reference system that its reader states, and check that it can be true.

    Parameters
    ----------
    frame
        With any geometries.
    crs
        Replaces what the file states; blank keeps that.
    where
        Name of the file in errors.

    Returns
    -------
    geopandas.GeoDataFrame
        The frame in the stated system, not transformed.

    Raises
    ------
    SchemaError
        When no system is stated, or the coordinates are evidently of another one: metres called
        degrees, degrees called metres, latitude and longitude interchanged, or all at 0, 0.
    """
    if crs:
        frame = frame.set_crs(find_system(crs, where=where), allow_override=True)
    if frame.crs is None:
        raise SchemaError(
            f"{where} states no coordinate reference system",
            "give it with --crs, for instance --crs EPSG:4326 (crs= in Python)",
        )
    bounds = frame.total_bounds
    if np.isfinite(bounds).all():
        _check_values(bounds, frame.crs, where)
    return frame


def _check_values(bounds: Floats, system: CRS, where: str) -> None:
    name = f"{system.to_string()[:40]}" if system.to_epsg() else system.name
    x, y = float(np.abs(bounds[[0, 2]]).max()), float(np.abs(bounds[[1, 3]]).max())
    if x == 0.0 and y == 0.0:
        raise SchemaError(f"{where}: all coordinates are 0, 0", "fill in the coordinates")
    if system.is_projected and x <= 180.0 and y <= 90.0:
        raise SchemaError(
            f"{where} is labelled {name}, which is in metres, but the coordinates reach {x:g}, {y:g}: "
            "they are degrees",
            "give --crs EPSG:4326 (crs= in Python)",
        )
    if system.is_geographic and max(x, y) > _METRES:
        raise SchemaError(
            f"{where} is labelled {name}, which is in degrees, but the coordinates reach {x:.0f}, "
            f"{y:.0f}: they are metres",
            "give --crs with the system that they are in, for instance EPSG:3857 (web maps) or "
            "EPSG:32636 (UTM) (crs= in Python)",
        )
    if system.is_geographic and y > 90.0 and x <= 90.0:
        raise SchemaError(
            f"{where}: latitudes reach {y:g}: latitude and longitude are interchanged",
            "swap the two, so that x is the longitude",
        )
