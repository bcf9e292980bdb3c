"""The compiled inner loops of proximity rasters: cells of a grid, a tile at a time.

What may be nearest to any cell of a tile is no farther from its middle than the nearest is from
there, and twice the tile's radius. So the tree is walked once for a tile, and each segment found
is measured to all its cells in one loop that the compiler turns into vector instructions. A tile
for which too many are found is quartered; where even a small one has too many, it is left to the
index, which is faster then.

As in `packets`, coordinates are earth-centred and turned. They are not rounded here, which is why
what is nearer than `ZERO_M` counts as at 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo_ree.proximity.kernels import (
    FIELDS,
    LANES,
    MEAN_RADIUS_M,
    boxes_near,
    first_bit,
    greatest,
    jit,
    part,
)
from geo_ree.proximity.packets import EVERYTHING, NODE, STACK, arc_over, foot_on, geodesic, reach2

SIDE = 16
"""Cells to a side of a tile, before any quartering."""

ZERO_M = 2e-6
"""Nearer than this is at 0: vertices are rounded to a micrometre."""

_NEAR_M = 10.0  # the square of a distance, less that of a rise, is too coarse below this
_FAR_M = 30_000.0  # beyond, a mean radius would be off by over 0.4 mm
_EULER_M = 600_000.0  # beyond, an arc of Euler's radius would be off by over 1.3 mm
_BENT_M = 5_000_000.0  # beyond, so much that it cannot be mended
_SMOOTH = 0.02  # radius of a tile, by the distance, over which that is even enough
_NOT_ZERO_M = 1e-7  # added to a chord: a direction that is 0 has no radius
_ASKED_M = 19_000_000.0  # beyond, Vincenty's iteration may not converge: ask the index
_SMALLEST_RADIUS_M = 6_335_000.0  # of curvature: (1 - e^2) a is 6,335.4 km
_MOST = 256  # segments that are kept for a tile
_MANY = 192  # segments for which a tile is worth quartering
_SMALL = 8  # cells to a side of a tile that is not quartered: the index is faster
_SLACK_M = 1.0  # the rise of a chord is under 0.2 m, and not part of a triangle's inequality


@jit
def fill_tiles(
    begin: int,
    end: int,
    ring: Any,
    base: Any,
    east: Any,
    segments: Any,
    boxes: Any,
    children: Any,
    axis: Any,
    out: Any,
) -> None:
    """Distances (m) of the cells of rows of tiles `begin` to `end`; NaN for what has to be asked.

    The cell of row i and column j is at ``ring[i] * east[:, j] + base[i]``.
    """
    cells = np.empty((6, SIDE * SIDE))
    stack, bound, near = np.empty(STACK, dtype=np.int64), np.empty(STACK), np.empty(LANES)
    found, gaps = np.empty(_MOST, dtype=np.int64), np.empty(_MOST)
    tiles = np.empty((32, 3), dtype=np.int64)
    before = np.array([0.0, 0.0, 0.0, -1.0])
    height, width = out.shape
    for place in range(begin * -(-width // SIDE), end * -(-width // SIDE)):
        tiles[0, 0] = place // -(-width // SIDE) * SIDE
        tiles[0, 1], tiles[0, 2] = place % -(-width // SIDE) * SIDE, SIDE
        top = 1
        while top > 0:
            top -= 1
            row, column, side = tiles[top, 0], tiles[top, 1], tiles[top, 2]
            rows, columns = min(side, height - row), min(side, width - column)
            if rows <= 0 or columns <= 0:
                continue
            n = _place(cells, ring, base, east, row, column, rows, columns)
            middle = rows // 2 * columns + columns // 2
            radius = _radius(cells, middle, n)
            count = _gather(
                cells[0, middle],
                cells[1, middle],
                cells[2, middle],
                radius,
                before,
                segments,
                boxes,
                children,
                stack,
                bound,
                near,
                found,
                gaps,
            )
            if side > _SMALL and (count < 0 or count > _MANY):
                half = side // 2
                for quarter in range(4):
                    tiles[top, 0] = row + quarter // 2 * half
                    tiles[top, 1] = column + quarter % 2 * half
                    tiles[top, 2] = half
                    top += 1
                continue
            _sort(found, gaps, count)
            _measure(cells, n, rows, columns, radius, segments, found, gaps, count, axis)
            for i in range(rows):
                for j in range(columns):
                    out[row + i, column + j] = np.float32(cells[3, i * columns + j])


@part
def _place(
    cells: Any, ring: Any, base: Any, east: Any, row: int, column: int, rows: int, columns: int
) -> int:
    """Put the coordinates of a tile's cells down; their number, filled up to whole vectors."""
    for i in range(rows):
        scale, x, y, z = ring[row + i], base[row + i, 0], base[row + i, 1], base[row + i, 2]
        for j in range(columns):
            cells[0, i * columns + j] = scale * east[0, column + j] + x
            cells[1, i * columns + j] = scale * east[1, column + j] + y
            cells[2, i * columns + j] = scale * east[2, column + j] + z
    n = rows * columns
    while n % LANES:
        for k in range(3):
            cells[k, n] = cells[k, n - 1]
        n += 1
    return n


