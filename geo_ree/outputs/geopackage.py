"""Rules of drawing as QML, the style that QGIS stores in a GeoPackage."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from geo_ree.outputs.bundle import Bundle
from geo_ree.outputs.notice import attribution_of, licence_notice, read_me
from geo_ree.outputs.symbols import Rule, Symbol, Test, rules_for

_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_EDGE = "32,38,46,255"


def qml_style(rules: Sequence[Rule], *, label: str = "") -> str:
    """Write rules as QML.

    Parameters
    ----------
    rules
        At least one.
    label
        Expression of QGIS to label features by; empty for none.

    Returns
    -------
    str
        An XML document, the same for the same rules.

    Examples
    --------
    >>> from geo_ree.outputs.symbols import rules_for
    >>> 'type="RuleRenderer"' in qml_style(rules_for("railways"))
    True
    """
    root = ET.Element(
        "qgis",
        version="3.28.0",
        styleCategories="Symbology|Labeling",
        labelsEnabled=str(int(bool(label))),
    )
    renderer = ET.SubElement(
        root,
        "renderer-v2",
        type="RuleRenderer",
        symbollevels="0",
        forceraster="0",
        enableorderby="0",
        referencescale="-1",
    )
    listed = ET.SubElement(renderer, "rules", key=_key("root"))
    symbols = ET.SubElement(renderer, "symbols")
    for number, rule in enumerate(rules):
        entry = ET.SubElement(
            listed, "rule", key=_key(rule.label), symbol=str(number), label=rule.label
        )
        if rule.tests or rule.otherwise:
            entry.set("filter", "ELSE" if rule.otherwise else expression(rule.tests))
        _symbol(symbols, str(number), rule.symbol)
    if label:
        _labels(root, label)
    return _DOCTYPE + ET.tostring(root, encoding="unicode")


def expression(tests: Sequence[Test]) -> str:
    """Tests as an expression of QGIS.

    Examples
    --------
    >>> print(expression((("role", "=", "candidate"), ("score", ">=", 60.0))))
    "role" = 'candidate' AND "score" >= 60
    """
    return " AND ".join(
        f'"{column}" {sign} ' + (f"'{value}'" if isinstance(value, str) else f"{value:g}")
        for column, sign, value in tests
    )


def _key(text: str) -> str:
    return f"{{{uuid5(NAMESPACE_URL, 'geo_ree/' + text)}}}"


def _symbol(parent: ET.Element, name: str, sign: Symbol) -> None:
    symbol = ET.SubElement(
        parent, "symbol", type=sign.kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    classes = {"marker": "SimpleMarker", "line": "SimpleLine", "fill": "SimpleFill"}
    layer = ET.SubElement(
        symbol, "layer", {"class": classes[sign.kind]}, enabled="1", locked="0", **{"pass": "0"}
    )
    options = ET.SubElement(layer, "Option", type="Map")
    for key, value in _options(sign).items():
        ET.SubElement(options, "Option", type="QString", name=key, value=value)


def _options(sign: Symbol) -> dict[str, str]:
    colour, width = _rgba(sign.colour, 1.0), f"{sign.size_mm:g}"
    dash = "dash" if sign.dashed else "solid"
    if sign.kind == "marker":
        return {
            "name": sign.shape,
            "color": colour,
            "size": width,
            "size_unit": "MM",
            "outline_color": _EDGE,
            "outline_style": "solid" if sign.edged else "no",
            "outline_width": "0.2",
            "outline_width_unit": "MM",
        }
    if sign.kind == "line":
        return {
            "line_color": _rgba(sign.colour, sign.opacity),
            "line_style": dash,
            "line_width": width,
            "line_width_unit": "MM",
            "capstyle": "round",
            "joinstyle": "round",
        }
    return {
        "color": _rgba(sign.colour, sign.opacity),
        "style": "solid" if sign.opacity else "no",
        "outline_color": colour,
        "outline_style": dash,
        "outline_width": width,
        "outline_width_unit": "MM",
    }


def _rgba(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _labels(root: ET.Element, text: str) -> None:
    labeling = ET.SubElement(root, "labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    style = ET.SubElement(
        settings,
        "text-style",
        fieldName=text,
        isExpression="1",
        fontSize="8",
        fontSizeUnit="Point",
        textColor=_EDGE,
        textOpacity="1",
        namedStyle="Regular",
    )
    ET.SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.7",
        bufferSizeUnits="MM",
        bufferColor="255,255,255,255",
        bufferOpacity="1",
    )
    ET.SubElement(settings, "placement", placement="0", dist="1", distUnits="MM", priority="5")


_SPACES = {
    "xmlns:sld": "http://www.opengis.net/sld",
    "xmlns:se": "http://www.opengis.net/se",
    "xmlns:ogc": "http://www.opengis.net/ogc",
}
_COMPARISONS = {
    "=": "PropertyIsEqualTo",
    ">=": "PropertyIsGreaterThanOrEqualTo",
    "<": "PropertyIsLessThan",
    ">": "PropertyIsGreaterThan",
}
_PX_PER_MM = 96 / 25.4
_SLD_EDGE = "#20262e"


def sld_style(layer: str, rules: Sequence[Rule]) -> str:
    """Write rules as a Styled Layer Descriptor.

    Parameters
    ----------
    layer
        Name of the layer.
    rules
        At least one.

    Returns
    -------
    str
        An XML document.

    References
    ----------
    Open Geospatial Consortium (2006), Symbology Encoding Implementation Specification 1.1.0,
    OGC 05-077r4.

    Examples
    --------
    >>> from geo_ree.outputs.symbols import rules_for
    >>> "PropertyIsGreaterThanOrEqualTo" in sld_style("deposits", rules_for("deposits"))
    True
    """
    root = ET.Element("sld:StyledLayerDescriptor", {**_SPACES, "version": "1.1.0"})
    named = ET.SubElement(root, "sld:NamedLayer")
    _text(named, "se:Name", layer)
    user = ET.SubElement(named, "sld:UserStyle")
    _text(user, "se:Name", layer)
    style = ET.SubElement(user, "se:FeatureTypeStyle")
    for rule in rules:
        entry = ET.SubElement(style, "se:Rule")
        _text(entry, "se:Name", rule.label)
        if rule.otherwise:
            ET.SubElement(entry, "se:ElseFilter")
        elif rule.tests:
            _filter(entry, rule.tests)
        {"marker": _marker, "line": _line, "fill": _fill}[rule.symbol.kind](entry, rule.symbol)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text


def _filter(rule: ET.Element, tests: Sequence[Test]) -> None:
    parent = ET.SubElement(rule, "ogc:Filter")
    if len(tests) > 1:
        parent = ET.SubElement(parent, "ogc:And")
    for column, sign, value in tests:
        test = ET.SubElement(parent, f"ogc:{_COMPARISONS[sign]}")
        _text(test, "ogc:PropertyName", column)
        _text(test, "ogc:Literal", value if isinstance(value, str) else f"{value:g}")


def _parameter(parent: ET.Element, name: str, value: str) -> None:
    ET.SubElement(parent, "se:SvgParameter", name=name).text = value


def _stroke(parent: ET.Element, colour: str, width_mm: float, *, dashed: bool) -> None:
    stroke = ET.SubElement(parent, "se:Stroke")
    _parameter(stroke, "stroke", colour)
    _parameter(stroke, "stroke-width", f"{width_mm * _PX_PER_MM:.2f}")
    if dashed:
        _parameter(stroke, "stroke-dasharray", "5 4")


def _inside(parent: ET.Element, colour: str, opacity: float) -> None:
    inside = ET.SubElement(parent, "se:Fill")
    _parameter(inside, "fill", colour)
    _parameter(inside, "fill-opacity", f"{opacity:g}")


def _marker(rule: ET.Element, sign: Symbol) -> None:
    graphic = ET.SubElement(ET.SubElement(rule, "se:PointSymbolizer"), "se:Graphic")
    mark = ET.SubElement(graphic, "se:Mark")
    # SE has no diamond: a square turned by 45 degrees is one.
    _text(mark, "se:WellKnownName", "circle" if sign.shape == "circle" else "square")
    _inside(mark, sign.colour, 1.0)
    if sign.edged:
        _stroke(mark, _SLD_EDGE, 0.2, dashed=False)
    turned = sign.shape == "diamond"
    _text(graphic, "se:Size", f"{sign.size_mm * _PX_PER_MM * (0.75 if turned else 1):.1f}")
    if turned:
        _text(graphic, "se:Rotation", "45")


def _line(rule: ET.Element, sign: Symbol) -> None:
    line = ET.SubElement(rule, "se:LineSymbolizer")
    _stroke(line, sign.colour, sign.size_mm, dashed=sign.dashed)


def _fill(rule: ET.Element, sign: Symbol) -> None:
    polygon = ET.SubElement(rule, "se:PolygonSymbolizer")
    if sign.opacity:
        _inside(polygon, sign.colour, sign.opacity)
    _stroke(polygon, sign.colour, sign.size_mm, dashed=sign.dashed)


_LABELS = {
    "deposits": "CASE WHEN \"role\" IN ('candidate', 'by_product_host', 'reference') THEN \"name\" END"
}
_STYLES = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
    f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT(30), ui TEXT(30), update_time DATETIME
        DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
)"""
_LISTED = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)
VALUES ('layer_styles', 'attributes', 'layer_styles', 'Styles that QGIS opens the layers with', 0)"""
_STYLE = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,
    styleName, styleQML, styleSLD, useAsDefault, description, owner)
VALUES ('', '', ?, 'geom', ?, ?, ?, 1, ?, 'geo_ree')"""


