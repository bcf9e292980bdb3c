import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo_ree.errors import SchemaError
from geo_ree.proximity import NearestIndex, nearest

GEOD = Geod(ellps="WGS84")
WEST, SOUTH, EAST, NORTH = 46.0, 35.0, 96.0, 55.0


def _points(xy, index=None):
    return gpd.GeoSeries(shapely.points(np.asarray(xy, dtype=float)), index=index, crs=4326)


def _walks(count, vertices, step_deg, rng):
    start = np.column_stack([rng.uniform(WEST, EAST, count), rng.uniform(SOUTH, NORTH, count)])
    steps = rng.normal(0, step_deg, (count, vertices, 2))
    steps[:, 0] = 0
    return gpd.GeoSeries(
        [
            shapely.LineString(np.clip(s + np.cumsum(d, axis=0), [WEST, SOUTH], [EAST, NORTH]))
            for s, d in zip(start, steps, strict=True)
        ],
        crs=4326,
    )


def _along(a, b, metres):
    """Points at distances along the geodesic from a to b: the reference's own idea of an edge."""
    azimuth = GEOD.inv(*a, *b)[0]
    n = len(metres)
    lon, lat, _ = GEOD.fwd(np.full(n, a[0]), np.full(n, a[1]), np.full(n, azimuth), metres)
    return np.asarray(lon), np.asarray(lat)


def _to_edge(point, a, b):
    """Karney distance to a geodesic edge by zooming in on the least, to well below 1 mm."""
    length = GEOD.inv(*a, *b)[2]
    low, high = 0.0, length
    while True:
        at = np.linspace(low, high, 65)
        lon, lat = _along(a, b, at)
        d = np.asarray(GEOD.inv(np.full(65, point[0]), np.full(65, point[1]), lon, lat)[2])
        best = int(d.argmin())
        low, high = at[max(best - 1, 0)], at[min(best + 1, 64)]
        if high - low < 1e-4 or length == 0.0:
            return float(d.min())


def _reference(point, geometries, slack=1.002):
    """Least distance by brute force over all edges, and to every geometry near the least."""
    out = np.full(len(geometries), np.inf)
    bound = np.empty(len(geometries))
    for i, g in enumerate(geometries):
        xy = shapely.get_coordinates(g)
        n = len(xy)
        d = np.asarray(GEOD.inv(np.full(n, point[0]), np.full(n, point[1]), *xy.T)[2])
        out[i] = d.min()
        edges = np.asarray(GEOD.inv(*xy[:-1].T, *xy[1:].T)[2]) if n > 1 else np.zeros(0)
        # An edge is nowhere nearer than the nearer end less its own length.
        bound[i] = (np.minimum(d[:-1], d[1:]) - edges).min() if n > 1 else d.min()
    least = out.min()
    for i in np.flatnonzero(bound <= least * slack):
        xy = shapely.get_coordinates(geometries[i])
        if len(xy) > 1:
            d = np.asarray(GEOD.inv(*np.broadcast_to(point, xy.shape).T, *xy.T)[2])
            edges = np.asarray(GEOD.inv(*xy[:-1].T, *xy[1:].T)[2])
            near = np.flatnonzero(np.minimum(d[:-1], d[1:]) - edges <= min(least, out[i]))
            out[i] = min([out[i], *(_to_edge(point, xy[j], xy[j + 1]) for j in near)])
    return out


def _agrees(points, targets):
    got = nearest(points, targets)
    geometries = targets.to_numpy()
    for point, distance, target in zip(points, got["distance_m"], got["target"], strict=True):
        truth = _reference((point.x, point.y), geometries)
        assert distance == pytest.approx(truth.min(), rel=1e-4, abs=1.0)
        assert truth[targets.index.get_loc(target)] <= truth.min() * (1 + 1e-4) + 1.0


@pytest.mark.slow
def test_lines_over_the_region_agree_with_brute_force():
    rng = np.random.default_rng(7)
    lines = _walks(60, 12, 0.15, rng)
    points = _points(
        np.column_stack([rng.uniform(WEST, EAST, 600), rng.uniform(SOUTH, NORTH, 600)])
    )
    _agrees(points, lines)


