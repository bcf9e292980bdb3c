"""Corridors laid over a network: one search from the first fixed place, and the fixed part after."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from geo_ree.crs import Floats
from geo_ree.routing.assembly import Ints
from geo_ree.routing.corridor_plans import Plan
from geo_ree.routing.crossings import closed_edges, gateway_sides, gauge_edges
from geo_ree.routing.graph import Graph, Search, contract, search
from geo_ree.routing.network import Network
from geo_ree.routing.route_lines import node_sequence

LAYERS = 3
"""One more than the most changes of gauge before the first fixed place, and between two of them."""


@dataclass(frozen=True, eq=False)
class Trunk:
    """A corridor from the place where it begins to its end.

    Parameters
    ----------
    plan
        The corridor.
    first
        Number of the place at which it begins.
    rail, road
        Searches from that place, as far as the corridor may be joined by that mode.
    nodes, edges
        The fixed part, from that place to the end.
    closed
        Countries that no route passes before that place.
    """

    plan: Plan
    first: int
    rail: Search
    road: Search | None
    nodes: Ints
    edges: Ints
    closed: tuple[str, ...]

    def rail_km(self, nodes: Ints) -> Floats:
        """Kilometres by rail from nodes to the first place, by changes of gauge: (layers, nodes)."""
        return self.rail.km[:, nodes]


@dataclass(frozen=True, eq=False)
class Surveyor:
    """Lays corridors over one network, while some countries are avoided.

    Parameters
    ----------
    network
        A network.
    avoided
        ISO codes.
    rail, gauge
        Median costs: per km and per change of gauge, in one unit.
    """

    network: Network
    avoided: tuple[str, ...]
    rail: float
    gauge: float
    _laid: dict[tuple[Plan, int], Trunk | None] = field(default_factory=dict)

    def lay(self, plan: Plan, country: str) -> Trunk | None:
        """Lay a corridor for the deposits of a country; None where some part of it is closed."""
        sides = gateway_sides()
        first = 0
        while (
            first < len(plan.places) - 1 and sides.get(plan.places[first], ("", ""))[1] == country
        ):
            first += 1
        if (plan, first) not in self._laid:
            self._laid[plan, first] = self._lay(plan, first)
        return self._laid[plan, first]

    def _lay(self, plan: Plan, first: int) -> Trunk | None:
        """Lay a corridor from one of its places on."""
        sides = gateway_sides()
        fixed = self._fix(plan, first)
        if fixed is None or self._leg_closed(plan):
            return None
        shut = {*plan.not_through, *self.avoided}
        beyond = sides.get(plan.places[first], ("", ""))[1] if first < len(plan.places) - 1 else ""
        closed = frozenset({*shut, beyond} - {""})
        node = self._node(plan.places[first])
        by_road = find_all(self.network, "road", closed, node) if plan.mode == "road" else None
        by_rail = find_all(self.network, "rail", closed, node)
        return Trunk(plan, first, by_rail, by_road, *fixed, tuple(sorted(closed)))

    def _fix(self, plan: Plan, first: int) -> tuple[Ints, Ints] | None:
        """Nodes and edges from the place where a corridor begins to its end."""
        closed = frozenset({*plan.not_through, *self.avoided})
        parts, at = [], self._node(plan.places[first])
        start = at
        for name in plan.places[first + 1 :]:
            node = self._node(name)
            edges = self._between(plan.mode, closed, at, node)
            if edges is None:
                return None
            parts.append(edges)
            at = node
        if plan.leg:
            parts.append(np.flatnonzero(self.network.edges["source_id"] == plan.leg))
        edges = np.concatenate([np.empty(0, dtype=np.int64), *parts])
        nodes = node_sequence(self.network, start, edges)
        passed = set(self.network.codes[nodes])
        return None if passed & set(self.avoided) else (nodes, edges)

    def _between(self, mode: str, closed: frozenset[str], one: int, other: int) -> Ints | None:
        ferry = _legs(self.network).get(frozenset((one, other)))
        if ferry is not None:
            return np.array([ferry])
        found = find_all(self.network, mode, closed, one)
        km = found.to([other])[:, 0]
        cost = self.rail * km + self.gauge * np.arange(len(km))
        if not np.isfinite(cost).any():
            return None
        return found.route(other, int(np.argmin(cost)))

    def _leg_closed(self, plan: Plan) -> bool:
        legs = self.network.legs
        if not plan.leg or "closed_to" not in legs:
            return False
        row = legs[legs["id"] == plan.leg].iloc[0]
        return bool(set(str(row["closed_to"]).split(";")) & set(self.avoided))

    def _node(self, name: str) -> int:
        return int(self.network.places["node"].iloc[self.network.place(name)])


@lru_cache(maxsize=40)
def find_all(network: Network, mode: str, closed: frozenset[str], node: int) -> Search:
    """Search from a place; questions share what they do not close (each takes 4 MB)."""
    layers = LAYERS if mode == "rail" else 1
    return search(open_graph(network, mode, closed), node, layers=layers, by_places=False)


@lru_cache(maxsize=32)
def open_graph(network: Network, mode: str, closed: frozenset[str]) -> Graph:
    """Graph of a mode without closed crossings and without some countries."""
    if closed:
        return open_graph(network, mode, frozenset()).without(closed)
    graph = contract(network, (mode,)).without_edges(closed_edges(network, mode))
    return graph.with_tolls(gauge_edges(network)) if mode == "rail" else graph


@lru_cache(maxsize=4)
def _legs(network: Network) -> dict[frozenset[int], int]:
    """Ferry legs by the nodes of their ends."""
    rows = np.flatnonzero(network.edges["mode"] == "ferry")
    ends = network.ends[rows].tolist()
    return {frozenset(pair): int(row) for pair, row in zip(ends, rows, strict=True)}
