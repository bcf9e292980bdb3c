"""The route that a deposit's access is costed along, and its haulage split by unit cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import RouteError
from geo_ree.routing.corridors import find_corridors
from geo_ree.routing.ranges import Range
from geo_ree.routing.route_answers import DEFAULT_QUESTION, avoided_countries
from geo_ree.routing.route_costs import haulage_parts as route_haulage


def best_routes(ids: pd.Series, routes: pd.DataFrame, question: str | None = None) -> pd.DataFrame:
    """Return the cheapest route of each deposit, NaN where it has none.

    Parameters
    ----------
    ids
        Ids of the deposits.
    routes
        From `find_corridors`.
    question
        The one that counts; by default the only one, or of several `DEFAULT_QUESTION`.

    Returns
    -------
    pandas.DataFrame
        On the index of `ids`.

    Raises
    ------
    RouteError
        If the routes do not answer the question.

    Examples
    --------
    >>> rows = pd.DataFrame({"deposit_id": ["x:1", "x:1"], "question": "any", "usd_t_p50": [90.0, 70.0]})
    >>> best_routes(pd.Series(["x:1", "x:2"]), rows)["usd_t_p50"].tolist()
    [70.0, nan]
    """
    answered = sorted(routes["question"].unique())
    if question is None and len(answered) > 1:
        question = DEFAULT_QUESTION
    if question is not None:
        if question not in answered:
            raise RouteError(
                f"the routes answer {', '.join(answered) or 'nothing'}, not {question}",
                "find those of that question, or name another",
            )
        routes = routes[routes["question"] == question]
    first = pd.DataFrame(routes).sort_values("usd_t_p50", kind="stable", na_position="last")
    first = first.drop_duplicates("deposit_id").set_index("deposit_id", drop=False)
    found = first.reindex(ids.to_numpy()).assign(deposit_id=ids.to_numpy())
    return found.rename_axis(None).set_axis(ids.index)


def find_routes(
    deposits: pd.DataFrame,
    question: str | None,
    costs: Mapping[str, Range],
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Find the routes of a question, by default `DEFAULT_QUESTION`."""
    avoid = avoided_countries(question or DEFAULT_QUESTION)
    found = find_corridors(
        gpd.GeoDataFrame(deposits), avoid=avoid, costs=costs, draws=draws, seed=seed
    )
    return pd.DataFrame(found)


def haulage_by_unit(
    rows: pd.DataFrame,
    dangerous: Sequence[bool],
    draws: int,
    seed: int,
    costs: Mapping[str, Range],
) -> dict[str, Floats]:
    """Draw the haulage of routes, split by the unit cost that each part is proportional to.

    Parameters
    ----------
    rows
        Routes, see `best_routes`.
    dangerous
        Whether a route's product is likely Class 7: its railway costs ``rail_class7``, because the
        rates behind ``rail`` exclude dangerous goods in part.
    draws, seed, costs
        As in ``route_costs.haulage_parts``.

    Returns
    -------
    dict of str to numpy.ndarray
        Unit cost -> USD per t of product, shape (routes, draws); NaN where there is no route.
    """
    known = rows["usd_t_p50"].notna().to_numpy()
    out: dict[str, Floats] = {}
    for flag, rail in ((False, "rail"), (True, "rail_class7")):
        here = known & (np.asarray(dangerous, dtype=bool) == flag)
        if not here.any():
            continue
        split = route_haulage(rows[here], draws, seed, {**costs, "rail": costs[rail]})
        for name, part in split.items():
            whole = out.setdefault(
                rail if name == "rail" else name,
                np.where(known[:, None], np.zeros((len(rows), draws)), np.nan),
            )
            whole[here] = part
    return out
