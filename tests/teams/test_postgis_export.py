"""What an export leaves in the database: tables, keys, comments, the views of ``latest``."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from psycopg.sql import Identifier

from geo_ree.outputs.database_switch import _grant
from geo_ree.outputs.postgis import write_postgis
from geo_ree.outputs.table_files import one_shape

KEYS = """
SELECT c.conrelid::regclass::text, c.contype, pg_get_constraintdef(c.oid) FROM pg_constraint c
WHERE c.connamespace = '{}'::regnamespace ORDER BY 1, 2, 3"""
UNCOMMENTED = """
SELECT c.relname || '.' || a.attname FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace IN ('{}'::regnamespace, 'latest'::regnamespace) AND c.relkind IN ('r', 'v')
AND (coalesce(col_description(c.oid, a.attnum), '') = '' OR coalesce(obj_description(c.oid), '') = '')"""


def _rows(database, table, order="id"):
    with psycopg.connect(database) as base:
        cursor = base.execute(f'SELECT * FROM {table} ORDER BY "{order}"')
        return pd.DataFrame(cursor.fetchall(), columns=[c.name for c in cursor.description])


def _shapes(database, table):
    rows = _rows(database, table)
    return gpd.GeoDataFrame(
        rows.drop(columns="geom"), geometry=shapely.from_wkb(rows["geom"]), crs=4326
    )


def _known(column):
    return [None if pd.isna(value) else value for value in column]


def test_every_cell_arrives_as_it_was(small_run, database):
    run = small_run()
    schema = write_postgis(run, database)
    assert schema == "run_aa11"
    found = _shapes(database, "latest.deposits")
    assert_geodataframe_equal(found, run.scored, check_dtype=False)
    assert found["score"].tolist()[1] == 0.1 + 0.2
    assert _rows(database, "latest.criteria", "name")["weight"].tolist() == [1.0]


def test_what_is_unknown_is_null_and_a_blank_text_is_not(small_run, database, ask):
    write_postgis(small_run(), database)
    assert ask("SELECT id FROM latest.deposits WHERE country IS NULL") == "t:2"
    assert ask("SELECT id FROM latest.deposits WHERE score IS NULL") == "t:2"
    assert ask("SELECT id FROM latest.deposits WHERE name = ''") == "t:2"
    assert ask("SELECT count(*) FROM latest.unranked WHERE geom IS NULL") == "1"


def test_keys_hold_and_shapes_have_an_index(small_run, database, ask):
    schema = write_postgis(small_run(), database)
    keys = ask(KEYS.format(schema)).splitlines()
    assert "run_aa11.deposits|p|PRIMARY KEY (id)" in keys
    assert 'run_aa11."values"|p|PRIMARY KEY (deposit, attribute)' in keys
    assert 'run_aa11.flags|p|PRIMARY KEY ("row")' in keys, "a fact is unknown: no key of its own"
    assert "run_aa11.corridors|f|FOREIGN KEY (deposit_id) REFERENCES run_aa11.deposits(id)" in keys
    assert "run_aa11.railways|f|FOREIGN KEY (source_id) REFERENCES run_aa11.sources(id)" in keys
    tables = ask(f"SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}'")
    assert sum("|p|" in key for key in keys) == int(tables)
    shapes = ask(f"SELECT count(*) FROM geometry_columns WHERE f_table_schema = '{schema}'")
    found = ask(
        f"SELECT count(*) FROM pg_indexes WHERE schemaname = '{schema}' AND indexdef ~ 'gist'"
    )
    assert found == shapes == "7"
    kinds = ask(
        "SELECT f_table_name, type, srid FROM geometry_columns WHERE f_table_schema = 'latest' ORDER BY 1"
    )
    assert "water|LINESTRING|4326" in kinds and "water_areas|POLYGON|4326" in kinds


def test_every_table_and_column_says_what_it_is_and_whose(small_run, database, ask):
    schema = write_postgis(small_run(), database)
    assert ask(UNCOMMENTED.format(schema)) == ""
    unit = f"SELECT col_description('{schema}.deposits'::regclass, 4)"
    assert ask(unit) == "infrastructure access score, 0 to 100 [points]"
    for table in (f"{schema}.deposits", "latest.deposits"):
        comment = ask(f"SELECT obj_description('{table}'::regclass)")
        assert "OpenStreetMap contributors" in comment and "Open Database License" in comment
        assert "geo_ree run aa11" in comment
    about = ask("SELECT text FROM latest.read_me WHERE about = 'attribution'")
    assert about == "Borders: © OpenStreetMap contributors (ODbL)"
    listed = ask("SELECT count(*) FROM latest.columns WHERE \"table\" = 'columns'")
    assert listed == "5", "the dictionary describes itself, too"


def test_runs_lie_beside_each_other_and_latest_shows_the_last(small_run, database, ask):
    first, second = small_run(), small_run("bb22", (5.0, 6.0))
    write_postgis(first, database)
    write_postgis(second, database)
    assert ask("SELECT count(*) FROM run_aa11.deposits") == "4"
    assert ask("SELECT count(*) FROM latest.deposits") == "2"
    assert ask("SELECT text FROM latest.read_me WHERE about = 'run id'") == "bb22"
    write_postgis(first, database)
    assert ask("SELECT count(*) FROM latest.deposits") == "4"
    assert ask("SELECT nspname FROM pg_namespace WHERE nspname ~ '^run|draft' ORDER BY 1") == (
        "run_aa11\nrun_bb22"
    )


def test_views_of_another_shape_are_replaced_with_their_rights(small_run, database, ask):
    ask("DROP ROLE IF EXISTS looker")
    ask("CREATE ROLE looker")
    write_postgis(small_run(), database)
    ask("GRANT USAGE ON SCHEMA latest, run_aa11 TO looker")
    ask("GRANT SELECT ON latest.deposits, run_aa11.deposits, latest.water_areas TO looker")
    for table in ("latest.deposits", "run_aa11.deposits"):
        ask(f"GRANT UPDATE (name, score) ON {table} TO looker WITH GRANT OPTION")
        ask(f"GRANT REFERENCES (id) ON {table} TO PUBLIC")
    wider = small_run().scored.drop(columns="score").assign(p_top3=0.5)
    other = small_run("cc33", scored=wider, infrastructure={})
    write_postgis(other, database)
    columns = ask(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'latest.deposits'::regclass AND attnum > 0"
    )
    assert columns.splitlines() == ["id", "name", "country", "rank_in_role", "p_top3", "geom"]
    assert ask("SELECT to_regclass('latest.water_areas') IS NULL") == "t"
    may = "SELECT has_column_privilege('looker', '{}', '{}', '{}')"
    assert ask(may.format("latest.deposits", "name", "UPDATE WITH GRANT OPTION")) == "t"
    write_postgis(small_run(), database)
    for table in ("latest.deposits", "run_aa11.deposits"):
        assert ask(f"SELECT has_table_privilege('looker', '{table}', 'SELECT')") == "t"
        assert ask(may.format(table, "name", "UPDATE WITH GRANT OPTION")) == "t"
        assert ask(may.format(table, "id", "REFERENCES")) == "t"
        assert ask(may.format(table, "id", "UPDATE")) == "f"
        assert ask(may.format(table, "name", "REFERENCES")) == "f"
    assert ask(may.format("run_aa11.deposits", "score", "UPDATE")) == "t"
    assert ask("SELECT has_schema_privilege('looker', 'run_aa11', 'USAGE')") == "t"
    ask("DROP OWNED BY looker")
    ask("DROP ROLE looker")


def test_own_columns_get_names_that_a_database_takes(small_run, database, ask):
    long = "содержание суммы оксидов редких земель, процентов"
    own = small_run().scored.assign(**{long: 1.5, "xmin": 3, "geom": "text", "100%": "a{b}"})
    own[long + "!"] = 2.5
    write_postgis(small_run(scored=own), database)
    rows = _rows(database, "latest.deposits")
    names = list(rows.columns)
    assert len(set(names)) == len(names) == len(own.columns)
    assert max(len(n.encode()) for n in names) <= 63
    assert rows["xmin_"].tolist() == [3] * 4 and rows["geom_"].tolist() == ["text"] * 4
    assert rows["100%"].tolist() == ["a{b}"] * 4
    said = ask("SELECT count(*) FROM latest.columns WHERE \"column\" ~ '^содержание'")
    assert said == "2"


def test_a_nul_in_a_text_is_left_out(small_run, database, ask):
    odd = small_run().scored.assign(name=["a\x00b", "\x00", None, "c"])
    write_postgis(small_run(scored=odd), database)
    assert ask("SELECT name FROM latest.deposits WHERE id = 't:0'") == "ab"
    assert ask("SELECT name = '' FROM latest.deposits WHERE id = 't:1'") == "t"


def test_a_column_whose_name_has_a_nul(small_run, database, ask):
    write_postgis(small_run(scored=small_run().scored.assign(**{"a\x00b": 1})), database)
    assert ask("SELECT sum(ab) FROM latest.deposits") == "4"


def test_a_key_that_no_index_takes_gives_way_to_the_number_of_the_row(small_run, database, ask):
    noise = "".join(chr(0x400 + (n * n * 7919) % 0x3000) for n in range(3_000))
    facts = pd.DataFrame({"deposit_id": ["t:0", "t:1"], "flag": "remote", "fact": [noise, "far"]})
    schema = write_postgis(small_run(flags=facts), database)
    assert 'run_aa11.flags|p|PRIMARY KEY ("row")' in ask(KEYS.format(schema)).splitlines()
    assert ask("SELECT fact FROM latest.flags WHERE deposit_id = 't:0'") == noise


def test_integers_beyond_those_of_the_database_are_texts(small_run, database, ask):
    most = 2**64 - 1
    own = small_run().scored.assign(
        unsigned=np.array([most, 1, 2, 3], np.uint64),
        partly=pd.array([most, None, 2, 3], "UInt64"),
        unknown=pd.array([None] * 4, "UInt64"),
        small=np.array([2**63 - 1, 1, 2, 3], np.uint64),
    )
    write_postgis(small_run(scored=own), database)
    cells = "SELECT unsigned, partly, unknown, small, pg_typeof(small) FROM latest.deposits"
    assert ask(f"{cells} WHERE id = 't:0'") == f"{most}|{most}||{2**63 - 1}|bigint"
    assert ask("SELECT partly IS NULL FROM latest.deposits WHERE id = 't:1'") == "t"


@pytest.mark.parametrize("more", ["Z", "M"])
def test_shapes_with_a_height_or_measure_and_empty_ones(small_run, database, ask, more):
    texts = ["POINT EMPTY", f"POINT {more} EMPTY", f"POINT {more} (70 43 900)", "POINT (71 43)"]
    odd = small_run().scored.set_geometry(gpd.GeoSeries.from_wkt(texts, crs=4326))
    areas = small_run().areas.set_geometry(
        gpd.GeoSeries.from_wkt(["GEOMETRYCOLLECTION EMPTY"], crs=4326)
    )
    write_postgis(small_run(scored=odd, areas=areas), database)
    found = ask("SELECT ST_AsText(geom) FROM latest.deposits ORDER BY id").splitlines()
    assert found == ["POINT EMPTY", "POINT EMPTY", "POINT(70 43)", "POINT(71 43)"]
    assert ask("SELECT ST_IsEmpty(geom) FROM latest.areas") == "t"


def test_every_right_of_newer_servers_is_given_again():
    said = []
    giver = SimpleNamespace(execute=lambda words: said.append(words.as_string()))
    rights = [("ann", "MAINTAIN", False, ""), ("", "SELECT", True, ""), ("b", "SELECT", False, "x")]
    _grant(giver, rights, Identifier("run_a", "flags"), ["x"])
    _grant(giver, rights[2:], Identifier("run_a", "flags"), ["y"])
    assert said == [
        'GRANT MAINTAIN ON "run_a"."flags" TO "ann"',
        'GRANT SELECT ON "run_a"."flags" TO PUBLIC WITH GRANT OPTION',
        'GRANT SELECT ("x") ON "run_a"."flags" TO "b"',
    ]


def test_texts_cannot_become_statements(small_run, database, ask):
    evil = "x'); DROP SCHEMA latest CASCADE; --"
    odd = small_run().scored.assign(name=evil, **{'a"; DROP TABLE b; --': evil})
    write_postgis(small_run(scored=odd), database)
    assert ask("SELECT count(*) FROM latest.deposits WHERE name LIKE 'x%'") == "4"


@pytest.mark.slow
def test_the_starter_run_has_the_layers_of_its_geopackage(starter_bundle, database, ask, tmp_path):
    import pyogrio

    from geo_ree.outputs.geopackage import write_geopackage

    schema = write_postgis(starter_bundle, database)
    write_geopackage(starter_bundle, tmp_path)
    layers = {str(name) for name, _ in pyogrio.list_layers(tmp_path / "geo_ree.gpkg")}
    tables = set(ask(f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'").splitlines())
    assert tables == layers - {"layer_styles"} | {"columns"}
    for name in sorted(tables - {"columns"}):
        rows = pyogrio.read_info(tmp_path / "geo_ree.gpkg", layer=name)["features"]
        assert ask(f'SELECT count(*) FROM latest."{name}"') == str(rows), name
    assert ask(UNCOMMENTED.format(schema)) == ""
    assert ask(KEYS.format(schema)).count("PRIMARY KEY") == len(tables)
    found = _shapes(database, "latest.deposits").set_index("id")
    scored = one_shape(starter_bundle.scored).set_index("id").loc[found.index]
    assert list(found.columns) == list(scored.columns)
    assert shapely.equals_exact(found.geometry.to_numpy(), scored.geometry.to_numpy()).all()
    for name in scored.columns.drop("geometry"):
        assert _known(found[name]) == _known(scored[name]), name
