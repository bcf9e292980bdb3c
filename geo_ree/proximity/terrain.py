"""Terrain at each deposit, and the climb from there to what it is measured to."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import Floats, destination
from geo_ree.errors import SchemaError
from geo_ree.proximity.checks import check_deposits
from geo_ree.proximity.climb import Ways, ascents_m, azimuth_to, read_profiles
from geo_ree.proximity.heights import ElevationReader, read_ground
from geo_ree.proximity.reach import Proximity, Words, numbers
from geo_ree.proximity.segments import Segments, explode, split

COARSEST_M = 100.0
"""From larger cells come heights only: no slope, no ruggedness, no climb."""

LEAST_KNOWN = 0.95
"""Share of the circle of the position error that must have data."""

_PLACES = 256
"""Places in the circle of the position error."""

_RIM = 8
"""Places on its rim from which the climb is measured again."""

_BATCH = 64
"""Deposits whose windows are read together."""

_TURN = 180.0 * (3.0 - 5.0**0.5)
"""The golden angle, degrees."""


def measure_terrain(
    deposits: gpd.GeoDataFrame,
    read: ElevationReader,
    *,
    proximity: Proximity | None = None,
    target: str = "railway",
    vertical_error_m: float = 0.0,
) -> pd.DataFrame:
    """Elevation, slope and ruggedness at deposits, and the climb to the nearest railway.

    Parameters
    ----------
    deposits
        Points of the layer ``deposits``.
    read
        Gives a window of a raster of heights (`geo_ree.terrain_reading` has two such readers).
    proximity
        The layers made ready; without it no climb is measured.
    target
        What the climb goes to; one of ``proximity.targets``.
    vertical_error_m
        How far a height of the raster may be off; part of ``err_elevation_m``.

    Returns
    -------
    pandas.DataFrame
        On the index of `deposits`. For ``elevation_m``, ``slope_deg`` (Horn) and ``ruggedness_m``
        (Riley): the median over the circle of the position error, the 5th and 95th percentile
        (``elevation_p5_m`` …) and ``err_<name>``, the larger distance of these from the median.
        ``terrain_cell_m``: the longer side of the raster's cells there. ``climb_<t>_m``: sum of
        the rises along the geodesic from the deposit to what it is measured to, with
        ``err_climb_<t>_m``; ``above_<t>_m``: how much higher the deposit is; ``pass_<t>_m``: how
        much higher the highest place on that line is. Unknown is NaN: where over a twentieth of
        the circle, or any place on a line, has no data; slope, ruggedness and climb where cells
        are larger than `COARSEST_M`; the climb where the course of the line is unknown.

    Raises
    ------
    SchemaError
        When a column is missing, a deposit has no coordinate or stands twice, or there is no
        such target.

    Notes
    -----
    Places in the circle are spread evenly over its area (Vogel's spiral). The error of the climb
    is the farthest that it gets from its value when it starts from eight places on the rim of the
    circle, or ends where the doubt about the course of the railway puts it.

    References
    ----------
    Vogel, H. (1979), A better way to construct the sunflower head, Mathematical Biosciences 44,
    179-189. For slope and ruggedness see `geo_ree.proximity.relief`.

    Examples
    --------
    >>> import shapely
    >>> from rasterio.transform import Affine
    >>> from geo_ree.proximity import Patch
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
    if proximity is not None and target not in proximity.targets:
        raise SchemaError(
            f"there is no target {target!r}", f"use one of {', '.join(proximity.targets)}"
        )
    lon, lat = rows.geometry.x.to_numpy(), rows.geometry.y.to_numpy()
    country = rows["country"].astype(object).to_numpy()
    radius = pd.to_numeric(rows["position_error_m"]).to_numpy(dtype=np.float64, na_value=np.nan)
    names = _names(target if proximity is not None else "")
    out = {name: np.full(len(rows), np.nan) for name in names}
    lines = _Lines(proximity, target) if proximity is not None else None
    order = np.lexsort([lon, np.floor(lat)])
    for start in range(0, len(rows), _BATCH):
        at = order[start : start + _BATCH]
        found = _circles(lon[at], lat[at], radius[at], read, vertical_error_m)
        for name, values in found.items():
            out[name][at] = values
        fine = at[found["terrain_cell_m"] <= COARSEST_M]
        if lines is not None and len(fine):
            climbs = lines.climb(lon[fine], lat[fine], radius[fine], country[fine], read)
            for name, values in climbs.items():
                out[name][fine] = values
    return pd.DataFrame(out, index=deposits.index)


def _names(target: str) -> list[str]:
    surface = (("elevation", "m"), ("slope", "deg"), ("ruggedness", "m"))
    names = [
        f"{stem}_{unit}"
        for name, unit in surface
        for stem in (name, f"{name}_p5", f"{name}_p95", f"err_{name}")
    ] + ["terrain_cell_m"]
    if target:
        names += [f"{n}_{target}_m" for n in ("climb", "err_climb", "above", "pass")]
    return names


def _circles(
    lon: Floats, lat: Floats, radius_m: Floats, read: ElevationReader, vertical_error_m: float
) -> dict[str, Floats]:
    """Median and percentiles over the circle of each position error."""
    k = np.arange(_PLACES)
    radius = np.nan_to_num(radius_m)[:, None]
    x, y = destination(
        lon[:, None], lat[:, None], (k * _TURN) % 360.0, radius * np.sqrt((k + 0.5) / _PLACES)
    )
    ground = read_ground(x.ravel(), y.ravel(), read)
    cell = ground.cell_m.reshape(x.shape)
    own_cell = cell[:, 0]
    coarse = ~(own_cell <= COARSEST_M)
    out: dict[str, Floats] = {}
    for name, unit, values, further in (
        ("elevation", "m", ground.height_m, vertical_error_m),
        ("slope", "deg", ground.slope_deg, 0.0),
        ("ruggedness", "m", ground.ruggedness_m, 0.0),
    ):
        drawn = values.reshape(x.shape).copy()
        drawn[np.isnan(drawn).mean(axis=1) > 1.0 - LEAST_KNOWN] = np.nan
        if name != "elevation":
            drawn[coarse] = np.nan
        low, middle, high = _percentiles(drawn)
        error = np.maximum(middle - low, high - middle) + further
        unsaid = np.isnan(radius_m)  # nobody says how far off the position is
        out[f"{name}_{unit}"] = middle
        out[f"{name}_p5_{unit}"] = np.where(unsaid, np.nan, low)
        out[f"{name}_p95_{unit}"] = np.where(unsaid, np.nan, high)
        out[f"err_{name}_{unit}"] = np.where(unsaid, np.nan, error)
    out["terrain_cell_m"] = np.where(np.isnan(out["elevation_m"]), np.nan, own_cell)
    return out


def _percentiles(values: Floats) -> Floats:
    """5th, 50th and 95th percentile of each row, NaN where nothing is known; shape (3, n)."""
    out = np.full((3, len(values)), np.nan)
    known = ~np.isnan(values).all(axis=1)
    if known.any():
        out[:, known] = np.nanpercentile(values[known], [5.0, 50.0, 95.0], axis=1)
    return out


class _Lines:
    """The straight lines to one target."""

    def __init__(self, proximity: Proximity, target: str) -> None:
        self.proximity, self.target = proximity, target
        self.rows = proximity.rows(target)
        self.segments: dict[int, Segments] = {}

    def climb(
        self, lon: Floats, lat: Floats, radius_m: Floats, country: Words, read: ElevationReader
    ) -> dict[str, Floats]:
        """Climb of each place: a line from it, eight from the rim, and two other ends."""
        count, places = len(lon), 1 + _RIM
        around = np.arange(_RIM) * (360.0 / _RIM)
        away = np.nan_to_num(radius_m)[:, None] * np.ones(_RIM)
        rim = destination(lon[:, None], lat[:, None], around, away)
        x = np.column_stack([lon, rim[0], lon, lon])
        y = np.column_stack([lat, rim[1], lat, lat])
        reach = self.proximity.reach(
            self.target, x[:, :places].ravel(), y[:, :places].ravel(), np.repeat(country, places)
        )
        length = reach.distance_km.reshape(count, places) * 1000.0
        position = reach.position.reshape(count, places)
        doubt = reach.error_km.reshape(count, places)[:, 0] * 1000.0
        known = ~np.isnan(length).any(axis=1) & self._sure(position[:, 0])
        azimuth = np.zeros(x.shape)
        for i in np.flatnonzero(known):
            for j in range(places):
                azimuth[i, j] = self._azimuth(x[i, j], y[i, j], position[i, j], length[i, j])
        azimuth[:, places:] = azimuth[:, :1]
        own = length[:, 0]
        lengths = np.column_stack([length, np.maximum(own - doubt, 0.0), own + doubt])
        ways = Ways(
            lon=x[known].ravel(), lat=y[known].ravel(), azimuth_deg=azimuth[known].ravel(),
            length_m=lengths[known].ravel(),
        )  # fmt: skip
        out = np.full((4, count), np.nan)
        if known.any():
            out[:, known] = self._summed(ways, x.shape[1], read)
        out[1, np.isnan(radius_m)] = np.nan
        names = (f"{n}_{self.target}_m" for n in ("climb", "err_climb", "above", "pass"))
        return dict(zip(names, out, strict=True))

    def _summed(self, ways: Ways, each: int, read: ElevationReader) -> Floats:
        """Climb, its error, height and pass above the end; shape (4, deposits)."""
        profiles = read_profiles(ways, read)
        climbs = ascents_m(profiles.height_m)
        climbs[~(profiles.cell_m <= COARSEST_M)] = np.nan
        climbs = climbs.reshape(-1, each)
        climbs[np.isnan(climbs).any(axis=1)] = np.nan
        heights = profiles.height_m[::each]
        end = heights[:, -1]
        unknown = np.where(np.isnan(climbs[:, 0]), np.nan, 0.0)
        return np.stack(
            [climbs[:, 0], np.abs(climbs - climbs[:, :1]).max(axis=1),
             heights[:, 0] - end + unknown, heights.max(axis=1) - end + unknown]
        )  # fmt: skip

    def _sure(self, position: np.ndarray) -> np.ndarray:
        """Whether the course of what was measured to is known."""
        if self.rows is None:
            return np.zeros(len(position), dtype=np.bool_)
        most = self.proximity.targets[self.target].max_lateral_error_km
        lateral = numbers(self.rows, "lateral_error_km")
        return np.asarray((position >= 0) & (lateral[position] <= most))

    def _azimuth(self, lon: float, lat: float, row: int, length_m: float) -> float:
        if length_m == 0.0 or self.rows is None:
            return 0.0
        if row not in self.segments:
            pieces = explode(self.rows.geometry.iloc[[row]].to_numpy())
            self.segments[row] = split(pieces, np.arange(len(pieces.owner)))
        return azimuth_to(lon, lat, self.segments[row], length_m)
