"""OpenStreetMap files, written here with pyosmium, through the real catalogue entries."""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import osmium
import pytest
import shapely
from osmium.osm.mutable import Node, Relation, Way

from geo_ree.catalog import Source, load_catalog
from geo_ree.deposits import normalize
from geo_ree.errors import SchemaError, SettingsError
from geo_ree.fetching import fetch_snapshot, read
from geo_ree.pipeline.fetching import fetch
from geo_ree.reading.osm_tags import capacity_mw, voltage_kv

TABLES = ("railways", "roads", "power_lines", "power_plants", "protected_areas")
CORNERS = {n: (70 + 0.1 * n, 45 + 0.05 * (n * 7 % 5)) for n in range(1, 60)}

Write = Callable[..., Path]


def way(number: int, nodes: Sequence[int], **tags: str) -> Way:
    named = {key.replace("__", ":"): value for key, value in tags.items()}
    return Way(id=number, nodes=nodes, tags=named, version=1)


WAYS = (
    way(1, [1, 2, 3], railway="rail", name="Ойдан жол", name__en="Made-up Line", usage="main"),
    way(2, [3, 4], railway="construction", construction="rail", name="Выдуманная"),
    way(3, [4, 5], railway="rail", service="siding"),
    way(4, [5, 6], railway="rail", service="spur"),
    way(5, [6, 7], railway="narrow_gauge"),
    way(6, [7, 8], disused__railway="rail"),
    way(7, [8, 9], railway="tram"),
    way(8, [9, 10], railway="abandoned"),
    way(10, [10, 11, 12], highway="motorway_link"),
    way(11, [12, 13], highway="trunk", name="Жол"),
    way(12, [13, 14, 15, 13], highway="tertiary", junction="roundabout"),
    way(13, [15, 16], highway="residential"),
    way(14, [16, 17], highway="construction", construction="primary"),
    way(20, [17, 18], power="line", voltage="110000;220000"),
    way(21, [18, 19], power="minor_line", voltage="tall"),
    way(22, [20, 21, 22, 20], power="substation", voltage="500 kV"),
    way(23, [20, 21, 23, 20], power="substation", substation="minor_distribution"),
    way(24, [23, 24], power="cable", voltage="110000"),
    way(
        30, [24, 25, 26, 24], power="plant", plant__source="coal", plant__output__electricity="2 GW"
    ),
    way(31, [27, 28, 29]),
    way(32, [29, 30, 27]),
    way(33, [30, 31, 32, 30], construction__power="plant", plant__source="solar"),
    way(34, [31, 32, 33, 31], power="abandoned", abandoned="plant"),
)
NODES = {
    50: {
        "power": "plant",
        "name": "ГЭС",
        "plant:source": "hydro",
        "plant:output:electricity": "yes",
    },
    51: {"power": "generator", "generator:source": "wind"},
    52: {"power": "substation", "voltage": "35000"},
}
RELATIONS = (
    Relation(
        id=7,
        version=1,
        members=[("w", 31, "outer"), ("w", 32, "outer")],
        tags={
            "type": "multipolygon",
            "power": "plant",
            "plant:source": "nuclear",
            "plant:output:electricity": "1,5 GW",
        },
    ),
    Relation(
        id=8,
        version=1,
        members=[("n", 51, ""), ("n", 53, "")],
        tags={"type": "site", "power": "plant", "plant:source": "wind", "name": "Made-up Wind"},
    ),
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write an OpenStreetMap file; without the parts that are left out, or in another order."""

    def put(
        name: str = "kazakhstan-latest.osm.pbf",
        *,
        ways: Sequence[Way] = WAYS,
        relations: Sequence[Relation] = RELATIONS,
        nodes: Sequence[int] = tuple(CORNERS),
        is_sorted: bool = True,
        order: str = "nwr",
    ) -> Path:
        path = tmp_path / name
        header = osmium.io.Header()
        if is_sorted:
            header.set("sorting", "Type_then_ID")
        things = {
            "n": [Node(id=n, location=CORNERS[n], tags=NODES.get(n, {}), version=1) for n in nodes],
            "w": ways,
            "r": relations,
        }
        with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
            for kind in order:
                for thing in things[kind]:
                    getattr(writer, {"n": "add_node", "w": "add_way", "r": "add_relation"}[kind])(
                        thing
                    )
        return path

    return put


@pytest.fixture
def kazakhstan(catalog: Mapping[str, Source]) -> Source:
    return catalog["osm_kazakhstan"]


@pytest.fixture
def opened(write: Write, kazakhstan: Source) -> dict[str, gpd.GeoDataFrame]:
    path = write()
    return {p.part: read(p, path).set_index("osm_ref") for p in kazakhstan.parts()}


def part(source: Source, name: str) -> Source:
    return next(p for p in source.parts() if p.part == name)


def test_the_entry_has_its_tables(kazakhstan):
    assert tuple(p.part for p in kazakhstan.parts()) == TABLES


def test_protected_areas_are_ways_and_relations_with_their_outlines(write, kazakhstan):
    ways = (
        way(40, [1, 2, 3, 1], leisure="nature_reserve", name="Қорық"),
        way(41, [4, 5, 6, 4], boundary="protected_area", protect_class="1a", leisure="park"),
        way(42, [7, 8, 9]),
        way(43, [9, 10, 7]),
        way(44, [11, 12, 13, 11], boundary="administrative"),
    )
    park = Relation(
        id=9,
        version=1,
        members=[("w", 42, "outer"), ("w", 43, "outer")],
        tags={"type": "boundary", "boundary": "national_park", "name:en": "Made-up Park"},
    )
    path = write(ways=ways, relations=(park,))
    areas = read(part(kazakhstan, "protected_areas"), path).set_index("osm_ref")
    assert areas["protected_as"].to_dict() == {
        "way/40": "nature_reserve",
        "way/41": "protected_area",
        "relation/9": "national_park",
    }
    assert set(areas.geom_type) <= {"Polygon", "MultiPolygon"}
    assert areas.loc["relation/9", "osm_name"] == "Made-up Park"
    assert areas.loc["way/41", "protect_class"] == "1a"


def test_lines_are_ways_with_their_tags_as_they_are(opened):
    rails = opened["railways"]
    assert set(rails.index) == {f"way/{n}" for n in (1, 2, 4, 5, 6, 8)}
    assert rails.loc["way/1", "name"] == "Ойдан жол"
    assert rails.loc["way/1", "osm_name"] == "Made-up Line"
    assert rails.loc["way/2", "osm_name"] == "Выдуманная"
    assert rails.geometry["way/1"].equals_exact(
        shapely.LineString([CORNERS[1], CORNERS[2], CORNERS[3]]), 1e-7
    )
    assert rails.crs.to_epsg() == 4326


def test_a_ring_road_stays_a_line(opened):
    assert opened["roads"].geometry["way/12"].is_ring


def test_a_lines_only_entry_sees_closed_ways_with_any_tag_as_lines(write, kazakhstan):
    yard = way(1, [1, 2, 3, 1], railway="rail", landuse="railway")
    path = write(ways=[yard], relations=[])
    assert read(part(kazakhstan, "railways"), path)["osm_ref"].tolist() == ["way/1"]


def test_nodes_areas_and_relations_have_their_own_references(opened):
    assert set(opened["power_plants"].index) == {
        "node/50",
        "way/30",
        "relation/7",
        "relation/8",
        "way/33",
        "way/34",
    }
    assert set(opened["power_lines"].index) == {
        "way/20",
        "way/21",
        "way/22",
        "way/24",
        "node/52",
    }


def test_areas_and_sites_become_points_on_them(opened):
    plants = opened["power_plants"].geometry
    assert set(plants.geom_type) == {"Point"}
    assert plants["way/30"].within(shapely.Polygon([CORNERS[n] for n in (24, 25, 26)]))
    joined = shapely.Polygon([CORNERS[n] for n in (27, 28, 29, 30)])
    assert plants["relation/7"].within(joined)
    assert plants["relation/8"].equals_exact(shapely.Point(CORNERS[51]), 1e-7) or plants[
        "relation/8"
    ].equals_exact(shapely.Point(CORNERS[53]), 1e-7)


def test_areas_stay_areas_where_the_layer_has_them(write, kazakhstan):
    reader = kazakhstan.reader.model_copy(
        update={"layer": "multipolygons", "where": "\"natural\" = 'water'"}
    )
    lakes = kazakhstan.model_copy(
        update={
            "layer": "water",
            "table": (),
            "reader": reader,
            "columns": {"native_id": "osm_ref"},
        }
    )
    path = write(ways=[way(1, [1, 2, 3, 1], natural="water")], relations=[])
    assert read(lakes, path).geometry.geom_type.tolist() == ["MultiPolygon"]


def test_voltage_and_capacity_are_numbers_in_their_unit(opened):
    lines, plants = opened["power_lines"], opened["power_plants"]
    assert lines["voltage_kv"].to_dict() == {
        "way/20": "220",
        "way/21": None,
        "way/22": "500",
        "way/24": "110",
        "node/52": "35",
    }
    assert lines.loc["way/20", "voltage"] == "110000;220000"
    assert plants["capacity_mw"].dropna().to_dict() == {"way/30": "2000", "relation/7": "1500"}


def test_unrecognised_values_are_counted(write, kazakhstan, caplog):
    with caplog.at_level(logging.WARNING):
        read(part(kazakhstan, "power_lines"), write())
    assert "1 features have an unrecognised voltage, left blank: 'tall' (1)" in caplog.text


def test_tags_become_the_kinds_of_the_layers(write, kazakhstan, countries):
    path = write()
    made = {p.part: normalize(read(p, path), p, countries).frame for p in kazakhstan.parts()}
    kinds = {
        n: f.set_index("id")["kind"].rename(lambda i: i.split(":")[1]) for n, f in made.items()
    }
    assert kinds["railways"].to_dict() == {
        "way/1": "rail",
        "way/2": "building",
        "way/4": "rail",
        "way/5": "narrow_gauge",
        "way/6": "disused",
        "way/8": "disused",
    }
    assert kinds["roads"].to_dict() == {
        "way/10": "motorway",
        "way/11": "trunk",
        "way/12": "tertiary",
        "way/14": "building",
    }
    assert kinds["power_lines"].to_dict() == {
        "way/20": "line",
        "way/21": "minor_line",
        "way/22": "substation",
        "way/24": "line",
        "node/52": "substation",
    }
    assert kinds["power_plants"].to_dict() == {
        "node/50": "operating",
        "way/30": "operating",
        "relation/7": "operating",
        "relation/8": "operating",
        "way/33": "building",
        "way/34": "closed",
    }
    lines = made["power_lines"].set_index("id")
    assert lines.loc["osm_kazakhstan:way/20", "voltage_kv"] == 220.0
    plants = made["power_plants"].set_index("id")
    assert plants.loc["osm_kazakhstan:way/30", "capacity_mw"] == 2000.0
    assert plants.loc["osm_kazakhstan:way/30", "fuel"] == "Coal"
    assert (plants["position_error_m"] == 200.0).all()
    assert (made["roads"]["lateral_error_km"] == 0.02).all()
    assert set(made["railways"]["country"]) == {"KAZ"}
    assert made["roads"].set_index("id").loc["osm_kazakhstan:way/11", "name"] == "Жол"


def test_a_country_without_plants_gives_an_empty_table(write, kazakhstan):
    path = write(ways=WAYS[:1], relations=[], nodes=range(1, 10))
    plants = read(part(kazakhstan, "power_plants"), path)
    assert len(plants) == 0
    assert {"osm_ref", "osm_name", "power_class", "plant:source", "capacity_mw"} <= {*plants}
    assert len(read(part(kazakhstan, "railways"), path)) == 1


def test_a_country_without_plants_is_fetched_and_one_without_anything_is_an_error(write, settings):
    lines = write(ways=WAYS[:1], relations=[], nodes=[1, 2, 3])
    (outcome,) = fetch("osm_kazakhstan", settings=settings, file=lines).outcomes
    assert {t["table"]: t["rows_read"] for t in outcome.tables} == {
        "railways": 1,
        "roads": 0,
        "power_lines": 0,
        "power_plants": 0,
        "protected_areas": 0,
    }
    nothing = write(ways=[], relations=[], nodes=[1])
    (outcome,) = fetch("osm_kazakhstan", settings=settings, file=nothing).outcomes
    assert "none of its tables has any rows" in outcome.error


def test_an_entry_of_one_table_must_not_be_empty(write, kazakhstan):
    alone = part(kazakhstan, "power_plants").model_copy(update={"part": ""})
    path = write(ways=WAYS[:1], relations=[], nodes=range(1, 10))
    with pytest.raises(SchemaError, match="osm_kazakhstan: kazakhstan-latest.osm.pbf has no rows"):
        read(alone, path)


def test_a_file_is_fetched_and_checked_like_any_other(write, kazakhstan, site, settings):
    content = write().read_bytes()
    site.files["/download.geofabrik.de/asia/kazakhstan-latest.osm.pbf"] = content
    snapshot = fetch_snapshot(kazakhstan, settings)
    assert snapshot.payload.name == "kazakhstan-latest.osm.pbf"
    assert snapshot.payload.read_bytes() == content
    assert snapshot.provenance.licence == "ODbL 1.0"


@pytest.mark.slow
@pytest.mark.parametrize("keep", [0, 2, 40, 0.5, -1])
def test_a_file_cut_short_is_an_error_of_one_line(write, kazakhstan, keep):
    path = write()
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep) if isinstance(keep, float) else keep])
    with pytest.raises(SchemaError) as caught:
        read(part(kazakhstan, "railways"), path)
    said = str(caught.value)
    assert said.startswith("osm_kazakhstan: kazakhstan-latest.osm.pbf is not a whole .osm.pbf file")
    assert said.endswith("; fetch it again with geo-ree fetch osm_kazakhstan")
    assert "\n" not in said


def test_one_wrong_bit_anywhere_is_an_error_or_does_no_harm(write, kazakhstan):
    path = write()
    whole = path.read_bytes()
    rails = part(kazakhstan, "railways")
    expected = read(rails, path)["osm_ref"].tolist()
    errors, places = 0, range(0, len(whole), 3)
    for place in places:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        try:
            assert read(rails, path)["osm_ref"].tolist() == expected
        except SchemaError:
            errors += 1
    assert errors > 0.95 * len(places)


@pytest.mark.parametrize(
    "content",
    [b"<!DOCTYPE html><html></html>", b"PK\x03\x04" + bytes(60), b"<?xml version='1.0'?><osm/>"],
)
def test_another_kind_of_file_is_an_error(tmp_path, kazakhstan, content):
    path = tmp_path / "provided.pbf"
    path.write_bytes(content)
    with pytest.raises(SchemaError, match="provided.pbf is not a whole .osm.pbf file"):
        read(part(kazakhstan, "roads"), path)


def test_a_missing_file_is_an_error(tmp_path, kazakhstan):
    with pytest.raises(SchemaError, match="cannot be read"):
        read(part(kazakhstan, "roads"), tmp_path / "gone.osm.pbf")


def test_a_file_that_is_not_sorted_gives_the_same_rows(write, kazakhstan, opened):
    mixed = [*reversed(list(CORNERS))]
    path = write("mixed.osm.pbf", nodes=mixed, is_sorted=False)
    for name, expected in opened.items():
        found = read(part(kazakhstan, name), path).set_index("osm_ref")
        assert set(found.index) == set(expected.index)
        assert (
            found.geometry.reindex(expected.index).geom_equals_exact(expected.geometry, 1e-7).all()
        )


@pytest.mark.parametrize("order", ["wnr", "rwn"])
def test_a_file_in_another_order_gives_the_same_rows(write, kazakhstan, opened, order):
    path = write("other.osm.pbf", order=order, is_sorted=False)
    for name, expected in opened.items():
        found = read(part(kazakhstan, name), path).set_index("osm_ref")
        assert found.drop(columns="geometry").equals(expected.drop(columns="geometry"))
        assert found.geometry.geom_equals_exact(expected.geometry, 1e-7).all()


def test_a_file_that_claims_to_be_sorted_and_is_not(write, kazakhstan, opened):
    path = write("mixed.osm.pbf", nodes=[*reversed(list(CORNERS))])
    for name, expected in opened.items():
        assert set(read(part(kazakhstan, name), path)["osm_ref"]) == set(expected.index)


def test_negative_ids_are_an_error(tmp_path, kazakhstan):
    """As editors number new features."""
    path = tmp_path / "edited.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for number in (-1, -2):
            writer.add_node(Node(id=number, location=(70 + number, 45), version=1))
        writer.add_way(way(-5, [-1, -2], railway="rail"))
    with pytest.raises(SchemaError, match="negative ids"):
        read(part(kazakhstan, "railways"), path)


def test_a_node_that_is_missing_shortens_its_way(write, kazakhstan, caplog):
    ways = [way(1, [1, 2, 99], railway="rail"), way(2, [3, 98], railway="rail")]
    rails = read(part(kazakhstan, "railways"), write(ways=ways, relations=[]))
    assert rails["osm_ref"].tolist() == ["way/1"]
    assert shapely.get_num_points(rails.geometry.iloc[0]) == 2
    assert "skipped 1 features" in caplog.text and "way/2" in caplog.text


def test_only_the_content_of_a_file_counts(write, kazakhstan, tmp_path):
    """By its name, libosmium would take a file for another format, or decompress it."""
    for name in ("x.osm", "x.o5m", "x.osm.bz2", "x.opl"):
        path = write().rename(tmp_path / name)
        assert len(read(part(kazakhstan, "railways"), path)) == 6


def test_a_tag_is_never_more_than_a_text(write, kazakhstan, tmp_path):
    """Anybody may edit OpenStreetMap: GDAL took such a name for a data source and opened it."""
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n", encoding="utf-8")
    for name in (
        "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>"
        f"{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        "' OR 1=1 --",
        '{"type": "Topology"}',
    ):
        named = way(1, [1, 2], railway="rail", name=name)
        other = way(2, [3, 4], highway="track", name=name)
        path = write(ways=[named, other], relations=[])
        rails = read(part(kazakhstan, "railways"), path)
        assert rails[["osm_ref", "name"]].values.tolist() == [["way/1", name]]


@pytest.mark.parametrize(
    ("where", "selected"),
    [
        ("railway = 'RAIL'", {1, 3, 4}),
        ("railway LIKE 'narrow%' OR usage ILIKE 'MAIN'", {1, 5}),
        ('"disused:railway" IS NOT NULL', {6}),
        ("disused:railway = 'rail'", {6}),
        ("railway IS NULL AND highway IN ('trunk') AND name = 'Жол'", {11}),
        ("NOT (railway IS NULL) AND railway <> 'rail'", {2, 5, 7, 8}),
        ("highway = 'it''s'", set()),
        ("railway IS NULL AND highway IS NULL AND power IS NULL", {6, 31, 32, 33}),
        ("CAST(voltage AS integer) > 100000", {20, 24}),
    ],
)
def test_conditions(write, kazakhstan, where, selected):
    rails = part(kazakhstan, "railways")
    reader = rails.reader.model_copy(update={"where": where})
    found = read(rails.model_copy(update={"reader": reader}), write())
    assert set(found["osm_ref"]) == {f"way/{n}" for n in selected}


@pytest.mark.parametrize(
    "where",
    [
        "railway IN (SELECT name FROM sqlite_master)",
        "1) UNION SELECT load_extension('x') --",
        "railway = randomblob(1000000000)",
        "railway = 1; ATTACH 'x.db' AS x",
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n) > 1",
    ],
)
def test_a_condition_cannot_do_more_than_compare(write, kazakhstan, tmp_path, monkeypatch, where):
    monkeypatch.chdir(tmp_path)
    rails = part(kazakhstan, "railways")
    reader = rails.reader.model_copy(update={"where": where})
    with pytest.raises(SchemaError, match="reader.where cannot be evaluated"):
        read(rails.model_copy(update={"reader": reader}), write())
    assert not (tmp_path / "x.db").exists()


def test_a_relation_without_its_members_is_skipped(write, kazakhstan):
    lost = Relation(
        id=9,
        version=1,
        members=[("w", 999, "outer")],
        tags={"type": "multipolygon", "power": "plant"},
    )
    lost_site = Relation(
        id=10, version=1, members=[("n", 999, "")], tags={"type": "site", "power": "plant"}
    )
    path = write(relations=[*RELATIONS, lost, lost_site])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plants = read(part(kazakhstan, "power_plants"), path)
    assert len(plants) == 6
    assert not plants.geometry.isna().any()


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        ({"layer": "railways"}, "reader.layer has 'railways'"),
        ({"where": ""}, "reader.where is missing"),
        ({"where": "railway ="}, "reader.where cannot be evaluated"),
        ({"where": "\"odd key\" = 'x'"}, "'odd key' cannot be the key of a tag"),
    ],
)
def test_an_entry_that_asks_for_what_cannot_be_is_an_error(write, kazakhstan, reader, said):
    rails = part(kazakhstan, "railways")
    odd = rails.model_copy(update={"reader": rails.reader.model_copy(update=reader)})
    with pytest.raises(SchemaError) as caught:
        read(odd, write())
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_an_error(write, kazakhstan, monkeypatch):
    path = write()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 0, 1))
    with pytest.raises(SettingsError, match="MB free, .* make room, or name another folder"):
        read(part(kazakhstan, "railways"), path)


def test_a_disk_that_fills_up_amid_the_reading_is_not_a_damaged_file(
    write, kazakhstan, monkeypatch
):
    def full(*_):
        raise RuntimeError("Could not resize file: Not enough space on filesystem")

    monkeypatch.setattr(osmium, "apply", full)
    with pytest.raises(SettingsError, match="is full .*; make room"):
        read(part(kazakhstan, "railways"), write())


def test_nothing_is_left_behind(write, kazakhstan, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.chdir(scratch)
    assert len(read(part(kazakhstan, "power_plants"), write())) == 6
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("country", "code", "evidence"),
    [
        ("kazakhstan", "KAZ", "confirmed"),
        ("uzbekistan", "UZB", "confirmed"),
        ("kyrgyzstan", "KGZ", "confirmed"),
        ("afghanistan", "AFG", "confirmed"),
        ("tajikistan", "TJK", "pattern"),
        ("turkmenistan", "TKM", "pattern"),
        ("mongolia", "MNG", "pattern"),
    ],
)
def test_each_country_has_an_entry_with_the_same_tables(catalog, country, code, evidence):
    entry, model = catalog[f"osm_{country}"], catalog["osm_kazakhstan"]
    assert entry.url == f"https://download.geofabrik.de/asia/{country}-latest.osm.pbf"
    assert (entry.coverage, entry.evidence, entry.licence) == ((code,), evidence, "ODbL 1.0")
    assert entry.attribution == "© OpenStreetMap contributors"
    assert entry.table == model.table
    assert country.title() in entry.title


def test_a_users_own_entry_reads_other_features_by_a_table_alone(write, tmp_path, countries):
    own = tmp_path / "my.toml"
    own.write_text(
        """
        [[source]]
        id = "my_towns"
        like = "osm_kazakhstan"
        title = "Towns of an OpenStreetMap file"

        [[source.table]]
        name = "towns"
        layer = "settlements"
        columns = { kind = "place", population = "population" }
        values = { kind = { city = "town", town = "town", "*" = "village" } }
        reader = { layer = "points,multipolygons", where = "place IN ('city', 'town', 'village')" }
        """,
        encoding="utf-8",
    )
    towns = load_catalog(own)["my_towns"].parts()[0]
    square = way(1, [1, 2, 3, 1], place="village", name="Made-up Village")
    path = write(ways=[square], relations=[])
    made = normalize(read(towns, path), towns, countries).frame
    assert made[["id", "name", "kind"]].values.tolist() == [
        ["my_towns:way/1", "Made-up Village", "village"]
    ]


@pytest.mark.parametrize(
    ("text", "kilovolts"),
    [
        ("220000", 220.0),
        ("220000;110000", 220.0),
        ("110000/35000", 110.0),
        ("35 kV", 35.0),
        ("6kv", 6.0),
        ("400", 0.4),
        ("10000;", 10.0),
        ("", None),
        (";", None),
        ("medium", None),
        ("110000;fixme", None),
        ("380000;380000;150000", 380.0),
        ("10000,400", 10.0),
        ("20,000", None),
        ("35.000 V", None),
        ("110,000;35,000", None),
        ("-1", None),
    ],
)
def test_voltages(text, kilovolts):
    assert voltage_kv(text) == kilovolts


@pytest.mark.parametrize(
    ("text", "megawatts"),
    [
        ("500 MW", 500.0),
        ("2 GW", 2000.0),
        ("750 kW", 0.75),
        ("1500000 W", 1.5),
        ("5.5MW", 5.5),
        ("1,5 GW", 1500.0),
        ("100 MWp", 100.0),
        ("60 mw", 60.0),
        ("1,200 MW", None),
        ("500", None),
        ("yes", None),
        ("small_installation", None),
        ("2x50 MW", None),
        ("", None),
    ],
)
def test_capacities(text, megawatts):
    assert capacity_mw(text) == megawatts
