"""Lines and areas made small: clipped, joined, simplified and packed into text."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo_ree.maps.packing import plain
from geo_ree.settings import REGION

_LINE_TOLERANCE_DEG = 0.01
_AREA_TOLERANCE_DEG = 0.002
_COVERAGE_TOLERANCE_DEG = 0.02
_SMALLEST_ISLAND_DEG2 = 0.004
_PER_DEGREE = 1_000
_CHUNKS = np.arange(0, 35, 5)


def pack(lines: Any) -> list[str]:
    """Lines as encoded polylines of 0.001 degree.

    Latitude and longitude as zigzag differences in 5-bit groups, each a printable character.
    None of them needs escaping in HTML.

    Parameters
    ----------
    lines
        Array of LineString in degrees, longitude first.

    Returns
    -------
    list of str
        One text for each line.

    References
    ----------
    Google, Encoded Polyline Algorithm Format (with 3 decimals instead of 5).

    Examples
    --------
    >>> pack([shapely.LineString([(70, 45), (71, 45)])])
    ['o{vA_vgC?o}@']
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


def line_paths(lines: gpd.GeoDataFrame) -> list[str]:
    """Lines joined where they meet, simplified to about 1 km, packed.

    Parameters
    ----------
    lines
        In degrees; what is not a line is left out.

    Returns
    -------
    list of str
        As `pack` gives them.

    Examples
    --------
    >>> two = gpd.GeoDataFrame(geometry=[shapely.LineString([(70, 45), (71, 45)]),
    ...                                  shapely.LineString([(71, 45), (72, 45)])], crs=4326)
    >>> line_paths(two) == pack([shapely.LineString([(70, 45), (72, 45)])])
    True
    """
    parts = _parts(lines, "LineString")
    if not len(parts):
        return []
    snapped = shapely.get_parts(shapely.set_precision(parts, 1.0 / _PER_DEGREE))
    _, once = np.unique(shapely.to_wkb(shapely.normalize(snapped)), return_index=True)
    merged = shapely.line_merge(shapely.multilinestrings(snapped[once]))
    return pack(shapely.simplify(shapely.get_parts(merged), _LINE_TOLERANCE_DEG))


def area_paths(areas: gpd.GeoDataFrame) -> list[str]:
    """Outer rings of areas (lakes), simplified and packed.

    Examples
    --------
    >>> lake = gpd.GeoDataFrame(geometry=[shapely.box(70, 45, 71, 46)], crs=4326)
    >>> len(area_paths(lake))
    1
    """
    simple = shapely.simplify(_parts(areas, "Polygon"), _LINE_TOLERANCE_DEG)
    return pack(shapely.get_exterior_ring(simple[~shapely.is_empty(simple)]))


def polygon_paths(area: shapely.Geometry) -> list[list[str]]:
    """An area with its holes, simplified and packed: the rings of each polygon, outer first.

    Examples
    --------
    >>> ring = shapely.box(70, 45, 74, 49).difference(shapely.box(71, 46, 73, 48))
    >>> [len(rings) for rings in polygon_paths(ring)]
    [2]
    """
    parts = shapely.get_parts(shapely.simplify(area, _AREA_TOLERANCE_DEG))
    polygons = parts[(shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)]
    return [pack(shapely.get_rings(polygon)) for polygon in polygons]


def country_paths(countries: gpd.GeoDataFrame) -> dict[str, Any]:
    """Countries simplified together, so that shared borders stay shared.

    Parameters
    ----------
    countries
        The canonical layer, in degrees; clipped to the region.

    Returns
    -------
    dict
        ``shapes``: country, name, ``label`` (latitude, longitude of a place well inside) and
        ``rings``; ``borders``: each border and coast once, without the region's own edge.

    Examples
    --------
    >>> box = gpd.GeoDataFrame({"country": ["KAZ"], "name": ["Kazakhstan"]},
    ...                        geometry=[shapely.box(60, 45, 61, 46)], crs=4326)
    >>> country_paths(box)["shapes"][0]["label"]
    [45.5, 60.5]
    """
    inside = shapely.make_valid(shapely.clip_by_rect(countries.geometry.to_numpy(), *REGION))
    simple = shapely.coverage_simplify(inside, _COVERAGE_TOLERANCE_DEG)
    shapes, outlines = [], []
    for country, name, shape in zip(countries["country"], countries["name"], simple, strict=True):
        parts = shapely.get_parts(shape)
        polygons = parts[shapely.get_type_id(parts) == 3]
        large = polygons[shapely.area(polygons) > _SMALLEST_ISLAND_DEG2]
        if not len(large):
            continue
        rings = shapely.get_exterior_ring(large)
        outlines.extend(rings)
        largest = large[np.argmax(shapely.area(large))]
        shapes.append(
            {
                "country": plain(country),
                "name": plain(name),
                "rings": pack(rings),
                "label": label_place(largest),
            }
        )
    edge = shapely.box(*REGION).exterior.buffer(0.01)
    borders = shapely.line_merge(shapely.difference(shapely.union_all(outlines), edge))
    lines = shapely.get_parts(borders)
    return {"shapes": shapes, "borders": pack(lines[shapely.get_type_id(lines) == 1])}


def label_place(shape: shapely.Geometry) -> list[float]:
    """Latitude and longitude of a place well inside a polygon, for its name.

    Examples
    --------
    >>> label_place(shapely.box(60, 45, 61, 46))
    [45.5, 60.5]
    """
    inner = shapely.maximum_inscribed_circle(shape, tolerance=0.05)
    lon, lat = shapely.get_coordinates(inner)[0]
    return [round(float(lat), 2), round(float(lon), 2)]


def _parts(frame: gpd.GeoDataFrame, kind: str) -> Any:
    there = frame.geometry.dropna()
    parts = shapely.get_parts(shapely.clip_by_rect(there.to_numpy(), *REGION))
    types = {"LineString": 1, "Polygon": 3}
    return parts[shapely.get_type_id(parts) == types[kind]]
