"""Databases that take no run: one line each, nothing half-written, nothing of others removed."""

import shutil
import time

import pytest
import trustme

from geo_ree.errors import DatabaseError, SettingsError
from geo_ree.outputs.postgis import check_database, make_extension, write_postgis
from geo_ree.pipeline.export import export
from geo_ree.storage.databases import connected, parse_address

WORD = "made-up-9f3"


@pytest.mark.parametrize(
    ("made", "said", "kept"),
    [
        (
            "CREATE SCHEMA run_aa11; CREATE TABLE run_aa11.deposits (mine int)",
            "a schema run_aa11 that geo_ree did not make; rename or remove it",
            "run_aa11.deposits",
        ),
        (
            "CREATE SCHEMA latest; CREATE TABLE latest.news (mine int)",
            "a schema latest that geo_ree did not make",
            "latest.news",
        ),
    ],
)
def test_a_schema_of_others_is_never_removed(small_run, database, ask, made, said, kept):
    ask(made)
    with pytest.raises(DatabaseError, match=said):
        write_postgis(small_run(), database)
    assert ask(f"SELECT to_regclass('{kept}')") == kept
    assert ask("SELECT count(*) FROM pg_namespace WHERE nspname ~ '^(run|latest)'") == "1"


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            "ALTER TABLE run_aa11.deposits ADD COLUMN mine text",
            "the column mine of run_aa11.deposits was not written by geo_ree",
        ),
        ("CREATE TABLE run_aa11.mine (a int)", "run_aa11.mine was not written by geo_ree"),
        ("CREATE MATERIALIZED VIEW run_aa11.mine AS SELECT 1 AS a", "run_aa11.mine was not"),
        (
            "CREATE FUNCTION run_aa11.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "something depends on the tables to replace: function run_aa11.mine",
        ),
        (
            "CREATE VIEW public.mine AS SELECT id FROM run_aa11.deposits",
            "something depends on the tables to replace: view public.mine depends on table",
        ),
        (
            "DROP VIEW latest.deposits; CREATE TABLE latest.deposits (id text)",
            "latest.deposits was not written by geo_ree",
        ),
        (
            "DROP VIEW latest.flags; CREATE VIEW latest.flags AS SELECT 1 AS id",
            "latest.flags was not written by geo_ree",
        ),
        (
            "CREATE INDEX mine ON run_aa11.deposits (score); "
            "CREATE UNIQUE INDEX ours ON run_aa11.flags (lower(fact)) WHERE flag <> ''",
            "not written by geo_ree, and would be removed: index run_aa11.mine, index "
            "run_aa11.ours; put it on a table or materialized view of your own, or remove it first",
        ),
        (
            "ALTER TABLE run_aa11.deposits ADD CONSTRAINT mine CHECK (score > -1)",
            "would be removed: constraint mine on table run_aa11.deposits",
        ),
        (
            "ALTER TABLE run_aa11.deposits ADD CONSTRAINT mine UNIQUE (id, name)",
            "would be removed: constraint mine on table run_aa11.deposits",
        ),
        (
            "ALTER TABLE run_aa11.flags ADD CONSTRAINT mine FOREIGN KEY (deposit_id) "
            "REFERENCES run_aa11.deposits NOT VALID",
            "would be removed: constraint mine on table run_aa11.flags",
        ),
        (
            "ALTER TABLE run_aa11.criteria ALTER weight SET NOT NULL",
            "would be removed: NOT NULL of the column weight of run_aa11.criteria",
        ),
        (
            "ALTER TABLE run_aa11.criteria ALTER weight SET DEFAULT 1",
            "would be removed: default value for column weight of table run_aa11.criteria",
        ),
        (
            "CREATE TRIGGER mine BEFORE UPDATE ON run_aa11.deposits FOR EACH ROW "
            "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "would be removed: trigger mine on table run_aa11.deposits",
        ),
        (
            "CREATE RULE mine AS ON DELETE TO run_aa11.deposits DO INSTEAD NOTHING",
            "would be removed: rule mine on table run_aa11.deposits",
        ),
        (
            "CREATE POLICY mine ON run_aa11.deposits USING (score > 1)",
            "would be removed: policy mine on table run_aa11.deposits",
        ),
        (
            "ALTER TABLE run_aa11.deposits ENABLE ROW LEVEL SECURITY",
            "would be removed: row security of run_aa11.deposits",
        ),
        (
            "CREATE STATISTICS public.mine ON id, name FROM run_aa11.deposits",
            "would be removed: statistics object public.mine",
        ),
        (
            "CREATE PUBLICATION mine FOR TABLE run_aa11.deposits",
            "would be removed: publication of table run_aa11.deposits in publication mine",
        ),
    ],
)
def test_what_others_added_stops_the_same_run(small_run, database, ask, made, said):
    write_postgis(small_run(), database)
    ask(made)
    before = ask("SELECT count(*), sum(oid::bigint) FROM pg_class WHERE relkind IN ('r', 'v', 'm')")
    with pytest.raises(DatabaseError) as error:
        write_postgis(small_run(scores=(1.0, 2.0)), database)
    assert said in str(error.value) and "\n" not in str(error.value)
    after = ask("SELECT count(*), sum(oid::bigint) FROM pg_class WHERE relkind IN ('r', 'v', 'm')")
    assert after == before


