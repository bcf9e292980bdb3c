"""The columns of every published table: name, unit, decimals, order, description.

The rows are in ``columns.csv``, one table after the other and each in its published order. A ``*``
stands for the name of a target or criterion. Columns of the unit ``internal`` are known, and are
published nowhere. A blank description is that of the canonical layer of the same name, else of
``deposits``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pandas as pd

from geo_ree.errors import SchemaError
from geo_ree.schema.canonical import LAYERS

INTERNAL = "internal"
_OWN = "column of the file that you provided"


@dataclass(frozen=True)
class OutputColumn:
    """One column, or family of columns, of a published table.

    Parameters
    ----------
    name
        Its name; ``*`` stands for a target or criterion.
    unit
        Blank for texts and plain counts, ``internal`` where the column is not published.
    decimals
        Digits that the figure can mean; None leaves it as it is.
    description
        One line for people.
    """

    name: str
    unit: str
    decimals: int | None
    description: str

    def matches(self, name: str) -> bool:
        """Whether a column of this name is one of the family."""
        pattern = ".+".join(re.escape(part) for part in self.name.split("*"))
        return re.fullmatch(pattern, name) is not None


@cache
def output_columns(table: str) -> tuple[OutputColumn, ...]:
    """Columns of a published table in their order, the internal ones last.

    Parameters
    ----------
    table
        ``scores``, ``unranked``, ``acceptability``, ``central_weights``, ``influence``,
        ``omission``, ...

    Raises
    ------
    SchemaError
        When no table has the name.

    Examples
    --------
    >>> [c.name for c in output_columns("acceptability")]
    ['id', 'rank_in_role', 'share']
    """
    rows = [row for row in _rows() if row["table"] == table]
    if not rows:
        raise SchemaError(f"no table is called {table!r}", f"use one of {', '.join(table_names())}")
    layer = LAYERS.get(table, LAYERS["deposits"])
    meanings = {column.name: column.meaning for column in layer.columns}
    return tuple(
        OutputColumn(
            name=row["column"],
            unit=row["unit"],
            decimals=int(row["decimals"]) if row["decimals"] else None,
            description=row["description"] or meanings[row["column"]],
        )
        for row in rows
    )


def table_names() -> list[str]:
    """Names of the published tables."""
    return list(dict.fromkeys(row["table"] for row in _rows()))


def arrange(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Publish a table: columns in order, rounded, internal ones left out, none lost in silence.

    Parameters
    ----------
    frame
        With any of the columns of `table`, in any order; a column ``geometry`` stays, last.
    table
        Name of the published table.

    Returns
    -------
    pandas.DataFrame
        Of the class of `frame`. Members of one family keep the order that they have in `frame`.

    Raises
    ------
    SchemaError
        When `frame` has a column that ``columns.csv`` does not list for the table.

    Examples
    --------
    >>> arrange(pd.DataFrame({"share": [0.123456], "id": ["x:1"], "rank_in_role": [1]}), "acceptability")
        id  rank_in_role   share
    0  x:1             1  0.1235
    """
    owners = column_owners(frame.columns, table)
    order = {column.name: at for at, column in enumerate(output_columns(table))}
    published = [name for name, column in owners.items() if column.unit != INTERNAL]
    published.sort(key=lambda name: order[owners[name].name])
    rest = ["geometry"] if "geometry" in frame.columns else []
    return rounded(frame[[*published, *rest]], table)


def rounded(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Round the floats of a table to their published decimals; the order stays.

    Examples
    --------
    >>> rounded(pd.DataFrame({"p_top3": [0.12345]}), "scores")["p_top3"].tolist()
    [0.123]
    """
    owners = column_owners(frame.columns, table)
    return frame.assign(
        **{
            name: frame[name].round(column.decimals) + 0.0  # + 0.0 turns -0.0 into 0.0
            for name, column in owners.items()
            if column.decimals is not None and pd.api.types.is_float_dtype(frame[name].dtype)
        }
    )


def column_owners(
    names: Iterable[object], table: str, *, own: bool = False
) -> dict[str, OutputColumn]:
    """Each column's name -> its row in ``columns.csv``; the closest family wins.

    With `own`, a name that is not listed is that of a column of a file that the user provided.

    Raises
    ------
    SchemaError
        When a name is not listed.

    Examples
    --------
    >>> column_owners(["near_abroad_road", "geometry"], "scores")["near_abroad_road"].name
    'near_abroad_*'
    """
    listed = output_columns(table)
    owners: dict[str, OutputColumn] = {}
    for name in map(str, names):
        if name == "geometry":
            continue
        matching = [column for column in listed if column.matches(name)]
        if not matching and own:
            matching = [OutputColumn(name, "", None, _OWN)]
        if not matching:
            raise SchemaError(
                f"table {table}: no list names the column {name!r}",
                "add a row for it to geo_ree/schema/columns.csv (unit internal keeps it inside)",
            )
        owners[name] = max(matching, key=lambda column: ("*" not in column.name, len(column.name)))
    return owners


def is_listed(name: str, table: str) -> bool:
    """Whether a column of this name is one of a published table's.

    Examples
    --------
    >>> is_listed("dist_road_km", "scores"), is_listed("grade", "scores")
    (True, False)
    """
    return name == "geometry" or any(c.matches(name) for c in output_columns(table))


def describe_columns(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """What each column of a published table means: ``table, column, unit, decimals, description``.

    Examples
    --------
    >>> describe_columns(pd.DataFrame({"score": [61.2]}), "scores")["unit"].tolist()
    ['points']
    """
    rows = [
        (table, name, column.unit, column.decimals, column.description)
        for name, column in column_owners(frame.columns, table, own=True).items()
        if column.unit != INTERNAL
    ]
    heads = ["table", "column", "unit", "decimals", "description"]
    return pd.DataFrame(rows, columns=heads).astype({"decimals": "Int64"})


@cache
def _rows() -> list[dict[str, str]]:
    with (files("geo_ree.schema") / "columns.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@cache
def table_texts() -> dict[str, tuple[str, str]]:
    """Title and description of each table and layer that a run is exported with.

    Examples
    --------
    >>> table_texts()["flags"][0]
    'Flags'
    """
    with (files("geo_ree.schema") / "tables.csv").open(encoding="utf-8") as lines:
        return {row["name"]: (row["title"], row["description"]) for row in csv.DictReader(lines)}
