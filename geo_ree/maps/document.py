"""The HTML document: folium's map with the page's scripts, styles, words and data inside."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from rcssmin import cssmin
from rjsmin import jsmin

from geo_ree.errors import RenderError
from geo_ree.maps.languages import load_languages, spoken
from geo_ree.maps.packing import compressed
from geo_ree.maps.style import TILES

_AT_ONCE = ("dom.js", "load.js")
_WITH_DATA = (
    *("words.js", "scores.js", "order_chances.js", "intervals.js", "state.js", "explanation.js"),
    *("filters.js", "filter_words.js", "shortlist.js", "history.js", "hash.js"),
    *(
        "canvas.js",
        "ground.js",
        "shaded_relief.js",
        "view.js",
        "spread.js",
        "marks.js",
        "names.js",
        "layers.js",
        "distances.js",
        "gateways.js",
        "routes.js",
        "access.js",
        "access_panel.js",
        "route_map.js",
        "way_out.js",
        "tooltips.js",
        "nearest.js",
        "point_rules.js",
        "measure.js",
        "small_map.js",
        "route_dossier.js",
        "flags.js",
        "context_dossier.js",
        "position_words.js",
        "dossier.js",
        "opening.js",
        "sought.js",
        "sheet.js",
        "phone_map.js",
    ),
    *(
        "rivals.js",
        "copying.js",
        "table_columns.js",
        "table.js",
        "compare.js",
        "weights.js",
        "preset_file.js",
        "download.js",
        "uncertainty.js",
        "findings.js",
        "changed_note.js",
        "chart_names.js",
        "size_chart.js",
        "panel.js",
        "answers.js",
        "exit_answer.js",
    ),
    *("legend.js", "visit.js", "board.js", "start.js"),
)
_STYLES = (
    "tokens.css",
    "page.css",
    "findings.css",
    "map_colours.css",
    "map.css",
    "map_controls.css",
    "dossier.css",
    "visit.css",
    "routes.css",
    "phone.css",
    "state.css",
    "board.css",
    "print.css",
)
_REPORT = "folium may have changed its template; report this with the output of geo-ree doctor"
_LEAFLET = "xstatic.pkg.leaflet"
_DATA_TYPE = "application/x-gzip-base85"

_INLINE = re.compile(r"<(script|style)\b([^>]*)>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_MARKUP_CODE = re.compile(r"<[a-z][^>]*\s(?:style|on[a-z]+)\s*=", re.IGNORECASE)

_ELSEWHERE = re.compile(
    r"""<link\b(?![^>]*\bhref="data:)
    |<(?:script|img|iframe|source|embed|object|audio|video)\b[^>]*\b(?:src|data)\s*=\s*["']?(?!data:)
    |@import\b
    |url\(\s*["']?(?!data:|\#)""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class InlinePage:
    """A page that a notebook shows in a frame, in Jupyter and in VS Code.

    The page is stored in the notebook, so it is still there when the notebook is opened without a
    kernel. The frame may run scripts and save files, but cannot reach the notebook around it.

    Parameters
    ----------
    html
        From `render`.
    height_px
        Height of the frame in pixels.

    Examples
    --------
    >>> InlinePage(html="<p>a & b</p>", height_px=300)._repr_html_().count("&amp;")
    1
    """

    html: str
    height_px: int = 700

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self.html)}" width="100%" height="{self.height_px}" '
            'sandbox="allow-scripts allow-downloads allow-popups allow-modals" '
            'style="border:0" title="geo_ree"></iframe>'
        )


def assemble(
    html: str, *, values: Mapping[str, Any], title: str, chart: str, sheet: str = ""
) -> str:
    """Make one document that needs no other file out of the HTML that folium rendered.

    ``values`` is the data for the script, ``chart`` the name of folium's variable for the map,
    ``sheet`` the HTML for paper and for readers without JavaScript. A
    document that would load something from elsewhere, or that folium renders in another form, is a
    `RenderError`.
    """
    data = {**values, "languages": spoken(load_languages())}
    html = re.sub(r"<link[^>]*>|<script[^>]*\bsrc=[^>]*>\s*</script>", "", html)
    html = re.sub(r"<meta[^>]*>", "", html)
    styles = [_leaflet_css(), *map(_asset, _STYLES)]
    scripts = [_leaflet("leaflet.js"), *map(_asset, _AT_ONCE), *map(_deferred, _WITH_DATA)]
    head = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)} · geo_ree</title>",
        f'<link rel="icon" type="image/svg+xml" href="data:image/svg+xml;base64,{_icon()}">',
        f'<script type="{_DATA_TYPE}" id="geo-ree-data">{compressed(data)}</script>',
        *(f"<script>{s}</script>" for s in scripts),
    ]
    html = _insert(html, "<head>", "<head>\n" + "\n".join(head))
    # Last in the head, so that the page's own rules win over folium's.
    html = _insert(html, "</head>", "\n".join(f"<style>{s}</style>" for s in styles) + "</head>")
    html = _insert(html, "<html>", '<html lang="en">')
    html = _insert(html, "<body>", "<body>" + sheet + _asset("body.html"))
    start = f"<script>geoRee.start({chart});</script>"
    html = html.replace("</html>", "") + start + "\n</html>\n"
    html = html.replace("\r\n", "\n")  # browsers hash the scripts after this change
    _check(html)
    return _insert(html, '<meta charset="utf-8">', f'<meta charset="utf-8">\n{_policy(html)}')


