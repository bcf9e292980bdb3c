"""The table of what access costs: a row a deposit and component, with its sources and years."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.routing.access import access_terms
from geo_ree.routing.capital import spur_break_even
from geo_ree.routing.cost_terms import COMPONENTS, AccessDraws, AccessTerms, evaluate
from geo_ree.routing.payable import PRICE_WORDS, price_years
from geo_ree.routing.ranges import Range, unit_costs
from geo_ree.routing.site_access import STATED_COLUMNS, put_beside, with_stated_line
from geo_ree.settings import SEED

_ENDS = (0.1, 0.5, 0.9)
_RANGES = ("usd_t_treo", "usd_t_product", "capital_musd", "share_pct")

ACCESS_COLUMNS = (
    *("deposit_id", "component"),
    *(f"{name}_p{p}" for name in _RANGES for p in (10, 50, 90)),
    *(
        "treo_t_a",
        "product",
        "product_t_a",
        "quantity",
        "unit",
        "source",
        "year",
        "assumed",
        "note",
    ),
    *("ore_t_per_treo", *(f"mining_usd_t_treo_p{p}" for p in (10, 50, 90))),
    *(f"payable_usd_t_treo_p{p}" for p in (10, 50, 90)),
    *("pays_pct", "prices", "price_years", "mix", "paid_pct_p10", "paid_pct_p90"),
    *STATED_COLUMNS,
)
"""Columns of `access_cost`; those from `ore_t_per_treo` on stand beside the total, never in it."""


def access_cost(
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
    draws: int = 1000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Estimate what the missing road, line and haulage cost per tonne of rare-earth oxide.

    Parameters
    ----------
    deposits
        Measured deposits, a row each: ``id``, ``dist_road_km`` and ``dist_railway_km``; where known
        ``dist_power_line_km``, ``dist_power_plant_km``, their errors ``err_*_km``, ``slope_deg``,
        ``country``, ``minerals``, ``deposit_type``, ``commodities`` and the published quantity
        (``stated_quantity_t``, ``stated_substance``, ``stated_grade``, ``stated_grade_pct``).
    routes
        From `find_corridors`; found by default. The cheapest row of a deposit counts.
    question
        Question of the routes that count: ``any``, ``no_chn_rus_irn`` ...; by default the only one of
        `routes`, or else the routes not through China, Russia and Iran.
    treo_t_a
        t of TREO a year. A deposit whose published oxide does not last ``life_years`` at this rate
        gets the rate that it does last for.
    product
        ``concentrate``, ``carbonate`` or ``separated`` for all; by default as the minerals say.
    recovery
        Share of the oxide in the ore that reaches the product.
    life_years, discount
        Of the annuity of all capital.
    costs
        Unit costs of your own in place of the package's, see `unit_costs`.
    prices
        ``as_published``, ``without_vat``, ``la_ce_zero`` or ``europe``, see `price_deck`.
    stated
        Whether a line that a source places at the deposit comes before the measured distance. The
        total with the measured distances stands beside it then.
    draws, seed
        Monte Carlo draws. What deposits share (tariffs, unit costs, prices) they share in each draw.

    Returns
    -------
    pandas.DataFrame
        A row a deposit and component, ``total`` last, with `ACCESS_COLUMNS`: P10, P50 and P90 in
        USD of the years named, without conversion for inflation. USD per t of TREO are NaN without
        a published quantity; what is unknown is NaN, and so is its total.

    Raises
    ------
    RouteError
        For a column, product or variant that is not there, a rate that is not positive, or a table
        of costs with a mistake (see `read_ranges`).

    Notes
    -----
    Haulage is that of `find_corridors`; border fees are in its rates and not added. Per draw a rail
    spur takes the place of the truck, and own power that of the line, where it is cheaper. The share
    is of the payable value of what is shipped, never of separated oxides. A screening, not a
    feasibility study: most unit costs are a judgement, and `assumed` says which.

    Examples
    --------
    >>> sites = pd.DataFrame({"id": ["x:1"], "dist_road_km": [35.0], "dist_railway_km": [80.0]})
    >>> nowhere = pd.DataFrame({"deposit_id": ["x:1"], "question": "any", "usd_t_p50": [np.nan]})
    >>> table = access_cost(sites, routes=nowhere, draws=50).set_index("component")
    >>> bool(table["capital_musd_p50"]["road"] > 5), bool(table["usd_t_treo_p50"].notna().any())
    (True, False)
    """
    asked = partial(
        access_terms,
        routes=routes,
        question=question,
        treo_t_a=treo_t_a,
        product=product,
        recovery=recovery,
        life_years=life_years,
        discount=discount,
        costs=costs,
        prices=prices,
        draws=draws,
        seed=seed,
    )
    table = tabulate(asked(deposits, stated=stated), unit_costs(costs))
    other = deposits[with_stated_line(deposits["id"])] if stated else deposits.iloc[:0]
    measured = asked(other, stated=False) if len(other) else None
    beside = table.iloc[:0] if measured is None else tabulate(measured, unit_costs(costs))
    return put_beside(table, beside, other)


