"""A packed tree of boxes over segments, and the search for the nearest."""

from __future__ import annotations

import io
import logging
import os
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats, distance_m
from geo_ree.errors import SchemaError
from geo_ree.proximity import kernels, packets
from geo_ree.proximity.kernels import LANES, MEAN_RADIUS_M
from geo_ree.proximity.segments import LONGEST_M, Rows, Segments, split, to_ecef, to_lonlat
from geo_ree.settings import REGION

logger = logging.getLogger(__name__)


Keys = NDArray[np.uint64]

KARNEY_M = 1_000_000.0
"""Beyond this the distance is Karney's geodesic."""

_INLINE = 4_096  # fewer points than this are not worth a second thread
_CHUNK = 16_384  # most points that a thread takes at a time


@dataclass(frozen=True)
class Tree:
    """Segments in Hilbert order, eight to a leaf, and boxes over them, eight to a node.

    Parameters
    ----------
    segments
        Start, step, 1 / length^2 and rise of each segment, shape (8 s,); see `kernels.FIELDS`.
    owners
        Row of the geometry behind each segment, shape (s,).
    boxes
        Of each node, the root first: three low and three high corners of its eight boxes,
        metres, shape (48 n,).
    children
        First child of each node; -1 less its first leaf where the children are leaves.
    turn
        Rotation that brings the middle of `REGION` to +z, shape (3, 3): boxes are thin there.
    """

    segments: Floats
    owners: Rows
    boxes: Floats
    children: NDArray[np.int64]
    turn: Floats


