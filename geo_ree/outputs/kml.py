"""Deposits as KML, and as KMZ with the icon that the KML uses."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.maps.measured_features import measure_names, targets_of
from geo_ree.maps.style import MEASURES, distance_text, score_colour
from geo_ree.outputs.bundle import Bundle
from geo_ree.outputs.flag_words import flag_words
from geo_ree.outputs.notice import read_me
from geo_ree.outputs.symbols import score_classes

ICON = "disc.png"
"""Icon inside the archive: a white disc, which viewers tint with the colour of the style."""

_SIZE = 48
_EDGE = 4.0
_DATE = (1980, 1, 1, 0, 0, 0)


def write_kmz(text: str, path: Path) -> None:
    """Write a KML document and `ICON` as one archive; the same text gives the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("doc.kml", text.encode()), (ICON, draw_disc())):
            archive.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)


def draw_disc() -> bytes:
    """Draw a white disc with a dark edge on a transparent ground, as PNG.

    References
    ----------
    W3C (2003), Portable Network Graphics Specification, second edition, sections 5 and 11.2.
    """
    place = np.arange(_SIZE) - (_SIZE - 1) / 2
    away = np.hypot(place[:, None], place)
    radius = _SIZE / 2 - 1
    white = np.clip(radius - _EDGE - away + 0.5, 0, 1) * 223 + 32
    clear = np.clip(radius - away + 0.5, 0, 1) * 255
    pixels = np.stack([white, white, white, clear], axis=-1).round().astype(np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", _SIZE, _SIZE, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d))
        for kind, d in parts
    )


_SPACE = "http://www.opengis.net/kml/2.2"
_ROLES = {
    "candidate": "Candidates",
    "by_product_host": "By-product hosts, ranked separately",
    "reference": "References outside the scored countries",
    "not_ree": "Named with rare earths, no source says so",
}
_AREA_STYLE = "area"


def write_kml(bundle: Bundle, folder: Path) -> None:
    """Write ``deposits.kml``, and ``deposits.kmz`` with its icon.

    Major deposits of other commodities and the infrastructure are left out: a phone has a map. A KML
    without an icon is drawn with the pins of the program that opens it, which some programs tint
    badly; the KMZ brings a white disc, which takes the colours of the page.

    References
    ----------
    Open Geospatial Consortium (2015), OGC KML 2.3, OGC 12-007r2; the document keeps to 2.2.
    """
    about: dict[str, Any] = {
        "run": bundle.run,
        "targets": bundle.targets,
        "sources": bundle.sources,
        "unranked": bundle.unranked,
        "flags": bundle.flags,
        "title": "Rare-earth deposits of Central Asia",
    }
    (folder / "deposits.kml").write_text(kml_document(bundle.scored, **about), encoding="utf-8")
    write_kmz(kml_document(bundle.scored, **about, icon=ICON), folder / "deposits.kmz")


