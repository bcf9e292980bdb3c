"""Drawn railways, planned ones for instance, joined to those of a network."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import Floats, length_km
from geo_ree.errors import RouteError
from geo_ree.routing.assembly import Ints, append_edges, attach, country_codes, split_edges

if TYPE_CHECKING:
    from geo_ree.routing.network import Network

JOIN_KM = 2.5
"""Farthest that an end of a drawn line may lie from the line that it joins."""

DRAWN_FACTOR = 1.08
"""Length of a line over its drawn course, where its length is not published."""


def add_lines(
    network: Network,
    lines: gpd.GeoDataFrame,
    source: str,
    join_km: float = JOIN_KM,
    borders: gpd.GeoDataFrame | None = None,
) -> Network:
    """Do what `Network.with_lines` says."""
    for row, (name, line) in enumerate(_parts(lines, source)):
        published = lines["length_km"].iloc[row] if "length_km" in lines else np.nan
        network = _add_line(network, line, published, name, join_km, borders)
    return network


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
    line: shapely.LineString,
    published: float,
    name: str,
    join_km: float,
    borders: gpd.GeoDataFrame | None,
) -> Network:
    """Cut a line where it crosses railways; join it there, and at its ends."""
    xy, met = _cut(network, line)
    drawn = np.array([length_km(shapely.LineString(pair)) for pair in pairwise(xy)])
    km = drawn * (DRAWN_FACTOR if pd.isna(published) else float(published) / drawn.sum())
    ends = attach(network, xy[[0, -1], 0], xy[[0, -1], 1], "rail")
    ends["point"] = ends["point"].map({0: 0, 1: len(xy) - 1})
    at = np.flatnonzero(met >= 0)
    crossed = split_edges(network, xy[at, 0], xy[at, 1], met[at], pd.Series(np.zeros(len(at))))
    crossed["point"] = at[crossed["point"]]
    found = pd.concat([crossed, ends[ends["off_km"] <= JOIN_KM]], ignore_index=True)
    first = len(network.nodes)
    nodes = pd.DataFrame(
        {"lon": xy[:, 0], "lat": xy[:, 1], "country": _countries(network, xy, borders)}
    )
    grown = replace(network, nodes=pd.concat([network.nodes, nodes], ignore_index=True))
    number = np.arange(first, first + len(xy))
    own = _edges(number[:-1], number[1:], km, drawn, name)
    joins = _edges(
        found["point"].to_numpy(np.int64) + first,
        found["node"].to_numpy(np.int64),
        found["km"].to_numpy() + found["off_km"].to_numpy(),
        found["km_low"].to_numpy(),
        name,
    )
    return append_edges(grown, pd.concat([own, joins], ignore_index=True))


def _cut(network: Network, line: shapely.LineString) -> tuple[Floats, Ints]:
    """Vertices of a line and of its crossings of railways, and the edge that is crossed there."""
    links = network.edges["a"].isin(network.places["node"])
    rows = np.flatnonzero((network.edges["mode"] == "rail") & ~links)
    lines = network.edge_lines(rows)
    hits = shapely.STRtree(lines).query(line, predicate="intersects")
    xy, owner = shapely.get_coordinates(shapely.intersection(lines[hits], line), return_index=True)
    own = shapely.get_coordinates(line)
    places = shapely.line_locate_point(line, shapely.points(np.r_[own, xy]))
    met = np.r_[np.full(len(own), -1), rows[hits[owner]]]
    order = np.lexsort((-met, np.round(places, 9)))
    first = np.r_[True, np.diff(np.round(places[order], 9)) > 0]
    return np.r_[own, xy][order[first]], met[order[first]]


def _countries(network: Network, xy: Floats, borders: gpd.GeoDataFrame | None) -> np.ndarray:
    """Country of each vertex; that of the nearest node of a railway where the borders give none."""
    found = attach(network, xy[:, 0], xy[:, 1], "rail")
    nearest = found.sort_values(["point", "km"]).drop_duplicates("point")["node"].to_numpy()
    beside = np.asarray(network.codes[nearest])
    if borders is None:
        return beside
    codes = country_codes(xy, borders.assign(native_id=borders["country"]))
    return np.where(codes == "", beside, codes)


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
