"""A record with latitude and longitude interchanged: refused in a run, kept for the audit."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import geo_ree
from geo_ree.catalog import Source
from geo_ree.deposits import locate, normalize
from geo_ree.errors import SchemaError

BORDERS = Path(geo_ree.__file__).parent / "starter" / "countries.parquet"

NICKEL = Source.model_validate(
    {
        "id": "nickel",
        "title": "Ni-Cr-PGE deposits of the world",
        "label": "Ni-Cr-PGE table",
        "publisher": "U.S. Geological Survey",
        "country": "world",
        "layer": "deposits",
        "protocol": "archive",
        "url": "https://survey.example/nicrpge.zip",
        "licence": "public domain",
        "attribution": "USGS",
        "edition": "a hand-written row",
        "reader": {"member": "nicrpge.csv"},
        "columns": {
            "native_id": "rec",
            "name": "name",
            "latitude": "lat",
            "longitude": "lon",
            "country_reported": "country",
        },
        "constants": {"role": "context", "commodity_group": "ferroalloy", "kind": "deposit"},
    }
)


@pytest.fixture(scope="module")
def borders():
    frame = gpd.read_parquet(BORDERS)
    return frame.assign(country=frame["native_id"])


@pytest.fixture
def kundybai():
    """As the table prints it: 51.71 E, 60.73 N, which is in Russia and north of the region."""
    table = pd.DataFrame(
        [
            ["1", "Kundybai", "60.73", "51.71", "Kazakhstan"],
            ["2", "Made-up", "51.74", "60.78", "Kazakhstan"],
        ],
        columns=["rec", "name", "lat", "lon", "country"],
    )
    table.index = pd.RangeIndex(1, 3, name="row")
    return table


def test_a_run_refuses_it_and_names_the_row(kundybai, borders):
    with pytest.raises(SchemaError, match="row 1: latitude 60.73, longitude 51.71 is not in Kaz"):
        normalize(kundybai, NICKEL, borders)
    skipped = normalize(kundybai, NICKEL, borders, skip_bad_rows=True)
    assert skipped.frame["id"].tolist() == ["nickel:2"]
    assert skipped.skipped == {"latitude and longitude swapped": 1}


@pytest.mark.parametrize("skip", [False, True])
def test_the_audit_keeps_it_as_printed_though_outside_the_region(kundybai, borders, skip):
    kept = normalize(kundybai, NICKEL, borders, keep_swapped=True, skip_bad_rows=skip)
    assert (kept.rows_read, kept.kept, kept.skipped) == (2, 2, {})
    assert kept.noted == {"latitude and longitude swapped, kept as printed": 1}
    row = kept.frame.set_index("id").loc["nickel:1"]
    assert (row.geometry.x, row.geometry.y) == (51.71, 60.73)
    assert (row["country"], row["role"]) == ("KAZ", "context")
    assert "swapped" in row["country_note"]
    assert kept.frame["country_note"].isna().tolist() == [False, True]


def test_inside_the_region_too(borders):
    table = pd.DataFrame(
        [
            ["1", "Made-up", "65.0", "49.0", "Kazakhstan"],
            ["2", "Made-up too", "52.0", "49.0", "Kazakhstan"],
        ],
        columns=["rec", "name", "lat", "lon", "country"],
    )
    kept = normalize(table, NICKEL, borders, keep_swapped=True)
    assert kept.kept == 2 and set(kept.frame["country"]) == {"KAZ"}


def test_the_audit_catches_it(kundybai, borders):
    records = normalize(kundybai, NICKEL, borders, keep_swapped=True).frame
    members = records.rename(columns={"id": "record"}).assign(deposit=records["id"])
    done = locate(records, members, countries=borders)
    found = done.audit[done.audit["flag"] == "swapped_coordinates"]
    assert found["id"].tolist() == ["nickel:1"]
    assert "60.7300 N 51.7100 E" in found["evidence"].iloc[0]
    assert "with latitude and longitude interchanged it is in KAZ" in found["evidence"].iloc[0]
    assert found["distance_km"].iloc[0] > 900.0
    row = done.deposits.set_index("id").loc["nickel:1"]
    assert (row.geometry.x, row.geometry.y) == (60.73, 51.71)
    assert "corrected here" in row["position_basis"]