def build_tree(segments: Segments) -> Tree:
    """Split what is long, sort along a Hilbert curve and pack boxes over it.

    Linear in the segments.

    Parameters
    ----------
    segments
        At least one.

    Returns
    -------
    Tree

    Examples
    --------
    >>> here = np.array([76.0]), np.array([43.0])
    >>> zero = np.array([0], dtype=np.int32)
    >>> build_tree(Segments(*here, zero, zero, zero)).children.tolist()
    [-1]
    """
    announce()
    turn = _turn()
    xyz, keys, long = _placed(segments, turn)
    if len(long):
        segments = split(segments, long)
        xyz, keys, _ = _placed(segments, turn)
    keys = _sorted(keys)
    leaves = -(-len(keys) // LANES)
    packed = np.empty(leaves * LANES * kernels.FIELDS)
    owners = np.empty(leaves * LANES, dtype=np.int32)
    lowest = np.empty((-(-leaves // LANES), 2, 3, LANES))
    lowest[-1, 0], lowest[-1, 1] = np.inf, -np.inf
    axis = np.ascontiguousarray(turn[:, 2])
    in_slices(
        leaves,
        lambda a, b: kernels.pack_leaves(
            xyz,
            segments.first,
            segments.last,
            segments.owner,
            keys,
            axis,
            a,
            b,
            packed,
            owners,
            lowest.reshape(-1),
        ),
    )
    boxes, children = _stacked(lowest)
    tree = Tree(packed, owners, boxes, children, turn)
    for array in (packed, owners, boxes, children, turn):
        array.flags.writeable = False
    return tree


def _turn() -> Floats:
    """Rotation whose +z is the middle of the region.

    It is the same for all data, so that a distance does not depend, not even in its last
    digits, on what else is in the index.
    """
    west, south, east, north = REGION
    up = to_ecef(np.array([(west + east) / 2.0]), np.array([(south + north) / 2.0]))[0]
    up /= np.linalg.norm(up)
    side = np.cross([0.0, 0.0, 1.0], up)
    side /= np.linalg.norm(side)
    return np.array([side, np.cross(up, side), up])


def _placed(segments: Segments, turn: Floats) -> tuple[Floats, Keys, NDArray[np.int64]]:
    """Vertices, keys of the segments, and which of these are too long for their chord."""
    xyz, codes = _projected(segments.lon, segments.lat, turn)
    n = len(segments.owner)
    keys, long = np.empty(n, dtype=np.uint64), np.empty(n, dtype=np.bool_)
    in_slices(
        n,
        lambda a, b: kernels.key_segments(
            xyz, codes, segments.first, segments.last, LONGEST_M**2, a, b, keys, long
        ),
    )
    return xyz, keys, np.flatnonzero(long)


def _projected(lon: Floats, lat: Floats, turn: Floats) -> tuple[Floats, NDArray[np.uint32]]:
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
    """Square of the curve's disc that holds (a net over) the coordinates; see `project`."""
    x, y = np.meshgrid(np.linspace(lon.min(), lon.max(), 9), np.linspace(lat.min(), lat.max(), 9))
    xyz = to_ecef(x.ravel(), y.ravel()) @ turn.T
    disc = xyz[:, :2] * np.sqrt(2.0 / np.maximum(1.0 + xyz[:, 2:] / MEAN_RADIUS_M, 1e-9))
    low = disc.min(axis=0)
    side = max(float((disc.max(axis=0) - low).max()) * 1.04, 1.0)
    return np.array([low[0] - 0.02 * side, low[1] - 0.02 * side, 65_535.0 / side])


def _sorted(keys: Keys) -> Keys:
    """Keys by their upper half: three passes of a radix sort, each shared by the threads."""
    if len(keys) < _INLINE:
        return np.sort(keys)
    digits = 2**kernels.RADIX_BITS
    other = np.empty_like(keys)
    edges = _edges(len(keys), threads())
    for shift in range(32, 64, kernels.RADIX_BITS):
        counts = np.zeros((len(edges) - 1, digits), dtype=np.int64)
        in_parallel(len(counts), lambda i: kernels.radix_count(
            keys, shift, edges[i], edges[i + 1], counts[i]))  # fmt: skip  # noqa: B023
        flat = counts.T.ravel()
        place = np.ascontiguousarray((np.cumsum(flat) - flat).reshape(digits, -1).T)
        in_parallel(len(counts), lambda i: kernels.radix_move(
            keys, shift, edges[i], edges[i + 1], place[i], other))  # fmt: skip  # noqa: B023
        keys, other = other, keys
    return keys


def _stacked(lowest: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Boxes of all levels, the root first, and the first child of each node."""
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


def search_tree(tree: Tree, lon: Floats, lat: Floats) -> tuple[Floats, Rows]:
    """Distance of each place to the nearest segment, and whose segment it is.

    Parameters
    ----------
    tree
        From `build_tree`.
    lon, lat
        Degrees, finite, shape (n,).

    Returns
    -------
    distance : numpy.ndarray of float64
        Metres, shape (n,).
    owner : numpy.ndarray of int32
        Shape (n,); of equally near ones the smallest.
    """
    announce()
    n = len(lon)
    xyz, codes = _projected(lon, lat, tree.turn)
    keys = np.arange(n, dtype=np.uint64)
    keys |= codes.astype(np.uint64) << np.uint64(32)
    keys = _sorted(keys)
    axis = np.ascontiguousarray(tree.turn[:, 2])
    parts = tree.segments, tree.owners, tree.boxes, tree.children, axis
    distance, owner = np.empty(n), np.empty(n, dtype=np.int32)
    chunk = max(512, min(_CHUNK, n // (4 * threads())))
    segment = np.empty(n, dtype=np.int32)
    in_slices(
        n, lambda a, b: packets.walk(xyz, keys, a, b, *parts, distance, segment, owner), size=chunk
    )
    order = (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
    rows = order[distance[order] > packets.SETTLE_M]  # neighbours still follow each other
    if len(rows):
        foot = np.empty(3 * len(rows))
        in_slices(
            len(rows),
            lambda a, b: packets.settle(xyz, rows, a, b, *parts, distance, segment, owner, foot),
            size=256,
        )
        far = np.flatnonzero(distance[rows] > KARNEY_M)
        there = to_lonlat(foot.reshape(-1, 3)[far] @ tree.turn)
        distance[rows[far]] = distance_m(lon[rows[far]], lat[rows[far]], *there)
    return distance, owner


def threads() -> int:
    """How many threads to use: those of Numba (settable by NUMBA_NUM_THREADS)."""
    return int(numba.config.NUMBA_NUM_THREADS)


def in_slices(count: int, work: Callable[[int, int], object], *, size: int = 0) -> None:
    """Run work on slices of a range, on all processors; on this thread when it is short."""
    if count <= max(size, _INLINE if not size else 0):
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
    """Threads that stay: to start them anew costs a small search more than the search itself."""
    return ThreadPoolExecutor(threads(), thread_name_prefix="geo_ree-nearest")


os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork


def _edges(count: int, slices: int) -> list[int]:
    return [count * i // slices for i in range(slices + 1)]


def announce() -> None:
    """Say once that the search is being compiled, when this machine has not done so yet."""
    if kernels.project.signatures:  # the first that is called
        return
    made = Path(packets.walk.stats.cache_path).glob("packets.walk-*.nbi")
    source = Path(packets.__file__).stat().st_mtime
    if not any(index.stat().st_mtime >= source for index in made):
        logger.info("compiling the search for the nearest, once per machine: some seconds")


FORMAT = "geo_ree nearest 1"
"""Name and version of the format: one row of an Arrow file, a column of bytes for each part."""

_DTYPES = {
    "segments": np.float64,
    "owners": np.int32,
    "boxes": np.float64,
    "children": np.int64,
    "turn": np.float64,
}


@dataclass(frozen=True)
class Stored:
    """All that an index consists of.

    Parameters
    ----------
    tree
        Over the segments of all targets.
    labels
        Of the targets.
    area_rows, areas
        From `areas.geodesic_areas`.
    stamp
        Fingerprint of the coordinates.
    """

    tree: Tree
    labels: pd.Index
    area_rows: NDArray[np.int64]
    areas: NDArray[np.object_]
    stamp: str


def fingerprint(segments: Segments) -> str:
    """Checksums of coordinates and of whose they are, to tell a stale index.

    Examples
    --------
    >>> zero = np.array([0], dtype=np.int32)
    >>> fingerprint(Segments(np.array([76.0]), np.array([43.0]), zero, zero, zero))
    '1-1-8268906e-7fc53e39-2144df1c'
    """
    parts = segments.lon, segments.lat, segments.owner
    sums = "-".join(f"{zlib.crc32(part.data):08x}" for part in parts)
    return f"{len(segments.lon)}-{len(segments.owner)}-{sums}"


def write_index(path: Path, stored: Stored) -> None:
    """Write an index; a file of that name is replaced only when the new one is whole.

    Parameters
    ----------
    path
        File to write.
    stored
        The index.
    """
    labels = io.BytesIO()
    frame = stored.labels.to_frame(index=False)
    frame.set_axis([f"level{i}" for i in range(frame.shape[1])], axis=1).to_parquet(labels)
    columns = {name: getattr(stored.tree, name).tobytes() for name in _DTYPES}
    columns |= {
        "labels": labels.getvalue(),
        "area_rows": stored.area_rows.astype(np.int64).tobytes(),
        "stamp": stored.stamp.encode(),
    }
    arrays = [pa.array([value], pa.large_binary()) for value in columns.values()]
    areas = pa.array([shapely.to_wkb(stored.areas).tolist()], pa.large_list(pa.binary()))
    table = pa.table([*arrays, areas], names=[*columns, "areas"])
    table = table.replace_schema_metadata({"format": FORMAT})
    part = path.with_name(f"{path.name}.part")
    with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    part.replace(path)


def read_index(path: Path) -> Stored:
    """Read an index, its arrays straight from the file's pages.

    Parameters
    ----------
    path
        Written by `write_index`.

    Returns
    -------
    Stored

    Raises
    ------
    SchemaError
        When the file is absent, damaged, or of another version of the format.
    """
    try:
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise SchemaError(
            f"{path} cannot be read as an index of the nearest ({error})", "build it and save it"
        ) from error
    found = (table.schema.metadata or {}).get(b"format", b"none").decode()
    if found != FORMAT:
        raise SchemaError(
            f"{path} is of the format {found!r}, not {FORMAT!r}", "build it again and save it"
        )
    arrays = {name: np.frombuffer(_bytes(table, name), dtype) for name, dtype in _DTYPES.items()}
    arrays["turn"] = arrays["turn"].reshape(3, 3)
    frame = pd.read_parquet(pa.BufferReader(_bytes(table, "labels")))
    labels = frame.set_index(list(frame.columns)).index
    labels.names = [None] * labels.nlevels
    return Stored(
        Tree(**{field.name: arrays[field.name] for field in fields(Tree)}),
        labels,
        np.frombuffer(_bytes(table, "area_rows"), np.int64),
        np.asarray(shapely.from_wkb(table["areas"][0].as_py()), dtype=object),
        _bytes(table, "stamp").to_pybytes().decode(),
    )


def _bytes(table: pa.Table, name: str) -> pa.Buffer:
    """What a column holds in its only row, without a copy."""
    _, offsets, data = table[name].chunk(0).buffers()
    return data.slice(0, int(np.frombuffer(offsets, np.int64)[1]))
