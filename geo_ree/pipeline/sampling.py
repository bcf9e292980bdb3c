"""Samplers for the Monte Carlo draws: positions, courses, and lines that no source has."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import Floats, destination
from geo_ree.pipeline.elevation import draw_climbs
from geo_ree.proximity import (
    MissingDistances,
    MissingLines,
    NearestFeatures,
    TargetIndex,
    omission_rates,
)
from geo_ree.scoring import Sampler, ScoreModel
from geo_ree.scoring.raster_columns import raster_criteria, read_rasters_at

_LINE_LAYERS = ("railways", "roads", "power_lines", "water")
"""Layers whose sources omit lines; of water these are rivers and canals."""

_FLOWING = ("river", "canal")

_PLACES = 100
"""Places near each deposit from which the missing lines are measured."""


def measure_omission(index: TargetIndex) -> dict[str, pd.DataFrame]:
    """Measure what the sources of each line target leave out: target -> table of `omission_rates`."""
    return {
        name: omission_rates(rows)
        for name, target in index.targets.items()
        if target.layer in _LINE_LAYERS and (rows := _lines_of(index, name)) is not None
    }


def _lines_of(index: TargetIndex, name: str) -> gpd.GeoDataFrame | None:
    """Return the eligible rows of a target, rivers that are drawn as areas by their banks.

    Lakes stay areas: a river through a lake is in a source that has the lake, and no lake is a line
    that another source could omit.
    """
    rows = index.rows(name)
    if rows is None or index.targets[name].layer != "water":
        return rows
    shapes = rows.geometry.to_numpy(copy=True)
    banks = rows["kind"].isin(_FLOWING).to_numpy() & (shapely.get_dimensions(shapes) == 2)
    shapes[banks] = shapely.boundary(shapes[banks])
    return rows.set_geometry(gpd.GeoSeries(shapes, index=rows.index, crs=rows.crs))


def missing_lines(
    index: TargetIndex, rates: Mapping[str, pd.DataFrame], countries: gpd.GeoDataFrame, seed: int
) -> MissingLines:
    """Build the model of missing lines for every target that has rates."""
    rows = {name: found for name in rates if (found := _lines_of(index, name)) is not None}
    return MissingLines(rows, rates, countries, seed=seed)


def position_sampler(table: gpd.GeoDataFrame, index: TargetIndex, model: ScoreModel) -> Sampler:
    """Return a sampler that measures again from drawn positions and to drawn courses.

    Positions are uniform over the disc of the position error, courses to either side within the
    error of the nearest feature; a line of unknown course that may be nearer is drawn too. What is
    unknown in `table` stays unknown; only the columns that can change a score are drawn.
    """
    lon, lat = table.geometry.x.to_numpy(), table.geometry.y.to_numpy()
    radius = pd.to_numeric(table["position_error_m"]).fillna(0.0).to_numpy(dtype=np.float64)
    country = table["country"].astype(object).to_numpy()
    columns = model.columns_used

    def sample(rng: np.random.Generator, draws: int) -> dict[str, Floats]:
        shape = (draws, len(table))
        beside = rng.spawn(1)[
            0
        ]  # a stream of its own: lines beside the nearest change no other draw
        length = radius * np.sqrt(rng.random(shape))  # the root makes positions uniform by area
        x, y = destination(lon, lat, rng.random(shape) * 360.0, length)
        codes = np.broadcast_to(country, shape).ravel()
        out: dict[str, Floats] = {}
        for name in index.targets:
            # Drawn for every target, so that the choice of criteria changes no other draw.
            side, other = rng.uniform(-1.0, 1.0, shape), beside.uniform(-1.0, 1.0, shape)
            column = f"dist_{name}_km"
            if column not in columns:
                continue
            found = index.nearest(name, x.ravel(), y.ravel(), codes)
            drawn = found.draw(side.ravel(), other.ravel()).reshape(shape)
            out[column] = np.where(table[column].isna().to_numpy(), np.nan, drawn)
        if any(column.startswith("climb_") for column in columns):
            out |= draw_climbs(table, rng, draws)
        return out | draw_rasters(table, model, x, y)

    return sample


def draw_rasters(
    table: pd.DataFrame, model: ScoreModel, lon: Floats, lat: Floats
) -> dict[str, Floats]:
    """Read the rasters of a model again at drawn positions; what is unknown in `table` stays so."""
    used = [c for c in raster_criteria(model) if c.column in model.columns_used]
    drawn = read_rasters_at(used, lon, lat)
    return {name: np.where(table[name].isna(), np.nan, values) for name, values in drawn.items()}


def missing_sampler(table: gpd.GeoDataFrame, lines: MissingLines, model: ScoreModel) -> Sampler:
    """Return a sampler of the distance from each deposit to the nearest line that no source has."""
    shape = (len(table), _PLACES)
    lon = np.broadcast_to(table.geometry.x.to_numpy()[:, None], shape)
    lat = np.broadcast_to(table.geometry.y.to_numpy()[:, None], shape)
    country = table["country"].astype(object).to_numpy()
    missing = lines.measure(lon, lat, country, targets=drawn_targets(model))

    def sample(rng: np.random.Generator, draws: int) -> dict[str, Floats]:
        return {f"dist_{name}_km": km for name, km in missing.draw(rng, draws).items()}

    return sample


def drawn_targets(model: ScoreModel) -> frozenset[str]:
    """Targets whose distance can change a score.

    Examples
    --------
    >>> from geo_ree.scoring import load_preset
    >>> "road" in drawn_targets(load_preset("infrastructure"))
    True
    """
    named = (c for c in model.columns_used if c.startswith("dist_") and c.endswith("_km"))
    return frozenset(c.removeprefix("dist_").removesuffix("_km") for c in named)


def place_sampler(found: Mapping[str, NearestFeatures], missing: MissingDistances) -> Sampler:
    """Return a sampler of one deposit that may be in any of many places.

    `found` has, by column, what is nearest to each of the places; `missing` is that of one deposit
    with the same places. Draws have the shape (draws, 1).
    """
    places = len(next(iter(found.values())).distance_km)

    def sample(rng: np.random.Generator, draws: int) -> dict[str, Floats]:
        beside = rng.spawn(1)[0]
        at = rng.integers(0, places, (draws, 1))
        out: dict[str, Floats] = {}
        for column, near in found.items():
            sides = rng.uniform(-1.0, 1.0, draws), beside.uniform(-1.0, 1.0, draws)
            out[column] = near.select(at[:, 0]).draw(*sides)[:, None]
        for name, km in missing.draw(rng, draws, at).items():
            column = f"dist_{name}_km"
            if column in out:
                out[column] = np.minimum(out[column], km)
        return out

    return sample
