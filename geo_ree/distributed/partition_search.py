"""The nearest target among partitions: the answer of one index of all, to the last bit.

A point is first measured to its own partition, the one whose range of the curve it lies in. That bounds
the distance; then only partitions with a box within the bound are searched.

One index of all targets takes the segment with the shortest chord, of equally short ones that of the first
row; beyond 30 km it takes the shortest of the geodesics to all segments that may be the nearest. Distances
of two partitions cannot say which chord was shorter when they are equal to the last bit. So where two
partitions come within 10 cm, their segments are put into a small tree, and that is searched.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.distributed.box_tests import reach_boxes
from geo_ree.distributed.segment_files import place_on_curve
from geo_ree.distributed.target_partitions import TargetPartitions, open_index
from geo_ree.proximity.search.kernels import FIELDS
from geo_ree.proximity.search.packets import SETTLE_M
from geo_ree.proximity.search.segments import Rows
from geo_ree.proximity.search.tree import (
    KARNEY_M,
    in_slices,
    join_segments,
    karney_m,
    settle_rows,
    walk_tree,
)

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_CLOSE_M = 0.1  # rivals: over 30 km, chord and geodesic differ by 0.03 m
_BAND_M = 1.0  # around 30 km, partitions settle whether or not the whole does
_SLACK_M = 0.01
_NONE = np.iinfo(np.int64).max


class BlockSearch:
    """Points of one block, and the nearest targets found so far.

    Parameters
    ----------
    lon, lat
        Finite degrees, shape (n,).
    """

    def __init__(self, lon: Floats, lat: Floats) -> None:
        n = len(lon)
        self.lon, self.lat = lon, lat
        self.xyz, self.places = place_on_curve(lon, lat)
        self.walked, self.settled = np.full(n, np.inf), np.full(n, np.inf)  # distances (m)
        self.walked_row, self.settled_row = np.full(n, _NONE), np.full(n, _NONE)
        self.inside = np.full(n, _NONE)  # first row with a polygon around the point
        self.number = np.full(n, -1)  # of the partition with the shortest chord
        self.segment = np.full(n, -1)  # which of its segments
        self.foot = np.zeros((n, 3))
        self._rivals: list[tuple[Integers, Floats, Integers, Integers]] = []

    def search(self, targets: TargetPartitions) -> tuple[Floats, Integers]:
        """Return distance (m) and row of the nearest target of each point."""
        count = len(targets.paths)
        own = np.maximum(np.searchsorted(targets.starts, self.places, "right") - 1, 0)
        for number in range(count):
            self._measure(targets, number, np.flatnonzero(own == number))
        for number in range(count) if count > 1 else ():
            near = (own != number) & self._in_reach(targets, number)
            self._measure(targets, number, np.flatnonzero(near))
        self._decide_rivals(targets)
        return self._answer()

    def _in_reach(self, targets: TargetPartitions, number: int) -> Mask:
        """Whether a partition may have something at most as far as what was found."""
        n = len(self.lon)
        limit = np.where(self.walked <= SETTLE_M - _BAND_M, self.walked, self.settled) + _SLACK_M
        limit[self.inside < _NONE] = _SLACK_M
        limit = np.minimum(limit, 1e9)
        out = np.empty(n, dtype=np.bool_)
        boxes = targets.boxes[number]
        in_slices(n, lambda a, b: reach_boxes(self.xyz[4 * a : 4 * b], limit[a:b], boxes, out[a:b]))
        west, south, east, north = targets.areas[number]
        if not np.isnan(west):
            out |= (
                (self.lon >= west) & (self.lon <= east) & (self.lat >= south) & (self.lat <= north)
            )
        return out

    def _measure(self, targets: TargetPartitions, number: int, at: Integers) -> None:
        """Measure some points to one partition."""
        if not len(at):
            return
        index = open_index(targets.paths[number])
        tree, rows = index.stored.tree, index.labels.to_numpy()
        lon, lat = self.lon[at], self.lat[at]
        found = walk_tree(tree, lon, lat)
        self._keep_walked(at, found.distance, number, found.segment, rows[found.owner])
        far = found.order[found.distance[found.order] > SETTLE_M - _BAND_M]
        if len(far):
            foot = settle_rows(tree, found, far)
            self._keep_settled(at[far], found.distance[far], rows[found.owner[far]], foot)
        point, row = index.areas_around(lon, lat)
        np.minimum.at(self.inside, at[point], rows[row])

    def _keep_walked(
        self, at: Integers, metres: Floats, number: int, segment: Rows, row: Integers
    ) -> None:
        before = self.walked[at]
        close = np.flatnonzero(np.abs(metres - before) <= _CLOSE_M)  # never of infinity
        if len(close):
            these = at[close]
            own = np.full(len(close), number)
            self._rivals += [
                (these, metres[close], own, segment[close].astype(np.int64)),
                (these, before[close], self.number[these], self.segment[these]),
            ]
        better = np.flatnonzero(metres < before)
        here = at[better]
        self.walked[here], self.walked_row[here] = metres[better], row[better]
        self.number[here], self.segment[here] = number, segment[better]

    def _keep_settled(self, at: Integers, metres: Floats, row: Integers, foot: Floats) -> None:
        before = self.settled[at]
        better = (metres < before) | ((metres == before) & (row < self.settled_row[at]))
        here = at[better]
        self.settled[here], self.settled_row[here] = metres[better], row[better]
        self.foot[here] = foot[better]

    def _answer(self) -> tuple[Floats, Integers]:
        far = self.walked > SETTLE_M
        metres = np.where(far, self.settled, self.walked)
        row = np.where(far, self.settled_row, self.walked_row)
        beyond = np.flatnonzero(far & (metres > KARNEY_M))
        if len(beyond):
            metres[beyond] = karney_m(self.lon[beyond], self.lat[beyond], self.foot[beyond])
        within = self.inside < _NONE
        touching = within & (metres == 0.0)
        row = np.where(within & ~touching, self.inside, row)
        row = np.where(touching, np.minimum(self.inside, row), row)
        return np.where(within, 0.0, metres), row

    def _decide_rivals(self, targets: TargetPartitions) -> None:
        """Walk a tree of the segments of close rivals, as one index of all would have."""
        if not self._rivals:
            return
        at, metres, number, segment = (
            np.concatenate(parts) for parts in zip(*self._rivals, strict=True)
        )
        still = metres <= self.walked[at] + _CLOSE_M
        points = np.unique(at[still])
        if not len(points):
            return
        numbers = np.concatenate([number[still], self.number[points]])
        segments = np.concatenate([segment[still], self.segment[points]])
        fields, row = np.empty((len(numbers), FIELDS)), np.empty(len(numbers), dtype=np.int64)
        for one in np.unique(numbers):
            index, here = open_index(targets.paths[one]), numbers == one
            tree = index.stored.tree
            fields[here] = tree.segments.reshape(-1, FIELDS)[segments[here]]
            row[here] = index.labels.to_numpy()[tree.owners[segments[here]]]
        rows, owner = np.unique(row, return_inverse=True)
        joint = join_segments(fields, owner.astype(np.int32))
        found = walk_tree(joint, self.lon[points], self.lat[points])
        self.walked[points], self.walked_row[points] = found.distance, rows[found.owner]
