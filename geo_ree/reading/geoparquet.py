"""Parquet files: their size and geometries are checked before anything reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, TypeAlias

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from geo_ree.errors import SchemaError
from geo_ree.reading.trial import try_file
from geo_ree.reading.vectors import one_line
from geo_ree.settings import LARGER_LIMITS, Limits

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
_Order: TypeAlias = Literal["little", "big"]
_POINT = 1
_RINGED = frozenset({3, 17})  # polygon, triangle
_CONTAINERS = frozenset(
    {4, 5, 6, 7, 9, 10, 11, 12, 15, 16}
)  # multis, collections, curves of curves
_WHOLE_FLOATS = 2**53  # beyond it a float skips whole numbers
_HEAD = 9  # byte order, type and count
_DEEPEST = 4  # a collection of collections of multis is unusual but whole


def read_parquet(path: Path, *, where: str, hint: str) -> pd.DataFrame:
    """Read a Parquet file; a GeoDataFrame if it says that it has a geometry.

    Lists and structures become JSON texts. Whole numbers with more digits than a float has, in a column
    with empty cells, keep them all.

    Raises `SchemaError` if it is damaged or expands too far.
    """
    try:
        schema = _check(path, where)
        is_geo = b"geo" in (schema.metadata or {})
        frame: pd.DataFrame = gpd.read_parquet(path) if is_geo else pd.read_parquet(path)
        for name, numbers in _long_numbers(path, schema).items():
            if name in frame.columns:
                frame[name] = pd.Series(numbers, frame.index, dtype=object)
    except _DAMAGED as error:
        raise SchemaError(f"{where} is damaged ({one_line(error, path)})", hint) from error
    geometries = frame.columns[frame.dtypes == "geometry"]
    nested = [
        f.name
        for f in schema
        if pa.types.is_nested(stored_type(f.type)) and f.name not in geometries
    ]
    for name in nested:
        frame[name] = pd.Series([_json(v) for v in frame[name]], frame.index, dtype=object)
    return frame


def _long_numbers(path: Path, schema: pa.Schema) -> dict[str, list[int | None]]:
    """Columns of long whole numbers and empty cells, for which pandas would take rounded floats."""
    out = {}
    with pq.ParquetFile(path) as file:
        for field in schema:
            if field.type in (pa.int64(), pa.uint64()):
                column = file.read([field.name]).column(0)
                ends = pc.min_max(column).as_py()
                if column.null_count and max(abs(n or 0) for n in ends.values()) > _WHOLE_FLOATS:
                    out[field.name] = column.to_pylist()
    return out


def read_arrow(path: Path, *, where: str, hint: str) -> pa.Table:
    """Read a Parquet file as Arrow has it, checked as in `read_parquet`."""
    try:
        _check(path, where)
        return pq.read_table(path)
    except _DAMAGED as error:
        raise SchemaError(f"{where} is damaged ({one_line(error, path)})", hint) from error


def _check(path: Path, where: str) -> pa.Schema:
    try_file(path, "parquet", where=where)
    with pq.ParquetFile(path) as file:
        for field in file.schema_arrow:
            if field.name in _wkb_columns(file.schema_arrow) and not is_binary(field.type):
                raise SchemaError(
                    f"{where} has geometries (WKB) of the type {field.type}, expected binary",
                    "write it again as GeoParquet",
                )
        _check_size(file, where)
        return file.schema_arrow


def _wkb_columns(schema: pa.Schema) -> frozenset[str]:
    """Return the columns that GeoPandas would decode."""
    about = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    columns = about.get("columns", {}).items()
    return frozenset(n for n, c in columns if str(c.get("encoding")).upper() == "WKB")


def is_binary(kind: pa.DataType) -> bool:
    """Whether values are bytes, also under the name of an extension type such as ``geoarrow.wkb``."""
    kind = stored_type(kind)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def stored_type(kind: pa.DataType) -> pa.DataType:
    """Return what an extension type stores: a program that uses GeoArrow has registered its types."""
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def stored_values(column: pa.Array) -> pa.Array:
    """Return a column without its extension type."""
    return column.storage if isinstance(column, pa.ExtensionArray) else column


def _check_size(file: pq.ParquetFile, where: str) -> None:
    """Read the file once in pieces: a dictionary expands without a trace in the metadata."""
    size, most = 0, Limits.current().expanded_bytes
    for batch in file.iter_batches(batch_size=4096):
        size += batch.nbytes
        if size > most:
            raise SchemaError(f"{where} expands to more than {most} bytes", LARGER_LIMITS)
        for column in batch.columns:
            if is_binary(column.type):
                for value in stored_values(column):
                    _refuse_nesting(value.as_buffer(), where)


def _refuse_nesting(wkb: pa.Buffer | None, where: str) -> None:
    """Refuse collections within collections, which overflow the stack of GEOS."""
    if wkb is None or wkb.size < _HEAD:
        return
    first = wkb.slice(0, _HEAD).to_pybytes()
    if _wkb_kind(first, 0)[0] in _CONTAINERS and _depth(wkb.to_pybytes()) > _DEEPEST:
        raise SchemaError(f"{where} has collections of collections", "save simple geometries")


def _wkb_kind(wkb: bytes, at: int) -> tuple[int, int, int, _Order]:
    """Return type, dimensions, start of the content and byte order of a geometry in WKB."""
    order: _Order = "little" if wkb[at] else "big"
    code = int.from_bytes(wkb[at + 1 : at + 5], order)
    kind, iso = code & 0xFFFF, (code & 0xFFFF) // 1000  # 1000 is Z, 2000 M, 3000 both
    extra = (iso in (1, 3)) + (iso in (2, 3)) + bool(code >> 31) + bool(code >> 30 & 1)
    return kind % 1000, 2 + extra, at + (9 if code >> 29 & 1 else 5), order


def _depth(wkb: bytes) -> int:
    """Return how deep the collections of a geometry in WKB are nested; 0 beyond its end."""
    left, at, deepest = [1], 0, 0
    while left and at + _HEAD <= len(wkb) and deepest <= _DEEPEST:
        if not left[-1]:
            left.pop()
            continue
        left[-1] -= 1
        kind, dimensions, at, order = _wkb_kind(wkb, at)
        if kind == _POINT:
            at += 8 * dimensions
            continue
        count = int.from_bytes(wkb[at : at + 4], order)
        at += 4
        if kind in _CONTAINERS:
            left.append(count)
            deepest = max(deepest, len(left) - 1)
        elif kind in _RINGED:
            for _ in range(min(count, len(wkb))):
                at += 4 + 8 * dimensions * int.from_bytes(wkb[at : at + 4], order)
        else:
            at += 8 * dimensions * count
    return deepest


def _json(value: object) -> str | None:
    if value is None:
        return None
    plain = value.tolist() if hasattr(value, "tolist") else value
    return json.dumps(plain, ensure_ascii=False, default=str)
