"""Encodings: as files state them in any spelling, and as letters show them."""

import pytest

from geo_ree.reading.delimited import parse_csv
from geo_ree.reading.encodings import decode_texts, guess_encoding, known_encoding


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1251", "cp1251"),
        ("ANSI 1251", "cp1251"),
        ("Windows-1251\n", "cp1251"),
        ("\ufeffUTF8", "utf-8"),
        ("65001", "utf-8"),
        ("OEM 866", "cp866"),
        ("88595", "iso8859-5"),
        ("LDID/201", "cp1251"),
        ("klingon", ""),
        ("", ""),
    ],
)
def test_spellings_of_an_encoding(text, name):
    assert known_encoding(text) == name


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-r"])
@pytest.mark.parametrize("names", [["Холм"], ["МОЙЫНКУМ"], ["Кутессай II", "№ 5", "Верхнее Эспе"]])
def test_cyrillic_letters_show_their_encoding(encoding, names):
    raw = [name.replace("№ ", "").encode(encoding) for name in names]
    assert guess_encoding(raw).name == encoding
    assert guess_encoding(raw).is_clear


@pytest.mark.parametrize("names", [["Bastnäs", "6–5"], ["Évian"], ["GRÖSSE"], ["à côté"]])
def test_latin_letters_among_ascii_ones_are_no_cyrillic(names):
    found = guess_encoding([name.encode("cp1252") for name in names])
    assert (found.name, found.is_clear) == ("cp1252", True)


def test_kazakh_letters_have_an_encoding_of_their_own():
    assert guess_encoding(["Қаратау".encode("kz1048")]).name == "kz1048"


def test_signs_alone_show_nothing_and_that_is_said():
    found = guess_encoding(["42°".encode("cp1251")])
    assert not found.is_clear
    assert "do not show which" in found.describe("lines")


def test_a_table_in_cp1251_is_read_and_noted():
    table = parse_csv("имя;n\nХолм;1\n".encode("cp1251"), (), where="x.csv", hint="")
    assert table.columns.tolist() == ["имя", "n"]
    assert table["имя"].tolist() == ["Холм"]
    ((remark, lines),) = table.attrs["noted"].items()
    assert "cp1251" in remark
    assert lines == 2


def test_a_byte_that_is_no_letter_does_not_spoil_the_other_rows():
    raw = "name\nХолм\nГора\n".encode("cp1251").replace("Г".encode("cp1251"), b"\x98")
    table = parse_csv(raw, (), where="x.csv", hint="")
    assert table["name"].tolist() == ["Холм", "\ufffdора"]
    assert any("no letters" in remark for remark in table.attrs["noted"])


def test_a_text_cut_within_a_letter_loses_that_letter_only():
    found = decode_texts(["Хребет".encode(), "Мойынкум".encode()[:-1]], ["utf-8"])
    assert found.texts == ["Хребет", "Мойынку"]
    assert list(found.noted.values()) == [1]


def test_one_text_in_another_encoding_is_read_in_its_own():
    cells = [t.encode() for t in ("Хребет", "Гора", "Холм")] + ["Степь".encode("cp1251")]
    found = decode_texts(cells, ["utf-8"])
    assert found.texts == ["Хребет", "Гора", "Холм", "Степь"]


def test_texts_that_are_all_utf_8_are_so_whatever_is_stated():
    assert decode_texts(["Хребет".encode()], ["cp1258", "cp1252"]).texts == ["Хребет"]
