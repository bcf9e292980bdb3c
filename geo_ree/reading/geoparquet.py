"""Parquet files: their size and geometries are checked before GeoPandas reads them."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from geo_ree.errors import SchemaError
from geo_ree.reading.archives import MAX_EXPANDED_BYTES
from geo_ree.reading.vectors import one_line

_DAMAGED = (
    AttributeError,
    CRSError,
    KeyError,
    MemoryError,
    OSError,
    RecursionError,
    ShapelyError,
    TypeError,
    ValueError,
)
_COLLECTION = 7  # the WKB code of a geometry collection, whatever its dimensions


def read_parquet(path: Path, *, where: str, hint: str) -> pd.DataFrame:
    """Read a Parquet file; a GeoDataFrame if it says that it has a geometry.

    Lists and structures become JSON texts.

    Raises `SchemaError` if it is damaged or expands too far.
    """
    try:
        with pq.ParquetFile(path) as file:
            _check_size(file, where)
            schema = file.schema_arrow
        is_geo = b"geo" in (schema.metadata or {})
        frame: pd.DataFrame = gpd.read_parquet(path) if is_geo else pd.read_parquet(path)
    except _DAMAGED as error:
        raise SchemaError(f"{where} is damaged ({one_line(error, path)})", hint) from error
    geometries = frame.columns[frame.dtypes == "geometry"]
    nested = [f.name for f in schema if pa.types.is_nested(f.type) and f.name not in geometries]
    for name in nested:
        frame[name] = pd.Series([_json(v) for v in frame[name]], frame.index, dtype=object)
    return frame


def _check_size(file: pq.ParquetFile, where: str) -> None:
    """Read the file once in pieces: a dictionary expands without a trace in the metadata."""
    size = 0
    for batch in file.iter_batches(batch_size=4096):
        size += batch.nbytes
        if size > MAX_EXPANDED_BYTES:
            raise SchemaError(
                f"{where} expands to more than {MAX_EXPANDED_BYTES} bytes", "do not use this file"
            )
        for column in batch.columns:
            if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
                for value in column:
                    _refuse_nesting(value.as_buffer(), where)


def _refuse_nesting(wkb: pa.Buffer | None, where: str) -> None:
    """Refuse collections within collections, which overflow the stack of GEOS."""
    head = wkb.slice(0, 18).to_pybytes() if wkb is not None and wkb.size >= 18 else b""
    if head and all(
        int.from_bytes(head[i + 1 : i + 5], "big" if head[i] == 0 else "little") % 1000
        == _COLLECTION
        for i in (0, 9)
    ):
        raise SchemaError(f"{where} has collections of collections", "save simple geometries")


def _json(value: object) -> str | None:
    if value is None:
        return None
    plain = value.tolist() if hasattr(value, "tolist") else value
    return json.dumps(plain, ensure_ascii=False, default=str)
