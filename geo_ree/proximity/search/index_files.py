"""Nearest-feature indexes on disk: one Arrow file each, mapped into memory when it is read."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo_ree.errors import SchemaError
from geo_ree.proximity.search.segments import Segments
from geo_ree.proximity.search.tree import Tree

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

    `labels` are those of the targets; `area_rows` and `areas` come from `segments.geodesic_areas`;
    `stamp` is the `fingerprint` of the coordinates.
    """

    tree: Tree
    labels: pd.Index
    area_rows: NDArray[np.int64]
    areas: NDArray[np.object_]
    stamp: str


def fingerprint(segments: Segments) -> str:
    """Return checksums of coordinates and owners, that identify a stale index."""
    parts = segments.lon, segments.lat, segments.owner
    sums = "-".join(f"{zlib.crc32(part.data):08x}" for part in parts)
    return f"{len(segments.lon)}-{len(segments.owner)}-{sums}"


def write_index(path: Path, stored: Stored) -> None:
    """Write an index; a file of that name is replaced only when the new one is complete."""
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

    A file that is absent, damaged or of another version raises SchemaError.
    """
    try:
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise SchemaError(
            f"{path} cannot be read as a nearest-feature index ({error})",
            "build the index again and save it",
        ) from error
    found = (table.schema.metadata or {}).get(b"format", b"none").decode()
    if found != FORMAT:
        raise SchemaError(
            f"{path} has the format {found!r}, expected {FORMAT!r}",
            "build the index again and save it",
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
    """Return the bytes in the only row of a column, without a copy."""
    _, offsets, data = table[name].chunk(0).buffers()
    return data.slice(0, int(np.frombuffer(offsets, np.int64)[1]))
