"""The newest run of a PostGIS database as the service publishes it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from geo_ree.errors import SettingsError, import_extra
from geo_ree.outputs.database_switch import LATEST, MARK
from geo_ree.outputs.database_tables import GEOMETRY, ROW
from geo_ree.serving.served_run import (
    WORLD,
    Box,
    Collection,
    ServedRun,
    check_schema,
    describe,
)
from geo_ree.serving.table_provider import ITEM
from geo_ree.storage.databases import DatabaseAddress, connected

_PROVIDER = "geo_ree.serving.run_providers.PostgisProvider"
_NEWEST = """
SELECT obj_description(n.oid, 'pg_namespace'), r.oid::text FROM pg_namespace n
LEFT JOIN pg_namespace r
  ON r.nspname = 'run_' || substring(obj_description(n.oid, 'pg_namespace') FROM %s)
WHERE n.nspname = %s"""
_RUN_ID = f"^{MARK}([0-9A-Za-z_-]+)"
_TYPES = """
SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'postgis'"""
_TABLES = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL), coalesce(k.place, 0)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
LEFT JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(number, place) ON k.number = a.attnum
WHERE n.nspname = %s AND c.relkind = 'r' ORDER BY c.relname, a.attnum"""


def open_database(address: DatabaseAddress) -> ServedRun:
    """Read which tables the newest run of a database has.

    Raises
    ------
    SettingsError
        When there is no run, or one of another schema.
    DatabaseError
        When the database cannot be read.
    """
    sql = import_extra("psycopg.sql", "postgis")
    with connected(address, read_only=True) as base:
        schema = _newest(base, address)[0]
        types = base.execute(_TYPES).fetchone()[0]
        at = sql.SQL("SELECT * FROM {}")
        about = dict(base.execute(at.format(sql.Identifier(schema, "read_me"))).fetchall())
        check_schema(about, f"{address.shown}, {schema}")
        cursor = base.execute(at.format(sql.Identifier(schema, "sources")))
        names = [column.name for column in cursor.description]
        sources = pd.DataFrame(cursor.fetchall(), columns=names)
        tables: dict[str, list[tuple[str, str, int]]] = {}
        for table, *column in base.execute(_TABLES, (schema,)).fetchall():
            tables.setdefault(table, []).append((column[0], column[1], column[2]))
        collections = [
            _collection(base, schema, name, columns, {"address": address, "types": types}, sources)
            for name, columns in tables.items()
        ]
    collections.sort(key=lambda c: not c.provider["geom_field"])
    return ServedRun(about=about, collections=tuple(collections))


def version_of_database(address: DatabaseAddress) -> str:
    """Says which run of a database is the newest; it changes when an export replaces it."""
    with connected(address, read_only=True) as base:
        return "-".join(_newest(base, address))


def _newest(base: Any, address: DatabaseAddress) -> tuple[str, str]:
    """Schema of the newest run, and its number."""
    found = base.execute(_NEWEST, (_RUN_ID, LATEST)).fetchone()
    if found is None or found[1] is None:
        raise SettingsError(
            f"{address.shown} holds no run", "geo-ree export --to with this address writes one"
        )
    return f"run_{found[0].removeprefix(MARK).partition(':')[0]}", found[1]


def _collection(
    base: Any,
    schema: str,
    name: str,
    columns: list[tuple[str, str, int]],
    data: dict[str, Any],
    sources: pd.DataFrame,
) -> Collection:
    key = tuple(column for column, _, place in sorted(columns, key=lambda c: c[2]) if place)
    shaped = any(column == GEOMETRY for column, _, _ in columns)
    shown = [column for column, _, _ in columns if column not in (GEOMETRY, ROW)]
    return Collection(
        name=name,
        box=_box(base, schema, name, data["types"]) if shaped else WORLD,
        provider={
            "name": _PROVIDER,
            "data": data,
            "schema": schema,
            "table": name,
            "fields": tuple((column, kind) for column, kind, _ in columns),
            "key": key,
            "hidden": (ROW,),
            "id_field": key[0] if len(key) == 1 else ITEM,
            "geom_field": GEOMETRY if shaped else "",
        },
        **describe(name, shown, sources),
    )


def _box(base: Any, schema: str, table: str, types: str) -> Box:
    sql = import_extra("psycopg.sql", "postgis")
    statement = sql.SQL(
        "SELECT {0}.ST_XMin(e), {0}.ST_YMin(e), {0}.ST_XMax(e), {0}.ST_YMax(e) "
        "FROM (SELECT {0}.ST_Extent({1}) FROM {2}) t(e)"
    ).format(sql.Identifier(types), sql.Identifier(GEOMETRY), sql.Identifier(schema, table))
    west, south, east, north = base.execute(statement).fetchone()
    return WORLD if west is None else (west, south, east, north)
