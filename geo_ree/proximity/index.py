"""The nearest of many features, measured over the ellipsoid: `nearest` and `NearestIndex`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from geo_ree.crs import Floats
from geo_ree.errors import SchemaError
from geo_ree.proximity.point_blocks import Block, Frame, Points, in_degrees, read_points
from geo_ree.proximity.search.index_files import Stored, fingerprint, read_index, write_index
from geo_ree.proximity.search.packets import NODE
from geo_ree.proximity.search.segments import (
    Segments,
    explode,
    geodesic_areas,
    to_ecef,
)
from geo_ree.proximity.search.simd import LANES
from geo_ree.proximity.search.tree import build_tree, search_tree


class NearestIndex:
    """Features indexed for many nearest-feature queries.

    Parameters
    ----------
    targets
        Points, lines, polygons or collections in any reference system; empty ones are ignored.
        An edge is the geodesic between its vertices. Within a polygon the distance is 0.

    Raises
    ------
    SchemaError
        When no target has a geometry, or the reference system is missing.

    Notes
    -----
    Edges are split into pieces of at most 3 km. Their chords, in earth-centred coordinates, are
    searched through a packed tree of boxes by packets of eight points on all processors. The foot on
    the nearest chord is lifted to the ellipsoid, and the chord turned into an arc of Euler's radius
    (to 300 km), Vincenty's geodesic (to 1,000 km) or Karney's. Beyond 30 km the shortest chord need
    not be the shortest geodesic: every target that may be the nearest is measured.

    Exact within 1 mm to 500 km, 2 cm to 1,000 km and 1e-6 beyond, to 17,000 km (nearer to the
    antipode the choice among targets is by a sphere). Distances below half a micrometre are 0.
    Building is linear in the segments, a query O(log s) a point; 75 bytes a segment.

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
        series = in_degrees(targets, "the targets")
        segments = _explode(series)
        if not len(segments.owner):
            raise SchemaError(
                f"none of the {len(series)} targets has a geometry",
                "give at least one point, line or polygon",
            )
        stamp = fingerprint(segments)
        areas = geodesic_areas(series.to_numpy())
        self._fill(Stored(build_tree(segments), series.index, *areas, stamp))

    def _fill(self, stored: Stored) -> None:
        self.labels: pd.Index = stored.labels
        self.stored = stored
        self._areas = shapely.STRtree(stored.areas) if len(stored.areas) else None

    def save(self, path: Path | str) -> None:
        """Write the index to a file, to be read by `load`.

        Parameters
        ----------
        path
            Arrow file to write, about 75 bytes a segment; an older one is replaced at once.

        Examples
        --------
        >>> import tempfile
        >>> towns = gpd.GeoSeries([shapely.Point(75.7, 42.79)], index=["Kemin"], crs=4326)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     NearestIndex(towns).save(Path(folder, "towns.index"))
        ...     NearestIndex.load(Path(folder, "towns.index"), towns).labels.tolist()
        ['Kemin']
        """
        write_index(Path(path), self.stored)

    @classmethod
    def load(cls, path: Path | str, targets: Frame | None = None) -> NearestIndex:
        """Read an index that `save` wrote.

        Parameters
        ----------
        path
            The file. It is mapped into memory, not copied.
        targets
            The features it should be an index of; compared when given.

        Returns
        -------
        NearestIndex

        Raises
        ------
        SchemaError
            When the file is absent, damaged, of another format version, or of other targets.
        """
        stored = read_index(Path(path))
        if targets is not None:
            series = in_degrees(targets, "the targets")
            if fingerprint(_explode(series)) != stored.stamp or not series.index.equals(
                stored.labels
            ):
                raise SchemaError(
                    f"{path} is the index of other targets", "build it again and save it"
                )
        index = cls.__new__(cls)
        index._fill(stored)
        return index

    def query(
        self,
        points: Points | None = None,
        *,
        x: ArrayLike | None = None,
        y: ArrayLike | None = None,
        crs: Any = None,
    ) -> pd.DataFrame:
        """Return the distance to the nearest target, and its label.

        Parameters
        ----------
        points
            Points as geometries or as an Arrow column; see `nearest`.
        x, y, crs
            Or the coordinates of the points, shape (n,), and their reference system; see `nearest`.

        Returns
        -------
        pandas.DataFrame
            On the index of `points` or of `x`, else numbered from 0: ``distance_m`` (float64) and ``target``
            (its label); NaN and <NA> where the point is empty or missing.

        Raises
        ------
        SchemaError
            When a geometry is not a point or not on the globe, or there is no reference system.
        """
        return self._measure(*read_points(points, x, y, crs))

    def _measure(self, blocks: Iterator[Block], index: pd.Index | None) -> pd.DataFrame:
        distance, targets = np.empty(0), []
        for lon, lat in blocks:
            metres, position = self.query_lonlat(lon, lat)
            distance.resize(
                len(distance) + len(metres), refcheck=False
            )  # the system moves no memory
            distance[len(distance) - len(metres) :] = metres
            targets.append(self._names.take(position, allow_fill=True, fill_value=pd.NA))
        columns = {"distance_m": distance, "target": self._joined(targets)}
        if index is None:
            index = pd.RangeIndex(len(distance))
        return pd.DataFrame(columns, index=index, copy=False)

    def _joined(self, parts: list[Any]) -> Any:
        """Return the labels of all blocks in one array, and let go of the parts."""
        if len(parts) < 2:
            return parts[0] if parts else self._names[:0]
        series = [pd.Series(part, copy=False) for part in parts]
        parts.clear()
        return pd.concat(series, ignore_index=True).array

    @cached_property
    def _names(self) -> pd.api.extensions.ExtensionArray:
        """Return the labels in a type that has <NA>."""
        return self.labels.to_series().convert_dtypes().array

    def query_lonlat(self, lon: Floats, lat: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """Query by coordinates, without the cost of geometries and labels.

        Parameters
        ----------
        lon, lat
            Degrees, shape (n,); not finite where there is no point.

        Returns
        -------
        distance_m : numpy.ndarray of float64
            Shape (n,), NaN where there is no point.
        position : numpy.ndarray of int64
            Row of the nearest target, the first of equally near ones; -1 where there is no point.
        """
        # Read-only arrays would have the loops compiled once more.
        x, y = (np.require(places, np.float64, ("C", "W")) for places in (lon, lat))
        known = np.isfinite(x) & np.isfinite(y)
        if known.all():
            return self._search(x, y)
        distance, position = np.full(len(x), np.nan), np.full(len(x), -1, dtype=np.int64)
        distance[known], position[known] = self._search(x[known], y[known])
        return distance, position

    def box_distance_m(self, lon: Floats, lat: Floats) -> Floats:
        """Return a lower bound of the distance: the chord to the box around all targets.

        It is 0 where there are polygons: a place within one may lie above the box of its outline.
        """
        if self._areas is not None:
            return np.zeros(len(lon))
        tree = self.stored.tree
        low, high = np.moveaxis(tree.boxes[:NODE].reshape(2, 3, LANES), 2, 1)
        xyz = to_ecef(lon, lat) @ tree.turn.T
        gap = np.maximum(np.maximum(low.min(axis=0) - xyz, xyz - high.max(axis=0)), 0.0)
        return np.asarray(np.sqrt((gap**2).sum(axis=1)))

    def _search(self, x: Floats, y: Floats) -> tuple[Floats, NDArray[np.int64]]:
        if not len(x):
            return np.empty(0), np.empty(0, dtype=np.int64)
        distance, owner = search_tree(self.stored.tree, x, y)
        position = owner.astype(np.int64)
        at, row = self.areas_around(x, y)
        if len(at):
            inside = np.full(len(x), len(self.labels), dtype=np.int64)
            np.minimum.at(inside, at, row)
            at = np.unique(at)
            position[at] = np.where(
                distance[at] > 0.0, inside[at], np.minimum(inside[at], position[at])
            )
            distance[at] = 0.0
        return distance, position

    def areas_around(self, lon: Floats, lat: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the pairs of a place (finite degrees) and a target with a polygon around it, by number."""
        if self._areas is None:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        at, area = self._areas.query(shapely.points(lon, lat), predicate="intersects")
        return at, self.stored.area_rows[area]


def _explode(series: gpd.GeoSeries) -> Segments:
    geometries = series.to_numpy()
    there = np.where(shapely.is_missing(geometries), shapely.Point(), geometries)
    return explode(there, series.index)


def nearest(
    points: Points | None = None,
    targets: Frame | None = None,
    *,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    crs: Any = None,
) -> pd.DataFrame:
    """Return the geodesic distance from each point to the nearest target, and its label.

    Parameters
    ----------
    points
        Points in any reference system: a frame of geometries, or anything that speaks Arrow (a table, a
        reader of batches, an array) with a column ``geoarrow.point`` or ``geoarrow.wkb``, or GeoParquet's. No
        geometries are built of it.
    targets
        Points, lines, polygons or collections in any reference system. An edge is the geodesic
        between its vertices; within a polygon the distance is 0.
    x, y
        Instead of `points`, their coordinates: numbers, shape (n,), both NaN where there is no point.
    crs
        Reference system of `x` (east) and `y` (north), by default degrees of longitude and latitude; or of an
        Arrow column that states none.

    Returns
    -------
    pandas.DataFrame
        On the index of `points` or of `x`, else numbered from 0: ``distance_m`` (float64) and ``target`` (label of
        the nearest row of `targets`, of equally near ones the first); NaN and <NA> where the point is empty or
        missing.

    Raises
    ------
    SchemaError
        When there are no targets, a point is no point, a place is not on the globe (its row and
        label are named), or a reference system is missing.

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
    >>> nearest(targets=towns, x=[76.12, 78.1], y=[42.86, 42.1])["target"].tolist()
    ['Kemin', 'else']
    """
    if targets is None:
        raise SchemaError("there are no targets", "give them as targets=")
    blocks = read_points(points, x, y, crs)
    return NearestIndex(targets)._measure(*blocks)
