"""The starter tables of holders, deals and facts on countries, against the deposits and the facts."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geo_ree.schema import RANKED_ROLES, is_date

PROJECT = Path(__file__).resolve().parents[2]
STARTER = PROJECT / "geo_ree" / "starter"
FACTS = PROJECT.parent / "shared" / "facts"
TABLES = ("control", "deals", "governance")


def rows_of(name: str, folder: Path = STARTER) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    return importlib.import_module("starter_build.context_facts")


@pytest.fixture
def facts(require: Callable[[bool, str], None]) -> Path:
    require(FACTS.is_dir(), "no tables of facts beside the project (../shared/facts)")
    return FACTS


def test_every_ranked_deposit_has_a_row_on_its_holder() -> None:
    ranked = [r["native_id"] for r in rows_of("deposits") if r["role"] in RANKED_ROLES]
    asked = {r["native_id"] for r in rows_of("control")}
    assert ranked and set(ranked) <= asked


@pytest.mark.parametrize("table", TABLES)
def test_every_fact_has_a_source_and_a_date(table: str) -> None:
    rows = rows_of(table)
    assert rows
    for row in rows:
        assert row["source"], row["native_id"]
        assert is_date(row["as_of" if table == "control" else "date"]), row["native_id"]


def test_facts_on_deposits_are_of_deposits_in_the_table() -> None:
    known = {f"starter_deposits:{r['native_id']}" for r in rows_of("deposits")}
    named = [r["deposit_id"] for table in ("control", "deals") for r in rows_of(table)]
    assert {d for d in named if d} <= known


def test_a_holder_is_named_only_where_one_was_found() -> None:
    for row in rows_of("control"):
        assert bool(row["holder"]) == (row["holder_status"] != "not found"), row["native_id"]


def test_a_control_row_says_nothing_of_stored_pages_and_carries_no_empty_words() -> None:
    for row in rows_of("control"):
        assert "stored" not in row["source"]
        assert not any(v.startswith("not found") for k, v in row.items() if k != "holder_status")


def test_ore_facts_end_with_date_and_source() -> None:
    texts = [r[c] for r in rows_of("deposits") for c in ("flowsheet", "thorium_uranium") if r[c]]
    assert texts
    for text in texts:
        assert " As of: " in text and " Source: " in text


def test_the_newest_date_of_a_text(builder: Any) -> None:
    assert builder.newest_date("2006-2011") == "2011"
    assert builder.newest_date("2026-02-10/11") == "2026-02-10"
    assert builder.newest_date("2025-09-21 (a claim); 2025-12 (a list)") == "2025-12"
    assert builder.newest_date("undated") == ""


def test_countries_of_the_facts_become_codes(builder: Any) -> None:
    assert builder.codes_of("Kazakhstan; Russia before") == "KAZ"
    assert builder.codes_of("Uzbekistan; not found; Turkey") == "UZB;TUR"
    with pytest.raises(ValueError, match=r"'Atlantis' is no country; correct it"):
        builder.codes_of("Atlantis")


def test_a_changed_value_of_the_facts_must_be_reviewed_again(
    builder: Any, facts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = dict.fromkeys(("reason", "source", "date"), "x")
    change |= {"table": "deals", "row": "1", "column": "country", "before": "UZB", "after": "KAZ"}
    monkeypatch.setattr(builder, "read_table", lambda name: [change])
    with pytest.raises(ValueError, match="row 1 of deals.csv is 'KAZ', but 'UZB' was reviewed"):
        builder.build_deals(facts, STARTER)


def test_a_row_without_a_source_is_not_built(builder: Any) -> None:
    row = {"deposit_id": "", "country": "KAZ", "date": "2024", "source": ""}
    with pytest.raises(ValueError, match="deals.csv, row 1: the source is blank; correct it"):
        builder._check("deals", [row], set(), {})


@pytest.mark.mirror
def test_the_facts_give_the_same_bytes(facts: Path, builder: Any, tmp_path: Path) -> None:
    (tmp_path / "deposits.csv").write_bytes((STARTER / "deposits.csv").read_bytes())
    for build in (builder.build_control, builder.build_deals, builder.build_governance):
        product = build(facts, tmp_path)
        assert (tmp_path / product.file).read_bytes() == (STARTER / product.file).read_bytes()
