"""Famous deposits of the region come out of the merge where a text of another hand puts them.

``famous.csv`` holds positions that were read in texts (encyclopaedias, trackers, company pages),
none of them from a table that is merged.
"""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from geo_ree import Options, storage
from geo_ree.catalog import load_catalog
from geo_ree.crs import GEOD
from geo_ree.deposits import normalize
from geo_ree.deposits.borders import assign_country
from geo_ree.deposits.names import NameForm, name_forms
from geo_ree.deposits.vocabulary import find_commodity
from geo_ree.fetching import read
from geo_ree.pipeline.layers import load_layers
from geo_ree.schema.vocabularies import COMMODITY_GROUPS

ROOT = Path(__file__).parents[2]
FAMOUS = pd.read_csv(
    ROOT / "tests" / "data" / "famous.csv", keep_default_na=False, encoding="utf-8"
)
PRINTED = re.compile(r"printed (\S+) N (\S+) E; ")
MERGED_SOURCES = re.compile(
    r"mrds|mrdata|OFR|open-file|PP ?1802|icmm|sir2010|major deposits|porphyry copper", re.IGNORECASE
)
ABSENT = "no table that is merged names it"
NO_PLACE = "only the starter names it, without a place"
KNOWN_MISSES = {
    "Kumtor": ({"position"}, "its place is 32 km off at an error of 22"),
    "Aktogay": ({"position"}, "a place 9 km off is chosen, where images show drill roads"),
    "Akdala": ({"position"}, NO_PLACE),
    "Mynkuduk": ({"position"}, NO_PLACE),
    "Gatsuurt": ({"absent"}, ABSENT),
    "Tavan Tolgoi": ({"absent"}, ABSENT),
    "Tömörtiin Ovoo": ({"absent"}, ABSENT),
    "South Inkai": ({"absent"}, ABSENT),
    "Karamurun": ({"absent"}, ABSENT),
    "Bogatyr": ({"absent"}, ABSENT),
    "Gol Gohar": ({"absent"}, ABSENT),
    "Kokkol": ({"absent"}, ABSENT),
}
"""What does not come out yet, and why: a list that can only shrink."""
TWIN_KM = 100.0
"""Another deposit of the same name this near is the same one twice (a slip of one degree)."""

MOST_ERROR_KM = 50.0
"""A stated error above this covers any position by accident."""


def _degrees(printed: str) -> float:
    numbers = [float(n) for n in re.findall(r"[\d.]+", printed)]
    return sum(n / 60**i for i, n in enumerate(numbers))


@pytest.fixture(scope="module")
def countries() -> gpd.GeoDataFrame:
    base = load_catalog()["starter_countries"]
    return normalize(read(base, storage.starter_path(base.reader.member)), base).frame


def test_every_row_has_a_source_a_date_a_tolerance_and_a_reason():
    assert FAMOUS["name"].is_unique
    assert (FAMOUS[["aliases", "source", "date", "note"]] != "").all(axis=None)
    assert FAMOUS["date"].str.fullmatch(r"undated|\d{4}(-\d\d){0,2}").all()
    assert FAMOUS["tolerance_km"].between(1, 25).all()
    assert not FAMOUS["source"].str.contains(MERGED_SOURCES).any()


def test_each_position_is_the_printed_one():
    for row in FAMOUS.itertuples(index=False):
        latitude, longitude = PRINTED.match(row.note).groups()
        assert row.latitude == pytest.approx(_degrees(latitude), abs=1e-6), row.name
        assert row.longitude == pytest.approx(_degrees(longitude), abs=1e-6), row.name


def test_each_position_is_in_its_country_or_said_to_be_near_the_border(countries):
    points = gpd.GeoDataFrame(
        {
            "country_reported": FAMOUS["country"],
            "position_error_m": FAMOUS["tolerance_km"] * 1000.0,
        },
        geometry=gpd.points_from_xy(FAMOUS["longitude"], FAMOUS["latitude"]),
        crs=4326,
    )
    got = assign_country(points, countries)
    assert got["country"].tolist() == FAMOUS["country"].tolist()
    near = FAMOUS["note"].str.contains("near the border")
    assert not FAMOUS["name"][got["country_note"].notna() & ~near].tolist()
    assert set(FAMOUS["country"]) >= {"KAZ", "KGZ", "UZB", "TJK", "MNG", "AFG"}


