"""Overpass: one question to a stub of the service, hand-written answers in its format."""

from __future__ import annotations

import json
import logging
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs

import osmium
import pytest
import shapely
from osmium.osm.mutable import Node, Way

from geo_ree.deposits import normalize
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching import Client, fetch_snapshot, read
from geo_ree.fetching.answers import read_pages
from geo_ree.fetching.overpass import download_overpass
from geo_ree.fetching.protocol import Request
from geo_ree.settings import Settings

BOX = (70.0, 45.0, 71.0, 46.0)
ANSWER = (Path(__file__).parents[1] / "data" / "osm_box" / "answer.json").read_bytes()
REMARK = 'runtime error: Query timed out in "query" at line 3 after 181 seconds.'


class Service:
    """Answers the questions in turn, and keeps them."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.asked: list[tuple[str, str, str]] = []

    def reply(self, request: BaseHTTPRequestHandler) -> tuple[int, bytes, dict[str, str]]:
        body = request.rfile.read(int(request.headers["Content-Length"])).decode()
        self.asked.append((request.path, request.headers["Content-Type"], body))
        return *self.answers.pop(0), {}


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def settings(tmp_path, service, serve) -> Settings:
    return Settings(data_root=tmp_path / "data", mirror=serve(service.reply), read_timeout_s=2)


@pytest.fixture
def entry(catalog):
    """Make the catalogue's entry, with no pause between the attempts of a test."""
    source = catalog["osm_box"]
    return source.model_copy(update={"reader": source.reader.model_copy(update={"pause_s": 0.0})})


@pytest.fixture
def opened(entry, tmp_path):
    path = tmp_path / "answer.json"
    path.write_bytes(ANSWER)
    return {p.part: read(p, path).set_index("osm_ref") for p in entry.parts()}


def test_the_box_is_requested_in_one_post(entry, service, settings):
    service.answers = [(200, ANSWER)]
    snapshot = fetch_snapshot(entry, settings, box=BOX)
    ((path, kind, body),) = service.asked
    assert path == "/overpass-api.de/api/interpreter"
    assert kind == "application/x-www-form-urlencoded"
    query = parse_qs(body)["data"][0]
    assert "[bbox:45,70,46,71]" in query
    assert "{bbox}" not in query
    assert snapshot.provenance.query == query
    assert snapshot.provenance.url == "https://overpass-api.de/api/interpreter"
    assert read_pages(snapshot.payload, entry).pages == (("pages.zip/page-00001.json", ANSWER),)


def test_what_was_fetched_opens_like_the_answer_itself(entry, service, settings, opened):
    service.answers = [(200, ANSWER)]
    payload = fetch_snapshot(entry, settings, box=BOX).payload
    for part in entry.parts():
        found = read(part, payload).set_index("osm_ref")
        assert found.drop(columns="geometry").equals(opened[part.part].drop(columns="geometry"))


def test_a_busy_service_is_tried_again(entry, service, settings):
    service.answers = [(429, b""), (504, b""), (200, ANSWER)]
    assert fetch_snapshot(entry, settings, box=BOX).provenance.bytes > 0
    assert len(service.asked) == 3


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (json.dumps({"elements": [], "remark": REMARK}).encode(), "runtime error: Query timed out"),
        (json.dumps({**json.loads(ANSWER), "remark": REMARK}).encode(), "after 181 seconds"),
        (b'{"version": 0.6}', "the answer has no elements"),
        (b"[]", "the JSON is not an object"),
        (ANSWER[:-20], "the JSON is damaged or cut short"),
    ],
)
def test_a_part_of_an_answer_is_never_kept(entry, service, settings, answer, said):
    service.answers = [(200, ANSWER)]
    before = fetch_snapshot(entry, settings, box=BOX)
    service.answers = [(200, answer)] * 4
    with pytest.raises(FetchError) as caught:
        fetch_snapshot(entry, settings, box=BOX)
    assert said in str(caught.value)
    assert str(caught.value).startswith("osm_box: https://overpass-api.de/api/interpreter: ")
    assert str(caught.value).endswith("try again later, or ask for a smaller --bbox")
    assert "\n" not in str(caught.value)
    assert before.payload.is_file()
    assert [p.name for p in before.folder.parent.iterdir()] == [before.folder.name]


