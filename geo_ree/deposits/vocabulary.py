"""The words that publishers use, as tables that come with the package.

They lie in ``harmonize/words``: ``countries.csv`` (word, ISO alpha-3 code; no code where a word
names no one country of today), ``commodities.csv`` (word, symbol, group; no symbol where a word
only says how a commodity is sold or worked), and tables of patterns (pattern, kind) that are tried
from the top, the first that is found in the text counting.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from geo_ree.errors import SchemaError

_DOUBT = re.compile(r"\s*(\(\?\)|\?)$")


@dataclass(frozen=True)
class Commodity:
    """What a word for a commodity stands for.

    Attributes
    ----------
    symbols
        Element symbols, or the word that is used for it; empty where it names no commodity.
    group
        One of `geo_ree.schema.COMMODITY_GROUPS`.
    """

    symbols: tuple[str, ...]
    group: str


def without_doubt(text: str) -> str:
    """Take a trailing question mark from a word.

    Examples
    --------
    >>> without_doubt("Russian Federation(?)")
    'Russian Federation'
    """
    return _DOUBT.sub("", text)


def country_code(word: str) -> str | None:
    """ISO alpha-3 code of a country's name, old or new, or of its code.

    Returns
    -------
    str or None
        Blank for a word that names no one country of today; None for a word not in the table.

    Examples
    --------
    >>> [country_code(w) for w in ("Kazakstan", "Zaire", "USSR", "Atlantis")]
    ['KAZ', 'COD', '', None]
    """
    return _countries().get(" ".join(without_doubt(word).split()).casefold())


def commodity_named(word: str) -> Commodity | None:
    """What a word for a commodity stands for, None where it is not in the table.

    Examples
    --------
    >>> commodity_named("Niobium and Tantalum").symbols
    ('Nb', 'Ta')
    """
    return _commodities().get(word.casefold())


def kind_told(text: str, table: str) -> str | None:
    """Word of a vocabulary that a free text comes to, None where no pattern is found in it.

    Parameters
    ----------
    text
        As published, blanks collapsed.
    table
        Name of a table of patterns.

    Raises
    ------
    SchemaError
        When there is no such table; the message lists them.

    Examples
    --------
    >>> kind_told("Past U producer with byproduct REE", "status"), kind_told("Producer?", "status")
    ('mine', 'unknown')
    >>> kind_told("Mine;Smelter", "facility")
    'mine_and_plant'
    """
    return next((kind for pattern, kind in _patterns(table) if pattern.search(text)), None)


def word_tables() -> tuple[str, ...]:
    """Names of the tables of patterns.

    Examples
    --------
    >>> word_tables()
    ('facility', 'genesis', 'site_name', 'statement_category', 'statement_code', 'statement_system', \
'status', 'works')
    """
    folder = files("geo_ree.deposits") / "words"
    names = sorted(f.name.removesuffix(".csv") for f in folder.iterdir())
    return tuple(n for n in names if n not in ("countries", "commodities", "names"))


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("geo_ree.deposits") / "words" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _countries() -> Mapping[str, str]:
    return MappingProxyType({row["word"]: row["code"] for row in _rows("countries")})


@cache
def _commodities() -> Mapping[str, Commodity]:
    return MappingProxyType(
        {
            row["word"]: Commodity(
                tuple(s for s in row["symbol"].split(";") if s), row["group"] or "unknown"
            )
            for row in _rows("commodities")
        }
    )


@cache
def _patterns(table: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    if table not in word_tables():
        raise SchemaError(
            f"no table of words is called {table!r}",
            f"use one of {', '.join(word_tables())} under words in the catalogue entry",
        )
    return tuple((re.compile(row["pattern"], re.I), row["kind"]) for row in _rows(table))
