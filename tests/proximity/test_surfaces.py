"""Proximity rasters: exact in every cell, in bounded memory, whole files or none."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rio_cogeo.cogeo import cog_validate

from geo_ree.errors import SchemaError, SettingsError
from geo_ree.proximity import NearestIndex
from geo_ree.proximity import surfaces as rasters
from geo_ree.proximity.cell_rows import Burned, CellRows, wrapped
from geo_ree.proximity.grid import Grid, make_grid
from geo_ree.proximity.surfaces import strips, surface

spec = importlib.util.spec_from_file_location("karney", Path(__file__).with_name("karney.py"))
karney = importlib.util.module_from_spec(spec)
spec.loader.exec_module(karney)

GEOD = karney.GEOD


def _series(*geometries):
    return gpd.GeoSeries(list(geometries), crs=4326)


def _walks(seed, count, edges, step_m, west, south, east, north):
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(west, east, count), rng.uniform(south, north, count)
    out, heading = [np.column_stack([lon, lat])], rng.uniform(-180, 180, count)
    for _ in range(edges):
        heading = heading + rng.normal(0, 40, count)
        lon, lat, back = GEOD.fwd(lon, lat, heading, step_m * rng.lognormal(0, 0.5, count))
        heading = np.asarray(back) + 180
        out.append(np.column_stack([lon, lat]))
    return list(np.stack(out, axis=1))


def _filled(index, grid, **options):
    return np.concatenate(list(strips(index, grid, **options)))


def _rounding(metres):
    """Half a step of float32, and the promise of the engine."""
    return np.spacing(np.float32(metres)) / 2 + karney.tolerance(metres)


def _sample(grid, count, seed=7):
    rng = np.random.default_rng(seed)
    row, column = rng.integers(0, grid.height, count), rng.integers(0, grid.width, count)
    lon = (grid.longitudes[column] + 180) % 360 - 180
    return row, column, np.column_stack([lon, grid.latitudes[row]])


CASES = {
    "roads": (_walks(1, 40, 12, 400, 75, 42, 75.3, 42.3), (74.9, 41.9, 75.4, 42.4), "250 m"),
    "sparse rail": (_walks(2, 12, 8, 120_000, 46, 35, 96, 55), (46, 35, 96, 55), "20 km"),
    "far away": (_walks(3, 6, 5, 30_000, 90, 50, 96, 55), (46, 35, 60, 45), "15 km"),
    "on the other side": (_walks(4, 6, 5, 30_000, -60, -30, -50, -20), (46, 35, 96, 55), "50 km"),
    "the globe": (_walks(5, 20, 4, 400_000, -180, -80, 180, 80), (-180, -90, 180, 90), "2 deg"),
    "a pole": (_walks(6, 8, 4, 90_000, -180, 84, 180, 89), (-180, 80, 180, 90), "0.5 deg"),
    "antimeridian": (_walks(7, 8, 5, 60_000, 175, 50, 185, 60), (170, 50, 190, 60), "10 km"),
    "one segment": ([np.array([(60.0, 40.0), (84.0, 44.0)])], (55, 36, 90, 50), "12 km"),
    "one point": ([np.array([(51.15, 43.65)])], (46, 35, 96, 55), "25 km"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_cells_agree_with_karney(case):
    vertices, box, resolution = CASES[case]
    lines = _series(
        *(shapely.LineString(v) if len(v) > 1 else shapely.Point(v[0]) for v in vertices)
    )
    grid = make_grid(box, resolution)
    got = _filled(NearestIndex(lines), grid)
    assert got.shape == (grid.height, grid.width) and np.isfinite(got).all()
    row, column, places = _sample(grid, 1_200)
    truth = karney.least(places, karney.edges_of(vertices))
    assert (np.abs(got[row, column] - truth) <= _rounding(truth)).all()


@pytest.mark.parametrize("case", CASES)
def test_every_cell_agrees_with_nearest(case):
    vertices, box, resolution = CASES[case]
    lines = _series(
        *(shapely.LineString(v) if len(v) > 1 else shapely.Point(v[0]) for v in vertices)
    )
    grid, index = make_grid(box, resolution), NearestIndex(lines)
    got = _filled(index, grid)
    lon, lat = np.meshgrid(wrapped(grid.longitudes), grid.latitudes)
    metres = index.query_lonlat(lon.ravel(), lat.ravel())[0].reshape(got.shape)
    assert (np.abs(got - metres) <= _rounding(metres)).all()


def test_dense_lines_are_exact_where_tiles_are_quartered():
    vertices = _walks(8, 900, 30, 60, 75.0, 42.0, 75.1, 42.1)  # 27,000 segments in 8 x 11 km
    lines = _series(*map(shapely.LineString, vertices))
    grid, index = Grid((74.0, 41.0, 76.0, 43.0), 70, 70), NearestIndex(lines)
    got = _filled(index, grid)
    lon, lat = np.meshgrid(grid.longitudes, grid.latitudes)
    metres = index.query_lonlat(lon.ravel(), lat.ravel())[0].reshape(got.shape)
    assert (np.abs(got - metres) <= _rounding(metres)).all()


@pytest.mark.parametrize("case", ["roads", "far away", "the globe", "antimeridian", "dense"])
def test_a_cell_has_one_value_whatever_window_and_strips_it_is_measured_in(case):
    if case == "dense":
        vertices, grid = _walks(8, 900, 30, 60, 75.0, 42.0, 75.1, 42.1), None
        grid = Grid((74.99, 41.99, 75.11, 42.11), 1100, 90)
    else:
        vertices, box, _ = CASES[case]
        grid = Grid(box, 1100, 530 if case == "roads" else 70)
    areas = [shapely.Point(v[0]).buffer(0.05) for v in vertices[::5]]
    index = NearestIndex(_series(*map(shapely.LineString, vertices), *areas))
    known = Burned(np.array([shapely.box(-180, -60, 75.05, 70.0), *areas], dtype=object))
    whole = _filled(index, grid, known=known)
    for most_cells, columns in ((2**23, (0, 512)), (1, (512, 1024)), (40_000, (1024, 1100))):
        window = slice(0, grid.height), slice(*columns)
        got = _filled(index, grid, known=known, window=window, most_cells=most_cells)
        assert np.array_equal(got, whole[window], equal_nan=True)
    low = slice(grid.height // 512 * 512, grid.height), slice(512, 1100)
    assert np.array_equal(_filled(index, grid, known=known, window=low), whole[low], equal_nan=True)


def test_a_window_begins_and_ends_at_runs_of_cells():
    index, grid = NearestIndex(_series(shapely.Point(75, 42))), Grid((74, 41, 76, 43), 700, 600)
    for columns in (slice(16, 512), slice(0, 600), slice(512, 512)):
        with pytest.raises(ValueError, match="no window"):
            next(strips(index, grid, window=(slice(0, 512), columns)))


def test_more_equally_near_targets_than_a_tile_keeps():
    points = _series(*[shapely.Point(75.5, 42.5)] * 3_000)
    grid = Grid((75, 42, 76, 43), 20, 20)
    got = _filled(NearestIndex(points), grid)
    lon, lat = np.meshgrid(grid.longitudes, grid.latitudes)
    metres = GEOD.inv(lon, lat, np.full_like(lon, 75.5), np.full_like(lat, 42.5))[2]
    assert (np.abs(got - metres) <= _rounding(metres)).all()


def test_a_cell_on_a_vertex_or_on_a_segment_is_at_zero():
    vertices = [(75.5, 42.5), (75.75, 42.5), (75.875, 42.0)]
    grid = Grid((74.9375, 41.9375, 76.0625, 43.0625), 9, 9)  # middles on multiples of 1/8
    got = _filled(NearestIndex(_series(shapely.LineString(vertices))), grid)
    at = {
        (x, y): got[i, j]
        for i, y in enumerate(grid.latitudes)
        for j, x in enumerate(grid.longitudes)
    }
    assert [at[v] for v in vertices] == [0.0, 0.0, 0.0]
    along = _series(shapely.LineString([(75.5, 42.0), (75.5, 43.0)]))  # a meridian is a geodesic
    got = _filled(NearestIndex(along), grid)
    assert got[:, list(grid.longitudes).index(75.5)].max() < 1e-3


def test_within_polygons_it_is_zero_and_in_their_holes_it_is_not():
    lake = shapely.Polygon(
        [(75, 42), (79, 42), (79, 45), (75, 45)],
        [[(76.5, 43), (77.5, 43), (77.5, 44), (76.5, 44)]],
    )
    grid, index = Grid((74, 41, 80, 46), 240, 200), NearestIndex(_series(lake))
    got = _filled(index, grid, most_cells=5_000)
    lon, lat = np.meshgrid(grid.longitudes, grid.latitudes)
    metres = index.query_lonlat(lon.ravel(), lat.ravel())[0].reshape(got.shape)
    assert ((got == 0) == (metres == 0)).all() and 0.3 < (got == 0).mean() < 0.4
    assert (np.abs(got - metres) <= _rounding(metres)).all()


def test_a_polygon_counts_under_every_number_of_its_meridians():
    area = _series(shapely.box(-179, 51, -177, 53))
    got = _filled(NearestIndex(area), make_grid((178, 50, 188, 54), "0.5 deg"))
    assert (got[2:6, 6:10] == 0).all() and (got[:, :5] > 0).all()


@pytest.mark.parametrize("most_cells", [1, 3_000, 40_000])
def test_strips_of_other_heights_give_the_same_cells(most_cells):
    lines = _series(*map(shapely.LineString, _walks(9, 60, 20, 3_000, 70, 40, 80, 48)))
    index, grid = NearestIndex(lines), make_grid((70, 40, 80, 48), "3 km")
    pieces = list(strips(index, grid, most_cells=most_cells))
    assert len(pieces) > 1
    assert np.array_equal(np.concatenate(pieces), _filled(index, grid))


def test_the_file_is_a_valid_cog_that_says_what_it_is(tmp_path):
    layer = gpd.GeoDataFrame(
        {"source_id": ["made_up_b", "made_up_a"]},
        geometry=[shapely.Point(75.2, 42.3), shapely.LineString([(76, 42), (77, 44)])],
        crs=4326,
    ).to_crs(3857)
    path = tmp_path / "deep" / "rail.tif"
    grid = surface(
        layer, "300 m", path, box=(75, 42, 78, 44), name="railways", attribution="nobody, 2026"
    )
    valid, errors, warnings = cog_validate(path, strict=True)
    assert valid and not errors and not warnings
    with rasterio.open(path) as made:
        assert (made.width, made.height, made.crs.to_epsg()) == (grid.width, grid.height, 4326)
        assert made.bounds == (75, 42, 78, 44) and np.isnan(made.nodata)
        assert made.descriptions == ("distance to the nearest of: railways",)
        assert made.units == ("m",) and made.dtypes == ("float32",) and made.overviews(1)
        tags, values = made.tags(), made.read(1)
    assert tags["sources"] == "made_up_a, made_up_b" and tags["attribution"] == "nobody, 2026"
    assert tags["created_by"].startswith("geo_ree ") and "WGS 84" in tags["method"]
    assert tags["unit"] == "m" and tags["targets"] == "2"
    assert np.array_equal(values, _filled(NearestIndex(layer), grid))
    assert [p.name for p in path.parent.iterdir()] == ["rail.tif"]


def test_overviews_are_the_means_below_and_within_a_cell_of_the_distance(tmp_path):
    line = _series(shapely.LineString([(75.1, 42.1), (76.3, 43.2)]))
    path, known = tmp_path / "line.tif", _series(shapely.box(75, 42, 77, 43.5))
    grid = Grid((75, 42, 78, 44), 1_500, 1_000)
    surface(line, "0.002 deg", path, box=grid.box, within=known)
    with rasterio.open(path) as made:
        full = made.read(1).astype(float)
        assert full.shape == (grid.height, grid.width)
    with rasterio.open(path, overview_level=0) as half:
        values = half.read(1)
    blocks = full.reshape(500, 2, 750, 2).transpose(0, 2, 1, 3).reshape(500, 750, 4)
    some = np.isfinite(blocks).any(axis=2)
    assert np.array_equal(np.isfinite(values), some)
    assert np.allclose(values[some], np.nanmean(blocks[some], axis=1), rtol=1e-6)
    exact = _filled(NearestIndex(line), Grid(grid.box, 750, 500))
    whole = np.isfinite(blocks).all(axis=2)
    assert np.abs(values - exact)[whole].max() < 0.004 * 111_000  # a cell's side


def test_outside_the_areas_where_the_layer_is_complete_it_is_unknown(tmp_path):
    path, known = tmp_path / "part.tif", _series(shapely.box(75, 42, 76, 43), shapely.Point(0, 0))
    grid = surface(
        _series(shapely.Point(75.5, 42.5)), "0.1 deg", path, box=(75, 42, 77, 43), within=known
    )
    with rasterio.open(path) as made:
        values, tags = made.read(1), made.tags()
    assert np.isfinite(values[:, :10]).all() and np.isnan(values[:, 10:]).all()
    assert grid.width == 20 and "outside" in tags["unknown"]


@pytest.mark.parametrize(
    ("resolution", "says"),
    [
        (0, "resolution is 0"),
        (-250, "resolution is -250"),
        ("fast", "'fast'"),
        ("1 mile", "1 mile"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (True, "True"),
        ("1e-3 m", "cells in the box"),
        (5_000_000, "larger than the box"),
        ("90 deg", "larger than the box"),
    ],
)
def test_a_senseless_resolution_is_refused(resolution, says, tmp_path):
    with pytest.raises(SchemaError, match=re.escape(says)):
        surface(
            _series(shapely.Point(75, 42)), resolution, tmp_path / "x.tif", box=(75, 42, 77, 44)
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("box", "says"),
    [
        ((77, 42, 75, 44), "from longitude 77 to 75"),
        ((75, 44, 77, 42), "latitude 44 to 42"),
        ((75, 42, 75, 44), "longitude 75 to 75"),
        ((170, 50, -170, 60), "170 to 190"),
        ((75, 42, 77, 91), "latitude 42 to 91"),
        ((-181, 42, 77, 44), "longitude -181"),
        ((75, 42, 436, 44), "longitude 75 to 436"),
        ((75, 42, 77), "four numbers"),
        (None, "four numbers"),
        ((75, float("nan"), 77, 44), "latitude nan"),
    ],
)
def test_a_senseless_box_is_refused(box, says, tmp_path):
    with pytest.raises(SchemaError, match=re.escape(says)):
        surface(_series(shapely.Point(75, 42)), 1000, tmp_path / "x.tif", box=box)
    assert not list(tmp_path.iterdir())


def test_no_targets_is_an_error(tmp_path):
    for empty in (_series(), _series(shapely.Point())):
        with pytest.raises(SchemaError, match="targets has a geometry"):
            surface(empty, 1000, tmp_path / "x.tif", box=(75, 42, 77, 44))
    with pytest.raises(SchemaError, match="no coordinate reference system"):
        surface(gpd.GeoSeries([shapely.Point(75, 42)]), 1000, tmp_path / "x.tif")
    town = _series(shapely.Point(75, 42))
    with pytest.raises(SchemaError, match="no polygon"):
        surface(town, 10_000, tmp_path / "x.tif", box=(75, 42, 77, 44), within=town)
    with pytest.raises(SchemaError, match="no coordinate reference system"):
        surface(
            town,
            10_000,
            tmp_path / "x.tif",
            box=(75, 42, 77, 44),
            within=gpd.GeoSeries([shapely.box(75, 42, 76, 43)]),
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_nothing_and_keeps_the_older_file(trouble, tmp_path, monkeypatch):
    path, index = tmp_path / "out" / "x.tif", NearestIndex(_series(shapely.Point(75, 42)))
    measured = CellRows.measure

    def breaks(self, grid, begin, out, wanted=None, **place):
        if begin:
            raise trouble
        measured(self, grid, begin, out, wanted, **place)

    monkeypatch.setattr(CellRows, "measure", breaks)
    monkeypatch.setattr(rasters, "strips", lambda i, g, **_: strips(i, g, most_cells=1))
    with pytest.raises(trouble):
        surface(index, "1 km", path, box=(75, 42, 77, 44))
    assert not list(tmp_path.iterdir())
    path.parent.mkdir()
    path.write_bytes(b"the older one")
    with pytest.raises(trouble):
        surface(index, "1 km", path, box=(75, 42, 77, 44))
    assert [p.name for p in path.parent.iterdir()] == ["x.tif"]
    assert path.read_bytes() == b"the older one"


def test_a_path_that_cannot_be_written_is_reported(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SettingsError, match="cannot be written"):
        surface(
            _series(shapely.Point(75, 42)),
            10_000,
            tmp_path / "file" / "x.tif",
            box=(75, 42, 77, 44),
        )


ALONE = """
import json, re, sys
from pathlib import Path
import geopandas as gpd, shapely
from geo_ree.proximity import NearestIndex
from geo_ree.proximity.surfaces import surface

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

index = NearestIndex(gpd.GeoSeries([shapely.Point(75, 42)], crs=4326))
surface(index, "10 km", Path(sys.argv[1], "warm.tif"), box=(75, 42, 77, 44))
before = peak()
grid = surface(index, "0.002 deg", Path(sys.argv[1], "x.tif"), box=(62, 38, 86, 49))
print(json.dumps([grid.width * grid.height, before, peak()]))
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_cells(tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", ALONE, tmp_path], check=True, capture_output=True, text=True
    ).stdout
    cells, before, peak = json.loads(told)
    assert cells == 66_000_000  # 264 MB of float32
    assert peak - before < 200
