"""The audit of positions, computed: a row per deposit and flag, the worst first.

`geo_ree.pipeline.auditing` runs it on the available sources and writes the files;
`geo_ree.cli.console.audit` prints it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import STORE_CRS, distance_m
from geo_ree.deposits.distances import Evidence, PublishedDistance
from geo_ree.deposits.position_flags import FLAGS
from geo_ree.deposits.vocabulary import country_code

COLUMNS = ("id", "name", "aliases", "country", "flag", "distance_km", "evidence", "sources")
"""Columns of the audit, before the geometry."""

_ROW = ("id", "flag", "distance_km", "evidence", "sources", "longitude", "latitude")


def audit_positions(
    deposits: gpd.GeoDataFrame,
    table: pd.DataFrame,
    judged: pd.DataFrame,
    pairs: pd.DataFrame,
    outside: pd.Series,
    findings: pd.DataFrame,
    evidence: Evidence,
) -> gpd.GeoDataFrame:
    """Put everything against the positions of deposits into one table.

    Parameters
    ----------
    deposits
        ``id, name, aliases, country, country_reported, admin_area, role``.
    table, judged, pairs, outside
        From `gather_positions`, `choose_positions`, `pair_positions` and `outside_area_km`.
    findings
        From the functions of `geo_ree.deposits.position_flags`.
    evidence
        From `weigh_distances`.

    Returns
    -------
    geopandas.GeoDataFrame
        `COLUMNS` and ``geometry``, sorted by flag in the order of `FLAGS`, then by distance (the
        farthest first), then by id; index 0..n-1.
    """
    labels = _label_positions(table, judged)
    parts = [
        _combine_findings(table, findings, labels),
        _disagreements(table, judged, pairs, labels),
        _contradictions(table, judged, outside, evidence, labels),
        _without_position(deposits, set(table["deposit"]), evidence),
    ]
    rows = pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)
    out = rows.merge(
        deposits[["id", "name", "aliases", "country"]].astype(object), on="id", how="left"
    )
    out["distance_km"] = out["distance_km"].astype("float64").round(3)
    order = out.assign(rank=out["flag"].map(FLAGS.index), near=-out["distance_km"].fillna(-1.0))
    order = order.sort_values(["rank", "near", "id"], kind="stable")
    out = out.loc[order.index].reset_index(drop=True)
    lon, lat = (out[c].to_numpy(dtype=np.float64) for c in ("longitude", "latitude"))
    known = ~np.isnan(lon)
    points = np.full(len(out), None, dtype=object)
    points[known] = shapely.points(lon[known], lat[known])
    geometry = gpd.GeoSeries(points, out.index, crs=STORE_CRS)
    return gpd.GeoDataFrame(out[list(COLUMNS)], geometry=geometry)


def _label_positions(table: pd.DataFrame, judged: pd.DataFrame) -> pd.Series:
    """Name each position by its coordinate, publication and record."""
    labels = []
    for row, verdict in zip(table.to_dict("records"), judged["verdict"], strict=True):
        basis = row["position_basis"]
        publication = basis.split(";")[0].strip() if isinstance(basis, str) else "no source stated"
        chosen = ", chosen" if verdict == "chosen" else ""
        labels.append(
            f"{row['latitude']:.4f} N {row['longitude']:.4f} E "
            f"({publication}, {row['record']}{chosen})"
        )
    return pd.Series(labels, table.index, dtype=object)


def _combine_findings(
    table: pd.DataFrame, findings: pd.DataFrame, labels: pd.Series
) -> pd.DataFrame:
    """Findings about single positions, those of one deposit and flag in one row."""
    deposit_of = table["deposit"].loc[findings["position"]].to_numpy()
    worst = findings.assign(id=deposit_of, order=range(len(findings)))
    worst = worst.sort_values(["distance_km", "order"], ascending=[False, True], kind="stable")
    rows = []
    for (deposit, flag), group in worst.groupby(["id", "flag"], sort=False):
        at = list(group["position"])
        texts = [f"{labels[p]}: {e}" for p, e in zip(at, group["evidence"], strict=True)]
        row = {
            "id": deposit,
            "flag": flag,
            "distance_km": group["distance_km"].iloc[0],
            "evidence": "; ".join(texts),
            "sources": ";".join(dict.fromkeys(table.loc[at, "record"])),
            "longitude": table.at[at[0], "longitude"],
            "latitude": table.at[at[0], "latitude"],
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=list(_ROW))


def _farthest_pairs(table: pd.DataFrame, judged: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Find for each deposit the farthest pair of positions that disagree.

    Columns ``deposit``, ``first``, ``second``, ``away_m``. Pairs with the chosen position, which
    is then the first, come before all others; misprinted positions are left out.
    """
    verdict = judged["verdict"]
    one, two = (verdict.loc[pairs[c]].to_numpy() for c in ("first", "second"))
    with_chosen = one == "chosen"
    once = with_chosen | ((pairs["first"] < pairs["second"]).to_numpy() & (two != "chosen"))
    rows = once & ~pairs["agree"].to_numpy() & (one != "misprinted") & (two != "misprinted")
    far = pairs[rows].assign(other=~with_chosen[rows])
    far["deposit"] = table["deposit"].loc[far["first"]].to_numpy()
    keys = ["other", "away_m", "first", "second"]
    far = far.sort_values(keys, ascending=[True, False, True, True], kind="stable")
    far = far.drop_duplicates("deposit").reset_index(drop=True)
    return far[["deposit", "first", "second", "away_m"]]


