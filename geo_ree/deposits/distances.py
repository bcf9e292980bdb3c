"""Published distances ("35 km by road from Zharyk"), and the area where they allow a deposit to be.

Each distance allows an area: a disc, a ring, or a sector of a ring. Where the areas of a deposit
intersect, it is feasible; a position outside is refuted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import GEOD, STORE_CRS, Floats, destination
from geo_ree.deposits.admin_units import unit_outline
from geo_ree.errors import SchemaError
from geo_ree.schema import DIRECTIONS

BY_ROUTE = ("road", "rail")
"""Relations whose distance is an upper bound of the straight one."""

MIN_TOLERANCE_KM = 1.5
"""Least tolerance of a distance: half a kilometre of rounding, and one kilometre for a place that
is a point here and in reality a town (judgement)."""

TOLERANCES = {"road": 0.01, "rail": 0.01, "straight": 0.05, "sector": 0.10, "unstated": 0.10}
"""Tolerance as a share of the distance, if larger than `MIN_TOLERANCE_KM` (judgement).

A road is longer than the straight line anyway, so an upper bound by road needs little tolerance;
"300 km SE of X" is a round figure."""

MIN_STRAIGHT_SHARE = 0.75
"""Least straight distance as a share of one of relation ``sector`` or ``unstated``, which may be
by road (judgement; the published 140, 65 and 530 km of Kutessay II, Upper Kairakty and Khotgor are
125, 51 and 454 km in a straight line)."""

# Kinds of area in the table of areas:
#   feasible: where all published distances hold
#   contradicting: where some of them hold, but none of the others: one row each
#   admin_area: the district or region in words, with the polygon of the units of admin1 that it names
#   country: the whole country of a deposit without a position or a distance
#   not_used: a published distance whose place or deposit is unknown, without a polygon

_POLE_DEG = 85.0
_STEP_DEG = 0.5
_STEP_M = 5_000.0
_MAX_DISTANCES = 12


@dataclass(frozen=True, kw_only=True)
class PublishedDistance:
    """A published distance from a place with a known coordinate to a deposit.

    ``relation`` is one of `geo_ree.schema.RELATIONS`; ``longitude`` and ``latitude`` (degrees) are
    those of ``place``; ``direction`` points from the place to the deposit; ``tolerance_km``
    overrides the rule.

    Raises SchemaError if the distance is negative or not a number, a sector has no direction, or
    the area would reach a pole or the 180th meridian.
    """

    id: str
    relation: str
    distance_km: float
    place: str
    longitude: float
    latitude: float
    direction: str = ""
    tolerance_km: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        def refuse(problem: str, hint: str) -> None:
            raise SchemaError(f"published distance {self.id}: {problem}", hint)

        if not 0.0 <= self.distance_km < np.inf:
            refuse(f"{self.distance_km} km", "give kilometres from 0 on")
        if self.relation not in TOLERANCES or self.direction not in ("", *DIRECTIONS):
            refuse(
                f"relation {self.relation!r}, direction {self.direction!r}",
                f"use {', '.join(TOLERANCES)} and {', '.join(DIRECTIONS)}",
            )
        if self.relation == "sector" and not self.direction:
            refuse("a sector without a direction", "give the direction, or the relation unstated")
        reach = np.degrees(self.bounds_km()[1] / 6_356.0)
        north = abs(self.latitude) + reach
        if north > _POLE_DEG or abs(self.longitude) + reach / np.cos(np.radians(north)) > 180.0:
            refuse(
                f"{self.distance_km:g} km around {self.place} reaches a pole or the 180th meridian",
                "leave it out",
            )

    def bounds_km(self) -> tuple[float, float]:
        """Return the least and greatest straight distance (km) that it allows."""
        slack = self.tolerance_km
        if slack is None:
            slack = max(MIN_TOLERANCE_KM, TOLERANCES[self.relation] * self.distance_km)
        least = 0.0
        if self.relation == "straight":
            least = max(0.0, self.distance_km - slack)
        elif self.relation not in BY_ROUTE:
            least = MIN_STRAIGHT_SHARE * self.distance_km
        return least, self.distance_km + slack

    def azimuths_deg(self) -> tuple[float, float] | None:
        """Return the first and last azimuth of the sector, None without a direction.

        The sector reaches half way to the next point of the compass: 22.5 degrees to either side
        for the eight main points, 11.25 for the others.
        """
        if not self.direction:
            return None
        half = 22.5 if len(self.direction) < 3 else 11.25
        middle = 22.5 * DIRECTIONS.index(self.direction)
        return middle - half, middle + half

    def describe(self) -> str:
        """Describe the distance in words, with its source."""
        how = {"road": " by road", "rail": " by rail", "straight": " in a straight line"}
        where = f"{self.direction} of {self.place}" if self.direction else f"from {self.place}"
        text = f"{self.distance_km:g} km{how.get(self.relation, '')} {where}"
        return f"{text} [{self.source}]" if self.source else text


def read_distances(published: pd.DataFrame) -> list[tuple[Any, PublishedDistance | None]]:
    """Read rows of ``published_distances`` as pairs of deposit id and distance.

    The distance is None where its place has no coordinate.
    """
    out: list[tuple[Any, PublishedDistance | None]] = []
    for row in published.astype(object).where(published.notna(), None).to_dict("records"):
        distance = None
        if row["from_latitude"] is not None and row["from_longitude"] is not None:
            distance = PublishedDistance(
                id=row["id"],
                relation=row["relation"],
                distance_km=float(row["distance_km"]),
                direction=row["direction"] or "",
                place=row["from_place"] or "the place",
                longitude=float(row["from_longitude"]),
                latitude=float(row["from_latitude"]),
                tolerance_km=None if row["tolerance_km"] is None else float(row["tolerance_km"]),
                source=row["source"] or "",
            )
        out.append((row["deposit_id"], distance))
    return out


def allowed_area(distance: PublishedDistance) -> shapely.Polygon:
    """Return the area (degrees) that one published distance allows.

    Geodesic rays (Karney 2013, doi:10.1007/s00190-012-0578-z) every half degree of azimuth. The
    outer ring lies outside the true arc and the inner one inside it, so that no place is lost; up
    to 1,000 km the area is at most 10 m too large.
    """

    def points(azimuth: Floats | float, length_m: Floats | float) -> Floats:
        return np.column_stack(
            destination(distance.longitude, distance.latitude, azimuth, length_m)
        )

    least, most = (1000.0 * km for km in distance.bounds_km())
    outer = most / np.cos(np.radians(_STEP_DEG / 2.0))
    span = distance.azimuths_deg()
    if span is None:
        turn = np.arange(0.0, 360.0, _STEP_DEG)
        hole = [points(turn, least)] if least > 0.0 else None
        return shapely.Polygon(points(turn, outer), hole)
    turn = np.linspace(*span, int((span[1] - span[0]) / _STEP_DEG) + 1)
    steps = np.linspace(least, most, max(2, int((most - least) / _STEP_M) + 2))
    there, back = points(span[0], steps), points(span[1], steps[::-1])
    inner = points(turn[::-1], least) if least > 0.0 else back[:0]
    return shapely.Polygon(np.vstack([there, points(turn, outer), back, inner]))


@dataclass(frozen=True, kw_only=True)
class Feasible:
    """Where a deposit can be, by all its published distances.

    ``area`` is where all of them hold, None if there is no such place; ``conflict`` is then the
    smallest set of distances without a common place. ``parts`` are the largest sets that go
    together, each with its area: a single set if nothing conflicts.
    """

    area: shapely.Geometry | None
    conflict: tuple[PublishedDistance, ...]
    parts: tuple[tuple[tuple[PublishedDistance, ...], shapely.Geometry], ...]

    def describe_conflict(self) -> str:
        """Name the distances that conflict, "" if there are none."""
        if not self.conflict:
            return ""
        return "no place satisfies together: " + " | ".join(d.describe() for d in self.conflict)


def feasible_area(distances: Sequence[PublishedDistance]) -> Feasible:
    """Intersect the areas of 1 to 12 published distances of one deposit.

    Raises SchemaError if there are none, or too many to search their subsets.
    """
    if not 1 <= len(distances) <= _MAX_DISTANCES:
        raise SchemaError(
            f"{len(distances)} published distances of one deposit",
            f"give from 1 to {_MAX_DISTANCES}",
        )
    areas = [allowed_area(d) for d in distances]
    indices = range(len(areas))
    whole = _intersect(areas)
    if whole is not None:
        return Feasible(area=whole, conflict=(), parts=((tuple(distances), whole),))
    subsets = [s for size in range(1, len(areas) + 1) for s in combinations(indices, size)]
    conflict = next(s for s in subsets if _intersect([areas[i] for i in s]) is None)
    largest: dict[tuple[int, ...], shapely.Geometry] = {}
    for subset in reversed(subsets):
        if not any(set(subset) <= set(larger) for larger in largest):
            area = _intersect([areas[i] for i in subset])
            if area is not None:
                largest[subset] = area
    return Feasible(
        area=None,
        conflict=tuple(distances[i] for i in conflict),
        parts=tuple((tuple(distances[i] for i in s), largest[s]) for s in sorted(largest)),
    )


def _intersect(areas: Sequence[shapely.Geometry]) -> shapely.Geometry | None:
    """Intersection as polygons; None if it is empty, a line or a point."""
    shape = areas[0]
    for area in areas[1:]:
        shape = shapely.intersection(shape, area)
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 0.0]
    return (parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)) if parts else None


def distance_to_area_km(longitude: float, latitude: float, area: shapely.Geometry) -> float:
    """Return the geodesic distance (km) from a point to an area; 0 inside.

    The area needs vertices at most some kilometres apart, as `feasible_area` returns it. Computed
    in the azimuthal equidistant projection around the point, which preserves distances from it.
    """

    def project(xy: Floats) -> Floats:
        n = len(xy)
        azimuth, _, away = GEOD.inv(np.full(n, longitude), np.full(n, latitude), xy[:, 0], xy[:, 1])
        turn = np.radians(np.asarray(azimuth))
        return np.column_stack([np.sin(turn) * away, np.cos(turn) * away])

    return float(shapely.transform(area, project).distance(shapely.Point(0.0, 0.0))) / 1000.0


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What published distances say: ``feasible`` by deposit, and the ``unused`` rows with ``why``."""

    feasible: Mapping[str, Feasible] = field(default_factory=dict)
    unused: pd.DataFrame = field(default_factory=pd.DataFrame)


