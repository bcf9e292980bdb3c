"""WFS: against Debian's MapServer, and against answers that MapServer does not give."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from geo_ree.catalog import Source
from geo_ree.deposits import normalize
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching import fetch_snapshot, read, wfs
from geo_ree.fetching.protocol import Request
from geo_ree.fetching.transport.download import Client
from geo_ree.settings import Settings

MAPSERV = Path("/usr/lib/cgi-bin/mapserv")
FILES = Path(__file__).parents[1] / "data" / "mapserver"
URL = "https://wfs.example.org/services/wfs"
VERSIONS = {"1.0.0": "lonlat", "1.1.0": "latlon", "2.0.0": "latlon"}
ROWS = 250
BOX = (62.4, 44.9, 66.4, 46.4)
WITHIN_BOX = 15  # 5 columns of the grid on 3 of its rows


def place(number: int) -> tuple[float, float]:
    """Longitude and latitude on a grid of 25 by 10: both below 90, as everywhere hereabouts."""
    return 60.4 + number % 25 * 0.8, 44.2 + number // 25 * 0.5


def occurrences() -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "properties": {
                "key": f"A{n:03d}",
                "name": f"Made-up Ridge {n} <&> хребет",
                "country": "Kazakhstan",
                "grade": "1.50",
                "code": f"{n:04d}",
                "note": None,
            },
            "geometry": {"type": "Point", "coordinates": [round(c, 6) for c in place(n)]},
        }
        for n in range(ROWS)
    ]


def entry(version: str = "1.1.0", axis: str = "latlon", **reader: Any) -> Source:
    return Source(
        id="made_up",
        title="Made-up occurrences",
        label="made-up",
        publisher="Nobody",
        country="Nowhere",
        layer="deposits",
        protocol="wfs",
        url=URL,
        licence="CC0",
        attribution="Nobody",
        edition="2026",
        country_from="polygon",
        reader={"version": version, "axis": axis, "type_name": "occurrences", **reader},
        columns={"native_id": "key", "name": "name", "country_reported": "country"},
        constants={
            "commodity_group": "rare_earth",
            "commodity_tier": "primary",
            "kind": "occurrence",
            "role": "candidate",
        },
    )


class MapServer:
    """MapServer behind the least of web servers: one process for each request, as CGI has it."""

    def __init__(self, folder: Path, more: str = "", extent: str = "60 40 80 50") -> None:
        text = (FILES / "occurrences.map").read_text()
        text = text.replace("# more", more).replace("EXTENT 60 40 80 50", f"EXTENT {extent}")
        (folder / "occurrences.map").write_text(text)
        shutil.copy(FILES / "mapserver.conf", folder)
        document = {"type": "FeatureCollection", "features": occurrences()}
        (folder / "occurrences.geojson").write_text(json.dumps(document))
        self.environ = {
            "MAPSERVER_CONFIG_FILE": str(folder / "mapserver.conf"),
            "MS_MAPFILE": str(folder / "occurrences.map"),
            "REQUEST_METHOD": "GET",
        }
        self.asked: list[dict[str, str]] = []
        self.url = ""

    def settings(self, folder: Path) -> Settings:
        """The publisher's address is asked for at this server, as a mirror is."""
        return Settings(data_root=folder, mirror=self.url)

    def reply(self, request: BaseHTTPRequestHandler) -> tuple[int, bytes, dict[str, str]]:
        query = urlsplit(request.path).query
        self.asked.append({k: v[0] for k, v in parse_qs(query).items()})
        out = subprocess.run(
            [MAPSERV],
            env={**self.environ, "QUERY_STRING": query},
            capture_output=True,
            check=True,
            timeout=30,
        ).stdout
        head, _, body = out.replace(b"\r\n", b"\n").partition(b"\n\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        return int(headers.pop("Status", "200").split()[0]), body, headers


@pytest.fixture
def mapserver(
    tmp_path: Path, serve: Callable[..., str], require: Callable[[bool, str], None]
) -> Callable[..., MapServer]:
    require(MAPSERV.exists(), "MapServer is not installed: tools/servers/mapserver.sh")

    def start(**options: str) -> MapServer:
        server = MapServer(Path(tempfile.mkdtemp(dir=tmp_path)), **options)
        server.url = serve(server.reply)
        return server

    return start


def bring(source: Source, settings: Settings, folder: Path, **wanted: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    client = Client(settings, source_id=source.id, hosts=frozenset({"wfs.example.org"}))
    return wfs.download_wfs(Request(source=source, folder=folder, **wanted), client).path


def members(path: Path) -> list[str]:
    return zipfile.ZipFile(path).namelist()


# --- a real server


@pytest.mark.parametrize("version", VERSIONS)
def test_a_layer_arrives_whole_and_unchanged(mapserver, tmp_path, version):
    server = mapserver()
    source = entry(version, VERSIONS[version])
    snapshot = fetch_snapshot(source, server.settings(tmp_path / "data"))
    frame = read(source, snapshot.payload)
    assert isinstance(frame, gpd.GeoDataFrame)
    assert frame.crs.to_epsg() == 4326
    assert frame.index.tolist() == list(range(1, ROWS + 1))
    assert frame.index.name == "row"
    places = [place(n) for n in range(ROWS)]
    assert frame.geometry.x.tolist() == pytest.approx([x for x, _ in places])
    assert frame.geometry.y.tolist() == pytest.approx([y for _, y in places])
    plain = frame.drop(columns="geometry").set_index("key").loc["A007"].to_dict()
    plain.pop("gml_id" if "gml_id" in plain else "fid")
    assert plain == {
        "name": "Made-up Ridge 7 <&> хребет",
        "country": "Kazakhstan",
        "grade": "1.50",
        "code": "0007",
        "note": "",
    }
    assert snapshot.provenance.url == URL
    assert f"version={version}" in snapshot.provenance.query
    assert {q["version"] for q in server.asked} == {version}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_box_is_asked_for_in_the_axis_order_of_the_version(mapserver, tmp_path, version):
    server = mapserver()
    source = entry(version, VERSIONS[version])
    payload = bring(source, server.settings(tmp_path), tmp_path / "in", box=BOX)
    frame = read(source, payload)
    assert len(frame) == WITHIN_BOX
    assert frame.geometry.intersects(shapely.box(*BOX)).all()
    assert (
        server.asked[-1]["bbox"]
        == {
            "1.0.0": "62.4,44.9,66.4,46.4",
            "1.1.0": "44.9,62.4,46.4,66.4,EPSG:4326",
            "2.0.0": "44.9,62.4,46.4,66.4,urn:ogc:def:crs:EPSG::4326",
        }[version]
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_axis_policy_is_caught_by_the_box_that_the_service_declares(
    mapserver, tmp_path, version
):
    wrong = {"lonlat": "latlon", "latlon": "lonlat"}[VERSIONS[version]]
    settings = mapserver().settings(tmp_path / "data")
    with pytest.raises(SchemaError) as caught:
        fetch_snapshot(entry(version, wrong), settings)
    assert str(caught.value).startswith(
        "made_up: 250 of 250 features lie outside the box 60 to 80 E, 40 to 50 N that the service "
        "declares, but with latitude and longitude swapped 250 lie in it; reader.axis in "
        "the catalogue entry is probably wrong"
    )
    assert not (settings.raw_root / "made_up").exists()


def test_where_the_service_declares_the_world_the_reported_country_catches_it(
    mapserver, tmp_path, countries
):
    settings = mapserver(extent="-180 -90 180 90").settings(tmp_path / "data")
    payload = fetch_snapshot(entry(axis="lonlat"), settings).payload
    swapped = read(entry(axis="lonlat"), payload)
    assert swapped.geometry.iloc[0].equals(shapely.Point(44.2, 60.4))  # no value is odd in itself
    with pytest.raises(
        SchemaError, match="is not in Kazakhstan, but with latitude and longitude swapped it is"
    ):
        normalize(swapped, entry(), countries)
    kept = normalize(read(entry(axis="latlon"), payload), entry(), countries).frame
    assert len(kept) == ROWS
    assert set(kept["country"]) == {"KAZ"}
    assert kept["id"].iloc[0] == "made_up:A000"


def test_pages_are_asked_for_in_turn_and_sorted(mapserver, tmp_path):
    server = mapserver()
    source = entry("2.0.0", page_size=100)
    payload = bring(source, server.settings(tmp_path), tmp_path / "in")
    assert members(payload) == [
        "capabilities.xml",
        "request.json",
        *(f"page-{n:05d}.gml" for n in (1, 2, 3)),
    ]
    asked = [q for q in server.asked if "startIndex" in q]
    assert [(q["startIndex"], q["count"], q["sortBy"]) for q in asked] == [
        ("0", "100", "key"),
        ("100", "100", "key"),
        ("200", "100", "key"),
    ]
    assert read(source, payload)["key"].tolist() == [f"A{n:03d}" for n in range(ROWS)]


def test_the_pages_are_kept_as_they_came(mapserver, tmp_path):
    settings = mapserver().settings(tmp_path)
    payload = bring(entry(), settings, tmp_path / "in")
    raw = zipfile.ZipFile(payload).read("page-00001.gml")
    params = {
        "service": "WFS",
        "version": "1.1.0",
        "request": "GetFeature",
        "typeName": "occurrences",
    }
    assert raw == Client(settings).get(URL, params=params)
    assert b"<gml:pos>44.200000 60.400000</gml:pos>" in raw
    again = bring(entry(), settings, tmp_path / "again")
    assert again.read_bytes() == payload.read_bytes()  # an unchanged service: the same hash


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_gives_only_so_many_at_once_still_gives_all(mapserver, tmp_path, version):
    """MapServer cuts its own count as well, and page 1 is as long as its limit."""
    server = mapserver(more='"wfs_maxfeatures" "100"')
    source = entry(version, VERSIONS[version], page_size=1000)
    payload = bring(source, server.settings(tmp_path), tmp_path / "in")
    frame = read(source, payload)
    assert sorted(frame["key"]) == [f"A{n:03d}" for n in range(ROWS)]
    assert any(name.startswith("tile-") for name in members(payload)) == (version != "2.0.0")
    assert len(server.asked) < 64


def test_a_box_with_more_than_the_limit_is_tiled_within(mapserver, tmp_path):
    server = mapserver(more='"wfs_maxfeatures" "10"')
    source = entry("1.0.0", "lonlat", page_size=10)
    payload = bring(source, server.settings(tmp_path), tmp_path / "in", box=BOX)
    assert len(read(source, payload)) == WITHIN_BOX


def test_a_wrong_layer_lists_those_there_are(mapserver, tmp_path):
    server = mapserver()
    with pytest.raises(FetchError) as caught:
        bring(entry(type_name="deposits"), server.settings(tmp_path), tmp_path / "in")
    assert str(caught.value) == (
        f"made_up: {URL}: the service has no layer 'deposits'; it has: occurrences; "
        "correct reader.type_name in the catalogue entry"
    )


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_an_exception_inside_http_200_is_refused(mapserver, tmp_path, version):
    source = entry(version, query={"outputFormat": "application/json"})
    with pytest.raises(FetchError) as caught:
        bring(source, mapserver().settings(tmp_path), tmp_path / "in")
    assert "the service says: InvalidParameterValue: msWFSGetFeature(): WFS server error. " in str(
        caught.value
    )
    assert "\n" not in str(caught.value)


def test_bytes_of_mapserver_can_be_provided(mapserver, tmp_path):
    server = mapserver()
    settings = server.settings(tmp_path / "data")
    with zipfile.ZipFile(bring(entry(), settings, tmp_path / "in")) as archive:
        raw = archive.read("page-00001.gml")
    provided = tmp_path / "saved.gml"
    provided.write_bytes(raw)
    asked = len(server.asked)
    frame = read(entry(), fetch_snapshot(entry(), settings, provided=provided).payload)
    assert len(server.asked) == asked
    assert len(frame) == ROWS
    assert frame.geometry.iloc[0].equals(shapely.Point(60.4, 44.2))


# --- answers of other servers


CAPS = """<WFS_Capabilities xmlns="http://www.opengis.net/wfs" xmlns:ows="http://www.opengis.net/ows">
<ows:Constraint name="ImplementsResultPaging"><ows:DefaultValue>TRUE</ows:DefaultValue>
</ows:Constraint><FeatureTypeList><FeatureType><Name>ms:occurrences</Name>
<ows:WGS84BoundingBox><ows:LowerCorner>60 40</ows:LowerCorner>
<ows:UpperCorner>80 50</ows:UpperCorner></ows:WGS84BoundingBox></FeatureType></FeatureTypeList>
</WFS_Capabilities>"""
GML = """<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs"
 xmlns:gml="http://www.opengis.net/gml" xmlns:ms="http://example.org/ms" {root}>{members}
</wfs:FeatureCollection>"""
MEMBER = """<gml:featureMember><ms:occurrences {id}><ms:key>{key}</ms:key>
<ms:name>Made-up Ridge</ms:name><ms:country>Kazakhstan</ms:country><ms:geom><gml:Point {srs}>
<gml:pos>{pos}</gml:pos></gml:Point></ms:geom></ms:occurrences></gml:featureMember>"""
PLAIN = 'srsName="EPSG:4326"'
URN = 'srsName="urn:ogc:def:crs:EPSG::4326"'


def member(number: int, *, srs: str = PLAIN, pos: str = "", identified: bool = True) -> str:
    x, y = place(number)
    gml_id = f'gml:id="o.{number}"' if identified else ""
    return MEMBER.format(id=gml_id, key=f"A{number:03d}", srs=srs, pos=pos or f"{y:.6f} {x:.6f}")


def gml(*members: str, root: str = "") -> bytes:
    return GML.format(members="".join(members), root=root).encode()


class Scripted(Client):
    """A service whose answer to each request is made up by a function of its parameters."""

    def __init__(self, answer: Callable[[Mapping[str, str]], bytes]) -> None:
        super().__init__(Settings(), source_id="made_up")
        self.answer = answer
        self.asked: list[Mapping[str, str]] = []

    def get(self, url: str, **options: Any) -> bytes:
        params = options["params"]
        self.asked.append(params)
        if params["request"] == "GetCapabilities":
            return CAPS.encode()
        return self.answer(params)


def scripted(
    source: Source, folder: Path, answer: Callable[[Mapping[str, str]], bytes]
) -> tuple[Path, Scripted]:
    client = Scripted(answer)
    return wfs.download_wfs(Request(source=source, folder=folder), client).path, client


def within(params: Mapping[str, str], numbers: Iterable[int], most: int) -> list[int]:
    """The first occurrences in the box asked for, as a server would choose them."""
    west, south, east, north = -180.0, -90.0, 180.0, 90.0
    if "bbox" in params:
        south, west, north, east = map(float, params["bbox"].split(",")[:4])
    found = [n for n in numbers if west <= place(n)[0] <= east and south <= place(n)[1] <= north]
    return found[:most]


def hits(count: object) -> bytes:
    return gml(root=f'numberOfFeatures="{count}" numberMatched="{count}"')


def test_a_server_that_ignores_the_start_index_is_asked_by_tiles(tmp_path, caplog):
    def answer(params):
        if params.get("resultType"):
            return hits(150)
        return gml(*map(member, within(params, range(150), int(params["count"]))))

    source = entry("2.0.0", page_size=60)
    payload, client = scripted(source, tmp_path, answer)
    assert sorted(read(source, payload)["key"]) == [f"A{n:03d}" for n in range(150)]
    assert "ignores startIndex" in caplog.text
    assert len(client.asked) < 64


def test_pages_that_overlap_are_refused(tmp_path):
    def answer(params):
        if params.get("resultType"):
            return hits("unknown")
        start = max(int(params["startIndex"]) - 1, 0)  # one feature comes twice
        return gml(*map(member, range(150)[start : start + 60]))

    with pytest.raises(FetchError, match=r"1 features of page 2 came before, so others may be"):
        scripted(entry("2.0.0", page_size=60), tmp_path, answer)


def test_features_without_an_id_may_be_alike(tmp_path):
    def answer(params):
        if params.get("resultType"):
            return hits(3)
        start, most = int(params["startIndex"]), int(params["count"])
        numbers = [1, 2, 2][start : start + most]
        return gml(*(member(n, identified=False) for n in numbers))

    source = entry("2.0.0", page_size=2)
    payload, _ = scripted(source, tmp_path, answer)
    assert read(source, payload)["key"].tolist() == ["A001", "A002", "A002"]


def test_all_pages_together_have_a_limit(tmp_path):
    class Small(Scripted):
        def __init__(self, answer: Callable[[Mapping[str, str]], bytes]) -> None:
            super().__init__(answer)
            self.settings = Settings(max_download_bytes=20_000)

    def answer(params):
        start = int(params.get("startIndex", 0))
        return (
            hits(10**6) if params.get("resultType") else gml(*map(member, range(start, start + 20)))
        )

    client = Small(answer)
    request = Request(source=entry("2.0.0", page_size=20), folder=tmp_path)
    with pytest.raises(FetchError, match="the pages have more than 20000 bytes"):
        wfs.download_wfs(request, client)
    assert len(client.asked) < 8


def test_fewer_features_than_the_service_counts_are_refused(tmp_path):
    def answer(params):
        if params.get("resultType"):
            return hits(7)
        return gml(*map(member, range(int(params["startIndex"]), 5)))

    with pytest.raises(FetchError, match="5 features came, the service counts 7"):
        scripted(entry("2.0.0"), tmp_path, answer)


def test_fewer_in_all_tiles_than_the_service_counts_are_refused(tmp_path):
    """Features without a geometry are in no tile; they are not left out in silence."""

    def answer(params):
        if params.get("resultType"):
            return hits(130)
        return gml(*map(member, within(params, range(120), 50)))

    with pytest.raises(FetchError, match="120 features came, the service counts 130"):
        scripted(entry("1.1.0"), tmp_path, answer)


def test_too_many_at_one_place_are_refused(tmp_path):
    def answer(params):
        if params.get("resultType"):
            return hits(90)
        here = within(params, range(1), 1)  # all of them lie where the first does
        return gml(
            *(
                member(0, identified=False).replace("A000", f"A{n:03d}")
                for n in range(50 * len(here))
            )
        )

    with pytest.raises(FetchError, match="gives only 50 features at once, and there are more at"):
        scripted(entry("1.1.0"), tmp_path, answer)


def test_the_url_may_have_parameters_of_its_own(mapserver, tmp_path):
    server = mapserver()
    file = server.environ.pop("MS_MAPFILE")  # as most have it: the address names the map
    source = entry().model_copy(update={"url": f"{URL}?map={file}"})
    payload = bring(source, server.settings(tmp_path), tmp_path / "in")
    assert len(read(source, payload)) == ROWS
    assert {q["map"] for q in server.asked} == {file}


def test_a_round_number_alone_is_no_proof_of_a_cut(tmp_path):
    def answer(params):
        here = within(params, range(1), 1)
        return gml(
            *(
                member(0, identified=False).replace("A000", f"A{n:03d}")
                for n in range(100 * len(here))
            )
        )

    source = entry("1.0.0", "latlon")
    payload, client = scripted(source, tmp_path, lambda p: answer({**p, **_lat_first(p)}))
    assert len(read(source, payload)) == 100
    assert members(payload)[2:] == ["page-00001.gml"]
    assert 60 < len(client.asked) <= 102  # capabilities, the layer, tiles with nothing new


@examples(max_examples=40, deadline=None)
@given(
    numbers=st.sets(st.integers(0, ROWS - 1), max_size=80),
    limit=st.integers(2, 20),
    version=st.sampled_from(["1.0.0", "1.1.0", "2.0.0"]),
    count=st.sampled_from(["right", "cut", "none"]),
)
def test_whatever_the_limit_every_feature_comes_once(numbers, limit, version, count):
    def answer(params):
        if params.get("resultType"):
            totals = {"right": len(numbers), "cut": min(limit, len(numbers)), "none": "unknown"}
            return hits(totals[count])
        if version == "1.0.0":
            params = {**params, **_lat_first(params)}
        return gml(*map(member, within(params, sorted(numbers), limit)))

    source = entry(version, page_size=limit)
    with tempfile.TemporaryDirectory() as folder:
        payload, _ = scripted(source, Path(folder), answer)
        keys = [f"A{n:03d}" for n in sorted(numbers)]
        if not keys:
            with pytest.raises(SchemaError, match="has no rows"):
                read(source, payload)
        else:
            assert sorted(read(source, payload)["key"]) == keys


def _lat_first(params: Mapping[str, str]) -> dict[str, str]:
    if "bbox" not in params:
        return {}
    west, south, east, north = params["bbox"].split(",")
    return {"bbox": ",".join((south, west, north, east))}


def test_a_service_without_an_end_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(wfs, "MAX_PAGES", 3)

    def answer(params):
        start = int(params.get("startIndex", 0))
        return (
            hits("unknown")
            if params.get("resultType")
            else gml(*map(member, range(start, start + 10)))
        )

    with pytest.raises(FetchError, match="no end after 3 pages"):
        scripted(entry("2.0.0", page_size=10), tmp_path, answer)


def geoserver(start: int = 0, most: int = 1000, **more: Any) -> bytes:
    features = [{**f, "id": f["properties"]["key"]} for f in occurrences()][start : start + most]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4326"}}
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": features,
            "totalFeatures": ROWS,
            "numberMatched": ROWS,
            "crs": crs,
            **more,
        }
    ).encode()


def test_json_of_geoserver_is_longitude_first_whatever_its_reference_system(tmp_path):
    """GeoServer writes the long name of EPSG:4326, and the longitude first all the same."""
    source = entry("2.0.0", axis="", page_size=100, query={"outputFormat": "application/json"})

    def answer(params):
        if params.get("resultType"):
            assert "outputFormat" not in params  # it counts in XML only
            return hits(ROWS)
        return geoserver(int(params["startIndex"]), int(params["count"]))

    payload, client = scripted(source, tmp_path, answer)
    frame = read(source, payload)
    assert len(frame) == ROWS
    assert frame.geometry.iloc[0].equals(shapely.Point(60.4, 44.2))
    assert frame.iloc[7][["id", "key", "grade", "code", "note"]].tolist() == [
        "A007",
        "A007",
        "1.50",
        "0007",
        "",
    ]
    assert [q.get("count") for q in client.asked[2:]] == ["100"] * 3


def test_an_exception_in_json_is_refused(tmp_path):
    source = entry("2.0.0", axis="", query={"outputFormat": "application/json"})
    body = json.dumps(
        {
            "version": "2.0.0",
            "exceptions": [
                {"code": "noApplicableCode", "locator": "x", "text": "no  such\ncolumn"}
            ],
        }
    )
    with pytest.raises(FetchError, match="the service says: noApplicableCode: no such column"):
        scripted(source, tmp_path, lambda params: body.encode())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"upstream timed out", "neither GML nor GeoJSON came (it begins with 'upstream"),
        (gml(member(1))[:-40], "the XML is damaged or cut short"),
        (b"<html><body>Sign in</body></html>", "no features came, but the XML document 'html'"),
        (b'{"type": "FeatureCollection", "features": [', "the JSON is damaged or cut short"),
        (
            b'{"status": "busy"}',
            "neither GeoJSON nor Esri JSON: it has no features (it has: status)",
        ),
        (b"[]", "the JSON is not an object"),
        (
            b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
            "it has a document type declaration",
        ),
    ],
)
def test_an_answer_that_is_no_page_is_refused_when_fetched_and_when_read(tmp_path, body, said):
    with pytest.raises(FetchError) as caught:
        scripted(entry("1.0.0", "lonlat"), tmp_path, lambda params: body)
    assert str(caught.value).startswith(f"made_up: {URL}: {said}")
    assert "\n" not in str(caught.value)
    provided = tmp_path / "provided.gml"
    provided.write_bytes(body)
    with pytest.raises(SchemaError) as refused:
        read(entry(), provided)
    assert str(refused.value).startswith("made_up: provided.gml")
    assert refused.value.hint


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<a/>", "no capabilities of a WFS came, but 'a'"),
        (
            b"<ServiceExceptionReport><ServiceException code='X'>closed</ServiceException>"
            b"</ServiceExceptionReport>",
            "the service says: X: closed",
        ),
    ],
)
def test_capabilities_that_are_none_are_refused(tmp_path, body, said):
    class Closed(Client):
        def get(self, url: str, **options: Any) -> bytes:
            return body

    with pytest.raises(FetchError, match=said):
        wfs.download_wfs(
            Request(source=entry(), folder=tmp_path), Closed(Settings(), source_id="made_up")
        )


