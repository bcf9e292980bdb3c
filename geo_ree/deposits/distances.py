"""Published distances between deposits and places, and what each allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import GEOD, Floats, destination
from geo_ree.errors import SchemaError
from geo_ree.schema import DIRECTIONS

ALONG = ("road", "rail")
"""Relations whose distance is an upper bound of the straight one."""

LEAST_TOLERANCE_KM = 1.5
"""Least tolerance of any statement: half a kilometre of rounding, and one for a place that is a
point here and a town in truth (judgement)."""

TOLERANCES = {"road": 0.01, "rail": 0.01, "straight": 0.05, "sector": 0.10, "unstated": 0.10}
"""Tolerance as a part of the distance, where that is more than `LEAST_TOLERANCE_KM` (judgement).

A road is longer than the straight line anyway, so a bound by road needs little; "300 km SE of X"
is a round figure."""

SHORTEST_PART = 0.75
"""Part of a distance of relation ``sector`` or ``unstated`` that the straight line is at least,
since such a distance may be one by road (judgement; the published 140, 65 and 530 km of Kutessay
II, Upper Kairakty and Khotgor are 125, 51 and 454 km in a straight line)."""

_POLE_DEG = 85.0


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A published distance between a deposit and a place that has a coordinate.

    Parameters
    ----------
    id
        Of the row in ``published_distances``.
    relation
        One of `geo_ree.schema.RELATIONS`.
    distance_km
        As published.
    place, longitude, latitude
        Where it was taken from (degrees).
    direction
        From the place to the deposit, one of `geo_ree.schema.DIRECTIONS`, or blank.
    tolerance_km
        In place of the rule's own; None for the rule.
    source
        The publication.

    Raises
    ------
    SchemaError
        When the distance is no number from 0 on, a sector has no direction, or the area would
        reach a pole or the 180th meridian.
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
        if not 0.0 <= self.distance_km < np.inf:
            raise SchemaError(
                f"published distance {self.id}: {self.distance_km} km", "give kilometres from 0 on"
            )
        if self.relation not in TOLERANCES or self.direction not in ("", *DIRECTIONS):
            raise SchemaError(
                f"published distance {self.id}: relation {self.relation!r}, direction "
                f"{self.direction!r}",
                f"use {', '.join(TOLERANCES)} and {', '.join(DIRECTIONS)}",
            )
        if self.relation == "sector" and not self.direction:
            raise SchemaError(
                f"published distance {self.id} is a sector without a direction",
                "give the direction, or the relation unstated",
            )
        reach = np.degrees(self.bounds_km()[1] / 6_356.0)
        if abs(self.latitude) + reach > _POLE_DEG or (
            abs(self.longitude) + reach / np.cos(np.radians(abs(self.latitude) + reach)) > 180.0
        ):
            raise SchemaError(
                f"published distance {self.id}: {self.distance_km:g} km around {self.place} "
                "reaches a pole or the 180th meridian",
                "leave it out",
            )

    def bounds_km(self) -> tuple[float, float]:
        """Least and greatest straight distance (km) that the statement allows.

        Examples
        --------
        >>> Statement(id="x", relation="road", distance_km=35, place="Zharyk", longitude=72.836,
        ...           latitude=48.857).bounds_km()
        (0.0, 36.5)
        """
        slack = self.tolerance_km
        if slack is None:
            slack = max(LEAST_TOLERANCE_KM, TOLERANCES[self.relation] * self.distance_km)
        least = 0.0
        if self.relation == "straight":
            least = max(0.0, self.distance_km - slack)
        elif self.relation not in ALONG:
            least = SHORTEST_PART * self.distance_km
        return least, self.distance_km + slack

    def azimuths_deg(self) -> tuple[float, float] | None:
        """First and last azimuth of the sector: half a point of the compass to either side.

        Of the eight main points half the way to the next one (22.5 degrees), of the others 11.25.
        """
        if not self.direction:
            return None
        half = 22.5 if len(self.direction) < 3 else 11.25
        middle = 22.5 * DIRECTIONS.index(self.direction)
        return middle - half, middle + half

    def words(self) -> str:
        """Tell the statement in words, with its source."""
        how = {"road": " by road", "rail": " by rail", "straight": " in a straight line"}
        where = f"{self.direction} of {self.place}" if self.direction else f"from {self.place}"
        told = f"{self.distance_km:g} km{how.get(self.relation, '')} {where}"
        return f"{told} [{self.source}]" if self.source else told


def read_statements(published: pd.DataFrame) -> list[tuple[Any, Statement | None]]:
    """Turn rows of ``published_distances`` into statements.

    Parameters
    ----------
    published
        The canonical layer.

    Returns
    -------
    list of (deposit_id, Statement or None)
        In the order of the rows; None where the place has no coordinate.

    Examples
    --------
    >>> read_statements(pd.DataFrame())
    []
    """
    rows = published.astype(object).where(published.notna(), None).to_dict("records")
    return [(row["deposit_id"], _statement(row)) for row in rows]


def _statement(row: dict[Any, Any]) -> Statement | None:
    if row["from_latitude"] is None or row["from_longitude"] is None:
        return None
    return Statement(
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


_STEP_DEG = 0.5
_STEP_M = 5_000.0
_MOST_STATEMENTS = 12


@dataclass(frozen=True, kw_only=True)
class Feasible:
    """Where a deposit can be, by all statements about it.

    Parameters
    ----------
    area
        Where all of them hold; None where no place satisfies them.
    conflict
        The smallest set of statements that no place satisfies; empty where there is an area.
    parts
        The largest sets of statements that go together, each with its area: one with all of
        them where they do not contradict each other.
    """

    area: shapely.Geometry | None
    conflict: tuple[Statement, ...]
    parts: tuple[tuple[tuple[Statement, ...], shapely.Geometry], ...]


def statement_area(statement: Statement) -> shapely.Polygon:
    """Area that one statement allows, in degrees.

    Parameters
    ----------
    statement
        A published distance.

    Returns
    -------
    shapely.Polygon
        Geodesic rays every half degree of azimuth, the outer ring around the true arc and the
        inner one within it, so that no place is lost; at most 10 m too large up to 1,000 km.

    References
    ----------
    Karney, C. F. F. (2013), Algorithms for geodesics, J. Geodesy 87, 43-55.

    Examples
    --------
    >>> area = statement_area(Statement(id="x", relation="road", distance_km=35, place="Zharyk",
    ...                                 longitude=72.836, latitude=48.857))
    >>> area.contains(shapely.Point(73.2167, 48.6486)), area.contains(shapely.Point(73.2, 48.35))
    (True, False)
    """
    least, most = (1000.0 * km for km in statement.bounds_km())
    outer = most / np.cos(np.radians(_STEP_DEG / 2.0))
    span = statement.azimuths_deg()
    if span is None:
        turn = np.arange(0.0, 360.0, _STEP_DEG)
        ring = _arc(statement, turn, outer)
        hole = _arc(statement, turn, least) if least > 0.0 else None
        return shapely.Polygon(ring, [hole] if hole is not None else None)
    turn = np.linspace(*span, int((span[1] - span[0]) / _STEP_DEG) + 1)
    steps = np.linspace(least, most, max(2, int((most - least) / _STEP_M) + 2))
    there = _ray(statement, span[0], steps)
    back = _ray(statement, span[1], steps[::-1])
    inner = _arc(statement, turn[::-1], least) if least > 0.0 else back[:0]
    return shapely.Polygon(np.vstack([there, _arc(statement, turn, outer), back, inner]))


def _arc(statement: Statement, azimuths: Floats, radius_m: float) -> Floats:
    return np.column_stack(destination(statement.longitude, statement.latitude, azimuths, radius_m))


def _ray(statement: Statement, azimuth: float, lengths_m: Floats) -> Floats:
    return np.column_stack(destination(statement.longitude, statement.latitude, azimuth, lengths_m))


def feasible_area(statements: Sequence[Statement]) -> Feasible:
    """Intersect the areas of all statements about a deposit.

    Parameters
    ----------
    statements
        At least one, at most 12.

    Returns
    -------
    Feasible

    Raises
    ------
    SchemaError
        When there are none, or too many to search their subsets.

    Examples
    --------
    >>> far = Statement(id="a", relation="road", distance_km=10, place="A", longitude=70, latitude=48)
    >>> other = Statement(id="b", relation="road", distance_km=10, place="B", longitude=71, latitude=48)
    >>> [s.id for s in feasible_area([far, other]).conflict]
    ['a', 'b']
    """
    if not 1 <= len(statements) <= _MOST_STATEMENTS:
        raise SchemaError(
            f"{len(statements)} published distances of one deposit",
            f"give from 1 to {_MOST_STATEMENTS}",
        )
    areas = [statement_area(s) for s in statements]
    everything = tuple(range(len(areas)))
    whole = _common(areas, everything)
    if whole is not None:
        return Feasible(area=whole, conflict=(), parts=((tuple(statements), whole),))
    conflict = next(s for s in _subsets(everything, 1) if _common(areas, s) is None)
    return Feasible(
        area=None,
        conflict=tuple(statements[i] for i in conflict),
        parts=tuple((tuple(statements[i] for i in s), a) for s, a in _largest(areas, everything)),
    )


def _subsets(everything: tuple[int, ...], least: int) -> Iterator[tuple[int, ...]]:
    for size in range(least, len(everything) + 1):
        yield from combinations(everything, size)


def _largest(
    areas: Sequence[shapely.Geometry], everything: tuple[int, ...]
) -> list[tuple[tuple[int, ...], shapely.Geometry]]:
    """Sets that go together and are in no larger one that does, in the order of the statements."""
    kept: list[tuple[tuple[int, ...], shapely.Geometry]] = []
    for chosen in reversed(list(_subsets(everything, 1))):
        if any(set(chosen) <= set(larger) for larger, _ in kept):
            continue
        area = _common(areas, chosen)
        if area is not None:
            kept.append((chosen, area))
    return sorted(kept, key=lambda pair: pair[0])


def _common(areas: Sequence[shapely.Geometry], chosen: tuple[int, ...]) -> shapely.Geometry | None:
    """Intersection as polygons; None where it is empty or but a line or a point."""
    shape = areas[chosen[0]]
    for i in chosen[1:]:
        shape = shapely.intersection(shape, areas[i])
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 0.0]
    return (parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)) if parts else None


def distance_to_area_km(longitude: float, latitude: float, area: shapely.Geometry) -> float:
    """Geodesic distance from a point to an area with close vertices; 0 inside.

    Parameters
    ----------
    longitude, latitude
        Degrees.
    area
        From `feasible_area`: vertices at most some kilometres apart.

    Returns
    -------
    float
        Kilometres, by the azimuthal equidistant projection around the point, in which
        distances from the point are true.

    Examples
    --------
    >>> round(distance_to_area_km(71.0, 48.0, statement_area(Statement(id="a", relation="road",
    ...       distance_km=10, place="A", longitude=70, latitude=48))), 1)
    63.1
    """

    def around(xy: Floats) -> Floats:
        n = len(xy)
        azimuth, _, away = GEOD.inv(np.full(n, longitude), np.full(n, latitude), xy[:, 0], xy[:, 1])
        turn = np.radians(np.asarray(azimuth))
        return np.column_stack([np.sin(turn) * away, np.cos(turn) * away])

    return float(shapely.transform(area, around).distance(shapely.Point(0.0, 0.0))) / 1000.0
