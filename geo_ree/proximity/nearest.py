"""The nearest of many features, measured over the ellipsoid."""

from __future__ import annotations

from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats, distance_m, to_store
from geo_ree.errors import SchemaError
from geo_ree.proximity.ellipsoid import to_ecef, to_lonlat
from geo_ree.proximity.segments import explode
from geo_ree.proximity.tree import build_tree, search_tree

Frame: TypeAlias = gpd.GeoSeries | gpd.GeoDataFrame


class NearestIndex:
    """Features made ready for many queries.

    An edge is the geodesic between its vertices. Edges are split into pieces of at most 3 km,
    whose chords are searched through a packed tree of boxes; the foot is lifted to the
    ellipsoid and the distance to it is Karney's geodesic.

    Parameters
    ----------
    targets
        Points, lines, polygons or collections, in any reference system; empty ones are passed
        over. Within a polygon the distance is 0.

    Raises
    ------
    SchemaError
        When there is no geometry at all, or no reference system.

    Notes
    -----
    Cost: building O(s log s) in segments s, a query O(log s) a point; about 100 bytes a segment.

    References
    ----------
    Karney, C. F. F. (2013), Algorithms for geodesics, J. Geodesy 87, 43-55.

    Examples
    --------
    >>> road = gpd.GeoSeries([shapely.LineString([(76, 43), (77, 43)])], index=["A2"], crs=4326)
    >>> index = NearestIndex(road)
    >>> index.query(gpd.GeoSeries([shapely.Point(76.5, 43.1)], crs=4326))["target"].tolist()
    ['A2']
    """

    def __init__(self, targets: Frame) -> None:
        series = _stored(targets, "the targets")
        self.labels: pd.Index = series.index
        geometries = series.to_numpy()
        segments = explode(np.where(shapely.is_missing(geometries), _NOTHING, geometries))
        if not len(segments.owner):
            raise SchemaError(
                f"none of the {len(series)} targets has a geometry",
                "give at least one point, line or polygon",
            )
        self._tree = build_tree(segments)
        areal = shapely.get_dimensions(geometries) == 2
        self._area_rows: NDArray[np.int64] = np.flatnonzero(areal)
        self._areas = shapely.STRtree(geometries[areal]) if areal.any() else None

    def query(self, points: Frame) -> pd.DataFrame:
        """Distance to the nearest target, and which it is.

        Parameters
        ----------
        points
            Points in any reference system.

        Returns
        -------
        pandas.DataFrame
            On the index of `points`: ``distance_m`` (float64) and ``target`` (its label); NaN
            and <NA> where the point is empty or missing.

        Raises
        ------
        SchemaError
            When a geometry is not a point, or there is no reference system.
        """
        series = _stored(points, "the points")
        geometries = series.to_numpy()
        blank = shapely.is_missing(geometries) | shapely.is_empty(geometries)
        odd = ~blank & (shapely.get_type_id(geometries) != 0)
        if odd.any():
            at = int(np.flatnonzero(odd)[0])
            raise SchemaError(
                f"row {at + 1} of the points is a {geometries[at].geom_type}",
                "give points, for instance .representative_point()",
            )
        lonlat = np.full((len(geometries), 2), np.nan)
        lonlat[~blank] = shapely.get_coordinates(geometries[~blank])
        distance, position = self.query_lonlat(lonlat[:, 0], lonlat[:, 1])
        found = self.labels.take(np.maximum(position, 0)).to_series().reset_index(drop=True)
        target = found.convert_dtypes().mask(position < 0, pd.NA)
        return pd.DataFrame({"distance_m": distance, "target": target.array}, index=series.index)

    def query_lonlat(self, lon: Floats, lat: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """The same from coordinates, for many drawn positions.

        Parameters
        ----------
        lon, lat
            Degrees, shape (n,); not finite where there is no point.

        Returns
        -------
        distance_m : numpy.ndarray of float64
            Shape (n,), NaN where there is no point.
        position : numpy.ndarray of int64
            Row of the nearest target, -1 where there is no point; of equally near ones the
            first.
        """
        x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        distance = np.full(len(x), np.nan)
        position = np.full(len(x), -1, dtype=np.int64)
        known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if len(known):
            foot, owner = search_tree(self._tree, to_ecef(x[known], y[known]))
            distance[known] = distance_m(x[known], y[known], *to_lonlat(foot))
            position[known] = owner
            self._inside(x, y, known, distance, position)
        return distance, position

    def _inside(
        self, x: Floats, y: Floats, known: NDArray[np.intp], distance: Floats,
        position: NDArray[np.int64],
    ) -> None:  # fmt: skip
        if self._areas is None:
            return
        at, area = self._areas.query(shapely.points(x[known], y[known]), predicate="intersects")
        for row, owner in sorted(zip(known[at], self._area_rows[area], strict=True), reverse=True):
            if distance[row] > 0.0 or owner < position[row]:
                distance[row], position[row] = 0.0, owner


_NOTHING = shapely.Point()


def _stored(frame: Frame, what: str) -> gpd.GeoSeries:
    series = frame.geometry if isinstance(frame, gpd.GeoDataFrame) else frame
    return to_store(series.to_frame("geometry"), what=what).geometry


def nearest(points: Frame, targets: Frame) -> pd.DataFrame:
    """Distance from each point to the nearest target over the ellipsoid, and which it is.

    Parameters
    ----------
    points
        Points in any reference system.
    targets
        Points, lines, polygons or collections in any reference system. An edge is the geodesic
        between its vertices; within a polygon the distance is 0.

    Returns
    -------
    pandas.DataFrame
        On the index of `points`: ``distance_m`` (float64) and ``target`` (label of the nearest
        row of `targets`, of equally near ones the first); NaN and <NA> where the point is empty
        or missing.

    Raises
    ------
    SchemaError
        When there are no targets, a point is no point, or a reference system is missing.

    References
    ----------
    Karney, C. F. F. (2013), Algorithms for geodesics, J. Geodesy 87, 43-55.

    Examples
    --------
    >>> mines = gpd.GeoSeries([shapely.Point(76.12, 42.86)], index=["Kutessay"], crs=4326)
    >>> towns = gpd.GeoSeries([shapely.Point(75.7, 42.79), shapely.Point(78, 42)],
    ...                       index=["Kemin", "else"], crs=4326)
    >>> got = nearest(mines, towns)
    >>> float(got["distance_m"].round()["Kutessay"]), got["target"]["Kutessay"]
    (35214.0, 'Kemin')
    """
    return NearestIndex(targets).query(points)
