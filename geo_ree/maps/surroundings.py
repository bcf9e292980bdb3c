"""The land around the region, from the world of the starter: a map fills its pane at every size."""

from __future__ import annotations

from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo_ree.maps.route_shapes import route_bounds
from geo_ree.maps.shapes import label_place, pack
from geo_ree.routing.place_tables import read_world
from geo_ree.settings import Box

FRAME: Box = (-24.0, -40.0, 180.0, 80.0)
"""West, south, east and north of the map where it can be: the edges of the coarsest relief."""

_WORLD: Box = (-180.0, -60.0, 180.0, 83.0)
_TOLERANCE_DEG = 0.3
_ISLAND_DEG2 = 0.3
_NAMED_DEG2 = 60.0
_LAP_DEG = 0.1  # so that no gap shows at the edge of the region
_POLYGON = 3


def land_beyond(corridors: gpd.GeoDataFrame, region: Box) -> dict[str, Any]:
    """Give plain land around the region, so far that neither the map nor a route ends in nothing.

    Returns ``box`` (west, south, east, north), the ``rings`` of the land in it but outside the
    region, the ``borders`` between its countries, simplified to about 30 km, and the
    ``labels``: where the names of large countries belong.
    """
    reached = route_bounds(corridors)
    boxes = [region, *([reached] if reached else [])]
    inside = all(
        FRAME[0] <= west and FRAME[1] <= south and east <= FRAME[2] and north <= FRAME[3]
        for west, south, east, north in boxes
    )
    box = FRAME if inside else _WORLD
    return {"box": list(box), **_land(box, region)}


@cache
def _land(box: Box, region: Box) -> dict[str, Any]:
    shapes = shapely.make_valid(shapely.clip_by_rect(read_world().geometry.to_numpy(), *box))
    simple = shapely.coverage_simplify(np.array([_areas(s) for s in shapes]), _TOLERANCE_DEG)
    west, south, east, north = region
    inner = shapely.box(west + _LAP_DEG, south + _LAP_DEG, east - _LAP_DEG, north - _LAP_DEG)
    outside = shapely.get_parts(shapely.difference(simple, inner))
    outside = outside[shapely.get_type_id(outside) == _POLYGON]
    land = shapely.get_parts(shapely.coverage_union_all(outside))
    rings = shapely.get_exterior_ring(land[shapely.area(land) > _ISLAND_DEG2])
    return {"rings": pack(rings), "borders": pack(_borders(outside)), "labels": _labels(simple)}


def _labels(shapes: Any) -> dict[str, list[float]]:
    """Where the names of large countries belong: latitude and longitude by country."""
    large = shapely.area(shapes) > _NAMED_DEG2
    largest = [max(shapely.get_parts(shape), key=shapely.area) for shape in shapes[large]]
    codes = read_world().index[large]
    return {str(code): label_place(part) for code, part in zip(codes, largest, strict=True)}


def _areas(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon(parts[shapely.get_type_id(parts) == _POLYGON].tolist())


def _borders(areas: Any) -> Any:
    """The lines that two areas share; areas of a coverage have the same vertices there."""
    xy, ring = shapely.get_coordinates(shapely.get_exterior_ring(areas), return_index=True)
    ends = np.hstack([xy[:-1], xy[1:]])[ring[:-1] == ring[1:]].round(6)
    back = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[back] = ends[back][:, [2, 3, 0, 1]]
    segments, count = np.unique(ends, axis=0, return_counts=True)
    shared = segments[count == 2].reshape(-1, 2, 2)
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(shared)))
    return shapely.get_parts(merged)
