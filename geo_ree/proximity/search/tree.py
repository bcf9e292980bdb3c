"""A packed tree of boxes over segments, and the search for the nearest.

The tree is a static R-tree: segments sorted along a Hilbert curve, eight to a leaf, eight boxes to
a node, in flat arrays. Packing by a Hilbert curve after Kamel, I. and Faloutsos, C. (1993), On packing
R-trees, CIKM 93, 490-499.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from geo_ree.crs import Floats, distance_m
from geo_ree.proximity.search import kernels, packets
from geo_ree.proximity.search.segments import (
    LONGEST_M,
    Rows,
    Segments,
    split,
    to_ecef,
    to_lonlat,
)
from geo_ree.proximity.search.simd import LANES, MEAN_RADIUS_M
from geo_ree.settings import REGION

logger = logging.getLogger(__name__)

Keys = NDArray[np.uint64]

KARNEY_M = 1_000_000.0
"""Beyond this the distance is recomputed as Karney's geodesic, which holds to the antipode. Up to here
Vincenty's iteration in the compiled loop agrees with it to 0.1 mm and costs a tenth."""

_INLINE = 4_096  # fewer points than this are not worth a second thread
_CHUNK = 16_384  # most points that a thread takes at a time


@dataclass(frozen=True)
class Tree:
    """Segments in Hilbert order, eight to a leaf, and boxes over them, eight to a node.

    `segments` has eight numbers a segment (`kernels.FIELDS`) and `owners` the row of the geometry
    behind each. `boxes` has 48 numbers a node, the root first: the three low, then the three high
    corners of its eight boxes (m). `children` is the first child of each node, or -1 less the
    number of its first leaf. `turn` is the rotation (3, 3) of all coordinates.
    """

    segments: Floats
    owners: Rows
    boxes: Floats
    children: NDArray[np.int64]
    turn: Floats


