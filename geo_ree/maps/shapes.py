"""Lines and areas made small: clipped, joined, simplified and packed into text."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo_ree.maps.packing import plain
from geo_ree.settings import REGION, Box

_LINE_TOLERANCE_DEG = 0.01
_AREA_TOLERANCE_DEG = 0.002
_COVERAGE_TOLERANCE_DEG = 0.02
_SMALLEST_ISLAND_DEG2 = 0.004
_PER_DEGREE = 1_000
_CHUNKS = np.arange(0, 35, 5)
_LINE, _POLYGON, _MULTI, _COLLECTION = 1, 3, {1: 5, 3: 6}, 7


def pack(lines: Any) -> list[str]:
    """Encode LineStrings in degrees as polylines of 0.001 degree, one text each.

    Latitudes and longitudes become zigzag differences in groups of 5 bits, each group a printable
    character that needs no escaping in HTML.

    References
    ----------
    Google, Encoded Polyline Algorithm Format (here with 3 decimals instead of 5).
    """
    xy, line = shapely.get_coordinates(lines, return_index=True)
    if not len(xy):
        return []
    points = np.rint(xy[:, ::-1] * _PER_DEGREE).astype(np.int64)
    starts = np.flatnonzero(np.diff(line, prepend=-1))
    deltas = np.diff(points, axis=0, prepend=0)
    deltas[starts] = points[starts]
    zigzag = ((deltas << 1) ^ (deltas >> 63)).ravel()[:, None]
    rest = zigzag >> _CHUNKS
    used = rest > 0
    used[:, 0] = True
    more = (zigzag >> (_CHUNKS + 5)) > 0
    text = ((rest & 31) + 32 * more + 63)[used].astype(np.uint8).tobytes().decode("ascii")
    ends = np.cumsum(used.sum(axis=1).reshape(-1, 2).sum(axis=1))
    cuts = [0, *ends[np.append(starts[1:], len(xy)) - 1].tolist()]
    return [text[a:b] for a, b in pairwise(cuts)]


def line_paths(geometry: gpd.GeoSeries, region: Box = REGION) -> list[str]:
    """Pack the lines of a layer: joined where they meet, simplified to about 1 km."""
    lines = _without_copies(_rounded(_clipped_parts(geometry, _LINE, region)))
    if not len(lines):
        return []
    merged = shapely.line_merge(shapely.multilinestrings(lines))
    return pack(shapely.simplify(shapely.get_parts(merged), _LINE_TOLERANCE_DEG))


def area_paths(geometry: gpd.GeoSeries, region: Box = REGION) -> list[str]:
    """Pack the outer rings of a layer's areas (lakes), simplified to about 1 km."""
    simple = shapely.simplify(_clipped_parts(geometry, _POLYGON, region), _LINE_TOLERANCE_DEG)
    return pack(shapely.get_exterior_ring(simple[~shapely.is_empty(simple)]))


def polygon_paths(area: shapely.Geometry) -> list[list[str]]:
    """Pack one area with its holes: the rings of each polygon, the outer ring first."""
    parts = shapely.get_parts(shapely.simplify(area, _AREA_TOLERANCE_DEG))
    polygons = parts[(shapely.get_type_id(parts) == _POLYGON) & ~shapely.is_empty(parts)]
    return [pack(shapely.get_rings(polygon)) for polygon in polygons]


