"""What is wrong with the rows of a table of facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from geo_ree.routing.facts_tables import TableRules

ASSUMED = "assumed"
"""What the source of a row says where nothing was found and the row is general knowledge."""

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
