"""Targets in partitions along a Hilbert curve, each with an index of its own, its boxes and its labels."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree._version import __version__
from geo_ree.crs import Floats
from geo_ree.distributed.partition_jobs import Tell, run_partitions
from geo_ree.distributed.segment_files import (
    SAMPLE,
    SegmentFile,
    segments_between,
    write_segments,
)
from geo_ree.distributed.table_parts import Part, list_parts
from geo_ree.distributed.target_labels import write_labels
from geo_ree.errors import SchemaError
from geo_ree.proximity.index import NearestIndex
from geo_ree.proximity.search.index_files import Stored, write_index
from geo_ree.proximity.search.simd import LANES
from geo_ree.proximity.search.tree import build_tree
from geo_ree.storage.disk_errors import explain_unwritable
from geo_ree.storage.files import atomic_text
from geo_ree.storage.folder_lock import FolderLock

logger = logging.getLogger(__name__)

SEGMENTS = 3_000_000
"""Most segments of a partition: an index of 225 MB, and about 1.5 GB while it is built."""

LAYOUT = "partitions.layout.json"
_FEATURES = 200_000  # rows of the targets that are taken apart at a time
_BOXES = 64  # of a partition: those of a level of its tree
_END = 2**32  # of the curve
_FORMAT = "1"


@dataclass(frozen=True)
class TargetPartitions:
    """Partitions of targets.

    `starts` are the first places of each on the curve, `paths` its index, `boxes` those around its
    segments (see `box_tests`), `areas` the bounds of its polygons in degrees (NaN for none).
    """

    starts: NDArray[np.int64]
    paths: tuple[Path, ...]
    boxes: tuple[Floats, ...]
    areas: Floats


def build_partitions(
    targets: Any,
    home: Path,
    *,
    segments: int = SEGMENTS,
    client: Any = None,
    tell: Tell | None = None,
) -> Path:
    """Partition and index targets, once for the same input, and return the folder of it all.

    Where another process does so in the same `home`, its end is waited for.

    Parameters
    ----------
    targets
        See `table_parts.list_parts`.
    home
        Where the folder is made.
    segments
        Most segments of a partition, but for what begins in the same 400 m.
    client, tell
        See `partition_jobs.run_partitions`.
    """
    parts = list_parts(targets, "the targets", rows=_FEATURES)
    stamps = [part.stamp for part in parts]
    text = json.dumps([_FORMAT, __version__, segments, stamps])
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    folder = home.absolute() / key
    if (folder / LAYOUT).is_file():
        return folder
    run: dict[str, Any] = {"client": client, "tell": tell, "suffix": ".arrow"}
    taken = home / "segments"
    with _alone_in(home, tell or logger.info):
        if (folder / LAYOUT).is_file():
            return folder
        files = run_partitions(
            write_segments, list(enumerate(parts)), taken, key=_FORMAT, stamps=stamps, **run
        )
        run_partitions(write_labels, parts, folder / "labels", key=key, **run)
        edges = _edges(files, segments, sum_of_rows(parts))
        ranges = [(files, low, high) for low, high in zip(edges, [*edges[1:], _END], strict=True)]
        paths = run_partitions(write_partition, ranges, folder / "indexes", key=key, **run)
        atomic_text(folder / LAYOUT, json.dumps(_layout(edges, paths)))
        gone = taken.replace(
            folder / "segments"
        )  # at once: what is left of half a folder is refused
        shutil.rmtree(gone, ignore_errors=True)
    return folder


@contextmanager
def _alone_in(home: Path, tell: Tell) -> Iterator[None]:
    """Keep other processes from indexing targets in a folder: its segments are of one job."""
    with explain_unwritable(home):
        home.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(home)
    if not lock.acquire():
        tell(f"waiting: another process indexes targets in {home}")
        lock.acquire(float("inf"))
    try:
        yield
    finally:
        lock.release()


def sum_of_rows(parts: Sequence[Part]) -> int | None:
    """Return the rows of all parts, None where a part of Dask does not know them."""
    rows = [getattr(part, "rows", None) for part in parts]
    return None if None in rows else sum(r for r in rows if r is not None)


def _edges(files: Sequence[Path], segments: int, rows: int | None) -> list[int]:
    """Return the first place on the curve of each partition, the first one 0."""
    opened = [SegmentFile.open(path) for path in files]
    if not sum(len(file.columns["keys"]) for file in opened):
        of = "targets" if rows is None else f"{rows} targets"
        raise SchemaError(
            f"none of the {of} has a geometry", "give at least one point, line or polygon"
        )
    sample = 1 if segments < 100 * SAMPLE else SAMPLE
    name = "keys" if sample == 1 else "samples"
    samples = np.sort(np.concatenate([file.columns[name] for file in opened]))
    return [0, *(int(k) for k in np.unique(samples[segments // sample :: segments // sample]) if k)]


def write_partition(task: tuple[Sequence[Path], int, int], path: Path) -> None:
    """Index the segments of a range of the curve; without any, write an empty file."""
    segments, rows, area_rows, areas = segments_between(*task)
    if not len(segments.owner):
        path.touch()
        return
    stamp = f"{task[1]}-{task[2]}"
    write_index(path, Stored(build_tree(segments), pd.Index(rows), area_rows, areas, stamp))


def _layout(edges: Sequence[int], paths: Sequence[Path]) -> dict[str, Any]:
    kept = [(edge, path) for edge, path in zip(edges, paths, strict=True) if path.stat().st_size]
    boxes, areas = [], []
    for _, path in kept:
        stored = NearestIndex.load(path).stored
        boxes.append(_boxes(stored.tree.boxes).tolist())
        bounds = shapely.total_bounds(stored.areas) if len(stored.areas) else np.full(4, np.nan)
        areas.append([None if np.isnan(v) else float(v) for v in bounds])
    return {
        "starts": [edge for edge, _ in kept],
        "files": [path.name for _, path in kept],
        "boxes": boxes,
        "areas": areas,
    }


def _boxes(packed: Floats) -> Floats:
    """Return a box around all, then those of the first level of a tree that has many."""
    nodes = packed.reshape(-1, 2, 3, LANES)
    begin, count = 0, 1
    while count * LANES < _BOXES and begin + count < len(nodes):
        begin, count = begin + count, min(count * LANES, len(nodes) - begin - count)
    level = nodes[begin : begin + count].transpose(0, 3, 1, 2).reshape(-1, 6)
    level = level[np.isfinite(level).all(axis=1)]
    whole = np.concatenate([level[:, :3].min(axis=0), level[:, 3:].max(axis=0)])
    return np.concatenate([whole, level.ravel()])


@lru_cache(maxsize=4)
def open_partitions(folder: Path) -> TargetPartitions:
    """Read the layout of a folder that `build_partitions` made."""
    found = json.loads((folder / LAYOUT).read_text(encoding="utf-8"))
    return TargetPartitions(
        np.array(found["starts"], dtype=np.int64),
        tuple(folder / "indexes" / name for name in found["files"]),
        tuple(np.array(box) for box in found["boxes"]),
        np.array(found["areas"], dtype=np.float64).reshape(-1, 4),
    )


@lru_cache(maxsize=2)
def open_index(path: Path) -> NearestIndex:
    """Map the index of a partition; the two that were used last stay open."""
    return NearestIndex.load(path)
