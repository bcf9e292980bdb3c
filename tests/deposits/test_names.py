"""Spellings of one name come out alike, and names that only look alike do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ree.deposits.names import core, name_forms, skeleton


def stems(*names):
    return [f.stem for f in name_forms(*names)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kutessay II", "Kutessai-II"),
        ("Kutessay-2", "Кутессай II"),
        ("Dzhanatas", "Zhanatas"),
        ("Kundybajskoe", "Kundybay"),
        ("Aktogay", "Aktogai"),
        ("Oktjabr'skoe", "Oktyabrsk"),
        ("Verkhnee Qairaqty", "Upper Kairakty"),
        ("Alajgyr", "Alaigir"),
        ("Sokurkoj", "Sokurkoiy"),
        ("KOK-PATAS", "Kokpatas"),
    ],
)
def test_spellings_of_one_name_share_their_consonants_numbers_and_parts(one, other):
    a, b = name_forms(one)[0], name_forms(other)[0]
    assert skeleton(a.stem) == skeleton(b.stem)
    assert (a.numbers, a.parts) == (b.numbers, b.parts)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("Kutessay I", {1}),
        ("Kutessay-2", {2}),
        ("Sayak IV", {4}),
        ("Proletarskoe IV-IX", {4, 9}),
        ("Pektas l", {1}),
        ("Karatas No. 3", {3}),
        ("Mine 99999", set()),
        ("Vivid", set()),
    ],
)
def test_numbers_are_read_whether_roman_or_arabic(name, numbers):
    assert name_forms(name)[0].numbers == numbers


def test_a_name_that_lists_several_gives_each():
    assert stems("Aksai, Chulaktau") == ["aksai", "sulaktau"]
    assert stems("Qonyrat (Kounrad)") == ["konirat", "kunrad"]
    assert stems("Made-up Ridge", "Madeup; Ridge of Madeup") == [
        "made up ridge",
        "madeup",
        "ridge madeup",
    ]


def test_generic_words_are_dropped():
    assert (
        stems("Sarbai deposit") == stems("Sarbai Mine") == stems("Sarbai ore field") == ["sarbai"]
    )
    assert name_forms("Karatas ore field")[0].group
    assert not name_forms("Karatas")[0].group


def test_works_and_records_without_a_name_are_marked():
    smelter, concentrator = (
        name_forms("Balkhash Smelter")[0],
        name_forms("Balkhash Concentrator")[0],
    )
    assert smelter.works != concentrator.works != name_forms("Balkhash")[0].works == ""
    assert name_forms("Drill hole SP-6")[0].nameless
    assert name_forms("unnamed")[0].stem == ""


def test_landforms_do_not_count_beside_a_proper_name():
    (hairhan,), (harat,) = name_forms("Khairkhan Uul"), name_forms("Kharaat Uul")
    assert core(hairhan.words) != core(harat.words)
    (hill,) = name_forms("Ulaan Tolgoi")
    assert core(hill.words) == "ulan"


@pytest.mark.parametrize("name", ["", None, "   ", ";;,", "123", "()", "!!"])
def test_no_name_gives_no_stem(name):
    assert all(not f.stem for f in name_forms(name))


@given(st.text(max_size=60))
def test_any_text_gives_forms_of_plain_letters(text):
    for form in name_forms(text):
        assert form.stem == "" or form.stem.replace(" ", "").isascii()
        assert form in name_forms(text)
