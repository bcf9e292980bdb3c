"""Published distances between deposits and places, and what each allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

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
            raise SchemaError(f"published distance {self.id}: {self.distance_km} km",
                              "give kilometres from 0 on")  # fmt: skip
        if self.relation not in TOLERANCES or self.direction not in ("", *DIRECTIONS):
            raise SchemaError(
                f"published distance {self.id}: relation {self.relation!r}, direction "
                f"{self.direction!r}", f"use {', '.join(TOLERANCES)} and {', '.join(DIRECTIONS)}",
            )  # fmt: skip
        if self.relation == "sector" and not self.direction:
            raise SchemaError(f"published distance {self.id} is a sector without a direction",
                              "give the direction, or the relation unstated")  # fmt: skip
        reach = np.degrees(self.bounds_km()[1] / 6_356.0)
        if abs(self.latitude) + reach > _POLE_DEG or (
            abs(self.longitude) + reach / np.cos(np.radians(abs(self.latitude) + reach)) > 180.0
        ):
            raise SchemaError(
                f"published distance {self.id}: {self.distance_km:g} km around {self.place} "
                "reaches a pole or the 180th meridian", "leave it out"
            )  # fmt: skip

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
        id=row["id"], relation=row["relation"], distance_km=float(row["distance_km"]),
        direction=row["direction"] or "", place=row["from_place"] or "the place",
        longitude=float(row["from_longitude"]), latitude=float(row["from_latitude"]),
        tolerance_km=None if row["tolerance_km"] is None else float(row["tolerance_km"]),
        source=row["source"] or "",
    )  # fmt: skip
