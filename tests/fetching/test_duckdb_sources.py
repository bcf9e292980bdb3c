"""Layers that are read from DuckDB files and Parquet files, and the conditions of tables."""

import duckdb
import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_ree.catalog import load_catalog
from geo_ree.errors import CatalogError, DatabaseError, FetchError, SchemaError, SettingsError
from geo_ree.fetching import read
from geo_ree.fetching.retrieval import fetch_snapshot
from geo_ree.fetching.sql_condition import check_condition
from geo_ree.settings import Settings


@pytest.fixture
def towns(tmp_path):
    """Two Parquet files with towns, in UTM 43N, and a DuckDB file with a table of them."""
    for number in (1, 2):
        names = [f"Town {number}", "d'Ex\x00"]
        rows = {
            "no": [number, 10 + number],
            "title": names,
            "class": ["town", "camp"],
            "n": [1.5, None],
        }
        shapes = [shapely.Point(500_000 + number, 4_700_000), shapely.Point(400_000, 4_800_000)]
        frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=32643)
        frame.to_parquet(tmp_path / f"towns-{number}.parquet")
    with duckdb.connect(str(tmp_path / "team.duckdb")) as base:
        files = str(tmp_path / "towns-*.parquet")
        base.execute("CREATE SCHEMA gis")
        base.execute(
            'CREATE TABLE gis."odd ""x" AS SELECT *, [1, 2] AS l FROM read_parquet(?)', [files]
        )
        base.execute(
            "CREATE VIEW leak AS SELECT 1 AS no, content AS title, 'town' AS class "
            "FROM read_text('/etc/hostname')"
        )
    return tmp_path


@pytest.fixture
def entry(made_up, towns):
    def make(url="team.duckdb", layer='gis.odd "x', where="", **changes):
        fields = {
            "protocol": "sql",
            "url": f"duckdb:{towns / url}",
            "columns": {"native_id": "no", "name": "title", "kind": "class"},
            "values": {"kind": {"*": "town"}},
        }
        return made_up({"layer": layer, "where": where}, **{**fields, **changes})

    return make


def _fetch(source, folder, **settings):
    return fetch_snapshot(source, Settings(data_root=folder / "data", **settings))


@pytest.mark.parametrize(("url", "layer"), [("team.duckdb", 'gis.odd "x'), ("towns-*.parquet", "")])
def test_rows_shapes_and_provenance(entry, towns, url, layer):
    source = entry(url, layer, where="n IS NULL OR no < 10")
    snapshot = _fetch(source, towns)
    frame = read(source, snapshot.payload)
    assert sorted(frame["no"]) == [1, 2, 11, 12]
    assert frame.crs.to_epsg() == 32643
    assert sorted(frame.geometry.x)[:2] == [400_000, 400_000]
    assert f"4 rows; DuckDB v{duckdb.__version__}" in snapshot.provenance.query
    assert _fetch(source, towns).payload == snapshot.payload
    fewer = entry(url, layer, where="class = 'town' AND no BETWEEN 2 AND 9")
    assert read(fewer, _fetch(fewer, towns).payload)["title"].tolist() == ["Town 2"]


