"""The catalogue in a line for each source, and whether each answers today."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from geo_ree.catalog import Source
from geo_ree.cli.console.source_facts import (
    COUNTRIES,
    count_in_starter,
    covers,
    find_at_hand,
    find_country,
    layers_of,
    say,
    say_facts,
    say_json,
    say_rows,
    told_at_hand,
)
from geo_ree.errors import SchemaError, SettingsError
from geo_ree.fetching.probe import probe
from geo_ree.schema import LAYERS, RASTER_LAYERS
from geo_ree.settings import Settings
from geo_ree.storage import latest_snapshot

AT_ONCE = 4
"""Sources that are asked at the same time."""


def answer(
    what: Sequence[str],
    known: Mapping[str, Source],
    settings: Settings,
    *,
    layer: str = "",
    country: str = "",
    status: str = "",
    as_json: bool = False,
) -> int:
    """Do what ``geo-ree sources`` was asked for.

    Parameters
    ----------
    what
        ``list`` (or nothing), ``show NAME``, or ``check`` with ids behind it.
    known
        The catalogue.
    settings
        Where the data are, and how the network is used.
    layer, country, status
        List or check only the sources of that layer, country and status.
    as_json
        JSON in place of text.

    Returns
    -------
    int
        Exit status: 1 when a source of status ok does not answer, otherwise 0.

    Raises
    ------
    SettingsError
        For a name that is no source, country or layer, and for an order not understood.
    """
    chosen = _chosen(known, layer, country, status)
    match tuple(what):
        case () | ("list",):
            show_sources(chosen, settings, as_json=as_json)
        case ("show", name) if chosen == known:
            show_source(known, settings, name, as_json=as_json)
        case ("check", *ids) if not ids or chosen == known:
            return check_sources(_named(ids, chosen), settings, as_json=as_json)
        case _:
            raise SettingsError(
                f"geo-ree sources does not understand {' '.join(what)!r}",
                "use: geo-ree sources [list], sources show NAME, or sources check [SOURCE…]",
            )
    return 0


def _chosen(
    known: Mapping[str, Source], layer: str, country: str, status: str
) -> Mapping[str, Source]:
    layers = (*LAYERS, *RASTER_LAYERS)
    if layer and layer not in layers:
        raise SettingsError(f"no layer is called {layer!r}", f"use one of {', '.join(layers)}")
    code = find_country(country)
    if country and code is None:
        names = ", ".join(name.lower() for name, _ in COUNTRIES.values())
        raise SettingsError(
            f"none of the seven countries is called {country!r}", f"use one of {names}"
        )
    return {
        s.id: s
        for s in known.values()
        if (not layer or layer in layers_of(s))
        and (not status or s.status == status)
        and (code is None or covers(s, code))
    }


def _named(ids: Sequence[str], known: Mapping[str, Source]) -> Mapping[str, Source]:
    for given in ids:
        if given not in known:
            raise SettingsError(f"no source is called {given!r}", closest(given, known))
    return {i: known[i] for i in ids or known}


def show_sources(known: Mapping[str, Source], settings: Settings, *, as_json: bool = False) -> None:
    """Print sources, a line each.

    Parameters
    ----------
    known
        The sources, by id.
    settings
        Where the data are.
    as_json
        JSON in place of text.
    """
    rows = [
        {
            "id": s.id,
            "layer": ", ".join(layers_of(s)),
            "how": s.protocol,
            "status": s.status,
            "evidence": s.evidence,
            "at hand": told_at_hand(s, settings),
            "edition": s.edition,
            "licence": s.licence,
            "title": s.title,
        }
        for s in known.values()
    ]
    if as_json:
        say_json(rows)
    else:
        say_rows(rows, brief=("id", "layer", "status", "at hand", "title"))


def check_sources(known: Mapping[str, Source], settings: Settings, *, as_json: bool = False) -> int:
    """Ask sources whether they are there, lightly, and print the state of each.

    Parameters
    ----------
    known
        The sources, by id.
    settings
        Mirror, timeouts, and whether the network may be used at all.
    as_json
        JSON in place of text.

    Returns
    -------
    int
        1 when a source of status ok is not there, otherwise 0: of an unverified one nobody
        said that it would be.
    """
    asked = list(known.values())
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        states = list(pool.map(lambda s: probe(s, settings), asked))
    finally:  # who breaks off does not wait for servers that are silent
        pool.shutdown(wait=False, cancel_futures=True)
    failed = [
        s.id for s, state in zip(asked, states, strict=True) if s.status == "ok" and not state.good
    ]
    pairs = list(zip(asked, states, strict=True))
    if as_json:
        hands = [find_at_hand(s, settings) for s in asked]
        say_json(
            {
                "failed": failed,
                "sources": [
                    {
                        "id": s.id,
                        "status": s.status,
                        "state": state.word,
                        "detail": state.detail,
                        "at_hand": asdict(hand) if hand else None,
                    }
                    for (s, state), hand in zip(pairs, hands, strict=True)
                ],
            }
        )
    else:
        say_rows(
            [
                {
                    "id": s.id,
                    "status": s.status,
                    "state": state.word,
                    "at hand": _since(s, settings),
                    "detail": state.detail,
                }
                for s, state in pairs
            ]
        )
        counts = Counter(state.word for state in states)
        say(", ".join(f"{n} {word}" for word, n in counts.most_common()))
    return 1 if failed else 0


def _since(source: Source, settings: Settings) -> str:
    told = told_at_hand(source, settings)
    return told if told in ("", "starter") else f"since {told}"


_EVIDENCE = {
    "confirmed": "confirmed (seen in print)",
    "pattern": "pattern (the address of a sibling was seen in print, this one was not)",
    "guess": "guess (general knowledge, or nothing found where one would look)",
}
_MINERALS = ("deposits", "resources", "licences", "facilities")
_FACTS = (
    "id",
    "title",
    "publisher",
    "country",
    "label",
    "layer",
    "protocol",
    "url",
    "landing_page",
    "licence",
    "licence_url",
    "attribution",
    "edition",
    "evidence",
    "status",
    "why",
    "instead",
    "sha256",
    "extract_of",
    "country_from",
)
_RULES = ("reader", "columns", "constants", "words", "nulls", "commodities", "precision")


def show_source(
    known: Mapping[str, Source], settings: Settings, name: str, *, as_json: bool = False
) -> None:
    """Print all that is known of one source, or an honest account of one country.

    Parameters
    ----------
    known, settings
        The catalogue, and where the data are.
    name
        Id of a source, or name or ISO code of a scored country.
    as_json
        JSON in place of text.

    Raises
    ------
    SettingsError
        When nothing is called so, with the closest names.
    """
    if name in known:
        if as_json:
            say_json(_described(known[name], settings))
        else:
            _show_one(known[name], settings)
        return
    code = find_country(name)
    if code is None:
        raise SettingsError(
            f"no source is called {name!r}, nor any of the seven countries", closest(name, known)
        )
    _show_country(known, settings, code, as_json=as_json)


def closest(name: str, known: Mapping[str, Source]) -> str:
    """Say what somebody may have meant by a name that is none.

    Examples
    --------
    >>> closest("uzbekstan", {})
    'did you mean uzbekistan? geo-ree sources lists them'
    """
    words = [*known, *(n.lower() for n, _ in COUNTRIES.values())]
    near = difflib.get_close_matches(name.strip().casefold(), words, 3, 0.7)
    return (f"did you mean {' or '.join(near)}? " if near else "") + "geo-ree sources lists them"


def _described(source: Source, settings: Settings) -> dict[str, Any]:
    hand = find_at_hand(source, settings)
    told = source.model_dump(mode="json", by_alias=True)
    return {**told, "layers": list(layers_of(source)), "at_hand": asdict(hand) if hand else None}


def _show_one(source: Source, settings: Settings) -> None:
    facts = {n: str(getattr(source, n)) for n in _FACTS if getattr(source, n)}
    facts["evidence"] = _EVIDENCE[source.evidence]
    facts["coverage"] = ", ".join(source.coverage) or "the whole region"
    facts |= _rules(source.model_dump(exclude_defaults=True, by_alias=True))
    for part in source.table:
        rules = _rules(part.model_dump(exclude_defaults=True, by_alias=True))
        told = [f"layer {part.layer or source.layer}", *(f"{k}: {v}" for k, v in rules.items())]
        facts[f"table {part.name}"] = "; ".join(told)
    if source.notes:
        facts["notes"] = source.notes
    facts["at hand"] = _proof(source, settings)
    say_facts({name: " ".join(text.split()) for name, text in facts.items()})


def _rules(dumped: Mapping[str, Any]) -> dict[str, str]:
    """Options and rules in a line each; of tables of values only how many words they have."""
    out = {
        name: ", ".join(f"{key} = {_shown(value)}" for key, value in dumped[name].items())
        for name in _RULES
        if dumped.get(name)
    }
    if dumped.get("values"):
        out["values"] = ", ".join(f"{k}: {len(v)} words" for k, v in dumped["values"].items())
    return out


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _proof(source: Source, settings: Settings) -> str:
    if source.protocol == "starter":
        return f"in the package ({source.reader.member})"
    try:
        snapshot = latest_snapshot(settings, source.id)
    except SchemaError as error:
        return f"damaged: {error}"
    if snapshot is None:
        return f"nothing; geo-ree fetch {source.id}{'' if source.fetchable else ' --file PATH'}"
    proof = snapshot.provenance
    query = f" ({proof.query})" if proof.query else ""
    mirror = f" through {proof.mirror}" if proof.mirror else ""
    return (
        f"{snapshot.payload}, {proof.origin} {proof.retrieved} from {proof.url or 'a file'}"
        f"{query}{mirror}, {proof.bytes:,} bytes, sha256 {proof.sha256}"
    )


def _show_country(
    known: Mapping[str, Source], settings: Settings, code: str, *, as_json: bool
) -> None:
    own = [s for s in known.values() if _is_national(s, known, code)]
    others = [s for s in known.values() if s not in own and covers(s, code)]
    if as_json:
        say_json(
            {
                "country": code,
                "name": COUNTRIES[code][0],
                "national": [_described(s, settings) for s in own],
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
    """Whether a source is about this country alone, and not one of a series over many."""
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
            f"Of {len(minerals)} sources about minerals of {name} a program can ask {len(fetched)}: "
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
        doubt = " It is unverified: nobody has run this program against it yet."
        out.append(
            f"geo-ree fetch {source.id} asks {source.url}."
            f"{doubt if source.status == 'unverified' else ''}"
        )
    if source.notes:
        out.append(" ".join(source.notes.split()))
    page = f" Page: {source.landing_page}." if source.landing_page else ""
    out.append(f"Licence: {source.licence}. Evidence: {_EVIDENCE[source.evidence]}.{page}")
    at_hand = told_at_hand(source, settings)
    return [*out, f"At hand: {at_hand}."] if at_hand else out


def _show_others(others: list[Source], name: str, code: str, settings: Settings) -> None:
    minerals = [s for s in others if set(layers_of(s)) & set(_MINERALS)]
    say()
    say(f"Meanwhile these sources of the world or the region tell of minerals of {name}:")
    say()
    rows = []
    for source in sorted(minerals, key=lambda s: s.protocol != "starter"):
        count = count_in_starter(source, code)
        rows.append(
            {
                "id": source.id,
                "layer": ", ".join(layers_of(source)),
                "records": "" if count is None else str(count),
                "how to have it": _way(source, told_at_hand(source, settings)),
                "title": source.title,
            }
        )
    say_rows(rows)
    say()
    say(
        f"Records are rows of the starter data that are filed under {name}. "
        f"{len(others) - len(minerals)} more sources tell of borders, ways, power, towns and water: "
        f"geo-ree sources --country {code.lower()}."
    )


def _way(source: Source, at_hand: str) -> str:
    if at_hand == "starter":
        return "comes with the package"
    if at_hand:
        return f"at hand since {at_hand}"
    by_hand = "" if source.fetchable else " --file PATH"
    return f"geo-ree fetch {source.id}{by_hand}"
