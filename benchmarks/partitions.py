"""Points and lines of `network.py` as folders of GeoParquet, for bench_dask.py."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import network
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from point_inputs import binary

MILLION = 1_000_000
EDGES = 50  # segments of a line
_GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
}


def write_points(folder: Path, millions: int) -> None:
    """Write files of a million points, in no order, as well-known binary."""
    folder.mkdir()
    for i in range(millions):
        column = binary(network.points(MILLION, seed=network.SEED + i))["points"].column(0)
        table = pa.table([column], ["geometry"]).replace_schema_metadata({"geo": json.dumps(_GEO)})
        pq.write_table(table, folder / f"points-{i:04}.parquet")


def write_lines(folder: Path, millions: int) -> None:
    """Write files of 20,000 lines, a million segments each."""
    folder.mkdir()
    for i in range(millions):
        lines = network.polylines(MILLION // EDGES, EDGES, seed=network.SEED + i)
        frame = gpd.GeoDataFrame(geometry=shapely.linestrings(lines), crs=4326)
        frame.to_parquet(folder / f"lines-{i:04}.parquet")


def first_files(folder: Path, count: int, into: Path) -> Path:
    """Link the first files of a folder into another one."""
    into.mkdir()
    for path in sorted(folder.glob("*.parquet"))[:count]:
        (into / path.name).hardlink_to(path)
    return into


def disk_bytes(folder: Path) -> int:
    """Return the bytes of all files under a folder."""
    return int(np.sum([path.stat().st_size for path in folder.rglob("*") if path.is_file()]))