@pytest.mark.parametrize(
    ("box", "said"),
    [
        (
            (70.0, 45.0, 72.0, 46.0),
            "the box is 2 by 1 degrees, Overpass allows at most 1 by 1",
        ),
        ((70.0, 45.0, 71.0, 46.5), "geo-ree fetch osm_kazakhstan"),
        ((71.0, 45.0, 70.0, 46.0), "is not a box"),
        ((70.0, 95.0, 70.5, 95.5), "is not a box"),
        (None, "--bbox WEST,SOUTH,EAST,NORTH"),
    ],
)
def test_a_box_that_is_too_large_or_none_is_never_requested(entry, service, settings, box, said):
    with pytest.raises(FetchError) as caught:
        fetch_snapshot(entry, settings, box=box)
    assert said in str(caught.value)
    assert service.asked == []


def test_a_query_without_a_place_for_the_box_is_an_error(entry, service, settings):
    reader = entry.reader.model_copy(update={"query": {"data": "out;"}})
    with pytest.raises(FetchError, match="the query has no place {bbox} for the box"):
        fetch_snapshot(entry.model_copy(update={"reader": reader}), settings, box=BOX)


def test_it_waits_as_long_as_the_query_lets_the_service_think(entry, tmp_path):
    waits = []

    class Asking(Client):
        def get(self, url, **options):
            waits.append(self.settings.read_timeout_s)
            return ANSWER

    client = Asking(Settings(), source_id=entry.id)
    download_overpass(Request(source=entry, folder=tmp_path, box=BOX), client)
    assert waits == [210.0]


def test_elements_become_the_rows_that_a_file_would_give(opened):
    assert set(opened["railways"].index) == {"way/1", "way/6"}
    assert set(opened["roads"].index) == {"way/11"}
    assert set(opened["power_lines"].index) == {"node/52", "way/20", "way/22"}
    assert set(opened["power_plants"].index) == {"node/50", "relation/7", "relation/8"}
    assert opened["power_lines"].loc["way/20", "voltage_kv"] == "220"
    assert opened["power_plants"].loc["node/50", "osm_name"] == "Made-up Dam"
    assert opened["power_plants"].loc["node/50", "capacity_mw"] == "60"
    assert opened["railways"].loc["way/6", "railway_class"] == "disused"


def test_shapes_are_lines_points_and_points_on_areas(opened):
    assert opened["roads"].geometry["way/11"].is_ring
    assert opened["railways"].geometry["way/6"].wkt == "LINESTRING (70.4 45.3, 70.4 45.4)"
    plants = opened["power_plants"].geometry
    ring = shapely.box(70.4, 45.2, 70.6, 45.4)
    yard = shapely.Polygon([(70.48, 45.28), (70.52, 45.28), (70.52, 45.32)])
    assert plants["relation/7"].within(ring.difference(yard))
    assert plants["node/50"].wkt == "POINT (70.5 45.5)"
    assert plants["relation/8"].geom_type == "Point"
    assert opened["power_lines"].geometry["way/22"].geom_type == "Point"


def test_a_relation_without_a_place_is_skipped_with_a_warning(entry, tmp_path, caplog):
    path = tmp_path / "answer.json"
    path.write_bytes(ANSWER)
    with caplog.at_level(logging.WARNING):
        read(entry.parts()[3], path)
    assert "skipped 1 features of answer.json without a geometry, such as relation/9" in caplog.text


