"""Coordinates of the point column of an Arrow table, read from its buffers.

GeoArrow (https://geoarrow.org) stores points as a struct of x and y ("separated"), as a list of two
("interleaved") or as well-known binary. GeoParquet names such a column in its own metadata.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.errors import SchemaError

_BINARY = ("geoarrow.wkb", "ogc.wkb")
_GEOMETRY = ("geoarrow.", "ogc.")
_HEADER = 5  # bytes of a geometry's well-known binary before its coordinates: order and type
_POINT = 21  # bytes of a point with two coordinates
_POINTS = np.array([1, 1001, 2001, 3001, 0x80000001, 0x40000001, 0xC0000001], dtype=np.uint32)
_WHERE = "give a table with one column of the type geoarrow.point or geoarrow.wkb, or x= and y="


@dataclass(frozen=True)
class ArrowColumn:
    """A column of points: its name for errors, its reference system if it states one, its arrays."""

    name: str
    crs: Any
    chunks: Iterator[pa.Array]
    binary: bool

    def blocks(self, size: int) -> Iterator[tuple[Floats, Floats]]:
        """Return the coordinates of at most `size` points at a time, NaN for what is none."""
        begin = 0
        for chunk in self.chunks:
            storage = chunk.storage if isinstance(chunk, pa.ExtensionArray) else chunk
            for at in range(0, len(storage), size):
                some = storage[at : at + size]
                x, y = _from_binary(some, begin, self.name) if self.binary else _from_numbers(some)
                if some.null_count:
                    there = some.is_valid().to_numpy(zero_copy_only=False)
                    x, y = np.where(there, x, np.nan), np.where(there, y, np.nan)
                begin += len(some)
                yield x, y


class _Schema:
    """A schema of Arrow's C interface on its own."""

    def __init__(self, capsule: object) -> None:
        self.capsule = capsule

    def __arrow_c_schema__(self) -> object:
        return self.capsule


def open_column(data: Any) -> ArrowColumn:
    """Find the points in whatever speaks Arrow: a table, its batches, or the column itself."""
    if hasattr(data, "__arrow_c_array__"):
        field = pa.field(_Schema(data.__arrow_c_array__()[0]))
        if _kind(field)[0] or not pa.types.is_struct(field.type):
            return _column(field, iter([pa.array(data)]), {})
    elif isinstance(data, pa.ChunkedArray):
        return _column(pa.field("", data.type), iter(data.chunks), {})
    try:
        stream = hasattr(data, "__arrow_c_stream__")
        reader = pa.RecordBatchReader.from_stream(data) if stream else pa.record_batch(data)
    except (pa.ArrowException, TypeError) as error:
        raise SchemaError(f"the points are no Arrow table ({error})", _WHERE) from error
    geo = json.loads((reader.schema.metadata or {}).get(b"geo", b"{}"))
    at = _choose(reader.schema, geo)
    batches = reader if stream else [reader]
    field = reader.schema.field(at)
    return _column(
        field, (b.column(at) for b in batches), geo.get("columns", {}).get(field.name, {})
    )


def _choose(schema: pa.Schema, geo: dict[str, Any]) -> int:
    """Return the number of the column of points; `geo` is what GeoParquet says of the table."""
    columns = geo.get("columns", {})
    found = [
        i
        for i, field in enumerate(schema)
        if (_kind(field)[0] or "").startswith(_GEOMETRY) or field.name in columns
    ]
    primary = [i for i in found if schema.field(i).name == geo.get("primary_column")]
    found = primary or found
    if len(found) != 1:
        names = ", ".join(schema.field(i).name for i in found)
        raise SchemaError(
            f"the points have several geometry columns, {names}"
            if found
            else "the points have no geometry column",
            "select the columns to use" if found else _WHERE,
        )
    return found[0]


def _kind(field: pa.Field) -> tuple[str | None, bytes]:
    """Return the name of a field's extension type, None for a plain one, and its metadata."""
    if isinstance(field.type, pa.BaseExtensionType):
        return field.type.extension_name, field.type.__arrow_ext_serialize__()
    stated = field.metadata or {}
    name = stated.get(b"ARROW:extension:name")
    return name.decode() if name else None, stated.get(b"ARROW:extension:metadata", b"")