def write_geopackage(bundle: Bundle, folder: Path) -> None:
    """Write ``geo_ree.gpkg``.

    Parameters
    ----------
    bundle
        What is handed on.
    folder
        An existing folder.

    Notes
    -----
    Layers: ``deposits``, ``areas``, ``unranked`` and the infrastructure. Tables: ``resources``,
    ``sources``, ``criteria``, ``read_me``. Every layer's description and metadata hold what its
    licences ask for; the styles are in ``layer_styles`` as QML and SLD.

    References
    ----------
    Open Geospatial Consortium, GeoPackage Encoding Standard, OGC 12-128; version 1.2. The table
    ``layer_styles`` is a convention of QGIS.
    """
    path = folder / "geo_ree.gpkg"
    about = pd.DataFrame(read_me(bundle.run, bundle.sources), columns=["about", "text"])
    for name, (table, layer) in _layers(bundle).items():
        _write(table, path, name, licence_notice(bundle.sources, layer), bundle)
    for name, rows in (
        ("resources", bundle.resources),
        ("sources", bundle.sources),
        ("criteria", bundle.criteria),
        ("read_me", about),
    ):
        _write(rows, path, name, attribution_of(bundle.sources), bundle)
    _add_styles(path, list(_layers(bundle)))


def _layers(bundle: Bundle) -> dict[str, tuple[gpd.GeoDataFrame, str]]:
    """Name of each layer -> its rows and the canonical layer whose licences count; as drawn."""
    lines = ("countries", "water", "roads", "railways", "power_lines")
    order = sorted(bundle.infrastructure, key=lambda n: lines.index(n) if n in lines else 9)
    parts = {p: (t, n) for n in order for p, t in _by_shape(n, bundle.infrastructure[n])}
    return {
        "unranked": (bundle.unranked, "deposits"),
        **parts,
        "areas": (bundle.areas, "published_distances"),
        "deposits": (bundle.scored, "deposits"),
    }


