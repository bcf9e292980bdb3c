"""Raster runs: read the layers, then write rasters of distances and of scores."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geo_ree.catalog import Source
from geo_ree.errors import SettingsError
from geo_ree.pipeline.layers import layer_coverage, read_layers
from geo_ree.pipeline.score_rasters import Suitability, suitability
from geo_ree.proximity import (
    Box,
    Grid,
    Target,
    choose_features,
    load_targets,
    make_grid,
    surface,
)
from geo_ree.scoring import load_preset
from geo_ree.settings import REGION, Options, Settings

logger = logging.getLogger(__name__)

Progress = Callable[[str], None]


def write_surface(
    settings: Settings,
    options: Options,
    path: Path,
    *,
    layer: str = "",
    target: str = "",
    resolution: float | str = "1 km",
    box: Box = REGION,
    tell: Progress = logger.info,
) -> Grid:
    """Write a raster of the distance to a canonical layer, or to a target of the scores.

    Parameters
    ----------
    settings, options
        Data folder, sources and file of targets.
    path
        File to write.
    layer
        A canonical layer with all its features: ``railways``.
    target
        A target of the presets: ``railway``. Lines of unknown course are left out, and where no
        source covers the layer the distance is unknown. Give a layer or a target.
    resolution, box
        See `geo_ree.proximity.surface`.
    tell
        Called with a line of progress for each table.

    Returns
    -------
    geo_ree.proximity.Grid

    Raises
    ------
    SettingsError
        When both or neither are given, or no available source has such features.
    SchemaError
        When the box or the resolution is invalid.
    """
    if bool(layer) == bool(target):
        raise SettingsError(f"layer is {layer!r} and target {target!r}", "give one of the two")
    make_grid(box, resolution)  # fail before anything is read
    targets = load_targets(options.targets)
    if target and target not in targets:
        raise SettingsError(f"no target is called {target!r}", f"use one of {', '.join(targets)}")
    chosen = targets[target] if target else Target(name=layer, layer=layer, label=layer)
    layers = read_layers(settings, options, tell)
    return _write_distances(path, chosen, layers.frames, layers.sources, resolution, box, tell)


def write_suitability(
    settings: Settings,
    options: Options,
    folder: Path,
    *,
    resolution: float | str = "1 km",
    box: Box = REGION,
    tell: Progress = logger.info,
) -> Suitability:
    """Write a raster for each distance of a preset, and ``suitability.tif`` with its scores.

    Each distance is to the nearest feature of all countries; the score tables use the features of
    the deposit's own country where the target says so.

    Parameters
    ----------
    settings, options
        Data folder, sources, preset and file of targets.
    folder
        Folder of the files, each written completely or not at all.
    resolution, box, tell
        See `write_surface`.

    Returns
    -------
    Suitability

    Raises
    ------
    ScoreError
        When the preset's aggregate compares alternatives (TOPSIS).
    SettingsError
        When no available source has any target of the preset.
    SchemaError
        When the box or the resolution is invalid.
    """
    make_grid(box, resolution)
    model = load_preset(options.preset)
    if options.aggregate:
        model = replace(model, aggregate=options.aggregate)
    layers = read_layers(settings, options, tell)
    surfaces: dict[str, Path | str] = {}
    for target in load_targets(options.targets).values():
        column = f"dist_{target.name}_km"
        if column in model.columns and len(choose_features(target, layers.frames, {}).rows):
            surfaces[column] = path = folder / f"{column}.tif"
            _write_distances(path, target, layers.frames, layers.sources, resolution, box, tell)
    if not surfaces:
        raise SettingsError(
            f"no available source has any target of the preset {model.name}",
            "choose other sources with --only",
        )
    chosen = model.choose(pd.DataFrame({column: [0.0] for column in surfaces}))
    return suitability(surfaces, chosen, folder / "suitability.tif")


def _write_distances(
    path: Path,
    target: Target,
    layers: Mapping[str, gpd.GeoDataFrame],
    sources: Mapping[str, Source],
    resolution: float | str,
    box: Box,
    tell: Progress,
) -> Grid:
    _, rows, within = choose_features(target, layers, layer_coverage(sources.values()))
    if not len(rows):
        raise SettingsError(
            f"no available source has a {target.label} whose course is known",
            f"use another source of one of the layers {', '.join(sorted(layers))}",
        )
    used = tuple(sorted(set(rows["source_id"].dropna().astype(str))))
    attributions = dict.fromkeys(sources[i].attribution for i in used if i in sources)
    grid = surface(
        rows,
        resolution,
        path,
        box=box,
        within=within,
        name=target.label,
        sources=used,
        attribution="; ".join(a for a in attributions if a),
    )
    tell(f"{path}: {grid.width:,} x {grid.height:,} cells, distance to {target.label}")
    return grid
