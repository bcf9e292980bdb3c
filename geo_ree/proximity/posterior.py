"""What measured rates of omission say together, and how they are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from geo_ree.crs import Floats

ALL = "*"
"""All countries together, and all sources together."""

ASSUMED = (1.0, 4.0)
"""Beta distribution of a rate that nothing measures: mean 0.2, 95 % of it below 0.53.

Of the railways that Natural Earth draws in the seven countries, the packed OpenStreetMap network
lacks 18 % (docs/uncertainty.md); of the roads of the world OpenStreetMap lacked 17 % in 2016
(Barrington-Leigh and Millard-Ball 2017, PLoS ONE 12(8), e0180698). That another layer is like
these is judgement.
"""

COLUMNS = (
    "source_id", "country", "length_km", "seen_km", "undecided_km", "stretches", "rate",
    "rate_low", "rate_high", "alpha", "beta", "state", "basis",
)  # fmt: skip

STATES = (
    "measured",  # on the lines of other sources
    "short",  # other sources decide on too little here: the rate of all countries holds
    "apart",  # it has hardly a line in common with the others: no list of the same lines
    "alone",  # no other source has lines of known course
    "together",  # all sources together, by the product of their rates
    "assumed",  # all sources together, none of them measured
)
"""How a rate came about."""

_QUANTILES = (0.025, 0.975)
_SAMPLE = 20_000
_SEED = 20240607


def draw_omission(
    rates: pd.DataFrame, country: str, rng: np.random.Generator, draws: int
) -> Floats:
    """Draw the share of lines that all sources of a layer together leave out.

    Each source's rate is drawn from its posterior: that of the country, or of all countries
    where it has none. Where no source has one, the rate is drawn from `ASSUMED`.

    Parameters
    ----------
    rates
        From `omission_rates`.
    country
        ISO alpha-3.
    rng
        Where chance comes from.
    draws
        How often.

    Returns
    -------
    numpy.ndarray of float64
        0 to 1, shape (draws,).

    Examples
    --------
    >>> none = pd.DataFrame(columns=list(COLUMNS))
    >>> float(draw_omission(none, "KAZ", np.random.default_rng(1), 100_000).mean().round(2))
    0.2
    """
    factors = _factors(rates, country) or [ASSUMED]
    return np.asarray(np.prod([rng.beta(a, b, draws) for a, b in factors], axis=0))


def posterior(rate: float, number: float) -> dict[str, object]:
    """Tell how sure a rate is that was found in a number of independent cases.

    Parameters
    ----------
    rate
        0 to 1.
    number
        Above 0, perhaps no whole number.

    Returns
    -------
    dict
        ``rate``, its 95 % interval ``rate_low`` and ``rate_high``, and ``alpha`` and ``beta`` of
        the posterior under Jeffreys' prior.

    References
    ----------
    Brown, L. D., Cai, T. T. and DasGupta, A. (2001), Interval estimation for a binomial
    proportion, Statistical Science 16(2), 101-133.

    Examples
    --------
    >>> found = posterior(0.2, 50.0)
    >>> round(found["rate_low"], 3), round(found["rate_high"], 3)
    (0.108, 0.326)
    """
    alpha, beta = 0.5 + number * rate, 0.5 + number * (1.0 - rate)
    low, high = (float(betaincinv(alpha, beta, q)) for q in _QUANTILES)
    # As Brown, Cai and DasGupta have it: where nothing is missing, nothing may be.
    return {"rate": rate, "rate_low": low if rate > 0 else 0.0, "rate_high": high,
            "alpha": alpha, "beta": beta}  # fmt: skip


def _factors(rates: pd.DataFrame, country: str) -> list[tuple[float, float]]:
    """Posteriors of the sources that have one, the country's before that of all countries."""
    states: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rates[["source_id", "country", "state", "alpha", "beta"]].to_dict("records"):
        states.setdefault(str(row["source_id"]), {})[str(row["country"])] = {
            str(k): v for k, v in row.items()
        }
    out = []
    for source, of in sorted(states.items()):
        here = of.get(country, of[ALL])
        here = of[ALL] if here["state"] == "short" else here
        if source != ALL and here["state"] == "measured":
            out.append((float(here["alpha"]), float(here["beta"])))
    return out


def all_together(rates: pd.DataFrame, country: str) -> dict[str, object]:
    """Tell what all sources leave out of a country: the product of their rates, or the assumed.

    Parameters
    ----------
    rates
        A row per source and country.
    country
        ISO alpha-3, or ``*`` for all countries together.

    Returns
    -------
    dict
        A row of `COLUMNS`.
    """
    found = _factors(rates, country)
    drawn = draw_omission(rates, country, np.random.default_rng(_SEED), _SAMPLE)
    low, high = np.quantile(drawn, _QUANTILES)
    mean = float(np.prod([a / (a + b) for a, b in found or [ASSUMED]]))
    told = f"product of the rates of {len(found)} sources" if found else "assumed (judgement)"
    return {"source_id": ALL, "country": country, "rate": mean, "rate_low": float(low),
            "rate_high": float(high), "state": "together" if found else "assumed",
            "basis": told}  # fmt: skip