def _by_shape(name: str, table: gpd.GeoDataFrame) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """A layer for each kind of shape, for QGIS draws no layer that mixes them."""
    dimension = shapely.get_dimensions(table.geometry.to_numpy())
    kinds = [k for k in (2, 1, 0) if (dimension == k).any()]
    main = 1 if 1 in kinds else (kinds or [0])[0]
    for kind in kinds or [main]:
        end = "" if kind == main else {0: "_points", 1: "_lines", 2: "_areas"}[kind]
        yield name + end, table[(dimension == kind) | ((dimension < 0) & (kind == main))]


def _write(table: pd.DataFrame, path: Path, name: str, notice: str, bundle: Bundle) -> None:
    metadata = {k: str(v) for k, v in bundle.run.items()}
    whole = {**metadata, "attribution": attribution_of(bundle.sources)}
    # 1.2 is what GDAL and QGIS of the last years read without a warning.
    options: dict[str, object] = {"dataset_options": {"VERSION": "1.2"}}
    if notice:
        options["layer_options"] = {"DESCRIPTION": notice}
    with warnings.catch_warnings():
        # A column of nothing but None has no type of its own: GDAL takes it for text.
        warnings.simplefilter("ignore", UserWarning)
        pyogrio.write_dataframe(
            table,
            path,
            layer=name,
            driver="GPKG",
            promote_to_multi=_has_multi(table),
            dataset_metadata=None if path.exists() else whole,
            layer_metadata={**metadata, "attribution": notice},
            **options,
        )


def _has_multi(table: pd.DataFrame) -> bool:
    return isinstance(table, gpd.GeoDataFrame) and bool(
        table.geometry.geom_type.str.startswith("Multi").any()
    )


def _add_styles(path: Path, names: Sequence[str]) -> None:
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(_STYLES)
        base.execute(_LISTED)
        for name in names:
            rules = rules_for(name)
            if rules:
                qml = qml_style(rules, label=_LABELS.get(name, ""))
                told = f"{name} as on the map"
                base.execute(_STYLE, (name, name, qml, sld_style(name, rules), told))
