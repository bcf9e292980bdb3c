"""Facts about a catalogue entry: its layers, the countries it covers, its newest snapshot."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from geo_ree.catalog import Source
from geo_ree.fetching.transport.masking import masked_values, secrets_of
from geo_ree.settings import Settings
from geo_ree.storage import Provenance, starter_path
from geo_ree.storage.provenance import PROVENANCE

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

EVIDENCE: Mapping[str, str] = MappingProxyType(
    {
        "confirmed": "confirmed (seen in print)",
        "pattern": "pattern (the address of a sibling was seen in print, this one was not)",
        "guess": "guess (general knowledge, or nothing found where one would look)",
    }
)
"""How sure an address is, explained."""

_SNAPSHOT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.(\d+))?")
_EVERYWHERE = ("world", "whole region", "seven countries", "countries that reach into")


def summarize_snapshot(source: Source, settings: Settings) -> dict[str, Any] | None:
    """Summarize the newest snapshot of a source by its record alone; None if there is none.

    ``day`` is its date, ``origin`` is ``fetched`` or ``provided``, ``bytes`` the size of the
    payload, which is not read. If ``damaged``, the record cannot be read.
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
        return {"day": day, "origin": "", "bytes": 0, "damaged": True}
    return {"day": day, "origin": proof.origin, "bytes": proof.bytes, "damaged": False}


def availability(source: Source, settings: Settings) -> str:
    """Say in a word or two what is available of a source; blank for nothing."""
    if source.protocol == "starter":
        return "starter"
    found = summarize_snapshot(source, settings)
    if found is None:
        return ""
    day = str(found["day"])
    if found["damaged"]:
        return f"{day}, damaged"
    return f"{day}, provided" if found["origin"] == "provided" else day


def layers_of(source: Source) -> tuple[str, ...]:
    """List the canonical layers of a source, each once."""
    return tuple(dict.fromkeys(part.layer for part in source.parts()))


def covers(source: Source, code: str) -> bool:
    """Return whether a source has data about a scored country (ISO alpha-3).

    Its coverage decides if it is complete for some countries, otherwise the words of its country.
    """
    name, text = COUNTRIES[code][0], source.country.casefold()
    if source.coverage not in ((), ("none",)):
        return code in source.coverage
    return name.casefold() in text or any(words in text for words in _EVERYWHERE)


def find_country(name: str) -> str | None:
    """Return the ISO alpha-3 of a scored country by its name or ISO code, in any case."""
    wanted = name.strip().casefold()
    for code, names in COUNTRIES.items():
        if wanted in (code.casefold(), *(n.casefold() for n in names)):
            return code
    return None


def count_in_starter(source: Source, code: str) -> int | None:
    """Count the rows of a country (ISO alpha-3) in a table of the starter data.

    None if it is not a table, or has no column of countries.
    """
    if source.protocol != "starter" or not source.reader.member.endswith(".csv"):
        return None
    column = source.columns.get("country_reported", "")
    with starter_path(source.reader.member).open(encoding="utf-8-sig", newline="") as stream:
        table = csv.DictReader(stream)
        if column not in (table.fieldnames or ()):
            return None
        return sum(row[column] in (code, COUNTRIES[code][0]) for row in table)


def describe_source(source: Source, settings: Settings) -> dict[str, Any]:
    """Return everything about a source but its keys and passwords, for JSON."""
    return {
        **masked_values(source.model_dump(mode="json", by_alias=True), secrets_of(source)),
        "layers": list(layers_of(source)),
        "snapshot": summarize_snapshot(source, settings),
    }
