"""The page: one HTML file that opens anywhere and asks nobody for anything."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import folium
import geopandas as gpd
import pandas as pd

from geo_ree.errors import RenderError
from geo_ree.maps import layers
from geo_ree.maps.data import records, script_json
from geo_ree.maps.style import LABELS, SCORE_RAMP

_DEPOSIT = (
    "id", "name", "aliases", "country", "country_reported", "country_note", "role",
    "commodity_group", "commodities", "deposit_type", "status", "operator", "admin_area",
    "latitude", "longitude", "position_error_m", "position_basis", "precision_class", "score",
    "unknown_weight_pct", "rank", "rank_p5", "rank_p95", "p_top3", "p_top5", "score_p5",
    "score_p95", "tie_group", "reasons_for", "reasons_against", "reference", "sources",
    "source_quality", "notes",
)  # fmt: skip
_STEMS = ("dist_", "err_", "near_", "abroad_", "value_", "points_")
_UNRANKED = (
    "id", "name", "aliases", "role", "country_reported", "admin_area", "deposit_type", "status",
    "source_quality", "reference", "notes",
)  # fmt: skip
_RESOURCE = (
    "deposit_id", "substance", "quantity_t", "grade_pct", "grade_text", "category", "system",
    "edition", "year", "source", "notes",
)  # fmt: skip
_QUIET_ROLES = ("context", "not_ree")


@dataclass(frozen=True, kw_only=True)
class PageData:
    """All that the page shows.

    Parameters
    ----------
    scored
        A row per scored deposit, as `geo_ree.outputs.arrange_scores` gives it.
    unranked
        Candidates and hosts that no source gives a coordinate.
    resources
        The canonical layer ``resources``.
    layers
        Canonical layers by name, ``countries`` among them.
    sources
        The inputs of the run: title, publisher, licence, attribution, edition, sha256, rows.
    criteria
        The criteria of the score: weight, decay, reason, source.
    scenarios
        Rank and score of each candidate under other gateways.
    run
        The report of the run.
    """

    scored: gpd.GeoDataFrame
    unranked: pd.DataFrame
    resources: pd.DataFrame
    layers: Mapping[str, gpd.GeoDataFrame]
    sources: Sequence[Mapping[str, Any]]
    criteria: Sequence[Mapping[str, Any]]
    scenarios: pd.DataFrame
    run: Mapping[str, Any]


def render(data: PageData) -> str:
    """Make the page.

    Parameters
    ----------
    data
        All that it shows.

    Returns
    -------
    str
        One HTML document without any reference to another file or host.

    Raises
    ------
    RenderError
        When the countries are missing, or something in the page would ask the network.

    Examples
    --------
    >>> from geo_ree import Options, Settings, pipeline
    >>> page = pipeline.render_page(pipeline.run(Settings(), Options(draws=20)))
    >>> "19 of 38 candidates ranked" in page
    True
    """
    if "countries" not in data.layers:
        raise RenderError("the page has no countries to draw", "give the layer countries")
    figure = folium.Figure()
    chart = folium.Map(
        location=[45.5, 74.0], zoom_start=4, tiles=None, prefer_canvas=True, max_bounds=False,
        zoom_control=True, attribution_control=True, world_copy_jump=False,
    )  # fmt: skip
    chart.default_js, chart.default_css = [], []
    for group in _groups(data):
        group.add_to(chart)
    folium.LayerControl(collapsed=True).add_to(chart)
    figure.add_child(chart)
    html = str(figure.render())
    return _assemble(html, data)


def _groups(data: PageData) -> list[folium.FeatureGroup]:
    quiet = data.scored["role"].isin(_QUIET_ROLES)
    made = [layers.countries(data.layers["countries"])]
    for name in ("water", "roads", "railways", "settlements", "power_plants", "gateways"):
        if name in data.layers:
            made.append(getattr(layers, name)(data.layers[name]))
    return [*made, layers.context(data.scored[quiet]), layers.deposits(data.scored[~quiet])]


def _values(data: PageData) -> dict[str, Any]:
    scored = pd.DataFrame(data.scored.drop(columns="geometry"))
    figures = [c for c in scored.columns if c.startswith(_STEMS)]
    own = [c for c in figures if "abroad_" not in c]
    quiet = scored["role"].isin(_QUIET_ROLES)
    return {
        "deposits": records(scored[~quiet], (*_DEPOSIT, *figures))
        + records(scored[quiet], (*_DEPOSIT, *own)),
        "unranked": records(data.unranked, _UNRANKED),
        "resources": records(data.resources, _RESOURCE),
        "sources": [dict(s) for s in data.sources],
        "criteria": [dict(c) for c in data.criteria],
        "scenarios": records(
            data.scenarios, ("id", "scenario", "near_gateway", "dist_gateway_km", "score", "rank")
        ),
        "run": {k: data.run.get(k) for k in (
            "ranked", "candidates", "without_coordinate", "disclaimer", "schema_version",
            "version", "created", "seed", "draws", "preset", "warnings")},
        "ramp": SCORE_RAMP,
        "labels": LABELS,
        "unsure": _unsure_counts(data.layers),
    }  # fmt: skip


def _unsure_counts(canonical: Mapping[str, gpd.GeoDataFrame]) -> dict[str, int]:
    return {
        name: int((canonical[name]["lateral_error_km"] > 25.0).sum())
        for name in ("railways", "roads")
        if name in canonical
    }


def _assemble(html: str, data: PageData) -> str:
    """Fold Leaflet, the page's own style and script, and the data into folium's document."""
    html = re.sub(r"<link[^>]*>|<script[^>]*\bsrc=[^>]*>\s*</script>", "", html)
    title = f"{data.run['ranked']} of {data.run['candidates']} candidates ranked"
    head = (
        f"<title>{title} · geo_ree</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_leaflet_css()}</style><style>{_asset('page.css')}</style>"
        f"<script>{_leaflet('leaflet.js')}</script>"
        f'<script type="application/json" id="geo-ree-data">{script_json(_values(data))}</script>'
        f"<script>{_asset('page.js')}</script>"
    )
    html = html.replace("<head>", '<head>\n<meta charset="utf-8">', 1)
    html = html.replace("</head>", head + "</head>", 1)
    html = html.replace("<body>", "<body>" + _asset("body.html"), 1)
    start = "<script>geoRee.start();</script>"
    html = html.replace("</html>", start + "</html>", 1) if "</html>" in html else html + start
    _check(html)
    return html


def _asset(name: str) -> str:
    return (files("geo_ree.maps") / "assets" / name).read_text(encoding="utf-8")


def _leaflet(name: str) -> str:
    text = (files("xstatic.pkg.leaflet") / "data" / name).read_text(encoding="utf-8")
    return re.sub(r"//# sourceMappingURL=\S+", "", text)


def _leaflet_css() -> str:
    """Leaflet's style sheet with its pictures inside."""

    def inside(match: re.Match[str]) -> str:
        picture = files("xstatic.pkg.leaflet") / "data" / match.group(1)
        return f"url(data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()})"

    return re.sub(r"url\((images/[\w.-]+)\)", inside, _leaflet("leaflet.css"))


_OUTSIDE = re.compile(
    r"""<(?:script|img|iframe|source|embed)[^>]*\bsrc\s*=\s*["']?https?:
    |<link[^>]*\bhref\s*=|@import\s|url\(\s*["']?https?:""",
    re.VERBOSE | re.IGNORECASE,
)


def _check(html: str) -> None:
    found = _OUTSIDE.search(html)
    if found:
        raise RenderError(
            f"the page would ask the network: {html[found.start() : found.start() + 60]!r}",
            "folium may have changed its template; report this with the versions of geo-ree doctor",
        )
