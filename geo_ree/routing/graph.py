"""Shortest routes over a network: nodes that only continue a line are contracted, scipy searches."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from geo_ree.crs import Floats
from geo_ree.routing.assembly import Flags, Ints
from geo_ree.routing.network import Network

FARTHEST_KM = 1e6
"""No route is longer: it keeps the search off what is closed."""


@dataclass(frozen=True, eq=False)
class Graph:
    """A network of some modes as chains of edges between the nodes where a route can turn.

    Parameters
    ----------
    network
        Whose nodes and edges the numbers mean.
    a, b
        End nodes of each chain; numbers of nodes of the network.
    km
        Its length.
    start
        Edges of chain i are ``edges[start[i]:start[i + 1]]``, in order from a to b.
    edges
        Row numbers of edges of the network.
    keep
        Which chains are open.
    toll
        Which chains a search counts when it passes them: those where the gauge changes.
    inner, chain, offset_km
        The contracted nodes, the chain each lies on, and how far from its a.
    """

    network: Network
    a: Ints
    b: Ints
    km: Floats
    start: Ints
    edges: Ints
    keep: Flags
    toll: Flags
    inner: Ints
    chain: Ints
    offset_km: Floats

    def without(self, countries: Collection[str]) -> Graph:
        """Close the chains that have an end in some countries; a chain within one has none between."""
        shut = self.network.nodes_in(countries)
        return replace(self, keep=self.keep & ~(shut[self.a] | shut[self.b]))

    def without_edges(self, shut: Flags) -> Graph:
        """Close the chains that hold an edge of the network that is marked."""
        return replace(self, keep=self.keep & ~self.hold(shut))

    def with_tolls(self, counted: Flags) -> Graph:
        """Count in a search the chains that hold an edge of the network that is marked."""
        return replace(self, toll=self.hold(counted))

    def hold(self, marked: Flags) -> Flags:
        """Which chains hold an edge of the network that is marked."""
        return np.asarray(np.logical_or.reduceat(marked[self.edges], self.start[:-1]))

    @cached_property
    def junctions(self) -> Ints:
        """The nodes that are no contracted ones, ascending."""
        return np.unique(np.r_[self.a, self.b])

    @cached_property
    def _entries(self) -> tuple[Ints, Ints, Floats, Ints, Flags]:
        """Both directions of each open chain: from, to, km, chain, whether it is counted."""
        open_ = np.flatnonzero(self.keep & (self.a != self.b))
        a, b = (np.searchsorted(self.junctions, ends[open_]) for ends in (self.a, self.b))
        km, chain, toll = self.km[open_], open_, self.toll[open_]
        return np.r_[a, b], np.r_[b, a], np.r_[km, km], np.r_[chain, chain], np.r_[toll, toll]

    @lru_cache(maxsize=32)  # noqa: B019 (a graph is as long-lived as its matrix)
    def matrix(self, layers: int) -> tuple[csr_array, Ints, Ints]:
        """States (layer, junction) as a sparse matrix, and the chain of each of its entries.

        A counted chain leads to the next layer, every other one stays in its own.
        """
        start, end, km, chain, toll = self._entries
        size = len(self.junctions)
        key = (start * 2 + toll) * size + end  # those that are counted lead to later states
        order = np.lexsort((km, key))
        order = order[np.r_[True, np.diff(key[order]) != 0]] if len(order) else order
        start, end, toll, counted = start[order], end[order], toll[order], toll[order] * size
        every, last = np.ones(len(order), dtype=bool), ~toll  # none leads out of the last layer
        parts = [every] * (layers - 1) + [last]
        row, column = (
            np.concatenate([(v + at * size)[part] for at, part in enumerate(parts)])
            for v in (start, end + counted)
        )
        weight, which = (np.concatenate([v[order][part] for part in parts]) for v in (km, chain))
        counts = np.bincount(row, minlength=size * layers)
        matrix = csr_array(
            (weight, column, np.r_[0, np.cumsum(counts)]), shape=(size * layers, size * layers)
        )
        return matrix, row * (size * layers) + column, which

    def matrix_past_places(self, layers: int, source: int = -1) -> csr_array:
        """The matrix without the ways out of places (beside their lines), but for a source."""
        matrix = self.matrix(layers)[0]
        size = len(self.junctions)
        places = np.setdiff1d(self.network.places["node"].to_numpy(np.int64), [source])
        rows = np.flatnonzero(np.isin(self.junctions, places))
        rows = (rows + size * np.arange(layers)[:, None]).ravel()
        data = matrix.data.copy()
        for first, last in matrix.indptr[rows[:, None] + [0, 1]].tolist():
            data[first:last] = np.inf
        return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


@dataclass(frozen=True, eq=False)
class Search:
    """Shortest routes from one node to all others.

    Parameters
    ----------
    graph
        What was searched.
    source
        The node that every route starts from.
    km
        Shape (layers, nodes of the network): length of the shortest route that passes exactly as
        many counted chains as the number of the layer; infinite where there is none.
    before, by
        The state that a route reaches a state from, and the chain between them. A state is a
        junction in a layer.
    """

    graph: Graph
    source: int
    km: Floats
    before: Ints
    by: Ints

    def route(self, node: int, layer: int | None = None) -> Ints:
        """Give the edges of a route from the source to a node, in order.

        Parameters
        ----------
        node
            Number of a node; it may be a contracted one.
        layer
            Counted chains passed; None for the shortest route of all.

        Returns
        -------
        numpy.ndarray of int64
            Row numbers of edges of the network; empty at the source itself.

        Raises
        ------
        ValueError
            When there is no route.
        """
        layer = int(np.argmin(self.km[:, node])) if layer is None else layer
        if not np.isfinite(self.km[layer, node]):
            raise ValueError(f"no route from node {self.source} to node {node}")
        graph, tail = self.graph, np.empty(0, dtype=np.int64)
        at = np.searchsorted(graph.inner, node)
        if at < len(graph.inner) and graph.inner[at] == node:
            node, tail = self._leave_chain(int(at), layer)
        size, parts = len(graph.junctions), [tail]
        state = layer * size + int(np.searchsorted(graph.junctions, node))
        first = int(np.searchsorted(graph.junctions, self.source))
        while state != first:
            chain, before = self.by[state], int(self.before[state])
            edges = graph.edges[graph.start[chain] : graph.start[chain + 1]]
            onward = graph.a[chain] == graph.junctions[before % size]
            parts.append(edges if onward else edges[::-1])
            state = before
        return np.concatenate(parts[::-1])

    def _leave_chain(self, at: int, layer: int) -> tuple[int, Ints]:
        """By which end of its chain a contracted node is reached, and the edges from there."""
        graph = self.graph
        chain, offset = graph.chain[at], graph.offset_km[at]
        edges = graph.edges[graph.start[chain] : graph.start[chain + 1]]
        ends = graph.network.ends[edges]
        cut = 1 + int(np.flatnonzero((ends == graph.inner[at]).any(axis=1))[0])
        by_a = self.km[layer, graph.a[chain]] + offset
        by_b = self.km[layer, graph.b[chain]] + graph.km[chain] - offset
        if by_a <= by_b:
            return int(graph.a[chain]), edges[:cut]
        return int(graph.b[chain]), edges[cut:][::-1]


@lru_cache(maxsize=4)
def contract(network: Network, modes: tuple[str, ...] = ("rail",)) -> Graph:
    """Contract the nodes of a network at which a route of some modes can only go on.

    Parameters
    ----------
    network
        A network; its graph is kept in memory.
    modes
        Modes of the edges.

    Returns
    -------
    Graph
        Ends of crossings and nodes of places are never contracted.

    Examples
    --------
    >>> from geo_ree.routing.network import load_network
    >>> graph = contract(load_network(), ("rail",))
    >>> len(graph.a) < len(graph.edges)
    True
    """
    return contract_between(network, modes, np.empty(0, dtype=np.int64))


def contract_between(network: Network, modes: tuple[str, ...], stops: Ints) -> Graph:
    """Contract as `contract` does, but for some nodes that a route may end at."""
    table, size = network.edges, len(network.nodes)
    used = table["mode"].isin(modes).to_numpy() & (table["a"] != table["b"]).to_numpy()
    rows = np.flatnonzero(used)
    ends = table[["a", "b"]].to_numpy(np.int64)[rows]
    km = table["km"].to_numpy(np.float64)[rows]
    degree = np.bincount(ends.ravel(), minlength=size)
    fixed = degree != 2
    fixed[ends[table["crossing"].to_numpy(bool)[rows]].ravel()] = True
    fixed[np.r_[network.places["node"].to_numpy(np.int64), stops]] = True
    label = _label_chains(ends, fixed)
    order, hop, first, last = _order_chains(ends, label, fixed)
    start = np.r_[0, np.cumsum(np.bincount(label))]
    inner = np.flatnonzero(~fixed)
    chain = np.zeros(size, dtype=np.int64)
    chain[ends.ravel()] = np.repeat(label, 2)
    past = np.r_[0.0, np.cumsum(km[order])]
    return Graph(
        network=network,
        a=first,
        b=last,
        km=past[start[1:]] - past[start[:-1]],
        start=start,
        edges=rows[order],
        keep=np.ones(len(first), dtype=bool),
        toll=np.zeros(len(first), dtype=bool),
        inner=inner,
        chain=chain[inner],
        offset_km=past[start[chain[inner]] + hop[inner]] - past[start[chain[inner]]],
    )


def search(graph: Graph, source: int, *, layers: int = 1, by_places: bool = True) -> Search:
    """Find the shortest routes from a node to every node.

    Parameters
    ----------
    graph
        From `contract`.
    source
        Number of a node that is not contracted, such as that of a place.
    layers
        One more than the number of counted chains that a route may pass (`Graph.toll`).
    by_places
        Whether a route may pass other places: those where legs begin. Else it only ends there.

    Returns
    -------
    Search

    References
    ----------
    Dijkstra, E. W. (1959), A note on two problems in connexion with graphs, Numerische Mathematik
    1, 269-271; as in scipy.sparse.csgraph.
    """
    junctions, size = graph.junctions, len(graph.junctions)
    km = np.full((layers, len(graph.network.nodes)), np.inf)
    at = int(np.searchsorted(junctions, source))
    if at == size or junctions[at] != source:  # a place that no line of these modes serves
        km[0, source] = 0.0
        none = np.full(layers * size, -1, dtype=np.int64)
        return Search(graph, source, km, none, none)
    matrix, keys, chains = graph.matrix(layers)
    if not by_places:
        matrix = graph.matrix_past_places(layers, source)
    away, before = dijkstra(matrix, indices=at, return_predecessors=True, limit=FARTHEST_KM)
    states = np.flatnonzero(before >= 0)
    by = np.full(len(away), -1, dtype=np.int64)
    by[states] = chains[np.searchsorted(keys, before[states].astype(np.int64) * len(away) + states)]
    km[:, junctions] = away.reshape(layers, size)
    open_ = graph.keep[graph.chain]
    inner, chain, offset = graph.inner[open_], graph.chain[open_], graph.offset_km[open_]
    by_a = km[:, graph.a[chain]] + offset
    by_b = km[:, graph.b[chain]] + graph.km[chain] - offset
    km[:, inner] = np.minimum(by_a, by_b)
    return Search(graph, source, km, before.astype(np.int64), by)


def _label_chains(ends: Ints, fixed: Flags) -> Ints:
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


def _order_chains(ends: Ints, label: Ints, fixed: Flags) -> tuple[Ints, Ints, Ints, Ints]:
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
