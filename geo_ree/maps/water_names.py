"""Names of lakes and rivers with the places where the map may write them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo_ree.maps.shapes import label_place
from geo_ree.settings import REGION, Box

_STILL = ("lake", "reservoir")
_LEAST_LAKE_DEG, _LEAST_RIVER_DEG = 0.12, 1.0
_APART_DEG, _MOST_PLACES = 2.0, 8
_CHORD_DEG = 0.25
_UNREADABLE = r"\?|^[^aeiouyäöüAEIOUYÄÖÜ]*$"
"""A name whose letters its source lost: a question mark in their place, or no vowel."""


def water_names(water: gpd.GeoDataFrame, region: Box = REGION) -> list[list[Any]]:
    """Give each name with its places: ``[name, kind, size_deg, [[lat, lon, angle], ...]]``.

    A lake has one place, the middle of its largest part, and its width; a river has a place every
    two degrees of its course, its length, and the angle of its course there in degrees,
    anticlockwise from east. Whatever is too small to be named on any map of the page is left out.

    Examples
    --------
    >>> lake = shapely.box(73.5, 45.0, 74.5, 46.0)
    >>> frame = gpd.GeoDataFrame({"name": ["Lake Balkhash"], "kind": ["lake"]}, geometry=[lake], crs=4326)
    >>> water_names(frame)
    [['Lake Balkhash', 'lake', 1.0, [[45.5, 74.0, 0]]]]
    """
    if "name" not in water:
        return []
    known = water[water["name"].notna() & ~water["name"].astype(str).str.contains(_UNREADABLE)]
    inside = known.assign(geometry=shapely.clip_by_rect(known.geometry.to_numpy(), *region))
    still = inside["kind"].isin(_STILL)
    return _by_size(_areas(inside[still], "lake"), _rivers(inside[~still]))


def area_names(areas: gpd.GeoDataFrame, region: Box = REGION) -> list[list[Any]]:
    """Give the names of areas as `water_names` gives those of lakes.

    Examples
    --------
    >>> park = gpd.GeoDataFrame({"name": ["Chon-Kemin"]}, geometry=[shapely.box(76.0, 42.0, 77.0, 43.0)], crs=4326)
    >>> area_names(park)
    [['Chon-Kemin', 'area', 1.0, [[42.5, 76.5, 0]]]]
    """
    known = areas[areas["name"].notna()]
    inside = known.assign(geometry=shapely.clip_by_rect(known.geometry.to_numpy(), *region))
    return _by_size(_areas(inside, "area"))


def _by_size(*names: Iterator[list[Any]]) -> list[list[Any]]:
    """The widest and longest first, which take their places on the map first."""
    return sorted(chain(*names), key=lambda name: (-name[2], name[0]))


def _areas(rows: gpd.GeoDataFrame, kind: str) -> Iterator[list[Any]]:
    for name, group in rows.groupby("name", sort=True):
        parts = shapely.get_parts(shapely.union_all(shapely.make_valid(group.geometry.to_numpy())))
        parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
        if not len(parts):
            continue
        largest = parts[np.argmax(shapely.area(parts))]
        west, _, east, _ = shapely.bounds(largest)
        if east - west >= _LEAST_LAKE_DEG:
            yield [str(name), kind, round(float(east - west), 2), [[*label_place(largest), 0]]]


def _rivers(rows: gpd.GeoDataFrame) -> Iterator[list[Any]]:
    for name, group in rows.groupby("name", sort=True):
        lines = shapely.get_parts(shapely.get_parts(group.geometry.to_numpy()))
        lines = lines[shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING]
        if not len(lines):
            continue
        course = shapely.get_parts(shapely.line_merge(shapely.union_all(lines)))
        longest = course[np.argmax(shapely.length(course))]
        length = float(shapely.length(longest))
        if length >= _LEAST_RIVER_DEG:
            yield [str(name), "river", round(length, 2), _along(longest, length)]


def _along(line: shapely.LineString, length: float) -> list[list[float]]:
    """Places along a line with the angle of a chord there, the middle one first."""
    count = int(np.clip(length // _APART_DEG, 1, _MOST_PLACES))
    steps = (np.arange(count) + 0.5) * length / count
    order = np.argsort(np.abs(steps - length / 2), kind="stable")
    out = []
    for at in steps[order]:
        place, low, high = shapely.get_coordinates(
            shapely.line_interpolate_point(
                line, [at, max(0.0, at - _CHORD_DEG), min(length, at + _CHORD_DEG)]
            )
        )
        # On Web Mercator a degree of longitude is shorter by the cosine of the latitude.
        run, rise = (high - low) * [np.cos(np.radians(place[1])), 1.0]
        angle = np.degrees(np.arctan2(rise, run))
        upright = (angle + 90.0) % 180.0 - 90.0
        out.append([round(float(place[1]), 2), round(float(place[0]), 2), round(float(upright))])
    return out