def test_all_columns_where_none_is_named(entry, towns):
    source = entry(columns={}, values={}, constants={"kind": "town"}, nulls={})
    frame = read(source, _fetch(source, towns).payload)
    assert frame["l"].tolist() == ["[1, 2]"] * 4 and frame["n"].tolist()[0] == 1.5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layer": "roads"}, 'has no table .roads.; it has: gis.odd "x, main.leak'),
        ({"url": "none.duckdb"}, "no file is called .*none.duckdb"),
        ({"url": "t*"}, "names team.duckdb among several files"),
        ({"url": "a**b/["}, "no file is called .*a..b"),
        ({"url": "..", "layer": ""}, "no file is called"),
        ({"columns": {"name": "titel"}}, "has no column 'titel'"),
        ({"where": "colour = 1"}, "colour"),
        ({"where": "no > 99"}, "no row of"),
        ({"layer": "leak"}, "disabled|Permission"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(entry, towns, change, said):
    with pytest.raises((FetchError, DatabaseError), match=said) as error:
        _fetch(entry(**change), towns)
    assert "\n" not in str(error.value)
    assert not (towns / "data").exists() or not list((towns / "data").rglob("*.parquet"))


def test_numbers_that_float64_would_round_stay_exact(entry, towns):
    long = 2**53 + 1
    with duckdb.connect(str(towns / "team.duckdb")) as base:
        base.execute(
            f"CREATE TABLE ids AS SELECT {long}::UBIGINT AS no, {long}::HUGEINT AS h, "
            f"{long}::DECIMAL(18, 0) AS title, 7::DECIMAL(9, 0) AS n, 'town' AS class"
        )
    source = entry(layer="ids", columns={}, values={}, constants={"kind": "town"})
    frame = read(source, _fetch(source, towns).payload)
    assert frame[["no", "h", "title"]].iloc[0].tolist() == [str(long)] * 3
    assert frame["n"].tolist() == [7.0]


def test_a_damaged_file(entry, towns):
    (towns / "bad.duckdb").write_bytes(b"no database" * 500)
    with pytest.raises(DatabaseError, match="made_up: .*bad.duckdb: .*; check the file"):
        _fetch(entry("bad.duckdb"), towns)
    (towns / "bad.parquet").write_bytes(b"PAR1" + b"x" * 500 + b"PAR1")
    with pytest.raises(DatabaseError, match="made_up: .*bad.parquet: "):
        _fetch(entry("bad.parquet", ""), towns)


def test_duckdb_missing(entry, towns, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(SettingsError) as error:
        _fetch(entry(), towns)
    assert str(error.value) == 'duckdb is not installed; pip install "geo_ree[duckdb]"'


def test_a_file_that_takes_too_long(entry, towns):
    with duckdb.connect(str(towns / "team.duckdb")) as base:
        base.execute(
            "CREATE VIEW slow AS SELECT a.range + b.range AS no, 'x' AS title, 'town' AS class "
            "FROM range(1000000) a, range(1000000) b ORDER BY 1 DESC"
        )
    with pytest.raises(FetchError, match="no end after 0.3 s"):
        _fetch(entry(layer="slow"), towns, stall_s=0.3)


@pytest.mark.parametrize(
    "where",
    [
        "true); DROP TABLE t; --",
        "1 = 1; COMMIT",
        "pg_sleep(100) IS NULL",
        '"pg_sleep"(100) IS NULL',
        "pg_catalog.pg_read_file ('/etc/passwd') = ''",
        "a IN (SELECT b FROM c)",
        "EXISTS (TABLE c)",
        "a = E'\\'' OR b = '; DROP TABLE t; --'",
        "a = $$x$$",
        "a = 'x' /* */",
        "a = 'x' -- y",
        "a = 'open",
        "(a = 1",
        "a = 1) OR (b = 2",
        "a::text = ''",
        "\x00",
        "()",
        "a = 1 UNION SELECT 1",
    ],
)
def test_a_condition_that_is_more_than_one_is_refused(where):
    with pytest.raises(SchemaError, match="^t: reader.where|^t: the brackets"):
        checked = check_condition(where, "t")
        duckdb.sql(f"SELECT 1 FROM (SELECT 1 AS a) WHERE ({checked})")
        raise SchemaError("t: reader.where is only taken as a condition")


@given(st.text(alphabet="ab1 ='\"();-/*,.%<>$\\Enotrd\n", max_size=30))
def test_no_condition_ends_its_statement(where):
    """What is accepted is one expression, whatever it says: DuckDB's parser is asked."""
    try:
        checked = check_condition(where, "t")
    except SchemaError:
        return
    try:
        statements = duckdb.extract_statements(f"SELECT 1 FROM t WHERE ({checked}) AND sentinel")
    except duckdb.Error:
        return
    assert len(statements) == 1
    assert "sentinel" in statements[0].query


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('url = "postgresql://ann:s3cret@host/db"', "url: holds a password; give it in PGPASSWORD"),
        ('url = "postgresql://host/db?password=s3cret"', "url: holds a password"),
        (
            'url = "https://example.org/x"',
            "url: is none of the protocol sql, expected postgresql://",
        ),
        ('url = "mysql://ann:s3cret@host/db"', "url: "),
        ('url = "postgresql://host/db"\nprotocol = "archive"', "is none of the protocol archive"),
        (
            'url = "duckdb:x"\n[[source.table]]\nname = "a"\nreader = { layer = "a" }\n'
            '[[source.table]]\nname = "b"\nreader = { layer = "b" }',
            "table: all are read from one table",
        ),
    ],
)
def test_mistakes_of_an_entry(tmp_path, change, said):
    protocol = "" if "protocol" in change else 'protocol = "sql"\n'
    text = (
        '[[source]]\nid = "team"\ntitle = "Team"\npublisher = "Team"\ncountry = "World"\nlabel = "Team"\n'
        f'layer = "settlements"\nlicence = "CC0"\nattribution = "Team"\nedition = "1"\n{protocol}{change}\n'
    )
    path = tmp_path / "my.toml"
    path.write_text(text)
    with pytest.raises(CatalogError, match=said) as error:
        load_catalog(path)
    assert "s3cret" not in str(error.value)
