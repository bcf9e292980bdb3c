"""Tables of facts: each row has a source and a date, places lie where they are said to be."""

from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.crs import distance_m
from geo_ree.errors import RouteError
from geo_ree.routing.facts_tables import ASSUMED, FACTS, RULES, read_facts
from geo_ree.routing.network import load_network
from geo_ree.routing.routes import find_route

STARTER = Path(__file__).parents[2] / "geo_ree" / "starter"
SEVEN = {"KAZ", "KGZ", "UZB", "TJK", "TKM", "AFG", "MNG"}
GOOD = "IRN,IRQ,rail,,,,https://example.org/a,published,2026,\n"
HEADER = ",".join(RULES["closed_crossings"].columns) + "\n"


@pytest.fixture(scope="module")
def borders() -> gpd.GeoDataFrame:
    return gpd.read_parquet(STARTER / "world.parquet").set_index("native_id")


@pytest.mark.parametrize("name", sorted(RULES))
def test_each_row_of_the_package_has_a_source_and_a_date(name):
    table = read_facts(name)
    assert len(table)
    assert (table["source"].str.contains("https?://") | (table["source"] == ASSUMED)).all()
    if "basis" in table:
        assert ((table["basis"] == ASSUMED) == (table["source"] == ASSUMED)).all()


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("destinations", ["country"]),
        ("road_gateways", ["country", "neighbour"]),
        ("stations", ["country"]),
    ],
)
def test_places_lie_within_25_km_of_the_country_they_name(name, columns, borders):
    table = read_facts(name)
    points = shapely.points(table["longitude"], table["latitude"])
    for column in columns:
        shapes = borders.geometry[table[column]].to_numpy()
        lines = shapely.shortest_line(points, shapes)
        x, y = shapely.get_coordinates(shapely.get_point(lines, 1)).T
        km = distance_m(table["longitude"].to_numpy(), table["latitude"].to_numpy(), x, y) / 1000
        assert table["name"][km > 25].tolist() == []


def test_legs_and_corridors_end_at_known_destinations():
    known = set(read_facts("destinations")["name"])
    legs = read_facts("legs")
    assert set(legs["from"]) | set(legs["to"]) <= known
    assert not legs.duplicated(["from", "to"]).any()
    assert set(read_facts("corridors")["destination"]) <= known
    reached = read_facts("destinations")["access"]
    assert set(reached[reached != ""]) <= known


def test_corridors_go_by_known_places():
    corridors = read_facts("corridors")
    gateways = pd.read_csv(STARTER / "gateways.csv")["name"]
    known = {*gateways, *read_facts("destinations")["name"], *read_facts("road_gateways")["name"]}
    for via in corridors["via"]:
        assert {name for name in via.split(";") if name} <= known
    passed = corridors.merge(read_facts("destinations"), left_on="destination", right_on="name")
    assert not [
        slug
        for slug, avoided, country in zip(
            passed["slug"], passed["not_through"], passed["country"], strict=True
        )
        if country in avoided.split(";")
    ]


def test_legs_are_no_shorter_than_the_great_circle():
    place = read_facts("destinations").set_index("name")[["longitude", "latitude"]]
    legs = read_facts("legs")
    a, b = place.loc[legs["from"]].to_numpy(), place.loc[legs["to"]].to_numpy()
    km = distance_m(a[:, 0], a[:, 1], b[:, 0], b[:, 1]) / 1000
    # 1 %: the legs to the new port of Alat end at its railway junction
    assert legs["id"][legs["km_high"] < km * 0.99].tolist() == []
    assert legs["id"][legs["km"] < km * 0.99].tolist() == []


def test_there_is_an_american_port_on_each_coast():
    ports = read_facts("destinations").query("country == 'USA' and kind == 'sea_port'")
    west, gulf, east = -115, -90, -80
    assert (ports["longitude"] < west).any()
    assert ports["longitude"].between(gulf - 10, gulf + 8).any()
    assert (ports["longitude"] > east).any()


def test_each_of_the_seven_countries_has_an_open_road_gateway():
    gates = read_facts("road_gateways").query("state == 'open'")
    assert set(gates["country"]) | set(gates["neighbour"]) >= SEVEN
    assert not (gates["country"] == gates["neighbour"]).any()


