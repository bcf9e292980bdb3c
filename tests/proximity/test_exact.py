"""The nearest is exact: against Karney's geodesics to every edge, without an index."""

import concurrent.futures
import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_ree.proximity import NearestIndex, nearest

spec = importlib.util.spec_from_file_location("karney", Path(__file__).with_name("karney.py"))
karney = importlib.util.module_from_spec(spec)
spec.loader.exec_module(karney)

GEOD = karney.GEOD


def _lines(vertices):
    return gpd.GeoSeries(
        [shapely.LineString(v) if len(v) > 1 else shapely.Point(v[0]) for v in vertices], crs=4326
    )


def _points(xy):
    return gpd.GeoSeries(shapely.points(np.asarray(xy, dtype=float)), crs=4326)


def _walks(rng, start, edges, step_m):
    """Random walks along geodesics: `edges` edges from each start, of about `step_m` metres."""
    lon, lat = np.asarray(start, dtype=float).T
    heading = rng.uniform(-180, 180, len(lon))
    out = [np.column_stack([lon, lat])]
    for _ in range(edges):
        heading = heading + rng.normal(0, 40, len(lon))
        lon, lat, back = GEOD.fwd(lon, lat, heading, step_m * rng.lognormal(0, 0.5, len(lon)))
        heading = back + 180
        out.append(np.column_stack([lon, lat]))
    return list(np.stack(out, axis=1))


def _box(rng, count, west, south, east, north):
    return np.column_stack([rng.uniform(west, east, count), rng.uniform(south, north, count)])


def _globe(rng, count):
    return np.column_stack(
        [rng.uniform(-180, 180, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))]
    )


def _roads(rng):
    return _walks(rng, _box(rng, 30, 70, 44, 70.6, 44.4), 6, 400), _box(
        rng, 2_500, 69.8, 43.8, 70.8, 44.6
    )


def _sparse_rail(rng):
    return _walks(rng, _box(rng, 12, 46, 35, 96, 55), 6, 150_000), _box(rng, 2_500, 46, 35, 96, 55)


def _far_network(rng):
    return _walks(rng, _box(rng, 12, 88, 50, 96, 55), 5, 30_000), _box(rng, 1_500, 46, 35, 90, 52)


def _everywhere(rng):
    return _walks(rng, _globe(rng, 25), 4, 400_000), _globe(rng, 2_000)


def _settlements(rng):
    return list(_box(rng, 120, 46, 35, 96, 55)[:, None]), _box(rng, 1_000, 46, 35, 96, 55)


def _round_the_pole_and_the_antimeridian(rng):
    caps = np.vstack([_box(rng, 6, -180, 84, 180, 90), _box(rng, 6, 175, -30, 185, 30)])
    near = np.vstack([_box(rng, 300, -180, 80, 180, 90), _box(rng, 300, 170, -35, 190, 35)])
    near[:, 0] = (near[:, 0] + 180) % 360 - 180
    return _walks(rng, caps, 5, 200_000), near


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        _roads,
        _sparse_rail,
        _far_network,
        _everywhere,
        _settlements,
        _round_the_pole_and_the_antimeridian,
    ],
)
def test_ten_thousand_random_cases_agree_with_karney(case):
    vertices, points = case(np.random.default_rng(20240607))
    got = nearest(_points(points), _lines(vertices))
    edges = karney.edges_of(vertices)
    truth = karney.least(points, edges)
    allowed = karney.tolerance(truth)
    assert (np.abs(got["distance_m"].to_numpy() - truth) <= allowed).all()
    chosen = karney.least(points, edges, only=got["target"].to_numpy(dtype=int))
    assert (chosen - truth <= allowed).all()


def _agrees(points, vertices):
    got = nearest(_points(points), _lines(vertices))
    truth = karney.least(np.asarray(points, dtype=float), karney.edges_of(vertices))
    assert (np.abs(got["distance_m"] - truth) <= karney.tolerance(truth)).all()
    return got


def test_on_a_vertex_it_is_exactly_zero():
    vertices = _walks(np.random.default_rng(1), [(70, 45), (75, 43)], 50, 700)
    got = nearest(_points(np.vstack(vertices)), _lines(vertices))
    assert (got["distance_m"] == 0.0).all()
    assert got["target"].tolist() == [0] * 51 + [1] * 51


@pytest.mark.parametrize("length_m", [5.0, 2_999.0, 3_001.0, 40_000.0, 2_000_000.0])
def test_on_a_segment_it_is_under_a_millimetre(length_m):
    azimuth = 67.0
    end = GEOD.fwd(60.0, 40.0, azimuth, length_m)[:2]
    share = np.linspace(0, 1, 501) * length_m
    lon, lat, _ = GEOD.fwd(np.full(501, 60.0), np.full(501, 40.0), np.full(501, azimuth), share)
    got = nearest(_points(np.column_stack([lon, lat])), _lines([[(60.0, 40.0), end]]))
    assert got["distance_m"].max() < 1e-3


def test_a_segment_of_two_thousand_kilometres():
    end = GEOD.fwd(50.0, 42.0, 75.0, 2_000_000.0)[:2]
    _agrees(_box(np.random.default_rng(2), 500, 46, 35, 96, 55), [[(50.0, 42.0), end]])


