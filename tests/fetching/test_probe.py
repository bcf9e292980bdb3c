"""One light request each: what it asks for, and what it makes of the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from geo_ree.catalog import Source, load_catalog
from geo_ree.fetching.probe import State, probe
from geo_ree.settings import Settings

HOST = "https://data.example.org"
ENTRY = {
    "id": "mine",
    "label": "mine",
    "title": "My own layer",
    "publisher": "Me",
    "country": "World",
    "layer": "deposits",
    "protocol": "archive",
    "url": f"{HOST}/a/b.zip",
    "licence": "CC0",
    "attribution": "Me myself",
    "edition": "2026",
}


def _source(**changes: object) -> Source:
    return Source.model_validate({**ENTRY, **changes})


@pytest.fixture
def ask(site, settings) -> Callable[..., State]:
    def call(source: Source, answer: bytes | str | None = None, path: str = "") -> State:
        if answer is not None:
            body = answer.encode() if isinstance(answer, str) else answer
            site.files[path or source.url.replace("https://", "/")] = body
        return probe(source, settings)

    return call


def test_a_file_is_reachable_by_its_first_bytes(ask, site):
    assert ask(_source(), b"PK\x03\x04" + bytes(3000)) == State("reachable")
    assert site.asked == ["/data.example.org/a/b.zip"]


def test_of_a_large_file_the_beginning_alone_is_asked_for(ask, site):
    assert ask(_source(), bytes(800_000)) == State("reachable")
    assert [h["Range"] for h in site.headers] == ["bytes=0-2047"]


def test_a_large_file_is_not_waited_for_where_the_server_knows_no_ranges(ask, site):
    site.ranges = False
    site.faults["/data.example.org/a/b.zip"] = ["stall"]  # half of it, then silence
    assert ask(_source(), bytes(800_000)) == State("reachable")
    assert len(site.asked) == 1


def test_a_file_smaller_than_what_is_asked_for_is_reachable(ask):
    assert ask(_source(), b"id,name\n").word == "reachable"


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("404", "not on the mirror (404)"),
        ("410", "not on the mirror (410)"),
        ("401", "refused (401)"),
        ("403", "refused (403)"),
        ("418", "failed"),
    ],
)
def test_a_status_has_its_word_and_the_detail_says_where(ask, site, status, word):
    site.faults["/data.example.org/a/b.zip"] = [status]
    state = ask(_source())
    assert state.word == word
    assert not state.good
    assert f"/data.example.org/a/b.zip: HTTP {status}" in state.detail
    assert "mine: " not in state.detail


def test_without_a_mirror_what_is_absent_has_moved(site, settings):
    straight = _source().model_copy(update={"url": f"{site.url}/gone.zip"})
    assert probe(straight, replace(settings, mirror=None)).word == "moved (404)"


def test_a_web_page_in_place_of_a_file_is_a_failure(ask):
    state = ask(_source(), "<!DOCTYPE html><html><body>Please sign in</body></html>")
    assert state.word == "failed"
    assert "web page" in state.detail


def test_a_server_that_is_out_of_order_is_a_failure(ask, site):
    site.faults["/data.example.org/a/b.zip"] = ["503"] * 20
    assert ask(_source(), b"x").word == "failed"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"status": "none", "why": "it is secret", "instead": "ask"}, "none"),
        ({"status": "manual", "why": "it is sold", "instead": "buy it"}, "manual"),
        ({"protocol": "local"}, "manual"),
    ],
)
def test_what_no_program_can_fetch_is_not_asked_for(ask, site, changes, word):
    state = ask(_source(**changes))
    assert (state.word, state.good) == (word, True)
    assert site.asked == []


def test_offline_nothing_is_asked(site, settings):
    assert probe(_source(), replace(settings, offline=True)) == State("offline")
    assert site.asked == []


def test_the_starter_data_are_there_and_a_lost_file_is_reported():
    catalog = load_catalog()
    starters = [s for s in catalog.values() if s.protocol == "starter"]
    assert {probe(s, Settings()).word for s in starters} == {"starter"}
    lost = starters[0].reader.model_copy(update={"member": "lost.csv"})
    state = probe(starters[0].model_copy(update={"reader": lost}), Settings())
    assert state.word == "failed"
    assert state.detail == "the package lacks starter/lost.csv; reinstall geo_ree"


def test_a_layer_of_arcgis_describes_itself(ask):
    source = _source(protocol="arcgis", url=f"{HOST}/rest/services/A/MapServer/2")
    path = "/data.example.org/rest/services/A/MapServer/2?f=json"
    assert ask(source, '{"name": "REE", "maxRecordCount": 1000}', path).word == "reachable"


@pytest.mark.parametrize(
    ("code", "word"), [(499, "refused (499)"), (404, "not on the mirror (404)"), (400, "failed")]
)
def test_an_error_of_arcgis_inside_200_is_one(ask, code, word):
    source = _source(protocol="arcgis", url=f"{HOST}/rest/2")
    fault = json.dumps({"error": {"code": code, "message": "Token required"}})
    state = ask(source, fault, "/data.example.org/rest/2?f=json")
    assert state.word == word
    assert "Token required" in state.detail


CAPABILITIES = (
    "<WFS_Capabilities><FeatureTypeList><FeatureType><Name>{}</Name></FeatureType>"
    "</FeatureTypeList></WFS_Capabilities>"
)


@pytest.mark.parametrize(
    ("offered", "word"),
    [
        ("geonode:zone", "reachable"),
        ("zone", "reachable"),
        ("geonode:zones", "moved (no such layer)"),
    ],
)
def test_a_feature_server_must_offer_the_layer(ask, offered, word):
    reader = {"type_name": "geonode:zone", "version": "1.1.0", "axis": "latlon"}
    source = _source(protocol="wfs", url=f"{HOST}/ows", reader=reader)
    path = "/data.example.org/ows?service=WFS&version=1.1.0&request=GetCapabilities"
    state = ask(source, CAPABILITIES.format(offered), path)
    assert state.word == word
    assert state.good or "has no layer geonode:zone" in state.detail


def test_a_collection_a_grid_and_overpass_are_asked_for_the_least(ask, site):
    api = _source(protocol="ogcapi", url=f"{HOST}/api/", reader={"collection": "mines"})
    assert ask(api, "{}", "/data.example.org/api/collections/mines?f=json").good
    grid = _source(protocol="jqgrid", url=f"{HOST}/Grid", reader={"query": {"sidx": "Id"}})
    assert ask(grid, '{"rows": []}', "/data.example.org/Grid?page=1&rows=1&sidx=Id").good
    overpass = _source(protocol="overpass", url=f"{HOST}/api/interpreter")
    assert ask(overpass, "2 slots available now", "/data.example.org/api/status").good
    assert len(site.asked) == 3


def test_a_service_that_gives_no_json_is_a_failure(ask):
    source = _source(protocol="jqgrid", url=f"{HOST}/Grid")
    state = ask(source, "not here", "/data.example.org/Grid?page=1&rows=1")
    assert state.word == "failed"
    assert "no JSON" in state.detail


SCIENCEBASE = "https://www.sciencebase.gov/catalog/items"
SEARCH = "/www.sciencebase.gov/catalog/items?q=Made-up+Layer&format=json&max=100&fields=title"


@pytest.mark.parametrize(
    ("titles", "word"),
    [
        (["Another", "Made-up  layer"], "reachable"),
        (["Made-up Layer, second edition"], "not found by title"),
        ([], "not found by title"),
    ],
)
def test_an_item_of_sciencebase_is_looked_for_by_its_exact_title(ask, titles, word):
    source = _source(protocol="sciencebase", url=SCIENCEBASE, reader={"title": "Made-up Layer"})
    answer = json.dumps({"items": [{"id": f"{n}", "title": t} for n, t in enumerate(titles)]})
    assert ask(source, answer, SEARCH).word == word


def test_an_item_of_sciencebase_is_asked_for_by_its_id(ask):
    source = _source(protocol="sciencebase", url=SCIENCEBASE, reader={"item": "abc"})
    path = "/www.sciencebase.gov/catalog/item/abc?format=json&fields=title"
    assert ask(source, '{"title": "Made-up Layer"}', path).word == "reachable"


def test_of_tiles_the_one_in_the_middle_of_the_region_is_asked_for(ask, site):
    reader = {"tile": "DEM_{ns}{lat}_{ew}{lon}", "tile_deg": [1.0, 1.0]}
    fine = _source(
        protocol="cog", layer="elevation", url=f"{HOST}/{{tile}}/{{tile}}.tif", reader=reader
    )
    tile = "DEM_N42_E080"
    assert ask(fine, bytes(4000), f"/data.example.org/{tile}/{tile}.tif").word == "reachable"
    coarse = _source(
        protocol="cog",
        layer="elevation",
        url=f"{HOST}/{{tile}}.tif",
        reader={**reader, "tile_deg": [30.0, 20.0]},
    )
    assert ask(coarse, bytes(4000), "/data.example.org/DEM_N30_E060.tif").word == "reachable"


def test_nothing_of_a_probe_is_left_behind(ask, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert ask(_source(), bytes(800_000)).good
    assert list(tmp_path.glob("geo_ree-*")) == []
