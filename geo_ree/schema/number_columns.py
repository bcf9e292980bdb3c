"""Columns of numbers: the limits of each with their reason, and the units that it can be given in."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from geo_ree.schema.column_type import Column, Kind

LAND_HEIGHT_M = (-500.0, 9_000.0)
"""Heights of land: the shore of the Dead Sea lies at -430 m, Everest is 8,849 m high."""

_APART_KM = (0.0, 20_004.0, "from pole to pole over the ellipsoid; no two places are farther apart")
_YEAR = (1900, 2100, "statements are of these years")
_DEGREES = "degrees on the globe"

LIMITS: Mapping[str, tuple[float, float, str]] = MappingProxyType(
    {
        "position_error_m": (0.0, 20_004_000.0, _APART_KM[2]),
        "length_km": _APART_KM,  # the longest railway has 9,289 km, the longest river 6,650 km
        "lateral_error_km": _APART_KM,
        "distance_km": _APART_KM,
        "tolerance_km": _APART_KM,
        "quantity_t": (0.0, 1e12, "all the iron ore of the world is less"),
        "grade_pct": (0.0, 100.0, "a share"),
        "year": _YEAR,
        "opening_year": (1800, 2200, "no public railway is older than 1825"),
        "voltage_kv": (0.0, 1_200.0, "the highest standard voltage, IEC 60038"),
        "capacity_mw": (
            0.0,
            60_000.0,
            "the largest plant has 22,500 MW, the largest planned 60,000",
        ),
        "population": (0, 50_000_000, "the largest cities have about 40 million"),
        "elevation_m": (*LAND_HEIGHT_M, "from the Dead Sea to Everest"),
        "magnitude_mw": (0.0, 10.0, "the strongest earthquake known had 9.5"),
        "depth_km": (0.0, 800.0, "the deepest earthquakes lie near 700 km"),
        "score": (0.0, 5.0, "the scale of Aqueduct"),
        "area_km2": (0.0, 17_100_000.0, "the area of the largest country"),
        "latitude": (-90.0, 90.0, _DEGREES),
        "longitude": (-180.0, 180.0, _DEGREES),
        "from_latitude": (-90.0, 90.0, _DEGREES),
        "from_longitude": (-180.0, 180.0, _DEGREES),
    }
)
"""Column -> the lowest and highest number that it can hold, and why."""

_LENGTHS_M = {"m": 1.0, "km": 1000.0, "ft": 0.3048, "us-ft": 1200.0 / 3937.0, "mi": 1609.344}
_UNITS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "_kv": {"V": 1e-3, "kV": 1.0},
        "capacity_mw": {"W": 1e-6, "kW": 1e-3, "MW": 1.0, "GW": 1e3},
        "_m": _LENGTHS_M,
        "_km": {unit: metres / 1000.0 for unit, metres in _LENGTHS_M.items()},
        "_km2": {"m2": 1e-6, "ha": 0.01, "km2": 1.0},
        "_t": {"kg": 1e-3, "t": 1.0, "kt": 1e3, "Mt": 1e6},
        "_pct": {"ppm": 1e-4, "g/t": 1e-4, "%": 1.0},
        "population": {"people": 1.0, "thousand": 1e3, "million": 1e6},
    }
)


def units_of(column: str) -> Mapping[str, float]:
    """Units that a column can be given in, each with its factor to the column's own unit.

    Examples
    --------
    >>> units_of("voltage_kv")["V"]
    0.001
    >>> dict(units_of("magnitude_mw"))
    {}
    """
    return next((units for ending, units in _UNITS.items() if column.endswith(ending)), {})


def number(name: str, meaning: str, kind: Kind = "number", *, required: bool = False) -> Column:
    """Describe a column of numbers, with its limits.

    Examples
    --------
    >>> number("voltage_kv", "highest voltage").high
    1200.0
    """
    low, high, reason = LIMITS[name]
    return Column(name, kind, meaning, required, low=low, high=high, limit=reason)
