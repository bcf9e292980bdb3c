"""Weights of a reader as a preset file: from the page to TOML, back, and into a run."""

import json
import shutil
import tomllib
from math import isnan

import pytest

from geo_ree.scoring import load_preset, score
from geo_ree.settings import AGGREGATES
from tests.maps.test_scores_in_page import distances, model, page_of

pytestmark = pytest.mark.browser

AWKWARD = [0.1 + 0.2, 1 / 3, 1e-7, 5.0, 0.0]


def saved(seen, folder):
    path = folder / "own.toml"
    path.write_text(seen.page.evaluate("geoRee.presetText()"), encoding="utf-8")
    return path


def given(seen, weights, name):
    seen.page.evaluate(f"geoRee.set({{model: {name!r}, weights: {json.dumps(weights)}}})")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    import numpy as np

    path = tmp_path_factory.mktemp("presets") / "map.html"
    table = distances(np.random.default_rng(5))
    page_of(table, [model(a) for a in AGGREGATES], path)
    return table, path


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_weights_go_through_the_file_without_a_change_in_any_float(
    models, visit, tmp_path, aggregate
):
    table, path = models
    seen = visit(path)
    weights = {f"c{i}": w for i, w in enumerate(AWKWARD)}
    given(seen, weights, aggregate)
    before = seen.value("geoRee.deposits.map(d => geoRee.scoreOf(d) ?? null)")
    file = saved(seen, tmp_path)
    read = load_preset(file)
    assert {c.name: c.weight for c in read.criteria} == weights
    wanted = model(aggregate)
    assert [(c.column, c.value, c.missing) for c in read.criteria] == [
        (c.column, c.value, c.missing) for c in wanted.criteria
    ]
    assert [(v.column, v.op, v.limit, v.reason) for v in read.vetoes] == [
        (v.column, v.op, v.limit, v.reason) for v in wanted.vetoes
    ]
    assert (read.aggregate, read.least_known) == (aggregate, wanted.least_known)
    python = score(table, read)["score"]
    assert [None if isnan(s) else s for s in python] == pytest.approx(before, abs=1e-9)
    # and again in a page that knows nothing of it
    again = visit(path)
    text = file.read_text(encoding="utf-8")
    assert again.page.evaluate(f"geoRee.takePreset({json.dumps(text)}, 'own.toml')") == ""
    assert again.value("geoRee.state.weights") == weights
    assert again.value("geoRee.state.model") == aggregate


def test_the_buttons_save_and_load_a_file(models, visit, tmp_path):
    seen = visit(models[1])
    weights = {f"c{i}": w for i, w in enumerate(AWKWARD)}
    given(seen, weights, "weighted_sum")
    seen.page.click("#weights-summary")
    with seen.page.expect_download() as got:
        seen.page.click("#save-weights")
    path = tmp_path / got.value.suggested_filename
    got.value.save_as(path)
    assert path.name == "weighted_sum_own.toml"
    assert tomllib.loads(path.read_text(encoding="utf-8"))["name"] == "weighted_sum_own"
    seen.page.click("#reset-weights")
    assert seen.value("geoRee.state.weights") != weights
    seen.page.set_input_files("#load-weights", path)
    seen.until("!document.getElementById('preset-note').hidden")
    assert seen.value("geoRee.state.weights") == weights
    assert "weighted_sum_own.toml are in force" in seen.page.inner_text("#preset-note")
    assert seen.trouble == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = ", "own.toml, line 1: cannot be read as TOML."),
        ("\n\n[criteria.rail\n", "own.toml, line 3: cannot be read"),
        ('a = "x"\na = "y"', "line 2"),
        ("", "is no file of weights"),
        ('schema_version = "2.0"\n[criteria.c0]\nweight = 1.0', "is no file of weights"),
        (
            'schema_version = "1.0"\n[criteria.other]\nweight = 1.0',
            "other differs from the sets of weights",
        ),
        ('schema_version = "1.0"\n[criteria.__proto__]\nweight = 1.0', "__proto__ differs"),
        ("x" * 100001, "longer than 100 kB"),
    ],
)
def test_a_file_that_is_no_preset_gets_one_line_and_changes_nothing(models, visit, text, words):
    seen = visit(models[1])
    before = seen.value("geoRee.state.weights")
    said = seen.page.evaluate(f"geoRee.takePreset({json.dumps(text)}, 'own.toml')")
    assert words in said and "\n" not in said
    assert seen.value("geoRee.state.weights") == before
    assert seen.value("Object.prototype.weight ?? null") is None


def test_packaged_presets_are_read_as_python_reads_them(starter_page, visit):
    """The page's reader of TOML beside Python's, on the files of the package."""
    from importlib.resources import files

    seen = visit(starter_page[1])
    for item in (files("geo_ree.scoring") / "presets").iterdir():
        if item.name.endswith(".toml"):
            text = item.read_text(encoding="utf-8")
            assert seen.value(f"geoRee.readToml({json.dumps(text)})") == tomllib.loads(text)


def test_a_run_takes_the_file_of_the_page(starter_run, starter_page, visit, tmp_path):
    from click.testing import CliRunner

    import geo_ree
    from geo_ree.cli import main

    seen = visit(starter_page[1])
    given(seen, {"rail": 0.1 + 0.2, "road": 1 / 3, "water": 0.05}, "infrastructure")
    shown = seen.value(
        "Object.fromEntries(geoRee.ranked('candidate').map(d => [d.id, [geoRee.rankOf(d), geoRee.scoreOf(d)]]))"
    )
    file, out = saved(seen, tmp_path), tmp_path / "out"
    shutil.copytree(starter_run.data, tmp_path / "data")  # the run is kept in it
    done = CliRunner().invoke(
        main,
        [
            "run",
            "--data",
            str(tmp_path / "data"),
            "--out",
            str(out),
            "--draws",
            "20",
            "--preset",
            str(file),
        ],
    )
    assert done.exit_code == 0, done.output
    import pandas as pd

    table = pd.read_csv(out / "scores.csv", low_memory=False).set_index("id")
    for label, (rank, points) in shown.items():
        assert table.loc[label, "rank_in_role"] == rank
        assert table.loc[label, "score"] == pytest.approx(points, abs=1e-4)
    assert geo_ree.load_preset(str(file)).name == "infrastructure_own"
