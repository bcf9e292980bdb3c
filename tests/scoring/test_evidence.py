"""Evidence for each criterion, as the last validation left it."""

import pytest

from geo_ree.errors import ScoreError
from geo_ree.scoring import Evidence, load_evidence, load_preset
from geo_ree.scoring import evidence as module


@pytest.mark.parametrize(
    ("auc", "adds", "base", "grade"),
    [
        (None, None, False, "untested"),
        ((0.4, 0.3, 0.49), None, False, "against"),
        ((0.4, 0.3, 0.49), (0.1, 0.01, 0.2), False, "against"),
        ((0.5, 0.4, 0.6), (0.0, -0.1, 0.1), False, "none"),
        ((0.5, 0.4, 0.6), (0.1, 0.01, 0.2), False, "adds"),
        ((0.7, 0.6, 0.8), (0.0, -0.1, 0.1), False, "alone"),
        ((0.7, 0.6, 0.8), None, True, "base"),
        ((0.6, 0.5, 0.8), None, True, "none"),
    ],
)
def test_the_grade_follows_from_the_intervals_alone(auc, adds, base, grade):
    evidence = Evidence(auc=auc, adds=adds, base=base)
    assert evidence.grade == grade
    assert module.GRADES[grade] in str(evidence)


def test_every_column_of_the_packaged_evidence_is_one_that_a_preset_scores():
    scored = {c.column for c in load_preset("bulk").criteria}
    table = load_evidence()
    assert set(table.columns) <= scored
    assert [c for c, e in table.columns.items() if e.base] == ["dist_railway_km"]
    assert table.of("dist_nowhere_km").grade == "untested"


def test_a_preset_shows_the_evidence_of_each_criterion():
    shown = load_preset("infrastructure")._repr_html_()
    assert str(load_evidence().of("dist_railway_km")) in shown
    assert "not tested" in shown, "no source maps the grid"


@pytest.mark.parametrize(
    "text",
    [
        'trial = "t"\n',
        'trial = "t"\n[columns.x]\nadds = [0.1, 0.0, 0.2]\n',
        'trial = "t"\n[columns.x]\nauc = [0.1, 0.2, 0.3]\n',
        'trial = "t"\n[columns.x]\nauc = [0.1, 0.2]\n',
    ],
)
def test_a_damaged_file_names_itself_and_the_tool_that_writes_it(text, tmp_path, monkeypatch):
    (tmp_path / "evidence.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(module, "files", lambda package: tmp_path)
    with pytest.raises(ScoreError, match=r"evidence\.toml.*write_validation"):
        load_evidence.__wrapped__()
