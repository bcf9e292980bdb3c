"""Published distances and further positions in the starter data, against the facts."""

from __future__ import annotations

import csv
import importlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geo_ree.schema import DIRECTIONS, PRECISION_ERROR_M, RELATIONS
from geo_ree.settings import REGION

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
def evidence(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    return importlib.import_module("starter_build.evidence")


def known_ids() -> set[str]:
    curated = {f"starter_deposits:{r['native_id']}" for r in rows_of("deposits")}
    return curated | {f"usgs_major_deposits:{r['native_id']}" for r in rows_of("major_deposits")}


def test_distances_are_of_deposits_that_are_there_and_have_sources() -> None:
    rows = rows_of("published_distances")
    assert len(rows) == 12
    for row in rows:
        assert row["deposit_id"] in known_ids() or row["native_id"] == "d03a"
        assert row["relation"] in RELATIONS and float(row["distance_km"]) > 0
        assert row["direction"] in ("", *DIRECTIONS)
        assert bool(row["direction"]) == (row["relation"] == "sector")
        assert row["source"]


def test_places_are_those_of_the_settlements() -> None:
    towns = {r["native_id"]: r for r in rows_of("settlements")}
    blank = []
    for row in rows_of("published_distances"):
        if not row["from_place"]:
            assert row["from_latitude"] == row["from_longitude"] == row["place_source"] == ""
            blank.append(row["native_id"])
            continue
        town = towns[row["place_source"].split()[1]]
        assert (row["from_latitude"], row["from_longitude"]) == (
            town["latitude"],
            town["longitude"],
        )
    assert blank == ["kutessay-ii-1"]


def test_positions_are_of_deposits_that_are_there_and_have_sources() -> None:
    rows = rows_of("positions")
    assert len(rows) == 26
    west, south, east, north = REGION
    for row in rows:
        assert row["deposit_id"] in known_ids() and row["source"]
        assert south <= float(row["latitude"]) <= north
        assert west <= float(row["longitude"]) <= east
        assert row["precision_class"] in PRECISION_ERROR_M
    kairakty = [
        (r["latitude"], r["longitude"])
        for r in rows
        if r["deposit_id"] == "usgs_major_deposits:1485"
    ]
    assert kairakty == [("48.35", "73.20"), ("48.45", "73.20"), ("48.406", "73.089")]
    doubted = [r["native_id"] for r in rows if r["doubt"]]
    assert doubted == ["kutessay-ii-2", "mushgai-khudag-3", "khanneshin-2"]
    assert not any(r["deposit_id"] == "starter_deposits:kundybai" for r in rows)


@pytest.mark.mirror
def test_the_facts_give_the_same_bytes(facts: Path, evidence: Any, tmp_path: Path) -> None:
    shutil.copy(STARTER / "settlements.csv", tmp_path)
    for build in (evidence.build_published_distances, evidence.build_positions):
        product = build(facts, tmp_path)
        assert (tmp_path / product.file).read_bytes() == (STARTER / product.file).read_bytes()
        assert product.file in product.report()


@pytest.mark.mirror
def test_every_distance_in_the_facts_is_carried_over(facts: Path) -> None:
    carried = rows_of("published_distances")
    for figure in rows_of("check_figures", facts):
        if figure["id"].startswith("D"):
            row = next(r for r in carried if r["native_id"] == figure["id"].lower())
            assert row["distance_km"] == figure["published_km"]
            assert (row["relation"], row["source"]) == (figure["mode"], figure["source"])
            assert row["from_place"] in figure["to"]
    words = " ".join(r["notes"] for r in carried)
    for told in (
        "Rail 43-48 km",
        "140 km from Bishkek",
        "35 km SW of Arkalyk",
        "300 km SE of Astana",
        "100 km NE of Karkaraly",
        "~420 km from Astana",
        "~65 km N of Dalanzadgad",
        "530 km SSW of Ulaanbaatar",
    ):
        assert told in words
        assert any(told in f"{d['admin_area']} {d['notes']}" for d in rows_of("deposits", facts))


@pytest.mark.mirror
def test_every_other_coordinate_in_the_facts_is_carried_over(facts: Path) -> None:
    carried = {(r["latitude"], r["longitude"]) for r in rows_of("positions")}
    for deposit in rows_of("deposits", facts):
        for part in deposit["alt_coords"].split("; "):
            latitude, _, longitude = part.split(" ")[0].partition(",")
            if longitude and deposit["name"] != "Kundybai":
                assert (latitude, longitude) in carried, deposit["name"]


@pytest.mark.mirror
def test_the_builder_refuses_facts_that_no_longer_say_so(
    facts: Path, evidence: Any, tmp_path: Path
) -> None:
    shutil.copy(STARTER / "settlements.csv", tmp_path)
    for name, old, new, told in (
        ("deposits.csv", "35 km SW of Arkalyk", "36 km SW of Arkalyk", "no longer say '35 km SW"),
        ("check_figures.csv", "D03a", "D04a", "D04a is about a deposit"),
    ):
        changed = tmp_path / "facts"
        shutil.copytree(facts, changed, dirs_exist_ok=True)
        path = changed / name
        path.chmod(0o644)
        path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")
        with pytest.raises(ValueError, match=told):
            evidence.build_published_distances(changed, tmp_path)
        shutil.rmtree(changed)
