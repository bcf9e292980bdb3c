"""A table as features of pygeoapi, whatever database it is in."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import shapely
import sqlalchemy as sql
from pygeoapi.provider.base import (
    BaseProvider,
    ProviderConnectionError,
    ProviderInvalidQueryError,
    ProviderItemNotFoundError,
)
from pygeoapi.provider.sql import GenericSQLProvider
from sqlalchemy.orm import Session, column_property, registry

STORAGE_CRS = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

ITEM = "item_id"
"""Id of the rows of a table whose key has several columns."""

_KEY_MARK = "|"
_TYPES: Mapping[str, Any] = {
    "INTEGER": sql.BigInteger,
    "bigint": sql.BigInteger,
    "REAL": sql.Float,
    "double precision": sql.Float,
    "BOOLEAN": sql.Boolean,
    "boolean": sql.Boolean,
    "BLOB": sql.LargeBinary,
}
_CANCELLED = "57014"  # PostgreSQL's code of a statement that its time limit ends
_WORDS = {"true": True, "1": True, "false": False, "0": False}


class TableProvider(GenericSQLProvider):
    """A table as features, in pages whose order is stable, with the values as they are stored.

    It differs from its base in what it does about a wrong value (400, and no error of the
    database), about the order of equal values, about keys of several columns, about columns (in the
    order of the table) and about rows and tables without a geometry.

    The definition has ``table``, ``schema``, ``fields`` (name and type of each column), ``key``
    (columns of the primary key), ``hidden`` (columns that are not shown), ``geom_field`` (blank
    where there is none) and ``columns`` (what each means, as JSON Schema).
    """

    _fields: dict[str, Any]

    def __init__(self, provider_def: dict[str, Any]) -> None:
        BaseProvider.__init__(self, provider_def)
        self.table = provider_def["table"]
        self.geom = provider_def["geom_field"]
        self.storage_crs = STORAGE_CRS
        self.columns = provider_def["columns"]
        self._hidden = {self.geom, *provider_def["hidden"]}
        self._engine = self._open()
        self.table_model = table_model(
            provider_def["schema"], self.table, provider_def["fields"], provider_def["key"]
        )
        self.get_fields()

    def _open(self) -> sql.Engine:
        """The engine of the database."""
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
        """Whether a column is one of the properties of features."""
        return name not in self._hidden

    def query(self, **given: Any) -> dict[str, Any]:
        """The features that a request asks for."""
        with _clear_errors():
            return super().query(**given)

    def get(self, identifier: str, **given: Any) -> dict[str, Any]:
        """One feature."""
        key = getattr(self.table_model, self.id_field)
        try:
            known = key.type.python_type(identifier)
        except ValueError:
            raise ProviderItemNotFoundError(user_msg="no item has this id") from None
        with _clear_errors(), Session(self._engine) as session:
            item = session.query(self.table_model).filter(key == known).first()
            if item is None:
                raise ProviderItemNotFoundError(user_msg="no item has this id")
            change = self._get_crs_transform(given.get("crs_transform_spec"))
            return self._sqlalchemy_to_feature(item, change)

    def _get_property_filters(self, properties: list[tuple[str, str]]) -> Any:
        columns = self.table_model.__table__.columns
        return sql.and_(True, *(columns[n] == _typed(columns[n], v) for n, v in properties))

    def _get_order_by_clauses(self, sort_by: list[dict[str, str]], table_model: Any) -> list[Any]:
        wanted = super()._get_order_by_clauses(sort_by, table_model) if sort_by else []
        return [*wanted, *table_model.__table__.primary_key.columns]

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

    def _id_of(self, loaded: Mapping[str, Any]) -> Any:
        """The id of a row, whose key is always loaded."""
        key = [column.name for column in self.table_model.__table__.primary_key.columns]
        return loaded[key[0]] if len(key) == 1 else _KEY_MARK.join(str(loaded[k]) for k in key)

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
            "id": self._id_of(loaded),
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
            "properties": values,
        }


@lru_cache(maxsize=512)
def table_model(
    schema: str, table: str, fields: tuple[tuple[str, str], ...], key: tuple[str, ...]
) -> Any:
    """A class that is mapped to a table."""
    columns = [
        sql.Column(name, _TYPES.get(kind, sql.String)(), primary_key=name in key)
        for name, kind in fields
    ]
    mapped = type("Row", (), {})
    listed = sql.Table(table, sql.MetaData(), *columns, schema=schema or None)
    more = {}
    if len(key) > 1:
        first, *rest = (sql.cast(listed.columns[name], sql.String) for name in key)
        for part in rest:
            first = first.concat(_KEY_MARK).concat(part)
        more[ITEM] = column_property(first)
    registry().map_imperatively(mapped, listed, properties=more)
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
    except sql.exc.StatementError as error:  # of the database, or of a value that no column takes
        if getattr(error.orig, "sqlstate", None) == _CANCELLED:
            raise ProviderInvalidQueryError(user_msg="the query takes too long") from error
        if isinstance(error, sql.exc.OperationalError | sql.exc.InterfaceError) and not isinstance(
            error.orig, sqlite3.Error
        ):
            raise ProviderConnectionError(user_msg="the database does not answer") from error
        raise ProviderInvalidQueryError(user_msg="the filter cannot be evaluated") from error
