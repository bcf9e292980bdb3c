"""From deposits to markets: one row a deposit and corridor, the cheapest first."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import STORE_CRS, to_store
from geo_ree.errors import RouteError
from geo_ree.routing.corridor_plans import Plan, read_plans
from geo_ree.routing.corridor_rows import RowMaker
from geo_ree.routing.facts_tables import read_facts
from geo_ree.routing.network import Network, load_network
from geo_ree.routing.ranges import Range, unit_costs
from geo_ree.routing.route_answers import question_name, read_avoided
from geo_ree.routing.route_choice import SAID_SHARE
from geo_ree.routing.route_costs import days_draws, haulage_draws
from geo_ree.settings import SEED

logger = logging.getLogger(__name__)

COLUMNS = (
    *("deposit_id", "corridor", "question", "port", "truck_km", "rail_km", "ferry_km", "sea_km"),
    *("km_low", "km_high", "borders", "gauge_changes", "countries", "gateways"),
    *(
        "days_low",
        "days_mid",
        "days_high",
        "usd_t_p10",
        "usd_t_p50",
        "usd_t_p90",
        "assumed",
        "note",
    ),
)
"""The columns of a route beside its geometries."""

GEOMETRIES = (
    *("geometry", "truck_line", "rail_line", "ferry_line", "sea_line", "assumed_line"),
    *("crossing_points", "gauge_points"),
)

_CHUNK = 100
"""Deposits that are routed together: a table of all of them to all railheads would be large."""


def find_corridors(
    deposits: gpd.GeoDataFrame,
    network: Network | None = None,
    *,
    avoid: str | Sequence[str] = (),
    via: str | Sequence[str] | None = None,
    to: str | None = None,
    corridors: str | FilePath | pd.DataFrame | None = None,
    costs: Mapping[str, Range] | FilePath | str | None = None,
    draws: int = 1000,
    seed: int = SEED,
) -> gpd.GeoDataFrame:
    """Find the routes by which a tonne leaves each deposit, with days and costs.

    A truck takes it to a railhead of its own country, or abroad through an open road gateway; the
    railway to the places that a corridor passes, in order; then on to a sea port, a plant or a
    market. Railhead and route are those that cost least at the median rates.

    Parameters
    ----------
    deposits
        Points with ``id``, ``country`` (ISO 3166-1 alpha-3) and ``position_error_m``.
    network
        Of another region, or with planned lines; None for the one of the package.
    avoid
        Countries that no route may pass: names or ISO codes.
    via
        Slugs of corridors, or places: only corridors that pass one of them.
    to
        A port, plant or market; None for every open sea port that a corridor leads to. Beyond its
        sea port a route goes on by sea only to a destination overseas.
    corridors
        Table of further corridors, as a CSV file or a frame: columns of ``facts/corridors.csv``.
    costs
        Unit costs in place of those of the package, as in `unit_costs`.
    draws
        Draws of costs and days; for the first 200 of them the route is chosen again.
    seed
        With the same seed the figures are the same.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a deposit and corridor, the cheapest of a deposit first: `COLUMNS` (kilometres,
        days, USD per t; names joined by semicolons) and `GEOMETRIES`. A deposit without a route has
        one row of the corridor ``none``, with the reason in ``note``.

    Raises
    ------
    RouteError
        When a place, destination or table cannot be used.
    SettingsError
        When a country to avoid is unknown.

    Examples
    --------
    >>> import geopandas, shapely
    >>> mine = geopandas.GeoDataFrame(
    ...     {"id": ["x:1"], "country": ["KAZ"], "position_error_m": [500.0]},
    ...     geometry=[shapely.Point(77.0, 43.4)], crs="EPSG:4326")
    >>> found = find_corridors(mine, avoid="CHN,RUS,IRN", draws=50)
    >>> found["question"].iloc[0], bool(found["countries"].str.contains("CHN|RUS|IRN").any())
    ('no_chn_rus_irn', False)
    """
    if draws < 1:
        raise RouteError(f"{draws} draws are impossible", "draw one at least, better 200")
    network = load_network() if network is None else network
    avoided = read_avoided(avoid)
    plans = read_plans(network, corridors, via=via, to=to)
    known = unit_costs(costs)
    sites = _read_sites(deposits)
    maker = RowMaker.prepare(network, plans, avoided, known, draws=draws, seed=seed, to=to)
    tables = []
    for first in range(0, len(sites), _CHUNK):
        rows = maker.make(sites.iloc[first : first + _CHUNK].reset_index(drop=True))
        tables.append(_price(pd.DataFrame(rows), draws, seed, known))
    table = pd.concat(tables, ignore_index=True).assign(question=question_name(avoided))
    frame = gpd.GeoDataFrame(table[[*COLUMNS, *GEOMETRIES]], geometry="geometry", crs=STORE_CRS)
    for name in GEOMETRIES[1:]:
        frame[name] = gpd.GeoSeries(frame[name], crs=STORE_CRS)
    if corridors is not None:
        _report_unused(plans, frame)
    return frame


def _report_unused(plans: Sequence[Plan], found: gpd.GeoDataFrame) -> None:
    """Say which corridors of one's own no deposit can use."""
    own = {plan.slug for plan in plans} - set(read_facts("corridors")["slug"])
    for slug in sorted(own - set(found["corridor"])):
        question = found["question"].iloc[0]
        logger.warning(
            "no deposit has a route by %s (%s): choose it alone to see why", slug, question
        )


