"""Why a record ranks, and how far its rare earths got, by the rules of its source."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_ree.catalog import load_catalog
from geo_ree.deposits import merge, normalize
from geo_ree.deposits.vocabulary import match_kind
from geo_ree.schema import FIRST_STAGES, STAGES, check_layer

CATALOG = load_catalog()
JUDGED = Path(__file__).parent / "judged" / "status_ofr_02_189.csv"


def judged() -> list[dict[str, str]]:
    with JUDGED.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("row", judged(), ids=lambda r: r["status"])
def test_each_state_of_ofr_02_189_has_the_stage_that_was_judged(row):
    assert match_kind(" ".join(row["status"].split()), "stage") == row["stage"]


def test_the_first_three_stages_are_those_that_somebody_counted():
    assert FIRST_STAGES == ("produced", "code_resource", "registry")
    assert STAGES[:3] == FIRST_STAGES


def test_a_producer_of_something_else_has_no_stage(countries):
    rows = {
        "dep_id": [1, 2, 3, 4],
        "site_name": ["A", "B", "C", "D"],
        "names": None,
        "country": "Kazakhstan",
        "state": None,
        "latitude": 48.0,
        "longitude": [66.0, 67.0, 68.0, 69.0],
        "commod1": ["Cerium", "Copper", "Copper", "Cerium"],
        "commod2": [None, "Cerium", None, None],
        "commod3": None,
        "dev_stat": ["Past Producer", "Producer", "Producer", "Unknown"],
        "dep_type": None,
        "hrock_type": None,
        "ore": None,
        "url": None,
        "score": "A",
        "oper_type": None,
    }
    frame = normalize(pd.DataFrame(rows), CATALOG["usgs_mrds"], countries).frame.set_index("name")
    assert frame["role"].tolist() == ["candidate", "by_product_host", "context", "candidate"]
    assert frame["stage"].fillna("").tolist() == ["produced", "", "", ""]
    assert frame.loc["A", "stage_basis"] == (
        "Its state is given as: Past Producer. Source: USGS MRDS, 2016"
    )
    assert frame["stage_basis"].notna().tolist() == [True, False, False, False]
    assert "main commodity" in frame.loc["A", "why_role"]
    assert "by-product" in frame.loc["B", "why_role"]
    assert pd.isna(frame.loc["C", "why_role"])


def _record(number: int, source: str, role: str, **further: str) -> dict[str, object]:
    return {
        "id": f"{source}:{number}",
        "source_id": source,
        "name": "Made-up Ridge",
        "kind": "deposit",
        "role": role,
        "commodities": "REE",
        "commodity_group": "rare_earth",
        "precision_class": "arc_second",
        "position_error_m": 500.0,
        "geometry": shapely.Point(70, 45),
        **further,
    }


def _merged(*rows: dict[str, object]) -> pd.Series:
    records = check_layer(gpd.GeoDataFrame(list(rows), crs=4326), "deposits")
    (row,) = merge(records).deposits.to_dict("records")
    return pd.Series(row)


def test_a_reviewed_host_stays_one_whatever_another_table_says():
    reviewed = _record(
        1, "a", "by_product_host", why_role="minor", stage="occurrence", stage_basis="x"
    )
    other = _record(7, "b", "candidate", why_role="listed", stage="produced", stage_basis="y")
    row = _merged(reviewed, other)
    assert (row["role"], row["why_role"]) == ("by_product_host", "minor")
    assert (row["stage"], row["stage_basis"]) == ("occurrence", "x")


def test_a_reason_goes_with_the_role_and_the_stage_that_it_is_for():
    row = _merged(
        _record(1, "a", "context", stage_basis="a basis without a stage"),
        _record(7, "b", "candidate", why_role="listed", stage="drilled", stage_basis="cores"),
    )
    assert (row["role"], row["why_role"]) == ("candidate", "listed")
    assert (row["stage"], row["stage_basis"]) == ("drilled", "cores")
