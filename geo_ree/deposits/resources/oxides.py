"""Arithmetic on published quantities: element and oxide, ore and content, units of grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from geo_ree.errors import ScoreError

ATOMIC_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "O": 15.999,
        "Sc": 44.955907,
        "Y": 88.905838,
        "La": 138.90547,
        "Ce": 140.116,
        "Pr": 140.90766,
        "Nd": 144.242,
        "Sm": 150.36,
        "Eu": 151.964,
        "Gd": 157.25,
        "Tb": 158.925354,
        "Dy": 162.500,
        "Ho": 164.930329,
        "Er": 167.259,
        "Tm": 168.934219,
        "Yb": 173.045,
        "Lu": 174.9668,
    }
)
"""Standard atomic weights 2021 of IUPAC (Prohaska et al. 2022, doi:10.1515/pac-2019-0603).

Oxygen, whose standard atomic weight is the interval 15.99903 to 15.99977, by its abridged value.
"""

OXIDES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("La", "Nd", "Sm", "Eu", "Gd", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y", "Sc"), (2, 3)
        ),
        "Ce": (1, 2),
        "Pr": (6, 11),
        "Tb": (4, 7),
    }
)
"""Element -> atoms of it and of oxygen in the oxide in which quantities are stated.

By convention the oxide that is stable in air: CeO2, Pr6O11 and Tb4O7, the sesquioxide of all
others. Promethium has no stable isotope and is not in ore. Scandium has a factor, but is not
counted among the rare earth oxides (REO) unless a statement says so.
"""

_TO_PCT: Mapping[str, float] = MappingProxyType({"%": 1.0, "g/t": 1e-4, "ppm": 1e-4})


@dataclass(frozen=True, kw_only=True)
class Computed:
    """A quantity that is computed, not published.

    Attributes
    ----------
    quantity_t
        Tonnes.
    basis
        The arithmetic, in words.
    figure
        Always ``computed``.
    """

    quantity_t: float
    basis: str
    figure: str = "computed"


def oxide_formula(element: str) -> str:
    """Return the formula of the oxide in which quantities of an element are stated.

    Raises
    ------
    ScoreError
        If it is not one of the elements in `OXIDES`.

    Examples
    --------
    >>> [oxide_formula(e) for e in ("Ce", "Pr", "Y")]
    ['CeO2', 'Pr6O11', 'Y2O3']
    """
    metal, oxygen = _atoms(element)
    return f"{element}{metal if metal > 1 else ''}O{oxygen}"


def oxide_factor(element: str) -> float:
    """Return the mass of oxide that contains one unit of mass of an element.

    Parameters
    ----------
    element
        Its symbol.

    Returns
    -------
    float
        ``(m A(E) + n A(O)) / (m A(E))`` for the oxide EmOn.

    Raises
    ------
    ScoreError
        If it is not one of the elements in `OXIDES`; the composition of a mixture (REE, LREE,
        TREO ...) has to be known.

    References
    ----------
    T. Prohaska et al. (2022), Standard atomic weights of the elements 2021 (IUPAC Technical
    Report), Pure and Applied Chemistry 94, 573-600, doi:10.1515/pac-2019-0603.

    Examples
    --------
    >>> round(oxide_factor("La"), 4), round(oxide_factor("Ce"), 4)
    (1.1728, 1.2284)
    """
    metal, oxygen = _atoms(element)
    mass = metal * ATOMIC_WEIGHTS[element]
    return (mass + oxygen * ATOMIC_WEIGHTS["O"]) / mass


def element_to_oxide(mass: float, element: str) -> float:
    """Convert a mass of an element to the mass of its oxide, in the same unit.

    Parameters
    ----------
    mass
        Of the element, in any unit of mass, or a grade.
    element
        Its symbol; a mixture of unknown composition is not converted.

    Raises
    ------
    ScoreError
        As `oxide_factor`, or if the mass is negative or not a number.

    Examples
    --------
    >>> round(element_to_oxide(1000.0, "Nd"), 1)
    1166.4
    """
    return _mass(mass, "mass") * oxide_factor(element)


def oxide_to_element(mass: float, element: str) -> float:
    """Convert a mass of an oxide to the mass of its element, in the same unit.

    Parameters
    ----------
    mass
        Of the oxide, in any unit of mass, or a grade.
    element
        Symbol of the element, not the formula of the oxide.

    Raises
    ------
    ScoreError
        As `element_to_oxide`.

    Examples
    --------
    >>> round(oxide_to_element(1166.4, "Nd"), 0)
    1000.0
    """
    return _mass(mass, "mass") / oxide_factor(element)


def grade_as_pct(value: float, unit: str) -> float:
    """Convert a grade to per cent by mass.

    Parameters
    ----------
    value
        The grade.
    unit
        ``%``, ``g/t`` or ``ppm`` (by mass; the same as g/t).

    Raises
    ------
    ScoreError
        If the unit is another one, or the grade is not between 0 and 100 %.

    Examples
    --------
    >>> round(grade_as_pct(786.0, "g/t"), 4)
    0.0786
    """
    if unit not in _TO_PCT:
        raise ScoreError(f"the unit of a grade is {unit!r}", f"use one of {', '.join(_TO_PCT)}")
    return _grade(value * _TO_PCT[unit])


def contained_mass(ore_t: float, grade_pct: float) -> Computed:
    """Compute the mass that an ore contains at a grade; of oxide if the grade is one of oxide.

    Parameters
    ----------
    ore_t
        Tonnes of ore.
    grade_pct
        Per cent by mass.

    Returns
    -------
    Computed
        In the ground, without losses of mining and recovery.

    Raises
    ------
    ScoreError
        If the ore is negative or not a number, or the grade not between 0 and 100 %.

    Examples
    --------
    >>> contained_mass(720_000.0, 3.2)
    Computed(quantity_t=23040.0, basis='720,000 t of ore x 3.2 %', figure='computed')
    """
    tonnes, grade = _mass(ore_t, "tonnage of ore"), _grade(grade_pct)
    return Computed(
        quantity_t=tonnes * grade / 100.0, basis=f"{tonnes:,.0f} t of ore x {grade:g} %"
    )


def ore_mass(contained_t: float, grade_pct: float) -> Computed:
    """Compute the mass of ore from a contained mass and its grade.

    Parameters
    ----------
    contained_t
        Tonnes contained, of the substance of the grade.
    grade_pct
        Per cent by mass, above zero.

    Raises
    ------
    ScoreError
        As `contained_mass`, or if the grade is zero.

    Examples
    --------
    >>> round(ore_mass(42_980.0, 0.264).quantity_t)
    16280303
    """
    tonnes, grade = _mass(contained_t, "contained mass"), _grade(grade_pct)
    if grade == 0.0:
        raise ScoreError("an ore of grade 0 contains nothing", "give the published grade")
    return Computed(quantity_t=tonnes / grade * 100.0, basis=f"{tonnes:,.0f} t at {grade:g} %")


def _atoms(element: str) -> tuple[int, int]:
    if element not in OXIDES:
        raise ScoreError(
            f"{element!r} is not one rare-earth element: the factor from element to oxide is "
            "1.14 (Lu) to 1.27 (Y), so that of a mixture depends on its composition",
            f"convert by element, one of {', '.join(OXIDES)}",
        )
    return OXIDES[element]


def _mass(value: float, what: str) -> float:
    if not (np.isfinite(value) and value >= 0.0):
        raise ScoreError(f"the {what} is {value}", "give a number that is not negative")
    return float(value)


def _grade(value: float) -> float:
    if not 0.0 <= value <= 100.0:
        raise ScoreError(f"the grade is {value:g} %", "give 0 to 100 per cent by mass")
    return float(value)
