"""Layers into measures: the distances, terrain and omission rates of every deposit."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from geo_ree.errors import SettingsError
from geo_ree.pipeline.deposit_routes import no_access, no_corridors
from geo_ree.pipeline.earthquakes import earthquake_columns
from geo_ree.pipeline.elevation import RasterSource, terrain_columns
from geo_ree.pipeline.gateways import check_names, choose_gateways, to_the_metre
from geo_ree.pipeline.records import Layers, Measures
from geo_ree.pipeline.sampling import measure_omission, missing_lines
from geo_ree.pipeline.site_rasters import site_columns
from geo_ree.pipeline.unplaced import no_areas, possible_areas
from geo_ree.pipeline.water_notes import water_notes
from geo_ree.proximity import Target, TargetIndex, load_targets, measure, measure_surroundings
from geo_ree.proximity.border_distance import border_columns
from geo_ree.proximity.omission import ALL
from geo_ree.schema import RANKED_ROLES, SCORED_ROLES
from geo_ree.settings import Options

_UNSURE_KM = 25.0
"""Lateral error above which a line counts as one of unknown course in the warnings."""


def measure_deposits(
    layers: Layers, options: Options, rasters: tuple[RasterSource, ...] = ()
) -> Measures:
    """Measure every deposit of a scored role that has a coordinate.

    Parameters
    ----------
    layers
        With resolved deposits.
    options
        Targets, gateways and seed.
    rasters
        From `geo_ree.pipeline.elevation.find_rasters`.

    Raises
    ------
    SettingsError
        When no deposit can be scored, or a gateway is unknown.
    """
    frames = layers.frames
    deposits = _scorable(frames["deposits"])
    targets = load_targets(options.targets)
    if options.targets is not None:
        check_names(targets, frames, str(options.targets))
    targets = choose_gateways(targets, frames, options)
    proximity = TargetIndex(frames, targets, coverage=layers.coverage, regions=layers.regions)
    distances = measure(deposits, frames, labels=layers.labels, index=proximity, feet=True)
    terrain = terrain_columns(deposits, rasters, proximity)
    limits = upper_limits(distances, targets)
    shocks = earthquake_columns(deposits, frames)
    borders = border_columns(deposits, frames["countries"], layers.labels)
    around = measure_surroundings(
        deposits, frames, coverage=layers.coverage, regions=layers.regions, labels=layers.labels
    )
    near = to_the_metre(pd.concat([distances, borders, around], axis=1))
    parts = [deposits, near, limits, terrain, shocks, site_columns(deposits, rasters)]
    table = pd.concat(parts, axis=1)
    rates = measure_omission(proximity)
    located = layers.located
    areas = no_areas() if located is None else located.areas
    return Measures(
        table=pd.concat([table, water_notes(table, proximity)], axis=1),
        targets=targets,
        proximity=proximity,
        omission_rates=rates,
        missing=missing_lines(proximity, rates, frames["countries"], options.seed),
        areas=possible_areas(frames["deposits"], areas, frames["countries"]),
        corridors=no_corridors(),
        access=no_access(),
    )


def upper_limits(distances: pd.DataFrame, targets: Mapping[str, Target]) -> pd.Series:
    """Name, per deposit, the targets whose known distance is an upper limit, separated by ``;``."""
    names = [n for n, t in targets.items() if t.upper_limit]
    known = distances[[f"dist_{n}_km" for n in names]].notna().to_numpy()
    found = [";".join(n for n, here in zip(names, row, strict=True) if here) for row in known]
    return pd.Series(found, index=distances.index, name="upper_limits", dtype=object)


def measure_warnings(measures: Measures, frames: Mapping[str, gpd.GeoDataFrame]) -> list[str]:
    """What a reader has to know of what was measured in `frames`, the layers by name."""
    return [*_unknown_distances(measures, frames), *_assumed_omission(measures)]


def _scorable(deposits: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    located = deposits.geometry.notna() & ~deposits.geometry.is_empty
    rows = deposits[located & deposits["role"].isin(SCORED_ROLES)]
    if rows.empty:
        raise SettingsError(
            "no deposit has both a coordinate and a role that is scored",
            "choose another source of deposits",
        )
    return rows.set_index("id", drop=False).rename_axis(None)


def _unknown_distances(measures: Measures, frames: Mapping[str, gpd.GeoDataFrame]) -> list[str]:
    """Warn of targets that are unknown, and of lines whose course is."""
    out = []
    for name, target in measures.targets.items():
        unknown = int(measures.table[f"dist_{name}_km"].isna().sum())
        if target.layer not in frames:
            out.append(
                f"no source of the layer {target.layer} is available: {target.label} is unknown"
            )
        elif unknown:
            ranked = int(measures.table["role"].isin(RANKED_ROLES).sum())
            out.append(
                f"{target.label}: unknown for {unknown} of {len(measures.table)} deposits "
                f"that were measured, {ranked} of them candidates and by-product hosts"
            )
    for layer in ("railways", "roads"):
        if layer in frames:
            unsure = int((frames[layer]["lateral_error_km"] > _UNSURE_KM).sum())
            if unsure:
                out.append(f"{layer}: the course of {unsure} pieces is unknown by over 25 km")
    return out


def _assumed_omission(measures: Measures) -> list[str]:
    """Warn of layers whose omission rate is assumed."""
    out = []
    for name, rates in measures.omission_rates.items():
        row = rates[(rates["source_id"] == ALL) & (rates["country"] == ALL)].iloc[0]
        if row["state"] == "assumed":
            out.append(
                f"{measures.targets[name].layer}: no second source to estimate omission from; "
                f"{100 * row['rate']:.0f} % of the lines are assumed to be missing"
            )
    return out
