"""Slips of the pen in coordinates: latitude and longitude interchanged, or a wrong sign.

A slip is shown only by the country that the source names: the point does not lie in it, and does
once the slip is undone.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.deposits.borders import locate_points, parse_country


@dataclass(frozen=True, kw_only=True)
class Misprint:
    """A slip: its flag, what is wrong, in words, and how to undo it."""

    flag: str
    reason: str
    undone: str
    swap: bool = False
    sign: tuple[float, float] = (1.0, 1.0)

    def undo(self, longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
        """Return the longitude and latitude (degrees) that were meant."""
        if self.swap:
            return latitude, longitude
        return self.sign[0] * longitude, self.sign[1] * latitude


MISPRINTS = (
    Misprint(
        flag="swapped_coordinates",
        reason="latitude and longitude swapped",
        undone="with latitude and longitude swapped",
        swap=True,
    ),
    Misprint(
        flag="wrong_sign",
        reason="longitude with the wrong sign",
        undone="with the other sign of the longitude",
        sign=(-1.0, 1.0),
    ),
    Misprint(
        flag="wrong_sign",
        reason="latitude with the wrong sign",
        undone="with the other sign of the latitude",
        sign=(1.0, -1.0),
    ),
)
"""The slips, in the order in which they are tried."""

MISPRINT_FLAGS = tuple(dict.fromkeys(m.flag for m in MISPRINTS))


def find_misprints(
    longitude: Floats, latitude: Floats, words: pd.Series, countries: gpd.GeoDataFrame
) -> NDArray[np.int64]:
    """Find the points that lie in the country that their source names only if a slip is undone.

    Parameters
    ----------
    longitude, latitude
        Degrees, NaN for no place; shape (n,).
    words
        The country as each source names it, length n.
    countries
        The canonical layer ``countries``. Those that it holds only in part (``complete`` is false)
        are not considered: they cannot show that a point lies outside them.

    Returns
    -------
    numpy.ndarray
        Shape (n,): the place in `MISPRINTS`, -1 for none.

    Examples
    --------
    >>> box = gpd.GeoDataFrame({"country": ["KAZ"], "name": ["Kazakhstan"], "complete": [True]},
    ...                        geometry=[shapely.box(50, 41, 80, 55)], crs=4326)
    >>> lon, lat = np.array([70.0, -70.0, 48.0]), np.array([48.0, 48.0, 70.0])
    >>> [MISPRINTS[i].reason if i >= 0 else None
    ...  for i in find_misprints(lon, lat, pd.Series(["Kazakhstan"] * 3), box)]
    [None, 'longitude with the wrong sign', 'latitude and longitude swapped']
    """
    out = np.full(len(longitude), -1, dtype=np.int64)
    named = parse_country(words, countries)
    whole = named.isin(countries["country"][countries["complete"].astype(bool)]).to_numpy()
    at = np.flatnonzero(whole & ~np.isnan(longitude))
    codes = countries["country"].to_numpy(dtype=object)
    shapes = countries.geometry.to_numpy()

    def inside(x: Floats, y: Floats) -> NDArray[np.bool_]:
        sound = (np.abs(x) <= 180.0) & (np.abs(y) <= 90.0)
        found = locate_points(
            shapely.points(np.where(sound, x, 0.0), np.where(sound, y, 0.0)), shapes
        )
        return np.asarray(sound & (found >= 0) & (codes[found] == named.to_numpy()[at]))

    open_ = ~inside(longitude[at], latitude[at])
    for number, misprint in enumerate(MISPRINTS):
        hit = open_ & inside(*misprint.undo(longitude[at], latitude[at]))
        out[at[hit]] = number
        open_ &= ~hit
    return out


def undo_misprints(positions: pd.DataFrame, countries: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the coordinates that were meant in misprinted positions.

    `positions` has ``longitude``, ``latitude`` and ``country_reported``. On its index:
    ``meant_longitude``, ``meant_latitude`` (degrees) and ``undone``, in words.
    """
    lon, lat = (positions[c].to_numpy(dtype=np.float64) for c in ("longitude", "latitude"))
    found = find_misprints(lon, lat, positions["country_reported"], countries)
    rows = []
    for number, x, y in zip(found, lon, lat, strict=True):
        slip = MISPRINTS[number]
        meant = slip.undo(np.array([x]), np.array([y]))
        rows.append((float(meant[0][0]), float(meant[1][0]), slip.undone))
    columns = ["meant_longitude", "meant_latitude", "undone"]
    out = pd.DataFrame(rows, positions.index, columns)
    return out.astype({"meant_longitude": "float64", "meant_latitude": "float64"})
