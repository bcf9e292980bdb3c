"""The protocol ``sql``: a table of PostGIS or DuckDB, kept as GeoParquet like every other payload."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError
from geo_ree.fetching.duckdb_rows import SCHEME, duckdb_rows
from geo_ree.fetching.postgres_rows import postgres_rows
from geo_ree.fetching.protocol import Payload, Request
from geo_ree.fetching.sql_rows import GEOMETRY, SqlRows
from geo_ree.fetching.transport.download import Client
from geo_ree.reading.formats import open_file
from geo_ree.settings import Settings

MOST_ROWS = 20_000_000
"""Rows that are accepted of one table."""


def download_sql(request: Request, client: Client) -> Payload:
    """Read the table that ``reader.layer`` names, where ``reader.where`` holds, as GeoParquet.

    The transaction only reads, and ends after `Settings.read_timeout_s` without an answer. The query
    in the provenance has table, columns, condition, rows and the version of the server.

    Raises
    ------
    FetchError, DatabaseError, SchemaError
        When the database, the table or a column is not there, the condition is no comparison, or the
        table is empty or too large.
    """
    source, payload = request.source, request.folder / f"{request.source.id}.parquet"
    with open_rows(source, client.settings) as found:
        rows = _write(found, payload, client)
    if not rows:
        raise FetchError(
            f"{source.id}: no row of {source.reader.layer or source.url} meets the entry",
            "check reader.where in the catalogue entry",
        )
    return Payload(
        path=payload, url=source.url, query=f"{found.query}; {rows} rows; {found.server}"
    )


def open_rows(source: Source, settings: Settings) -> AbstractContextManager[SqlRows]:
    """Open the table of an entry; its rows are read while the context lasts.

    Raises
    ------
    DatabaseError, FetchError, SchemaError
        When server, file, table or a column is not there, or the condition is no comparison; when
        geo_ree works offline or with a mirror, and the database is on a server.
    SettingsError
        When duckdb or psycopg is not installed.
    """
    if source.url.startswith(SCHEME):
        return duckdb_rows(source, settings)
    if settings.offline or settings.mirror:
        how = "offline" if settings.offline else "with a mirror, which cannot replace a database"
        raise FetchError(
            f"{source.id} is not requested, because geo_ree works {how}",
            "leave out --offline and --mirror, or provide an extract with --file",
        )
    return postgres_rows(source, settings)


def _write(found: SqlRows, payload: Path, client: Client) -> int:
    """Write the rows, batch by batch; give their number."""
    most, rows = client.settings.max_download_bytes, 0
    schema = found.schema.with_metadata(_metadata(found))
    with pq.ParquetWriter(payload, schema, compression="zstd") as writer:
        for batch in _bounded(found.batches, client.source_id):
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))
            rows += batch.num_rows
            size = payload.stat().st_size
            if size > most:
                raise FetchError(
                    f"{client.source_id}: the table has {size} bytes or more, "
                    f"at most {most} are accepted",
                    "select rows with reader.where, or raise Settings.max_download_bytes",
                )
            if client.on_bytes is not None:
                client.on_bytes(size, None)
    return rows


def _bounded(batches: Iterator[pa.RecordBatch], source_id: str) -> Iterator[pa.RecordBatch]:
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        if rows > MOST_ROWS:
            raise FetchError(
                f"{source_id}: the table has more than {MOST_ROWS} rows",
                "select rows with reader.where in the catalogue entry",
            )
        yield batch


def _metadata(found: SqlRows) -> dict[str, str]:
    if GEOMETRY not in found.schema.names:
        return {}
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": []}
    column["crs"] = found.crs.to_json_dict() if found.crs is not None else None
    about = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
    return {"geo": json.dumps(about)}


def read_sql(path: Path, source: Source) -> pd.DataFrame:
    """Read what `download_sql` wrote, or any other file of the table, as `geo_ree.read` does.

    Raises
    ------
    SchemaError
        When the payload is damaged, or lacks a column that the entry names.
    """
    if path.suffix == ".parquet":  # the database has applied them
        reader = source.reader.model_copy(update={"layer": "", "where": ""})
        source = source.model_copy(update={"reader": reader})
    return open_file(path, source)
