"""Which places make one trip, and a short way round them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from geo_ree.crs import Floats, distance_m

_EXACT = 8


@dataclass(frozen=True, kw_only=True)
class Trip:
    """Places to visit in one go, in an order that makes a short way round.

    Parameters
    ----------
    places
        Positions of the places in what was grouped, in the order of the visit.
    legs_km
        Straight line to the next place, the last one back to the first; empty for one place.
    shortest
        Whether no order is shorter; else it is merely short.
    """

    places: tuple[int, ...]
    legs_km: tuple[float, ...]
    shortest: bool

    @property
    def length_km(self) -> float:
        """Straight lines all the way round."""
        return float(sum(self.legs_km))


def distances_km(lon: ArrayLike, lat: ArrayLike) -> Floats:
    """Geodesic distances between all places, km, a symmetric matrix.

    Examples
    --------
    >>> distances_km([76.0, 76.0], [42.0, 43.0]).round(1).tolist()
    [[0.0, 111.1], [111.1, 0.0]]
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    one, other = np.triu_indices(len(x), k=1)
    out = np.zeros((len(x), len(x)))
    out[one, other] = distance_m(x[one], y[one], x[other], y[other]) / 1000.0
    return out + out.T


def group_trips(lon: ArrayLike, lat: ArrayLike, *, within_km: float = 150.0) -> list[Trip]:
    """Group places so that within a trip each is near to another.

    Single linkage over geodesic distances: two places are in one trip when a chain of steps of at
    most `within_km` leads from one to the other.

    Parameters
    ----------
    lon, lat
        Degrees.
    within_km
        Longest step.

    Returns
    -------
    list of Trip
        In the order of their first place in the input, each starting with that place.

    References
    ----------
    Sneath, P. H. A. (1957), The application of computers to taxonomy, J. Gen. Microbiol. 17, 201-226.

    Examples
    --------
    >>> [t.places for t in group_trips([76.0, 60.0, 76.5], [42.0, 50.0, 42.0])]
    [(0, 2), (1,)]
    """
    far = distances_km(lon, lat)
    if len(far) < 2:
        return [round_trip(far, [i]) for i in range(len(far))]
    condensed = far[np.triu_indices(len(far), k=1)]
    labels = fcluster(linkage(condensed, "single"), t=within_km, criterion="distance")
    firsts = dict.fromkeys(labels.tolist())
    return [round_trip(far, np.flatnonzero(labels == label).tolist()) for label in firsts]


def round_trip(far: Floats, places: Sequence[int]) -> Trip:
    """Put places in an order that makes a short way round, starting with the first.

    Parameters
    ----------
    far
        Distances between all places, km.
    places
        Those to visit.

    Returns
    -------
    Trip
        The shortest way for up to 8 places; beyond, the nearest place next, improved by turning
        stretches round as long as that shortens it (2-opt).

    References
    ----------
    Croes, G. A. (1958), A method for solving traveling-salesman problems, Operations Research 6,
    791-812.

    Examples
    --------
    >>> square = distances_km([70, 71, 71, 70], [45, 46, 45, 46])
    >>> round_trip(square, [0, 1, 2, 3]).places
    (0, 2, 1, 3)
    """
    start, rest = places[0], list(places[1:])
    exact = len(places) <= _EXACT
    if exact:
        orders = (  # a way and its reverse are as long: one of the two will do
            (start, *p) for p in permutations(rest) if len(p) < 2 or p[0] <= p[-1]
        )
        order = min(orders, key=lambda o: _length(far, o))
    else:
        order = _turned(far, _nearest_next(far, start, rest))
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


def _turned(far: Floats, order: tuple[int, ...]) -> tuple[int, ...]:
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
    """An angle in degrees, minutes and seconds.

    Parameters
    ----------
    value
        Decimal degrees.
    hemispheres
        Letters of the positive and the negative side, ``NS`` or ``EW``.

    Returns
    -------
    str
        Whole seconds, which are 31 m or less: no printed position is better than that.

    Examples
    --------
    >>> degrees_minutes(42.99999, "NS"), degrees_minutes(-0.5, "EW")
    ('43° 00′ 00″ N', '0° 30′ 00″ W')
    """
    minutes, seconds = divmod(round(abs(value) * 3600), 60)
    degrees, minutes = divmod(minutes, 60)
    side = hemispheres[0] if value >= 0 else hemispheres[1]
    return f"{degrees}° {minutes:02d}′ {seconds:02d}″ {side}"


def decimal_degrees(lat: float, lon: float) -> str:
    """A position in decimal degrees.

    Examples
    --------
    >>> decimal_degrees(42.35, 75.9)
    '42.3500° N, 75.9000° E'
    """
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{abs(lat):.4f}° {north}, {abs(lon):.4f}° {east}"
