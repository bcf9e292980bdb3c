"""Pairs into deposits: probabilities, and groups that no chain of weak links can weld."""

from __future__ import annotations

import heapq
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.deposits.similarity import FEATURES

TOGETHER = 0.6
"""Two groups are joined while the mean probability over all their pairs is at least this."""

_UNSEEN = 0.02
"""Probability of a pair that was not worth comparing."""

_NEVER = 0.02
"""The most that a pair with different numbers can have."""

_DOUBTFUL = 0.3
"""The most that a name alone can say of a record without a place."""

_SAID = {
    "likeness": ("names are alike ({:.0%})", "names are only {:.0%} alike"),
    "same_consonants": ("the transliterations agree", ""),
    "far": ("", "{distance:.0f} km apart"),
    "very_far": ("", "far beyond what the positions allow"),
    "alias": ("", "only an alias agrees"),
    "number_conflict": ("", "different numbers"),
    "number_one": ("", "a number in one only"),
    "part_conflict": ("", "different parts of a field"),
    "works_conflict": ("", "works against a deposit"),
    "shared_commodity": ("commodities agree", ""),
    "other_commodity": ("", "other commodities"),
    "other_country": ("", "other countries"),
    "same_source": ("", "two rows of one table"),
    "common_name": ("", "a common name"),
    "no_place": ("", "one has no place"),
    "other_far": ("", "other commodities at a distance"),
    "unknown_far": ("", "no commodities to tell by at a distance"),
    "same_source_far": ("", "two rows of one table at a distance"),
    "common_far": ("", "a common name at a distance"),
    "alias_far": ("", "an alias at a distance"),
    "part_opposite": ("", "opposite parts of a field"),
    "other_genesis": ("", "deposit types of another origin"),
    "group": ("", "a group or district of deposits"),
}


