"""Records merged into deposits: one row each, with its values, conflicts and compared pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import distance_m
from geo_ree.deposits.authority import rank_records
from geo_ree.deposits.copies import find_witnesses
from geo_ree.deposits.districts import relate_deposits
from geo_ree.deposits.grouping import add_stated_links, form_groups
from geo_ree.deposits.pairs import find_pairs
from geo_ree.deposits.record_names import read_record_names
from geo_ree.deposits.similarity import commodity_set, coordinates, judge_pairs
from geo_ree.schema import ROLES

_FIRST_KNOWN = (
    "name",
    "name_local",
    "country",
    "country_reported",
    "kind",
    "commodity_tier",
    "commodity_group",
    "role",
    "stage",
    "deposit_type",
    "host_rock",
    "minerals",
    "flowsheet",
    "thorium_uranium",
    "status",
    "operator",
    "admin_area",
    "source_quality",
    "notes",
    "country_note",
)
"""Attributes taken from the first record that states them, in the order of authority."""

_TAKEN_WITH = {"why_role": "role", "stage_basis": "stage"}
"""Attributes taken from the record that gives another one: a reason goes with what it is for."""

_UNITED = ("aliases", "commodities", "reference", "same_as")
"""Attributes whose values are united."""

_COMPARED = (
    "country",
    "kind",
    "commodity_tier",
    "commodities",
    "deposit_type",
    "status",
    "operator",
    "admin_area",
)
"""Attributes whose disagreements are reported."""

_OF_MEMBERS = (
    "source_id",
    "name",
    "aliases",
    "country_reported",
    "precision_class",
    "position_error_m",
    "position_basis",
    "reference",
)

_UNKNOWN = {"kind": "unknown", "commodity_group": "unknown"}
_ROLE_RANK = {role: number for number, role in enumerate(ROLES)}
_FINAL_ROLES = ("by_product_host", "area", "duplicate", "none", "not_ree")
"""Roles that stand if the leading record gives them; any other yields to a role that ranks."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Merged:
    """Deposits, one row each, with the records and comparisons they come from.

    Parameters
    ----------
    deposits
        A row per deposit: the canonical columns, ``sources`` (ids of its records, the leading
        one first, separated by ``;``), ``district`` and ``part_of`` (see
        `geo_ree.deposits.districts`). The position is that of the leading record; `locate`
        chooses one. Index 0..n-1.
    members
        A row per record: ``record`` (its id), ``deposit`` (id of its deposit) and its own
        ``source_id``, ``name``, ``aliases``, ``country_reported``, ``precision_class``,
        ``position_error_m``, ``position_basis``, ``reference``, ``copy_of`` (id of the record that
        it repeats, see `geo_ree.deposits.copies`) and ``geometry``.
    values
        A row per merged value: ``deposit``, ``attribute``, ``value``, ``record`` (its origin).
    conflicts
        A row per disagreement: ``deposit``, ``name``, ``attribute``, ``values`` and ``sources``,
        each separated by `` | `` and in the same order.
    pairs
        A row per pair of records that was compared: ``first``, ``second`` (ids), ``distance_km``,
        ``probability``, ``reasons``, ``joined`` (whether they became one deposit).
    """

    deposits: gpd.GeoDataFrame
    members: gpd.GeoDataFrame
    values: pd.DataFrame
    conflicts: pd.DataFrame
    pairs: pd.DataFrame

    def __repr__(self) -> str:
        return (
            f"<Merged: {len(self.members)} records, {len(self.deposits)} deposits, "
            f"{len(self.conflicts)} conflicts>"
        )

    def _repr_html_(self) -> str:
        several = self.deposits[self.deposits["sources"].str.contains(";")]
        table = several[["name", "country", "commodities", "sources"]].head(12)
        shown = pd.DataFrame(table).to_html(escape=True, index=False, na_rep="")
        return (
            f"<p>{len(self.members)} records are {len(self.deposits)} deposits; "
            f"{len(several)} have several records, for example:</p>{shown}"
        )


