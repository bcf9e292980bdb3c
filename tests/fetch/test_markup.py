from __future__ import annotations

import pytest

from geo_ree.errors import SchemaError
from geo_ree.reading.formats import open_file
from geo_ree.reading.markup import check_markup, check_markup_bytes

PLACE = "<Placemark><name>{name}</name><Point><coordinates>70,45</coordinates></Point></Placemark>"
BILLION = (
    '<!DOCTYPE kml [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "]>"
)


def kml(body: str, head: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document>{body}</Document></kml>"
    )


def refusal(path, source) -> str:
    with pytest.raises(SchemaError) as caught:
        open_file(path, source)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"made_up: {path.name}")
    return str(caught.value)


@pytest.fixture
def source(made_up):
    return made_up(columns={"name": "Name"})


@pytest.mark.parametrize("suffix", ["kml", "gml"])
def test_entities_that_multiply_are_refused_unread(tmp_path, source, suffix):
    path = tmp_path / f"bomb.{suffix}"
    path.write_text(kml(PLACE.format(name="&j;"), BILLION))
    text = refusal(path, source)
    assert "has a document type declaration" in text
    assert "haha" not in text


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE kml [<!ENTITY x SYSTEM "{address}">]>',
        '<!DOCTYPE kml SYSTEM "{address}">',
        '<!DOCTYPE kml PUBLIC "-//x" "{address}">',
        '<!DOCTYPE kml [<!ENTITY % x SYSTEM "{address}"> %x;]>',
    ],
)
def test_nothing_is_asked_of_the_network_or_read_from_disk(tmp_path, source, site, declaration):
    site.files["/x"] = b"stolen"
    secret = tmp_path / "secret.txt"
    secret.write_text("stolen")
    for address in (f"{site.url}/x", secret.as_uri()):
        path = tmp_path / "places.kml"
        path.write_text(kml(PLACE.format(name="&x;"), declaration.format(address=address)))
        text = refusal(path, source)
        assert "has a document type declaration, which can draw in other files" in text
        assert "stolen" not in text
    assert site.asked == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_a_declaration_in_another_encoding_is_seen_too(tmp_path, source, encoding):
    declared = "UTF-16" if encoding.startswith("utf-16") else encoding
    text = kml(PLACE.format(name="A"), BILLION).replace("UTF-8", declared)
    path = tmp_path / "places.kml"
    path.write_bytes(text.encode(encoding))
    said = refusal(path, source)
    assert "document type declaration" in said or "nothing that geo_ree reads" in said


def test_links_and_styles_of_a_kml_are_not_followed(tmp_path, source, site):
    link = f"<NetworkLink><Link><href>{site.url}/more.kml</href></Link></NetworkLink>"
    style = f"<styleUrl>{site.url}/styles.kml#x</styleUrl>"
    path = tmp_path / "places.kml"
    path.write_text(kml(link + PLACE.format(name="A").replace("<Point>", style + "<Point>")))
    assert open_file(path, source)["Name"].tolist() == ["A"]
    assert site.asked == []


def test_the_schema_that_a_gml_names_is_not_fetched(tmp_path, made_up, site):
    path = tmp_path / "towns.gml"
    path.write_text(
        '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:m="urn:m" '
        'xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xlink="urn:x" '
        f'xsi:schemaLocation="urn:m {site.url}/wfs?SERVICE=WFS&amp;VERSION=1.1.0&amp;REQUEST='
        f'DescribeFeatureType&amp;TYPENAME=towns http://www.opengis.net/wfs {site.url}/wfs.xsd">'
        "<gml:featureMember><m:towns><m:name>A</m:name><m:place><gml:Point "
        f'srsName="EPSG:4326"><gml:pos>70 45</gml:pos></gml:Point></m:place><m:more '
        f'xlink:href="{site.url}/more.gml#x"/></m:towns></gml:featureMember></wfs:FeatureCollection>'
    )
    assert open_file(path, made_up())["name"].tolist() == ["A"]
    assert site.asked == []
    assert [p.name for p in tmp_path.iterdir()] == ["towns.gml"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.gml", "<FeatureCollection/><!-- {mark} -->"),
        ("x.json", '{{"type": "FeatureCollection", "features": [], "x": "{mark}"}}'),
        ("x.json", '{{"x": "' + "." * (1 << 20) + '{mark}", "features": []}}'),
    ],
)
@pytest.mark.parametrize("mark", ["<OGRVRTDataSource>", "gdal_streamed_alg", "OGRWFSDataSource"])
def test_a_description_of_data_elsewhere_is_refused(tmp_path, made_up, name, content, mark):
    path = tmp_path / name
    path.write_text(content.format(mark=mark))
    assert "holds no data but points to other files" in refusal(path, made_up())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<a><b></a>", "is damaged or cut short (XML: mismatched tag: line 1"),
        ("<a>", "is damaged or cut short (XML: no element found"),
        ("<a/><b/>", "is damaged or cut short (XML: junk after document element"),
        ("<a>&x;</a>", "is damaged or cut short (XML: undefined entity"),
        ('<?xml version="1.0" encoding="klingon"?><a/>', "is damaged or cut short (XML: unknown"),
    ],
)
def test_what_is_not_well_formed_is_told_with_its_line(content, said):
    with pytest.raises(SchemaError) as caught:
        check_markup_bytes(content.encode(), where="x.kml", hint="fetch it again")
    assert f"x.kml {said}" in str(caught.value)
    assert caught.value.hint == "fetch it again"


def test_every_element_but_the_root_can_be_seen():
    seen = []
    root = check_markup_bytes(
        b"<k:a xmlns:k='urn:k'><b c='1'/></k:a>",
        where="x",
        hint="",
        seen=lambda name, attributes: seen.append((name, attributes)),
    )
    assert root == "a"
    assert seen == [("b", {"c": "1"})]


def test_a_large_document_is_read_piece_by_piece(tmp_path):
    path = tmp_path / "x.gml"
    path.write_text("<a>" + "<b/>" * 1_000_000 + "</a>")
    assert check_markup(path, where="x", hint="") == "a"