def test_points_over_the_region_agree_with_brute_force():
    rng = np.random.default_rng(8)
    targets = _points(
        np.column_stack([rng.uniform(WEST, EAST, 500), rng.uniform(SOUTH, NORTH, 500)])
    )
    points = _points(
        np.column_stack([rng.uniform(WEST, EAST, 300), rng.uniform(SOUTH, NORTH, 300)])
    )
    got = nearest(points, targets)
    for point, distance, target in zip(points, got["distance_m"], got["target"], strict=True):
        n = len(targets)
        d = np.asarray(GEOD.inv(np.full(n, point.x), np.full(n, point.y), targets.x, targets.y)[2])
        assert distance == pytest.approx(d.min(), abs=1e-3)
        assert target == d.argmin()


def test_a_mixture_and_long_edges_agree_with_brute_force():
    rng = np.random.default_rng(9)
    long = gpd.GeoSeries(
        [shapely.LineString([(50, 37), (56, 37.5)]), shapely.LineString([(60, 50), (88, 47)])],
        crs=4326,
    )
    dots = _points(np.column_stack([rng.uniform(WEST, EAST, 5), rng.uniform(SOUTH, NORTH, 5)]))
    targets = pd.concat([long, dots, _walks(5, 6, 0.5, rng)], ignore_index=True)
    points = _points(
        np.column_stack([rng.uniform(WEST, EAST, 100), rng.uniform(SOUTH, NORTH, 100)])
    )
    _agrees(points, gpd.GeoSeries(targets, crs=4326))


def test_an_edge_is_a_geodesic_not_a_line_on_the_map():
    edge = gpd.GeoSeries([shapely.LineString([(50, 50), (90, 50)])], crs=4326)
    lon, lat = _along((50, 50), (90, 50), np.array([1_400_000.0]))
    assert lat[0] > 51.5
    assert nearest(_points([(lon[0], lat[0])]), edge)["distance_m"][0] < 1e-2
    on_the_map = nearest(_points([(70, 50)]), edge)["distance_m"][0]
    assert on_the_map > 180_000


@pytest.mark.parametrize(
    ("point", "target", "metres"),
    [
        ((76, 43), shapely.LineString([(75, 43), (76, 43), (77, 44)]), 0.0),
        ((179.9, 10), shapely.Point(-179.9, 10), GEOD.inv(179.9, 10, -179.9, 10)[2]),
        ((180, 10.1), shapely.LineString([(179, 10), (-179, 10)]), None),
        ((10, 90), shapely.Point(55, 89), GEOD.inv(10, 90, 55, 89)[2]),
        ((70, 45), shapely.LineString([(71, 45), (71, 45)]), GEOD.inv(70, 45, 71, 45)[2]),
        ((70, 45), shapely.Point(-110, -40), GEOD.inv(70, 45, -110, -40)[2]),
    ],
)
def test_edges_of_the_world(point, target, metres):
    got = nearest(_points([point]), gpd.GeoSeries([target], crs=4326))["distance_m"][0]
    expected = (
        _reference(point, np.array([target], dtype=object)).min() if metres is None else metres
    )
    assert got == pytest.approx(expected, rel=1e-6, abs=1e-3)


def test_polygons_are_near_by_their_rings_and_at_zero_inside():
    lake = shapely.Polygon(
        [(70, 45), (72, 45), (72, 46), (70, 46)],
        [[(70.8, 45.4), (71.2, 45.4), (71.2, 45.6), (70.8, 45.6)]],
    )
    targets = gpd.GeoSeries([shapely.Point(0, 0), lake], index=["far", "lake"], crs=4326)
    got = nearest(_points([(70.3, 45.2), (71, 45.5), (73, 45.5)]), targets)
    assert got["target"].tolist() == ["lake"] * 3
    assert got["distance_m"][0] == 0.0
    assert got["distance_m"][1] == pytest.approx(11_100, rel=0.01)
    assert got["distance_m"][2] == pytest.approx(78_100, rel=0.01)


def test_collections_count_by_their_parts():
    both = shapely.GeometryCollection(
        [shapely.Point(60, 40), shapely.MultiLineString([[(70, 45), (71, 45)]])]
    )
    got = nearest(_points([(60, 40.1), (70.5, 45)]), gpd.GeoSeries([both], crs=4326))
    assert got["distance_m"][0] == pytest.approx(GEOD.inv(60, 40.1, 60, 40)[2], abs=1e-3)
    assert got["distance_m"][1] < 300


