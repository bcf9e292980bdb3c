"""The catalogue in a line for each source, and whether each answers today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from geo_ree.catalog import Source
from geo_ree.errors import SettingsError
from geo_ree.ingest.probe import probe
from geo_ree.schema import LAYERS, RASTER_LAYERS
from geo_ree.settings import Settings
from geo_ree.sources.dossier import closest, show_source
from geo_ree.sources.facts import (
    COUNTRIES,
    covers,
    find_at_hand,
    find_country,
    layers_of,
    told_at_hand,
)  # fmt: skip
from geo_ree.sources.text import say, say_json, say_rows

AT_ONCE = 4
"""Sources that are asked at the same time."""


def answer(
    what: Sequence[str], known: Mapping[str, Source], settings: Settings, *, layer: str = "",
    country: str = "", status: str = "", as_json: bool = False,
) -> int:  # fmt: skip
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
        raise SettingsError(f"none of the seven countries is called {country!r}",
                            f"use one of {names}")  # fmt: skip
    return {
        s.id: s for s in known.values()
        if (not layer or layer in layers_of(s))
        and (not status or s.status == status)
        and (code is None or covers(s, code))
    }  # fmt: skip


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
            "id": s.id, "layer": ", ".join(layers_of(s)), "how": s.protocol, "status": s.status,
            "evidence": s.evidence, "at hand": told_at_hand(s, settings), "edition": s.edition,
            "licence": s.licence, "title": s.title,
        }
        for s in known.values()
    ]  # fmt: skip
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
    failed = [s.id for s, state in zip(asked, states, strict=True)
              if s.status == "ok" and not state.good]  # fmt: skip
    pairs = list(zip(asked, states, strict=True))
    if as_json:
        hands = [find_at_hand(s, settings) for s in asked]
        say_json({
            "failed": failed,
            "sources": [
                {"id": s.id, "status": s.status, "state": state.word, "detail": state.detail,
                 "at_hand": asdict(hand) if hand else None}
                for (s, state), hand in zip(pairs, hands, strict=True)
            ],
        })  # fmt: skip
    else:
        say_rows([
            {"id": s.id, "status": s.status, "state": state.word, "at hand": _since(s, settings),
             "detail": state.detail}
            for s, state in pairs
        ])  # fmt: skip
        counts = Counter(state.word for state in states)
        say(", ".join(f"{n} {word}" for word, n in counts.most_common()))
    return 1 if failed else 0


def _since(source: Source, settings: Settings) -> str:
    told = told_at_hand(source, settings)
    return told if told in ("", "starter") else f"since {told}"
