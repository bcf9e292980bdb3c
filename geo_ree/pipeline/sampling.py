"""What the draws of the uncertainty measure: positions, courses and lines that no source has."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import Floats, destination
from geo_ree.pipeline.elevation import draw_climbs
from geo_ree.proximity import MissingLines, Proximity, Unseen, omission_rates
from geo_ree.scoring import Sampler, ScoreModel

LINE_LAYERS = ("railways", "roads", "power_lines")
"""Layers whose sources forget lines. Rivers are not among them: a map leaves out the smaller ones
by its scale, and those it has are what is meant."""

_PLACES = 100
"""Places near each deposit from which the lines that no source has are looked for."""


def measure_omission(proximity: Proximity) -> dict[str, pd.DataFrame]:
    """Measure what the sources of each target of lines leave out.

    Parameters
    ----------
    proximity
        The layers that are measured to.

    Returns
    -------
    dict of str to pandas.DataFrame
        Target -> rates, see `geo_ree.proximity.omission_rates`; targets without a layer have none.
    """
    return {
        name: omission_rates(rows)
        for name, target in proximity.targets.items()
        if target.layer in LINE_LAYERS and (rows := proximity.rows(name)) is not None
    }


def missing_lines(
    proximity: Proximity, rates: Mapping[str, pd.DataFrame], countries: gpd.GeoDataFrame, seed: int
) -> MissingLines:
    """Make networks like those that no source has, of all targets that have rates."""
    rows = {name: found for name in rates if (found := proximity.rows(name)) is not None}
    return MissingLines(rows, rates, countries, seed=seed)


def position_sampler(table: gpd.GeoDataFrame, proximity: Proximity, model: ScoreModel) -> Sampler:
    """Give a sampler of positions and courses, which measures again, not approximately.

    Parameters
    ----------
    table
        Deposits with ``position_error_m``, ``country`` and their measured distances: what is
        unknown there stays so.
    proximity
        The layers that are measured to.
    model
        Only the columns of its criteria are drawn.

    Returns
    -------
    Sampler
        Positions are even over the disc of the position error, courses to either side within
        the error of what was measured to.
    """
    lon, lat = table.geometry.x.to_numpy(), table.geometry.y.to_numpy()
    radius = pd.to_numeric(table["position_error_m"]).fillna(0.0).to_numpy(dtype=np.float64)
    country = table["country"].astype(object).to_numpy()
    wanted = {c.column for c in model.criteria}

    def sample(rng: np.random.Generator, draws: int) -> dict[str, Floats]:
        shape = (draws, len(table))
        length = radius * np.sqrt(rng.random(shape))
        x, y = destination(lon, lat, rng.random(shape) * 360.0, length)
        codes = np.broadcast_to(country, shape).ravel()
        out: dict[str, Floats] = {}
        for name in proximity.targets:
            side = rng.uniform(-1.0, 1.0, shape)
            column = f"dist_{name}_km"
            if column not in wanted:
                continue
            reach = proximity.reach(name, x.ravel(), y.ravel(), codes)
            drawn = reach.distance_km.reshape(shape) + side * reach.error_km.reshape(shape)
            out[column] = np.where(table[column].isna().to_numpy(), np.nan, np.abs(drawn))
        if any(column.startswith("climb_") for column in wanted):
            out |= draw_climbs(table, rng, draws)
        return out

    return sample


def missing_sampler(table: gpd.GeoDataFrame, lines: MissingLines) -> Sampler:
    """Give a sampler of the distance to the nearest line that no source has.

    Parameters
    ----------
    table
        Deposits with ``country`` and a point each.
    lines
        From `missing_lines`.

    Returns
    -------
    Sampler
    """
    shape = (len(table), _PLACES)
    lon = np.broadcast_to(table.geometry.x.to_numpy()[:, None], shape)
    lat = np.broadcast_to(table.geometry.y.to_numpy()[:, None], shape)
    unseen = lines.look(lon, lat, table["country"].astype(object).to_numpy())

    def sample(rng: np.random.Generator, draws: int) -> dict[str, Floats]:
        return {f"dist_{name}_km": km for name, km in unseen.draw(rng, draws).items()}

    return sample


def place_sampler(
    distance_km: Mapping[str, Floats], error_km: Mapping[str, Floats], unseen: Unseen
) -> Sampler:
    """Give a sampler of one deposit that may be in any of many places.

    Parameters
    ----------
    distance_km, error_km
        Column -> kilometres and the doubt about them in each place, shape (places,).
    unseen
        Of one deposit with the same places, see `geo_ree.proximity.MissingLines`.

    Returns
    -------
    Sampler
        Of shape (draws, 1).

    Examples
    --------
    >>> sample = place_sampler({"dist_road_km": np.array([5.0])}, {"dist_road_km": np.array([0.0])},
    ...                        Unseen({}, np.array(["KAZ"], dtype=object), {}))
    >>> sample(np.random.default_rng(1), 2)["dist_road_km"].tolist()
    [[5.0], [5.0]]
    """
    places = len(next(iter(distance_km.values())))

    def sample(rng: np.random.Generator, draws: int) -> dict[str, Floats]:
        at = rng.integers(0, places, (draws, 1))
        out: dict[str, Floats] = {}
        for column, km in distance_km.items():
            out[column] = np.abs(km[at] + rng.uniform(-1.0, 1.0, at.shape) * error_km[column][at])
        for name, km in unseen.draw(rng, draws, at).items():
            column = f"dist_{name}_km"
            if column in out:
                out[column] = np.minimum(out[column], km)
        return out

    return sample
