"""Elevation, slope and ruggedness at deposits, and the climb to the nearest railway."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import Floats, destination
from geo_ree.errors import SchemaError
from geo_ree.proximity.heights import ElevationReader, Ground, read_ground
from geo_ree.proximity.measures import check_deposits
from geo_ree.proximity.profiles import Profiles, azimuth_to, read_profiles, total_ascent_m
from geo_ree.proximity.search.segments import Segments, explode, split
from geo_ree.proximity.target_index import Integers, TargetIndex, Words, numbers

COARSEST_M = 100.0
"""Larger cells give heights only: no slope, no ruggedness, no climb. They smooth the ground away.
Slopes averaged from finer cells, where a raster has them, are the exception."""

SLOPE_SPREAD = 0.62
"""Nine in ten of the slopes that a mean was taken of differ from it by less than this share of it, on
gentle ground as on steep (200,000 places of GEBCO_2023 in the Tien Shan, see docs/terrain.md)."""

SLOPE_LEAST_DEG = 0.5
"""Least error of a mean slope: on plains, by the same comparison with steps of 0.5 degrees."""

_LEAST_KNOWN = 0.95  # share of the circle of the position error that must have data
_PLACES = 256  # places in that circle
_RIM = 8  # places on its rim from which the climb is measured again
_BATCH = 64  # deposits whose windows are read together
_GOLDEN_DEG = 180.0 * (3.0 - 5.0**0.5)
_CLIMB_NAMES = ("climb", "err_climb", "above", "pass")


def measure_terrain(
    deposits: gpd.GeoDataFrame,
    read: ElevationReader,
    *,
    index: TargetIndex | None = None,
    target: str = "railway",
    vertical_error_m: float = 0.0,
) -> pd.DataFrame:
    """Measure elevation, slope and ruggedness at deposits, and the climb to the nearest railway.

    Parameters
    ----------
    deposits
        Points of the layer ``deposits``.
    read
        Reads a window of an elevation raster.
    index
        The indexed layers; without them no climb is measured.
    target
        Target of the climb, one of ``index.targets``.
    vertical_error_m
        Vertical error of the raster, added to ``err_elevation_m``; for cells larger than 100 m so is
        how much the heights of the cells around differ (root mean square), because a cell's height
        stands for all of it.

    Returns
    -------
    pandas.DataFrame
        On the index of `deposits`. For ``elevation_m``, ``slope_deg`` (Horn) and ``ruggedness_m``
        (Riley): the median over the circle of the position error, the 5th and 95th percentile
        (``elevation_p5_m`` …) and ``err_<name>``, the larger distance of these from the median.
        ``terrain_cell_m``: the longer side of the raster's cells there; ``slope_cell_m``: of the cells
        that the slope is of. ``climb_<t>_m``: the sum of
        the rises along the geodesic to the nearest feature of the target, with
        ``err_climb_<t>_m``; ``above_<t>_m``: height of the deposit above that feature;
        ``pass_<t>_m``: height of the highest place on the line above that feature. Unknown is NaN:
        where over 5 % of the circle, or any place on a line, has no data; slope, ruggedness and
        climb where cells are larger than 100 m (but for the slope of a raster that comes with slopes
        of finer cells); the climb where the course of the line is unknown.

    Raises
    ------
    SchemaError
        When a column is missing, a deposit has no coordinate or occurs twice, or there is no such
        target.

    Notes
    -----
    256 places are spread uniformly over the circle by Vogel's spiral. The error of the climb is its
    largest change when it starts from eight places on the rim of the circle, or ends nearer or
    farther by the lateral error of the railway.

    References
    ----------
    Vogel, H. (1979), A better way to construct the sunflower head, Mathematical Biosciences 44,
    179-189. For slope and ruggedness see `geo_ree.proximity.heights`.

    Examples
    --------
    >>> import shapely
    >>> from rasterio.transform import Affine
    >>> from geo_ree.proximity.heights import Patch
    >>> def plateau(box):
    ...     west, south, east, north = box
    ...     return Patch(array=np.full((40, 40), 1200, np.float32), transform=Affine(
    ...         (east - west) / 40, 0, west, 0, (south - north) / 40, north))
    >>> mine = gpd.GeoDataFrame({"country": ["KGZ"], "position_error_m": [100.0]},
    ...                         geometry=[shapely.Point(76.12, 42.86)], crs=4326)
    >>> measure_terrain(mine, plateau)[["elevation_m", "slope_deg"]].values.tolist()
    [[1200.0, 0.0]]
    """
    rows = check_deposits(deposits, ["country", "position_error_m"])
    if index is not None and target not in index.targets:
        raise SchemaError(
            f"there is no target {target!r}", f"use one of {', '.join(index.targets)}"
        )
    lon, lat = rows.geometry.x.to_numpy(), rows.geometry.y.to_numpy()
    country = rows["country"].astype(object).to_numpy()
    radius = pd.to_numeric(rows["position_error_m"]).to_numpy(dtype=np.float64, na_value=np.nan)
    out = {name: np.full(len(rows), np.nan) for name in _columns(target if index else "")}
    climbs = _Climbs(index, target) if index is not None else None
    order = np.lexsort([lon, np.floor(lat)])  # neighbours share their windows
    for start in range(0, len(rows), _BATCH):
        at = order[start : start + _BATCH]
        found = _measure_circles(lon[at], lat[at], radius[at], read, vertical_error_m)
        for name, values in found.items():
            out[name][at] = values
        fine = at[found["terrain_cell_m"] <= COARSEST_M]
        if climbs is not None and len(fine):
            found = climbs.measure(lon[fine], lat[fine], radius[fine], country[fine], read)
            for name, values in found.items():
                out[name][fine] = values
    return pd.DataFrame(out, index=deposits.index)


def _columns(target: str) -> list[str]:
    ground = (("elevation", "m"), ("slope", "deg"), ("ruggedness", "m"))
    names = [
        f"{stem}_{unit}"
        for name, unit in ground
        for stem in (name, f"{name}_p5", f"{name}_p95", f"err_{name}")
    ]
    climbs = [f"{name}_{target}_m" for name in _CLIMB_NAMES] if target else []
    return [*names, "terrain_cell_m", "slope_cell_m", *climbs]


def _measure_circles(
    lon: Floats, lat: Floats, radius_m: Floats, read: ElevationReader, vertical_error_m: float
) -> dict[str, Floats]:
    """Return median and percentiles over the circle of each position error."""
    k = np.arange(_PLACES)
    radius = np.nan_to_num(radius_m)[:, None]
    x, y = destination(
        lon[:, None], lat[:, None], (k * _GOLDEN_DEG) % 360.0, radius * np.sqrt((k + 0.5) / _PLACES)
    )
    ground = read_ground(x.ravel(), y.ravel(), read)
    own_cell, slope_cell = (
        cell.reshape(x.shape)[:, 0] for cell in (ground.cell_m, ground.slope_cell_m)
    )
    coarse = ~(own_cell <= COARSEST_M)
    averaged = slope_cell < own_cell
    no_radius = np.isnan(radius_m)  # the position error is unknown: so is any spread
    out: dict[str, Floats] = {}
    for name, unit, values, unusable in (
        ("elevation", "m", ground.height_m, np.zeros_like(coarse)),
        ("slope", "deg", ground.slope_deg, coarse & ~averaged),
        ("ruggedness", "m", ground.ruggedness_m, coarse),
    ):
        drawn = values.reshape(x.shape).copy()
        drawn[np.isnan(drawn).mean(axis=1) > 1.0 - _LEAST_KNOWN] = np.nan
        drawn[unusable] = np.nan
        low, middle, high = np.full((3, len(drawn)), np.nan)
        known = ~np.isnan(drawn).all(axis=1)
        if known.any():
            low[known], middle[known], high[known] = np.nanpercentile(
                drawn[known], [5.0, 50.0, 95.0], axis=1
            )
        error = np.maximum(middle - low, high - middle)
        if name == "elevation":
            error += vertical_error_m + np.where(coarse, _around_m(ground, x.shape), 0.0)
        elif name == "slope":
            error += np.where(averaged, np.maximum(SLOPE_SPREAD * middle, SLOPE_LEAST_DEG), 0.0)
        out[f"{name}_{unit}"] = middle
        out[f"{name}_p5_{unit}"] = np.where(no_radius, np.nan, low)
        out[f"{name}_p95_{unit}"] = np.where(no_radius, np.nan, high)
        out[f"err_{name}_{unit}"] = np.where(no_radius, np.nan, error)
    out["terrain_cell_m"] = np.where(np.isnan(out["elevation_m"]), np.nan, own_cell)
    out["slope_cell_m"] = np.where(np.isnan(out["slope_deg"]), np.nan, slope_cell)
    return out


def _around_m(ground: Ground, shape: tuple[int, ...]) -> Floats:
    """Return how far the heights of the eight cells around differ: their root mean square.

    Riley's index is the root of the sum of the eight squares. Where the circle covers several cells
    it is that of the middle one. NaN along the edge of a raster.
    """
    ruggedness = ground.ruggedness_m.reshape(shape)
    return np.asarray(np.sort(ruggedness, axis=1)[:, shape[1] // 2] / 8.0**0.5)


class _Climbs:
    """The climb along straight lines to one target."""

    def __init__(self, index: TargetIndex, target: str) -> None:
        self.index, self.target = index, target
        self.rows = index.rows(target)
        self.segments: dict[int, Segments] = {}

    def measure(
        self, lon: Floats, lat: Floats, radius_m: Floats, country: Words, read: ElevationReader
    ) -> dict[str, Floats]:
        """Measure each climb along 11 lines: from the place, from eight on the rim, to two other ends."""
        count, places = len(lon), 1 + _RIM
        around = np.arange(_RIM) * (360.0 / _RIM)
        away = np.nan_to_num(radius_m)[:, None] * np.ones(_RIM)
        rim = destination(lon[:, None], lat[:, None], around, away)
        x = np.column_stack([lon, rim[0], lon, lon])
        y = np.column_stack([lat, rim[1], lat, lat])
        found = self.index.nearest(
            self.target, x[:, :places].ravel(), y[:, :places].ravel(), np.repeat(country, places)
        )
        length = found.distance_km.reshape(count, places) * 1000.0
        row = found.row.reshape(count, places)
        error = found.error_km.reshape(count, places)[:, 0] * 1000.0
        known = ~np.isnan(length).any(axis=1) & self._course_known(row[:, 0])
        azimuth = np.zeros(x.shape)
        for i in np.flatnonzero(known):
            for j in range(places):
                azimuth[i, j] = self._azimuth(x[i, j], y[i, j], row[i, j], length[i, j])
        azimuth[:, places:] = azimuth[:, :1]
        own = length[:, 0]
        lengths = np.column_stack([length, np.maximum(own - error, 0.0), own + error])
        out = np.full((4, count), np.nan)
        if known.any():
            profiles = read_profiles(
                x[known].ravel(),
                y[known].ravel(),
                azimuth[known].ravel(),
                lengths[known].ravel(),
                read,
            )
            out[:, known] = _sum_climbs(profiles, x.shape[1])
        out[1, np.isnan(radius_m)] = np.nan
        return {f"{n}_{self.target}_m": v for n, v in zip(_CLIMB_NAMES, out, strict=True)}

    def _course_known(self, row: Integers) -> np.ndarray:
        if self.rows is None:
            return np.zeros(len(row), dtype=np.bool_)
        most = self.index.targets[self.target].max_lateral_error_km
        lateral = numbers(self.rows, "lateral_error_km")
        return np.asarray((row >= 0) & (lateral[row] <= most))

    def _azimuth(self, lon: float, lat: float, row: int, length_m: float) -> float:
        if length_m == 0.0 or self.rows is None:
            return 0.0
        if row not in self.segments:
            pieces = explode(self.rows.geometry.iloc[[row]].to_numpy())
            self.segments[row] = split(pieces, np.arange(len(pieces.owner)))
        return azimuth_to(lon, lat, self.segments[row], length_m)


def _sum_climbs(profiles: Profiles, lines: int) -> Floats:
    """Return climb, its error, height and pass above the end, of so many lines a deposit; shape (4, n)."""
    climbs = total_ascent_m(profiles.height_m)
    climbs[~(profiles.cell_m <= COARSEST_M)] = np.nan
    climbs = climbs.reshape(-1, lines)
    climbs[np.isnan(climbs).any(axis=1)] = np.nan
    heights = profiles.height_m[::lines]
    end = heights[:, -1]
    unknown = np.where(np.isnan(climbs[:, 0]), np.nan, 0.0)
    return np.stack(
        [
            climbs[:, 0],
            np.abs(climbs - climbs[:, :1]).max(axis=1),
            heights[:, 0] - end + unknown,
            heights.max(axis=1) - end + unknown,
        ]
    )
