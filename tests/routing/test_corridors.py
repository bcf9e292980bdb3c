"""Corridors: railheads, crossings, fixed places, what is avoided, and why there is no route."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.errors import GeoReeError, RouteError
from geo_ree.routing.corridors import COLUMNS, GEOMETRIES, find_corridors
from geo_ree.routing.crossings import gauge_edges
from geo_ree.routing.network import build_network

KM = 85.0  # about a degree of longitude at 45 N x 1.08


def track(*rows):
    """Lines from (x1, y1, x2, y2, country_a, country_b)."""
    frame = pd.DataFrame(rows, columns=["x1", "y1", "x2", "y2", "country_a", "country_b"])
    shapes = [shapely.LineString([(r.x1, r.y1), (r.x2, r.y2)]) for r in frame.itertuples()]
    return gpd.GeoDataFrame(
        {
            "native_id": [f"e{i}" for i in range(len(frame))],
            "length_km": [KM] * len(frame),
            "country_a": frame["country_a"],
            "country_b": frame["country_b"],
        },
        geometry=shapes,
        crs="EPSG:4326",
    )


PLACES = pd.DataFrame(
    [
        ("East port", "sea_port", "CHN", 76.0, 45.0, ""),
        ("West port", "sea_port", "RUS", 64.0, 45.0, ""),
        ("Isle", "market", "JPN", 79.0, 44.0, ""),
        ("Gate", "rail_border", "KAZ", 73.5, 45.0, "CHN"),
        ("Nowhere", "sea_port", "KAZ", 70.0, 55.0, ""),
    ],
    columns=["name", "kind", "country", "longitude", "latitude", "neighbour"],
)
LEGS = pd.DataFrame(
    [("L1", "sea", "East port", "Isle", 500.0, 490.0, 520.0, "yes")],
    columns=["id", "mode", "from", "to", "km", "km_low", "km_high", "by_suez"],
)
RAILS = track(
    (64, 45, 65, 45, "RUS", "RUS"),
    (65, 45, 66, 45, "RUS", "KAZ"),
    *((x, 45, x + 1, 45, "KAZ", "KAZ") for x in range(66, 73)),
    (73, 45, 74, 45, "KAZ", "CHN"),
    (74, 45, 75, 45, "CHN", "CHN"),
    (75, 45, 76, 45, "CHN", "CHN"),
)
ROADS = track(
    (70, 45.0, 70, 45.5, "KAZ", "KAZ"),
    (70, 45.5, 70, 46.5, "KAZ", "KAZ"),
    (70, 46.5, 71, 46.5, "KAZ", "KAZ"),
).assign(length_km=[60.0, 115.0, 80.0])
CORRIDORS = pd.DataFrame(
    [("east", "East", "East port", "Gate", "RUS"), ("west", "West", "West port", "", "CHN")],
    columns=["slug", "name", "destination", "via", "not_through"],
)


@pytest.fixture(scope="module")
def network():
    return build_network(railways=RAILS, roads=ROADS, places=PLACES, legs=LEGS)


def mines(*rows):
    frame = pd.DataFrame(rows, columns=["id", "country", "lon", "lat"])
    points = [
        shapely.Point() if np.isnan(r.lon) else shapely.Point(r.lon, r.lat)
        for r in frame.itertuples()
    ]
    return gpd.GeoDataFrame(
        {"id": frame["id"], "country": frame["country"], "position_error_m": 1000.0},
        geometry=points,
        crs="EPSG:4326",
    )


def find(network, *rows, **options):
    options = {"corridors": CORRIDORS, "draws": 100, **options}
    return find_corridors(mines(*rows or [("m:1", "KAZ", 70.0, 46.4)]), network, **options)


def test_a_row_adds_up_and_passes_its_border_once(network):
    found = find(network)
    assert list(found.columns) == [*COLUMNS, *GEOMETRIES]
    assert set(found["corridor"]) == {"east", "west"}
    assert (found["usd_t_p50"].diff().dropna() >= 0).all()
    row = found.set_index("corridor").loc["east"]
    assert row["rail_km"] == pytest.approx(6 * KM, abs=3.0)
    assert row["truck_km"] == pytest.approx(60.0 + 0.9 * 115.0, abs=1.0)
    assert row["countries"] == "KAZ;CHN"
    assert row["gateways"] == "KAZ-CHN"  # the gate of this network is in no table of gateways
    assert (row["borders"], row["gauge_changes"]) == (1, 1)
    total = row[["truck_km", "rail_km", "ferry_km", "sea_km"]].sum()
    assert row["km_low"] <= total <= row["km_high"]
    assert row["days_low"] <= row["days_mid"] <= row["days_high"]
    assert row["sea_km"] == 0.0
    assert len(row["gauge_points"].geoms) == 1
    assert row["ferry_line"] is None


def test_avoiding_a_country_takes_its_corridors_away_and_names_the_question(network):
    found = find(network, avoid="China")
    assert found["corridor"].tolist() == ["west"]
    assert set(found["question"]) == {"no_chn"}
    none = find(network, avoid=("RUS", "CHN"))
    assert none["corridor"].tolist() == ["none"]
    assert set(none["question"]) == {"no_chn_rus"}
    assert none["usd_t_p50"].isna().all()
    assert "China" in none["note"].iloc[0]


def test_the_reason_of_a_closed_in_country_comes_from_its_borders(network):
    found = find(network, ("m:1", "MNG", 100.0, 46.0), avoid="CHN,RUS")
    assert found["note"].iloc[0] == (
        "Mongolia borders only China and Russia: without both there is no way by land"
    )


def test_no_coordinate_is_a_row_with_its_reason(network):
    found = find(network, ("m:1", "KAZ", np.nan, np.nan), ("m:2", "KAZ", 70.0, 46.4))
    assert found["deposit_id"].iloc[0] == "m:1"
    assert found["note"].iloc[0] == "no coordinate"
    assert (found["deposit_id"] == "m:2").sum() == 2


def test_a_roadless_deposit_is_joined_by_a_straight_line_and_says_so(network):
    found = find(network, ("m:1", "KAZ", 67.0, 46.5))
    row = found.iloc[0]
    assert 1.3 * 166.6 <= row["truck_km"] <= 1.3 * 250.0
    assert "no main road within 200 km" in row["assumed"]
    assert not row["assumed_line"].is_empty


def test_a_position_error_widens_the_interval(network):
    sharp, blurred = (
        find_corridors(
            mines(("m:1", "KAZ", 70.0, 46.4)).assign(position_error_m=error),
            network,
            corridors=CORRIDORS,
            draws=50,
        ).iloc[0]
        for error in (0.0, 20_000.0)
    )
    assert blurred["km_low"] == pytest.approx(sharp["km_low"] - 26.0)
    assert blurred["km_high"] == pytest.approx(sharp["km_high"] + 26.0)
    assert "position of the deposit within 20 km" in blurred["assumed"]


def test_a_market_overseas_is_reached_by_a_leg_that_says_its_canal(network):
    found = find(network, to="isle")
    assert found["corridor"].tolist() == ["east"]
    row = found.iloc[0]
    assert (row["port"], row["sea_km"]) == ("Isle", 500.0)
    assert "the Suez Canal is open" in row["assumed"]
    assert row["countries"] == "KAZ;CHN;JPN"
    assert [(p.x, p.y) for p in row["crossing_points"].geoms][-1] == (79.0, 44.0)


def test_via_takes_slugs_and_places_and_refuses_others(network):
    assert find(network, via="west")["corridor"].tolist() == ["west"]
    assert find(network, via="Gate")["corridor"].tolist() == ["east"]
    with pytest.raises(RouteError, match="no corridor passes Nowhere"):
        find(network, via="Nowhere")
    with pytest.raises(RouteError, match="'Gat' is no known place; did you mean Gate"):
        find(network, via="Gat")


def test_unknown_words_are_refused_with_suggestions(network):
    with pytest.raises(RouteError, match=r"no known destination.*Isle"):
        find(network, to="Islle")
    with pytest.raises(GeoReeError, match="did you mean"):
        find(network, avoid="Chine")


def test_a_corridor_of_ones_own_over_an_unknown_place_names_both(network, tmp_path):
    wrong = CORRIDORS.assign(via=["Gaet", ""])
    with pytest.raises(RouteError, match="corridor east passes 'Gaet'.*did you mean Gate"):
        find(network, corridors=wrong)
    path = tmp_path / "own.csv"
    wrong.assign(mode="rail", as_of="2026", source="x", note="").to_csv(path, index=False)
    with pytest.raises(RouteError, match=r"own.csv: .*'Gaet'"):
        find(network, corridors=path)


def test_a_port_that_no_line_reaches_gives_no_route(network, caplog):
    own = pd.DataFrame({"slug": ["north"], "destination": ["Nowhere"]})
    found = find(network, corridors=own)
    assert found["corridor"].tolist() == ["none"]
    assert "Kazakhstan" in found["note"].iloc[0]
    assert "no deposit has a route by north (any)" in caplog.text


def test_a_reason_does_not_name_ends_that_are_to_be_avoided():
    """From the island no crossing leads anywhere."""
    places = PLACES[PLACES["name"].isin(["East port", "West port"])]
    land = track((75, 45, 76, 45, "CHN", "CHN"), (64, 45, 65, 45, "RUS", "RUS"))
    isle = track((80, 45, 81, 45, "JPN", "JPN"))
    rails = pd.concat([land, isle.assign(native_id="i")], ignore_index=True)
    network = build_network(railways=rails, roads=ROADS, places=places)
    own = pd.DataFrame({"slug": ["e", "w"], "destination": ["East port", "West port"]})
    found = find(network, ("m:1", "JPN", 80.5, 45.0), corridors=own, avoid="CHN", via=["e", "w"])
    assert found["note"].iloc[0] == (
        "Without China, no open crossings lead from Japan to Russia, where the corridors end"
    )


def test_rails_abroad_are_used_only_through_an_open_road_gateway():
    """The road that crosses here has no gateway, so the railway beyond it is out of reach."""
    roads = track((76.6, 45.2, 77.6, 45.2, "KAZ", "CHN"), (76.2, 45.2, 76.6, 45.2, "KAZ", "KAZ"))
    rails = track((77.6, 45.2, 78.6, 45.2, "CHN", "CHN"))
    port = PLACES.iloc[[0]].assign(longitude=78.6, latitude=45.2)
    network = build_network(railways=rails, roads=roads, places=port)
    own = pd.DataFrame({"slug": ["x"], "destination": ["East port"]})
    found = find(network, ("m:1", "KAZ", 76.3, 45.3), corridors=own)
    assert found["corridor"].tolist() == ["none"]


def test_a_run_over_a_border_and_back_is_no_border():
    rails = track(
        (70, 45, 71, 45, "KAZ", "KAZ"),
        (71, 45, 71.2, 45, "KAZ", "RUS"),
        (71.2, 45, 71.4, 45, "RUS", "RUS"),
        (71.4, 45, 71.6, 45, "RUS", "KAZ"),
        (71.6, 45, 72, 45, "KAZ", "KAZ"),
    ).assign(length_km=[80.0, 16.0, 16.0, 16.0, 32.0])
    port = PLACES.iloc[[0]].assign(longitude=72.0, country="KAZ")
    network = build_network(railways=rails, places=port, roads=ROADS)
    own = pd.DataFrame({"slug": ["x"], "destination": ["East port"]})
    found = find(network, ("m:1", "KAZ", 70.0, 45.1), corridors=own)
    assert (found["borders"].iloc[0], found["countries"].iloc[0]) == (0, "KAZ")


def test_a_planned_line_makes_a_route_shorter_or_leaves_it(network):
    planned = gpd.GeoDataFrame(
        {"name": ["new"]}, geometry=[shapely.LineString([(70, 46.45), (70, 44.99)])], crs=4326
    )
    before, after = (
        find(net).set_index("corridor") for net in (network, network.with_lines(planned))
    )
    assert (after["truck_km"] < before["truck_km"]).all()
    assert (after["usd_t_p50"] <= before["usd_t_p50"] + 1e-9).all()


def test_a_piece_of_line_beyond_a_border_is_of_the_gauge_of_the_only_railway_it_meets():
    """As Khaf - Herat: the country's own railways, of another gauge, are elsewhere."""
    rails = track(
        (70, 45, 71, 45, "IRN", "IRN"),
        (71, 45, 72, 45, "IRN", "AFG"),
        (72, 45, 73, 45, "AFG", "AFG"),
        *((x, 47, x + 1, 47, "AFG", "AFG") for x in range(70, 75)),
        (75, 47, 76, 47, "AFG", "UZB"),
        (76, 47, 70, 45, "UZB", "IRN"),
    )
    network = build_network(railways=rails)
    assert gauge_edges(network).tolist() == [False] * 9 + [True]


