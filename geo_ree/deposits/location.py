"""One position for each deposit, with its error and its flags."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import STORE_CRS
from geo_ree.deposits.admin_units import assign_admin1
from geo_ree.deposits.distances import outside_area_km, tabulate_areas, weigh_distances
from geo_ree.deposits.field_areas import add_field_areas
from geo_ree.deposits.misprints import MISPRINT_FLAGS, undo_misprints
from geo_ree.deposits.position_audit import audit_positions
from geo_ree.deposits.position_flags import (
    FLAGS,
    centroid_findings,
    country_findings,
    lake_findings,
    rounded_findings,
)
from geo_ree.deposits.positions import (
    add_positions,
    choose_positions,
    gather_positions,
    pair_positions,
    position_errors,
)
from geo_ree.schema import PRECISION_ERROR_M


@dataclass(frozen=True, kw_only=True, repr=False)
class Located:
    """Deposits with a chosen position, and the audit of all positions.

    Parameters
    ----------
    deposits
        The deposits given, with ``geometry``, ``precision_class``, ``position_error_m`` and
        ``position_basis`` of the chosen position, ``position_flags`` (the worst first, separated by ``;``)
        and ``admin1`` (see `geo_ree.deposits.admin_units.assign_admin1`).
    audit
        A row per deposit and flag: ``id, name, aliases, country, flag, distance_km, evidence,
        sources, geometry`` (the position that the flag is about), the worst first.
    areas
        ``deposit, name, kind, evidence, source, geometry``: where published distances allow a
        deposit to be, and what is known of deposits without a position; some have no polygon.
    positions
        A row per printed position: ``record, deposit, longitude, latitude, precision_class,
        verdict, from_chosen_km, outside_area_km, basis, geometry``.
    """

    deposits: gpd.GeoDataFrame
    audit: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    positions: gpd.GeoDataFrame

    def __repr__(self) -> str:
        return (
            f"<Located: {len(self.deposits)} deposits, {len(self.positions)} printed positions, "
            f"{self.audit['id'].nunique()} deposits flagged>"
        )

    def _repr_html_(self) -> str:
        worst = self.audit[["name", "country", "flag", "distance_km", "evidence"]].head(12)
        flagged = self.audit["id"].nunique()
        table = pd.DataFrame(worst).to_html(
            escape=True, index=False, na_rep="unknown", float_format="{:.1f}".format
        )
        return (
            f"<p>{flagged} of {len(self.deposits)} deposits are flagged; the {len(worst)} worst of "
            f"{len(self.audit)} flags:</p>{table}"
        )


def locate(
    deposits: gpd.GeoDataFrame,
    members: gpd.GeoDataFrame,
    *,
    countries: gpd.GeoDataFrame,
    admin1: gpd.GeoDataFrame | None = None,
    water: gpd.GeoDataFrame | None = None,
    positions: pd.DataFrame | None = None,
    published: pd.DataFrame | None = None,
) -> Located:
    """Choose the position of each deposit among those that its records print, and audit it.

    Parameters
    ----------
    deposits
        A row per deposit, with the columns of the canonical layer ``deposits``.
    members
        A row per record: ``record`` (its id), ``deposit`` (id of its deposit), ``source_id``,
        ``name``, ``aliases``, ``country_reported``, ``precision_class``, ``position_error_m``,
        ``position_basis``, ``reference``, ``geometry``; those of a deposit in the order of trust.
        An optional column ``caveat`` says why a position must not be trusted.
    countries
        The canonical layer ``countries``.
    admin1
        The canonical layer ``admin1``.
    water
        The canonical layer ``water``; only lakes and reservoirs with a shore count.
    positions
        The canonical layer ``positions``: further published positions of the deposits.
    published
        The canonical layer ``published_distances``; ``deposit_id`` may be the id of any record.

    Returns
    -------
    Located

    Raises
    ------
    SchemaError
        If a record belongs to no deposit, or a published distance is invalid.

    Notes
    -----
    Sound positions come before those that are distrusted, in another country or in water, then those
    that published distances refute (beyond the error of their own precision class), then misprinted
    ones. Among sound ones a surveyed one wins, then one that other witnesses do not contradict, then
    the finest precision class, then the order of the records. Copies are one witness. A point with
    the names of three or more deposits is a named place. ``position_error_m`` is the largest of
    the error of the class, the stated one, and the distance to the farthest other position that
    counts: one that is sound, and that as many others support as the chosen one.

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
    >>> done.deposits[["position_error_m", "position_flags"]].values.tolist()
    [[21936.0, 'sources_disagree']]
    """
    members = add_positions(members, positions)
    table = gather_positions(deposits, members)
    owner = dict(zip(deposits["id"], deposits["id"], strict=True))
    owner |= dict(zip(members["record"], members["deposit"], strict=True))
    evidence = weigh_distances(published, owner)

    findings = pd.concat(
        [country_findings(table, countries), lake_findings(table, water), centroid_findings(table)]
    )

    def has_flag(*flags: str) -> pd.Series:
        labels = findings["position"][findings["flag"].isin(flags)]
        return pd.Series(table.index.isin(labels), table.index)

    centroid, misprinted = has_flag("filing_centroid"), has_flag(*MISPRINT_FLAGS)
    elsewhere = has_flag("wrong_country", "in_water")
    printed_class = table["precision_class"]
    named_place = np.maximum(table["own_error_m"], PRECISION_ERROR_M["named_place"])
    table = table.assign(
        precision_class=printed_class.mask(centroid, "named_place"),
        own_error_m=table["own_error_m"].where(~centroid, named_place),
    )
    outside = outside_area_km(table, evidence)
    pairs = pair_positions(table)
    judged = choose_positions(table, pairs, outside, elsewhere, misprinted)

    chosen = table[judged["verdict"] == "chosen"]
    rounded = rounded_findings(chosen.assign(precision_class=printed_class))
    findings = pd.concat([findings, rounded], ignore_index=True)
    audit = audit_positions(deposits, table, judged, pairs, outside, findings, evidence)
    errors = position_errors(table, judged, outside)
    chosen = chosen.assign(
        printed=chosen["deposit"].map(table["deposit"].value_counts()),
        supporters=judged["supporters"],
        error=errors["error_m"],
        why=errors["why"],
    )
    chosen = chosen.join(undo_misprints(chosen[misprinted.loc[chosen.index]], countries))
    basis = [_describe_basis(row) for row in chosen.to_dict("records")]
    chosen["basis"] = pd.Series(basis, chosen.index, dtype=object)
    points = gpd.points_from_xy(table["longitude"], table["latitude"], crs=STORE_CRS)
    printed = table[["record", "deposit", "longitude", "latitude", "precision_class"]].assign(
        verdict=judged["verdict"],
        from_chosen_km=judged["from_chosen_m"] / 1000.0,
        outside_area_km=outside.where(table["deposit"].isin(list(evidence.feasible))),
        basis=table["position_basis"],
    )
    placed = _place_deposits(deposits, chosen, audit)
    placed["admin1"] = None if admin1 is None else assign_admin1(placed, admin1)
    return Located(
        deposits=placed,
        audit=audit,
        areas=add_field_areas(
            tabulate_areas(placed, set(chosen["deposit"]), evidence, countries, admin1), placed
        ),
        positions=gpd.GeoDataFrame(printed, geometry=points),
    )


def _describe_basis(row: Mapping[Hashable, Any]) -> str:
    """Say where a position comes from, why it was chosen, and what its error is based on."""
    parts = [row["position_basis"] or row["record"]]
    if row["printed"] > 1:
        support = f", supported by {row['supporters']} other" if row["supporters"] else ""
        precision = str(row["precision_class"]).replace("_", " ")
        parts.append(
            f"chosen of {row['printed']} printed positions: {row['record']}, {precision}{support}"
        )
    if isinstance(row["undone"], str):
        parts.append(f"corrected here: {row['undone']}")
    return "; ".join([*parts, f"error: {row['why']}"])


def _place_deposits(
    deposits: gpd.GeoDataFrame, chosen: pd.DataFrame, audit: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Give each deposit its chosen position, without its misprint, and its flags."""
    points = gpd.points_from_xy(
        chosen["meant_longitude"].fillna(chosen["longitude"]),
        chosen["meant_latitude"].fillna(chosen["latitude"]),
    )
    own = chosen.assign(geometry=points).set_index("deposit").reindex(deposits["id"])
    flags = audit.groupby("id")["flag"].agg(lambda f: ";".join(sorted(set(f), key=FLAGS.index)))
    out = deposits.copy()
    out["precision_class"] = own["precision_class"].astype(object).fillna("none").to_numpy()
    out["position_error_m"] = own["error"].to_numpy(dtype=np.float64)
    out["position_basis"] = own["basis"].where(own["basis"].notna(), None).to_numpy()
    out["position_flags"] = [flags.get(i, "") for i in out["id"]]
    placed = own["geometry"].where(own["geometry"].notna(), None)
    return out.set_geometry(gpd.GeoSeries(placed.to_numpy(dtype=object), out.index, crs=STORE_CRS))


def add_position_values(values: pd.DataFrame, located: Located) -> pd.DataFrame:
    """Add the chosen position of each merged deposit, and its record, to `Merged.values`."""
    positions = located.positions
    rank = {deposit: i for i, deposit in enumerate(dict.fromkeys(values["deposit"]))}
    chosen = positions[(positions["verdict"] == "chosen") & positions["deposit"].isin(list(rank))]
    points = zip(chosen["latitude"], chosen["longitude"], strict=True)
    rows = {
        "deposit": chosen["deposit"],
        "attribute": "position",
        "value": [f"{lat:.5f}, {lon:.5f}" for lat, lon in points],
        "record": chosen["record"],
    }
    both = pd.concat([values, pd.DataFrame(rows).astype(values.dtypes)], ignore_index=True)
    order = both["deposit"].map(rank).sort_values(kind="stable").index
    return both.loc[order].reset_index(drop=True)