def test_the_tables_normalize_with_the_column_maps_of_the_files(entry, tmp_path, countries):
    path = tmp_path / "answer.json"
    path.write_bytes(ANSWER)
    made = {p.part: normalize(read(p, path), p, countries).frame for p in entry.parts()}
    assert made["power_lines"].set_index("id")["kind"].to_dict() == {
        "osm_box:node/52": "substation",
        "osm_box:way/20": "line",
        "osm_box:way/22": "substation",
    }
    plants = made["power_plants"].set_index("id")
    assert plants.loc["osm_box:relation/7", ["kind", "fuel", "country"]].tolist() == [
        "operating",
        "Coal",
        "KAZ",
    ]
    assert made["roads"]["kind"].tolist() == ["trunk"]


def test_a_provided_osm_file_opens_as_well(entry, tmp_path):
    path = tmp_path / "box.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in enumerate([(70.1, 45.1), (70.2, 45.2)], 1):
            writer.add_node(Node(id=number, location=place, version=1))
        writer.add_way(Way(id=5, nodes=[1, 2], tags={"railway": "rail"}, version=1))
    assert read(entry.parts()[0], path)["osm_ref"].tolist() == ["way/5"]


def test_an_answer_without_features_gives_empty_tables(entry, tmp_path):
    path = tmp_path / "answer.json"
    path.write_text('{"elements": []}', encoding="utf-8")
    for part in entry.parts():
        found = read(part, path)
        assert len(found) == 0
        assert {"osm_ref", "osm_name", "geometry"} <= {*found.columns}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (json.dumps({"elements": [], "remark": REMARK}).encode(), "the service remarks"),
        (b"<html>", "is neither an answer of Overpass nor an .osm.pbf file"),
        (b"", "is neither an answer of Overpass nor an .osm.pbf file"),
        (b"{", "provided.json: the JSON is damaged or cut short"),
        (b"{}", "provided.json: the answer has no elements"),
        (
            b'{"elements": [{"type": "way", "id": 1, "tags": {"railway": "rail"}, '
            b'"geometry": [{"lat": 45}, {"lat": 46}]}]}',
            "an element is not as Overpass writes it",
        ),
        (
            b'{"elements": [{"type": "way", "id": 1, "tags": {"railway": ["rail"]}}]}',
            "an element is not as Overpass writes it",
        ),
        (
            b'{"elements": [{"id": 1, "tags": {"railway": "rail"}}]}',
            "an element is not as Overpass writes it",
        ),
    ],
)
def test_a_file_that_is_no_answer_is_an_error(entry, tmp_path, content, said):
    path = tmp_path / "provided.json"
    path.write_bytes(content)
    with pytest.raises(SchemaError) as caught:
        read(entry.parts()[0], path)
    assert said in str(caught.value)
    assert str(caught.value).startswith("osm_box: provided.json")


def test_a_condition_that_cannot_be_is_an_error(entry, tmp_path):
    rails = entry.parts()[0]
    odd = rails.model_copy(
        update={"reader": rails.reader.model_copy(update={"where": "railway ="})}
    )
    path = tmp_path / "answer.json"
    path.write_bytes(ANSWER)
    with pytest.raises(SchemaError, match="reader.where cannot be evaluated"):
        read(odd, path)


def test_hostile_names_and_impossible_places_do_no_harm(entry, tmp_path):
    """GDAL took such a name for a data source, and opened what it names."""
    name = (
        "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>http://127.0.0.1:9/"
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    corners = [{"lat": 45 + n / 10, "lon": 70 + n % 2} for n in range(3)]
    endless = [{"lat": 1e999, "lon": 70}, *corners, {"lat": 1e999, "lon": 70}]
    tags = {"railway": "rail", "name": name}
    elements = [
        {"type": "way", "id": 1, "tags": tags, "geometry": corners},
        {"type": "way", "id": 2, "tags": {"power": "plant"}, "geometry": endless},
        {"type": "way", "id": 3, "tags": {"power": "plant"}, "geometry": []},
    ]
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"elements": elements}), encoding="utf-8")
    rails, plants = read(entry.parts()[0], path), read(entry.parts()[3], path)
    assert rails[["osm_ref", "name"]].values.tolist() == [["way/1", name]]
    assert "way/3" not in plants["osm_ref"].tolist()
