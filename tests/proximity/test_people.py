"""People within a distance, against geodesics by Karney to the centre of every cell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.transform import Affine

from geo_ree.crs import distance_m
from geo_ree.proximity.heights import Patch
from geo_ree.proximity.people import people_within

CELL = 0.05


def world(seed=1):
    """Reader of a grid of the whole globe, made up as it is read; and its value at any cell."""
    base = np.random.default_rng(seed).integers(0, 900, (31, 37)).astype(np.float32)

    def value(row, column):
        return base[row % 31, column % 37]

    def read(box):
        west, south, east, north = box
        left, top = int(np.floor((west + 180) / CELL)), int(np.floor((90 - north) / CELL))
        right, bottom = int(np.ceil((east + 180) / CELL)), int(np.ceil((90 - south) / CELL))
        row, column = np.indices((bottom - top, right - left))
        place = Affine(CELL, 0, -180 + left * CELL, 0, -CELL, 90 - top * CELL)
        return Patch(array=value(row + top, column + left), transform=place)

    return read, value


def by_karney(lon, lat, km, value):
    rows, columns = np.indices((round(180 / CELL), round(360 / CELL)))
    band = np.abs(90 - (rows[:, 0] + 0.5) * CELL - lat) < km / 100 + 1
    rows, columns = rows[band].ravel(), columns[band].ravel()
    x, y = -180 + (columns + 0.5) * CELL, 90 - (rows + 0.5) * CELL
    away = distance_m(np.full(len(x), lon), np.full(len(x), lat), x, y) / 1000
    inside = away <= km
    return float(value(rows[inside], columns[inside]).sum(dtype=np.float64))


@pytest.mark.parametrize("place", [(76.12, 42.86), (179.99, 10.0), (-179.98, -60.0), (0.0, 80.0)])
@pytest.mark.parametrize("km", [10.0, 50.0])
def test_the_cells_within_are_those_of_karney(place, km):
    read, value = world()
    lon, lat = np.array([place[0]]), np.array([place[1]])
    found = people_within(lon, lat, [km], read)[0, 0]
    expected = by_karney(*place, km, value)
    assert found == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(st.floats(-180, 180), st.floats(-80, 80), st.integers(1, 9))
def test_more_people_live_within_a_longer_distance(lon, lat, seed):
    read, _ = world(seed)
    near, far = people_within(np.array([lon]), np.array([lat]), [20.0, 50.0], read)[0]
    assert far >= near >= 0.0


def test_cells_without_data_have_nobody_and_nothing_known_is_unknown():
    grid = np.full((100, 100), np.nan, np.float32)
    place = Affine(0.01, 0, 76.0, 0, -0.01, 43.0)
    lon, lat = np.array([76.505]), np.array([42.495])
    assert np.isnan(
        people_within(lon, lat, [10.0], lambda box: Patch(array=grid, transform=place))
    ).all()
    grid[50, 50] = 7.0
    assert people_within(
        lon, lat, [10.0], lambda box: Patch(array=grid, transform=place)
    ).tolist() == [[7.0]]


def test_a_grid_in_metres_is_measured_as_well():
    # Mollweide, the other system that population grids come in
    system = CRS.from_string("ESRI:54009")
    grid = np.ones((200, 200), np.float32)
    x, y = 6_200_000.0, 5_100_000.0
    patch = Patch(array=grid, transform=Affine(1000, 0, x, 0, -1000, y), crs=system)
    there = Transformer.from_crs("ESRI:54009", "EPSG:4326", always_xy=True)
    lon, lat = there.transform(x + 100_500, y - 100_500)
    found = people_within(np.array([lon]), np.array([lat]), [50.0], lambda box: patch)[0, 0]
    assert found == pytest.approx(np.pi * 50**2, rel=0.02)  # the projection keeps areas


def test_beyond_85_degrees_it_is_unknown():
    read, _ = world()
    assert np.isnan(people_within(np.array([10.0]), np.array([88.0]), [10.0], read)).all()
