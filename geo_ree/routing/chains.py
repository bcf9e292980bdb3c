"""Edges of a network as chains: in order, between the nodes where a route can turn."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from geo_ree.routing.assembly import Flags, Ints


def label_chains(ends: Ints, fixed: Flags) -> Ints:
    """Number the chains of edges that meet in nodes that are not fixed; fix one node of a ring."""
    count = len(ends)
    while True:
        node, edge = ends.ravel(), np.repeat(np.arange(count), 2)
        order = np.argsort(node, kind="stable")
        order = order[~fixed[node[order]]]
        pairs = edge[order].reshape(-1, 2)  # a node that is not fixed has two edges
        links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
        label = connected_components(links, directed=False)[1].astype(np.int64)
        ring = np.bincount(label, fixed[ends].sum(axis=1)) == 0
        if not ring.any():
            return label
        members = np.flatnonzero(ring[label])
        chosen = members[np.unique(label[members], return_index=True)[1]]
        fixed[ends[chosen, 0]] = True


def order_chains(ends: Ints, label: Ints, fixed: Flags) -> tuple[Ints, Ints, Ints, Ints]:
    """Order edges along their chains; also each node's place in its chain, and the chains' ends."""
    size, chains = len(fixed), int(label.max()) + 1 if len(label) else 0
    tips = np.flatnonzero(fixed[ends].ravel())  # each chain has two
    tip = tips[np.argsort(label[tips // 2], kind="stable")].reshape(-1, 2)
    own = ends.ravel().copy()  # the ends of each chain become nodes of its own
    own[tip[:, 0]] = size + np.arange(chains)
    own[tip[:, 1]] = size + chains + np.arange(chains)
    pairs, total = own.reshape(-1, 2), size + 2 * chains
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(total, total))
    hop = dijkstra(
        csr_array(links), directed=False, indices=size + np.arange(chains), min_only=True
    )
    order = np.lexsort((hop[pairs].min(axis=1), label))
    steps = np.where(np.isfinite(hop[:size]), hop[:size], 0.0).astype(np.int64)
    return order, steps, ends.ravel()[tip[:, 0]], ends.ravel()[tip[:, 1]]
