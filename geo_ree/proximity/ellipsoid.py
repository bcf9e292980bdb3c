"""Between longitude and latitude and earth-centred coordinates on WGS 84."""

from __future__ import annotations

import numpy as np

from geo_ree.crs import GEOD, Floats

SEMI_MAJOR_M: float = GEOD.a
"""Equatorial radius (m)."""

ECCENTRICITY_2: float = GEOD.es
"""First eccentricity squared."""


def to_ecef(lon: Floats, lat: Floats) -> Floats:
    """Earth-centred, earth-fixed coordinates of points on the ellipsoid.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,).

    Returns
    -------
    numpy.ndarray of float64
        Metres, shape (n, 3).

    Examples
    --------
    >>> to_ecef(np.array([0.0]), np.array([0.0])).tolist()
    [[6378137.0, 0.0, 0.0]]
    """
    x, y = np.radians(lon), np.radians(lat)
    sine = np.sin(y)
    radius = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY_2 * sine**2)
    ring = radius * np.cos(y)
    return np.column_stack(
        [ring * np.cos(x), ring * np.sin(x), radius * (1.0 - ECCENTRICITY_2) * sine]
    )


def to_lonlat(ecef: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude of points on the ellipsoid (the inverse of `to_ecef`).

    Parameters
    ----------
    ecef
        Metres, shape (n, 3), on the ellipsoid.

    Returns
    -------
    tuple of numpy.ndarray
        Longitudes and latitudes, degrees, shape (n,).

    Examples
    --------
    >>> lon, lat = to_lonlat(to_ecef(np.array([76.0]), np.array([43.0])))
    >>> round(float(lon[0]), 9), round(float(lat[0]), 9)
    (76.0, 43.0)
    """
    x, y, z = ecef.T
    lat = np.arctan2(z, (1.0 - ECCENTRICITY_2) * np.hypot(x, y))
    return np.degrees(np.arctan2(y, x)), np.degrees(lat)
