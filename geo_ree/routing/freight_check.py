"""Published prices of freight against what the model says: how much of it is to be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.errors import RouteError
from geo_ree.routing.facts_tables import package_facts, read_facts
from geo_ree.routing.network import Network, load_network
from geo_ree.routing.ranges import Range, unit_costs
from geo_ree.routing.route_costs import haulage_draws
from geo_ree.routing.routes import find_route
from geo_ree.settings import SEED

GOAL = (70.0, 95.0)
"""Share of the tested quotes that has to lie inside P10 to P90, per cent: above, the range is
too wide to be of use."""

CANNOT = "cannot be tested"

_MODES: Mapping[str, str] = {"rail": "rail", "truck": "road"}
"""Modes of a quote, and of the network."""


def check_freight(
    network: Network | None = None,
    *,
    quotes: pd.DataFrame | None = None,
    costs: Mapping[str, Range] | None = None,
    draws: int = 4000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Set published prices beside the P10, P50 and P90 of the model.

    A quote that a unit cost was set by does not test it. The rule, row by row in the column
    ``use`` of the table: `set` where a range of the unit costs or of the packaging names it;
    `none` where it is no whole price (a discount, a difference, use of the track alone, a
    proposal, a forecast), has no distance, is older than 2010, or is an older year or an average
    of a series of which another row is used; `test` otherwise. No price is corrected for
    inflation: the year is shown.

    Parameters
    ----------
    network
        For the kilometres that no source prints; None for the package's own. A crossing that was
        closed in the year of a quote, or after it, counts as open.
    quotes
        As `read_facts` reads ``freight_quotes``; None for those of the package.
    costs
        Unit costs by name; None for those of the package.
    draws, seed
        As in `draw`.

    Returns
    -------
    pandas.DataFrame
        One row a quote: ``id``, ``mode``, ``route``, ``packaging``, ``year``, ``use``,
        ``reason``, ``km``, ``published``, ``p10``, ``p50``, ``p90`` (USD per t), and
        ``verdict``: inside, below or above (compared to the nearest USD), or that it cannot be
        tested.

    Raises
    ------
    RouteError
        Naming the quote: a place or a leg is unknown, or there is no way.

    Examples
    --------
    >>> quotes = read_facts("freight_quotes").query("id == 'T018'")
    >>> check_freight(quotes=quotes)[["id", "published", "verdict"]].to_numpy().tolist()
    [['T018', 22.0, 'inside']]
    """
    quotes = read_facts("freight_quotes") if quotes is None else quotes
    known = dict(unit_costs() if costs is None else costs)
    factors = read_facts("packaging").set_index("packaging")["factor"]
    used = quotes["use"] != "none"
    ways = _Ways(network)
    rows = [
        _quote_row(quote, ways) if tested else {}
        for quote, tested in zip(quotes.to_dict("records"), used, strict=True)
    ]
    ranges = [
        _price(row, _scaled(known, float(factors[quote["packaging"]])), draws, seed)
        if row
        else (np.nan,) * 3
        for quote, row in zip(quotes.to_dict("records"), rows, strict=True)
    ]
    columns = ["id", "mode", "route", "packaging", "year", "use", "reason"]
    out = quotes[columns].reset_index(drop=True).astype({"year": "Int64"})
    out["km"] = [row.get("km", np.nan) for row in rows]
    out["published"] = quotes["usd_t"].to_numpy()
    out[["p10", "p50", "p90"]] = np.array(ranges).reshape(-1, 3)
    out["verdict"] = _judge(out["published"], out["p10"], out["p90"])
    return out


Place = str | tuple[float, float]


def _quote_row(quote: Mapping[Any, Any], ways: _Ways) -> dict[str, float]:
    """Kilometres of a quote by mode; empty where they cannot be known."""
    kinds = quote["modes"].split(";")
    km = dict.fromkeys(("truck", "rail", "ferry", "sea"), 0.0)
    if len(kinds) == 1 and pd.notna(quote["km"]):
        km[kinds[0]] = quote["km"]
    elif quote["to"]:
        ends: list[Place] = [quote["from"], *quote["via"].split(";"), quote["to"]]
        if pd.notna(quote["from_longitude"]):
            ends[0] = (quote["from_longitude"], quote["from_latitude"])
        stops = [end for end in ends if end]
        if len(stops) != len(kinds) + 1:
            raise RouteError(
                f"freight quote {quote['id']}: {len(kinds)} modes for {len(stops)} places",
                "give a mode for each piece between two places",
            )
        for mode, a, b in zip(kinds, stops, stops[1:], strict=False):
            km[mode] += _piece_km(quote, mode, a, b, ways)
    else:
        return {}
    shipped = float(kinds[0] == "sea")
    return {**km, "km": sum(km.values()), "gauge": quote["gauge_changes"], "port": shipped}


def _piece_km(quote: Mapping[Any, Any], mode: str, a: Place, b: Place, ways: _Ways) -> float:
    if mode in _MODES:
        try:
            return ways.km(a, b, _MODES[mode], quote["year"])
        except RouteError as error:
            raise RouteError(f"freight quote {quote['id']}: {error.what}", error.hint) from error
    legs = package_facts("legs")
    same = [{x, y} == {a, b} for x, y in zip(legs["from"], legs["to"], strict=True)]
    if not any(same):
        raise RouteError(f"freight quote {quote['id']}: no leg from {a} to {b}", "add it")
    return float(legs["km"][same].iloc[0])


