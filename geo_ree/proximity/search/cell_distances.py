"""The compiled loops of proximity rasters: distances of a tile's cells to the segments found for it.

Near by, squares of chords decide, for they order as the geodesics do. From 30 km on, each segment is
measured by an arc of Euler's radius, from 600 km on with what the arc lacks of the geodesic. Cells
for which neither is good enough are measured one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo_ree.proximity.search.kernels import FIELDS, jit, part
from geo_ree.proximity.search.packets import EVERYTHING, arc_over, foot_on, geodesic, reach2
from geo_ree.proximity.search.simd import LANES, MEAN_RADIUS_M, greatest

ZERO_M = 2e-6
"""Distances below this count as 0: vertices are rounded to a micrometre."""

SLACK_M = 1.0
"""Added to every bound by a triangle: the rise of a chord (under 0.2 m) is no side of it."""

_NEAR_M = 10.0  # the square of a distance, less that of a rise, is too coarse below this
_FAR_M = 30_000.0  # beyond, a mean radius would be off by over 0.4 mm
_EULER_M = 600_000.0  # beyond, an arc of Euler's radius would be off by over 1.3 mm
_BENT_M = 5_000_000.0  # beyond, by so much that it cannot be corrected
_SMOOTH = 0.02  # radius of a tile, by the distance, over which that is even enough
_NOT_ZERO_M = 1e-7  # added to a chord: a direction that is 0 has no radius
_ASKED_M = 19_000_000.0  # beyond, Vincenty's iteration may not converge: left to the index


@part
def gap2_to(segments: Any, at: int, x: float, y: float, z: float) -> float:
    """Return the squared chord (m^2) from a place to a segment, lifted to its geodesic."""
    i = FIELDS * at
    u, v, w = x - segments[i], y - segments[i + 1], z - segments[i + 2]
    dx, dy, dz = segments[i + 3], segments[i + 4], segments[i + 5]
    t = min(max((u * dx + v * dy + w * dz) * segments[i + 6], 0.0), 1.0)
    u, v, w = u - t * dx, v - t * dy, w - t * dz
    square = u * u + v * v + w * w
    lift = segments[i + 7] * t * (1.0 - t)
    return max(square + lift * (square * (1.0 / MEAN_RADIUS_M) - lift), 0.0)


@part
def greatest_of(values: Any, n: int) -> float:
    """Return the greatest of n numbers, a multiple of eight."""
    out = 0.0
    for k in range(0, n, LANES):
        out = max(out, greatest(values, k))
    return out


@jit
def measure_cells(
    cells: Any,
    n: int,
    rows: int,
    columns: int,
    radius: float,
    segments: Any,
    found: Any,
    gaps: Any,
    count: int,
    axis: Any,
) -> None:
    """Write the distances (m) from the cells to the nearest of the segments found into `cells[3]`."""
    xs, ys, zs, best = cells[0], cells[1], cells[2], cells[3]
    if count < 0:
        best[:n] = np.nan
        return
    best[:n] = EVERYTHING
    worst2 = EVERYTHING
    for k in range(count):
        if gaps[k] > worst2:  # sorted: this and all that follow are too far for any cell
            break
        _lower(segments, found[k], xs, ys, zs, best, n)
        if k % 4 == 0:
            worst2 = (np.sqrt(greatest_of(best, n)) + radius + SLACK_M) ** 2
    for c in range(n):
        square = best[c]
        best[c] = np.sqrt(square) * (1.0 + square * (1.0 / (24.0 * MEAN_RADIUS_M**2)))
    most = greatest_of(best, n)
    bent = most > _EULER_M
    if most > _FAR_M and not (bent and (most > _BENT_M or radius > _SMOOTH * most)):
        _measure_arcs(cells, n, rows, columns, radius, segments, found, gaps, count, axis, bent)
        return
    for c in range(n):
        if best[c] < _NEAR_M or best[c] > _FAR_M:
            best[c] = _carefully(xs[c], ys[c], zs[c], radius, segments, found, gaps, count, axis)


@jit
def _measure_arcs(
    cells: Any,
    n: int,
    rows: int,
    columns: int,
    radius: float,
    segments: Any,
    found: Any,
    gaps: Any,
    count: int,
    axis: Any,
    bent: bool,
) -> None:
    """Do as `measure_cells` by arcs of Euler's radius, with what they lack where they are `bent`.

    What an arc lacks of the geodesic to the same segment changes so evenly over a tile that it is
    measured at the corners and interpolated.
    """
    xs, ys, zs, best, east, south = cells[0], cells[1], cells[2], cells[3], cells[4], cells[5]
    for c in range(n):
        best[c] = EVERYTHING
        east[c] = float(c % columns) / max(columns - 1, 1)
        south[c] = float(c // columns) / max(rows - 1, 1)
    last = (rows - 1) * columns
    limit2 = EVERYTHING
    nw = ne = sw = se = 0.0
    for k in range(count):
        if gaps[k] > limit2:
            break
        at = found[k]
        if bent:
            nw = _lacking(segments, at, xs[0], ys[0], zs[0], axis)
            ne = _lacking(segments, at, xs[columns - 1], ys[columns - 1], zs[columns - 1], axis)
            sw = _lacking(segments, at, xs[last], ys[last], zs[last], axis)
            c = last + columns - 1
            se = _lacking(segments, at, xs[c], ys[c], zs[c], axis)
        for c in range(n):
            arc = _arc_to(segments, at, xs[c], ys[c], zs[c], axis)
            more = nw + (ne - nw) * east[c] + (sw - nw + (se - sw - ne + nw) * east[c]) * south[c]
            best[c] = min(best[c], arc + more)
        limit2 = (np.sqrt(reach2(greatest_of(best, n) + 0.01)) + radius + SLACK_M) ** 2
    for c in range(n):
        best[c] = 0.0 if best[c] <= ZERO_M else best[c]


@part
def _arc_to(segments: Any, at: int, x: float, y: float, z: float, axis: Any) -> float:
    """Return the arc (m) of Euler's radius to the foot on a segment."""
    fx, fy, fz = foot_on(segments, at, x, y, z, axis)
    dx, dy, dz = fx - x + _NOT_ZERO_M, fy - y, fz - z
    return arc_over(np.sqrt(dx * dx + dy * dy + dz * dz), x + fx, y + fy, z + fz, dx, dy, dz, axis)


