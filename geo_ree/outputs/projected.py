"""Projected coordinates beside the degrees, for programs of geology and mine planning."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyproj
from pyproj.exceptions import CRSError, ProjError

from geo_ree.crs import STORE_CRS
from geo_ree.errors import SettingsError


def check_projected(crs: str) -> pyproj.CRS:
    """Give a projected reference system in metres.

    Raises
    ------
    SettingsError
        When there is no such system, or it is not projected or not in metres.

    Examples
    --------
    >>> check_projected("EPSG:32643").name
    'WGS 84 / UTM zone 43N'
    >>> check_projected("EPSG:4326")
    Traceback (most recent call last):
    geo_ree.errors.SettingsError: EPSG:4326 (WGS 84) is not a projected system in metres; give one, \
for instance EPSG:32643 (UTM zone 43N)
    """
    try:
        found = pyproj.CRS.from_user_input(crs)
    except CRSError as error:
        raise SettingsError(
            f"there is no reference system {crs!r}",
            "give a code of EPSG, for instance EPSG:32643 (UTM zone 43N)",
        ) from error
    if not found.is_projected or {a.unit_name for a in found.axis_info} != {"metre"}:
        raise SettingsError(
            f"{crs} ({found.name}) is not a projected system in metres",
            "give one, for instance EPSG:32643 (UTM zone 43N)",
        )
    return found


def with_projected(table: pd.DataFrame, crs: str) -> pd.DataFrame:
    """Add ``x``, ``y``, ``z``, ``scale_factor`` and ``xyz_crs`` to a table of deposits.

    Parameters
    ----------
    table
        With ``latitude`` and ``longitude`` (degrees) and, where known, ``elevation_m``.
    crs
        A projected system in metres.

    Returns
    -------
    pandas.DataFrame
        The table with ``x`` (easting) and ``y`` (northing) in metres, whatever order the system
        itself has; ``z``, the elevation; ``scale_factor``, metres on the map per metre on the
        ellipsoid there (the root of the areal scale): far from 1 the system is not made for the
        place. Blank where there is no coordinate, and where the projection is not defined.

    Raises
    ------
    SettingsError
        See `check_projected`.

    Notes
    -----
    x and y are rounded to the centimetre. The position's error stays in ``position_error_m``.

    References
    ----------
    Snyder, J. P. (1987), Map projections: a working manual, USGS Professional Paper 1395, 20-26.

    Examples
    --------
    >>> row = pd.DataFrame({"latitude": [42.8611], "longitude": [76.1197], "elevation_m": [2424.0]})
    >>> with_projected(row, "EPSG:32643")[["x", "y", "z", "scale_factor"]].iloc[0].tolist()
    [591470.65, 4745998.39, 2424.0, 0.999703]
    """
    found = check_projected(crs)
    to_map = pyproj.Transformer.from_crs(STORE_CRS, found, always_xy=True)
    lon = table["longitude"].to_numpy(np.float64, na_value=np.nan)
    lat = table["latitude"].to_numpy(np.float64, na_value=np.nan)
    known = np.isfinite(lon) & np.isfinite(lat)
    x, y, scale = (np.full(len(table), np.nan) for _ in range(3))
    x[known], y[known] = to_map.transform(lon[known], lat[known])
    undefined = ~(np.isfinite(x) & np.isfinite(y))
    x[undefined], y[undefined] = np.nan, np.nan
    good = ~undefined
    if good.any():
        try:
            factors = pyproj.Proj(found).get_factors(lon[good], lat[good])
            scale[good] = np.sqrt(np.asarray(factors.areal_scale))
        except ProjError:  # a system whose operation has no factors: the scale stays unknown
            pass
    return table.assign(
        x=x.round(2),
        y=y.round(2),
        z=table.get("elevation_m", np.nan),
        scale_factor=np.where(np.isfinite(scale), scale, np.nan).round(6),
        xyz_crs=f"{crs} ({found.name})",
    )
