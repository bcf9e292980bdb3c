"""What a run publishes of routes and access cost, from frames made by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.outputs.table_files import RUN_TABLES, one_shape, without_shapes, write_tables
from geo_ree.pipeline.deposit_routes import (
    SHAPES,
    no_access,
    no_corridors,
    published_corridors,
    route_columns,
)
from geo_ree.routing.route_answers import DEFAULT_QUESTION
from geo_ree.schema.columns import output_columns
from geo_ree.storage.frame_files import read_frame, write_frame

LINE = shapely.MultiLineString([[(76.1, 42.8), (52, 42)], [(52, 42), (41.6, 41.6)]])
RAIL = shapely.MultiLineString([[(76.1, 42.8), (52, 42)]])


def found_routes():
    """Two deposits: one with two routes, the cheapest first, and one without any way."""
    rows = {
        "deposit_id": ["d:1", "d:1", "d:1", "d:2"],
        "corridor": ["china_dostyk", "middle_north", "btk", "none"],
        "question": ["any", *(DEFAULT_QUESTION,) * 3],
        "port": ["Lianyungang", "Poti", "Mersin", ""],
        "truck_km": [12.345678, 12.345678, 12.345678, np.nan],
        "rail_km": [4000.0, 3000.06, 4000.0, np.nan],
        "ferry_km": [0.0, 460.0, 460.0, np.nan],
        "sea_km": [0.0, 0.0, 0.0, np.nan],
        "borders": [2, 3, 4, np.nan],
        "usd_t_p10": [60.0, 80.04, 110.0, np.nan],
        "usd_t_p50": [90.0, 130.0, 160.0, np.nan],
        "usd_t_p90": [120.0, 190.0, 250.0, np.nan],
        "days_mid": [20.0, 33.33, 40.0, np.nan],
        "countries": ["KGZ;KAZ;CHN", "KGZ;KAZ;AZE;GEO", "KGZ;KAZ;AZE;GEO;TUR", "MNG"],
        "assumed": ["", "ferry wait", "", ""],
        "note": ["", "", "", "no neighbour but China and Russia"],
    }
    shapes = {name: gpd.GeoSeries([None] * 4, crs=4326) for name in SHAPES}
    shapes["rail_line"] = gpd.GeoSeries([RAIL, RAIL, RAIL, None], crs=4326)
    return gpd.GeoDataFrame({**rows, **shapes}, geometry=[LINE, LINE, LINE, None], crs=4326)


ACCESS = pd.DataFrame(
    {
        "deposit_id": ["d:1", "d:1", "d:2"],
        "component": ["road", "total", "total"],
        "usd_t_treo_p10": [100.0, 900.0, np.nan],
        "usd_t_treo_p50": [200.0, 1500.0, np.nan],
        "usd_t_treo_p90": [300.0, 2500.0, np.nan],
        "share_pct_p50": [np.nan, 12.5, np.nan],
        "note": ["", "", "no quantity is published"],
    }
)
DEPOSITS = pd.DataFrame(
    {"id": ["d:1", "d:2", "d:3"], "role": ["candidate", "by_product_host", "context"]},
    index=["a", "b", "c"],
)


@pytest.fixture
def corridors():
    return published_corridors(found_routes())


def test_routes_are_published_rounded_with_all_their_shapes(corridors):
    assert corridors.loc[0, "truck_km"] == 12.3
    assert corridors.active_geometry_name == "geometry" and corridors.crs.to_epsg() == 4326
    assert set(SHAPES) < set(corridors.columns)
    listed = [c.name for c in output_columns("corridors") if c.unit != "internal"]
    plain = without_shapes(corridors).columns.tolist()
    assert plain == [name for name in listed if name in plain]
    assert one_shape(corridors).columns.tolist() == [*plain, "geometry"]


def test_scores_show_the_cheapest_route_of_the_default_question(corridors):
    first = route_columns(DEPOSITS, corridors, ACCESS).loc["a"]
    assert first["route_port"] == "Poti"
    assert first["route_km"] == pytest.approx(12.3 + 3000.1 + 460)
    assert (first["route_truck_km"], first["route_usd_t_p50"]) == (12.3, 130.0)
    assert first["route_days"] == 33.3
    assert (first["access_usd_t_treo_p50"], first["access_share_pct"]) == (1500.0, 12.5)
    assert first["route_note"] == "assumed: ferry wait"


def test_what_is_unknown_is_blank_and_the_note_says_why(corridors):
    found = route_columns(DEPOSITS, corridors, ACCESS)
    for label in ("b", "c"):
        assert found.loc[label].drop("route_note").isna().all()
    assert found.loc["b", "route_note"] == (
        "no neighbour but China and Russia; no quantity is published"
    )
    assert "candidates and by-product hosts" in found.loc["c", "route_note"]


def test_every_column_of_scores_is_listed():
    names = {column.name for column in output_columns("scores")}
    assert set(route_columns(DEPOSITS, no_corridors(), no_access()).columns) <= names


def test_several_shapes_a_row_come_back_from_storage(corridors, tmp_path):
    path = tmp_path / "table.parquet"
    again = read_frame(path, write_frame(corridors, path))
    assert isinstance(again, gpd.GeoDataFrame)
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(corridors), check_exact=True)
    assert again["rail_line"].crs == corridors["rail_line"].crs
    assert again["rail_line"].isna().tolist() == [False, False, False, True]


def test_a_run_writes_both_without_shapes(corridors, tmp_path):
    assert {"corridors", "access"} <= set(RUN_TABLES)
    write_tables({"corridors": corridors, "access": ACCESS}, tmp_path, ("corridors", "access"))
    written = pd.read_csv(tmp_path / "corridors.csv")
    assert written.columns.tolist() == without_shapes(corridors).columns.tolist()
    assert written["countries"].tolist() == corridors["countries"].tolist()
    assert len(pd.read_csv(tmp_path / "access.csv")) == len(ACCESS)
