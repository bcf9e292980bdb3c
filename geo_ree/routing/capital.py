"""What has to be built: the road, the rail spur, the power line or own plant, as terms of the cost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from geo_ree.crs import Floats
from geo_ree.errors import RouteError
from geo_ree.routing.cost_terms import Term
from geo_ree.routing.ranges import Range, draw, standard_normal, stream
from geo_ree.routing.site_access import stated_km
from geo_ree.settings import SEED

_Z95 = 1.6448536269514722
_MILLION = 1e6
STEEP_DEG = 5.0
"""Slope from which a rail spur costs what a mountain railway costs (judgement)."""


def annuity(life_years: float, discount: float) -> float:
    """Return the share of a capital that is paid each year of its life.

    Parameters
    ----------
    life_years
        Years, more than 0.
    discount
        Rate a year; 0.10 is ten per cent.

    Raises
    ------
    RouteError
        For a life that is not positive or a negative rate.

    Examples
    --------
    >>> round(annuity(15, 0.10), 4), annuity(10, 0.0)
    (0.1315, 0.1)
    """
    if not life_years > 0 or not 0 <= discount < 10:
        raise RouteError(
            f"a life of {life_years:g} years at a discount of {discount:g} is no annuity",
            "give years above 0 and a rate such as 0.10",
        )
    return 1 / life_years if discount == 0 else discount / (1 - (1 + discount) ** -life_years)


def draw_distance(
    site: Mapping[str, object],
    target: str,
    draws: int,
    seed: int,
    costs: Mapping[str, Range],
    *,
    stated: bool = True,
) -> Floats | None:
    """Draw the straight distance from a deposit to the nearest line, known or missing.

    Parameters
    ----------
    site
        With ``id``, ``dist_<target>_km`` and, where known, ``err_<target>_km``.
    target
        ``road``, ``railway``, ``power_line`` or ``power_plant``.
    draws, seed
        As in `draw`.
    costs
        With ``omitted_roads``, the share of the road network that the layer leaves out.
    stated
        Whether a distance in ``facts/site_access.csv`` comes first.

    Returns
    -------
    numpy.ndarray or None
        Kilometres, shape (draws,); None where the distance is unknown.

    Notes
    -----
    The error is taken as a 90 % interval. A
    road that the layer leaves out is nearer with the chance that it is left out: for lines placed
    at random with a share p missing, the nearest missing one is at M = D E (1 - p) / p with E
    exponential, and the true distance is min(D, M).

    Examples
    --------
    >>> from geo_ree.routing.ranges import unit_costs
    >>> drawn = draw_distance({"id": "x:1", "dist_road_km": 35.0}, "road", 500, 1, unit_costs())
    >>> float(np.median(drawn)), bool((drawn <= 35).all())
    (35.0, True)
    """
    if stated and (km := stated_km(site, target)) is not None:
        return np.full(draws, km)
    distance = _number(site, f"dist_{target}_km")
    if distance is None:
        return None
    error = _number(site, f"err_{target}_km") or 0.0
    name = f"{target}_of_{site['id']}"
    drawn = np.abs(distance + error / _Z95 * standard_normal(name, draws, seed))
    if target == "road":
        share = np.minimum(draw(costs["omitted_roads"], draws, seed), 0.95)
        missing = stream(f"missing_{name}", seed).exponential(size=draws) * (1 - share) / share
        drawn = drawn * np.minimum(1.0, missing)
    return np.asarray(drawn)


def power_distance(
    site: Mapping[str, object],
    draws: int,
    seed: int,
    costs: Mapping[str, Range],
    *,
    stated: bool = True,
) -> tuple[Floats | None, bool]:
    """Draw the distance to the nearest power line, and say whether it is known.

    Where no line is known, it lies at a drawn share of the distance to the nearest power plant,
    which is the upper limit.

    Examples
    --------
    >>> from geo_ree.routing.ranges import unit_costs
    >>> km, known = power_distance({"id": "x:1", "dist_power_plant_km": 100.0}, 500, 1, unit_costs())
    >>> known, bool((km <= 100).all())
    (False, True)
    """
    line = draw_distance(site, "power_line", draws, seed, costs, stated=stated)
    if line is not None:
        return line, True
    plant = draw_distance(site, "power_plant", draws, seed, costs)
    if plant is None:
        return None, False
    at = costs["line_to_plant"]
    own = Range(**{**vars(at), "name": f"{at.name}_of_{site['id']}"})
    return plant * np.minimum(draw(own, draws, seed), 1.0), False


def road_terms(name: str, share: float) -> list[Term]:
    """Return the term of a new gravel road over the drawn kilometres of that name."""
    draws = (name, "detour_road", "gravel_road")
    return [Term("road", "gravel_road", share * _MILLION, draws, per_year=True, capital=True)]


def power_terms(
    line: str | None, share: float, mwh: tuple[tuple[float, tuple[str, ...]], ...]
) -> list[Term]:
    """Return the terms of a power line, and of own power in its place.

    Parameters
    ----------
    line
        Name of the drawn kilometres, None where the distance is unknown: own power only.
    share
        From `annuity`.
    mwh
        Parts of the electricity used, MWh per t of TREO: a coefficient and names of draws each.
    """
    built = [] if line is None else [(line, "detour_power", "power_line")]
    return [
        *(
            Term("power", "power_line", share * _MILLION, draws, True, True, "power", "line")
            for draws in built
        ),
        *(
            Term(
                "power",
                "own_power",
                1000 * coef,
                (*names, "own_power"),
                choice="power",
                option="own",
            )
            for coef, names in mwh
        ),
    ]


def spur_break_even(
    costs: Mapping[str, Range],
    share: float,
    *,
    steep: bool = False,
    draws: int = 1000,
    seed: int = SEED,
) -> Floats:
    """Compute the tonnes a year from which a rail spur is cheaper than trucks of the same length.

    Parameters
    ----------
    costs
        From `unit_costs`.
    share
        From `annuity`.
    steep
        Whether the spur is a mountain railway.
    draws, seed
        As in `draw`.

    Returns
    -------
    numpy.ndarray
        P10, P50 and P90 of t of product a year; infinity where the railway is dearer per t-km.

    Examples
    --------
    >>> from geo_ree.routing.ranges import unit_costs
    >>> low, middle, high = spur_break_even(unit_costs(), annuity(15, 0.10)) / 1e6
    >>> bool(3 < middle < 8)
    True
    """
    unit = costs["rail_spur_mountain" if steep else "rail_spur_steppe"]
    built = share * draw(unit, draws, seed) * _MILLION
    saved = (draw(costs["truck"], draws, seed) - draw(costs["rail"], draws, seed)) / 100.0
    tonnes = np.where(saved > 0, built / np.where(saved > 0, saved, 1.0), np.inf)
    return np.quantile(tonnes, (0.1, 0.5, 0.9), method="higher")


def is_steep(site: Mapping[str, object]) -> bool:
    """Whether a rail spur to the deposit counts as a mountain railway.

    Examples
    --------
    >>> is_steep({"slope_deg": 12.0}), is_steep({})
    (True, False)
    """
    return (_number(site, "slope_deg") or 0.0) >= STEEP_DEG


def _number(site: Mapping[str, object], name: str) -> float | None:
    value = site.get(name)
    number = float(value) if isinstance(value, int | float | np.number) else float("nan")
    return number if np.isfinite(number) else None
