"""How a table of facts is read, what it has to hold, and what is wrong with its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from geo_ree.errors import RouteError

ASSUMED = "assumed"
"""What the source of a row says where nothing was found and the row is general knowledge."""


@dataclass(frozen=True, kw_only=True)
class TableRules:
    """What a table of facts has to hold.

    Parameters
    ----------
    columns
        All that have to be there; further ones are kept.
    key
        Columns that together name a row once.
    date
        Column with the day, month or year that the row is of; never blank, nor is ``source``.
    filled
        Further columns that are never blank.
    numbers
        Columns of numbers with their least and greatest value; a blank is NaN.
    choices
        Columns with the words that they allow.
    codes
        Columns with one ISO 3166-1 alpha-3 code, or several joined by a semicolon.
    ascending
        Columns of numbers that ascend in each row.
    """

    columns: tuple[str, ...]
    key: tuple[str, ...]
    date: str = "as_of"
    filled: tuple[str, ...] = ()
    numbers: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    ascending: tuple[str, ...] = ()


def read_table(
    path: Path | str, columns: Collection[str], known: Collection[str] = ()
) -> pd.DataFrame:
    """Read a CSV file as text; `known` are further columns that an error may name."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise RouteError(f"{path} cannot be read ({error})", "give a CSV file in UTF-8") from error
    missing = [name for name in columns if name not in table]
    if missing and ";" in str(table.columns[0]):
        raise RouteError(
            f"{path} separates its columns by semicolons", "separate them by commas, as CSV does"
        )
    if missing:
        raise RouteError(
            f"{path} has no column {', '.join(missing)}",
            f"its columns are {', '.join((*columns, *known))}",
        )
    return table.apply(lambda column: column.str.strip())


Faults = Iterator[tuple[int, str, str]]


def find_faults(table: pd.DataFrame, rules: TableRules) -> Faults:
    """Find what is wrong: row number, what, and what to do about it."""
    for column in ("source", rules.date, *rules.filled):
        for row in np.flatnonzero(table[column] == ""):
            hint = f"fill in the column {column}"
            if column == "source":
                hint += f", or write {ASSUMED}"
            yield int(row), f"there is no {column}", hint
    yield from _find_wrong_words(table, rules)
    yield from _find_wrong_numbers(table, rules)
    for row in np.flatnonzero(table.duplicated(list(rules.key))):
        yield int(row), "it comes twice", "remove one"


def _find_wrong_words(table: pd.DataFrame, rules: TableRules) -> Faults:
    for column, words in rules.choices.items():
        for row in np.flatnonzero(~table[column].isin(words)):
            known = ", ".join(word or "a blank" for word in words)
            yield int(row), f"{column} is {table[column].iloc[row]!r}", f"use one of {known}"
    for column in rules.codes:
        wrong = ~table[column].str.fullmatch(r"(?:[A-Z]{3}(?:;[A-Z]{3})*)?")
        for row in np.flatnonzero(wrong):
            yield (
                int(row),
                f"{column} is {table[column].iloc[row]!r}",
                "give ISO 3166-1 codes of three letters, such as KAZ, joined by a semicolon",
            )


def _find_wrong_numbers(table: pd.DataFrame, rules: TableRules) -> Faults:
    numbers = {}
    for column, (least, most) in rules.numbers.items():
        numbers[column] = pd.to_numeric(table[column], errors="coerce")
        wrong = (table[column] != "") & ~numbers[column].between(least, most)
        for row in np.flatnonzero(wrong):
            yield (
                int(row),
                f"{column} is {table[column].iloc[row]!r}",
                f"give a number from {least:g} to {most:g}",
            )
    for lower, upper in zip(rules.ascending, rules.ascending[1:], strict=False):
        for row in np.flatnonzero(numbers[lower] > numbers[upper]):
            yield int(row), f"{lower} exceeds {upper}", "sort them"
