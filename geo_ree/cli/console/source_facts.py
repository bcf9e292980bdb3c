"""Plain facts about catalogue entries: their layers, whom they cover, what is at hand."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from geo_ree.catalog import Source
from geo_ree.settings import Settings
from geo_ree.storage import Provenance, starter_path
from geo_ree.storage.snapshots import PROVENANCE

COUNTRIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "KAZ": ("Kazakhstan", "KZ"),
        "UZB": ("Uzbekistan", "UZ"),
        "KGZ": ("Kyrgyzstan", "KG"),
        "TJK": ("Tajikistan", "TJ"),
        "TKM": ("Turkmenistan", "TM"),
        "MNG": ("Mongolia", "MN"),
        "AFG": ("Afghanistan", "AF"),
    }
)
"""ISO alpha-3 -> name and ISO alpha-2 of the scored countries."""

_SNAPSHOT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.(\d+))?")
_EVERYWHERE = ("world", "whole region", "seven countries", "countries that reach into")


@dataclass(frozen=True, kw_only=True)
class AtHand:
    """The newest snapshot of a source, as its record tells without the payload being read.

    Parameters
    ----------
    day
        Its date.
    origin
        ``fetched`` or ``provided``; blank where the record is damaged.
    bytes
        Of the payload.
    damaged
        Whether the record cannot be read.
    """

    day: str
    origin: str = ""
    bytes: int = 0
    damaged: bool = False


def find_at_hand(source: Source, settings: Settings) -> AtHand | None:
    """Look up the newest snapshot of a source in the data folder, cheaply.

    Parameters
    ----------
    source
        Its catalogue entry.
    settings
        Where the data root is.

    Returns
    -------
    AtHand or None
        None when there is none. The payload is not hashed: `geo_ree.storage.latest_snapshot`
        does that.

    Examples
    --------
    >>> from pathlib import Path
    >>> from geo_ree.catalog.load import load_catalog
    >>> find_at_hand(load_catalog()["usgs_ree"], Settings(data_root=Path("nowhere"))) is None
    True
    """
    found = [
        (m[1], int(m[2] or 1), p)
        for p in (settings.raw_root / source.id).glob("*")
        if (m := _SNAPSHOT.fullmatch(p.name))
    ]
    if not found:
        return None
    day, _, folder = max(found)
    try:
        proof = Provenance.from_json((folder / PROVENANCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return AtHand(day=day, damaged=True)
    return AtHand(day=day, origin=proof.origin, bytes=proof.bytes)


def told_at_hand(source: Source, settings: Settings) -> str:
    """Say in a word or two what of a source is at hand; blank for nothing.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> told_at_hand(load_catalog()["starter_roads"], Settings())
    'starter'
    """
    if source.protocol == "starter":
        return "starter"
    found = find_at_hand(source, settings)
    if found is None:
        return ""
    odd = ", damaged" if found.damaged else ", handed" if found.origin == "provided" else ""
    return found.day + odd


def layers_of(source: Source) -> tuple[str, ...]:
    """Give the canonical layers that a source feeds, each once.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> layers_of(load_catalog()["usgs_ree"])
    ('deposits',)
    """
    return tuple(dict.fromkeys(part.layer for part in source.parts()))


def covers(source: Source, code: str) -> bool:
    """Tell whether a source says anything about a country.

    Parameters
    ----------
    source
        Its catalogue entry.
    code
        ISO alpha-3 of one of the scored countries.

    Returns
    -------
    bool
        By its coverage where it is complete for some countries, otherwise by the words of its
        country.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> catalog = load_catalog()
    >>> covers(catalog["usgs_ree"], "UZB"), covers(catalog["mongolia_licences"], "UZB")
    (True, False)
    """
    name, text = COUNTRIES[code][0], source.country.casefold()
    if source.coverage not in ((), ("none",)):
        return code in source.coverage
    return name.casefold() in text or any(words in text for words in _EVERYWHERE)


def find_country(name: str) -> str | None:
    """Give the ISO alpha-3 of a scored country by its name or ISO code, in any case.

    Examples
    --------
    >>> find_country("uzbekistan"), find_country("kz"), find_country("Atlantis")
    ('UZB', 'KAZ', None)
    """
    wanted = name.strip().casefold()
    for code, names in COUNTRIES.items():
        if wanted in (code.casefold(), *(n.casefold() for n in names)):
            return code
    return None


def count_in_starter(source: Source, code: str) -> int | None:
    """Count the records of a country in a table of the starter data.

    Parameters
    ----------
    source
        An entry of the protocol ``starter``.
    code
        ISO alpha-3.

    Returns
    -------
    int or None
        Rows that the table itself files under the country; None where it is no table, or
        does not name countries.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> catalog = load_catalog()
    >>> count_in_starter(catalog["starter_major_deposits"], "UZB")
    18
    >>> count_in_starter(catalog["starter_roads"], "UZB") is None
    True
    """
    if source.protocol != "starter" or not source.reader.member.endswith(".csv"):
        return None
    column = source.columns.get("country_reported", "")
    with starter_path(source.reader.member).open(encoding="utf-8-sig", newline="") as stream:
        table = csv.DictReader(stream)
        if column not in (table.fieldnames or ()):
            return None
        return sum(row[column] in (code, COUNTRIES[code][0]) for row in table)


def say(text: str = "", *, indent: int = 0, console: Console | None = None) -> None:
    """Print a paragraph: wrapped on a terminal, one line elsewhere."""
    console = console or Console(highlight=False)
    if console.is_terminal:
        console.print(Padding(Text(text), (0, 0, 0, indent)))
    else:
        console.out(f"{' ' * indent}{text}".rstrip(), highlight=False)


def say_rows(
    rows: Sequence[Mapping[str, str]], *, brief: Sequence[str] = (), console: Console | None = None
) -> None:
    """Print rows of one shape under their names; elsewhere than on a terminal nothing is cut.

    Parameters
    ----------
    rows
        Name -> text, the same names in each.
    brief
        The names to which a terminal, which is narrow, is kept; empty for all.
    console
        Where to; by default standard output.
    """
    console = console or Console(highlight=False)
    if not rows:
        say("none", console=console)
        return
    names = list(rows[0])
    if console.is_terminal:
        names = [n for n in names if not brief or n in brief]
        table = Table()
        for name in names:  # an id that is cut is of no use
            table.add_column(name, overflow="fold", no_wrap=name == names[0])
        for row in rows:
            table.add_row(*(Text(row[n]) for n in names))
        console.print(table)
        return
    widths = [max(len(n), *(len(r[n]) for r in rows)) for n in names]
    for cells in (names, *([r[n] for n in names] for r in rows)):
        line = "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True))
        console.out(line.rstrip(), highlight=False)


def say_facts(facts: Mapping[str, str], *, console: Console | None = None) -> None:
    """Print names and what they stand for, the names in a column of their own."""
    console = console or Console(highlight=False)
    width = max(map(len, facts))
    if not console.is_terminal:
        for name, text in facts.items():
            say(f"{name:>{width}}  {text}", console=console)
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in facts.items():
        grid.add_row(Text(name), Text(text))
    console.print(grid)


def say_json(value: Any) -> None:
    """Print a value as JSON, for machines."""
    Console(highlight=False).out(json.dumps(value, indent=2, ensure_ascii=False), highlight=False)
