"""Names for lines that have none, from the settlements that they connect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.proximity.index import NearestIndex
from geo_ree.proximity.stretches import line_parts, number_stretches

Integers = NDArray[np.int64]
Words = NDArray[np.object_]
_Node: TypeAlias = tuple[float, float]

WITHIN_KM = 15.0
"""A settlement so near to a line is one that the line connects (judgement)."""

_NEAR_KM = 50.0  # farther settlements are given with their distance
_DIGITS = 6  # ends within a millionth of a degree are one end, as in `number_stretches`


def name_lines(
    lines: gpd.GeoSeries,
    settlements: gpd.GeoDataFrame,
    rows: Integers | None = None,
    *,
    word: str = "line",
) -> Words:
    """Name lines by the settlements near the ends of their stretch between junctions.

    All lines between two junctions have one name. It is made of the first settlements within 15 km
    that one meets from either end, from west to east ("Lugovoy - Balykchy"). Where these are one, or
    there is only one, the line is "near" it; without any, near the nearest, with the distance where
    that is over 50 km.

    Parameters
    ----------
    lines
        All lines of the network, in degrees; they decide where the junctions are.
    settlements
        Points with ``name``, in degrees.
    rows
        Numbers of the lines to name, shape (n,); by default all.
    word
        What a line that connects nothing is called.

    Returns
    -------
    numpy.ndarray of object
        Shape (n,), a text each; None for what is no line, and for all without settlements.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame({"name": ["Bishkek", "Balykchy"]}, crs=4326,
    ...                          geometry=[shapely.Point(74.6, 42.87), shapely.Point(76.2, 42.46)])
    >>> rail = gpd.GeoSeries([shapely.LineString([(74.6, 42.9), (75.5, 42.7)]),
    ...                       shapely.LineString([(75.5, 42.7), (76.19, 42.46)])], crs=4326)
    >>> name_lines(rail, towns).tolist()
    ['Bishkek - Balykchy', 'Bishkek - Balykchy']
    """
    wanted = np.arange(len(lines)) if rows is None else np.asarray(rows, dtype=np.int64)
    out = np.full(len(wanted), None, dtype=object)
    parts, row = line_parts(lines.to_numpy())
    if not len(parts) or not len(settlements):
        return out
    stretch = number_stretches(parts)
    of_row = np.full(len(lines), -1, dtype=np.int64)
    of_row[row[::-1]] = stretch[::-1]  # the first part of a line decides
    needed = np.unique(of_row[wanted])
    at = np.flatnonzero(np.isin(stretch, needed))
    paths = {
        number: _path(parts[members])
        for number, members in _grouped(stretch[at], at).items()
        if number >= 0
    }
    names = _settled(paths, settlements, word)
    for k, number in enumerate(of_row[wanted]):
        out[k] = names.get(int(number))
    return out


def _grouped(keys: Integers, values: Integers) -> dict[int, Integers]:
    order = np.argsort(keys, kind="stable")
    numbers, starts = np.unique(keys[order], return_index=True)
    return dict(zip(numbers.tolist(), np.split(values[order], starts[1:]), strict=True))


def _path(parts: Words) -> Floats:
    """Return the vertices of a stretch from one end to the other, shape (n, 2), west end first."""
    chains = [[tuple(xy) for xy in np.round(shapely.get_coordinates(p), _DIGITS)] for p in parts]
    links: dict[_Node, list[int]] = defaultdict(list)
    for number, chain in enumerate(chains):
        links[chain[0]].append(number)
        links[chain[-1]].append(number)
    ends = sorted(node for node, numbers in links.items() if len(numbers) == 1)
    node = ends[0] if ends else min(links)
    path, left = [node], set(range(len(chains)))
    while nexts := [n for n in links[node] if n in left]:
        left.discard(nexts[0])
        chain = chains[nexts[0]]
        chain = chain if chain[0] == node else chain[::-1]
        path += chain[1:]
        node = path[-1]
    return np.array(path, dtype=np.float64)


def _settled(
    paths: Mapping[int, Floats], settlements: gpd.GeoDataFrame, word: str
) -> dict[int, str]:
    """Name each path by the settlements along it."""
    vertices = np.concatenate(list(paths.values()))
    metres, nearest = NearestIndex(settlements.geometry).query_lonlat(
        np.ascontiguousarray(vertices[:, 0]), np.ascontiguousarray(vertices[:, 1])
    )
    km, names = metres / 1000.0, settlements["name"].astype(object).to_numpy()[nearest]
    cuts = np.cumsum([0, *(len(path) for path in paths.values())])
    return {
        number: _name(km[a:b], names[a:b], word)
        for number, (a, b) in zip(paths, pairwise(cuts.tolist()), strict=True)
    }


def _name(km: Floats, names: Sequence[str], word: str) -> str:
    near = np.flatnonzero(km <= WITHIN_KM)
    if len(near) and names[near[0]] != names[near[-1]]:
        return f"{names[near[0]]} - {names[near[-1]]}"
    closest = int(np.argmin(km))
    if km[closest] <= _NEAR_KM:
        return f"{word} near {names[closest]}"
    return f"{word} {10 * round(km[closest] / 10.0)} km from {names[closest]}"