def kml_document(
    scored: gpd.GeoDataFrame,
    *,
    run: Mapping[str, Any],
    sources: pd.DataFrame,
    title: str,
    unranked: gpd.GeoDataFrame | None = None,
    flags: pd.DataFrame | None = None,
    icon: str = "",
    targets: Mapping[str, Any] = MappingProxyType({}),
) -> str:
    """Make a KML document of deposits.

    ``scored`` has ``id, name, role, score`` and any other columns of the scores; ``run`` and
    ``sources`` are those of `geo_ree.outputs.notice.read_me`; ``unranked`` has deposits without a
    coordinate, drawn by their area if they have one; ``flags`` is the table of that name;
    ``icon`` names a picture beside the document; ``targets`` are those of the run, see `Bundle`.
    """
    flagged = {} if flags is None else flag_words(flags)
    names = measure_names(targets_of({"targets": targets}))
    root = ET.Element("kml", xmlns=_SPACE)
    document = _add(root, "Document")
    _add(document, "name", title)
    _add(document, "open", "1")
    _add(document, "description", _paragraphs(read_me(run, sources)))
    for number, (_, _, colour) in enumerate(reversed(score_classes())):
        _marker_style(document, f"score{number}", colour, icon)
    _marker_style(document, "grey", "#8b95a1", icon)
    _area_style(document)
    for role, label in _ROLES.items():
        rows = scored[scored["role"] == role]
        if len(rows):
            folder = _folder(document, f"{label} ({len(rows)})", opened=role == "candidate")
            for row in rows.to_dict("records"):
                _placemark(folder, {**row, "flags": flagged.get(row["id"], [])}, run, names)
    if unranked is not None and len(unranked):
        folder = _folder(document, f"Without a published coordinate ({len(unranked)})")
        for row in unranked.to_dict("records"):
            _placemark(folder, {**row, "flags": flagged.get(row["id"], [])}, run, names)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def describe_deposit(
    row: Mapping[str, Any], names: Mapping[str, tuple[str, str]] = MEASURES
) -> list[tuple[str, str]]:
    """Describe a deposit as pairs of heading and text; unknown values say so.

    ``names`` are those of `geo_ree.maps.measured_features.measure_names`.

    Examples
    --------
    >>> describe_deposit({"role": "candidate", "score": 64.04, "rank_in_role": 1, "rank_p5": 1, "rank_p95": 2})[0]
    ('access score', '64.0 of 100, rank 1 (90 % of the draws: 1 to 2)')
    """
    lines = [("access score", _score_words(row))]
    for name, (label, _) in names.items():
        if f"dist_{name}_km" in row:
            lines.append((label, describe_distance(row, name)))
    if "latitude" in row:
        error = row.get("position_error_m")
        far = "unknown" if pd.isna(error) else f"{error / 1000:g} km"
        lines.append(
            ("position", f"{row['latitude']:.4f} N, {row['longitude']:.4f} E, error {far}")
        )
    elif row.get("area_evidence"):
        lines.append(("area", str(row["area_evidence"])))
    lines += [(f"flags: {severity}", words) for severity, words in row.get("flags", ())]
    for key, label in (
        ("area_kind", "kind of area"),
        ("country_reported", "country as reported"),
        ("commodities", "commodities"),
        ("deposit_type", "type"),
        ("stage", "stage"),
        ("status", "status"),
        ("operator", "operator"),
        ("aliases", "also"),
        ("source_quality", "quality of the source"),
        ("reference", "sources"),
    ):
        if isinstance(row.get(key), str) and row[key]:
            lines.append((label, str(row[key])))
    return lines


def describe_distance(row: Mapping[str, Any], name: str) -> str:
    """Write a distance with its error and the nearest feature, or that it is unknown.

    Examples
    --------
    >>> row = {"dist_road_km": 2.93, "err_road_km": 2.0, "near_road": "A365 (KGZ)"}
    >>> describe_distance(row, "road")
    'about 3 km (1–5): A365 (KGZ)'
    """
    km, error, feature = (row.get(c) for c in (f"dist_{name}_km", f"err_{name}_km", f"near_{name}"))
    if km is None or pd.isna(km):
        return "unknown"
    limits = row.get("upper_limits")
    upper_limit = isinstance(limits, str) and name in limits.split(";")
    near, off = (row.get(c) for c in (f"unsure_{name}_km", f"err_unsure_{name}_km"))
    beside = None if near is None or pd.isna(near) else (near, 0.0 if pd.isna(off) else off)
    text = distance_text(km, error, upper_limit=upper_limit, beside=beside)
    return text + (f": {feature}" if isinstance(feature, str) else "")


def _score_words(row: Mapping[str, Any]) -> str:
    score, rank = row.get("score"), row.get("rank_in_role")
    if score is None or pd.isna(score):
        return "none: no available source gives a coordinate"
    words = f"{score:.1f} of 100"
    if rank is None or pd.isna(rank):
        return f"{words}, not ranked"
    return f"{words}, rank {rank:.0f} (90 % of the draws: {row['rank_p5']:.0f} to {row['rank_p95']:.0f})"


def _add(parent: ET.Element, tag: str, text: str | None = None) -> ET.Element:
    node = ET.SubElement(parent, tag)
    node.text = text
    return node


def _colour(hexadecimal: str, opacity: str = "ff") -> str:
    """Give a colour in the order of KML: alpha, blue, green, red."""
    red, green, blue = (hexadecimal[i : i + 2] for i in (1, 3, 5))
    return f"{opacity}{blue}{green}{red}"


