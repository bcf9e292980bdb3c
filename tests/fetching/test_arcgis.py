"""Layers of ArcGIS servers: against Koop, and against a stub for what Koop does not do."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import geopandas as gpd
import pytest
import shapely

from geo_ree.catalog import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching import arcgis_query as arcgis_service
from geo_ree.fetching import fetch_snapshot, read
from geo_ree.fetching.arcgis import read_layer
from geo_ree.fetching.arcgis_query import ServiceLayer, download_pages, request_service
from geo_ree.fetching.transport.download import Client
from geo_ree.settings import Settings

ROOT = Path(__file__).parents[2]
SERVICE = "https://maps.example.org/arcgis/rest/services/Made_up/MapServer"
KOOP = "https://maps.example.org/file-geojson/rest/services"
RIDGES = 2500


def entry(url: str = f"{SERVICE}/2", **reader: Any) -> Source:
    return Source.model_validate(
        {
            "id": "ridges",
            "title": "Made-up ridges",
            "publisher": "Nobody",
            "country": "Nowhere",
            "label": "Nobody",
            "layer": "deposits",
            "protocol": "arcgis",
            "url": url,
            "licence": "none",
            "attribution": "Nobody",
            "edition": "2026",
            "reader": reader,
            "columns": {"name": "Name"},
            "landing_page": "https://example.org/ridges",
        }
    )


@pytest.fixture(autouse=True)
def hasty_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arcgis_service, "_BACKOFF_S", 0.01)


def refusal(source: Source, settings: Settings) -> str:
    with pytest.raises(FetchError) as caught:
        fetch_snapshot(source, settings)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{source.id}: ")
    assert caught.value.hint
    return text


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# Koop


@pytest.fixture(scope="module")
def koop(
    tmp_path_factory: pytest.TempPathFactory, require: Callable[[bool, str], None]
) -> Iterator[str]:
    home = ROOT / ".servers" / "koop"
    require((home / "installed.json").is_file(), "Koop is not installed: tools/servers/koop.sh")
    folder = tmp_path_factory.mktemp("koop")
    features = [
        {
            "type": "Feature",
            "properties": {
                "number": n,
                "Name": f"Made-up Ridge {n}",
                "grade": n / 8,
                "note": None if n % 2 else "none",
            },
            "geometry": {"type": "Point", "coordinates": [60 + n / 1000, 45]},
        }
        for n in range(1, RIDGES + 1)
    ]
    collection = {"type": "FeatureCollection", "features": features}
    (folder / "plain.geojson").write_text(json.dumps(collection))
    known = {**collection, "metadata": {"idField": "number", "maxRecordCount": 1000}}
    (folder / "ridges.geojson").write_text(json.dumps(known))
    script = ROOT / "tools" / "servers" / "koop" / "koop.mjs"
    log = (folder / "log").open("w")
    server = subprocess.Popen(
        ["node", str(script), str(home), str(folder), "/maps.example.org"],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    assert server.stdout is not None
    port = next((line.strip() for line in server.stdout if line.strip().isdigit()), "")
    if not port:
        pytest.fail(f"Koop does not start: {(folder / 'log').read_text()[-500:]}")
    drain = threading.Thread(target=server.stdout.read)
    drain.start()
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(10)
    drain.join(10)
    server.stdout.close()
    log.close()


@pytest.fixture
def koop_settings(koop: str, tmp_path: Path) -> Settings:
    return Settings(data_root=tmp_path / "data", mirror=koop)


@pytest.mark.parametrize(("name", "pages"), [("ridges", 3), ("plain", 2)])
def test_koop_gives_all_its_features_over_several_pages(koop_settings, name, pages):
    source = entry(f"{KOOP}/{name}/FeatureServer/0")
    snapshot = fetch_snapshot(source, koop_settings)
    kept = list(members(snapshot.payload))
    assert kept[:2] == ["layer.json", "count.json"]
    assert kept[2:] == [f"page-{n:05d}.json" for n in range(1, pages + 1)]
    assert snapshot.provenance.url == f"{source.url}/query"
    assert "where=1=1&outFields=*&outSR=4326" in snapshot.provenance.query
    frame = read(source, snapshot.payload)
    assert isinstance(frame, gpd.GeoDataFrame)
    assert frame.index.tolist() == list(range(1, RIDGES + 1))
    assert frame["number"].tolist() == [str(n) for n in range(1, RIDGES + 1)]
    assert frame.loc[2001, "Name"] == "Made-up Ridge 2001"
    assert frame.loc[2001, "grade"] == "250.125"
    assert frame["note"].isna().sum() == RIDGES // 2
    assert frame.crs.to_epsg() == 4326
    assert (frame.geometry.x.iloc[-1], frame.geometry.y.iloc[-1]) == (62.5, 45)


def test_koop_unchanged_leaves_the_old_snapshot(koop_settings):
    source = entry(f"{KOOP}/ridges/FeatureServer/0")
    first, second = fetch_snapshot(source, koop_settings), fetch_snapshot(source, koop_settings)
    assert second == first


def test_koop_is_asked_with_the_condition_and_the_page_size(koop_settings):
    source = entry(f"{KOOP}/ridges/FeatureServer/0", where="number > 2400", page_size=30)
    payload = fetch_snapshot(source, koop_settings).payload
    assert len([n for n in members(payload) if n.startswith("page")]) == 4
    assert read(source, payload)["number"].tolist() == [str(n) for n in range(2401, 2501)]


@pytest.mark.parametrize("at_once", [100, 2000])
def test_koop_gives_features_by_their_object_ids(koop_settings, at_once, tmp_path):
    source = entry(f"{KOOP}/ridges/FeatureServer/0")
    client = Client(koop_settings, source_id=source.id)
    layer = ServiceLayer(
        where="ridges",
        hint="",
        object_id="",
        page_size=at_once,
        has_offset=False,
        sorts=True,
        format="geojson",
    )
    downloaded = download_pages(
        lambda p: request_service(f"{source.url}/query", {"where": "1=1", **p}, source, client),
        layer,
        RIDGES,
        max_bytes=10**8,
    )
    assert downloaded.count == RIDGES
    payload = tmp_path / "all.zip"
    with zipfile.ZipFile(payload, "w") as archive:
        for name, body in downloaded.members.items():
            archive.writestr(name, body)
    frame = read(source, payload)
    assert frame["number"].tolist() == [str(n) for n in range(1, RIDGES + 1)]
    assert frame.geometry.x.iloc[0] == 60.001


def test_koop_without_the_layer_says_so_in_an_answer_of_status_200(koop_settings):
    text = refusal(entry(f"{KOOP}/gone/FeatureServer/0"), koop_settings)
    assert "the service says error 404" in text
    assert "correct" in text or "check url" in text


# the stub


class Service:
    """An ArcGIS server of five features, with the habits of those that are out there."""

    def __init__(self) -> None:
        self.features = [
            {"OBJECTID": n * 10, "Name": f"Made-up Ridge {n}", "Kind": n % 2} for n in range(1, 6)
        ]
        self.places: dict[int, dict[str, Any] | None] = {}
        self.limit = 2
        self.layer: dict[str, Any] = {
            "id": 2,
            "name": "Ridges",
            "type": "Feature Layer",
            "maxRecordCount": 2,
            "geometryType": "esriGeometryPoint",
            "supportedQueryFormats": "JSON, geoJSON, PBF",
            "advancedQueryCapabilities": {"supportsPagination": True, "supportsOrderBy": True},
            "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}],
        }
        self.counts: list[object] = []
        self.flag = True
        self.ignored: set[str] = set()
        self.errors: list[dict[str, Any]] = []
        self.delays: list[float] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    @property
    def pages(self) -> list[dict[str, str]]:
        """The parameters of each request for features."""
        return [
            p
            for _, path, p in self.asked
            if path.endswith("/query") and not {"returnCountOnly", "returnIdsOnly"} & set(p)
        ]

    def reply(self, request: BaseHTTPRequestHandler) -> tuple[int, bytes, dict[str, str]]:
        parts = urlsplit(request.path)
        form = parts.query
        if request.command == "POST":
            assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
            form = request.rfile.read(int(request.headers["Content-Length"])).decode()
        params = dict(parse_qsl(form))
        self.asked.append((request.command, parts.path, params))
        if self.delays:
            time.sleep(self.delays.pop(0))
        answer = self.answer(parts.path, params)
        return 200, answer if isinstance(answer, bytes) else json.dumps(answer).encode(), {}

    def answer(self, path: str, params: Mapping[str, str]) -> object:
        service = urlsplit(SERVICE)
        name = path.removeprefix(f"/{service.netloc}{service.path}")
        if self.errors and name.endswith("/query"):
            return {"error": self.errors.pop(0)}
        if name == "":
            return {"layers": [{"id": 1, "name": "Group"}, {"id": 2, "name": "Ridges"}]}
        if name == "/1":
            return {"type": "Group Layer", "subLayers": [{"id": 2, "name": "Ridges"}], "fields": []}
        if name == "/2":
            return self.layer
        if name != "/2/query":
            return {"error": {"code": 400, "message": "Invalid URL", "details": ["Invalid URL"]}}
        return self.query({k: v for k, v in params.items() if k not in self.ignored})

    def query(self, params: Mapping[str, str]) -> object:
        if "returnCountOnly" in params:
            return {"count": self.counts.pop(0) if self.counts else len(self.features)}
        if "returnIdsOnly" in params:
            ids = [f["OBJECTID"] for f in reversed(self.features)]
            return {"objectIdFieldName": "OBJECTID", "objectIds": ids or None}
        found = self.features
        if "objectIds" in params:
            wanted = params["objectIds"].split(",")
            found = [f for f in found if str(f["OBJECTID"]) in wanted]
        offset = int(params.get("resultOffset", 0))
        most = min(self.limit, int(params.get("resultRecordCount", self.limit)))
        page = found[offset : offset + most]
        more = {"exceededTransferLimit": True} if self.flag and offset + most < len(found) else {}
        if params["f"] == "geojson":
            return {
                "type": "FeatureCollection",
                **({"properties": more} if more else {}),
                "features": [
                    {
                        "type": "Feature",
                        "id": f["OBJECTID"],
                        "properties": f,
                        "geometry": {"type": "Point", "coordinates": [60, 45]},
                    }
                    for f in page
                ],
            }
        points = [self.places.get(int(f["OBJECTID"]), {"x": 60, "y": 45}) for f in page]
        return {
            "geometryType": self.layer.get("geometryType"),
            "spatialReference": {"wkid": 4326},
            "features": [
                {"attributes": f, **({"geometry": g} if g else {})}
                for f, g in zip(page, points, strict=True)
            ],
            **more,
        }


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def settings(service: Service, serve: Callable[..., str], tmp_path: Path) -> Settings:
    return Settings(data_root=tmp_path / "data", mirror=serve(service.reply), read_timeout_s=0.5)


def names(source: Source, settings: Settings) -> list[str]:
    return read(source, fetch_snapshot(source, settings).payload)["Name"].tolist()


ALL = [f"Made-up Ridge {n}" for n in range(1, 6)]


@pytest.mark.parametrize("formats", ["JSON, geoJSON", "JSON, AMF", ""])
@pytest.mark.parametrize("flag", [True, False])
@pytest.mark.parametrize("claimed", [2, 1000])
def test_all_pages_come_whatever_the_server_says_of_them(service, settings, formats, flag, claimed):
    service.layer |= {"supportedQueryFormats": formats, "maxRecordCount": claimed}
    service.flag = flag
    assert names(entry(), settings) == ALL
    assert [p["resultOffset"] for p in service.pages] == ["0", "2", "4"]
    assert {p["orderByFields"] for p in service.pages} == {"OBJECTID ASC"}
    assert {p["resultRecordCount"] for p in service.pages} == {str(claimed)}
    assert {p["f"] for p in service.pages} == {"geojson" if "geo" in formats else "json"}


def test_the_page_size_is_capped_by_the_entry_but_not_raised(service, settings):
    names(entry(page_size=1), settings)
    names(entry(page_size=500), settings)
    assert [p["resultRecordCount"] for p in service.pages] == ["1"] * 5 + ["2"] * 3


def test_a_server_without_limits_is_not_asked_for_everything_at_once(service, settings):
    service.limit, service.layer["maxRecordCount"] = 10**6, 10**6
    names(entry(), settings)
    del service.layer["maxRecordCount"]
    names(entry(), settings)
    assert [p["resultRecordCount"] for p in service.pages] == ["2000", "1000"]


def test_a_layer_that_cannot_page_goes_by_object_ids(service, settings):
    del service.layer["advancedQueryCapabilities"]
    assert names(entry(), settings) == ALL
    assert [p["objectIds"] for p in service.pages] == ["10,20", "30,40", "50"]


def test_more_ids_than_the_server_gives_at_once_are_asked_for_again(service, settings):
    service.layer |= {"advancedQueryCapabilities": {}, "maxRecordCount": 4}
    assert names(entry(), settings) == ALL
    assert [p["objectIds"] for p in service.pages] == ["10,20,30,40", "30,40", "50"]


def test_many_ids_are_sent_as_a_form(service, settings):
    service.features = [{"OBJECTID": 10**6 + n, "Name": str(n)} for n in range(700)]
    service.limit, service.layer["maxRecordCount"] = 500, 500
    service.layer["advancedQueryCapabilities"] = {}
    assert len(names(entry(), settings)) == 700
    assert [m for m, _, p in service.asked if "objectIds" in p] == ["POST", "POST"]
    assert {m for m, _, p in service.asked if "objectIds" not in p} == {"GET"}


def test_pages_that_repeat_are_noticed_and_the_ids_taken_instead(service, settings, caplog):
    service.ignored = {"resultOffset"}
    assert names(entry(), settings) == ALL
    assert "ridges: " in caplog.text
    assert "pages repeat, going by object ids" in caplog.text
    assert len(service.pages) == 2 + 3


def test_a_repeated_page_without_object_ids_is_noticed_too(service, settings):
    service.layer |= {"fields": [{"name": "Name"}], "supportedQueryFormats": "JSON"}
    service.features = [{"Name": name} for name in ALL]
    service.query = _without_ids(service)  # type: ignore[method-assign]
    text = refusal(entry(), settings)
    assert "can neither go on from a page nor give object ids" in text
    assert len(service.pages) == 2


def _without_ids(service: Service) -> Callable[[Mapping[str, str]], object]:
    def query(params: Mapping[str, str]) -> object:
        if "returnCountOnly" in params:
            return {"count": 5}
        if "returnIdsOnly" in params:
            return {"objectIdFieldName": None, "objectIds": None}
        rows = [{"attributes": f, "geometry": {"x": 60, "y": 45}} for f in service.features[:2]]
        return esri(*rows)

    return query


def test_a_server_that_always_gives_the_same_ends_in_an_error(service, settings):
    service.ignored = {"resultOffset", "objectIds"}
    text = refusal(entry(), settings)
    assert (
        "2 features were requested by their object ids, from 30 on; the service gave features that"
        in text
    )
    assert "geo-ree fetch ridges --file PATH" in text
    assert len(service.pages) == 4


def test_a_feature_twice_in_one_page_is_refused(service, settings):
    service.features.append(service.features[0])
    service.limit = 100
    text = refusal(entry(page_size=100), settings)
    assert "gives the same features again and again, 0 of 6 came" in text


def test_features_that_cannot_be_had_by_their_id_are_refused(service, settings):
    service.layer["advancedQueryCapabilities"] = {}
    service.query = lambda params, ask=service.query: (  # type: ignore[method-assign]
        {"features": []} if params.get("objectIds") == "50" else ask(params)
    )
    text = refusal(entry(), settings)
    assert (
        "1 features were requested by their object ids, from 50 on; the service gave none" in text
    )


@pytest.mark.parametrize("counted", [6, 4])
def test_another_number_than_the_service_counts_is_refused(service, settings, counted):
    kept = fetch_snapshot(entry(), settings)
    service.counts = [counted, counted]
    text = refusal(entry(), settings)
    assert f"5 features came, the service counts {counted}" in text
    assert "reader.page_size" in text
    assert read(entry(), kept.payload)["Name"].tolist() == ALL


def test_a_layer_that_grew_meanwhile_is_counted_again(service, settings):
    service.counts = [4]
    assert names(entry(), settings) == ALL


def test_a_service_that_cannot_count_gives_its_ids(service, settings):
    service.ignored = {"returnCountOnly"}
    assert names(entry(), settings) == ALL


def test_an_empty_layer_is_refused(service, settings):
    service.features = []
    text = refusal(entry(where="Kind = 7"), settings)
    assert f"ridges: {SERVICE}/2 has no features where Kind = 7; " in text
    assert "correct url or reader.where" in text


@pytest.mark.parametrize(
    ("error", "said", "hint", "requests"),
    [
        (
            {"code": 498, "message": "Invalid Token", "details": []},
            "error 498, Invalid Token",
            "ask the publisher for a copy (https://example.org/ridges), then geo-ree fetch ridges",
            1,
        ),
        ({"code": 499, "message": "Token Required"}, "error 499, Token Required", "sign in", 1),
        ({"code": 403, "message": "No\npermission"}, "error 403, No permission", "sign in", 1),
        (
            {
                "code": 400,
                "message": "Unable to perform query",
                "details": ["GRADE\nis unknown", ""],
            },
            "error 400, Unable to perform query (GRADE is unknown)",
            "check url and reader.where",
            1,
        ),
        (
            {"code": 500, "message": "Error performing query operation"},
            "error 500",
            "a smaller reader.page_size",
            4,
        ),
        (
            {"message": None, "details": "x" * 999},
            f"error without a code, without a message ({'x' * 200})",
            "check url",
            1,
        ),
    ],
)
def test_an_error_within_an_answer_of_status_200_is_refused(
    service, settings, error, said, hint, requests
):
    service.errors = [error] * 9
    text = refusal(entry(), settings)
    assert f"ridges: {SERVICE}/2/query: the service says {said}" in text
    assert hint in text
    assert len(service.asked) == 1 + requests


def test_a_passing_error_within_an_answer_is_survived(service, settings, caplog):
    busy = {"code": 504, "message": "Wait time of the request has been exceeded"}
    service.errors = [busy, busy]
    assert names(entry(), settings) == ALL
    assert "error 504, Wait time" in caplog.text


def test_a_wrong_number_of_a_layer_lists_those_there_are(service, settings):
    text = refusal(entry(f"{SERVICE}/9"), settings)
    assert "error 400, Invalid URL; the service has the layers 1 'Group', 2 'Ridges'" in text
    assert "correct the number at the end of url" in text


@pytest.mark.parametrize("url", [SERVICE, f"{SERVICE}/1"])
def test_a_service_or_a_group_is_no_layer(service, settings, url):
    text = refusal(entry(url), settings)
    assert f"{url} is no layer but a service or a group of layers; it has " in text
    assert "2 'Ridges'" in text
    assert f"as in {SERVICE}/0" in text


def test_an_address_without_a_layer_that_says_nothing(service, settings):
    service.answer = lambda path, params: {}  # type: ignore[method-assign]
    assert "is no layer but a service" in refusal(entry(SERVICE), settings)


def test_answers_that_are_no_json_are_refused(service, settings):
    service.answer = lambda path, params: b"Service is\nstarting"  # type: ignore[method-assign]
    text = refusal(entry(), settings)
    assert "the answer is no JSON object (it begins with 'Service is starting')" in text


def test_an_answer_without_features_is_refused(service, settings):
    service.query = lambda params, ask=service.query: (  # type: ignore[method-assign]
        ask(params) if "returnCountOnly" in params else {"status": "fine"}
    )
    assert "the answer has no features (it has: status)" in refusal(entry(), settings)


def test_a_web_page_to_sign_in_is_refused(service, settings):
    service.answer = lambda path, params: b"<html>Sign in</html>"  # type: ignore[method-assign]
    assert "a web page (HTML) came" in refusal(entry(), settings)


def test_a_slow_server_is_asked_again_and_a_dead_one_reported(service, settings):
    service.delays = [0.0, 1.0]
    assert names(entry(), settings) == ALL
    service.delays = [1.0] * 9
    assert "no answer within 0.5 s" in refusal(entry(), settings)


def test_what_the_entry_adds_is_sent_with_each_request_but_not_kept(service, settings):
    source = entry(query={"token": "made-up"})
    snapshot = fetch_snapshot(source, settings)
    assert {p.get("token") for _, _, p in service.asked} == {"made-up"}
    assert "made-up" not in snapshot.provenance.query


def test_more_bytes_than_are_accepted_are_refused(service, settings):
    small = replace(settings, max_download_bytes=700)
    assert "the pages have more than 700 bytes" in refusal(entry(), small)


# reading


@pytest.fixture
def provided(tmp_path: Path) -> Callable[..., Path]:
    def put(document: object, name: str = "provided.json") -> Path:
        path = tmp_path / name
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        return path

    return put


def esri(*features: object, **header: object) -> dict[str, object]:
    return {"spatialReference": {"wkid": 4326}, **header, "features": list(features)}


def complaint(path: Path, source: Source | None = None) -> str:
    with pytest.raises(SchemaError) as caught:
        read_layer(path, source or entry())
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("ridges: ")
    assert caught.value.hint
    return text


def test_a_fetched_layer_in_esris_own_json_has_its_geometries(service, settings):
    service.layer |= {"supportedQueryFormats": "JSON", "geometryType": "esriGeometryPolygon"}
    outer = [[60, 45], [60, 46], [61, 46], [61, 45], [60, 45]]
    hole = [[60.2, 45.2], [60.4, 45.2], [60.4, 45.4], [60.2, 45.4], [60.2, 45.2]]
    apart = [[70, 45], [70, 46], [71, 46], [71, 45], [70, 45]]
    service.places = {n: {"rings": [outer]} for n in (10, 40)}
    service.places |= {20: {"rings": [outer, hole]}, 30: {"rings": [outer, apart]}, 50: None}
    frame = read(entry(), fetch_snapshot(entry(), settings).payload)
    assert isinstance(frame, gpd.GeoDataFrame)
    areas = shapely.area(frame.geometry.to_numpy()).round(9).tolist()
    assert areas[:4] == [1, 0.96, 2, 1]
    assert frame.geometry.iloc[4] is None
    assert frame.crs.to_epsg() == 4326
    assert frame["Kind"].tolist() == ["1", "0", "1", "0", "1"]  # no field says what they mean


@pytest.mark.parametrize("formats", ["JSON", "JSON, geoJSON"])
def test_the_description_of_the_layer_says_what_codes_mean(service, settings, formats):
    words = [{"code": 0, "name": "closed"}, {"code": 1, "name": "at work"}]
    kind = {"name": "KIND", "type": "esriFieldTypeInteger", "domain": {"codedValues": words}}
    service.layer |= {
        "supportedQueryFormats": formats,
        "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, kind],
    }
    frame = read(entry(), fetch_snapshot(entry(), settings).payload)
    assert frame["Kind"].tolist() == ["at work", "closed", "at work", "closed", "at work"]


def test_dates_and_codes_of_a_document_are_read(provided):
    codes = {"type": "codedValue", "codedValues": [{"name": "Expired", "code": 2}]}
    fields = [
        {"name": "ISSUED", "type": "esriFieldTypeDate"},
        {"name": "STATE", "type": "esriFieldTypeSmallInteger", "domain": codes},
    ]
    row = {"attributes": {"Name": "A", "ISSUED": 1262304000000, "STATE": 2}}
    blank = {"attributes": {"Name": "B", "ISSUED": None, "STATE": None}}
    frame = read_layer(provided(esri(row, blank, fields=fields)), entry())
    assert frame["ISSUED"].tolist() == ["2010-01-01", None]
    assert frame["STATE"].tolist() == ["Expired", None]


def test_points_that_are_not_there_keep_their_row(provided):
    there = {"attributes": {"Name": "A"}, "geometry": {"x": 60.25, "y": 45}}
    gone = {"attributes": {"Name": "B"}, "geometry": {"x": "NaN", "y": "NaN"}}
    empty = {"attributes": {"Name": "C"}, "geometry": {"points": []}}
    frame = read_layer(provided(esri(gone, there, empty)), entry())
    assert frame["Name"].tolist() == ["B", "A", "C"]
    assert frame.geometry.isna().tolist() == [True, False, True]
    assert frame.geometry.loc[2].x == 60.25


def test_values_stay_the_texts_that_were_printed(provided):
    text = """\ufeff{"type": "FeatureCollection", "features": [{"type": "Feature", "properties":
    {"Name": "Бутара", "grade": 1.50, "year": 1e3, "code": 007e0, "ok": true, "none": "null",
    "blank": null, "list": ["а", 1]}, "geometry": null}]}""".replace("007e0", "7e0")
    frame = read_layer(provided(text.encode()), entry())
    assert not isinstance(frame, gpd.GeoDataFrame)
    assert frame.loc[1].to_dict() == {
        "Name": "Бутара",
        "grade": "1.50",
        "year": "1e3",
        "code": "7e0",
        "ok": "true",
        "none": "null",
        "blank": None,
        "list": '["а", 1]',
    }


def test_an_attribute_called_geometry_is_kept_beside_the_geometry(provided):
    row = {"attributes": {"Name": "A", "geometry": "vein"}, "geometry": {"x": 60, "y": 45}}
    frame = read_layer(provided(esri(row)), entry())
    assert frame.loc[1, "attribute.geometry"] == "vein"
    assert frame.geometry.loc[1].x == 60


def test_a_zip_of_files_and_a_single_feature_are_read_too(provided, tmp_path):
    one = {
        "type": "Feature",
        "properties": {"Name": "A", "x": "1"},
        "geometry": {"type": "Point", "coordinates": [60, 45]},
    }
    two = {"type": "FeatureCollection", "features": [{**one, "properties": {"Name": "B", "y": 2}}]}
    path = tmp_path / "provided.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.geojson", json.dumps(one))
        archive.writestr("readme.txt", "made up")
        archive.writestr("b.geojson", json.dumps(two))
    frame = read_layer(path, entry())
    assert frame.drop(columns="geometry").fillna("").to_numpy().tolist() == [
        ["A", "1", ""],
        ["B", "", "2"],
    ]
    assert read_layer(provided(one), entry())["Name"].tolist() == ["A"]


def test_another_reference_system_is_kept_or_named_by_the_entry(provided):
    row = {"attributes": {"Name": "A"}, "geometry": {"x": 500000, "y": 5000000}}
    stated = read_layer(provided(esri(row, spatialReference={"wkid": 32642})), entry())
    assert stated.crs.to_epsg() == 32642
    web = esri(row, spatialReference={"wkid": 102100, "latestWkid": 3857})
    assert read_layer(provided(web), entry()).crs.to_epsg() == 3857
    silent = provided({"features": [row]})
    assert "states no reference system" in complaint(silent)
    assert read_layer(silent, entry(crs="EPSG:32642")).crs.to_epsg() == 32642
    assert "no reference system is called 'EPSG:nonsense'" in complaint(
        silent, entry(crs="EPSG:nonsense")
    )


def test_a_server_that_ignores_the_reference_system_asked_for_is_caught(provided):
    feature = {
        "type": "Feature",
        "properties": {"Name": "A"},
        "geometry": {"type": "Point", "coordinates": [500000, 5000000]},
    }
    path = provided({"type": "FeatureCollection", "features": [feature]})
    text = complaint(path)
    assert "coordinates outside the world, as degrees (500000 to 500000 east" in text
    assert "reader.crs" in text
    assert read_layer(path, entry(crs="EPSG:32642")).crs.to_epsg() == 32642


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"Rar!", "provided.json"),
        (b'{"features": [', "provided.json: the JSON is damaged or cut short"),
        (b'{"features": "\xff"}', "provided.json: the JSON is damaged or cut short"),
        (b'{"features": ' + b"[" * 100_000, "provided.json: the JSON is damaged or cut short"),
        (b"PK\x03\x04 cut", "provided.json is no whole zip archive"),
        (
            {"error": {"code": 499, "message": "Token Required"}},
            "provided.json: the service says: error 499",
        ),
        ({"objectIds": [1]}, "has no features (it has: objectIds)"),
        ({"features": []}, "provided.json has no rows"),
        (esri({"attributes": {"name": "A"}}), "lacks the columns 'Name' (closest: 'name')"),
        (
            esri(
                {"attributes": {"Name": "A"}, "geometry": {"rings": "round"}},
                geometryType="esriGeometryPolygon",
            ),
            "feature 1 has a broken geometry",
        ),
        (
            {
                "type": "FeatureCollection",
                "features": [
                    {"type": "Feature", "properties": {"Name": "A"}, "geometry": {"type": "Blob"}}
                ],
            },
            "feature 1 has a broken geometry",
        ),
    ],
)
def test_files_that_are_something_else_are_refused(provided, document, said):
    assert said in complaint(provided(document))


def test_a_missing_file_and_pages_that_do_not_fit_together_are_refused(tmp_path):
    assert "gone.zip is missing" in complaint(tmp_path / "gone.zip")
    path = tmp_path / "mixed.zip"
    row = {"attributes": {"Name": "A"}, "geometry": {"x": 60, "y": 45}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.json", json.dumps(esri(row)))
        archive.writestr("2.json", json.dumps(esri(row, spatialReference={"wkid": 32642})))
    text = complaint(path)
    assert "mixed.zip has pages in different reference systems: " in text
    assert "WGS 84 / UTM zone 42N" in text


def test_a_provided_file_goes_the_same_way(provided, tmp_path):
    path = provided(esri({"attributes": {"Name": "A"}, "geometry": {"x": 60, "y": 45}}), "x.json")
    snapshot = fetch_snapshot(entry(), Settings(data_root=tmp_path / "data"), provided=path)
    assert snapshot.provenance.origin == "provided"
    assert read(entry(), snapshot.payload)["Name"].tolist() == ["A"]
    other = tmp_path / "layer.gpkg"
    gpd.GeoDataFrame({"Name": ["B"]}, geometry=[shapely.Point(60, 45)], crs=4326).to_file(other)
    frame = read(
        entry(), fetch_snapshot(entry(), Settings(data_root=tmp_path / "b"), provided=other).payload
    )
    assert frame["Name"].tolist() == ["B"]
    assert frame.crs.to_epsg() == 4326


def test_an_archive_of_another_format_is_no_pile_of_documents(tmp_path):
    path = tmp_path / "layer.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("about.json", "{}")
        archive.writestr("layer.csv", "Name,x\nMade-up Ridge,1\n")
    assert read_layer(path, entry(member="layer.csv"))["Name"].tolist() == ["Made-up Ridge"]
