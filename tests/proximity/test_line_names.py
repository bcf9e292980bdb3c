"""Names of lines: the settlements that a stretch between junctions connects."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_ree.proximity.line_names import name_lines


def _lines(*courses):
    return gpd.GeoSeries([shapely.LineString(c) if c else None for c in courses], crs=4326)


def _towns(**places):
    return gpd.GeoDataFrame(
        {"name": list(places)}, geometry=[shapely.Point(p) for p in places.values()], crs=4326
    )


TOWNS = _towns(West=(70.0, 45.02), Middle=(71.0, 45.02), East=(72.0, 45.02), South=(71.0, 44.0))
THROUGH = [(70.0, 45.0), (71.0, 45.0)], [(72.0, 45.0), (71.0, 45.0)]


def test_a_chain_of_edges_has_one_name_from_west_to_east():
    assert name_lines(_lines(*THROUGH), TOWNS).tolist() == ["West - East"] * 2


def test_a_junction_ends_a_name():
    names = name_lines(_lines(*THROUGH, [(71.0, 45.0), (71.0, 44.0)]), TOWNS).tolist()
    assert names == ["West - Middle", "Middle - East", "South - Middle"]


def test_an_end_without_a_settlement_takes_the_next_one_along_the_line():
    line = _lines([(70.0, 45.0), (71.0, 45.0), (71.5, 45.0)])
    assert name_lines(line, TOWNS).tolist() == ["West - Middle"]


@pytest.mark.parametrize(
    ("course", "name"),
    [
        ([(70.0, 45.0), (70.05, 45.05)], "line near West"),
        ([(70.0, 45.0), (69.0, 46.0)], "line near West"),
        ([(70.3, 45.3), (70.3, 45.5)], "line near West"),
        ([(70.0, 47.0), (70.0, 48.0)], "line 220 km from West"),
    ],
)
def test_a_line_that_connects_nothing_is_named_by_the_nearest_settlement(course, name):
    assert name_lines(_lines(course), TOWNS).tolist() == [name]
    assert name_lines(_lines(course), TOWNS, word="road")[0] == name.replace("line", "road")


def test_some_rows_are_named_as_all_are():
    lines = _lines(*THROUGH, [(71.0, 45.0), (71.0, 44.0)])
    some = name_lines(lines, TOWNS, np.array([2, 0, 2]))
    assert some.tolist() == ["South - Middle", "West - Middle", "South - Middle"]


def test_rings_multilines_and_the_order_of_rows_give_the_same_names():
    ring = [(70.0, 45.0), (70.1, 45.0), (70.1, 45.1), (70.0, 45.0)]
    both = shapely.MultiLineString([THROUGH[0], THROUGH[1]])
    lines = gpd.GeoSeries([shapely.LineString(ring), both, shapely.Point(70, 45)], crs=4326)
    names = name_lines(lines, TOWNS).tolist()
    assert names == ["line near West", "West - East", None]
    assert name_lines(lines[::-1], TOWNS).tolist() == names[::-1]


def test_without_settlements_nothing_is_named():
    assert name_lines(_lines(*THROUGH), TOWNS.iloc[:0]).tolist() == [None, None]
    assert name_lines(_lines(), TOWNS).tolist() == []
