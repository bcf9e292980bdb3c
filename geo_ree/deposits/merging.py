"""One row a deposit out of many records, with every record still reachable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import distance_m
from geo_ree.deposits.clusters import form_groups, judge_pairs, with_links
from geo_ree.deposits.pairs import find_pairs
from geo_ree.deposits.similarity import commodity_set, coordinates
from geo_ree.schema import ROLES

_TAKEN = (
    "name",
    "name_local",
    "country",
    "country_reported",
    "kind",
    "commodity_tier",
    "commodity_group",
    "role",
    "deposit_type",
    "host_rock",
    "minerals",
    "status",
    "operator",
    "admin_area",
    "source_quality",
    "notes",
    "country_note",
)
"""Attributes taken whole from the first record that has them."""

_JOINED = ("aliases", "commodities", "reference", "same_as")
"""Attributes whose values are put together."""

_DISPUTED = (
    "country",
    "kind",
    "commodity_tier",
    "commodities",
    "deposit_type",
    "status",
    "operator",
    "admin_area",
)
"""Attributes whose disagreements are worth telling."""

_CARRIED = (
    "source_id",
    "name",
    "aliases",
    "country_reported",
    "precision_class",
    "position_error_m",
    "position_basis",
    "reference",
)
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
    are compared by name, place and commodity (`geo_ree.deposits.pairs`), judged by a logistic
    model, and joined by average linkage (`geo_ree.deposits.clusters`).

    Examples
    --------
    >>> import shapely
    >>> from geo_ree.schema.checking import validate
    >>> rows = {"id": ["a:1", "a:2", "b:7"], "source_id": ["a", "a", "b"], "kind": "deposit",
    ...         "name": ["Made-up Ridge II", "Made-up Ridge III", "Мадеуп-Ридж 2"], "role": "context",
    ...         "commodities": "REE", "commodity_group": "rare_earth",
    ...         "precision_class": "arc_minute", "position_error_m": 2000.0}
    >>> places = shapely.points([76.10, 76.12, 76.14], [42.80, 42.81, 42.80])
    >>> records = validate(gpd.GeoDataFrame(rows, geometry=places, crs=4326), "deposits")
    >>> merge(records).deposits["sources"].tolist()
    ['a:1;b:7', 'a:2']
    """
    records = records.reset_index(drop=True)
    pairs = with_links(judge_pairs(find_pairs(records)), records)
    group = form_groups(len(records), pairs)
    order = _ordered(records, group)
    deposits, values = _rows(records, order)
    ids = records["id"].to_numpy(dtype=object)
    members = records[["id", *_CARRIED, "geometry"]].rename(columns={"id": "record"})
    members.insert(1, "deposit", ids[group])
    return Merged(
        deposits=deposits,
        members=members,
        values=values,
        conflicts=_conflicts(records, order),
        pairs=_told_pairs(pairs, records, group),
    )


def _told_pairs(
    pairs: pd.DataFrame, records: gpd.GeoDataFrame, group: NDArray[np.int64]
) -> pd.DataFrame:
    first, second = pairs["first"].to_numpy(), pairs["second"].to_numpy()
    ids = records["id"].to_numpy(dtype=object)
    lon, lat = coordinates(records)
    return pd.DataFrame(
        {
            "first": ids[first],
            "second": ids[second],
            "distance_km": distance_m(lon[first], lat[first], lon[second], lat[second]) / 1000.0,
            "probability": pairs["probability"].to_numpy(),
            "reasons": pairs["reasons"].to_numpy(),
            "joined": group[first] == group[second],
        }
    )


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
    says = {name: _told(columns[name], name) for name in _TAKEN}
    told: list[tuple[object, str, object, object]] = []
    for k, members in enumerate(order):
        if len(members) == 1:
            continue
        deposit = ids[members[0]]
        for name in _TAKEN:
            out[name][k], source = _first(columns[name], says[name], members, name)
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


def _first(
    column: NDArray[np.object_], told: NDArray[np.bool_], members: Sequence[int], name: str
) -> tuple[object, int]:
    known = [i for i in members if told[i]]
    if name == "role" and known and column[members[0]] not in _FIXED_ROLES:
        known = sorted(known, key=lambda i: _STRENGTH[str(column[i])])
    best = known[0] if known else members[0]
    return column[best], best


def _told(column: NDArray[np.object_], name: str) -> NDArray[np.bool_]:
    """Where a column says anything."""
    out = pd.notna(column) & (column != "")
    for word in _UNTOLD.get(name, ()):
        out &= column != word
    return np.asarray(out, dtype=bool)


def _together(
    column: NDArray[np.object_],
    members: Sequence[int],
    names: Sequence[object] | NDArray[np.object_],
) -> str | None:
    lead = str(names[members[0]]) if len(names) else ""
    texts: list[Any] = [column[i] for i in members]
    texts += [names[i] for i in members[1:]] if len(names) else []
    words = [w.strip() for t in texts if isinstance(t, str) for w in t.split(";")]
    return ";".join(dict.fromkeys(w for w in words if w and w != lead)) or None


def _place(
    out: Mapping[str, NDArray[np.object_]],
    k: int,
    columns: Mapping[str, NDArray[np.object_]],
    members: Sequence[int],
) -> list[tuple[object, str, object, object]]:
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
    return [
        (
            columns["id"][members[0]],
            "position",
            f"{point.y:.5f}, {point.x:.5f}",
            columns["id"][best],
        )
    ]


def _conflicts(records: gpd.GeoDataFrame, order: Sequence[Sequence[int]]) -> pd.DataFrame:
    columns = {c: records[c].astype(object).to_numpy() for c in (*_DISPUTED, "id", "name")}
    says = {name: _told(columns[name], name) for name in _DISPUTED}
    rows = []
    for members in (m for m in order if len(m) > 1):
        for name in _DISPUTED:
            told = [(i, str(columns[name][i])) for i in members if says[name][i]]
            words = {" ".join(text.casefold().split()) for _, text in told}
            sets = [commodity_set(text) for _, text in told] if name == "commodities" else []
            alike = bool(sets) and bool(frozenset.intersection(*sets))
            if len(words) > 1 and not alike:
                rows.append(
                    (
                        columns["id"][members[0]],
                        columns["name"][members[0]],
                        name,
                        " | ".join(text for _, text in told),
                        " | ".join(columns["id"][i] for i, _ in told),
                    )
                )
    return pd.DataFrame(rows, columns=["deposit", "name", "attribute", "values", "sources"])
