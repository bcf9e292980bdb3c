from geo_ree import Options
from geo_ree.pipeline.report import identify_run

INPUTS = [
    {"id": "a", "table": "", "layer": "deposits", "sha256": "00", "rows": 3},
    {"id": "b", "table": "x", "layer": "roads", "sha256": "11", "rows": 4},
]


def test_the_same_run_has_the_same_id():
    first = identify_run(INPUTS, Options())
    assert first == identify_run(INPUTS[::-1], Options())
    assert len(first) == 16
    assert int(first, 16) >= 0


def test_anything_that_moves_figures_changes_it():
    other = [INPUTS[0] | {"sha256": "22"}, INPUTS[1]]
    ids = {
        identify_run(i, o)
        for i, o in (
            (INPUTS, Options()),
            (other, Options()),
            (INPUTS[:1], Options()),
            (INPUTS, Options(draws=7)),
            (INPUTS, Options(avoid=("CHN",))),
            (INPUTS, Options(preset="other")),
        )
    }
    assert len(ids) == 6


def test_the_version_is_part_of_it(monkeypatch):
    before = identify_run(INPUTS, Options())
    monkeypatch.setattr("geo_ree.pipeline.report.__version__", "99")
    assert identify_run(INPUTS, Options()) != before


def test_a_file_counts_by_its_content_not_by_its_place(tmp_path):
    ids = []
    for folder, text in (("one", "a = 1"), ("two", "a = 1"), ("two", "a = 2")):
        path = tmp_path / folder / "preset.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        ids.append(identify_run(INPUTS, Options(preset=str(path))))
    assert ids[0] == ids[1]
    assert ids[1] != ids[2]
