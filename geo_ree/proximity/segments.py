"""Geometries taken apart into short geodesic segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ree.crs import GEOD, Floats
from geo_ree.proximity.ellipsoid import to_ecef

LONGEST_M = 3_000.0
"""Segments longer than this are split along their geodesic: a chord of 3 km then lies at most
0.18 m below the ellipsoid, and its foot is off by under a millimetre once lifted."""


@dataclass(frozen=True)
class Segments:
    """Short segments in earth-centred coordinates.

    Parameters
    ----------
    start, end
        Metres, shape (s, 3); equal for a point.
    owner
        Row of the geometry that each belongs to, shape (s,).
    """

    start: Floats
    end: Floats
    owner: NDArray[np.int64]


def explode(geometries: NDArray[np.object_]) -> Segments:
    """Take geometries apart into segments of at most `LONGEST_M`.

    An edge between two vertices is the geodesic between them. A polygon gives its rings.

    Parameters
    ----------
    geometries
        Points, lines, polygons, or collections of them, in degrees; empty ones give nothing.

    Returns
    -------
    Segments

    Examples
    --------
    >>> line = shapely.LineString([(76, 43), (76, 43.1)])
    >>> len(explode(np.array([line, shapely.Point(75, 43)], dtype=object)).owner)
    5
    """
    parts, owner = _simple_parts(geometries)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    joined = part[1:] == part[:-1]
    alone = np.ones(len(xy), dtype=bool)
    alone[:-1][joined] = False
    alone[1:][joined] = False
    first = np.concatenate([np.flatnonzero(joined), np.flatnonzero(alone)])
    last = np.concatenate([np.flatnonzero(joined) + 1, np.flatnonzero(alone)])
    return _split(xy[first], xy[last], owner[part[first]])


def _simple_parts(geometries: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Points, lines and rings of all geometries, and the row of each."""
    parts, owner = np.asarray(geometries, dtype=object), np.arange(len(geometries))
    while (shapely.get_type_id(parts) >= 4).any():
        parts, index = shapely.get_parts(parts, return_index=True)
        owner = owner[index]
    area = shapely.get_type_id(parts) == 3
    rings, index = shapely.get_rings(parts[area], return_index=True)
    return (
        np.concatenate([parts[~area], rings]),
        np.concatenate([owner[~area], owner[area][index]]).astype(np.int64),
    )


def _split(start: Floats, end: Floats, owner: NDArray[np.int64]) -> Segments:
    azimuth, _, length = GEOD.inv(*start.T, *end.T)
    length = np.asarray(length, dtype=np.float64)
    count = np.maximum(1, np.ceil(length / LONGEST_M)).astype(np.int64)
    edge = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    share = length[edge] / count[edge]
    cut = np.flatnonzero(step > 0)
    inner = GEOD.fwd(*start[edge[cut]].T, np.asarray(azimuth)[edge[cut]], (step * share)[cut])
    begin = start[edge].copy()
    begin[cut, 0], begin[cut, 1] = inner[0], inner[1]
    finish = end[edge].copy()
    finish[cut - 1] = begin[cut]
    return Segments(to_ecef(*begin.T), to_ecef(*finish.T), owner[edge])
