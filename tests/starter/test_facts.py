"""The builder's rules, and the starter tables against the facts they are built from."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
STARTER = PROJECT / "geo_ree" / "starter"
FACTS = PROJECT.parent / "shared" / "facts"


def rows_of(name: str, folder: Path = STARTER) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def facts(require: Callable[[bool, str], None]) -> Path:
    require(FACTS.is_dir(), "no tables of facts beside the project (../shared/facts)")
    return FACTS


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    return lambda name: importlib.import_module(f"starter_build.{name}")


def test_precision_classes_of_the_builder(builder: Any) -> None:
    precision_class = builder("positions").precision_class
    assert precision_class("fair", "", "41.402", "64.8955")[0] == "arc_second"
    assert precision_class("fair", "", "52.35", "71.89")[0] == "hundredth_degree"
    assert precision_class("", "", "48.1", "81.5")[0] == "tenth_degree"
    assert precision_class("", "", "48", "81.0")[0] == "area"
    coarse = precision_class("poor (half degree)", "mrdata.usgs.gov/ree x", "39.5", "79.0")
    assert coarse[0] == "area"


def test_an_alternate_that_is_another_record_does_not_count(builder: Any) -> None:
    row = {
        "coord_source": "x",
        "coord_quality": "good",
        "latitude": "42.8611",
        "longitude": "76.1197",
        "alt_coords": "40.1,70.2 (a (b), c: do not use)",
    }
    assert builder("positions").judge_position(row).error_m == 500.0
    row["alt_coords"] = "42.8611,76.3 (another survey)"
    assert builder("positions").judge_position(row).error_m == pytest.approx(14_740, abs=20)


def test_the_builder_refuses_names_that_give_one_id(builder: Any) -> None:
    with pytest.raises(ValueError, match="mushgai-khudag"):
        builder("product").unique_slugs(["Mushgai Khudag", "Mushgai-khudag"])


@pytest.mark.mirror
def test_the_facts_give_the_same_bytes(facts: Path, builder: Any, tmp_path: Path) -> None:
    deposits, tables = builder("deposits"), builder("tables")
    for build in (
        deposits.build_deposits,
        deposits.build_resources,
        deposits.build_flags,
        tables.build_major_deposits,
        tables.build_power_plants,
    ):
        product = build(facts, tmp_path)
        assert (tmp_path / product.file).read_bytes() == (STARTER / product.file).read_bytes()
        assert product.file in product.report()


@pytest.mark.mirror
def test_deposits_say_what_the_facts_and_the_review_say(facts: Path, builder: Any) -> None:
    reviews = builder("reviews")
    listed = [*rows_of("deposits", facts), *reviews.read_table("added_deposits")]
    review = reviews.read_review([t["name"] for t in listed])
    told = [review.change(row) for row in listed]
    kept = {r["name"]: r for r in rows_of("deposits")}
    assert set(kept) == {t["name"] for t in told}
    for fact in told:
        row = kept[fact["name"]]
        assert row["role"] == {"outside": "reference"}.get(fact["role"], fact["role"])
        for ours, theirs in (
            ("latitude", "latitude"),
            ("longitude", "longitude"),
            ("country_reported", "country"),
            ("admin_area", "admin_area"),
            ("name_local", "name_cyrillic"),
            ("status", "status"),
            ("operator", "operator"),
            ("reference", "source"),
            ("source_quality", "confidence"),
            ("deposit_type", "deposit_type"),
            ("minerals", "host_mineralogy"),
        ):
            assert row[ours] == fact[theirs], (fact["name"], ours)
        assert fact["resource_text"] in row["notes"] and fact["notes"] in row["notes"]
        assert fact["coord_quality"] in row["position_basis"]
        assert fact["alt_coords"] in row["position_basis"]
        for gid in filter(None, fact["same_as_gid"].split(";")):
            assert f"usgs_major_deposits:{gid}" in row["same_as"].split(";")


@pytest.mark.mirror
def test_counts_of_the_other_facts(facts: Path) -> None:
    for name in ("major_deposits", "power_plants"):
        assert len(rows_of(name, facts)) == len(rows_of(name))
