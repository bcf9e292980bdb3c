"""The packed OpenStreetMap networks of railways and roads."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

from geo_ree.crs import STORE_CRS, distance_m
from geo_ree.settings import REGION, SCORED_COUNTRIES, Box
from starter_build.packages import Store
from starter_build.product import Product, write_parquet

Floats = NDArray[np.float64]

ROAD_REACH_KM = 500.0
"""Roads farther than this from the scored countries are left out, to keep the package small."""

_EARTH_KM = 6371.0
_STEP_KM = 10.0


@dataclass(frozen=True)
class Network:
    """Edges (pairs of node numbers), their published lengths (km), and nodes as lat, lon."""

    edges: NDArray[np.int64]
    length_km: Floats
    nodes: Floats
    loops: int
    repeats: int
    outside: int


def build_roads(store: Store, countries: gpd.GeoDataFrame, out: Path) -> Product:
    """Write ``roads.parquet``: edges in the region, in or near the scored countries."""
    network = read_network(store.path("scgraph_highways"))
    near = near_scored(network.nodes, network.edges, countries)
    far = {f"edges over {ROAD_REACH_KM:.0f} km from the scored countries": int((~near).sum())}
    frame = to_lines(network)[near].reset_index(drop=True)
    write_parquet(out / "roads.parquet", frame)
    return network_product("roads", frame, network, store.built_from("scgraph_highways"), far)


def read_network(path: Path, box: Box = REGION) -> Network:
    """Parse the two literals ``graph=[{node: km}]`` and ``nodes=[[lat, lon]]`` of a file.

    Edges with an end in the box (west, south, east, north, in degrees) are kept.
    """
    graph: list[dict[str, float]] = []
    nodes: Floats = np.empty((0, 2))
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            if line.startswith("graph="):
                graph = json.loads(re.sub(r"(\d+):", r'"\1":', line.removeprefix("graph=")))
            elif line.startswith("nodes="):
                nodes = np.array(json.loads(line.removeprefix("nodes=")), dtype=np.float64)
    west, south, east, north = box
    lat, lon = nodes[:, 0], nodes[:, 1]
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    kept: dict[tuple[int, int], float] = {}
    loops, repeats, outside = 0, 0, 0
    for start, ends in enumerate(graph):
        for text, km in ends.items():
            end = int(text)
            if not (inside[start] or inside[end]):
                outside += start <= end
            elif start == end:
                loops += 1
            else:
                key = (min(start, end), max(start, end))
                repeats += key in kept
                kept[key] = min(km, kept.get(key, km))
    edges = np.array(sorted(kept), dtype=np.int64)
    lengths = np.array([kept[a, b] for a, b in edges.tolist()])
    return Network(edges, lengths, nodes, loops, repeats, int(outside))


def lateral_error_km(length_km: Floats, chord_km: Floats) -> Floats:
    """How far the true course of a line may lie beside its chord: sqrt(L^2 - c^2) / 2.

    The half minor axis of the ellipse of all courses of that length; 0 where the published
    length is below the chord, which rounded coordinates bring about.

    Examples
    --------
    >>> lateral_error_km(np.array([5.0]), np.array([3.0])).tolist()
    [2.0]
    """
    return np.asarray(np.sqrt(np.maximum(length_km**2 - chord_km**2, 0.0)) / 2.0)


def to_lines(network: Network) -> gpd.GeoDataFrame:
    """Edges as two-point lines with length and lateral error."""
    start, end = network.nodes[network.edges[:, 0]], network.nodes[network.edges[:, 1]]
    chord = distance_m(start[:, 1], start[:, 0], end[:, 1], end[:, 0]) / 1000.0
    return gpd.GeoDataFrame(
        {
            "native_id": [f"{a}-{b}" for a, b in network.edges.tolist()],
            "length_km": network.length_km,
            "lateral_error_km": lateral_error_km(network.length_km, chord).round(3),
        },
        geometry=shapely.linestrings(np.stack([start[:, ::-1], end[:, ::-1]], axis=1)),
        crs=STORE_CRS,
    )


def near_scored(
    nodes: Floats,
    edges: NDArray[np.int64],
    countries: gpd.GeoDataFrame,
    reach_km: float = ROAD_REACH_KM,
) -> NDArray[np.bool_]:
    """Whether an end of each edge lies in a scored country or within reach of its border."""
    chosen = countries[countries["native_id"].isin(SCORED_COUNTRIES)]
    whole = shapely.union_all(chosen.geometry.to_numpy())
    border = shapely.get_coordinates(shapely.segmentize(whole.boundary, _STEP_KM / 111.0))
    used = np.unique(edges)
    lon, lat = nodes[used, 1], nodes[used, 0]
    away, _ = cKDTree(on_sphere(border)).query(on_sphere(np.column_stack([lon, lat])))
    shapely.prepare(whole)
    close = np.zeros(len(nodes), dtype=bool)
    reach = 2.0 * np.sin(reach_km / _EARTH_KM / 2.0)
    close[used] = (away <= reach) | shapely.contains_xy(whole, lon, lat)
    return np.asarray(close[edges].any(axis=1))


def on_sphere(lonlat: Floats) -> Floats:
    """Unit vectors of points (lon, lat in degrees)."""
    lon, lat = np.radians(lonlat).T
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def network_product(
    layer: str,
    frame: gpd.GeoDataFrame,
    network: Network,
    built_from: dict[str, str],
    far: dict[str, int],
    where: str = "the region",
) -> Product:
    """Say what a layer took from the packed network, and what it left out."""
    chords = _chords_km(frame)
    lateral = frame["lateral_error_km"]
    return Product(
        file=f"{layer}.parquet",
        source_id=f"starter_{layer}",
        rows=len(frame),
        built_from=built_from,
        took={"edges": len(frame), "km, as published": round(frame["length_km"].sum())},
        dropped={
            f"edges outside {where}": network.outside,
            "loops of zero length": network.loops,
            "edges listed again from their other end": network.repeats,
            **far,
        },
        derived={
            "lateral errors of 0 because the length is below the chord": int(
                (frame["length_km"] < chords).sum()
            ),
            "lateral errors over 25 km (unknown course)": int((lateral > 25.0).sum()),
            "chords over 100 km": int((np.asarray(chords) > 100.0).sum()),
        },
    )


def _chords_km(frame: gpd.GeoDataFrame) -> Sequence[float] | Floats:
    ends = shapely.get_coordinates(frame.geometry.to_numpy()).reshape(-1, 4)
    return distance_m(ends[:, 0], ends[:, 1], ends[:, 2], ends[:, 3]) / 1000.0
