"""What every table goes through: child tables joined, columns and rows checked."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError

logger = logging.getLogger(__name__)


Frame = TypeVar("Frame", bound=pd.DataFrame)

Load = Callable[[str], pd.DataFrame | None]
"""Opens a child table by its path in the catalogue; None where the payload does not hold it."""


def cure_of(source: Source) -> str:
    """Say what to do about a payload that is damaged or the wrong one.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> cure_of(load_catalog()["usgs_ree"])
    'fetch it again with geo-ree fetch usgs_ree'
    """
    if source.fetchable:
        return f"fetch it again with geo-ree fetch {source.id}"
    return f"get the file again, then geo-ree fetch {source.id} --file PATH"


def numbered(frame: Frame) -> Frame:
    """Count the rows as a person does: the index, ``row``, from 1.

    Examples
    --------
    >>> numbered(pd.DataFrame({"name": ["Made-up Ridge"]})).index.tolist()
    [1]
    """
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row"))


def finished(
    frame: Frame, source: Source, load: Load = lambda _: None, *, where: str, hint: str
) -> Frame:
    """Join the child tables to a source's main one, and check what came out.

    Parameters
    ----------
    frame
        The main table.
    source
        Its catalogue entry.
    load
        Opens a child table; by default there are none.
    where
        Name of the main table, for the error.
    hint
        What to do about a damaged file.

    Returns
    -------
    pandas.DataFrame
        The main table's rows and columns, then ``<table>.<column>`` for each child table.
        Columns of a child table that the payload does not hold are blank, and a warning says so.

    Raises
    ------
    SchemaError
        When the table has no rows, or lacks a column that the catalogue names.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> major = load_catalog()["usgs_major_deposits"]
    >>> options = major.reader.model_copy(update={"tables": {"commodity": "commodity.csv"}})
    >>> entry = major.model_copy(update={"reader": options, "columns": {"name": "name"},
    ...     "precision": type(major.precision)(), "commodities": type(major.commodities)()})
    >>> main = pd.DataFrame({"gid": ["1"], "name": ["Made-up Ridge"]})
    >>> child = pd.DataFrame({"gid": ["1", "1"], "value": ["REE", "Fe"]})
    >>> finished(main, entry, lambda _: child, where="main.csv", hint="").loc[0].tolist()
    ['1', 'Made-up Ridge', 'REE;Fe']
    """
    check_rows(source, frame, where, hint=hint)
    children: dict[str, pd.Series] = {}
    for child, member in source.reader.tables.items():
        table = load(member)
        if table is None:
            logger.warning(
                "%s: %s stands alone: the columns of the table %s are blank",
                source.id,
                where,
                child,
            )
            names = [c for c in wanted_columns(source) if c.startswith(f"{child}.")]
            children |= {c: pd.Series("", index=frame.index) for c in names}
            continue
        label = f"{source.id}: {where.removesuffix(source.reader.member)}{member}"
        for name, one in ((f"{source.id}: {where}", frame), (label, table)):
            _check_key(source, one, name)
        children |= _joined(frame[source.reader.key], table, source.reader.key, child, label)
    if children:
        frame = frame.assign(**children)
    _check_columns(source, frame.columns, where, hint=hint)
    return frame


def _check_key(source: Source, frame: pd.DataFrame, name: str) -> None:
    if source.reader.key not in frame.columns:
        raise SchemaError(
            f"{name} lacks the key column {source.reader.key!r} (it has: "
            f"{', '.join(map(str, frame.columns))})",
            "correct reader.key in the catalogue entry",
        )


def _joined(
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


def wanted_columns(source: Source) -> list[str]:
    """Name every upstream column that the entry reads, each once.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> wanted_columns(load_catalog()["uzbekistan_geology"])
    ['commodities']
    """
    return list(dict.fromkeys([*source.columns.values(), *source.further_columns()]))


def _check_columns(source: Source, found: Iterable[object], name: str, *, hint: str) -> None:
    """Raise once, with every missing column, the closest name there is, and all that there are."""
    have = [str(c) for c in found]
    missing = [c for c in wanted_columns(source) if c not in have]
    if not missing:
        return
    told = []
    for column in missing:
        close = difflib.get_close_matches(column.lower(), [h.lower() for h in have], 1, 0.5)
        near = next((h for h in have if h.lower() in close), "")
        told.append(f"{column!r}" + (f" (closest: {near!r})" if near else ""))
    raise SchemaError(
        f"{source.id}: {name} lacks the columns {', '.join(told)}; it has: {', '.join(have)}",
        f"{hint}, or correct columns in the catalogue entry if the publisher renamed them",
    )


def check_rows(source: Source, frame: pd.DataFrame, name: str, *, hint: str) -> None:
    """Check that a table has rows at all.

    Raises
    ------
    SchemaError
        When it has none.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> check_rows(load_catalog()["usgs_ree"], pd.DataFrame(), "main.csv", hint="fetch it again")
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: usgs_ree: main.csv has no rows; fetch it again
    """
    if frame.empty:
        raise SchemaError(f"{source.id}: {name} has no rows", hint)
