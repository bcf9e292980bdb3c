"""Rules of drawing as QML, the style that QGIS stores in a GeoPackage."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from geo_ree.exports.symbols import Rule, Symbol, Test

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
    >>> from geo_ree.exports.symbols import rules_for
    >>> 'type="RuleRenderer"' in qml_style(rules_for("railways"))
    True
    """
    root = ET.Element(
        "qgis", version="3.28.0", styleCategories="Symbology|Labeling", labelsEnabled=str(int(bool(label)))
    )  # fmt: skip
    renderer = ET.SubElement(
        root, "renderer-v2", type="RuleRenderer", symbollevels="0", forceraster="0",
        enableorderby="0", referencescale="-1",
    )  # fmt: skip
    listed = ET.SubElement(renderer, "rules", key=_key("root"))
    symbols = ET.SubElement(renderer, "symbols")
    for number, rule in enumerate(rules):
        entry = ET.SubElement(listed, "rule", key=_key(rule.label), symbol=str(number),
                              label=rule.label)  # fmt: skip
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
    symbol = ET.SubElement(parent, "symbol", type=sign.kind, name=name, alpha="1",
                           clip_to_extent="1", force_rhr="0")  # fmt: skip
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
            "name": sign.shape, "color": colour, "size": width, "size_unit": "MM",
            "outline_color": _EDGE, "outline_style": "solid" if sign.edged else "no",
            "outline_width": "0.2",
            "outline_width_unit": "MM",
        }  # fmt: skip
    if sign.kind == "line":
        return {
            "line_color": _rgba(sign.colour, sign.opacity), "line_style": dash, "line_width": width,
            "line_width_unit": "MM", "capstyle": "round", "joinstyle": "round",
        }  # fmt: skip
    return {
        "color": _rgba(sign.colour, sign.opacity), "style": "solid" if sign.opacity else "no",
        "outline_color": colour, "outline_style": dash, "outline_width": width,
        "outline_width_unit": "MM",
    }  # fmt: skip


def _rgba(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _labels(root: ET.Element, text: str) -> None:
    labeling = ET.SubElement(root, "labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    style = ET.SubElement(
        settings, "text-style", fieldName=text, isExpression="1", fontSize="8",
        fontSizeUnit="Point", textColor=_EDGE, textOpacity="1", namedStyle="Regular",
    )  # fmt: skip
    ET.SubElement(
        style, "text-buffer", bufferDraw="1", bufferSize="0.7", bufferSizeUnits="MM",
        bufferColor="255,255,255,255", bufferOpacity="1",
    )  # fmt: skip
    ET.SubElement(settings, "placement", placement="0", dist="1", distUnits="MM", priority="5")
