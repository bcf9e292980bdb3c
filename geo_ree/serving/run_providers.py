"""How pygeoapi reads the tables of a run: from a GeoPackage, from PostGIS and from memory."""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import shapely
import sqlalchemy as sql

from geo_ree.serving.raster_list import fill_table
from geo_ree.serving.table_provider import TableProvider
from geo_ree.storage.databases import DatabaseAddress, connect

THREADS = 8
"""Requests that are worked on at once."""

_LONGEST_MS = 30_000  # of one statement
_READING = """
SELECT set_config('default_transaction_read_only', 'on', false),
set_config('statement_timeout', %s, false), set_config('search_path', quote_ident(%s), false)"""


class GeoPackageProvider(TableProvider):
    """A table of a GeoPackage, which is opened for reading only and never written to."""

    def _open(self) -> sql.Engine:
        return file_engine(self.data["file"], self.data["version"])

    def _read_shape(self, stored: Any) -> Any:
        return read_geopackage_shape(stored)

    def _meets(self, west: float, south: float, east: float, north: float) -> Any:
        columns = self.table_model.__table__.columns
        exact = sql.func.meets_box(columns[self.geom], west, south, east, north)
        index = self.data.get("index")
        if not index:
            return exact
        tree = sql.table(index, *map(sql.column, ("id", "minx", "maxx", "miny", "maxy")))
        near = sql.select(tree.c.id).where(
            tree.c.minx <= east, tree.c.maxx >= west, tree.c.miny <= north, tree.c.maxy >= south
        )
        return sql.and_(columns["fid"].in_(near), exact)


def read_geopackage_shape(stored: bytes) -> Any:
    """Shape of a geometry of a GeoPackage, or of plain WKB.

    References
    ----------
    OGC (2024), GeoPackage Encoding Standard 1.4, section 2.1.3: the header has 8 bytes and an
    envelope, whose size is in bits 1 to 3 of the flags.

    Examples
    --------
    >>> read_geopackage_shape(b"GP" + bytes([0, 1, 0, 0, 0, 0]) + shapely.Point(1, 2).wkb).wkt
    'POINT (1 2)'
    """
    if stored[:2] == b"GP":
        stored = stored[8 + (0, 32, 48, 48, 64)[(stored[3] >> 1) & 7] :]
    return shapely.from_wkb(stored)


def _meets_box(stored: bytes | None, west: float, south: float, east: float, north: float) -> bool:
    if stored is None:
        return False
    return bool(shapely.box(west, south, east, north).intersects(read_geopackage_shape(stored)))


@lru_cache(maxsize=4)
def file_engine(file: str, version: str) -> sql.Engine:
    """Engine of a GeoPackage; another `version` of the file has another one.

    The file is opened as one that does not change: nothing is written beside it, and it may lie in
    a folder that cannot be written to. All connections are opened at once: where another export
    replaces the file, they keep to the old one.
    """
    engine = sqlite_engine(f"file:{quote(file)}?immutable=1")
    for base in [engine.connect() for _ in range(THREADS)]:
        base.close()
    return engine


def sqlite_engine(address: str) -> sql.Engine:
    """Engine of an SQLite database with the function ``meets_box``."""

    def connect() -> sqlite3.Connection:
        base = sqlite3.connect(address, uri=True, check_same_thread=False)
        base.create_function("meets_box", 5, _meets_box, deterministic=True)
        return base

    return sql.create_engine(
        "sqlite://", creator=connect, poolclass=sql.QueuePool, pool_size=THREADS, max_overflow=0
    )


class PostgisProvider(TableProvider):
    """A table of a run in PostGIS, in transactions that cannot change anything."""

    def _open(self) -> sql.Engine:
        return database_engine(self.data["address"], self.data["types"])

    def _read_shape(self, stored: Any) -> Any:
        return shapely.from_wkb(stored)

    def _meets(self, west: float, south: float, east: float, north: float) -> Any:
        box = sql.func.ST_MakeEnvelope(west, south, east, north, 4326)
        return sql.func.ST_Intersects(self.table_model.__table__.columns[self.geom], box)


@lru_cache(maxsize=4)
def database_engine(address: DatabaseAddress, types: str) -> sql.Engine:
    """Engine of a database whose PostGIS is in the schema `types`."""

    def connect_for_reading() -> Any:
        base = connect(address)
        base.autocommit = True  # what is set holds for the session
        base.execute(_READING, (f"{_LONGEST_MS}ms", types))
        base.autocommit = False
        return base

    return sql.create_engine(
        "postgresql+psycopg://",
        creator=connect_for_reading,
        pool_size=THREADS,
        max_overflow=0,
        pool_pre_ping=True,
    )


class RasterProvider(GeoPackageProvider):
    """The list of rasters, a table in memory."""

    def _open(self) -> sql.Engine:
        return list_engine(self.data["rows"])[0]


@lru_cache(maxsize=4)
def list_engine(rows: tuple[tuple[Any, ...], ...]) -> tuple[sql.Engine, sqlite3.Connection]:
    """Engine of a list of rasters in memory, and the connection that it lasts as long as."""
    address = f"file:rasters-{hash(rows):x}?mode=memory&cache=shared"
    base = sqlite3.connect(address, uri=True, check_same_thread=False)
    fill_table(base, rows)
    return sqlite_engine(address), base