def merge(records: gpd.GeoDataFrame) -> Merged:
    """Find the records that are one deposit, and merge them into one row.

    Parameters
    ----------
    records
        Rows of the canonical layer ``deposits`` from any number of sources, the most trusted
        source first: of the records with the highest authority (``authority.csv``), the first
        leads its deposit.

    Returns
    -------
    Merged

    Raises
    ------
    KeyError
        If a column of the canonical layer is missing.

    Notes
    -----
    Records that name each other in ``same_as`` are always joined. All others are compared by name,
    place and commodity, and joined by average linkage if their probability reaches the threshold
    in ``likeness.toml``.

    Examples
    --------
    >>> import shapely
    >>> from geo_ree.schema import check_layer
    >>> rows = {"id": ["a:1", "a:2", "b:7"], "source_id": ["a", "a", "b"], "kind": "deposit",
    ...         "name": ["Made-up Ridge II", "Made-up Ridge III", "Мадеуп-Ридж 2"], "role": "context",
    ...         "commodities": "REE", "commodity_group": "rare_earth",
    ...         "precision_class": "arc_minute", "position_error_m": 2000.0}
    >>> places = shapely.points([76.10, 76.12, 76.14], [42.80, 42.81, 42.80])
    >>> records = check_layer(gpd.GeoDataFrame(rows, geometry=places, crs=4326), "deposits")
    >>> merge(records).deposits["sources"].tolist()
    ['a:1;b:7', 'a:2']
    """
    records = records.reset_index(drop=True)
    pairs = add_stated_links(judge_pairs(find_pairs(records)), records)
    group = form_groups(len(records), pairs)
    groups = list_members(group, rank_records(records))
    deposits, values = merge_rows(name_deposits(records), groups)
    copied = find_copied(records)
    ids = records["id"].to_numpy(dtype=object)
    return Merged(
        deposits=relate_deposits(deposits, records),
        members=describe_members(records, ids[lead_of(group, groups)], copied),
        values=values,
        conflicts=find_conflicts(records.assign(copy_of=copied), groups),
        pairs=describe_pairs(pairs, ids, group, *coordinates(records)),
    )


def list_members(group: NDArray[np.int64], rank: NDArray[np.int64]) -> list[list[int]]:
    """List the records of each group, by authority; the groups in the order of their first record."""
    members: dict[int, list[int]] = {}
    for i, g in enumerate(group.tolist()):
        members.setdefault(g, []).append(i)
    return [sorted(rows, key=rank.__getitem__) for rows in members.values()]


