"""Every line of the grey boxes of docs/teams.md does what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "teams.md"
SHELL, SQL, PYTHON = "sh", "sql", "python"


def _blocks(language):
    return re.findall(
        rf"^```{language}\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )


@pytest.fixture
def at_home(postgis, starter_run, tmp_path):
    """A folder with the run of the tests in it, and the environment of somebody who follows the page."""
    (tmp_path / "data").symlink_to(starter_run.data, target_is_directory=True)
    tools = tmp_path / "bin"
    tools.mkdir()
    command = f'#!/bin/sh\nexec "{sys.executable}" -m geo_ree "$@" --draws 200\n'
    (tools / "geo-ree").write_text(command)
    (tools / "geo-ree").chmod(0o755)
    url = postgis.url("team")
    home = {
        "PATH": f"{tools}:{postgis.bin_}:{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(postgis.port),
        "PGUSER": "keeper",
        "PGPASSWORD": url.partition("@")[0].rpartition(":")[2],
    }
    yield tmp_path, home
    postgis.drop("team")
    postgis.ask("DROP ROLE IF EXISTS geo_readers, geo_writers")


def _run(command, place, given=None):
    folder, home = place
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **home},
        input=given,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_lines_of_the_page(at_home, postgis):
    (first, files), statements, (frames, query) = _blocks(SHELL), _blocks(SQL), _blocks(PYTHON)
    shown = _run(["bash", "-e"], at_home, first)
    assert "database: postgresql:///team, schema run_" in shown and "(5 rows)" in shown
    answers = [_run(["psql", "team", "-Xv", "ON_ERROR_STOP=1"], at_home, s) for s in statements]
    assert all(re.search(r"\([1-9]\d* rows?\)|GRANT|ALTER DEFAULT", answer) for answer in answers)
    assert "infrastructure access score, 0 to 100" in answers[2]
    assert "geo_ree run" in answers[3] and "latest" in answers[3]
    printed = _run(
        [sys.executable, "-c", frames + "print(len(deposits), deposits.crs.to_epsg())"], at_home
    )
    rows = postgis.ask("SELECT count(*) FROM latest.deposits", database="team")
    assert printed.split() == [rows, "4326"]
    _run(["bash", "-e"], at_home, files)
    table = _run([sys.executable, "-c", query], at_home)
    assert "against" in table and "score" in table and "Kutessay" in table
    (shared,) = re.findall(r"^    (geo-ree export --to .*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    postgis.ask("DROP SCHEMA latest CASCADE", database="team")
    run = postgis.ask("SELECT nspname FROM pg_namespace WHERE nspname ~ '^run_'", database="team")
    postgis.ask(f"DROP SCHEMA {run} CASCADE", database="team")  # as the page says
    _run(["bash", "-e"], at_home, shared)
    owner = f"SELECT nspowner::regrole FROM pg_namespace WHERE nspname = '{run}'"
    assert postgis.ask(owner, database="team") == "geo_writers"