def country_paths(countries: gpd.GeoDataFrame, region: Box = REGION) -> dict[str, Any]:
    """Simplify the countries together, so that shared borders stay shared, and pack them.

    Returns ``shapes`` (country, name, ``label``: latitude and longitude of the name, ``rings``) and
    ``borders``: each border and coast once, without the edge of the region.
    """
    inside = shapely.make_valid(shapely.clip_by_rect(countries.geometry.to_numpy(), *region))
    inside = np.array([_areas(shape) for shape in inside], dtype=object)
    simple = shapely.coverage_simplify(inside, _COVERAGE_TOLERANCE_DEG)
    shapes, outlines = [], []
    for country, name, shape in zip(countries["country"], countries["name"], simple, strict=True):
        parts = shapely.get_parts(shape)
        polygons = parts[shapely.get_type_id(parts) == _POLYGON]
        large = polygons[shapely.area(polygons) > _SMALLEST_ISLAND_DEG2]
        if not len(large):
            continue
        rings = shapely.get_exterior_ring(large)
        outlines.extend(rings)
        shapes.append(
            {
                "country": plain(country),
                "name": plain(name),
                "rings": pack(rings),
                "label": label_place(large[np.argmax(shapely.area(large))]),
            }
        )
    edge = shapely.box(*region).exterior.buffer(0.01)
    borders = shapely.line_merge(shapely.difference(shapely.union_all(outlines), edge))
    lines = shapely.get_parts(borders)
    return {"shapes": shapes, "borders": pack(lines[shapely.get_type_id(lines) == _LINE])}


def _areas(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a shape; clipping leaves lines and points where it touches an edge."""
    if shapely.get_type_id(shape) in (_POLYGON, _MULTI[_POLYGON]):
        return shape
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon(parts[shapely.get_type_id(parts) == _POLYGON].tolist())


def label_place(shape: shapely.Geometry) -> list[float]:
    """Latitude and longitude of a place well inside a polygon, for its name."""
    inner = shapely.maximum_inscribed_circle(shape, tolerance=0.05)
    lon, lat = shapely.get_coordinates(inner)[0]
    return [round(float(lat), 2), round(float(lon), 2)]


def _clipped_parts(geometry: gpd.GeoSeries, kind: int, region: Box) -> Any:
    """Give the LineStrings or Polygons of a layer, clipped to the region.

    Clipping and splitting copy every geometry, so only those are clipped that cross the edge, and
    only those are split that have parts.
    """
    shapes = geometry.to_numpy()
    shapes = shapes[np.isin(shapely.get_type_id(shapes), (kind, _MULTI[kind], _COLLECTION))]
    west, south, east, north = region
    low_x, low_y, high_x, high_y = shapely.bounds(shapes).T
    across = (low_x < west) | (low_y < south) | (high_x > east) | (high_y > north)
    shapes[across] = shapely.clip_by_rect(shapes[across], *region)
    whole = shapely.get_type_id(shapes) == kind
    parts = shapely.get_parts(shapes[~whole])
    shapes = np.concatenate([shapes[whole], parts[shapely.get_type_id(parts) == kind]])
    return shapes[~shapely.is_empty(shapes)]


def _rounded(lines: Any) -> Any:
    """Round LineStrings to the digits that `pack` keeps; lines that collapse to a point are dropped.

    The same as `shapely.set_precision`, many times faster for lines.
    """
    xy, line = shapely.get_coordinates(lines, return_index=True)
    xy = np.floor(xy * _PER_DEGREE + 0.5) / _PER_DEGREE
    moved = (np.diff(xy, axis=0, prepend=np.nan) != 0).any(axis=1)
    first = np.diff(line, prepend=-1) != 0
    xy, line = xy[moved | first], line[moved | first]
    long = (np.bincount(line) > 1)[line] if len(line) else np.zeros(0, dtype=bool)
    return shapely.linestrings(xy[long], indices=np.unique(line[long], return_inverse=True)[1])


def _without_copies(lines: Any) -> Any:
    """Drop lines that are there already, in the same or in the other direction."""
    _, box, count = np.unique(
        shapely.bounds(lines), axis=0, return_inverse=True, return_counts=True
    )
    twins = count[box] > 1  # only lines with the same bounds can be equal
    _, once = np.unique(shapely.to_wkb(shapely.normalize(lines[twins])), return_index=True)
    return np.concatenate([lines[~twins], lines[twins][once]])
