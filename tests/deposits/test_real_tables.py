"""The real upstream tables beside the project: every row accounted for, every word understood."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from geo_ree import storage
from geo_ree.catalog import Source, load_catalog
from geo_ree.deposits import Normalized, normalize
from geo_ree.deposits.column_rules import as_text
from geo_ree.deposits.vocabulary import (
    country_code,
    find_commodity,
    match_kind,
    strip_question_mark,
)
from geo_ree.fetching import read

pytestmark = pytest.mark.mirror

FILES = Path(__file__).resolve().parents[3] / "shared" / "mirror"
JUDGED = Path(__file__).parent / "judged"
CATALOG = load_catalog()
MRDATA = "mrdata.usgs.gov"
TABLES = {
    ("usgs_ree", ""): (f"{MRDATA}/ree/ree-csv.zip", 799, 254),
    ("usgs_carbonatite", ""): (f"{MRDATA}/carbonatite/carbonatite-csv.zip", 60, 5),
    ("usgs_porcu", ""): (f"{MRDATA}/porcu/porcu-csv.zip", 690, 47),
    ("usgs_sedcu", ""): (f"{MRDATA}/sedcu/sedcu-csv.zip", 785, 62),
    ("usgs_major_deposits", ""): (f"{MRDATA}/major-deposits/ofr20051294-csv.zip", 3168, 269),
    ("usgs_copper_sites", "porphyry"): (f"{MRDATA}/sir20105090z/sir20105090z-csv.zip", 2199, 244),
    ("usgs_copper_sites", "sediment_hosted"): (
        f"{MRDATA}/sir20105090z/sir20105090z-csv.zip",
        1200,
        205,
    ),
    ("usgs_mrds", ""): (f"{MRDATA}/mrds/mrds-csv.zip", 171_638, 292),
    ("usgs_pp1802", ""): (
        "www.sciencebase.gov/catalog/file/get/594d3c8ee4b062508e39b332",
        2121,
        86,
    ),
    ("icmm_mines", ""): ("files/icmm-global-mining-dataset-2025-09.xlsx", 8508, 1863),
}
SLIPS = {
    "anode slime",
    "aresnic",
    "bopper",
    "cadimium",
    "cadmiuum",
    "calcine",
    "chormite",
    "ferrite strontium powder",
    "fertilizedr",
    "zicron",
}
"""Words of ICMM's that are no commodity, or only by a slip of the pen."""
MRDS = r"""
import re, sys, time
from pathlib import Path
from geo_ree import storage
from geo_ree.catalog import load_catalog
from geo_ree.deposits import normalize
from geo_ree.fetching import read

catalog = load_catalog()
base = catalog["starter_countries"]
countries = normalize(read(base, storage.starter_path(base.reader.member)), base).frame
start = time.perf_counter()
got = normalize(read(catalog["usgs_mrds"], Path(sys.argv[1])), catalog["usgs_mrds"], countries)
spent = time.perf_counter() - start
print(got.rows_read, spent, int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text()).group(1)))
"""


@pytest.fixture(scope="module")
def world() -> gpd.GeoDataFrame:
    base = CATALOG["starter_countries"]
    return normalize(read(base, storage.starter_path(base.reader.member)), base).frame


@pytest.fixture(scope="module")
def tables(mirror: Callable[..., str]) -> dict[tuple[str, str], tuple[Source, pd.DataFrame]]:
    return {
        (name, part): (source, read(source, FILES / TABLES[name, part][0]))
        for name, part in TABLES
        for source in CATALOG[name].parts()
        if source.part == part
    }


@pytest.fixture(scope="module")
def layers(tables, world) -> dict[tuple[str, str], Normalized]:
    return {key: normalize(raw, source, world) for key, (source, raw) in tables.items()}


@pytest.mark.parametrize("key", TABLES, ids="-".join)
def test_every_row_is_kept_or_skipped_and_every_word_recognised(layers, key):
    got = layers[key]
    _, read_rows, kept = TABLES[key]
    assert (got.rows_read, got.kept, len(got.frame)) == (read_rows, kept, kept)
    assert got.rows_read == got.kept + sum(got.skipped.values())
    assert got.unrecognised == {}
    assert got.frame["id"].is_unique