def test_each_group_is_that_of_the_main_commodity():
    assert set(FAMOUS["group"]) <= set(COMMODITY_GROUPS)
    for row in FAMOUS.itertuples():
        commodity = find_commodity(row.main_commodity)
        assert commodity is not None, row.main_commodity
        assert commodity.group == row.group, row.name


def test_positions_are_of_different_places():
    rows = list(FAMOUS.itertuples())
    for i, one in enumerate(rows):
        for other in rows[i + 1 :]:
            ends = (one.longitude, one.latitude, other.longitude, other.latitude)
            assert GEOD.inv(*ends)[2] > 5_000, (one.name, other.name)


def test_the_misses_are_of_the_table_and_told_in_the_docs():
    assert set(KNOWN_MISSES) <= set(FAMOUS["name"])
    text = (ROOT / "docs" / "merging.md").read_text(encoding="utf-8")
    section = text.split("## Famous deposits\n")[1].split("\n## ")[0]
    absent = {name for name, (kinds, _) in KNOWN_MISSES.items() if "absent" in kinds}
    present = len(FAMOUS) - len(absent)
    right = len(FAMOUS) - len(KNOWN_MISSES)
    assert f"{present} of {len(FAMOUS)} are named by a table" in section
    assert f"{right} of {present} come out right" in section
    told = re.findall(r"^\| ([^|]+?) \| ([a-z, ]+?) \| ([^|]+?) \|$", section, re.MULTILINE)[1:]
    assert told == [
        (name, ", ".join(sorted(kinds)), why)
        for name, (kinds, why) in KNOWN_MISSES.items()
        if name not in absent
    ]
    assert all(name in section for name in absent)


@pytest.fixture(scope="module")
def deposits(fetched) -> gpd.GeoDataFrame:
    return load_layers(fetched, Options()).frames["deposits"]


@pytest.mark.parametrize(
    "famous", list(FAMOUS.itertuples(index=False)), ids=FAMOUS["name"].tolist()
)
def test_a_famous_deposit_comes_out_unless_it_is_a_known_miss(famous, deposits):
    expected, _ = KNOWN_MISSES.get(famous.name, (set(), ""))
    assert _find_misses(famous, deposits) == expected


def _find_misses(famous, deposits: gpd.GeoDataFrame) -> set[str]:
    """Compare a famous deposit to the merged one of its name (to the nearest, if several)."""
    wanted = {_key(form) for form in name_forms(famous.name, famous.aliases)}
    named, by_alias = [], []
    for row in deposits[deposits["role"] != "plant"].itertuples(index=False):
        forms = [f for f in name_forms(row.name, row.aliases) if not (f.works or f.group)]
        hits = [f for f in forms if _key(f) in wanted]
        if hits:
            (named if any(f.main for f in hits) else by_alias).append((_gap_km(famous, row), row))
    near = sorted(named or by_alias, key=lambda pair: pair[0])
    if not near:
        return {"absent"}
    gap, found = near[0]
    error = found.position_error_m / 1000
    misses = {
        "country": found.country != famous.country,
        "group": found.commodity_group != famous.group,
        "position": not (error <= MOST_ERROR_KM and gap <= famous.tolerance_km + error),
        "twice": any(
            far < TWIN_KM and row.country == famous.country and row is not found
            for far, row in named
        ),
    }
    return {kind for kind, missed in misses.items() if missed}


def _key(form: NameForm) -> tuple[str, frozenset[int], frozenset[str]]:
    return form.stem.replace(" ", ""), form.numbers, form.parts


def _gap_km(famous, row) -> float:
    if row.geometry is None or row.geometry.is_empty:
        return float("inf")
    ends = (famous.longitude, famous.latitude, row.geometry.x, row.geometry.y)
    return float(GEOD.inv(*ends)[2]) / 1000