def test_index_labels_and_reference_systems_are_kept():
    points = _points([(76, 43), (70, 45)], index=["b", "a"])
    targets = _points([(70, 45.1), (76, 43.1)], index=[20, 10])
    got = nearest(points.to_crs(3857), targets.to_crs(32643))
    assert got.index.tolist() == ["b", "a"]
    assert got["target"].tolist() == [10, 20]
    assert got["distance_m"]["b"] == pytest.approx(GEOD.inv(76, 43, 76, 43.1)[2], abs=0.01)


def test_empty_points_have_no_answer_and_empty_targets_are_passed_over():
    points = gpd.GeoSeries([None, shapely.Point(), shapely.Point(76, 43)], crs=4326)
    targets = gpd.GeoSeries([None, shapely.LineString(), shapely.Point(76, 44)], crs=4326)
    got = nearest(points, targets)
    assert got["distance_m"].isna().tolist() == [True, True, False]
    assert got["target"].isna().tolist() == [True, True, False]
    assert got["target"][2] == 2


def test_bad_input_is_reported():
    one = _points([(76, 43)])
    with pytest.raises(SchemaError, match="none of the 1 targets has a geometry; give"):
        nearest(one, gpd.GeoSeries([None], crs=4326))
    with pytest.raises(SchemaError, match="row 1 of the points is a LineString; give points"):
        nearest(_walks(1, 3, 0.1, np.random.default_rng(1)), one)
    with pytest.raises(SchemaError, match="the targets has no coordinate reference system"):
        nearest(one, gpd.GeoSeries([shapely.Point(1, 1)]))


@pytest.mark.parametrize(
    ("lon", "lat", "told"),
    [(76, 98.2, "latitude 98.2"), (np.inf, 43, "longitude inf"), (np.nan, 43, "longitude nan")],
)
def test_places_off_the_globe_are_refused_with_row_and_label(lon, lat, told):
    good = _points([(76, 43), (77, 43)], index=["Kemin", "Orlovka"])
    bad = _points([(76, 43), (lon, lat)], index=["Kemin", "Made-up"])
    with pytest.raises(SchemaError, match=rf"row 2 of the points \('Made-up'\) has .*{told}"):
        nearest(bad, good)
    with pytest.raises(SchemaError, match=rf"row 2 of the targets \('Made-up'\) has .*{told}"):
        nearest(good, bad)


def test_of_equally_near_ones_the_first_is_named():
    twice = _points([(77, 43), (75, 43), (75, 43)])
    assert nearest(_points([(75, 44)]), twice)["target"].tolist() == [1]


def test_many_queries_of_one_index_give_the_same():
    rng = np.random.default_rng(3)
    index = NearestIndex(_walks(200, 20, 0.05, rng))
    lon, lat = rng.uniform(WEST, EAST, 3000), rng.uniform(SOUTH, NORTH, 3000)
    first = index.query_lonlat(lon, lat)
    again = index.query_lonlat(lon[::-1], lat[::-1])
    assert np.array_equal(first[0], again[0][::-1])
    assert np.array_equal(first[1], again[1][::-1])


COORDINATE = st.tuples(st.floats(WEST, EAST), st.floats(SOUTH, NORTH))


@settings(max_examples=40, deadline=None)
@given(COORDINATE, st.lists(COORDINATE, min_size=1, max_size=12), COORDINATE)
def test_another_target_never_takes_farther(point, targets, other):
    fewer = nearest(_points([point]), _points(targets))["distance_m"][0]
    more = nearest(_points([point]), _points([*targets, other]))["distance_m"][0]
    assert more <= fewer


@settings(max_examples=40, deadline=None)
@given(COORDINATE, st.lists(COORDINATE, min_size=1, max_size=12), st.randoms())
def test_the_order_of_targets_does_not_matter(point, targets, random):
    mixed = list(targets)
    random.shuffle(mixed)
    straight = nearest(_points([point]), _points(targets))["distance_m"][0]
    assert nearest(_points([point]), _points(mixed))["distance_m"][0] == straight


@settings(max_examples=40, deadline=None)
@given(COORDINATE, COORDINATE)
def test_between_two_points_it_is_the_geodesic(a, b):
    got = nearest(_points([a]), _points([b]))["distance_m"][0]
    assert got == pytest.approx(GEOD.inv(*a, *b)[2], abs=1e-3)
