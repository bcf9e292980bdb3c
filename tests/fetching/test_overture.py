"""Overture Maps from an S3 server on loopback, with a tiny release in its layout."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from pyarrow import fs

from geo_ree.deposits import normalize
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching import fetch_snapshot, read
from geo_ree.settings import Settings

MOTO = Path(__file__).parents[2] / ".servers" / "moto" / "bin" / "moto_server"
BUCKET = "overturemaps-us-west-2"
OLD, NEW = "2025-12-17.0", "2026-01-21.0"
BOX = (70.0, 45.0, 71.0, 46.0)
TEXTS = pa.map_(pa.string(), pa.string())
SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "geometry": pa.binary(),
        "bbox": pa.struct([(n, pa.float32()) for n in ("xmin", "xmax", "ymin", "ymax")]),
        "version": pa.int32(),
        "subtype": pa.string(),
        "class": pa.string(),
        "names": pa.struct([("primary", pa.string()), ("common", TEXTS)]),
    }
)
FLAGS = pa.list_(
    pa.struct([("values", pa.list_(pa.string())), ("between", pa.list_(pa.float64()))])
)
WITH_FLAGS = SCHEMA.append(pa.field("rail_flags", FLAGS)).append(pa.field("road_flags", FLAGS))
WITH_TAGS = SCHEMA.append(pa.field("source_tags", TEXTS))
HERE, THERE = [(70.2, 45.2), (70.4, 45.4)], [(10.0, 50.0), (10.1, 50.1)]


def row(name, subtype, kind, shape, *, names=None, **more):
    west, south, east, north = shape.bounds
    return {
        "id": name,
        "geometry": shape.wkb,
        "version": 1,
        "subtype": subtype,
        "class": kind,
        "bbox": {"xmin": west, "xmax": east, "ymin": south, "ymax": north},
        "names": names,
        **more,
    }


SEGMENTS = [
    row(
        "seg-1",
        "rail",
        "standard_gauge",
        shapely.LineString(HERE),
        names={"primary": "Выдуманная", "common": [("en", "Made-up Line")]},
    ),
    row("seg-2", "rail", "tram", shapely.LineString(HERE)),
    row("seg-3", "rail", None, shapely.LineString(HERE)),
    row("seg-4", "road", "trunk", shapely.LineString(HERE)),
    row("seg-5", "road", "footway", shapely.LineString(HERE)),
    row("seg-6", "water", None, shapely.LineString(HERE)),
    row(
        "seg-7",
        "rail",
        "narrow_gauge",
        shapely.LineString(HERE),
        rail_flags=[{"values": ["is_tunnel"], "between": [0.0, 0.1]}, {"values": ["is_disused"]}],
    ),
    row(
        "seg-8",
        "rail",
        "standard_gauge",
        shapely.LineString(HERE),
        rail_flags=[{"values": ["is_under_construction"]}],
    ),
    row(
        "seg-10",
        "rail",
        "standard_gauge",
        shapely.LineString(HERE),
        rail_flags=[{"values": ["is_abandoned"], "between": [0.9, 1.0]}],
    ),
    row(
        "seg-11",
        "road",
        "primary",
        shapely.LineString(HERE),
        road_flags=[{"values": ["is_under_construction"]}],
    ),
]
FAR = [row("seg-9", "rail", "standard_gauge", shapely.LineString(THERE))]
POWER = [
    row(
        "inf-1",
        "power",
        "power_line",
        shapely.LineString(HERE),
        source_tags=[("voltage", "220000;110000")],
    ),
    row("inf-2", "power", "substation", shapely.box(70.5, 45.5, 70.6, 45.6), source_tags=[]),
    row(
        "inf-3",
        "power",
        "plant",
        shapely.box(70.7, 45.7, 70.8, 45.8),
        source_tags=[("plant:source", "coal"), ("plant:output:electricity", "1 GW")],
    ),
    row("inf-4", "power", "power_tower", shapely.Point(70.5, 45.5)),
    row("inf-5", "bridge", "bridge", shapely.LineString(HERE)),
]


@pytest.fixture(scope="module")
def s3(require: Callable[[bool, str], None]) -> Iterator[str]:
    """Start Moto's S3 server on a free port, with one release in it, and give its address."""
    require(MOTO.is_file(), "Moto's S3 server is not installed: tools/servers/moto.sh")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [str(MOTO), "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            pytest.fail("moto does not start")
        _fill(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _fill(port: int) -> None:
    remote = fs.S3FileSystem(
        access_key="x",
        secret_key="x",
        region="us-west-2",
        scheme="http",
        endpoint_override=f"127.0.0.1:{port}",
        allow_bucket_creation=True,
    )
    remote.create_dir(BUCKET)
    home = f"{BUCKET}/release/{NEW}"
    for part, rows in enumerate((SEGMENTS, FAR)):
        table = pa.Table.from_pylist(rows, WITH_FLAGS)
        path = f"{home}/theme=transportation/type=segment/part-{part:05}.zstd.parquet"
        pq.write_table(table, path, filesystem=remote)
    table = pa.Table.from_pylist(POWER, WITH_TAGS)
    path = f"{home}/theme=base/type=infrastructure/part-00000.zstd.parquet"
    pq.write_table(table, path, filesystem=remote)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_root=tmp_path / "data", connect_timeout_s=2, read_timeout_s=2)


@pytest.fixture
def releases(site) -> str:
    site.files["/catalog.json"] = json.dumps({"type": "Catalog", "latest": NEW}).encode()
    return f"{site.url}/catalog.json"


@pytest.fixture
def entry(catalog, releases, s3):
    """Make one of the catalogue's entries ask the servers on loopback."""

    def make(name="overture_transport", **query):
        source = catalog[name]
        options = {**source.reader.query, "endpoint": s3, **query}
        reader = source.reader.model_copy(update={"query": options})
        tables = {"url": releases, "reader": reader}
        return source.model_copy(update=tables)

    return make


def opened(source, snapshot):
    return {p.part: read(p, snapshot.payload).set_index("osm_ref") for p in source.parts()}


def test_the_box_is_cut_from_the_newest_release(entry, settings):
    source = entry()
    snapshot = fetch_snapshot(source, settings, box=BOX)
    assert snapshot.payload.name == "overture_transport.parquet"
    assert snapshot.provenance.query == (
        f"s3://{BUCKET}/release/{NEW}/theme=transportation/type=segment "
        "bbox 70,45,71,46 subtype rail,road"
    )
    kept = pq.read_table(snapshot.payload)
    assert kept["id"].to_pylist() == [f"seg-{n}" for n in (1, 2, 3, 4, 5, 7, 8, 10, 11)]
    assert kept.column("names").to_pylist()[0]["primary"] == "Выдуманная"
    assert len(gpd.read_parquet(snapshot.payload)) == 9  # it is GeoParquet


def test_segments_become_railways_and_roads(entry, settings, countries):
    source = entry()
    snapshot = fetch_snapshot(source, settings, box=BOX)
    tables = opened(source, snapshot)
    assert set(tables["railways"].index) == {"seg-1", "seg-3", "seg-7", "seg-8", "seg-10"}
    assert tables["railways"].loc["seg-1", "osm_name"] == "Made-up Line"
    assert tables["railways"].geometry["seg-1"].equals(shapely.LineString(HERE))
    made = {
        p.part: normalize(read(p, snapshot.payload), p, countries).frame for p in source.parts()
    }
    assert made["railways"].set_index("id")["kind"].to_dict() == {
        "overture_transport:seg-1": "rail",
        "overture_transport:seg-3": "unknown",
        "overture_transport:seg-7": "disused",
        "overture_transport:seg-8": "building",
        "overture_transport:seg-10": "rail",
    }
    assert made["roads"][["id", "kind", "country"]].values.tolist() == [
        ["overture_transport:seg-4", "trunk", "KAZ"],
        ["overture_transport:seg-11", "building", "KAZ"],
    ]


def test_infrastructure_becomes_power_lines_and_plants(entry, settings, countries):
    source = entry("overture_power")
    snapshot = fetch_snapshot(source, settings, box=BOX)
    made = {
        p.part: normalize(read(p, snapshot.payload), p, countries).frame.set_index("id")
        for p in source.parts()
    }
    lines, plants = made["power_lines"], made["power_plants"]
    assert lines["kind"].to_dict() == {
        "overture_power:inf-1": "line",
        "overture_power:inf-2": "substation",
    }
    assert lines.loc["overture_power:inf-1", "voltage_kv"] == 220.0
    assert lines.geometry["overture_power:inf-2"].geom_type == "Point"
    assert plants[["kind", "fuel", "capacity_mw"]].values.tolist() == [
        ["operating", "Coal", 1000.0]
    ]
    assert plants.geometry.iloc[0].within(shapely.box(70.7, 45.7, 70.8, 45.8))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"offline": True}, "works offline; leave out --offline"),
        ({"mirror": "http://127.0.0.1:9"}, "a mirror cannot replace; leave out --mirror"),
    ],
)
def test_what_arrow_cannot_honour_is_refused(entry, tmp_path, site, changes, said):
    with pytest.raises(FetchError) as caught:
        fetch_snapshot(entry(), Settings(data_root=tmp_path / "data", **changes), box=BOX)
    assert said in str(caught.value)
    assert site.asked == []


