"""The three real upstream files, fetched from a stand-in for their hosts and scored."""

import json

import pytest
from click.testing import CliRunner

from geo_ree.cli.app import main
from geo_ree.pipeline.route_inputs import route_inputs

pytestmark = pytest.mark.mirror
SOURCES = ("usgs_ree", "usgs_major_deposits", "natural_earth_railroads")


def _call(*args):
    result = CliRunner().invoke(main, [str(a) for a in args])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="session")
def scored(mirror, shared):
    return shared("real-sources", lambda folder: _score(folder, mirror))


def _score(folder, mirror):
    import pandas as pd

    told = _call("fetch", *SOURCES, "--mirror", mirror(), "--data", folder / "data")
    _call("run", "--data", folder / "data", "--out", folder / "out", "--draws", 50)
    report = json.loads((folder / "out" / "run.json").read_text(encoding="utf-8"))
    return told, pd.read_csv(folder / "out" / "scores.csv"), report, folder


def test_fetch_accounts_for_every_row(scored):
    told = scored[0]
    for rows in ("799", "3168", "2670"):
        assert rows in told
    assert "public domain" in told.lower()


def test_with_natural_earth_bayan_obo_has_its_railway(scored):
    row = scored[1].set_index("id").loc["starter_deposits:bayan-obo"]
    assert row["dist_railway_km"] < 2.0
    assert "Natural Earth" in row["near_railway"]


def test_fetched_records_join_the_curated_ones_once(scored):
    _, table, report, _ = scored
    names = table["name"].tolist()
    assert names.count("Kutessay II") == 1
    sources = table.set_index("name")["sources"]
    assert "usgs_ree:211" in sources["Kutessay II"]
    inputs = {i["id"]: i for i in report["inputs"]}
    assert {i: inputs[i]["came_from"] for i in SOURCES} == dict.fromkeys(SOURCES, "fetched")
    assert "starter_major_deposits" not in inputs
    assert inputs["usgs_ree"]["rows_read"] == 799
    assert inputs["usgs_ree"]["retrieved"]


def test_candidates_stay_those_of_the_scored_countries(scored):
    table = scored[1]
    ranked = table[table["rank_in_role"].notna()]
    assert set(ranked["country"]) <= {"KAZ", "UZB", "KGZ", "TJK", "TKM", "MNG", "AFG"}
    assert (table["role"] == "candidate").sum() > 10


def test_the_real_records_alone_can_be_scored(scored):
    folder = scored[3]
    _call(
        "score",
        "--data",
        folder / "data",
        "--out",
        folder / "alone",
        "--draws",
        20,
        "--only",
        "usgs_ree",
        "natural_earth_railroads",
    )
    report = json.loads((folder / "alone" / "run.json").read_text(encoding="utf-8"))
    assert {i["id"] for i in report["inputs"]} == {
        "usgs_ree",
        "natural_earth_railroads",
        "starter_countries",
        *(row["id"] for row in route_inputs()),
    }
    assert report["ranked"] >= 10