@jit
def _radius(cells: Any, middle: int, n: int) -> float:
    """Greatest chord (m) from the middle of a tile to its cells."""
    xs, ys, zs, best = cells[0], cells[1], cells[2], cells[3]
    x, y, z = xs[middle], ys[middle], zs[middle]
    for c in range(n):
        best[c] = (xs[c] - x) ** 2 + (ys[c] - y) ** 2 + (zs[c] - z) ** 2
    return np.sqrt(_most(best, n))


@part
def _most(values: Any, n: int) -> float:
    out = 0.0
    for k in range(0, n, LANES):
        out = max(out, greatest(values, k))
    return out


@part
def _arc_at_most(chord: float) -> float:
    """Length (m) of the longest geodesic over a chord."""
    share = min(chord / (2.0 * _SMALLEST_RADIUS_M), 1.0)
    return 2.0 * _SMALLEST_RADIUS_M * np.arcsin(share)


@part
def _limit2(gap2: float, radius: float) -> float:
    """Square of the farthest chord, from the middle, of what may be nearest to a cell."""
    return reach2(_arc_at_most(np.sqrt(gap2)) + 2.0 * _arc_at_most(radius) + _SLACK_M)


@jit
def _gather(
    x: float,
    y: float,
    z: float,
    radius: float,
    before: Any,
    segments: Any,
    boxes: Any,
    children: Any,
    stack: Any,
    bound: Any,
    near: Any,
    found: Any,
    gaps: Any,
) -> int:
    """Find all segments that may be nearest to a cell of a tile, and their squared gaps.

    `before` has a place and its squared gap, -1 for none, and gets those of this tile. The
    result is how many were found, -1 when they were too many.
    """
    least2 = EVERYTHING
    if before[3] >= 0.0:
        moved = (x - before[0]) ** 2 + (y - before[1]) ** 2 + (z - before[2]) ** 2
        least2 = (np.sqrt(before[3]) + np.sqrt(moved) + _SLACK_M) ** 2
    limit2 = _limit2(least2, radius)
    node, top, count = 0, 0, 0
    while node >= 0:
        bits = boxes_near(boxes, node * NODE, x, y, z, x, y, z, limit2, near)
        floor = top
        while bits != 0:
            c = first_bit(bits)
            bits &= bits - 1
            slot = top
            while slot > floor and bound[slot - 1] < near[c]:
                stack[slot], bound[slot] = stack[slot - 1], bound[slot - 1]
                slot -= 1
            stack[slot], bound[slot] = node * LANES + c, near[c]
            top += 1
        node = -1
        while top > 0 and node < 0:
            top -= 1
            if bound[top] > limit2:
                continue
            at, c = stack[top] // LANES, stack[top] % LANES
            if children[at] >= 0:
                node = children[at] + c
                continue
            if count + LANES > _MOST:
                count = _within(found, gaps, count, limit2)
            if count + LANES > _MOST:
                before[0], before[1], before[2], before[3] = x, y, z, least2
                return -1
            leaf = (c - children[at] - 1) * LANES
            for segment in range(leaf, leaf + LANES):
                gap2 = _gap2(segments, segment, x, y, z)
                if gap2 < least2:
                    least2, limit2 = gap2, _limit2(gap2, radius)
                if gap2 <= limit2:
                    found[count], gaps[count] = segment, gap2
                    count += 1
    before[0], before[1], before[2], before[3] = x, y, z, least2
    return _within(found, gaps, count, limit2)


