"""What a validation shows and writes."""

import json

import numpy as np
import pandas as pd
import pytest

from geo_ree.errors import SettingsError
from geo_ree.scoring import load_preset
from geo_ree.settings import Options
from geo_ree.studies.validation import TRIALS, Validation, brief_table
from geo_ree.studies.validation.scopes import Gathered
from geo_ree.studies.validation.trial_results import evaluate, measure_sites
from geo_ree.studies.validation.validation_result import FILES, _collect


@pytest.fixture
def done(by_the_railway) -> Validation:
    model = load_preset("infrastructure")
    measured = measure_sites(by_the_railway, model)
    judged = {
        ("seven", t.name): evaluate(by_the_railway, t, measured, model, draws=100, seed=1)
        for t in TRIALS.values()
    }
    gathered = Gathered(
        scopes={"seven": by_the_railway},
        inputs=[{"id": "t", "licence": "CC0"}],
        left_out={"without a coordinate": 3},
        warnings=["<b>odd</b>"],
    )
    return _collect(gathered, judged, {"seven": measured}, {"seven": model}, Options(draws=100))


def test_it_has_a_row_a_trial_scope_and_country(done):
    assert done.table[["trial", "scope", "country"]].to_numpy().tolist() == [
        ["all", "seven", ""],
        ["all", "seven", "KAZ"],
    ]
    assert set(done.skipped["trial"]) == {"icmm", "copper", "major", "mrds"}
    assert ["", "", "without a coordinate", 3] in done.left_out.to_numpy().tolist()
    assert len(done.sites) == 60
    assert done.sites["label_all"].value_counts().to_dict() == {"other": 40, "mine": 20}
    assert done.preset == {"seven": "infrastructure (default)"}


def test_a_result_cannot_be_changed(done):
    with pytest.raises(AttributeError):
        done.seed = 2


def test_in_a_notebook_it_is_a_table_and_its_notes_with_markup_escaped(done):
    html = done._repr_html_()
    assert "20" in html
    assert "AUC" in html
    assert "<b>odd</b>" not in html
    assert "&lt;b&gt;odd&lt;/b&gt;" in html


def test_the_figure_has_a_panel_a_scope_and_leaves_pyplot_alone(done, tmp_path):
    import sys

    before = set(sys.modules)
    figure = done.figure()
    assert "matplotlib.pyplot" not in set(sys.modules) - before
    (axes,) = figure.axes
    assert "20 mines, 40 others" in axes.get_title()
    labels = {line.get_label() for line in axes.lines}
    assert {"preset", "nearest settlement alone", "chance"} <= labels
    figure.savefig(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_files_are_written_whole(done, tmp_path):
    done.write(tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(FILES)
    sites = pd.read_parquet(tmp_path / "out" / "validation_sites.parquet")
    assert set(sites["label_all"]) == {"mine", "other"}
    assert all(name.startswith("=Site") for name in sites["name"])
    assert {"why", "tables", "score", "latitude", "longitude"} <= {*sites}
    table = pd.read_csv(tmp_path / "out" / "validation.csv")
    assert table["auc"][0] == pytest.approx(done.table["auc"][0], abs=1e-5)
    assert (tmp_path / "out" / "success_rate.png").read_bytes().startswith(b"\x89PNG")


def test_the_report_is_plain_json_with_its_inputs_and_unknown_as_null(done, tmp_path):
    done.write(tmp_path)
    text = (tmp_path / "validation.json").read_text(encoding="utf-8")
    report = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert report["inputs"] == [{"id": "t", "licence": "CC0"}]
    assert (report["seed"], report["draws"]) == (20240607, 100)
    assert set(report["trials"]) == set(TRIALS)
    road = [c for c in report["criteria"] if c["criterion"] == "road"]
    assert road[0]["auc"] is None
    assert report["results"][0]["auc"] == pytest.approx(done.table["auc"][0])


def test_nothing_is_written_where_nothing_can_be(done, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        done.write(tmp_path / "file")


def test_the_brief_table_signs_differences_and_leaves_gaps_blank():
    row = {
        "trial": "all",
        "scope": "seven",
        "country": "KAZ",
        "mines": 15,
        "others": 20,
        "auc": 0.6,
        "auc_low": 0.5,
        "auc_high": 0.7,
        "gain": 0.1,
        "gain_low": -0.05,
        "gain_high": 0.2,
        "within_auc": np.nan,
        "within_auc_low": np.nan,
        "within_auc_high": np.nan,
        "beats_random": np.nan,
    }
    brief = brief_table(pd.DataFrame([row]))
    assert brief["gain over it"].tolist() == ["+0.10 (-0.05 to +0.20)"]
    assert brief["within countries"].tolist() == [""]
    assert brief["beats random weights"].tolist() == [""]


def test_it_is_one_line_in_a_console_and_has_its_picture_in_a_notebook(done):
    assert repr(done) == "<Validation: 1 trials in 1 scopes, 100 draws, seed 20240607>"
    assert '<img src="data:image/png;base64,' in done._repr_html_()
