"""What cannot be served is refused in one line, with what to do."""

import shutil
import socket
import sqlite3
import sys
from contextlib import closing

import pytest
from click.testing import CliRunner

from geo_ree.cli import main


def refuse(*words):
    """The one line with which ``geo-ree serve`` ends, status 2."""
    done = CliRunner().invoke(main, ["serve", *map(str, words)])
    assert done.exit_code == 2, done.output
    (line,) = done.output.strip().splitlines()
    assert line.startswith("geo-ree: ") and done.exception.__class__ is SystemExit
    return line


@pytest.fixture
def small(tmp_path):
    """A GeoPackage with the least that a run has, and its schema version to choose."""

    def make(schema):
        path = tmp_path / "geo_ree.gpkg"
        with closing(sqlite3.connect(path)) as base, base:
            base.execute("CREATE TABLE read_me (about TEXT, text TEXT)")
            made = f"geo_ree 0.1.0, schema {schema}, 2026-11-29"
            rows = [("run id", "made-up"), ("made by", made)]
            base.executemany("INSERT INTO read_me VALUES (?, ?)", rows)
        return tmp_path

    return make


def test_a_folder_without_a_run(tmp_path):
    assert refuse("--out", tmp_path) == (
        f"geo-ree: {tmp_path} holds no run; geo-ree run and geo-ree export write one into out"
    )
    assert "holds no run" in refuse("--out", tmp_path / "missing")


def test_a_run_without_a_geopackage(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    line = refuse("--out", tmp_path)
    assert "no GeoPackage" in line and f"geo-ree export --out {tmp_path / 'export'}" in line


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"no database"])
def test_a_damaged_geopackage(tmp_path, content):
    path = tmp_path / "geo_ree.gpkg"
    path.write_bytes(content)
    assert str(path) in refuse("--out", tmp_path)
    assert path.read_bytes() == content and list(tmp_path.iterdir()) == [path]


def test_a_run_of_another_schema(small):
    line = refuse("--out", small("0.9"))
    assert "has schema 0.9" in line and "geo-ree run" in line


def test_out_and_db_exclude_each_other(tmp_path):
    line = refuse("--out", tmp_path, "--db", "postgresql://localhost/team")
    assert line == "geo-ree: --out and --db are both given; give one of them"


def test_an_address_that_is_none():
    line = refuse("--db", "mysql://me:made-up-secret@localhost/team")
    assert "mysql" in line and "made-up-secret" not in line
    for url in (
        *("example.org/path", "http://[", "https://example.org:port", "https://example.org?x=1"),
        "https://me:made-up-secret@example.org",
    ):
        line = refuse("--url", url)
        assert "no address of a server; give scheme, host and port: https://example.org" in line
        assert "made-up-secret" not in line
    assert "IPv6" in refuse("--db", "postgresql://me:made-up-secret@[::1/team")


def test_a_database_that_does_not_answer():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        line = refuse("--db", f"postgresql://me:made-up-secret@127.0.0.1:{port}/team")
    assert f"me:***@127.0.0.1:{port}/team" in line and "made-up-secret" not in line


def test_a_database_without_runs(database):
    line = refuse("--db", database)
    assert "holds no run; geo-ree export --to" in line and "***" in line


@pytest.mark.parametrize("module", ["pygeoapi", "waitress", "geoalchemy2"])
def test_a_missing_extra(monkeypatch, tmp_path, module):
    monkeypatch.setitem(sys.modules, module, None)
    assert refuse("--out", tmp_path) == (
        f'geo-ree: {module} is not installed; pip install "geo_ree[serve]"'
    )


def test_a_port_in_use(served):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = refuse("--out", served.out, "--port", port)
    assert line == f"geo-ree: port {port} of 127.0.0.1 is in use; give another --port"


def test_a_privileged_port(served, monkeypatch):
    def bind(*given, **more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("socket.create_server", bind)
    line = refuse("--out", served.out, "--port", 80)
    assert line == (
        "geo-ree: port 80 needs the rights of an administrator; give a --port above 1023"
    )


def test_a_host_that_is_not_here(served):
    assert "cannot listen on 192.0.2.1" in refuse("--out", served.out, "--host", "192.0.2.1")


def test_another_host_is_said_in_a_line(start_service, served):
    running = start_service("--out", str(served.out), "--host", "0.0.0.0", "--port", "0")
    assert "warning: whoever reaches 0.0.0.0 can read this run" in running.lines[0]


def test_a_page_of_another_run_is_named(start_service, served, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(served.out, out)
    (out / "run.json").write_text('{"run_id": "made-up"}')
    running = start_service("--out", str(out), "--port", "0")
    assert "is of run made-up" in running.lines[0]
