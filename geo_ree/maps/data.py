"""Frames turned into the compact plain values that the page's script reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.settings import REGION

_TOLERANCE_DEG = 0.01
_DIGITS = 3


def plain(value: Any) -> Any:
    """A value as JSON knows it: None for unknown, rounded numbers, text.

    Examples
    --------
    >>> plain(float("nan")), plain(1.23456), plain(np.int64(3)), plain("x")
    (None, 1.235, 3, 'x')
    """
    if value is None or value is pd.NA:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), _DIGITS) if np.isfinite(value) else None
    return str(value).replace("\x00", "")


def records(frame: pd.DataFrame, columns: Iterable[str]) -> list[dict[str, Any]]:
    """Rows as plain dictionaries, without what is unknown.

    Examples
    --------
    >>> records(pd.DataFrame({"a": [1, None], "b": ["x", "y"]}), ["a", "b"])
    [{'a': 1.0, 'b': 'x'}, {'b': 'y'}]
    """
    names = [c for c in columns if c in frame.columns]
    rows = zip(*(frame[c] for c in names), strict=True) if names else []
    return [
        {n: p for n, v in zip(names, row, strict=True) if (p := plain(v)) is not None}
        for row in rows
    ]


def line_coordinates(lines: gpd.GeoDataFrame) -> list[list[float]]:
    """Lines joined where they meet, simplified to about 1 km, as flat [lat, lon, lat, lon, …].

    Parameters
    ----------
    lines
        In degrees.

    Returns
    -------
    list of list of float
        Rounded to 0.001 degree.

    Examples
    --------
    >>> two = gpd.GeoDataFrame(geometry=[shapely.LineString([(70, 45), (71, 45)]),
    ...                                  shapely.LineString([(71, 45), (72, 45)])], crs=4326)
    >>> line_coordinates(two)
    [[45.0, 70.0, 45.0, 72.0]]
    """
    inside = shapely.clip_by_rect(lines.geometry.dropna().to_numpy(), *REGION)
    parts = shapely.get_parts(inside)
    parts = parts[shapely.get_type_id(parts) == 1]
    if not len(parts):
        return []
    merged = shapely.line_merge(shapely.multilinestrings(shapely.set_precision(parts, 0.0005)))
    simple = shapely.simplify(shapely.get_parts(merged), _TOLERANCE_DEG)
    return [_flat(part) for part in simple if not part.is_empty]


def polygon_coordinates(shapes: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Countries simplified together, so that shared borders stay shared.

    Returns
    -------
    list of dict
        ``country``, ``name`` and ``rings``: outer rings as flat [lat, lon, …].

    Examples
    --------
    >>> box = gpd.GeoDataFrame({"country": ["KAZ"], "name": ["Kazakhstan"]},
    ...                        geometry=[shapely.box(60, 45, 61, 46)], crs=4326)
    >>> polygon_coordinates(box)[0]["country"]
    'KAZ'
    """
    simple = shapely.coverage_simplify(shapes.geometry.to_numpy(), 0.03)
    out = []
    for country, name, shape in zip(shapes["country"], shapes["name"], simple, strict=True):
        polygons = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
        rings = [_flat(p.exterior) for p in polygons if p.area > 0.005]
        out.append({"country": plain(country), "name": plain(name), "rings": rings})
    return out


def _flat(line: shapely.Geometry) -> list[float]:
    xy = shapely.get_coordinates(line)[:, ::-1]
    return [float(v) for v in xy.round(_DIGITS).ravel()]


def script_json(value: Mapping[str, Any] | list[Any]) -> str:
    r"""JSON that is safe inside a ``script`` element: no ``<``, ``>``, ``&`` or line separators.

    Examples
    --------
    >>> script_json({"name": "</script><b>"})
    '{"name":"\\u003c/script\\u003e\\u003cb\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text
