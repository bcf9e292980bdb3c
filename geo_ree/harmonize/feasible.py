"""Where a deposit can be by what was published about its distance from places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import shapely

from geo_ree.crs import GEOD, Floats, destination
from geo_ree.errors import SchemaError
from geo_ree.harmonize.statements import Statement

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
        area=None, conflict=tuple(statements[i] for i in conflict),
        parts=tuple((tuple(statements[i] for i in s), a) for s, a in _largest(areas, everything)),
    )  # fmt: skip


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
