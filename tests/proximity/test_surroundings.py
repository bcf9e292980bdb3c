"""Facts around deposits: what holds a point, how far the nearest feature is, and what is unknown."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_ree.crs import distance_m
from geo_ree.proximity import measure_surroundings
from geo_ree.proximity.surroundings import TAILINGS_KM, sound_areas

EVERYWHERE = {"protected_areas": frozenset({"KAZ", "KGZ"})}


def places(*points, country="KGZ"):
    return gpd.GeoDataFrame(
        {"country": [country] * len(points)},
        geometry=gpd.points_from_xy(*zip(*points, strict=True)),
        crs=4326,
    )


def layer(shapes, **columns):
    columns = {"name": [None] * len(shapes), "source_id": ["made_up"] * len(shapes), **columns}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


def around(deposits, name, rows, covered=("KAZ", "KGZ"), boxes=(), **more):
    return measure_surroundings(
        deposits,
        {name: rows},
        coverage={name: frozenset(covered)},
        regions={name: boxes},
        **more,
    )


def test_without_layers_everything_is_unknown():
    got = measure_surroundings(places((76, 43)), {})
    assert got["protected_area"].tolist() == [""]
    assert got.drop(columns="protected_area").isna().all(axis=None)


def test_the_strictest_category_counts():
    areas = layer(
        [
            shapely.box(75, 42, 77, 44),
            shapely.box(75.9, 42.9, 76.1, 43.1),
            shapely.box(79, 42, 80, 44),
        ],
        name=["Strict", "Small", "Park"],
        category=["IUCN Ia", "VI", None],
        designation=[None, "Sanctuary", None],
        kind=["protected_area", "nature_reserve", "national_park"],
    )
    got = around(places((76, 43), (79.5, 43), (90, 43)), "protected_areas", areas)
    assert got["protected_area_category"].fillna("").tolist() == ["IUCN Ia", "national park", ""]


def test_the_smallest_area_comes_first_and_gives_the_category():
    areas = layer(
        [shapely.box(75, 42, 77, 44), shapely.box(75.9, 42.9, 76.1, 43.1)],
        name=["Large", "Small"],
        category=[None, "IV"],
        designation=["National park", "Reserve"],
        kind=["national_park", "nature_reserve"],
    )
    got = around(places((76, 43), (75.5, 43.5), (78, 43)), "protected_areas", areas)
    assert got["protected_area"].tolist() == ["Small; Large", "Large", ""]
    assert got["protected_area_category"].fillna("").tolist() == ["IV", "National park", ""]
    assert got["dist_protected_area_km"].tolist()[:2] == [0.0, 0.0]
    beside = distance_m([78.0], [43.0], [77.0], [43.0])[0] / 1000
    assert got["dist_protected_area_km"].iloc[2] == pytest.approx(beside, rel=0.001)


def test_an_area_without_a_name_is_said_by_its_kind():
    areas = layer([shapely.box(75, 42, 77, 44)], kind=["nature_reserve"])
    got = around(places((76, 43)), "protected_areas", areas, labels={"made_up": "Made up, 2026"})
    assert got["protected_area"].tolist() == ["nature reserve without a name"]
    assert got["near_protected_area"].tolist() == ["nature reserve without a name, Made up, 2026"]


def test_a_country_that_the_layer_does_not_cover_is_unknown_and_not_free_of_areas():
    areas = layer([shapely.box(75, 42, 77, 44)], name=["Park"])
    inside, beside = (76, 43), (77.01, 43)
    got = around(places(inside, beside), "protected_areas", areas, covered=("KAZ",))
    assert got["dist_protected_area_km"].isna().all()
    assert got["protected_area"].tolist() == ["", ""]


def test_a_distance_beyond_the_edge_of_what_was_fetched_is_unknown():
    faults = layer([shapely.LineString([(70.2, 42), (70.2, 43)])])
    near_edge, in_middle, far_from_both = (79.9, 42.5), (71, 42.5), (76, 42.5)
    deposits = places(near_edge, in_middle, far_from_both)
    got = around(deposits, "active_faults", faults, covered=(), boxes=((70.0, 40.0, 80.0, 45.0),))
    assert np.isnan(got["dist_active_fault_km"].iloc[0])
    assert got["dist_active_fault_km"].iloc[1] == pytest.approx(65.7, abs=0.5)
    # nothing within 100 km is sure, so that a distance is given: an upper limit
    assert got["dist_active_fault_km"].iloc[2] == pytest.approx(476, abs=2)


def test_faults_of_a_neighbour_count():
    faults = layer([shapely.LineString([(76, 43.1), (77, 43.1)])], country=["KAZ"])
    got = around(places((76.5, 43)), "active_faults", faults)
    assert got["dist_active_fault_km"].iloc[0] == pytest.approx(11.2, abs=0.1)


def test_far_tailings_are_unknown_for_every_list_is_incomplete():
    tailings = layer([shapely.Point(76, 43)], name=["Heap"])
    got = around(places((76.1, 43), (78, 43)), "tailings", tailings, covered=())
    assert got["dist_tailings_km"].iloc[0] < TAILINGS_KM
    assert np.isnan(got["dist_tailings_km"].iloc[1])


def test_water_stress_is_the_class_of_the_basin():
    basins = layer(
        [shapely.box(75, 42, 76, 43), shapely.box(76, 42, 77, 43)],
        label=["High (40-80%)", None],
        kind=["basin", "basin"],
    )
    deposits = places((75.5, 42.5), (76.5, 42.5), (80, 42.5)).set_axis(["x", "y", "z"])
    got = around(deposits, "water_stress", basins, labels={"made_up": "Made up"})
    assert got["near_water_stress"].fillna("").tolist() == ["Made up", "", ""]
    assert got["water_stress"].fillna("unknown").tolist() == ["High (40-80%)", "unknown", "unknown"]


def test_licences_that_hold_the_place_are_said_with_their_holder():
    areas = layer(
        [shapely.box(75, 42, 77, 44), shapely.box(75.9, 42.9, 76.1, 43.1), None],
        code=["MV-1", "XV-2", "XV-3"],
        holder=["A LLC", None, "C LLC"],
        status=["valid", None, None],
        kind=["mining", "exploration", "unknown"],
    )
    deposits = places((76, 43), (80, 43))
    got = around(deposits, "licences", areas, covered=(), labels={"made_up": "Register"})
    first = "XV-2, exploration; MV-1, A LLC, mining, valid"
    assert got["licence_area"].fillna("").tolist() == [first, ""]
    assert got["near_licence_area"].fillna("").tolist() == ["Register", ""]


def test_invalid_areas_are_repaired():
    bow_tie = shapely.Polygon([(75, 42), (77, 44), (77, 42), (75, 44)])
    got = around(places((75.2, 43), (76, 42.1)), "mining_areas", layer([bow_tie]))
    assert got["dist_mining_area_km"].iloc[0] == 0.0
    assert got["dist_mining_area_km"].iloc[1] > 0.0


def test_an_area_drawn_the_wrong_way_round_the_globe_holds_nothing(caplog):
    across = shapely.Polygon([(179, 42), (-179, 42), (-179, 44), (179, 44)])
    rows = layer([across, shapely.box(75, 42, 76, 43)], name=["Wrong", "Right"])
    got = around(places((75.5, 42.5)), "protected_areas", rows)
    assert got["protected_area"].tolist() == ["Right"]
    assert "wrong way round" in caplog.text


def test_an_area_in_two_parts_at_the_antimeridian_stays():
    two = shapely.MultiPolygon([shapely.box(178, 42, 180, 44), shapely.box(-180, 42, -179, 44)])
    kept = sound_areas(layer([two]), "areas")
    assert kept.geometry.iloc[0].equals(two)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(70, 80), st.floats(40, 46), st.floats(0.01, 1.5)),
        min_size=1,
        max_size=12,
    ),
    st.tuples(st.floats(70, 81), st.floats(40, 47)),
)
def test_a_place_in_an_area_is_0_km_from_it(boxes, place):
    areas = layer(
        [shapely.box(x, y, x + side, y + side) for x, y, side in boxes],
        name=[f"A{i}" for i in range(len(boxes))],
    )
    got = around(places(place), "protected_areas", areas).iloc[0]
    there = [
        n
        for n, a in zip(areas["name"], areas.geometry, strict=True)
        if a.covers(shapely.Point(place))
    ]
    assert sorted(filter(None, got["protected_area"].split("; "))) == sorted(there)
    if there:  # beside a parallel the geodesic bulges by some hundred metres
        assert got["dist_protected_area_km"] < 0.5
    else:
        nearest_box = min(a.distance(shapely.Point(place)) for a in areas.geometry)
        assert got["dist_protected_area_km"] <= 1.01 * 112 * nearest_box
