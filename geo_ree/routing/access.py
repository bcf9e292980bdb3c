"""The terms of what access to each deposit costs: `access_terms` builds them, `access_cost` sums them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from geo_ree.errors import RouteError
from geo_ree.routing.capital import annuity
from geo_ree.routing.chosen_routes import best_routes, find_routes, haulage_by_unit
from geo_ree.routing.cost_terms import AccessTerms, value_by_unit
from geo_ree.routing.deposit_plan import RECORD, DepositPlan, DrawPool
from geo_ree.routing.products import choose_products
from geo_ree.routing.ranges import Range, unit_costs
from geo_ree.settings import SEED

_MONEY = ("USD", "M USD", "US cents")
_NEEDED = ("id", "dist_road_km", "dist_railway_km")


def access_terms(
    deposits: pd.DataFrame,
    *,
    routes: pd.DataFrame | None = None,
    question: str | None = None,
    treo_t_a: float = 5000.0,
    product: str | None = None,
    recovery: float = 0.6,
    life_years: float = 15,
    discount: float = 0.10,
    costs: Mapping[str, Range] | Path | str | None = None,
    prices: str = "as_published",
    stated: bool = True,
    draws: int = 200,
    seed: int = SEED,
) -> AccessTerms:
    """Build the terms of the cost of access and the draws that deposits share.

    Parameters
    ----------
    deposits, routes, question, treo_t_a, product, recovery, life_years, discount, costs, prices, stated, seed
        As in `access_cost`.
    draws
        Number of draws; those of fewer are the first of more.

    Returns
    -------
    AccessTerms
        `evaluate` sums them up for another rate or unit cost; `AccessTerms.to_dict` is what a page
        needs to do so.

    Raises
    ------
    RouteError
        As `access_cost`.

    Examples
    --------
    >>> sites = pd.DataFrame({"id": ["x:1"], "dist_road_km": [35.0], "dist_railway_km": [80.0]})
    >>> nowhere = pd.DataFrame({"deposit_id": ["x:1"], "question": "any", "usd_t_p50": [float("nan")]})
    >>> terms = access_terms(sites, routes=nowhere)
    >>> terms.deposits["missing"].tolist()
    ['rail_spur;haulage;border_transhipment;inbound']
    """
    _check_asked(deposits, treo_t_a, recovery, draws)
    pool = DrawPool(unit_costs(costs), draws, seed)
    share = annuity(life_years, discount)
    if routes is None:
        routes = find_routes(deposits, question, pool.costs, draws, seed)
    rows = best_routes(deposits["id"], routes, question)
    chosen = choose_products(deposits, product, pool.costs)
    dangerous = [ships.class7 == "likely" for ships in chosen]
    parts = haulage_by_unit(rows, dangerous, draws, seed, pool.costs)
    records, terms = [], []
    for at, (site, ships) in enumerate(zip(deposits.to_dict("records"), chosen, strict=True)):
        own = {name: part[at] for name, part in parts.items()}
        plan = DepositPlan(site, ships, rows.iloc[at], own, pool, share, recovery, stated)
        terms.append(tuple(plan.build()))
        records.append(plan.describe(prices, life_years))
    found = AccessTerms(
        deposits=pd.DataFrame(records, columns=RECORD),
        terms=tuple(terms),
        draws=pool.arrays,
        sliders=(),
        annuity=share,
        treo_t_a=treo_t_a,
        life_years=life_years,
        recovery=recovery,
    )
    return _with_sliders(found, pool.costs)


def _check_asked(deposits: pd.DataFrame, treo_t_a: float, recovery: float, draws: int) -> None:
    lost = [name for name in _NEEDED if name not in deposits]
    if lost:
        raise RouteError(
            f"the table of deposits has no column {', '.join(lost)}",
            "give the table of a run, or one from measure()",
        )
    if not 0 < recovery <= 1 or not treo_t_a > 0 or draws < 1:
        raise RouteError(
            f"a recovery of {recovery:g}, {treo_t_a:g} t a year and {draws} draws are impossible",
            "recovery is a share up to 1, the others are positive",
        )


def _with_sliders(terms: AccessTerms, costs: Mapping[str, Range]) -> AccessTerms:
    """Add the three unit costs that make most of the totals."""
    money = [n for n in value_by_unit(terms) if costs[n].unit.startswith(_MONEY)][:3]
    sliders = tuple(
        {key: getattr(costs[name], key) for key in ("name", "unit", "p10", "p50", "p90", "year")}
        for name in money
    )
    return AccessTerms(**{**vars(terms), "sliders": sliders})
