import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_ree.maps.shapes import _rounded, area_paths, country_paths, line_paths, pack


def unpack(text):
    """The format read by its description, apart from the code that writes it."""
    numbers, value, shift = [], 0, 0
    for char in text:
        code = ord(char) - 63
        value |= (code & 31) << shift
        shift += 5
        if code < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value, shift = 0, 0
    return np.cumsum(np.reshape(numbers, (-1, 2)), axis=0) / 1000.0


def frame(*geometries, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(geometries), crs=4326)


degrees = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@settings(deadline=None)
@given(st.lists(st.lists(degrees, min_size=2, max_size=6), min_size=1, max_size=4))
def test_what_is_packed_comes_back(lines):
    texts = pack([shapely.LineString(line) for line in lines])
    assert len(texts) == len(lines)
    for text, line in zip(texts, lines, strict=True):
        np.testing.assert_allclose(unpack(text)[:, ::-1], line, atol=0.000501)
        assert not set("<>&\"'") & set(text)


def test_nothing_packs_to_nothing():
    assert pack([]) == []
    assert line_paths(frame().geometry) == []


def test_lines_are_clipped_and_joined_where_they_meet():
    parts = frame(
        shapely.LineString([(39, 45), (41, 45)]), shapely.LineString([(41, 45), (43, 45)])
    )
    (text,) = line_paths(parts.geometry)
    assert unpack(text).tolist() == [[45.0, 40.0], [45.0, 43.0]]


def test_a_line_drawn_both_ways_is_kept_once():
    there, back = [(70, 45), (71, 46)], [(71, 46), (70, 45)]
    (text,) = line_paths(frame(shapely.LineString(there), shapely.LineString(back)).geometry)
    assert len(unpack(text)) == 2


def test_lines_are_rounded_as_shapely_would():
    rng = np.random.default_rng(3)
    lines = [shapely.LineString(70 + rng.normal(0, 0.002, (n, 2))) for n in rng.integers(2, 9, 200)]
    lines.append(shapely.LineString([(70, 45), (70.0001, 45.0001)]))
    snapped = shapely.set_precision(lines, 0.001)
    expected = [line for line in snapped if not line.is_empty]
    assert [shapely.to_wkt(a) for a in _rounded(lines)] == [shapely.to_wkt(b) for b in expected]


def test_lakes_are_areas_and_rivers_are_lines():
    mixed = frame(shapely.box(60, 45, 61, 46), shapely.LineString([(70, 45), (72, 46)]))
    (lake,) = area_paths(mixed.geometry)
    assert len(unpack(lake)) == 5
    assert len(line_paths(mixed.geometry)) == 1


def test_a_shared_border_is_drawn_once_and_the_edge_of_the_region_is_not():
    two = frame(
        shapely.box(30, 40, 60, 50),
        shapely.box(60, 40, 80, 50),
        country=["AAA", "BBB"],
        name=["A", "B"],
    )
    made = country_paths(two)
    assert [s["country"] for s in made["shapes"]] == ["AAA", "BBB"]
    drawn = shapely.union_all([shapely.LineString(unpack(t)[:, ::-1]) for t in made["borders"]])
    total = sum(shapely.LineString(unpack(t)).length for t in made["borders"])
    assert total == pytest.approx(drawn.length)
    assert drawn.distance(shapely.Point(60, 45)) < 0.01
    assert drawn.distance(shapely.Point(40, 45)) > 1.0


def test_a_country_is_named_inside_itself():
    hook = shapely.union_all([shapely.box(60, 40, 80, 42), shapely.box(60, 40, 62, 52)])
    (shape,) = country_paths(frame(hook, country=["AAA"], name=["A"]))["shapes"]
    lat, lon = shape["label"]
    assert hook.contains(shapely.Point(lon, lat))
