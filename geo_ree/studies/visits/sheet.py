"""The visit sheet: one printable HTML page, and its KML file."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from geo_ree import storage
from geo_ree.maps.measured_features import targets_of
from geo_ree.outputs.flag_words import flag_words
from geo_ree.outputs.kml import describe_distance, kml_document
from geo_ree.outputs.notice import licence_notice
from geo_ree.studies.visits.plan import TAILINGS_KM, VisitPlan
from geo_ree.studies.visits.sketch import draw_sketch
from geo_ree.studies.visits.trips import Trip, decimal_degrees, degrees_minutes

_UNKNOWN = '<span class="unknown">unknown</span>'
_NEAR = (
    ("airport", "Airport, in any country"),
    ("road", "Main road"),
    ("railway", "Open railway"),
    ("settlement", "Settlement"),
    ("border", "Nearest other country"),
)
_TO_ASK = (
    "Border zone: unknown. No available source has border zones and their permits; ask the border service "
    "before going.",
    "Season: unknown. No available source has climate, snow or the opening of passes.",
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
        Created if missing; other files in it are kept.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    SettingsError
        When the folder cannot be written.
    """
    bundle = plan.bundle
    kml = kml_document(
        plan.sites,
        run=bundle.run,
        sources=bundle.sources,
        flags=bundle.flags,
        title="Site visit",
        targets=bundle.targets,
    )
    with storage.atomic_files(folder) as draft:
        (draft / "visit.html").write_text(render_sheet(plan), encoding="utf-8")
        (draft / "visit.kml").write_text(kml, encoding="utf-8")
    return [folder / "visit.html", folder / "visit.kml"]


