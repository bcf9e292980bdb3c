from __future__ import annotations

import contextlib
import json

import pytest

from geo_ree.errors import SchemaError
from geo_ree.reading.documents import check_markup, check_markup_bytes
from geo_ree.reading.formats import open_file

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
def test_nothing_is_asked_of_the_network_or_read_from_disk(tmp_path, source, listener, declaration):
    secret = tmp_path / "secret.txt"
    secret.write_text("stolen")
    for address in (f"{listener.url}/x", secret.as_uri()):
        path = tmp_path / "places.kml"
        path.write_text(kml(PLACE.format(name="&x;"), declaration.format(address=address)))
        text = refusal(path, source)
        assert "has a document type declaration, which can draw in other files" in text
        assert "stolen" not in text
    assert listener.requested == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_a_declaration_in_another_encoding_is_seen_too(tmp_path, source, encoding):
    declared = "UTF-16" if encoding.startswith("utf-16") else encoding
    text = kml(PLACE.format(name="A"), BILLION).replace("UTF-8", declared)
    path = tmp_path / "places.kml"
    path.write_bytes(text.encode(encoding))
    said = refusal(path, source)
    assert "document type declaration" in said or "in no format that geo_ree reads" in said


def test_links_and_styles_of_a_kml_are_not_followed(tmp_path, source, listener):
    link = f"<NetworkLink><Link><href>{listener.url}/more.kml</href></Link></NetworkLink>"
    style = f"<styleUrl>{listener.url}/styles.kml#x</styleUrl>"
    path = tmp_path / "places.kml"
    path.write_text(kml(link + PLACE.format(name="A").replace("<Point>", style + "<Point>")))
    assert open_file(path, source)["Name"].tolist() == ["A"]
    assert listener.requested == []


def test_the_schema_that_a_gml_names_is_not_fetched(tmp_path, made_up, listener):
    path = tmp_path / "towns.gml"
    path.write_text(
        '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:m="urn:m" '
        'xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xlink="urn:x" '
        f'xsi:schemaLocation="urn:m {listener.url}/wfs?SERVICE=WFS&amp;VERSION=1.1.0&amp;REQUEST='
        f'DescribeFeatureType&amp;TYPENAME=towns http://www.opengis.net/wfs {listener.url}/wfs.xsd">'
        "<gml:featureMember><m:towns><m:name>A</m:name><m:place><gml:Point "
        f'srsName="EPSG:4326"><gml:pos>70 45</gml:pos></gml:Point></m:place><m:more '
        f'xlink:href="{listener.url}/more.gml#x"/></m:towns></gml:featureMember></wfs:FeatureCollection>'
    )
    assert open_file(path, made_up())["name"].tolist() == ["A"]
    assert listener.requested == []
    assert [p.name for p in tmp_path.iterdir()] == ["towns.gml"]


@pytest.mark.parametrize("name", ["{url}/crs", "{url}/gml/srs/epsg.xml#4326", "+init={url}:1"])
def test_a_reference_system_of_gml_is_never_requested(tmp_path, made_up, listener, name):
    path = tmp_path / "towns.gml"
    path.write_text(
        '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:m="urn:m" '
        'xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><m:towns><m:name>A</m:name>'
        f'<m:place><gml:Point srsName="{name.format(url=listener.url)}"><gml:pos>70 45</gml:pos>'
        "</gml:Point></m:place></m:towns></gml:featureMember></wfs:FeatureCollection>"
    )
    with contextlib.suppress(SchemaError):
        assert open_file(path, made_up())["name"].tolist() == ["A"]
    assert listener.requested == []


MARKS = [
    "<OGRVRTDataSource>",
    "gdal_streamed_alg",
    "OGRWFSDataSource",
    "//pds.nasa.gov/pds4/pds/v1",
]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("padding", [0, 1 << 20])
def test_xml_that_describes_data_elsewhere_is_refused(tmp_path, source, mark, padding):
    path = tmp_path / "x.kml"
    path.write_text(kml(PLACE.format(name="A") + f"<!-- {'.' * padding}{mark} -->"))
    assert "holds no data but points to other files" in refusal(path, source)


def vrt(address: str) -> str:
    """Describe data at an address, in the little room of a tag of OpenStreetMap."""
    return (
        "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>"
        f"{address}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )


@pytest.mark.parametrize("place", ["name", "crs", "spatialReference", "geometryType"])
@pytest.mark.parametrize("form", ["geojson", "esri"])
def test_a_text_in_json_is_a_text_whatever_it_says(tmp_path, made_up, listener, form, place):
    text = vrt(listener.url)
    name = text if place == "name" else "A"
    if form == "geojson":
        feature = {
            "properties": {"name": name},
            "geometry": {"type": "Point", "coordinates": [7, 4]},
        }
        document = {"type": "FeatureCollection", "features": [feature]}
    else:
        feature = {"attributes": {"name": name}, "geometry": {"x": 7, "y": 4}}
        document = {"spatialReference": {"wkid": 4326}, "features": [feature]}
    if place == "spatialReference":
        document["spatialReference"] = {"wkid": 4326, "note": text}
    elif place != "name":
        document[place] = text
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document))
    frame = open_file(path, made_up())
    assert frame["name"].tolist() == [name]
    assert (frame.crs.to_epsg(), frame.geometry.x.tolist()) == (4326, [7])
    assert listener.requested == []


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "link", "properties": {"href": "{url}/crs", "type": "ogcwkt"}},
        {"type": "name", "properties": {"name": "{url}/crs"}},
        {"type": "name", "properties": {"name": "+init={url}:4326"}},
        {"type": "name", "properties": {"name": "/vsicurl/{url}/crs"}},
    ],
)
def test_a_reference_system_of_json_is_never_requested(tmp_path, made_up, listener, crs):
    feature = {"properties": {"name": "A"}, "geometry": {"type": "Point", "coordinates": [70, 45]}}
    document = json.dumps({"crs": crs, "type": "FeatureCollection", "features": [feature]})
    path = tmp_path / "x.json"
    path.write_text(document.replace("{url}", listener.url))
    assert "no reference system is called" in refusal(path, made_up())
    assert listener.requested == []


@pytest.mark.parametrize("encoding", ["windows-1251", "KOI8-R", "ISO-8859-5", "UTF-16"])
def test_kml_is_read_in_the_encodings_of_the_region(tmp_path, source, encoding):
    text = kml(PLACE.format(name="Хребет")).replace("UTF-8", encoding)
    path = tmp_path / "x.kml"
    path.write_bytes(text.encode(encoding))
    assert open_file(path, source)["Name"].tolist() == ["Хребет"]


def test_xml_in_an_unknown_encoding_says_what_to_do(tmp_path, source):
    path = tmp_path / "x.kml"
    path.write_text(kml(PLACE.format(name="A")).replace("UTF-8", "klingon"))
    assert "save the file as UTF-8" in refusal(path, source)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<a><b></a>", "the XML is damaged or cut short (mismatched tag: line 1"),
        ("<a>", "the XML is damaged or cut short (no element found"),
        ("<a/><b/>", "the XML is damaged or cut short (junk after document element"),
        ("<a>&x;</a>", "the XML is damaged or cut short (undefined entity"),
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_line(content, said):
    with pytest.raises(SchemaError) as caught:
        check_markup_bytes(content.encode(), where="x.kml", hint="fetch it again")
    assert f"x.kml: {said}" in str(caught.value)
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
