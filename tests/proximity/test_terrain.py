"""Terrain of made-up ground: planes, cones and ridges whose figures are known beforehand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from rasterio.transform import Affine

from geo_ree.errors import SchemaError
from geo_ree.proximity import Patch, Target, TargetIndex, measure, measure_terrain
from geo_ree.proximity.heights import (
    PAGE_DEG,
    cell_sides_m,
    horn_slope_deg,
    read_ground,
    riley_ruggedness_m,
)
from geo_ree.proximity.profiles import STEP_M, azimuth_to, read_profiles, total_ascent_m
from geo_ree.proximity.search.segments import explode, split
from geo_ree.proximity.terrain import SLOPE_LEAST_DEG, SLOPE_SPREAD

GEOD = Geod(ellps="WGS84")
CELL = 1 / 1200
"""Three arc-seconds, as GLO-90 has."""
RAIL = {"railway": Target(name="railway", layer="railways", label="rail", max_lateral_error_km=25)}


class Land:
    """Made-up ground in cells of a size, that counts what is read of it."""

    def __init__(self, height, cell=CELL, edges=(-180.0, -90.0, 180.0, 90.0)):
        self.height, self.cell, self.edges = height, cell, edges
        self.boxes, self.pixels = [], 0

    def __call__(self, box):
        assert box[0] < box[2] and box[1] < box[3]
        self.boxes.append(box)
        west, south = (max(a, b) for a, b in zip(box[:2], self.edges[:2], strict=True))
        east, north = (min(a, b) for a, b in zip(box[2:], self.edges[2:], strict=True))
        left, right = np.floor(west / self.cell), np.ceil(east / self.cell)
        bottom, top = np.floor(south / self.cell), np.ceil(north / self.cell)
        if left >= right or bottom >= top:
            return Patch(
                array=np.full((1, 1), np.nan, np.float32),
                transform=Affine(box[2] - box[0], 0, box[0], 0, box[1] - box[3], box[3]),
            )
        lon = (np.arange(left, right) + 0.5) * self.cell
        lat = (np.arange(top, bottom, -1) - 0.5) * self.cell
        self.pixels += lon.size * lat.size
        values = np.broadcast_to(self.height(lon[None, :], lat[:, None]), (lat.size, lon.size))
        return Patch(
            array=values.astype(np.float32),
            transform=Affine(self.cell, 0, left * self.cell, 0, -self.cell, top * self.cell),
        )


def _mines(*places, error=0.0, country="KAZ"):
    return gpd.GeoDataFrame(
        {"country": country, "position_error_m": error, "precision_class": "arc_second"},
        index=[f"m{i}" for i in range(len(places))],
        geometry=[shapely.Point(p) for p in places],
        crs=4326,
    )


def _rail(*xy, lateral=0.0):
    rails = gpd.GeoDataFrame(
        {
            "name": ["Line"],
            "kind": "rail",
            "country": "KAZ",
            "source_id": "x",
            "lateral_error_km": lateral,
        },
        geometry=[shapely.LineString(xy)],
        crs=4326,
    )
    return TargetIndex({"railways": rails}, RAIL)


def _northing(lat):
    """Metres north of 45 N along the meridian."""
    lat = np.asarray(lat, float)
    zero = np.zeros_like(lat)
    away = GEOD.inv(zero + 76, zero + 45, zero + 76, lat)[2]
    return np.sign(lat - 45.0) * np.asarray(away)


def _way(*values):
    lon, lat, azimuth, length = (np.array([v], float) for v in values)
    return lon, lat, azimuth, length


def _distance(lon, lat, from_lon, from_lat):
    lon, lat = np.broadcast_arrays(lon, lat)
    start = np.full(lon.shape, from_lon), np.full(lon.shape, from_lat)
    return np.asarray(GEOD.inv(*start, lon.copy(), lat.copy())[2])


@pytest.mark.parametrize("slope", [1.0, 12.5, 45.0])
def test_a_plane_that_rises_northwards_has_its_slope_at_45_n(slope):
    rise = np.tan(np.radians(slope))
    got = measure_terrain(_mines((76.0001, 45.0001)), Land(lambda _, lat: rise * _northing(lat)))
    assert got.loc["m0", "slope_deg"] == pytest.approx(slope, abs=1e-3)
    assert got.loc["m0", "err_slope_deg"] == 0.0
    # of the eight neighbours six lie a cell north or south
    dy = GEOD.inv(76, 45, 76, 45 + CELL)[2]
    assert got.loc["m0", "ruggedness_m"] == pytest.approx(np.sqrt(6) * rise * dy, rel=1e-3)
    assert got.loc["m0", "terrain_cell_m"] == pytest.approx(dy, rel=1e-4)


def test_a_plane_that_rises_eastwards_is_measured_in_metres_not_degrees():
    """At 45 N a cell is 65.7 m wide and 92.6 m high: taken as square it would be 36 degrees."""
    width = GEOD.inv(76, 45 + CELL / 2, 76 + CELL, 45 + CELL / 2)[2]
    land = Land(lambda lon, lat: (lon - 76.0) / CELL * width + 0 * lat)
    got = measure_terrain(_mines((76.0001, 45.0001)), land).loc["m0"]
    assert got["slope_deg"] == pytest.approx(45.0, abs=1e-3)


def test_flat_ground():
    got = measure_terrain(_mines((76.0, 45.0), error=5000.0), Land(lambda lon, lat: 700.0)).loc[
        "m0"
    ]
    assert got["elevation_m"] == 700.0
    for name in ("slope_deg", "ruggedness_m", "err_elevation_m", "err_slope_deg"):
        assert got[name] == 0.0


def test_a_cone_has_one_slope_and_the_elevations_of_its_circle():
    cone = Land(lambda lon, lat: 4000 - np.tan(np.radians(20)) * _distance(lon, lat, 76.0, 45.0))
    got = measure_terrain(_mines((76.0, 45.0), error=5000.0), cone, vertical_error_m=4.0).loc["m0"]
    assert got[["slope_p5_deg", "slope_deg", "slope_p95_deg"]].tolist() == pytest.approx(
        [20] * 3, abs=0.2
    )
    for column, share in (
        ("elevation_p95_m", 0.05),
        ("elevation_m", 0.5),
        ("elevation_p5_m", 0.95),
    ):
        fall = np.tan(np.radians(20)) * 5000 * np.sqrt(share)
        assert got[column] == pytest.approx(4000 - fall, abs=20)
    widest = max(
        got["elevation_m"] - got["elevation_p5_m"], got["elevation_p95_m"] - got["elevation_m"]
    )
    assert got["err_elevation_m"] == pytest.approx(widest + 4.0)


def test_a_slope_at_a_place_known_to_five_kilometres_says_so():
    """Half of the circle is flat, the other half steep: the error spans both."""
    half = Land(
        lambda lon, lat: np.where(lon < 76.0, 0.0, 0.5 * _distance(lon, 45.0, 76.0, 45.0)) + 0 * lat
    )
    sure, vague = (
        measure_terrain(_mines((76.03, 45.0), error=e), half).loc["m0"] for e in (0.0, 5000.0)
    )
    assert sure["slope_deg"] == pytest.approx(np.degrees(np.arctan(0.5)), abs=0.3)
    assert sure["err_slope_deg"] < 0.5
    assert vague["slope_p5_deg"] == 0.0
    assert vague["slope_p95_deg"] > 25
    assert vague["err_slope_deg"] > 20


def test_slope_and_ruggedness_agree_with_their_definitions():
    z = np.random.default_rng(3).normal(1000, 40, (7, 8))
    dx, dy = np.linspace(60, 70, 7), np.full(7, 92.0)
    slope, rugged = horn_slope_deg(z, dx, dy), riley_ruggedness_m(z)
    for i in range(1, 6):
        for j in range(1, 7):
            a, b, c, d, e, f, g, h, k = z[i - 1 : i + 2, j - 1 : j + 2].ravel()
            east = (c + 2 * f + k - a - 2 * d - g) / (8 * dx[i])
            north = (a + 2 * b + c - g - 2 * h - k) / (8 * dy[i])
            assert slope[i, j] == pytest.approx(np.degrees(np.arctan(np.hypot(east, north))))
            around = np.array([a, b, c, d, f, g, h, k])
            assert rugged[i, j] == pytest.approx(np.sqrt(((around - e) ** 2).sum()))
    for grid in (slope, rugged):
        assert np.isnan(grid[[0, -1]]).all() and np.isnan(grid[:, [0, -1]]).all()
        assert np.isnan(horn_slope_deg(z[:2], dx[:2], dy[:2])).all()


def test_a_hole_makes_its_neighbours_unknown_and_no_more():
    z = np.zeros((7, 7))
    z[3, 3] = np.nan
    for grid in (horn_slope_deg(z, np.full(7, 90.0), np.full(7, 90.0)), riley_ruggedness_m(z)):
        hole = np.isnan(grid[1:-1, 1:-1])
        assert hole[1:4, 1:4].sum() == hole.sum() >= 8


def test_no_data_is_unknown_and_a_small_gap_in_the_circle_is_not():
    nothing = measure_terrain(_mines((76.0, 45.0)), Land(lambda lon, lat: np.nan)).loc["m0"]
    assert nothing.isna().all()
    beyond = measure_terrain(
        _mines((90.0, 45.0)), Land(lambda lon, lat: 1.0, edges=(70, 40, 80, 50))
    )
    assert beyond.loc["m0"].isna().all()
    lake = Land(lambda lon, lat: np.where(_distance(lon, lat, 76.0, 45.0) < 400, np.nan, 300.0))
    found = measure_terrain(_mines((76.0, 45.0), error=5000.0), lake).loc["m0"]
    assert found["elevation_m"] == 300.0
    half = Land(lambda lon, lat: np.where(lon < 76.0, np.nan, 300.0) + 0 * lat)
    assert measure_terrain(_mines((76.0, 45.0), error=5000.0), half).loc["m0"].isna().all()


def test_coarse_cells_give_elevation_and_nothing_else():
    coarse = Land(
        lambda lon, lat: 500.0 + 100 * (lat - 45.0) + 0 * lon, cell=1 / 480
    )  # as GMTED2010
    got = measure_terrain(_mines((76.0, 45.0)), coarse, index=_rail((77, 44), (77, 46))).loc["m0"]
    assert got["elevation_m"] == pytest.approx(500.0, abs=0.2)
    assert got["terrain_cell_m"] == pytest.approx(231.5, abs=0.5)
    unsaid = [
        c for c in got.index if c.split("_")[0] in ("slope", "ruggedness", "climb", "above", "pass")
    ]
    assert len(unsaid) == 10 and got[unsaid].isna().all()
    assert len(coarse.boxes) == 1  # the line was not even read


@pytest.mark.parametrize(("cell", "share"), [(1 / 60, 1.0), (CELL, 0.0)])
def test_the_error_of_a_coarse_height_has_what_its_cell_hides(cell, share):
    """On a plane that rises 3 m a cell to the east, six of the eight cells around are 3 m off."""
    plane = Land(lambda lon, lat: 500.0 + 3.0 * np.floor(lon / cell) + 0 * lat, cell=cell)
    mine = _mines((76.1, 45.1))
    mine["position_error_m"] = 1.0
    got = measure_terrain(mine, plane, vertical_error_m=10.0).loc["m0"]
    assert got["err_elevation_m"] == pytest.approx(10.0 + share * 3.0 * (6 / 8) ** 0.5, abs=0.05)


def _with_slopes(land, degrees):
    """Coarse cells that come with mean slopes of cells of 463 m: `degrees` at each latitude."""

    def read(box):
        patch = land(box)
        rows, columns = patch.array.shape
        lat = patch.transform.f + patch.transform.e * (np.arange(rows) + 0.5)
        slope = np.broadcast_to(degrees(lat)[:, None], (rows, columns)).astype(np.float32)
        return Patch(
            array=patch.array, transform=patch.transform, slope_deg=slope, slope_cell_m=463.0
        )

    return read


def test_mean_slopes_of_finer_cells_are_used_where_the_heights_are_too_coarse():
    flat = Land(lambda lon, lat: 500.0 + 0 * lon + 0 * lat, cell=1 / 60)
    read = _with_slopes(flat, lambda lat: np.where(lat > 45.0, 20.0, 0.0))
    got = measure_terrain(_mines((76.0, 45.3), (76.0, 44.7)), read)
    assert got["slope_deg"].tolist() == [20.0, 0.0]
    assert got["err_slope_deg"].tolist() == pytest.approx([SLOPE_SPREAD * 20.0, SLOPE_LEAST_DEG])
    assert (got["slope_cell_m"] == 463.0).all()
    assert got["terrain_cell_m"].to_numpy() == pytest.approx(1852, abs=2)
    assert got["ruggedness_m"].isna().all()


def test_slopes_on_another_grid_than_the_heights_are_refused():
    with pytest.raises(SchemaError, match=r"heights of the shape \(2, 2\) and slopes of \(2, 3\)"):
        Patch(
            array=np.zeros((2, 2), np.float32),
            transform=Affine(1, 0, 0, 0, -1, 0),
            slope_deg=np.zeros((2, 3), np.float32),
        )


def test_another_reference_system_gives_the_same_terrain():
    """Cells of 90 m in UTM zone 43 N, and the mines in UTM too."""
    to_lonlat = Transformer.from_crs(32643, 4326, always_xy=True)
    rise = np.tan(np.radians(10))

    def utm(box):
        x, y = Transformer.from_crs(4326, 32643, always_xy=True).transform(
            [box[0], box[0], box[2], box[2]], [box[1], box[3], box[1], box[3]]
        )
        left, top = np.floor(min(x) / 90) * 90 - 90, np.ceil(max(y) / 90) * 90 + 90
        columns, rows = int((max(x) - left) // 90) + 2, int((top - min(y)) // 90) + 2
        px, py = np.meshgrid(
            left + 90 * (np.arange(columns) + 0.5), top - 90 * (np.arange(rows) + 0.5)
        )
        lon, lat = to_lonlat.transform(px, py)
        return Patch(
            array=(rise * _northing(lat) + 0 * lon).astype(np.float32),
            transform=Affine(90, 0, left, 0, -90, top),
            crs="EPSG:32643",
        )

    mines = _mines((76.4, 45.01), error=300.0)
    here = measure_terrain(mines.to_crs(32643), utm, index=_rail((76.5, 44.9), (76.5, 45.2)))
    assert here.loc["m0", "slope_deg"] == pytest.approx(10.0, abs=0.05)
    assert here.loc["m0", "elevation_m"] == pytest.approx(rise * _northing(45.01), abs=1.0)
    assert 89 < here.loc["m0", "terrain_cell_m"] < 91
    lonlat = measure_terrain(
        mines,
        Land(lambda lon, lat: rise * _northing(lat) + 0 * lon),
        index=_rail((76.5, 44.9), (76.5, 45.2)),
    )
    for column in ("elevation_m", "climb_railway_m", "above_railway_m", "pass_railway_m"):
        assert here.loc["m0", column] == pytest.approx(lonlat.loc["m0", column], abs=1.0)


def test_pages_do_not_show():
    """On the borders of the lattice by which windows are read all is as elsewhere."""
    rise = np.tan(np.radians(10))
    land = Land(lambda lon, lat: rise * _northing(lat) + 0 * lon)
    on = measure_terrain(_mines((76.25, 45.25), (76.25 - CELL / 3, 45.25), error=1000.0), land)
    assert len(land.boxes) == 4
    assert on["slope_deg"].tolist() == pytest.approx([10.0, 10.0], abs=0.02)
    assert on["elevation_m"].tolist() == pytest.approx([rise * _northing(45.25)] * 2, abs=3)


def test_the_antimeridian_is_crossed_and_no_box_lies_across_it():
    land = Land(lambda lon, lat: 1000.0 - 100 * np.abs(np.abs(lon) - 180.0) + 0 * lat)
    lines = read_profiles(*_way(179.9, 66.0, 90.0, 9000.0), land)
    assert lines.height_m[0, 0] == pytest.approx(990.0, abs=0.1)
    assert lines.height_m[0].max() == pytest.approx(1000.0, abs=0.5)
    assert not np.isnan(lines.height_m).any()
    assert {np.sign(box[0]) for box in land.boxes} == {1.0, -1.0}
    at = read_ground(np.array([-180.0, 180.0]), np.array([66.0, 66.0]), land)
    assert at.height_m == pytest.approx([1000.0, 1000.0], abs=0.5)


def test_the_sides_of_cells_are_geodesics():
    patch = Land(lambda lon, lat: 0.0)((75.99, 59.99, 76.01, 60.01))
    dx, dy = cell_sides_m(patch)
    lat = patch.transform.f - CELL / 2
    assert dx[0] == pytest.approx(GEOD.inv(76, lat, 76 + CELL, lat)[2], rel=1e-9)
    assert dy[0] == pytest.approx(GEOD.inv(76, lat - CELL / 2, 76, lat + CELL / 2)[2], rel=1e-9)


def _ridge(lon, lat):
    return 1000 + 800 * np.exp(-(((lon - 76.5) / 0.05) ** 2)) + 0 * lat


def test_the_climb_over_a_ridge():
    land = Land(_ridge)
    got = measure_terrain(_mines((76.2, 45.0)), land, index=_rail((76.8, 44), (76.8, 46))).loc["m0"]
    assert got["climb_railway_m"] == pytest.approx(800, abs=2)
    assert got["pass_railway_m"] == pytest.approx(800, abs=2)
    assert got["above_railway_m"] == pytest.approx(0, abs=0.1)
    assert got["err_climb_railway_m"] == pytest.approx(0, abs=2)


def test_the_way_down_is_no_climb_and_the_way_up_is():
    slope = Land(lambda lon, lat: 3000 * (77 - lon) + 0 * lat)
    down = measure_terrain(_mines((76.5, 45.0)), slope, index=_rail((76.8, 44), (76.8, 46))).loc[
        "m0"
    ]
    up = measure_terrain(_mines((76.5, 45.0)), slope, index=_rail((76.2, 44), (76.2, 46))).loc["m0"]
    assert (down["climb_railway_m"], up["pass_railway_m"]) == pytest.approx((0, 0), abs=1)
    assert down["above_railway_m"] == pytest.approx(900, abs=1)
    assert up["climb_railway_m"] == pytest.approx(900, abs=1)
    assert up["above_railway_m"] == pytest.approx(-900, abs=1)


def test_the_error_of_the_climb_is_that_of_the_position_and_of_the_railway():
    slope = Land(lambda lon, lat: 3000 * (lon - 76) + 0 * lat)  # 3.8 % at 45 N
    metre = 3000 / GEOD.inv(76.5, 45, 77.5, 45)[2]
    rail = (76.8, 44), (76.8, 46)

    def error(position, lateral):
        return measure_terrain(
            _mines((76.5, 45.0), error=position), slope, index=_rail(*rail, lateral=lateral)
        ).loc["m0", "err_climb_railway_m"]

    assert error(0.0, 0.0) == pytest.approx(0, abs=0.5)
    assert error(2000.0, 0.0) == pytest.approx(2000 * metre, rel=0.02)
    assert error(0.0, 5.0) == pytest.approx(5000 * metre, rel=0.02)
    assert error(2000.0, 5.0) == pytest.approx(5000 * metre, rel=0.02)
    assert np.isnan(error(np.nan, 0.0))


def test_the_climb_to_a_line_of_unknown_course_is_unknown():
    rail = _rail((76.8, 44), (76.8, 46), lateral=30.0)
    got = measure_terrain(_mines((76.5, 45.0)), Land(_ridge), index=rail).loc["m0"]
    assert got.filter(like="railway").isna().all()
    assert got["elevation_m"] > 0


def test_the_climb_is_unknown_where_a_part_of_the_way_has_no_data():
    gap = Land(lambda lon, lat: np.where(np.abs(lon - 76.5) < 0.01, np.nan, 100.0) + 0 * lat)
    rail = _rail((76.8, 44), (76.8, 46))
    got = measure_terrain(_mines((76.2, 45.0), (76.6, 45.0)), gap, index=rail)
    assert got["climb_railway_m"].isna().tolist() == [True, False]
    abroad = measure_terrain(_mines((76.2, 45.0), country="KGZ"), gap, index=rail)
    assert abroad["climb_railway_m"].isna().all()
    none = TargetIndex({}, RAIL)
    assert measure_terrain(_mines((76.2, 45.0)), gap, index=none)["climb_railway_m"].isna().all()


def test_on_the_line_there_is_nothing_to_climb():
    got = measure_terrain(_mines((76.5, 45.0)), Land(_ridge), index=_rail((76.5, 44), (76.5, 46)))
    assert got.loc["m0", ["climb_railway_m", "above_railway_m", "pass_railway_m"]].tolist() == [
        0,
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("heights", "climb"),
    [
        ([0, 10, 0, 10, 0], 0),
        ([0, 100], 100),
        ([100, 0], 0),
        ([0, 15, 30, 45], 45),
        ([0, 100, 90, 200], 200),
        ([0, 100, 50, 200], 250),
        ([50, 0, 15, 5, 100], 100),
        ([0, 21], 21),
        ([0, 20], 0),
        ([0, np.nan, 100], np.nan),
        ([7], 0),
    ],
)
def test_ascents(heights, climb):
    assert total_ascent_m(np.array([heights], float))[0] == pytest.approx(climb, nan_ok=True)


@given(st.lists(st.floats(-400, 8000), min_size=1, max_size=60), st.floats(0, 100))
def test_ascents_are_bounded(heights, band):
    z = np.array([heights])
    climb = total_ascent_m(z, band)[0]
    rises = np.maximum(np.diff(heights), 0).sum() if len(heights) > 1 else 0.0
    assert 0 <= climb <= rises + 1e-6
    assert climb >= max(heights[-1] - heights[0] - band, 0) - 1e-6
    assert total_ascent_m(z, 0.0)[0] == pytest.approx(rises, abs=1e-6)
    fall = total_ascent_m(z[:, ::-1], band)[0]
    assert climb - fall == pytest.approx(heights[-1] - heights[0], abs=2 * band + 1e-6)


@pytest.mark.parametrize("place", [(76.3, 45.2), (70.0, 49.0), (81.0, 50.9), (76.9999, 45.0001)])
def test_the_line_ends_on_the_railway(place):
    """The foot that the direction and the exact distance lead to lies on the line."""
    line = shapely.LineString([(75, 44), (77, 45), (76.5, 47), (80, 47.2)])
    rail = gpd.GeoSeries([line], crs=4326)
    proximity = _rail(*line.coords)
    reach = proximity.nearest("railway", *(np.array([v]) for v in place), np.array(["KAZ"], object))
    length = float(reach.distance_km[0]) * 1000
    pieces = explode(rail.to_numpy())
    azimuth = azimuth_to(*place, split(pieces, np.arange(len(pieces.owner))), length)
    foot = GEOD.fwd(*place, azimuth, length)[:2]
    back = proximity.nearest("railway", *(np.array([v]) for v in foot), np.array(["KAZ"], object))
    assert back.distance_km[0] * 1000 < 0.5


def test_a_long_line_is_read_in_windows_along_it():
    """300 km: every window stays small, and there are no more than pages on the way."""
    land = Land(lambda lon, lat: 500.0 + 0 * lon)
    azimuth, length = GEOD.inv(70, 45, 73.5, 46.2)[0], GEOD.inv(70, 45, 73.5, 46.2)[2]
    assert length > 300_000
    lines = read_profiles(*_way(70.0, 45.0, azimuth, length), land)
    assert lines.height_m.shape == (1, int(np.ceil(length / STEP_M)) + 1)
    assert len(land.boxes) <= 3.5 / PAGE_DEG + 1.25 / PAGE_DEG + 2
    assert max(box[2] - box[0] for box in land.boxes) <= PAGE_DEG + 0.02 + 1e-9
    assert land.pixels < 0.35 * (3.5 / CELL) * (1.2 / CELL)


def test_neighbours_share_their_windows():
    rng = np.random.default_rng(1)
    places = np.column_stack([76.1 + 0.03 * rng.random(50), 45.1 + 0.03 * rng.random(50)])
    one, many = Land(_ridge), Land(_ridge)
    measure_terrain(_mines(places[0], error=500.0), one)
    measure_terrain(_mines(*places, error=500.0), many)
    assert len(one.boxes) == len(many.boxes) == 1
    rail = _rail((76.2, 44), (76.2, 46))
    together = measure_terrain(_mines(*places, error=500.0), many, index=rail)
    assert len(many.boxes) <= 4
    alone = pd.concat(
        [measure_terrain(_mines(p, error=500.0), one, index=rail) for p in places[:5]]
    )
    np.testing.assert_allclose(alone, together.iloc[:5], atol=1e-6)


def test_a_coarse_raster_is_read_in_few_large_windows():
    rng = np.random.default_rng(1)
    places = np.column_stack([rng.uniform(70, 78, 60), rng.uniform(42, 46, 60)])
    coarse = Land(lambda lon, lat: 100 * lon + lat, cell=1 / 12)
    fine = Land(lambda lon, lat: 100 * lon + lat)
    got = measure_terrain(_mines(*places, error=500.0), coarse)["elevation_m"]
    expected = measure_terrain(_mines(*places, error=500.0), fine)["elevation_m"]
    np.testing.assert_allclose(got, expected, atol=0.5)
    assert len(coarse.boxes) < 8 < len(fine.boxes)


def test_results_stay_with_their_deposits():
    land = Land(lambda lon, lat: 1000 * lon + 0 * lat)
    places = [(80.0, 45.0), (70.0, 44.0), (75.0, 50.0)]
    got = measure_terrain(_mines(*places), land)
    assert got.index.tolist() == ["m0", "m1", "m2"]
    assert got["elevation_m"].tolist() == pytest.approx([80_000, 70_000, 75_000], abs=1)


def test_bad_input_is_reported():
    land = Land(_ridge)
    mines = _mines((76.5, 45.0))
    with pytest.raises(SchemaError, match="deposits have no column position_error_m"):
        measure_terrain(mines.drop(columns="position_error_m"), land)
    with pytest.raises(SchemaError, match="there is no target 'canal'; use one of railway"):
        measure_terrain(mines, land, index=TargetIndex({}, RAIL), target="canal")
    with pytest.raises(SchemaError, match="deposit m0 has no coordinate"):
        measure_terrain(mines.set_geometry([shapely.Point()], crs=4326), land)
    assert measure_terrain(mines.iloc[:0], land, index=_rail((77, 44), (77, 46))).empty
    with pytest.raises(SchemaError, match="window of heights is turned"):
        Patch(array=np.ones((2, 2), np.float32), transform=Affine(1, 0.1, 0, 0, -1, 0))
    with pytest.raises(SchemaError, match="window of heights is turned"):
        Patch(array=np.ones((2, 2), np.float32), transform=Affine(1, 0, 0, 0, 1, 0))
    with pytest.raises(SchemaError, match=r"has the shape \(0, 2\)"):
        Patch(array=np.ones((0, 2), np.float32), transform=Affine(1, 0, 0, 0, -1, 0))


def test_the_distance_and_the_climb_are_to_one_line():
    """What near_railway names is what the climb goes to."""
    rails = gpd.GeoDataFrame(
        {
            "name": ["Own", "Other"],
            "kind": "rail",
            "country": ["KAZ", "KGZ"],
            "source_id": "x",
            "lateral_error_km": 0.0,
        },
        geometry=[
            shapely.LineString([(76.9, 44), (76.9, 46)]),
            shapely.LineString([(76.4, 44), (76.4, 46)]),
        ],
        crs=4326,
    )
    made = TargetIndex({"railways": rails}, RAIL)
    mines = _mines((76.3, 45.0))
    assert measure(mines, {}, index=made)["near_railway"]["m0"].startswith("Own")
    got = measure_terrain(mines, Land(_ridge), index=made)
    assert got.loc["m0", "climb_railway_m"] == pytest.approx(800, abs=2)  # the nearer is before it
