import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geo_ree.crs import distance_m
from geo_ree.proximity import measure, nearest
from geo_ree.proximity.search import segments
from geo_ree.proximity.search.segments import foot_points

lon, lat = st.floats(41, 119), st.floats(30, 55)
place = st.tuples(lon, lat)


def foot(point, feature):
    x, y = foot_points(*np.array([point]).T, np.array([feature], dtype=object))
    return float(x[0]), float(y[0])


def far(point, other):
    return float(distance_m(*(np.array([v]) for v in (*point, *other)))[0])


@settings(max_examples=60, deadline=None)
@given(point=place, line=st.lists(place, min_size=2, max_size=6, unique=True))
@example(point=(42.0, 30.0), line=[(41.0, 30.0), (43.0, 30.0)])
def test_the_foot_lies_as_far_as_the_nearest_engine_says(point, line):
    feature = shapely.LineString(line)
    expected = nearest(
        gpd.GeoSeries([shapely.Point(point)], crs=4326), gpd.GeoSeries([feature], crs=4326)
    )["distance_m"].iloc[0]
    assert far(point, foot(point, feature)) == pytest.approx(expected, abs=1.0, rel=1e-6)


def test_a_long_edge_is_the_geodesic_not_the_chord_nor_the_parallel():
    edge = shapely.LineString([(60, 45), (100, 45)])
    x, y = foot((80, 46), edge)
    assert x == pytest.approx(80.0, abs=1e-6)
    assert 46.7 < y < 46.8  # the geodesic rises 1.8 degrees above the parallel


def test_the_foot_on_a_point_is_the_point_and_within_an_area_the_place_itself():
    assert foot((70, 45), shapely.Point(71, 46)) == pytest.approx((71, 46))
    lake = shapely.box(69, 44, 71, 46)
    assert foot((70, 45), lake) == (70, 45)
    x, y = foot((72, 45), lake)
    assert (x, y) == pytest.approx((71, 45), abs=0.01)


def test_the_nearest_of_many_parts_is_taken():
    parts = shapely.MultiLineString([[(60, 50), (61, 50)], [(70, 45.1), (71, 45.1)]])
    assert foot((70.5, 45), parts) == pytest.approx((70.5, 45.1), abs=2e-3)


def test_what_was_not_measured_has_no_foot():
    x, y = foot_points(
        np.array([70.0, 70.0, np.nan]),
        np.array([45.0, 45.0, 45.0]),
        np.array([None, shapely.Point(), shapely.Point(1, 1)], dtype=object),
    )
    assert np.isnan(x).all()
    assert np.isnan(y).all()


def test_more_pairs_than_a_block_keep_their_order():
    n = 4_500
    rng = np.random.default_rng(3)
    x, y = rng.uniform(60, 90, n), rng.uniform(40, 50, n)
    ends = shapely.points(rng.uniform(60, 90, n), rng.uniform(40, 50, n))
    got = foot_points(x, y, ends)
    assert got[0] == pytest.approx(shapely.get_x(ends))
    assert got[1] == pytest.approx(shapely.get_y(ends))


@settings(max_examples=40, deadline=None)
@given(
    points=st.lists(place, min_size=1, max_size=4),
    line=st.lists(place, min_size=8, max_size=30, unique=True),
    run=st.integers(1, 5),
)
def test_a_large_feature_has_the_same_feet(points, line, run):
    x, y = np.array(points).T
    features = np.array([shapely.LineString(line)] * len(points), dtype=object)
    small = foot_points(x, y, features)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "_BLOCK", 7)
        patch.setattr(segments, "_RUN", run)
        large = foot_points(x, y, features)
    assert large[0] == pytest.approx(small[0], abs=1e-9)
    assert large[1] == pytest.approx(small[1], abs=1e-9)


def test_a_large_feature_is_held_once_however_many_points_it_is_nearest_to(monkeypatch):
    angle = np.linspace(0, 2 * np.pi, 250_000, endpoint=False)
    lake = shapely.Polygon(np.column_stack([70 + np.cos(angle), 45 + np.sin(angle)]))
    held = []

    def explode(features):
        edges = segments_explode(features)
        held.append(len(edges.owner))
        return edges

    segments_explode = segments.explode
    monkeypatch.setattr(segments, "explode", explode)
    x = np.linspace(72, 73, 300)
    feet = foot_points(x, np.full(300, 45.0), np.array([lake] * 300, dtype=object))
    assert held == [250_000]
    assert feet[0] == pytest.approx(71.0, abs=1e-4)


def test_measures_tell_their_feet_only_when_asked():
    rail = gpd.GeoDataFrame(
        {
            "name": ["Line", "Abroad"],
            "kind": "rail",
            "country": ["KAZ", "CHN"],
            "source_id": "x",
            "lateral_error_km": 0.0,
        },
        geometry=[
            shapely.LineString([(70, 48), (71, 48)]),
            shapely.LineString([(70, 49.4), (71, 49.4)]),
        ],
        crs=4326,
    )
    mine = gpd.GeoDataFrame(
        {"country": ["KAZ", "UZB"], "position_error_m": 100.0, "precision_class": "arc_second"},
        geometry=[shapely.Point(70.5, 49), shapely.Point(70.5, 49)],
        crs=4326,
    )
    layers = {"railways": rail}
    assert not [c for c in measure(mine, layers) if c.startswith("foot_")]
    table = measure(mine, layers, feet=True)
    assert table["foot_railway_lon"].iloc[0] == pytest.approx(70.5, abs=1e-3)
    assert table["foot_railway_lat"].iloc[0] == pytest.approx(48.0, abs=0.01)
    assert np.isnan(table["foot_railway_lon"].iloc[1])  # none in its own country
    assert table["foot_road_lon"].isna().all()  # no such layer
