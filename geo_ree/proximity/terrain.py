"""The climb along straight lines over the ground."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import GEOD, Floats, destination
from geo_ree.errors import SchemaError
from geo_ree.proximity.heights import ElevationReader, read_ground
from geo_ree.proximity.measures import check_deposits
from geo_ree.proximity.reach import Proximity, Words, numbers
from geo_ree.proximity.segments import Segments, explode, split

STEP_M = 250.0
"""Heights are read at most so far apart along a line, whatever the cells: what it gives is then
comparable between rasters of 30 m and of 90 m."""

BAND_M = 20.0
"""A rise counts once it exceeds this: smaller ones are tree tops, roofs and noise of the raster
(judgement)."""

_NEAR_DEG = 0.05
"""Added to the box in which the foot of a line is looked for: over one segment of 3 km."""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """Geodesics over the ground.

    Parameters
    ----------
    lon, lat, azimuth_deg
        Start and direction of each, degrees, shape (n,), one at least.
    length_m
        Metres, 0 or more, shape (n,).
    """

    lon: Floats
    lat: Floats
    azimuth_deg: Floats
    length_m: Floats


@dataclass(frozen=True, kw_only=True)
class Profiles:
    """Heights along many lines.

    Parameters
    ----------
    height_m
        From the start to the end of each, evenly spaced; shape (lines, places). A line with fewer
        places than the longest has its last height again.
    cell_m
        The longest cell side along each, shape (lines,); NaN where a height is unknown.
    """

    height_m: Floats
    cell_m: Floats


def read_profiles(ways: Ways, read: ElevationReader) -> Profiles:
    """Read heights along geodesics, at most `STEP_M` apart.

    Parameters
    ----------
    ways
        Where to.
    read
        Gives a window of the raster. A long line is read in many.

    Returns
    -------
    Profiles

    Examples
    --------
    >>> from rasterio.transform import Affine
    >>> from geo_ree.proximity.heights import Patch
    >>> def plateau(box):
    ...     west, south, east, north = box
    ...     return Patch(array=np.full((9, 9), 1200, np.float32), transform=Affine(
    ...         (east - west) / 9, 0, west, 0, (south - north) / 9, north))
    >>> lon, lat, north, metres = (np.array([v]) for v in (76.0, 43.0, 0.0, 1000.0))
    >>> ways = Ways(lon=lon, lat=lat, azimuth_deg=north, length_m=metres)
    >>> read_profiles(ways, plateau).height_m.tolist()
    [[1200.0, 1200.0, 1200.0, 1200.0, 1200.0]]
    """
    steps = np.maximum(np.ceil(ways.length_m / STEP_M), 1).astype(np.int64)
    line = np.repeat(np.arange(len(ways.lon)), steps + 1)
    first = np.cumsum(steps + 1) - (steps + 1)
    place = np.arange(len(line)) - np.repeat(first, steps + 1)
    along = place * (ways.length_m / steps)[line]
    x, y, _ = GEOD.fwd(ways.lon[line], ways.lat[line], ways.azimuth_deg[line], along)
    ground = read_ground(np.asarray(x), np.asarray(y), read, relief=False)
    pick = first[:, None] + np.minimum(np.arange(steps.max() + 1), steps[:, None])
    return Profiles(
        height_m=ground.height_m[pick], cell_m=np.maximum.reduceat(ground.cell_m, first)
    )


def ascents_m(heights: Floats, band_m: float = BAND_M) -> Floats:
    """Sum of the rises along profiles, without those that are lost in the noise.

    A rise begins at the lowest place since the last fall of more than `band_m`, and counts, from
    there, once it exceeds `band_m`.

    Parameters
    ----------
    heights
        Metres, shape (profiles, places), in the order in which they are passed; one place at
        least.
    band_m
        Rises and falls up to this do not count.

    Returns
    -------
    numpy.ndarray of float64
        Metres, shape (profiles,); NaN where a height is unknown.

    Examples
    --------
    >>> ascents_m(np.array([[100.0, 300.0, 295.0, 400.0, 50.0, 60.0]])).tolist()
    [300.0]
    """
    total = np.zeros(len(heights))
    low, top = heights[:, 0].copy(), heights[:, 0].copy()
    rising = np.zeros(len(heights), dtype=np.bool_)
    for height in heights.T[1:]:
        starts = ~rising & (height > low + band_m)
        total += np.where(starts, height - low, np.where(rising, np.maximum(height - top, 0), 0))
        falls = rising & (height < top - band_m)
        top = np.where(starts, height, np.maximum(top, height))
        low = np.where(falls, height, np.minimum(low, height))
        rising = (rising | starts) & ~falls
    return np.where(np.isnan(heights).any(axis=1), np.nan, total)


def azimuth_to(lon: float, lat: float, line: Segments, reach_m: float) -> float:
    """Direction of the shortest way from a place to a line.

    The segments near the place are laid out in the plane around it (azimuthal equidistant), in
    which the lines through it are the geodesics.

    Parameters
    ----------
    lon, lat
        Degrees.
    line
        In segments of at most 3 km (`geo_ree.proximity.segments.LONGEST_M`).
    reach_m
        How far the line is, as `geo_ree.proximity.index` measured it.

    Returns
    -------
    float
        Degrees clockwise from north, -180 to 180.

    Examples
    --------
    >>> import shapely
    >>> from geo_ree.proximity.segments import explode
    >>> east = explode(np.array([shapely.LineString([(76.1, 42.99), (76.1, 43.01)])]))
    >>> round(azimuth_to(76.0, 43.0, east, 8150.0))
    90
    """
    at = _near(lon, lat, line, reach_m)
    used, place = np.unique([line.first[at], line.last[at]], return_inverse=True)
    start = np.broadcast_to([[lon], [lat]], (2, len(used)))
    azimuth, _, length = GEOD.inv(start[0], start[1], line.lon[used], line.lat[used])
    angle = np.radians(azimuth)
    plane = np.stack([np.sin(angle), np.cos(angle)], axis=1) * np.asarray(length)[:, None]
    p, q = plane[place.reshape(2, -1)]
    along = q - p
    square = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(-(p * along).sum(axis=1) / square, 0.0, 1.0)
    feet = p + share[:, None] * along
    x, y = feet[(feet**2).sum(axis=1).argmin()]
    return float(np.degrees(np.arctan2(x, y)))


def _near(lon: float, lat: float, line: Segments, reach_m: float) -> NDArray[np.intp]:
    """Segments that may be as near as that; all of them when the box would meet a pole."""
    high = reach_m / 110_000.0 + _NEAR_DEG
    widest = min(abs(lat) + high, 89.0)
    wide = high / float(np.cos(np.radians(widest))) * 1.01
    x, y = line.lon[line.first], line.lat[line.first]
    apart = np.abs((x - lon + 180.0) % 360.0 - 180.0)
    near = np.flatnonzero((np.abs(y - lat) <= high) & (apart <= wide))
    return near if len(near) and widest < 89.0 else np.arange(len(x))


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
            lon=x[known].ravel(),
            lat=y[known].ravel(),
            azimuth_deg=azimuth[known].ravel(),
            length_m=lengths[known].ravel(),
        )
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
            [
                climbs[:, 0],
                np.abs(climbs - climbs[:, :1]).max(axis=1),
                heights[:, 0] - end + unknown,
                heights.max(axis=1) - end + unknown,
            ]
        )

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
