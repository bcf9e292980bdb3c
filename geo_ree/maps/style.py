"""Colours, sizes and labels of the page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

SCORE_RAMP: tuple[tuple[float, str], ...] = (
    (0.0, "#f2e3a1"),
    (15.0, "#9ccfa4"),
    (30.0, "#46a8b3"),
    (45.0, "#2a6fa6"),
    (60.0, "#1d2f7c"),
)
"""Lower limit of the score -> colour. Lightness falls at every step, so that the order survives
colour blindness and black-and-white print."""

OXIDE_SIZES: tuple[tuple[float, float], ...] = (
    (0.0, 10.0),
    (20_000.0, 12.0),
    (200_000.0, 14.5),
    (1_000_000.0, 17.0),
)
"""Lower limit of contained oxide (t) -> radius of the disc (px). Classes, not a scale."""

RING_PX = 12.0
"""Radius of the hollow ring of a candidate without a usable oxide tonnage."""

UNSURE_KM = 25.0
"""Lines whose lateral error exceeds this are dashed."""

LINES: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "railways": {"color": "#4b4440", "weight": 1.2, "opacity": 0.85},
        "railways_planned": {"color": "#b0563a", "weight": 1.6, "opacity": 0.9, "dashArray": "7 5"},
        "roads": {"color": "#c79a5b", "weight": 0.8, "opacity": 0.6},
        "power_lines": {"color": "#8a5a9e", "weight": 1.0, "opacity": 0.7},
        "water": {"color": "#7fb0d2", "weight": 1.0, "opacity": 0.9},
        "active_faults": {"color": "#b3202c", "weight": 1.3, "opacity": 0.85},
        "audit": {"color": "#b0432f", "weight": 1.2, "opacity": 0.9, "fill": 0.07},
        "unranked": {"color": "#5b6b8c", "weight": 1.3, "opacity": 0.9, "fill": 0.06},
    }
)

ZONES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "protected_areas": {"protected_areas": "#2f7a3c"},
        "mining_areas": {"mining_areas": "#8a5a14"},
        "water_stress": {
            "medium_high": "#d7b04a",
            "high": "#d9772f",
            "extremely_high": "#b2352a",
            "arid": "#98908a",
        },
    }
)
"""Layer of areas -> class -> its colour; the classes of water stress are those that a flag names."""

POINTS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "power_lines": {"color": "#8a5a9e", "radius": 2.0},
        "power_plants": {"color": "#a14b2e", "radius": 2.6},
        "settlements": {"color": "#6f7680", "radius": 1.7},
        "gateways": {"color": "#0f4c5c", "radius": 4.2},
        "airports": {"color": "#5b4a99", "radius": 4.0},
        "earthquakes": {"color": "#b3541e", "radius": 2.2},
        "tailings": {"color": "#8a1f11", "radius": 4.6},
        "audit": {"color": "#b0432f", "radius": 3.0},
    }
)

ROUTE_COLOURS: Mapping[str, str] = MappingProxyType(
    {"truck": "#c4620a", "rail": "#a3195b", "ferry": "#00796b", "sea": "#1f4fa3"}
)
"""Mode of a route -> its colour on the map."""

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "relief": "Shaded relief",
        "railways": "Railways",
        "railways_planned": "Railways being built or planned (not measured to)",
        "roads": "Main roads",
        "power_lines": "Power lines and substations",
        "water": "Rivers and lakes",
        "power_plants": "Power plants",
        "settlements": "Settlements",
        "gateways": "Sea ports and rail borders",
        "airports": "Airports with an IATA code",
        "earthquakes": "Recorded earthquakes, not a hazard",
        "tailings": "Legacy tailings and their accidents",
        "protected_areas": "Protected areas",
        "active_faults": "Active faults",
        "mining_areas": "Mapped mining land",
        "water_stress": "Water stress of the basin",
        "deposits": "Rare-earth deposits",
        "unranked": "Areas in which unranked deposits lie",
        "context": "Major deposits of other commodities",
        "suitability": "Access score of every cell",
        "audit": "Audit: other published positions, areas from published distances",
        "tiles": "Online: satellite relief (from a NASA server)",
    }
)

MEASURES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "railway": ("railway", "railways"),
        "road": ("road", "roads"),
        "power_line": ("power line", "power_lines"),
        "power_plant": ("power plant", "power_plants"),
        "settlement": ("settlement", "settlements"),
        "gateway": ("gateway", "gateways"),
        "water": ("water", "water"),
    }
)
"""Measure -> (label, canonical layer)."""


TILES: Mapping[str, object] = MappingProxyType(
    {
        "host": "https://gibs.earthdata.nasa.gov",
        "url": "https://gibs.earthdata.nasa.gov/wmts/epsg3857/best/BlueMarble_ShadedRelief_Bathymetry"
        "/default/GoogleMapsCompatible_Level8/{z}/{y}/{x}.jpeg",
        "max_native_zoom": 8,
        "attribution": "Imagery: NASA Global Imagery Browse Services (GIBS), part of NASA's ESDIS",
    }
)
"""Online imagery. A page opened from a file sends no Referer, and the tile servers of OpenStreetMap
refuse such requests; NASA's GIBS accepts them."""


