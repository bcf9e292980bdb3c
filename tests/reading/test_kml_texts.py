"""Names of KML as the file shows them: escaped, in CDATA, or with markup left in."""

import pytest

from geo_ree.reading.formats import open_file

HEAD = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">'


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Tom &amp; Co &lt;b&gt;", "Tom & Co <b>"),
        ("<![CDATA[Tom & Co <b>]]>", "Tom & Co <b>"),
        ("&amp;lt; stays", "&lt; stays"),
        ("Old <b>Upper</b> Mine", "Old Upper Mine"),
        ("<i class='a > b'>all</i>", "all"),
        ("one<br/>two", "one two"),
        ("<p>one</p><p>two &amp; <!-- not this -->three</p>", "one  two & three"),
        ("a <b><![CDATA[<c>]]></b>", "a <c>"),
        ("Рудник <u>№ 1</u>", "Рудник № 1"),
    ],
)
def test_a_name_is_the_words_that_a_reader_sees(tmp_path, made_up, written, text, caplog):
    path = tmp_path / "x.kml"
    mark = (
        f"<Placemark><name>{written}</name><ExtendedData><Data name='k'><value>{written}</value>"
        "</Data></ExtendedData><Point><coordinates>70,45</coordinates></Point></Placemark>"
    )
    given = f"{HEAD}<Document><name>doc</name>{mark}</Document></kml>"
    path.write_text(given, encoding="utf-8")
    frame = open_file(path, made_up(columns={"name": "Name"}))
    assert frame["Name"].str.strip().tolist() == [text]
    assert frame["k"].str.strip().tolist() == [text]
    dropped = "dropped, their words kept" in caplog.text
    assert dropped == (written.startswith("<i") or "</" in written or "<br/>" in written)
    assert path.read_text(encoding="utf-8") == given