def test_a_box_is_needed(entry, settings):
    with pytest.raises(FetchError, match="--bbox WEST,SOUTH,EAST,NORTH"):
        fetch_snapshot(entry(), settings)


def test_an_empty_box_is_an_error(entry, settings):
    with pytest.raises(FetchError, match="has nothing in the box; .*--bbox"):
        fetch_snapshot(entry(), settings, box=(0.0, 0.0, 1.0, 1.0))


def test_a_release_that_has_gone_is_an_error(entry, settings, site):
    site.files["/catalog.json"] = json.dumps({"latest": OLD}).encode()
    with pytest.raises(FetchError) as caught:
        fetch_snapshot(entry(), settings, box=BOX)
    assert f"s3://{BUCKET}/release/{OLD}/theme=transportation/type=segment is not there" in str(
        caught.value
    )


@pytest.mark.parametrize("listing", [b'{"latest": "newest"}', b'{"links": []}', b"[]"])
def test_a_catalogue_without_a_release_is_an_error(entry, settings, site, listing):
    source = entry()
    site.files["/catalog.json"] = listing
    with pytest.raises(FetchError, match="expected a release such as 2026-01-21.0"):
        fetch_snapshot(source, settings, box=BOX)


def test_a_dead_bucket_is_an_error_of_one_line(entry, settings):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(FetchError) as caught:
        fetch_snapshot(entry(endpoint=dead), settings, box=BOX)
    assert str(caught.value).startswith(f"overture_transport: s3://{BUCKET}/release/{NEW}")
    assert str(caught.value).endswith("check the network, then fetch again")
    assert "\n" not in str(caught.value)


