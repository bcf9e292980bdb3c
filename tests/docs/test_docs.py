"""What the documentation tells people to write, written and run."""

from __future__ import annotations

import re
import shutil
import tomllib
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import geo_ree
from geo_ree.cli.app import main
from geo_ree.routing import read_facts, read_ranges
from geo_ree.routing.network import load_network
from geo_ree.scoring import decay
from geo_ree.storage import starter_path

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "adding-a-criterion.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _blocks(language):
    return [text for name, text in FENCE.findall(GUIDE) if name == language]


@pytest.mark.slow
def test_the_criterion_of_the_guide_is_measured_scored_and_explained(tmp_path):
    target, criterion = _blocks("toml")
    packaged = (files("geo_ree.proximity") / "targets.toml").read_text(encoding="utf-8")
    preset = (files("geo_ree.scoring") / "presets" / "infrastructure.toml").read_text("utf-8")
    (tmp_path / "targets.toml").write_text(f"{packaged}\n{target}", encoding="utf-8")
    (tmp_path / "preset.toml").write_text(f"{preset}\n{criterion}", encoding="utf-8")
    asked = [
        "score",
        "--data",
        tmp_path / "data",
        "--out",
        tmp_path / "out",
        "--draws",
        "20",
        "--targets",
        tmp_path / "targets.toml",
        "--preset",
        tmp_path / "preset.toml",
    ]
    done = CliRunner().invoke(main, [str(a) for a in asked])
    assert done.exit_code == 0, done.output
    head, *rows = (tmp_path / "out" / "scores.csv").read_text("utf-8").splitlines()
    columns = head.split(",")
    assert {"dist_big_town_km", "err_big_town_km", "near_big_town", "points_big_town"} <= {*columns}
    assert len(rows) > 20


def test_the_python_of_the_guide_scores(tmp_path, monkeypatch):
    own, changed, raster, column = _blocks("python")
    names = {"table": pd.DataFrame({"dist_railway_km": [50.0], "dist_big_town_km": [100.0]})}
    exec(own, names)
    assert names["points"]["score"].tolist() == [50.0]
    chosen = []
    monkeypatch.setattr(geo_ree, "run", lambda options: chosen.append(options.preset))
    exec(changed, names)
    assert chosen[0].criteria[0].weight == 0.6
    assert "gateway" not in [c.name for c in chosen[0].criteria]
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(starter_path("elevation.tif"), "dem.tif")
    exec(raster, names)
    assert names["model"].criteria[-1].column == "raster_height"
    exec(column, names)
    deep = geo_ree.score(
        pd.DataFrame({"overburden_m": [25.0]}), geo_ree.ScoreModel((names["cover"],))
    )
    assert deep["score"].tolist() == [75.0]


def test_every_decay_is_in_the_guide_with_its_parameters():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", GUIDE, re.MULTILINE))
    assert {*rows} == {*decay.DECAYS}
    for kind, made in decay.DECAYS.items():
        named = {*re.findall(r"`(\w+)`", rows[kind])}
        assert named <= {*made.__dataclass_fields__}
        assert named


def test_the_tables_of_the_guide_to_routes_are_read(tmp_path):
    guide = (DOCS / "routes.md").read_text(encoding="utf-8")
    for head, read in (("slug,", lambda p: read_facts("corridors", p)), ("name,", read_ranges)):
        (rows,) = re.findall(rf"^((?:    ){head}.*\n(?:    .+\n)+)", guide, re.MULTILINE)
        path = tmp_path / f"{head}csv"
        path.write_text(re.sub("^    ", "", rows, flags=re.MULTILINE), encoding="utf-8")
        assert len(read(path)) == 1
    for name in read_facts("corridors", tmp_path / "slug,csv")["via"].iloc[0].split(";"):
        load_network().place(name)


def test_every_page_is_in_a_table_of_contents():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = {p.stem for p in DOCS.glob("*.md")} - {"index"}
    assert pages == {*re.findall(r"^([\w-]+)$", index, re.MULTILINE)} - {"index"}


def test_the_citation_and_the_package_agree_on_the_version():
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["version"]["path"] == "geo_ree/_version.py"
    cited = (DOCS.parent / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {geo_ree.__version__}" in cited.replace('"', "")
