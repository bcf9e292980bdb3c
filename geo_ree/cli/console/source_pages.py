"""The output of ``geo-ree sources``: the list, one source, and whether each answers today."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from geo_ree.catalog import Source
from geo_ree.cli.console.country_page import show_country
from geo_ree.cli.console.printing import say, say_facts, say_json, say_rows
from geo_ree.cli.console.source_facts import (
    COUNTRIES,
    EVIDENCE,
    availability,
    covers,
    describe_source,
    find_country,
    layers_of,
    summarize_snapshot,
)
from geo_ree.errors import SchemaError, SettingsError
from geo_ree.fetching.probe import probe
from geo_ree.fetching.transport.masking import masked, secrets_of
from geo_ree.schema import LAYERS, RASTER_LAYERS
from geo_ree.settings import Settings
from geo_ree.storage import latest_snapshot

AT_ONCE = 4
"""Sources that are checked at the same time."""

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
    "commercial_use",
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
_RULES = ("reader", "columns", "constants", "words", "nulls", "units", "commodities", "precision")


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
    """Run ``geo-ree sources``, and return its exit status.

    `what` is ``list`` (or nothing), ``show NAME``, or ``check`` with ids; `layer`, `country` and
    `status` narrow a list or a check. The status is 1 if a source of status ok does not answer.
    Raises a SettingsError for an unknown name or command.
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
                f"geo-ree sources has no command {' '.join(what)!r}",
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
    """Print one line for each source."""
    rows = [
        {
            "id": s.id,
            "layer": ", ".join(layers_of(s)),
            "protocol": s.protocol,
            "status": s.status,
            "evidence": s.evidence,
            "available": availability(s, settings),
            "edition": s.edition,
            "licence": s.licence,
            "commercial_use": s.commercial_use,
            "title": s.title,
        }
        for s in known.values()
    ]
    if as_json:
        say_json(rows)
    else:
        say_rows(rows, brief=("id", "layer", "status", "available", "commercial_use", "title"))


def check_sources(known: Mapping[str, Source], settings: Settings, *, as_json: bool = False) -> int:
    """Request a little of each source, and print whether it answers.

    Returns 1 if a source of status ok does not answer, otherwise 0: an unverified one may fail.
    """
    sources = list(known.values())
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        states = list(pool.map(lambda s: probe(s, settings), sources))
    finally:  # an interrupted check does not wait for silent servers
        pool.shutdown(wait=False, cancel_futures=True)
    pairs = list(zip(sources, states, strict=True))
    failed = [s.id for s, state in pairs if s.status == "ok" and not state.good]
    if as_json:
        checked = [
            {
                "id": s.id,
                "status": s.status,
                "state": state.word,
                "detail": state.detail,
                "snapshot": summarize_snapshot(s, settings),
            }
            for s, state in pairs
        ]
        say_json({"failed": failed, "sources": checked})
    else:
        rows = [
            {
                "id": s.id,
                "status": s.status,
                "state": state.word,
                "available": availability(s, settings),
                "detail": state.detail,
            }
            for s, state in pairs
        ]
        say_rows(rows)
        counts = Counter(state.word for state in states)
        say(", ".join(f"{n} {word}" for word, n in counts.most_common()))
    return 1 if failed else 0


def show_source(
    known: Mapping[str, Source], settings: Settings, name: str, *, as_json: bool = False
) -> None:
    """Print everything about one source, or the sources of one country.

    `name` is an id, or the name or ISO code of a scored country. Raises a SettingsError with the
    closest names for anything else.
    """
    if name in known:
        if as_json:
            say_json(describe_source(known[name], settings))
        else:
            _show_one(known[name], settings)
        return
    code = find_country(name)
    if code is None:
        raise SettingsError(
            f"no source is called {name!r}, nor any of the seven countries", closest(name, known)
        )
    show_country(known, settings, code, as_json=as_json)


def closest(name: str, known: Mapping[str, Source]) -> str:
    """Make the hint for an unknown name: the closest ones.

    Examples
    --------
    >>> closest("uzbekstan", {})
    'did you mean uzbekistan? geo-ree sources lists them'
    """
    words = [*known, *(n.lower() for n, _ in COUNTRIES.values())]
    near = difflib.get_close_matches(name.strip().casefold(), words, 3, 0.7)
    return (f"did you mean {' or '.join(near)}? " if near else "") + "geo-ree sources lists them"


def _show_one(source: Source, settings: Settings) -> None:
    facts = {n: str(getattr(source, n)) for n in _FACTS if getattr(source, n)}
    facts["evidence"] = EVIDENCE[source.evidence]
    facts["coverage"] = ", ".join(source.coverage) or "the whole region"
    facts |= _rules(source.model_dump(exclude_defaults=True, by_alias=True))
    for part in source.table:
        rules = _rules(part.model_dump(exclude_defaults=True, by_alias=True))
        texts = [f"layer {part.layer or source.layer}", *(f"{k}: {v}" for k, v in rules.items())]
        facts[f"table {part.name}"] = "; ".join(texts)
    if source.notes:
        facts["notes"] = source.notes
    facts["available"] = _snapshot_text(source, settings)
    secrets = secrets_of(source, settings)
    say_facts({name: masked(" ".join(text.split()), secrets) for name, text in facts.items()})


def _rules(dumped: Mapping[str, Any]) -> dict[str, str]:
    """Write each option and rule as one line; a table of values as its number of words."""
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


def _snapshot_text(source: Source, settings: Settings) -> str:
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
