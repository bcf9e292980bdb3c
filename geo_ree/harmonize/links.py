"""Pairs of records that a source states to be one deposit."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.harmonize.clusters import TOGETHER


def with_links(pairs: pd.DataFrame, records: gpd.GeoDataFrame) -> pd.DataFrame:
    """Add the pairs that a source states, with certainty.

    A record that names its row in another table is none of the other rows of that table, unless
    that table itself has two rows for one deposit.

    Parameters
    ----------
    pairs
        From `geo_ree.harmonize.clusters.judge_pairs`.
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
