import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_ree.deposits.column_rules import (
    as_text,
    clean_column,
    clean_text,
    latin_name,
)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("6\x965", "6–5"),
        ("Côte D\x92Ivoire", "Côte D’Ivoire"),
        ("one \x97 two\x85", "one — two…"),
        ("Cerro  Colorado ", "Cerro Colorado"),
        ("Zn-Cu Skarn\r\n", "Zn-Cu Skarn"),
        ("A\x00B\x01", "AB"),
        ("\xa0Syr\xa0 Darya", "Syr Darya"),
        ("\x81", ""),
        ("Өвөр-Ковыль", "Өвөр-Ковыль"),
    ],
)
def test_control_characters_are_the_bytes_they_were_and_blanks_collapse(text, clean):
    assert clean_text(text) == clean


def test_texts_that_mean_unknown_are_blank_and_a_number_in_any_spelling():
    column = pd.Series([" NA", "-9999.00", "-9999", "0.10", "00", "0", "", None, "NA2"])
    got = clean_column(column, ("NA", "-9999", "0"))
    assert got.tolist() == [None, None, None, "0.10", "00", None, None, None, "NA2"]


def test_numbers_that_mean_unknown_are_blank_in_columns_of_numbers_too():
    got = clean_column(pd.Series([1.5, -9999.0, 0.0]), ("NA", "-9999"))
    assert got.isna().tolist() == [False, True, False]
    assert clean_column(pd.Series([True, False]), ("0",)).tolist() == ["True", "False"]


def test_mixed_cells_of_a_spreadsheet_become_texts():
    assert [as_text(v) for v in (7.0, 7.25, 7, None, pd.NA, float("nan"), " x ")] == [
        "7",
        "7.25",
        "7",
        "",
        "",
        "",
        "x",
    ]


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("Выдуманный хребет", "Vydumannyy khrebet"),
        ("Қиял-1 (Fée)", "Qiyal-1 (Fée)"),
        ("Made-up Ridge", "Made-up Ridge"),
    ],
)
def test_only_the_cyrillic_part_of_a_name_is_transliterated(name, latin):
    assert latin_name(name) == latin


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.none() | st.text(" ab.0-9\t\u00a0\x85Ж\x07", max_size=8), min_size=1),
    st.lists(st.sampled_from(["NA", "-9999", "9", "a", "0.0", ""]), max_size=3),
)
def test_texts_stored_together_are_cleaned_as_one_by_one(texts, nulls):
    column = pd.Series(texts, dtype=object, index=range(5, 5 + len(texts)))
    together = clean_column(column.astype(pd.StringDtype("pyarrow", na_value=float("nan"))), nulls)
    pd.testing.assert_series_equal(together, clean_column(column, nulls))
    assert all(value is None or type(value) is str for value in together)
