"""Rules for drawing each layer in GIS programs, with the classes and colours of the page."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from geo_ree.maps.style import LINES, POINTS, SCORE_RAMP, UNSURE_KM, ZONES

Test = tuple[str, Literal["=", ">=", "<", ">"], str | float]
Shape = Literal["circle", "diamond", "square"]
_QUIET = "#8b95a1"
_UNCERTAIN = "#b0432f"
_INK = "#20262e"


@dataclass(frozen=True, kw_only=True)
class Symbol:
    """A symbol: a marker, a line or a fill.

    ``size_mm`` is the diameter of a marker or the width of a line or outline; ``opacity`` (0 to 1)
    applies to a line or to the inside of a fill.
    """

    kind: Literal["marker", "line", "fill"]
    colour: str
    size_mm: float
    shape: Shape = "circle"
    dashed: bool = False
    opacity: float = 1.0

    @property
    def edged(self) -> bool:
        """Whether a marker is large enough for an outline."""
        return self.size_mm > 2.0


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A symbol and its rows: those that pass every test or, with ``otherwise``, all the rest."""

    label: str
    tests: tuple[Test, ...] = ()
    symbol: Symbol
    otherwise: bool = False


def rules_for(layer: str) -> tuple[Rule, ...]:
    """Give the rules for drawing a layer of the GeoPackage; empty for a table without geometry.

    The suffixes ``_points`` and ``_areas`` stand for the points and areas of a layer of lines.

    Examples
    --------
    >>> rules_for("deposits")[0].label, rules_for("deposits")[0].symbol.colour
    ('candidate, score 60 and more', '#1d2f7c')
    >>> rules_for("resources")
    ()
    """
    if layer == "deposits":
        return _deposits()
    if layer in ("areas", "unranked"):
        return _areas("kind" if layer == "areas" else "area_kind")
    if layer == "corridors" or layer in LINES:
        return _corridors() if layer == "corridors" else _lines(layer)
    if layer in ZONES or layer == "water_areas":
        return _zones(layer)
    if layer == "countries":
        outline = Symbol(kind="fill", colour="#a3acb6", size_mm=0.26, opacity=0.0)
        return (Rule(label="country", symbol=outline),)
    return _points(layer.removesuffix("_points"))


def score_classes() -> list[tuple[float, float | None, str]]:
    """Give lower limit, upper limit (None for the best) and colour of each class, the best first."""
    limits: list[tuple[float, float | None, str]] = [
        (low, high, colour) for (low, colour), (high, _) in pairwise(SCORE_RAMP)
    ]
    return [(*SCORE_RAMP[-1][:1], None, SCORE_RAMP[-1][1]), *reversed(limits)]


def _deposits() -> tuple[Rule, ...]:
    out = []
    drawn: list[tuple[str, Shape, float]] = [
        ("candidate", "circle", 4.4),
        ("by_product_host", "diamond", 4.8),
    ]
    for role, shape, size in drawn:
        for low, high, colour in score_classes():
            tests: list[Test] = [("role", "=", role), ("score", ">=", low)]
            span = f"{low:g} and more" if high is None else f"{low:g} to {high:g}"
            if high is not None:
                tests.append(("score", "<", high))
            sign = Symbol(kind="marker", colour=colour, size_mm=size, shape=shape)
            words = role.replace("_", " ")
            out.append(Rule(label=f"{words}, score {span}", tests=tuple(tests), symbol=sign))
    grey = Symbol(kind="marker", colour=_QUIET, size_mm=3.4, shape="square")
    small = Symbol(kind="marker", colour=_QUIET, size_mm=1.4)
    return (
        *out,
        Rule(
            label="reference outside the scored countries",
            tests=(("role", "=", "reference"),),
            symbol=grey,
        ),
        Rule(label="no source says rare earths", tests=(("role", "=", "not_ree"),), symbol=small),
        Rule(
            label="major deposit of another commodity",
            tests=(("role", "=", "context"),),
            symbol=small,
        ),
        Rule(label="no score", symbol=small, otherwise=True),
    )


def _areas(column: str) -> tuple[Rule, ...]:
    def sign(opacity: float, dashed: bool) -> Symbol:
        return Symbol(kind="fill", colour=_UNCERTAIN, size_mm=0.3, dashed=dashed, opacity=opacity)

    return (
        Rule(
            label="all published distances hold here",
            tests=((column, "=", "feasible"),),
            symbol=sign(0.15, False),
        ),
        Rule(
            label="published distances contradict each other",
            tests=((column, "=", "contradicting"),),
            symbol=sign(0.08, True),
        ),
        Rule(
            label="surroundings of its ore field",
            tests=((column, "=", "ore_field"),),
            symbol=sign(0.08, False),
        ),
    )


def _zones(layer: str) -> tuple[Rule, ...]:
    """Areas in the colours of the page; basins by their water stress, the worst first."""

    def sign(colour: str) -> Symbol:
        return Symbol(kind="fill", colour=colour, size_mm=0.26, opacity=0.22)

    if layer == "water_areas":
        inside = Symbol(kind="fill", colour=str(LINES["water"]["color"]), size_mm=0.2, opacity=0.5)
        return (Rule(label="lake or reservoir", symbol=inside),)
    colours = ZONES[layer]
    if layer != "water_stress":
        return (Rule(label=layer.replace("_", " "), symbol=sign(colours[layer])),)
    classes = tuple(
        Rule(
            label=kind.replace("_", " "),
            tests=(("score", ">=", low), ("score", "<", low + step)),
            symbol=sign(colours[kind]),
        )
        for kind, low, step in (
            ("extremely_high", 4.0, 2.0),
            ("high", 3.0, 1.0),
            ("medium_high", 2.0, 1.0),
        )
    )
    return (
        *classes,
        Rule(label="lower, arid or unknown", symbol=sign(colours["arid"]), otherwise=True),
    )


def _lines(layer: str) -> tuple[Rule, ...]:
    colour = str(LINES[layer]["color"])
    width = float(str(LINES[layer]["weight"])) * 0.26

    def sign(dashed: bool) -> Symbol:
        return Symbol(kind="line", colour=colour, size_mm=width, dashed=dashed)

    words = layer.replace("_", " ")
    if layer not in ("railways", "roads"):
        return (Rule(label=words, symbol=sign(layer == "railways_planned")),)
    return (
        Rule(
            label=f"{words}, course unknown by {UNSURE_KM:g} km or more",
            tests=(("lateral_error_km", ">=", UNSURE_KM),),
            symbol=sign(True),
        ),
        Rule(label=words, symbol=sign(False), otherwise=True),
    )


def _corridors() -> tuple[Rule, ...]:
    """Routes that avoid countries stand out from those that avoid none."""
    free = Symbol(kind="line", colour=_QUIET, size_mm=0.4)
    asked = Symbol(kind="line", colour=str(POINTS["gateways"]["color"]), size_mm=0.6)
    return (
        Rule(label="route that avoids no country", tests=(("question", "=", "any"),), symbol=free),
        Rule(label="route that avoids countries", symbol=asked, otherwise=True),
    )


def _points(layer: str) -> tuple[Rule, ...]:
    drawn = POINTS.get(layer)
    if drawn is None:
        return ()
    size = round(float(str(drawn["radius"])) * 0.6, 2)
    sign = Symbol(kind="marker", colour=str(drawn["color"]), size_mm=size)
    return (Rule(label=layer.replace("_", " "), symbol=sign),)
