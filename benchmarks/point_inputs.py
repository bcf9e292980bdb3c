"""nearest() from ten million points as geometries, arrays or an Arrow table; a child of bench_nearest.py.

python point_inputs.py KIND POINTS.npy    # prints seconds, and the peak memory of the process in GB
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import network
import numpy as np
import pyarrow as pa
import shapely

from geo_ree.proximity import nearest


def geometries(xy: np.ndarray) -> dict[str, Any]:
    return {"points": gpd.GeoDataFrame(geometry=shapely.points(xy), crs=4326)}


def arrays(xy: np.ndarray) -> dict[str, Any]:
    return {"x": xy[:, 0].copy(), "y": xy[:, 1].copy()}


def separated(xy: np.ndarray) -> dict[str, Any]:
    parts = [pa.array(axis) for axis in arrays(xy).values()]
    return _table("geoarrow.point", pa.StructArray.from_arrays(parts, ["x", "y"]))


def interleaved(xy: np.ndarray) -> dict[str, Any]:
    return _table("geoarrow.point", pa.FixedSizeListArray.from_arrays(pa.array(xy.ravel()), 2))


def binary(xy: np.ndarray) -> dict[str, Any]:
    """Write points as well-known binary: byte order 1, type 1, x and y."""
    points = np.ones(len(xy), dtype=[("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
    points["x"], points["y"] = xy.T
    ends = np.arange(len(xy) + 1, dtype=np.int64) * points.itemsize
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(points)]
    return _table("geoarrow.wkb", pa.Array.from_buffers(pa.large_binary(), len(xy), buffers))


def _table(name: str, column: pa.Array) -> dict[str, Any]:
    field = pa.field("geometry", column.type, metadata={"ARROW:extension:name": name})
    return {"points": pa.table([column], pa.schema([field])), "crs": "EPSG:4326"}


KINDS: dict[str, Callable[[np.ndarray], dict[str, Any]]] = {
    "geometries": geometries,
    "arrays": arrays,
    "GeoArrow, separated": separated,
    "GeoArrow, interleaved": interleaved,
    "GeoArrow, well-known binary": binary,
}


def main() -> None:
    kind, path = sys.argv[1:]
    lines = gpd.GeoDataFrame(geometry=shapely.linestrings(network.polylines()), crs=4326)
    points = KINDS[kind](np.load(path))
    nearest(targets=lines, x=[76.0], y=[43.0])
    begun = time.perf_counter()
    nearest(targets=lines, **points)
    print(time.perf_counter() - begun)
    status = Path("/proc/self/status").read_text()
    print(int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) * 1024 / 1e9)


if __name__ == "__main__":
    main()
