"""Coordinates in the notations of field books, GPS receivers and Soviet maps."""

import pytest

from geo_ree.reading.coordinate_text import parse_angle, parse_pair

NORTH = 42 + 15 / 60 + 30 / 3600


@pytest.mark.parametrize(
    "text",
    [
        "42°15'30\"N",
        "42 15 30 N",
        "42-15-30",
        "42–15–30",
        "42:15:30",
        "42.15.30",
        "42d15m30s",
        "N42°15.5'",
        "4215.5N",
        "421530N",
        "42°15′30″",
        "42º15’30”с.ш.",
        "с.ш. 42°15'30''",
        "42° 15' 30,0\" с. ш.",
        "42 гр 15 мин 30 сек",
        "северной широты 42 15 30",
        "С42 15,5",
    ],
)
def test_one_latitude_in_many_notations(text):
    assert parse_angle(text, "latitude").degrees == pytest.approx(NORTH)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("-42,5", -42.5),
        ("42.5S", -42.5),
        ("ю.ш. 42,5", -42.5),
        ("42°", 42.0),
        ("42 59 60", 43.0),
        ("\u221242.5", -42.5),
    ],
)
def test_signs_hemispheres_and_decimal_commas(text, degrees):
    assert parse_angle(text, "latitude").degrees == degrees


def test_the_letter_of_seconds_is_not_the_south():
    assert parse_angle("42d15m30s").degrees > 0
    assert parse_angle("42d15m30sS").degrees < 0


def test_cyrillic_letters_are_not_the_latin_ones_they_look_like():
    assert parse_angle("76° 10' в.д.").axis == "longitude"
    assert parse_angle("42 15 С").axis == "latitude"  # the Cyrillic letter: north
    assert parse_angle("76 10 Е", "longitude").degrees == pytest.approx(76 + 1 / 6)


@pytest.mark.parametrize(
    "text",
    ["42 60 0", "91N", "-42.5N", "north", "O 76", "42N15", "421530", "42,15,30", "N42.5E", ""],
)
def test_what_is_no_latitude_is_not_guessed(text):
    assert parse_angle(text, "latitude") is None


def test_a_hemisphere_of_the_other_axis_is_no_coordinate():
    assert parse_angle("76E", "latitude") is None
    assert parse_angle("0761020E", "longitude").degrees == pytest.approx(76 + 10 / 60 + 20 / 3600)


def test_the_last_digit_is_the_unit():
    assert parse_angle("42 15").unit_deg == pytest.approx(1 / 60)
    assert parse_angle("42.125").unit_deg == pytest.approx(0.001)
    assert parse_angle("42 15 30,5").unit_deg == pytest.approx(0.1 / 3600)


@pytest.mark.parametrize(
    "text",
    [
        "42.5, 76.1",
        "42.5,76.1",
        "42,5 76,1",
        "42,5; 76,1",
        "42,5, 76,1",
        "(42.5 76.1)",
        "N42.5E76.1",
        "76.1E 42.5N",
        "42°30' с.ш. 76°06' в.д.",
        "42 30 N/76 06 E",
    ],
)
def test_two_coordinates_in_one_cell(text):
    assert [a.degrees for a in parse_pair(text)] == pytest.approx([42.5, 76.1])


@pytest.mark.parametrize("text", ["42,5", "42.5", "42.5N, 76.1", "42N 43N", "1,2,3"])
def test_a_cell_that_may_be_divided_in_several_ways_is_not_divided(text):
    assert parse_pair(text) is None
