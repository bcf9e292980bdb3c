"""Geometries as segments on the WGS 84 ellipsoid, and earth-centred coordinates (ECEF).

An edge is the geodesic between its vertices. In ECEF coordinates a straight chord stands for it:
there is no pole, no antimeridian and no distortion, and a distance costs a square root. The price
is that a chord runs below the ellipsoid, so long edges are split into pieces of at most 3 km.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    """Return ECEF coordinates (m, shape (n, 3)) of points on the ellipsoid, given in degrees."""
    x, y = np.radians(lon), np.radians(lat)
    sine = np.sin(y)
    radius = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY_2 * sine**2)
    ring = radius * np.cos(y)
    return np.column_stack(
        [ring * np.cos(x), ring * np.sin(x), radius * (1.0 - ECCENTRICITY_2) * sine]
    )


def to_lonlat(ecef: Floats) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes (degrees) of points on the ellipsoid, the inverse of `to_ecef`."""
    x, y, z = ecef.T
    lat = np.arctan2(z, (1.0 - ECCENTRICITY_2) * np.hypot(x, y))
    return np.degrees(np.arctan2(y, x)), np.degrees(lat)


LONGEST_M = 3_000.0
"""Segments longer than this are split along their geodesic. A chord of 3 km runs at most 0.18 m
below the ellipsoid (length^2 / 8 R), and the foot of a point on it is off by under a millimetre once
it is lifted. Shorter pieces would cost memory and gain nothing; at 10 km the depth is 2 m."""

_DEGREE_M = 111_700.0
"""No degree of latitude or longitude is longer on the ellipsoid."""

Rows = NDArray[np.int32]


@dataclass(frozen=True)
class Segments:
    """Edges between vertices, each a geodesic.

    `lon` and `lat` (degrees, shape (v,)) hold the vertices; `first` and `last` (shape (s,)) number
    those at the ends of each segment, the same one twice for a point; `owner` (shape (s,)) is the
    row of the geometry that the segment belongs to.
    """

    lon: Floats
    lat: Floats
    first: Rows
    last: Rows
    owner: Rows


def refuse_places(lon: Floats, lat: Floats, owner: NDArray[Any], labels: Any, what: str) -> None:
    """Raise SchemaError when a place is not on the globe, naming its owner's row and label."""
    on_globe = (np.abs(lat) <= 90.0) & np.isfinite(lon)  # NaN is not
    if on_globe.all():
        return
    first = int(np.argmin(on_globe))
    row = int(owner[first])
    named = "" if labels is None else f" ({str(labels[row])[:60]!r})"
    raise SchemaError(
        f"row {row + 1} of {what}{named} has the latitude {lat[first]:g} and the longitude "
        f"{lon[first]:g}, expected a latitude from -90 to 90 and a finite longitude",
        "correct or drop that geometry, or state its reference system with set_crs",
    )


def explode(geometries: NDArray[np.object_], labels: Any = None) -> Segments:
    """Take points, lines, polygons (as rings) and collections apart into segments.

    Empty geometries give none; a place that is not on the globe raises SchemaError.
    """
    parts, owner = _simple_parts(geometries)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    refuse_places(xy[:, 0], xy[:, 1], owner[part], labels, "the targets")
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
    """Return the points, lines and rings of all geometries, and the row of each."""
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
    """Split the segments numbered `long` along their geodesics into pieces of at most `LONGEST_M`.

    The other segments come first, then the pieces.
    """
    lon, lat = segments.lon, segments.lat
    a, b = segments.first[long], segments.last[long]
    # Split from the same end whichever way the line was drawn: a line and its reverse then give
    # the same pieces, and the same distance to the last digit.
    back = (lon[a] > lon[b]) | ((lon[a] == lon[b]) & (lat[a] > lat[b]))
    a, b = np.where(back, b, a), np.where(back, a, b)
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


_BLOCK = 200_000  # vertices at a time: some tens of megabytes
_RUN = 4_096  # edges to a box
_FLATTEST_M = (
    6.33e6  # below the least radius of curvature: no chord runs deeper than over this sphere
)


def foot_points(lon: Floats, lat: Floats, features: NDArray[np.object_]) -> tuple[Floats, Floats]:
    """Return the point of each feature that is nearest to the point it is paired with.

    `lon`, `lat` (degrees) and `features` have the shape (n,); so have the longitudes and latitudes
    returned, NaN where a feature is None or empty. Within an area the point itself is the nearest.
    The distance to it is that of `geo_ree.nearest` within 1 m and 1e-6.

    Memory is that of the largest feature, 130 bytes a vertex, however many points are paired with it.
    """
    x, y = np.full(len(lon), np.nan), np.full(len(lon), np.nan)
    there = ~(shapely.is_missing(features) | shapely.is_empty(features))
    rows = np.flatnonzero(there & np.isfinite(lon) & np.isfinite(lat))
    size = shapely.get_num_coordinates(features[rows])
    few = rows[size <= _BLOCK]
    block = np.cumsum(size[size <= _BLOCK]) // _BLOCK
    for at in np.split(few, np.flatnonzero(np.diff(block)) + 1) if len(few) else ():
        x[at], y[at] = _feet(to_ecef(lon[at], lat[at]), explode(features[at]))
    large: dict[int, list[int]] = {}
    for row in rows[size > _BLOCK]:
        large.setdefault(id(features[row]), []).append(int(row))
    for same in large.values():
        x[same], y[same] = _feet_on_one(to_ecef(lon[same], lat[same]), features[same[:1]])
    # A point on the straight line that the map draws is not on the geodesic of a long edge.
    areas = rows[shapely.get_dimensions(features[rows]) == 2]
    within = areas[shapely.intersects_xy(features[areas], lon[areas], lat[areas])]
    x[within], y[within] = lon[within], lat[within]
    return x, y


