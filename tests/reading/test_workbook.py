from __future__ import annotations

from datetime import date

import pytest

from geo_ree.errors import SchemaError
from geo_ree.reading.formats import open_file

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TOWNS = [["name ", "lat", "open", "seen"], ["Made-up Ridge", 42.5, True, date(2026, 2, 1)]]


def refusal(path, source) -> str:
    with pytest.raises(SchemaError) as caught:
        open_file(path, source)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"made_up: {path.name}")
    assert caught.value.hint
    return text


@pytest.fixture
def put(tmp_path):
    def write(content):
        path = tmp_path / "download"  # the name tells nothing
        path.write_bytes(content)
        return path

    return write


def test_cells_are_texts_as_the_sheet_shows_them(workbook, put, made_up):
    cells = [
        ["name", "value"],
        ["whole", 7.0],
        ["digits", 0.1 + 0.2],
        ["yes", True],
        [None, "x"],
        ["day", date(2026, 2, 1)],
        ["text", "0012"],
        ["large", 1e20],
        ["nothing", None],
    ]
    frame = open_file(put(workbook({"Towns": cells})), made_up())
    assert frame["value"].tolist() == [
        "7",
        "0.3",
        "TRUE",
        "x",
        "2026-02-01",
        "0012",
        "1e+20",
        "",
    ]
    assert frame["name"].tolist()[3] == ""


def test_rows_count_as_in_the_sheet_and_blank_ones_are_left_out(workbook, put, made_up):
    cells = [["A list of towns"], [], ["name", "lat"], ["A", 1], [], ["B", 2]]
    source = made_up({"header_row": 3})
    frame = open_file(put(workbook({"Towns": cells})), source)
    assert frame.index.tolist() == [4, 6]
    assert frame.index.name == "row"
    assert frame["lat"].tolist() == ["1", "2"]


def test_columns_without_a_name_are_kept_only_for_their_values(workbook, put, made_up):
    cells = [["name", None, None], ["A", None, "a note"], ["B", None, None]]
    frame = open_file(put(workbook({"Towns": cells})), made_up())
    assert frame.columns.tolist() == ["name", "column_3"]
    assert frame["column_3"].tolist() == ["a note", ""]


def test_the_sheet_is_found_by_its_name(workbook, put, made_up):
    path = put(workbook({"About": [["read me"]], "External": TOWNS}))
    assert open_file(path, made_up({"sheet": "external"}))["name"].tolist() == ["Made-up Ridge"]
    text = refusal(path, made_up({"sheet": "Towns"}))
    assert "has no sheet 'Towns'; it has: 'About', 'External'" in text
    assert "correct reader.sheet" in text
    assert "has several sheets: 'About', 'External'" in refusal(path, made_up())


def test_a_child_table_is_another_sheet(workbook, put, made_up):
    notes = [["name", "note"], ["Made-up Ridge", "first"], ["Made-up Ridge", "second"]]
    path = put(workbook({"Towns": TOWNS, "Notes": notes}))
    source = made_up({"sheet": "Towns", "key": "name", "tables": {"more": "Notes"}})
    assert open_file(path, source)["more.note"].tolist() == ["first;second"]


def test_a_workbook_inside_an_archive(workbook, tmp_path, made_up):
    from zipfile import ZipFile

    path = tmp_path / "towns.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("in/towns.xlsx", workbook({"Towns": TOWNS}))
    assert len(open_file(path, made_up())) == 1


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([["name", "lat", "name"], ["A", 1, "B"]], "has the column 'name' twice"),
        ([[None, None], ["A", 1]], "has no column names in row 1"),
        ([["name"]], "has no rows"),
        ([["Name"], ["A"]], "lacks the columns 'name' (closest: 'Name')"),
    ],
)
def test_a_sheet_that_is_not_as_described_is_refused(workbook, put, made_up, cells, said):
    assert said in refusal(put(workbook({"Towns": cells})), made_up())


def test_a_workbook_cut_short_is_refused(workbook, put, made_up):
    content = workbook({"Towns": TOWNS})
    assert "no whole zip archive" in refusal(put(content[:-40]), made_up())
    cut = {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row>"}
    assert "the XML is damaged or cut short (no element" in refusal(
        put(workbook({"Towns": TOWNS}, cut)), made_up()
    )
    assert "is a damaged workbook" in refusal(
        put(workbook({"Towns": TOWNS}, {"xl/workbook.xml": None})), made_up()
    )


def test_an_old_or_locked_workbook_says_what_to_do(put, made_up):
    text = refusal(put(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), made_up())
    assert "save it as .xlsx" in text


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "_rels/.rels"])
def test_a_document_type_in_any_part_is_refused(workbook, put, made_up, tmp_path, part):
    secret = tmp_path / "secret.txt"
    secret.write_text("do not read")
    whole = workbook({"Towns": TOWNS})
    assert whole
    evil = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>&x;</a>'.encode()
    text = refusal(put(workbook({"Towns": TOWNS}, {part: evil})), made_up())
    assert f"{part} has a document type declaration" in text
    assert "do not read" not in text


def test_nothing_but_the_parts_that_were_looked_at_is_opened(workbook, put, made_up):
    """A sheet under another name would not be looked at, so it is not there."""
    links = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        b'relationships/worksheet" Target="worksheets/sheet.dat"/></Relationships>'
    )
    hidden = {"xl/_rels/workbook.xml.rels": links, "xl/worksheets/sheet.dat": b"<worksheet/>"}
    assert "is a damaged workbook" in refusal(put(workbook({"T": TOWNS}, hidden)), made_up())


def test_a_part_that_expands_beyond_measure_is_refused(workbook, put, made_up):
    bomb = {"xl/worksheets/sheet1.xml": b"<worksheet>" + b" " * 20_000_000 + b"</worksheet>"}
    text = refusal(put(workbook({"Towns": TOWNS}, bomb)), made_up())
    assert "sheet1.xml expands to 200000" in text


@pytest.mark.parametrize(
    "far",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        """<row r='1048576'><c r='&#88;FD1048576'><v>1</v></c></row>""",
        '<row r="1048576">' + "<c><v>1</v></c>" * 40 + "</row>",
        '<row r="1"><c r="xfd1048576"><v>1</v></c></row>',
        '<row r="1"><c r="XFD0001048576"><v>1</v></c></row>',
    ],
)
def test_a_cell_far_away_is_refused_before_memory_is_full(workbook, put, made_up, far):
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{far}</sheetData></worksheet>'.encode()
    text = refusal(put(workbook({"T": TOWNS}, {"xl/worksheets/sheet1.xml": sheet})), made_up())
    assert "sheet1.xml spans 1048576 rows" in text


def test_a_style_without_a_value_far_away_is_no_cell(workbook, put, made_up):
    sheet = (
        f'<worksheet xmlns="{MAIN}"><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" '
        't="inlineStr"><is><t>name</t></is></c></row><row r="2"><c r="A2"><v>5</v></c></row>'
        '<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData></worksheet>'
    ).encode()
    path = put(workbook({"T": TOWNS}, {"xl/worksheets/sheet1.xml": sheet}))
    assert open_file(path, made_up())["name"].to_dict() == {2: "5"}
