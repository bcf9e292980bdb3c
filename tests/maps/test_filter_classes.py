import numpy as np
import pandas as pd
import pytest

from geo_ree.maps.filter_classes import (
    add_classes,
    project_state,
    quality_level,
    transliterations,
)
from geo_ree.maps.page_values import scoring_values


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("past producer (open pit 1960-1991); licence taken", "past"),
        ("REE mined underground 1946-1951", "past"),
        ("active phosphate producer", "producing"),
        ("PFS drilling 2024; target mixed REO 2028", "licensed"),
        ("licensed, undeveloped", "licensed"),
        ("prospect", "explored"),
        ("potential resource (USGS); mineral collecting locality", "occurrence"),
        ("undeveloped", "registered"),
        ("something else", None),
        (None, None),
    ],
)
def test_the_state_of_a_project_is_the_first_class_that_fits(words, expected):
    assert project_state(words) == expected


def test_a_source_is_as_good_as_the_lowest_level_it_names():
    assert quality_level("high as tin, low as REE") == 1
    assert quality_level("medium (location); REE role from Dyachkov 2017 for the belt") == 2
    assert quality_level("High") == 3
    assert quality_level("n/a") is None
    assert quality_level(None) is None


def test_classes_that_nothing_tells_are_left_out():
    rows = add_classes(pd.DataFrame({"id": ["a"], "commodities": ["REE"], "status": [None]}))
    assert list(rows.columns) == ["id", "commodities", "status"]


def test_the_page_gets_columns_of_the_models_whole_and_what_is_out_of_reach():
    table = pd.DataFrame(
        {
            "dist_road_km": [1.25, np.inf, np.nan],
            "slope_deg": [1.23456789, np.nan, 2.0],
            "name": ["A", "Б", None],
        }
    )
    model = {"criteria": [{"column": "dist_road_km"}], "vetoes": [{"column": "slope_deg"}]}
    made = scoring_values(table, [model], {})
    assert made["columns"] == {"slope_deg": [1.23456789, None, 2.0]}
    assert made["far"] == {"dist_road_km": [1]}
    assert made["models"] == [model]
    assert made["letters"]["б"] == "b"


def test_letters_cover_the_cyrillic_of_every_country():
    letters = transliterations(["Хөвсгөл", "Қазақ", "Ўзбек", "Тоҷик", "ä"])
    assert set("хөвсгөлқазақўзбектоҷикыңұі") <= set(letters)
    assert all(latin.isascii() for latin in letters.values())
