"""How pygeoapi reads the tables of a run: from a GeoPackage, from PostGIS and from memory."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import shapely
import sqlalchemy as sql
from pygeoapi.provider.base import (
    BaseProvider,
    ProviderConnectionError,
    ProviderInvalidQueryError,
    ProviderItemNotFoundError,
)
from pygeoapi.provider.sql import GenericSQLProvider
from sqlalchemy.orm import registry

from geo_ree.serving.raster_list import fill_table

THREADS = 8
"""Requests that are worked on at once."""

STORAGE_CRS = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_TYPES: Mapping[str, Any] = {"INTEGER": sql.Integer, "REAL": sql.Float, "BOOLEAN": sql.Boolean}
_WORDS = {"true": True, "1": True, "false": False, "0": False}
_NO_SUCH_ID = "no item has this id"


class TableProvider(GenericSQLProvider):
    """A table as features, in pages whose order is stable, with the values as they are stored.

    It differs from its base in what it does about a wrong value (400, and no error of the
    database), about the order of equal values, about columns (all, in the order of the table) and
    about rows and tables without a geometry.
    """

    _fields: dict[str, Any]
    driver_name = ""
    default_port = 0

    def __init__(self, provider_def: dict[str, Any]) -> None:
        BaseProvider.__init__(self, provider_def)
        self.table = provider_def["table"]
        self.geom = provider_def["geom_field"]
        self.storage_crs = STORAGE_CRS
        self.columns = provider_def["columns"]
        self._engine, self.table_model = self._open()
        self.get_fields()

    def _open(self) -> tuple[Any, Any]:
        """The engine of the database, and the class that is mapped to the table."""
        raise NotImplementedError

    def _read_shape(self, stored: Any) -> Any:
        """A stored geometry as shape of shapely."""
        raise NotImplementedError

    def get_fields(self) -> dict[str, Any]:
        """Type and meaning of each column."""
        if not self._fields:
            super().get_fields()
            self._fields = {
                name: {**field, **self.columns.get(name, {})}
                for name, field in self._fields.items()
                if self._is_shown(name)
            }
        return self._fields

    def _is_shown(self, name: str) -> bool:
        """Whether a column is one of the features' properties: a row number is not."""
        return name not in (self.geom, "fid")

    def query(self, **given: Any) -> dict[str, Any]:
        """The features that a request asks for."""
        with _clear_errors():
            return super().query(**given)

    def get(self, identifier: str, **given: Any) -> dict[str, Any]:
        """One feature."""
        column = self.table_model.__table__.columns[self.id_field]
        try:
            known = column.type.python_type(identifier)
        except ValueError:
            raise ProviderItemNotFoundError(user_msg=_NO_SUCH_ID) from None
        with _clear_errors():
            return super().get(known, **given)

    def _get_property_filters(self, properties: list[tuple[str, str]]) -> Any:
        columns = self.table_model.__table__.columns
        return sql.and_(True, *(columns[n] == _typed(columns[n], v) for n, v in properties))

    def _get_order_by_clauses(self, sort_by: list[dict[str, str]], table_model: Any) -> list[Any]:
        wanted = super()._get_order_by_clauses(sort_by, table_model)
        return [*wanted, sql.asc(getattr(table_model, self.id_field))]

    def _get_datetime_filter(self, datetime_: str | None) -> bool:
        """Every feature: what has no time is part of each answer (OGC 17-069r4, 7.15.4)."""
        return True

    def _get_cql_filters(self, filterq: Any) -> Any:
        try:
            return super()._get_cql_filters(filterq)
        except (KeyError, NotImplementedError, AttributeError, TypeError, ValueError) as error:
            raise ProviderInvalidQueryError(
                user_msg="the filter names an unknown column, or what this service cannot compare"
            ) from error

    def _get_bbox_filter(self, bbox: list[float]) -> Any:
        """Features whose geometry meets the box; one that crosses the antimeridian is two."""
        if not bbox:
            return True
        if self.geom not in self.table_model.__table__.columns:
            return False
        west, south, east, north = bbox if len(bbox) == 4 else (*bbox[:2], *bbox[3:5])
        if not all(map(math.isfinite, bbox)):
            raise ProviderInvalidQueryError(user_msg="bbox is not a box of numbers")
        if west <= east:
            return self._meets(west, south, east, north)
        return sql.or_(
            self._meets(west, south, 180.0, north), self._meets(-180.0, south, east, north)
        )

    def _meets(self, west: float, south: float, east: float, north: float) -> Any:
        """The condition that a geometry meets a box."""
        raise NotImplementedError

    def _sqlalchemy_to_feature(self, item: Any, crs_transform_out: Any = None) -> dict[str, Any]:
        loaded = item.__dict__
        values = {
            column.name: _plain(loaded[column.name])
            for column in self.table_model.__table__.columns
            if column.name in loaded and self._is_shown(column.name)
        }
        shape = None
        if loaded.get(self.geom) is not None:
            shape = self._read_shape(loaded[self.geom])
            if crs_transform_out is not None:
                shape = crs_transform_out(shape)
        return {
            "type": "Feature",
            "id": loaded[self.id_field],
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
            "properties": values,
        }


