"""What the spread of an access cost comes from, and which deposit's access is cheaper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import RouteError
from geo_ree.routing.cost_terms import AccessTerms, evaluate

_LEAST_DRAWS = 10


def tornado(terms: AccessTerms, deposit_id: str) -> pd.DataFrame:
    """Say what the spread of a deposit's access cost comes from, the largest part first.

    Parameters
    ----------
    terms
        From `access_terms`; more draws give steadier figures.
    deposit_id
        Id of a deposit of theirs.

    Returns
    -------
    pandas.DataFrame
        A row a drawn figure: ``figure``; ``usd_t_p10`` and ``usd_t_p90``, the total per t of TREO (of
        product where no quantity is published) with the figure at its P10 and at its P90 and all
        others at their P50; ``narrower_pct``, by how much the interval P10-P90 of the total narrows
        when the figure is known to be its P50 and all others are drawn.

    Raises
    ------
    RouteError
        For an unknown deposit, one whose total is unknown, or fewer than 10 draws.

    Notes
    -----
    Figures are varied one at a time, so that the parts need not add up to 100 per cent: the method
    is the one-way sensitivity of Saltelli, A. et al. (2008), Global Sensitivity Analysis, Wiley.

    Examples
    --------
    >>> from geo_ree.routing.cost_terms import Term
    >>> sites = pd.DataFrame({"deposit_id": ["x:1"], "limit_t_a": [1e3], "missing": "",
    ...                       "product_t": "one", "payable": "one"})
    >>> draws = {"truck": np.linspace(5, 20, 100), "grade": np.linspace(1, 2, 100)[::-1],
    ...          "one": np.ones(100)}
    >>> haul = (Term("haulage", "truck", 10.0, ("truck", "grade")),)
    >>> terms = AccessTerms(deposits=sites, terms=(haul,), draws=draws, sliders=(), annuity=0.1,
    ...                     treo_t_a=1e3)
    >>> tornado(terms, "x:1")["figure"].tolist()
    ['truck', 'grade']
    """
    one = _single(terms, deposit_id)
    names = sorted({name for term in one.terms[0] for name in term.draws})
    middle = {name: float(np.median(one.draws[name])) for name in names}
    drawn = _total(one, {})
    width = float(np.ptp(np.quantile(drawn, (0.1, 0.9))))
    rows = []
    for name in names:
        ends = np.quantile(one.draws[name], (0.1, 0.9))
        low, high = (float(_total(one, middle | {name: float(end)})[0]) for end in ends)
        known = float(np.ptp(np.quantile(_total(one, {name: middle[name]}), (0.1, 0.9))))
        narrower = 100.0 * (1.0 - known / width) if width > 0 else 0.0
        short = name.removesuffix(f"_{deposit_id}")
        if name == one.deposits["product_t"].iloc[0]:
            short = "product_t_per_treo"
        rows.append((short, low, high, narrower))
    out = pd.DataFrame(rows, columns=["figure", "usd_t_p10", "usd_t_p90", "narrower_pct"])
    swing = (out["usd_t_p90"] - out["usd_t_p10"]).abs()
    return out.iloc[np.argsort(-swing.to_numpy(), kind="stable")].reset_index(drop=True)


def cheaper_chances(terms: AccessTerms, *, per: str = "treo") -> pd.DataFrame:
    """Estimate the chance that access to one deposit is cheaper than to another.

    Parameters
    ----------
    terms
        From `access_terms`.
    per
        ``treo`` or ``product``: what the costs are compared per tonne of.

    Returns
    -------
    pandas.DataFrame
        A row an ordered pair of deposits whose cost is known: ``deposit_id``, ``other_id``,
        ``cheaper_pct`` (100 minus that of the reversed pair, ties counted half), and
        ``apart_pct``, the same as if the two shared no tariff, unit cost or price in a draw.

    Raises
    ------
    RouteError
        For another `per`.

    Notes
    -----
    A draw gives all deposits the same tariffs and unit costs, so that what they share cancels in
    the difference: the order of two deposits is known better than either cost.

    Examples
    --------
    >>> sites = pd.DataFrame({"deposit_id": ["x:1", "x:2"], "limit_t_a": [1e3, 1e3], "missing": "",
    ...                       "product_t": "one", "payable": "one"})
    >>> from geo_ree.routing.cost_terms import Term
    >>> near, far = (Term("haulage", "truck", km, ("truck",)) for km in (10.0, 20.0))
    >>> terms = AccessTerms(deposits=sites, terms=((near,), (far,)), sliders=(), annuity=0.1,
    ...                     draws={"truck": np.array([1.0, 5.0]), "one": np.ones(2)}, treo_t_a=1e3)
    >>> cheaper_chances(terms)[["cheaper_pct", "apart_pct"]].values.tolist()
    [[100.0, 75.0], [0.0, 25.0]]
    """
    if per not in ("treo", "product"):
        raise RouteError(f"costs are not compared per {per!r}", "use treo or product")
    drawn = evaluate(terms)
    cost = drawn.usd_t_treo["total"]
    if per == "product":
        cost = cost / drawn.product_t
    else:
        cost = np.where(np.isnan(terms.deposits["limit_t_a"].to_numpy())[:, None], np.nan, cost)
    known = np.flatnonzero(~np.isnan(cost).any(axis=1))
    ids = terms.deposits["deposit_id"].to_numpy()
    rows = [
        (ids[a], ids[b], _chance(cost[a], cost[b]), _chance_apart(cost[a], cost[b]))
        for a in known
        for b in known
        if a != b
    ]
    return pd.DataFrame(rows, columns=["deposit_id", "other_id", "cheaper_pct", "apart_pct"])


def _single(terms: AccessTerms, deposit_id: str) -> AccessTerms:
    ids = terms.deposits["deposit_id"].tolist()
    if deposit_id not in ids:
        raise RouteError(f"no terms of {deposit_id}", "give the id of a deposit of the terms")
    at = ids.index(deposit_id)
    missing = terms.deposits["missing"].iloc[at]
    if missing:
        raise RouteError(f"the access cost of {deposit_id} is unknown ({missing})", "see its note")
    if len(next(iter(terms.draws.values()))) < _LEAST_DRAWS:
        raise RouteError("a spread of so few draws means nothing", f"draw {_LEAST_DRAWS} or more")
    return replace(terms, deposits=terms.deposits.iloc[[at]], terms=(terms.terms[at],))


def _total(terms: AccessTerms, fixed: dict[str, float]) -> Floats:
    """Evaluate one deposit with some draws at a fixed value."""
    draws = {n: np.full_like(v, fixed[n]) if n in fixed else v for n, v in terms.draws.items()}
    drawn = evaluate(replace(terms, draws=draws))
    known = not np.isnan(terms.deposits["limit_t_a"].iloc[0])
    total = drawn.usd_t_treo["total"][0]
    return total if known else total / drawn.product_t[0]


def _chance(one: Floats, other: Floats) -> float:
    return 100.0 * float(np.mean(one < other) + np.mean(one == other) / 2)


def _chance_apart(one: Floats, other: Floats) -> float:
    """Compare every draw of one with every draw of the other."""
    ordered = np.sort(other)
    below = np.searchsorted(ordered, one, side="left")
    upto = np.searchsorted(ordered, one, side="right")
    return 100.0 * float(1.0 - (below + upto).mean() / 2 / len(other))
