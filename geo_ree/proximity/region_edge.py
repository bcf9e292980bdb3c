"""The distance to the edge of a box in which layers are complete."""

from __future__ import annotations

from functools import lru_cache

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.proximity.index import NearestIndex
from geo_ree.settings import REGION, Box

_RADIUS_KM = 6_371.0
_SURELY = 0.98  # a sphere is off by less than 0.6 %, a parallel from its geodesics by 0.2 km
_SLACK_KM = 1.0
_ROUND = 360.0


def within_box(lon: Floats, lat: Floats, box: Box = REGION) -> NDArray[np.bool_]:
    """Mask of the places in a box, its edges included; the box may cross the antimeridian."""
    west, south, east, north = box
    return np.asarray((_from_west(lon, west) <= east) & (lat >= south) & (lat <= north))


def edge_km(lon: Floats, lat: Floats, box: Box = REGION) -> Floats:
    """Return the geodesic distance (km) from places to the edge of a box; infinity without an edge."""
    edge = _edge(box)
    if edge is None:
        return np.full(len(lon), np.inf)
    return np.asarray(edge.query_lonlat(lon, lat)[0] / 1_000.0)


def far_from_edge(lon: Floats, lat: Floats, km: Floats, box: Box = REGION) -> NDArray[np.bool_]:
    """Say, on a sphere and with a margin, where the edge is surely farther than `km`.

    It spares most of the exact distances. False for places outside the box.
    """
    west, south, east, north = box
    x = _from_west(lon, west)
    sideways = np.minimum(x - west, east - x)
    if east - west >= _ROUND:
        sideways = np.full(np.shape(x), 90.0)
    below = lat - south if south > -90.0 else np.full(np.shape(lat), 90.0)
    above = north - lat if north < 90.0 else np.full(np.shape(lat), 90.0)
    turn = np.sin(np.radians(np.clip(sideways, 0.0, 90.0)))
    arc = np.minimum(
        np.arcsin(np.cos(np.radians(lat)) * turn) if east - west < _ROUND else np.pi,
        np.radians(np.minimum(below, above)),
    )
    return np.asarray(km < _SURELY * _RADIUS_KM * arc - _SLACK_KM)


def _from_west(lon: Floats, west: float) -> Floats:
    """Longitudes counted eastwards from the western edge, up to a full turn."""
    return np.asarray(west + np.mod(np.asarray(lon) - west, _ROUND))


@lru_cache(maxsize=64)
def _edge(box: Box) -> NearestIndex | None:
    """Index the edge of a box: parallels in steps of one degree, for an edge is a geodesic.

    A box round the globe has no western and eastern edge, one that reaches a pole no edge there;
    None where nothing is left.
    """
    west, south, east, north = box
    lons = np.linspace(west, east, max(2, int(np.ceil(east - west)) + 1))
    lats = np.linspace(south, north, max(2, int(np.ceil(north - south)) + 1))
    sides = [
        np.column_stack([lons, np.full(len(lons), y)]) for y in (south, north) if abs(y) < 90.0
    ]
    if east - west < _ROUND:
        sides += [np.column_stack([np.full(len(lats), x), lats]) for x in (west, east)]
    if not sides:
        return None
    for side in sides:
        side[:, 0] = np.mod(side[:, 0] + 180.0, _ROUND) - 180.0
    return NearestIndex(gpd.GeoSeries([shapely.LineString(side) for side in sides], crs=4326))
