"""How many people live around a place, from a grid of population."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pyproj import Transformer

from geo_ree.crs import STORE_CRS, Floats
from geo_ree.proximity.heights import ElevationReader, Patch
from geo_ree.proximity.search.segments import to_ecef

_LEAST_KM_PER_DEGREE = 110.5
_RADIUS_M = 6_371_000.0
_FARTHEST_LAT = 85.0
_SPARE_DEG = 0.01


def people_within(
    lon: Floats, lat: Floats, radii_km: Sequence[float], read: ElevationReader
) -> Floats:
    """Count the people within some distances of places.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,).
    radii_km
        Geodesic distances, at most some hundred kilometres.
    read
        Reads the cells of a box (west, south, east, north in degrees): people in each.

    Returns
    -------
    numpy.ndarray of float64
        Shape (n, radii): the sum of the cells whose centre lies within the distance. A cell without
        data has nobody; NaN where no cell within it has data, and beyond 85 degrees of latitude.

    Notes
    -----
    Cells are read for one place after the other, so memory does not grow with places nor grid. A
    chord c is an arc of c (1 + c**2 / 24 R**2), 13 cm longer at 50 km.

    Examples
    --------
    >>> from rasterio.transform import Affine
    >>> cells = Affine(0.01, 0, 76.0, 0, -0.01, 43.0)
    >>> grid = Patch(array=np.ones((100, 100), np.float32), transform=cells)
    >>> found = people_within(np.array([76.5]), np.array([42.5]), [10.0], lambda box: grid)
    >>> round(float(found[0, 0]), -1)
    350.0
    """
    out = np.full((len(lon), len(radii_km)), np.nan)
    widest = max(radii_km)
    for at, (x, y) in enumerate(zip(lon.tolist(), lat.tolist(), strict=True)):
        if not abs(y) <= _FARTHEST_LAT:
            continue
        for box in _boxes_around(x, y, widest):
            patch = read(box)
            people, away_km = patch.array, _distances_km(x, y, patch)
            known = np.isfinite(people)
            for column, radius in enumerate(radii_km):
                inside = known & (away_km <= radius)
                if inside.any():
                    total = float(people[inside].sum(dtype=np.float64))
                    out[at, column] = np.nansum([out[at, column], total])
    return out


def _boxes_around(lon: float, lat: float, km: float) -> list[tuple[float, float, float, float]]:
    """Box that holds all places within a distance; two where it crosses the antimeridian."""
    high = km / _LEAST_KM_PER_DEGREE + _SPARE_DEG
    north, south = min(lat + high, 90.0), max(lat - high, -90.0)
    wide = high / max(np.cos(np.radians(min(abs(lat) + high, 89.0))), 1e-6)
    west, east = lon - wide, lon + wide
    if west < -180.0:
        return [(west + 360.0, south, 180.0, north), (-180.0, south, east, north)]
    if east > 180.0:
        return [(west, south, 180.0, north), (-180.0, south, east - 360.0, north)]
    return [(west, south, east, north)]


def _distances_km(lon: float, lat: float, patch: Patch) -> Floats:
    """Geodesic distance from a place to the centre of each cell."""
    row, column = np.indices(patch.array.shape, dtype=np.float64) + 0.5
    step = patch.transform
    x, y = step.a * column + step.b * row + step.c, step.d * column + step.e * row + step.f
    there = Transformer.from_crs(patch.crs, STORE_CRS, always_xy=True)
    cells = to_ecef(*there.transform(x.ravel(), y.ravel()))
    chord = np.linalg.norm(cells - to_ecef(np.array([lon]), np.array([lat])), axis=1)
    arc = chord * (1.0 + chord**2 / (24.0 * _RADIUS_M**2))
    return np.asarray(arc.reshape(patch.array.shape) / 1_000.0)
