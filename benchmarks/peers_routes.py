"""The peers of bench_routes.py that live in .servers/peers: rustworkx and networkx.

python peers_routes.py rustworkx|networkx FILE.npz OUT.npy    # prints seconds, and writes distances

Both start from arrays of edges. Building the graph is timed apart; the search from each source to
all nodes is that of their documentation for weighted graphs.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np


def with_rustworkx(a, b, km, size, sources):
    import rustworkx  # noqa: PLC0415

    began = time.perf_counter()
    graph = rustworkx.PyGraph(multigraph=True)
    graph.add_nodes_from(range(size))
    graph.add_edges_from(list(zip(a.tolist(), b.tolist(), km.tolist(), strict=True)))
    built = time.perf_counter() - began
    out = np.full((len(sources), size), np.inf)
    began = time.perf_counter()
    found = [rustworkx.dijkstra_shortest_path_lengths(graph, s, float) for s in sources]
    seconds = time.perf_counter() - began
    for row, (source, away) in enumerate(zip(sources, found, strict=True)):
        out[row, source] = 0.0
        out[row, list(away.keys())] = list(away.values())
    return built, seconds, out, f"rustworkx {rustworkx.__version__}"


def with_networkx(a, b, km, size, sources):
    import networkx  # noqa: PLC0415

    began = time.perf_counter()
    graph = networkx.Graph()
    graph.add_nodes_from(range(size))
    order = np.argsort(-km, kind="stable")  # of two edges between two nodes the shorter one stays
    rows = zip(a[order].tolist(), b[order].tolist(), km[order].tolist(), strict=True)
    graph.add_weighted_edges_from(rows)
    built = time.perf_counter() - began
    out = np.full((len(sources), size), np.inf)
    began = time.perf_counter()
    found = [networkx.single_source_dijkstra_path_length(graph, s) for s in sources]
    seconds = time.perf_counter() - began
    for row, away in enumerate(found):
        out[row, list(away.keys())] = list(away.values())
    return built, seconds, out, f"networkx {networkx.__version__}"


def main() -> None:
    peer, path, out = sys.argv[1:]
    data = np.load(path)
    run = {"rustworkx": with_rustworkx, "networkx": with_networkx}[peer]
    work = (data[name] for name in ("a", "b", "km"))
    built, seconds, km, version = run(*work, int(data["size"]), data["sources"].tolist())
    np.save(out, km)
    print(json.dumps({"built": built, "seconds": seconds, "version": version}))


if __name__ == "__main__":
    main()
