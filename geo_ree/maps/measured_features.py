"""What a point of the page is measured to: the targets of a run, and which of the drawn features count."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.maps.style import LABELS, MEASURES
from geo_ree.proximity import Target, load_targets
from geo_ree.proximity.layer_extents import LayerExtents
from geo_ree.settings import Box

_CLASSES_KM = (
    0.05,
    0.25,
    1.0,
    2.5,
    5.0,
    10.0,
    15.0,
    20.0,
    25.0,
    30.0,
    35.0,
    40.0,
    50.0,
    75.0,
    100.0,
    200.0,
)
"""Lines are grouped by classes of their lateral error, and measured with the largest error of their group."""


def targets_of(report: Mapping[str, Any]) -> dict[str, Target]:
    """Give the targets of a run from its report, those of the package where it names none."""
    stated = report.get("targets")
    if not stated:
        return load_targets()
    return {name: Target.model_validate({"name": name, **one}) for name, one in stated.items()}


def layer_targets(targets: Mapping[str, Target]) -> dict[str, Target]:
    """Give the target that a score measures in each layer."""
    return {
        layer: targets[name]
        for name, (_, layer) in MEASURES.items()
        if name in targets and targets[name].layer == layer
    }


def measure_names(targets: Mapping[str, Target]) -> dict[str, tuple[str, str]]:
    """Give label and layer of each measure, the label with the least size that counts.

    Examples
    --------
    >>> measure_names(load_targets())["power_plant"]
    ('power plant of 50 MW or more', 'power_plants')
    """
    return {
        name: (targets[name].name_with_size(word) if name in targets else word, layer)
        for name, (word, layer) in MEASURES.items()
    }


def layer_labels(targets: Mapping[str, Target]) -> dict[str, str]:
    """Give the label of each layer, with the least size that is drawn.

    Examples
    --------
    >>> layer_labels(load_targets())["settlements"]
    'Towns of 5,000 people or more'
    """
    sized = {
        layer: target.size_words()
        for layer, target in layer_targets(targets).items()
        if layer in ("power_plants", "settlements")
    }
    words = {**LABELS, "settlements": "Towns"} if sized.get("settlements") else LABELS
    return {slug: f"{words[slug]} {sized.get(slug, '')}".rstrip() for slug in LABELS}


def target_values(targets: Mapping[str, Target]) -> dict[str, dict[str, Any]]:
    """Give the rules by which the page measures, a mapping a measure."""
    return {
        name: {
            "same_country": targets[name].same_country,
            "upper_limit": bool(targets[name].upper_limit),
            "certain_km": _finite(targets[name].max_lateral_error_km),
        }
        for name in MEASURES
        if name in targets
    }


def whole_countries(countries: gpd.GeoDataFrame, region: Box) -> list[str]:
    """Give the countries that lie wholly in the region: nothing nearer of their own is beyond it."""
    if "complete" not in countries:
        return []
    return sorted(LayerExtents(countries, {}, {}).complete(region))


def measured_paths(
    gdf: gpd.GeoDataFrame,
    target: Target | None,
    detailed: Collection[str],
    pack: Callable[[gpd.GeoSeries], list[str]],
) -> tuple[list[str], list[list[Any]]]:
    """Pack lines or areas in groups that are measured alike.

    Returns the paths, and for each group in their order how many paths it has, its country and the
    largest error (km) of a feature in it, None where they do not count. Only in the countries of
    `detailed` is the error divided into classes: elsewhere a group holds a whole country.
    """
    if target is None or gdf.empty:
        paths = pack(gdf.geometry)
        return paths, [[len(paths), None, None]] if paths else []
    country = gdf.get("country", pd.Series(index=gdf.index, dtype=object)).astype(object)
    country = country.where(country.notna(), "")
    error = gdf["lateral_error_km"].fillna(0.0).to_numpy(np.float64)
    limits = sorted({*_CLASSES_KM, target.max_lateral_error_km})
    certain = (error <= target.max_lateral_error_km).astype(int)
    lot = np.where(country.isin(list(detailed)), np.searchsorted(limits, error), -certain)
    counts = gdf.index.isin(target.choose(gdf).index)
    keys = [country.where(counts, ""), np.where(counts, lot, 0), counts]
    paths, groups = [], []
    for (code, _, counted), rows in gdf.assign(_error=error).groupby(keys):
        part = pack(rows.geometry)
        paths += part
        largest = round(float(rows["_error"].max()), 3) if counted else None
        groups += [[len(part), str(code) or None, largest]] if part else []
    return paths, groups


def with_counts(gdf: gpd.GeoDataFrame, target: Target | None) -> gpd.GeoDataFrame:
    """Add ``counts`` to points, False for those that no distance is measured to."""
    if target is None:
        return gdf
    gdf = gdf.reset_index(drop=True)
    counts = pd.Series(gdf.index.isin(target.choose(gdf).index), gdf.index, dtype=object)
    return gdf.assign(counts=counts.where(counts == False, None))  # noqa: E712 (an object column)


def with_choices(
    gateways: gpd.GeoDataFrame, choices: Mapping[str, Collection[str]]
) -> gpd.GeoDataFrame:
    """Add ``choices``: the numbers of the choices of gateways that each gateway is in."""
    if "id" not in gateways:
        return gateways
    chosen = [set(ids) for ids in choices.values()]
    numbers = [";".join(str(i) for i, ids in enumerate(chosen) if g in ids) for g in gateways["id"]]
    return gateways.assign(choices=numbers)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
