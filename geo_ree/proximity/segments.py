"""Between longitude and latitude and earth-centred coordinates on WGS 84."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ree.crs import GEOD, Floats
from geo_ree.errors import SchemaError

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


_BLOCK = 2_000  # pairs at a time: some tens of megabytes
_FLATTEST_M = 6.33e6  # least radius of curvature: no chord lies deeper than over this sphere


def foot_points(lon: Floats, lat: Floats, features: NDArray[np.object_]) -> tuple[Floats, Floats]:
    """The point of each feature that is nearest to the point it is paired with.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,).
    features
        Shape (n,): the point, line or area that each was measured to; None and empty ones give
        NaN. An edge is the geodesic between its vertices; within an area the point itself is
        the nearest.

    Returns
    -------
    tuple of numpy.ndarray
        Longitudes and latitudes, degrees, shape (n,).

    Notes
    -----
    Edges are compared by their chords, each allowed the depth of its middle; those that may be
    the nearest are split along their geodesics, and the foot on the best chord is lifted to the
    ellipsoid. The distance to it is that of `geo_ree.nearest` within 1 m and 1e-6.

    Examples
    --------
    >>> road = shapely.LineString([(76, 43), (77, 43)])
    >>> x, y = foot_points(np.array([76.5]), np.array([44.0]), np.array([road], dtype=object))
    >>> float(x[0].round(3)), float(y[0].round(3))
    (76.5, 43.001)
    """
    x, y = np.full(len(lon), np.nan), np.full(len(lon), np.nan)
    there = ~(shapely.is_missing(features) | shapely.is_empty(features))
    rows = np.flatnonzero(there & np.isfinite(lon) & np.isfinite(lat))
    for begin in range(0, len(rows), _BLOCK):
        at = rows[begin : begin + _BLOCK]
        x[at], y[at] = _feet(lon[at], lat[at], features[at])
    within = rows[shapely.intersects_xy(features[rows], lon[rows], lat[rows])]
    x[within], y[within] = lon[within], lat[within]
    return x, y


def _feet(lon: Floats, lat: Floats, features: NDArray[np.object_]) -> tuple[Floats, Floats]:
    points = to_ecef(lon, lat)
    edges = explode(features)
    far, _, length = _chords(edges, points)
    depth = length**2 / (8.0 * _FLATTEST_M)
    # What the shortest chord of each pair can reach at most bounds what any other has to beat.
    limit = np.full(len(lon), np.inf)
    np.minimum.at(limit, edges.owner, far + depth)
    near = np.flatnonzero(far - depth <= limit[edges.owner])
    few = Segments(edges.lon, edges.lat, edges.first[near], edges.last[near], edges.owner[near])
    pieces = split(few, np.flatnonzero(length[near] > LONGEST_M))
    far, foot, _ = _chords(pieces, points)
    order = np.lexsort((far, pieces.owner))
    _, first = np.unique(pieces.owner[order], return_index=True)
    return to_lonlat(foot[order[first]])


def _chords(edges: Segments, points: Floats) -> tuple[Floats, Floats, Floats]:
    """Distance (m) to each chord from its owner's point, the foot on it, and its length."""
    vertices = to_ecef(edges.lon, edges.lat)
    start = vertices[edges.first]
    along = vertices[edges.last] - start
    towards = points[edges.owner] - start
    squared = np.einsum("ij,ij->i", along, along)
    share = np.einsum("ij,ij->i", towards, along) / np.where(squared > 0.0, squared, SEMI_MAJOR_M)
    foot = start + np.clip(share, 0.0, 1.0)[:, None] * along
    gap = points[edges.owner] - foot
    return np.sqrt(np.einsum("ij,ij->i", gap, gap)), foot, np.sqrt(squared)


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
