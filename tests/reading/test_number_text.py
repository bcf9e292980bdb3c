"""Numbers as texts: which sign stands between thousands, and what means no number."""

import numpy as np
import pandas as pd
import pytest

from geo_ree.reading.number_text import grid_number, means_nothing, read_numbers


def read(*texts: object, whole: bool = False) -> list[float | None]:
    values = read_numbers(pd.Series(texts, dtype=object), whole=whole).values
    return [None if np.isnan(v) else v for v in values]


def test_the_other_values_of_a_column_decide():
    assert read("12.000", "1.250.000") == [12_000, 1_250_000]
    assert read("12.000", "12,5") == [12_000, 12.5]
    assert read("12.000", "0.350") == [12, 0.35]
    assert read("12,000", "12.5") == [12_000, 12.5]
    assert read("12,000", "0,25") == [12, 0.25]
    assert read("1,234.5", "1,234") == [1234.5, 1234]


def test_people_are_whole():
    assert read("12.000", "104.500", "30000", whole=True) == [12_000, 104_500, 30_000]
    assert read("12,000", "104,500", whole=True) == [12_000, 104_500]
    assert read("12.7", "13.0", whole=True) == [None, 13]


def test_what_no_value_decides_is_no_number_of_things_and_noted_elsewhere():
    assert read("12.000", "5.000", whole=True) == [None, None]
    found = read_numbers(pd.Series(["12.000", "5.125"]), whole=False)
    assert found.values.tolist() == [12.0, 5.125]
    assert list(found.noted.values()) == [2]


def test_a_decision_is_noted_with_its_rows():
    found = read_numbers(pd.Series(["12.000", "104.500", "30000"]), whole=True)
    assert list(found.noted.values()) == [2]
    assert not read_numbers(pd.Series(["12.5", "1250"]), whole=False).noted


def test_spaces_apostrophes_and_signs():
    assert read("12 000", "1\u00a0250\u202f000,5", "12'000.25", "−5") == [
        12_000,
        1_250_000.5,
        12_000.25,
        -5,
    ]


@pytest.mark.parametrize(
    "text", ["n/a", "н.д.", "—", "nd", "ND", "нет данных", "-9999", "-9999.00"]
)
def test_words_and_numbers_that_mean_nothing(text):
    assert means_nothing(text)
    assert read(text, "1") == [None, 1]


@pytest.mark.parametrize("text", ["12 00", "1.2.3", "12,5,5", "about 5", "1_000", "", None])
def test_what_is_no_number(text):
    assert read(text, "2") == [None, 2]


def test_numbers_of_a_file_with_types_stay_as_they_are():
    found = read_numbers(pd.Series([12.0, 104.5, -9999.0]), whole=True)
    assert found.values.fillna(0).tolist() == [12.0, 104.5, 0.0]


@pytest.mark.parametrize(
    ("text", "metres"),
    [("5 262 345,5", 5262345.5), ("5.262.345", 5262345), ("507,654", 507654), ("42,5", None)],
)
def test_metres_on_a_grid(text, metres):
    assert grid_number(text) == metres
