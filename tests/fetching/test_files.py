"""Files of any format on their way through the network, from your disk, and in pages.zip."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching import fetch_snapshot, read
from geo_ree.fetching.answers import read_pages, write_pages
from geo_ree.fetching.protocol import Request
from geo_ree.fetching.protocols import PROTOCOLS
from geo_ree.fetching.transport.download import Client

NAME = "Made-up Ridge"
TEXTS = {
    "csv": f"name,code\n{NAME},0012\n",
    "geojson": '{"type": "Feature", "properties": {"name": "Made-up Ridge", "code": "0012"}, '
    '"geometry": {"type": "Point", "coordinates": [70, 45]}}',
    "kml": f"<kml xmlns='http://www.opengis.net/kml/2.2'><Placemark><name>{NAME}</name><Point>"
    "<coordinates>70,45</coordinates></Point></Placemark></kml>",
}


@pytest.fixture
def geopackage(tmp_path):
    path = tmp_path / "towns.gpkg"
    place = [shapely.Point(70, 45)]
    gpd.GeoDataFrame({"name": [NAME], "code": ["0012"]}, geometry=place, crs=4326).to_file(path)
    return path


@pytest.mark.parametrize("kind", ["csv", "geojson", "xlsx", "gpkg", "kml"])
def test_a_plain_file_arrives_over_the_network(kind, geopackage, workbook, made_up, site, settings):
    if kind == "gpkg":
        content = geopackage.read_bytes()
    elif kind == "xlsx":
        content = workbook({"Towns": [["name", "code"], [NAME, "0012"]]})
    else:
        content = TEXTS[kind].encode()
    site.files[f"/example.org/get/towns.{kind}?key=1"] = content
    column = "Name" if kind == "kml" else "name"
    source = made_up(url=f"https://example.org/get/towns.{kind}?key=1", columns={"name": column})
    snapshot = fetch_snapshot(source, settings)
    assert snapshot.payload.name == f"towns.{kind}"
    frame = read(source, snapshot.payload)
    assert frame[column].tolist() == [NAME]
    assert kind == "kml" or frame["code"].tolist() == ["0012"]


def test_a_provided_file_goes_the_same_way(geopackage, made_up, settings):
    source = made_up(
        protocol="local", status="manual", url="", why="it is sent by post", instead="ask for it"
    )
    snapshot = fetch_snapshot(source, settings, provided=geopackage)
    assert snapshot.payload.name == "towns.gpkg"
    assert len(read(source, snapshot.payload)) == 1
    with pytest.raises(FetchError, match=r"made_up cannot be fetched .* --file PATH"):
        fetch_snapshot(source, settings)


def test_a_local_source_cannot_be_downloaded(made_up, settings, tmp_path):
    source = made_up(protocol="local", url="")
    client = Client(settings, source_id="made_up", hosts=frozenset())
    with pytest.raises(FetchError, match=r"^made_up .* --file PATH"):
        PROTOCOLS["local"].download(Request(source=source, folder=tmp_path), client)


@pytest.mark.parametrize("address", ["towns.zip", "towns.xlsx", "download"])
def test_a_web_page_in_place_of_a_file_leaves_nothing(made_up, site, settings, address):
    site.faults[f"/example.org/{address}"] = ["html"] * 9
    with pytest.raises((FetchError, SchemaError), match=r"^made_up: "):
        fetch_snapshot(made_up(url=f"https://example.org/{address}"), settings)
    assert not (settings.raw_root / "made_up").exists()


def test_the_same_pages_make_the_same_bytes(tmp_path, made_up):
    members = {"page-00001.json": b"{}", "layer.json": b"[]"}
    write_pages(tmp_path / "a.zip", members)
    write_pages(tmp_path / "b.zip", members)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    found = read_pages(tmp_path / "a.zip", made_up())
    assert found.pages == (("a.zip/page-00001.json", b"{}"),)
    assert found.about == {"layer.json": b"[]"}


def test_a_damaged_archive_of_pages_is_refused(tmp_path, made_up):
    write_pages(tmp_path / "a.zip", {"page-00001.json": b"{}" * 100})
    (tmp_path / "a.zip").write_bytes((tmp_path / "a.zip").read_bytes()[:-10])
    with pytest.raises(SchemaError, match=r"^made_up: a\.zip is no whole zip archive"):
        read_pages(tmp_path / "a.zip", made_up())
