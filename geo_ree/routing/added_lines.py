"""Drawn railways, planned ones for instance, joined to those of a network."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import Floats, length_km
from geo_ree.errors import RouteError
from geo_ree.routing.assembly import Ints, append_edges, attach, split_edges
from geo_ree.routing.place_tables import country_codes

if TYPE_CHECKING:
    from geo_ree.routing.network import Network

JOIN_KM = 5.0
"""Farthest that an end of a drawn line may lie from the line that it joins: the size of a town, by
whose centre it is drawn."""

DRAWN_FACTOR = 1.08
"""Length of a line over its drawn course, where its length is not published."""


def add_lines(network: Network, lines: gpd.GeoDataFrame, source: str) -> Network:
    """Do what `Network.with_lines` says."""
    grown = network
    for row, (name, line) in enumerate(_parts(lines, source)):
        published = lines["length_km"].iloc[row] if "length_km" in lines else np.nan
        grown = _add_line(network, grown, line, published, name)
    return grown


def _parts(lines: gpd.GeoDataFrame, source: str) -> list[tuple[str, shapely.LineString]]:
    names = lines["name"] if "name" in lines else pd.Series(lines.index, index=lines.index)
    out = []
    for row, (name, shape) in enumerate(zip(names, lines.geometry, strict=True), start=1):
        line = shapely.line_merge(shape) if shape is not None else shape
        if line is None or line.is_empty or line.geom_type != "LineString":
            raise RouteError(
                f"{source}, row {row} ({name}): the geometry is "
                f"{'missing' if shape is None else shape.geom_type}",
                "give one line a row",
            )
        out.append((str(name), shapely.force_2d(line)))
    return out


def _add_line(
    network: Network,
    grown: Network,
    line: shapely.LineString,
    published: float,
    name: str,
) -> Network:
    """Cut a line where it crosses railways; join it there, and at its ends.

    `grown` is the network with the lines before; its index is made of these alone, so that the
    large one is made once.
    """
    before = replace(
        grown, edges=grown.edges.iloc[len(network.edges) :], places=grown.places.iloc[:0]
    )
    xy, found = _cut(network, before, line)
    drawn = np.array([length_km(shapely.LineString(pair)) for pair in pairwise(xy)])
    km = drawn * (DRAWN_FACTOR if pd.isna(published) else float(published) / drawn.sum())
    for part in (network, before):
        ends = attach(part, xy[[0, -1], 0], xy[[0, -1], 1], "rail")
        ends["point"] = ends["point"].map({0: 0, 1: len(xy) - 1})
        found = pd.concat([found, ends[ends["off_km"] <= JOIN_KM]], ignore_index=True)
    first = len(grown.nodes)
    nodes = pd.DataFrame({"lon": xy[:, 0], "lat": xy[:, 1], "country": _countries(network, xy)})
    number = np.arange(first, first + len(xy))
    own = _edges(number[:-1], number[1:], km, drawn, name)
    joins = _edges(
        found["point"].to_numpy(np.int64) + first,
        found["node"].to_numpy(np.int64),
        found["km"].to_numpy() + found["off_km"].to_numpy(),
        found["km_low"].to_numpy(),
        name,
    )
    grown = replace(grown, nodes=pd.concat([grown.nodes, nodes], ignore_index=True))
    return append_edges(grown, pd.concat([own, joins], ignore_index=True))


def _cut(
    network: Network, before: Network, line: shapely.LineString
) -> tuple[Floats, pd.DataFrame]:
    """Vertices of a line and of its crossings of railways, and by which nodes these are joined."""
    own = shapely.get_coordinates(line)
    parts = [(part, *_meetings(part, line)) for part in (network, before)]
    every = np.concatenate([own, *(met for _, met, _ in parts)])
    places = np.round(shapely.line_locate_point(line, shapely.points(every)), 9)
    _, first, which = np.unique(places, return_index=True, return_inverse=True)
    joins, at = [], len(own)
    for part, met, edge in parts:
        rows = split_edges(part, met[:, 0], met[:, 1], edge, np.zeros(len(met)))
        joins.append(rows.assign(point=which[at + rows["point"].to_numpy(np.int64)]))
        at += len(met)
    return every[first], pd.concat(joins, ignore_index=True)


def _meetings(network: Network, line: shapely.LineString) -> tuple[Floats, Ints]:
    """Points at which a line meets the railways of a network, and positions of their edges."""
    lines, rows, tree = _rail_tree(network)
    hits = tree.query(line, predicate="intersects")
    xy, owner = shapely.get_coordinates(shapely.intersection(lines[hits], line), return_index=True)
    return xy, rows[hits[owner]]


@lru_cache(maxsize=2)
def _rail_tree(network: Network) -> tuple[np.ndarray, Ints, shapely.STRtree]:
    """Lines of the railways, the positions of their edges, and an index."""
    rows = network.line_edges("rail")
    lines = network.edge_lines(rows)
    return lines, rows, shapely.STRtree(lines)


def _countries(network: Network, xy: Floats) -> np.ndarray:
    """Country of each vertex; at sea that of the nearest node of a railway."""
    found = attach(network, xy[:, 0], xy[:, 1], "rail")
    nearest = found.sort_values(["point", "km"]).drop_duplicates("point")["node"].to_numpy()
    codes = country_codes(xy)
    return np.where(codes == "", network.codes[nearest], codes)


def _edges(a: np.ndarray, b: np.ndarray, km: Floats, low: Floats, name: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "a": a,
            "b": b,
            "mode": "rail",
            "km": km,
            "km_low": np.minimum(low, km),
            "km_high": np.maximum(2.0 * km - low, km),
            "basis": "straight",
            "source_id": name,
        }
    )