@jit
def _lacking(segments: Any, at: int, x: float, y: float, z: float, axis: Any) -> float:
    """Return how much (m) the geodesic is longer than the arc."""
    return _to_foot(segments, at, x, y, z, axis) - _arc_to(segments, at, x, y, z, axis)


@part
def _lower(segments: Any, at: int, xs: Any, ys: Any, zs: Any, best: Any, n: int) -> None:
    """Lower the squares of all cells to those of one segment."""
    for c in range(n):
        best[c] = min(best[c], gap2_to(segments, at, xs[c], ys[c], zs[c]))


@jit
def _carefully(
    x: float,
    y: float,
    z: float,
    radius: float,
    segments: Any,
    found: Any,
    gaps: Any,
    count: int,
    axis: Any,
) -> float:
    """Return the least geodesic (m) from a place to segments; chords only choose which to measure."""
    least2, at = EVERYTHING, 0
    for k in range(count):
        if gaps[k] > (np.sqrt(least2) + radius + SLACK_M) ** 2:
            break
        gap2 = gap2_to(segments, found[k], x, y, z)
        if gap2 < least2:
            least2, at = gap2, k
    least = _to_foot(segments, found[at], x, y, z, axis)
    limit2 = reach2(least + 0.01)
    for k in range(count):
        if gaps[k] > (np.sqrt(limit2) + radius + SLACK_M) ** 2:
            break
        if k != at and gap2_to(segments, found[k], x, y, z) <= limit2:
            metres = _to_foot(segments, found[k], x, y, z, axis)
            if metres < least:
                least, limit2 = metres, reach2(metres + 0.01)
    if least > _ASKED_M:
        return np.nan
    return 0.0 if least <= ZERO_M else least


@part
def _to_foot(segments: Any, at: int, x: float, y: float, z: float, axis: Any) -> float:
    fx, fy, fz = foot_on(segments, at, x, y, z, axis)
    return geodesic(x, y, z, fx, fy, fz, axis)
