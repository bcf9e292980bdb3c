import csv

import geopandas as gpd
import pytest
import shapely

from geo_ree.errors import SchemaError
from geo_ree.outputs.table_files import library_versions, write_report, write_tables
from geo_ree.pipeline.run_tables import arrange_scores
from geo_ree.schema import SCHEMA_VERSION
from geo_ree.settings import DISCLAIMER

HOSTILE = "=cmd|' /C calc'!A0"


@pytest.fixture
def table():
    return arrange_scores(
        gpd.GeoDataFrame(
            {
                "id": ["c:1", "b:1", "a:1"],
                "name": [HOSTILE, "Beta", '-Alpha\nnext, "quoted"'],
                "role": ["context", "candidate", "candidate"],
                "rank_in_role": [None, 2, 1],
                "score": [50.0, 10.123456, 20.0],
                "near_road": ["x", None, "y"],
                "near_abroad_road": [None, "z", None],
                "dist_road_km": [1.23456, None, 0.0],
            },
            geometry=[shapely.Point(70, 45), shapely.Point(71, 46), shapely.Point(72, 47)],
            crs=4326,
        )
    )


def test_rows_are_sorted_and_rounded(table):
    assert table["id"].tolist() == ["a:1", "b:1", "c:1"]
    assert table["score"].tolist() == [20.0, 10.1235, 50.0]
    assert table["dist_road_km"][2] == 1.235
    assert table["longitude"].tolist() == [72.0, 71.0, 70.0]
    names = list(table.columns)
    assert names.index("near_road") < names.index("near_abroad_road")
    assert names[-1] == "geometry"


def test_every_row_says_what_it_is(table):
    assert (table["disclaimer"] == DISCLAIMER).all()
    assert (table["schema_version"] == SCHEMA_VERSION).all()


def test_a_spreadsheet_runs_no_name(table, tmp_path):
    write_tables({"scores": table}, tmp_path, ("scores",))
    names = {f"scores.{end}" for end in ("csv", "gpkg", "parquet")}
    assert {p.name for p in tmp_path.iterdir()} == names
    with (tmp_path / "scores.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["name"] for r in rows] == ['\'-Alpha\nnext, "quoted"', "Beta", "'" + HOSTILE]
    assert rows[1]["dist_road_km"] == ""
    back = gpd.read_file(tmp_path / "scores.gpkg")
    assert back["name"].tolist()[2] == HOSTILE
    assert gpd.read_parquet(tmp_path / "scores.parquet")["name"].tolist()[2] == HOSTILE


def test_the_report_is_json_in_utf8(tmp_path):
    write_report({"name": "Кутессай", "versions": library_versions()}, tmp_path)
    text = (tmp_path / "run.json").read_text(encoding="utf-8")
    assert "Кутессай" in text
    assert text.endswith("}\n")


def test_a_column_that_no_list_names_is_refused(table):
    with pytest.raises(SchemaError, match=r"scores.*'surprise'.*columns\.csv"):
        arrange_scores(table.assign(surprise=1))


def test_internal_columns_stay_inside(table):
    assert "foot_road_lon" not in arrange_scores(table.assign(foot_road_lon=70.0))
