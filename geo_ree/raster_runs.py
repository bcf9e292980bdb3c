"""Sources at hand into rasters: of the distance to one thing, and of the score of a preset."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geo_ree.catalog import Source
from geo_ree.errors import SettingsError
from geo_ree.intake import layer_coverage, read_layers
from geo_ree.options import Options
from geo_ree.proximity import Grid, Target, load_targets, surface
from geo_ree.proximity.grid import Box, make_grid
from geo_ree.proximity.reach import numbers
from geo_ree.score_rasters import Suitability, suitability
from geo_ree.scoring import load_preset
from geo_ree.settings import REGION, Settings

logger = logging.getLogger(__name__)

Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What a raster of distances goes to.

    Parameters
    ----------
    target
        What it is.
    rows
        The features that count, of all countries.
    within
        Countries outside which the distance is unknown; None where it is known everywhere.
    """

    target: Target
    rows: gpd.GeoDataFrame
    within: gpd.GeoDataFrame | None


def choose_goal(
    target: Target, layers: Mapping[str, gpd.GeoDataFrame],
    coverage: Mapping[str, frozenset[str]],
) -> Goal:  # fmt: skip
    """Choose the features that a raster of distances goes to.

    Parameters
    ----------
    target
        What is measured to.
    layers
        Canonical layers by name.
    coverage
        Layer -> countries in which a missing feature means something; see
        `geo_ree.intake.layer_coverage`.

    Returns
    -------
    Goal
        Lines of unknown course and what has no place are left out.

    Examples
    --------
    >>> choose_goal(Target(name="port", layer="ports", label="port"), {}, {}).rows.empty
    True
    """
    covered = coverage.get(target.layer)
    within = None
    if covered is not None and "countries" in layers:
        within = layers["countries"][layers["countries"]["country"].isin(covered)]
    return Goal(target=target, rows=_rows(target, layers), within=within)


def write_surface(
    settings: Settings, options: Options, path: Path, *, layer: str = "", target: str = "",
    resolution: float | str = "1 km", box: Box = REGION, tell: Progress = logger.info,
) -> Grid:  # fmt: skip
    """Write the raster of distances to a canonical layer, or to a target of the scores.

    Parameters
    ----------
    settings, options
        Where the data are, which sources count, and the file of targets.
    path
        File to write.
    layer
        A canonical layer, all of its features: ``railways``.
    target
        A target, as the presets measure to it: ``railway``. Lines of unknown course are left
        out, and where no source covers the layer it is unknown. One of the two is given.
    resolution, box
        See `geo_ree.proximity.surface`.
    tell
        Called with a line on each table.

    Returns
    -------
    geo_ree.proximity.Grid

    Raises
    ------
    SettingsError
        When both or none are given, or no source at hand has such features.
    SchemaError
        When the box or the resolution is no good.
    """
    if bool(layer) == bool(target):
        raise SettingsError(f"layer is {layer!r} and target {target!r}", "give one of the two")
    make_grid(box, resolution)  # refused before anything is read
    targets = load_targets(options.targets)
    if target and target not in targets:
        raise SettingsError(f"no target is called {target!r}", f"use one of {', '.join(targets)}")
    chosen = targets[target] if target else Target(name=layer, layer=layer, label=layer)
    read_in = read_layers(settings, options, tell)
    return _write(path, chosen, read_in.layers, read_in.sources, resolution, box, tell)


def write_suitability(
    settings: Settings, options: Options, folder: Path, *, resolution: float | str = "1 km",
    box: Box = REGION, tell: Progress = logger.info,
) -> Suitability:  # fmt: skip
    """Write a raster for each distance of a preset, and ``suitability.tif`` of its scores.

    Each distance goes to the nearest of all countries; the tables of the scores count those of
    the deposit's own country where the target says so.

    Parameters
    ----------
    settings, options
        Where the data are, which sources count, the preset and the file of targets.
    folder
        Folder of the files, each written whole or not at all.
    resolution, box, tell
        See `write_surface`.

    Returns
    -------
    geo_ree.score_rasters.Suitability

    Raises
    ------
    ScoreError
        When the preset's aggregate compares alternatives (TOPSIS).
    SettingsError
        When no source at hand has anything that the preset measures to.
    SchemaError
        When the box or the resolution is no good.
    """
    make_grid(box, resolution)
    model = load_preset(options.preset)
    if options.aggregate:
        model = replace(model, aggregate=options.aggregate)
    read_in = read_layers(settings, options, tell)
    surfaces: dict[str, Path | str] = {}
    for target in load_targets(options.targets).values():
        column = f"dist_{target.name}_km"
        if column not in model.columns or not len(_rows(target, read_in.layers)):
            continue
        surfaces[column] = folder / f"{column}.tif"
        _write(folder / f"{column}.tif", target, read_in.layers, read_in.sources, resolution, box,
               tell)  # fmt: skip
    if not surfaces:
        raise SettingsError(
            f"no source at hand has anything that the preset {model.name} measures to",
            "choose other sources with --only",
        )
    chosen = model.choose(pd.DataFrame({column: [0.0] for column in surfaces}))
    return suitability(surfaces, chosen, folder / "suitability.tif")


def _write(
    path: Path, target: Target, layers: Mapping[str, gpd.GeoDataFrame],
    sources: Mapping[str, Source], resolution: float | str, box: Box, tell: Progress,
) -> Grid:  # fmt: skip
    goal = choose_goal(target, layers, layer_coverage(sources.values()))
    rows = goal.rows
    if not len(rows):
        raise SettingsError(
            f"no source at hand has a {target.label} whose course is known",
            f"use another source of one of the layers {', '.join(sorted(layers))}",
        )
    named = tuple(sorted(set(rows["source_id"].dropna().astype(str))))
    words = dict.fromkeys(sources[i].attribution for i in named if i in sources)
    grid = surface(rows, resolution, path, box=box, within=goal.within, name=target.label,
                   sources=named, attribution="; ".join(w for w in words if w))  # fmt: skip
    tell(f"{path}: {grid.width:,} x {grid.height:,} cells, distance to {target.label}")
    return grid


def _rows(target: Target, layers: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """What counts, without lines of unknown course and what has no place."""
    if target.layer not in layers:
        return gpd.GeoDataFrame()
    layer = layers[target.layer]
    rows = target.choose(layer) if len(layer) else layer
    sure = numbers(rows, "lateral_error_km") <= target.max_lateral_error_km
    return rows[sure & rows.geometry.notna() & ~rows.geometry.is_empty]
