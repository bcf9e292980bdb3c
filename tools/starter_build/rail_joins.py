"""Joins of the packed railways: dead ends that nearly meet, and gaps that a known line closes."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.cluster.hierarchy import DisjointSet
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from geo_ree.crs import STORE_CRS, distance_m
from starter_build.checks import read_checked_csv
from starter_build.networks import Floats, Network, on_sphere, read_network
from starter_build.packages import Store
from starter_build.product import BuildError, Product, sha256, write_parquet
from starter_build.route_edges import ROUTES_BOX, count_countries, with_countries

HEAL_KM = 2.5
"""Largest gap at which two ends are one line (judgement: 0.001 degree of rounding is 0.1 km)."""

DETOUR_KM, DETOUR_FACTOR = 10.0, 15.0
"""Two dead ends of one component are joined if the way round by rail is at least this long, and
this many times the gap: two sidings of one yard are closer than that (judgement)."""

STRAIGHT_DEGREES = 25.0
"""A dead end is also joined to a line that it runs towards, if it turns by less (judgement)."""

ADDED = Path(__file__).with_name("added_bridges.csv")
"""Bridges that we found, of the columns of network_bridges.csv and a source."""

BRIDGE_FACTOR = 1.08
"""Length of a bridge over its gap; longer edges of the network have about that."""

CLOSED = "closed border"

Pairs = NDArray[np.int64]


def build_rail_joins(store: Store, facts: Path, out: Path) -> Product:
    """Write ``rail_joins.parquet``; ``world.parquet`` has to be in the folder already."""
    network = read_network(store.path("scgraph_railways"), ROUTES_BOX)
    tables = facts / "routing"
    bridges, titles, open_gaps = read_bridges(tables / "network_bridges.csv", network)
    added, more, _ = read_bridges(ADDED, network)
    bridges, titles = np.vstack([bridges, added]), [*titles, *more]
    between = join_components(network)
    loose = join_dead_ends(network, between)
    ahead = join_ahead(network, np.vstack([between, loose, bridges]))
    pairs = np.vstack([between, loose, ahead, bridges])
    gaps = gap_km(network, pairs)
    is_bridge = np.arange(len(pairs)) >= len(pairs) - len(bridges)
    source = "OpenStreetMap as packed in scgraph_data 2.0.0: "
    frame = gpd.GeoDataFrame(
        {
            "native_id": [f"{a}-{b}" for a, b in pairs.tolist()],
            "kind": np.where(is_bridge, "bridge", "heal"),
            "length_km": np.where(is_bridge, gaps * BRIDGE_FACTOR, gaps).round(3),
            "gap_km": gaps.round(3),
            "source": np.where(is_bridge, source + "gap of a known line", source + "dead ends"),
            "note": [
                *["between two parts of the network"] * len(between),
                *["two dead ends of one part of the network"] * len(loose),
                *["a dead end that runs towards a line of its part of the network"] * len(ahead),
                *titles,
            ],
        },
        geometry=shapely.linestrings(network.nodes[pairs][:, :, ::-1]),
        crs=STORE_CRS,
    )
    frame = with_countries(frame, out)
    write_parquet(out / "rail_joins.parquet", frame)
    known = read_pairs(tables / "network_heals.csv", network)
    return Product(
        file="rail_joins.parquet",
        source_id="starter_rail_joins",
        rows=len(frame),
        built_from={
            **store.built_from("scgraph_railways"),
            "network_bridges.csv": "sha256 " + sha256(tables / "network_bridges.csv"),
            ADDED.name: "sha256 " + sha256(ADDED),
            "network_heals.csv": "sha256 " + sha256(tables / "network_heals.csv"),
            "world.parquet": "sha256 " + sha256(out / "world.parquet"),
        },
        took={
            "heals between two parts of the network": len(between),
            "heals of dead ends of one part": len(loose),
            "heals of dead ends that run towards a line": len(ahead),
            "bridges": len(bridges),
        },
        dropped={"gaps at a closed border, which stay open": open_gaps},
        derived={
            "heals in network_heals.csv": len(known),
            "heals of network_heals.csv that are here": len(
                known & set(map(tuple, pairs[~is_bridge].tolist()))
            ),
            **count_countries(frame),
        },
    )


def join_components(network: Network) -> Pairs:
    """Join each dead end to the nearest node of another component: shortest gaps first."""
    pairs, gaps = close_pairs(network)
    parts = component_of(network)
    sets = DisjointSet(np.unique(parts).tolist())
    order = np.lexsort((pairs[:, 1], pairs[:, 0], gaps))
    return pairs[[k for k in order if sets.merge(*parts[pairs[k]].tolist())]]


def join_dead_ends(network: Network, joined: Pairs) -> Pairs:
    """Join dead ends that are left to each other, where the way round is long: each once."""
    pairs, gaps = close_pairs(network)
    free = is_dead(network, pairs).all(axis=1) & ~np.isin(pairs, joined).any(axis=1)
    return join_far(network, joined, pairs[free], gaps[free])


def join_ahead(network: Network, joined: Pairs) -> Pairs:
    """Join dead ends that are left to the line that they run towards, where the way round is long."""
    pairs, gaps = close_pairs(network)
    dead = is_dead(network, pairs) & ~np.isin(pairs, joined)
    turn = np.where(
        dead, np.column_stack([turns(network, pairs), turns(network, pairs[:, ::-1])]), 180
    )
    ahead = turn.min(axis=1) < STRAIGHT_DEGREES
    return join_far(network, joined, pairs[ahead], gaps[ahead])


def is_dead(network: Network, pairs: Pairs) -> NDArray[np.bool_]:
    """Which nodes of each pair are dead ends."""
    degree = np.bincount(network.edges.ravel(), minlength=len(network.nodes))
    return np.asarray(degree[pairs] == 1)


def turns(network: Network, pairs: Pairs) -> Floats:
    """By how many degrees the last edge to the first node of each pair turns to the second."""
    before = np.zeros(len(network.nodes), dtype=np.int64)
    before[network.edges[:, 0]] = network.edges[:, 1]
    before[network.edges[:, 1]] = network.edges[:, 0]
    places = on_sphere(network.nodes[:, ::-1])
    here, there = places[pairs[:, 0]], places[pairs[:, 1]]
    came, goes = here - places[before[pairs[:, 0]]], there - here
    size = np.linalg.norm(came, axis=1) * np.linalg.norm(goes, axis=1)
    return np.asarray(np.degrees(np.arccos(np.clip((came * goes).sum(axis=1) / size, -1.0, 1.0))))


def join_far(network: Network, joined: Pairs, pairs: Pairs, gaps: Floats) -> Pairs:
    """Choose the pairs between which the way round is long, each node once, shortest gaps first."""
    if not len(pairs):
        return pairs
    starts, row = np.unique(pairs[:, 0], return_inverse=True)
    reach = max(DETOUR_KM, DETOUR_FACTOR * HEAL_KM)
    around = dijkstra(matrix_of(network, joined), directed=False, indices=starts, limit=reach)
    detour = around[row, pairs[:, 1]]
    far = np.flatnonzero((detour >= DETOUR_KM) & (detour >= DETOUR_FACTOR * gaps))
    used: set[int] = set()
    out = []
    for k in far[np.lexsort((pairs[far, 1], pairs[far, 0], gaps[far]))]:
        ends = set(pairs[k].tolist())
        if not ends & used:
            used |= ends
            out.append(k)
    return pairs[out]


def close_pairs(network: Network) -> tuple[Pairs, Floats]:
    """Pairs of nodes at most `HEAL_KM` apart of which one is a dead end, and their gaps (km)."""
    used = np.unique(network.edges)
    degree = np.bincount(network.edges.ravel(), minlength=len(network.nodes))
    places = on_sphere(network.nodes[used][:, ::-1])
    dead = np.flatnonzero(degree[used] == 1)
    reach = 1.01 * HEAL_KM / 6371.0
    found = cKDTree(places).query_ball_point(places[dead], reach)
    rows = [(i, j) for i, near in zip(dead.tolist(), found, strict=True) for j in near if i != j]
    pairs = used[np.unique(np.sort(np.array(rows), axis=1), axis=0)]
    gaps = gap_km(network, pairs)
    return pairs[gaps <= HEAL_KM], gaps[gaps <= HEAL_KM]


def gap_km(network: Network, pairs: Pairs) -> Floats:
    """Geodesic between the nodes of each pair (km)."""
    (south, west), (north, east) = network.nodes[pairs[:, 0]].T, network.nodes[pairs[:, 1]].T
    return distance_m(west, south, east, north) / 1000.0


def matrix_of(network: Network, joined: Pairs) -> coo_matrix:
    """Lengths between nodes (km), joins included."""
    a, b = np.vstack([network.edges, joined]).T
    km = np.concatenate([network.length_km, gap_km(network, joined)])
    size = len(network.nodes)
    return coo_matrix((np.maximum(km, 1e-6), (a, b)), shape=(size, size)).tocsr()


def component_of(network: Network) -> Pairs:
    """Component of each node of the network."""
    return np.asarray(
        connected_components(matrix_of(network, network.edges[:0]), directed=False)[1]
    )


def read_bridges(path: Path, network: Network) -> tuple[Pairs, list[str], int]:
    """Node numbers and names of the bridges to make, and how many gaps stay open."""
    columns = ("line", "lat1", "lon1", "lat2", "lon2", "gap_km", "what")
    rows = read_checked_csv(path, columns)
    made = [row for row in rows if not row["what"].startswith(CLOSED)]
    pairs = node_pairs(path, made, network)
    for row, gap in zip(made, gap_km(network, pairs), strict=True):
        if abs(gap - float(row["gap_km"])) > 0.1:
            raise BuildError(f"{path.name}, {row['line']}: the gap is {gap:.1f} km in the network")
    return pairs, [row["line"] for row in made], len(rows) - len(made)


def read_pairs(path: Path, network: Network) -> set[tuple[int, int]]:
    """Node numbers of the joins of a table."""
    rows = read_checked_csv(path, ("lat1", "lon1", "lat2", "lon2"))
    return {(min(a, b), max(a, b)) for a, b in node_pairs(path, rows, network).tolist()}


def node_pairs(path: Path, rows: list[dict[str, str]], network: Network) -> Pairs:
    """Node numbers of the two places of each row; a place must be a node of the network."""
    numbers = {tuple(network.nodes[i].round(3)): i for i in np.unique(network.edges).tolist()}
    ends = []
    for line, row in enumerate(rows, start=2):
        for lat, lon in (("lat1", "lon1"), ("lat2", "lon2")):
            place = (float(row[lat]), float(row[lon]))
            if place not in numbers:
                raise BuildError(f"{path.name}, row {line}: no node of the network at {place}")
            ends.append(numbers[place])
    return np.array(ends, dtype=np.int64).reshape(-1, 2)