class GeoPackageProvider(TableProvider):
    """A table of a GeoPackage, which is opened for reading only and never written to."""

    def _open(self) -> tuple[Any, Any]:
        engine = file_engine(self.data["file"], self.data["version"])
        return engine, _file_model(engine, self.table, self.id_field, self.geom)

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


@lru_cache(maxsize=512)
def _file_model(engine: sql.Engine, table: str, id_field: str, geometry: str) -> Any:
    with engine.connect() as base:
        names = base.execute(
            sql.select(sql.column("name"), sql.column("type")).select_from(
                sql.func.pragma_table_info(table)
            )
        ).all()
    columns = [
        sql.Column(
            name,
            sql.LargeBinary() if name == geometry else _TYPES.get(kind, sql.String)(),
            primary_key=name == id_field,
        )
        for name, kind in names
    ]
    return map_table(sql.Table(table, sql.MetaData(), *columns))


def map_table(table: sql.Table) -> Any:
    """A class that is mapped to a table."""
    mapped = type("Row", (), {})
    registry().map_imperatively(mapped, table)
    return mapped


def _typed(column: Any, text: str) -> Any:
    """The value of a filter in the type of its column."""
    kind = column.type.python_type
    try:
        return _WORDS[text.casefold()] if kind is bool else kind(text)
    except (KeyError, ValueError, OverflowError):
        raise ProviderInvalidQueryError(
            user_msg=f"{column.name} is compared with what is no {kind.__name__}"
        ) from None


def _plain(value: Any) -> Any:
    """A value as JSON takes it: NaN and infinity are unknown."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Turn errors of the database into those of pygeoapi: a wrong filter, or no connection."""
    try:
        yield
    except OverflowError as error:
        raise ProviderInvalidQueryError(user_msg="a number is too large") from error
    except sql.exc.DBAPIError as error:
        if isinstance(error, sql.exc.OperationalError | sql.exc.InterfaceError) and not isinstance(
            error.orig, sqlite3.Error
        ):
            raise ProviderConnectionError(user_msg="the database does not answer") from error
        raise ProviderInvalidQueryError(user_msg="the filter cannot be evaluated") from error


class RasterProvider(GeoPackageProvider):
    """The list of rasters, a table in memory."""

    def _open(self) -> tuple[Any, Any]:
        engine, _ = list_engine(self.data["rows"])
        return engine, _file_model(engine, self.table, self.id_field, self.geom)


@lru_cache(maxsize=4)
def list_engine(rows: tuple[tuple[Any, ...], ...]) -> tuple[sql.Engine, sqlite3.Connection]:
    """Engine of a list of rasters in memory, and the connection that it lasts as long as."""
    address = f"file:rasters-{hash(rows):x}?mode=memory&cache=shared"
    base = sqlite3.connect(address, uri=True, check_same_thread=False)
    fill_table(base, rows)
    return sqlite_engine(address), base