def weigh_distances(published: pd.DataFrame | None, owner: Mapping[str, str]) -> Evidence:
    """Intersect the published distances of each deposit; ``owner`` maps records to deposits."""
    if published is None or published.empty:
        return Evidence()
    grouped: dict[str, list[PublishedDistance]] = {}
    reasons: list[str | None] = []
    deposits: list[str | None] = []
    for record, distance in read_distances(published):
        deposit = owner.get(record) if isinstance(record, str) else None
        reason = None
        if deposit is None:
            reason = "the deposit is not among the records"
        elif distance is None:
            reason = "no source gives the place a coordinate"
        else:
            grouped.setdefault(deposit, []).append(distance)
        reasons.append(reason)
        deposits.append(deposit)
    unused = published.assign(
        why=pd.Series(reasons, published.index, dtype=object),
        deposit=pd.Series(deposits, published.index, dtype=object),
    )
    return Evidence(
        feasible={deposit: feasible_area(group) for deposit, group in grouped.items()},
        unused=unused[unused["why"].notna()],
    )


def outside_area_km(table: pd.DataFrame, evidence: Evidence) -> pd.Series:
    """Return how far (km) each position is outside the area of its deposit; 0 without one.

    If the distances contradict each other, any place that a part of them allows counts.
    """
    out = pd.Series(0.0, table.index)
    for label in table.index[table["deposit"].isin(list(evidence.feasible))]:
        lon, lat, deposit = table.loc[label, ["longitude", "latitude", "deposit"]]
        parts = evidence.feasible[deposit].parts
        out[label] = min(distance_to_area_km(lon, lat, area) for _, area in parts)
    return out


