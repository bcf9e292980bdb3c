"""Which record leads the identity of a deposit: its name, commodities, group and type.

``authority.csv`` says for each source and commodity how its records stand: ``leads`` (compiled row
by row), ``names`` (names what the deposit is mined for), ``lists`` (names commodities, not which
is the main one) or ``adds`` (names a by-product, and never renames a deposit).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geo_ree.deposits.record_names import read_record_names

STANDINGS = ("leads", "names", "lists", "adds", "silent")
"""The highest first; a record without a commodity is ``silent``."""


def rank_records(records: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Rank records by their authority over the identity of a deposit, 0 for the highest.

    Records of one standing are ranked in their order, those named for a group or district last.

    Examples
    --------
    >>> rows = {"source_id": ["usgs_pp1802", "usgs_porcu"], "commodities": ["Re", "Cu"],
    ...         "commodity_tier": None, "name": ["Kalmakyr (Almalyk)", "Almalyk"], "aliases": None}
    >>> rank_records(gpd.GeoDataFrame(rows)).tolist()
    [1, 0]
    """
    columns = [
        records[c].astype(object)
        for c in ("source_id", "commodities", "commodity_tier", "name", "aliases")
    ]
    keys = []
    for i, (source, commodities, tier, name, aliases) in enumerate(zip(*columns, strict=True)):
        names = read_record_names(name, aliases)
        group = names.name is None and any(f.group for f in names.forms if f.main)
        keys.append((STANDINGS.index(_find_standing(source, commodities, tier)), group, i))
    rank = np.empty(len(keys), dtype=np.int64)
    rank[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    return rank


def _find_standing(source: str, commodities: object, tier: object) -> str:
    """Look up a record by its source and first commodity; ``*`` stands for any other."""
    if not isinstance(commodities, str) or not commodities:
        return "silent"
    first = commodities.partition(";")[0]
    table = _standings()
    keys = ((source, f"{first} {tier}"), (source, first), (source, "*"), ("*", "*"))
    return next(table[key] for key in keys if key in table)


@cache
def _standings() -> Mapping[tuple[str, str], str]:
    text = (files("geo_ree.deposits") / "authority.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({(r["source"], r["commodity"]): r["standing"] for r in rows})
