"""Every source that the stand-in for the upstream hosts holds, by one command."""

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from geo_ree.cli.app import main

pytestmark = pytest.mark.mirror

MIRROR = Path(__file__).parents[3] / "shared" / "mirror"
ROWS = {
    ("natural_earth_railroads", ""): 2670,
    ("natural_earth_airports", ""): 891,
    ("natural_earth_populated_places", ""): 7322,
    ("natural_earth_rivers", ""): 1404,
    ("natural_earth_lakes", ""): 1343,
    ("natural_earth_countries", ""): 241,
    ("usgs_ree", ""): 799,
    ("usgs_carbonatite", ""): 60,
    ("usgs_pp1802", ""): 2121,
    ("usgs_copper_sites", "porphyry"): 2199,
    ("usgs_copper_sites", "sediment_hosted"): 1200,
    ("usgs_porcu", ""): 690,
    ("usgs_sedcu", ""): 785,
    ("usgs_major_deposits", ""): 3168,
    ("usgs_mrds", ""): 171_638,
}


@pytest.fixture(scope="module")
def fetched(mirror, tmp_path_factory):
    folder = tmp_path_factory.mktemp("all")
    args = ["fetch", "--all", "--mirror", mirror(), "--data", str(folder / "data"), "--json"]
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 1, "what the mirror lacks is told as failed"
    return json.loads(result.stdout), folder / "data"


def test_each_table_of_the_mirror_is_read_whole_and_accounted_for(fetched):
    tables = [t for source in fetched[0]["fetched"] for t in source["tables"]]
    assert {(t["id"], t["table"]): t["rows_read"] for t in tables} == ROWS
    for table in tables:
        assert table["rows_read"] == table["kept"] + sum(table["skipped"].values())
        assert table["licence"]


def test_what_the_mirror_lacks_fails_and_what_no_program_may_fetch_is_not_tried(fetched):
    told = fetched[0]
    others = {
        f["source_id"]: f["error"]
        for f in told["failed"]
        if "the mirror lacks it" not in f["error"]
    }
    assert "no item is called" in others.pop("usgs_tien_shan_ree")
    assert {*others} == {"gem_power_plants", "gem_coal_mines", "gem_iron_mines"}
    assert all("none of the last 13 months has the file" in error for error in others.values())
    why = Counter(n["why"].split(":")[0] for n in told["not_tried"])
    assert why["manual"] >= 3
    assert why["none"] >= 5
    groups = [{x["source_id"] for x in told[k]} for k in ("fetched", "failed", "not_tried")]
    assert not groups[0] & groups[1] | groups[0] & groups[2] | groups[1] & groups[2]


def test_the_workbook_that_a_person_downloaded_goes_the_same_way(fetched):
    provided = MIRROR / "files" / "icmm-global-mining-dataset-2025-09.xlsx"
    args = ["fetch", "icmm_mines", "--file", provided, "--data", fetched[1], "--offline", "--json"]
    result = CliRunner().invoke(main, [str(a) for a in args])
    assert result.exit_code == 0, result.output
    (source,) = json.loads(result.stdout)["fetched"]
    (table,) = source["tables"]
    assert (table["rows_read"], table["came_from"]) == (8508, "provided")
    proof = json.loads(next(fetched[1].glob("raw/icmm_mines/*/provenance.json")).read_text("utf-8"))
    assert proof["origin"] == "provided"
    assert proof["sha256"] == table["sha256"]


def test_all_of_it_together_can_be_scored(fetched, tmp_path):
    args = ["score", "--data", fetched[1], "--out", tmp_path / "out", "--draws", 20]
    result = CliRunner().invoke(main, [str(a) for a in args])
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert {t for t in ROWS if t[0] != "natural_earth_countries"} <= {
        (i["id"], i["table"]) for i in report["inputs"]
    }
