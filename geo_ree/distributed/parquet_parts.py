"""The partitions of GeoParquet files: consecutive rows, read without the columns that are not needed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from geo_ree.crs import Floats
from geo_ree.errors import SchemaError
from geo_ree.proximity.point_blocks import read_points

_DEFAULT_CRS = "OGC:CRS84"  # of GeoParquet that states none
_NO_NAME = "__null_dask_index__"  # what Dask calls an index without a name, in files


@dataclass(frozen=True)
class FilePart:
    """Consecutive rows of one GeoParquet file."""

    path: Path
    groups: tuple[int, ...]  # row groups that hold them
    before: int  # rows of the file before them
    skip: int  # rows of the first group before them
    rows: int
    numbered: int | None  # the label of the first row, where the files have no labels
    crs: str | None  # that of the first file
    file_stamp: str

    @property
    def name(self) -> str:
        """The file, and which of its rows."""
        return f"{self.path.name} (rows {self.before + 1} to {self.before + self.rows})"

    @property
    def stamp(self) -> str:
        """Hash of what it holds and of its place."""
        text = f"{self.file_stamp} {self.before} {self.rows} {self.numbered} {self.crs}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def read(self, columns: Sequence[str] | None = None, *, geometry: bool = True) -> pd.DataFrame:
        """Read columns, by default all, and the geometry."""
        schema, about = self._schema()
        wanted = None
        if columns is not None or not geometry:
            others = schema.names if columns is None else columns
            check_columns(others, schema.names, self.name)
            wanted = [*others, *_index_columns(schema), about["primary_column"]]
            wanted = [n for n in dict.fromkeys(wanted) if geometry or n not in about["columns"]]
        table = self._table(wanted)
        if geometry and any(spec["encoding"] != "WKB" for spec in about["columns"].values()):
            frame = _read_again(table)
        else:
            frame = _decoded(table.to_pandas(), about, self.name)
        frame.index = self._labels(frame.index)
        return frame

    def points(self) -> tuple[Floats, Floats, pd.Index]:
        """Return longitudes, latitudes and labels, without building geometries."""
        schema, about = self._schema()
        own = about["primary_column"]
        table = self._table([own, *_index_columns(schema)])
        blocks, _ = read_points(table.select([own]), None, None, None)
        lon, lat = join_blocks(blocks)
        return lon, lat, self._labels(table.drop_columns([own]).to_pandas().index)

    def labels(self) -> pd.Index:
        """Return the labels of its rows."""
        if self.numbered is not None:
            return pd.RangeIndex(self.numbered, self.numbered + self.rows)
        schema, _ = self._schema()
        return self._labels(self._table(_index_columns(schema)).to_pandas().index)

    def _schema(self) -> tuple[pa.Schema, dict[str, Any]]:
        if not self.rows:
            raise SchemaError("it has no rows", "remove the file, or write it again")
        if file_stamp(self.path) != self.file_stamp:
            raise SchemaError("the file has changed meanwhile", "run the command again")
        schema = pq.read_schema(self.path)
        about = geo_metadata(schema)
        crs = _crs_text(about)
        if crs != self.crs:
            raise SchemaError(
                f"its reference system is {_crs_name(crs)}, that of the first file "
                f"{_crs_name(self.crs)}",
                "write all files in the same one",
            )
        return schema, about

    def _table(self, columns: list[str] | None) -> pa.Table:
        try:
            with pq.ParquetFile(self.path) as file:
                table = file.read_row_groups(list(self.groups), columns=columns)
        except (OSError, pa.ArrowException) as error:
            raise SchemaError(f"it is damaged ({_one_line(error)})", "write it again") from error
        return table.slice(self.skip, self.rows)

    def _labels(self, index: pd.Index) -> pd.Index:
        if self.numbered is not None:
            return pd.RangeIndex(self.numbered, self.numbered + self.rows)
        return index.rename(None) if index.name == _NO_NAME else index


def file_parts(path: Path, what: str, rows: int) -> list[FilePart]:
    """Return the parts of a GeoParquet file or of a folder of them; see `table_parts.list_parts`."""
    files = [path]
    if path.is_dir():
        files = sorted((p for p in path.glob("*.parquet") if p.is_file()), key=_natural)
    if not files:
        raise SchemaError(f"{path} has no GeoParquet files", f"give the folder of {what}")
    out: list[FilePart] = []
    first, crs = 0, None
    for file in files:
        try:
            with pq.ParquetFile(file) as opened:
                about, schema = opened.metadata, opened.schema_arrow
        except (OSError, pa.ArrowException) as error:
            raise SchemaError(
                f"{file} cannot be read as Parquet ({_one_line(error)})", "write it again"
            ) from error
        if file == files[0]:
            crs = _crs_text(geo_metadata(schema))
        number, stamp = _is_numbered(schema), file_stamp(file)
        for groups, before, skip, count in _slices(about, rows):
            start = first + before if number else None
            out.append(FilePart(file.absolute(), groups, before, skip, count, start, crs, stamp))
        first += about.num_rows
    return out


Slice = tuple[tuple[int, ...], int, int, int]


def _slices(about: Any, rows: int) -> list[Slice]:
    """Return row groups, rows before, rows of the first group before, and rows, of each part of a file."""
    sizes = [about.row_group(i).num_rows for i in range(about.num_row_groups)]
    ends = np.cumsum(sizes, dtype=np.int64)
    total = int(ends[-1]) if len(ends) else 0
    if not total:
        return [((), 0, 0, 0)]
    out, begin = [], 0
    while begin < total:
        first = int(np.searchsorted(ends, begin, "right"))
        # whole groups, as many as have so many rows, or else a piece of one
        whole = int(np.searchsorted(ends, begin + rows, "right")) - 1
        end = int(ends[whole]) if whole >= first else min(begin + rows, int(ends[first]))
        last = int(np.searchsorted(ends, end - 1, "right"))
        skip = begin - int(ends[first] - sizes[first])
        out.append((tuple(range(first, last + 1)), begin, skip, end - begin))
        begin = end
    return out


def file_stamp(file: Path) -> str:
    """Return a hash of the name, size, time and footer of a Parquet file."""
    about = file.stat()
    with file.open("rb") as stream:
        stream.seek(max(0, about.st_size - 65_536))
        end = stream.read()
    text = f"{file.absolute()} {about.st_size} {about.st_mtime_ns} ".encode()
    return hashlib.sha256(text + end).hexdigest()[:32]


def _natural(path: Path) -> list[Any]:
    return [int(t) if t.isdigit() else t for t in re.split(r"(\d+)", path.name)]


def geo_metadata(schema: pa.Schema) -> dict[str, Any]:
    """Return what a GeoParquet file says of its geometry columns."""
    text = (schema.metadata or {}).get(b"geo")
    if text is None:
        raise SchemaError(
            "a Parquet file has no geometry", "write it as GeoParquet: frame.to_parquet(path)"
        )
    return dict(json.loads(text))


def _pandas(schema: pa.Schema) -> dict[str, Any]:
    return dict(json.loads((schema.metadata or {}).get(b"pandas", b"{}")))


def _index_columns(schema: pa.Schema) -> list[str]:
    return [n for n in _pandas(schema).get("index_columns", ()) if isinstance(n, str)]


def _is_numbered(schema: pa.Schema) -> bool:
    """Whether the rows of a file have no labels but the numbers from 0 on."""
    columns = _pandas(schema).get("index_columns", [])
    span = columns[0] if columns else {"kind": "range", "start": 0, "step": 1}
    return isinstance(span, dict) and (span["start"], span["step"]) == (0, 1)


def _read_again(table: pa.Table) -> gpd.GeoDataFrame:
    """Turn rows of GeoArrow into geometries: GeoPandas reads only whole files, so these become one."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return gpd.read_parquet(pa.BufferReader(sink.getvalue()))


