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

from geo_ree import storage
from geo_ree.catalog import load_catalog
from geo_ree.crs import GEOD
from geo_ree.deposits import normalize
from geo_ree.deposits.borders import assign_country
from geo_ree.deposits.vocabulary import find_commodity
from geo_ree.fetching import read
from geo_ree.schema.vocabularies import COMMODITY_GROUPS

FAMOUS = pd.read_csv(
    Path(__file__).parents[1] / "data" / "famous.csv", keep_default_na=False, encoding="utf-8"
)
PRINTED = re.compile(r"printed (\S+) N (\S+) E; ")
MERGED_SOURCES = re.compile(
    r"mrds|mrdata|OFR|open-file|PP ?1802|icmm|sir2010|major deposits|porphyry copper", re.IGNORECASE
)


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
        if row.group == "rare_earth_by_product":
            assert commodity.group == "uranium" and "registered with REE" in row.note
        else:
            assert commodity.group == row.group, row.name


def test_positions_are_of_different_places():
    rows = list(FAMOUS.itertuples())
    for i, one in enumerate(rows):
        for other in rows[i + 1 :]:
            ends = (one.longitude, one.latitude, other.longitude, other.latitude)
            assert GEOD.inv(*ends)[2] > 5_000, (one.name, other.name)
