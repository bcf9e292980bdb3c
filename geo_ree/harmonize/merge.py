"""One row a deposit out of many records, with every record still reachable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.harmonize.clusters import TOGETHER, form_groups, judge_pairs
from geo_ree.harmonize.pairs import find_pairs
from geo_ree.schema import ROLES

_TAKEN = (
    "name", "name_local", "country", "country_reported", "kind", "commodity_tier",
    "commodity_group", "role", "deposit_type", "host_rock", "minerals", "status", "operator",
    "admin_area", "source_quality", "notes", "country_note",
)  # fmt: skip
"""Attributes taken whole from the first record that has them."""

_JOINED = ("aliases", "commodities", "reference", "same_as")
"""Attributes whose values are put together."""

_DISPUTED = (
    "country", "kind", "commodity_tier", "commodities", "deposit_type", "status", "operator",
    "admin_area",
)  # fmt: skip
"""Attributes whose disagreements are worth telling."""

_CARRIED = (
    "source_id", "name", "aliases", "country_reported", "precision_class", "position_error_m",
    "position_basis", "reference",
)  # fmt: skip
"""What `Merged.members` has of each record, beside its place."""

_UNTOLD = {"kind": ("unknown",), "commodity_group": ("unknown",)}
_STRENGTH = {role: number for number, role in enumerate(ROLES)}
_FIXED_ROLES = ("area", "duplicate", "none", "not_ree")


@dataclass(frozen=True, kw_only=True)
class Merged:
    """Deposits, each once, and all that led to them.

    Parameters
    ----------
    deposits
        A row a deposit: the canonical columns and ``sources`` (ids of its records, the leading
        one first, separated by ``;``). Index 0..n-1.
    members
        A row a record: ``record`` (its id), ``deposit`` (id of its deposit), and, as the record has
        them, ``source_id``, ``name``, ``aliases``, ``country_reported``, ``precision_class``,
        ``position_error_m``, ``position_basis``, ``reference`` and ``geometry``.
    values
        A row a merged value: ``deposit``, ``attribute``, ``value``, ``record`` (where it is from).
    conflicts
        A row a disagreement: ``deposit``, ``name``, ``attribute``, ``values`` and ``sources``, each
        separated by `` | `` and in the same order.
    pairs
        A row a pair of records that was compared: ``first``, ``second`` (ids), ``distance_km``,
        ``probability``, ``reasons``, ``joined`` (whether they ended in one deposit).
    """

    deposits: gpd.GeoDataFrame
    members: gpd.GeoDataFrame
    values: pd.DataFrame
    conflicts: pd.DataFrame
    pairs: pd.DataFrame


def merge(records: gpd.GeoDataFrame) -> Merged:
    """Find the records that are one deposit, and make one row of each.

    Parameters
    ----------
    records
        Rows of the canonical layer ``deposits`` from any number of sources, those that are trusted
        more before the others: the first record of a deposit leads it.

    Returns
    -------
    Merged

    Raises
    ------
    KeyError
        When a column of the canonical layer is missing.

    Notes
    -----
    Records that name each other in ``same_as`` are joined whatever else they say. All others
    are compared by name, place and commodity (`geo_ree.harmonize.pairs`), judged by a logistic
    model, and joined by average linkage (`geo_ree.harmonize.clusters`).

    Examples
    --------
    >>> from geo_ree.harmonize.examples import two_tables
    >>> merge(two_tables()).deposits["sources"].tolist()
    ['a:1;b:7', 'a:2']
    """
    records = records.reset_index(drop=True)
    pairs = _with_links(judge_pairs(find_pairs(records)), records)
    group = form_groups(len(records), pairs)
    order = _ordered(records, group)
    deposits, values = _rows(records, order)
    ids = records["id"].to_numpy(dtype=object)
    members = records[["id", *_CARRIED, "geometry"]].rename(columns={"id": "record"})
    members.insert(1, "deposit", ids[group])
    told = pairs.assign(first=ids[pairs["first"]], second=ids[pairs["second"]],
                        joined=group[pairs["first"]] == group[pairs["second"]])  # fmt: skip
    keep = ["first", "second", "distance_km", "probability", "reasons", "joined"]
    return Merged(
        deposits=deposits, members=members, values=values,
        conflicts=_conflicts(records, order), pairs=told[keep].reset_index(drop=True),
    )  # fmt: skip


def _with_links(pairs: pd.DataFrame, records: gpd.GeoDataFrame) -> pd.DataFrame:
    """Add the pairs that a source states, with certainty.

    A record that names its row in another table is none of the other rows of that table, unless
    that table itself has two rows for one deposit.
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
    rows = pd.DataFrame(sorted(stated), columns=["first", "second"])
    rows = rows.assign(probability=1.0, apart=False, reasons="stated by the source")
    both = pd.concat([rows, pairs], ignore_index=True)
    return both.drop_duplicates(["first", "second"], keep="first").reset_index(drop=True)


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


