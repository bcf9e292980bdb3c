"""The output of ``geo-ree sources show COUNTRY``: what is published about one country."""

from __future__ import annotations

from collections.abc import Mapping

from geo_ree.catalog import Source
from geo_ree.cli.console.printing import say, say_json, say_rows
from geo_ree.cli.console.source_facts import (
    COUNTRIES,
    EVIDENCE,
    availability,
    count_in_starter,
    covers,
    describe_source,
    layers_of,
)
from geo_ree.settings import Settings

_MINERALS = ("deposits", "resources", "licences", "facilities")


def show_country(
    known: Mapping[str, Source], settings: Settings, code: str, *, as_json: bool
) -> None:
    """Print the sources about one country (ISO alpha-3), and those of the world that cover it."""
    own = [s for s in known.values() if _is_national(s, known, code)]
    others = [s for s in known.values() if s not in own and covers(s, code)]
    if as_json:
        say_json(
            {
                "country": code,
                "name": COUNTRIES[code][0],
                "national": [describe_source(s, settings) for s in own],
                "covered_by": [
                    {
                        "id": s.id,
                        "layers": list(layers_of(s)),
                        "status": s.status,
                        "title": s.title,
                        "starter_records": count_in_starter(s, code),
                    }
                    for s in others
                ],
            }
        )
        return
    _show_national(own, COUNTRIES[code][0], code, settings)
    _show_others(others, COUNTRIES[code][0], code, settings)


def _is_national(source: Source, known: Mapping[str, Source], code: str) -> bool:
    """Return whether a source is about this country alone, and not one of a series of countries."""
    name = COUNTRIES[code][0]
    if source.country != name:
        return False
    series = any(s.publisher == source.publisher and s.country != name for s in known.values())
    return not series or not source.fetchable


def _show_national(own: list[Source], name: str, code: str, settings: Settings) -> None:
    minerals = [s for s in own if set(layers_of(s)) & set(_MINERALS)]
    fetched = [s for s in minerals if s.fetchable]
    say(f"{name} ({code})")
    say()
    if fetched:
        say(
            f"A program can fetch {len(fetched)} of {len(minerals)} sources about minerals of {name}: "
            f"{', '.join(s.id for s in fetched)}."
        )
    else:
        say(
            f"No survey, ministry or cadastre of {name} publishes its minerals in a form that a "
            "program can fetch."
        )
    for source in own:
        say()
        say(f"{source.id}: {source.title}")
        for paragraph in _prose(source, settings):
            say(paragraph, indent=2)


def _prose(source: Source, settings: Settings) -> list[str]:
    out = []
    if source.status in ("none", "manual"):
        start = "Nothing is published" if source.status == "none" else "A program cannot fetch it"
        out.append(f"{start}: {source.why}.")
        out.append(
            f"What you can do: {source.instead}; then geo-ree fetch {source.id} --file PATH."
        )
    else:
        warning = " It is unverified: nobody has fetched it with this program yet."
        out.append(
            f"geo-ree fetch {source.id} downloads from {source.url}."
            f"{warning if source.status == 'unverified' else ''}"
        )
    if source.notes:
        out.append(" ".join(source.notes.split()))
    page = f" Page: {source.landing_page}." if source.landing_page else ""
    out.append(f"Licence: {source.licence}. Evidence: {EVIDENCE[source.evidence]}.{page}")
    available = availability(source, settings)
    return [*out, f"Available: {available}."] if available else out


def _show_others(others: list[Source], name: str, code: str, settings: Settings) -> None:
    minerals = [s for s in others if set(layers_of(s)) & set(_MINERALS)]
    say()
    say(f"These sources of the world or the region cover minerals of {name}:")
    say()
    rows = []
    for source in sorted(minerals, key=lambda s: s.protocol != "starter"):
        count = count_in_starter(source, code)
        rows.append(
            {
                "id": source.id,
                "layer": ", ".join(layers_of(source)),
                "records": "" if count is None else str(count),
                "how to get it": _how_to_get(source, availability(source, settings)),
                "title": source.title,
            }
        )
    say_rows(rows)
    say()
    say(
        f"Records are rows of the starter data with the country {name}. "
        f"{len(others) - len(minerals)} more sources cover borders, roads, power, towns and water: "
        f"geo-ree sources --country {code.lower()}."
    )


def _how_to_get(source: Source, available: str) -> str:
    if available == "starter":
        return "comes with the package"
    if available:
        return f"available since {available}"
    by_hand = "" if source.fetchable else " --file PATH"
    return f"geo-ree fetch {source.id}{by_hand}"
