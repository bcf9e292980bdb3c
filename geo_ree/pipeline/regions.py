"""Boxes of the globe: the region of a run, from the sites that it is about."""

from __future__ import annotations

import math

import numpy as np
import shapely

from geo_ree.crs import Floats
from geo_ree.settings import REGION, Box

MARGIN_DEG = 3.0
"""Kept around sites outside the region, in degrees of latitude: some 330 km, so that the nearest
feature of most layers is in it."""


def contains(outer: Box, inner: Box) -> bool:
    """Say whether a box lies within another.

    Examples
    --------
    >>> contains((40.0, 29.0, 120.0, 56.0), (60.0, 40.0, 70.0, 50.0))
    True
    """
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[2] >= inner[2]
        and outer[3] >= inner[3]
    )


def box_parts(region: Box) -> shapely.Geometry:
    """Give a box as one polygon, or as two where it crosses the antimeridian.

    Examples
    --------
    >>> box_parts((170.0, -20.0, 190.0, -10.0)).bounds
    (-180.0, -20.0, 180.0, -10.0)
    """
    west, south, east, north = region
    if east - west >= 360.0:
        return shapely.box(-180.0, south, 180.0, north)
    if east <= 180.0:
        return shapely.box(*region)
    parts = [
        shapely.box(west, south, 180.0, north),
        shapely.box(-180.0, south, east - 360.0, north),
    ]
    return shapely.MultiPolygon(parts)


def meet(one: Box, other: Box) -> bool:
    """Say whether two boxes share a place.

    Examples
    --------
    >>> meet((40.0, 29.0, 120.0, 56.0), (29.0, -2.0, 36.0, 5.0))
    False
    """
    return bool(shapely.intersects(box_parts(one), box_parts(other)))


def region_of(lon: Floats, lat: Floats, *, with_own: bool = False) -> Box:
    """Give the region of a run about some sites.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,), at least one.
    with_own
        Whether the region of the package has to be in it.

    Returns
    -------
    tuple of float
        The package's own region where it holds all sites. Elsewhere the box of the sites with
        `MARGIN_DEG` around it, joined with the package's region where that holds some of them.

    Examples
    --------
    >>> region_of(np.array([32.0, 33.0]), np.array([0.5, 1.0]))
    (28.0, -3.0, 37.0, 4.0)
    >>> region_of(np.array([70.0]), np.array([45.0])) == REGION
    True
    """
    box = box_around(lon, lat, MARGIN_DEG)
    west, south, east, north = REGION
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    if inside.all():
        return REGION
    if not (with_own or inside.any()):
        return box
    if box[2] > 180.0:
        return -180.0, min(box[1], south), 180.0, max(box[3], north)
    return min(box[0], west), min(box[1], south), max(box[2], east), max(box[3], north)


def region_around(box: Box) -> Box:
    """Give the region of the sources for a raster of a box.

    The package's own region where it holds the box. Elsewhere the box with `MARGIN_DEG` around it,
    joined with the package's region where the two meet.

    Examples
    --------
    >>> region_around((75.0, 42.0, 77.0, 43.0)) == REGION
    True
    >>> region_around((-180.0, -90.0, 180.0, 90.0))
    (-180.0, -90.0, 180.0, 90.0)
    >>> region_around((10.0, 45.0, 20.0, 50.0))
    (7.0, 42.0, 23.0, 53.0)
    """
    if contains(REGION, box):
        return REGION
    west, east = box[0] - MARGIN_DEG, box[2] + MARGIN_DEG
    south, north = max(-90.0, box[1] - MARGIN_DEG), min(90.0, box[3] + MARGIN_DEG)
    if west < -180.0:
        west, east = west + 360.0, east + 360.0
    if meet((west, south, east, north), REGION):
        south, north = min(south, REGION[1]), max(north, REGION[3])
        if east > 180.0:
            return -180.0, south, 180.0, north
        west, east = min(west, REGION[0]), max(east, REGION[2])
    return (-180.0, south, 180.0, north) if east - west >= 360.0 else (west, south, east, north)


def box_around(lon: Floats, lat: Floats, margin_deg: float) -> Box:
    """Give the box of some places with a margin, in whole degrees; it may cross the antimeridian.

    The margin is in degrees of latitude, and as wide in kilometres to the sides.
    """
    south = max(-90.0, float(math.floor(float(lat.min()) - margin_deg)))
    north = min(90.0, float(math.ceil(float(lat.max()) + margin_deg)))
    wide = margin_deg / max(0.05, math.cos(math.radians(max(abs(south), abs(north)))))
    turned = np.sort(np.mod(lon, 360.0))
    gaps = np.diff(np.append(turned, turned[0] + 360.0))
    at = int(np.argmax(gaps))
    first = float(turned[(at + 1) % len(turned)])
    width = 360.0 - float(gaps[at])
    if width + 2 * wide >= 360.0 or south <= -90.0 or north >= 90.0:
        return -180.0, south, 180.0, north
    west = math.floor(first - wide)
    east = math.ceil(first + width + wide)
    if west >= 180.0:
        west, east = west - 360, east - 360
    if west < -180.0:
        west, east = west + 360, east + 360
    if east - west >= 360:
        return -180.0, south, 180.0, north
    return float(west), south, float(east), north
