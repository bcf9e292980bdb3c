"""The audit of positions as a table: a row a deposit and flag, the worst first."""

from __future__ import annotations

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import STORE_CRS, distance_m
from geo_ree.deposits.areas import Evidence, conflict_words
from geo_ree.deposits.distances import Statement
from geo_ree.deposits.position_flags import FLAGS
from geo_ree.deposits.positions import spread_of
from geo_ree.deposits.vocabulary import country_code

COLUMNS = ("id", "name", "aliases", "country", "flag", "distance_km", "evidence", "sources")
"""Columns of the audit, before the geometry."""

_ROW = ("id", "flag", "distance_km", "evidence", "sources", "longitude", "latitude")


def audit_rows(
    deposits: gpd.GeoDataFrame,
    table: pd.DataFrame,
    judged: pd.DataFrame,
    pairs: pd.DataFrame,
    outside: pd.Series,
    findings: pd.DataFrame,
    evidence: Evidence,
) -> gpd.GeoDataFrame:
    """Put all that speaks against the positions of deposits into one table.

    Parameters
    ----------
    deposits
        ``id, name, aliases, country, country_reported, admin_area, role``.
    table, judged, pairs, outside
        From `geo_ree.deposits.positions` and `geo_ree.deposits.areas`.
    findings
        Rows as in `geo_ree.deposits.position_flags.FOUND`.
    evidence
        From `geo_ree.deposits.areas.weigh_distances`.

    Returns
    -------
    geopandas.GeoDataFrame
        `COLUMNS` and ``geometry``, sorted by flag in the order of `FLAGS`, then by distance, the
        farthest first, then by id; index 0..n-1.
    """
    labels = _labels(table, judged)
    parts = [
        _found(table, findings, labels),
        _disagreements(table, judged, pairs, labels),
        _refuted(table, judged, outside, evidence, labels),
        _unplaced(deposits, set(table["deposit"]), evidence),
    ]
    rows = pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)
    about = deposits[["id", "name", "aliases", "country"]].astype(object)
    out = rows.merge(about, on="id", how="left")
    out["flag_rank"] = out["flag"].map(FLAGS.index)
    out["distance_km"] = out["distance_km"].astype("float64").round(3)
    order = out.assign(near=-out["distance_km"].fillna(-1.0))
    out = out.loc[order.sort_values(["flag_rank", "near", "id"], kind="stable").index]
    out = out.reset_index(drop=True)
    x, y = (out[c].to_numpy(dtype=np.float64) for c in ("longitude", "latitude"))
    points = np.full(len(out), None, dtype=object)
    known = ~np.isnan(x)
    points[known] = shapely.points(x[known], y[known])
    plain = out[list(COLUMNS)]
    return gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries(points, plain.index, crs=STORE_CRS))


def _labels(table: pd.DataFrame, judged: pd.DataFrame) -> pd.Series:
    """Name a position: its coordinate, where it is from, and its record."""
    short = [
        f"{lat:.4f} N {lon:.4f} E ({_publication(basis)}, {record}{', chosen' if on else ''})"
        for lat, lon, basis, record, on in zip(
            table["latitude"],
            table["longitude"],
            table["position_basis"],
            table["record"],
            judged["verdict"] == "chosen",
            strict=True,
        )
    ]
    return pd.Series(short, table.index, dtype=object)


def _publication(basis: object) -> str:
    return basis.split(";")[0].strip() if isinstance(basis, str) else "no source told"


