"""The climb along straight lines over the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_ree.crs import GEOD, Floats
from geo_ree.proximity.heights import ElevationReader, read_ground
from geo_ree.proximity.segments import Segments

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
        How far the line is, as `geo_ree.proximity.nearest` measured it.

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