def test_over_the_antimeridian():
    rng = np.random.default_rng(3)
    points = np.column_stack(
        [(rng.uniform(175, 185, 300) + 180) % 360 - 180, rng.uniform(-5, 5, 300)]
    )
    _agrees(points, [[(179.0, 1.0), (-179.0, -1.0)], [(-178.0, 3.0), (-179.99, 3.0)]])


def test_over_the_pole():
    rng = np.random.default_rng(4)
    points = np.vstack([[(0.0, 90.0)], _box(rng, 300, -180, 86, 180, 90)])
    _agrees(points, [[(20.0, 88.0), (-140.0, 87.0)], [(90.0, 90.0), (90.0, 89.5)]])


def test_of_no_length():
    here = (70.0, 45.0)
    got = _agrees(
        _box(np.random.default_rng(5), 50, 69, 44, 71, 46), [[here, here], [here, here, here]]
    )
    assert (got["target"] == 0).all()


def test_of_duplicates_and_at_a_junction_the_first_is_named():
    line = [(70.0, 45.0), (70.01, 45.003), (70.02, 45.0)]
    arm = [(70.01, 45.003), (70.01, 45.02)]
    points = [(70.004, 44.99), (70.0101, 45.0025), (70.02, 44.9), (69.99, 45.001)]
    got = _agrees(points, [[(80.0, 45.0), (81.0, 45.0)], line, arm, line[::-1], line])
    assert got["target"].tolist() == [1, 1, 1, 1]
    corner = (70.01, 45.003)
    for order in ([arm, line], [line, arm], [arm[::-1], line[::-1]]):
        assert nearest(_points([corner]), _lines(order))["target"].tolist() == [0]


def test_a_network_far_away():
    rng = np.random.default_rng(6)
    got = _agrees(
        _box(rng, 200, 46, 35, 96, 55), _walks(rng, [(-60, -20), (-50, -30), (150, -30)], 8, 9_000)
    )
    assert got["distance_m"].min() > 8e6


def test_near_the_antipode():
    got = _agrees([(70.0, 45.0), (70.1, 45.05)], [[(-110.0, -45.0)]])
    assert got["distance_m"].min() > 1.999e7


def test_the_shorter_geodesic_wins_over_the_shorter_chord():
    # To the east the ellipsoid is less curved than to the north: at 500 km the arc over the same
    # chord is about 0.9 m shorter.
    here = (70.0, 5.0)
    north = GEOD.fwd(*here, 0.0, 500_000.0)[:2]
    for gap, name in ((-0.2, 1), (0.2, 0)):
        east = GEOD.fwd(*here, 90.0, 500_000.0 + gap)[:2]
        got = _agrees([here], [[north], [east]])
        assert got["target"].tolist() == [name]


def test_the_edges_of_polygons_are_geodesics_too():
    north, south = [(50.0, 60.0), (90.0, 60.0)], [(90.0, 50.0), (50.0, 50.0)]
    steppe = shapely.Polygon([*north, *south], [[(68, 55), (72, 55), (70, 57)]])
    both = shapely.MultiPolygon([steppe, shapely.box(10, 10, 11, 11)])
    # Within the geodesic border to the north, outside it to the south; in the hole, on an edge.
    points = [(70.0, 61.5), (70.0, 51.0), (70.0, 55.5), (70.0, 55.01), (70.0, 58.0)]
    rings = [[*north, *south, north[0]], [(68, 55), (72, 55), (70, 57), (68, 55)]]
    truth = karney.least(np.array(points), karney.edges_of(rings))
    truth[[0, 3, 4]] = 0.0
    for target in (steppe, both, shapely.GeometryCollection([shapely.Point(0, 0), steppe])):
        got = nearest(_points(points), gpd.GeoSeries([target], crs=4326))["distance_m"]
        assert np.abs(got - truth).max() < 1e-3


def test_a_border_along_the_antimeridian_stays_there():
    east = shapely.Polygon([(170, 60), (180, 60), (180, 70), (170, 70)])
    got = nearest(_points([(175, 65), (-175, 65)]), gpd.GeoSeries([east], crs=4326))
    assert got["distance_m"][0] == 0.0
    assert got["distance_m"][1] == pytest.approx(GEOD.inv(-175, 65, 180, 65.2)[2], rel=1e-2)


def test_a_packet_is_not_led_astray_by_its_neighbours():
    rng = np.random.default_rng(8)
    vertices = _walks(rng, _box(rng, 400, 60, 40, 64, 43), 10, 800)
    points = _box(rng, 3_000, 60, 40, 64, 43)
    index = NearestIndex(_lines(vertices))
    together = index.query_lonlat(*points.T)
    shuffled = rng.permutation(len(points))
    again = index.query_lonlat(*points[shuffled].T)
    assert np.array_equal(together[0][shuffled], again[0])
    assert np.array_equal(together[1][shuffled], again[1])
    alone = [index.query_lonlat(*points[[i]].T) for i in range(100)]
    assert [float(d[0]) for d, _ in alone] == together[0][:100].tolist()
    assert [int(p[0]) for _, p in alone] == together[1][:100].tolist()


def test_queries_from_several_threads_agree():
    rng = np.random.default_rng(9)
    index = NearestIndex(_lines(_walks(rng, _box(rng, 300, 60, 40, 64, 43), 20, 800)))
    points = _box(rng, 20_000, 55, 38, 69, 45)
    expected = index.query_lonlat(*points.T)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for got in pool.map(lambda _: index.query_lonlat(*points.T), range(8)):
            assert np.array_equal(got[0], expected[0])
            assert np.array_equal(got[1], expected[1])
