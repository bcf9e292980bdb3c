"""The distance to the edge of the region, where every layer ends."""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import numpy as np
import shapely

from geo_ree.crs import Floats
from geo_ree.proximity.index import NearestIndex
from geo_ree.settings import REGION

_RADIUS_KM = 6_371.0
_SURELY = 0.98  # a sphere is off by less than 0.6 %, a parallel from its geodesics by 0.2 km
_SLACK_KM = 1.0


def edge_km(lon: Floats, lat: Floats) -> Floats:
    """Return the geodesic distance (km) from places to the edge of the region."""
    return np.asarray(_edge().query_lonlat(lon, lat)[0] / 1_000.0)


def far_from_edge(lon: Floats, lat: Floats, km: Floats) -> np.ndarray:
    """Say, on a sphere and with a margin, where the edge is surely farther than `km`.

    It spares most of the exact distances. False for places outside the region.
    """
    west, south, east, north = REGION
    sideways = np.minimum(lon - west, east - lon)
    upwards = np.minimum(lat - south, north - lat)
    turn = np.sin(np.radians(np.clip(sideways, 0.0, 90.0)))
    arc = np.minimum(np.arcsin(np.cos(np.radians(lat)) * turn), np.radians(upwards))
    return np.asarray(km < _SURELY * _RADIUS_KM * arc - _SLACK_KM)


@cache
def _edge() -> NearestIndex:
    """Index the edge of the region: parallels in steps of one degree, for an edge is a geodesic."""
    west, south, east, north = REGION
    lons, lats = np.arange(west, east + 0.5), np.arange(south, north + 0.5)
    ring = [(x, south) for x in lons] + [(east, y) for y in lats]
    ring += [(x, north) for x in lons[::-1]] + [(west, y) for y in lats[::-1]]
    return NearestIndex(gpd.GeoSeries([shapely.LineString(ring)], crs=4326))
