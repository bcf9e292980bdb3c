"""OGC API Features: against pygeoapi, and against links that pygeoapi does not give."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import geopandas as gpd
import pytest
import shapely

from geo_ree.catalog import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching import fetch_snapshot, ogcapi, read
from geo_ree.fetching.protocol import Request
from geo_ree.fetching.transport.download import Client
from geo_ree.settings import Settings

HOME = Path(sys.executable).parent
CONFIG = Path(__file__).parents[1] / "data" / "pygeoapi" / "pygeoapi.yml"
HOST = "ogc.example.org"
URL = f"https://{HOST}/api"
ITEMS = "/ogc.example.org/api/collections/occurrences/items"
ROWS = 250


def place(number: int) -> tuple[float, float]:
    return 60.4 + number % 25 * 0.8, 44.2 + number // 25 * 0.5


def occurrence(number: int) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": f"A{number:03d}",
        "properties": {
            "name": f"Made-up Ridge {number} хребет",
            "country": "Kazakhstan",
            "grade": 1.5,
            "code": f"{number:04d}",
            "note": None,
        },
        "geometry": {"type": "Point", "coordinates": [round(c, 6) for c in place(number)]},
    }


def entry(url: str = URL, **reader: Any) -> Source:
    made_up = Source(
        id="made_up",
        title="Made-up occurrences",
        label="made-up",
        publisher="Nobody",
        country="Nowhere",
        layer="deposits",
        protocol="ogcapi",
        url=URL,
        licence="CC0",
        attribution="Nobody",
        edition="2026",
        reader={"collection": "occurrences", **reader},
        columns={"native_id": "id", "name": "name", "country_reported": "country"},
    )
    return made_up.model_copy(update={"url": url})  # the tests' own server has no certificate


def bring(source: Source, settings: Settings, folder: Path, **wanted: Any) -> Path:
    client = Client(settings, source_id=source.id, hosts=frozenset({HOST, "127.0.0.1"}))
    return ogcapi.download_ogcapi(Request(source=source, folder=folder, **wanted), client).path


# --- a real server


@pytest.fixture(scope="module")
def pygeoapi(
    tmp_path_factory: pytest.TempPathFactory, require: Callable[[bool, str], None]
) -> Iterator[str]:
    """Starts pygeoapi on a free port and gives its address."""
    require(
        (HOME / "pygeoapi").is_file(), "pygeoapi is not installed: pip install 'geo_ree[serve]'"
    )
    folder = tmp_path_factory.mktemp("pygeoapi")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    data, config, api = (folder / n for n in ("data.geojson", "pygeoapi.yml", "openapi.yml"))
    features = [occurrence(n) for n in range(ROWS)]
    for feature in features:
        feature["properties"]["key"] = feature.pop("id")
    data.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    config.write_text(CONFIG.read_text().replace("ADDRESS", address).replace("DATA", str(data)))
    environ = {**os.environ, "PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(api)}
    subprocess.run(
        [HOME / "pygeoapi", "openapi", "generate", config, "--output-file", api],
        env=environ,
        check=True,
        capture_output=True,
        timeout=60,
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [HOME / "flask", "--app", "pygeoapi.flask_app", "run", "--port", port],
            env=environ,
            stdout=log,
            stderr=log,
        )
    try:
        _wait(address, server, folder / "log")
        yield address
    finally:
        server.terminate()
        server.wait(10)


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    opener = build_opener(ProxyHandler({}))
    for _ in range(300):
        try:
            with opener.open(address, timeout=5):
                return
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
    pytest.fail(f"pygeoapi does not start: {log.read_text()[-500:]}")


@pytest.mark.parametrize("path", ["", "/", "/collections", "/collections/occurrences/items?f=html"])
def test_a_collection_arrives_whole_and_unchanged(pygeoapi, tmp_path, path):
    source = entry(pygeoapi + path)
    snapshot = fetch_snapshot(source, Settings(data_root=tmp_path))
    frame = read(source, snapshot.payload)
    assert isinstance(frame, gpd.GeoDataFrame)
    assert frame.crs.to_epsg() == 4326
    assert (frame.index.name, frame.index.tolist()) == ("row", list(range(1, ROWS + 1)))
    assert frame["id"].tolist() == [f"A{n:03d}" for n in range(ROWS)]
    places = [place(n) for n in range(ROWS)]
    assert frame.geometry.x.tolist() == pytest.approx([x for x, _ in places])
    assert frame.geometry.y.tolist() == pytest.approx([y for _, y in places])
    assert frame.loc[8, ["name", "grade", "code", "note"]].tolist() == [
        "Made-up Ridge 7 хребет",
        "1.5",
        "0007",
        "",
    ]
    assert snapshot.provenance.url == f"{pygeoapi}/collections/occurrences/items"
    assert snapshot.provenance.query == "f=json&limit=1000"


def test_the_server_decides_how_much_a_page_holds(pygeoapi, tmp_path):
    payload = bring(entry(pygeoapi), Settings(), tmp_path)
    with zipfile.ZipFile(payload) as archive:
        assert archive.namelist() == [
            "collection.json",
            "request.json",
            *(f"page-{n:05d}.geojson" for n in (1, 2, 3)),
        ]
        pages = [json.loads(archive.read(n)) for n in archive.namelist() if n.startswith("page")]
        assert json.loads(archive.read("collection.json"))["title"] == "Made-up occurrences"
    assert [len(page["features"]) for page in pages] == [100, 100, 50]


def test_a_box_and_a_page_size_are_asked_for(pygeoapi, tmp_path):
    box = (62.4, 44.9, 66.4, 46.4)
    payload = bring(entry(pygeoapi, page_size=4), Settings(), tmp_path, box=box)
    frame = read(entry(), payload)
    assert len(frame) == 15
    assert frame.geometry.intersects(shapely.box(*box)).all()
    with zipfile.ZipFile(payload) as archive:
        assert sum(name.startswith("page-") for name in archive.namelist()) == 4


def test_a_wrong_collection_lists_those_there_are(pygeoapi, tmp_path):
    with pytest.raises(FetchError) as caught:
        bring(entry(pygeoapi, collection="deposits"), Settings(), tmp_path)
    assert str(caught.value) == (
        f"made_up: {pygeoapi}/collections: the service has no collection 'deposits'; it has: "
        "occurrences; correct reader.collection in the catalogue entry"
    )


# --- links of other servers


def document(numbers: range, following: str = "", **more: Any) -> bytes:
    links = [{"rel": "self", "href": "https://elsewhere.example/"}]
    links += (
        [{"rel": "next", "type": "application/geo+json", "href": following}] if following else []
    )
    features = [occurrence(n) for n in numbers]
    return json.dumps(
        {"type": "FeatureCollection", "features": features, "links": links, **more}
    ).encode()


def publish(site: Any, pages: Mapping[str, bytes], **collection: Any) -> None:
    """Put a collection on the site: pages by what stands behind their question mark."""
    about = {"id": "occurrences", **collection}
    root = ITEMS.removesuffix("/occurrences/items")
    site.files[f"{root}/occurrences?f=json"] = json.dumps(about).encode()
    site.files[f"{root}?f=json"] = json.dumps({"collections": [about]}).encode()
    site.files |= {f"{ITEMS}?{query}": body for query, body in pages.items()}


FIRST = "f=json&limit=1000"


@pytest.mark.parametrize(
    "link",
    [
        f"{URL}/collections/occurrences/items?offset=2",
        "http://ogc.example.org/api/collections/occurrences/items?offset=2",
        "/api/collections/occurrences/items?offset=2",
        "items?offset=2",
        "?offset=2",
        "MIRROR/ogc.example.org/api/collections/occurrences/items?offset=2",
    ],
    ids=["absolute", "http", "rooted", "relative", "query", "mirrored"],
)
def test_links_are_followed_through_a_mirror(site, settings, tmp_path, link):
    first = document(range(2), link.replace("MIRROR", site.url), numberMatched=3)
    publish(site, {FIRST: first, "offset=2": document(range(2, 3), numberMatched=3)})
    payload = bring(entry(), settings, tmp_path)
    assert read(entry(), payload)["id"].tolist() == ["A000", "A001", "A002"]
    assert site.asked[-1] == f"{ITEMS}?offset=2"


@pytest.mark.parametrize("form", ["json", ""])
def test_json_is_asked_for_by_header_too(tmp_path, form):
    """A next link of pygeoapi does not repeat the format of the first request."""
    asked: list[tuple[str, Mapping[str, str], Mapping[str, str]]] = []

    class Spy(Client):
        def get(self, url: str, **options: Any) -> bytes:
            asked.append((url, options["params"], options["headers"]))
            return document(range(2)) if url.endswith("/items") else b"{}"

    source = entry(headers={"X-Key": "k"}, query={"f": form, "country": "Kazakhstan"})
    ogcapi.download_ogcapi(
        Request(source=source, folder=tmp_path), Spy(Settings(), source_id="made_up")
    )
    f = {"f": form} if form else {}
    items = {**f, "limit": "1000", "country": "Kazakhstan"}
    assert [params for _, params, _ in asked] == [f, items]
    for _, _, headers in asked:
        assert headers["Accept"].startswith("application/geo+json")
        assert headers["X-Key"] == "k"


def test_a_link_is_chosen_for_its_format(site, settings, tmp_path):
    first = json.loads(document(range(2), "?offset=2"))
    first["links"].insert(0, {"rel": "next", "type": "text/html", "href": "?offset=2&f=html"})
    publish(site, {FIRST: json.dumps(first).encode(), "offset=2": document(range(2, 3))})
    assert len(read(entry(), bring(entry(), settings, tmp_path))) == 3


def refusal(site: Any, settings: Settings, folder: Path, pages: Mapping[str, bytes]) -> str:
    publish(site, pages)
    with pytest.raises(FetchError) as caught:
        bring(entry(), settings, folder)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    assert not list(folder.glob("*.zip"))
    return str(caught.value)


def test_a_link_to_another_host_is_not_followed(site, settings, tmp_path):
    said = refusal(
        site, settings, tmp_path, {FIRST: document(range(2), "https://evil.example/?p=2")}
    )
    assert "leads to https://evil.example/?p=2, and evil.example is not" in said
    assert not any("evil" in path for path in site.asked)


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ({FIRST: ("?f=json&limit=1000", 2)}, "it leads to pages that came before"),
        ({FIRST: ("?p=2", 2), "p=2": ("?p=3", 2)}, "it leads to pages that came before"),
        ({FIRST: ("?p=2", 2), "p=2": ("?p=3", 0)}, "a page without features leads on"),
    ],
    ids=["the link repeats", "the features repeat", "nothing comes any more"],
)
def test_links_without_an_end_are_left(site, settings, tmp_path, pages, said):
    made = {q: document(range(n), following) for q, (following, n) in pages.items()}
    assert said in refusal(site, settings, tmp_path, made)
    assert len(site.asked) <= 3


def test_ever_new_pages_are_left(site, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(ogcapi, "MAX_PAGES", 3)
    pages = {f"p={n}": document(range(n, n + 1), f"?p={n + 1}") for n in range(1, 9)}
    said = refusal(site, settings, tmp_path, {FIRST: document(range(1), "?p=1"), **pages})
    assert "no end after 3 pages" in said


def test_pages_that_overlap_are_refused(site, settings, tmp_path):
    pages = {FIRST: document(range(3), "?p=2"), "p=2": document(range(2, 5))}
    assert "1 features of page 2 came before" in refusal(site, settings, tmp_path, pages)


def test_fewer_features_than_the_service_counts_are_refused(site, settings, tmp_path):
    pages = {FIRST: document(range(3), "?p=2"), "p=2": document(range(3, 5), numberMatched=7)}
    assert "5 features came, the service counts 7" in refusal(site, settings, tmp_path, pages)


def test_all_pages_together_have_a_limit(site, settings, tmp_path):
    first, second = document(range(20), "?p=2"), document(range(20, 40), "?p=3")
    site.files[f"{ITEMS}?p=3"] = document(range(40, 60))
    small = replace(settings, max_download_bytes=len(first) + 100)
    said = refusal(site, small, tmp_path, {FIRST: first, "p=2": second})
    assert f"the pages have more than {len(first) + 100} bytes" in said
    assert not any("p=3" in path for path in site.asked)


def test_an_empty_page_after_the_last_feature_is_the_end(site, settings, tmp_path):
    publish(
        site,
        {
            FIRST: document(range(2), "?p=2", numberMatched=2),
            "p=2": document(range(0), "?p=3", numberMatched=2),
        },
    )
    assert len(read(entry(), bring(entry(), settings, tmp_path))) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            b'{"code": "InvalidParameterValue", "description": "bad  bbox"}',
            "the service says: InvalidParameterValue: bad bbox",
        ),
        (b"<x/>", "no features came, but the XML document"),
        (b'{"type": "FeatureCollection"}', "it has no features (it has: type)"),
    ],
)
def test_an_answer_that_is_no_page_is_refused(site, settings, tmp_path, body, said):
    assert said in refusal(site, settings, tmp_path, {FIRST: body})


def test_a_collection_that_is_listed_but_not_to_be_had_keeps_its_error(site, settings, tmp_path):
    publish(site, {})
    del site.files[ITEMS.removesuffix("/items") + "?f=json"]
    with pytest.raises(FetchError, match="HTTP 404"):
        bring(entry(), settings, tmp_path)


def test_a_collection_has_to_be_named(settings, tmp_path):
    with pytest.raises(FetchError, match="reader.collection is missing"):
        bring(entry(collection=""), settings, tmp_path)


EXTENT = {"extent": {"spatial": {"bbox": [[60, 40, 80, 50]]}}}


def swapped(numbers: range) -> bytes:
    page = json.loads(document(numbers))
    for feature in page["features"]:
        feature["geometry"]["coordinates"].reverse()
    return json.dumps(page).encode()


def test_features_beside_the_declared_extent_are_refused(site, settings, tmp_path):
    """A server that writes the latitude first, against the rules of GeoJSON."""
    publish(site, {FIRST: swapped(range(3))}, **EXTENT)
    with pytest.raises(
        SchemaError,
        match="3 of 3 features lie outside the box 60 to 80 E.*"
        "with latitude and longitude swapped 3 lie in it",
    ):
        read(entry(), bring(entry(), settings, tmp_path))


@pytest.mark.parametrize(
    "spatial",
    [
        {"bbox": []},
        {"bbox": [[80, 40, 60, 50]]},
        {"bbox": [[1, 2]]},
        {"bbox": [[0, 0, 9, 9]], "crs": "http://www.opengis.net/def/crs/EPSG/0/3857"},
        {},
    ],
)
def test_an_extent_that_says_nothing_is_left_alone(site, settings, tmp_path, spatial):
    publish(site, {FIRST: document(range(3))}, extent={"spatial": spatial})
    assert len(read(entry(), bring(entry(), settings, tmp_path))) == 3


def test_an_extent_may_have_heights(site, settings, tmp_path):
    box = {"extent": {"spatial": {"bbox": [[60, 40, -100, 80, 50, 9000]]}}}
    publish(site, {FIRST: swapped(range(3))}, **box)
    with pytest.raises(SchemaError, match="box 60 to 80 E, 40 to 50 N"):
        read(entry(), bring(entry(), settings, tmp_path))


# --- files


def test_a_file_can_be_provided(settings, tmp_path):
    provided = tmp_path / "saved.geojson"
    provided.write_bytes(document(range(3)))
    frame = read(entry(), fetch_snapshot(entry(), settings, provided=provided).payload)
    assert frame["id"].tolist() == ["A000", "A001", "A002"]


def test_a_file_of_another_kind_can_be_provided(tmp_path):
    frame = gpd.GeoDataFrame(
        {"id": ["7"], "name": ["Made-up Ridge"], "country": ["Kazakhstan"]},
        geometry=[shapely.Point(60.4, 44.2)],
        crs=4326,
    )
    frame.to_file(tmp_path / "saved.gpkg")
    got = read(entry(), tmp_path / "saved.gpkg")
    assert got["name"].tolist() == ["Made-up Ridge"]
    assert got.geometry.iloc[0].equals(shapely.Point(60.4, 44.2))


def change(edit: Callable[[dict[str, Any]], object]) -> bytes:
    page = json.loads(document(range(2)))
    edit(page)
    return json.dumps(page).encode()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (document(range(0)), r"provided\.geojson has no rows"),
        (
            change(lambda p: p["features"][1].update(geometry={"type": "Point"})),
            "feature 2 has a broken geometry",
        ),
        (
            change(lambda p: p["features"][1].update(geometry={"type": "Sphere"})),
            "feature 2 has a broken geometry",
        ),
        (
            change(lambda p: p.update(crs={"type": "name", "properties": {"name": "nought"}})),
            "no reference system is called 'nought'",
        ),
        (
            change(lambda p: [f["properties"].pop("name") for f in p["features"]]),
            "lacks the columns 'name'",
        ),
        (change(lambda p: p["features"].append(1)), "feature 3 is not an object"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused(tmp_path, body, said):
    provided = tmp_path / "provided.geojson"
    provided.write_bytes(body)
    with pytest.raises(SchemaError, match=said) as caught:
        read(entry(), provided)
    assert caught.value.hint


def test_values_are_kept_as_they_were_printed(tmp_path):
    provided = tmp_path / "provided.geojson"
    provided.write_bytes(
        document(range(1)).replace(b'"grade": 1.5', b'"grade": 1.50, "ok": true, "in": [1, "b"]')
    )
    frame = read(entry(), provided)
    assert frame.loc[1, ["grade", "ok", "in", "note"]].tolist() == [
        "1.50",
        "true",
        '[1, "b"]',
        "",
    ]


def test_another_reference_system_is_kept(tmp_path):
    name = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32642"}}
    provided = tmp_path / "provided.geojson"
    provided.write_bytes(change(lambda p: p.update(crs=name)))
    assert read(entry(), provided).crs.to_epsg() == 32642


def test_a_table_without_geometry_is_a_plain_table(tmp_path):
    provided = tmp_path / "provided.geojson"
    provided.write_bytes(change(lambda p: [f.update(geometry=None) for f in p["features"]]))
    frame = read(entry(), provided)
    assert not isinstance(frame, gpd.GeoDataFrame)
    assert frame["id"].tolist() == ["A000", "A001"]
