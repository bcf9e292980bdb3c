"""A packed tree of boxes over segments, and the search for the nearest."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.proximity.ellipsoid import ECCENTRICITY_2, SEMI_MAJOR_M
from geo_ree.proximity.segments import Segments

logger = logging.getLogger(__name__)

_FAN = 8
_MARGIN_M = 0.3  # boxes are of chords; the geodesic bulges at most 0.18 m above them
_STACK = 256


@dataclass(frozen=True)
class Tree:
    """Segments in the order of a space-filling curve, eight to a leaf, eight boxes to a box.

    Parameters
    ----------
    start, step
        Start of each segment and the vector to its end, metres, shape (s, 3).
    owner
        Row of the geometry behind each segment, shape (s,).
    low, high
        Corners of all boxes, leaves first, the root last, shape (b, 3).
    first
        Offset of each level in the boxes; level 0 are the leaves.
    """

    start: Floats
    step: Floats
    owner: NDArray[np.int64]
    low: Floats
    high: Floats
    first: NDArray[np.int64]


def build_tree(segments: Segments) -> Tree:
    """Sort segments along a curve and pack boxes over them, in O(s log s).

    Parameters
    ----------
    segments
        At least one.

    Returns
    -------
    Tree

    Examples
    --------
    >>> flat = np.zeros((1, 3))
    >>> build_tree(Segments(flat, flat, np.array([0]))).first.tolist()
    [0, 1]
    """
    order = np.argsort(_morton((segments.start + segments.end) / 2.0), kind="stable")
    start, end = segments.start[order], segments.end[order]
    low, high = _grouped(np.minimum(start, end), np.maximum(start, end))
    lows, highs = [low - _MARGIN_M], [high + _MARGIN_M]
    while len(lows[-1]) > 1:
        low, high = _grouped(lows[-1], highs[-1])
        lows.append(low)
        highs.append(high)
    first = np.cumsum([0, *(len(level) for level in lows)]).astype(np.int64)
    return Tree(start, end - start, segments.owner[order], np.vstack(lows), np.vstack(highs), first)


def _grouped(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    at = np.arange(0, len(low), _FAN)
    return np.minimum.reduceat(low, at), np.maximum.reduceat(high, at)


def _morton(middle: Floats) -> NDArray[np.uint64]:
    """Place on a Z-order curve through a cube of 2**21 cells a side."""
    low = middle.min(axis=0)
    span = max(float((middle.max(axis=0) - low).max()), 1.0)
    cells = ((middle - low) * ((2**21 - 1) / span)).astype(np.uint64)
    out = np.zeros(len(middle), dtype=np.uint64)
    for axis in range(3):
        bits = cells[:, axis]
        for shift, mask in (
            (32, 0x1F00000000FFFF), (16, 0x1F0000FF0000FF), (8, 0x100F00F00F00F00F),
            (4, 0x10C30C30C30C30C3), (2, 0x1249249249249249),
        ):  # fmt: skip
            bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
        out |= bits << np.uint64(axis)
    return out


def search_tree(tree: Tree, points: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Foot on the nearest segment of each point, and whose segment it is.

    Parameters
    ----------
    tree
        From `build_tree`.
    points
        Metres, shape (n, 3), on the ellipsoid.

    Returns
    -------
    foot : numpy.ndarray of float64
        On the ellipsoid, metres, shape (n, 3).
    owner : numpy.ndarray of int64
        Shape (n,); of equally near ones the smallest.
    """
    if not _search.signatures:
        logger.info("compiling the search for the nearest, once per machine")
    order = np.argsort(_morton(points), kind="stable")
    foot = np.empty_like(points)
    owner = np.empty(len(points), dtype=np.int64)
    _search(points, order, tree.start, tree.step, tree.owner, tree.low, tree.high, tree.first,
            foot, owner)  # fmt: skip
    return foot, owner


def _jit(**options: Any) -> Any:
    return numba.njit(cache=True, nogil=True, **options)


@_jit(inline="always")
def _box_distance2(low: Any, high: Any, box: int, x: float, y: float, z: float) -> float:
    dx = max(low[box, 0] - x, 0.0, x - high[box, 0])
    dy = max(low[box, 1] - y, 0.0, y - high[box, 1])
    dz = max(low[box, 2] - z, 0.0, z - high[box, 2])
    return float(dx * dx + dy * dy + dz * dz)


@_jit()
def _lifted_foot(
    start: Any, step: Any, i: int, x: float, y: float, z: float
) -> tuple[float, float, float]:
    """Foot of the perpendicular on a chord, brought up to the ellipsoid."""
    sx, sy, sz = step[i, 0], step[i, 1], step[i, 2]
    length2 = sx * sx + sy * sy + sz * sz
    t = 0.0
    if length2 > 0.0:
        t = ((x - start[i, 0]) * sx + (y - start[i, 1]) * sy + (z - start[i, 2]) * sz) / length2
        t = min(1.0, max(0.0, t))
    fx, fy, fz = start[i, 0] + t * sx, start[i, 1] + t * sy, start[i, 2] + t * sz
    polar2 = SEMI_MAJOR_M * SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2)
    scale = 1.0 / np.sqrt((fx * fx + fy * fy) / SEMI_MAJOR_M**2 + fz * fz / polar2)
    return fx * scale, fy * scale, fz * scale


@_jit(parallel=True)
def _search(
    points: Any, order: Any, start: Any, step: Any, owner: Any, low: Any, high: Any, first: Any,
    foot_out: Any, owner_out: Any,
) -> None:  # fmt: skip
    for k in numba.prange(len(order)):
        p = order[k]
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        boxes = np.empty(_STACK, dtype=np.int64)
        levels = np.empty(_STACK, dtype=np.int64)
        bounds = np.empty(_STACK, dtype=np.float64)
        top = 1
        levels[0] = len(first) - 2
        boxes[0] = 0
        bounds[0] = 0.0
        best, best_owner = np.inf, np.int64(-1)
        bx, by, bz = 0.0, 0.0, 0.0
        while top > 0:
            top -= 1
            if bounds[top] > best:
                continue
            level, box = levels[top], boxes[top]
            if level == 0:
                for i in range(box * _FAN, min((box + 1) * _FAN, len(owner))):
                    fx, fy, fz = _lifted_foot(start, step, i, x, y, z)
                    d2 = (fx - x) ** 2 + (fy - y) ** 2 + (fz - z) ** 2
                    if d2 < best or (d2 == best and owner[i] < best_owner):
                        best, best_owner = d2, owner[i]
                        bx, by, bz = fx, fy, fz
                continue
            size = first[level] - first[level - 1]
            begin = top
            for child in range(box * _FAN, min((box + 1) * _FAN, size)):
                d2 = _box_distance2(low, high, first[level - 1] + child, x, y, z)
                if d2 <= best:
                    slot = top
                    while slot > begin and bounds[slot - 1] < d2:
                        boxes[slot], levels[slot] = boxes[slot - 1], levels[slot - 1]
                        bounds[slot] = bounds[slot - 1]
                        slot -= 1
                    boxes[slot], levels[slot], bounds[slot] = child, level - 1, d2
                    top += 1
        foot_out[p, 0], foot_out[p, 1], foot_out[p, 2] = bx, by, bz
        owner_out[p] = best_owner
