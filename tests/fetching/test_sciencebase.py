"""Items of ScienceBase: the mirror's real one, and hand-written ones for everything else."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import geopandas as gpd
import pytest
import shapely

from geo_ree.catalog import Source
from geo_ree.errors import FetchError
from geo_ree.fetching import fetch_snapshot, read
from geo_ree.settings import Settings

HOST = "https://www.sciencebase.gov"
ITEMS = f"{HOST}/catalog/items"
PP1802 = "594d3c8ee4b062508e39b332"
TITLE = "Global Distribution of Selected Mines, Deposits, and Districts of Critical Minerals"


def entry(url: str = ITEMS, **reader: Any) -> Source:
    return Source.model_validate(
        {
            "id": "made_up",
            "title": "Made-up points",
            "publisher": "Nobody",
            "country": "Nowhere",
            "label": "Nobody",
            "layer": "deposits",
            "protocol": "sciencebase",
            "url": url,
            "licence": "none",
            "attribution": "Nobody",
            "edition": "2026",
            "reader": reader,
        }
    )


@pytest.mark.mirror
@pytest.mark.parametrize("options", [(), ("--faults",)], ids=["calm", "faults"])
@pytest.mark.parametrize("named", [{"item": PP1802}, {"title": TITLE.upper()}], ids=["id", "title"])
def test_the_real_item_arrives_and_opens(mirror, tmp_path, options, named):
    settings = Settings(data_root=tmp_path, mirror=mirror(*options), read_timeout_s=2)
    file = "PP1802_CritMin_Shapefiles.zip"
    table = "PP1802_CritMin_Shapefiles/PP1802_CritMin_pts.shp"
    source = entry(**named, file=file, member=table)
    snapshot = fetch_snapshot(source, settings)
    assert snapshot.payload.name == file
    assert snapshot.provenance.url.startswith(f"{HOST}/catalog/file/get/{PP1802}?f=__disk__0a%2F")
    assert snapshot.provenance.query == f"item {PP1802} ({TITLE}), {file}"
    frame = read(source, snapshot.payload)
    assert len(frame) == 2121
    assert (frame["CRITICAL_M"] == "Rare-Earth Elements").sum() == 41
    assert fetch_snapshot(source, settings) == snapshot


class Catalogue:
    """A small ScienceBase: items, a search, files, and what it was asked."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.found: list[dict[str, Any]] = []
        self.by_link = False
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def reply(self, request: BaseHTTPRequestHandler) -> tuple[int, bytes, dict[str, str]]:
        parts = urlsplit(request.path)
        params = dict(parse_qsl(parts.query))
        self.asked.append((parts.path, params))
        answer = self.answer(parts.path, params)
        if not isinstance(answer, bytes):
            return 404 if answer is None else 200, json.dumps(answer).encode(), {}
        tag = f'"{hashlib.sha256(answer).hexdigest()[:8]}"'
        known = request.headers.get("If-None-Match") == tag
        return 304 if known else 200, b"" if known else answer, {"ETag": tag}

    def answer(self, path: str, params: Mapping[str, str]) -> object:
        name = path.removeprefix("/www.sciencebase.gov/catalog/")
        if name == "items":
            return self.search(params)
        if name.startswith("item/"):
            return self.items.get(name.removeprefix("item/"))
        return self.files.get(params.get("f", "") if name.startswith("file/get/") else "")

    def search(self, params: Mapping[str, str]) -> dict[str, Any]:
        offset, most = int(params.get("offset", 0)), 2
        answer: dict[str, Any] = {
            "items": self.found[offset : offset + most],
            "total": len(self.found),
        }
        if self.by_link and offset + most < len(self.found):
            link = f"{ITEMS}?q=x&format=json&offset={offset + most}"
            answer["nextlink"] = {"rel": "next", "url": link}
        return answer

    def add(self, number: str, title: str, *files: dict[str, Any], **more: object) -> None:
        self.items[number] = {"id": number, "title": title, "files": list(files), **more}
        self.found.append({"id": number, "title": title})

    def file(self, name: str, content: bytes, **more: object) -> dict[str, Any]:
        key = f"__disk__{len(self.files):02d}"
        self.files[key] = content
        url = f"{HOST}/catalog/file/get/0a?f={key}"
        return {"name": name, "url": url, "size": len(content), **more}


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.fixture
def settings(catalogue: Catalogue, serve: Callable[..., str], tmp_path: Path) -> Settings:
    return Settings(data_root=tmp_path / "data", mirror=serve(catalogue.reply))


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The parts of a shapefile by suffix."""
    folder = tmp_path_factory.mktemp("shape")
    places = [shapely.Point(60, 45), shapely.Point(61, 45)]
    frame = gpd.GeoDataFrame({"Name": ["Made-up Ridge", "Šedý"]}, geometry=places, crs=4326)
    frame.to_file(folder / "points.shp")
    return {p.suffix: p.read_bytes() for p in folder.iterdir()}


def refusal(source: Source, settings: Settings) -> str:
    with pytest.raises(FetchError) as caught:
        fetch_snapshot(source, settings)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("made_up: ")
    assert caught.value.hint
    assert not [p for p in settings.data_root.rglob("*") if p.is_file() and p.name != ".lock"]
    return text


ZIP = b"PK\x05\x06" + bytes(18)
READ = {"member": "a.csv", "file": "a.zip"}


def packed(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", f"Name\n{name}\n")
    return buffer.getvalue()


@pytest.fixture
def table() -> bytes:
    return packed("Made-up Ridge")


# finding the item


@pytest.mark.parametrize("by_link", [False, True], ids=["offset", "nextlink"])
def test_an_item_is_found_by_its_exact_title_on_a_later_page(catalogue, settings, table, by_link):
    catalogue.by_link = by_link
    for number in "1234":
        catalogue.add(number, f"Made-up points of {number}")
    catalogue.add("5", "  Made-up\u00a0 Points ", catalogue.file("a.zip", table))
    source = entry(title="made-up points", **READ)
    assert read(source, fetch_snapshot(source, settings).payload)["Name"].tolist() == [
        "Made-up Ridge"
    ]
    searches = [p for path, p in catalogue.asked if path.endswith("/items")]
    assert [p.get("offset", "0") for p in searches] == ["0", "2", "4"]
    assert searches[0] == {"q": "made-up points", "format": "json", "max": "100", "fields": "title"}
    item = next(p for path, p in catalogue.asked if path.endswith("/item/5"))
    assert item == {"format": "json", "fields": "title,files,facets,webLinks"}


def test_an_item_is_named_by_the_url_too(catalogue, settings, table):
    catalogue.add("0a1", "Points", catalogue.file("a.zip", table))
    snapshot = fetch_snapshot(entry(f"{HOST}/catalog/item/0a1", **READ), settings)
    assert snapshot.provenance.query == "item 0a1 (Points), a.zip"


def test_a_search_does_not_go_on_for_ever_once_the_title_is_found(catalogue, settings, table):
    catalogue.add("1", "Points", catalogue.file("a.zip", table))
    for number in range(2, 50):
        catalogue.add(str(number), f"Points {number}")
    fetch_snapshot(entry(title="Points", **READ), settings)
    assert len([path for path, _ in catalogue.asked if path.endswith("/items")]) == 2


def test_no_item_with_the_title_names_the_closest(catalogue, settings):
    for number, title in enumerate(["Points of nothing", "Made up points", "Soil", "Lakes"]):
        catalogue.add(str(number), title)
    text = refusal(entry(title="Made-up points", **READ), settings)
    assert (
        f"{ITEMS}: no item is called 'Made-up points'; the closest of 4: 'Made up points' (1),"
        in (text)
    )
    assert "reader.item" in text


def test_nothing_found_at_all(catalogue, settings):
    text = refusal(entry(title="Points", **READ), settings)
    assert "no item is called 'Points'; correct reader.title" in text


def test_several_items_with_the_title_are_not_guessed_between(catalogue, settings):
    for number in ("1", "2", "3"):
        catalogue.add(number, "Points")
    text = refusal(entry(title="Points", **READ), settings)
    assert "3 items are called 'Points': 1, 2, 3; look at them" in text
    assert "reader.item" in text


def test_a_search_that_repeats_its_page_ends(catalogue, settings):
    catalogue.add("1", "Lakes")
    catalogue.search = lambda params: {"items": catalogue.found, "total": 900}  # type: ignore[method-assign]
    assert "no item is called" in refusal(entry(title="Points", **READ), settings)
    assert len(catalogue.asked) == 2


def test_a_search_without_end_is_given_up(catalogue, settings, caplog):
    caplog.set_level("INFO", "geo_ree")
    for number in range(100):
        catalogue.add(str(number), f"Points {number}")
    assert "the closest of 20: 'Points 9' (9)" in refusal(entry(title="Points", **READ), settings)
    assert "only the first 20 items were searched" in caplog.text


def test_a_link_of_the_search_to_another_host_is_not_followed(catalogue, settings):
    catalogue.search = lambda params: {  # type: ignore[method-assign]
        "items": [{"id": "1", "title": "Lakes"}],
        "nextlink": {"url": "http://elsewhere.example/items"},
    }
    text = refusal(entry(title="Points", **READ), settings)
    assert "elsewhere.example is not one of www.sciencebase.gov" in text


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (ITEMS, "names no item; give reader.item or reader.title"),
        (f"{HOST}/data", "is not the address of a ScienceBase item"),
    ],
)
def test_an_entry_that_names_no_item(settings, url, said):
    assert said in refusal(entry(url, **READ), settings)


def test_an_item_that_is_gone_or_no_item(catalogue, settings):
    assert "HTTP 404" in refusal(entry(item="9", **READ), settings)
    catalogue.items["9"] = {"error": "made up"}
    assert "the answer is not an item" in refusal(entry(item="9", **READ), settings)


# choosing the file


def test_a_file_may_be_given_by_a_pattern_or_left_out_when_it_is_the_only_one(
    catalogue, settings, table
):
    catalogue.add("1", "Points", catalogue.file("a_v2.ZIP", table))
    for name in ("a*.zip", "", "A_V2.zip"):
        snapshot = fetch_snapshot(entry(item="1", member="a.csv", file=name), settings)
        assert snapshot.payload.name == "a_v2.ZIP"


def test_a_file_in_a_facet_is_found(catalogue, settings, table):
    facet = {"className": "made up", "files": [catalogue.file("a.zip", table)]}
    catalogue.add("1", "Points", catalogue.file("b.xml", b"<a/>"), facets=[facet, {}])
    assert fetch_snapshot(entry(item="1", **READ), settings).payload.name == "a.zip"


def test_an_absent_or_ambiguous_file_names_those_there_are(catalogue, settings):
    facet = {"files": [catalogue.file("c.zip", ZIP)]}
    catalogue.add(
        "1", "P", catalogue.file("a.xml", b"<a/>"), catalogue.file("b.zip", ZIP), facets=[facet]
    )
    text = refusal(entry(item="1", file="x.zip"), settings)
    assert f"{HOST}/catalog/item/1: the item has no file called 'x.zip'; " in text
    assert "it has 'a.xml', 'b.zip', 'c.zip'" in text
    assert "the item has 2 files that are called '*.zip'" in refusal(
        entry(item="1", file="*.zip"), settings
    )
    assert "3 files that are called '*'" in refusal(entry(item="1"), settings)


def test_an_item_without_files_tells_its_links(catalogue, settings):
    catalogue.add("1", "Points", webLinks=[{"uri": "https://doi.example/1"}, {"uri": None}])
    text = refusal(entry(item="1", **READ), settings)
    assert "it has no files; its links lead to https://doi.example/1" in text


def test_two_files_of_one_name_are_not_guessed_between(catalogue, settings):
    twice = [{"files": [catalogue.file("a.zip", ZIP + bytes(n))]} for n in range(2)]
    catalogue.add("1", "Points", facets=twice)
    assert "2 files that are called 'a.zip'" in refusal(entry(item="1", **READ), settings)


# the file itself


def test_a_file_on_another_host_is_refused_unless_the_entry_allows_it(catalogue, settings, table):
    file = catalogue.file("a.zip", table)
    catalogue.add("1", "Points", {**file, "url": "https://cloud.example/a?f=__disk__00"})
    text = refusal(entry(item="1", **READ), settings)
    assert "cloud.example is not one of www.sciencebase.gov; if that is right, add" in text
    catalogue.answer = lambda path, params, ask=catalogue.answer: (  # type: ignore[method-assign]
        table if path == "/cloud.example/a" else ask(path, params)
    )
    source = entry(item="1", hosts=["cloud.example"], **READ)
    assert fetch_snapshot(source, settings).provenance.url.startswith("https://cloud.example/")


def test_a_web_page_in_place_of_a_file_says_how_a_person_gets_it(catalogue, settings):
    file = catalogue.file("a.zip", b"<!DOCTYPE html><html>Cloud file downloader</html>")
    catalogue.add("1", "Points", file)
    text = refusal(entry(item="1", **READ), settings)
    assert "a web page (HTML) came instead of the file" in text
    assert (
        f"download a.zip in a browser at {HOST}/catalog/item/1, then geo-ree fetch made_up" in text
    )
    assert text.endswith("--file PATH")


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ({"size": 7}, "a.zip has {n} bytes, the item says 7"),
        ({"checksum": {"type": "MD5", "value": "0" * 32}}, "another MD5 than the item says (0000"),
        ({"url": "ftp://www.sciencebase.gov/a.zip"}, "a.zip has no address ('ftp://www."),
        ({"url": None}, "a.zip has no address ('')"),
    ],
)
def test_a_file_that_is_not_the_one_described_is_refused(catalogue, settings, table, claim, said):
    catalogue.add("1", "Points", {**catalogue.file("a.zip", table), **claim})
    text = refusal(entry(item="1", **READ), settings)
    assert said.format(n=len(table)) in text
    assert "geo-ree fetch made_up --file PATH" in text


def test_what_the_item_says_of_its_file_is_checked_and_need_not_be_there(
    catalogue, settings, table
):
    proof = {"type": "MD5", "value": hashlib.md5(table).hexdigest().upper()}
    catalogue.add("1", "Points", catalogue.file("a.zip", table, checksum=proof))
    other = {"size": None, "checksum": None}
    catalogue.add("2", "Points", catalogue.file("a.zip", table, **other))
    assert fetch_snapshot(entry(item="1", **READ), settings).provenance.sha256
    assert fetch_snapshot(entry(item="2", **READ), settings).provenance.sha256


def test_another_kind_of_file_is_refused(catalogue, settings):
    catalogue.add("1", "Points", catalogue.file("a.zip", b"Rar! made up"))
    assert "not the expected kind of file" in refusal(entry(item="1", **READ), settings)


def test_a_plain_address_is_asked_for_sehintly(catalogue, settings, table):
    file = catalogue.file("a.zip", table)
    catalogue.add("1", "P", {**file, "url": file["url"].replace("https:", "http:")})
    assert fetch_snapshot(entry(item="1", **READ), settings).provenance.url == file["url"]


def test_an_unchanged_file_leaves_the_old_snapshot_and_a_new_one_replaces_it(
    catalogue, settings, table
):
    catalogue.add("1", "Points", catalogue.file("a.zip", table))
    source = entry(item="1", **READ)
    first = fetch_snapshot(source, settings)
    assert fetch_snapshot(source, settings) == first
    newer = packed("Made-up Range")
    catalogue.items["1"]["files"] = [catalogue.file("a.zip", newer)]
    replaced = fetch_snapshot(source, settings)
    assert replaced.provenance.sha256 == hashlib.sha256(newer).hexdigest()
    assert replaced.provenance.url.endswith("__disk__01")


# shapefiles in parts


def test_the_parts_of_a_shapefile_come_as_one_archive(catalogue, settings, parts):
    files = [catalogue.file(f"Points{s if s != '.dbf' else '.DBF'}", c) for s, c in parts.items()]
    files += [catalogue.file("Points.shp.xml", b"<a/>"), catalogue.file("Points.sbn", b"index")]
    other = [catalogue.file("Points.prj", b"another facet")]
    catalogue.add("1", "P", facets=[{"files": other}, {"files": files}])
    source = entry(item="1", file="Points.shp")
    snapshot = fetch_snapshot(source, settings)
    assert snapshot.payload.name == "Points.zip"
    assert snapshot.provenance.url == files[[f["name"] for f in files].index("Points.shp")]["url"]
    assert "Points.shp, Points.shx, Points.DBF, Points.prj" in snapshot.provenance.query
    frame = read(source, snapshot.payload)
    assert isinstance(frame, gpd.GeoDataFrame)
    assert frame["Name"].tolist() == ["Made-up Ridge", "Šedý"]
    assert frame.crs.to_epsg() == 4326
    assert fetch_snapshot(source, settings) == snapshot


def test_a_shapefile_that_lacks_a_part_is_reported(catalogue, settings, parts):
    files = [catalogue.file(f"Points{s}", parts[s]) for s in (".shp", ".dbf")]
    catalogue.add("1", "Points", facets=[{"files": files}])
    text = refusal(entry(item="1", file="points.shp"), settings)
    assert (
        "the shapefile Points.shp lacks .shx, .prj; the item has 'Points.shp', 'Points.dbf'" in text
    )


def test_a_part_of_another_size_leaves_nothing(catalogue, settings, parts):
    files = [catalogue.file(f"Points{s}", c) for s, c in parts.items()]
    files[-1]["size"] += 1
    catalogue.add("1", "Points", facets=[{"files": files}])
    assert "bytes, the item says" in refusal(entry(item="1", file="Points.shp"), settings)


def test_a_file_that_was_provided_over_goes_the_same_way(catalogue, settings, table, tmp_path):
    path = tmp_path / "handed.zip"
    path.write_bytes(table)
    snapshot = fetch_snapshot(entry(item="1", **READ), settings, provided=path)
    assert snapshot.provenance.origin == "provided"
    assert not catalogue.asked
    assert read(entry(item="1", **READ), snapshot.payload)["Name"].tolist() == ["Made-up Ridge"]
