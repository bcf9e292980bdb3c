"""Rules for drawing a layer, written as QML for QGIS and as SLD for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from geo_ree.outputs.symbols import Rule, Symbol, Test

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
"""First line of a style of QGIS."""

_EDGE = "32,38,46,255"
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


def qml_style(rules: Sequence[Rule], *, label: str = "") -> str:
    """Write rules as QML, the style of QGIS; ``label`` is an expression to label features by."""
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
    return DOCTYPE + ET.tostring(root, encoding="unicode")


def expression(tests: Sequence[Test]) -> str:
    """Write tests as an expression of QGIS.

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


def sld_style(layer: str, rules: Sequence[Rule]) -> str:
    """Write rules as a Styled Layer Descriptor.

    References
    ----------
    Open Geospatial Consortium (2006), Symbology Encoding Implementation Specification 1.1.0,
    OGC 05-077r4.
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
    # SE has no diamond, so a square is turned by 45 degrees.
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