def _decoded(frame: pd.DataFrame, about: dict[str, Any], name: str) -> pd.DataFrame:
    """Turn the columns of WKB of a frame into geometries."""
    for column, spec in about["columns"].items():
        if column in frame:
            crs = spec.get("crs", _DEFAULT_CRS)
            crs = pyproj.CRS.from_json_dict(crs) if isinstance(crs, dict) else crs
            try:
                with np.errstate(
                    invalid="ignore"
                ):  # a vertex that is NaN is named by its row later
                    frame[column] = gpd.array.from_wkb(
                        frame[column].to_numpy(dtype=object, na_value=None), crs=crs
                    )
            except shapely.errors.ShapelyError as error:
                raise SchemaError(
                    f"{name} has a damaged geometry ({_one_line(error)})", "write it again"
                ) from error
    own = about["primary_column"]
    return gpd.GeoDataFrame(frame, geometry=own) if own in frame else frame


def _crs_text(about: dict[str, Any]) -> str | None:
    crs = about["columns"][about["primary_column"]].get("crs", _DEFAULT_CRS)
    return json.dumps(crs, sort_keys=True) if isinstance(crs, dict) else crs


def _crs_name(text: str | None) -> str:
    if text is None:
        return "unknown"
    return str(json.loads(text).get("name")) if text.startswith("{") else text


def join_blocks(blocks: Iterable[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Join blocks of longitudes and latitudes; a single one is not copied."""
    pairs = list(blocks)
    if len(pairs) == 1:
        return pairs[0]
    lon, lat = (np.concatenate([np.empty(0), *axis]) for axis in zip(*pairs, strict=True))
    return lon, lat


def check_columns(columns: Sequence[str], there: Any, name: str) -> None:
    """Raise SchemaError unless a table has these columns."""
    lost = [n for n in columns if n not in there]
    if lost:
        raise SchemaError(f"{name} has no column {', '.join(lost)}", "write that column, too")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
