"""Raster runs: read the layers, then write rasters of distances and of scores."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geo_ree.errors import SettingsError
from geo_ree.outputs.notice import licence_notice
from geo_ree.outputs.raster_styles import write_ramp
from geo_ree.pipeline.gateways import choose_gateways
from geo_ree.pipeline.layers import read_layers
from geo_ree.pipeline.records import Layers
from geo_ree.pipeline.regions import region_around
from geo_ree.pipeline.score_rasters import Suitability, suitability
from geo_ree.pipeline.stage_clock import Progress
from geo_ree.pipeline.world_borders import borders_of
from geo_ree.proximity import (
    Box,
    TargetIndex,
    fair_step_m,
    load_targets,
    make_grid,
    surface,
)
from geo_ree.schema import CLOSED_KINDS
from geo_ree.scoring import ScoreModel, load_preset
from geo_ree.settings import REGION, Options, Settings
from geo_ree.storage import atomic_files

logger = logging.getLogger(__name__)


Measure = Callable[..., Path]
"""Writes a raster of distances as `geo_ree.surface` does, and returns its path."""

Combine = Callable[..., Suitability]
"""Writes a raster of scores as `geo_ree.suitability` does."""


def measure_whole(layer: Any, resolution: float | str, path: Path, **more: Any) -> Path:
    """Write a raster of distances in one file, with its colours beside it, in this process."""
    with atomic_files(path.parent) as draft:
        surface(layer, resolution, draft / path.name, **more)
        write_ramp(draft / path.name, path.parent)
    return path


def combine_whole(surfaces: Mapping[str, Path], model: ScoreModel, folder: Path) -> Suitability:
    """Write a raster of scores in one file, with its colours beside it, in this process."""
    name = "suitability.tif"
    with atomic_files(folder) as draft:
        made = suitability(surfaces, model, draft / name)
        write_ramp(draft / name, folder)
    return replace(made, path=folder / name)


def write_surface(
    settings: Settings,
    options: Options,
    path: Path,
    *,
    layer: str = "",
    target: str = "",
    resolution: float | str = "1 km",
    box: Box = REGION,
    measure: Measure = measure_whole,
    tell: Progress = logger.info,
) -> Path:
    """Write a raster of the distance to a canonical layer, or to a target of the scores.

    Parameters
    ----------
    settings, options
        Data folder, sources and file of targets.
    path
        File to write, or what `measure` takes as such.
    layer
        A canonical layer with all its features that are in use, of all countries: ``railways``.
    target
        A target of the presets: ``railway``. A cell has the distance that a deposit there has in the
        tables; see `geo_ree.surface`. Give a layer or a target.
    resolution, box
        See `geo_ree.proximity.surface`. Beyond `REGION`, the sources are read as far as
        `region_around` the box.
    measure
        How the raster and its colours are written: `measure_whole`, or `geo_ree.distributed.surface`
        with a client.
    tell
        Called with a line of progress for each table.

    Returns
    -------
    pathlib.Path
        What `measure` returns.

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
    layers = _read(settings, options, box, tell, layer)
    how = _How(resolution, box, measure, tell)
    if target:
        return how.write_target(path, target, _indexed(layers, options), layers)
    return how.write_layer(path, layer, layers)


def write_suitability(
    settings: Settings,
    options: Options,
    folder: Path,
    *,
    resolution: float | str = "1 km",
    box: Box = REGION,
    measure: Measure = measure_whole,
    combine: Combine = combine_whole,
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
    resolution, box, measure, tell
        See `write_surface`. `measure` gets a name in the folder for each distance.
    combine
        How the scores are written from the distances, with the folder as its last argument.

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
    layers = _read(settings, options, box, tell)
    index, how = _indexed(layers, options), _How(resolution, box, measure, tell, step_m)
    surfaces: dict[str, Path] = {}
    for name in index.targets:
        column, rows = f"dist_{name}_km", index.rows(name)
        if column in model.columns and rows is not None and len(rows):
            surfaces[column] = how.write_target(folder / f"{column}.tif", name, index, layers)
    if not surfaces:
        raise SettingsError(
            f"no available source has any target of the preset {model.name}",
            "choose other sources with --only",
        )
    chosen = model.choose(pd.DataFrame({column: [0.0] for column in surfaces}))
    return combine(surfaces, chosen, folder)


def _indexed(layers: Layers, options: Options) -> TargetIndex:
    targets = choose_gateways(load_targets(options.targets), layers.frames, options)
    return TargetIndex(layers.frames, targets, coverage=layers.coverage, regions=layers.regions)


def _read(
    settings: Settings, options: Options, box: Box, tell: Progress, layer: str = ""
) -> Layers:
    """Read the layers that a raster of a box is measured to; beyond the region, those alone."""
    region = options.region or region_around(box)
    if region == REGION:
        return read_layers(settings, options, tell)
    options = replace(options, region=region)
    wanted = {layer} if layer else {t.layer for t in load_targets(options.targets).values()}
    return read_layers(
        settings,
        options,
        tell,
        only_layers={*wanted, "countries"},
        countries=borders_of(region),
    )


@dataclass(frozen=True)
class _How:
    """How the rasters of a command are written."""

    resolution: float | str
    box: Box
    measure: Measure
    tell: Progress
    step_m: float = 0.0

    def write_target(self, path: Path, name: str, index: TargetIndex, layers: Layers) -> Path:
        """Write the distance to a target, as a deposit has it."""
        rows, label = index.rows(name), index.targets[name].label
        if rows is None or not len(rows):
            raise _no_feature(label, layers)
        return self._write(index, path, rows, layers, label, target=name, step_m=self.step_m)

    def write_layer(self, path: Path, layer: str, layers: Layers) -> Path:
        """Write the distance to all features in use of a layer."""
        frames = layers.frames
        rows = frames.get(layer, gpd.GeoDataFrame())
        if "kind" in rows:
            rows = rows[~rows["kind"].isin(CLOSED_KINDS)]
        rows = rows[rows.geometry.notna() & ~rows.geometry.is_empty] if len(rows) else rows
        if not len(rows):
            raise _no_feature(layer, layers)
        covered, within = layers.coverage.get(layer, frozenset()), None
        if not layers.regions.get(layer) and "countries" in frames:
            within = frames["countries"][frames["countries"]["country"].isin(covered)]
        return self._write(rows, path, rows, layers, layer, within=within, name=layer)

    def _write(
        self,
        measured: Any,
        path: Path,
        rows: gpd.GeoDataFrame,
        layers: Layers,
        label: str,
        **more: Any,
    ) -> Path:
        used, grid = _sources_of(rows), make_grid(self.box, self.resolution)
        made = self.measure(
            measured,
            self.resolution,
            path,
            box=self.box,
            sources=used,
            attribution=_attribution(used, layers),
            **more,
        )
        self.tell(f"{made}: {grid.width:,} x {grid.height:,} cells, distance to {label}")
        return made


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
