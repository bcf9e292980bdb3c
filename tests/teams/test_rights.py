"""The lines of docs/teams.md on rights do what the page says, for later runs, too."""

import re
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from geo_ree.outputs.postgis import write_postgis
from geo_ree.schema import SCHEMA_VERSION
from geo_ree.serving.run_database import open_database, version_of_database
from geo_ree.storage.databases import parse_address

PAGE = Path(__file__).parents[2] / "docs" / "teams.md"


@pytest.fixture
def lines():
    """The SQL of the part on rights: for readers, for the service, for writers."""
    rights = PAGE.read_text("utf-8").partition("\n### Rights\n")[2]
    return re.findall(r"^```sql\n(.*?)^```", rights, re.DOTALL | re.MULTILINE)


@pytest.fixture
def people(postgis, database):
    """Addresses of the database for Ann and Ben; the roles of the page are gone at the end."""
    name, roles = database.rpartition("/")[2], ("ann", "ben", "geo_readers", "geo_writers")
    for role in roles[:2]:
        postgis.ask(f"CREATE ROLE {role} LOGIN PASSWORD 'weak-word'")
    yield [postgis.url(name, role, "weak-word") for role in roles[:2]]
    postgis.drop(name)
    postgis.ask(f"DROP ROLE IF EXISTS {', '.join(roles)}")


def _small(small_run, run_id):
    run = small_run(run_id)
    return replace(run, run={**run.run, "schema_version": SCHEMA_VERSION})


def test_readers_and_the_service_read_every_later_run(small_run, database, ask, lines, people):
    ann = people[0]
    write_postgis(_small(small_run, "aa11"), database)
    readers, service, _ = lines
    for line in (*readers.split(";"), *service.split(";")):
        if line.strip():
            ask(line)
    ask("GRANT geo_readers TO ann")
    before = version_of_database(parse_address(ann))
    for run_id in ("bb22", "cc33"):
        wider = small_run().scored.assign(p_top3=0.5)
        run = replace(_small(small_run, run_id), scored=wider)
        write_postgis(run, database)
        with psycopg.connect(ann) as base:
            assert base.execute("SELECT count(*) FROM latest.deposits").fetchone()[0] == 4
        served = open_database(parse_address(ann))
        assert served.run_id == run_id and version_of_database(parse_address(ann)) != before


def test_writers_share_what_one_of_them_began(small_run, database, ask, lines, people):
    ann, ben = people
    name = database.rpartition("/")[2]
    ask(f"GRANT CREATE ON DATABASE {name} TO ann")
    write_postgis(small_run("aa11"), ann)
    for line in lines[2].replace("DATABASE team", f"DATABASE {name}").split(";"):
        if line.strip():
            ask(line)
    ask("GRANT geo_writers TO ann, ben")
    (give,) = re.findall(r"`(REASSIGN OWNED [^`]*)`", PAGE.read_text("utf-8"))
    ask(give)
    for address in (ann, ben):
        for run_id in ("aa11", "bb22"):
            write_postgis(small_run(run_id), f"{address}?options=-c%20role%3Dgeo_writers")
    owners = ask(
        "SELECT DISTINCT nspowner::regrole FROM pg_namespace WHERE nspname ~ '^run|latest'"
    )
    assert owners == "geo_writers"
