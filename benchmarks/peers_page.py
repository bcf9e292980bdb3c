"""Folium's own ways to show many points, each made self-contained: what bench_page.py compares with.

Folium loads Leaflet, jQuery, Bootstrap, Font Awesome and the clusters from elsewhere. Here Leaflet
and the clusters are put into the file, with the pictures of the markers; the rest is left out, but
for four lines in place of jQuery, which favours the peers.
"""

from __future__ import annotations

import base64
import html
import re
from importlib.resources import files
from pathlib import Path

import folium
import folium.plugins
import geopandas as gpd

FIELDS = (
    "id",
    "name",
    "country",
    "status",
    "commodities",
    "rank_in_role",
    "score",
    "dist_railway_km",
)
CLUSTERS = "lib/python*/site-packages/xstatic/pkg/leaflet_markercluster/data"


JQUERY = """function $(text) {
  const box = document.createElement("template");
  box.innerHTML = text;
  return [box.content.firstElementChild];
}"""


def popup(row: dict[str, object]) -> str:
    return "<br>".join(f"{k}: {html.escape(str(row[k]))}" for k in FIELDS)


def _map(points: gpd.GeoDataFrame) -> tuple[folium.Map, list[dict[str, object]]]:
    chart = folium.Map([47, 75], zoom_start=4, tiles=None, prefer_canvas=True)
    chart.options["maxZoom"] = 18  # the clusters stop without it
    return chart, points.drop(columns="geometry").to_dict("records")


def marker(points: gpd.GeoDataFrame) -> folium.Map:
    chart, rows = _map(points)
    for row in rows:
        folium.Marker(
            [row["latitude"], row["longitude"]],
            popup=popup(row),
            tooltip=html.escape(str(row["name"])),
        ).add_to(chart)
    return chart


def marker_cluster(points: gpd.GeoDataFrame) -> folium.Map:
    chart, rows = _map(points)
    cluster = folium.plugins.MarkerCluster().add_to(chart)
    for row in rows:
        folium.Marker(
            [row["latitude"], row["longitude"]],
            popup=popup(row),
            tooltip=html.escape(str(row["name"])),
        ).add_to(cluster)
    return chart


def fast_marker_cluster(points: gpd.GeoDataFrame) -> folium.Map:
    chart, rows = _map(points)
    data = [[r["latitude"], r["longitude"], *(r[k] for k in FIELDS)] for r in rows]
    words = " + '<br>' + ".join(f"'{k}: ' + row[{i + 2}]" for i, k in enumerate(FIELDS))
    callback = (
        "function (row) { return L.marker(new L.LatLng(row[0], row[1]))"
        f".bindPopup({words}).bindTooltip(String(row[3])); }}"
    )
    folium.plugins.FastMarkerCluster(data, callback=callback).add_to(chart)
    return chart


def geojson(points: gpd.GeoDataFrame) -> folium.Map:
    chart, _ = _map(points)
    folium.GeoJson(
        points[[*FIELDS, "colour", "geometry"]],
        marker=folium.CircleMarker(radius=4, weight=1, fill=True, fill_opacity=1.0),
        style_function=lambda f: {"fillColor": f["properties"]["colour"]},
        tooltip=folium.GeoJsonTooltip(["name"]),
        popup=folium.GeoJsonPopup(list(FIELDS)),
    ).add_to(chart)
    return chart


PEERS = {
    "folium Marker": marker,
    "folium MarkerCluster": marker_cluster,
    "folium FastMarkerCluster": fast_marker_cluster,
    "folium GeoJson": geojson,
}


def self_contained(chart: folium.Map) -> str:
    """Folium's document with Leaflet and the clusters inside, and nothing from elsewhere."""
    leaflet = files("xstatic.pkg.leaflet") / "data"
    css = re.sub(
        r"url\((images/[\w.-]+)\)",
        lambda m: f"url({_picture(leaflet / m.group(1))})",
        (leaflet / "leaflet.css").read_text(encoding="utf-8"),
    )
    icons = {
        k: _picture(leaflet / "images" / f)
        for k, f in (
            ("iconUrl", "marker-icon.png"),
            ("iconRetinaUrl", "marker-icon-2x.png"),
            ("shadowUrl", "marker-shadow.png"),
        )
    }
    clusters = next(Path(".servers/peers").glob(CLUSTERS), None)
    if clusters is None:
        raise SystemExit("the script of the clusters is missing: make peers")
    scripts = [
        JQUERY,
        (leaflet / "leaflet.js").read_text(encoding="utf-8"),
        f"L.Icon.Default.imagePath = ' '; L.Icon.Default.mergeOptions({icons!r});",
        "L.Icon.Default.prototype._getIconUrl = function (n) { return this.options[n + 'Url']; };",
        (clusters / "leaflet.markercluster.js").read_text(encoding="utf-8"),
    ]
    styles = [
        css,
        *(
            (clusters / n).read_text(encoding="utf-8")
            for n in ("MarkerCluster.css", "MarkerCluster.Default.css")
        ),
    ]
    text = chart.get_root().render()
    text = re.sub(r"<link[^>]*>|<script[^>]*\bsrc=[^>]*>\s*</script>", "", text)
    head = "".join(f"<script>{s}</script>" for s in scripts)
    head += "".join(f"<style>{s}</style>" for s in styles)
    return text.replace("<head>", "<head>" + head, 1)


def _picture(path: object) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
