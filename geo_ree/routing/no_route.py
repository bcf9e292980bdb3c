"""Why a deposit has no route: from the borders, the open crossings and the corridors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.routing.corridor_plans import Plan
from geo_ree.routing.crossings import closed_edges, edge_countries
from geo_ree.routing.network import Network
from geo_ree.routing.place_tables import read_world
from geo_ree.routing.route_answers import join_words


def explain(
    network: Network,
    plans: Sequence[Plan],
    avoided: Sequence[str],
    site: Mapping[str, Any],
    to: str = "",
) -> str:
    """Say in one sentence why a deposit has no route.

    Parameters
    ----------
    network
        A network.
    plans
        Corridors that were tried.
    avoided
        Countries that no route may pass.
    site
        A deposit: ``lon`` and ``country``.
    to
        The destination that was asked for.

    Returns
    -------
    str
    """
    country = str(site["country"])
    if pd.isna(site["lon"]):
        return "no coordinate"
    if not country:
        return "the deposit lies in no country"
    if not plans:
        return f"no corridor of the table leads to {to}" if to else "no corridor was chosen"
    return _first_upper(_explain_borders(network, plans, avoided, country))


def _explain_borders(
    network: Network, plans: Sequence[Plan], avoided: Sequence[str], country: str
) -> str:
    name = country_name(country)
    if country in avoided:
        return f"{name} itself is to be avoided"
    borders = land_borders(country)
    if borders and set(borders) <= set(avoided) and country not in _ferry_countries(network):
        words = join_words([country_name(code) for code in borders])
        without = {1: "it", 2: "both"}.get(len(borders), "them")
        return f"{name} borders only {words}: without {without} there is no way by land"
    if country not in _countries(network):
        return f"outside the network, which has no line in {name}"
    reached = reachable(network, country, avoided)
    without = f"without {join_words([country_name(code) for code in avoided])}, " if avoided else ""
    ends = {_country_of(network, plan.places[-1]) for plan in plans}
    left = ends - set(avoided)
    where = join_words(sorted(country_name(code) for code in left or ends))
    if not left:
        return f"{without}no corridor is left: they end in {where}"
    if not left & reached:
        return f"{without}no open crossings lead from {name} to {where}, where the corridors end"
    return f"{without}no corridor can be reached from a railhead of {name}"


def reachable(network: Network, country: str, avoided: Sequence[str]) -> set[str]:
    """Countries that open crossings by road, rail and ferry lead to."""
    pairs: set[tuple[str, str]] = set()
    for mode in ("rail", "road", "ferry"):
        pairs |= _open_pairs(network, mode)
    found, front = {country}, {country}
    while front:
        front = {b for a, b in pairs if a in front} - found - set(avoided)
        found |= front
    return found


@lru_cache(maxsize=8)
def _open_pairs(network: Network, mode: str) -> frozenset[tuple[str, str]]:
    rows = np.flatnonzero(
        (network.edges["mode"] == mode) & network.edges["crossing"] & ~closed_edges(network, mode)
    )
    pairs = {(str(a), str(b)) for a, b in edge_countries(network, rows)}
    return frozenset(pairs | {(b, a) for a, b in pairs})


@lru_cache(maxsize=8)
def _countries(network: Network) -> frozenset[str]:
    return frozenset(network.nodes["country"].unique())


def _ferry_countries(network: Network) -> set[str]:
    return {a for a, _ in _open_pairs(network, "ferry")}


def country_name(code: str) -> str:
    """English name of a country; its code where it has none."""
    world = read_world()
    return str(world.loc[code, "name"]) if code in world.index else code


@lru_cache(maxsize=256)
def land_borders(country: str) -> tuple[str, ...]:
    """Countries that share a border with a country, by name."""
    world = read_world()
    if country not in world.index:
        return ()
    shape = world.loc[country, "geometry"]
    hits = world.index[world.geometry.intersects(shape)]
    return tuple(sorted((str(c) for c in hits if c != country), key=country_name))


def _country_of(network: Network, place: str) -> str:
    return str(network.places["country"].iloc[network.place(place)])


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
