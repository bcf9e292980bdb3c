"""``geo-ree validate`` on what comes with the package."""

import re

import pytest
from click.testing import CliRunner

from geo_ree.cli.app import main


def _call(*args):
    return CliRunner().invoke(main, [str(a) for a in args])


@pytest.mark.slow
def test_the_starter_data_alone_cannot_tell_and_it_says_what_to_fetch(tmp_path):
    done = _call("validate", "--data", tmp_path / "data", "--out", tmp_path / "out")
    assert done.exit_code == 2
    printed = re.search(
        r"no trial has 15 mines and 15 other sites \(all, seven: (\d+) and (\d+)", done.stderr
    )
    assert printed and all(0 < int(count) < 15 for count in printed.groups())
    assert "geo-ree fetch usgs_copper_sites" in done.stderr
    assert "geo-ree fetch icmm_mines --file" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "said"),
    [(("--only", "nothing_such"), "nothing_such"), (("--preset", "no.toml"), "no.toml")],
)
def test_a_wrong_option_is_reported_in_one_line(tmp_path, option, said):
    done = _call("validate", "--data", tmp_path, "--out", tmp_path / "out", *option)
    assert done.exit_code == 2
    assert said in done.stderr


def test_too_few_draws_for_an_interval_are_refused(tmp_path):
    assert _call("validate", "--draws", 5, "--data", tmp_path).exit_code == 2


def test_it_is_listed_and_loads_no_figures_until_it_is_needed():
    import subprocess
    import sys

    printed = _call("--help")
    assert "validate" in printed.stdout
    code = "import sys, geo_ree.cli; print('matplotlib' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