def test_a_trigger_on_a_view_stops_the_run_that_would_replace_the_view(small_run, database, ask):
    write_postgis(small_run(), database)
    ask(
        "CREATE TRIGGER mine INSTEAD OF UPDATE ON latest.deposits FOR EACH ROW "
        "EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    )
    there = "SELECT count(*) FROM pg_trigger WHERE tgname = 'mine'"
    write_postgis(small_run("bb22"), database)
    assert ask(there) == "1"
    other = small_run("cc33", scored=small_run().scored.drop(columns="score"))
    with pytest.raises(
        DatabaseError, match="would be removed: trigger mine on view latest.deposits"
    ):
        write_postgis(other, database)
    assert ask(there) == "1"


def test_a_view_on_latest_outlives_runs_of_the_same_shape(small_run, database, ask):
    write_postgis(small_run(), database)
    ask("CREATE VIEW public.best AS SELECT id FROM latest.deposits WHERE rank_in_role = 1")
    ask("CREATE VIEW latest.mine AS SELECT 1 AS a")
    write_postgis(small_run("bb22"), database)
    assert ask("SELECT id FROM public.best") == "t:0"
    assert ask("SELECT a FROM latest.mine") == "1"
    other = small_run("cc33", scored=small_run().scored.drop(columns="score"))
    with pytest.raises(
        DatabaseError, match="view public.best depends on view latest.deposits; change or remove it"
    ):
        write_postgis(other, database)
    assert ask("SELECT text FROM latest.read_me WHERE about = 'run id'") == "bb22"


@pytest.fixture
def weak(postgis, database):
    """Address of the database for a role without rights."""
    postgis.ask("DROP ROLE IF EXISTS weak")
    postgis.ask("CREATE ROLE weak LOGIN PASSWORD 'weak-word'")
    yield postgis.url(database.rpartition("/")[2], "weak", "weak-word")
    postgis.ask("DROP OWNED BY weak", database=database.rpartition("/")[2])
    postgis.ask("DROP ROLE weak")


def test_a_role_that_may_not_create_a_schema(small_run, weak, ask):
    name = weak.rpartition("/")[2]
    for act in (lambda: check_database(weak), lambda: write_postgis(small_run(), weak)):
        with pytest.raises(DatabaseError) as error:
            act()
        assert str(error.value) == (
            f"the role weak may not create a schema in the database {name}; "
            f"let its owner run: GRANT CREATE ON DATABASE {name} TO weak"
        )


def test_a_role_that_may_not_touch_the_views_of_another(small_run, weak, database, ask):
    write_postgis(small_run(), database)
    ask(f"GRANT CREATE ON DATABASE {weak.rpartition('/')[2]} TO weak")
    for act in (lambda: check_database(weak), lambda: write_postgis(small_run("bb22"), weak)):
        with pytest.raises(DatabaseError) as error:
            act()
        assert str(error.value) == (
            "the role weak may not replace the schema latest, which keeper owns; "
            "export as keeper, or let the writers share a role (docs/teams.md)"
        )
    assert ask("SELECT text FROM latest.read_me WHERE about = 'run id'") == "aa11"
    assert ask("SELECT count(*) FROM pg_namespace WHERE nspname ~ 'bb22'") == "0"


def test_what_a_line_to_copy_names_is_quoted(postgis):
    postgis.ask('CREATE DATABASE "Our team"')
    postgis.ask("CREATE ROLE \"Ann-2\" LOGIN PASSWORD 'weak-word'")
    try:
        with pytest.raises(DatabaseError) as error:
            check_database(postgis.url("Our%20team", "Ann-2", "weak-word"))
        _, _, line = str(error.value).partition("let its owner run: ")
        postgis.ask(line)
        with pytest.raises(DatabaseError, match="has no PostGIS"):
            check_database(postgis.url("Our%20team", "Ann-2", "weak-word"))
    finally:
        postgis.drop('"Our team"')
        postgis.ask('DROP ROLE "Ann-2"')


def test_a_database_that_can_only_be_read(database):
    with pytest.raises(DatabaseError) as error:
        check_database(f"{database}?options=-c%20default_transaction_read_only%3Don")
    assert "the role keeper can only read the database" in str(error.value)
    assert "give the address of the primary server" in str(error.value)


def test_a_database_without_postgis(small_run, postgis, weak, ask):
    name = postgis.new_database(template="template1")
    try:
        postgis.ask(f"GRANT CREATE ON DATABASE {name} TO weak")
        with pytest.raises(DatabaseError) as error:
            write_postgis(small_run(), postgis.url(name, "weak", "weak-word"))
        assert str(error.value) == (
            f"the database {name} has no PostGIS, and it cannot be added: permission denied to "
            'create extension "postgis"; let an administrator run CREATE EXTENSION postgis in it'
        )
        address = parse_address(postgis.url(name))
        with (
            pytest.raises(DatabaseError, match="cannot be added: .*no_such_extension"),
            connected(address) as connection,
        ):
            make_extension(connection, "no_such_extension")
        check_database(postgis.url(name))
        found = "SELECT count(*) FROM pg_extension WHERE extname = 'postgis'"
        assert postgis.ask(found, database=name) == "0", "a check changes nothing"
        write_postgis(small_run(), postgis.url(name))
        assert postgis.ask(found, database=name) == "1"
    finally:
        postgis.drop(name)


def test_a_database_of_another_encoding(small_run, postgis):
    name = "team_latin"
    postgis.ask(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        with pytest.raises(DatabaseError, match="keeps texts in LATIN1, which has not all letters"):
            write_postgis(small_run(), postgis.url(name))
    finally:
        postgis.drop(name)


def test_postgis_in_a_schema_of_its_own(small_run, postgis):
    name = postgis.new_database(template="template1")
    try:
        postgis.ask("CREATE SCHEMA gis", database=name)
        postgis.ask("CREATE EXTENSION postgis SCHEMA gis", database=name)
        write_postgis(small_run(), postgis.url(name))
        assert postgis.ask("SELECT gis.ST_X(geom) FROM latest.deposits LIMIT 1", database=name)
    finally:
        postgis.drop(name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda url: url.replace(WORD, "wrong-word"),
            'password authentication failed for user "keeper"',
        ),
        (lambda url: url.rpartition("/")[0] + "/nowhere", 'database "nowhere" does not exist'),
        (lambda url: url.rpartition(":")[0] + ":1/team", "Connection refused"),
        (lambda url: url + "?sslmode=require", "server does not support SSL, but SSL was required"),
        (lambda url: url + "?sslmode=sometimes", 'invalid sslmode value: "sometimes"'),
        (lambda url: url + "?bogus=1", 'invalid URI query parameter: "bogus"'),
        (lambda url: url.rpartition(":")[0] + ":abc/team", 'invalid integer value "abc"'),
    ],
)
def test_an_address_that_leads_nowhere(database, change, said):
    with pytest.raises(DatabaseError) as error:
        check_database(change(database))
    shown = str(error.value)
    assert said in shown and "\n" not in shown
    assert WORD not in shown and "wrong-word" not in shown
    assert "check host, port, database, user and password" in shown
    assert error.value.__cause__ is None and error.value.__suppress_context__


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ann:s3cr/et@host/team",
        "postgresql://ann:s3cr?et@host/team",
        "postgresql://ann:s3cr#et@host/team",
        "mysql://ann:s3cret@host/team",
        "host=here password=s3cret",
        "",
    ],
)
def test_no_address_of_a_database(address):
    with pytest.raises(SettingsError) as error:
        parse_address(address)
    assert "s3cr" not in str(error.value) and "et@" not in str(error.value)


