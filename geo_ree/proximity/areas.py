"""Polygons whose edges are geodesics, to ask what lies within."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ree.crs import GEOD, Floats
from geo_ree.proximity.segments import LONGEST_M


def geodesic_areas(
    geometries: NDArray[np.object_],
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Polygons of geometries, with vertices added so that their edges follow the geodesics.

    Over 100 km along a parallel at 45 degrees, the straight line on the map lies 200 m beside
    the geodesic.

    Parameters
    ----------
    geometries
        Any, in degrees, shape (n,); what is no polygon gives nothing.

    Returns
    -------
    rows : numpy.ndarray of int64
        Row of the geometry behind each polygon, shape (a,).
    areas : numpy.ndarray of object
        The polygons, shape (a,).

    Examples
    --------
    >>> steppe = shapely.Polygon([(50, 50), (90, 50), (70, 40)])
    >>> _, areas = geodesic_areas(np.array([steppe]))
    >>> steppe.contains(shapely.Point(70, 51)), areas[0].contains(shapely.Point(70, 51))
    (False, True)
    """
    rows = np.flatnonzero(shapely.get_dimensions(geometries) == 2)
    parts = geometries[rows]
    while (shapely.get_type_id(parts) > 3).any():
        parts, index = shapely.get_parts(parts, return_index=True)
        rows = rows[index]
    areal = shapely.get_type_id(parts) == 3
    out = np.array([_followed(area) for area in parts[areal]], dtype=object)
    shapely.prepare(out)
    return rows[areal], out


def _followed(area: shapely.Polygon) -> shapely.Polygon:
    return shapely.Polygon(
        _ring(shapely.get_coordinates(area.exterior)),
        [_ring(shapely.get_coordinates(hole)) for hole in area.interiors],
    )


def _ring(xy: Floats) -> Floats:
    """Vertices of a ring and those between, at most `LONGEST_M` from one to the next."""
    azimuth, _, length = (np.asarray(v) for v in GEOD.inv(*xy[:-1].T, *xy[1:].T))
    count = np.ceil(length / LONGEST_M).astype(np.int64).clip(1)
    if len(count) == 0 or count.max() == 1:
        return xy
    edge = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    out = np.vstack([xy[edge], xy[-1:]])
    new = np.flatnonzero(step)
    at = edge[new]
    lon, lat, _ = GEOD.fwd(*xy[at].T, azimuth[at], step[new] * (length / count)[at])
    # Along the antimeridian -180 would be on the other side of the map.
    out[new, 0] = xy[at, 0] + (np.asarray(lon) - xy[at, 0] + 180.0) % 360.0 - 180.0
    out[new, 1] = lat
    return out
