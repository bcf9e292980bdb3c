"""The page on the validation, compared with what the command gives on the real tables."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from geo_ree.cli.app import main
from geo_ree.scoring import load_evidence

pytestmark = [pytest.mark.mirror, pytest.mark.longest]

ROOT = Path(__file__).parents[3]
ICMM = ROOT.parent / "shared" / "mirror" / "files" / "icmm-global-mining-dataset-2025-09.xlsx"
SOURCES = (
    "usgs_ree",
    "usgs_carbonatite",
    "usgs_pp1802",
    "usgs_copper_sites",
    "usgs_porcu",
    "usgs_sedcu",
    "usgs_major_deposits",
    "usgs_mrds",
    "natural_earth_railroads",
    "natural_earth_populated_places",
    "natural_earth_rivers",
    "natural_earth_lakes",
    "natural_earth_countries",
)
INTERVAL = re.compile(r"(\d\.\d\d) \((\d\.\d\d)-(\d\.\d\d)\)")


def _call(*args):
    result = CliRunner().invoke(main, [str(a) for a in args])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def written(page) -> pd.DataFrame:
    """The rows of results on the page: those of scopes have no country, those of countries one."""
    rows = []
    for line in page.splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 7 or cells[0] in ("trial", "---"):
            continue
        country = cells.pop(2) if re.fullmatch("[A-Z]{3}", cells[2]) else ""
        found = INTERVAL.fullmatch(cells[4])
        assert found, line
        rows.append(
            (cells[0], cells[1], country, int(cells[2]), int(cells[3]), *map(float, found.groups()))
        )
    names = ["trial", "scope", "country", "mines", "others", "auc", "low", "high"]
    return pd.DataFrame(rows, columns=names).set_index(names[:3])


@pytest.fixture(scope="session")
def found(mirror, shared):
    return shared("real-validation", lambda folder: _validate(folder, mirror))


def _validate(folder, mirror):
    _call("fetch", *SOURCES, "--mirror", mirror(), "--data", folder / "data")
    _call("fetch", "icmm_mines", "--file", ICMM, "--data", folder / "data", "--offline")
    printed = _call("validate", "--data", folder / "data", "--out", folder / "out", "--draws", 100)
    report = json.loads((folder / "out" / "validation.json").read_text(encoding="utf-8"))
    table = pd.DataFrame(report["results"]).set_index(["trial", "scope", "country"])
    return printed, report, table, folder / "out"


def test_the_page_has_every_row_with_its_sizes_and_areas(written, found):
    table = found[2]
    assert set(written.index) == set(table.index)
    table = table.loc[written.index]
    for column in ("mines", "others"):
        assert written[column].tolist() == table[column].tolist()
    assert (written["auc"] - table["auc"]).abs().max() <= 0.00501, "it is exact but for rounding"


def test_each_area_lies_in_the_interval_of_the_page_which_is_that_of_the_draws(written, found):
    table = found[2].loc[written.index]
    assert (
        (written["low"] <= table["auc"] + 0.005) & (table["auc"] - 0.005 <= written["high"])
    ).all()
    for page, run in (("low", "auc_low"), ("high", "auc_high")):
        gap = (written[page] - table[run]).abs()
        # a hundred draws against a thousand: their 2.5th and 97.5th percentiles scatter
        assert gap.median() < 0.03
        assert gap.max() < 0.15


def test_the_packaged_evidence_is_that_of_the_main_trial(found):
    rows = pd.DataFrame(found[1]["criteria"]).set_index(["trial", "scope"]).loc[("all", "seven")]
    table = load_evidence()
    tested = rows[rows["auc"].notna()].set_index("column")
    assert set(table.columns) == set(tested.index)
    for column, row in tested.iterrows():
        kept = table.of(column)
        assert kept.auc[0] == pytest.approx(row["auc"], abs=0.00501)
        assert (kept.adds is None) == (row["criterion"] == "rail")
        if kept.adds is not None:
            assert kept.adds[0] == pytest.approx(row["adds"], abs=0.00501)
    whole = found[2].loc[("all", "seven", "")]
    assert f"{whole['mines']} mines and {whole['others']} other sites" in table.trial


def test_the_page_has_the_measures_of_routes_and_costs_of_the_run(page, found):
    rows = pd.DataFrame(found[1]["measures"])
    tested = rows[rows["auc"].notna()]
    assert set(tested["scope"]) == {"seven", "region"}, "the network does not reach the world"
    assert len(tested) == tested["trial"].nunique() * 8 * 2 - 8, "copper has too few mines in seven"
    lines = [[c.strip() for c in line.strip("|").split("|")] for line in page.splitlines()]
    written = [c for c in lines if len(c) == 10 and INTERVAL.fullmatch(c[7])]
    every = written[-len(tested) :]
    for cells, row in zip(every, tested.to_dict("records"), strict=True):
        assert cells[:2] == [row["trial"], row["scope"]]
        assert list(map(int, cells[4:7])) == [row["mines"], row["others"], row["no_way"]]
        assert float(INTERVAL.fullmatch(cells[7])[1]) == pytest.approx(row["auc"], abs=0.00501)
    main = [c for c in written if c[:2] == ["all", "seven"]][:8]
    assert main == [c for c in every if c[:2] == ["all", "seven"]]


def test_the_page_says_first_what_fails_and_each_distance_alone_is_named(page):
    assert page.index("## Where it fails") < page.index("## What holds")
    part = page[page.index("## Where it fails") : page.index("## Each criterion")]
    for name in ("railway", "processing plant", "other mine", "settlement"):
        assert re.search(rf"to the (nearest|next) {name}", part), name


def test_what_reaches_over_the_region_only_is_no_measure_of_the_world(found):
    printed, report, _, out = found
    assert "railways: covers 44 to 121 E only" in printed
    assert set(report["layers"]["world"]) == {"settlements", "water"}
    assert "railways" in report["layers"]["region"]
    assert "not tested: copper, seven (7 mines, 403 others)" in printed
    assert (out / "success_rate.png").stat().st_size < 120_000
    sites = pd.read_parquet(out / "validation_sites.parquet")
    joined = sites["mine"].str.contains("ICMM08421", na=False)
    kounrad = sites[(sites["scope"] == "seven") & joined & sites["name"].str.contains("Kounrad")]
    assert "mine" in kounrad["label_all"].tolist()
