"""Where a layer is complete: beyond it a distance is unknown, anywhere on the globe."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_ree.crs import GEOD
from geo_ree.proximity import TargetIndex, nearest
from geo_ree.proximity.region_edge import edge_km, far_from_edge, within_box
from geo_ree.proximity.targets import Target

UGANDA = (29.0, -2.0, 36.0, 5.0)
RAIL = Target(name="railway", layer="railways", label="railway", kinds=("rail",))
PORT = Target(name="gateway", layer="gateways", label="port", same_country=False)


def places(kind: str, *rows: tuple[str, str, shapely.Geometry]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "name": [r[0] for r in rows],
            "kind": kind,
            "country": [r[1] for r in rows],
            "source_id": "x",
            "lateral_error_km": 0.0,
        },
        geometry=[r[2] for r in rows],
        crs=4326,
    )


def land(**boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"country": list(boxes), "name": list(boxes), "complete": True},
        geometry=[shapely.box(*b) for b in boxes.values()],
        crs=4326,
    )


def found(index: TargetIndex, target: str, lon: float, lat: float, country: str) -> float:
    codes = np.array([country], dtype=object)
    return float(index.nearest(target, np.array([lon]), np.array([lat]), codes).distance_km[0])


CASPIAN = places("sea_port", ("Aktau", "KAZ", shapely.Point(51.15, 43.6)))


def test_a_port_of_the_region_does_not_count_from_elsewhere() -> None:
    index = TargetIndex({"gateways": CASPIAN}, {"gateway": PORT})
    assert np.isnan(found(index, "gateway", 32.5, 0.3, "UGA"))  # Uganda
    assert np.isnan(found(index, "gateway", -51.7, 64.2, "GRL"))  # Greenland
    assert found(index, "gateway", 76.1, 42.9, "KGZ") == pytest.approx(2025, abs=25)


def test_a_layer_of_another_region_counts_there_as_far_as_its_edge() -> None:
    line = shapely.LineString([(32.0, 0.0), (33.0, 0.0)])
    layers = {"railways": places("rail", ("Line", "UGA", line))}
    by_box = TargetIndex(layers, {"railway": RAIL}, regions={"railways": [UGANDA]})
    assert found(by_box, "railway", 32.5, 0.5, "UGA") == pytest.approx(55.3, abs=0.1)
    assert np.isnan(found(by_box, "railway", 32.5, 4.9, "UGA")), "the edge is nearer than the line"
    assert np.isnan(found(by_box, "railway", 30.5, -1.0, "RWA")), "no line of that country is known"
    whole = {**layers, "countries": land(UGA=(30.0, -1.5, 35.0, 4.95))}
    by_box = TargetIndex(whole, {"railway": RAIL}, regions={"railways": [UGANDA]})
    assert found(by_box, "railway", 32.5, 4.9, "UGA") == pytest.approx(541.8, abs=0.5)
    by_name = TargetIndex(layers, {"railway": RAIL}, coverage={"railways": frozenset(["UGA"])})
    assert found(by_name, "railway", 32.5, 4.9, "UGA") == pytest.approx(541.8, abs=0.5)
    assert np.isnan(found(by_name, "railway", 30.5, -1.0, "KEN"))


def test_a_country_that_is_named_and_a_box_add_up() -> None:
    lines = [("A", "UGA", shapely.LineString([(32.0, 0.0), (33.0, 0.0)]))]
    lines += [("B", "KAZ", shapely.LineString([(70.0, 48.0), (71.0, 48.0)]))]
    index = TargetIndex(
        {"railways": places("rail", *lines)},
        {"railway": RAIL},
        coverage={"railways": frozenset(["UGA"])},
        regions={"railways": [(40.0, 29.0, 120.0, 56.0)]},
    )
    assert found(index, "railway", 32.5, 4.9, "UGA") == pytest.approx(541.8, abs=0.5)
    assert found(index, "railway", 70.5, 49.0, "KAZ") == pytest.approx(111.2, abs=0.2)
    assert np.isnan(found(index, "railway", 70.5, 40.0, "UZB"))


BOXES = [
    (40.0, 29.0, 120.0, 56.0),
    (170.3, -20.0, 190.0, -10.5),  # across the antimeridian
    (-60.0, 58.0, -20.0, 90.0),  # to the North Pole
    (-180.0, -90.0, 180.0, -60.0),  # all round the South Pole
    (-75.5, -56.25, -53.0, -21.0),
]


@pytest.mark.parametrize("box", BOXES)
def test_the_edge_is_where_karney_finds_it(box: tuple[float, float, float, float]) -> None:
    west, south, east, north = box
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(west, east, 12), rng.uniform(south, north, 12)
    lon = (lon + 180) % 360 - 180
    assert within_box(lon, lat, box).all()
    edges = [
        np.column_stack([np.linspace(west, east, 4_001), np.full(4_001, y)])
        for y in (south, north)
        if abs(y) < 90
    ]
    if east - west < 360:
        edges += [
            np.column_stack([np.full(4_001, x), np.linspace(south, north, 4_001)])
            for x in (west, east)
        ]
    dense = np.vstack(edges)
    km = edge_km(lon, lat, box)
    for x, y, got in zip(lon, lat, km, strict=True):
        n = len(dense)
        want = GEOD.inv(np.full(n, x), np.full(n, y), dense[:, 0], dense[:, 1])[2].min() / 1000
        assert got == pytest.approx(want, abs=1.5), "an edge of a degree sags from its parallel"
        assert not far_from_edge(np.array([x]), np.array([y]), np.array([want + 2]), box)[0]
    outside = np.array([west - 2.0 if east - west < 300 else 0.0]), np.array([(south + north) / 2])
    if east - west < 300:
        assert not within_box(*outside, box)[0]
        assert not far_from_edge(*outside, np.array([1.0]), box)[0]


def test_the_whole_globe_has_no_edge() -> None:
    assert np.isinf(edge_km(np.array([10.0]), np.array([20.0]), (-180.0, -90.0, 180.0, 90.0)))[0]


@pytest.mark.parametrize(
    ("lon", "lat"), [(179.7, -16.5), (-179.8, 71.2), (12.0, 88.9), (-70.1, -33.4), (32.5, 0.3)]
)
def test_distances_are_karneys_anywhere(lon: float, lat: float) -> None:
    rng = np.random.default_rng(3)
    x = (lon + rng.normal(0, 3, 60) / max(np.cos(np.radians(lat)), 0.05) + 180) % 360 - 180
    y = np.clip(lat + rng.normal(0, 1.5, 60), -89.9, 89.9)
    targets = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=4326)
    got = nearest(gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326), targets)
    want = GEOD.inv(np.full(60, lon), np.full(60, lat), x, y)[2]
    assert got["distance_m"][0] == pytest.approx(want.min(), abs=0.001)
    assert got["target"][0] == want.argmin()
