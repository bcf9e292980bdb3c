"""Labels of sites: which of them are known to be mines."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo_ree.crs import Floats, distance_m
from geo_ree.deposits import merge
from geo_ree.deposits.vocabulary import match_kind
from geo_ree.proximity import nearest
from geo_ree.schema import check_layer

MATCH_KM = 25.0
"""Farthest mine that counts as the same site (judgement: both positions may be off by some
kilometres, and a mining field is some kilometres wide)."""

COMPARED_KM = 25.0
"""Distance up to which the records of a very large table are compared with mines."""

COPPER = "usgs_copper_sites"

_STATE = {"mine": "mine", "occurrence": "undeveloped"}
_UNDEVELOPED = re.compile(r"\bundeveloped\b", re.IGNORECASE)
_PERMIT = re.compile(r"\blicen[cs]e[ds]?\b|\bscoping\b|\bfeasibility\b", re.IGNORECASE)
_NO_SITE = ("plant", "area", "duplicate", "none")
_MINES = ("mine", "mine_and_plant")
_PLANTS = ("plant", "mine_and_plant")
_NEIGHBOURS = 16
"""Facilities looked at around a site, to find the nearest one that is not the site itself."""


def stated_status(records: gpd.GeoDataFrame, worded: Collection[str]) -> NDArray[np.object_]:
    """The status that each record's own table states, shape (n,).

    ``mine`` (a producer, past or present), ``undeveloped`` (a prospect, an occurrence) or ``unknown``:
    a deposit with a resource may be mined or not. The ``kind`` of a record counts only where its source
    is among `worded`, the sources whose kinds are taken from words on the status of a site.
    """
    columns = (records[c].astype(object) for c in ("source_id", "kind", "status"))
    states = [
        _state(status, kind, source in worded)
        for source, kind, status in zip(*columns, strict=True)
    ]
    return np.array(states, dtype=object)


def _state(status: object, kind: str, worded: bool) -> str:
    text = " ".join(status.split()) if isinstance(status, str) else ""
    if _UNDEVELOPED.search(text):
        return "undeveloped"
    if _PERMIT.search(text):  # a permit or a study does not make a mine
        return "unknown"
    if text:
        return _STATE.get(match_kind(text, "status") or "", "unknown")
    return _STATE.get(kind, "unknown") if worded else "unknown"


def usable_records(records: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    """The records that are sites with a coordinate, and how many others there are, by reason."""
    blank = (records.geometry.isna() | records.geometry.is_empty).to_numpy()
    other = (records["role"].isin(_NO_SITE) | records["kind"].isin(_NO_SITE)).to_numpy()
    counts = {
        "a plant, an area or a name only": int(other.sum()),
        "without a coordinate": int((blank & ~other).sum()),
    }
    kept = records[~blank & ~other].reset_index(drop=True)
    return kept, {reason: n for reason, n in counts.items() if n}


def mine_records(facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The mines of a layer ``facilities`` as records of the layer ``deposits``.

    Plants without a mine, mines without a coordinate and mines of coal alone are left out: the tables of
    deposits have hardly any coal, but a coal mine and a deposit may have the name of one town.
    """
    placed = facilities.geometry.notna() & ~facilities.geometry.is_empty
    coal = facilities["commodities"].map(_coal_alone)
    mines = facilities[facilities["kind"].isin(_MINES) & placed & ~coal.astype(bool)]
    group = mines["commodity_group"].astype(object)
    rows = mines.drop(columns=["capacity_text", "year"], errors="ignore").assign(
        kind="mine",
        role="context",
        commodity_group=group.where(group.notna(), "unknown"),
        precision_class=mines["precision_class"].fillna("none"),
    )
    return check_layer(rows.reset_index(drop=True), "deposits") if len(rows) else rows


def _coal_alone(commodities: object) -> bool:
    words = commodities.split(";") if isinstance(commodities, str) else []
    return bool(words) and all(word.endswith("coal") for word in words)