def _found(table: pd.DataFrame, findings: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """Findings about single positions, those of one deposit and flag in one row."""
    of = table["deposit"].loc[findings["position"]].to_numpy()
    at = findings.assign(id=of, order=range(len(findings)))
    rows = []
    worst = at.sort_values(["distance_km", "order"], ascending=[False, True], kind="stable")
    for (deposit, flag), group in worst.groupby(["id", "flag"], sort=False):
        where = list(group["position"])
        told = "; ".join(f"{labels[p]}: {e}" for p, e in zip(where, group["evidence"], strict=True))
        first = table.loc[where[0]]
        sources = ";".join(dict.fromkeys(table.loc[where, "record"]))
        rows.append(
            (
                deposit,
                flag,
                group["distance_km"].iloc[0],
                told,
                sources,
                first["longitude"],
                first["latitude"],
            )
        )
    return pd.DataFrame(rows, columns=list(_ROW))


def _disagreements(
    table: pd.DataFrame, judged: pd.DataFrame, pairs: pd.DataFrame, labels: pd.Series
) -> pd.DataFrame:
    far = spread_of(pairs, table, judged)
    first, second = (labels.loc[far[c]].to_numpy() for c in ("first", "second"))
    km = far["away_m"].to_numpy() / 1000.0
    told = [f"{d:.1f} km between {a} and {b}" for d, a, b in zip(km, first, second, strict=True)]
    others, sources = _others(table, judged, far["deposit"])
    return pd.DataFrame(
        {
            "id": far["deposit"],
            "flag": "sources_disagree",
            "distance_km": km,
            "evidence": [f"{one}; {rest}" for one, rest in zip(told, others, strict=True)],
            "sources": sources,
            "longitude": table["longitude"].loc[far["second"]].to_numpy(),
            "latitude": table["latitude"].loc[far["second"]].to_numpy(),
        },
        columns=list(_ROW),
    )


def _others(
    table: pd.DataFrame, judged: pd.DataFrame, deposits: pd.Series
) -> tuple[list[str], list[str]]:
    """How far the positions are from the chosen one and what became of them; all their records."""
    at = table[table["deposit"].isin(deposits)]
    told = judged.loc[at.index]
    texts = pd.Series(
        [
            f"{record} {away / 1000:.1f} km ({verdict})"
            for record, away, verdict in zip(
                at["record"], told["from_chosen_m"], told["verdict"], strict=True
            )
        ],
        at.index,
        dtype=object,
    )
    texts = texts[told["verdict"] != "chosen"]
    others = texts.groupby(at["deposit"]).agg(", ".join)
    records = at.groupby("deposit")["record"].agg(lambda r: ";".join(dict.fromkeys(r)))
    return ["from the chosen one: " + others[d] for d in deposits], [records[d] for d in deposits]


def _refuted(
    table: pd.DataFrame,
    judged: pd.DataFrame,
    outside: pd.Series,
    evidence: Evidence,
    labels: pd.Series,
) -> pd.DataFrame:
    groups = table.groupby("deposit").groups
    limit = table["own_error_m"] / 1000.0
    rows = []
    for deposit, found in evidence.feasible.items():
        members = list(groups.get(deposit, ()))
        beyond = outside.loc[members].sort_values(ascending=False, kind="stable")
        beyond = beyond[beyond > limit.loc[beyond.index]]
        if beyond.empty and not (found.conflict and members):
            continue
        statements = dict.fromkeys(s for part, _ in found.parts for s in part)
        told = [
            f"{label} is {km:.1f} km outside the area that published distances allow"
            for label, km in zip(labels.loc[beyond.index], beyond, strict=True)
        ]
        told += [_how_the_chosen_fares(members, table, judged, outside, statements)]
        told += ["published: " + " | ".join(s.words() for s in statements)]
        told += [conflict_words(found.conflict)]
        at = beyond.index[0] if len(beyond) else members[0]
        sources = [*table.loc[beyond.index, "record"], *(s.id for s in statements)]
        rows.append(
            (
                deposit,
                "contradicts_published_distances",
                beyond.iloc[0] if len(beyond) else np.nan,
                "; ".join(filter(None, told)),
                ";".join(dict.fromkeys(sources)),
                table.at[at, "longitude"],
                table.at[at, "latitude"],
            )
        )
    return pd.DataFrame(rows, columns=list(_ROW))


def _how_the_chosen_fares(
    members: list[int],
    table: pd.DataFrame,
    judged: pd.DataFrame,
    outside: pd.Series,
    statements: Collection[Statement],
) -> str:
    """How far the chosen position is from the area, or beyond what is printed within it."""
    at = next(m for m in members if judged.at[m, "verdict"] == "chosen")
    if outside[at] > 0.0:
        return f"the chosen position is {outside[at]:.1f} km outside it"
    x, y = (table[c].loc[[at]].to_numpy(dtype=np.float64) for c in ("longitude", "latitude"))
    beyond = max(
        float(distance_m(x, y, [s.longitude], [s.latitude])[0]) / 1000.0 - s.distance_km
        for s in statements
    )
    within = f", {beyond:.1f} km beyond the printed figure" if beyond > 0.0 else ""
    return f"the chosen position is inside it{within}"


def _unplaced(deposits: gpd.GeoDataFrame, placed: set[str], evidence: Evidence) -> pd.DataFrame:
    """Deposits without a position, with what is known instead.

    Those in a country of which nothing is in the region are no concern of the audit.
    """
    named = deposits["country_reported"].map(lambda w: isinstance(w, str) and bool(country_code(w)))
    far = deposits["country"].isna() & named.astype(bool)
    blank = ~deposits["id"].isin(placed)
    rows = deposits[blank & ~far & (deposits["role"] != "none")]
    out = []
    for row in rows[["id", "country", "admin_area"]].astype(object).to_dict("records"):
        told = [
            f"known instead: {row['admin_area']}"
            if isinstance(row["admin_area"], str)
            else "known instead: nothing but the country"
        ]
        found = evidence.feasible.get(row["id"])
        sources = [row["id"]]
        if found is not None:
            told += [" | ".join(s.words() for s in part) for part, _ in found.parts]
            told += [conflict_words(found.conflict)]
            sources += [s.id for part, _ in found.parts for s in part]
        out.append(
            (
                row["id"],
                "no_position",
                np.nan,
                "; ".join(filter(None, told)),
                ";".join(dict.fromkeys(sources)),
                np.nan,
                np.nan,
            )
        )
    return pd.DataFrame(out, columns=list(_ROW))
