"""Lines cut into pieces, and numbered by the stretch between junctions that they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo_ree.crs import GEOD, Floats
from geo_ree.proximity.search.segments import LONGEST_M, Segments, explode, split

Integers = NDArray[np.int64]

_GRID = 1e6  # ends within a millionth of a degree of each other are one end


@dataclass(frozen=True)
class Pieces:
    """Lines cut into pieces of at most 3 km; all of shape (n,).

    `lon` and `lat` (degrees) are the middle of each piece, `km` its geodesic length, `row` the row
    of its line and `stretch` the number of its stretch between junctions.
    """

    lon: Floats
    lat: Floats
    km: Floats
    row: Integers
    stretch: Integers


def number_stretches(parts: NDArray[np.object_]) -> Integers:
    """Number the stretches between junctions that LineStrings form together, from 0.

    Two lines belong to one stretch when they share an end that no third line has. Where a line
    passes another without an end there, no junction is seen.
    """
    n = len(parts)
    if not n:
        return np.empty(0, dtype=np.int64)
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(parts, at)) for at in (0, -1)])
    cells = np.round((ends + np.array([180.0, 90.0])) * _GRID).astype(np.int64)
    _, node, degree = np.unique(
        cells[:, 0] * np.int64(2**28) + cells[:, 1], return_inverse=True, return_counts=True
    )
    order = np.argsort(node, kind="stable")
    through = order[degree[node[order]] == 2].reshape(-1, 2) % n
    links = coo_array((np.ones(len(through)), (through[:, 0], through[:, 1])), shape=(n, n))
    return connected_components(links, directed=False)[1].astype(np.int64)


def line_parts(geometries: NDArray[np.object_]) -> tuple[NDArray[np.object_], Integers]:
    """Return the LineStrings of geometries and the row of each; points and areas give none."""
    parts, rows = shapely.get_parts(geometries, return_index=True)
    lines = (shapely.get_type_id(parts) == 1) & ~shapely.is_empty(parts)
    return parts[lines], rows[lines].astype(np.int64)


def cut_lines(geometries: NDArray[np.object_]) -> Pieces:
    """Cut the lines among geometries (degrees) into pieces of at most 3 km."""
    parts, rows = line_parts(geometries)
    segments = explode(parts)
    long = np.flatnonzero(_lengths_m(segments) > LONGEST_M)
    segments = split(segments, long) if len(long) else segments
    a, b, part = segments.first, segments.last, segments.owner.astype(np.int64)
    return Pieces(
        lon=(segments.lon[a] + segments.lon[b]) / 2.0,
        lat=(segments.lat[a] + segments.lat[b]) / 2.0,
        km=_lengths_m(segments) / 1000.0,
        row=rows[part],
        stretch=number_stretches(parts)[part],
    )


def _lengths_m(segments: Segments) -> Floats:
    a, b = segments.first, segments.last
    length = GEOD.inv(segments.lon[a], segments.lat[a], segments.lon[b], segments.lat[b])[2]
    return np.asarray(length, dtype=np.float64)
