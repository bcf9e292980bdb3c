"""Networks are put together from lines, places and legs; routes over them are the shortest."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from geo_ree.crs import distance_m
from geo_ree.errors import RouteError
from geo_ree.routing.assembly import attach
from geo_ree.routing.graph import contract, search
from geo_ree.routing.network import build_network, load_network
from geo_ree.routing.route_lines import Path


def lines(rows, **columns):
    """Lines from (x1, y1, x2, y2, km[, country_a, country_b])."""
    frame = pd.DataFrame(
        [(*row, "KAZ", "KAZ")[:7] if len(row) == 5 else row for row in rows],
        columns=["x1", "y1", "x2", "y2", "length_km", "country_a", "country_b"],
    )
    shapes = [shapely.LineString([(r.x1, r.y1), (r.x2, r.y2)]) for r in frame.itertuples()]
    return gpd.GeoDataFrame(
        frame[["length_km", "country_a", "country_b"]].assign(
            native_id=[str(i) for i in range(len(frame))], **columns
        ),
        geometry=shapes,
        crs="EPSG:4326",
    )


def places(*rows):
    return pd.DataFrame(rows, columns=["name", "kind", "country", "longitude", "latitude"])


CHAIN = [(70, 45, 71, 45, 80), (71, 45, 72, 45, 90), (72, 45, 73, 45, 100), (72, 45, 72, 46, 120)]


def test_lines_meet_where_they_share_an_end_and_a_border_between_ends_is_a_crossing():
    network = build_network(
        railways=lines([(70, 45, 71, 45, 80, "KAZ", "KAZ"), (71, 45, 72, 45, 90, "KAZ", "UZB")])
    )
    assert len(network.nodes) == 3
    assert network.edges["crossing"].tolist() == [False, True]
    assert network.nodes["country"].tolist() == ["KAZ", "KAZ", "UZB"]


def test_a_node_at_sea_takes_the_country_beside_it():
    network = build_network(
        railways=lines([(70, 45, 71, 45, 80, "KAZ", ""), (71, 45, 72, 45, 90, "", "UZB")])
    )
    assert set(network.nodes["country"]) == {"KAZ", "UZB"}
    assert network.edges["crossing"].sum() == 1


def test_a_place_between_the_ends_of_a_line_is_reached_within_the_exact_interval():
    network = build_network(
        railways=lines(CHAIN), places=places(("Stop", "station", "KAZ", 71.4, 45.0))
    )
    ends = attach(network, np.array([71.4]), np.array([45.0]), "rail").set_index("node")
    least = distance_m(71.0, 45.0, 71.4, 45.0) / 1000.0
    other = distance_m(71.4, 45.0, 72.0, 45.0) / 1000.0
    at = network.nodes.index[(network.nodes["lon"] == 71.0)][0]
    assert ends.loc[at, "km_low"] == pytest.approx(least)
    assert ends.loc[at, "km_high"] == pytest.approx(90.0 - other)
    assert ends["km"].sum() == pytest.approx(90.0)


def test_a_place_far_from_every_line_has_a_node_without_edges():
    network = build_network(
        railways=lines(CHAIN), places=places(("Far", "sea_port", "KAZ", 71.0, 50.0))
    )
    node = network.places.loc[network.place("far"), "node"]
    assert not ((network.edges["a"] == node) | (network.edges["b"] == node)).any()
    found = search(contract(network), int(node))
    assert np.isfinite(found.km).sum() == 1


def test_a_leg_to_a_place_that_is_nowhere_names_its_row():
    legs = pd.DataFrame(
        [("L1", "ferry", "Aktau", "Alat", 500.0, 480.0, 520.0)],
        columns=["id", "mode", "from", "to", "km", "km_low", "km_high"],
    )
    with pytest.raises(RouteError, match="row 2 of the legs .*'Alat'"):
        build_network(
            railways=lines(CHAIN), places=places(("Aktau", "sea_port", "KAZ", 70, 45)), legs=legs
        )


def test_an_unknown_place_lists_what_is_like_it():
    network = build_network(
        railways=lines(CHAIN), places=places(("Aktau", "sea_port", "KAZ", 70, 45))
    )
    with pytest.raises(RouteError, match="Aktau"):
        network.place("Aktuu")


def test_joins_are_edges_whose_interval_starts_at_the_gap():
    join = lines([(73, 45, 74, 45, 108)], kind="bridge", gap_km=100.0, source="facts")
    network = build_network(railways=lines(CHAIN), joins=join)
    edge = network.edges[network.edges["basis"] == "bridge"].iloc[0]
    assert (edge["km_low"], edge["km"], edge["km_high"]) == (100.0, 108.0, 116.0)


def test_a_planned_line_joins_where_it_crosses_and_at_its_ends_only():
    ladder = [(70, 45, 72, 45, 160), (70, 46, 72, 46, 160), (74, 45, 74, 46, 120)]
    network = build_network(railways=lines(ladder), places=places(("X", "s", "KAZ", 70, 45)))
    planned = gpd.GeoDataFrame(
        {"name": ["new"]}, geometry=[shapely.LineString([(71, 44.99), (71, 47)])], crs="EPSG:4326"
    )
    grown = network.with_lines(planned)
    before = search(contract(network), 0).km.min(axis=0)
    after = search(contract(grown), 0).km.min(axis=0)
    other = grown.nodes.index[(grown.nodes["lon"] == 70) & (grown.nodes["lat"] == 46)][0]
    assert np.isinf(before[other])
    assert 80 < after[other] - 111 < 180
    far = grown.nodes.index[(grown.nodes["lon"] == 74)][0]
    assert np.isinf(after[far])
    assert (after[: len(before)] <= before + 1e-6).all()


def test_a_planned_line_joins_by_a_town_and_lies_in_the_countries_that_it_passes():
    network = build_network(railways=lines([(74, 43.5, 75, 43.5, 85)]))
    course = shapely.LineString([(74.5, 43.46), (74.6, 43.3), (74.7, 42.5)])  # past Bishkek
    far = shapely.LineString([(74.5, 43.4), (74.6, 43.0)])
    near, apart = (
        network.with_lines(gpd.GeoDataFrame(geometry=[line], crs="EPSG:4326"))
        for line in (course, far)
    )
    assert near.nodes["country"].tolist()[-3:] == ["KAZ", "KAZ", "KGZ"]
    assert near.edges["crossing"].sum() == 1
    assert np.isfinite(search(contract(near), len(near.nodes) - 1).km[0]).all()
    assert not np.isfinite(search(contract(apart), 0).km[0]).all(), "11 km off"


def test_a_planned_line_that_is_no_line_names_its_row():
    network = build_network(railways=lines(CHAIN))
    with pytest.raises(RouteError, match="row 1 .*Point"):
        network.with_lines(gpd.GeoDataFrame(geometry=[shapely.Point(70, 45)], crs="EPSG:4326"))


grids = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 9)), min_size=1, max_size=14
).map(lambda rows: [r for r in rows if r[0] != r[1]])


@given(grids, st.integers(0, 5), st.sets(st.integers(0, 20), max_size=3))
def test_contracting_changes_no_distance_and_routes_add_up(rows, source, crossing):
    """Against a search over all nodes of the same network, on rings, loops and parallel lines."""
    if not rows:
        return
    spot = [(70.0 + 0.3 * i, 45.0 + 0.2 * (i % 3)) for i in range(6)]
    railways = lines(
        [
            (*spot[a], *spot[b], km, "KAZ", "UZB" if i in crossing else "KAZ")
            for i, (a, b, km) in enumerate(rows)
        ]
    )
    network = build_network(railways=railways)
    ends, km = network.edges[["a", "b"]].to_numpy(), network.edges["km"].to_numpy()
    size = len(network.nodes)
    least = np.full((size, size), np.inf)
    for (a, b), length in zip(ends, km, strict=True):
        least[a, b] = least[b, a] = min(length, least[a, b])
    plain = dijkstra(np.where(np.isinf(least), 0.0, least))
    graph = contract(network)
    start = int(graph.junctions[source % len(graph.junctions)])
    found = search(graph, start)
    assert np.allclose(found.km[0], plain[start])
    for node in np.flatnonzero(np.isfinite(found.km[0])):
        route = found.route(int(node))
        assert km[route].sum() == pytest.approx(found.km[0, node])
        at = start
        for a, b in ends[route]:
            assert at in (a, b)
            at = a + b - at
        assert at == node


def test_layers_count_the_tolls_passed_and_the_lowest_layer_takes_the_detour():
    network = build_network(
        railways=lines(
            [
                (70, 45, 71, 45, 10, "KAZ", "CHN"),
                (70, 45, 70, 46, 30),
                (70, 46, 71, 45, 40, "KAZ", "CHN"),
            ]
        )
    )
    short = np.array([True, False, False])
    found = search(contract(network).with_tolls(short), 0, layers=2)
    assert found.km[:, 1].tolist() == [70.0, 10.0] or found.km[:, 2].tolist() == [70.0, 10.0]


def test_a_route_ends_at_a_place_but_does_not_pass_from_line_to_line_by_it():
    """Two lines that cross one border near a gateway, and meet nowhere else."""
    pair = [(70, 45, 71, 45, 80, "KAZ", "CHN"), (70, 45.05, 71, 45.05, 80, "KAZ", "CHN")]
    gate = pd.DataFrame(
        [("Gate", "rail_border", "KAZ", 70.5, 45.02, "CHN")],
        columns=["name", "kind", "country", "longitude", "latitude", "neighbour"],
    )
    network = build_network(railways=lines(pair), places=gate)
    graph, place = contract(network), int(network.places["node"].iloc[0])
    one = network.nodes.index[network.nodes["lat"] == 45.0]
    other = network.nodes.index[network.nodes["lat"] == 45.05]
    jump = search(graph, int(one[0])).km[0]
    kept = search(graph, int(one[0]), by_places=False).km[0]
    assert np.isfinite(jump[other]).all()
    assert np.isinf(kept[other]).all()
    assert np.isfinite(kept[place])
    assert np.isfinite(search(graph, place, by_places=False).km[0]).all()


def test_closed_countries_and_edges_are_left_out():
    network = build_network(
        railways=lines(
            [
                (70, 45, 71, 45, 80, "KAZ", "RUS"),
                (71, 45, 72, 45, 90, "RUS", "KAZ"),
                (70, 45, 72, 45, 400, "KAZ", "KAZ"),
            ]
        )
    )
    graph = contract(network)
    assert search(graph, 0).km[0].max() == 170.0
    assert search(graph.without({"RUS"}), 0).km[0][2] == 400.0
    shut = np.array([False, True, False])
    assert search(graph.without_edges(shut), 0).km[0].tolist() == [0.0, 80.0, 400.0]


def test_the_network_of_the_package_is_loaded_once_and_reaches_the_ports():
    network = load_network()
    assert load_network() is network
    graph = contract(network, ("rail",))
    assert contract(network, ("rail",)) is graph
    assert len(graph.junctions) < len(network.nodes) / 2
    assert set(network.edges["mode"]) >= {"rail", "road"}
    low, km, high = (network.edges[c].to_numpy() for c in ("km_low", "km", "km_high"))
    assert (low <= km + 1e-5).all()
    assert (km <= high + 1e-5).all()


def test_parts_of_a_path_keep_their_order_in_every_process():
    modes = ["truck", "rail", "ferry", "sea"]
    path = Path()
    for mode in modes:
        path = path.then(Path(km={mode: 1.0}, lines={mode: [np.zeros((2, 2))]}))
    assert list(path.lines) == list(path.km) == modes