@cache
def _weights() -> tuple[float, Mapping[str, float]]:
    text = (files("geo_ree.deposits") / "likeness.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return float(table["intercept"]), table["weights"]


def judge_pairs(pairs: pd.DataFrame) -> pd.DataFrame:
    """Give each pair its probability of being one deposit, with the reasons.

    Parameters
    ----------
    pairs
        From `geo_ree.deposits.pairs.find_pairs`.

    Returns
    -------
    pandas.DataFrame
        `pairs` with ``probability`` (0 to 1), ``apart`` (whether the two may never be one deposit, in
        whatever company) and ``reasons`` (text: what speaks for and against, the weightiest
        first).

    Notes
    -----
    A logistic model: the weights of ``likeness.toml`` were fitted, with a ridge towards what a geologist
    would expect, to the tuning half of labelled pairs of the seven countries
    (``tools/tune_merge.py``). Different numbers, opposite parts of a field, and works against a
    deposit cap the probability at 0.02 whatever else agrees. They are kept apart, and so are two
    rows of one table with other commodities that are not likely to be one: who made the table had
    a reason to give them a row each. A record without a place is joined to one with a place only
    where a commodity is shared.
    """
    intercept, weights = _weights()
    shares = pairs[list(FEATURES)].to_numpy(dtype=np.float64) * [weights[f] for f in FEATURES]
    odds = intercept + shares.sum(axis=1)
    probability = 1.0 / (1.0 + np.exp(-np.clip(odds, -30, 30)))
    conflict = (
        pairs[["number_conflict", "works_conflict", "part_opposite"]].to_numpy().max(axis=1) > 0
    )
    probability = np.where(conflict, np.minimum(probability, _NEVER), probability)
    doubted = (
        (pairs["same_source"].to_numpy() > 0)
        & (pairs["other_commodity"].to_numpy() > 0)
        & (probability < TOGETHER)
    )
    # by its name alone no record is given a place: an occurrence would move to a homonym
    unplaced = (pairs["no_place"].to_numpy() > 0) & (pairs["shared_commodity"].to_numpy() == 0)
    probability = np.where(unplaced, np.minimum(probability, _DOUBTFUL), probability)
    return pairs.assign(
        probability=probability,
        apart=conflict | doubted | unplaced,
        reasons=_reasons(pairs, shares),
    )


def _reasons(pairs: pd.DataFrame, shares: NDArray[np.float64]) -> list[str]:
    out = []
    values = pairs[list(FEATURES)].to_numpy(dtype=np.float64)
    for value, share, km in zip(values, shares, pairs["distance_km"], strict=True):
        told = []
        for k in np.argsort(-np.abs(share)):
            if value[k] == 0.0:
                continue
            good, bad = _SAID[FEATURES[k]]
            text = good if share[k] > 0 else bad
            if text:
                told.append(text.format(value[k], distance=km))
        out.append("; ".join(told))
    return out


def form_groups(count: int, pairs: pd.DataFrame) -> NDArray[np.int64]:
    """Join records into deposits.

    Average linkage: the two groups with the highest mean probability over all pairs of their
    records are joined first, and none below `TOGETHER`. A pair that was not compared counts with a
    probability of nearly nothing, so that A = B and B = C do not make A = C against the evidence.

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

    Examples
    --------
    >>> chain = pd.DataFrame({"first": [0, 1], "second": [1, 2], "probability": [0.9, 0.7],
    ...                       "apart": False})
    >>> form_groups(3, chain).tolist()
    [0, 0, 2]
    """
    links: dict[int, dict[int, float]] = {}
    worth = pairs["probability"].where(~pairs["apart"].astype(bool), -np.inf)
    for a, b, p in zip(pairs["first"], pairs["second"], worth, strict=True):
        links.setdefault(int(a), {})[int(b)] = float(p)
        links.setdefault(int(b), {})[int(a)] = float(p)
    size = dict.fromkeys(links, 1)
    queue = [(-p, a, b) for a, row in links.items() for b, p in row.items() if a < b]
    queue = [item for item in queue if -item[0] >= TOGETHER]
    heapq.heapify(queue)
    group = np.arange(count, dtype=np.int64)
    parent: dict[int, int] = {}
    while queue:
        score, a, b = heapq.heappop(queue)
        if a in size and b in size and links[a].get(b) == -score:
            _join(a, b, links, size, queue)
            parent[b] = a
    for child in sorted(parent, reverse=True):
        root = child
        while root in parent:
            root = parent[root]
        group[child] = root
    return group


def _join(
    a: int,
    b: int,
    links: dict[int, dict[int, float]],
    size: dict[int, int],
    queue: list[tuple[float, int, int]],
) -> None:
    """Put group b into group a: the mean to every other group is weighted by their sizes."""
    total = size[a] + size[b]
    for other in (links[a].keys() | links[b].keys()) - {a, b}:
        mean = (
            size[a] * links[a].get(other, _UNSEEN) + size[b] * links[b].get(other, _UNSEEN)
        ) / total
        links[a][other] = mean
        links[other][a] = mean
        links[other].pop(b, None)
        if mean >= TOGETHER:
            heapq.heappush(queue, (-mean, min(a, other), max(a, other)))
    links[a].pop(b, None)
    del links[b]
    del size[b]
    size[a] = total


def with_links(pairs: pd.DataFrame, records: gpd.GeoDataFrame) -> pd.DataFrame:
    """Add the pairs that a source states, with certainty.

    A record that names its row in another table is none of the other rows of that table, unless
    that table itself has two rows for one deposit.

    Parameters
    ----------
    pairs
        From `geo_ree.deposits.clusters.judge_pairs`.
    records
        The deposits layer, with ``same_as``.

    Returns
    -------
    pandas.DataFrame
        `pairs` with the stated ones, of probability 1, and the contradicted ones ``apart``.
    """
    where = {row_id: i for i, row_id in enumerate(records["id"])}
    stated: set[tuple[int, int]] = set()
    named: dict[tuple[int, str], int] = {}
    for i, text in enumerate(records["same_as"].astype(object)):
        for other in text.split(";") if isinstance(text, str) else ():
            j = where.get(other.strip())
            if j is not None and j != i:
                stated.add((min(i, j), max(i, j)))
                named[i, other.strip().partition(":")[0]] = j
    if not stated:
        return pairs
    pairs = pairs.assign(apart=pairs["apart"] | _elsewhere(pairs, records, named))
    links = pd.DataFrame(_closed(stated), columns=["first", "second"])
    links = links.assign(probability=1.0, apart=False, reasons="stated by a source")
    both = pd.concat([links, pairs], ignore_index=True)
    return both.drop_duplicates(["first", "second"], keep="first").reset_index(drop=True)


def _closed(stated: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """All pairs that follow from those stated: what two records both name is one deposit."""
    group: dict[int, set[int]] = {}
    for a, b in stated:
        together = group.get(a, {a}) | group.get(b, {b})
        for member in together:
            group[member] = together
    sets = {min(members): sorted(members) for members in group.values()}
    return [pair for members in sets.values() for pair in combinations(members, 2)]


def _elsewhere(
    pairs: pd.DataFrame, records: gpd.GeoDataFrame, named: Mapping[tuple[int, str], int]
) -> NDArray[np.bool_]:
    """Pairs of a record and a row of a table in which it names another row."""
    table = [row_id.partition(":")[0] for row_id in records["id"]]
    ends = list(zip(pairs["first"], pairs["second"], strict=True))
    likely = dict(zip(ends, pairs["probability"], strict=True))

    def other_row(a: int, b: int) -> bool:
        row = named.get((a, table[b]), b)
        return row != b and likely.get((min(row, b), max(row, b)), 0.0) < TOGETHER

    return np.array([other_row(a, b) or other_row(b, a) for a, b in ends], dtype=bool)