def tabulate(terms: AccessTerms, costs: Mapping[str, Range]) -> pd.DataFrame:
    """Tabulate terms at their own rate; see `access_cost`."""
    drawn = evaluate(terms)
    pays = {
        unit: spur_break_even(costs, terms.annuity, steep=unit.endswith("mountain"))[1] / 1e6
        for unit in ("rail_spur_steppe", "rail_spur_mountain")
    }
    rows = []
    for at, site in enumerate(terms.deposits.to_dict("records")):
        for component in (*COMPONENTS, "total"):
            row = _row(terms, drawn, at, site, component, costs)
            for unit in _units_of(terms, at, component):
                if unit in pays:
                    row["note"] = f"pays from about {pays[unit]:.1f} Mt of product a year"
            rows.append(row)
    return pd.DataFrame(rows, columns=list(ACCESS_COLUMNS))


def _row(
    terms: AccessTerms,
    drawn: AccessDraws,
    at: int,
    site: Mapping[Any, Any],
    component: str,
    costs: Mapping[str, Range],
) -> dict[str, Any]:
    cost, total = drawn.usd_t_treo[component][at], component == "total"
    known = not np.isnan(site["limit_t_a"])
    row: dict[str, Any] = {
        "deposit_id": site["deposit_id"],
        "component": component,
        "treo_t_a": float(drawn.rate[at]),
        "product": site["product"],
        "product_t_a": float(drawn.rate[at] * np.median(drawn.product_t[at])),
    }
    row |= _quantiles("usd_t_treo", cost if known else cost * np.nan)
    row |= _quantiles("usd_t_product", cost / drawn.product_t[at])
    row |= _quantiles("capital_musd", drawn.capital_musd[component][at])
    if total:
        share = 100.0 * cost / drawn.payable[at]
        row |= _quantiles("share_pct", share if known else share * np.nan)
        row |= _ore_beside(terms, site)
        row |= _value_beside(terms, drawn, at, site)
        row["note"] = site["note"]
    amount, unit = site["amounts"].get(component, (np.nan, None))
    if total and known:
        amount, unit = site["quantity_t"], "t of oxide published"
    if component == "rail_spur" and unit is not None:
        built = float((drawn.capital_musd[component][at] > 0).mean())
        unit = f"{unit}, built in {built:.0%} of draws"
    return row | {"quantity": amount, "unit": unit} | _origin(terms, at, site, component, costs)


def _origin(
    terms: AccessTerms,
    at: int,
    site: Mapping[Any, Any],
    component: str,
    costs: Mapping[str, Range],
) -> dict[str, str | None]:
    """Return sources, years and what is assumed; the total has the sources of its product."""
    used, total = _units_of(terms, at, component), component == "total"
    assumed = [*site["assumed"].get(component, []), *(u for u in used if costs[u].assumed)]
    sources = [costs[u].source for u in used] or [site["source"]] * total
    years = (
        [costs[t.unit].year for t in terms.terms[at]] if total else [costs[u].year for u in used]
    )
    return {
        "source": " | ".join(dict.fromkeys(sources)) or None,
        "year": ";".join(dict.fromkeys(years)) or None,
        "assumed": ";".join(dict.fromkeys(assumed)) or None,
    }


def _units_of(terms: AccessTerms, at: int, component: str) -> list[str]:
    """Return the unit costs of a component; the total repeats none."""
    return sorted({term.unit for term in terms.terms[at] if term.component == component})


def _quantiles(name: str, values: Floats) -> dict[str, float]:
    if np.isnan(values).any():
        return {f"{name}_p{round(100 * q)}": np.nan for q in _ENDS}
    return {
        f"{name}_p{round(100 * q)}": float(v)
        for q, v in zip(_ENDS, np.quantile(values, _ENDS), strict=True)
    }


def _ore(terms: AccessTerms, site: Mapping[Any, Any]) -> Floats:
    """Return the ore per t of TREO in each draw."""
    count = len(next(iter(terms.draws.values())))
    ore = np.full(count, float(site["ore_coef"]))
    for name in site["ore_draws"]:
        ore = ore * terms.draws[name]
    return ore


def _ore_beside(terms: AccessTerms, site: Mapping[Any, Any]) -> dict[str, float]:
    """Return the ore per t of TREO and what mining and milling it costs."""
    ore = _ore(terms, site)
    mined = ore * terms.draws["mining_milling"]
    return {"ore_t_per_treo": float(np.median(ore)), **_quantiles("mining_usd_t_treo", mined)}


def _value_beside(
    terms: AccessTerms, drawn: AccessDraws, at: int, site: Mapping[Any, Any]
) -> dict[str, Any]:
    """Return what the product is paid, what that rests on, and in how many draws it pays for the two.

    A draw holds all three: it pays where the payable value is at least mining, milling and access.
    """
    spent = _ore(terms, site) * terms.draws["mining_milling"] + drawn.usd_t_treo["total"][at]
    known = not (np.isnan(spent).any() or np.isnan(site["limit_t_a"]))
    low, high = site["paid_pct"]
    return {
        **_quantiles("payable_usd_t_treo", drawn.payable[at]),
        "pays_pct": 100.0 * float((drawn.payable[at] >= spent).mean()) if known else np.nan,
        "prices": PRICE_WORDS[site["prices"]],
        "price_years": price_years(),
        "mix": site["mix"],
        "paid_pct_p10": low,
        "paid_pct_p90": high,
    }
