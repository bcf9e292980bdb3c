"""One position for each deposit, with its doubt and what speaks against it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import STORE_CRS
from geo_ree.deposits.areas import Evidence, describe_areas, outside_area_km, weigh_distances
from geo_ree.deposits.position_audit import audit_rows
from geo_ree.deposits.position_flags import (
    FLAGS,
    centroid_findings,
    country_findings,
    lake_findings,
    rounded_findings,
    swapped_back,
)
from geo_ree.deposits.positions import (
    gather_positions,
    judge_positions,
    pair_positions,
    position_errors,
)
from geo_ree.schema import PRECISION_ERROR_M
from geo_ree.schema.html import table_html

_SHOWN = 12
"""Flags that a notebook shows."""


@dataclass(frozen=True, kw_only=True)
class Located:
    """Deposits with an audited position, and the audit.

    Parameters
    ----------
    deposits
        The deposits given, with ``geometry``, ``precision_class``, ``position_error_m`` and
        ``position_basis`` of the chosen position, and ``flags`` (words of
        `geo_ree.deposits.position_flags.FLAGS`, the worst first, separated by ``;``).
    audit
        A row a deposit and flag: ``id, name, aliases, country, flag, distance_km, evidence,
        sources, geometry`` (the position that the flag is about). The worst first: by flag in the
        order of `FLAGS`, then by distance, the farthest first, then by id.
    areas
        ``deposit, name, kind, evidence, source, geometry``: where published distances allow a
        deposit to be, and what is known of those without a position. No polygon where none is at
        hand.
    positions
        A row a printed position: ``record, deposit, longitude, latitude, precision_class,
        verdict, from_chosen_km, outside_area_km, basis, geometry``.
    """

    deposits: gpd.GeoDataFrame
    audit: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    positions: gpd.GeoDataFrame

    def _repr_html_(self) -> str:
        worst = self.audit.head(_SHOWN)
        rows = [
            (r.name, r.country, r.flag, r.distance_km, r.evidence)
            for r in worst.itertuples(index=False)
        ]
        head = ("deposit", "country", "flag", "km", "evidence")
        flagged = self.audit["id"].nunique()
        caption = (
            f"{flagged} of {len(self.deposits)} positions are doubted; the {len(rows)} worst of "
            f"{len(self.audit)} flags:"
        )
        return table_html(head, rows, caption=caption)


def locate(
    deposits: gpd.GeoDataFrame,
    members: gpd.GeoDataFrame,
    *,
    countries: gpd.GeoDataFrame,
    water: gpd.GeoDataFrame | None = None,
    published: pd.DataFrame | None = None,
) -> Located:
    """Choose the position of each deposit among those that its records print, and audit it.

    Parameters
    ----------
    deposits
        A row a deposit, columns of the canonical layer ``deposits``.
    members
        A row a record: ``record`` (its id), ``deposit`` (id of its deposit), ``source_id``,
        ``name``, ``aliases``, ``country_reported``, ``precision_class``, ``position_error_m``,
        ``position_basis``, ``reference``, ``geometry``; those of a deposit in the order of trust.
        ``doubt`` may tell why a position is not to be trusted.
    countries
        The canonical layer ``countries``.
    water
        The canonical layer ``water``; only lakes and reservoirs with a shore count.
    published
        The canonical layer ``published_distances``; ``deposit_id`` may be any record's.

    Returns
    -------
    Located

    Raises
    ------
    SchemaError
        When a record belongs to no deposit, or a published distance makes no sense.

    Notes
    -----
    The position: sound ones before doubted ones and those in another country or in water, before
    those that published distances refute (beyond the error of their own precision class), before
    those with interchanged coordinates; then the finest precision class; then the order of the
    records. Names of three or more deposits on one coordinate make it a named place.
    ``position_error_m``: the largest of the class's own error, the stated one, and the distance to
    the farthest other position that counts. One that is not sound does not count, nor one that
    fewer others support than the chosen one.

    Examples
    --------
    >>> import shapely
    >>> words = {"name": "Kutessay II", "aliases": None, "country": "KGZ", "admin_area": None,
    ...          "country_reported": "KGZ", "reference": None, "role": "candidate"}
    >>> place = {"precision_class": ["arc_second", "arc_minute"], "position_error_m": [500.0, 2000.0],
    ...          "position_basis": ["PP1802", "OFR 02-189"]}
    >>> where = [shapely.Point(76.1197, 42.8611), shapely.Point(76.1667, 42.6667)]
    >>> members = gpd.GeoDataFrame({"record": ["p:1", "r:211"], "deposit": "p:1", "source_id": "p",
    ...                             **words, **place}, geometry=where, crs=4326)
    >>> deposits = gpd.GeoDataFrame({"id": ["p:1"], **words}, geometry=where[:1], crs=4326)
    >>> borders = gpd.GeoDataFrame({"country": ["KGZ"], "name": ["Kyrgyzstan"], "complete": True},
    ...                            geometry=[shapely.box(69, 39, 81, 43)], crs=4326)
    >>> done = locate(deposits, members, countries=borders)
    >>> done.deposits[["position_error_m", "flags"]].values.tolist()
    [[21936.0, 'sources_disagree']]
    """
    table = gather_positions(deposits, members)
    findings = pd.concat(
        [country_findings(table, countries), lake_findings(table, water), centroid_findings(table)]
    )
    table = _as_named_places(table, _has(table, findings, "filing_centroid"))
    owner = dict(zip(deposits["id"], deposits["id"], strict=True))
    owner |= dict(zip(members["record"], members["deposit"], strict=True))
    evidence = weigh_distances(published, owner)
    outside = outside_area_km(table, evidence)
    pairs = pair_positions(table)
    elsewhere = _has(table, findings, "wrong_country", "in_water")
    swapped = _has(table, findings, "swapped_coordinates")
    judged = judge_positions(table, pairs, outside, elsewhere, swapped)
    chosen = table[judged["verdict"] == "chosen"]
    findings = pd.concat(
        [findings, rounded_findings(chosen.assign(precision_class=chosen["printed_class"]))],
        ignore_index=True,
    )
    audit = audit_rows(deposits, table, judged, pairs, outside, findings, evidence)
    return Located(
        deposits=_settled(deposits, table, judged, outside, swapped, audit),
        audit=audit,
        areas=describe_areas(deposits, set(chosen["deposit"]), evidence, countries),
        positions=_told(table, judged, outside, evidence),
    )


def _has(table: pd.DataFrame, findings: pd.DataFrame, *flags: str) -> pd.Series:
    found = findings["position"][findings["flag"].isin(flags)]
    return pd.Series(table.index.isin(found), table.index)


def _as_named_places(table: pd.DataFrame, centroid: pd.Series) -> pd.DataFrame:
    """Take a filing centroid for what it is: the place of something else."""
    error = table["own_error_m"].where(
        ~centroid, np.maximum(table["own_error_m"], PRECISION_ERROR_M["named_place"])
    )
    classes = table["precision_class"].mask(centroid, "named_place")
    return table.assign(
        printed_class=table["precision_class"], precision_class=classes, own_error_m=error
    )


def _settled(
    deposits: gpd.GeoDataFrame,
    table: pd.DataFrame,
    judged: pd.DataFrame,
    outside: pd.Series,
    swapped: pd.Series,
    audit: pd.DataFrame,
) -> gpd.GeoDataFrame:
    """Give the deposits their chosen position, its error and basis, and their flags."""
    chosen = table[judged["verdict"] == "chosen"]
    points = gpd.GeoSeries(
        gpd.points_from_xy(chosen["longitude"], chosen["latitude"]),
        index=chosen.index,
        crs=STORE_CRS,
    )
    turned = swapped[chosen.index]
    points = points.where(~turned, swapped_back(chosen))
    errors = position_errors(table, judged, outside)
    found = pd.DataFrame(
        {
            "geometry": points,
            "precision_class": chosen["precision_class"],
            "position_error_m": errors["error_m"],
            "position_basis": _basis(chosen, table, judged, errors["why"], turned),
        }
    )
    found.index = pd.Index(chosen["deposit"])
    found = found.reindex(deposits["id"])
    words = audit.groupby("id")["flag"].agg(lambda f: ";".join(sorted(set(f), key=FLAGS.index)))
    out = deposits.copy()
    out["precision_class"] = found["precision_class"].astype(object).fillna("none").to_numpy()
    out["position_error_m"] = found["position_error_m"].to_numpy(dtype=np.float64)
    basis = found["position_basis"]
    out["position_basis"] = basis.where(basis.notna(), None).to_numpy()
    out["flags"] = [words.get(i, "") for i in out["id"]]
    return out.set_geometry(gpd.GeoSeries(found["geometry"].to_numpy(), out.index, crs=STORE_CRS))


def _basis(
    chosen: pd.DataFrame,
    table: pd.DataFrame,
    judged: pd.DataFrame,
    why: pd.Series,
    turned: pd.Series,
) -> pd.Series:
    """Say where each position is from, why it was chosen, and what its error comes from."""
    many = chosen["deposit"].map(table["deposit"].value_counts())
    rows = chosen.assign(many=many, backed=judged["supporters"], why=why, turned=turned).to_dict(
        "records"
    )
    return pd.Series([_words(row) for row in rows], chosen.index, dtype=object)


def _words(row: dict[Hashable, Any]) -> str:
    parts = [row["position_basis"] or row["record"]]
    if row["many"] > 1:
        support = f", supported by {row['backed']} other" if row["backed"] else ""
        fine = str(row["precision_class"]).replace("_", " ")
        parts.append(f"chosen of {row['many']} printed positions: {row['record']}, {fine}{support}")
    if row["turned"]:
        parts.append("printed with latitude and longitude interchanged, turned back here")
    return "; ".join([*parts, f"error: {row['why']}"])


def _told(
    table: pd.DataFrame, judged: pd.DataFrame, outside: pd.Series, evidence: Evidence
) -> gpd.GeoDataFrame:
    out = table[["record", "deposit", "longitude", "latitude", "precision_class"]].assign(
        verdict=judged["verdict"],
        from_chosen_km=judged["from_chosen_m"] / 1000.0,
        outside_area_km=outside.where(table["deposit"].isin(list(evidence.feasible))),
        basis=table["position_basis"],
    )
    points = gpd.points_from_xy(table["longitude"], table["latitude"])
    return gpd.GeoDataFrame(out, geometry=points, crs=STORE_CRS)
