"""A table of a DuckDB file, or Parquet files read by DuckDB: nothing else is opened, nothing written."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo_ree.catalog.source import Source
from geo_ree.errors import DatabaseError, FetchError, import_extra
from geo_ree.fetching.sql_rows import (
    BATCH,
    EXACT_DIGITS,
    GEOMETRY,
    SqlRows,
    choose_columns,
    choose_shapes,
    condition_of,
    described,
)
from geo_ree.settings import Settings

SCHEME = "duckdb:"
"""What the address of a DuckDB file, or of Parquet files, begins with."""

_GEOMETRY = re.compile(r"GEOMETRY(?:\('(.*)'\))?", re.DOTALL)
_WKB = re.compile(r"geom|geometry|the_geom|wkb_geometry|wkb", re.IGNORECASE)
_INTEGERS = frozenset(
    ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"]
)
_WHOLE = re.compile(r"DECIMAL\((\d+),0\)")
_NO_WAY_OUT = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "1GB",
    "threads": "2",
}


@contextmanager
def duckdb_rows(source: Source, settings: Settings) -> Iterator[SqlRows]:
    """Open the table or files that an entry names; raises as `geo_ree.fetching.sql.open_rows`."""
    duckdb = import_extra("duckdb", "duckdb")
    files = _files(source)
    alone = len(files) == 1 and files[0].suffix.lower() != ".parquet"
    where = f"{source.id}: {source.url.removeprefix(SCHEME)}"
    try:
        with _opened(duckdb, files[0] if alone else None) as base:
            table = _table(base, source) if alone else base.read_parquet([str(f) for f in files])
            with _interrupted(base, settings.stall_s):
                yield _rows(duckdb, table, source, base)
    except duckdb.InterruptException as error:
        raise FetchError(
            f"{where}: no end after {settings.stall_s:g} s",
            "select rows with reader.where, or raise Settings.stall_s",
        ) from error
    except duckdb.Error as error:
        line = " ".join(str(error).split())[:300]
        raise DatabaseError(f"{where}: {line}", "check the file and the catalogue entry") from error


def _files(source: Source) -> list[Path]:
    pattern = source.url.removeprefix(SCHEME)
    there = glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob refuses some patterns
    found = sorted(p for p in map(Path, there) if p.is_file())
    if not found:
        raise FetchError(
            f"{source.id}: no file is called {pattern}", "correct url in the catalogue entry"
        )
    other = [p for p in found if p.suffix.lower() != ".parquet"]
    if len(found) > 1 and other:
        raise FetchError(
            f"{source.id}: {pattern} names {other[0].name} among several files",
            "name one DuckDB file, or Parquet files",
        )
    return found


@contextmanager
def _opened(duckdb: Any, path: Path | None) -> Iterator[Any]:
    """A connection that installs nothing and, of a file, reads no other one."""
    if path is None:
        base = duckdb.connect(config=_NO_WAY_OUT)
    else:
        sealed = {**_NO_WAY_OUT, "enable_external_access": "false"}
        base = duckdb.connect(str(path), read_only=True, config=sealed)
    with base:
        yield base


@contextmanager
def _interrupted(base: Any, seconds: float) -> Iterator[None]:
    """End whatever takes longer."""
    timer = threading.Timer(seconds, base.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _table(base: Any, source: Source) -> Any:
    asked = "SELECT table_schema, table_name FROM information_schema.tables ORDER BY 1, 2"
    there = base.execute(asked).fetchall()
    schema, _, name = source.reader.layer.rpartition(".")
    found = [row for row in there if row[1] == name and row[0] == (schema or "main")]
    if not found:
        listed = ", ".join(".".join(row) for row in there) or "none"
        raise FetchError(
            f"{source.id}: {source.url.removeprefix(SCHEME)} has no table {source.reader.layer!r}; "
            f"it has: {listed}",
            "name it in reader.layer of the catalogue entry",
        )
    return base.table(".".join('"' + part.replace('"', '""') + '"' for part in found[0]))


def _rows(duckdb: Any, table: Any, source: Source, base: Any) -> SqlRows:
    kinds = dict(zip(table.columns, map(str, table.types), strict=True))
    shapes = [n for n, kind in kinds.items() if _GEOMETRY.fullmatch(kind)]
    shapes = shapes or [n for n, kind in kinds.items() if kind == "BLOB" and _WKB.fullmatch(n)]
    others = [n for n, kind in kinds.items() if n not in shapes and kind != "BLOB"]
    version = base.execute("SELECT version()").fetchall()[0][0]
    columns, shape = choose_columns(source, others, shapes), choose_shapes(source, shapes)
    column, call = duckdb.ColumnExpression, duckdb.FunctionExpression
    wanted, fields = [], []
    for name in columns:
        cast, kind = _types(kinds[name])
        wanted.append(column(name).cast(cast).alias(name))
        fields.append(pa.field(name, kind))
    if shape:
        wkb = column(shape) if kinds[shape] == "BLOB" else call("st_aswkb", column(shape))
        wanted.append(wkb.alias(GEOMETRY))
        fields.append(pa.field(GEOMETRY, pa.binary()))
    where = condition_of(source)
    chosen = (table.filter(where) if where else table).select(*wanted)
    schema = pa.schema(fields)
    return SqlRows(
        schema=schema,
        crs=_crs(kinds[shape], source) if shape else None,
        batches=(batch.cast(schema) for batch in chosen.to_arrow_reader(BATCH)),
        server=f"DuckDB {version}",
        query=described(source, [*columns, *filter(None, [shape])]),
    )


def _types(kind: str) -> tuple[str, pa.DataType]:
    """Type to cast to, and Arrow's; numbers longer than float64 holds stay exact, as texts."""
    if kind in _INTEGERS:
        return "BIGINT", pa.int64()
    whole = _WHOLE.fullmatch(kind)
    exact = not whole or int(whole[1]) <= EXACT_DIGITS
    if kind in ("FLOAT", "DOUBLE") or (kind.startswith("DECIMAL") and exact):
        return "DOUBLE", pa.float64()
    return ("BOOLEAN", pa.bool_()) if kind == "BOOLEAN" else ("VARCHAR", pa.string())


def _crs(kind: str, source: Source) -> CRS | None:
    """The reference system that the type of a column names."""
    found = _GEOMETRY.fullmatch(kind)
    if not found or not found[1]:
        return None
    try:
        return CRS.from_user_input(found[1].replace("''", "'"))
    except CRSError as error:
        raise FetchError(
            f"{source.id}: the reference system of the shapes is unknown", "give it in reader.crs"
        ) from error
