"""Where on a feature the nearest point lies, so that a map can show what was measured."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.proximity.ellipsoid import SEMI_MAJOR_M, to_ecef, to_lonlat
from geo_ree.proximity.segments import LONGEST_M, Segments, explode, split

_BLOCK = 2_000  # pairs at a time: some tens of megabytes
_FLATTEST_M = 6.33e6  # least radius of curvature: no chord lies deeper than over this sphere


def foot_points(
    lon: Floats, lat: Floats, features: NDArray[np.object_]
) -> tuple[Floats, Floats]:  # fmt: skip
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
