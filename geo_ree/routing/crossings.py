"""Crossings of borders: which are closed, what they are called, where the gauge changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo_ree.crs import Floats
from geo_ree.routing.assembly import GATEWAY_KM, Flags, Ints, edge_distances
from geo_ree.routing.facts_tables import package_facts, read_facts
from geo_ree.routing.network import Network
from geo_ree.routing.place_tables import read_gateways
from geo_ree.routing.table_rules import ASSUMED

MERGED_KM = 60.0
"""A run over a border and back again that is shorter is none: the line follows the border."""

CLOSED_KM = 10.0
"""Farthest that a crossing may lie from the coordinate of a closed one."""

ROAD_GATEWAY_KM = 30.0
"""Farthest that an open road gateway may lie from the road that crosses there: the course of main
roads between their nodes is known to some kilometres, as is the border that countries are by."""


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """A border that a route crosses.

    Parameters
    ----------
    one, other
        Countries left and entered.
    edge
        Position in the route of the edge that crosses.
    lon, lat
        Degrees: the gateway, or the middle of the edge.
    gateway
        Its name; that of the two countries where none is within `GATEWAY_KM`.
    named
        Whether the gateway is one of the tables.
    gauge
        Whether the gauge changes there.
    """

    one: str
    other: str
    edge: int
    lon: float
    lat: float
    gateway: str
    named: bool
    gauge: bool


@dataclass(frozen=True)
class BorderHours:
    """Published hours at gateways, and at the borders of countries by direction."""

    gateways: dict[str, float]
    leaving: dict[str, float]
    entering: dict[str, float]

    def hours(self, one: str, other: str, gateway: str = "") -> float:
        """Hours from one country to another; NaN where nothing is published."""
        if gateway in self.gateways:
            return self.gateways[gateway]
        known = [t[c] for t, c in ((self.leaving, one), (self.entering, other)) if c in t]
        return sum(known) if known else float("nan")


@lru_cache(maxsize=1)
def read_border_hours() -> BorderHours:
    """Read the hours of the package: means over the years and pages that give them."""
    table = package_facts("rail_crossings")
    table = table[(table["what"] == "border") & table["hours"].notna()]
    at = table[table["gateway"] != ""].groupby("gateway")["hours"].mean()
    by_country = table[(table["gateway"] == "") & (table["country"] != "")]
    ways = []
    for direction in ("outbound", "inbound"):
        rows = by_country[by_country["direction"].isin([direction, "both"])]
        ways.append({str(k): float(v) for k, v in rows.groupby("country")["hours"].mean().items()})
    return BorderHours({str(k): float(v) for k, v in at.items()}, ways[0], ways[1])


@lru_cache(maxsize=1)
def read_gauges() -> dict[str, tuple[float, bool]]:
    """Read the gauge of each country (mm), and whether it is assumed."""
    table = package_facts("gauge_by_country")
    return {
        str(row["country"]): (float(row["gauge_mm"]), row["basis"] == ASSUMED)
        for row in table.to_dict("records")
    }


def changes_gauge(one: str, other: str) -> bool:
    """Whether the gauge of two countries differs; a country of unknown gauge changes none."""
    gauges = read_gauges()
    known = [gauges[code][0] for code in (one, other) if code in gauges]
    return len(known) == 2 and known[0] != known[1]


@lru_cache(maxsize=8)
def gauge_edges(network: Network) -> Flags:
    """Which edges are railways that cross to another gauge.

    A part of a country's railways that is not its main one, and that meets no railway but those of
    neighbours of one other gauge, is of theirs: Khaf - Herat.
    """
    rail = (network.edges["mode"] == "rail").to_numpy()
    crossing = network.edges["crossing"].to_numpy(bool)
    rows = np.flatnonzero(rail & crossing)
    part = _parts_within(network, network.ends[rail & ~crossing])
    gauges = {code: gauge for code, (gauge, _) in read_gauges().items()}
    pairs = [[gauges.get(code, 0.0) for code in pair] for pair in edge_countries(network, rows)]
    own = np.array(pairs).reshape(-1, 2)
    at = part[network.ends[rows]]
    least, most = np.full(len(part), np.inf), np.full(len(part), -np.inf)
    np.minimum.at(least, at.ravel(), own[:, ::-1].ravel())
    np.maximum.at(most, at.ravel(), own[:, ::-1].ravel())
    alone = (least == most)[at] & ~_main_parts(network, part)[at]
    out = np.zeros(len(crossing), dtype=bool)
    out[rows] = (own > 0).all(axis=1) & (own[:, 0] != own[:, 1]) & ~alone.any(axis=1)
    return out


def _parts_within(network: Network, ends: Ints) -> Ints:
    """Number the parts of railways that hang together without crossing a border, node by node."""
    size = len(network.nodes)
    links = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1])


def _main_parts(network: Network, part: Ints) -> Flags:
    """Which parts are the largest of their country."""
    size = np.bincount(part, minlength=len(part))
    first = np.zeros(len(part), dtype=np.int64)
    first[part[::-1]] = np.arange(len(part))[::-1]
    table = pd.DataFrame({"country": network.codes[first], "size": size})
    return np.asarray(
        (table.groupby("country")["size"].transform("max") == table["size"]).to_numpy()
    )


@lru_cache(maxsize=8)
def closed_edges(network: Network, mode: str, closed: Path | None = None) -> Flags:
    """Which crossings of a mode are closed: by the table, and roads without an open gateway.

    A row of the table with a coordinate closes that place alone.
    """
    edges = network.edges
    rows = np.flatnonzero((edges["mode"] == mode) & edges["crossing"])
    pairs = [frozenset(pair) for pair in edge_countries(network, rows)]
    table = read_facts("closed_crossings", closed) if closed else package_facts("closed_crossings")
    table = table[table["mode"].isin([mode, "both"])]
    out = np.zeros(len(edges), dtype=bool)
    for row in table.to_dict("records"):
        at = rows[[pair == frozenset((row["a"], row["b"])) for pair in pairs]]
        if np.isfinite(row["longitude"]):
            far = edge_distances(network, at, row["longitude"], row["latitude"])
            at = at[far <= CLOSED_KM]
        out[at] = True
    if mode == "road":
        out[rows] |= ~_gateway_open(network, rows, pairs)
    return out


def edge_countries(network: Network, rows: Ints) -> list[tuple[str, str]]:
    """Countries of the ends of edges."""
    country = network.codes
    ends = network.ends[rows]
    return [(str(country[a]), str(country[b])) for a, b in ends]


def _gateway_open(network: Network, rows: Ints, pairs: Sequence[frozenset[str]]) -> Flags:
    gateways = package_facts("road_gateways")
    gateways = gateways[gateways["state"] == "open"]
    out = np.zeros(len(rows), dtype=bool)
    for gateway in gateways.to_dict("records"):
        pair = frozenset((gateway["country"], gateway["neighbour"]))
        at = np.flatnonzero([p == pair for p in pairs])
        far = edge_distances(network, rows[at], gateway["longitude"], gateway["latitude"])
        out[at[far <= ROAD_GATEWAY_KM]] = True
    return out


def find_crossings(network: Network, nodes: Ints, edges: Ints) -> tuple[list[str], list[Crossing]]:
    """Give the countries of a route in order, and the borders between them.

    Parameters
    ----------
    network
        A network.
    nodes, edges
        The nodes of a route, and the edges between them: one fewer.

    Returns
    -------
    tuple
        ISO codes, and the crossings between them, one fewer. A run over a border and back that is
        shorter than `MERGED_KM` is left out.
    """
    country = network.codes[nodes]
    known = np.flatnonzero(country != "")
    if not len(known):
        return [], []
    past = np.r_[0.0, np.cumsum(network.column("km")[edges])]
    starts = known[np.r_[True, country[known][1:] != country[known][:-1]]]
    runs = [(str(country[at]), int(at)) for at in starts]
    runs = _merge_runs(runs, past)
    crossings = []
    for (one, _), (other, at) in pairwise(runs):
        found = _describe(network, one, other, at - 1, int(edges[at - 1]))
        if network.column("basis")[edges[at - 1]] == "leg":  # entered in the port of arrival
            lon, lat = (float(degrees) for degrees in network.xy[nodes[at]])
            found = replace(found, lon=lon, lat=lat)
        crossings.append(found)
    return [code for code, _ in runs], crossings


def _merge_runs(runs: list[tuple[str, int]], past: Floats) -> list[tuple[str, int]]:
    """Leave out runs over a border and back, the shortest first."""
    while len(runs) > 2:
        lengths = {
            i: past[runs[i + 1][1]] - past[runs[i][1]]
            for i in range(1, len(runs) - 1)
            if runs[i - 1][0] == runs[i + 1][0]
        }
        short = min(lengths, key=lambda i: lengths[i], default=None)
        if short is None or lengths[short] >= MERGED_KM:
            break
        runs = runs[:short] + runs[short + 2 :]
    return runs


def _describe(network: Network, one: str, other: str, position: int, edge: int) -> Crossing:
    lon, lat = (float(v) for v in network.xy[network.ends[edge]].mean(axis=0))
    if network.column("basis")[edge] == "leg":
        name, named = network.leg_names[str(network.column("source_id")[edge])], True
    else:
        name, named, lon, lat = _name(network, edge, one, other)
    return Crossing(
        one=one,
        other=other,
        edge=position,
        lon=lon,
        lat=lat,
        gateway=name,
        named=named,
        gauge=bool(gauge_edges(network)[edge]),
    )


@lru_cache(maxsize=4096)
def _name(network: Network, edge: int, one: str, other: str) -> tuple[str, bool, float, float]:
    """Name and place of a crossing: the gateway within `GATEWAY_KM`, or the middle of the edge."""
    mode = str(network.column("mode")[edge])
    near = _gateways(mode).get(frozenset((one, other)), [])
    rows = np.array([edge])
    far = [float(edge_distances(network, rows, g["longitude"], g["latitude"])[0]) for g in near]
    if far and min(far) <= GATEWAY_KM:
        gateway = near[int(np.argmin(far))]
        return str(gateway["name"]), True, gateway["longitude"], gateway["latitude"]
    lon, lat = (float(v) for v in network.xy[network.ends[edge]].mean(axis=0))
    return f"{one}-{other}", False, lon, lat


@lru_cache(maxsize=2)
def _gateways(mode: str) -> dict[frozenset[str], list[dict[str, Any]]]:
    """Gateways of a mode by the pair of their countries."""
    table = read_gateways() if mode == "rail" else package_facts("road_gateways")
    out: dict[frozenset[str], list[dict[str, Any]]] = {}
    for row in table[table["neighbour"] != ""].to_dict("records"):
        cells = {str(key): value for key, value in row.items()}
        out.setdefault(frozenset((cells["country"], cells["neighbour"])), []).append(cells)
    return out


@lru_cache(maxsize=1)
def gateway_sides() -> dict[str, tuple[str, str]]:
    """Countries on either side of each gateway, by its name: its own first."""
    return {
        row["name"]: (row["country"], row["neighbour"])
        for mode in ("road", "rail")
        for rows in _gateways(mode).values()
        for row in rows
    }
