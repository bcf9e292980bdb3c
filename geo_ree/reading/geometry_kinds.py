"""Geometries of the kinds that a layer takes, from those that a file has."""

from __future__ import annotations

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import shapely

_SIMPLE = {"MultiPoint": "Point", "MultiLineString": "LineString", "MultiPolygon": "Polygon"}
_HINTS = {
    "MultiPoint": "make one row of each part, for instance with GeoDataFrame.explode()",
    "GeometryCollection": "make one row of each part, for instance with GeoDataFrame.explode()",
}
_CENTROID = "take a point of each, for instance with GeoSeries.centroid or representative_point()"


def simplify_kinds(shapes: gpd.GeoSeries, kinds: Collection[str]) -> gpd.GeoSeries:
    """Drop heights and measures, and take single parts out where the layer wants them.

    A collection or a Multi geometry of one part is that part if its own kind is not in `kinds`.
    """
    values = np.array(shapely.force_2d(shapes.to_numpy()), dtype=object)
    names = np.array(shapes.geom_type, dtype=object)
    parts = shapely.get_num_geometries(values)
    for _ in range(2):  # a collection may hold a Multi geometry
        single = (parts == 1) & ~np.isin(names, list(kinds))
        single &= np.isin(names, [*_SIMPLE, "GeometryCollection"])
        if not single.any():
            break
        values[single] = shapely.get_geometry(values[single], 0)
        names[single] = [g.geom_type for g in values[single]]
        parts = shapely.get_num_geometries(values)
    return gpd.GeoSeries(values, index=shapes.index, crs=shapes.crs)


def kind_hint(kind: str) -> str:
    """Return what to do about a geometry that a layer of points does not take."""
    return _HINTS.get(kind, _CENTROID)
