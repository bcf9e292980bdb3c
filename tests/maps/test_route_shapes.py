"""Routes packed for the page: each stretch once, nothing lost, dashed where assumed."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_ree.maps.route_shapes import route_bounds, route_shapes
from tests.maps.route_frames import corridors
from tests.maps.test_shapes import unpack


def frame(*lines, assumed=None):
    lists = {"rail_line": list(lines), "assumed_line": assumed or [None] * len(lines)}
    shapes = {name: gpd.GeoSeries(values, crs=4326) for name, values in lists.items()}
    return gpd.GeoDataFrame(shapes, geometry="rail_line", crs=4326)


def lines_of(packed, row, dashed=None):
    """The stretches of a row, decoded."""
    stretches = packed["routes"][packed["shape"][row]][0]
    kept = [i for i in stretches if dashed is None or packed["dashed"][i] == dashed]
    return shapely.MultiLineString([unpack(packed["path"][i])[:, ::-1] for i in kept])


def test_what_routes_share_is_packed_once():
    shared = [(70, 45), (60, 46), (50, 44)]
    packed = route_shapes(
        frame(
            shapely.LineString([(76, 43), *shared]),
            shapely.LineString([(72, 50), *shared]),
            shapely.LineString(shared[::-1]),
        )
    )
    assert len(packed["path"]) == 3
    assert [len(route[0]) for route in packed["routes"]] == [2, 2, 1]


def test_equal_routes_share_their_shape():
    line = shapely.LineString([(70, 45), (60, 46)])
    packed = route_shapes(frame(line, line, shapely.LineString([(70, 45), (60, 40)])))
    assert packed["shape"] == [0, 0, 1]
    assert len(packed["routes"]) == 2


def test_the_assumed_part_of_a_route_is_dashed_and_no_other():
    whole = shapely.LineString([(70, 45), (65, 46), (60, 46), (50, 44)])
    part = shapely.LineString([(65, 46), (60, 46)])
    packed = route_shapes(frame(whole, assumed=[part]))
    assert lines_of(packed, 0, dashed=1).equals(part)
    assert lines_of(packed, 0, dashed=0).length == pytest.approx(whole.length - part.length)


def test_a_route_that_turns_back_on_itself_keeps_all_of_it():
    line = shapely.LineString([(45, 30), (46, 30), (45, 30), (46, 30), (45, 31)])
    packed = route_shapes(frame(line))
    assert lines_of(packed, 0).hausdorff_distance(line) == 0.0
    assert len(packed["path"]) == 2


corners = st.tuples(st.integers(45, 115), st.integers(30, 55))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(corners, min_size=2, max_size=9), min_size=1, max_size=5))
def test_every_route_keeps_its_course(routes):
    lines = [shapely.LineString(route) for route in routes]
    packed = route_shapes(frame(*lines))
    for row, line in enumerate(lines):
        apart = shapely.get_coordinates(line)
        if (np.diff(apart, axis=0) == 0).all():
            continue
        drawn = lines_of(packed, row)
        assert drawn.hausdorff_distance(line) <= 0.0115
        assert line.hausdorff_distance(drawn) <= 0.0115


def test_modes_and_marks_of_a_route_are_listed():
    table = corridors()
    packed = route_shapes(table)
    at = table.index[(table["deposit_id"] == "a") & (table["corridor"] == "middle_north")][0]
    stretches, crossings, gauges = packed["routes"][packed["shape"][at]]
    assert {packed["mode"][i] for i in stretches} == {0, 1, 2}
    assert [packed["points"][i] for i in crossings] == [[43.7, 51.2]]
    assert gauges == []


def test_tables_without_geometry_have_rows_and_no_stretch():
    packed = route_shapes(gpd.GeoDataFrame({"corridor": ["none", "none"]}))
    assert packed["shape"] == [0, 0]
    assert packed["routes"] == [[[], [], []]]


def test_the_bounds_of_routes_are_those_of_all_their_lines():
    there = frame(shapely.LineString([(41.7, 42.2), (28.3, 59.7)]), None)
    assert route_bounds(there) == (28.3, 42.2, 41.7, 59.7)
    assert route_bounds(gpd.GeoDataFrame({"corridor": []})) is None