@pytest.mark.parametrize("name", ["version", "type_name", "axis"])
def test_what_is_never_guessed_is_required(tmp_path, name):
    source = entry()
    blank = source.model_copy(update={"reader": source.reader.model_copy(update={name: ""})})
    with pytest.raises(FetchError, match=f"reader.{name} is missing"):
        scripted(blank, tmp_path, lambda params: b"")


# --- files


@pytest.mark.parametrize(
    ("srs", "axis", "pos"),
    [
        (PLAIN, "latlon", "44.2 60.4"),
        (URN, "latlon", "44.2 60.4"),
        (PLAIN, "lonlat", "60.4 44.2"),
        (URN, "lonlat", "60.4 44.2"),
    ],
)
def test_coordinates_are_turned_once_whatever_the_name_of_the_reference_system(
    tmp_path, srs, axis, pos
):
    provided = tmp_path / "provided.gml"
    provided.write_bytes(gml(member(0, srs=srs, pos=pos)))
    frame = read(entry(axis=axis), provided)
    assert frame.geometry.iloc[0].equals(shapely.Point(60.4, 44.2))
    assert frame.crs.to_epsg() == 4326


@pytest.mark.parametrize(
    "shape",
    [
        "<gml:LineString {srs}><gml:posList>44 60 45 61</gml:posList></gml:LineString>",
        "<gml:LineString {srs}><gml:coordinates>44,60 45,61</gml:coordinates></gml:LineString>",
        "<gml:MultiCurve {srs}><gml:curveMember><gml:LineString><gml:posList>44 60 45 61"
        "</gml:posList></gml:LineString></gml:curveMember></gml:MultiCurve>",
        "<gml:Polygon {srs}><gml:exterior><gml:LinearRing><gml:posList>44 60 45 60 45 61 44 60"
        "</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>",
    ],
    ids=["posList", "coordinates", "curve", "polygon"],
)
@pytest.mark.parametrize("srs", [PLAIN, URN], ids=["short", "urn"])
def test_lines_and_polygons_are_turned_too(tmp_path, shape, srs):
    start, _, rest = member(0).partition("<gml:Point")
    end = rest.partition("</gml:Point>")[2]
    provided = tmp_path / "provided.gml"
    provided.write_bytes(gml(start + shape.format(srs=srs) + end))
    frame = read(entry(), provided)
    assert tuple(frame.total_bounds) == (60, 44, 61, 45)


