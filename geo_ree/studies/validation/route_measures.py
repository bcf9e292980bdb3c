"""Routes and their costs as measures: whether what access costs tells mines from other sites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.stats import rankdata

from geo_ree.crs import Floats
from geo_ree.routing import access_cost
from geo_ree.routing.corridors import find_corridors
from geo_ree.routing.route_answers import AVOIDED
from geo_ree.studies.validation.cases import Cases, compare_scores
from geo_ree.studies.validation.criterion_evidence import estimate_columns
from geo_ree.studies.validation.trials import MIN_SITES

RATE_T_A = 5000.0
"""Tonnes of oxide a year, the same for all sites: most of them have no rare earths."""

PRODUCT = "concentrate"
"""What is shipped, the same for all sites."""

_DRAWS = 200
_BATCH = 200
"""Sites whose routes are held at once: the courses of all of them would fill the memory."""

_RAILWAY = "dist_railway_km"
_ROUTE = ("km", "usd_t", "access_usd_t")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One figure of a site, of which a mine should have less (of the score: more).

    Parameters
    ----------
    column
        Column of the measured sites.
    words
        What it is.
    question
        ``any`` way, or the default question, which avoids `AVOIDED`; blank for no route.
    """

    column: str
    words: str
    question: str = ""


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "railway": Measure(column=_RAILWAY, words="distance to the railway"),
        "preset": Measure(column="score", words="score"),
        **{
            f"{name}{suffix}": Measure(
                column=f"route{suffix}_{column}", words=words, question=question
            )
            for suffix, question in (("_any", "any"), ("", "default"))
            for name, column, words in (
                ("access", "access_usd_t", "access cost"),
                ("haulage", "usd_t", "haulage"),
                ("route_km", "km", "route km"),
            )
        },
    }
)
"""The measures by name: two that know of no route first."""


def measure_routes(sites: gpd.GeoDataFrame, measured: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Find the cheapest route of each site, and what access to it costs.

    Parameters
    ----------
    sites
        Sites of a scope inside the network.
    measured
        Their distances, on the same index.
    seed
        Of the draws of unit costs.

    Returns
    -------
    pandas.DataFrame
        On the index of `sites`: kilometres, USD per t of haulage (P50) and USD per t of product of
        access (P50, total of the rate `RATE_T_A` and of `PRODUCT`) of the cheapest route, for any
        way (``route_any_``) and for the default question (``route_``). Infinite where there is no
        way; NaN in a country that the question itself avoids, where it can't be asked.
    """
    deposits = gpd.GeoDataFrame(
        measured.drop(columns=["id", "country"], errors="ignore").join(
            sites[["id", "country", "position_error_m", "geometry"]]
        ),
        geometry="geometry",
        crs=sites.crs,
    )
    parts = [
        _route_batch(deposits.iloc[at : at + _BATCH], seed)
        for at in range(0, len(deposits), _BATCH)
    ]
    columns = [m.column for m in MEASURES.values() if m.question]
    return pd.concat(parts) if parts else pd.DataFrame(columns=columns, dtype=np.float64)


def _route_batch(deposits: gpd.GeoDataFrame, seed: int) -> pd.DataFrame:
    out = pd.DataFrame(index=deposits.index)
    for prefix, avoided in (("route_any_", ()), ("route_", AVOIDED)):
        routes = find_corridors(deposits, avoid=avoided, draws=_DRAWS, seed=seed)
        cost = access_cost(
            deposits, routes=routes, treo_t_a=RATE_T_A, product=PRODUCT, draws=_DRAWS, seed=seed
        )
        total = cost[cost["component"] == "total"].set_index("deposit_id")["usd_t_product_p50"]
        best = routes.drop_duplicates("deposit_id").set_index("deposit_id")
        km = best[["truck_km", "rail_km", "ferry_km", "sea_km"]].fillna(0.0).sum(axis=1)
        found = pd.DataFrame({"km": km, "usd_t": best["usd_t_p50"], "access_usd_t": total})
        found[best["corridor"].reindex(found.index) == "none"] = np.inf
        found = found.reindex(deposits["id"])[[*_ROUTE]]
        found[deposits["country"].isin(avoided).to_numpy()] = np.nan
        out[[f"{prefix}{name}" for name in _ROUTE]] = found.to_numpy(np.float64)
    return out


def judge_measures(cases: Cases, draws: int, seed: int) -> Iterator[dict[str, Any]]:
    """AUC of each measure, within countries too, and its gain over the distance to the railway.

    A site where a measure or the distance to the railway is unknown has no part in that row; a site
    without a way comes last. Without routes all is NaN: not tested.
    """
    for name, measure in MEASURES.items():
        value = _ordered(cases, measure.column)
        rail = _ordered(cases, _RAILWAY)
        known = np.isfinite(value) & np.isfinite(rail)
        part = cases.only(known)
        mines, others = int(part.mine.sum()), int((~part.mine).sum())
        row: dict[str, Any] = {"measure": name, "question": measure.question}
        row |= {"mines": mines, "others": others, "no_way": _without_way(part, measure.column)}
        tested = min(mines, others) >= MIN_SITES
        both = (value[known], rail[known])
        whole = compare_scores(part, both, draws, seed) if tested else None
        inside = (
            compare_scores(part, both, draws, seed, within=True)
            if tested and part.both_in_a_country()
            else None
        )
        row |= estimate_columns("auc", whole["first"] if whole else None)
        row |= estimate_columns("within_auc", inside["first"] if inside else None)
        row |= estimate_columns("over_railway", whole["gain"] if whole else None)
        row |= estimate_columns("within_over_railway", inside["gain"] if inside else None)
        yield row


def _ordered(cases: Cases, column: str) -> Floats:
    """Ranks of a measure, the better the higher, shape (n,); NaN where it is unknown."""
    if column not in cases.table:
        return np.full(len(cases.mine), np.nan)
    values = cases.table[column].to_numpy(dtype=np.float64)
    better = values if column == "score" else -values
    return np.asarray(rankdata(better, nan_policy="omit"), dtype=np.float64)


def _without_way(cases: Cases, column: str) -> int:
    return int(np.isinf(cases.table[column]).sum()) if column in cases.table else 0
