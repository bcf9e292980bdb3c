"""Which railhead and which route: the cheapest at the median rates, and how firm that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geo_ree.crs import Floats
from geo_ree.routing.assembly import Ints
from geo_ree.routing.ranges import Range, draw

REROUTED = 200
"""Draws of the rates for which the railhead and the route are chosen again."""

MATTERS = 0.01
"""Share of the cost that another route has to save to be counted as a cheaper one."""

SAID_SHARE = 0.05
"""Share of draws above which a note says that another route is cheaper."""

BY_ROAD = -1
"""Railhead of a route that goes by road all the way."""


@dataclass(frozen=True, eq=False)
class Rates:
    """USD per t-km by truck and by rail, USD per t and change of gauge: medians, and draws."""

    truck: float
    rail: float
    gauge: float
    drawn: Floats

    @classmethod
    def of(cls, costs: Mapping[str, Range], draws: int, seed: int) -> Rates:
        """Take the rates from unit costs, with at most `REROUTED` draws."""
        count = min(draws, REROUTED)
        rows = [draw(costs[name], count, seed) for name in ("truck", "rail", "gauge_change")]
        drawn = np.array(rows) / np.array([[100.0], [100.0], [1.0]])
        truck, rail, gauge = (costs[n].p50 for n in ("truck", "rail", "gauge_change"))
        return cls(truck / 100.0, rail / 100.0, gauge, drawn)


@dataclass(frozen=True)
class Choice:
    """A railhead (its number, or `BY_ROAD`), how often the gauge changes, and how firm that is.

    ``other_share`` is the share of draws in which another railhead or route of the same corridor is
    cheaper by `MATTERS` or more, up to where the corridor begins.
    """

    railhead: int
    layer: int
    other_share: float


def choose(
    truck_km: Floats, nearest_first: Ints, rail_km: Floats, by_road_km: float, rates: Rates
) -> Choice | None:
    """Choose the cheapest of all ways from a deposit to the place where a corridor begins.

    Parameters
    ----------
    truck_km
        To each railhead; shape (n,).
    nearest_first
        The railheads that there is a way to, in the order of `truck_km`.
    rail_km
        From each railhead on, by changes of gauge; shape (layers, n).
    by_road_km
        To the beginning of the corridor by road alone; infinite where there is no way.
    rates
        From `Rates.of`.

    Returns
    -------
    Choice or None
        None where there is no way.

    Examples
    --------
    >>> rates = Rates(0.10, 0.04, 10.0, np.array([[0.10], [0.04], [10.0]]))
    >>> truck_km, rail_km = np.array([50.0, 20.0]), np.array([[900.0, 1000.0]])
    >>> choose(truck_km, np.array([1, 0]), rail_km, np.inf, rates).railhead
    0
    """
    at, layer = _candidates(nearest_first, rail_km)
    truck, rail = truck_km[at], rail_km[layer, at]
    if np.isfinite(by_road_km):
        at, layer = np.r_[at, BY_ROAD], np.r_[layer, 0]
        truck, rail = np.r_[truck, by_road_km], np.r_[rail, 0.0]
    if not len(at):
        return None
    amounts = np.array([truck, rail, layer.astype(np.float64)])
    best = int(np.argmin(np.array([rates.truck, rates.rail, rates.gauge]) @ amounts))
    drawn = rates.drawn.T @ amounts
    other = float((drawn.min(axis=1) < (1.0 - MATTERS) * drawn[:, best]).mean())
    return Choice(int(at[best]), int(layer[best]), other)


def _candidates(order: Ints, rail_km: Floats) -> tuple[Ints, Ints]:
    """Railheads that are not farther by truck and by rail than another one, of each layer."""
    rail = rail_km[:, order]
    least = np.minimum.accumulate(np.c_[np.full(len(rail), np.inf), rail], axis=1)[:, :-1]
    layer, place = np.nonzero(rail < least)
    return order[place], layer