def test_a_pair_of_countries_that_is_closed_by_road_has_no_open_road_gateway():
    closed = read_facts("closed_crossings").query("mode != 'rail' and longitude.isna()")
    pairs = {frozenset(pair) for pair in zip(closed["a"], closed["b"], strict=True)}
    gates = read_facts("road_gateways").query("state == 'open'")
    assert not [
        name
        for name, pair in zip(
            gates["name"], zip(gates["country"], gates["neighbour"], strict=True), strict=True
        )
        if frozenset(pair) in pairs
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b,mode\n", r"has no column longitude, latitude, since, source, basis"),
        (
            HEADER + "IRN,IRQ,rail,,,,,published,2026,\n",
            r"row 2 \(IRN - IRQ - rail\): there is no "
            "source; fill in the column source, or write assumed",
        ),
        (HEADER + GOOD + "GEO,RUS,rail,,,,x,published,,\n", r"row 3 .*there is no as_of"),
        (HEADER + "IRN,IRQ,air,,,,x,published,2026,\n", r"mode is 'air'; use one of rail, road"),
        (HEADER + "Iran,IRQ,rail,,,,x,published,2026,\n", r"a is 'Iran'; give ISO 3166-1 codes"),
        (HEADER + GOOD + GOOD, r"row 3 .*it comes twice; remove one"),
    ],
)
def test_a_bad_row_is_named(tmp_path, text, said):
    path = tmp_path / "closed.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RouteError, match=said) as caught:
        read_facts("closed_crossings", path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"km": "many"}, r"row 2 \(L01\): km is 'many'; give a number from 0 to 60000"),
        ({"km": "-5"}, r"km is '-5'"),
        ({"km_low": "900"}, r"km_low exceeds km; sort them"),
        ({"km": ""}, r"there is no km"),
    ],
)
def test_a_bad_number_is_named(tmp_path, change, said):
    legs = pd.read_csv(FACTS / "legs.csv", dtype=str, keep_default_na=False)
    path = tmp_path / "legs.csv"
    legs.head(1).assign(**change).to_csv(path, index=False)
    with pytest.raises(RouteError, match=said):
        read_facts("legs", path)


def test_an_unknown_table_and_a_missing_file_are_named(tmp_path):
    with pytest.raises(RouteError, match=r"no table 'ports'; use one of destinations"):
        read_facts("ports")
    with pytest.raises(RouteError, match=r"no\.csv cannot be read"):
        read_facts("legs", tmp_path / "no.csv")


def test_blank_numbers_are_nan_and_blank_words_are_empty():
    gates = read_facts("road_gateways")
    assert gates["hours_p50"].dtype == np.float64
    assert not gates["note"].isna().any()


def test_names_of_stations_mean_one_place():
    """A name or an alias is of one row, and of no destination."""
    stations = read_facts("stations")
    words = [w for row in stations["aliases"] for w in row.split(";") if w]
    names = [name.casefold() for name in [*stations["name"], *words]]
    assert len(set(names)) == len(names)
    assert not {d.casefold() for d in read_facts("destinations")["name"]} & set(names)
    towns = stations[stations["what"] == "town centre"]
    assert towns["note"].str.contains("not the station").all()


def test_a_quote_that_set_a_unit_cost_does_not_test_it():
    quotes = read_facts("freight_quotes")
    costs = pd.read_csv(FACTS / "unit_costs.csv")["source"].str.cat(sep=" ")
    tested = quotes[quotes["use"] == "test"]
    assert len(tested) >= 20
    for source, cents in zip(tested["source"], tested["usd_t"] * 100 / tested["km"], strict=True):
        assert source not in costs or f"{cents:.2f}" not in costs


def test_a_quote_that_is_not_tested_says_why_and_one_that_is_has_a_price_and_a_way():
    quotes = read_facts("freight_quotes")
    tested = quotes["use"] == "test"
    assert (quotes["reason"][quotes["use"] != "test"] != "").all()
    assert quotes["usd_t"][tested].notna().all()
    assert (quotes["modes"][tested] != "").all()
    assert (quotes["km"].notna() | (quotes["to"] != ""))[tested].all()
    assert set(quotes["packaging"]) <= set(read_facts("packaging")["packaging"])
    known = ~quotes["km"].isna() & (quotes["km_source"] == "")
    assert not quotes["id"][known & tested].tolist()


def test_factors_of_packaging_follow_from_the_quotes_that_give_them():
    price = read_facts("freight_quotes").set_index("id")["usd_t"]
    factor = read_facts("packaging").set_index("packaging")["factor"]
    assert factor["wagon"] == pytest.approx(price["F03"] / price["F01"], abs=0.001)
    assert factor["hopper"] == pytest.approx(price["F04"] / price["F01"], abs=0.001)


@pytest.mark.slow
def test_each_railway_corridor_leads_to_its_end_without_the_countries_it_leaves_out():
    network = load_network()
    corridors = read_facts("corridors").query("mode == 'rail' and via != ''")
    assert len(corridors) > 8
    for row in corridors.itertuples():
        stops = [*str(row.via).split(";"), str(row.destination)]
        avoid = str(row.not_through).split(";")
        for a, b in pairwise(stops):
            route = find_route(a, b, network, ("rail", "ferry"), avoid=avoid)
            assert route.km > 0
