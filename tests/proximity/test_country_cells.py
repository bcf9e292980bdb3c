"""A cell of a raster has the distance that a deposit there has in the tables: one rule for both."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_ree.errors import SchemaError
from geo_ree.proximity import Target, TargetIndex, nearest, surface
from geo_ree.proximity.country_cells import CountryCells
from geo_ree.proximity.grid import make_grid
from geo_ree.settings import REGION

RAIL = Target(name="railway", layer="railways", label="rail", max_lateral_error_km=25)
PORT = Target(name="gateway", layer="railways", label="port", same_country=False)
BOX = (70.0, 40.0, 80.0, 46.0)


def rails(*rows):
    """Lines along a parallel: name, country, lateral error (km), longitude, latitude."""
    return gpd.GeoDataFrame(
        {
            "name": [r[0] for r in rows],
            "kind": "rail",
            "country": [r[1] for r in rows],
            "source_id": "osm",
            "lateral_error_km": [float(r[2]) for r in rows],
        },
        geometry=[shapely.LineString([(x - 1, y), (x + 1, y)]) for *_, x, y in rows],
        crs=4326,
    )


def lands(**boxes):
    return gpd.GeoDataFrame(
        {"country": list(boxes), "complete": [True] * len(boxes)},
        geometry=[shapely.box(*box) for box in boxes.values()],
        crs=4326,
    )


PAIR = lands(KAZ=(70, 43, 80, 46), KGZ=(70, 41, 80, 43))


def cells(index, target, grid, **options):
    return np.concatenate(list(CountryCells(index, target).strips(grid, **options)))


def as_deposits(index, target, grid, countries):
    """What the tables say of a deposit in the middle of each cell, metres."""
    lon, lat = np.meshgrid(grid.longitudes, grid.latitudes)
    shape, lon, lat = lon.shape, lon.ravel(), lat.ravel()
    codes = np.full(len(lon), None, dtype=object)
    for code, land in zip(countries["country"][::-1], countries.geometry[::-1], strict=True):
        codes[shapely.contains_xy(land, lon, lat)] = code
    metres = 1_000.0 * index.nearest(target, lon, lat, codes).distance_km
    metres[[code is None for code in codes]] = np.nan
    return metres.reshape(shape)


def test_at_a_border_each_cell_counts_the_railway_of_its_own_country(tmp_path):
    north = rails(("north", "KAZ", 0, 75, 45.5))
    south = rails(("south", "KGZ", 0, 75, 42.9))
    index = TargetIndex(
        {"railways": pd.concat([north, south], ignore_index=True), "countries": PAIR},
        {"railway": RAIL},
    )
    path = tmp_path / "rail.tif"
    surface(index, "0.1 deg", path, target="railway", box=BOX)
    with rasterio.open(path) as made:
        found = {lat: float(next(made.sample([(75.05, lat)]))[0]) for lat in (43.05, 42.95, 40.5)}
        tags = made.tags()
    for lat, own in ((43.05, north), (42.95, south)):
        place = gpd.GeoSeries([shapely.Point(75.05, lat)], crs=4326)
        assert found[lat] == pytest.approx(nearest(place, own)["distance_m"][0], rel=1e-6)
    assert found[43.05] > 270_000, "its own country, not 17 km abroad"
    assert np.isnan(found[40.5]), "in no country"
    assert tags["measured_to"] == "rail" and tags["sources"] == "osm"
    assert "outside all countries" in tags["unknown"]


def test_of_a_layer_alone_all_features_count(tmp_path):
    both = rails(("north", "KAZ", 0, 75, 45.5), ("south", "KGZ", 0, 75, 42.9))
    path = tmp_path / "rail.tif"
    surface(both, "0.1 deg", path, box=BOX)
    with rasterio.open(path) as made:
        north, sea = (float(next(made.sample([(75.05, lat)]))[0]) for lat in (43.05, 40.05))
    assert 15_000 < north < 18_000 and np.isfinite(sea)


def test_indexed_layers_without_countries_count_all_features_everywhere():
    both = rails(("north", "KAZ", 0, 75, 45.5), ("south", "KGZ", 0, 75, 42.9))
    grid = make_grid(BOX, "0.5 deg")
    found = cells(TargetIndex({"railways": both}, {"railway": RAIL}), "railway", grid)
    lon, lat = (axis.ravel() for axis in np.meshgrid(grid.longitudes, grid.latitudes))
    wanted = nearest(gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326), both)["distance_m"]
    assert found.ravel() == pytest.approx(wanted.to_numpy(), rel=1e-6)


LINE = st.tuples(
    st.just("line"),
    st.sampled_from(["KAZ", "KGZ", "UZB", None]),
    st.sampled_from([0.0, 10.0, 30.0, 60.0]),
    st.floats(71, 79),
    st.floats(40.5, 45.5),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(LINE, min_size=1, max_size=8), st.sampled_from([RAIL, PORT]), st.booleans())
def test_every_cell_has_the_distance_of_a_deposit_there(lines, target, covered):
    index = TargetIndex(
        {"railways": rails(*lines), "countries": PAIR},
        {target.name: target},
        coverage={"railways": frozenset({"KAZ"})} if covered else None,
    )
    grid = make_grid(BOX, "0.2 deg")
    found = cells(index, target.name, grid)
    wanted = as_deposits(index, target.name, grid, PAIR)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=0.1)
    assert np.array_equal(found, cells(index, target.name, grid, most_cells=1), equal_nan=True)


def test_lakes_are_at_zero_within_their_own_country_alone():
    lake = gpd.GeoDataFrame(
        {"name": ["a", "b"], "kind": "lake", "country": ["KAZ", "KGZ"], "source_id": "x"},
        geometry=[shapely.box(72, 42.5, 74, 43.5), shapely.box(78, 41.5, 78.5, 42)],
        crs=4326,
    )
    target = Target(name="water", layer="water", label="water")
    index = TargetIndex({"water": lake, "countries": PAIR}, {"water": target})
    grid = make_grid(BOX, "0.1 deg")
    found = cells(index, "water", grid)
    np.testing.assert_allclose(found, as_deposits(index, "water", grid, PAIR), rtol=1e-6, atol=0.1)
    row, column = np.searchsorted(-grid.latitudes, [-43.25, -42.75]), 30
    assert found[row[0], column] == 0.0 and found[row[1], column] > 300_000


def test_what_lies_behind_the_edge_of_the_region_is_unknown():
    west = REGION[0]
    land = lands(RUS=(west, 50, west + 8, 54))
    land["complete"] = False
    index = TargetIndex(
        {"railways": rails(("far", "RUS", 0, west + 7, 52)), "countries": land},
        {"railway": RAIL},
    )
    grid = make_grid((west, 50, west + 8, 54), "0.2 deg")
    found = cells(index, "railway", grid)
    wanted = as_deposits(index, "railway", grid, land)
    assert 0.2 < np.isnan(found).mean() < 0.8
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=0.1)


def test_a_target_without_features_is_an_error(tmp_path):
    index = TargetIndex({"railways": rails(("a", "KAZ", 0, 75, 45))}, {"railway": RAIL})
    for wrong in ("", "road"):
        with pytest.raises(SchemaError, match=f"no feature of the target '{wrong}'"):
            surface(index, "1 deg", tmp_path / "x.tif", target=wrong, box=BOX)
    assert not list(tmp_path.iterdir())


def test_a_cell_has_one_value_whatever_window_it_is_measured_in():
    # borders through the middles of cells, lines of unknown course, and the edge of the region
    countries = lands(KAZ=(40, 44.005, 80, 56), KGZ=(70, 41, 80, 44.005), XXX=(60, 29, 70, 44.005))
    rail = rails(
        ("a", "KAZ", 0, 75, 45.5),
        ("b", "KAZ", 40, 71, 45),
        ("c", "KGZ", 0, 75, 42.9),
        ("d", "KGZ", 30, 78, 43.5),
        ("e", "XXX", 0, 41, 30),
    )
    index = TargetIndex(
        {"railways": rail, "countries": countries}, {"railway": RAIL, "gateway": PORT}
    )
    grid = make_grid((69.0, 40.5, 80.0, 46.0), "0.01 deg")
    for target in ("railway", "gateway"):
        whole = cells(index, target, grid)
        for rows, columns in (((0, 512), (512, 1100)), ((512, 550), (0, 512))):
            window = slice(*rows), slice(*columns)
            got = cells(index, target, grid, window=window, most_cells=60_000)
            assert np.array_equal(got, whole[window], equal_nan=True)
    measured = CountryCells(index, "railway")
    assert measured.may_be_known(grid, (slice(0, 512), slice(0, 512)))
    sea = make_grid((-40.0, 40.5, 0.0, 46.0), "0.05 deg")
    assert not measured.may_be_known(sea, (slice(0, 110), slice(0, 512)))
