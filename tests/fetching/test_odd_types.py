"""Answers of services with other types than the service describes.

Each node of an honest answer is replaced by values of every type, one at a time. Whatever comes is
read, or refused with an error of geo_ree: no other error, which would end the work on all sources.
"""

from __future__ import annotations

import copy
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from geo_ree.catalog import Source
from geo_ree.errors import FetchError, GeoReeError, SchemaError
from geo_ree.fetching import PROTOCOLS, Client, arcgis_query, fetch_snapshot
from geo_ree.fetching.overture import read_overture
from geo_ree.fetching.probe import probe
from geo_ree.fetching.protocol import Request
from geo_ree.fetching.transport.download import Download
from geo_ree.settings import Settings

ODD = (None, True, 7, -1, 1.5, 10**400, "x", "http://[::1", [], [7], [[]], {}, {"a": {}})

Answers = Callable[[str, Mapping[str, str]], Any]
"""What a service answers to a path and its parameters, before it is written as JSON."""

POINT = {"type": "Point", "coordinates": [70.5, 45.5]}
FEATURES = [
    {
        "type": "Feature",
        "id": n,
        "properties": {"OBJECTID": n, "name": f"Town {n}"},
        "geometry": POINT,
    }
    for n in (1, 2)
]
LAYER = {
    "id": 0,
    "name": "towns",
    "fields": [{"name": "OBJECTID", "type": "esriFieldTypeOID"}, {"name": "name"}],
    "layers": [{"id": 0, "name": "towns"}],
    "maxRecordCount": 10,
    "advancedQueryCapabilities": {"supportsPagination": True, "supportsOrderBy": True},
    "supportedQueryFormats": "JSON, geoJSON",
}


def arcgis(path: str, params: Mapping[str, str]) -> Any:
    if not path.endswith("/query"):
        return LAYER
    if "returnCountOnly" in params:
        return {"count": 2}
    if "returnIdsOnly" in params:
        return {"objectIdFieldName": "OBJECTID", "objectIds": [1, 2]}
    if params.get("resultOffset", "0") != "0":
        return {"features": []}
    if params["f"] == "geojson":
        return {"type": "FeatureCollection", "features": FEATURES, "properties": {"a": 1}}
    rows = [{"attributes": f["properties"], "geometry": {"x": 70.5, "y": 45.5}} for f in FEATURES]
    return {
        "spatialReference": {"wkid": 4326},
        "geometryType": "esriGeometryPoint",
        "features": rows,
    }


def arcgis_without_pages(path: str, params: Mapping[str, str]) -> Any:
    if path.endswith("/query"):
        return arcgis(path, params)
    return {**LAYER, "advancedQueryCapabilities": {}, "supportedQueryFormats": "JSON"}


def arcgis_refusing(path: str, params: Mapping[str, str]) -> Any:
    return {
        "error": {"code": 400, "message": "no", "details": ["a", "b"]},
        "layers": LAYER["layers"],
    }


def ogcapi(path: str, params: Mapping[str, str]) -> Any:
    if not path.endswith("items"):
        return {"id": "towns", "extent": {"spatial": {"bbox": [[60, 40, 80, 50]], "crs": "CRS84"}}}
    links = [{"rel": "next", "type": "application/json", "href": "items?page=2"}, {"rel": "self"}]
    if "limit" not in params:
        last = {**FEATURES[1], "id": 9}
        return {"type": "FeatureCollection", "features": [last], "links": []}
    first = {"type": "FeatureCollection", "features": FEATURES, "numberMatched": 3}
    return {**first, "links": links}


def jqgrid(path: str, params: Mapping[str, str]) -> Any:
    rows = [{"id": n, "cell": [n, f"Town {n}"]} for n in (1, 2)]
    return {"total": 1, "page": 1, "records": 2, "rows": rows}


