"""Labels of targets in files, of which a few are read at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from geo_ree.distributed.table_parts import Part, naming
from geo_ree.storage.frame_files import from_text, to_text

_CODED = "object"  # mixed labels or tuples, each a text of JSON


def write_labels(part: Part, path: Path) -> None:
    """Write the labels of one part of the targets."""
    with naming(part):
        labels = part.labels()
    if isinstance(labels, pd.RangeIndex):
        span = [labels.start, labels.step]
        _write(path, pa.nulls(0), {"type": "Int64", "span": span})
        return
    series = labels.to_series().convert_dtypes()
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype).convert_dtypes()
    kind = str(series.dtype)
    if kind == _CODED:
        _write(path, pa.array([to_text(v) for v in series], pa.large_string()), {"type": kind})
    else:
        _write(path, pa.Array.from_pandas(series.array), {"type": kind})


def _write(path: Path, labels: pa.Array, note: dict[str, Any]) -> None:
    if isinstance(labels, pa.ChunkedArray):
        labels = labels.combine_chunks()
    table = pa.table({"label": labels}).replace_schema_metadata({"note": json.dumps(note)})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=max(1, len(labels)))


class Labels:
    """The labels of all targets: `type` is what `geo_ree.nearest` gives them."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._parts = [_open(path) for path in paths]
        kinds = {note["type"] for _, note in self._parts}
        if len(kinds) > 1:
            kinds = {"Float64"} if kinds == {"Int64", "Float64"} else {_CODED}
        self.type = kinds.pop()

    @property
    def coded(self) -> bool:
        """Whether Parquet holds such labels only as texts."""
        return self.type == _CODED

    def take(self, rows: NDArray[np.int64]) -> pd.api.extensions.ExtensionArray:
        """Return the labels of rows (see `segment_files.row_ids`), <NA> for -1."""
        missing = rows < 0
        numbers, at = rows >> 32, rows & 0xFFFFFFFF
        out = np.empty(len(rows), dtype=np.int64)
        taken: list[tuple[NDArray[np.int64], pd.Series]] = []
        for number in np.unique(numbers[~missing]):
            table, note = self._parts[number]
            here = np.flatnonzero(numbers == number)
            if "span" in note:
                start, step = note["span"]
                out[here] = start + step * at[here]
            else:
                taken.append((here, self._read(table, note, at[here])))
        if not taken and self.type == "Int64":
            return pd.arrays.IntegerArray(out, missing)
        whole = pd.Series(np.full(len(rows), None, dtype=object))
        spans = ~missing
        for here, labels in taken:
            whole.iloc[here] = labels.to_numpy(dtype=object)
            spans[here] = False
        whole[spans] = out[spans].astype(object)
        whole[missing] = pd.NA
        return whole.astype(self.type).array

    @staticmethod
    def _read(table: pa.Table, note: dict[str, Any], at: NDArray[np.int64]) -> pd.Series:
        found = table["label"].chunk(0).take(pa.array(at))
        if note["type"] == _CODED:
            values = [from_text(text) for text in found.to_pylist()]
            out = pd.Series([None] * len(values), dtype=object)
            for i, value in enumerate(values):
                out.iat[i] = value
            return out
        kind = pd.api.types.pandas_dtype(note["type"])
        if hasattr(kind, "__from_arrow__"):
            return pd.Series(kind.__from_arrow__(found))
        return found.to_pandas()


def _open(path: Path) -> tuple[pa.Table, dict[str, Any]]:
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    return table, json.loads(table.schema.metadata[b"note"])


@lru_cache(maxsize=4)
def open_labels(folder: Path) -> Labels:
    """Map the labels of a folder that `target_partitions.build_partitions` made."""
    return Labels(sorted((folder / "labels").glob("part-*.arrow")))