def build_tree(segments: Segments) -> Tree:
    """Split long segments, sort all along a Hilbert curve and pack boxes over them, in linear time."""
    log_compilation(packets, "walk", "the nearest-feature search", compiled=kernels.project)
    turn = region_turn()
    xyz, keys, long = _place(segments, turn)
    if len(long):
        segments = split(segments, long)
        xyz, keys, _ = _place(segments, turn)
    keys = _sort(keys)
    leaves = -(-len(keys) // LANES)
    packed = np.empty(leaves * LANES * kernels.FIELDS)
    owners = np.empty(leaves * LANES, dtype=np.int32)
    lowest = np.empty((-(-leaves // LANES), 2, 3, LANES))
    lowest[-1, 0], lowest[-1, 1] = np.inf, -np.inf  # empty boxes: nothing is near them
    axis = np.ascontiguousarray(turn[:, 2])
    ends, corners = (segments.first, segments.last, segments.owner), lowest.reshape(-1)
    in_slices(
        leaves,
        lambda a, b: kernels.pack_leaves(xyz, *ends, keys, axis, a, b, packed, owners, corners),
    )
    boxes, children = _stack(lowest)
    return _frozen(Tree(packed, owners, boxes, children, turn))


def _frozen(tree: Tree) -> Tree:
    for array in (tree.segments, tree.owners, tree.boxes, tree.children, tree.turn):
        array.flags.writeable = False
    return tree


def region_turn() -> Floats:
    """Return the rotation that brings the middle of the region to +z.

    There, the ground is nearly level in x and y: boxes along the axes are thin in z and hug what
    they hold. The rotation is the same for all data, so that a distance does not depend, not even
    in its last digit, on what else is in the index.
    """
    west, south, east, north = REGION
    up = to_ecef(np.array([(west + east) / 2.0]), np.array([(south + north) / 2.0]))[0]
    up /= np.linalg.norm(up)
    side = np.cross([0.0, 0.0, 1.0], up)
    side /= np.linalg.norm(side)
    turn = np.array([side, np.cross(up, side), up])
    turn.flags.writeable = False  # as in a tree: for another kind of array loops are compiled again
    return turn


def _place(segments: Segments, turn: Floats) -> tuple[Floats, Keys, NDArray[np.int64]]:
    """Return vertices, keys of the segments, and which segments are too long for their chord."""
    xyz, codes = _project(segments.lon, segments.lat, turn)
    n = len(segments.owner)
    keys, long = np.empty(n, dtype=np.uint64), np.empty(n, dtype=np.bool_)
    in_slices(
        n,
        lambda a, b: kernels.key_segments(
            xyz, codes, segments.first, segments.last, LONGEST_M**2, a, b, keys, long
        ),
    )
    return xyz, keys, np.flatnonzero(long)


def _project(lon: Floats, lat: Floats, turn: Floats) -> tuple[Floats, NDArray[np.uint32]]:
    xyz, codes = np.empty(4 * len(lon)), np.empty(len(lon), dtype=np.uint32)
    window = _window(lon, lat, turn)
    in_slices(
        len(lon),
        lambda a, b: kernels.project(
            lon[a:b], lat[a:b], turn, window, xyz[4 * a : 4 * b], codes[a:b]
        ),
    )
    return xyz, codes


def _window(lon: Floats, lat: Floats, turn: Floats) -> Floats:
    """Return the square of the curve's disc that holds the coordinates; see `kernels.project`.

    A coarse net over them is enough: what falls outside is put on the rim, and only the order of
    the search, never a distance, depends on it.
    """
    x, y = np.meshgrid(np.linspace(lon.min(), lon.max(), 9), np.linspace(lat.min(), lat.max(), 9))
    xyz = to_ecef(x.ravel(), y.ravel()) @ turn.T
    disc = xyz[:, :2] * np.sqrt(2.0 / np.maximum(1.0 + xyz[:, 2:] / MEAN_RADIUS_M, 1e-9))
    low = disc.min(axis=0)
    side = max(float((disc.max(axis=0) - low).max()) * 1.04, 1.0)
    return np.array([low[0] - 0.02 * side, low[1] - 0.02 * side, 65_535.0 / side])


def _sort(keys: Keys) -> Keys:
    """Sort keys by their upper half: three passes of a radix sort, each shared by the threads.

    The lower half is the row. It is in order from the start and a radix sort is stable, so equal
    places stay in the order of their rows.
    """
    if len(keys) < _INLINE:
        return np.sort(keys)
    digits = 2**kernels.RADIX_BITS
    other = np.empty_like(keys)
    edges = _edges(len(keys), threads())
    for shift in range(32, 64, kernels.RADIX_BITS):
        counts = np.zeros((len(edges) - 1, digits), dtype=np.int64)
        _each_slice(kernels.radix_count, keys, shift, edges, counts)
        flat = counts.T.ravel()
        place = np.ascontiguousarray((np.cumsum(flat) - flat).reshape(digits, -1).T)
        _each_slice(kernels.radix_move, keys, shift, edges, place, other)
        keys, other = other, keys
    return keys


def _each_slice(
    kernel: Any, keys: Keys, shift: int, edges: list[int], digits: NDArray[np.int64], *out: Keys
) -> None:
    """Run one pass of the sort on every slice of the keys, each with its own row of digits."""
    in_parallel(len(digits), lambda i: kernel(keys, shift, edges[i], edges[i + 1], digits[i], *out))


def _stack(lowest: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return the boxes of all levels, the root first, and the first child of each node."""
    levels = [lowest]
    while len(levels[-1]) > 1:
        below = levels[-1]
        nodes = -(-len(below) // LANES)
        above = np.empty((nodes * LANES, 2, 3))
        above[:, 0], above[:, 1] = np.inf, -np.inf
        above[: len(below), 0] = below[:, 0].min(axis=2)
        above[: len(below), 1] = below[:, 1].max(axis=2)
        levels.append(np.ascontiguousarray(above.reshape(nodes, LANES, 2, 3).transpose(0, 2, 3, 1)))
    levels.reverse()
    first = np.cumsum([len(level) for level in levels])
    children = [f + LANES * np.arange(len(level)) for f, level in zip(first, levels, strict=True)]
    children[-1] = -1 - LANES * np.arange(len(lowest))
    return np.concatenate(levels).reshape(-1), np.concatenate(children).astype(np.int64)


def join_segments(fields: Floats, owners: Rows) -> Tree:
    """Return a tree of segments that were packed in other trees, with their fields (s, 8) and owners."""
    leaves = -(-len(owners) // LANES)
    at = np.minimum(np.arange(leaves * LANES), len(owners) - 1)  # the last leaf is filled up
    packed = np.ascontiguousarray(fields[at])
    start, end = packed[:, :3], packed[:, :3] + packed[:, 3:6]
    margin = 0.25 * packed[:, 7:] + kernels.SLACK_M
    lowest = np.empty((-(-leaves // LANES) * LANES, 2, 3))
    lowest[:, 0], lowest[:, 1] = np.inf, -np.inf
    lowest[:leaves, 0] = (np.minimum(start, end) - margin).reshape(-1, LANES, 3).min(axis=1)
    lowest[:leaves, 1] = (np.maximum(start, end) + margin).reshape(-1, LANES, 3).max(axis=1)
    corners = np.ascontiguousarray(lowest.reshape(-1, LANES, 2, 3).transpose(0, 2, 3, 1))
    return _frozen(Tree(packed.reshape(-1), owners[at], *_stack(corners), region_turn()))


def search_tree(tree: Tree, lon: Floats, lat: Floats) -> tuple[Floats, Rows]:
    """Return the distance (m) of each point to the nearest segment, and that segment's owner.

    `lon` and `lat` are finite degrees, shape (n,); of equally near segments the smallest owner counts.
    """
    found = walk_tree(tree, lon, lat)
    rows = found.order[
        found.distance[found.order] > packets.SETTLE_M
    ]  # neighbours follow each other
    if len(rows):
        foot = settle_rows(tree, found, rows)
        far = np.flatnonzero(found.distance[rows] > KARNEY_M)
        found.distance[rows[far]] = karney_m(lon[rows[far]], lat[rows[far]], foot[far])
    return found.distance, found.owner


@dataclass(frozen=True)
class Walked:
    """What `walk_tree` found for each of n points.

    `distance` (m) is to the segment with the shortest chord: the geodesic, or beyond
    `packets.SETTLE_M` only the chord. `segment` is its number in the tree, `owner` its owner. `xyz`
    has the points' rotated coordinates, four numbers each; `order` are their rows along the curve.
    """

    xyz: Floats
    order: NDArray[np.int64]
    distance: Floats
    segment: Rows
    owner: Rows


def walk_tree(tree: Tree, lon: Floats, lat: Floats) -> Walked:
    """Find the segment with the shortest chord from each point, given in finite degrees."""
    log_compilation(packets, "walk", "the nearest-feature search", compiled=kernels.project)
    n = len(lon)
    xyz, codes = _project(lon, lat, tree.turn)
    keys = np.arange(n, dtype=np.uint64)
    keys |= codes.astype(np.uint64) << np.uint64(32)
    keys = _sort(keys)  # along the curve, the eight points of a packet lie close together
    distance, owner = np.empty(n), np.empty(n, dtype=np.int32)
    chunk = max(512, min(_CHUNK, n // (4 * threads())))
    segment = np.empty(n, dtype=np.int32)
    parts = _parts(tree)
    in_slices(
        n, lambda a, b: packets.walk(xyz, keys, a, b, *parts, distance, segment, owner), size=chunk
    )
    order = (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
    return Walked(xyz, order, distance, segment, owner)


def settle_rows(tree: Tree, found: Walked, rows: NDArray[np.int64]) -> Floats:
    """Measure the geodesics from some points to all segments that may be the nearest.

    Distance and owner of these points are replaced. Returns the foot of each, rotated (r, 3).
    """
    foot, parts = np.empty(3 * len(rows)), _parts(tree)
    answers = found.distance, found.segment, found.owner
    in_slices(
        len(rows),
        lambda a, b: packets.settle(found.xyz, rows, a, b, *parts, *answers, foot),
        size=256,
    )
    return foot.reshape(-1, 3)


def karney_m(lon: Floats, lat: Floats, foot: Floats) -> Floats:
    """Return Karney's geodesics (m) from points to the feet that `settle_rows` found."""
    turn = region_turn()  # a matrix product may round otherwise when there are more rows
    there = foot[:, :1] * turn[0] + foot[:, 1:2] * turn[1] + foot[:, 2:] * turn[2]
    return distance_m(lon, lat, *to_lonlat(there))


def _parts(tree: Tree) -> tuple[Any, ...]:
    axis = np.ascontiguousarray(tree.turn[:, 2])
    return tree.segments, tree.owners, tree.boxes, tree.children, axis


def threads() -> int:
    """Return the number of threads: that of Numba, settable by NUMBA_NUM_THREADS."""
    return int(numba.config.NUMBA_NUM_THREADS)


def in_slices(count: int, work: Callable[[int, int], object], *, size: int = 0) -> None:
    """Run work on slices of a range on all processors, or on this thread when the range is short."""
    if count <= (size or _INLINE):
        work(0, count)
        return
    edges = _edges(count, -(-count // size) if size else threads())
    in_parallel(len(edges) - 1, lambda i: work(edges[i], edges[i + 1]))


def in_parallel(count: int, work: Callable[[int], object]) -> None:
    """Run work 0 .. count - 1 on all processors."""
    for done in [_pool().submit(work, i) for i in range(count)]:
        done.result()


@cache
def _pool() -> ThreadPoolExecutor:
    """Return threads that stay: starting them anew costs more than a small search itself."""
    return ThreadPoolExecutor(threads(), thread_name_prefix="geo_ree-nearest")


if hasattr(os, "register_at_fork"):  # threads do not survive a fork; Windows has none
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _edges(count: int, slices: int) -> list[int]:
    return [count * i // slices for i in range(slices + 1)]


def log_compilation(module: Any, kernel: str, what: str, *, compiled: Any) -> None:
    """Log once that loops are being compiled, when this machine has not done so before."""
    if not compiled.signatures and not is_compiled(module, kernel):
        logger.info("compiling %s, once per machine: some seconds", what)


def is_compiled(module: Any, kernel: str) -> bool:
    """Say whether this machine has compiled a loop of a module since the module was changed."""
    folder = getattr(module, kernel).stats.cache_path  # None without a cache
    pattern = f"{module.__name__.rsplit('.', 1)[-1]}.{kernel}-*.nbi"
    made = Path(folder).glob(pattern) if folder else ()
    source = Path(module.__file__).stat().st_mtime
    return any(index.stat().st_mtime >= source for index in made)
