"""Access cost as a sum of products: the terms of each deposit and the draws that they share.

A term of a deposit in a draw is worth

    coef x draws[name 1] x draws[name 2] x ... x factor[unit] / (rate if per_year, else 1)

in USD per t of TREO; `factor` is 1, or what a slider multiplies the unit cost by. The rate is
min(asked, limit_t_a). Terms of one `choice` exclude each other: in each draw the `option` with the
smallest sum of its terms counts, the others are 0. A component is the sum of its terms, the total
the sum of all. Capital is the value of the terms with `capital`, times rate / `annuity`. A figure per
t of product is one per t of TREO divided by draws[deposit.product_t]; the share is 100 x total /
draws[deposit.payable]. P10, P50 and P90 are the linear quantiles (numpy's default, R type 7) over
the draws. `evaluate` does this here, and a page can do the same from `AccessTerms.to_dict`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import RouteError

COMPONENTS = ("road", "rail_spur", "power", "haulage", "border_transhipment", "inbound")
"""Components of the total, in the order of the table."""

_DIGITS = 5


class Term(NamedTuple):
    """One product of the sum; see the head of this module.

    Parameters
    ----------
    component
        One of `COMPONENTS`.
    unit
        The unit cost that a slider may move.
    coef
        Number.
    draws
        Names of the shared draws that it is multiplied by.
    per_year
        Whether it is a sum per year, to be divided by the rate.
    capital
        Whether it is the annuity of a capital.
    choice, option
        Terms that exclude each other; both "" for the others.
    """

    component: str
    unit: str
    coef: float
    draws: tuple[str, ...] = ()
    per_year: bool = False
    capital: bool = False
    choice: str = ""
    option: str = ""


@dataclass(frozen=True, kw_only=True)
class AccessTerms:
    """All that the cost of access is computed from; see the head of this module.

    Parameters
    ----------
    deposits
        A row a deposit: ``deposit_id``, ``limit_t_a`` (t of TREO a year that its published quantity
        allows, NaN if none is published), ``product``, ``product_t`` and ``payable`` (names of
        draws: t of product per t of TREO, USD per t of TREO), ``missing`` (components that are
        unknown, separated by ``;``: the total is unknown then), and the texts of the table.
    terms
        Of each deposit, in the order of `deposits`.
    draws
        Name -> array, shape (draws,), of 5 digits.
    sliders
        The three dearest unit costs: name, unit, p10, p50, p90.
    annuity
        Share of a capital that is paid each year.
    treo_t_a
        The rate asked.
    """

    deposits: pd.DataFrame
    terms: tuple[tuple[Term, ...], ...]
    draws: Mapping[str, Floats]
    sliders: tuple[Mapping[str, Any], ...]
    annuity: float
    treo_t_a: float
    life_years: float | None = None
    recovery: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the terms as JSON can hold them: a number that is unknown is None.

        Examples
        --------
        >>> sites = pd.DataFrame({"deposit_id": ["x:1"], "limit_t_a": [float("nan")]})
        >>> terms = AccessTerms(deposits=sites, terms=((),), draws={}, sliders=(), annuity=0.1,
        ...                     treo_t_a=5000.0)
        >>> terms.to_dict()["deposits"]
        [{'deposit_id': 'x:1', 'limit_t_a': None, 'terms': []}]
        """
        rows = self.deposits.astype(object).where(self.deposits.notna(), None).to_dict("records")
        return {
            "treo_t_a": self.treo_t_a,
            "life_years": self.life_years,
            "recovery": self.recovery,
            "annuity": self.annuity,
            "sliders": [dict(slider) for slider in self.sliders],
            "draws": {name: values.tolist() for name, values in self.draws.items()},
            "deposits": [
                {**{str(k): v for k, v in row.items()}, "terms": [_term_dict(t) for t in terms]}
                for row, terms in zip(rows, self.terms, strict=True)
            ],
        }


@dataclass(frozen=True, kw_only=True)
class AccessDraws:
    """The cost of access in each draw.

    Parameters
    ----------
    rate
        t of TREO a year, shape (deposits,).
    usd_t_treo
        Component and ``total`` -> USD per t of TREO, shape (deposits, draws); NaN where unknown.
    capital_musd
        The same in millions of USD of capital.
    product_t
        t of product per t of TREO, shape (deposits, draws).
    payable
        USD per t of TREO in the product, shape (deposits, draws).
    """

    rate: Floats
    usd_t_treo: Mapping[str, Floats]
    capital_musd: Mapping[str, Floats]
    product_t: Floats
    payable: Floats


