"""From a deposit by road to the railheads of its country, or through an open road gateway."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from geo_ree.crs import Floats, distance_m
from geo_ree.routing.assembly import Ints, attach
from geo_ree.routing.crossings import closed_edges
from geo_ree.routing.graph import FARTHEST_KM, Graph, contract, contract_between
from geo_ree.routing.network import Network

RAILHEAD_KM = 10.0
"""Farthest that a railhead may lie from the road that serves it."""

OFF_ROAD_KM = 50.0
"""A railhead nearer than this may be reached by a straight line: the network has main roads only."""

_LEAST_KM_A_DEGREE = 110.5  # a degree of latitude is longer everywhere: 110.57 km at the equator

ROADLESS_KM = 200.0
"""Farthest off the main roads. A deposit farther from them is roadless, and is joined to the railheads
of its country by straight lines."""

ROAD_BORDERS = 1
"""Most borders that a truck crosses on its way to a railhead."""

DETOUR = 1.3
"""Length of a road that is in no file, over the straight line (judgement; published distances of 25
and 65 km agree with it within 2 %)."""

DETOUR_ENDS = (1.0, 1.6)
"""Least and greatest of `DETOUR` (judgement)."""


@dataclass(frozen=True, eq=False)
class Railheads:
    """Where a road meets the railway.

    Parameters
    ----------
    network
        A network.
    nodes
        Nodes of railways, ascending; shape (n,).
    links
        Two rows a railhead, the table of `attach` to its road: ``point`` is the railhead's number.
    roads
        Graph of the roads, with the ends of links as junctions.
    """

    network: Network
    nodes: Ints
    links: pd.DataFrame
    roads: Graph

    @cached_property
    def countries(self) -> np.ndarray:
        """Country of each railhead."""
        return np.asarray(self.network.codes[self.nodes])


@dataclass(frozen=True, eq=False)
class Reach:
    """By road from deposits to railheads.

    Parameters
    ----------
    truck_km
        Shape (deposits, railheads); infinite where there is no way.
    straight
        Of the same shape: whether the way is a straight line x `DETOUR`.
    starts
        The table of `attach` of the deposits to the roads of their country, ``point`` is the
        deposit's number; roadless deposits have no row.
    """

    truck_km: Floats
    straight: np.ndarray
    starts: pd.DataFrame

    @cached_property
    def nearest_first(self) -> list[Ints]:
        """Railheads that each deposit has a way to, in order of the kilometres."""
        out = []
        for km in self.truck_km:
            known = np.flatnonzero(np.isfinite(km))
            out.append(known[np.argsort(km[known], kind="stable")])
        return out


@lru_cache(maxsize=4)
def find_railheads(network: Network, countries: frozenset[str]) -> Railheads:
    """Find the railheads of a network: nodes of railways beside a road, or in some countries.

    Nodes stand where tracks branch, end, or were cut; stations are where tracks branch.
    """
    rails = contract(network, ("rail",))
    nodes = np.sort(np.r_[rails.junctions, rails.inner])
    lon, lat = network.xy[nodes].T
    served = network.nodes_in(road_countries(network))[nodes]
    beside = np.flatnonzero(served)
    links = attach(network, lon[beside], lat[beside], "road", within_km=RAILHEAD_KM)
    links = links.assign(point=beside[links["point"]])
    country = network.codes
    abroad = country[links["node"]] != country[nodes[links["point"]]]
    abroad = abroad.reshape(-1, 2).any(axis=1).repeat(2)  # a link crosses no border
    links = links[~abroad]
    home = network.nodes_in(countries)[nodes]
    kept = np.union1d(np.flatnonzero(home), links["point"].to_numpy(np.int64))
    links = links.assign(point=np.searchsorted(kept, links["point"])).reset_index(drop=True)
    stops = np.unique(links["node"].to_numpy(np.int64))
    roads = contract_between(network, ("road",), stops)
    return Railheads(network, nodes[kept], links, roads)


def road_countries(network: Network) -> set[str]:
    """Countries in which the network has roads."""
    return set(network.codes[network.ends[network.column("mode") == "road"].ravel()])


def reach_railheads(
    railheads: Railheads, deposits: pd.DataFrame, roads: Graph, open_: np.ndarray
) -> Reach:
    """Measure the road from each deposit to each railhead.

    Parameters
    ----------
    railheads
        From `find_railheads`.
    deposits
        Rows of ``lon``, ``lat`` and ``country``.
    roads
        From `open_roads`.
    open_
        Which railheads may be used.

    Returns
    -------
    Reach
    """
    starts = find_starts(railheads.network, deposits)
    km = _road_km(railheads, starts, roads, len(deposits))
    km[:, ~open_] = np.inf
    straight = _straight_km(railheads, deposits, km)
    straight[:, ~open_] = np.inf
    return Reach(np.minimum(km, straight), straight < km, starts)


def open_roads(railheads: Railheads, avoided: Collection[str]) -> Graph:
    """Graph of the roads without closed crossings and countries to avoid; it counts borders."""
    network = railheads.network
    graph = railheads.roads.without_edges(closed_edges(network, "road")).without(avoided)
    return graph.with_tolls(network.edges["crossing"].to_numpy(bool))


def find_starts(network: Network, deposits: pd.DataFrame) -> pd.DataFrame:
    """Attach deposits to the roads of their own country; the roadless have no row."""
    parts = []
    for country, rows in deposits.groupby("country"):
        lon, lat = rows["lon"].to_numpy(), rows["lat"].to_numpy()
        found = attach(network, lon, lat, "road", str(country))
        parts.append(found.assign(point=rows.index.to_numpy()[found["point"]]))
    table = pd.concat(parts, ignore_index=True)
    return table[table["off_km"] <= ROADLESS_KM].reset_index(drop=True)


def _road_km(railheads: Railheads, starts: pd.DataFrame, roads: Graph, count: int) -> Floats:
    """Shortest over both ends of the deposit's road and both of the railhead's."""
    out = np.full((count, len(railheads.nodes)), np.inf)
    if not len(starts) or not len(railheads.links):
        return out
    links = railheads.links
    column = np.searchsorted(roads.junctions, links["node"].to_numpy(np.int64))
    away = node_distances(roads, starts["node"].to_numpy(np.int64))
    tail = links["km"].to_numpy() + DETOUR * links["off_km"].to_numpy()
    head = starts["km"].to_numpy() + DETOUR * starts["off_km"].to_numpy()
    total = head[:, None] + away[:, column] + tail
    heads = np.minimum(total[:, ::2], total[:, 1::2])
    point = links["point"].to_numpy()[::2]
    deposit = starts["point"].to_numpy()[::2]
    least = np.minimum(heads[::2], heads[1::2])
    shared = starts["edge"].to_numpy()[::2, None] == links["edge"].to_numpy()[::2]
    row, column = np.nonzero(shared)
    between = np.abs(starts["km"].to_numpy()[::2][row] - links["km"].to_numpy()[::2][column])
    off = starts["off_km"].to_numpy()[::2][row] + links["off_km"].to_numpy()[::2][column]
    least[row, column] = np.minimum(least[row, column], between + DETOUR * off)
    out[np.ix_(deposit, point)] = least
    return out


def node_distances(graph: Graph, nodes: Ints) -> Floats:
    """Distances (nodes, junctions) over `ROAD_BORDERS` at most.

    A contracted node starts by both ends of its chain.
    """
    at = np.minimum(np.searchsorted(graph.inner, nodes), len(graph.inner) - 1)
    inner = graph.inner[at] == nodes if len(graph.inner) else np.zeros(len(nodes), dtype=bool)
    chain, offset = graph.chain[at[inner]], graph.offset_km[at[inner]]
    ends = np.stack([nodes, nodes], axis=1)
    ends[inner] = np.stack([graph.a[chain], graph.b[chain]], axis=1)
    extra = np.zeros((len(nodes), 2))
    extra[inner] = np.stack([offset, graph.km[chain] - offset], axis=1)
    extra[inner] += np.where(graph.keep[chain], 0.0, np.inf)[:, None]
    sources, where = np.unique(np.searchsorted(graph.junctions, ends), return_inverse=True)
    layers = ROAD_BORDERS + 1
    matrix = graph.matrix_past_places(layers)
    away = dijkstra(matrix, indices=sources, limit=FARTHEST_KM)
    away = away.reshape(len(sources), layers, -1).min(axis=1)
    first, second = where.reshape(-1, 2).T
    return np.asarray(np.minimum(away[first] + extra[:, :1], away[second] + extra[:, 1:]))


def _straight_km(railheads: Railheads, deposits: pd.DataFrame, road_km: Floats) -> Floats:
    """Straight x `DETOUR` to railheads at home: the near ones, or all where no road leads."""
    out = np.full(road_km.shape, np.inf)
    xy = railheads.network.xy[railheads.nodes]
    home = railheads.countries
    leads = np.asarray(np.isfinite(road_km).any(axis=1))
    for row, deposit in enumerate(deposits.itertuples()):
        own = np.flatnonzero(home == deposit.country)
        if leads[row]:
            own = own[np.abs(xy[own, 1] - deposit.lat) * _LEAST_KM_A_DEGREE <= OFF_ROAD_KM]
        lon, lat = np.full(len(own), deposit.lon), np.full(len(own), deposit.lat)
        km = distance_m(lon, lat, xy[own, 0], xy[own, 1]) / 1000.0
        near = km <= (OFF_ROAD_KM if leads[row] else np.inf)
        out[row, own[near]] = DETOUR * km[near]
    return out