@part
def _within(found: Any, gaps: Any, count: int, limit2: float) -> int:
    """Drop what is beyond the limit; how many are left."""
    kept = 0
    for k in range(count):
        if gaps[k] <= limit2:
            found[kept], gaps[kept] = found[k], gaps[k]
            kept += 1
    return kept


@jit
def _sort(found: Any, gaps: Any, count: int) -> None:
    """Put what has the smallest gap first, by insertion: there are few."""
    for k in range(1, count):
        segment, gap2, slot = found[k], gaps[k], k
        while slot > 0 and gaps[slot - 1] > gap2:
            found[slot], gaps[slot] = found[slot - 1], gaps[slot - 1]
            slot -= 1
        found[slot], gaps[slot] = segment, gap2


@part
def _gap2(segments: Any, at: int, x: float, y: float, z: float) -> float:
    """Squared chord (m^2) from a place to a segment, raised to its geodesic."""
    i = FIELDS * at
    u, v, w = x - segments[i], y - segments[i + 1], z - segments[i + 2]
    dx, dy, dz = segments[i + 3], segments[i + 4], segments[i + 5]
    t = min(max((u * dx + v * dy + w * dz) * segments[i + 6], 0.0), 1.0)
    u, v, w = u - t * dx, v - t * dy, w - t * dz
    square = u * u + v * v + w * w
    lift = segments[i + 7] * t * (1.0 - t)
    return max(square + lift * (square * (1.0 / MEAN_RADIUS_M) - lift), 0.0)


@jit
def _measure(
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
    """Distances (m) from the cells to the nearest of the segments found, into `cells[3]`."""
    xs, ys, zs, best = cells[0], cells[1], cells[2], cells[3]
    if count < 0:
        best[:n] = np.nan
        return
    best[:n] = EVERYTHING
    worst2 = EVERYTHING
    for k in range(count):
        if gaps[k] > worst2:  # it and all that follow are too far for any cell
            break
        _lower(segments, found[k], xs, ys, zs, best, n)
        if k % 4 == 0:
            worst2 = (np.sqrt(_most(best, n)) + radius + _SLACK_M) ** 2
    for c in range(n):
        square = best[c]
        best[c] = np.sqrt(square) * (1.0 + square * (1.0 / (24.0 * MEAN_RADIUS_M**2)))
    most = _most(best, n)
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
    """As `_measure`, of arcs of Euler's radius, with what they lack where they are `bent`.

    What an arc lacks of the geodesic, to the same segment, changes so evenly over a tile that it
    is taken at the corners and interpolated.
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
        limit2 = (np.sqrt(reach2(_most(best, n) + 0.01)) + radius + _SLACK_M) ** 2
    for c in range(n):
        best[c] = 0.0 if best[c] <= ZERO_M else best[c]


@part
def _arc_to(segments: Any, at: int, x: float, y: float, z: float, axis: Any) -> float:
    """Arc (m) of Euler's radius to the foot on a segment."""
    fx, fy, fz = foot_on(segments, at, x, y, z, axis)
    dx, dy, dz = fx - x + _NOT_ZERO_M, fy - y, fz - z
    return arc_over(np.sqrt(dx * dx + dy * dy + dz * dz), x + fx, y + fy, z + fz, dx, dy, dz, axis)


@jit
def _lacking(segments: Any, at: int, x: float, y: float, z: float, axis: Any) -> float:
    """Metres by which a geodesic is longer than the arc."""
    return _to_foot(segments, at, x, y, z, axis) - _arc_to(segments, at, x, y, z, axis)


@part
def _lower(segments: Any, at: int, xs: Any, ys: Any, zs: Any, best: Any, n: int) -> None:
    """Lower the squares of all cells to those to one segment."""
    for c in range(n):
        best[c] = min(best[c], _gap2(segments, at, xs[c], ys[c], zs[c]))


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
    """Least geodesic (m) from a place to segments; their chords only say which to measure."""
    least2, at = EVERYTHING, 0
    for k in range(count):
        if gaps[k] > (np.sqrt(least2) + radius + _SLACK_M) ** 2:
            break
        gap2 = _gap2(segments, found[k], x, y, z)
        if gap2 < least2:
            least2, at = gap2, k
    least = _to_foot(segments, found[at], x, y, z, axis)
    limit2 = reach2(least + 0.01)
    for k in range(count):
        if gaps[k] > (np.sqrt(limit2) + radius + _SLACK_M) ** 2:
            break
        if k != at and _gap2(segments, found[k], x, y, z) <= limit2:
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
