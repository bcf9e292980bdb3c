"""The compiled loops of proximity rasters: which segments each tile of cells has to be measured to.

Let the middle of a tile be at the distance d from the nearest segment, and r be the radius of the
tile. No cell is farther than d + r from that segment, so whatever is nearest to a cell is within
d + 2 r of the middle. The tree is walked once for a tile, and each segment found is measured to all
cells in one loop that the compiler turns into vector instructions (`cell_distances`). A tile with
too many segments is quartered; where even a small one has too many, its cells are left to the
index, which is faster then.

As in `packets`, coordinates are earth-centred and rotated. They are not rounded here, which is why
distances below `ZERO_M` count as 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo_ree.proximity.search.cell_distances import SLACK_M, gap2_to, greatest_of, measure_cells
from geo_ree.proximity.search.kernels import jit, part
from geo_ree.proximity.search.packets import EVERYTHING, NODE, STACK, reach2
from geo_ree.proximity.search.simd import LANES, boxes_near, first_bit

SIDE = 16
"""Cells to a side of a tile, before any quartering."""

_SMALLEST_RADIUS_M = 6_335_000.0  # below any radius of curvature: (1 - e^2) a is 6,335.4 km
_MOST = 256  # segments that are kept for a tile
_MANY = 192  # segments for which a tile is worth quartering
_SMALL = 8  # cells to a side of a tile that is not quartered: the index is faster


@jit
def fill_tiles(
    places: Any,
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
    """Write the distances (m) of the cells in the tiles of `places`, NaN for the index to fill.

    Tiles are numbered along the rows of tiles from the first; those in `places` from `begin` to `end`
    are filled, no other cell is touched. The cell of row i and column j is at ``ring[i] * east[:, j] + base[i]``.
    """
    cells = np.empty((6, SIDE * SIDE))
    stack, bound, near = np.empty(STACK, dtype=np.int64), np.empty(STACK), np.empty(LANES)
    found, gaps = np.empty(_MOST, dtype=np.int64), np.empty(_MOST)
    tiles = np.empty((32, 3), dtype=np.int64)
    before = np.array([0.0, 0.0, 0.0, -1.0])
    height, width = out.shape
    for place in places[begin:end]:
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
            measure_cells(cells, n, rows, columns, radius, segments, found, gaps, count, axis)
            for i in range(rows):
                for j in range(columns):
                    out[row + i, column + j] = np.float32(cells[3, i * columns + j])


@part
def _place(
    cells: Any, ring: Any, base: Any, east: Any, row: int, column: int, rows: int, columns: int
) -> int:
    """Write the coordinates of a tile's cells and return their number, filled up to whole vectors."""
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
    """Return the greatest chord (m) from the middle of a tile to its cells."""
    xs, ys, zs, best = cells[0], cells[1], cells[2], cells[3]
    x, y, z = xs[middle], ys[middle], zs[middle]
    for c in range(n):
        best[c] = (xs[c] - x) ** 2 + (ys[c] - y) ** 2 + (zs[c] - z) ** 2
    return np.sqrt(greatest_of(best, n))


@part
def _arc_at_most(chord: float) -> float:
    """Return the longest geodesic (m) that a chord may have: that where the earth bends most."""
    share = min(chord / (2.0 * _SMALLEST_RADIUS_M), 1.0)
    return 2.0 * _SMALLEST_RADIUS_M * np.arcsin(share)


@part
def _limit2(gap2: float, radius: float) -> float:
    """Return the square of the farthest chord, from the middle, of what may be nearest to a cell."""
    return reach2(_arc_at_most(np.sqrt(gap2)) + 2.0 * _arc_at_most(radius) + SLACK_M)


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

    `before` holds the middle of the last tile and its squared gap, -1 for none, and takes those of
    this one: the neighbour's nearest segment bounds this tile's before the walk begins. Returns how
    many segments were found, -1 when they are too many.
    """
    least2 = EVERYTHING
    if before[3] >= 0.0:
        moved = (x - before[0]) ** 2 + (y - before[1]) ** 2 + (z - before[2]) ** 2
        least2 = (np.sqrt(before[3]) + np.sqrt(moved) + SLACK_M) ** 2
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
                gap2 = gap2_to(segments, segment, x, y, z)
                if gap2 < least2:
                    least2, limit2 = gap2, _limit2(gap2, radius)
                if gap2 <= limit2:
                    found[count], gaps[count] = segment, gap2
                    count += 1
    before[0], before[1], before[2], before[3] = x, y, z, least2
    return _within(found, gaps, count, limit2)


@part
def _within(found: Any, gaps: Any, count: int, limit2: float) -> int:
    """Drop what is beyond the limit and return how many are left."""
    kept = 0
    for k in range(count):
        if gaps[k] <= limit2:
            found[kept], gaps[kept] = found[k], gaps[k]
            kept += 1
    return kept


@jit
def _sort(found: Any, gaps: Any, count: int) -> None:
    """Sort by the gap, by insertion: there are few."""
    for k in range(1, count):
        segment, gap2, slot = found[k], gaps[k], k
        while slot > 0 and gaps[slot - 1] > gap2:
            found[slot], gaps[slot] = found[slot - 1], gaps[slot - 1]
            slot -= 1
        found[slot], gaps[slot] = segment, gap2
