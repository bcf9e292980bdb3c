"""What every table goes through: child tables joined, columns and rows checked."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError, suggest_words
from geo_ree.schema.vocabularies import OWN

logger = logging.getLogger(__name__)

Frame = TypeVar("Frame", bound=pd.DataFrame)

LoadTable = Callable[[str], pd.DataFrame | None]
"""Opens a child table by its path in the catalogue; None if the payload does not hold it."""


def retry_hint(source: Source) -> str:
    """Return what to do about a file that is damaged or the wrong one."""
    if source.id.startswith(OWN):
        return "check the file, or export it again"
    if source.fetchable:
        return f"fetch it again with geo-ree fetch {source.id}"
    return f"get the file again, then geo-ree fetch {source.id} --file PATH"


def number_rows(frame: Frame) -> Frame:
    """Number the rows from 1, in the index ``row``."""
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row"))


def required_columns(source: Source) -> list[str]:
    """List every upstream column that the entry reads, each once."""
    return list(dict.fromkeys([*source.columns.values(), *source.further_columns()]))


def finish_table(
    frame: Frame, source: Source, load: LoadTable = lambda _: None, *, where: str, hint: str
) -> Frame:
    """Join the child tables to the main table, and check that it has rows and columns.

    `load` opens a child table; `where` names the main table and `hint` says what to do if it is
    damaged. Returns the main table's rows and columns, then ``<table>.<column>`` for each child
    table, several values separated by ``;``. Columns of a child table that the payload does not
    hold are blank, and a warning says so.

    Raises `SchemaError` if the table has no rows, or lacks a column that the catalogue names.
    """
    check_rows(source, frame, where, hint=hint)
    children: dict[str, pd.Series] = {}
    for child, member in source.reader.tables.items():
        table = load(member)
        if table is None:
            logger.warning(
                "%s: %s was provided without the table %s: its columns are blank",
                source.id,
                where,
                child,
            )
            names = [c for c in required_columns(source) if c.startswith(f"{child}.")]
            children |= {c: pd.Series("", index=frame.index) for c in names}
            continue
        label = f"{source.id}: {where.removesuffix(source.reader.member)}{member}"
        for name, one in ((f"{source.id}: {where}", frame), (label, table)):
            if source.reader.key not in one.columns:
                raise SchemaError(
                    f"{name} lacks the key column {source.reader.key!r} (it has: "
                    f"{', '.join(map(str, one.columns))})",
                    "correct reader.key in the catalogue entry",
                )
        children |= _join(frame[source.reader.key], table, source.reader.key, child, label)
    if children:
        frame = frame.assign(**children)
    _check_columns(source, frame.columns, where, hint=hint)
    return frame


def _join(
    keys: pd.Series, table: pd.DataFrame, key: str, child: str, label: str
) -> dict[str, pd.Series]:
    keys, owners = keys.astype(str), table[key].astype(str)
    orphans = ~owners.isin(keys)
    if orphans.any():
        logger.warning("%s: %d rows belong to no record", label, int(orphans.sum()))
    out = {}
    for column in table.columns.drop([key, "geometry"], errors="ignore"):
        several: dict[str, dict[str, None]] = {}
        texts = table[column].fillna("").astype(str).str.strip()
        for owner, value in zip(owners, texts, strict=True):
            if value:
                several.setdefault(owner, {})[value] = None
        out[f"{child}.{column}"] = keys.map(lambda k, s=several: ";".join(s.get(k, ()))).astype(str)
    return out


def _check_columns(source: Source, found: Iterable[object], name: str, *, hint: str) -> None:
    """Raise once, with every missing column, the closest name there is, and all that there are."""
    have = [str(c) for c in found]
    missing = [c for c in required_columns(source) if c not in have]
    # an entry with several tables states nulls for all of them
    unused = [c for c in source.nulls if c != "*" and c not in have and not source.part]
    if unused and not missing:
        raise SchemaError(
            f"{source.id}: {name} has no column {unused[0]!r}, as nulls.{unused[0]} says",
            suggest_words(unused[0], have) or f"its columns are {', '.join(have)}",
        )
    if not missing:
        return
    listed = []
    for column in missing:
        close = difflib.get_close_matches(column.lower(), [h.lower() for h in have], 1, 0.5)
        near = next((h for h in have if h.lower() in close), "")
        listed.append(f"{column!r}" + (f" (closest: {near!r})" if near else ""))
    raise SchemaError(
        f"{source.id}: {name} lacks the columns {', '.join(listed)}; it has: {', '.join(have)}",
        f"{hint}, or correct columns in the catalogue entry if the publisher renamed them",
    )


def check_rows(source: Source, frame: pd.DataFrame, name: str, *, hint: str) -> None:
    """Raise `SchemaError` if a table has no rows."""
    if frame.empty:
        raise SchemaError(f"{source.id}: {name} has no rows", hint)


def refuse_settings(source: Source, where: str, what: str, *names: str) -> None:
    """Refuse settings of the reader that a file of its format has no use for."""
    given = source.reader.given(*names)
    if "where" in given:
        raise SchemaError(
            f"{source.id}: {where} is {what}, and reader.where is only for layers that GDAL reads",
            "leave reader.where out, or provide the table as a GeoPackage",
        )
    if given:
        raise SchemaError(
            f"{source.id}: {where} is {what}, which has no use for reader.{given[0]}",
            f"leave reader.{given[0]} out of the catalogue entry, or provide another file",
        )
