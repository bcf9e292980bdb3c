import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ree.deposits import (
    ATOMIC_WEIGHTS,
    OXIDES,
    contained_mass,
    element_to_oxide,
    grade_as_pct,
    ore_mass,
    oxide_factor,
    oxide_formula,
    oxide_to_element,
)
from geo_ree.errors import ScoreError

# By hand from the standard atomic weights, e.g. (2 x 138.90547 + 3 x 15.999) / (2 x 138.90547).
FACTORS = [
    ("La", "La2O3", 1.1728),
    ("Ce", "CeO2", 1.2284),
    ("Pr", "Pr6O11", 1.2082),
    ("Nd", "Nd2O3", 1.1664),
    ("Sm", "Sm2O3", 1.1596),
    ("Eu", "Eu2O3", 1.1579),
    ("Gd", "Gd2O3", 1.1526),
    ("Tb", "Tb4O7", 1.1762),
    ("Dy", "Dy2O3", 1.1477),
    ("Ho", "Ho2O3", 1.1455),
    ("Er", "Er2O3", 1.1435),
    ("Tm", "Tm2O3", 1.1421),
    ("Yb", "Yb2O3", 1.1387),
    ("Lu", "Lu2O3", 1.1372),
    ("Y", "Y2O3", 1.2699),
    ("Sc", "Sc2O3", 1.5338),
]


@pytest.mark.parametrize(("element", "formula", "factor"), FACTORS)
def test_every_factor(element, formula, factor):
    assert oxide_formula(element) == formula
    assert oxide_factor(element) == pytest.approx(factor, abs=1e-4)
    assert element_to_oxide(1000.0, element) == pytest.approx(1000.0 * factor, abs=0.1)


def test_every_element_has_a_weight_and_a_hand_computed_factor():
    assert {e for e, _, _ in FACTORS} == set(OXIDES) == set(ATOMIC_WEIGHTS) - {"O"}
    rare_earths = {e: oxide_factor(e) for e in OXIDES if e != "Sc"}
    assert min(rare_earths, key=rare_earths.__getitem__) == "Lu"  # as the refusal below says
    assert max(rare_earths, key=rare_earths.__getitem__) == "Y"


@given(mass=st.floats(min_value=0.0, max_value=1e12), element=st.sampled_from(sorted(OXIDES)))
def test_element_to_oxide_and_back(mass, element):
    assert oxide_to_element(element_to_oxide(mass, element), element) == pytest.approx(mass)
    assert element_to_oxide(mass, element) >= mass


@pytest.mark.parametrize("mixture", ["REE", "TREO", "LREE", "rare earths", "La2O3", "Pm", "la", ""])
def test_a_mixture_of_unknown_composition_is_not_converted(mixture):
    for convert in (element_to_oxide, oxide_to_element):
        with pytest.raises(ScoreError) as error:
            convert(1000.0, mixture)
        assert "composition" in str(error.value)
        assert "convert by element, one of La" in str(error.value)


@pytest.mark.parametrize("mass", [-1.0, float("nan"), float("inf")])
def test_an_invalid_mass_is_refused(mass):
    for refuse in (
        lambda: element_to_oxide(mass, "La"),
        lambda: contained_mass(mass, 1.0),
        lambda: ore_mass(mass, 1.0),
    ):
        with pytest.raises(ScoreError, match="give a number that is not negative"):
            refuse()


@pytest.mark.parametrize(
    ("value", "unit", "pct"), [(0.96, "%", 0.96), (786.0, "g/t", 0.0786), (934.0, "ppm", 0.0934)]
)
def test_units_of_grade(value, unit, pct):
    assert grade_as_pct(value, unit) == pytest.approx(pct)


def test_an_invalid_grade_is_refused():
    with pytest.raises(ScoreError, match="unit of a grade is 'lb/t'; use one of %, g/t, ppm"):
        grade_as_pct(1.0, "lb/t")
    for value, unit in ((101.0, "%"), (-1.0, "%"), (2e6, "ppm"), (float("nan"), "%")):
        with pytest.raises(ScoreError, match="give 0 to 100 per cent by mass"):
            grade_as_pct(value, unit)
    with pytest.raises(ScoreError, match="an ore of grade 0 contains nothing"):
        ore_mass(1000.0, 0.0)


def test_contained_oxide_of_an_ore_is_marked_as_computed():
    khotgor = contained_mass(350e6, 0.96)
    assert khotgor.quantity_t == pytest.approx(3_360_000.0)
    assert khotgor.figure == "computed"
    assert khotgor.basis == "350,000,000 t of ore x 0.96 %"
    with pytest.raises(dataclasses.FrozenInstanceError):
        khotgor.figure = "published"


@given(ore=st.floats(min_value=0.0, max_value=1e12), grade=st.floats(min_value=1e-6, max_value=100))
def test_ore_to_content_and_back(ore, grade):
    assert ore_mass(contained_mass(ore, grade).quantity_t, grade).quantity_t == pytest.approx(ore)