def test_ways_to_write_an_address(database, monkeypatch, tmp_path):
    rest = database.removeprefix("postgresql")
    for scheme in ("postgres", "postgis", "postgresql+psycopg", "POSTGRESQL"):
        check_database(scheme + rest)
    blank = database.replace(f":{WORD}@", "@")
    with pytest.raises(DatabaseError, match="no password supplied"):
        check_database(blank)
    monkeypatch.setenv("PGPASSWORD", WORD)
    check_database(blank)
    monkeypatch.delenv("PGPASSWORD")
    words = tmp_path / "pgpass"
    words.write_text(f"*:*:*:keeper:{WORD}\n")
    words.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(words))
    check_database(blank)
    check_database(blank + "?sslmode=prefer&connect_timeout=3&application_name=mine")


def test_exporting_to_nowhere(small_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="neither a folder nor a database is given"):
        export(small_run())
    with pytest.raises(SettingsError, match="give it as to="):
        export(small_run(), "postgis://ann:s3cret@localhost/team")
    assert not any(tmp_path.iterdir())


def test_files_are_written_only_where_the_database_takes_the_run(small_run, database, tmp_path):
    wrong = database.replace(WORD, "wrong-word")
    with pytest.raises(DatabaseError):
        export(small_run(), tmp_path / "files", formats=["csv"], to=wrong)
    assert not list(tmp_path.rglob("*.csv"))
    written = export(small_run(), tmp_path / "files", formats=["geojson"], to=database)
    assert [p.name for p in written] == ["deposits.geojson", "unranked.geojson"]
    assert export(small_run(), to=database) == []


