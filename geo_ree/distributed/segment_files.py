"""Targets as segments in files, along a Hilbert curve over the globe, so that any range of it can be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.distributed.table_parts import Part, naming
from geo_ree.proximity.point_blocks import in_degrees
from geo_ree.proximity.search import kernels
from geo_ree.proximity.search.segments import (
    SEMI_MAJOR_M,
    Segments,
    explode,
    geodesic_areas,
)
from geo_ree.proximity.search.tree import in_slices, region_turn

SAMPLE = 256
"""Every so many segments, the place on the curve is noted."""

_FIELDS = dict.fromkeys(("lon1", "lat1", "lon2", "lat2"), np.float64)
_DTYPES: dict[str, Any] = {
    "keys": np.uint32,
    **_FIELDS,
    "rows": np.int64,
    "samples": np.uint32,
    "area_keys": np.uint32,
    "area_rows": np.int64,
}
_SIDE_M = 4.0 * SEMI_MAJOR_M + 1_000.0  # of the square around the disc that the globe is mapped on
_WINDOW = np.array([-_SIDE_M / 2.0, -_SIDE_M / 2.0, 65_535.0 / _SIDE_M])

Keys = NDArray[np.uint32]


def place_on_curve(lon: Floats, lat: Floats) -> tuple[Floats, Keys]:
    """Return rotated coordinates (4 numbers a point, the last is 0) and places on the curve."""
    xyz, codes, turn = np.empty(4 * len(lon)), np.empty(len(lon), dtype=np.uint32), region_turn()
    x, y = (np.require(axis, np.float64, ("C", "W")) for axis in (lon, lat))
    in_slices(
        len(lon),
        lambda a, b: kernels.project(x[a:b], y[a:b], turn, _WINDOW, xyz[4 * a : 4 * b], codes[a:b]),
    )
    return xyz, codes


def row_ids(part: int, rows: NDArray[Any]) -> NDArray[np.int64]:
    """Number rows of one part of a table so that the numbers are in the order of the whole table."""
    return (np.int64(part) << 32) | rows.astype(np.int64)


@dataclass(frozen=True)
class SegmentFile:
    """A file that `write_segments` wrote, mapped into memory."""

    columns: dict[str, NDArray[Any]]
    areas: Any

    @classmethod
    def open(cls, path: Path) -> SegmentFile:
        """Map a file."""
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
        columns = {
            name: np.frombuffer(table[name].chunk(0)[0].as_buffer(), dtype)
            for name, dtype in _DTYPES.items()
        }
        return cls(columns, table["areas"].chunk(0))

    def between(self, low: int, high: int) -> dict[str, NDArray[Any]]:
        """Return the segments from one place on the curve to before another one."""
        a, b = np.searchsorted(self.columns["keys"], np.array([low, high], dtype=np.uint64))
        return {name: self.columns[name][a:b] for name in (*_FIELDS, "rows")}

    def areas_between(self, low: int, high: int) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
        """Return the polygons that begin there, and the row of each."""
        keys = self.columns["area_keys"]
        at = np.flatnonzero((keys >= low) & (keys.astype(np.uint64) < high))
        shapes = [self.areas.values[int(self.areas.offsets[0].as_py()) + i].as_py() for i in at]
        return self.columns["area_rows"][at], np.asarray(shapely.from_wkb(shapes), dtype=object)


def write_segments(task: tuple[int, Part], path: Path) -> None:
    """Write the segments and polygons of one part of the targets, in the order of the curve."""
    number, part = task
    with naming(part):
        series = in_degrees(part.read([]), "the targets")
        shapes = series.to_numpy()
        there = np.where(shapely.is_missing(shapes), shapely.Point(), shapes)
        segments = explode(there, series.index)
        area_rows, areas = geodesic_areas(shapes)
    columns = _sorted(segments) | {"samples": np.empty(0, np.uint32)}
    columns["rows"] = row_ids(number, columns["rows"])
    columns["samples"] = columns["keys"][::SAMPLE]
    corners = shapely.get_coordinates(shapely.get_point(shapely.get_exterior_ring(areas), 0))
    columns["area_keys"] = place_on_curve(corners[:, 0], corners[:, 1])[1]
    columns["area_rows"] = row_ids(number, area_rows)
    arrays = [pa.array([columns[name].tobytes()], pa.large_binary()) for name in _DTYPES]
    wkb = pa.array([shapely.to_wkb(areas).tolist()], pa.large_list(pa.large_binary()))
    table = pa.table([*arrays, wkb], names=[*_DTYPES, "areas"])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _sorted(segments: Segments) -> dict[str, NDArray[Any]]:
    _, codes = place_on_curve(segments.lon, segments.lat)
    keys = codes[segments.first]
    order = np.argsort(keys, kind="stable")
    first, last = segments.first[order], segments.last[order]
    return {
        "keys": keys[order],
        "lon1": segments.lon[first],
        "lat1": segments.lat[first],
        "lon2": segments.lon[last],
        "lat2": segments.lat[last],
        "rows": segments.owner[order],
    }


def segments_between(
    paths: Iterable[Path], low: int, high: int
) -> tuple[Segments, NDArray[np.int64], NDArray[np.int64], NDArray[np.object_]]:
    """Read a range of the curve from all files.

    Returns
    -------
    segments : Segments
        Their owners count the rows that have any, in the order of the whole table.
    rows : numpy.ndarray of int64
        The number of each of these rows in the whole table, ascending, see `row_ids`.
    area_rows : numpy.ndarray of int64
        For each polygon, which of these rows it belongs to.
    areas : numpy.ndarray of shapely.Polygon
    """
    files = [SegmentFile.open(path) for path in paths]
    found = [file.between(low, high) for file in files]
    whole = {name: np.concatenate([some[name] for some in found]) for name in (*_FIELDS, "rows")}
    polygons = [file.areas_between(low, high) for file in files]
    area_rows = np.concatenate([rows for rows, _ in polygons])
    areas = np.concatenate([shapes for _, shapes in polygons])
    rows, owners = np.unique(np.concatenate([whole["rows"], area_rows]), return_inverse=True)
    count = len(whole["rows"])
    first = np.arange(count, dtype=np.int32)
    alone = (whole["lon1"] == whole["lon2"]) & (whole["lat1"] == whole["lat2"])
    segments = Segments(
        np.concatenate([whole["lon1"], whole["lon2"]]),
        np.concatenate([whole["lat1"], whole["lat2"]]),
        first,
        np.where(alone, first, first + count).astype(np.int32),
        owners[:count].astype(np.int32),
    )
    return segments, rows, owners[count:].astype(np.int64), areas
