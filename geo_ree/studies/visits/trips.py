"""Trips: which places to visit together, and a short round trip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from geo_ree.crs import Floats, distance_m
from geo_ree.deposits.districts import FIELD_KM

_EXACT = 8


@dataclass(frozen=True, kw_only=True)
class Trip:
    """Places to visit together, in the order of a short round trip.

    Parameters
    ----------
    places
        Positions of the places in the input, in the order of the visit.
    legs_km
        Straight line to the next place, from the last one back to the first; empty for one place.
    shortest
        Whether the order is proven to be the shortest.
    """

    places: tuple[int, ...]
    legs_km: tuple[float, ...]
    shortest: bool

    @property
    def length_km(self) -> float:
        """Length of the round trip in straight lines."""
        return float(sum(self.legs_km))


def distances_km(lon: ArrayLike, lat: ArrayLike) -> Floats:
    """Geodesic distances between all places, km, as a symmetric matrix."""
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    one, other = np.triu_indices(len(x), k=1)
    out = np.zeros((len(x), len(x)))
    out[one, other] = distance_m(x[one], y[one], x[other], y[other]) / 1000.0
    return out + out.T


def group_trips(
    lon: ArrayLike,
    lat: ArrayLike,
    *,
    within_km: float = 150.0,
    districts: Sequence[object] = (),
) -> list[Trip]:
    """Group places so that within a trip each is near another.

    Single linkage over geodesic distances (Sneath 1957): two places are in one trip when a chain of
    steps of at most `within_km` connects them. So are two places of one district (an entry of
    `districts` each, None for no district) that are at most `FIELD_KM` apart, however short
    `within_km` is. Trips are in the order of their first place in the input (degrees), and each
    starts with that place.
    """
    far = distances_km(lon, lat)
    if len(far) < 2:
        return [round_trip(far, [i]) for i in range(len(far))]
    steps = far.copy()
    for i, j in combinations(range(len(districts)), 2):
        if isinstance(districts[i], str) and districts[i] == districts[j] and far[i, j] <= FIELD_KM:
            steps[i, j] = steps[j, i] = 0.0
    condensed = steps[np.triu_indices(len(far), k=1)]
    labels = fcluster(linkage(condensed, "single"), t=within_km, criterion="distance")
    firsts = dict.fromkeys(labels.tolist())
    return [round_trip(far, np.flatnonzero(labels == label).tolist()) for label in firsts]


def round_trip(far: Floats, places: Sequence[int]) -> Trip:
    """Order places into a short round trip that starts with the first one.

    `far` are the distances between all places, km. Up to 8 places get the shortest order; more are
    visited nearest place next, improved by 2-opt (Croes 1958): stretches are reversed as long as that
    shortens the trip.
    """
    start, rest = places[0], list(places[1:])
    exact = len(places) <= _EXACT
    if exact:
        orders = (  # an order and its reverse are equally long
            (start, *p) for p in permutations(rest) if len(p) < 2 or p[0] <= p[-1]
        )
        order = min(orders, key=lambda o: _length(far, o))
    else:
        order = _improved(far, _nearest_next(far, start, rest))
    legs = () if len(order) < 2 else tuple(float(far[a, b]) for a, b in pairwise((*order, start)))
    return Trip(places=tuple(order), legs_km=legs, shortest=exact)


def _length(far: NDArray[np.float64], order: Sequence[int]) -> float:
    return float(sum(far[a, b] for a, b in pairwise((*order, order[0]))))


def _nearest_next(far: Floats, start: int, rest: Sequence[int]) -> tuple[int, ...]:
    order, left = [start], list(rest)
    while left:
        order.append(min(left, key=lambda p: (far[order[-1], p], p)))
        left.remove(order[-1])
    return tuple(order)


def _improved(far: Floats, order: tuple[int, ...]) -> tuple[int, ...]:
    best, length = order, _length(far, order)
    improved = True
    while improved:
        improved = False
        for i, j in combinations(range(1, len(best) + 1), 2):
            other = (*best[:i], *best[i:j][::-1], *best[j:])
            if _length(far, other) < length - 1e-9:
                best, length, improved = other, _length(far, other), True
    return best


def degrees_minutes(value: float, hemispheres: str) -> str:
    """An angle in degrees, minutes and whole seconds, for instance ``42° 00′ 00″ N``.

    `hemispheres` are the letters of the positive and the negative side, ``NS`` or ``EW``. A second is 31 m
    or less; no published position is better.
    """
    minutes, seconds = divmod(round(abs(value) * 3600), 60)
    degrees, minutes = divmod(minutes, 60)
    side = hemispheres[0] if value >= 0 else hemispheres[1]
    return f"{degrees}° {minutes:02d}′ {seconds:02d}″ {side}"


def decimal_degrees(lat: float, lon: float) -> str:
    """A position in decimal degrees, for instance ``42.3500° N, 75.9000° E``."""
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{abs(lat):.4f}° {north}, {abs(lon):.4f}° {east}"