def evaluate(
    terms: AccessTerms,
    *,
    treo_t_a: float | None = None,
    factors: Mapping[str, float] | None = None,
) -> AccessDraws:
    """Compute the cost of access from its terms.

    Parameters
    ----------
    terms
        From `access_terms`.
    treo_t_a
        Rate asked, t of TREO a year; by default that of `terms`.
    factors
        Unit cost -> what it is multiplied by.

    Returns
    -------
    AccessDraws

    Raises
    ------
    RouteError
        For a rate or factor that is not positive.

    Examples
    --------
    >>> sites = pd.DataFrame({"deposit_id": ["x:1"], "limit_t_a": [1000.0], "missing": [""],
    ...                       "product_t": ["grade"], "payable": ["paid"]})
    >>> road = Term("road", "gravel_road", 2.0e6, ("gravel",), per_year=True, capital=True)
    >>> draws = {"gravel": np.array([0.5, 1.5]), "grade": np.ones(2), "paid": np.ones(2)}
    >>> terms = AccessTerms(deposits=sites, terms=((road,),), draws=draws, sliders=(), annuity=0.1,
    ...                     treo_t_a=5000.0)
    >>> evaluate(terms).usd_t_treo["total"].tolist()
    [[1000.0, 3000.0]]
    """
    asked = terms.treo_t_a if treo_t_a is None else treo_t_a
    factors = factors or {}
    if not asked > 0 or any(f <= 0 for f in factors.values()):
        raise RouteError("a rate and a factor of a unit cost are positive", "give one above 0")
    limit = terms.deposits["limit_t_a"].to_numpy(np.float64)
    rate = np.fmin(asked, limit)
    count = len(next(iter(terms.draws.values()))) if terms.draws else 0
    shape = len(terms.terms), count
    cost = {name: np.zeros(shape) for name in COMPONENTS}
    capital = {name: np.zeros(shape) for name in COMPONENTS}
    for at, own in enumerate(terms.terms):
        values = [_value(term, terms.draws, factors, rate[at], count) for term in own]
        for term, value in zip(own, _choose(own, values), strict=True):
            cost[term.component][at] += value
            if term.capital:
                capital[term.component][at] += value * rate[at] / terms.annuity / 1e6
        for name in str(terms.deposits["missing"].iloc[at]).split(";"):
            if name:
                cost[name][at] = capital[name][at] = np.nan
    cost["total"] = np.sum(list(cost.values()), axis=0) if shape[0] else np.zeros(shape)
    capital["total"] = np.sum(list(capital.values()), axis=0) if shape[0] else np.zeros(shape)
    return AccessDraws(
        rate=rate,
        usd_t_treo=cost,
        capital_musd=capital,
        product_t=_named(terms, "product_t", shape),
        payable=_named(terms, "payable", shape),
    )


def value_by_unit(terms: AccessTerms) -> dict[str, float]:
    """Return, dearest first, what each unit cost makes of the total: the mean over the deposits.

    In USD per t of TREO, the mean over the draws of the options that are chosen, at the rate asked.
    """
    rate = np.fmin(terms.treo_t_a, terms.deposits["limit_t_a"].to_numpy(np.float64))
    count = len(next(iter(terms.draws.values()))) if terms.draws else 0
    sums: dict[str, float] = {}
    for at, own in enumerate(terms.terms):
        values = _choose(own, [_value(t, terms.draws, {}, rate[at], count) for t in own])
        for term, value in zip(own, values, strict=True):
            sums[term.unit] = sums.get(term.unit, 0.0) + float(value.mean()) / len(terms.terms)
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def round_draws(values: Floats) -> Floats:
    """Round to 5 digits: what a page is sent is what is computed with here.

    Examples
    --------
    >>> round_draws(np.array([123456.7, 0.00123456, 0.0])).tolist()
    [123460.0, 0.0012346, 0.0]
    """
    size = np.floor(np.log10(np.abs(np.where(values == 0, 1.0, values))))
    scale = 10.0 ** (_DIGITS - 1 - size)
    return np.asarray(np.where(np.isfinite(values), np.round(values * scale) / scale, values))


def _value(
    term: Term, draws: Mapping[str, Floats], factors: Mapping[str, float], rate: float, count: int
) -> Floats:
    value = np.full(count, term.coef * factors.get(term.unit, 1.0))
    for name in term.draws:
        value = value * draws[name]
    return value / rate if term.per_year else value


def _choose(terms: Sequence[Term], values: list[Floats]) -> list[Floats]:
    """Keep, of the terms of each choice, those of the option that is cheapest in a draw."""
    for choice in sorted({t.choice for t in terms if t.choice}):
        sums: dict[str, Floats] = {}
        for term, value in zip(terms, values, strict=True):
            if term.choice == choice:
                sums[term.option] = sums.get(term.option, 0.0) + value
        names = sorted(sums)
        best = np.argmin([sums[name] for name in names], axis=0)
        for at, term in enumerate(terms):
            if term.choice == choice:
                values[at] = np.where(best == names.index(term.option), values[at], 0.0)
    return values


def _named(terms: AccessTerms, column: str, shape: tuple[int, int]) -> Floats:
    names = terms.deposits[column].tolist() if len(terms.deposits) else []
    return np.array([terms.draws[name] for name in names]).reshape(shape)


def _term_dict(term: Term) -> dict[str, Any]:
    """Return a term without what is at its default."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in term._asdict().items()
        if value not in ("", (), False)
    }