def sciencebase(path: str, params: Mapping[str, str]) -> Any:
    if path.endswith("items"):
        found = [{"id": "abc", "title": "Towns"}, {"id": "abd", "title": "Villages"}]
        return {
            "total": 2,
            "items": found,
            "nextlink": {"url": "https://example.org/catalog/items"},
        }
    proof = {"type": "MD5", "value": "0"}
    file = {"name": "a.csv", "url": "https://example.org/a.csv", "size": 10, "checksum": proof}
    group = {"files": [{**file, "name": f"b{s}"} for s in (".shp", ".shx", ".dbf")]}
    links = [{"uri": "https://example.org/"}]
    return {"title": "Towns", "files": [file], "facets": [group], "webLinks": links}


def overpass(path: str, params: Mapping[str, str]) -> Any:
    corner = {"lon": 70.5, "lat": 45.5}
    other = {"lon": 70.6, "lat": 45.6}
    node = {"type": "node", "id": 1, **corner, "tags": {"place": "town", "name": "Town"}}
    way = {"type": "way", "id": 2, "geometry": [corner, other], "tags": {"place": "town"}}
    parts = [
        {"type": "way", "role": "outer", "geometry": [corner, other]},
        {"type": "node", **corner},
    ]
    relation = {"type": "relation", "id": 3, "members": parts, "tags": {"place": "town"}}
    return {"version": 0.6, "remark": "", "elements": [node, way, relation]}


QUERY = "[out:json][timeout:25];node[place]({bbox});out;"
ENTRIES: Mapping[str, tuple[Answers, str, Mapping[str, object]]] = MappingProxyType(
    {
        "arcgis": (arcgis, "https://example.org/rest/MapServer/0", {}),
        "arcgis without pages": (arcgis_without_pages, "https://example.org/x/MapServer/0", {}),
        "arcgis refusing": (arcgis_refusing, "https://example.org/x/MapServer/7", {}),
        "ogcapi": (ogcapi, "https://example.org/api", {"collection": "towns"}),
        "jqgrid": (jqgrid, "https://example.org/grid", {"cells": ["id", "name"]}),
        "sciencebase": (
            sciencebase,
            "https://example.org/catalog/items",
            {"title": "Towns", "file": "a.csv"},
        ),
        "sciencebase shapefile": (
            sciencebase,
            "https://example.org/catalog/item/abc",
            {"file": "*.shp"},
        ),
        "overpass": (
            overpass,
            "https://example.org/api/interpreter",
            {
                "query": {"data": QUERY},
                "layer": "points,lines,multipolygons",
                "where": "place is not null",
            },
        ),
    }
)


def variants(node: Any) -> Iterator[Any]:
    """Yield a document with each of its nodes replaced by each odd value, one at a time."""
    yield from ODD
    pairs = list(node.items()) if isinstance(node, dict) else list(enumerate(node))
    for key, inner in pairs:
        for changed in variants(inner) if isinstance(inner, dict | list) else ODD:
            document = copy.copy(node)
            document[key] = changed
            yield document


def replies(answers: Answers, asked: list[tuple[str, dict[str, str]]]) -> Iterator[Answers]:
    """Yield the service with one change in one of its answers, for each answer that was asked for."""
    for path, params in asked:
        for odd in variants(copy.deepcopy(answers(path, params))):

            def changed(
                p: str, q: Mapping[str, str], odd: Any = odd, at: Any = (path, params)
            ) -> Any:
                return odd if (p, dict(q)) == at else answers(p, q)

            yield changed


