from __future__ import annotations

import logging

import pytest

from geo_ree.errors import SchemaError
from geo_ree.reading.delimited import parse_csv


def parse(content: bytes, *encodings: str, header_row: int = 1):
    return parse_csv(
        content,
        encodings or ("utf-8-sig", "cp1252"),
        where="x.csv",
        hint="fetch it again",
        header_row=header_row,
    )


def test_very_long_fields_pass():
    frame = parse_csv(
        b"a,b\n1," + b"x" * 1_000_000 + b"\n", ["utf-8"], where="long.csv", hint="none"
    )
    assert len(frame.loc[2, "b"]) == 1_000_000


def test_blank_lines_count_but_are_no_rows():
    frame = parse_csv(b"a,b\r\n\r\n1,2\r\n,\r\n3,\r\n", ["utf-8"], where="x", hint="none")
    assert frame.index.tolist() == [3, 5]


def test_a_line_break_inside_quotes_is_one_row():
    frame = parse_csv(b'a,b\n1,"two\nlines"\n2,z\n', ["utf-8"], where="x", hint="none")
    assert frame["b"].to_dict() == {2: "two\nlines", 3: "z"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "x.csv is empty"),
        (b"\n\n", "x.csv is empty"),
        (b",\n1,2\n", "x.csv has no header"),
        (b"a,a\n1,2\n", "x.csv has the column 'a' twice"),
        (b"a,b\n1,2\n1,2,3\n", "x.csv row 3 has 3 fields, expected 2 as in the header"),
        (b"a,b,c\n1,2,3\n4,5\n", "x.csv row 3 has 2 fields, expected 3 as in the header"),
        (b'a,b\n1,"cut he', "x.csv ends inside a quoted field"),
    ],
)
def test_a_damaged_table_names_its_row(content, said):
    with pytest.raises(SchemaError) as caught:
        parse_csv(content, ["utf-8"], where="x.csv", hint="fetch it again")
    assert said in str(caught.value)
    assert caught.value.hint == "fetch it again"


def test_an_unknown_encoding():
    with pytest.raises(SchemaError, match=r"no encoding is called 'klingon'"):
        parse_csv(b"a\n1\n", ["klingon"], where="x.csv", hint="none")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'a,b\n1,"', "x.csv ends inside a quoted field"),
        (b'a,b\n1,"cut\nhere,\n', "x.csv ends inside a quoted field"),
        (b'a,b\n"cut here,2\n3,4\n', "x.csv ends inside a quoted field"),
        (b"a,b\n1,2\n3,\x004\n", "x.csv line 3 holds a NUL byte"),
        (b"a,b\n1,2\n3\n4,5\n", "x.csv row 3 has 1 fields, expected 2 as in the header"),
        (b"a,,c\n1,note,3\n", "x.csv column 2 holds values but has no name"),
        (b"a,b\n" + b"1,2\n" * 2_000_000 + b"3\n", "x.csv row 2000002 has 1 fields"),
        (b"\xef\xbb\xbf", "x.csv is empty"),
    ],
    ids=range(8),
)
def test_more_ways_to_be_damaged(content, said):
    with pytest.raises(SchemaError) as caught:
        parse(content)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "last"),
    [
        (b'a,b\n1,""', ""),
        (b'a,b\n1,"say ""hi"""', 'say "hi"'),
        (b'a,b\n1,5" pipe', '5" pipe'),
        (b'a,b\n1,"x\ny"\n', "x\ny"),
        (b'a,b\n1,"x"\n', "x"),
    ],
)
def test_quotes_at_the_end_that_are_closed(content, last):
    assert parse(content)["b"].iloc[-1] == last


def test_fields_of_200_000_characters_pass():
    long = "ж" * 200_000
    frame = parse(f"id,text\n1,{long}\n2,{long}\n".encode())
    assert frame["text"].tolist() == [long, long]


def test_a_field_longer_than_a_block_of_the_parser_passes():
    frame = parse(b"id,text\n1,a\n2," + b"x" * 9_000_000 + b"\n3,b\n")
    assert frame["text"].str.len().tolist() == [1, 9_000_000, 1]


def test_rows_count_on_from_one_block_to_the_next():
    frame = parse(b"a,b\n" + b"1,2\n" * 1_500_000 + b"\n" + b"3,4\n")
    assert frame.index[[0, -1]].tolist() == [2, 1_500_003]
    assert len(frame) == 1_500_001


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_another_separator_is_logged(separator, caplog):
    content = f"name{separator}note{separator}n\nA{separator}x, y{separator}1\n".encode()
    assert parse(content).loc[2].tolist() == ["A", "x, y", "1"]
    assert f"x.csv: the fields are separated by {separator!r}" in caplog.text


def test_a_comma_in_one_name_does_not_win_over_semicolons(caplog):
    frame = parse(b"name;depth, m;grade;n\nA;1,5;0,2;3\n")
    assert frame.columns.tolist() == ["name", "depth, m", "grade", "n"]


def test_one_column_is_a_table(caplog):
    assert parse(b"name\nA\n\nB\n")["name"].to_dict() == {2: "A", 4: "B"}
    assert caplog.text == ""


def test_lines_in_two_encodings_are_each_read_in_their_own(caplog):
    caplog.set_level(logging.INFO)
    frame = parse("a\nҚазақстан\n".encode() + "6–5\nBastnäs\n".encode("cp1252"))
    assert frame["a"].tolist() == ["Қазақстан", "6–5", "Bastnäs"]
    assert "x.csv: 2 lines are not UTF-8" in caplog.text


def test_the_order_of_encodings_is_that_of_the_catalogue():
    assert parse("a\né\n".encode(), "latin-1")["a"].tolist() == ["Ã©"]
    assert parse("a\nи\n".encode("cp1251"), "utf-8", "cp1251")["a"].tolist() == ["и"]
    assert parse("a\nи\n".encode("koi8-r"), "ascii", "koi8-r")["a"].tolist() == ["и"]


def test_utf_16_is_known_by_its_mark():
    assert parse("a\tb\nж\t1\n".encode("utf-16"))["a"].tolist() == ["ж"]


@pytest.mark.parametrize("encodings", [("utf-8",), ("ascii",), ("utf-8", "ascii")])
def test_an_encoding_that_does_not_fit_is_refused(encodings):
    with pytest.raises(SchemaError, match=r"x.csv is not encoded as .*; fetch it again"):
        parse(b"a\n\xff\n", *encodings)


def test_lines_above_the_header_are_passed_over():
    frame = parse(b"A title\n,,\nname,n\nA,1\n", header_row=3)
    assert frame["n"].to_dict() == {4: "1"}
    with pytest.raises(SchemaError, match=r"row 4 has 3 fields"):
        parse(b"A title\n,,\nname,n\nA,1,2\n", header_row=3)


def test_columns_without_name_and_value_are_left_out():
    assert parse(b"a,b,,\n1,2,,\n3,,,\n").columns.tolist() == ["a", "b"]


def test_old_line_ends_count_too():
    assert parse(b"a,b\r1,2\r\r3,4")["a"].to_dict() == {2: "1", 4: "3"}
