"""The commands that list, remove and explain what is kept."""

import json
import shutil

import pytest
from click.testing import CliRunner

from geo_ree.cli.app import main


@pytest.fixture
def data(starter_run, tmp_path):
    shutil.copytree(starter_run.data, tmp_path / "data")
    return tmp_path / "data"


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_runs_lists_and_prunes(data, starter_run):
    run_id = starter_run.result.report["run_id"]
    listed = call("runs", "--data", data)
    assert listed.exit_code == 0
    assert run_id in listed.stdout
    assert "200 draws" in listed.stdout
    pruned = call("runs", "--data", data, "--prune", "--keep", 0)
    assert f"removed: {run_id}" in pruned.stdout
    assert not list((data / "processed" / "runs").iterdir())
    assert "0 runs" in call("runs", "--data", data).stdout


def test_commands_start_from_the_kept_run_and_say_so(data, starter_run, monkeypatch):
    from geo_ree.pipeline import computation

    monkeypatch.setattr(computation, "load_layers", None)
    done = call("visit", "Aktyuz", "--data", data, "--out", data / "out", "--draws", 200)
    assert done.exit_code == 0, done.output
    assert starter_run.result.report["run_id"] in done.stderr
    assert (data / "out" / "visit.html").is_file()


def test_explain_shows_each_distance_with_its_source(data, starter_run):
    done = call("explain", "kundybai", "--data", data, "--draws", 200)
    assert done.exit_code == 0, done.output
    table, model = starter_run.result.scores.table, starter_run.result.scores.model
    row = table[table["name"] == "Kundybai"].iloc[0]
    for criterion in model.criteria:
        assert criterion.label in done.stdout
    assert row["near_railway"] in done.stdout
    assert row["id"] in done.stdout


def test_explain_as_json_adds_up_to_the_score(data):
    facts = json.loads(call("explain", "kundybai", "--data", data, "--draws", 200, "--json").stdout)
    points = [row["points"] for row in facts["criteria"] if row["points"] is not None]
    assert sum(points) == pytest.approx(facts["score"])
    assert facts["rank_p5"] <= facts["rank_in_role"] <= facts["rank_p95"]


def test_explain_of_no_deposit_suggests_names(data):
    done = call("explain", "Kundibai", "--data", data, "--draws", 200)
    assert done.exit_code == 2
    assert "Kundybai" in done.stderr