def render_sheet(plan: VisitPlan) -> str:
    """Make the visit sheet as one HTML document.

    It loads nothing and runs no script: every text from data is escaped, and a
    Content-Security-Policy forbids the rest.

    Parameters
    ----------
    plan
        From `plan_visit`.

    Returns
    -------
    str
    """
    style = (files("geo_ree.studies.visits") / "sheet.css").read_text(encoding="utf-8")
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    flagged = flag_words(plan.bundle.flags)
    sites = [{**s, "flags": flagged.get(s["id"], [])} for s in plan.sites.to_dict("records")]
    names = ", ".join(str(s.get("name") or s["id"]) for s in sites)
    body = [
        f"<h1>Site visit: {escape(names)}</h1>",
        f'<p class="quiet">Run {escape(str(plan.bundle.run["run_id"]))}, made '
        f"{escape(str(plan.bundle.run['created'])[:10])} with geo_ree "
        f"{escape(str(plan.bundle.run['version']))}: {escape(str(plan.bundle.run['disclaimer']))}. "
        '<span class="screen">For the phone: <a href="visit.kml">visit.kml</a>.</span></p>',
        *_trips(plan, sites),
        '<div class="keep"><h2>Unknown: ask before going</h2><ul>',
        *(f"<li>{escape(a)}</li>" for a in _TO_ASK),
        "</ul></div>",
        *(_site(s, plan.bundle.targets) for s in sites),
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
        f'<p class="quiet">Deposits at most {plan.within_km:g} km apart, or in one ore field, make one trip. Straight '
        'lines over the ellipsoid <span class="mark">computed</span>; the road is longer.</p>'
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
    word = "Shortest round trip" if trip.shortest else "Short round trip"
    rows.append(f'<tr><td>{word}</td><td class="n"><b>{trip.length_km:,.0f} km</b></td></tr>')
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def _site(site: Mapping[str, Any], targets: Mapping[str, Any]) -> str:
    lat, lon = float(site["latitude"]), float(site["longitude"])
    error = site.get("position_error_m")
    margin = "of unknown error" if pd.isna(error) else f"± {_radius(float(error))}"
    names = [site.get("country_reported") or site.get("country"), site.get("admin_area")]
    head = ", ".join(str(n) for n in names if isinstance(n, str))
    also = site.get("aliases")
    near = "".join(
        f"<tr><th>{escape(label)}</th><td>{_distance(site, name)}</td></tr>"
        for name, label in _near_labels(targets)
    )
    facts = "".join(
        f"<tr><th>{label}</th><td>{_known(site.get(key))}</td></tr>"
        for key, label in (
            ("district", "Ore field"),
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
            f"<small>{margin}: {_position(site)}</small></p>",
            f"<table><tbody><tr><th>Elevation</th><td>{_elevation(site)}</td></tr>{near}"
            f"{_tailings(site)}</tbody></table>",
            f"<table><tbody>{facts}</tbody></table>",
            _site_access(site),
            _flags(site),
            f'<p class="quiet">Sources: {_known(site.get("reference"))}<br>'
            f"Records: {_known(site.get('sources') or site['id'])}</p></section>",
        ]
    )


def _site_access(site: Mapping[str, Any]) -> str:
    """A line that a source places at the deposit, against the measured distance."""
    note = site.get("site_access_note")
    return f"<p>{escape(note)}</p>" if isinstance(note, str) and note else ""


def _flags(site: Mapping[str, Any]) -> str:
    """A table of what speaks against the deposit, a row a severity, and what is not known."""
    rows = "".join(
        f"<tr><th>{escape(severity)}</th><td>{escape(words)}</td></tr>"
        for severity, words in site["flags"]
    )
    return f"<h3>What speaks against it</h3><table><tbody>{rows}</tbody></table>" if rows else ""


def _radius(metres: float) -> str:
    """A position error: metres below a kilometre."""
    return f"{metres:.0f} m" if metres < 1000.0 else f"{metres / 1000.0:,.1f} km"


def _position(site: Mapping[str, Any]) -> str:
    """Precision of the position, and why it was chosen."""
    words = str(site.get("precision_class") or "unknown precision").replace("_", " ")
    basis = site.get("position_basis")
    return escape(f"{words}. {basis}" if isinstance(basis, str) and basis else f"{words}.")


def _elevation(site: Mapping[str, Any]) -> str:
    height, error = site.get("elevation_m"), site.get("err_elevation_m")
    if height is None or pd.isna(height):
        return f"{_UNKNOWN} <small>(no available elevation model covers it)</small>"
    margin = "" if error is None or pd.isna(error) else f" ± {float(error):,.0f}"
    source = site.get("near_elevation")
    named = f" <small>{escape(source)}</small>" if isinstance(source, str) else ""
    return f'{float(height):,.0f} m{margin} <span class="mark">computed</span>{named}'


def _tailings(site: Mapping[str, Any]) -> str:
    """A row for legacy tailings nearby; none where there is no layer, or none near."""
    found = site.get("tailings")
    if not isinstance(found, str) or not found:
        return ""
    return f"<tr><th>Legacy tailings within {TAILINGS_KM:g} km</th><td>{escape(found)}</td></tr>"


def _aliases(text: Any) -> str:
    names = [a.strip() for a in str(text or "").split(";") if a.strip()]
    return f" <small>(also {escape(', '.join(names))})</small>" if names else ""


def _near_labels(stated: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """What a site is near, towns with the least size that counts in the run."""
    targets = targets_of({"targets": stated})
    for name, label in _NEAR:
        named = targets[name].name_with_size(label.lower()) if name in targets else label
        yield name, label if named == label.lower() else named[0].upper() + named[1:]


def _distance(site: Mapping[str, Any], name: str) -> str:
    words = describe_distance(site, name)
    if words != "unknown":
        return escape(words)
    hint = (
        "no source of airports is available; run geo-ree fetch ourairports"
        if name == "airport"
        else ""
    )
    return f"{_UNKNOWN} <small>({hint})</small>" if hint else _UNKNOWN


def _known(value: Any) -> str:
    """Text with a space after every semicolon, so that long lists can break."""
    if not isinstance(value, str) or not value:
        return _UNKNOWN
    return escape(re.sub(r";(?=\S)", "; ", value))


def _footer(plan: VisitPlan) -> str:
    named = licence_notice(plan.bundle.sources)
    return (
        "<footer><p>Distances, the order of stops and the nearest country are computed; positions, status and "
        "operators are published by the sources named. An airport's and a border's own error is unknown: the "
        "error given is that of the deposit's position.</p>"
        f"<p>{escape(named)}</p></footer>"
    )