def test_gml_of_an_unnamed_axis_order_is_refused(tmp_path):
    provided = tmp_path / "provided.gml"
    provided.write_bytes(gml(member(0)))
    with pytest.raises(SchemaError, match="GML does not say which coordinate comes first; set"):
        read(entry(axis=""), provided)


def test_a_reference_system_that_the_file_lacks_comes_from_the_entry(tmp_path):
    provided = tmp_path / "provided.gml"
    provided.write_bytes(gml(member(0, srs="")))
    with pytest.raises(
        SchemaError, match=r"provided\.gml states no reference system; name it in reader\.crs"
    ):
        read(entry(), provided)
    assert read(entry(crs="EPSG:4284"), provided).crs.to_epsg() == 4284
    with pytest.raises(SchemaError, match="no reference system is called 'EPSG:nought'"):
        read(entry(crs="EPSG:nought"), provided)


@pytest.mark.parametrize("folder", ["", "export/"])
def test_a_zip_of_files_is_read_in_its_order(tmp_path, folder):
    provided = tmp_path / "provided.zip"
    with zipfile.ZipFile(provided, "w") as archive:
        archive.writestr(f"{folder}a.gml", gml(member(0), member(1)))
        archive.writestr(f"{folder}readme.txt", "made up")
        archive.writestr(f"{folder}b.geojson", geoserver(2, 1))
    frame = read(entry(), provided)
    assert frame["key"].tolist() == ["A000", "A001", "A002"]
    assert frame.geometry.x.tolist() == pytest.approx([place(n)[0] for n in range(3)])
    assert frame["grade"].fillna("").tolist() == ["", "", "1.50"]


