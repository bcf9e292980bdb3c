"""The words that publishers use, read from the tables in ``geo_ree/deposits/words``.

``countries.csv`` gives each word an ISO alpha-3 code, or none where the word names no single
present-day country; its English and Russian names, and each country's own name in and around
Central Asia, are also those of the Unicode CLDR. ``commodities.csv`` gives each word its symbols
and its group, or no symbol where the word only says how a commodity is sold or worked. The other
tables list regular expressions and the kind each stands for; the first one found in a text counts.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from geo_ree.errors import SchemaError, SettingsError, suggest_words

_QUESTION_MARK = re.compile(r"\s*(\(\?\)|\?)$")
_OFFICIAL = re.compile(
    r"^(the )?(\w+ ){0,3}(republic|kingdom|commonwealth|sultanate|principality|federation) of (the )?"
    r"|^республика |^the "
)
"""What stands before a country's name in its official form."""


@dataclass(frozen=True)
class Commodity:
    """The element symbols (or words) and the commodity group that a word stands for."""

    symbols: tuple[str, ...]
    group: str


def strip_question_mark(text: str) -> str:
    """Remove the trailing question mark by which a source marks a word as uncertain."""
    return _QUESTION_MARK.sub("", text)


def country_code(word: str) -> str | None:
    """Return the ISO alpha-3 code of a country's name (old or new, official or not) or code.

    Returns "" for a word that names no single present-day country (USSR), and None for an unknown
    word.
    """
    plain = " ".join(strip_question_mark(word).split()).casefold()
    for text in (plain, _without_accents(plain), _OFFICIAL.sub("", plain, count=1)):
        code = _countries().get(text)
        if code is not None:
            return code
    return None


def read_country(word: str, what: str = "the country") -> str:
    """Return the ISO alpha-3 code of a country that a person names, or refuse the word.

    Parameters
    ----------
    word
        English, Russian or official name, ISO 3166-1 alpha-2 or alpha-3 code, in any case.
    what
        Names the option or column in the error.

    Returns
    -------
    str
        ISO 3166-1 alpha-3.

    Raises
    ------
    SettingsError
        When the word names no country, or no single present-day one; the hint has the nearest
        spellings.

    Examples
    --------
    >>> [read_country(word) for word in ("Uganda", "uga", "Republic of Uganda", "Кыргызстан")]
    ['UGA', 'UGA', 'UGA', 'KGZ']
    >>> read_country("Ugunda")
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: the country is 'Ugunda', which names no country; \
did you mean Uganda or Guinea or Uruguay?
    """
    code = country_code(word)
    if code:
        return code
    names = [w.title() for w, known in _countries().items() if known and len(w) > len("ISO")]
    why = "no single present-day country" if code == "" else "no country"
    raise SettingsError(
        f"{what} is {word!r}, which names {why}",
        suggest_words(word, names) or "give its name or its ISO 3166 code, for instance KAZ",
    )


def find_commodity(word: str) -> Commodity | None:
    """Look up a word for a commodity; None if it is not in the table."""
    return _commodities().get(word.casefold())


def match_kind(text: str, table: str) -> str | None:
    """Return the kind of the first pattern of a table that is found in a text, or None.

    Raises
    ------
    SchemaError
        If there is no such table; the message lists the tables.
    """
    return next((kind for pattern, kind in _patterns(table) if pattern.search(text)), None)


def match_kinds(text: str, table: str) -> list[str]:
    """Return the kinds of all patterns of a table that are found in a text, each once, in its order."""
    return list(dict.fromkeys(kind for pattern, kind in _patterns(table) if pattern.search(text)))


def word_tables() -> tuple[str, ...]:
    """List the names of the pattern tables."""
    folder = files("geo_ree.deposits") / "words"
    names = sorted(f.name.removesuffix(".csv") for f in folder.iterdir())
    return tuple(n for n in names if n not in ("countries", "commodities", "names"))


def read_words(name: str) -> list[dict[str, str]]:
    """Read one table of words as a list of rows."""
    text = (files("geo_ree.deposits") / "words" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


@cache
def _countries() -> Mapping[str, str]:
    return MappingProxyType({row["word"]: row["code"] for row in read_words("countries")})


@cache
def _commodities() -> Mapping[str, Commodity]:
    table = {}
    for row in read_words("commodities"):
        symbols = tuple(s for s in row["symbol"].split(";") if s)
        table[row["word"]] = Commodity(symbols, row["group"] or "unknown")
    return MappingProxyType(table)


@cache
def _patterns(table: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    if table not in word_tables():
        raise SchemaError(
            f"unknown table of words {table!r}",
            f"use one of {', '.join(word_tables())} under words in the catalogue entry",
        )
    return tuple((re.compile(row["pattern"], re.I), row["kind"]) for row in read_words(table))
