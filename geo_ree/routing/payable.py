"""What a tonne of rare-earth oxide in a product is paid: price decks, mixes and payabilities."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.errors import RouteError
from geo_ree.routing.facts_tables import ELEMENTS, package_facts, read_facts
from geo_ree.routing.ranges import Range, draw, stream

DECK = "usgs_fob"
"""The price deck: annual means of USGS, FOB China, 2021 to 2025."""

VARIANTS = ("as_published", "without_vat", "la_ce_zero", "europe")
"""Ways to read the deck. Without value-added tax is divided by 1.13; europe puts the thin European
quotations in the place of the elements that have one: a scenario."""

PRICE_WORDS = {
    "as_published": "annual means of USGS, FOB China",
    "without_vat": "annual means of USGS, FOB China, less 13 % value-added tax",
    "la_ce_zero": "annual means of USGS, FOB China, lanthanum and cerium at zero",
    "europe": "annual means of USGS, FOB China, European quotations where there are any",
}
"""What each variant is, in words."""

_VAT = 1.13


def price_deck(variant: str = "as_published", path: Path | str | None = None) -> pd.DataFrame:
    """Return prices of the oxides by year.

    Parameters
    ----------
    variant
        One of `VARIANTS`.
    path
        A table of your own like ``facts/prices.csv``.

    Returns
    -------
    pandas.DataFrame
        USD per kg of oxide, a row a year, a column an element of `ELEMENTS`.

    Raises
    ------
    RouteError
        For an unknown variant, a price without a date, or a negative one.

    References
    ----------
    U.S. Geological Survey (2026), Mineral Commodity Summaries 2026, rare earths.

    Examples
    --------
    >>> price_deck().loc["2024", "Nd"]
    np.float64(56.0)
    """
    if variant not in VARIANTS:
        raise RouteError(f"{variant!r} is no price variant", f"use one of {', '.join(VARIANTS)}")
    rows = package_facts("prices") if path is None else read_facts("prices", path)
    deck = rows[rows["deck"] == DECK].pivot(index="date", columns="element", values="usd_kg")
    deck = deck.reindex(columns=ELEMENTS).fillna(0.0)
    if variant == "without_vat":
        return deck / _VAT
    if variant == "la_ce_zero":
        return deck.assign(La=0.0, Ce=0.0)
    if variant == "europe":
        quoted = rows[rows["deck"] == "europe"].groupby("element")["usd_kg"].median()
        return deck.assign(**{e: float(quoted[e]) for e in ELEMENTS if e in quoted})
    return deck


@lru_cache(maxsize=1)
def price_years() -> str:
    """Return the first and the last year of the deck: each draw takes one of them.

    Examples
    --------
    >>> len(price_years().split("-"))
    2
    """
    years = price_deck().index
    return f"{years.min()}-{years.max()}"


@lru_cache(maxsize=1)
def read_mixes() -> pd.DataFrame:
    """Read ``facts/mixes.csv`` as shares that add up to 1, indexed by mix and name."""
    table = package_facts("mixes")
    shares = table.set_index(["mix", "name"])[list(ELEMENTS)].fillna(0.0)
    return shares.div(shares.sum(axis=1), axis=0)


def draw_basket(
    mixes: Collection[str], draws: int, seed: int, variant: str = "as_published"
) -> Floats:
    """Draw the value of the oxides in a tonne of TREO, if they were separated and sold.

    Parameters
    ----------
    mixes
        Groups of ``facts/mixes.csv``. A draw takes one mix of each group and blends them in random
        proportions, because no deposit of the region publishes its own.
    draws, seed
        As in `draw`. All deposits share the year of a draw.
    variant
        Of `price_deck`.

    Returns
    -------
    numpy.ndarray
        USD per t of TREO, shape (draws,).

    Examples
    --------
    >>> value = draw_basket(["bastnaesite"], 500, seed=1)
    >>> 8_000 < np.median(value) < 30_000
    np.True_
    """
    deck = price_deck(variant).to_numpy()
    year = (stream("price_year", seed).random(draws) * len(deck)).astype(int)
    blend = np.zeros((draws, len(ELEMENTS)))
    total = np.zeros((draws, 1))
    for mix in sorted(mixes):
        shares = read_mixes().loc[mix].to_numpy()
        rng = stream(f"mix_{mix}", seed)
        chosen, weight = (rng.random((draws, 2)) * (len(shares), 1)).T
        weight = -np.log1p(-weight)[:, None]
        blend += weight * shares[chosen.astype(int)]
        total += weight
    return np.asarray((blend / total * deck[year]).sum(axis=1) * 1000.0)


@lru_cache(maxsize=1)
def read_payabilities() -> dict[str, Range]:
    """Read ``facts/payability.csv``: the share of the FOB basket that a product is paid, per cent."""
    table = package_facts("payability")
    return {
        row["payable"]: Range(
            name=f"payable_{row['payable']}",
            p10=float(row["p10"]),
            p50=float(row["p50"]),
            p90=float(row["p90"]),
            unit="% of the FOB basket",
            year=row["year"],
            source=row["source"],
            basis=row["basis"],
        )
        for row in table.to_dict("records")
    }


def draw_payable(
    payable: str, mixes: Collection[str], draws: int, seed: int, variant: str = "as_published"
) -> Floats:
    """Draw what a tonne of TREO in a product is paid.

    Parameters
    ----------
    payable
        Key of ``facts/payability.csv``.
    mixes, draws, seed, variant
        As in `draw_basket`.

    Returns
    -------
    numpy.ndarray
        USD per t of TREO in the product, shape (draws,): the basket times the payability, never the
        value of separated oxides.

    Examples
    --------
    >>> paid = draw_payable("bastnaesite_concentrate", ["bastnaesite"], 500, seed=1)
    >>> bool((paid < draw_basket(["bastnaesite"], 500, seed=1)).all())
    True
    """
    share = np.minimum(draw(read_payabilities()[payable], draws, seed), 100.0)
    return draw_basket(mixes, draws, seed, variant) * share / 100.0
