"""``geo-ree export --to``, on the run that the tests share."""

import json
import os

import pytest
from click.testing import CliRunner

from geo_ree.cli.app import main
from geo_ree.pipeline import result as pipeline
from geo_ree.storage import databases

QUICK = ("--draws", "20")


@pytest.fixture
def lent_run(starter_run, monkeypatch):
    """Puts the one starter run in the place of each run."""
    monkeypatch.setattr(pipeline, "run", lambda *_, **__: starter_run.result)


def _call(*args, **more):
    return CliRunner().invoke(main, [str(a) for a in args], **more)


def test_the_command_writes_the_database_and_no_file(
    lent_run, database, ask, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    done = _call("export", "--data", tmp_path / "data", "--to", database, *QUICK)
    assert done.exit_code == 0, done.output
    schema = ask("SELECT nspname FROM pg_namespace WHERE nspname ~ '^run_'")
    shown = database.replace("made-up-9f3", "***")
    assert f"database: {shown}, schema {schema}" in done.stdout
    assert not (tmp_path / "out").exists()
    assert "made-up-9f3" not in done.output
    kept = [p for p in (tmp_path / "data").rglob("*.json") if p.is_file()]
    assert not any("made-up-9f3" in p.read_text(errors="ignore") for p in kept)
    files = _call(
        "export", "--data", tmp_path / "data", "--to", database, "--format", "geojson", *QUICK
    )
    assert files.exit_code == 0, files.output
    assert (tmp_path / "out/export/deposits.geojson").is_file()


@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["plain", "debug"])
def test_a_wrong_password_ends_before_the_run(database, tmp_path, debug):
    wrong = database.replace("made-up-9f3", "wrong-word")
    done = _call(*debug, "export", "--data", tmp_path / "data", "--to", wrong)
    assert done.exit_code == (1 if debug else 2)
    said = str(done.exception) if debug else done.stderr
    assert "password authentication failed" in said
    assert "wrong-word" not in done.output + said
    assert not (tmp_path / "data").exists()


def test_a_folder_called_like_a_database_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = _call("export", "--out", "postgresql://ann:s3cret@localhost/team")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "geo-ree: the folder of the files is the address of a database; give it as to="
    ]
    assert not any(tmp_path.iterdir())


def test_secrets_of_an_address_are_masked_in_every_form():
    address = databases.parse_address("postgresql://ann:made%20up%2F@h/t?sslpassword=other-word")
    text = address.masked('made%20up%2F and\nmade up/ and other-word at "postgresql://x:y@h"')
    assert text == '*** and *** and *** at "postgresql://x:***@h"'
    assert "made" not in repr(address) and "other" not in json.dumps(str(address))
    assert os.environ.get("PGPASSWORD") is None, "nothing is set for others"