def test_no_feature_and_a_missing_column_are_refused(tmp_path):
    provided = tmp_path / "provided.gml"
    provided.write_bytes(gml())
    with pytest.raises(SchemaError, match=r"made_up: provided\.gml has no rows"):
        read(entry(), provided)
    provided.write_bytes(gml(member(0)).replace(b"ms:name", b"ms:naam"))
    with pytest.raises(SchemaError, match=r"lacks the columns 'name' \(closest: 'naam'\)"):
        read(entry(), provided)
    with pytest.raises(SchemaError, match=r"nothing\.gml cannot be read"):
        read(entry(), tmp_path / "nothing.gml")
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04cut")
    with pytest.raises(SchemaError, match=r"cut\.zip is no whole zip archive"):
        read(entry(), tmp_path / "cut.zip")


def test_several_kinds_of_feature_are_refused(tmp_path):
    provided = tmp_path / "provided.gml"
    provided.write_bytes(gml(member(0), member(1).replace("ms:occurrences", "ms:roads")))
    with pytest.raises(SchemaError, match=r"several layers: occurrences, roads"):
        read(entry(), provided)


def test_reading_gml_asks_no_address_and_leaves_gdal_as_it_was(tmp_path, site):
    """GDAL would fetch the schema that the file names, though reading is no work for a network."""
    schema = (
        f"{site.url}/wfs?SERVICE=WFS&amp;VERSION=1.1.0&amp;REQUEST=DescribeFeatureType"
        "&amp;TYPENAME=occurrences&amp;OUTPUTFORMAT=XMLSCHEMA"
    )
    root = (
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="http://example.org/ms {schema}"'
    )
    provided = tmp_path / "provided.gml"
    provided.write_bytes(gml(member(0), root=root))
    before = pyogrio.get_gdal_config_option("GML_FIELDTYPES")
    assert len(read(entry(), provided)) == 1
    assert site.asked == []
    assert pyogrio.get_gdal_config_option("GML_FIELDTYPES") == before
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["provided.gml"]


