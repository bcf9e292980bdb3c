"""Routes made small: stretches that routes share are packed once, and each route lists its own."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo_ree.maps.shapes import pack
from geo_ree.settings import Box

MODES = ("truck", "rail", "ferry", "sea")
"""Modes of a route in the order of its legend; ``<mode>_line`` is the column of each."""

_TOLERANCE_DEG = 0.01
_PER_DEGREE = 10_000
_POINT, _LINE = 0, 1


def route_shapes(corridors: gpd.GeoDataFrame) -> dict[str, Any]:
    """Pack the geometries of routes, simplified to about 1 km.

    Returns ``mode``, ``dashed`` and ``path`` of each stretch, ``points`` as latitude and longitude,
    ``routes``: the stretches, border points and gauge points of each shape, and ``shape``: the
    position of each row's shape in ``routes``. A stretch is dashed if it is drawn in the row's
    ``assumed_line``.
    """
    columns = [*(f"{mode}_line" for mode in MODES), "crossing_points", "gauge_points"]
    names = [name for name in columns if name in corridors]
    whole = np.column_stack([shapely.to_wkb(_shapes(corridors, name)) for name in names] or [[]])
    keys = [tuple(row) for row in whole] if names else [()] * len(corridors)
    distinct = {key: at for at, key in enumerate(dict.fromkeys(keys))}
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    rows = corridors.iloc[[first[key] for key in distinct]]
    assumed = _shapes(corridors, "assumed_line")
    stretches: list[list[int]] = [[] for _ in distinct]
    modes: list[int] = []
    dashed: list[int] = []
    paths: list[str] = []
    for at, mode in enumerate(MODES):
        found = _stretches(_shapes(rows, f"{mode}_line"), assumed)
        for row, stretch in found.used:
            stretches[row].append(len(paths) + stretch)
        modes += [at] * len(found.paths)
        dashed += found.dashed
        paths += found.paths
    points: dict[tuple[float, float], int] = {}
    routes = [
        [stretches[n], *(_marks(_shapes(rows, name)[n], points) for name in columns[-2:])]
        for n in range(len(rows))
    ]
    return {
        "mode": modes,
        "dashed": dashed,
        "path": paths,
        "points": [list(point) for point in points],
        "routes": routes,
        "shape": [distinct[key] for key in keys],
    }


class _Found:
    """Stretches of one mode: their packed paths, whether dashed, and which rows use which."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.dashed: list[int] = []
        self.used: list[tuple[int, int]] = []


def _stretches(lines: Any, assumed: Any) -> _Found:
    """Cut lines where they meet, part, end or begin to be assumed, and keep each stretch once.

    Routes of one network share their vertices, so two lines run together exactly where they share
    segments.
    """
    found = _Found()
    parts, row_of = shapely.get_parts(lines, return_index=True)
    straight = shapely.get_type_id(parts) == _LINE
    parts, row_of = parts[straight], row_of[straight]
    if not len(parts):
        return found
    xy, line = shapely.get_coordinates(parts, return_index=True)
    other, other_line = shapely.get_coordinates(shapely.get_parts(assumed), return_index=True)
    at = _vertices(np.concatenate([xy, other]))
    vertex, other_vertex = at[: len(xy)], at[len(xy) :]
    moved = np.diff(vertex, prepend=-1) != 0
    moved |= np.diff(line, prepend=-1) != 0
    xy, line, vertex = xy[moved], line[moved], vertex[moved]
    within = line[1:] == line[:-1]
    segment = np.where(within, _segments(vertex), -1)
    guessed = _segments(other_vertex)[other_line[1:] == other_line[:-1]]
    is_dashed = np.isin(segment, guessed)
    cut = _junctions(vertex, line, segment, is_dashed)
    begins = np.flatnonzero(cut[:-1] & within)
    ends = np.flatnonzero(cut)
    ends = ends[np.searchsorted(ends, begins, side="right")]
    name = np.minimum(segment[begins], segment[ends - 1])
    _, once, which = np.unique(name, return_index=True, return_inverse=True)
    shapes = [
        shapely.linestrings(xy[a : b + 1])
        for a, b in zip(begins[once].tolist(), ends[once].tolist(), strict=True)
    ]
    found.paths = pack(shapely.simplify(np.array(shapes, dtype=object), _TOLERANCE_DEG))
    found.dashed = is_dashed[begins[once]].astype(int).tolist()
    pairs = np.unique(np.column_stack([row_of[line[begins]], which]), axis=0)
    found.used = [(int(row), int(stretch)) for row, stretch in pairs]
    return found


def _vertices(xy: Any) -> Any:
    """Number the places of coordinates: equal to about 10 m is the same place."""
    steps = np.rint(xy * _PER_DEGREE).astype(np.int64)
    return np.unique(steps[:, 0] * (1 << 32) + steps[:, 1], return_inverse=True)[1]


def _segments(vertex: Any) -> Any:
    """Name the segments between vertices and the next ones, the same in both directions."""
    low, high = np.minimum(vertex[1:], vertex[:-1]), np.maximum(vertex[1:], vertex[:-1])
    return low.astype(np.int64) * (1 << 31) + high


def _junctions(vertex: Any, line: Any, segment: Any, is_dashed: Any) -> Any:
    """Mark the vertices at which a line ends or turns back, lines part, or the assumed begins."""
    within = segment >= 0
    once = np.unique(segment[within], return_index=True)[1]
    tails, heads = vertex[:-1][within][once], vertex[1:][within][once]
    count = vertex.max() + 1
    degree = np.bincount(tails, minlength=count) + np.bincount(heads, minlength=count)
    flags = is_dashed[within][once].astype(float)
    guessed = np.bincount(tails, flags, count) + np.bincount(heads, flags, count)
    first = np.diff(line, prepend=-1) != 0
    last = np.diff(line, append=line[-1] + 1) != 0
    end = np.zeros(count, dtype=bool)
    end[vertex[first | last]] = True
    back = (segment[1:] == segment[:-1]) & (segment[1:] >= 0)  # a line turns back on itself
    end[vertex[1:-1][back]] = True
    return (end | (degree != 2) | (guessed == 1))[vertex]


def _marks(points: Any, known: dict[tuple[float, float], int]) -> list[int]:
    """The positions of a row's points among the known ones, which grow."""
    parts = shapely.get_parts(points) if points is not None else np.array([], dtype=object)
    spots = shapely.get_coordinates(parts[shapely.get_type_id(parts) == _POINT]).round(3)
    return [known.setdefault((float(lat), float(lon)), len(known)) for lon, lat in spots]


def _shapes(frame: gpd.GeoDataFrame, name: str) -> Any:
    """A geometry column as an array with None where nothing is known."""
    if name not in frame:
        return np.full(len(frame), None, dtype=object)
    return np.array(
        [shape if isinstance(shape, shapely.Geometry) else None for shape in frame[name]],
        dtype=object,
    )


def route_bounds(corridors: gpd.GeoDataFrame) -> Box | None:
    """West, south, east and north of all routes; None where there is none."""
    bounds = np.concatenate([shapely.bounds(_shapes(corridors, f"{mode}_line")) for mode in MODES])
    known = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(known):
        return None
    west, south = known[:, :2].min(axis=0).tolist()
    east, north = known[:, 2:].max(axis=0).tolist()
    return (west, south, east, north)
