"""Colour ramps of rasters: a QML file beside each GeoTIFF, which QGIS opens it with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from geo_ree.maps.style import SCORE_RAMP
from geo_ree.outputs.layer_styles import DOCTYPE
from geo_ree.storage import atomic_text

DISTANCE_RAMP_KM: tuple[tuple[float, str], ...] = (
    (5.0, "#1d2f7c"),
    (10.0, "#24528f"),
    (25.0, "#2a6fa6"),
    (50.0, "#46a8b3"),
    (100.0, "#9ccfa4"),
    (200.0, "#f2e3a1"),
    (math.inf, "#faf5df"),
)
"""Upper limit of the distance (km) -> colour, the nearest darkest, as the best score is."""

_MARK = " colours by geo_ree "

Stop = tuple[float, str, str]
"""Upper limit of a class (its own unit), colour, and label."""


def write_ramp(raster: Path, home: Path | None = None) -> Path:
    """Write the colours of a raster of distances (metres) or of scores beside it.

    Parameters
    ----------
    raster
        The file; ``suitability.tif`` and others with scores are known by their name, all others are
        distances.
    home
        The folder that the raster is going to, if it is a draft: a style of yours there stays.

    Returns
    -------
    pathlib.Path
        ``<name>.qml``. QGIS opens the raster with it; other programs ignore it. A style of that
        name that geo_ree did not write stays as it is.

    Raises
    ------
    SettingsError
        When it cannot be written.

    Notes
    -----
    The classes of the scores are those of the page. Distances have the same limits in each file, so
    that rasters of two layers can be compared by eye.

    Examples
    --------
    >>> import tempfile
    >>> write_ramp(Path(tempfile.mkdtemp()) / "dist_road_km.tif").name
    'dist_road_km.qml'
    """
    stops = _score_stops() if raster.stem.startswith("suitability") else _distance_stops()
    path = raster.with_suffix(".qml")
    old = (home or path.parent) / path.name
    if not old.exists() or _MARK in old.read_text(encoding="utf-8", errors="replace"):
        atomic_text(path, qml_ramp(stops))
    return path


def qml_ramp(stops: Sequence[Stop]) -> str:
    """Write classes as the style of QGIS for the first band of a raster."""
    root = ET.Element("qgis", version="3.28.0", styleCategories="Symbology")
    root.append(ET.Comment(_MARK))
    pipe = ET.SubElement(root, "pipe")
    renderer = ET.SubElement(
        pipe,
        "rasterrenderer",
        type="singlebandpseudocolor",
        band="1",
        opacity="1",
        alphaBand="-1",
        classificationMin="0",
        classificationMax=f"{stops[-2][0]:g}" if len(stops) > 1 else "1",
    )
    shader = ET.SubElement(renderer, "rastershader")
    ramp = ET.SubElement(
        shader,
        "colorrampshader",
        colorRampType="DISCRETE",
        classificationMode="1",
        clip="0",
    )
    for value, colour, label in stops:
        limit = "inf" if value == math.inf else f"{value:g}"
        ET.SubElement(ramp, "item", value=limit, color=colour, label=label, alpha="255")
    return DOCTYPE + ET.tostring(root, encoding="unicode")


def _score_stops() -> list[Stop]:
    lows = [low for low, _ in SCORE_RAMP]
    highs = [*lows[1:], math.inf]
    return [
        (high, colour, f"{low:g} to {min(high, 100):g} points")
        for (low, colour), high in zip(SCORE_RAMP, highs, strict=True)
    ]


def _distance_stops() -> list[Stop]:
    return [
        (km * 1000.0, colour, f"up to {km:g} km" if km < math.inf else "farther")
        for km, colour in DISTANCE_RAMP_KM
    ]
