"""The ends of routes, joined to the lines beside them and, where they are neighbours, to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from geo_ree.crs import distance_m
from geo_ree.errors import RouteError
from geo_ree.routing.assembly import NODES, PLACE_KM, PLACES, Ints, append_edges, attach
from geo_ree.routing.network import Network
from geo_ree.routing.railheads import DETOUR, DETOUR_ENDS

END = "end"
"""Kind of the places that are ends of routes."""

BESIDE_ROAD_KM = 1.0
"""A point farther than this from the roads of the network is off them (judgement)."""

OFF_ROAD_FACTORS = (DETOUR_ENDS[0], DETOUR, DETOUR_ENDS[1])
"""Length of the way from such a point to the road over the geodesic: least, middle, most. The other
end is reached in the same way where the main roads are no nearer than half the geodesic to it."""


def join_points(
    network: Network, points: pd.DataFrame, pairs: Ints, modes: Sequence[str]
) -> Network:
    """Give a network that has points as further nodes, joined to the lines of some modes.

    Parameters
    ----------
    network
        A network of n nodes.
    points
        Rows of ``lon``, ``lat``, ``country`` and ``loose`` (the centre of a town: the station is
        beside it); they become the nodes n, n + 1 ...
    pairs
        Shape (routes, 2): nodes between which a route is asked for.
    modes
        Modes of the lines.

    Raises
    ------
    RouteError
        When a point is not in degrees.
    """
    lon, lat = (points[c].to_numpy(np.float64) for c in ("lon", "lat"))
    if not (np.isfinite(lon).all() and (np.abs(lon) <= 180).all() and (np.abs(lat) <= 90).all()):
        raise RouteError("an end of the route is not in degrees", "give (longitude, latitude)")
    first = len(network.nodes)
    places = points.assign(name="", kind=END, node=np.arange(first, first + len(points)))
    grown = replace(
        network,
        nodes=pd.concat([network.nodes, points[[*NODES]]], ignore_index=True),
        places=pd.concat([network.places, places[[*PLACES]]], ignore_index=True),
    )
    rows = []
    for mode in ("rail", "road"):
        if mode in modes and len(points) and (network.edges["mode"] == mode).any():
            ties = _tie(network, attach(network, lon, lat, mode), points, mode)
            both = pairs[(pairs >= first).all(axis=1)] - first
            rows += [_tie_rows(ties, first, mode), *_direct_rows(ties, both, lon, lat, first, mode)]
    return append_edges(grown, pd.concat(rows, ignore_index=True)) if rows else grown


def _tie(network: Network, found: pd.DataFrame, points: pd.DataFrame, mode: str) -> pd.DataFrame:
    """Add to the table of `attach` the way to the road, and how far the point is beside its line.

    A point that the line can pass, by the length of its edge, is on it, however far from the chord.
    """
    edge = network.edges.iloc[found["edge"].to_numpy()].reset_index(drop=True)
    here, node = (
        t.reset_index(drop=True)
        for t in (points.iloc[found["point"]], network.nodes.iloc[found["node"]])
    )
    away = distance_m(here["lon"], here["lat"], node["lon"], node["lat"]) / 1000.0
    on_line = pd.Series(away).groupby(found["point"]).transform("sum") <= edge["km"]
    town = here["loose"].astype(bool)
    off = found["off_km"]
    aside = off.where((off > BESIDE_ROAD_KM) & (mode == "road"), 0.0)
    share = found["km"] / edge["km"].where(edge["km"] > 0.0, 1.0)
    found = found.assign(
        km_low=found["km_low"] - share * (edge["km"] - edge["km_low"]),
        km_high=found["km_high"] + share * (edge["km_high"] - edge["km"]),
        aside=aside,
        beside=off.where((aside == 0.0) & (town | ~on_line), 0.0),
        basis=edge["basis"].where(aside == 0.0, "straight"),
        source_id=edge["source_id"],
    )
    return found[on_line | (off <= PLACE_KM) | (mode == "road")]


def _tie_rows(ties: pd.DataFrame, first: int, mode: str) -> pd.DataFrame:
    """Edges from points to both ends of the edge beside them."""
    least, middle, most = OFF_ROAD_FACTORS
    return pd.DataFrame(
        {
            "a": ties["point"] + first,
            "b": ties["node"],
            "mode": mode,
            "km": ties["km"] + middle * ties["aside"],
            "km_low": (ties["km_low"] + least * ties["aside"] - ties["beside"]).clip(lower=0.0),
            "km_high": ties["km_high"] + most * ties["aside"] + ties["beside"],
            "basis": ties["basis"],
            "source_id": ties["source_id"],
        }
    )


def _direct_rows(
    ties: pd.DataFrame, pairs: Ints, lon: np.ndarray, lat: np.ndarray, first: int, mode: str
) -> list[pd.DataFrame]:
    """Edges between two points of a pair: along the edge that both are beside, and off the roads."""
    by_point = ties.groupby("point").first()
    least, middle, most = OFF_ROAD_FACTORS
    rows = []
    for a, b in pairs.tolist():
        if a not in by_point.index or b not in by_point.index:
            continue
        s, t = by_point.loc[a], by_point.loc[b]
        aside, beside = s["aside"] + t["aside"], s["beside"] + t["beside"]
        row = {"a": first + a, "b": first + b, "mode": mode, "source_id": s["source_id"]}
        if s["edge"] == t["edge"]:
            low = max(t["km_low"] - s["km_high"], s["km_low"] - t["km_high"], beside) - beside
            high = max(t["km_high"] - s["km_low"], s["km_high"] - t["km_low"]) + beside
            km = abs(t["km"] - s["km"]) + middle * aside
            basis = "straight" if aside else s["basis"]
            rows.append(
                {**row, "km": km, "km_low": low + least * aside, "km_high": high + most * aside}
                | {"basis": basis}
            )
        chord = float(distance_m([lon[a]], [lat[a]], [lon[b]], [lat[b]])[0]) / 1000.0
        if aside >= chord / 2.0 > 0.0:
            km, low, high = (factor * chord for factor in (middle, least, most))
            rows.append({**row, "km": km, "km_low": low, "km_high": high, "basis": "straight"})
    return [pd.DataFrame(rows)] if rows else []
