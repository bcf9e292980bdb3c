"""`geo-ree score --sites`: one command from a file of sites to tables, page and a clear answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from geo_ree.cli.app import main

SITES = "site,lat,lon,TREO\nOne,0.41,32.52,0.9\nTwo,-0.62,30.11,0.7\n"
LINE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "Made-up line", "railway": "rail"},
            "geometry": {"type": "LineString", "coordinates": [[34.0, 0.6], [30.2, 0.2]]},
        }
    ],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("sites.csv").write_text(SITES, encoding="utf-8")
    Path("line.geojson").write_text(json.dumps(LINE), encoding="utf-8")
    return tmp_path


def call(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["score", *words])
    return done.exit_code, done.output


def test_sites_with_their_own_layers(folder: Path) -> None:
    status, text = call(
        *("--sites", "sites.csv", "--layer", "railways=line.geojson", "--layer"),
        *("roads=line.geojson", "--position-error", "GPS", "--draws", "30", "--out", "out"),
    )
    assert status == 0, text
    assert "One" in text and "UGA" in text and "written to out" in text
    names = {p.name for p in (folder / "out").iterdir()}
    assert {"scores.csv", "scores.gpkg", "run.json", "map.html"} <= names
    assert "TREO" in (folder / "out" / "scores.csv").read_text(encoding="utf-8").split("\n")[0]


def test_sites_without_layers_get_a_command_in_place_of_a_score(folder: Path) -> None:
    status, text = call("--sites", "sites.csv", "--draws", "30", "--out", "out")
    assert status == 0, text
    assert "no score for 2 of 2 sites (One, Two)" in text
    assert "geo-ree fetch overture_transport" in text and "--bbox=29,-2,34,2" in text
    assert "--layer railways=FILE" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--sites", "sites.csv", "--layer", "railway=line.geojson"), "did you mean railways?"),
        (("--sites", "none.csv"), "none.csv is not a file"),
        (("--sites", "sites.csv", "--layer", "railways"), "is not NAME=VALUE"),
        (("--layer", "railways=line.geojson"), "--layer belongs to --sites FILE"),
        (("--position-error", "GPS"), "--position-error belongs to --sites FILE"),
        (("--sites", "sites.csv", "--region", "1,2"), "WEST,SOUTH,EAST,NORTH"),
        (("--sites", "sites.csv", "--column", "latitude=latt"), "did you mean lat?"),
    ],
)
def test_a_wrong_word_is_refused(folder: Path, words: tuple[str, ...], message: str) -> None:
    status, text = call(*words, "--out", "out")
    assert status == 2
    assert message in text
    assert not (folder / "out").exists()
