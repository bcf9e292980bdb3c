"""Colours and sizes of the page, in one place."""

from __future__ import annotations

SCORE_RAMP: tuple[tuple[float, str], ...] = (
    (0.0, "#440154"),
    (15.0, "#3b528b"),
    (30.0, "#21918c"),
    (45.0, "#5ec962"),
    (60.0, "#fde725"),
)
"""Lower limit of the score -> colour (viridis: even in lightness, safe for colour blindness)."""

LINES: dict[str, dict[str, object]] = {
    "railways": {"color": "#4a3b32", "weight": 1.1, "opacity": 0.8},
    "roads": {"color": "#c58f3d", "weight": 0.8, "opacity": 0.55},
    "water": {"color": "#5b9bc8", "weight": 1.0, "opacity": 0.8},
}

POINTS: dict[str, dict[str, object]] = {
    "power_plants": {"color": "#a33b20", "radius": 2.5},
    "settlements": {"color": "#666666", "radius": 1.6},
    "gateways": {"color": "#1d4e89", "radius": 4.5},
}

LABELS: dict[str, str] = {
    "railways": "Railways",
    "roads": "Main roads",
    "water": "Rivers",
    "power_plants": "Power plants of 50 MW or more",
    "settlements": "Settlements of 5,000 people or more",
    "gateways": "Ports and rail borders",
    "context": "Major deposits of other commodities",
    "unsure": "course unknown by more than 25 km",
}

UNSURE_KM = 25.0
"""A line less sure than this is dashed."""


def score_colour(score: float) -> str:
    """Colour of a score.

    Examples
    --------
    >>> score_colour(61.0), score_colour(0.0)
    ('#fde725', '#440154')
    """
    return [colour for low, colour in SCORE_RAMP if score >= low][-1]
