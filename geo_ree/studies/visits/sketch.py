"""Sketch maps of trips as SVG: the deposits among borders, railways and main roads."""

from __future__ import annotations

import math
from html import escape

import geopandas as gpd
import numpy as np
import shapely

from geo_ree.maps.style import LINES, score_colour
from geo_ree.studies.visits.plan import VisitPlan
from geo_ree.studies.visits.trips import Trip

_WIDE, _HIGH = 720.0, 270.0
_TOWNS = 8
_MARGIN = 0.3
_LEAST_DEG = 2.2
_STEPS_KM = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def draw_sketch(plan: VisitPlan, trip: Trip) -> str:
    """Draw the deposits of a trip and the features near them, as a figure element with inline SVG."""
    sites = plan.sites.iloc[list(trip.places)]
    frame = _Frame.around(sites.geometry)
    parts = []
    for name, dash in (("countries", "4 3"), ("water", ""), ("roads", ""), ("railways", "")):
        layer = plan.bundle.infrastructure.get(name)
        if layer is not None:
            colour = "#7c8793" if name == "countries" else str(LINES[name]["color"])
            parts.append(_lines(frame, layer, colour=colour, dash=dash))
    if "settlements" in plan.bundle.infrastructure:
        parts += _towns(frame, plan.bundle.infrastructure["settlements"])
    if len(trip.places) > 1:
        ring = " ".join(frame.text(p.x, p.y) for p in (*sites.geometry, sites.geometry.iloc[0]))
        parts.append(
            f'<polyline points="{ring}" fill="none" stroke="#b0432f" stroke-width="1.2" '
            'stroke-dasharray="3 3"/>'
        )
    names = ", ".join(escape(str(n)[:60]) for n in sites["name"])
    return (
        f'<figure><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE:g} {_HIGH:g}" role="img" '
        f'aria-label="Sketch: {names}">'
        + "".join(parts + _labels(frame, sites))
        + _scale_bar(frame)
        + "</svg><figcaption>Sketch, north up: railways dark, main roads brown, rivers blue, borders grey and "
        "dashed, larger towns grey dots, straight lines of the trip red. Not for navigation."
        "</figcaption></figure>"
    )


class _Frame:
    """The window of the sketch: equirectangular about its middle latitude."""

    def __init__(self, lon: float, lat: float, px_per_deg: float) -> None:
        self.lon, self.lat, self.px = lon, lat, px_per_deg
        self.narrow = math.cos(math.radians(lat))

    @classmethod
    def around(cls, points: gpd.GeoSeries) -> _Frame:
        west, south, east, north = points.total_bounds
        lat = (south + north) / 2
        narrow = math.cos(math.radians(lat))
        wide = max((east - west) * narrow, _LEAST_DEG) * (1 + 2 * _MARGIN)
        high = max(north - south, _LEAST_DEG * _HIGH / _WIDE) * (1 + 2 * _MARGIN)
        return cls((west + east) / 2, lat, min(_WIDE / wide, _HIGH / high))

    def box(self) -> shapely.Polygon:
        dx, dy = _WIDE / 2 / self.px / self.narrow, _HIGH / 2 / self.px
        return shapely.box(self.lon - dx, self.lat - dy, self.lon + dx, self.lat + dy)

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        x = _WIDE / 2 + (lon - self.lon) * self.narrow * self.px
        return x, _HIGH / 2 - (lat - self.lat) * self.px

    def text(self, lon: float, lat: float) -> str:
        x, y = self.xy(lon, lat)
        return f"{x:.1f},{y:.1f}"


def _lines(frame: _Frame, layer: gpd.GeoDataFrame, *, colour: str, dash: str) -> str:
    """The lines of a layer inside the window; areas by their outline."""
    box = frame.box()
    near = layer.geometry.iloc[layer.sindex.query(box)]
    shapes = [g.boundary if "Polygon" in g.geom_type else g for g in near]
    inside = shapely.intersection(np.array(shapes, dtype=object), box)
    if dash:  # two countries share a border: dashed twice, it would look solid
        inside = np.array([shapely.line_merge(shapely.union_all(inside))])
    paths = []
    for part in shapely.get_parts(shapely.get_parts(inside)):
        if part.geom_type == "LineString" and not part.is_empty:
            simple = shapely.simplify(part, 0.6 / frame.px)
            paths.append("M" + "L".join(frame.text(x, y) for x, y in simple.coords))
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{"".join(paths)}" fill="none" stroke="{colour}" stroke-width="1"{dashes}/>'


def _towns(frame: _Frame, towns: gpd.GeoDataFrame) -> list[str]:
    """The largest towns inside the window."""
    inside = towns.iloc[towns.sindex.query(frame.box(), predicate="contains")]
    out: list[str] = []
    taken: list[tuple[float, float]] = []
    for row in inside.nlargest(_TOWNS, "population").to_dict("records"):
        x, y = frame.xy(row["geometry"].x, row["geometry"].y)
        crowded = any(abs(x - u) < 70 and abs(y - v) < 12 for u, v in taken)
        if crowded or not 36 < x < _WIDE - 36 or y < 16:
            continue
        taken.append((x, y))
        name = escape(str(row["name"])[:40])
        out.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="#6f7680"/>'
            f'<text x="{x:.1f}" y="{y - 5:.1f}" text-anchor="middle" font-size="9" fill="#5c6673" '
            f'stroke="#fff" stroke-width="2.5" paint-order="stroke">{name}</text>'
        )
    return out


def _labels(frame: _Frame, sites: gpd.GeoDataFrame) -> list[str]:
    out: list[str] = []
    taken: list[tuple[float, float]] = []
    for row in sites.sort_values("latitude", ascending=False).to_dict("records"):
        x, y = frame.xy(row["geometry"].x, row["geometry"].y)
        left = x > 0.72 * _WIDE
        low = y + 4
        while any(abs(low - t) < 13 and abs(x - u) < 110 for u, t in taken):
            low += 13
        taken.append((x, low))
        score = row.get("score")
        colour = "#8b95a1" if score is None or np.isnan(score) else score_colour(float(score))
        anchor, shift = ("end", -8) if left else ("start", 8)
        name = escape(str(row.get("name") or row["id"])[:60])
        out.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}" stroke="#20262e"/>'
            f'<text x="{x + shift:.1f}" y="{low:.1f}" text-anchor="{anchor}" font-size="12" '
            f'font-weight="600" fill="#1f2630" stroke="#fff" stroke-width="3" paint-order="stroke">'
            f"{name}</text>"
        )
    return out


def _scale_bar(frame: _Frame) -> str:
    px_per_km = frame.px / 111.2
    length = max((k for k in _STEPS_KM if k * px_per_km <= 160), default=_STEPS_KM[0])
    x, y, wide = 14.0, _HIGH - 14.0, length * px_per_km
    return (
        f'<path d="M{x:g} {y - 5:g}v5h{wide:.1f}v-5" fill="none" stroke="#20262e" stroke-width="1.2"/>'
        f'<text x="{x + wide + 6:.1f}" y="{y:g}" font-size="11" fill="#20262e" stroke="#fff" '
        f'stroke-width="3" paint-order="stroke">{length} km</text>'
    )
