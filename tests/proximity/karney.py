"""The reference of the nearest: Karney's geodesics to every edge, no index, no chords."""

from dataclasses import dataclass

import numpy as np
from pyproj import Geod

GEOD = Geod(ellps="WGS84")
SAMPLES = 9


@dataclass(frozen=True)
class Edges:
    """Geodesic edges: ends in degrees, shape (e, 2), and whose they are, shape (e,)."""

    start: np.ndarray
    end: np.ndarray
    owner: np.ndarray


def edges_of(lines):
    """Edges of sequences of vertices; a single vertex is an edge of no length."""
    start, end, owner = [], [], []
    for row, line in enumerate(lines):
        xy = np.asarray(line, dtype=float).reshape(-1, 2)
        xy = np.vstack([xy, xy]) if len(xy) == 1 else xy
        start.append(xy[:-1])
        end.append(xy[1:])
        owner.append(np.full(len(xy) - 1, row))
    return Edges(np.vstack(start), np.vstack(end), np.concatenate(owner))


def least(points, edges, only=None):
    """Least distance of each point to the edges, or to those of the owner `only[i]`.

    Every pair of point and edge is kept until a bound rules it out: an edge is nowhere nearer
    than a sample on it less the way to the next sample.
    """
    count = len(edges.owner)
    azimuth, _, length = (np.asarray(v) for v in GEOD.inv(*edges.start.T, *edges.end.T))
    point, edge = (v.ravel() for v in np.indices((len(points), count)))
    if only is not None:
        kept = edges.owner[edge] == np.asarray(only)[point]
        point, edge = point[kept], edge[kept]
    low, high = np.zeros(len(edge)), length[edge].copy()
    best = np.full(len(points), np.inf)
    middle = _distance(points, edges, azimuth, point, edge, length[edge] / 2)
    np.minimum.at(best, point, middle)
    kept = middle - length[edge] / 2 <= best[point]
    while kept.any():
        point, edge, low, high = point[kept], edge[kept], low[kept], high[kept]
        at = low + (high - low) * np.linspace(0, 1, SAMPLES)[:, None]
        distance = np.array([_distance(points, edges, azimuth, point, edge, row) for row in at])
        nearest = distance.argmin(axis=0)
        pair = np.arange(len(point))
        np.minimum.at(best, point, distance[nearest, pair])
        step = (high - low) / (SAMPLES - 1)
        low, high = (
            at[np.maximum(nearest - 1, 0), pair],
            at[np.minimum(nearest + 1, SAMPLES - 1), pair],
        )
        kept = (distance[nearest, pair] - step <= best[point]) & (step > 1e-5)
    return best


def _distance(points, edges, azimuth, point, edge, metres):
    lon, lat, _ = GEOD.fwd(*edges.start[edge].T, azimuth[edge], metres)
    return np.asarray(GEOD.inv(*points[point].T, lon, lat)[2])


def tolerance(distance):
    """What the engine promises (m): 1 mm to 500 km, 2 cm to 1,000 km, 1e-6 beyond."""
    return np.where(distance <= 5e5, 1e-3, np.where(distance <= 1e6, 2e-2, 1e-6 * distance))
