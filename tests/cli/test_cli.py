import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from geo_ree.cli.app import main


def _call(*args, **kwargs):
    return CliRunner().invoke(main, [str(a) for a in args], **kwargs)


def _one_line(result, *parts):
    assert result.exit_code == 2, result.output
    lines = [x for x in result.stderr.splitlines() if x.startswith("geo-ree: ")]
    assert len(lines) == 1
    assert "Traceback" not in result.output
    for part in parts:
        assert part in lines[0]


@pytest.fixture
def snapshot(tmp_path):
    """Puts a payload where a fetch would have put it."""
    from hashlib import sha256

    def put(source_id, name, payload):
        folder = tmp_path / "data" / "raw" / source_id / "2026-01-02"
        folder.mkdir(parents=True)
        (folder / name).write_bytes(payload)
        proof = {
            "source_id": source_id,
            "url": "https://mrdata.usgs.gov/x.zip",
            "query": "",
            "retrieved": "2026-01-02T00:00:00+00:00",
            "licence": "public domain",
            "attribution": "USGS",
            "sha256": sha256(payload).hexdigest(),
            "bytes": len(payload),
            "etag": "",
            "last_modified": "",
            "file": name,
        }
        (folder / "provenance.json").write_text(json.dumps(proof), encoding="utf-8")
        return tmp_path / "data"

    return put


def _zip(tmp_path, **members):
    path = tmp_path / "payload.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/") + ".csv", text)
    return path.read_bytes()


DEPOSITS = (
    "gid,dep_name,country,state,latitude,longitude,commodity,dep_type,type_detail,model_code,"
    "model_name,metallic,citation\n"
)
COMMODITY = "gid,value\n9001,REE\n"


def _major(tmp_path, row):
    return _zip(tmp_path, ofr20051294__deposit=DEPOSITS + row, ofr20051294__commodity=COMMODITY)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "parts"),
    [
        (
            "9001,Bad,Kazakhstan,,nan,70,Gold,,,,,,\n",
            ("row 2", "latitude is blank", "--skip-bad-rows"),
        ),
        ("9001,Bad,Kazakhstan,,95.5,70,Gold,,,,,,\n", ("row 2", "95.5", "latitude -90 to 90")),
        ("9001,Bad,Kazakhstan,,70.0,50.5,Gold,,,,,,\n", ("row 2", "swapped")),
        ("", ("usgs_major_deposits",)),
    ],
)
def test_bad_rows_name_file_row_and_hint(tmp_path, snapshot, row, parts):
    data = snapshot("usgs_major_deposits", "ofr20051294-csv.zip", _major(tmp_path, row))
    out = tmp_path / "out"
    _one_line(_call("run", "--data", data, "--out", out, "--draws", 10), *parts)
    assert not out.exists()


def test_a_corrupt_payload_names_the_file_and_the_hint(tmp_path, snapshot):
    data = snapshot("usgs_ree", "ree-csv.zip", b"PK\x03\x04 not really")
    result = _call("run", "--data", data, "--out", tmp_path / "out")
    _one_line(result, "ree-csv.zip", "geo-ree fetch")


PRESET = """
name = "mine"
title = "Mine"
schema_version = "1.0"
[[criteria]]
"""


