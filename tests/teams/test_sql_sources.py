"""Layers that are read from PostGIS, by ``protocol = "sql"``."""

import logging
import os
import re
from pathlib import Path
from urllib.parse import quote

import geopandas as gpd
import pytest
import shapely

import geo_ree
from geo_ree.catalog import Source
from geo_ree.errors import DatabaseError, FetchError, SchemaError
from geo_ree.fetching import read
from geo_ree.fetching.probe import probe
from geo_ree.fetching.retrieval import fetch_snapshot
from geo_ree.settings import Settings

WORD = "made-up-9f3"
MADE = """
CREATE SCHEMA gis;
CREATE TABLE gis.rails (gid int PRIMARY KEY, title text, class text, built date, km numeric(8,2),
    electrified boolean, tags jsonb, geom geometry(LineString, 32643));
INSERT INTO gis.rails VALUES
    (2, 'Ост''рая', 'rail', '1990-05-01', 12.25, true, '{"a": 1}',
     ST_Transform('SRID=4326;LINESTRING(74 43,74.5 43.2)'::geometry, 32643)),
    (1, NULL, 'tram', NULL, NULL, NULL, NULL, ST_Transform('SRID=4326;LINESTRING(75 43,75.5 43)'::geometry, 32643)),
    (3, 'empty', 'rail', NULL, 1, false, NULL, NULL);
"""


@pytest.fixture
def made(database, ask, monkeypatch):
    """Gives a function that makes an entry of the database with the table ``gis.rails`` in it."""
    ask(MADE)
    monkeypatch.setenv("PGPASSWORD", WORD)

    def make(layer="gis.rails", where="", reader=None, **changes):
        entry = {
            "id": "team_rails",
            "title": "Railways of the team",
            "publisher": "The team",
            "country": "Kyrgyzstan",
            "label": "The team",
            "layer": "railways",
            "protocol": "sql",
            "url": database.replace(f":{WORD}@", "@"),
            "licence": "CC0",
            "attribution": "The team",
            "edition": "2026",
            "columns": {"native_id": "gid", "name": "title", "kind": "class"},
            "values": {"kind": {"rail": "rail", "*": "unknown"}},
            "reader": {"layer": layer, "where": where, **(reader or {})},
        }
        return Source.model_validate({**entry, **changes})

    return make


def _fetch(source, tmp_path, **settings):
    return fetch_snapshot(source, Settings(data_root=tmp_path / "data", **settings))


def test_a_table_becomes_a_snapshot_with_its_provenance(made, tmp_path, caplog, ask):
    caplog.set_level(logging.DEBUG)
    source = made(where="class = 'rail' OR class LIKE 'tr%'")
    snapshot = _fetch(source, tmp_path)
    frame = read(source, snapshot.payload)
    assert frame["gid"].tolist() == [1, 2, 3], "by the primary key"
    assert frame["title"].tolist()[1:] == ["Ост'рая", "empty"]
    assert isinstance(frame, gpd.GeoDataFrame) and frame.crs.to_epsg() == 32643
    back = frame.geometry.to_crs(4326).iloc[1]
    assert shapely.hausdorff_distance(back, shapely.LineString([(74, 43), (74.5, 43.2)])) < 1e-9
    proof = snapshot.provenance
    version = ask("SHOW server_version")
    assert proof.query.startswith(
        "table gis.rails, columns gid, title, class, geom, where class = 'rail' OR class LIKE 'tr%'; 3 rows; "
        f"PostgreSQL {version}, PostGIS 3"
    )
    assert proof.url == source.url and snapshot.payload.suffix == ".parquet"
    texts = [p.read_bytes() for p in (tmp_path / "data").rglob("*") if p.is_file()]
    assert not any(WORD.encode() in text for text in texts) and WORD not in caplog.text
    assert _fetch(source, tmp_path).payload == snapshot.payload, "the same rows are the same bytes"
    ask("DELETE FROM gis.rails WHERE gid = 1")
    assert _fetch(source, tmp_path).provenance.sha256 != proof.sha256


def test_the_layer_of_a_table_is_measured_to(made, tmp_path):
    source = made(where="geom IS NOT NULL")
    rails = geo_ree.normalize(read(source, _fetch(source, tmp_path).payload), source).frame
    assert rails["id"].tolist() == ["team_rails:1", "team_rails:2"]
    assert rails.crs.to_epsg() == 4326 and rails["kind"].tolist() == ["unknown", "rail"]


def test_all_columns_come_with_their_types_where_none_is_named(made, tmp_path):
    source = made(columns={}, values={}, constants={"kind": "rail"})
    frame = read(
        source,
        _fetch(
            source,
            tmp_path,
        ).payload,
    )
    assert frame["km"].tolist()[1:] == [12.25, 1.0] and frame["built"].tolist()[1] == "1990-05-01"
    assert (
        frame["electrified"].tolist()[1:] == [True, False]
        and frame["tags"].tolist()[1] == '{"a": 1}'
    )


