"""A table or view of PostgreSQL: its columns, shapes and rows, in a transaction that only reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, import_extra
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
from geo_ree.storage.databases import connected, parse_address

_TABLE = """
SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND c.relname = %(table)s
AND CASE WHEN %(schema)s = '' THEN pg_table_is_visible(c.oid) ELSE n.nspname = %(schema)s END"""
_SIMILAR = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname !~ '^(pg_|information_schema)'
ORDER BY 1 LIMIT 12"""
_COLUMNS = """
SELECT a.attname, t.typname, tn.nspname, a.atttypmod FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = t.typnamespace
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""
_KEY = """
SELECT a.attname FROM pg_index i JOIN pg_attribute a
ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = %s AND i.indisprimary ORDER BY array_position(i.indkey, a.attnum)"""
_VERSION = """
SELECT current_setting('server_version'),
(SELECT extversion FROM pg_extension WHERE extname = 'postgis')"""
_SHAPES = ("geometry", "geography")
_TYPES = {
    **dict.fromkeys(("int2", "int4", "int8"), (pa.int64(), "int8")),
    **dict.fromkeys(("float4", "float8", "numeric"), (pa.float64(), "float8")),
    "bool": (pa.bool_(), "bool"),
}
_TEXT = (pa.string(), "text")
_FIXED = """
SELECT set_config('statement_timeout', %s, true), set_config('standard_conforming_strings', 'on', true),
set_config('datestyle', 'ISO', true), set_config('intervalstyle', 'iso_8601', true),
set_config('timezone', 'UTC', true)"""  # so that the same rows give the same texts for every role


@contextmanager
def postgres_rows(source: Source, settings: Settings) -> Iterator[SqlRows]:
    """Open the table that an entry names; raises as `geo_ree.fetching.sql.open_rows`."""
    address = parse_address(source.url)
    hint = "check reader.layer, reader.where and the columns of the catalogue entry"
    with connected(address, read_only=True, hint=hint) as connection:
        limit = f"{int(settings.read_timeout_s * 1000)}ms"
        connection.execute(_FIXED, (limit,))
        yield _Table(source, connection).rows()


def _type_of(kind: Sequence[Any]) -> tuple[pa.DataType, str]:
    """Arrow's type of a column, and the one to cast to; long whole numbers stay exact, as texts."""
    name, modifier = kind[0], kind[-1]
    digits, decimals = divmod(modifier - 4, 1 << 16) if modifier >= 0 else (0, 0)
    long = name == "numeric" and not decimals and digits > EXACT_DIGITS
    return _TEXT if long else _TYPES.get(name, _TEXT)


