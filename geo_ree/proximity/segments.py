"""Geometries taken apart into short geodesic segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ree.crs import GEOD, Floats
from geo_ree.errors import SchemaError

LONGEST_M = 3_000.0
"""Segments longer than this are split along their geodesic: a chord of 3 km then lies at most
0.18 m below the ellipsoid, and its foot is off by under a millimetre once lifted."""

Rows = NDArray[np.int32]


@dataclass(frozen=True)
class Segments:
    """Edges between vertices, each the geodesic.

    Parameters
    ----------
    lon, lat
        Vertices, degrees, shape (v,).
    first, last
        Vertices at the ends of each segment, shape (s,); the same one for a point.
    owner
        Row of the geometry that each belongs to, shape (s,).
    """

    lon: Floats
    lat: Floats
    first: Rows
    last: Rows
    owner: Rows


def explode(geometries: NDArray[np.object_]) -> Segments:
    """Take geometries apart into segments.

    A polygon gives its rings.

    Parameters
    ----------
    geometries
        Points, lines, polygons, or collections of them, in degrees; empty ones give nothing.

    Returns
    -------
    Segments

    Raises
    ------
    SchemaError
        When a coordinate is not a finite number.

    Examples
    --------
    >>> line = shapely.LineString([(76, 43), (76, 43.1)])
    >>> explode(np.array([line, shapely.Point(75, 43)], dtype=object)).owner.tolist()
    [0, 1]
    """
    parts, owner = _simple_parts(geometries)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    if not np.isfinite(xy).all():
        row = int(owner[part[np.flatnonzero(~np.isfinite(xy).all(axis=1))[0]]])
        raise SchemaError(
            f"row {row + 1} of the targets has a coordinate that is not a number",
            "mend or drop that geometry",
        )
    joined = part[1:] == part[:-1]
    first = np.flatnonzero(joined)
    alone = np.ones(len(xy), dtype=bool)
    alone[:-1] &= ~joined
    alone[1:] &= ~joined
    single = np.flatnonzero(alone)
    return Segments(
        np.ascontiguousarray(xy[:, 0]),
        np.ascontiguousarray(xy[:, 1]),
        np.concatenate([first, single]).astype(np.int32),
        np.concatenate([first + 1, single]).astype(np.int32),
        owner[part[np.concatenate([first, single])]].astype(np.int32),
    )


def _simple_parts(geometries: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Points, lines and rings of all geometries, and the row of each."""
    parts, owner = np.asarray(geometries, dtype=object), np.arange(len(geometries))
    kinds = shapely.get_type_id(parts)
    while (kinds >= 4).any():
        parts, index = shapely.get_parts(parts, return_index=True)
        owner, kinds = owner[index], shapely.get_type_id(parts)
    area = kinds == 3
    if not area.any():
        return parts, owner
    rings, index = shapely.get_rings(parts[area], return_index=True)
    return (
        np.concatenate([parts[~area], rings]),
        np.concatenate([owner[~area], owner[area][index]]),
    )


def split(segments: Segments, long: NDArray[np.int64]) -> Segments:
    """Split segments along their geodesics into pieces of at most `LONGEST_M`.

    Parameters
    ----------
    segments
        From `explode`.
    long
        Which of them to split.

    Returns
    -------
    Segments
        The others first, then the pieces.

    Examples
    --------
    >>> line = shapely.LineString([(76, 43), (76, 43.1)])
    >>> len(split(explode(np.array([line])), np.array([0])).owner)
    4
    """
    lon, lat = segments.lon, segments.lat
    a, b = segments.first[long], segments.last[long]
    back = (lon[a] > lon[b]) | ((lon[a] == lon[b]) & (lat[a] > lat[b]))
    a, b = np.where(back, b, a), np.where(back, a, b)  # a line and its reverse are the same
    azimuth, _, length = GEOD.inv(lon[a], lat[a], lon[b], lat[b])
    count = np.maximum(1, np.ceil(np.asarray(length) / LONGEST_M)).astype(np.int64)
    edge = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    inner = np.flatnonzero(step > 0)
    at = edge[inner]
    share = step[inner] * (np.asarray(length) / count)[at]
    x, y, _ = GEOD.fwd(lon[a][at], lat[a][at], np.asarray(azimuth)[at], share)
    new = len(lon) + np.arange(len(inner), dtype=np.int32)
    first, last = a[edge], b[edge]
    first[inner], last[inner - 1] = new, new
    keep = np.ones(len(segments.owner), dtype=bool)
    keep[long] = False
    return Segments(
        np.concatenate([lon, x]),
        np.concatenate([lat, y]),
        np.concatenate([segments.first[keep], first]),
        np.concatenate([segments.last[keep], last]),
        np.concatenate([segments.owner[keep], segments.owner[long][edge]]),
    )