def _disagreements(
    table: pd.DataFrame, judged: pd.DataFrame, pairs: pd.DataFrame, labels: pd.Series
) -> pd.DataFrame:
    """Deposits whose positions are farther apart than their errors explain."""
    members: dict[str, list[dict[Hashable, Any]]] = {}
    for row in table[["deposit", "record"]].join(judged).to_dict("records"):
        members.setdefault(row["deposit"], []).append(row)
    rows = []
    for far in _farthest_pairs(table, judged, pairs).to_dict("records"):
        own = members[far["deposit"]]
        km = far["away_m"] / 1000.0
        others = ", ".join(
            f"{row['record']} {row['from_chosen_m'] / 1000:.1f} km ({row['verdict']})"
            for row in own
            if row["verdict"] != "chosen"
        )
        text = f"{km:.1f} km between {labels[far['first']]} and {labels[far['second']]}"
        row = {
            "id": far["deposit"],
            "flag": "sources_disagree",
            "distance_km": km,
            "evidence": f"{text}; from the chosen one: {others}",
            "sources": ";".join(dict.fromkeys(row["record"] for row in own)),
            "longitude": table.at[far["second"], "longitude"],
            "latitude": table.at[far["second"], "latitude"],
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=list(_ROW))


def _contradictions(
    table: pd.DataFrame,
    judged: pd.DataFrame,
    outside: pd.Series,
    evidence: Evidence,
    labels: pd.Series,
) -> pd.DataFrame:
    """Deposits with positions outside the allowed area, or with distances that conflict."""
    groups = table.groupby("deposit").groups
    limit = table["own_error_m"] / 1000.0
    rows = []
    for deposit, found in evidence.feasible.items():
        members = list(groups.get(deposit, ()))
        beyond = outside.loc[members].sort_values(ascending=False, kind="stable")
        beyond = beyond[beyond > limit.loc[beyond.index]]
        if beyond.empty and not (found.conflict and members):
            continue
        distances = dict.fromkeys(d for part, _ in found.parts for d in part)
        texts = [
            f"{label} is {km:.1f} km outside the area that published distances allow"
            for label, km in zip(labels.loc[beyond.index], beyond, strict=True)
        ]
        chosen = next(m for m in members if judged.at[m, "verdict"] == "chosen")
        texts.append(_describe_chosen(table.loc[chosen], outside[chosen], distances))
        texts.append("published: " + " | ".join(d.describe() for d in distances))
        texts.append(found.describe_conflict())
        at = beyond.index[0] if len(beyond) else members[0]
        sources = [*table.loc[beyond.index, "record"], *(d.id for d in distances)]
        row = {
            "id": deposit,
            "flag": "contradicts_published_distances",
            "distance_km": beyond.iloc[0] if len(beyond) else np.nan,
            "evidence": "; ".join(filter(None, texts)),
            "sources": ";".join(dict.fromkeys(sources)),
            "longitude": table.at[at, "longitude"],
            "latitude": table.at[at, "latitude"],
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=list(_ROW))


def _describe_chosen(
    chosen: pd.Series, outside_km: float, distances: Collection[PublishedDistance]
) -> str:
    """How far the chosen position is outside the area, or inside it but beyond a printed figure."""
    if outside_km > 0.0:
        return f"the chosen position is {outside_km:.1f} km outside it"
    lon, lat = [chosen["longitude"]], [chosen["latitude"]]
    beyond = max(
        float(distance_m(lon, lat, [d.longitude], [d.latitude])[0]) / 1000.0 - d.distance_km
        for d in distances
    )
    within = f", {beyond:.1f} km beyond the printed figure" if beyond > 0.0 else ""
    return f"the chosen position is inside it{within}"


def _without_position(
    deposits: gpd.GeoDataFrame, placed: set[str], evidence: Evidence
) -> pd.DataFrame:
    """Deposits without a position, with what is known instead.

    Those in a country entirely outside the region are left out.
    """
    reported = deposits["country_reported"]
    named = reported.map(lambda w: isinstance(w, str) and bool(country_code(w)))
    far = deposits["country"].isna() & named.astype(bool)
    blank = ~deposits["id"].isin(placed) & ~far & (deposits["role"] != "none")
    rows = []
    for deposit in deposits[blank][["id", "admin_area"]].astype(object).to_dict("records"):
        district = deposit["admin_area"]
        known = district if isinstance(district, str) else "nothing but the country"
        texts, sources = [f"known instead: {known}"], [deposit["id"]]
        found = evidence.feasible.get(deposit["id"])
        if found is not None:
            texts += [" | ".join(d.describe() for d in part) for part, _ in found.parts]
            texts += [found.describe_conflict()]
            sources += [d.id for part, _ in found.parts for d in part]
        row = {
            "id": deposit["id"],
            "flag": "no_position",
            "distance_km": np.nan,
            "evidence": "; ".join(filter(None, texts)),
            "sources": ";".join(dict.fromkeys(sources)),
            "longitude": np.nan,
            "latitude": np.nan,
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=list(_ROW))
