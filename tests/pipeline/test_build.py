"""The one table of deposits, with its evidence, from the starter data."""

import geopandas as gpd
import pandas as pd
import pytest
from click.testing import CliRunner

from geo_ree.cli.app import main
from geo_ree.schema import SCHEMA_VERSION

FILES = {
    "deposits.csv",
    "deposits.gpkg",
    "deposits.parquet",
    "records.csv",
    "values.csv",
    "conflicts.csv",
    "pairs.csv",
}


def _build(folder, *args):
    where = ["--data", str(folder / "data"), "--out", str(folder / "out")]
    return CliRunner().invoke(main, ["build", *where, *args])


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    result = _build(folder)
    assert result.exit_code == 0, result.output
    return result.stdout, {p.name: p for p in (folder / "out").iterdir()}


@pytest.mark.slow
def test_all_files_are_written_and_nothing_else(built):
    assert set(built[1]) == FILES


def test_every_record_is_part_of_one_deposit_and_every_deposit_names_its_records(built):
    deposits = pd.read_csv(built[1]["deposits.csv"])
    records = pd.read_csv(built[1]["records.csv"])
    assert records["record"].is_unique
    assert set(records["deposit"]) == set(deposits["id"])
    told = deposits.set_index("id")["sources"].str.split(";").explode()
    assert dict(zip(told, told.index, strict=True)) == dict(
        zip(records["record"], records["deposit"], strict=True)
    )
    assert f"{len(records)} records are {len(deposits)} deposits" in " ".join(built[0].split())


def test_homonyms_stay_apart_and_stated_ones_are_one(built):
    deposits = pd.read_csv(built[1]["deposits.csv"]).set_index("id")
    assert deposits.loc["starter_deposits:kundybai", "sources"] == (
        "starter_deposits:kundybai;usgs_major_deposits:1445"
    )
    assert {"usgs_major_deposits:1444", "usgs_major_deposits:1446"} <= set(deposits.index)
    assert "usgs_major_deposits:1469" in deposits.index  # Sarysai of Kazakhstan, not of Kyrgyzstan


def test_values_conflicts_and_pairs_name_records_that_there_are(built):
    records = set(pd.read_csv(built[1]["records.csv"])["record"])
    values, conflicts, pairs = (
        pd.read_csv(built[1][f"{n}.csv"]) for n in ("values", "conflicts", "pairs")
    )
    assert set(values["record"].str.split(";").explode()) <= records
    assert set(conflicts["sources"].str.split(" | ", regex=False).explode()) <= records
    assert set(pairs["first"]) | set(pairs["second"]) <= records
    assert pairs["probability"].between(0, 1).all()
    assert pairs["reasons"].notna().all()
    many = conflicts["values"].str.count(r" \| ")
    assert (many == conflicts["sources"].str.count(r" \| ")).all()


def test_the_geographic_files_are_read_back_by_another_library(built):
    package = gpd.read_file(built[1]["deposits.gpkg"], layer="deposits")
    parquet = gpd.read_parquet(built[1]["deposits.parquet"])
    assert len(package) == len(parquet) == len(pd.read_csv(built[1]["deposits.csv"]))
    assert package.crs.to_epsg() == parquet.crs.to_epsg() == 4326
    assert set(package["schema_version"]) == {SCHEMA_VERSION}


def test_the_pairs_that_were_hardest_to_decide_are_printed(built):
    assert built[0].count("probability 0.") == 10


def test_an_unknown_source_is_an_error(tmp_path):
    result = _build(tmp_path, "--only", "nowhere")
    assert result.exit_code == 2
    assert "no source is called 'nowhere'" in result.stderr
    assert not (tmp_path / "out").exists()
