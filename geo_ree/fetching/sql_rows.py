"""The rows of a database table, as the protocol ``sql`` takes them from PostGIS and DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyproj import CRS

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, suggest_words
from geo_ree.fetching.sql_condition import check_condition
from geo_ree.reading.tables import required_columns

GEOMETRY = "geometry"
"""Name of the column of shapes in a payload."""

EXACT_DIGITS = 15
"""Digits of a whole number that float64 holds."""

BATCH = 8_192
_USUAL = ("geom", "geometry", "the_geom", "wkb_geometry", "shape")


@dataclass(frozen=True, kw_only=True)
class SqlRows:
    """What a table gave.

    Parameters
    ----------
    schema
        Columns; the shapes are WKB, in `GEOMETRY`.
    crs
        Their reference system, None where the database does not know it.
    batches
        The rows, once.
    server
        Program and version.
    query
        What was asked, in words of the catalogue.
    """

    schema: pa.Schema
    crs: CRS | None
    batches: Iterator[pa.RecordBatch]
    server: str
    query: str


def condition_of(source: Source) -> str:
    """The checked condition of an entry; blank where it has none."""
    where = source.reader.where
    return check_condition(where, source.id) if where.strip() else ""


def described(source: Source, columns: Sequence[str]) -> str:
    """What is asked of a table, for the provenance."""
    where = condition_of(source)
    named = f"table {source.reader.layer}" if source.reader.layer else "all rows"
    return f"{named}, columns {', '.join(columns)}" + (f", where {where}" if where else "")


def choose_columns(source: Source, there: Sequence[str], shapes: Sequence[str]) -> list[str]:
    """Columns to read: those that the entry names, or all, without shapes.

    Raises
    ------
    FetchError
        When the table lacks one.
    """
    needed = [name for part in source.parts() for name in required_columns(part)]
    wanted = [name for name in dict.fromkeys(needed or there) if name not in shapes]
    for name in wanted:
        if name not in there:
            close = suggest_words(name, there)
            raise FetchError(
                f"{source.id}: {source.reader.layer or source.url} has no column {name!r}; it has: "
                f"{', '.join(there)}",
                f"{close} correct the columns of the catalogue entry".strip(),
            )
    if shapes and GEOMETRY in wanted:
        raise FetchError(
            f"{source.id}: {source.reader.layer or source.url} has shapes, and a column {GEOMETRY!r} that "
            "holds none",
            "make a view in which it has another name, or name the columns in the catalogue entry",
        )
    return list(wanted)


def choose_shapes(source: Source, shapes: Sequence[str]) -> str:
    """The column of shapes; blank where the table has none.

    Raises
    ------
    FetchError
        When there are several, none with a usual name.
    """
    if len(shapes) < 2:
        return shapes[0] if shapes else ""
    usual = [name for name in _USUAL if name in shapes]
    if not usual:
        raise FetchError(
            f"{source.id}: {source.reader.layer or source.url} has several columns of shapes: "
            f"{', '.join(shapes)}",
            "make a view with one of them",
        )
    return usual[0]
