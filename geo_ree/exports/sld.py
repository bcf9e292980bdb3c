"""Rules of drawing as SLD 1.1, for GeoServer, deegree and QGIS."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from geo_ree.exports.symbols import Rule, Symbol, Test

_SPACES = {
    "xmlns:sld": "http://www.opengis.net/sld",
    "xmlns:se": "http://www.opengis.net/se",
    "xmlns:ogc": "http://www.opengis.net/ogc",
}
_COMPARISONS = {
    "=": "PropertyIsEqualTo", ">=": "PropertyIsGreaterThanOrEqualTo", "<": "PropertyIsLessThan",
    ">": "PropertyIsGreaterThan",
}  # fmt: skip
_PX_PER_MM = 96 / 25.4
_EDGE = "#20262e"


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
    >>> from geo_ree.exports.symbols import rules_for
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
        _stroke(mark, _EDGE, 0.2, dashed=False)
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