def _column(field: pa.Field, chunks: Iterator[pa.Array], geo: dict[str, Any]) -> ArrowColumn:
    """Return a column after a look at its type; `geo` is what GeoParquet says of it."""
    kind, stated = _kind(field)
    name = f"the column {field.name}" if field.name else "the array"
    if kind is None and geo:
        encoding = geo.get("encoding", "WKB")
        kind = "geoarrow.wkb" if encoding == "WKB" else f"geoarrow.{encoding}"
        crs = geo.get("crs", "OGC:CRS84")  # what GeoParquet says of a column that states none
    else:
        crs = (json.loads(stated) if stated else {}).get("crs")
    storage = (
        field.type.storage_type if isinstance(field.type, pa.BaseExtensionType) else field.type
    )
    binary = kind in _BINARY
    if not ((binary and _is_binary(storage)) or (kind == "geoarrow.point" and _is_pair(storage))):
        raise SchemaError(f"{name} of the points is of the type {kind or storage}", _WHERE)
    return ArrowColumn(name, crs, chunks, binary)


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or kind == pa.binary_view()
    )


def _is_pair(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return {"x", "y"} <= {kind.field(i).name for i in range(kind.num_fields)}
    return bool(pa.types.is_fixed_size_list(kind) and kind.list_size >= 2)


def _from_numbers(points: pa.Array) -> tuple[Floats, Floats]:
    """Return x and y of points that are structs or lists."""
    if pa.types.is_struct(points.type):
        x, y = (points.field(axis).to_numpy(zero_copy_only=False) for axis in ("x", "y"))
    else:
        size, first = points.type.list_size, points.offset
        values = points.values[first * size : (first + len(points)) * size]
        x, y = values.to_numpy(zero_copy_only=False).reshape(-1, size)[:, :2].T
    return x.astype(np.float64, copy=False), y.astype(np.float64, copy=False)


def _from_binary(points: pa.Array, begin: int, name: str) -> tuple[Floats, Floats]:
    """Return x and y of points in well-known binary, the first of which is row `begin`.

    Little-endian points without a reference system of their own, as all writers make them, are read where they
    lie. The rest (big-endian, empty geometries, what is none) goes through shapely.
    """
    if points.type == pa.binary_view():
        points = points.cast(pa.large_binary())
    _, ends, data = points.buffers()
    wide = np.int64 if pa.types.is_large_binary(points.type) else np.int32
    at = np.frombuffer(ends, wide)[points.offset : points.offset + len(points) + 1].astype(np.int64)
    raw = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    x, y = np.full(len(points), np.nan), np.full(len(points), np.nan)
    plain = np.flatnonzero(np.diff(at) >= _POINT)
    head = _taken(raw, at[plain], _HEADER)
    kind = np.ascontiguousarray(head[:, 1:]).view("<u4").ravel()
    plain = plain[(head[:, 0] == 1) & np.isin(kind, _POINTS)]
    pair = _taken(raw, at[plain] + _HEADER, 16).view("<f8")
    x[plain], y[plain] = pair[:, 0], pair[:, 1]
    odd = np.ones(len(points), dtype=np.bool_)
    odd[plain] = False
    if points.null_count:
        odd &= points.is_valid().to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(odd)
    if len(rows):
        x[rows], y[rows] = _from_shapes(points.take(pa.array(rows)).to_pylist(), begin + rows, name)
    return x, y


def _taken(raw: NDArray[np.uint8], at: NDArray[np.int64], count: int) -> NDArray[np.uint8]:
    """Return `count` bytes from each place, shape (n, count)."""
    if not len(at):
        return np.empty((0, count), np.uint8)
    windows, steps = np.lib.stride_tricks.sliding_window_view(raw, count), np.diff(at)
    step = int(steps[0]) if len(steps) else 1
    if step > 0 and (steps == step).all():  # all of one size: no copy
        return windows[at[0] : at[-1] + 1 : step]
    return windows[at]


def _from_shapes(binary: list[bytes], rows: NDArray[np.int64], name: str) -> tuple[Floats, Floats]:
    """Return x and y of geometries that are points or empty, and refuse others with their row."""
    shapes = np.asarray(shapely.from_wkb(binary, on_invalid="ignore"), dtype=object)
    kinds, empty = shapely.get_type_id(shapes), shapely.is_empty(shapes)
    bad = np.flatnonzero((kinds != 0) & ~empty)
    if len(bad):
        shape = shapes[bad[0]]
        what = "no well-known binary" if shape is None else f"a {shape.geom_type}"
        raise SchemaError(
            f"row {rows[bad[0]] + 1} of the points ({name}) is {what}",
            "give points, for example with .representative_point()",
        )
    shapes[empty] = None
    return shapely.get_x(shapes), shapely.get_y(shapes)
