"""Layers that flags read and no score is measured to: areas in colour, faults as lines; off at first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.maps.feature_groups import MapLayer
from geo_ree.maps.shapes import line_paths, pack
from geo_ree.maps.style import LINES, UNSURE_KM, ZONES
from geo_ree.maps.water_names import area_names
from geo_ree.settings import REGION, Box

LARGEST = 150_000
"""Letters that the shapes of one layer may take in the page, before it is compressed."""

_TOLERANCES_DEG = (0.005, 0.01, 0.02, 0.04, 0.08)
_STRESS = ("low", "low_medium", "medium_high", "high", "extremely_high")


def protected_areas(gdf: gpd.GeoDataFrame, region: Box = REGION) -> MapLayer:
    """Draw protected areas with their names."""
    drawn = _zones(gdf, "protected_areas", dict.fromkeys(gdf.index, "protected_areas"), region)
    drawn.payload["names"] = area_names(gdf, region)
    return drawn


def mining_areas(gdf: gpd.GeoDataFrame, region: Box = REGION) -> MapLayer:
    """Draw mapped mining land."""
    return _zones(gdf, "mining_areas", dict.fromkeys(gdf.index, "mining_areas"), region)


def water_stress(gdf: gpd.GeoDataFrame, region: Box = REGION) -> MapLayer:
    """Draw the basins whose water stress a flag names, by class: medium to high and above, and arid ones."""
    return _zones(gdf, "water_stress", stress_classes(gdf).to_dict(), region)


def active_faults(gdf: gpd.GeoDataFrame, region: Box = REGION) -> MapLayer:
    """Draw active faults, dashed where their course is uncertain."""
    unsure = gdf["lateral_error_km"].fillna(0.0) > UNSURE_KM
    payload = {
        "sure": line_paths(gdf.geometry[~unsure], region),
        "unsure": line_paths(gdf.geometry[unsure], region),
        "areas": [],
        "style": dict(LINES["active_faults"]),
    }
    return MapLayer("active_faults", "lines", payload, show=False)


def stress_classes(gdf: pd.DataFrame) -> pd.Series:
    """Class of each basin by its score, as its publisher cuts it; arid basins have none.

    Examples
    --------
    >>> basins = pd.DataFrame({"score": [4.2, 2.0, None], "label": [None, None, "Arid and Low Water Use"]})
    >>> stress_classes(basins).tolist()
    ['extremely_high', 'medium_high', 'arid']
    """
    score = pd.to_numeric(gdf["score"], errors="coerce")
    place = np.clip(np.floor(score.fillna(0.0)), 0, len(_STRESS) - 1).astype(int)
    found = pd.Series(np.array(_STRESS, dtype=object)[place], index=gdf.index)
    arid = gdf["label"].astype("string").str.casefold().str.startswith("arid").fillna(False)
    return found.where(score.notna(), None).mask(arid.astype(bool), "arid")


def _zones(gdf: gpd.GeoDataFrame, slug: str, kinds: Mapping[Any, Any], region: Box) -> MapLayer:
    """Draw areas, each class of `ZONES` in its colour, as fine as `LARGEST` lets them be."""
    kind = pd.Series(kinds, index=gdf.index, dtype=object)
    parts = {name: _parts(gdf.geometry[kind == name], region) for name in ZONES[slug]}
    count = sum(len(shapes) for shapes in parts.values())
    left_out = 0
    for tolerance in _TOLERANCES_DEG:
        packed = {name: _packed(shapes, tolerance) for name, shapes in parts.items()}
        if _letters(packed) <= LARGEST:
            break
    else:
        packed = _largest(packed)
        left_out = count - sum(map(len, packed.values()))
    payload: dict[str, Any] = {
        "classes": [[name, ZONES[slug][name], rings] for name, rings in packed.items() if rings],
        "left_out": left_out,
    }
    return MapLayer(slug, "zones", payload, show=False)


def _parts(geometry: gpd.GeoSeries, region: Box) -> Any:
    """Polygons within the region, those that touch joined, the largest first."""
    shapes = shapely.clip_by_rect(shapely.make_valid(geometry.to_numpy()), *region)
    joined = shapely.get_parts(shapely.union_all(shapes))
    polygons = joined[shapely.get_type_id(joined) == shapely.GeometryType.POLYGON]
    return polygons[np.argsort(-shapely.area(polygons), kind="stable")]


def _packed(shapes: Any, tolerance: float) -> list[list[str]]:
    """Rings of each polygon, the outer ring first; holes finer than the tolerance are filled."""
    out = []
    for shape in shapely.simplify(shapes, tolerance):
        rings = shapely.get_rings(shape)
        wide = np.array(
            [r for k, r in enumerate(rings) if not k or shapely.length(r) > 8 * tolerance]
        )
        out.append(pack(wide))
    return out


def _letters(packed: Mapping[str, list[list[str]]]) -> int:
    return sum(len(ring) for shapes in packed.values() for rings in shapes for ring in rings)


def _largest(packed: Mapping[str, list[list[str]]]) -> dict[str, list[list[str]]]:
    """Keep the largest shapes of each class, so many that they fit."""
    share = LARGEST / _letters(packed)
    out = {}
    for name, shapes in packed.items():
        sizes = np.cumsum([sum(map(len, rings)) for rings in shapes])
        out[name] = shapes[: int(np.searchsorted(sizes, share * sizes[-1]))] if shapes else []
    return out