def test_repeated_elements_and_null_geometries_are_kept(tmp_path):
    several = member(0).replace("</ms:key>", "</ms:key><ms:ore>01</ms:ore><ms:ore>2.50</ms:ore>")
    start, _, rest = member(1).partition("<ms:geom>")
    nowhere = start + rest.partition("</ms:geom>")[2]
    provided = tmp_path / "provided.gml"
    provided.write_bytes(gml(several, nowhere))
    frame = read(entry(), provided)
    assert frame["ore"].tolist() == ["01;2.50", ""]
    assert frame.geometry.isna().tolist() == [False, True]


def test_a_few_features_beside_the_declared_box_are_only_warned_of(tmp_path, caplog):
    def answer(params):
        lost = member(9, pos="0 0")  # how many a table writes "place unknown"
        return hits(4) if params.get("resultType") else gml(*map(member, range(3)), lost)

    source = entry("1.1.0")
    payload, _ = scripted(source, tmp_path, answer)
    assert len(read(source, payload)) == 4
    assert "made_up: 1 of 4 features lie outside the box 60 to 80 E, 40 to 50 N" in caplog.text


def test_features_far_from_the_declared_box_are_refused(tmp_path):
    def answer(params):
        return hits(1) if params.get("resultType") else gml(member(0, pos="-10 -20"))

    payload, _ = scripted(entry("1.1.0"), tmp_path, answer)
    with pytest.raises(SchemaError, match="1 of 1 features lie outside .* check reader.axis"):
        read(entry(), payload)


def test_features_outside_the_requested_box_are_refused(tmp_path):
    """A server that takes the corners of the box in the other order answers with another part."""

    def answer(params):
        return hits(1) if params.get("resultType") else gml(member(0))

    client = Scripted(answer)
    request = Request(source=entry(), folder=tmp_path, box=(76.0, 47.0, 78.0, 48.0))
    payload = wfs.download_wfs(request, client).path
    with pytest.raises(SchemaError, match="76 to 78 E, 47 to 48 N that was requested"):
        read(entry(), payload)


def test_a_box_without_computed_bounds_says_nothing(tmp_path):
    caps = CAPS.replace("60 40", "-1 -1").replace("80 50", "0 0")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("capabilities.xml", caps)
        archive.writestr("page-00001.gml", gml(member(0)))
    (tmp_path / "pages.zip").write_bytes(buffer.getvalue())
    assert len(read(entry(), tmp_path / "pages.zip")) == 1
