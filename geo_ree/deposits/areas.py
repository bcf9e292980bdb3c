"""What is known about where deposits are, as areas, each with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import STORE_CRS
from geo_ree.deposits.distances import (
    Feasible,
    Statement,
    distance_to_area_km,
    feasible_area,
    read_statements,
)

AREA_KINDS = (
    "feasible",  # where all published distances hold
    "contradicting",  # where some hold, and none of the rest: one row each
    "admin_area",  # the district or region in words; no polygon of it is at hand
    "country",  # the whole country of a deposit that no position or distance places
    "not_used",  # a published distance whose place, or whose deposit, is not known
)
"""Kinds of area; those of ``admin_area`` and ``not_used`` have no polygon."""

COLUMNS = ("deposit", "name", "kind", "evidence", "source", "geometry")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What published distances say.

    Parameters
    ----------
    feasible
        Deposit -> where it can be.
    unused
        Rows of ``published_distances`` that could not be used, with the reason as ``why``.
    """

    feasible: Mapping[str, Feasible] = field(default_factory=dict)
    unused: pd.DataFrame = field(default_factory=pd.DataFrame)


def weigh_distances(published: pd.DataFrame | None, owner: Mapping[str, str]) -> Evidence:
    """Intersect the published distances of each deposit.

    Parameters
    ----------
    published
        The canonical layer ``published_distances``, or None.
    owner
        Record -> deposit.

    Returns
    -------
    Evidence
    """
    if published is None or published.empty:
        return Evidence()
    grouped: dict[str, list[Statement]] = {}
    reasons: list[str | None] = []
    for record, statement in read_statements(published):
        deposit = owner.get(record) if isinstance(record, str) else None
        if deposit is None:
            reasons.append("the deposit is not among the records")
        elif statement is None:
            reasons.append("no source gives the place a coordinate")
        else:
            grouped.setdefault(deposit, []).append(statement)
            reasons.append(None)
    of = [owner.get(i) if isinstance(i, str) else None for i in published["deposit_id"]]
    unused = published.assign(
        why=pd.Series(reasons, published.index, dtype=object),
        deposit=pd.Series(of, published.index, dtype=object),
    )
    return Evidence(
        feasible={d: feasible_area(s) for d, s in grouped.items()},
        unused=unused[unused["why"].notna()],
    )


def outside_area_km(table: pd.DataFrame, evidence: Evidence) -> pd.Series:
    """How far each position is outside the area of its deposit; 0 where there is none.

    Where the distances contradict each other, any place that a part of them allows counts.
    """
    out = pd.Series(0.0, table.index)
    for label in table.index[table["deposit"].isin(list(evidence.feasible))]:
        row = table.loc[label]
        parts = evidence.feasible[row["deposit"]].parts
        out[label] = min(
            distance_to_area_km(row["longitude"], row["latitude"], area) for _, area in parts
        )
    return out


def describe_areas(
    deposits: gpd.GeoDataFrame, placed: set[str], evidence: Evidence, countries: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Tell all areas: of published distances, and of deposits that nothing places.

    Parameters
    ----------
    deposits
        ``id, name, country, admin_area, reference``.
    placed
        Deposits that have a position.
    evidence
        From `weigh_distances`.
    countries
        The canonical layer ``countries``.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns as in `COLUMNS`, in the order of the deposits; kinds as in `AREA_KINDS`.
    """
    outlines = dict(zip(countries["country"].astype(object), countries.geometry, strict=True))
    rows: list[tuple[object, ...]] = []
    told = deposits[["id", "name", "country", "admin_area", "reference"]].astype(object)
    for deposit, name, country, district, reference in told.itertuples(index=False):
        if deposit in evidence.feasible:
            rows += _by_distance(deposit, name, evidence.feasible[deposit])
        elif deposit not in placed:
            rows += _by_words(deposit, name, district, country, reference, outlines)
    rows += _unused(evidence.unused)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(frame["geometry"], crs=STORE_CRS))


def conflict_words(conflict: Sequence[Statement]) -> str:
    """Say which statements no place satisfies together; blank where there are none.

    Examples
    --------
    >>> conflict_words([])
    ''
    """
    if not conflict:
        return ""
    return "no place satisfies together: " + " | ".join(s.words() for s in conflict)


def _by_distance(deposit: object, name: object, found: Feasible) -> list[tuple[object, ...]]:
    kind = "contradicting" if found.conflict else "feasible"
    rows: list[tuple[object, ...]] = []
    for statements, area in found.parts:
        evidence = " | ".join(s.words() for s in statements)
        if found.conflict:
            evidence = f"{evidence}; {conflict_words(found.conflict)}"
        source = "; ".join(dict.fromkeys(s.id for s in statements))
        rows.append((deposit, name, kind, evidence, source, area))
    return rows


def _by_words(
    deposit: object,
    name: object,
    district: object,
    country: object,
    reference: object,
    outlines: Mapping[object, shapely.Geometry],
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    if isinstance(district, str):
        rows.append((deposit, name, "admin_area", district, reference, None))
    if country in outlines:
        rows.append((deposit, name, "country", country, reference, outlines[country]))
    return rows


def _unused(rows: pd.DataFrame) -> list[tuple[object, ...]]:
    out: list[tuple[object, ...]] = []
    for row in rows.astype(object).to_dict("records"):
        place = row["from_place"] if isinstance(row["from_place"], str) else "a place not named"
        name = row["deposit_name"] if isinstance(row["deposit_name"], str) else None
        told = f"{row['distance_km']:g} km ({row['relation']}) from {place}: {row['why']}"
        out.append((row["deposit"], name, "not_used", told, row["id"], None))
    return out


def has_polygon(areas: gpd.GeoDataFrame) -> np.ndarray:
    """Tell which rows have a polygon.

    Examples
    --------
    >>> has_polygon(gpd.GeoDataFrame(geometry=[None], crs=4326)).tolist()
    [False]
    """
    return (areas.geometry.notna() & ~areas.geometry.is_empty).to_numpy()
