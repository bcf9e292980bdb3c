"""Corridors of the package against published distances and against what each row says."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo_ree.routing.assembly import edge_distances
from geo_ree.routing.corridor_plans import read_plans
from geo_ree.routing.corridors import find_corridors
from geo_ree.routing.crossings import closed_edges
from geo_ree.routing.facts_tables import read_facts
from geo_ree.routing.network import load_network
from geo_ree.routing.ranges import unit_costs
from geo_ree.routing.route_costs import days_draws, haulage_draws
from geo_ree.routing.route_lines import follow
from geo_ree.routing.trunks import Surveyor

AVOIDED = ("CHN", "RUS", "IRN")

SITES = [
    ("kutessay", "KGZ", 76.1197, 42.8611),
    ("karsakpai", "KAZ", 66.4167, 47.8833),
    ("lugiin-gol", "MNG", 108.5633, 42.9542),
    ("khanneshin", "AFG", 63.5805, 30.4510),
]


@pytest.fixture(scope="module")
def sites():
    frame = pd.DataFrame(SITES, columns=["id", "country", "lon", "lat"])
    return gpd.GeoDataFrame(
        {"id": frame["id"], "country": frame["country"], "position_error_m": 2000.0},
        geometry=gpd.points_from_xy(frame["lon"], frame["lat"]),
        crs="EPSG:4326",
    )


@pytest.fixture(scope="module")
def free(sites):
    return find_corridors(sites, draws=200)


@pytest.fixture(scope="module")
def narrow(sites):
    return find_corridors(sites, avoid=AVOIDED, draws=200)


def test_aktau_to_poti_is_as_long_as_published():
    """1,300 km (a USAID official, quoted by Trend in 2022): ferry to Alat and rail to Poti."""
    network = load_network()
    plan = next(p for p in read_plans(network) if p.slug == "middle_north")
    trunk = Surveyor(network, (), 0.042, 9.9).lay(plan, "KAZ")
    path = follow(network, trunk.nodes, trunk.edges)
    assert path.km["ferry"] + path.km["rail"] == pytest.approx(1300.0, rel=0.02)
    assert path.low <= 1300.0 <= path.high
    assert path.countries == ("KAZ", "AZE", "GEO")


def test_the_railhead_of_kutessay_is_as_far_as_its_owner_said(narrow):
    """43 to 48 km (Stans Energy, 2009)."""
    km = narrow.loc[narrow["deposit_id"] == "kutessay", "truck_km"]
    assert km.between(34.0, 60.0).all()


def test_no_route_passes_what_is_avoided_and_mongolia_has_none(free, narrow):
    passed = narrow["countries"].str.split(";").explode()
    assert not set(passed) & set(AVOIDED)
    assert set(narrow["question"]) == {"no_chn_rus_irn"}
    mongolia = narrow[narrow["deposit_id"] == "lugiin-gol"]
    assert mongolia["corridor"].tolist() == ["none"]
    assert "borders only China and Russia" in mongolia["note"].iloc[0]
    assert (free.loc[free["deposit_id"] == "lugiin-gol", "corridor"] != "none").all()


def test_avoiding_more_never_makes_a_corridor_cheaper(free, narrow):
    both = free.merge(narrow, on=["deposit_id", "corridor", "port"], suffixes=("", "_narrow"))
    assert len(both) > 5
    assert (both["usd_t_p50_narrow"] >= both["usd_t_p50"] * (1 - 1e-9)).all()


def test_rows_hold_what_they_say(free):
    modes = ["truck", "rail", "ferry", "sea"]
    total = free[[f"{m}_km" for m in modes]].sum(axis=1)
    assert (free["km_low"] <= total).all()
    assert (total <= free["km_high"]).all()
    countries = free["countries"].str.split(";")
    assert (countries.str.len() == free["borders"] + 1).all()
    assert (countries.str[0] == free["deposit_id"].map({i: c for i, c, *_ in SITES})).all()
    gateways = free["gateways"].str.split(";")
    assert (gateways.str.len() == free["borders"]).all()
    for mode in modes:
        assert (free[f"{mode}_line"].isna() == (free[f"{mode}_km"] == 0)).all()
    assert free["sea_km"].eq(0).all()
    assert (free["gauge_changes"] == free["gauge_points"].map(count_points)).all()
    assert (free["borders"] == free["crossing_points"].map(count_points)).all()


def count_points(shape):
    return 0 if shape is None else len(shape.geoms)


def test_lines_of_a_route_hang_together(free):
    """The end of each line is the start of the next one; a ferry parts the railways."""
    for row in free[free["ferry_km"] == 0.0].itertuples():
        parts = [part for part in (row.truck_line, row.rail_line) if part is not None]
        lines = [np.array(line.coords) for part in parts for line in part.geoms]
        for line, following in pairwise(lines):
            assert np.allclose(line[-1], following[0])


def test_costs_and_days_come_from_the_columns_of_the_row(free):
    """So that what access costs draws the same."""
    cost = np.quantile(haulage_draws(free, 200), [0.1, 0.5, 0.9], axis=1)
    assert np.allclose(cost, free[["usd_t_p10", "usd_t_p50", "usd_t_p90"]].to_numpy().T)
    days = np.quantile(days_draws(free, 200), [0.1, 0.5, 0.9], axis=1)
    assert np.allclose(days, free[["days_low", "days_mid", "days_high"]].to_numpy().T)


def test_an_american_port_is_reached_over_the_sea_and_its_rate_is_said(sites):
    found = find_corridors(sites.iloc[[0]], to="Norfolk", draws=50)
    assert (found["sea_km"] > 5000).all()
    assert found["countries"].str.endswith(";USA").all()
    assert found["assumed"].str.contains("sea").all()


def test_a_plant_inland_is_reached_by_rail_alone(sites):
    found = find_corridors(sites.iloc[[0]], to="ulba (oskemen)", draws=50)
    assert found["port"].tolist() == ["Ulba (Oskemen)"]
    assert not found["assumed"].str.contains("port").any()


def test_every_corridor_of_the_table_can_be_laid_or_is_closed():
    network = load_network()
    surveyor = Surveyor(network, (), 0.042, 9.9)
    shut = {p.slug for p in read_plans(network) if surveyor.lay(p, "KAZ") is None}
    closed = read_facts("closed_crossings")
    assert shut <= {"afghan_south"}
    assert ((closed["a"] == "AFG") & (closed["b"] == "PAK")).any() == bool(shut)


def test_unit_costs_of_routes_are_all_there():
    assert {"truck", "rail", "sea", "ferry", "port", "gauge_change"} <= set(unit_costs())


def test_a_closed_crossing_with_a_coordinate_closes_that_place_alone():
    network = load_network()
    closed = closed_edges(network, "rail")
    rows = np.flatnonzero(network.edges["mode"] == "rail")
    gap = rows[edge_distances(network, rows, 107.601, 42.405) < 10.0]
    erenhot = rows[edge_distances(network, rows, 111.925, 43.71) < 10.0]
    crossing = network.edges["crossing"].to_numpy(bool)
    assert closed[gap[crossing[gap]]].all() and crossing[gap].any()
    assert not closed[erenhot].any() and crossing[erenhot].any()


def test_a_deposit_far_from_main_roads_may_still_cross_a_border_by_road(sites):
    khanneshin = sites[sites["id"] == "khanneshin"]
    found = find_corridors(khanneshin, avoid=("CHN", "RUS", "IRN"), draws=50).iloc[0]
    assert found["gateways"].startswith("Serhetabat / Torghundi")  # not to a railhead at home
    assert "km of road at 1.3 x the straight line" in found["assumed"]
