"""A run in a PostGIS database: a schema of its own, and the views of the schema ``latest``.

Everything is written in one transaction, into a draft that takes the place of the run's schema at the
end: readers see the old run or the new one, and wait for the moment of the switch only.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from geo_ree.errors import DatabaseError, import_extra
from geo_ree.outputs.bundle import Bundle
from geo_ree.outputs.database_switch import MARK, check_ours, switch
from geo_ree.outputs.database_tables import GEOMETRY, DatabaseTable, tables_of
from geo_ree.storage.databases import connected, parse_address

_BATCH = 8_192
_PATH = "SET LOCAL search_path = pg_catalog"
_IDLE = "SET LOCAL idle_in_transaction_session_timeout = '5min'"
_EXTENSION = """
SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'postgis'"""
_WRITTEN = """
SELECT c.relname, '' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind = 'i'
UNION ALL SELECT k.conname, c.relname FROM pg_constraint k
JOIN pg_namespace n ON n.oid = k.connamespace JOIN pg_class c ON c.oid = k.conrelid
WHERE n.nspname = %(schema)s"""
_MAY_CREATE = "SELECT has_database_privilege(current_database(), 'CREATE')"
_WHO = """
SELECT quote_ident(current_user), quote_ident(current_database()),
current_setting('server_encoding'), current_setting('transaction_read_only') = 'on'"""


def write_postgis(bundle: Bundle, address: str) -> str:
    """Write a run into a PostGIS database, all of it or nothing.

    Parameters
    ----------
    bundle
        The tables of the run.
    address
        ``postgresql://user@host:port/database``, see `geo_ree.storage.databases.parse_address`.

    Returns
    -------
    str
        The schema of the run: ``run_<run id>``. It holds the tables of the GeoPackage with primary
        keys, foreign keys where they hold, spatial indexes, and comments with meaning, unit and
        attribution. The schema ``latest`` has a view of each.

    Raises
    ------
    SettingsError
        When the address is none, or psycopg is not installed.
    DatabaseError
        When the database cannot be written, has no PostGIS, or holds something else under a name
        that the run needs. What was there is unchanged then.

    Notes
    -----
    Runs lie beside each other. The same run again replaces its schema and keeps the rights on it, its
    tables and their columns. What geo_ree did not write, such as an index on one of its tables, it never
    removes: it stops there.
    """
    database = parse_address(address)
    import_extra("psycopg", "postgis")
    schema, tables = schema_of(bundle.run["run_id"]), tables_of(bundle)
    names = [table.name for table in tables]
    with connected(database) as connection:
        types = _begin(connection)
        check_ours(connection, schema, names)
        draft = _Draft(connection, f"{schema[:40]}_draft_{secrets.token_hex(4)}", types)
        draft.write(tables, f"{MARK}{bundle.run['run_id']}")
        switch(connection, draft.name, schema, names)
    return schema


def schema_of(run_id: str) -> str:
    """The schema of a run.

    Examples
    --------
    >>> schema_of("5adec50e")
    'run_5adec50e'
    """
    return f"run_{run_id}"


def check_database(address: str) -> None:
    """Refuse a database that takes no run, before the work starts; nothing is changed.

    Raises
    ------
    SettingsError, DatabaseError
        As `write_postgis`.
    """
    with connected(parse_address(address)) as connection:
        _begin(connection)
        check_ours(connection, "", ())
        connection.rollback()


def _begin(connection: Any) -> str:
    """Check what the role may do, and that PostGIS is there; give the schema of its types."""
    user, name, encoding, read_only = connection.execute(_WHO).fetchone()
    if encoding != "UTF8":
        raise DatabaseError(
            f"the database {name} keeps texts in {encoding}, which has not all letters",
            "make one with ENCODING 'UTF8'",
        )
    if read_only:
        raise DatabaseError(
            f"the role {user} can only read the database {name}",
            "give the address of the primary server, or a role that may write",
        )
    if not connection.execute(_MAY_CREATE).fetchone()[0]:
        raise DatabaseError(
            f"the role {user} may not create a schema in the database {name}",
            f"let its owner run: GRANT CREATE ON DATABASE {name} TO {user}",
        )
    types = make_extension(connection)
    connection.execute(_PATH)
    connection.execute(_IDLE)
    return types


def make_extension(connection: Any, extension: str = "postgis") -> str:
    """Give the schema that holds the types of PostGIS, which is installed where the role may."""
    errors, sql = import_extra("psycopg", "postgis").errors, import_extra("psycopg.sql", "postgis")
    found = connection.execute(_EXTENSION).fetchone()
    if found is None:
        add = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
        try:
            with connection.transaction():
                connection.execute(add)
        except errors.UniqueViolation:
            pass  # another export has just done so
        except (
            errors.InsufficientPrivilege,
            errors.FeatureNotSupported,
            errors.UndefinedFile,
        ) as e:
            raise DatabaseError(
                f"the database {connection.info.dbname} has no PostGIS, and it cannot be added: "
                f"{e.diag.message_primary}",
                f"let an administrator run CREATE EXTENSION {extension} in it",
            ) from None
        found = connection.execute(_EXTENSION).fetchone()
    return str(found[0])


@dataclass(frozen=True)
class _Draft:
    """A new schema that is being written."""

    connection: Any
    name: str
    types: str

    def write(self, tables: list[DatabaseTable], comment: str) -> None:
        """Make the schema with its tables, rows, keys, indexes and comments."""
        self._do("CREATE SCHEMA {}", self._name(self.name))
        self._do("COMMENT ON SCHEMA {} IS {}", self._name(self.name), self._text(comment))
        for table in tables:
            self._create(table)
            self._copy(table)
        for table in tables:  # keys need all tables, and are quicker after the rows
            self._finish(table)
        self._mark(comment)

    def _create(self, table: DatabaseTable) -> None:
        columns = [self._column(column.name, column.kind, table) for column in table.columns]
        key = self._names(table.key)
        listed = self._sql.SQL(", ").join(columns)
        self._do("CREATE TABLE {} ({}, PRIMARY KEY ({}))", self._at(table), listed, key)

    def _column(self, name: str, kind: str, table: DatabaseTable) -> Any:
        if name != GEOMETRY:
            return self._sql.SQL("{} " + _TYPES[kind]).format(self._name(name))
        return self._sql.SQL("{} {}.geometry({}, 4326)").format(
            self._name(name), self._name(self.types), self._name(table.shape.lower())
        )

    def _copy(self, table: DatabaseTable) -> None:
        into = self._sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(self._at(table))
        with self.connection.cursor() as cursor, cursor.copy(into) as copy:
            copy.set_types([_BINARY[column.kind] for column in table.columns])
            for row in rows_of(table.rows):
                copy.write_row(row)

    def _finish(self, table: DatabaseTable) -> None:
        at = self._at(table)
        for column, other in table.references.items():
            goal = self._sql.Identifier(self.name, other)
            self._do(
                "ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {}", at, self._name(column), goal
            )
            if column != table.key[0]:
                self._do("CREATE INDEX ON {} ({})", at, self._name(column))
        if table.shape:
            self._do("CREATE INDEX ON {} USING gist ({})", at, self._name(GEOMETRY))
        self._do("COMMENT ON TABLE {} IS {}", at, self._text(table.comment))
        for one in table.columns:
            spot = self._sql.Identifier(self.name, table.name, one.name)
            self._do("COMMENT ON COLUMN {} IS {}", spot, self._text(one.comment))
        self._do("ANALYZE {}", at)

    def _mark(self, comment: str) -> None:
        """Say of each index and constraint, too, that geo_ree wrote it."""
        written = self.connection.execute(_WRITTEN, {"schema": self.name}).fetchall()
        for name, table in written:
            at = self._sql.Identifier(self.name, table or name)
            if table:
                words = "COMMENT ON CONSTRAINT {} ON {} IS {}"
                self._do(words, self._name(name), at, self._text(comment))
            else:
                self._do("COMMENT ON INDEX {} IS {}", at, self._text(comment))

    def _do(self, statement: str, *parts: Any) -> None:
        self.connection.execute(self._sql.SQL(statement).format(*parts))

    def _at(self, table: DatabaseTable) -> Any:
        return self._sql.Identifier(self.name, table.name)

    def _names(self, names: tuple[str, ...]) -> Any:
        return self._sql.SQL(", ").join(map(self._sql.Identifier, names))

    def _name(self, name: str) -> Any:
        return self._sql.Identifier(name)

    def _text(self, text: str) -> Any:
        return self._sql.Literal(text.replace("\x00", ""))  # PostgreSQL keeps no NUL

    @property
    def _sql(self) -> Any:
        return import_extra("psycopg.sql", "postgis")


_TYPES = {name: name for name in ("text", "bigint", "double precision", "boolean")}
_BINARY = {
    "text": "text",
    "bigint": "int8",
    "double precision": "float8",
    "boolean": "bool",
    "geometry": "bytea",  # PostGIS takes EWKB as it is
}


def rows_of(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """Rows as plain values, some thousand at a time.

    Examples
    --------
    >>> list(rows_of(pa.table({"a": ["x", None], "b": [0.5, 2.0]})))
    [('x', 0.5), (None, 2.0)]
    """
    for start in range(0, table.num_rows, _BATCH):
        columns = [column.to_pylist() for column in table.slice(start, _BATCH).columns]
        yield from zip(*columns, strict=True)
