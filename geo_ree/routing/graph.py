"""Shortest routes over a network: nodes that only continue a line are contracted, scipy searches."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo_ree.crs import Floats
from geo_ree.routing.assembly import Flags, Ints
from geo_ree.routing.chains import label_chains, order_chains
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
        ends = np.zeros(len(self.network.nodes), dtype=bool)
        ends[self.a], ends[self.b] = True, True
        return np.flatnonzero(ends)

    @cached_property
    def end_rows(self) -> tuple[Ints, Ints]:
        """Places of the ends a and b of the chains in `junctions`."""
        return np.searchsorted(self.junctions, self.a), np.searchsorted(self.junctions, self.b)

    @cached_property
    def _entries(self) -> tuple[Ints, Ints, Floats, Ints, Flags]:
        """Both directions of each open chain: from, to, km, chain, whether it is counted."""
        open_ = np.flatnonzero(self.keep & (self.a != self.b))
        a, b = (rows[open_] for rows in self.end_rows)
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
        data = self._past_places(layers).copy()
        states = np.arange(layers)[:, None] * len(self.junctions)
        own = (np.flatnonzero(self.junctions == source) + states).ravel()
        for first, last in matrix.indptr[own[:, None] + [0, 1]].tolist():
            data[first:last] = matrix.data[first:last]
        return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

    @lru_cache(maxsize=32)  # noqa: B019 (as the matrix)
    def _past_places(self, layers: int) -> Floats:
        """Lengths of the entries of the matrix; those out of places are infinite."""
        matrix = self.matrix(layers)[0]
        shut = np.isin(self.junctions, self.network.places["node"].to_numpy(np.int64))
        rows = np.repeat(np.tile(shut, layers), np.diff(matrix.indptr))
        return np.where(rows, np.inf, matrix.data)


@dataclass(frozen=True, eq=False)
class Search:
    """Shortest routes from one node to all others.

    Parameters
    ----------
    graph
        What was searched.
    source
        The node that every route starts from.
    away
        Shape (layers, junctions): length of the shortest route that passes exactly as many counted
        chains as the number of the layer; infinite where there is none.
    before
        The state that a route reaches a state from: a junction in a layer.
    """

    graph: Graph
    source: int
    away: Floats
    before: Ints

    @cached_property
    def km(self) -> Floats:
        """Kilometres to all nodes of the network, as `to` gives them."""
        return self.to(np.arange(len(self.graph.network.nodes)))

    def to(self, nodes: Sequence[int] | Ints) -> Floats:
        """Kilometres to some nodes, contracted ones too: shape (layers, nodes)."""
        graph, nodes = self.graph, np.asarray(nodes)
        km = np.full((len(self.away), len(nodes)), np.inf)
        at, row = _find(graph.junctions, nodes)
        km[:, at] = self.away[:, row]
        at, row = _find(graph.inner, nodes)
        open_ = graph.keep[graph.chain[row]]
        at, row = at[open_], row[open_]
        chain, offset = graph.chain[row], graph.offset_km[row]
        a, b = (self.away[:, rows[chain]] for rows in graph.end_rows)
        km[:, at] = np.minimum(a + offset, b + graph.km[chain] - offset)
        km[0, nodes == self.source] = 0.0  # a place that no line of these modes serves
        return km

    @cached_property
    def by(self) -> Ints:
        """The chain by which a route reaches each state; -1 where none does."""
        _, keys, chains = self.graph.matrix(len(self.away))
        states = np.flatnonzero(self.before >= 0)
        by = np.full(len(self.before), -1, dtype=np.int64)
        by[states] = chains[np.searchsorted(keys, self.before[states] * len(by) + states)]
        return by

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
        km = self.to([node])[:, 0]
        layer = int(np.argmin(km)) if layer is None else layer
        if not np.isfinite(km[layer]):
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
        to_a, to_b = self.away[layer, [rows[chain] for rows in graph.end_rows]]
        if to_a + offset <= to_b + graph.km[chain] - offset:
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
    label = label_chains(ends, fixed)
    order, hop, first, last = order_chains(ends, label, fixed)
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
    at = int(np.searchsorted(junctions, source))
    if at == size or junctions[at] != source:  # a place that no line of these modes serves
        none = np.full(layers * size, -1, dtype=np.int64)
        return Search(graph, source, np.full((layers, size), np.inf), none)
    matrix = graph.matrix(layers)[0] if by_places else graph.matrix_past_places(layers, source)
    away, before = dijkstra(matrix, indices=at, return_predecessors=True, limit=FARTHEST_KM)
    return Search(graph, source, away.reshape(layers, size), before.astype(np.int64))


def _find(known: Ints, values: Ints) -> tuple[Ints, Ints]:
    """Which values are known, and their places among the known, which ascend."""
    row = np.searchsorted(known, values)
    row[row == len(known)] = 0
    at = np.flatnonzero(known[row] == values) if len(known) else np.empty(0, dtype=np.int64)
    return at, row[at]