def tabulate_areas(
    deposits: gpd.GeoDataFrame,
    placed: set[str],
    evidence: Evidence,
    countries: gpd.GeoDataFrame,
    admin1: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """List the areas of published distances, and those of deposits without a position.

    Columns ``deposit, name, kind`` (see the top of this module), ``evidence, source, geometry``, in the order
    of the deposits; distances that are not used come last.
    """
    outlines = dict(zip(countries["country"].astype(object), countries.geometry, strict=True))
    rows: list[tuple[object, ...]] = []
    columns = ["id", "name", "country", "admin_area", "admin1", "reference"]
    for deposit, name, country, district, units, reference in (
        deposits[columns].astype(object).itertuples(index=False)
    ):
        if deposit in evidence.feasible:
            found = evidence.feasible[deposit]
            kind = "contradicting" if found.conflict else "feasible"
            for distances, area in found.parts:
                text = " | ".join(d.describe() for d in distances)
                text = "; ".join(filter(None, [text, found.describe_conflict()]))
                source = "; ".join(dict.fromkeys(d.id for d in distances))
                rows.append((deposit, name, kind, text, source, area))
        if deposit not in placed and isinstance(district, str):
            outline = unit_outline(units, outlines.get(country), country, admin1)
            rows.append((deposit, name, "admin_area", district, reference, outline))
        if deposit not in placed and deposit not in evidence.feasible and country in outlines:
            rows.append((deposit, name, "country", country, reference, outlines[country]))
    for row in evidence.unused.astype(object).to_dict("records"):
        place = row["from_place"] if isinstance(row["from_place"], str) else "a place not named"
        name = row["deposit_name"] if isinstance(row["deposit_name"], str) else None
        text = f"{row['distance_km']:g} km ({row['relation']}) from {place}: {row['why']}"
        rows.append((row["deposit"], name, "not_used", text, row["id"], None))
    columns = ["deposit", "name", "kind", "evidence", "source", "geometry"]
    frame = pd.DataFrame(rows, columns=columns)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(frame["geometry"], crs=STORE_CRS))
