"""The shortest route between two places or points, with the interval of its length."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import distance_m
from geo_ree.deposits.vocabulary import read_country
from geo_ree.errors import RouteError
from geo_ree.routing.assembly import NODES, Flags, Ints
from geo_ree.routing.crossings import closed_edges, find_crossings
from geo_ree.routing.facts_tables import package_facts
from geo_ree.routing.graph import Graph, contract, search
from geo_ree.routing.network import MODES, Network, load_network
from geo_ree.routing.railheads import DETOUR
from geo_ree.routing.route_ends import join_points
from geo_ree.routing.route_lines import node_sequence

_NOTES = {
    "chord": "part of the line is a chord of unknown course",
    "join": "dead ends that nearly meet are joined",
    "bridge": "a gap of the network is bridged",
    "straight": f"the way to the main road is {DETOUR:g} x the geodesic",
}

End = str | tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Route:
    """A route between two ends.

    Parameters
    ----------
    km, km_low, km_high
        Its length, and the interval that the ends, joins and bridges leave.
    geometry
        From the first end to the last one.
    countries
        ISO 3166-1 alpha-3 codes in the order in which they are passed; a run over a border and back
        that is shorter than 60 km is left out.
    notes
        What was assumed.
    """

    km: float
    km_low: float
    km_high: float
    geometry: shapely.LineString
    countries: tuple[str, ...]
    notes: tuple[str, ...]


def find_route(
    a: End,
    b: End,
    network: Network | None = None,
    modes: Sequence[str] = ("rail",),
    *,
    avoid: Collection[str] = (),
) -> Route:
    """Find the shortest route between two places or points.

    A place S on an edge A-B of length L is known to an interval: its distance to A lies between
    d(A, S) and L - d(S, B). `Route.km_low` and `km_high` add up these intervals, those of joins and
    bridges, and how far a place lies from its line. Crossings that are closed are not passed, nor are
    roads over a border where no gateway is known to be open.

    Parameters
    ----------
    a, b
        Names of places of the network (stations, ports, gateways), their aliases, or (longitude,
        latitude) in degrees.
    network
        None for the package's own.
    modes
        Of rail, road, ferry and sea.
    avoid
        Countries that the route does not enter, as ISO 3166-1 alpha-3 codes or names.

    Returns
    -------
    Route

    Raises
    ------
    RouteError
        When a place or mode is unknown, an end is on no line, or there is no way: the message says
        why.
    SettingsError
        When a country is unknown.

    Examples
    --------
    >>> route = find_route("Aktogay", "Dostyk")
    >>> round(route.km / 304, 1), route.countries
    (1.0, ('KAZ',))
    """
    network = load_network() if network is None else network
    unknown = [mode for mode in modes if mode not in MODES]
    if unknown or not modes:
        raise RouteError(
            f"{', '.join(unknown) or 'none'} is no mode of a route", f"use {', '.join(MODES)}"
        )
    joined, [(first, last)] = join_ends(network, [(a, b)], modes)
    return shortest_route(joined, first, last, modes, avoid=avoid, names=(_name(a), _name(b)))


def join_ends(
    network: Network, pairs: Sequence[tuple[End, End]], modes: Sequence[str]
) -> tuple[Network, list[tuple[int, int]]]:
    """Join the ends of routes to the lines beside them; give the network, and the nodes of each pair.

    A port, where legs end, is its own node already. Both ends of a pair beside one edge are joined
    along it too, and off the roads to each other.
    """
    legs = set(network.edges.loc[network.edges["basis"] == "leg", ["a", "b"]].to_numpy().ravel())
    points: list[tuple[float, float, str, bool]] = []
    nodes: list[int] = []
    for end in (end for pair in pairs for end in pair):
        node = _place_node(network, end) if isinstance(end, str) else None
        if node is None or node not in legs:
            nodes.append(len(network.nodes) + len(points))
            points.append(_point(network, end, node))
        else:
            nodes.append(node)
    found = np.array(nodes, dtype=np.int64).reshape(-1, 2)
    table = pd.DataFrame(points, columns=[*NODES, "loose"])
    return join_points(network, table, found, modes), [(int(a), int(b)) for a, b in found]


def _point(network: Network, end: End, node: int | None) -> tuple[float, float, str, bool]:
    """Longitude, latitude, country, and whether the line passes the place at some distance."""
    if node is None or isinstance(end, tuple):
        return (float(end[0]), float(end[1]), "", False)
    lon, lat, country = network.nodes[[*NODES]].iloc[node]
    return lon, lat, country, _own_name(end) in _towns()


def shortest_route(
    network: Network,
    first: int,
    last: int,
    modes: Sequence[str],
    *,
    avoid: Collection[str] = (),
    names: tuple[str, str] = ("the first end", "the last end"),
) -> Route:
    """Find the shortest route between two nodes of places or ends; see `find_route`."""
    here, there = network.nodes[["lon", "lat"]].to_numpy()[[first, last]]
    if (here == there).all():
        raise RouteError(f"the route starts and ends at {names[0]}", "give two places")
    graph = contract(network, tuple(modes))
    for node, name in zip((first, last), names, strict=True):
        if node not in graph.junctions:
            raise RouteError(
                f"no way: {name} is on no line by {_either(modes)}", "give another end"
            )
    codes = [read_country(word, "the country to avoid") for word in avoid]
    graph = graph.without_edges(_other_places(network, {first, last}))
    shut = np.logical_or.reduce([closed_edges(network, mode) for mode in modes])
    found = search(graph.without(codes).without_edges(shut), first)
    if not np.isfinite(found.km[0, last]):
        raise RouteError(_why_not(graph, first, last, modes, codes, names))
    rows = found.route(last)
    return _as_route(network, node_sequence(network, first, rows), rows)


def _as_route(network: Network, nodes: Ints, rows: Ints) -> Route:
    table = network.edges.iloc[rows]
    km, low, high = (float(v) for v in table[["km", "km_low", "km_high"]].sum())
    place = network.nodes.iloc[nodes]
    xy = place[["lon", "lat"]].to_numpy(np.float64)
    chord = float(distance_m(*xy[:1].T, *xy[-1:].T)[0]) / 1000.0
    countries, _ = find_crossings(network, nodes, rows)
    bases = set(table["basis"])
    return Route(
        km=km,
        km_low=min(max(low, chord), km),
        km_high=max(high, km),
        geometry=shapely.LineString(xy),
        countries=tuple(countries),
        notes=tuple(words for basis, words in _NOTES.items() if basis in bases),
    )


def _other_places(network: Network, kept: set[int]) -> Flags:
    """Edges to places that a route does not end at; a line passes them, and legs begin at ports."""
    legs = network.edges["basis"] == "leg"
    ports = set(network.edges.loc[legs, ["a", "b"]].to_numpy().ravel().tolist())
    others = set(network.places["node"].tolist()) - ports - kept
    return np.asarray(network.edges[["a", "b"]].isin(others).any(axis=1).to_numpy())


def _why_not(
    graph: Graph,
    first: int,
    last: int,
    modes: Sequence[str],
    codes: Sequence[str],
    names: tuple[str, str],
) -> str:
    way = f"no way by {_either(modes)} from {names[0]} to {names[1]}"
    if not np.isfinite(search(graph, first).km[0, last]):
        return f"{way}: they lie in parts of the network that do not meet"
    without = f" without {', '.join(codes)}" if codes else ""
    return f"{way}{without} and over open crossings"


def is_place(network: Network, name: str) -> bool:
    """Whether a name or alias is that of a place of a network."""
    return _own_name(name).casefold() in set(network.places["name"].str.casefold())


def _place_node(network: Network, name: str) -> int:
    return int(network.places["node"].iloc[network.place(_own_name(name))])


def _own_name(name: str) -> str:
    """Name of the station that an alias means; any other name as it is."""
    return _aliases().get(name.casefold(), name)


@lru_cache(maxsize=1)
def _towns() -> Collection[str]:
    """Stations that the table has at the centre of their town."""
    stations = package_facts("stations")
    return frozenset(stations.loc[stations["what"] == "town centre", "name"])


@lru_cache(maxsize=1)
def _aliases() -> Mapping[str, str]:
    stations = package_facts("stations")
    return {
        word.casefold(): own
        for own, words in zip(stations["name"], stations["aliases"], strict=True)
        for word in words.split(";")
        if word
    }


def _name(end: End) -> str:
    return end if isinstance(end, str) else f"({end[0]:g}, {end[1]:g})"


def _either(modes: Sequence[str]) -> str:
    return " or ".join(modes)
