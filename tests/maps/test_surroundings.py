"""The land around the region: it reaches as far as the map and every route, and meets the region."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_ree.maps.relief import PICTURES
from geo_ree.maps.surroundings import FRAME, land_beyond
from geo_ree.settings import REGION
from tests.maps.test_shapes import unpack


def routes(*lines):
    return gpd.GeoDataFrame(
        {"rail_line": gpd.GeoSeries(list(lines), crs=4326)}, geometry="rail_line"
    )


@pytest.fixture(scope="module")
def beyond():
    return land_beyond(routes(), REGION)


def land(found):
    rings = [shapely.Polygon(unpack(ring)[:, ::-1]) for ring in found["rings"]]
    return shapely.union_all([shapely.make_valid(ring) for ring in rings])


def test_the_frame_is_that_of_the_coarsest_relief(beyond):
    assert tuple(beyond["box"]) == FRAME == PICTURES["relief_world.webp"]


@pytest.mark.parametrize(
    ("lon", "lat", "dry"),
    [(37.6, 55.75, True), (77.2, 24.0, True), (26.5, 59.9, False), (70.0, 10.0, False)],
)
def test_land_and_sea_are_where_they_are(beyond, lon, lat, dry):
    """Moscow and central India; the Gulf of Finland and the Arabian Sea."""
    assert land(beyond).contains(shapely.Point(lon, lat)) is dry


def test_no_gap_is_left_at_the_edge_of_the_region(beyond):
    """Land overlaps the region by a little all along its northern and eastern edge."""
    around = land(beyond)
    west, south, east, north = REGION
    along = [(lon, north - 0.05) for lon in np.arange(45.0, 115.0, 5.0)]
    along += [(east - 0.05, lat) for lat in np.arange(45.0, 55.0, 1.0)]
    assert all(around.contains(shapely.Point(place)) for place in along)
    assert not around.contains(shapely.Point((west + east) / 2, (south + north) / 2))


def test_a_border_is_drawn_once_and_no_coast(beyond):
    lines = [shapely.LineString(unpack(path)[:, ::-1]) for path in beyond["borders"]]
    joined = shapely.union_all(lines)
    assert joined.distance(shapely.Point(30.0, 54.8)) < 1.5  # Belarus and Russia
    assert joined.distance(shapely.Point(72.8, 18.9)) > 2.0  # the coast at Mumbai
    assert joined.length == pytest.approx(sum(line.length for line in lines), rel=1e-6)


def test_names_of_large_countries_lie_inside_them(beyond):
    lat, lon = beyond["labels"]["IND"]
    assert 15 < lat < 30 and 73 < lon < 85
    assert "LUX" not in beyond["labels"]


def test_a_route_beyond_the_frame_widens_it():
    found = land_beyond(routes(shapely.LineString([(60, 45), (-60, 40)])), REGION)
    assert found["box"][0] <= -60
    assert land(found).contains(shapely.Point(-100, 40))  # North America
