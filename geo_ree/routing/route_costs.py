"""What a route costs and how long it takes, drawn from the columns of its row."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import ndtr

from geo_ree.crs import Floats
from geo_ree.routing.crossings import BorderHours, changes_gauge, read_border_hours
from geo_ree.routing.facts_tables import package_facts
from geo_ree.routing.ranges import Range, draw, standard_normal, unit_costs
from geo_ree.routing.route_answers import LISTED
from geo_ree.settings import SEED

KILOMETRES: Mapping[str, str] = {"truck": "truck_km", "rail": "rail_km", "sea": "sea_km"}
"""Unit costs per tonne and kilometre, and the columns that they are multiplied with."""

TONNES = ("ferry", "port", "gauge_change")
"""Unit costs per tonne: a crossing of the Caspian, a sea port, a change of gauge."""

SPEEDS: Mapping[str, str] = {
    "truck_speed": "truck_km",
    "rail_speed": "rail_km",
    "sea_speed": "sea_km",
}


def haulage_draws(
    rows: pd.DataFrame,
    draws: int = 1000,
    seed: int = SEED,
    costs: Mapping[str, Range] | None = None,
) -> Floats:
    """Draw what hauling one tonne along each route costs.

    Kilometres of each mode x its rate, which holds the fees at borders already (none is added);
    a crossing of the Caspian, the handling in the sea port where a tonne is shipped or delivered
    aboard, and each change of gauge by the tonne. Draws of a rate are shared by all routes.

    Parameters
    ----------
    rows
        Rows of `find_corridors`: ``deposit_id``, ``truck_km``, ``rail_km``, ``ferry_km``,
        ``sea_km``, ``km_low``, ``km_high``, ``gauge_changes`` and ``port``.
    draws, seed
        As in `draw`.
    costs
        Unit costs by name, USD cents per t-km or USD per t; None for those of the package.

    Returns
    -------
    numpy.ndarray
        USD per t, shape (rows, draws); NaN where a route has no kilometres.

    Examples
    --------
    >>> row = pd.DataFrame({"deposit_id": ["x"], "truck_km": 100.0, "rail_km": 2000.0,
    ...     "ferry_km": 0.0, "sea_km": 0.0, "km_low": 2100.0, "km_high": 2100.0,
    ...     "gauge_changes": 1, "port": ""})
    >>> float(np.median(haulage_draws(row, 4000)).round(-1))
    110.0
    """
    parts = haulage_parts(rows, draws, seed, costs)
    return np.asarray(sum(parts.values()))


def haulage_parts(
    rows: pd.DataFrame,
    draws: int = 1000,
    seed: int = SEED,
    costs: Mapping[str, Range] | None = None,
) -> dict[str, Floats]:
    """Draw what each unit cost adds to a tonne's haulage; see `haulage_draws`.

    Parameters
    ----------
    rows, draws, seed, costs
        As in `haulage_draws`.

    Returns
    -------
    dict of str to numpy.ndarray
        Name of a unit cost -> USD per t, shape (rows, draws). `TONNES` is what transhipment costs.
    """
    known = unit_costs() if costs is None else costs
    scale = _scale_draws(rows, draws, seed)
    out = {
        name: _column(rows, column) * scale * draw(known[name], draws, seed) / 100.0
        for name, column in KILOMETRES.items()
    }
    counts = {
        "ferry": (_column(rows, "ferry_km") > 0).astype(np.float64),
        "port": _ports(rows),
        "gauge_change": _column(rows, "gauge_changes"),
    }
    lost = np.isnan(_column(rows, "truck_km"))
    for name in TONNES:
        out[name] = np.where(lost, np.nan, counts[name] * draw(known[name], draws, seed))
    return out


def days_draws(
    rows: pd.DataFrame,
    draws: int = 1000,
    seed: int = SEED,
    costs: Mapping[str, Range] | None = None,
) -> Floats:
    """Draw how many days a tonne is on its way.

    Kilometres by the daily run of each mode, the hours at each border, and each crossing of the
    Caspian with its wait. At a border the published hours of the gateway are the median, else
    those of the countries on either side, else a judgement; the spread is that of the judgement.

    Parameters
    ----------
    rows
        As in `haulage_draws`, with ``countries``, ``gateways`` and ``borders``.
    draws, seed, costs
        As in `haulage_draws`; speeds in km per day, hours per border, days per crossing.

    Returns
    -------
    numpy.ndarray
        Days, shape (rows, draws); NaN where a route has no kilometres.
    """
    known = unit_costs() if costs is None else costs
    scale = _scale_draws(rows, draws, seed)
    days = np.zeros((len(rows), draws))
    for name, column in SPEEDS.items():
        days += _column(rows, column) * scale / draw(known[name], draws, seed)
    days += (_column(rows, "ferry_km") > 0) * draw(known["caspian_days"], draws, seed)
    drawn = {name: draw(known[name], draws, seed) for name in ("border_hours", "gauge_hours")}
    for row, hours in enumerate(border_hours(rows)):
        for name, published in hours:
            factor = 1.0 if np.isnan(published) else published / known[name].p50
            days[row] += drawn[name] * factor / 24.0
    return days


def _ports(rows: pd.DataFrame) -> Floats:
    """Sea ports in which a tonne is handled: that of shipment, and that of arrival overseas."""
    plants = inland()
    at_port = [bool(name) and name not in plants for name in rows["port"].fillna("").astype(str)]
    by_sea = _column(rows, "sea_km") > 0
    return np.where(by_sea, 2.0, np.array(at_port, dtype=np.float64)[:, None])


@lru_cache(maxsize=1)
def inland() -> frozenset[str]:
    """Destinations that are no ports."""
    table = package_facts("destinations")
    return frozenset(table.loc[table["kind"] == "plant", "name"])


def border_hours(rows: pd.DataFrame) -> list[list[tuple[str, float]]]:
    """Give for each border of each row the name of its judgement, and published hours or NaN."""
    table = read_border_hours()
    return [
        _hours(table, str(countries), str(gateways), bool(gauges > 0))
        for countries, gateways, gauges in rows[
            ["countries", "gateways", "gauge_changes"]
        ].itertuples(index=False)
    ]


def _hours(
    table: BorderHours, countries: str, gateways: str, gauges: bool
) -> list[tuple[str, float]]:
    passed = [code for code in countries.split(LISTED) if code]
    names = [name for name in gateways.split(LISTED) if name]
    by_road, out = _road_gateways(), []
    for at, (one, other) in enumerate(pairwise(passed)):
        name = names[at] if at < len(names) else ""
        judged = "border_hours"
        if gauges and changes_gauge(one, other) and name not in by_road:
            judged = "gauge_hours"
        out.append((judged, table.hours(one, other, name)))
    return out


@lru_cache(maxsize=1)
def _road_gateways() -> frozenset[str]:
    return frozenset(package_facts("road_gateways")["name"])


def _scale_draws(rows: pd.DataFrame, draws: int, seed: int) -> Floats:
    """Draw the length of each route, over its middle one; one deviate a deposit, as one position."""
    km = sum(_column(rows, c) for c in ("truck_km", "rail_km", "ferry_km", "sea_km"))
    low, high = (np.asarray(_column(rows, c)) for c in ("km_low", "km_high"))
    names = rows["deposit_id"].astype(str).to_numpy()
    kinds, which = np.unique(names, return_inverse=True)
    share = ndtr([standard_normal(f"length of {name}", draws, seed) for name in kinds])[which]
    length = np.where(
        share < 0.5, low + (km - low) * 2.0 * share, km + (high - km) * (2.0 * share - 1.0)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(km > 0, length / km, 1.0))


def _column(rows: pd.DataFrame, name: str) -> Floats:
    return rows[name].to_numpy(np.float64)[:, None]