def test_numbers_and_times_are_the_same_for_every_role(made, ask, tmp_path):
    long = 2**53 + 1
    ask(
        f"CREATE TABLE ids AS SELECT {long}::numeric(20) AS gid, {long}::numeric(16, 0) AS title, "
        "7::numeric(9, 0) AS n, '1990-05-01'::date AS day, '1990-05-01 12:00+03'::timestamptz AS t, "
        "'1 day'::interval AS i, 'rail' AS class"
    )
    odd = quote("-c datestyle=German -c timezone=Asia/Almaty -c intervalstyle=sql_standard")
    every = {"columns": {}, "values": {}, "constants": {"kind": "rail"}}
    for number, more in enumerate(("", f"?options={odd}")):
        source = made("ids", id=f"ids_{number}", url=made().url + more, **every)
        row = read(source, _fetch(source, tmp_path).payload).iloc[0].to_dict()
        assert (row["gid"], row["title"], row["n"]) == (str(long), str(long), 7.0)
        assert row["day"] == "1990-05-01" and row["t"] == "1990-05-01 09:00:00+00"
        assert row["i"] == "P1D"


def test_views_geographies_curves_and_shapes_without_srid(made, ask, tmp_path):
    ask(
        "CREATE VIEW public.bent AS SELECT gid, title, class, "
        "'SRID=4326;CIRCULARSTRING(70 43,71 44,72 43)'::geometry AS shape FROM gis.rails"
    )
    bent = made("bent")
    frame = read(bent, _fetch(bent, tmp_path).payload)
    assert set(frame.geom_type) == {"LineString"} and frame.crs.to_epsg() == 4326
    ask(
        "CREATE TABLE g AS SELECT gid, title, class, ST_Transform(geom, 4326)::geography AS g FROM gis.rails"
    )
    earth = made("g", id="earth")
    assert read(earth, _fetch(earth, tmp_path).payload).crs.to_epsg() == 4326
    ask("CREATE TABLE bare AS SELECT gid, title, class, ST_SetSRID(geom, 0) AS geom FROM gis.rails")
    with pytest.raises(SchemaError, match="states no reference system; name it in reader.crs"):
        _fetch(made("bare", id="bare"), tmp_path)
    bare = made("bare", id="bare", reader={"crs": "EPSG:32643"})
    assert read(bare, _fetch(bare, tmp_path).payload).crs.to_epsg() == 32643


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layer": "gis.roads"}, "has no table gis.roads; it has: .*gis.rails"),
        ({"layer": "rails"}, "has no table rails"),
        (
            {"columns": {"name": "titel"}},
            "has no column 'titel'; it has: gid, title, .*did you mean title",
        ),
        ({"where": "class = 'no such'"}, "no row of gis.rails meets the entry"),
        (
            {"where": "colour = 'red'"},
            'column "colour" does not exist; check reader.layer, reader.where and the columns',
        ),
        ({"where": "gid = 'x'"}, 'invalid input syntax for type integer: "x".*; check reader'),
    ],
)
def test_what_is_not_there_is_said_in_one_line(made, tmp_path, change, said):
    with pytest.raises((FetchError, DatabaseError), match=said) as error:
        _fetch(made(**change), tmp_path)
    assert "\n" not in str(error.value) and WORD not in str(error.value)
    assert not list((tmp_path / "data").rglob("*.parquet"))


def test_several_shapes_and_several_systems(made, ask, tmp_path):
    ask("CREATE TABLE two AS SELECT gid, title, class, geom AS a, geom AS b FROM gis.rails")
    with pytest.raises(FetchError, match="has several columns of shapes: a, b; make a view"):
        _fetch(made("two"), tmp_path)
    ask("CREATE TABLE mixed (gid int, title text, class text, geom geometry)")
    ask("INSERT INTO mixed SELECT gid, title, class, geom FROM gis.rails")
    ask("INSERT INTO mixed VALUES (9, 'x', 'rail', 'SRID=4326;POINT(70 43)')")
    with pytest.raises(FetchError, match="several reference systems: 4326, 32643"):
        _fetch(made("mixed"), tmp_path)


def test_a_column_of_texts_that_is_called_geometry(made, ask, tmp_path):
    ask("CREATE TABLE odd AS SELECT gid, title, class, geom, 'x' AS geometry FROM gis.rails")
    frame = read(made("odd"), _fetch(made("odd"), tmp_path).payload)
    assert set(frame.columns) == {"gid", "title", "class", "geometry"}
    every = {"columns": {}, "values": {}, "constants": {"kind": "rail"}}
    with pytest.raises(FetchError, match="has shapes, and a column 'geometry' that holds none"):
        _fetch(made("odd", id="every", **every), tmp_path)


def test_a_view_can_change_nothing(made, ask, tmp_path):
    ask("CREATE TABLE gis.log (a int)")
    ask(
        "CREATE FUNCTION gis.write() RETURNS int LANGUAGE sql VOLATILE AS "
        "'INSERT INTO gis.log VALUES (1) RETURNING a'"
    )
    ask("CREATE VIEW gis.trap AS SELECT gis.write() AS gid, title, class, geom FROM gis.rails")
    with pytest.raises(DatabaseError, match="cannot execute INSERT in a read-only transaction"):
        _fetch(made("gis.trap"), tmp_path)
    assert ask("SELECT count(*) FROM gis.log") == "0"


