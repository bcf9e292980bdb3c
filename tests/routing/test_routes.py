"""Routes between places and points: the shortest, with the interval that the ends leave."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_ree.crs import distance_m
from geo_ree.errors import RouteError, SettingsError
from geo_ree.routing.network import build_network
from geo_ree.routing.routes import find_route


def lines(*rows):
    """Lines from (x1, y1, x2, y2, km, country_a, country_b)."""
    frame = pd.DataFrame(
        rows, columns=["x1", "y1", "x2", "y2", "length_km", "country_a", "country_b"]
    )
    shapes = [shapely.LineString([(r.x1, r.y1), (r.x2, r.y2)]) for r in frame.itertuples()]
    columns = frame[["length_km", "country_a", "country_b"]].assign(
        native_id=[f"{i}-{i + 1}" for i in range(len(frame))]
    )
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")


def places(**rows):
    table = pd.DataFrame(
        [(name, "station", c, x, y) for name, (x, y, c) in rows.items()],
        columns=["name", "kind", "country", "longitude", "latitude"],
    )
    return table


def km(a, b):
    return float(distance_m([a[0]], [a[1]], [b[0]], [b[1]])[0]) / 1000.0


@pytest.fixture(scope="module")
def plain():
    """A line from A by B in KAZ to C in UZB and D in TKM, and a line of its own at Z."""
    return build_network(
        railways=lines(
            (70, 45, 71, 45, 80, "KAZ", "KAZ"),
            (71, 45, 72, 45, 85, "KAZ", "UZB"),
            (72, 45, 73, 45, 90, "UZB", "TKM"),
            (60, 45, 61, 45, 80, "KAZ", "KAZ"),
        ),
        roads=lines((70, 46, 71, 46, 80, "KAZ", "KAZ")),
        places=places(
            A=(70, 45, "KAZ"),
            B=(71, 45, "KAZ"),
            C=(72, 45, "UZB"),
            D=(73, 45, "TKM"),
            Z=(60, 45, "KAZ"),
            Far=(65, 40, "UZB"),
        ),
    )


def test_a_route_adds_up_its_edges_and_names_its_countries_in_order(plain):
    route = find_route("A", "D", plain)
    assert route.km == pytest.approx(255, abs=0.01)
    assert route.km_low <= route.km <= route.km_high
    assert route.countries == ("KAZ", "UZB", "TKM")
    assert route.geometry.coords[0] == (70, 45) and route.geometry.coords[-1] == (73, 45)
    assert find_route("D", "A", plain).countries == ("TKM", "UZB", "KAZ")


bends = st.lists(
    st.tuples(st.floats(0.05, 0.95), st.floats(-0.3, 0.3)),
    min_size=1,
    max_size=4,
    unique_by=lambda b: b[0],
)


@settings(max_examples=50)
@given(bends, st.floats(0.02, 0.98), st.floats(0.02, 0.98))
def test_the_interval_holds_the_true_distance_whatever_the_course_of_the_line(course, s, t):
    """An edge is known by its ends and length alone: S and T lie somewhere on its true course."""
    a, b, c = (70.0, 45.0), (71.0, 45.0), (72.0, 45.0)
    knots = [a, *((70 + x, 45 + y) for x, y in sorted(course)), b]
    at = np.r_[0.0, np.cumsum([km(p, q) for p, q in pairwise(knots)])]

    def point(share):
        return tuple(np.interp(share * at[-1], at, axis) for axis in np.transpose(knots))

    first, second = point(s), point(t)
    # between knots a point is on the straight line in degrees: take its own distances
    past = np.interp(s * at[-1], at, at), np.interp(t * at[-1], at, at)
    network = build_network(
        railways=lines((*a, *b, at[-1], "KAZ", "KAZ"), (*b, *c, 80, "KAZ", "KAZ")),
        places=places(A=(*a, "KAZ"), C=(*c, "KAZ")),
    )
    slack = 0.15  # km: a node is met within 0.1 km, and a straight line in degrees is no geodesic
    route = find_route(first, "A", network)
    assert route.km_low - slack <= past[0] <= route.km_high + slack
    onward = find_route(first, "C", network)
    assert onward.km_low - slack <= at[-1] - past[0] + 80 <= onward.km_high + slack
    if abs(past[0] - past[1]) > 1.0:
        between = find_route(first, second, network)
        assert between.km_low - slack <= abs(past[0] - past[1]) <= between.km_high + slack


def test_sections_of_a_cut_chord_share_its_slack():
    """A chord of 165 km cut at a place: each section may have all that both chords leave."""
    cut = lines((70, 45, 71, 45, 82.5, "KAZ", "KAZ"), (71, 45, 72, 45, 82.5, "KAZ", "KAZ"))
    network = build_network(
        railways=cut.assign(native_id=["7-8.1", "7-8.2"]),
        places=places(A=(70, 45, "KAZ"), B=(71, 45, "KAZ")),
    )
    chord = km((70.0, 45.0), (71.0, 45.0))
    route = find_route("A", "B", network)
    assert route.km_low == pytest.approx(chord, abs=0.01)
    assert route.km == pytest.approx(82.5, abs=0.01)
    assert route.km_high == pytest.approx(165.0 - chord, abs=0.01)


def test_a_point_at_a_node_is_the_node(plain):
    route = find_route((71.0, 45.0), "D", plain)
    assert (route.km_low, route.km, route.km_high) == pytest.approx((175, 175, 175), abs=0.01)


def test_a_place_off_the_road_reaches_it_by_13_tenths_of_the_geodesic():
    network = build_network(roads=lines((70, 46, 72, 46, 160, "KAZ", "KAZ")))
    off = km((70.0, 46.2), (70.0, 46.0))
    route = find_route((70.0, 46.2), (72.0, 46.0), network, modes=("road",))
    assert route.km == pytest.approx(160 + 1.3 * off, rel=0.01)
    assert route.km_low < 160 + off < route.km < route.km_high
    assert any("1.3 x the geodesic" in note for note in route.notes)
    near = find_route((70.0, 46.2), (70.1, 46.3), network, modes=("road",))
    assert near.km == pytest.approx(1.3 * km((70.0, 46.2), (70.1, 46.3)), abs=0.01)


def test_a_route_does_not_jump_from_line_to_line_at_a_place_between_them():
    """A gateway stands for every line that crosses its border nearby; a route keeps to its line."""
    network = build_network(
        railways=lines(
            (72.0, 41.0, 72.4, 41.0, 40, "KGZ", "UZB"),
            (72.0, 41.1, 72.4, 41.1, 40, "KGZ", "UZB"),
            (72.0, 41.0, 71.0, 41.05, 90, "KGZ", "KGZ"),
            (72.0, 41.1, 71.0, 41.05, 90, "KGZ", "KGZ"),
        ),
        places=places(G=(72.1, 41.05, "KGZ")).assign(neighbour="UZB", kind="rail_border"),
    )
    route = find_route((72.4, 41.0), (72.4, 41.1), network)
    assert route.km == pytest.approx(40 + 90 + 90 + 40, abs=0.1)


def test_avoided_countries_are_not_entered(plain):
    assert find_route("A", "B", plain, avoid=["UZB"]).countries == ("KAZ",)
    with pytest.raises(RouteError, match=r"no way by rail from A to D without UZB"):
        find_route("A", "D", plain, avoid=["Uzbekistan"])
    with pytest.raises(SettingsError, match=r"the country to avoid is 'Uzbekia'.*Uzbekistan"):
        find_route("A", "D", plain, avoid=["Uzbekia"])


def test_a_crossing_that_is_closed_is_not_passed():
    """Abkhazia's railway between Georgia and Russia has had no traffic since 1992."""
    row = (40, 43.4, 41, 43.0, 90)
    ends = places(A=(40, 43.4, "RUS"), B=(41, 43.0, "GEO"))
    network = build_network(railways=lines((*row, "RUS", "GEO")), places=ends)
    with pytest.raises(RouteError, match="no way by rail from A to B and over open crossings"):
        find_route("A", "B", network)
    other = build_network(railways=lines((*row, "RUS", "AZE")), places=ends)
    assert find_route("A", "B", other).km == pytest.approx(90, abs=0.1)


