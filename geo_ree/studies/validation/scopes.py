"""Scopes: parts of the world with their sites and the layers that cover them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree import storage
from geo_ree.catalog import Source, load_catalog
from geo_ree.deposits import assign_country
from geo_ree.pipeline.layers import read_layers
from geo_ree.pipeline.records import Layers
from geo_ree.pipeline.stage_clock import Progress
from geo_ree.proximity import Target, TargetIndex, load_targets
from geo_ree.settings import REGION, SCORED_COUNTRIES, Options, Settings
from geo_ree.studies.validation.mine_labels import (
    COMPARED_KM,
    label_sites,
    mine_records,
    plant_records,
    usable_records,
)
from geo_ree.studies.validation.trials import MRDS

WORLD_BORDERS = "natural_earth_countries"
WORLD_LAYERS = (
    "natural_earth_railroads",
    "natural_earth_roads",
    "natural_earth_populated_places",
    "natural_earth_rivers",
    "natural_earth_lakes",
)
"""Sources that hold the whole world, in the order of the layers."""

_WORLD_WIDTH_DEG = 180.0


_GLOBE = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A part of the world: its sites and the layers that cover it.

    Parameters
    ----------
    name
        ``seven`` (the scored countries), ``region`` (all countries of the region) or ``world``.
    sites
        From `mine_labels.label_sites`, those inside the scope.
    proximity
        Made from the layers that cover the scope.
    layers
        Names of those layers.
    """

    name: str
    sites: gpd.GeoDataFrame
    proximity: TargetIndex
    layers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """All scopes, the tables read (as in ``run.json``), skipped records by reason, and warnings."""

    scopes: Mapping[str, Scope]
    inputs: Sequence[Mapping[str, Any]]
    left_out: Mapping[str, int]
    warnings: Sequence[str] = field(default=())


def gather_scopes(settings: Settings, options: Options, tell: Progress) -> Gathered:
    """Read all available sources, label their sites, and prepare the layers of each scope."""
    targets = load_targets(options.targets)
    wanted = tuple(sorted({t.layer for t in targets.values()} | {"countries"}))
    catalog = load_catalog(options.catalog)
    region = read_layers(settings, options, tell, only_layers=wanted)
    world_wide = _available(WORLD_BORDERS, settings, options)
    read_in = _read_sites(settings, options, tell, catalog, world_wide=world_wide)
    sites, left_out = _label(read_in, catalog)
    inside = _in_region(sites, region.frames["countries"])
    here = TargetIndex(region.frames, targets, coverage=region.coverage, regions=region.regions)
    seven = inside[inside["country"].isin(SCORED_COUNTRIES)]
    names = tuple(n for n in wanted if n in region.frames and n != "countries")
    scopes = {
        "seven": Scope(name="seven", sites=seven, proximity=here, layers=names),
        "region": Scope(name="region", sites=inside, proximity=here, layers=names),
    }
    inputs, warnings = [*region.inputs, *read_in.inputs], _missing(read_in, world_wide)
    if world_wide:
        scopes["world"], more, more_warnings = _world(settings, options, tell, sites, targets)
        inputs, warnings = [*inputs, *more], [*warnings, *more_warnings]
    unique = {(i["id"], i["table"], i["layer"]): i for i in inputs}
    return Gathered(
        scopes=scopes, inputs=list(unique.values()), left_out=left_out, warnings=warnings
    )


def _available(source_id: str, settings: Settings, options: Options) -> bool:
    chosen = not options.only or source_id in options.only
    return (
        chosen
        and source_id not in options.without
        and storage.latest_snapshot(settings, source_id) is not None
    )


def _read_sites(
    settings: Settings,
    options: Options,
    tell: Progress,
    catalog: Mapping[str, Source],
    *,
    world_wide: bool,
) -> Layers:
    """Deposits and mines of the whole world, with countries from the best available borders."""
    borders = [i for i, s in catalog.items() if s.layer == "countries" and s.protocol == "starter"]
    without = (*options.without, *borders) if world_wide else options.without
    return read_layers(
        settings,
        replace(options, without=without, skip_bad_rows=True),
        tell,
        keep_outside=True,
        only_layers=("deposits", "facilities", "countries"),
    )


def _label(
    read_in: Layers, catalog: Mapping[str, Source]
) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    worded = {i for i, s in catalog.items() for t in s.parts() if t.words.get("kind") == "status"}
    facilities = read_in.frames.get("facilities")
    mines = None if facilities is None else mine_records(facilities)
    plants = None if facilities is None else plant_records(facilities)
    records, left_out = usable_records(read_in.frames["deposits"])
    apart = records["source_id"] == MRDS
    parts = [
        label_sites(
            records[rows].reset_index(drop=True), mines, plants, worded=worded, compared_km=km
        )
        for rows, km in ((~apart, np.inf), (apart, COMPARED_KM))
        if rows.any()
    ]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=records.crs), left_out


def _in_region(sites: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sites inside the region, with countries from its finer borders."""
    west, south, east, north = REGION
    x, y = sites.geometry.x, sites.geometry.y
    inside = sites[x.between(west, east) & y.between(south, north)]
    return inside.assign(country=assign_country(inside, countries)["country"])


def _world(
    settings: Settings,
    options: Options,
    tell: Progress,
    sites: gpd.GeoDataFrame,
    targets: Mapping[str, Target],
) -> tuple[Scope, list[dict[str, Any]], list[str]]:
    ids = [i for i in WORLD_LAYERS if _available(i, settings, options)]
    without = tuple(
        i
        for i, s in load_catalog(options.catalog).items()
        if s.layer == "countries" and i != WORLD_BORDERS
    )
    only = replace(options, only=(*ids, WORLD_BORDERS), without=(*options.without, *without))
    read_in = read_layers(settings, only, tell, keep_outside=True)
    layers, warnings = _world_wide(read_in.frames)
    # the borders of a world-wide layer do not end with the region
    borders = read_in.frames["countries"].assign(complete=True)
    everywhere = dict.fromkeys(layers, (_GLOBE,))
    proximity = TargetIndex({**layers, "countries": borders}, targets, regions=everywhere)
    return (
        Scope(name="world", sites=sites, proximity=proximity, layers=tuple(sorted(layers))),
        list(read_in.inputs),
        warnings,
    )


def _world_wide(
    layers: Mapping[str, gpd.GeoDataFrame],
) -> tuple[dict[str, gpd.GeoDataFrame], list[str]]:
    """Layers that reach around the world, and a warning for each that does not."""
    out, warnings = {}, []
    for name, layer in layers.items():
        if name == "countries":
            continue
        west, _, east, _ = layer.total_bounds
        if east - west >= _WORLD_WIDTH_DEG:
            out[name] = layer
        else:
            warnings.append(
                f"{name}: covers {west:.0f} to {east:.0f} E only, so the scope world leaves it out"
            )
    return out, warnings


def _missing(read_in: Layers, world_wide: bool) -> list[str]:
    out = []
    if "facilities" not in read_in.frames:
        out.append(
            "no table of mines is available, so only the tables of deposits identify mines; download the "
            "ICMM workbook and run geo-ree fetch icmm_mines --file WORKBOOK"
        )
    if not world_wide:
        ids = " ".join((WORLD_BORDERS, *WORLD_LAYERS))
        out.append(f"the scope world is skipped; run geo-ree fetch {ids}")
    return out