class _Ways:
    """Kilometres on the network of a year, each looked up once."""

    def __init__(self, network: Network | None) -> None:
        self._network, self._known = network, dict[tuple[str, str, str, float], float]()

    def km(self, a: Place, b: Place, mode: str, year: float) -> float:
        first, last = sorted((a, b), key=str)
        key = (str(first), str(last), mode, year)
        if key not in self._known:
            if self._network is None:
                self._network = load_network()
            self._known[key] = find_route(first, last, _as_open_in(self._network, year), (mode,)).km
        return self._known[key]


def _as_open_in(network: Network, year: float) -> Network:
    """Give a network whose crossings that were closed in a year, or later, are open."""
    closed = package_facts("closed_crossings")
    later = closed[pd.to_numeric(closed["since"].str[:4], errors="coerce") >= year]
    pairs = {frozenset(pair) for pair in zip(later["a"], later["b"], strict=True)}
    crossing = network.edges["crossing"].to_numpy(bool, copy=True)
    at = np.flatnonzero(crossing)
    ends = network.codes[network.ends[at]]
    crossing[at] = [frozenset(pair) not in pairs for pair in ends]
    return replace(network, edges=network.edges.assign(crossing=crossing))


def _scaled(costs: Mapping[str, Range], factor: float) -> dict[str, Range]:
    rail = costs["rail"]
    cheaper = replace(rail, **{p: getattr(rail, p) * factor for p in ("p10", "p50", "p90")})
    return {**costs, "rail": cheaper}


def _price(
    row: Mapping[str, float], costs: Mapping[str, Range], draws: int, seed: int
) -> tuple[float, float, float]:
    frame = pd.DataFrame(
        {
            "deposit_id": ["quote"],
            **{f"{mode}_km": [row[mode]] for mode in ("truck", "rail", "ferry", "sea")},
            "km_low": [row["km"]],
            "km_high": [row["km"]],
            "gauge_changes": [row["gauge"]],
            "port": ["any" if row["port"] else ""],
        }
    )
    drawn = haulage_draws(frame, draws, seed, costs)[0]
    low, middle, high = np.quantile(drawn, [0.1, 0.5, 0.9])
    return float(low), float(middle), float(high)


def _judge(published: pd.Series, low: pd.Series, high: pd.Series) -> pd.Series:
    price, least, most = (values.round() for values in (published, low, high))
    words = np.select([price < least, price > most], ["below", "above"], "inside")
    unknown = published.isna() | low.isna()
    return pd.Series(np.where(unknown, CANNOT, words), index=published.index)


def share_inside(check: pd.DataFrame) -> float:
    """Give the share of the tested quotes that lies inside P10 to P90, per cent."""
    tested = check[(check["use"] == "test") & (check["verdict"] != CANNOT)]
    return float((tested["verdict"] == "inside").mean() * 100.0) if len(tested) else np.nan


def check_comparables(
    *, costs: Mapping[str, Range] | None = None, draws: int = 4000, seed: int = SEED
) -> pd.DataFrame:
    """Set what projects elsewhere report beside the model on their kilometres.

    Parameters
    ----------
    costs, draws, seed
        As in `check_freight`.

    Returns
    -------
    pandas.DataFrame
        One row a statement of ``comparables``: ``project``, ``country``, ``year``, ``truck_km``,
        ``rail_km``, ``sea_km``, ``p10``, ``p50``, ``p90`` and ``reported`` (USD per t of
        product), ``reported_note``, ``p50_treo`` (USD per t TREO), and ``verdict``; one that gives no kilometres to
        a port or plant, or no cost, cannot be tested.

    Examples
    --------
    >>> rows = check_comparables().set_index("id")
    >>> rows.loc["K06", "verdict"]
    'cannot be tested: no kilometres, no cost'
    """
    table = read_facts("comparables")
    known = unit_costs() if costs is None else costs
    whole = table["whole"] == "yes"
    ranges = np.full((len(table), 3), np.nan)
    for at in np.flatnonzero(whole):
        piece = {
            m: float(np.nan_to_num(table[f"{m}_km"].iloc[at])) for m in ("truck", "rail", "sea")
        }
        sea = float(piece["sea"] > 0)
        row = {**piece, "ferry": 0.0, "km": sum(piece.values()), "gauge": 0.0, "port": sea}
        ranges[at] = _price(row, known, draws, seed)
    out = table[["id", "project", "country", "year", "truck_km", "rail_km", "sea_km"]].copy()
    out[["p10", "p50", "p90"]] = ranges
    out["reported"] = table["logistics_low_usd_t"]
    out["reported_note"] = table["logistics_note"].where(out["reported"].notna(), "")
    out["p50_treo"] = out["p50"] / (table["product_pct_treo"] / 100.0)
    wants = np.where(whole, "", "no kilometres") + np.where(
        out["reported"].isna(), np.where(whole, "no cost", ", no cost"), ""
    )
    verdict = _judge(out["reported"], out["p10"], out["p90"])
    out["verdict"] = verdict.where(verdict != CANNOT, f"{CANNOT}: " + pd.Series(wants))
    return out