def test_a_road_crosses_a_border_where_a_gateway_is_open():
    ends = places(A=(68.8, 41.3, "KAZ"), B=(69.0, 41.1, "UZB"))
    near = build_network(roads=lines((68.8, 41.3, 69.0, 41.1, 40, "KAZ", "UZB")), places=ends)
    assert find_route("A", "B", near, modes=("road",)).countries == ("KAZ", "UZB")
    ends = places(A=(62.0, 43.5, "KAZ"), B=(62.0, 43.0, "UZB"))
    desert = build_network(roads=lines((62.0, 43.5, 62.0, 43.0, 60, "KAZ", "UZB")), places=ends)
    with pytest.raises(RouteError, match="no way by road from A to B and over open crossings"):
        find_route("A", "B", desert, modes=("road",))


@pytest.mark.parametrize(
    ("a", "b", "modes", "words"),
    [
        ("A", "Z", ("rail",), "no way by rail from A to Z: they lie in parts of the network"),
        ("A", "Far", ("rail",), "no way: Far is on no line by rail"),
        ("A", "Nowhere", ("rail",), "'Nowhere' is no known place"),
        ("A", "A", ("rail",), "starts and ends at A"),
        ("A", "B", ("air",), "air is no mode of a route; use rail, road, ferry, sea"),
        ("A", (200.0, 45.0), ("rail",), "not in degrees"),
        ("A", (float("nan"), 45.0), ("rail",), "not in degrees"),
    ],
)
def test_what_has_no_route_says_why(plain, a, b, modes, words):
    with pytest.raises(RouteError, match=words):
        find_route(a, b, plain, modes=modes)


def test_routes_of_the_package_are_the_same_both_ways_and_no_detour_is_shorter():
    there = find_route("Karaganda", "Shu")
    back = find_route("Chu", "Karagandy")
    assert there.km == pytest.approx(back.km, abs=0.01)
    parts = find_route("Karaganda", "Moyynty").km + find_route("Moyynty", "Shu").km
    assert there.km <= parts + 0.1
    assert there.countries == ("KAZ",)


def test_a_line_that_follows_a_border_enters_a_country_once():
    countries = find_route("Bishkek-1", "Poti", modes=("rail", "ferry")).countries
    assert len(set(countries)) == len(countries)
