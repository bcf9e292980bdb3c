"""How fine a deposit's printed coordinate is, and how far its sources disagree."""

from __future__ import annotations

import re
from dataclasses import dataclass

from geo_ree.crs import distance_m
from geo_ree.schema import PRECISION_ERROR_M

QUALITY_CLASSES: tuple[tuple[str, str, str], ...] = (
    ("named_place", "named_place", "the quality note says it is a town's coordinate"),
    ("half degree", "area", "the quality note says half a degree"),
    ("quarter degree", "area", "the quality note says a quarter of a degree"),
    ("licence polygon", "licence", "centroid of a licence"),
    ("tens of km", "area", "the quality note says that the ground is tens of km long"),
    ("arc-second", "arc_second", "the quality note says arc-second"),
    ("arc-minute", "arc_minute", "the quality note says arc-minute"),
    ("0.1 degree", "tenth_degree", "the quality note says 0.1 degree"),
)
"""Words of the quality note -> class and why; the first that fits counts."""

SOURCE_CLASSES: tuple[tuple[str, str, str], ...] = (
    ("mrdata.usgs.gov/ree ", "arc_minute", "OFR 02-189 prints degrees and minutes"),
)
"""Words of the coordinate's source -> class and why, where the quality note says nothing."""

COARSE_ERROR_M = {"quarter degree": 18_000.0, "half degree": 36_000.0}
"""Least error (m) of coordinates printed to a fraction of a degree: half the unit, on the
diagonal at 40 N, rounded up."""

ANOTHER_RECORD = ("do not use", "different deposit", 'Zr record "Kundybai"')
"""Marks of an alternate coordinate that says nothing about the error of this one."""

PAIR = re.compile(r"(-?\d+\.\d+),(-?\d+\.\d+)\s*(\((?:[^()]|\([^()]*\))*\))?")
"""Latitude, longitude and what is said of them in parentheses."""


@dataclass(frozen=True)
class Position:
    """Class, error (m) and basis of one coordinate, and why the class was chosen."""

    precision_class: str
    error_m: float
    basis: str
    why: str


def judge_position(row: dict[str, str]) -> Position:
    """Derive the precision class and the position error of one row of the deposits facts.

    The error is the largest of the class's own, the coarse unit's, and the geodesic distance to
    the farthest other coordinate that may be the same deposit.
    """
    quality, latitude, longitude = row["coord_quality"], row["latitude"], row["longitude"]
    chosen, why = precision_class(quality, row["coord_source"], latitude, longitude)
    error = PRECISION_ERROR_M[chosen]
    error = max([error, *(m for words, m in COARSE_ERROR_M.items() if words in quality)])
    spread, ignored = _spread_m(row)
    parts = [row["coord_source"], f"quality: {quality}", f"printed to {chosen.replace('_', ' ')}"]
    if spread > 0.0:
        parts.append(f"sources disagree by {spread / 1000:.1f} km")
    if row["alt_coords"]:
        parts.append(f"other coordinates: {row['alt_coords']}")
    if ignored:
        parts.append(f"{ignored} of them not counted (another record, or marked do not use)")
    return Position(chosen, float(round(max(error, spread))), "; ".join(parts), why)


def precision_class(quality: str, source: str, latitude: str, longitude: str) -> tuple[str, str]:
    """Class of a printed coordinate and the reason.

    Examples
    --------
    >>> precision_class("fair", "", "39.9167", "67.3833")
    ('arc_minute', 'the printed decimals are whole arc-minutes')
    """
    for words, chosen, why in QUALITY_CLASSES:
        if words in quality:
            return chosen, why
    for words, chosen, why in SOURCE_CLASSES:
        if words in source:
            return chosen, why
    digits = max(len(t.partition(".")[2].rstrip("0")) for t in (latitude, longitude))
    if digits <= 1:
        return ("tenth_degree", "one printed decimal") if digits else ("area", "no decimals")
    minutes = [float(t) * 60 for t in (latitude, longitude)]
    if digits >= 3 and all(abs(m - round(m)) <= 36 * 10.0**-digits for m in minutes):
        return "arc_minute", "the printed decimals are whole arc-minutes"
    if digits <= 3:
        return "hundredth_degree", f"{digits} printed decimals"
    return "arc_second", f"{digits} printed decimals, finer than an arc-minute"


def _spread_m(row: dict[str, str]) -> tuple[float, int]:
    """Distance (m) to the farthest usable alternate, and the number of unusable ones."""
    found = [(*m.groups(""),) for m in PAIR.finditer(row["alt_coords"])]
    found += [(*m.groups(""),) for m in PAIR.finditer(row["coord_quality"])]
    usable = [f for f in found if not any(mark in f[2] for mark in ANOTHER_RECORD)]
    lat, lon = float(row["latitude"]), float(row["longitude"])
    away = [float(distance_m([lon], [lat], [float(b)], [float(a)])[0]) for a, b, _ in usable]
    return max(away, default=0.0), len(found) - len(usable)
