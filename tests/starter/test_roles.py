"""The review of roles and stages: its tables, what the builder makes of them, and the page about it."""

from __future__ import annotations

import csv
import importlib
from pathlib import Path
from typing import Any

import pytest

from geo_ree.schema import PUBLISHED_FLAGS, RANKED_ROLES, STAGES

PROJECT = Path(__file__).resolve().parents[2]
STARTER = PROJECT / "geo_ree" / "starter"


def rows_of(name: str) -> list[dict[str, str]]:
    with (STARTER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    return lambda name: importlib.import_module(f"starter_build.{name}")


@pytest.fixture
def review(builder: Any) -> Any:
    return builder("reviews").read_review([r["name"] for r in rows_of("deposits")])


def test_every_candidate_and_host_has_a_reason_and_a_stage_with_its_source() -> None:
    ranked = [r for r in rows_of("deposits") if r["role"] in RANKED_ROLES]
    assert len(ranked) > 40
    for row in ranked:
        assert row["stage"] in STAGES, row["name"]
        for column in ("why_role", "stage_basis"):
            said, _, source = row[column].partition(" Source: ")
            assert said.endswith(".") and source, (row["name"], column)
        assert " As of: " in row["stage_basis"]


def test_only_what_is_ranked_has_a_stage() -> None:
    others = [r for r in rows_of("deposits") if r["role"] not in RANKED_ROLES]
    assert {r["stage"] + r["stage_basis"] for r in others} == {""}


@pytest.mark.parametrize("native_id", ["kyzyl-ompol", "tomak", "ulaan-tolgoi", "verkhnee-espe"])
def test_what_would_be_mined_for_another_commodity_is_a_host(native_id: str) -> None:
    (row,) = (r for r in rows_of("deposits") if r["native_id"] == native_id)
    assert (row["role"], row["commodity_tier"]) == ("by_product_host", "by_product")
    assert row["commodities"].split(";")[0] != "REE"
    assert not row["commodity_group"].startswith("rare_earth")


def test_what_no_source_calls_a_rare_earth_deposit_is_none() -> None:
    roles = {r["native_id"]: r["role"] for r in rows_of("deposits")}
    for native_id in ("souktal", "northern-aktash", "karagaily-aktas", "zhanet"):
        assert roles[native_id] == "not_ree"
    assert (roles["zhana-kazakhstan"], roles["schevchenko"]) == ("area", "duplicate")


def test_a_host_is_produced_only_where_its_rare_earths_were() -> None:
    hosts = [r for r in rows_of("deposits") if r["role"] == "by_product_host"]
    assert [r["native_id"] for r in hosts if r["stage"] == "produced"] == ["melovoye"]
    assert {r["stage"] for r in hosts if r["commodity_group"] == "uranium"} <= {
        "produced",
        "registry",
    }


def test_the_position_of_inkai_says_how_large_its_ground_is() -> None:
    (row,) = (r for r in rows_of("deposits") if r["native_id"] == "inkai")
    assert (row["latitude"], row["longitude"]) == ("45.3333", "67.5")
    assert float(row["position_error_m"]) == 20_000.0
    assert "NI 43-101" in row["position_basis"] and "tens of km" in row["position_basis"]


def test_every_change_has_reason_source_date_and_confidence(review: Any) -> None:
    assert len(review.changes) > 60
    for change in review.changes:
        assert all(change[c] for c in ("reason", "source", "date", "confidence")), change
        assert change["confidence"] in ("high", "medium", "low")
        assert change["before"] != change["after"], change


def test_changes_of_low_confidence_say_so_and_an_inference_is_not_taken_over(review: Any) -> None:
    kept = {c["deposit"] for c in review.changes if c["verdict"] == "kept"}
    assert {"Taibogar", "Tasmuryn"} <= kept
    roles = {r["name"]: r["role"] for r in rows_of("deposits")}
    assert roles["Taibogar"] == roles["Tasmuryn"] == "candidate"


def test_a_changed_fact_must_be_reviewed_again(review: Any, builder: Any) -> None:
    row = {"name": "Kyzyl-Ompol", "role": "plant"}
    with pytest.raises(builder("product").BuildError, match="Kyzyl-Ompol is 'plant'.*review"):
        review.change(row)
    assert review.change({**row, "role": "candidate"})["role"] == "by_product_host"


def test_a_candidate_without_a_stage_stops_the_builder(review: Any, builder: Any) -> None:
    with pytest.raises(builder("product").BuildError, match="Nowhere is candidate.*needs a row"):
        review.explain("Nowhere", "candidate")
    with pytest.raises(builder("product").BuildError, match="Kundybai is not_ree"):
        review.explain("Kundybai", "not_ree")


def test_a_deposit_that_the_facts_do_not_have_stops_the_builder(builder: Any) -> None:
    with pytest.raises(builder("product").BuildError, match="name .*Kundybai.*correct the name"):
        builder("reviews").read_review([])


def test_published_flags_are_facts_with_date_and_source() -> None:
    rows = rows_of("flags")
    known = {f"starter_deposits:{r['native_id']}" for r in rows_of("deposits")}
    for row in rows:
        assert row["deposit_id"] in known and row["flag"] in PUBLISHED_FLAGS
        assert row["fact"].endswith(".") and row["date"] and row["source"]
    kinds = {(r["deposit_id"], r["flag"]) for r in rows}
    assert ("starter_deposits:kutessay-ii", "licence") in kinds
    assert ("starter_deposits:kutessay-ii", "park") in kinds
    assert ("starter_deposits:kyzyl-ompol", "uranium_law") in kinds
    assert len({r["native_id"] for r in rows}) == len(rows)


def test_no_status_holds_half_a_sentence_about_a_licence_or_a_park() -> None:
    (row,) = (r for r in rows_of("deposits") if r["native_id"] == "kutessay-ii")
    assert row["status"] == "past producer (open pit 1960-1991)"


def test_the_page_about_roles_is_up_to_date(builder: Any) -> None:
    page = (PROJECT / "docs" / "roles.md").read_text(encoding="utf-8")
    assert page == builder("roles_page").roles_page(rows_of("deposits"))
    for row in rows_of("deposits"):
        if row["role"] in RANKED_ROLES:
            assert f"| {row['name']} | {row['stage']} |" in page
