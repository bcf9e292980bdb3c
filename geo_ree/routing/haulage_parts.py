"""Haulage of a route, split by unit cost: what the truck, the railway, the ferry make of it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import RouteError
from geo_ree.routing.ranges import Range

DEFAULT_QUESTION = "no_chn_rus_irn"
"""The question of the routes whose cost counts as access: not through China, Russia and Iran."""

AVOIDED = ("CHN", "RUS", "IRN")

_HAULAGE_UNITS = ("US cents per t-km", "USD per t")


def best_routes(ids: pd.Series, routes: pd.DataFrame) -> pd.DataFrame:
    """Return the cheapest route of each deposit, NaN where it has none.

    Parameters
    ----------
    ids
        Ids of the deposits.
    routes
        From `find_corridors`; of several questions, that of `DEFAULT_QUESTION` counts.

    Returns
    -------
    pandas.DataFrame
        On the index of `ids`.

    Raises
    ------
    RouteError
        If the routes answer several questions and none is the default one.

    Examples
    --------
    >>> rows = pd.DataFrame({"deposit_id": ["x:1", "x:1"], "question": "any", "usd_t_p50": [90.0, 70.0]})
    >>> best_routes(pd.Series(["x:1", "x:2"]), rows)["usd_t_p50"].tolist()
    [70.0, nan]
    """
    questions = sorted(routes["question"].unique())
    if len(questions) > 1:
        if DEFAULT_QUESTION not in questions:
            raise RouteError(
                f"the routes answer {len(questions)} questions ({', '.join(questions)})",
                f"give those of one question, or with {DEFAULT_QUESTION}",
            )
        routes = routes[routes["question"] == DEFAULT_QUESTION]
    first = pd.DataFrame(routes).sort_values("usd_t_p50", kind="stable", na_position="last")
    first = first.drop_duplicates("deposit_id").set_index("deposit_id")
    found = first.reindex(ids.to_numpy())
    return found.rename_axis(None).set_axis(ids.index)


def find_routes(
    deposits: pd.DataFrame, costs: Mapping[str, Range], draws: int, seed: int
) -> pd.DataFrame:
    """Find the routes of the default question."""
    find = importlib.import_module("geo_ree.routing.corridors").find_corridors
    return pd.DataFrame(find(deposits, avoid=AVOIDED, costs=costs, draws=draws, seed=seed))


def haulage_parts(
    rows: pd.DataFrame, draws: int, seed: int, costs: Mapping[str, Range]
) -> dict[str, Floats]:
    """Split the drawn haulage of routes by the unit cost that each part is proportional to.

    Parameters
    ----------
    rows
        Routes, see `best_routes`.
    draws, seed, costs
        As in ``route_costs.haulage_draws``, which is asked with all unit costs but one at 0.

    Returns
    -------
    dict of str to numpy.ndarray
        Unit cost -> USD per t of product, shape (routes, draws); the parts add up to the haulage.
    """
    known = rows["usd_t_p50"].notna().to_numpy()
    if not known.any():
        return {}
    haulage = importlib.import_module("geo_ree.routing.route_costs").haulage_draws
    names = [name for name, figure in costs.items() if figure.unit.startswith(_HAULAGE_UNITS)]
    free = {name: replace(costs[name], p10=0.0, p50=0.0, p90=0.0) for name in names}
    out = {}
    for name in names:
        part = np.full((len(rows), draws), np.nan)
        part[known] = haulage(rows[known], draws, seed, {**costs, **free, name: costs[name]})
        if np.nansum(np.abs(part)) > 0:
            out[name] = part
    return out
