"""One-to-all routes beside rustworkx and networkx: twelve sea ports to every node of the railways.

python benchmarks/bench_routes.py

Ours contracts the nodes at which a line only continues and lets scipy.sparse.csgraph search; the
distances of the contracted nodes are part of it, and those of the peers have to be the same. The
graph of each is built beforehand and timed apart. Medians of 3, in turns; a peer that needs over
30 s runs once. Exits with 1 when a bar is missed. The peers come with `make peers` (tools/peers/).
Beside them it prints the seconds and the memory of `find_corridors` for the deposits that a run
ranks, and for 1,000 points around them.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from bench_nearest import PEERS, processor

import geo_ree
from geo_ree.routing.corridors import find_corridors
from geo_ree.routing.graph import Graph, contract, search
from geo_ree.routing.network import Network, load_network
from geo_ree.schema import RANKED_ROLES

PORTS = 12
BARS = {"rustworkx": 2.0, "networkx": 10.0}
MOST_MS = 500.0
MOST_APART_KM = 0.001
MADE_UP = 1000
DRAWS = 1000


def main() -> int:
    if not PEERS.exists():
        print(f"{PEERS} is not there: run make peers", file=sys.stderr)
        return 1
    network = load_network()
    contract.cache_clear()
    begun = time.perf_counter()
    graph = contract(network, ("rail",))
    built = time.perf_counter() - begun
    ports = sources(network, graph)
    a, b, km = edges(network)
    print(f"{len(ports)} ports to all nodes, {len(a):,} edges, {len(network.nodes):,} nodes;")
    print(f"contracted: {len(graph.a):,} edges, {len(graph.junctions):,} nodes. {processor()}\n")
    mine, found = timed(graph, ports)
    head = f"{'':<22}{'graph':>9}{'search':>11}{'x ours':>9}{'bar':>7}"
    print(head)
    print(f"{'geo_ree (scipy)':<22}{built * 1000:>6,.0f} ms{mine * 1000:>8,.0f} ms{1.0:>9.1f}")
    missed = mine * 1000 > MOST_MS
    with tempfile.TemporaryDirectory(prefix="geo_ree-") as folder:
        work = Path(folder, "work.npz")
        np.savez(work, a=a, b=b, km=km, size=len(network.nodes), sources=ports)
        for peer, bar in BARS.items():
            theirs = beside(peer, work, found)
            ratio = theirs["seconds"] / mine
            missed |= ratio < bar
            print(
                f"{theirs['version']:<22}{theirs['built'] * 1000:>6,.0f} ms"
                f"{theirs['seconds'] * 1000:>8,.0f} ms{ratio:>9.1f}{bar:>6.0f}x"
            )
    print(f"\nours in at most {MOST_MS:.0f} ms; distances agree within {MOST_APART_KM * 1000:g} m")
    time_corridors()
    return int(missed)


def time_corridors() -> None:
    """Print what all corridors of the ranked deposits, and of points around them, take."""
    table = geo_ree.run(options=geo_ree.Options(draws=10)).measures.table
    own = table[table["role"].isin(RANKED_ROLES)].reset_index(drop=True)
    at = np.arange(MADE_UP) % len(own)
    apart = np.random.default_rng(1).uniform(-0.7, 0.7, (2, MADE_UP))
    points = gpd.GeoSeries(shapely.centroid(own.geometry.to_numpy()[at]), crs=own.crs)
    many = gpd.GeoDataFrame(
        {"id": [f"x:{n}" for n in range(MADE_UP)], "country": own["country"].to_numpy()[at]},
        geometry=gpd.points_from_xy(points.x + apart[0], points.y + apart[1], crs=own.crs),
    ).assign(position_error_m=0.0)
    for deposits in (own, many):
        with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
            print(fresh.submit(describe_corridors, deposits).result())


def describe_corridors(deposits: gpd.GeoDataFrame) -> str:
    """Say what all corridors of some deposits take, in a process of their own."""
    load_network()
    begun, core = time.perf_counter(), time.process_time()
    found = find_corridors(deposits, draws=DRAWS)
    wall, core = time.perf_counter() - begun, time.process_time() - core
    status = Path("/proc/self/status").read_text()  # of this program, not of the one that began it
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1e6
    return (
        f"find_corridors: {len(deposits):,} deposits, {len(found):,} routes, {DRAWS:,} draws: "
        f"{wall:.1f} s ({core:.1f} s of a core), peak {peak:.2f} GB"
    )


def sources(network: Network, graph: Graph) -> list[int]:
    """The nodes of the first sea ports that a railway serves."""
    places = network.places[network.places["kind"] == "sea_port"]
    served = places[places["node"].isin(graph.junctions)]
    return [int(node) for node in served["node"].head(PORTS)]


def edges(network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends and lengths of the railways, not contracted."""
    table = network.edges[network.edges["mode"] == "rail"]
    table = table[table["a"] != table["b"]]
    return table["a"].to_numpy(), table["b"].to_numpy(), table["km"].to_numpy()


def timed(graph: Graph, ports: list[int]) -> tuple[float, np.ndarray]:
    """Median seconds of 3, and the distances (km)."""
    search(graph, ports[0])  # the matrix is made once
    runs = []
    for _ in range(3):
        begun = time.perf_counter()
        found = [search(graph, port).km[0] for port in ports]
        runs.append(time.perf_counter() - begun)
    return statistics.median(runs), np.array(found)


def beside(peer: str, work: Path, ours: np.ndarray) -> dict[str, float | str]:
    """Seconds of a peer, whose distances are ours."""
    script, out = Path(__file__).with_name("peers_routes.py"), work.with_name(f"{peer}.npy")
    runs: list[dict[str, float | str]] = []
    while len(runs) < 3 and not (runs and float(runs[0]["seconds"]) > 30.0):
        command = [PEERS, script, peer, work, out]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        runs.append(json.loads(printed))
    theirs = np.load(out)
    there = np.isfinite(theirs)
    assert (there == np.isfinite(ours)).all(), f"{peer} reaches other nodes"
    apart = np.abs(theirs[there] - ours[there]).max()
    assert apart < MOST_APART_KM, f"{peer} is {apart:.3f} km apart"
    return {
        "version": runs[0]["version"],
        "built": statistics.median(float(r["built"]) for r in runs),
        "seconds": statistics.median(float(r["seconds"]) for r in runs),
    }


if __name__ == "__main__":
    sys.exit(main())