def _feet_on_one(points: Floats, feature: NDArray[np.object_]) -> tuple[Floats, Floats]:
    """Return the foot of each point on one large feature.

    Its edges are boxed by runs; only runs that may hold the nearest chord are measured.
    """
    edges = explode(feature)
    starts = np.arange(0, len(edges.owner), _RUN)
    low, high, depth = (np.empty((len(starts), k)) for k in (3, 3, 1))
    for i, begin in enumerate(starts):
        ends, length = _ends(_some(edges, slice(begin, begin + _RUN)))
        low[i], high[i] = ends.min(axis=(0, 1)), ends.max(axis=(0, 1))
        depth[i] = length.max() ** 2 / (8.0 * _FLATTEST_M)
    x, y = np.empty(len(points)), np.empty(len(points))
    for i, point in enumerate(points):
        gap = np.sqrt((np.maximum(np.maximum(low - point, point - high), 0.0) ** 2).sum(axis=1))
        # The nearest chord is at most as far as the farthest corner of any box.
        far = np.sqrt((np.maximum(np.abs(low - point), np.abs(high - point)) ** 2).sum(axis=1))
        near = np.flatnonzero(gap - depth[:, 0] <= (far + depth[:, 0]).min())
        at = np.concatenate([np.arange(starts[r], starts[r] + _RUN) for r in near])
        some = _some(edges, at[at < len(edges.owner)])
        x[i : i + 1], y[i : i + 1] = _feet(point[None], some)
    return x, y


def _some(edges: Segments, at: slice | NDArray[np.int64]) -> Segments:
    return Segments(edges.lon, edges.lat, edges.first[at], edges.last[at], edges.owner[at])


def _ends(edges: Segments) -> tuple[Floats, Floats]:
    """Return both ends of each edge (ECEF, shape (s, 2, 3)) and the length of its chord (m)."""
    rows = np.column_stack([edges.first, edges.last])
    ends = to_ecef(edges.lon[rows].ravel(), edges.lat[rows].ravel()).reshape(-1, 2, 3)
    return ends, np.sqrt(((ends[:, 1] - ends[:, 0]) ** 2).sum(axis=1))


def _feet(points: Floats, edges: Segments) -> tuple[Floats, Floats]:
    """Return longitude and latitude of the foot of each point on the edges that it owns."""
    far, _, length = _chords(edges, points)
    depth = length**2 / (8.0 * _FLATTEST_M)
    # A chord is short of its geodesic by at most its depth. What is farther, less its depth, than the
    # nearest chord plus its own depth cannot be the nearest; only the others are split and measured.
    limit = np.full(len(points), np.inf)
    np.minimum.at(limit, edges.owner, far + depth)
    near = np.flatnonzero(far - depth <= limit[edges.owner])
    pieces = split(_some(edges, near), np.flatnonzero(length[near] > LONGEST_M))
    far, foot, _ = _chords(pieces, points)
    order = np.lexsort((far, pieces.owner))
    _, first = np.unique(pieces.owner[order], return_index=True)
    return to_lonlat(foot[order[first]])


def _chords(edges: Segments, points: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the distance (m) from each owner's point to its chords, the foot on each, and its length."""
    ends, length = _ends(edges)
    start = ends[:, 0]
    along = ends[:, 1] - start
    towards = points[edges.owner] - start
    squared = length**2
    share = np.einsum("ij,ij->i", towards, along) / np.where(squared > 0.0, squared, SEMI_MAJOR_M)
    foot = start + np.clip(share, 0.0, 1.0)[:, None] * along
    gap = points[edges.owner] - foot
    return np.sqrt(np.einsum("ij,ij->i", gap, gap)), foot, length


def geodesic_areas(
    geometries: NDArray[np.object_],
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return the polygons of geometries with vertices added, so that their edges follow the geodesics.

    Along a parallel at 45 degrees, 100 km of a straight line on the map run 200 m beside the
    geodesic. The first array is the row of the geometry behind each polygon, the second the polygons.
    """
    rows = np.flatnonzero(shapely.get_dimensions(geometries) == 2)
    parts = geometries[rows]
    while (shapely.get_type_id(parts) > 3).any():
        parts, index = shapely.get_parts(parts, return_index=True)
        rows = rows[index]
    areal = shapely.get_type_id(parts) == 3
    out = parts[areal]
    long = np.flatnonzero(_longest_edges_m(out) > LONGEST_M)
    out[long] = [_densified(area) for area in out[long]]
    shapely.prepare(out)
    return rows[areal], out


def _longest_edges_m(polygons: NDArray[np.object_]) -> Floats:
    """Return an upper bound of the longest edge of each polygon, cheap for many small ones."""
    xy, owner = shapely.get_coordinates(polygons, return_index=True)
    steps = np.abs(np.diff(xy, axis=0)).sum(axis=1) * _DEGREE_M
    out = np.zeros(len(polygons))
    # From one ring of a polygon to the next there is no edge: the bound is only wider.
    same = owner[1:] == owner[:-1]
    np.maximum.at(out, owner[1:][same], steps[same])
    return out


def _densified(area: shapely.Polygon) -> shapely.Polygon:
    return shapely.Polygon(
        _ring(shapely.get_coordinates(area.exterior)),
        [_ring(shapely.get_coordinates(hole)) for hole in area.interiors],
    )


def _ring(xy: Floats) -> Floats:
    """Return the vertices of a ring and those between, at most `LONGEST_M` from one to the next."""
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
    # A new vertex stays within half a turn of the one before it: -180 would be across the map.
    out[new, 0] = xy[at, 0] + (np.asarray(lon) - xy[at, 0] + 180.0) % 360.0 - 180.0
    out[new, 1] = lat
    return out
