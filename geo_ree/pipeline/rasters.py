"""Raster runs: read the layers, then write rasters of distances and of scores."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geo_ree.errors import SettingsError
from geo_ree.outputs.notice import licence_notice
from geo_ree.outputs.raster_styles import write_ramp
from geo_ree.pipeline.gateways import choose_gateways
from geo_ree.pipeline.layers import read_layers
from geo_ree.pipeline.records import Layers
from geo_ree.pipeline.score_rasters import Suitability, suitability
from geo_ree.pipeline.stage_clock import Progress
from geo_ree.proximity import (
    Box,
    Grid,
    TargetIndex,
    fair_step_m,
    load_targets,
    make_grid,
    surface,
)
from geo_ree.schema import CLOSED_KINDS
from geo_ree.scoring import load_preset
from geo_ree.settings import REGION, Options, Settings

logger = logging.getLogger(__name__)


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
        A canonical layer with all its features that are in use, of all countries: ``railways``.
    target
        A target of the presets: ``railway``. A cell has the distance that a deposit there has in the
        tables; see `geo_ree.surface`. Give a layer or a target.
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
    layers = read_layers(settings, options, tell)
    if target:
        return _write_target(path, target, _indexed(layers, options), layers, resolution, box, tell)
    return _write_layer(path, layer, layers, resolution, box, tell)


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

    A cell has the distances and the score that a deposit there has in the tables: it counts the
    features of its own country unless the target says otherwise. A cell at sea or outside all
    countries has none. Distances are rounded to 1/256 of a cell.

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
    step_m = fair_step_m(make_grid(box, resolution))
    model = load_preset(options.preset)
    if options.aggregate:
        model = replace(model, aggregate=options.aggregate)
    layers = read_layers(settings, options, tell)
    index = _indexed(layers, options)
    surfaces: dict[str, Path | str] = {}
    for name in index.targets:
        column, rows = f"dist_{name}_km", index.rows(name)
        if column in model.columns and rows is not None and len(rows):
            surfaces[column] = path = folder / f"{column}.tif"
            _write_target(path, name, index, layers, resolution, box, tell, step_m=step_m)
    if not surfaces:
        raise SettingsError(
            f"no available source has any target of the preset {model.name}",
            "choose other sources with --only",
        )
    chosen = model.choose(pd.DataFrame({column: [0.0] for column in surfaces}))
    made = suitability(surfaces, chosen, folder / "suitability.tif")
    write_ramp(made.path)
    return made


def _indexed(layers: Layers, options: Options) -> TargetIndex:
    targets = choose_gateways(load_targets(options.targets), layers.frames, options)
    return TargetIndex(layers.frames, targets, coverage=layers.coverage, regions=layers.regions)


def _write_target(
    path: Path,
    name: str,
    index: TargetIndex,
    layers: Layers,
    resolution: float | str,
    box: Box,
    tell: Progress,
    *,
    step_m: float = 0.0,
) -> Grid:
    rows, label = index.rows(name), index.targets[name].label
    if rows is None or not len(rows):
        raise _no_feature(label, layers)
    used = _sources_of(rows)
    grid = surface(
        index,
        resolution,
        path,
        target=name,
        box=box,
        sources=used,
        attribution=_attribution(used, layers),
        step_m=step_m,
    )
    write_ramp(path)
    tell(f"{path}: {grid.width:,} x {grid.height:,} cells, distance to {label}")
    return grid


def _write_layer(
    path: Path, layer: str, layers: Layers, resolution: float | str, box: Box, tell: Progress
) -> Grid:
    frames = layers.frames
    rows = frames.get(layer, gpd.GeoDataFrame())
    if "kind" in rows:
        rows = rows[~rows["kind"].isin(CLOSED_KINDS)]
    rows = rows[rows.geometry.notna() & ~rows.geometry.is_empty] if len(rows) else rows
    if not len(rows):
        raise _no_feature(layer, layers)
    covered, used = layers.coverage.get(layer, frozenset()), _sources_of(rows)
    within = None
    if not layers.regions.get(layer) and "countries" in frames:
        within = frames["countries"][frames["countries"]["country"].isin(covered)]
    grid = surface(
        rows,
        resolution,
        path,
        box=box,
        within=within,
        name=layer,
        sources=used,
        attribution=_attribution(used, layers),
    )
    write_ramp(path)
    tell(f"{path}: {grid.width:,} x {grid.height:,} cells, distance to {layer}")
    return grid


def _no_feature(what: str, layers: Layers) -> SettingsError:
    return SettingsError(
        f"no available source has a {what}",
        f"use another source of one of the layers {', '.join(sorted(layers.frames))}",
    )


def _sources_of(rows: gpd.GeoDataFrame) -> tuple[str, ...]:
    return tuple(sorted(set(rows["source_id"].dropna().astype(str))))


def _attribution(used: tuple[str, ...], layers: Layers) -> str:
    """Return the attributions of sources, and the notices that their licences require."""
    columns = ["layer", "attribution", "licence"]
    chosen = [layers.sources[i] for i in used if i in layers.sources]
    named = pd.DataFrame([[getattr(s, c) for c in columns] for s in chosen], columns=columns)
    return licence_notice(named)