def plant_records(facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The processing plants (smelters, refineries, mills) of a layer ``facilities`` with a coordinate."""
    placed = facilities.geometry.notna() & ~facilities.geometry.is_empty
    return facilities[facilities["kind"].isin(_PLANTS) & placed].reset_index(drop=True)


def label_sites(
    records: gpd.GeoDataFrame,
    mines: gpd.GeoDataFrame | None,
    plants: gpd.GeoDataFrame | None = None,
    *,
    worded: Collection[str] = (),
    compared_km: float = np.inf,
) -> gpd.GeoDataFrame:
    """Merge the records of each deposit into a site, and find the sites known to be mines.

    Parameters
    ----------
    records
        From `usable_records`.
    mines, plants
        From `mine_records` and `plant_records`; None without a table of mines.
    worded
        See `stated_status`.
    compared_km
        Records farther than this from any mine become sites of their own; infinity merges all.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``id, name, country, country_reported, tables`` (sources of its records, separated
        by ``;``), ``commodities, precision_class, position_error_m, stated`` and ``stated_copper``
        (`mine`, `undeveloped`, `unknown`), ``icmm`` (`matched`; `far`: joined by name to a mine
        beyond `MATCH_KM`; `near`: a mine of another name lies within both position errors; `none`;
        `unknown` without a table of mines), ``mine, mine_km, why``; ``other_mine_km`` and
        ``other_plant_km``, the distances to the nearest mine and processing plant that are not the
        site itself (NaN without a table of mines); and the geometry: the position of the first
        record, never that of the mine.

    Notes
    -----
    Sites and mines are joined by `geo_ree.merge`: by name, position and commodity.
    """
    here = mines is not None and len(mines) > 0
    gap = (
        nearest(records, mines)["distance_m"].to_numpy() if here else np.full(len(records), np.nan)
    )
    joined = _deposit_of(records, mines, gap, compared_km)
    code, lead = np.unique(joined["site"].to_numpy(), return_index=True)
    site = np.searchsorted(code, joined["site"].to_numpy())
    keep = [
        "id",
        "name",
        "country",
        "country_reported",
        "commodities",
        "precision_class",
        "position_error_m",
        "geometry",
    ]
    out = records.iloc[lead][keep].reset_index(drop=True)
    # an extract of a source has the ids of the whole source
    source = records["id"].str.partition(":")[0].to_numpy(dtype=object)
    states = stated_status(records, worded)
    tables: list[dict[str, None]] = [{} for _ in range(len(out))]
    for row, its in enumerate(site):
        tables[its][str(source[row])] = None
    out["tables"] = [";".join(t) for t in tables]
    out["stated"] = _strongest(site, states, len(out))
    out["stated_copper"] = _strongest(site, np.where(source == COPPER, states, "unknown"), len(out))
    own = joined["mines"].to_numpy()[lead]
    _add_mines(out, own, gap[lead], mines if here else None)
    out["other_mine_km"] = other_facility_km(out, mines, own)
    out["other_plant_km"] = other_facility_km(out, plants, own)
    out["why"] = [_why(row) for row in out[["stated", "icmm", "mine", "mine_km"]].itertuples()]
    return out


def _deposit_of(
    records: gpd.GeoDataFrame, mines: gpd.GeoDataFrame | None, gap: Floats, compared_km: float
) -> pd.DataFrame:
    """Position of the first record of each record's deposit, and the ids of the mines joined to it."""
    site = np.arange(len(records))
    mine_ids = np.full(len(records), None, dtype=object)
    near = np.flatnonzero(gap <= compared_km * 1000.0) if np.isfinite(compared_km) else site
    if not len(near):
        return pd.DataFrame({"site": site, "mines": mine_ids})
    chosen = records.iloc[near]
    pool = (
        chosen
        if mines is None
        else gpd.GeoDataFrame(
            pd.concat([chosen.astype(object), mines.astype(object)], ignore_index=True),
            geometry="geometry",
            crs=records.crs,
        )
    )
    members = merge(pool).members
    own, other = members.iloc[: len(near)], members.iloc[len(near) :]
    codes = pd.Series(near, index=own["deposit"].to_numpy())
    first = codes[~codes.index.duplicated()]
    site[near] = first.loc[own["deposit"]].to_numpy()
    found = other.groupby("deposit")["record"].agg(tuple)
    mine_ids[near] = [found.get(deposit) for deposit in own["deposit"]]
    return pd.DataFrame({"site": site, "mines": mine_ids})


def _strongest(
    site: NDArray[np.int64], states: NDArray[np.object_], count: int
) -> NDArray[np.object_]:
    """One status per site: a mine where any record says so, else undeveloped where any does."""
    out = np.full(count, "unknown", dtype=object)
    for state in ("undeveloped", "mine"):
        out[site[states == state]] = state
    return out


def _add_mines(
    out: gpd.GeoDataFrame,
    joined: NDArray[np.object_],
    gap_m: Floats,
    mines: gpd.GeoDataFrame | None,
) -> None:
    out["icmm"], out["mine"], out["mine_km"] = "unknown", None, np.nan
    if mines is None:
        return
    ids = mines["id"].astype(object)
    where: Mapping[str, int] = dict(zip(ids, range(len(ids)), strict=True))
    x, y = mines.geometry.x.to_numpy(), mines.geometry.y.to_numpy()
    error = pd.to_numeric(mines["position_error_m"]).fillna(0.0).max()
    allowed = pd.to_numeric(out["position_error_m"]).fillna(0.0).to_numpy() + error
    icmm = np.where(gap_m <= allowed, "near", "none").astype(object)
    lon, lat = out.geometry.x.to_numpy(), out.geometry.y.to_numpy()
    names, far = np.full(len(out), None, dtype=object), np.full(len(out), np.nan)
    for i in (i for i, its in enumerate(joined) if its is not None):
        at = np.array([where[m] for m in joined[i]])
        km = distance_m(np.full(len(at), lon[i]), np.full(len(at), lat[i]), x[at], y[at]) / 1000.0
        best = int(np.argmin(km))
        far[i], row = km[best], mines.iloc[at[best]]
        names[i] = f"{row['name']} ({row['id']})"
        icmm[i] = "matched" if far[i] <= MATCH_KM else "far"
    out["icmm"], out["mine"], out["mine_km"] = icmm, names, np.round(far, 1)


def other_facility_km(
    sites: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame | None, own: NDArray[np.object_]
) -> Floats:
    """Distance from each site to the nearest facility that is not the site itself, in km, shape (n,).

    The site itself are the facilities joined to it (`own`, a tuple of ids or None for each site) and
    those within both position errors, which may be the same place under another name. NaN where all
    of the nearest facilities are the site itself, or there is none.
    """
    out = np.full(len(sites), np.nan)
    if facilities is None or facilities.empty:
        return out
    lon, lat = facilities.geometry.x.to_numpy(), facilities.geometry.y.to_numpy()
    x, y = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    count = min(_NEIGHBOURS, len(facilities))
    _, near = cKDTree(_on_sphere(lon, lat)).query(_on_sphere(x, y), k=count)
    near = near.reshape(len(sites), count)
    km = distance_m(np.repeat(x, count), np.repeat(y, count), lon[near.ravel()], lat[near.ravel()])
    km = km.reshape(near.shape) / 1000.0
    errors = [
        pd.to_numeric(t["position_error_m"]).fillna(0.0).to_numpy(dtype=float)
        for t in (sites, facilities)
    ]
    itself = km * 1000.0 <= errors[0][:, None] + errors[1][near]
    ids = facilities["id"].astype(object).to_numpy()
    for row in np.flatnonzero([joined is not None for joined in own]):
        itself[row] |= np.isin(ids[near[row]], own[row])
    others = np.where(itself, np.inf, km).min(axis=1)
    return np.where(np.isfinite(others), np.round(others, 3), np.nan)


def _on_sphere(lon: Floats, lat: Floats) -> Floats:
    """Unit vectors, shape (n, 3): near enough to find candidates, which are then measured."""
    phi, theta = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], axis=1)


def _why(row: object) -> str:
    stated, icmm, mine, km = (getattr(row, n) for n in ("stated", "icmm", "mine", "mine_km"))
    said = {
        "mine": "its tables call it a mine or a producer",
        "undeveloped": "its tables call it a prospect or an occurrence",
        "unknown": "its tables do not say whether it was mined",
    }[stated]
    found = {
        "matched": f"joined to the mine {mine}, {km:.1f} km",
        "far": f"joined to the mine {mine}, but {km:.1f} km away",
        "near": "a mine of another name lies within its position error",
        "none": "no mine joined",
        "unknown": "no table of mines available",
    }[icmm]
    return f"{said}; {found}"
