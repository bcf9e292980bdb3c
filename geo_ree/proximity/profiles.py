"""Heights along straight lines over the ground, and how much such a line climbs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_ree.crs import GEOD, Floats
from geo_ree.proximity.heights import ElevationReader, read_ground
from geo_ree.proximity.search.segments import Segments

STEP_M = 250.0
"""Longest spacing of heights along a line, whatever the cells: climbs from rasters of 30 m and of 90 m
are then comparable."""

BAND_M = 20.0
"""A rise counts once it exceeds this: smaller ones are tree tops, roofs and noise of the raster
(judgement)."""

_NEAR_DEG = 0.05  # added to the box in which the foot of a line is searched: over one 3 km segment


class Profiles(NamedTuple):
    """Heights along many lines.

    `height_m` has evenly spaced heights from start to end, shape (lines, places); a line with fewer
    places than the longest repeats its last height. `cell_m` is the longest cell side along each
    line, shape (lines,), NaN where a height is unknown.
    """

    height_m: Floats
    cell_m: Floats


def read_profiles(
    lon: Floats, lat: Floats, azimuth_deg: Floats, length_m: Floats, read: ElevationReader
) -> Profiles:
    """Read heights along geodesics, at most `STEP_M` apart.

    Start, direction and length of each line have the shape (n,), with n at least 1.
    """
    steps = np.maximum(np.ceil(length_m / STEP_M), 1).astype(np.int64)
    line = np.repeat(np.arange(len(lon)), steps + 1)
    first = np.cumsum(steps + 1) - (steps + 1)
    place = np.arange(len(line)) - np.repeat(first, steps + 1)
    along = place * (length_m / steps)[line]
    x, y, _ = GEOD.fwd(lon[line], lat[line], azimuth_deg[line], along)
    ground = read_ground(np.asarray(x), np.asarray(y), read, relief=False)
    pick = first[:, None] + np.minimum(np.arange(steps.max() + 1), steps[:, None])
    return Profiles(
        height_m=ground.height_m[pick], cell_m=np.maximum.reduceat(ground.cell_m, first)
    )


def total_ascent_m(heights: Floats, band_m: float = BAND_M) -> Floats:
    """Sum the rises along profiles (shape (profiles, places)) that exceed the noise of `band_m`.

    A rise begins at the lowest place since the last fall of more than `band_m` and counts in full
    once it exceeds `band_m`: the sum of all small differences would mostly measure noise. NaN where a
    height is unknown.
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


def azimuth_to(lon: float, lat: float, line: Segments, distance_m: float) -> float:
    """Return the direction (degrees clockwise from north) of the shortest way from a place to a line.

    `line` has segments of at most 3 km, `distance_m` is their distance. The segments near the place
    are projected azimuthal equidistant about it: there, straight lines through the place are
    geodesics, so the plane's foot gives the direction.
    """
    at = _near(lon, lat, line, distance_m)
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


def _near(lon: float, lat: float, line: Segments, distance_m: float) -> NDArray[np.intp]:
    """Return the segments that may be that near, or all of them when the box would meet a pole."""
    high = distance_m / 110_000.0 + _NEAR_DEG
    widest = min(abs(lat) + high, 89.0)
    wide = high / float(np.cos(np.radians(widest))) * 1.01
    x, y = line.lon[line.first], line.lat[line.first]
    apart = np.abs((x - lon + 180.0) % 360.0 - 180.0)
    near = np.flatnonzero((np.abs(y - lat) <= high) & (apart <= wide))
    return near if len(near) and widest < 89.0 else np.arange(len(x))