def test_an_extract_beyond_the_cap_is_refused(entry, settings, tmp_path):
    small = Settings(data_root=tmp_path / "small", max_download_bytes=200)
    with pytest.raises(FetchError, match="at most 200 are accepted; .*smaller --bbox"):
        fetch_snapshot(entry(), small, box=BOX)
    assert not list((tmp_path / "small" / "raw").glob("*/*"))


@pytest.mark.parametrize("query", [{"bucket": ""}, {"path": "release/x"}])
def test_an_entry_that_lacks_an_option_is_an_error(entry, settings, query):
    with pytest.raises(FetchError, match="overture_transport: reader.query lacks"):
        fetch_snapshot(entry(**query), settings, box=BOX)


def test_a_damaged_extract_is_an_error(catalog, tmp_path):
    path = tmp_path / "cut.parquet"
    pq.write_table(pa.Table.from_pylist(SEGMENTS, SCHEMA), path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(SchemaError, match="overture_transport: cut.parquet is damaged"):
        read(catalog["overture_transport"].parts()[0], path)


def test_another_schema_is_an_error(catalog, tmp_path):
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"id": ["a"], "geometry": [b"x"]}), path)
    with pytest.raises(SchemaError, match="lacks the columns subtype, class; it has: id, geometry"):
        read(catalog["overture_transport"].parts()[0], path)
    pq.write_table(
        pa.table({"id": ["a"], "geometry": [b"x"], "subtype": ["rail"], "class": ["unknown"]}), path
    )
    with pytest.raises(SchemaError, match="is not in Overture's schema"):
        read(catalog["overture_transport"].parts()[0], path)