@pytest.mark.parametrize("text", ["", "name = ", PRESET, "[[criteria]]\nname = 3\n"])
def test_a_wrong_preset_is_told_in_one_line(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    _one_line(
        _call("run", "--data", tmp_path / "d", "--out", tmp_path / "o", "--preset", path),
        "mine.toml",
    )
    assert not (tmp_path / "o").exists()


def test_an_unknown_preset_and_source_are_told(tmp_path):
    at = ("--data", tmp_path / "d", "--out", tmp_path / "o")
    _one_line(_call("run", *at, "--preset", "nosuch"), "nosuch")
    _one_line(_call("run", *at, "--only", "nosuch"), "no source is called 'nosuch'")
    _one_line(_call("fetch", "nosuch", "--data", tmp_path), "no source is called 'nosuch'")
    _one_line(_call("sources", "show", "nosuch"), "no source is called 'nosuch'")


def test_out_that_is_a_file_is_told_and_left_alone(tmp_path):
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    result = _call("run", "--data", tmp_path / "d", "--out", tmp_path / "out", "--draws", 10)
    _one_line(result, "out")
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


def test_out_where_nothing_can_be_made_is_told(tmp_path):
    at = "/proc/nowhere" if Path("/proc/self").exists() else "/dev/null/out"
    result = _call("score", "--data", tmp_path / "d", "--out", at, "--draws", 10)
    _one_line(result, at, "cannot be written", "--out")


def test_debug_shows_the_traceback(tmp_path):
    result = _call("--debug", "run", "--data", tmp_path / "d", "--only", "nosuch")
    assert type(result.exception).__name__ == "SettingsError"


@pytest.mark.slow
def test_run_prints_the_ten_best_and_where_the_map_is(tmp_path):
    out = tmp_path / "out"
    result = _call("run", "--data", tmp_path / "d", "--out", out, "--draws", 20)
    assert result.exit_code == 0, result.output
    for part in (
        "the ten best candidates",
        "Kuirektykol",
        "candidates are ranked",
        "rank in stage",
        "map.html",
        "not investment advice",
    ):
        assert part in result.stdout
    assert "sources to layers: " in result.stderr
    assert (out / "map.html").stat().st_size < 3_000_000


def test_score_writes_no_map_and_map_writes_nothing_else(tmp_path, lent_run):
    at = ("--data", tmp_path / "d", "--draws", 20, "--out")
    assert _call("score", *at, tmp_path / "a").exit_code == 0
    assert (lent_run[0].out, lent_run[0].page) == (tmp_path / "a", False)
    assert _call("map", *at, tmp_path / "b").exit_code == 0
    assert [p.name for p in (tmp_path / "b").iterdir()] == ["map.html"]


def test_options_arrive_at_the_run(tmp_path, lent_run):
    preset = tmp_path / "mine.toml"
    words = ("--preset", preset, "--draws", 20, "--concentration", 20, "--seed", 7)
    at = ("--data", tmp_path / "d", "--out", tmp_path / "o")
    done = _call("run", *at, *words, "--without", "starter_roads", "starter_rivers")
    assert done.exit_code == 0, done.output
    call = lent_run[0]
    assert call.settings.data_root == tmp_path / "d"
    assert (call.out, call.page) == (tmp_path / "o", True)
    options = call.options
    assert (options.preset, options.aggregate) == (str(preset), None)
    assert (options.draws, options.concentration, options.seed) == (20, 20.0, 7)
    assert options.without == ("starter_roads", "starter_rivers")


def test_aggregate_and_concentration_are_checked(tmp_path, lent_run):
    at = ("--data", tmp_path / "d", "--out", tmp_path / "o")
    wrong = _call("score", *at, "--aggregate", "guess")
    assert wrong.exit_code == 2
    assert "'weighted_sum', 'weighted_product', 'topsis'" in wrong.stderr
    wrong = _call("score", *at, "--concentration", 0)
    assert wrong.exit_code == 2
    assert "0<x<=1000000" in wrong.stderr
    assert lent_run == []
    right = _call("score", *at, "--aggregate", "weighted_product")
    assert right.exit_code == 0, right.output
    assert lent_run[0].options.aggregate == "weighted_product"


def test_sources_lists_and_shows():
    assert "usgs_ree" in _call("sources").stdout
    shown = _call("sources", "show", "usgs_ree").stdout
    assert "https://mrdata.usgs.gov/ree/ree-csv.zip" in shown
    assert _call("sources", "frob").exit_code == 2


def test_help_loads_nothing_heavy():
    code = (
        "import sys, geo_ree.cli\n"
        "from click.testing import CliRunner\n"
        "assert CliRunner().invoke(geo_ree.cli.main, ['run', '--help']).exit_code == 0\n"
        "heavy = {'numpy', 'pandas', 'geopandas', 'shapely', 'numba', 'folium', 'pyproj', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout.strip() == "[]"