class _Table:
    def __init__(self, source: Source, connection: Any) -> None:
        self.source, self.connection = source, connection
        self.sql = import_extra("psycopg.sql", "postgis")
        self.oid, schema, name = self._find()
        self.at = self.sql.Identifier(schema, name)
        self.types = {n: rest for n, *rest in self._all(_COLUMNS, (self.oid,))}
        shapes = [n for n, (kind, *_) in self.types.items() if kind in _SHAPES]
        self.columns = choose_columns(source, [n for n in self.types if n not in shapes], shapes)
        self.shape = choose_shapes(source, shapes)

    def _all(self, statement: Any, given: Any = None) -> list[Any]:
        return list(self.connection.execute(statement, given).fetchall())

    def _find(self) -> tuple[int, str, str]:
        schema, _, table = self.source.reader.layer.rpartition(".")
        found = self._all(_TABLE, {"schema": schema, "table": table})
        if len(found) != 1:
            there = ", ".join(row[0] for row in self._all(_SIMILAR)) or "none"
            raise FetchError(
                f"{self.source.id}: the database {self.connection.info.dbname} has no table "
                f"{self.source.reader.layer}; it has: {there}",
                "name it as schema.table in reader.layer of the catalogue entry",
            )
        return found[0][0], found[0][1], found[0][2]

    def rows(self) -> SqlRows:
        """Ask for the rows; they come as they are read."""
        kinds = [_type_of(self.types[name]) for name in self.columns]
        fields = [pa.field(n, kind) for n, (kind, _) in zip(self.columns, kinds, strict=True)]
        crs = self._crs() if self.shape else None
        if self.shape:
            fields.append(pa.field(GEOMETRY, pa.binary()))
        postgres, postgis = self._all(_VERSION)[0]
        schema = pa.schema(fields)
        return SqlRows(
            schema=schema,
            crs=crs,
            batches=self._batches(schema, [cast for _, cast in kinds]),
            server=f"PostgreSQL {postgres}" + (f", PostGIS {postgis}" if postgis else ""),
            query=described(self.source, [*self.columns, *filter(None, [self.shape])]),
        )

    def _batches(self, schema: pa.Schema, casts: list[str]) -> Iterator[pa.RecordBatch]:
        query = self._query(casts)
        # a cursor of the server takes one statement, and gives it a batch at a time
        with self.connection.cursor(name="geo_ree", binary=True) as cursor:
            cursor.itersize = BATCH
            cursor.execute(query)
            while rows := cursor.fetchmany(BATCH):
                columns = zip(*rows, strict=True)
                arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _query(self, casts: list[str]) -> Any:
        sql = self.sql
        parts = [
            sql.SQL("{}::{}").format(sql.Identifier(name), sql.Identifier("pg_catalog", cast))
            for name, cast in zip(self.columns, casts, strict=True)
        ]
        if self.shape:
            parts.append(self._call("st_asbinary", self._call("st_curvetoline", self._geometry())))
        query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(parts), self.at)
        where = condition_of(self.source)
        if where:
            query += sql.SQL(" WHERE (") + sql.SQL(where) + sql.SQL(")")
        key = [row[0] for row in self._all(_KEY, (self.oid,))]
        if key:  # the same rows give the same bytes
            query += sql.SQL(" ORDER BY ") + sql.SQL(", ").join(map(sql.Identifier, key))
        return query

    def _call(self, function: str, argument: Any) -> Any:
        at = self.sql.Identifier(self.types[self.shape][1], function)
        return self.sql.SQL("{}({})").format(at, argument)

    def _geometry(self) -> Any:
        where = self.types[self.shape][1]
        kind = self.sql.Identifier(where, "geometry")
        return self.sql.SQL("{}::{}").format(self.sql.Identifier(self.shape), kind)

    def _crs(self) -> CRS | None:
        """The one reference system of the shapes; None where they have none."""
        srids = self._stated_srid() or self._found_srids()
        if len(srids) > 1:
            raise FetchError(
                f"{self.source.id}: {self.source.reader.layer} has shapes in several reference systems: "
                f"{', '.join(map(str, srids))}",
                "make a view with ST_Transform",
            )
        if not srids or srids[0] == 0:
            return None
        table = self.sql.Identifier(self.types[self.shape][1], "spatial_ref_sys")
        listed = self.sql.SQL("SELECT auth_name, auth_srid, srtext FROM {} WHERE srid = {}")
        row = self._all(listed.format(table, self.sql.Literal(srids[0])))
        try:
            if row and row[0][0] == "EPSG":
                return CRS.from_epsg(row[0][1])
            return CRS.from_wkt(row[0][2]) if row else CRS.from_epsg(srids[0])
        except CRSError as error:
            raise FetchError(
                f"{self.source.id}: {self.source.reader.layer} has the unknown SRID {srids[0]}",
                "make a view with ST_Transform",
            ) from error

    def _stated_srid(self) -> list[int]:
        """What the type of the column says; nothing where it says 0."""
        if self.types[self.shape][2] < 0:
            return []
        asked = self.sql.SQL("SELECT {}({})").format(
            self.sql.Identifier(self.types[self.shape][1], "postgis_typmod_srid"),
            self.sql.Literal(self.types[self.shape][2]),
        )
        return [row[0] for row in self._all(asked) if row[0]]

    def _found_srids(self) -> list[int]:
        srid = self._call("st_srid", self._geometry())
        asked = self.sql.SQL("SELECT DISTINCT {} FROM {} WHERE {} IS NOT NULL LIMIT 3")
        found = self._all(asked.format(srid, self.at, self.sql.Identifier(self.shape)))
        return sorted(row[0] for row in found)
