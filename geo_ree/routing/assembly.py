"""How a network is put together: lines meet where they share an end, places join lines beside them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo_ree.crs import Floats, distance_m
from geo_ree.errors import RouteError

if TYPE_CHECKING:
    from geo_ree.routing.network import Network

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NODES = ("lon", "lat", "country")
EDGES = ("a", "b", "mode", "km", "km_low", "km_high", "basis", "crossing", "source_id")
PLACES = ("name", "kind", "country", "lon", "lat", "node")

PLACE_KM = 15.0
"""Farthest that a place may lie from the line that serves it: most places are town centres."""

NODE_KM = 0.1
"""A point this close to the end of an edge is that end: coordinates are rounded to 0.001 degree."""

GATEWAY_KM = 60.0
"""Farthest that a gateway may lie from a crossing of its border to stand for it."""

_TIE_KM = 1e-6
"""Makes a way past a place longer than the line itself, so that no route stops at every place."""


def attach(
    network: Network,
    lon: Floats,
    lat: Floats,
    mode: str,
    country: str = "",
    *,
    within_km: float = math.inf,
) -> pd.DataFrame:
    """Find by which nodes points reach the nearest line of a mode, and how far along it they are.

    The place S of a point on an edge A-B of length L is known to an interval: its distance to A
    lies between d(A, S) and L - d(S, B). Between them L is shared out as d(A, S) to d(S, B). Within
    `NODE_KM` of A it is A.

    Parameters
    ----------
    network
        A network.
    lon, lat
        Degrees, shape (n,).
    mode
        rail or road.
    country
        Look at lines within this country alone.
    within_km
        Leave out points that are farther from a line than this.

    Returns
    -------
    pandas.DataFrame
        Two rows a point, one an end of its edge: ``point`` (0 to n - 1), ``edge``, ``node``,
        ``km``, ``km_low``, ``km_high`` (along the line) and ``off_km`` (from the point to it);
        no row where there is no such line.
    """
    if math.isinf(within_km):
        index = network.line_index(mode, country)
    else:
        index = network.index_edges(_edges_near(network, mode, lon, lat, within_km))
    if index is None:
        none = np.empty(0, dtype=np.int64)
        return split_edges(network, lon[:0], lat[:0], none, np.empty(0))
    away_m, position = index.query_lonlat(lon, lat)
    edge = index.labels.to_numpy(np.int64)[position]
    near = np.flatnonzero(away_m <= 1000.0 * within_km)
    found = split_edges(network, lon[near], lat[near], edge[near], away_m[near])
    return found.assign(point=near[found["point"]])


def _edges_near(network: Network, mode: str, lon: Floats, lat: Floats, km: float) -> Ints:
    """Find the lines of a mode that may be as near to one of the points as some kilometres.

    Half of a line beyond that is its middle, by the straight distance through a sphere.
    """
    rows = network.line_edges(mode)
    start, end = network.xy[network.ends[rows]].transpose(1, 2, 0)
    half = np.hypot(*(end - start)) * _DEGREE_KM / 2.0
    middle = _on_sphere(*((start + end) / 2.0))
    away = cKDTree(_on_sphere(lon, lat)).query(middle)[0] if len(lon) else np.inf
    return rows[away <= 1.01 * (km + half)]


_DEGREE_KM = 111.7
"""No degree of latitude or longitude is longer on the ellipsoid."""


def _on_sphere(lon: Floats, lat: Floats) -> Floats:
    """Earth-centred coordinates (km, shape (n, 3)), within 0.5 %."""
    x, y = np.radians(lon), np.radians(lat)
    ring = np.cos(y)
    return 6371.0 * np.c_[ring * np.cos(x), ring * np.sin(x), np.sin(y)]


def split_edges(
    network: Network, lon: Floats, lat: Floats, edge: Ints, away_m: Floats
) -> pd.DataFrame:
    """Cut an edge at the place of each point: the table of `attach`."""
    ends = network.ends[edge]
    x, y = network.xy[ends, 0], network.xy[ends, 1]
    away = distance_m(x, y, np.c_[lon, lon], np.c_[lat, lat]) / 1000.0
    length = network.column("km")[edge][:, None]
    least = np.minimum(away, length)
    most = np.maximum(length - least[:, ::-1], 0.0)
    both = away.sum(axis=1, keepdims=True)
    shared = length * np.divide(away, both, out=np.full(away.shape, 0.5), where=both > 0)
    share = _foot(x, y, lon, lat)
    km = np.where(both <= length, shared, length * np.c_[share, 1.0 - share])
    off = away_m / 1000.0
    # a point that the line cannot pass is beside it: the foot on the chord, uncertain by as much
    low = np.clip(np.minimum(np.minimum(least, most), km), 0.0, length)
    high = np.clip(np.maximum(np.maximum(least, most), km), 0.0, length)
    tip = (away <= NODE_KM) & (away == away.min(axis=1, keepdims=True))
    tip[tip.all(axis=1), 1] = False
    whole, at_end = np.broadcast_to(length, away.shape), tip[:, ::-1]
    for part in (km, low, high):
        part[tip], part[at_end] = 0.0, whole[at_end]
    return pd.DataFrame(
        {
            "point": np.repeat(np.arange(len(lon)), 2),
            "edge": np.repeat(edge, 2),
            "node": ends.ravel(),
            "km": km.ravel(),
            "km_low": low.ravel(),
            "km_high": high.ravel(),
            "off_km": np.repeat(off, 2),
        }
    )


def _foot(x: Floats, y: Floats, lon: Floats, lat: Floats) -> Floats:
    """Share of each chord from its first end to the foot of a point."""
    scale = np.cos(np.radians(lat))
    ux, uy = (x[:, 1] - x[:, 0]) * scale, y[:, 1] - y[:, 0]
    vx, vy = (lon - x[:, 0]) * scale, lat - y[:, 0]
    square = np.maximum(ux**2 + uy**2, 1e-18)
    return np.asarray(np.clip((ux * vx + uy * vy) / square, 0.0, 1.0))


def add_places(network: Network, places: pd.DataFrame) -> Network:
    """Give a network with further places, each joined to the lines within `PLACE_KM`.

    Parameters
    ----------
    network
        A network.
    places
        Rows of ``name``, ``kind``, ``country``, ``longitude`` and ``latitude``. A gateway (a
        ``neighbour`` is given) is joined to lines that cross that border, wherever they are within
        `GATEWAY_KM`: borders of two sources differ by kilometres.

    Returns
    -------
    Network
    """
    first = len(network.nodes)
    lon, lat = (places[c].to_numpy(np.float64) for c in ("longitude", "latitude"))
    country = places["country"].astype(str).to_numpy(object)
    nodes = pd.DataFrame({"lon": lon, "lat": lat, "country": country})
    named = places[["name", "kind"]].astype(str).reset_index(drop=True).join(nodes[[*NODES]])
    named["node"] = np.arange(first, first + len(nodes))
    grown = replace(
        network,
        nodes=pd.concat([network.nodes, nodes], ignore_index=True),
        places=pd.concat([network.places, named[[*PLACES]]], ignore_index=True),
    )
    neighbour = places["neighbour"] if "neighbour" in places else pd.Series("", index=places.index)
    gateway = neighbour.fillna("").astype(str).to_numpy(object) != ""
    rows = []
    for mode in ("rail", "road"):
        own = (network.edges["mode"] == mode).to_numpy()
        if not own.any():
            continue
        found = attach(network, lon, lat, mode, within_km=PLACE_KM)
        parts = [found[~gateway[found["point"]]]]
        crossings = np.flatnonzero(network.edges["crossing"].to_numpy(np.bool_) & own)
        borders = [set(pair) for pair in network.codes[network.ends[crossings]]]
        served = (places["kind"].map(_SERVED_BY).fillna(mode) == mode).to_numpy() & gateway
        at, edges = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for row in np.flatnonzero(served):
            pair = {str(country[row]), str(neighbour.iloc[row])}
            near = crossings[[border == pair for border in borders]]
            edges.append(_cross_border(network, near, lon[row], lat[row]))
            at.append(np.full(len(edges[-1]), row))
        point, edge = np.concatenate(at), np.concatenate(edges)
        cut = split_edges(network, lon[point], lat[point], edge, np.zeros(len(edge)))
        parts.append(cut.assign(point=point[cut["point"]]))
        rows.append(_links(network, pd.concat(parts), first, mode))
    return append_edges(grown, pd.concat(rows, ignore_index=True)) if rows else grown


_SERVED_BY = {"road_border": "road"}
"""Gateways that lines of one mode alone serve."""

_SAMPLES = 9


def _cross_border(network: Network, rows: Ints, lon: float, lat: float) -> Ints:
    """Find the edges of a border near a gateway: those within `PLACE_KM`, or the nearest."""
    away = edge_distances(network, rows, lon, lat)
    if len(rows) and (near := away <= max(PLACE_KM, away.min())).any():
        rows = rows[near & (away <= GATEWAY_KM)]
    return rows


def edge_distances(network: Network, rows: Ints, lon: float, lat: float) -> Floats:
    """Distances (km) from a point to edges, by points along them."""
    xy = network.xy[network.ends[rows]]
    share = np.linspace(0.0, 1.0, _SAMPLES)[:, None]
    x, y = (xy[None, :, 0, i] * (1 - share) + xy[None, :, 1, i] * share for i in (0, 1))
    far = distance_m(x, y, np.full(x.shape, lon), np.full(x.shape, lat))
    return np.asarray(far.min(axis=0) / 1000.0)


def _links(network: Network, found: pd.DataFrame, first: int, mode: str) -> pd.DataFrame:
    """Edges from places to the ends of the edges that serve them."""
    found = found.reset_index(drop=True)
    edge = network.edges.iloc[found["edge"].to_numpy(np.int64)].reset_index(drop=True)
    return pd.DataFrame(
        {
            "a": found["point"] + first,
            "b": found["node"],
            "mode": mode,
            "km": found["km"] + _TIE_KM,
            "km_low": np.maximum(found["km_low"] - found["off_km"], 0.0),
            "km_high": found["km_high"] + found["off_km"],
            "basis": edge["basis"],
            "source_id": edge["source_id"],
        }
    )


def append_edges(network: Network, rows: pd.DataFrame) -> Network:
    """Give a network with further edges between its nodes; crossings follow from the nodes."""
    country = network.nodes["country"].to_numpy()
    a, b = (country[rows[c].to_numpy(np.int64)] for c in ("a", "b"))
    rows = rows.assign(crossing=(a != b) & (a != "") & (b != ""))[[*EDGES]]
    return replace(network, edges=pd.concat([network.edges, rows], ignore_index=True))


def add_legs(network: Network, legs: pd.DataFrame) -> Network:
    """Give a network with ferry and sea legs between its places."""
    known = {name: row for row, name in enumerate(network.places["name"])}
    for number, leg in enumerate(legs.to_dict("records"), start=2):
        for end in ("from", "to"):
            if leg[end] not in known:
                raise RouteError(
                    f"row {number} of the legs ({leg['id']}): {end} is {leg[end]!r}, which is no "
                    "known place",
                    "add its coordinate to the destinations, or correct the name",
                )
    node = network.places["node"].to_numpy()
    rows = pd.DataFrame(
        {
            "a": node[[known[name] for name in legs["from"]]],
            "b": node[[known[name] for name in legs["to"]]],
            "mode": legs["mode"].to_numpy(),
            **{name: legs[name].to_numpy(np.float64) for name in ("km", "km_low", "km_high")},
            "basis": "leg",
            "source_id": legs["id"].to_numpy(),
        }
    )
    return replace(append_edges(network, rows), legs=legs.reset_index(drop=True))


def append_lines(network: Network, rows: pd.DataFrame) -> Network:
    """Add lines of one mode: their ends are new nodes, one a coordinate."""
    xy = np.r_[rows[["x1", "y1"]].to_numpy(), rows[["x2", "y2"]].to_numpy()]
    key = np.round(xy * 1e6).astype(np.int64)
    packed = (key[:, 0] + 180_000_000) * 1_000_000_000 + key[:, 1]
    _, at, number = np.unique(packed, return_index=True, return_inverse=True)
    codes, names = pd.factorize(np.r_[rows["country_a"].to_numpy(), rows["country_b"].to_numpy()])
    names = np.append(names, "")  # a country is the number of its name, -1 at sea
    known = np.flatnonzero(names[codes] != "")[::-1]
    country = np.full(len(at), -1)
    country[number[known]] = codes[known]  # that of the first line that ends here, last
    ends = number.reshape(2, -1)
    country = names[_spread_countries(country, ends)]
    nodes = pd.DataFrame({"lon": xy[at, 0], "lat": xy[at, 1], "country": country})
    grown = replace(network, nodes=pd.concat([network.nodes, nodes], ignore_index=True))
    first = len(network.nodes)
    return append_edges(grown, rows.assign(a=ends[0] + first, b=ends[1] + first))


def _spread_countries(country: Ints, ends: Ints) -> Ints:
    """Give nodes at sea (bridges, harbours) the country of the nodes beside them."""
    out = country.copy()
    while True:
        before = (out < 0).sum()
        for a, b in (ends, ends[::-1]):
            blank = (out[a] < 0) & (out[b] >= 0)
            out[a[blank]] = out[b[blank]]
        if (out < 0).sum() == before:
            return out