def _ordered(records: gpd.GeoDataFrame, group: NDArray[np.int64]) -> list[list[int]]:
    """Positions of the records of each deposit, the leading record first."""
    out: dict[int, list[int]] = {}
    for i, g in enumerate(group):
        out.setdefault(int(g), []).append(i)
    return list(out.values())


def _rows(
    records: gpd.GeoDataFrame, order: Sequence[Sequence[int]]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    columns = {c: records[c].astype(object).to_numpy() for c in records.columns if c != "geometry"}
    columns["geometry"] = records.geometry.to_numpy()
    ids = columns["id"]
    lead = np.array([members[0] for members in order])
    out = {name: column[lead] for name, column in columns.items()}
    told: list[tuple[object, str, object, object]] = []
    for k, members in enumerate(order):
        if len(members) == 1:
            continue
        deposit = ids[members[0]]
        for name in _TAKEN:
            out[name][k], source = _first(columns[name], members, name)
            told.append((deposit, name, out[name][k], ids[source]))
        for name in _JOINED:
            names = columns["name"] if name == "aliases" else ()
            out[name][k] = _together(columns[name], members, names)
            told.append((deposit, name, out[name][k], ";".join(ids[i] for i in members)))
        told += _place(out, k, columns, members)
    frame = gpd.GeoDataFrame(out, geometry="geometry", crs=records.crs)
    frame["sources"] = [";".join(ids[i] for i in members) for members in order]
    values = pd.DataFrame(told, columns=["deposit", "attribute", "value", "record"])
    return frame, values[values["value"].notna()].reset_index(drop=True)


def _first(column: NDArray[np.object_], members: Sequence[int], name: str) -> tuple[object, int]:
    known = [i for i in members if _told(column[i], name)]
    if name == "role" and known and column[members[0]] not in _FIXED_ROLES:
        known = sorted(known, key=lambda i: _STRENGTH[str(column[i])])
    best = known[0] if known else members[0]
    return column[best], best


def _told(value: object, name: str) -> bool:
    return bool(pd.notna(value)) and value != "" and value not in _UNTOLD.get(name, ())


def _together(
    column: NDArray[np.object_], members: Sequence[int], names: Sequence[object] | NDArray[np.object_]
) -> str | None:
    parts: dict[str, None] = {}
    lead = str(names[members[0]]) if len(names) else ""
    texts = [column[i] for i in members] + ([names[i] for i in members[1:]] if len(names) else [])
    for text in texts:
        for word in str(text).split(";") if pd.notna(text) else ():
            if word.strip() and word.strip() != lead:
                parts[word.strip()] = None
    return ";".join(parts) or None


def _place(
    out: Mapping[str, NDArray[np.object_]], k: int, columns: Mapping[str, NDArray[np.object_]],
    members: Sequence[int],
) -> list[tuple[object, str, object, object]]:  # fmt: skip
    """Take the place of the leading record, or of the finest of the others where it has none."""
    geometry, error = columns["geometry"], columns["position_error_m"]
    located = [i for i in members if geometry[i] is not None and not geometry[i].is_empty]
    if not located:
        return []
    best = located[0]
    if best != members[0]:
        best = min(located, key=lambda i: (error[i] if pd.notna(error[i]) else np.inf, i))
    for name in ("position_error_m", "position_basis", "precision_class", "geometry"):
        out[name][k] = columns[name][best]
    point = geometry[best]
    return [(columns["id"][members[0]], "position", f"{point.y:.5f}, {point.x:.5f}",
             columns["id"][best])]  # fmt: skip


def _conflicts(records: gpd.GeoDataFrame, order: Sequence[Sequence[int]]) -> pd.DataFrame:
    columns = {c: records[c].astype(object).to_numpy() for c in (*_DISPUTED, "id", "name")}
    rows = []
    for members in (m for m in order if len(m) > 1):
        for name in _DISPUTED:
            told = [(i, str(columns[name][i])) for i in members if _told(columns[name][i], name)]
            words = {" ".join(text.casefold().split()) for _, text in told}
            alike = name == "commodities" and set.intersection(
                *(set(text.split(";")) for _, text in told)) if told else False  # fmt: skip
            if len(words) > 1 and not alike:
                rows.append((
                    columns["id"][members[0]], columns["name"][members[0]], name,
                    " | ".join(text for _, text in told),
                    " | ".join(columns["id"][i] for i, _ in told),
                ))  # fmt: skip
    return pd.DataFrame(rows, columns=["deposit", "name", "attribute", "values", "sources"])