def _marker_style(document: ET.Element, name: str, colour: str, picture: str) -> None:
    style = _add(document, "Style")
    style.set("id", name)
    icon = _add(style, "IconStyle")
    _add(icon, "color", _colour(colour))
    _add(icon, "scale", "0.8" if picture else "1.1")
    if picture:
        _add(_add(icon, "Icon"), "href", picture)
        _add(icon, "hotSpot").attrib.update(x="0.5", y="0.5", xunits="fraction", yunits="fraction")
    _add(_add(style, "LabelStyle"), "scale", "0.8")
    _balloon(style)


def _balloon(style: ET.Element) -> None:
    """Show the description alone: viewers put a name into their own balloon as if it were HTML."""
    _add(_add(style, "BalloonStyle"), "text", "$[description]")


def _area_style(document: ET.Element) -> None:
    style = _add(document, "Style")
    style.set("id", _AREA_STYLE)
    line = _add(style, "LineStyle")
    _add(line, "color", _colour("#b0432f"))
    _add(line, "width", "1.5")
    _add(_add(style, "PolyStyle"), "color", _colour("#b0432f", "26"))
    _balloon(style)


def _folder(document: ET.Element, name: str, *, opened: bool = False) -> ET.Element:
    folder = _add(document, "Folder")
    _add(folder, "name", name)
    _add(folder, "open", str(int(opened)))
    return folder


def _placemark(
    folder: ET.Element,
    row: Mapping[str, Any],
    run: Mapping[str, Any],
    names: Mapping[str, tuple[str, str]],
) -> None:
    mark = _add(folder, "Placemark")
    name = str(row.get("name") or row["id"])
    _add(mark, "name", name)
    _add(mark, "description", _paragraphs([("name", name), *describe_deposit(row, names)]))
    shape = row["geometry"]
    area = shape is not None and shape.geom_type != "Point"
    _add(mark, "styleUrl", f"#{_AREA_STYLE if area else _style_of(row)}")
    data = _add(mark, "ExtendedData")
    for key in (
        "id",
        "role",
        "score",
        "rank_in_role",
        "rank_p5",
        "rank_p95",
        "score_p5",
        "score_p95",
    ):
        if key in row and row[key] is not None and not pd.isna(row[key]):
            _value(data, key, row[key])
    _value(data, "run_id", run["run_id"])
    if shape is not None and not shape.is_empty:
        _geometry(mark, shape)


def _value(data: ET.Element, key: str, value: Any) -> None:
    node = _add(data, "Data")
    node.set("name", key)
    _add(node, "value", str(value))


def _style_of(row: Mapping[str, Any]) -> str:
    score = row.get("score")
    if score is None or pd.isna(score) or row["role"] not in ("candidate", "by_product_host"):
        return "grey"
    colours = [colour for _, _, colour in reversed(score_classes())]
    return f"score{colours.index(score_colour(float(score)))}"


def _geometry(parent: ET.Element, shape: Any) -> None:
    if shape.geom_type == "Point":
        _add(_add(parent, "Point"), "coordinates", f"{shape.x:.7f},{shape.y:.7f}")
        return
    parts = [p for p in getattr(shape, "geoms", [shape]) if p.geom_type == "Polygon"]
    parent = _add(parent, "MultiGeometry") if len(parts) > 1 else parent
    for part in shapely.orient_polygons(parts):
        polygon = _add(parent, "Polygon")
        _ring(polygon, "outerBoundaryIs", part.exterior)
        for hole in part.interiors:
            _ring(polygon, "innerBoundaryIs", hole)


def _ring(polygon: ET.Element, tag: str, ring: Any) -> None:
    points = " ".join(f"{x:.6f},{y:.6f}" for x, y in shapely.get_coordinates(ring))
    _add(_add(_add(polygon, tag), "LinearRing"), "coordinates", points)


def _paragraphs(lines: Iterable[tuple[str, str]]) -> str:
    """Write lines as HTML, as viewers show a description; every text is escaped."""
    return "".join(f"<p><b>{escape(a)}</b>: {escape(t)}</p>" for a, t in lines)
