"""The command diff, on two kept runs."""

import json
import re

import pytest
from click.testing import CliRunner

from geo_ree.cli.app import main
from geo_ree.maps.packing import decompressed

CHOSEN = ("starter_deposits", "starter_countries", "starter_railways", "starter_roads")


def data_of_page(path):
    (packed,) = re.findall(r'id="geo-ree-data">([^<]*)</script>', path.read_text(encoding="utf-8"))
    return decompressed(packed)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A data folder with two kept runs: the second has other weights."""
    folder = tmp_path_factory.mktemp("kept")
    for preset in ("infrastructure", "remote_small"):
        words = ["score", "--data", str(folder / "data"), "--out", str(folder / preset)]
        words += [f"--only={name}" for name in CHOSEN]
        done = CliRunner().invoke(main, [*words, "--draws", "10", "--preset", preset])
        assert done.exit_code == 0, done.output
    ids = [
        json.loads((folder / preset / "run.json").read_text(encoding="utf-8"))["run_id"]
        for preset in ("infrastructure", "remote_small")
    ]
    return folder / "data", *ids


def test_diff_says_what_moved_which_rank_and_writes_it_with_the_page(kept, tmp_path):
    data, first, second = kept
    words = ["diff", first[:8], "latest", "--data", str(data), "--out", str(tmp_path), "--page"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"{first} to {second}\n")
    assert "Weight: rail (" in done.output
    said = json.loads((tmp_path / "diff.json").read_text(encoding="utf-8"))
    assert {step["kind"] for step in said["steps"]} == {"model"}
    assert data_of_page(tmp_path / "map.html")["run"]["since"] == said["sentences"]


@pytest.mark.parametrize("name", ["zzz", ""])
def test_a_run_that_is_not_kept_is_refused_with_those_that_are(kept, tmp_path, name):
    data, first, _ = kept
    words = ["diff", name, first, "--data", str(data), "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert first in done.output and "kept runs" in done.output
    assert not (tmp_path / "o").exists()