def test_all_words_of_the_world_are_recognised_not_only_those_of_the_region(tables):
    for source, raw in tables.values():
        countries = {as_text(w) for w in raw[source.columns["country_reported"]]}
        assert {w for w in countries if w and country_code(w) is None} == set(), source.id
        rule = source.commodities
        for column in (*rule.main, *rule.minor, *rule.trace):
            texts = {str(t) for t in raw[column].dropna()}
            words = {w.strip() for t in texts for w in _split(t, rule.separators)} - {""}
            odd = {w for w in words if find_commodity(strip_question_mark(w)) is None}
            assert odd <= (SLIPS if source.id == "icmm_mines" else set())
        for column, table in source.words.items():
            texts = {" ".join(str(t).split()) for t in raw[source.columns[column]].dropna()} - {""}
            assert {t for t in texts if match_kind(t, table) is None} <= {"Active (2001)"}


def _split(text: str, separators: str) -> list[str]:
    for mark in separators[1:]:
        text = text.replace(mark, separators[0])
    return text.split(separators[0])


def test_each_state_of_ofr_02_189_has_been_judged_by_hand(tables):
    _, raw = tables["usgs_ree", ""]
    with (JUDGED / "status_ofr_02_189.csv").open(encoding="utf-8", newline="") as stream:
        judged = {row["status"]: row["kind"] for row in csv.DictReader(stream)}
    found = set(raw["status"]) - {""}
    assert found <= set(judged)
    classified = {s: match_kind(" ".join(s.split()), "status") or "unknown" for s in found}
    assert classified == {s: judged[s] for s in found}


def test_each_combination_of_ofr_2005_1294_has_been_judged_by_hand(tables):
    _, raw = tables["usgs_major_deposits", ""]
    with (JUDGED / "commodities_ofr_2005_1294.csv").open(encoding="utf-8", newline="") as stream:
        judged = {row["commodities"]: row for row in csv.DictReader(stream)}
    assert set(raw["commodity.value"]) == set(judged)


def test_countries_that_the_publisher_spells_in_his_own_way_are_found(layers):
    sedcu = layers["usgs_sedcu", ""].frame
    spelled = sedcu[sedcu["country_reported"] == "Kazakstan"]
    assert len(spelled) == 35
    assert (spelled["country"] == "KAZ").mean() > 0.9
    assert set(sedcu["country_reported"]) >= {"Kyrghyzstan", "Kyrgyzstan", "Afganistan"}
    icmm = layers["icmm_mines", ""].frame
    assert icmm["country"].value_counts()[["KAZ", "MNG"]].tolist() == [81, 39]


def test_what_is_a_works_is_no_candidate(layers):
    critical = layers["usgs_pp1802", ""].frame.set_index("name")
    assert critical.loc["Plant in Stepnogorsk", "role"] == "plant"
    assert critical.loc["Kutessay II project", "role"] == "candidate"
    mrds = layers["usgs_mrds", ""].frame.set_index("name")
    assert mrds.loc["(Facility) Irtysh Copper Smelter", "role"] == "plant"
    assert mrds["role"].eq("candidate").sum() == 1


def test_degrees_minutes_and_seconds_of_the_copper_tables_are_read(layers):
    classes = layers["usgs_carbonatite", ""].frame["precision_class"]
    assert set(classes) == {"arc_second"}
    classes = layers["usgs_sedcu", ""].frame["precision_class"]
    assert classes.value_counts().to_dict() == {
        "arc_minute": 26,
        "arc_second": 19,
        "five_minutes": 7,
        "area": 5,
        "half_degree": 3,
        "degree": 2,
    }


def test_dashes_of_another_encoding_are_repaired(tables, layers):
    _, raw = tables["usgs_porcu", ""]
    assert raw["reference.reference"].str.contains("\x96").any()
    text = layers["usgs_porcu", ""].frame["reference"]
    assert not text.str.contains("[\x80-\x9f]").any() and text.str.contains("–").any()


def test_mrds_is_read_in_15_seconds_and_a_gigabyte(mirror):
    path = FILES / TABLES["usgs_mrds", ""][0]
    done = subprocess.run(
        [sys.executable, "-c", MRDS, str(path)], capture_output=True, text=True, check=True
    )
    rows, seconds, kilobytes = map(float, done.stdout.split())
    assert rows == 171_638
    assert seconds < 15.0
    assert kilobytes < 1024**2
