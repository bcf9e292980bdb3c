"""A sketch of a trip as SVG: the deposits among borders, railways and main roads."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree import storage
from geo_ree.maps.style import LINES, score_colour
from geo_ree.outputs.kml import distance_words, kml_document
from geo_ree.outputs.notice import attribution_of
from geo_ree.studies.visit.plan import VisitPlan
from geo_ree.studies.visit.trips import Trip, decimal_degrees, degrees_minutes

_WIDE, _HIGH = 720.0, 270.0
_TOWNS = 8
_MARGIN = 0.3
_LEAST_DEG = 2.2
_STEPS_KM = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def draw_sketch(plan: VisitPlan, trip: Trip) -> str:
    """Draw the deposits of a trip on what is near them.

    Parameters
    ----------
    plan
        From `geo_ree.studies.visit.plan_visit`.
    trip
        One of its trips.

    Returns
    -------
    str
        A figure element with inline SVG, without styles or scripts of its own.
    """
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
        "dashed, larger towns grey dots, straight lines of the trip red. No map for finding the way."
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
    if dash:  # a border that two countries share would else be dashed twice, and look solid
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


_UNKNOWN = '<span class="unknown">unknown</span>'
_NEAR = (
    ("airport", "Airport, in any country"),
    ("road", "Main road"),
    ("railway", "Open railway"),
    ("settlement", "Town of 5,000 or more"),
    ("border", "Nearest other country"),
)
_ASK = (
    "Border zone: unknown. No source at hand has border zones and their permits; ask the border service "
    "before going.",
    "Season: unknown. No source at hand has climate, snow or the opening of passes.",
    "Track from the main road: unknown. Distances are straight lines, not travel.",
    "Owner's consent, guards, radiation: not in the data; ask the operator.",
)


def write_visit(plan: VisitPlan, folder: Path) -> list[Path]:
    """Write ``visit.html`` and ``visit.kml``, both or none.

    Parameters
    ----------
    plan
        From `plan_visit`.
    folder
        Made when missing; other files in it stay.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    SettingsError
        When the folder cannot be written.
    """
    bundle = plan.bundle
    kml = kml_document(plan.sites, run=bundle.run, sources=bundle.sources, title="Site visit")
    with storage.atomic_files(folder) as draft:
        (draft / "visit.html").write_text(render_sheet(plan), encoding="utf-8")
        (draft / "visit.kml").write_text(kml, encoding="utf-8")
    return [folder / "visit.html", folder / "visit.kml"]


def render_sheet(plan: VisitPlan) -> str:
    """Make the sheet.

    Parameters
    ----------
    plan
        From `plan_visit`.

    Returns
    -------
    str
        One HTML document that asks nobody for anything and runs nothing; every text from data is
        escaped, and a Content-Security-Policy forbids the rest.
    """
    style = (files("geo_ree.studies.visit") / "sheet.css").read_text(encoding="utf-8")
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    sites = plan.sites.to_dict("records")
    names = ", ".join(str(s.get("name") or s["id"]) for s in sites)
    body = [
        f"<h1>Site visit: {escape(names)}</h1>",
        f'<p class="quiet">Run {escape(str(plan.bundle.run["run_id"]))}, made '
        f"{escape(str(plan.bundle.run['created'])[:10])} with geo_ree "
        f"{escape(str(plan.bundle.run['version']))}: {escape(str(plan.bundle.run['disclaimer']))}. "
        '<span class="screen">For the phone: <a href="visit.kml">visit.kml</a>.</span></p>',
        *_trips(plan, sites),
        '<div class="keep"><h2>Not known, to be asked before going</h2><ul>',
        *(f"<li>{escape(a)}</li>" for a in _ASK),
        "</ul></div>",
        *(_site(s) for s in sites),
        _footer(plan),
    ]
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            f"style-src 'sha256-{digest}'\">",
            f"<title>Site visit: {escape(names)}</title>",
            f"<style>{style}</style>\n</head>\n<body>",
            *body,
            "</body>\n</html>\n",
        ]
    )


def _trips(plan: VisitPlan, sites: list[dict[str, Any]]) -> Iterable[str]:
    count = len(plan.trips)
    yield f"<h2>{'One trip' if count == 1 else f'{count} trips'}</h2>"
    yield (
        f'<p class="quiet">Deposits at most {plan.within_km:g} km from the next make one trip. Straight '
        'lines over the ellipsoid <span class="mark">computed</span>; the way by road is longer.</p>'
    )
    for number, trip in enumerate(plan.trips, start=1):
        head = "" if count == 1 else f"<h3>Trip {number}</h3>"
        yield f'<div class="keep">{head}{draw_sketch(plan, trip)}{_stops(trip, sites)}</div>'


def _stops(trip: Trip, sites: list[dict[str, Any]]) -> str:
    """The stops in their order, with the straight lines between them."""
    names = [escape(str(sites[i].get("name") or sites[i]["id"])) for i in trip.places]
    if len(names) == 1:
        return f"<p>{names[0]} alone.</p>"
    rows = [
        f'<tr><td>{here} to {there}</td><td class="n">{leg:,.0f} km</td></tr>'
        for here, there, leg in zip(names, [*names[1:], names[0]], trip.legs_km, strict=True)
    ]
    word = "The shortest way round" if trip.shortest else "A short way round"
    rows.append(f'<tr><td>{word}</td><td class="n"><b>{trip.length_km:,.0f} km</b></td></tr>')
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def _site(site: Mapping[str, Any]) -> str:
    lat, lon = float(site["latitude"]), float(site["longitude"])
    error = site.get("position_error_m")
    doubt = "of unknown error" if pd.isna(error) else f"± {float(error) / 1000:,.1f} km"
    names = [site.get("country_reported") or site.get("country"), site.get("admin_area")]
    head = ", ".join(str(n) for n in names if isinstance(n, str))
    also = site.get("aliases")
    near = "".join(
        f"<tr><th>{escape(label)}</th><td>{_distance(site, name)}</td></tr>"
        for name, label in _NEAR
    )
    facts = "".join(
        f"<tr><th>{label}</th><td>{_known(site.get(key))}</td></tr>"
        for key, label in (
            ("status", "Status"),
            ("operator", "Operator"),
            ("deposit_type", "Type"),
            ("commodities", "Commodities"),
            ("minerals", "Minerals"),
            ("notes", "Notes"),
        )
    )
    return "\n".join(
        [
            f'<section class="site"><h2>{escape(str(site.get("name") or site["id"]))}</h2>',
            f"<p>{escape(head)}{_aliases(also)}</p>",
            f'<p class="place"><b>{decimal_degrees(lat, lon)}</b><br>'
            f"{degrees_minutes(lat, 'NS')} &nbsp; {degrees_minutes(lon, 'EW')}<br>"
            f"<small>{doubt}: {_position(site)}</small></p>",
            f"<table><tbody><tr><th>Elevation</th><td>{_elevation(site)}</td></tr>{near}</tbody></table>",
            f"<table><tbody>{facts}</tbody></table>",
            f'<p class="quiet">Sources: {_known(site.get("reference"))}<br>'
            f"Records: {_known(site.get('sources') or site['id'])}</p></section>",
        ]
    )


def _position(site: Mapping[str, Any]) -> str:
    """How the position is known: its class, and why this one was taken."""
    words = str(site.get("precision_class") or "unknown precision").replace("_", " ")
    basis = site.get("position_basis")
    return escape(f"{words}. {basis}" if isinstance(basis, str) and basis else f"{words}.")


def _elevation(site: Mapping[str, Any]) -> str:
    height, error = site.get("elevation_m"), site.get("err_elevation_m")
    if height is None or pd.isna(height):
        return f"{_UNKNOWN} <small>(no height model at hand covers it)</small>"
    doubt = "" if error is None or pd.isna(error) else f" ± {float(error):,.0f}"
    source = site.get("near_elevation")
    named = f" <small>{escape(source)}</small>" if isinstance(source, str) else ""
    return f'{float(height):,.0f} m{doubt} <span class="mark">computed</span>{named}'


def _aliases(text: Any) -> str:
    names = [a.strip() for a in str(text or "").split(";") if a.strip()]
    return f" <small>(also {escape(', '.join(names))})</small>" if names else ""


def _distance(site: Mapping[str, Any], name: str) -> str:
    words = distance_words(site, name)
    if words != "unknown":
        return escape(words)
    hint = (
        "no source of airports is at hand; geo-ree fetch ourairports" if name == "airport" else ""
    )
    return f"{_UNKNOWN} <small>({hint})</small>" if hint else _UNKNOWN


def _known(value: Any) -> str:
    """Text with a space after every semicolon, so that long lists can break."""
    if not isinstance(value, str) or not value:
        return _UNKNOWN
    return escape(re.sub(r";(?=\S)", "; ", value))


def _footer(plan: VisitPlan) -> str:
    named = attribution_of(plan.bundle.sources)
    return (
        "<footer><p>Distances, the order of stops and the nearest country are computed; positions, status and "
        "operators are published by the sources named. An airport's and a border's own error is unknown: the "
        "error given is that of the deposit's position.</p>"
        f"<p>{escape(named)}</p></footer>"
    )