def test_psycopg_missing(small_run, database, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError) as error:
        write_postgis(small_run(), database)
    assert str(error.value) == 'psycopg is not installed; pip install "geo_ree[postgis]"'


def test_the_certificate_of_the_server_is_verified_where_the_address_says_so(
    postgis, database, tmp_path
):
    data, authority, other = postgis.folder / "data", trustme.CA(), trustme.CA()
    made = authority.issue_cert("127.0.0.1")
    made.private_key_pem.write_to_path(data / "server.key")
    made.cert_chain_pems[0].write_to_path(data / "server.crt")
    for name in ("server.key", "server.crt"):
        (data / name).chmod(0o600)
        shutil.chown(data / name, data.owner(), data.group())
    authority.cert_pem.write_to_path(tmp_path / "right.pem")
    other.cert_pem.write_to_path(tmp_path / "wrong.pem")
    strict = f"{database}?sslmode=verify-full&sslrootcert={tmp_path}"
    try:
        postgis.ask("ALTER SYSTEM SET ssl = on")
        postgis.ask("SELECT pg_reload_conf()")
        for _ in range(100):
            if postgis.ask("SHOW ssl") == "on":
                break
            time.sleep(0.05)
        check_database(f"{strict}/right.pem")
        with pytest.raises(DatabaseError, match="certificate verify failed"):
            check_database(f"{strict}/wrong.pem")
    finally:
        postgis.ask("ALTER SYSTEM RESET ssl")
        postgis.ask("SELECT pg_reload_conf()")