class Stub:
    """Takes the place of the network: what the client gets comes from `answers`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answers: Answers) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, str]]] = []

        def get(client: Client, url: str, *, params: Any = None, **_: Any) -> bytes:
            client.allow(url)
            asked = (urlsplit(url).path, dict(params or {}))
            if asked not in self.asked:
                self.asked.append(asked)
            return json.dumps(self.answers(*asked)).encode()

        def download(client: Client, url: str, target: Path, **_: Any) -> Download:
            client.allow(url)
            target.write_bytes(b"name\nTown\n")
            return Download(sha256="", bytes=10)

        monkeypatch.setattr(Client, "get", get)
        monkeypatch.setattr(Client, "download", download)
        monkeypatch.setattr(arcgis_query, "_BACKOFF_S", 0.0)
        monkeypatch.setattr("geo_ree.fetching.sciencebase._md5", lambda path: "0")


def take(source: Source, settings: Settings, folder: Path) -> pd.DataFrame:
    """Download and read a source, without the net that catches what a parser lets through."""
    request = Request(source=source, folder=folder, box=(70.0, 45.0, 71.0, 46.0))
    protocol = PROTOCOLS[source.protocol]
    with Client.for_source(source, settings) as client:
        payload = protocol.download(request, client)
    return protocol.read(payload.path, source)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_answer_of_any_type_is_read_or_refused(made_up, monkeypatch, tmp_path, name):
    answers, url, reader = ENTRIES[name]
    source = made_up(dict(reader), protocol=name.partition(" ")[0], url=url, columns={})
    stub = Stub(monkeypatch, answers)
    good = 0
    try:
        good += len(take(source, Settings(), tmp_path)) > 0
    except (FetchError, SchemaError) as error:
        assert "shapefile" in name or "says error 400" in str(error)
    asked = list(stub.asked)
    assert asked
    refused = 0
    for changed in replies(answers, asked):
        stub.answers = changed
        try:
            good += len(take(source, Settings(), tmp_path)) > 0
        except (FetchError, SchemaError) as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > 10
    assert good > 10 or "refusing" in name or "shapefile" in name


@pytest.mark.parametrize("name", ENTRIES)
def test_a_check_of_any_answer_says_in_a_word_what_came(made_up, monkeypatch, name):
    answers, url, reader = ENTRIES[name]
    source = made_up(dict(reader), protocol=name.partition(" ")[0], url=url, columns={})
    stub = Stub(monkeypatch, answers)
    probe(source, Settings())
    for changed in replies(answers, list(stub.asked)):
        stub.answers = changed
        state = probe(source, Settings())
        assert "unexpected" not in state.detail
        assert "\n" not in state.detail


@pytest.mark.parametrize(
    "latest", [None, 7, 10**400, [], {}, ["2026-01-21.0"], "../../etc", "2026-01-21.0/..", ""]
)
def test_a_release_of_overture_of_any_type_is_refused(made_up, monkeypatch, tmp_path, latest):
    query = {"bucket": "b", "path": "release/{release}/x", "region": "r", "subtypes": "rail"}
    source = made_up({"query": query}, protocol="overture", url="https://example.org/releases.json")
    for answer in ({"latest": latest}, latest):
        Stub(monkeypatch, lambda path, params, answer=answer: answer)
        with pytest.raises(FetchError, match="expected a release"):
            take(source, Settings(), tmp_path)


GOOD_ROW = {
    "id": "a",
    "geometry": shapely.to_wkb(shapely.Point(70, 45)),
    "subtype": "rail",
    "class": "rail",
    "subclass": "x",
    "names": {"primary": "Town", "common": [("en", "Town")]},
    "rail_flags": [{"values": ["is_disused"], "between": None}],
    "source_tags": [("railway", "rail")],
}
CELLS = (None, 7, 1.5, "x", b"x", [7], [[7]], ["x"], {"a": 7}, [{"a": 7}], {"a": {"b": [7]}})


@pytest.mark.parametrize("column", GOOD_ROW)
def test_an_extract_of_overture_of_any_type_is_read_or_refused(made_up, tmp_path, column):
    source = made_up(protocol="overture", columns={"name": "name"}, layer="settlements")
    path = tmp_path / "a.parquet"
    for cell in CELLS:
        pq.write_table(
            pa.table({k: [cell if k == column else v] for k, v in GOOD_ROW.items()}), path
        )
        try:
            read_overture(path, source)
        except SchemaError as error:
            assert "a.parquet" in str(error)


FEATURE_PAGE = {"type": "FeatureCollection", "features": FEATURES}
XML = """<wfs:WFS_Capabilities xmlns:wfs="http://www.opengis.net/wfs" version="1.1.0">
<FeatureTypeList><FeatureType><Name>towns</Name>{box}</FeatureType></FeatureTypeList>
<Constraint name="CountDefault"><DefaultValue>{size}</DefaultValue></Constraint>
</wfs:WFS_Capabilities>"""


@pytest.mark.parametrize("size", ["", "0", "-1", "nan", "²", "9" * 5000, "1e400"])
@pytest.mark.parametrize(
    "box",
    [
        "",
        "<WGS84BoundingBox/>",
        "<WGS84BoundingBox><LowerCorner>nan 1e999</LowerCorner></WGS84BoundingBox>",
        '<LatLongBoundingBox minx="{n}" miny="0" maxx="1" maxy="1"/>'.replace("{n}", "9" * 5000),
    ],
)
@pytest.mark.parametrize("version", ["1.1.0", "2.0.0"])
def test_odd_capabilities_of_a_wfs_are_read_or_refused(
    made_up, monkeypatch, tmp_path, size, box, version
):
    reader = {"version": version, "type_name": "towns", "query": {"outputFormat": "json"}}
    source = made_up(reader, protocol="wfs", url="https://example.org/wfs", columns={})

    def get(client: Client, url: str, *, params: Any = None, **_: Any) -> bytes:
        if params["request"] == "GetCapabilities":
            return XML.format(box=box, size=size).encode()
        if "resultType" in params:
            return f'<wfs:FeatureCollection xmlns:wfs="w" numberMatched="{size}"/>'.encode()
        return json.dumps(FEATURE_PAGE).encode()

    monkeypatch.setattr(Client, "get", get)
    try:
        assert len(take(source, Settings(), tmp_path)) == 2
    except GeoReeError as error:
        assert "\n" not in str(error)


def test_a_page_of_a_wfs_of_any_type_is_read_or_refused(made_up, monkeypatch, tmp_path):
    reader = {"version": "1.1.0", "type_name": "towns", "query": {"outputFormat": "json"}}
    source = made_up(reader, protocol="wfs", url="https://example.org/wfs", columns={})
    page: list[Any] = [{**FEATURE_PAGE, "numberMatched": 2, "crs": {"properties": {"name": "x"}}}]

    def get(client: Client, url: str, *, params: Any = None, **_: Any) -> bytes:
        if params["request"] == "GetCapabilities":
            return XML.format(box="", size="10").encode()
        return json.dumps(page[0]).encode()

    monkeypatch.setattr(Client, "get", get)
    refused = 0
    for changed in variants(copy.deepcopy(page[0])):
        page[0] = changed
        try:
            take(source, Settings(), tmp_path)
        except (FetchError, SchemaError):
            refused += 1
    assert refused > 10


DEEP = b'{"features": ' + b"[" * 900 + b"]" * 900 + b"}"
"""Deep enough that a writer of JSON gives up where the parser did not."""


@pytest.mark.parametrize("protocol", ["arcgis", "ogcapi", "jqgrid", "overpass"])
@pytest.mark.parametrize(
    "raw", [DEEP, b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe\0", b"9" * 5000]
)
def test_a_nested_answer_is_refused(made_up, monkeypatch, tmp_path, protocol, raw):
    _, url, reader = ENTRIES[protocol]
    source = made_up(dict(reader), protocol=protocol, url=url, columns={})
    monkeypatch.setattr(Client, "get", lambda *_, **__: raw)
    with pytest.raises((FetchError, SchemaError)):
        take(source, Settings(), tmp_path)
    page = tmp_path / "page.json"
    page.write_bytes(raw)
    with pytest.raises(SchemaError):
        PROTOCOLS[protocol].read(page, source)


def test_a_file_of_an_item_cannot_have_a_name_of_folders(made_up, site, settings, monkeypatch):
    names = ("..", "/", "a" * 300, "a\0b", "a/../..", "\\..")
    proof = {"url": "https://example.org/a.csv"}
    for name in names:
        item = {"title": "Towns", "files": [{"name": name, **proof}]}
        Stub(monkeypatch, lambda path, params, item=item: item)
        url = "https://example.org/catalog/item/abc"
        source = made_up({"file": "*"}, protocol="sciencebase", url=url)
        with pytest.raises(FetchError, match="the item"):
            fetch_snapshot(source, settings)
    assert not any(zipfile.is_zipfile(p) for p in settings.data_root.rglob("*"))
