"""Groups of records that are one deposit: stated links, and average linkage of compared pairs."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo_ree.deposits.similarity import THRESHOLDS

JOIN_PROBABILITY = THRESHOLDS["join"]


def add_stated_links(pairs: pd.DataFrame, records: gpd.GeoDataFrame) -> pd.DataFrame:
    """Add the pairs that ``same_as`` states, with probability 1, to those of `judge_pairs`.

    A record that names its row in another table is none of the other rows of that table, unless
    the table itself has two rows for one deposit: such pairs are ``apart``.
    """
    position = {record_id: i for i, record_id in enumerate(records["id"])}
    stated: set[tuple[int, int]] = set()
    named: dict[tuple[int, str], int] = {}
    for i, text in enumerate(records["same_as"].astype(object)):
        for other in text.split(";") if isinstance(text, str) else ():
            j = position.get(other.strip())
            if j is not None and j != i:
                stated.add((min(i, j), max(i, j)))
                named[i, other.strip().partition(":")[0]] = j
    if not stated:
        return pairs
    pairs = pairs.assign(apart=pairs["apart"] | _names_another_row(pairs, records, named))
    links = pd.DataFrame(_transitive(stated), columns=["first", "second"])
    links = links.assign(probability=1.0, apart=False, reasons="stated by a source")
    both = pd.concat([links, pairs], ignore_index=True)
    return both.drop_duplicates(["first", "second"], keep="first").reset_index(drop=True)


def _transitive(stated: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """All pairs that follow from the stated ones: two records that name a third are one."""
    group: dict[int, set[int]] = {}
    for a, b in stated:
        together = group.get(a, {a}) | group.get(b, {b})
        for member in together:
            group[member] = together
    sets = {min(members): sorted(members) for members in group.values()}
    return [pair for members in sets.values() for pair in combinations(members, 2)]


def _names_another_row(
    pairs: pd.DataFrame, records: gpd.GeoDataFrame, named: Mapping[tuple[int, str], int]
) -> NDArray[np.bool_]:
    """Pairs of a record and a row of a table in which the record names another row."""
    table = [record_id.partition(":")[0] for record_id in records["id"]]
    first, second = pairs["first"].to_numpy(), pairs["second"].to_numpy()
    rows = list(named.values())
    about = pairs[np.isin(first, rows) | np.isin(second, rows)]
    ends = zip(about["first"], about["second"], strict=True)
    probability = dict(zip(ends, about["probability"], strict=True))

    def names_another(a: int, b: int) -> bool:
        row = named.get((a, table[b]), b)
        same = probability.get((min(row, b), max(row, b)), 0.0) >= JOIN_PROBABILITY
        return row != b and not same

    naming = [i for i, _ in named]
    out = np.isin(first, naming) | np.isin(second, naming)
    for k in np.flatnonzero(out):
        a, b = int(first[k]), int(second[k])
        out[k] = names_another(a, b) or names_another(b, a)
    return out


def form_groups(count: int, pairs: pd.DataFrame) -> NDArray[np.int64]:
    """Group records into deposits by average linkage.

    The two groups with the highest mean probability over all pairs of their records are joined
    first, and none below `JOIN_PROBABILITY`. A pair that was not compared counts almost nothing,
    so a chain of weak links does not join its ends.

    Parameters
    ----------
    count
        Number of records.
    pairs
        Columns ``first``, ``second``, ``probability`` and ``apart``.

    Returns
    -------
    numpy.ndarray of int64, shape (count,)
        Group of each record: the position of its first record.
    """
    links: dict[int, dict[int, float]] = {}
    pairs = _within_reach(count, pairs)
    usable = pairs["probability"].where(~pairs["apart"].astype(bool), -np.inf)
    for a, b, p in zip(pairs["first"], pairs["second"], usable, strict=True):
        links.setdefault(int(a), {})[int(b)] = float(p)
        links.setdefault(int(b), {})[int(a)] = float(p)
    size = dict.fromkeys(links, 1)
    queue = [(-p, a, b) for a, row in links.items() for b, p in row.items() if a < b]
    queue = [item for item in queue if -item[0] >= JOIN_PROBABILITY]
    heapq.heapify(queue)
    parent: dict[int, int] = {}
    while queue:
        score, a, b = heapq.heappop(queue)
        if a in size and b in size and links[a].get(b) == -score:
            _join(a, b, links, size, queue)
            parent[b] = a
    group = np.arange(count, dtype=np.int64)
    for child in parent:
        root = child
        while root in parent:
            root = parent[root]
        group[child] = root
    return group


def _within_reach(count: int, pairs: pd.DataFrame) -> pd.DataFrame:
    """Keep the pairs that a group may hold: a mean reaches the limit only if one of its pairs does.

    So a group never leaves the records that such pairs connect. The slack is for rounding.
    """
    first, second = (pairs[c].to_numpy(dtype=np.int64) for c in ("first", "second"))
    strong = (pairs["probability"] >= JOIN_PROBABILITY - 1e-9) & ~pairs["apart"].astype(bool)
    ends = first[strong], second[strong]
    graph = coo_array((np.ones(len(ends[0])), ends), shape=(count, count))
    _, part = connected_components(graph, directed=False)
    return pairs[part[first] == part[second]]


def _join(
    a: int,
    b: int,
    links: dict[int, dict[int, float]],
    size: dict[int, int],
    queue: list[tuple[float, int, int]],
) -> None:
    """Join group b to group a, and update the mean probability to every other group."""
    total = size[a] + size[b]
    unseen = THRESHOLDS["not_compared"]
    for other in (links[a].keys() | links[b].keys()) - {a, b}:
        mean = (
            size[a] * links[a].get(other, unseen) + size[b] * links[b].get(other, unseen)
        ) / total
        links[a][other] = mean
        links[other][a] = mean
        links[other].pop(b, None)
        if mean >= JOIN_PROBABILITY:
            heapq.heappush(queue, (-mean, min(a, other), max(a, other)))
    links[a].pop(b, None)
    del links[b]
    del size[b]
    size[a] = total