def test_without_any_road_a_deposit_is_joined_by_a_straight_line():
    network = build_network(railways=RAILS, places=PLACES, legs=LEGS)
    found = find(network)
    assert set(found["corridor"]) == {"east", "west"}
    assert found["assumed"].str.contains("no main road").all()


def test_without_any_railway_there_is_no_route():
    network = build_network(roads=ROADS, places=PLACES, legs=LEGS)
    assert find(network)["corridor"].tolist() == ["none"]


def test_the_site_of_a_polygon_is_its_centre(network):
    area = mines(("m:1", "KAZ", 70.0, 46.4))
    area["geometry"] = area.geometry.map(lambda p: p.buffer(0.01))
    point, polygon = (
        find_corridors(frame, network, corridors=CORRIDORS, draws=20)
        for frame in (mines(("m:1", "KAZ", 70.0, 46.4)), area)
    )
    assert np.allclose(point["truck_km"], polygon["truck_km"])


def test_tables_without_rows_or_columns_are_refused(network):
    with pytest.raises(RouteError, match="there is no deposit"):
        find_corridors(mines(("m:1", "KAZ", 70.0, 46.4)).iloc[:0], network)
    with pytest.raises(RouteError, match="no column country"):
        find_corridors(mines(("m:1", "KAZ", 70.0, 46.4)).drop(columns="country"), network)
    with pytest.raises(RouteError, match="slug in a row"):
        find(network, corridors=pd.DataFrame({"slug": [""], "destination": ["East port"]}))


def test_more_deposits_than_are_routed_together_change_no_figure(network, monkeypatch):
    rows = [(f"m:{i}", "KAZ", 67.0 + i, 46.4) for i in range(5)]
    whole = find(network, *rows)
    monkeypatch.setattr("geo_ree.routing.corridors._CHUNK", 2)
    parts = find(network, *rows)
    assert parts[[*COLUMNS]].equals(whole[[*COLUMNS]])


def test_a_table_without_points_and_no_draws_are_refused(network):
    with pytest.raises(RouteError, match="no GeoDataFrame"):
        find_corridors(pd.DataFrame(mines(("m:1", "KAZ", 70.0, 46.4))), network)
    with pytest.raises(RouteError, match="0 draws are impossible"):
        find(network, draws=0)
