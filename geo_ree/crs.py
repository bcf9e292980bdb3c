"""Reference systems, and the few geodesic helpers that every stage shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod

from geo_ree.errors import SchemaError

if TYPE_CHECKING:
    import geopandas as gpd

STORE_CRS = "EPSG:4326"
"""Everything is stored in geographic WGS 84 coordinates, longitude first."""

GEOD = Geod(ellps="WGS84")
"""The ellipsoid on which every distance is measured."""

Floats = NDArray[np.float64]


def to_store(frame: gpd.GeoDataFrame, *, what: str = "the layer") -> gpd.GeoDataFrame:
    """Give a frame in `STORE_CRS`.

    Parameters
    ----------
    frame
        Any frame that knows its reference system.
    what
        Its name in the error.

    Returns
    -------
    geopandas.GeoDataFrame
        The frame itself when it is in `STORE_CRS` already, a transformed copy otherwise.

    Raises
    ------
    SchemaError
        When the frame has no reference system.

    Examples
    --------
    >>> import geopandas, shapely
    >>> mercator = geopandas.GeoDataFrame(geometry=[shapely.Point(8e6, 5e6)], crs="EPSG:3857")
    >>> to_store(mercator).crs.to_epsg()
    4326
    """
    if frame.crs is None:
        raise SchemaError(
            f"{what} has no coordinate reference system",
            f"set it, for instance with frame.set_crs({STORE_CRS!r})",
        )
    return frame if frame.crs.equals(STORE_CRS, ignore_axis_order=True) else frame.to_crs(STORE_CRS)


def has_odd_vertex(geometries: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Find the geometries of which some vertex is not finite: bounds pass over a NaN in silence.

    Examples
    --------
    >>> has_odd_vertex(shapely.points([float("inf"), 76.0], [42.0, 42.0])).tolist()
    [True, False]
    """
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    odd = np.zeros(len(geometries), dtype=bool)
    odd[owner[~np.isfinite(xy).all(axis=1)]] = True
    return odd


def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats:
    """Geodesic distances between pairs of points, in metres.

    Parameters
    ----------
    lon1, lat1, lon2, lat2
        Degrees; arrays of one shape.

    Returns
    -------
    numpy.ndarray of float64
        Metres, in the shape of the input.

    References
    ----------
    Karney, C. F. F. (2013), Algorithms for geodesics, J. Geodesy 87, 43-55.

    Examples
    --------
    >>> float(distance_m([76.0], [42.0], [76.0], [43.0])[0].round())
    111083.0
    """
    a, b, c, d = (np.asarray(v, dtype=np.float64) for v in (lon1, lat1, lon2, lat2))
    return np.asarray(GEOD.inv(a, b, c, d)[2], dtype=np.float64)


def destination(
    lon: ArrayLike, lat: ArrayLike, azimuth_deg: ArrayLike, length_m: ArrayLike
) -> tuple[Floats, Floats]:
    """Longitude and latitude reached from a point along a geodesic.

    Parameters
    ----------
    lon, lat, azimuth_deg
        Degrees, azimuth clockwise from north; arrays of one shape.
    length_m
        Metres along the geodesic.

    Returns
    -------
    tuple of numpy.ndarray
        Longitudes and latitudes, degrees.

    Examples
    --------
    >>> lon, lat = destination([76.0], [42.0], [0.0], [111083.0])
    >>> round(float(lat[0]), 4)
    43.0
    """
    a, b, c, d = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (lon, lat, azimuth_deg, length_m))
    )
    out = GEOD.fwd(a.copy(), b.copy(), c.copy(), d.copy())
    return np.asarray(out[0], dtype=np.float64), np.asarray(out[1], dtype=np.float64)


def length_km(geometry: Any) -> float:
    """Geodesic length of one line, in kilometres (0 for points and for empty geometry).

    Examples
    --------
    >>> import shapely
    >>> round(length_km(shapely.LineString([(76, 42), (76, 43)])), 1)
    111.1
    """
    if geometry is None or geometry.is_empty:
        return 0.0
    return float(GEOD.geometry_length(geometry)) / 1000.0
