"""Seeded lines and points that look like those of Central Asia, for the benchmarks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WEST, SOUTH, EAST, NORTH = 46.0, 35.0, 96.0, 55.0
SEED = 20260607
_METRES = 111_200.0  # to a degree, roughly

Floats = NDArray[np.float64]


def _within(lon: Floats, lat: Floats) -> Floats:
    return np.stack([lon.clip(WEST, EAST), lat.clip(SOUTH, NORTH)], axis=-1)


def polylines(
    count: int = 20_000,
    segments: int = 50,
    *,
    step_m: float = 400.0,
    rail_m: float = 1_500.0,
    rails: float = 0.1,
    spread: float = 0.3,
    seed: int = SEED,
) -> Floats:
    """Random walks, 70 % of them out of 300 towns: roads of short steps, railways of long ones.

    Headings drift, steps are log-normal; a walk that meets the border of the region turns back.
    Shape (count, segments + 1, 2), degrees.
    """
    dice = np.random.default_rng(seed)
    towns = np.column_stack([dice.beta(1.2, 1.2, 300), dice.beta(1.3, 1.1, 300)])
    share = dice.random((count, 2))
    from_town = dice.random(count) < 0.7
    share[from_town] = towns[dice.integers(0, 300, from_town.sum())]
    share[from_town] += dice.normal(0.0, 1.0, (from_town.sum(), 2)) * [0.012, 0.022]
    start = _within(WEST + (EAST - WEST) * share[:, 0], SOUTH + (NORTH - SOUTH) * share[:, 1])
    rail = dice.random(count) < rails
    step = np.where(rail, rail_m, step_m) * dice.lognormal(0.0, 0.5, count)
    drift = np.where(rail, 0.08, 0.25)
    heading = dice.uniform(0.0, 2.0 * np.pi, count)
    out = np.empty((count, segments + 1, 2))
    out[:, 0] = start
    for i in range(segments):
        heading = heading + drift * dice.standard_normal(count)
        metres = step * dice.lognormal(0.0, spread, count)
        lat = out[:, i, 1] + metres * np.cos(heading) / _METRES
        lon = out[:, i, 0] + metres * np.sin(heading) / (_METRES * np.cos(np.radians(lat)))
        heading = np.where((lon < WEST) | (lon > EAST), -heading, heading)
        heading = np.where((lat < SOUTH) | (lat > NORTH), np.pi - heading, heading)
        out[:, i + 1] = _within(lon, lat)
    return out


def points(count: int, *, seed: int = SEED) -> Floats:
    """60 % anywhere, 40 % in 200 clusters, shuffled; shape (count, 2), degrees."""
    dice = np.random.default_rng([seed, count])
    clusters = dice.uniform([WEST + 1, SOUTH + 1], [EAST - 1, NORTH - 1], (200, 2))
    loose = count * 6 // 10
    xy = np.vstack(
        [
            dice.uniform([WEST, SOUTH], [EAST, NORTH], (loose, 2)),
            clusters[dice.integers(0, 200, count - loose)]
            + dice.standard_normal((count - loose, 2)) * [0.5, 0.35],
        ]
    )
    dice.shuffle(xy)
    return _within(xy[:, 0], xy[:, 1])


def layers() -> dict[str, Floats]:
    """Four layers with the counts and lengths of real ones.

    OpenStreetMap railways and highways reduced to straight edges (some of hundreds of
    kilometres), Natural Earth railroads, a high-voltage grid.
    """
    return {
        "railways (9,339 edges)": polylines(9_339, 1, step_m=12e3, rail_m=60e3, seed=SEED + 1),
        "highways (18,292 edges)": polylines(18_292, 1, step_m=10e3, rail_m=40e3, seed=SEED + 2),
        "railroads (83,000 segments)": polylines(1_660, 50, step_m=2e3, rail_m=5e3, seed=SEED + 3),
        "power grid (30,000 segments)": polylines(
            3_000, 10, step_m=6e3, rail_m=25e3, seed=SEED + 4
        ),
    }
