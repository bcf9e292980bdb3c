"""Layers that flags read are drawn where a run has them, small enough for the page; waters have names."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_ree.maps import zone_groups
from geo_ree.maps.page_values import SURROUNDINGS
from geo_ree.maps.water_names import water_names
from geo_ree.maps.zone_groups import LARGEST, active_faults, mining_areas, water_stress
from tests.maps.conftest import changed, written
from tests.maps.test_map_pane import COLOUR_AT
from tests.maps.test_shapes import unpack


def areas(boxes, **columns):
    shapes = [shapely.box(*box) for box in boxes]
    return gpd.GeoDataFrame(geometry=shapes, crs=4326).assign(**{"name": None, **columns})


def letters(payload):
    return sum(len(r) for _, _, shapes in payload["classes"] for rings in shapes for r in rings)


def surroundings():
    fault = gpd.GeoDataFrame(
        {"lateral_error_km": [1.0, 40.0]},
        geometry=[
            shapely.LineString([(60, 48), (64, 49)]),
            shapely.LineString([(60, 50), (64, 51)]),
        ],
        crs=4326,
    )
    return {
        "protected_areas": areas([(66, 46, 68, 48)], name=["<b>Reserve</b>"]),
        "mining_areas": areas([(70, 50, 71, 51)]),
        "water_stress": areas([(52, 43, 58, 47)], score=[4.5], label=["Extremely High (>80%)"]),
        "active_faults": fault,
    }


def test_thousands_of_small_areas_stay_within_the_limit_and_the_number_left_out_is_said(
    monkeypatch,
):
    monkeypatch.setattr(zone_groups, "LARGEST", LARGEST // 10)
    rng = np.random.default_rng(3)
    west, south = rng.uniform(50, 110, 3_000), rng.uniform(30, 54, 3_000)
    size = rng.uniform(0.01, 0.05, 3_000)
    many = areas(zip(west, south, west + size, south + size, strict=True))
    payload = mining_areas(many).payload
    assert 0.8 * zone_groups.LARGEST < letters(payload) <= zone_groups.LARGEST
    ((_, _, kept),) = payload["classes"]
    joined = len(shapely.get_parts(shapely.union_all(many.geometry.to_numpy())))
    assert len(kept) + payload["left_out"] == joined
    few = mining_areas(many.head(50)).payload
    assert few["left_out"] == 0


def test_an_area_keeps_its_holes_and_its_place():
    ring = shapely.Polygon(
        shapely.box(60, 45, 66, 50).exterior, [shapely.box(62, 46, 64, 48).exterior]
    )
    payload = mining_areas(gpd.GeoDataFrame({"name": [None]}, geometry=[ring], crs=4326)).payload
    ((_, _, ((outer, hole),)),) = payload["classes"]
    assert shapely.Polygon(unpack(outer)[:, ::-1], [unpack(hole)[:, ::-1]]).equals(ring)


def test_basins_are_drawn_by_class_and_only_those_that_a_flag_names():
    boxes = [(60, 40, 62, 42), (62, 40, 64, 42), (64, 40, 66, 42), (70, 40, 72, 42)]
    basins = areas(boxes, score=[4.0, 4.9, 0.3, None], label=["", "", "", "Arid and Low Water Use"])
    payload = water_stress(basins).payload
    found = {name: shapes for name, _, shapes in payload["classes"]}
    assert sorted(found) == ["arid", "extremely_high"]
    assert len(found["extremely_high"]) == 1  # two that touch are one
    assert active_faults(surroundings()["active_faults"]).payload["unsure"] != []


def test_lakes_have_one_place_inside_and_rivers_several_along_their_course():
    lake = shapely.box(73.5, 45.0, 74.5, 46.0)
    river = shapely.LineString([(60.0, 45.0), (66.0, 45.0), (66.0, 47.0)])
    other = shapely.LineString([(66.0, 47.0), (66.0, 49.0)])
    water = gpd.GeoDataFrame(
        {
            "name": ["Balkhash", "Syr Darya", "Syr Darya", "T?m", "Kr"],
            "kind": ["lake", *4 * ["river"]],
        },
        geometry=[lake, river, other, river, river],
        crs=4326,
    )
    river_name, lake_name = water_names(water)
    assert lake_name == ["Balkhash", "lake", 1.0, [[45.5, 74.0, 0]]]
    name, kind, length, places = river_name
    assert (name, kind, length) == ("Syr Darya", "river", 10.0)
    course = shapely.union_all([river, other])
    assert len(places) == 5
    for lat, lon, angle in places:
        assert shapely.distance(course, shapely.Point(lon, lat)) < 0.01
        assert angle == (0 if lat == 45.0 else pytest.approx(90, abs=0) if angle > 0 else -90)


@pytest.mark.browser
def test_each_layer_is_off_at_first_drawn_when_it_is_switched_on_and_in_the_key(
    data, tmp_path, visit
):
    seen = visit(
        written(changed(data, layers={**data["layers"], **surroundings()}), tmp_path), 1440, 900
    )
    seen.page.evaluate("void geoRee.map().setView([47, 64], 5, {animate: false})")
    inside = {
        "protected_areas": (47, 67),
        "mining_areas": (50.5, 70.5),
        "water_stress": (45, 55),
        "active_faults": (48.5, 62),
    }
    assert set(inside) == set(SURROUNDINGS)
    words = {"protected_areas": "Protected areas", "mining_areas": "Mapped mining land"}
    words |= {"water_stress": "basin: extremely high", "active_faults": "Active faults"}
    for slug, place in inside.items():
        at = f"({COLOUR_AT})({place[0]}, {place[1]})"
        assert not seen.value(f"geoRee.isOn('{slug}')")
        before = seen.value(at)
        seen.page.evaluate(f"void geoRee.layers.{slug}.addTo(geoRee.map())")
        assert seen.value(at) != before, slug
        assert words[slug] in seen.page.text_content(".legend")
    seen.page.evaluate("void geoRee.map().setView([47, 67], 7, {animate: false})")
    names = seen.value("geoRee.namesDrawn().map(n => n.text)")
    assert "<b>Reserve</b>" in names
    assert [t for t in seen.trouble if "willReadFrequently" not in t] == []