def _read_sites(deposits: gpd.GeoDataFrame) -> pd.DataFrame:
    """Place, country and position error of deposits; NaN where there is no place."""
    missing = [c for c in ("id", "country", "geometry") if c not in deposits]
    if missing:
        raise RouteError(
            f"the deposits have no column {', '.join(missing)}", "give the table of deposits"
        )
    if not isinstance(deposits, gpd.GeoDataFrame):
        raise RouteError("the deposits are no GeoDataFrame", "give points with a reference system")
    if not len(deposits):
        raise RouteError("there is no deposit to route from", "give one at least")
    points = to_store(deposits, what="the deposits").geometry
    centres = shapely.centroid(points.to_numpy())
    centres[shapely.is_empty(centres)] = None
    error = deposits.get("position_error_m", pd.Series(np.nan, index=deposits.index))
    return pd.DataFrame(
        {
            "id": deposits["id"].astype(str).to_numpy(),
            "country": deposits["country"].fillna("").astype(str).to_numpy(),
            "lon": shapely.get_x(centres),
            "lat": shapely.get_y(centres),
            "error_km": pd.to_numeric(error).fillna(0.0).to_numpy(np.float64) / 1000.0,
        }
    )


def _price(table: pd.DataFrame, draws: int, seed: int, costs: Mapping[str, Range]) -> pd.DataFrame:
    """Add days and costs, sort, and say in the note how firm the order is."""
    cost = haulage_draws(table, draws, seed, costs)
    days = days_draws(table, draws, seed, costs)
    for name, values, ends in (
        ("usd_t", cost, ("p10", "p50", "p90")),
        ("days", days, ("low", "mid", "high")),
    ):
        found = np.quantile(values, [0.1, 0.5, 0.9], axis=1)
        table = table.assign(**{f"{name}_{e}": v for e, v in zip(ends, found, strict=True)})
    table["note"] = _notes(table, cost)
    order = {name: at for at, name in enumerate(dict.fromkeys(table["deposit_id"]))}
    table["_order"] = table["deposit_id"].map(order)
    table = table.sort_values(["_order", "usd_t_p50", "corridor"], ignore_index=True)
    return table.drop(columns="_order")


def _notes(table: pd.DataFrame, cost: np.ndarray) -> list[str]:
    """Say of the cheapest route of each deposit in how many draws another corridor is cheaper."""
    notes = table["note"].tolist()
    for rows in table.groupby("deposit_id", sort=False).indices.values():
        if len(rows) < 2:
            continue
        first = rows[int(np.argmin(table["usd_t_p50"].to_numpy()[rows]))]
        other = float((cost[rows].min(axis=0) < cost[first]).mean())
        if other >= SAID_SHARE:
            said = f"another corridor is cheaper in {100 * other:.0f} % of draws"
            notes[first] = "; ".join(part for part in (notes[first], said) if part)
    return notes