_LEAST_RANGE_KM = 0.05  # a smaller error changes no digit that is shown
_THREE_DIGITS = 100


def distance_text(
    km: float,
    error_km: float | None = None,
    *,
    upper_limit: bool = False,
    beside: tuple[float, float] | None = None,
) -> str:
    """Write a distance with the range that its error leaves, as the page does.

    An upper limit is written "at most", or "or nearer" behind a range: its layer lacks features, so a
    nearer one may exist.
    `beside` is the distance to a line of unknown course that may be nearer, and its error: the range
    is that of the nearer of both, as the draws have it.

    Examples
    --------
    >>> distance_text(13.1, 10.4), distance_text(2.94, 0.2), distance_text(1250.0)
    ('about 13 km (3–24)', 'about 2.9 km (2.7–3.1)', '1,250 km')
    >>> distance_text(1952.0, 13.4)
    'about 1,950 km (1,940–1,970)'
    >>> distance_text(13.1, 0.005), distance_text(103.9, 0.1)
    ('13.1 km', '104 km')
    >>> distance_text(98.9, 3.0, upper_limit=True)
    'about 99 km (96–102) or nearer'
    >>> distance_text(98.9, 3.0, upper_limit=True, beside=(80.0, 60.0))
    'about 99 km (20–102) or nearer'
    """
    error = 0.0 if error_km is None or math.isnan(error_km) else error_km
    low, high = km - error, km + error
    if beside is not None:
        low, high = min(low, beside[0] - beside[1]), min(high, beside[0] + beside[1])
    widest = max(km - low, high - km)
    if not widest >= _LEAST_RANGE_KM:
        return f"{'at most ' if upper_limit else ''}{_fixed(km, 1)} km"
    digits = 0 if widest >= 1.0 else 1
    ends = _fixed(max(0.0, low), digits), _fixed(high, digits)
    if ends[0] == ends[1]:  # both ends round to the same three digits
        return f"{'at most ' if upper_limit else ''}{_fixed(km, 1)} km"
    span = "–".join(ends)
    nearer = " or nearer" if upper_limit else ""
    return f"about {_fixed(km, 1 if km < 1.0 else digits)} km ({span}){nearer}"


def _fixed(value: float, digits: int) -> str:
    """Round half up, as browsers do, and from 100 km on to three digits."""
    number = Decimal(repr(float(value)))
    places = -digits if number < _THREE_DIGITS else number.adjusted() - 2
    rounded = number.quantize(Decimal(1).scaleb(places), ROUND_HALF_UP)
    return f"{int(rounded):,}" if places >= 0 else f"{rounded:,}"


def score_colour(score: float) -> str:
    """Give the colour of a score of 0 to 100 points.

    Examples
    --------
    >>> score_colour(61.0), score_colour(0.0)
    ('#1d2f7c', '#f2e3a1')
    """
    return next(colour for low, colour in reversed(SCORE_RAMP) if score >= low or low == 0.0)


def oxide_radius(oxide_t: float | None) -> float:
    """Give the radius in px of a candidate's symbol; `RING_PX` without a usable oxide tonnage."""
    if oxide_t is None:
        return RING_PX
    return next(size for low, size in reversed(OXIDE_SIZES) if oxide_t >= low)