def _policy(html: str) -> str:
    """Give the Content-Security-Policy: only the scripts and styles in the page may run.

    Leaflet sets styles through the object model, which the policy allows.
    """
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, attributes, text in _INLINE.findall(html):
        if _DATA_TYPE not in attributes:
            digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()
            hashes[kind.lower()].append(f"'sha256-{digest}'")
    rules = [
        "default-src 'none'",
        "script-src " + " ".join(dict.fromkeys(hashes["script"])),
        "style-src " + " ".join(dict.fromkeys(hashes["style"])),
        f"img-src data: {TILES['host']}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(rules)}">'


def _insert(html: str, mark: str, text: str) -> str:
    if mark not in html:
        raise RenderError(
            f"folium's document has no {mark}",
            "install the version of folium that geo_ree requires",
        )
    return html.replace(mark, text, 1)


def read_assets() -> dict[str, str]:
    """Read every script and style of the page, Leaflet's among them, by file name."""
    own = (*_AT_ONCE, *_WITH_DATA, *_STYLES, "body.html")
    leaflet = {"leaflet.js": _leaflet("leaflet.js"), "leaflet.css": _leaflet_css()}
    return {name: _asset(name) for name in own} | leaflet


@cache
def _asset(name: str) -> str:
    """Read a file of the page; scripts and styles without comments and indents."""
    text = (files("geo_ree.maps") / "assets" / name).read_text(encoding="utf-8")
    shorten = {".js": jsmin, ".css": cssmin}.get(Path(name).suffix)
    return str(shorten(text)) if shorten else text


def _deferred(name: str) -> str:
    """Wrap a script so that it runs after the data are unpacked."""
    return f"geoRee.when(function () {{\n{_asset(name)}\n}});"


def _icon() -> str:
    return base64.b64encode(_asset("icon.svg").encode("utf-8")).decode("ascii")


def _leaflet(name: str) -> str:
    try:
        text = (files(_LEAFLET) / "data" / name).read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise RenderError(
            f"Leaflet's {name} is not installed", "pip install XStatic-Leaflet"
        ) from error
    return re.sub(r"//# sourceMappingURL=\S+", "", text)


def _leaflet_css() -> str:
    """Read Leaflet's style sheet, put its pictures inside and drop a rule for Internet Explorer."""

    def inside(match: re.Match[str]) -> str:
        picture = files(_LEAFLET) / "data" / match.group(1)
        return f"url(data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()})"

    text = re.sub(r"url\((images/[\w.-]+)\)", inside, _leaflet("leaflet.css"))
    return text.replace("behavior: url(#default#VML);", "")


def _check(html: str) -> None:
    """Refuse a document that would load anything, or whose markup the policy forbids."""
    scripts = re.compile(r"<script\b[^>]*>.*?</script>", re.DOTALL | re.IGNORECASE)
    bare = scripts.sub(lambda m: m.group(0)[: m.group(0).index(">") + 1], html)
    code = _MARKUP_CODE.search(_INLINE.sub("", html))
    if code:
        raise RenderError(
            f"the page has code in its markup: {code.group(0)[:60]!r}",
            _REPORT,
        )
    found = _ELSEWHERE.search(bare)
    if found:
        raise RenderError(
            f"the page would load from the network: {bare[found.start() : found.start() + 60]!r}",
            _REPORT,
        )