def test_a_table_that_answers_too_slowly(made, ask, tmp_path):
    ask("CREATE VIEW slow AS SELECT gid, title, class, geom FROM gis.rails, pg_sleep(20)")
    with pytest.raises(
        DatabaseError, match="due to statement timeout; allow more time: .*read_timeout_s"
    ):
        _fetch(made("slow"), tmp_path, read_timeout_s=0.3)


def test_limits_of_bytes_and_rows(made, tmp_path, monkeypatch):
    with pytest.raises(FetchError, match="at most 100 are accepted; select rows with reader.where"):
        _fetch(made(), tmp_path, max_download_bytes=100)
    monkeypatch.setattr("geo_ree.fetching.sql.MOST_ROWS", 2)
    with pytest.raises(FetchError, match="the table has more than 2 rows"):
        _fetch(made(), tmp_path)
    assert not list((tmp_path / "data").rglob("*.parquet"))


def test_a_connection_that_is_ended_keeps_the_old_snapshot(made, ask, tmp_path, monkeypatch):
    old = _fetch(made(), tmp_path)
    monkeypatch.setattr("geo_ree.fetching.postgres_rows.BATCH", 1)
    real = geo_ree.fetching.sql._bounded

    def bounded(batches, source_id):
        for batch in real(batches, source_id):
            yield batch
            ask(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'geo_ree'"
            )

    ask("DELETE FROM gis.rails WHERE gid = 1")
    monkeypatch.setattr(geo_ree.fetching.sql, "_bounded", bounded)
    with pytest.raises(DatabaseError, match="try again"):
        _fetch(made(), tmp_path)
    kept = list((tmp_path / "data").rglob("*.parquet"))
    assert kept == [old.payload]


def test_check_offline_and_mirror(made, tmp_path, monkeypatch):
    settings = Settings(data_root=tmp_path / "data")
    assert probe(made(), settings).word == "reachable"
    assert probe(made(), Settings(data_root=tmp_path, offline=True)).word == "offline"
    missing = probe(made("gis.roads"), settings)
    assert missing.word == "failed" and "has no table gis.roads" in missing.detail
    for more in ({"offline": True}, {"mirror": "http://127.0.0.1:1"}):
        with pytest.raises(FetchError, match="is not requested, because geo_ree works"):
            _fetch(made(), tmp_path, **more)
    monkeypatch.delenv("PGPASSWORD")
    with pytest.raises(DatabaseError, match="no password supplied"):
        _fetch(made(), tmp_path)
    assert os.environ.get("PGPASSWORD") is None


def test_a_run_reads_a_layer_of_its_own_run(small_run, database, made, tmp_path):
    from geo_ree.outputs.postgis import write_postgis

    write_postgis(small_run(), database)
    columns = {"native_id": "id", "country_reported": "country", "kind": "kind"}
    source = made("latest.railways", columns=columns)
    rails = geo_ree.normalize(read(source, _fetch(source, tmp_path).payload), source).frame
    assert len(rails) == 2


def test_the_entry_of_the_documentation_is_fetched(database, ask, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from geo_ree.cli.app import main

    page = (Path(__file__).parents[2] / "docs" / "adding-a-source.md").read_text("utf-8")
    (text,) = re.findall(r"^```toml database\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    ask(
        "CREATE SCHEMA gis; CREATE TABLE gis.railways (gid int PRIMARY KEY, title text, class text, "
        "built int, geom geometry(LineString, 4326)); INSERT INTO gis.railways VALUES "
        "(1, 'A', 'rail', 1950, 'SRID=4326;LINESTRING(74 42.8,75 42.9)'), "
        "(2, 'B', 'tram', 1950, 'SRID=4326;LINESTRING(74 42.8,75 42.9)')"
    )
    roads = gpd.GeoDataFrame(
        {"gid": [7], "title": ["M39"], "class": ["motorway"]},
        geometry=[shapely.LineString([(500_000, 4_700_000), (520_000, 4_710_000)])],
    )
    roads.to_parquet(tmp_path / "roads-1.parquet")
    text = text.replace(
        "postgresql://keeper@db.example.org/team", database.replace(f":{WORD}@", "@")
    )
    mine = tmp_path / "my.toml"
    mine.write_text(text.replace("/srv/team/", f"{tmp_path}/"), encoding="utf-8")
    monkeypatch.setenv("PGPASSWORD", WORD)
    call = ["--catalog", str(mine), "--data", str(tmp_path / "data")]
    done = CliRunner().invoke(main, ["fetch", "team_railways", "team_roads", *call])
    assert done.exit_code == 0, done.output
    assert WORD not in done.output
    for source_id, row in (("team_railways", 1), ("team_roads", 1)):
        (kept,) = (tmp_path / "data" / "raw" / source_id).rglob("*.parquet")
        assert len(gpd.read_parquet(kept)) == row
    shown = CliRunner().invoke(main, ["sources", "show", "team_railways", *call])
    assert shown.exit_code == 0 and "gis.railways" in shown.output