def lead_of(group: NDArray[np.int64], groups: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Position of the record that leads the deposit of each record."""
    leads = np.empty(len(group), dtype=np.int64)
    for rows in groups:
        leads[list(rows)] = rows[0]
    return leads


def describe_members(
    records: gpd.GeoDataFrame, deposit: NDArray[np.object_], copied: pd.Series
) -> gpd.GeoDataFrame:
    """Make the table ``members`` of `Merged`."""
    out = records[["id", *_OF_MEMBERS, "geometry"]].rename(columns={"id": "record"})
    out["copy_of"] = copied
    out.insert(1, "deposit", deposit)
    return out


def describe_pairs(
    pairs: pd.DataFrame,
    ids: NDArray[np.object_],
    group: NDArray[np.int64],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> pd.DataFrame:
    """Make the table ``pairs`` of `Merged`."""
    first, second = pairs["first"].to_numpy(), pairs["second"].to_numpy()
    compared = {
        "first": ids[first],
        "second": ids[second],
        "distance_km": distance_m(lon[first], lat[first], lon[second], lat[second]) / 1000.0,
        "probability": pairs["probability"].to_numpy(),
        "reasons": pairs["reasons"].to_numpy(),
        "joined": group[first] == group[second],
    }
    return pd.DataFrame(compared)


def find_copied(records: gpd.GeoDataFrame) -> pd.Series:
    """Id of the record that each one repeats, None for a witness of its own."""
    lon, lat = coordinates(records)
    table = pd.DataFrame(records[["name", "aliases", "precision_class"]])
    witness = find_witnesses(table.assign(longitude=lon, latitude=lat))
    ids = records["id"].to_numpy(dtype=object)
    copied = [None if i == own else ids[i] for own, i in enumerate(witness)]
    return pd.Series(copied, records.index, dtype=object)


def name_deposits(records: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Replace the name of a group by the name of the deposit in it that the record is about."""
    texts = (records[c].astype(object) for c in ("name", "aliases", "name_local"))
    names = [read_record_names(*own).name for own in zip(*texts, strict=True)]
    own = pd.Series(names, records.index, dtype=object)
    return records.assign(name=records["name"].astype(object).mask(own.notna(), own))


def merge_rows(
    records: gpd.GeoDataFrame, groups: Sequence[Sequence[int]]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Merge the attributes of each group into the row of its leading record."""
    columns = {c: records[c].astype(object).to_numpy() for c in records.columns if c != "geometry"}
    columns["geometry"] = records.geometry.to_numpy()
    ids = columns["id"]
    lead = np.array([members[0] for members in groups], dtype=np.int64)
    out = {name: column[lead] for name, column in columns.items()}
    stated = {name: _is_stated(columns[name], name) for name in _FIRST_KNOWN}
    values: list[tuple[object, str, object, object]] = []
    for k, members in enumerate(groups):
        if len(members) == 1:
            continue
        deposit = ids[members[0]]
        origins: dict[str, int] = {}
        for name in _FIRST_KNOWN:
            column = columns[name]
            known = [i for i in members if stated[name][i]]
            if name == "role" and column[members[0]] not in _FINAL_ROLES:
                known.sort(key=lambda i: _ROLE_RANK[str(columns["role"][i])])
            origins[name] = known[0] if known else members[0]
        origins |= {name: origins[other] for name, other in _TAKEN_WITH.items()}
        for name, origin in origins.items():
            out[name][k] = columns[name][origin]
            values.append((deposit, name, columns[name][origin], ids[origin]))
        for name in _UNITED:
            names = columns["name"] if name == "aliases" else None
            out[name][k] = _unite(columns[name], members, names)
            values.append((deposit, name, out[name][k], ";".join(ids[i] for i in members)))
    frame = gpd.GeoDataFrame(out, geometry="geometry", crs=records.crs)
    frame["sources"] = [";".join(ids[i] for i in members) for members in groups]
    table = pd.DataFrame(values, columns=["deposit", "attribute", "value", "record"])
    return frame, table[table["value"].notna()].reset_index(drop=True)


def _is_stated(column: NDArray[np.object_], name: str) -> NDArray[np.bool_]:
    known = pd.notna(column) & (column != "") & (column != _UNKNOWN.get(name, ""))
    return np.asarray(known, dtype=bool)


def _unite(
    column: NDArray[np.object_], members: Sequence[int], names: NDArray[np.object_] | None
) -> str | None:
    """Join the words of all records, each once; aliases include the names of the others."""
    texts: list[Any] = [column[i] for i in members]
    lead = ""
    if names is not None:
        lead = str(names[members[0]])
        texts += [names[i] for i in members[1:]]
    words = [w.strip() for t in texts if isinstance(t, str) for w in t.split(";")]
    return ";".join(dict.fromkeys(w for w in words if w and w != lead)) or None


def find_conflicts(records: gpd.GeoDataFrame, groups: Sequence[Sequence[int]]) -> pd.DataFrame:
    """List the attributes on which the records of a deposit disagree.

    A copy that says what its original says is the same witness, and is left out.
    """
    kept = (*_COMPARED, "id", "name", "copy_of")
    columns = {c: records[c].astype(object).to_numpy() for c in kept}
    stated = {name: _is_stated(columns[name], name) for name in _COMPARED}
    rows = []
    for members in (m for m in groups if len(m) > 1):
        for name in _COMPARED:
            texts = {i: str(columns[name][i]) for i in members if stated[name][i]}
            said = {(columns["id"][i], text) for i, text in texts.items()}
            texts = {i: t for i, t in texts.items() if (columns["copy_of"][i], t) not in said}
            if len({" ".join(text.casefold().split()) for text in texts.values()}) < 2:
                continue
            if name == "commodities" and frozenset.intersection(
                *map(commodity_set, texts.values())
            ):
                continue  # they share a commodity
            row = {
                "deposit": columns["id"][members[0]],
                "name": columns["name"][members[0]],
                "attribute": name,
                "values": " | ".join(texts.values()),
                "sources": " | ".join(columns["id"][i] for i in texts),
            }
            rows.append(row)
    return pd.DataFrame(rows, columns=["deposit", "name", "attribute", "values", "sources"])
