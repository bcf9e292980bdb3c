"""Rasters in tiles equal those of one process to the last bit, whoever makes the tiles."""

import json
import os
import subprocess
import sys
from pathlib import Path

import dask_geopandas
import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

import geo_ree
from geo_ree import distributed
from geo_ree.distributed import open_cluster
from geo_ree.distributed.raster_tiles import INPUTS
from geo_ree.errors import GeoReeError, SchemaError, ScoreError, SettingsError
from geo_ree.proximity import Target, TargetIndex
from geo_ree.reading.mosaics import Mosaic
from geo_ree.scoring import Criterion, Exponential, ScoreModel, Veto

BOX = (70.0, 40.0, 80.0, 46.0)
GRID = {"box": BOX, "resolution": "0.006 deg"}  # 1,667 x 1,000 cells: 4 x 2 tiles of 512
RAIL = Target(name="railway", layer="railways", label="rail", max_lateral_error_km=25)
MODEL = ScoreModel(
    (
        Criterion("rail", "dist_railway_km", Exponential(50), 0.7),
        Criterion("town", "dist_town_km", Exponential(20), 0.3),
    ),
    (Veto("dist_town_km", 250.0, "far from all"),),
)


def rails():
    rng = np.random.default_rng(1)
    lines = [
        shapely.LineString(start + np.cumsum(rng.normal(0, 0.05, (30, 2)), axis=0))
        for start in rng.uniform((71, 41), (79, 45), (30, 2))
    ]
    columns = {
        "name": "line",
        "kind": "rail",
        "country": ["KAZ", "KGZ"] * 15,
        "source_id": "osm",
        "lateral_error_km": [0.0, 0.0, 30.0] * 10,
    }
    return gpd.GeoDataFrame(columns, geometry=lines, crs=4326)


def towns():
    places = shapely.points([71.2, 75.3, 78.8], [41.1, 43.3, 45.2])
    lakes = shapely.box([72.0, 77.0], [44.0, 41.0], [72.7, 78.1], [44.2, 41.9])
    return gpd.GeoSeries([*places, *lakes], crs=4326)


def countries():
    lands = [shapely.box(70, 43, 77, 46), shapely.box(70, 40.5, 76, 43)]
    columns = {"country": ["KAZ", "KGZ"], "complete": True}
    return gpd.GeoDataFrame(columns, geometry=lands, crs=4326)


@pytest.fixture(scope="module")
def index():
    return TargetIndex({"railways": rails(), "countries": countries()}, {"railway": RAIL})


@pytest.fixture(scope="module")
def whole(tmp_path_factory, index):
    """Rasters of one process: files by column, and the scores."""
    home = tmp_path_factory.mktemp("whole")
    files = {"dist_railway_km": home / "rail.tif", "dist_town_km": home / "town.tif"}
    geo_ree.surface(index, GRID["resolution"], files["dist_railway_km"], target="railway", box=BOX)
    geo_ree.surface(towns(), GRID["resolution"], files["dist_town_km"], box=BOX)
    return files, geo_ree.suitability(files, MODEL, home / "suitability.tif").path


def make(home, index, client=None):
    """The same in tiles: mosaics by column, and the scores."""
    more = {**GRID, "tile_cells": 512, "client": client}
    made = {
        "dist_railway_km": distributed.surface(index, out=home / "rail", target="railway", **more),
        "dist_town_km": distributed.surface(towns(), out=home / "town", **more),
    }
    scores = distributed.suitability(made, MODEL, home / "scores", tile_cells=512, client=client)
    return made, scores.path


def copied(vrt):
    """The raster of a VRT as one file: GDAL reads no VRT in a process that has run a command of ours."""
    path = vrt.with_name("copied.tif")
    lines = "import sys; from rasterio import shutil; shutil.copy(*sys.argv[1:], driver='GTiff')"
    plain = {name: value for name, value in os.environ.items() if name != "GDAL_SKIP"}
    subprocess.run([sys.executable, "-c", lines, vrt, path], check=True, env=plain)
    return path


def assert_same(mosaic, file):
    with rasterio.open(copied(mosaic)) as tiled, rasterio.open(file) as one:
        assert tiled.profile["width"] == one.profile["width"] == 1667
        assert np.allclose(tiled.transform, one.transform, rtol=0, atol=1e-15)
        assert tiled.crs == one.crs and tiled.nodatavals == pytest.approx(
            one.nodatavals, nan_ok=True
        )
        assert tiled.descriptions == one.descriptions and tiled.units == one.units
        assert {
            k: v for k, v in one.tags().items() if k not in ("AREA_OR_POINT", "created_by")
        } == {k: v for k, v in tiled.tags().items() if k != "AREA_OR_POINT"}
        for band in one.indexes:
            assert np.array_equal(tiled.read(band), one.read(band), equal_nan=True)
        assert np.isfinite(one.read(1)).any()


def assert_all_same(made, scores, whole):
    for column, mosaic in made.items():
        assert_same(mosaic, whole[0][column])
    assert_same(scores, whole[1])


def test_tiles_hold_the_values_of_one_process(tmp_path, index, whole):
    made, scores = make(tmp_path, index)
    assert_all_same(made, scores, whole)
    # the east is no country's: its tiles cost nothing
    counts = [len(list(path.parent.glob("part-*.tif"))) for path in (*made.values(), scores)]
    assert counts == [5, 8, 8]
    assert not (tmp_path / "rail" / INPUTS).exists()


def test_a_cluster_makes_the_same_tiles(tmp_path, index, whole, scheduler):
    with open_cluster(scheduler.address) as client:
        made, scores = make(tmp_path, index, client)
    assert_all_same(made, scores, whole)


def test_the_rest_of_the_tiles_is_made_and_a_lost_one_again(tmp_path, index):
    first = distributed.surface(towns(), out=tmp_path / "town", tile_cells=512, **GRID)
    lost = first.with_name("part-00003.tif")
    before = {p.name: p.stat().st_mtime_ns for p in first.parent.glob("part-*.tif")}
    content = lost.read_bytes()
    lost.unlink()
    lines = []
    again = {**GRID, "tile_cells": 512, "tell": lines.append}
    distributed.surface(towns(), out=tmp_path / "town", **again)
    assert lines[0] == "7 of 8 parts are done already"
    assert lost.read_bytes() == content
    now = {p.name: p.stat().st_mtime_ns for p in first.parent.glob("part-*.tif")}
    assert {n for n in now if now[n] != before[n]} == {lost.name}


def test_a_killed_process_loses_no_finished_tile(tmp_path, whole, until):
    out = tmp_path / "town"
    more = f"out={str(out)!r}, box={BOX}, resolution={GRID['resolution']!r}, tile_cells=512"
    code = f"import test_rasters as t; t.distributed.surface(t.towns(), {more})"
    path = os.pathsep.join([str(Path(geo_ree.__file__).parents[1]), str(Path(__file__).parent)])
    process = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path})
    try:
        until((out / "part-00001.tif").exists)
    finally:
        process.kill()
        process.wait()
    kept = {p.name: p.stat().st_mtime_ns for p in out.glob("part-*.tif")}
    made = distributed.surface(towns(), out=out, tile_cells=512, **GRID)
    now = {p.name: p.stat().st_mtime_ns for p in out.glob("part-*.tif")}
    assert kept.items() <= now.items() and len(now) == 8
    assert not [p for p in out.iterdir() if p.name.startswith(".")]
    assert_same(made, whole[0]["dist_town_km"])


def test_a_tile_that_fails_is_named_and_the_others_are_made(tmp_path):
    made = distributed.surface(towns(), out=tmp_path / "town", tile_cells=512, **GRID)
    made.with_name("part-00002.tif").write_bytes(b"no raster")
    model = ScoreModel(MODEL.criteria[1:])
    with pytest.raises(GeoReeError, match=r"1 of 8 parts failed: part-00002 .*part-00002.tif"):
        distributed.suitability({"dist_town_km": made}, model, tmp_path / "scores", tile_cells=512)
    assert len(list((tmp_path / "scores").glob("part-*.tif"))) == 7
    assert not (tmp_path / "scores" / "suitability.vrt").exists()


def test_the_mosaic_reads_as_its_vrt_does(tmp_path, index):
    path = distributed.surface(index, out=tmp_path, target="railway", tile_cells=512, **GRID)
    window = rasterio.windows.Window(400, 300, 900, 500)
    with rasterio.open(copied(path)) as vrt:
        got = Mosaic(path).read(1, window=window).filled(np.nan)
        assert np.array_equal(got, vrt.read(1, window=window), equal_nan=True)
        assert np.isfinite(vrt.read(1, out_shape=(100, 167))).any()
    whole = geo_ree.suitability({"dist_railway_km": path}, MODEL, tmp_path / "score.tif")
    with rasterio.open(whole.path) as scores:
        assert np.isfinite(scores.read(1)).any()


def test_a_layer_of_files_or_of_dask(tmp_path):
    few = {"box": BOX, "resolution": "0.05 deg"}
    frame = towns().to_frame("geometry").assign(source_id="a")
    (tmp_path / "towns").mkdir()
    for i in range(2):
        frame.iloc[i::2].to_parquet(tmp_path / "towns" / f"{i}.parquet")
    geo_ree.surface(frame, path=tmp_path / "one.tif", **few)
    lazy = dask_geopandas.from_geopandas(frame, npartitions=2)
    with rasterio.open(tmp_path / "one.tif") as one:
        expected, window = one.read(1), rasterio.windows.Window(0, 0, one.width, one.height)
    for name, layer in {"files": tmp_path / "towns", "dask": lazy}.items():
        made = Mosaic(distributed.surface(layer, out=tmp_path / name, **few))
        assert np.array_equal(made.read(1, window=window).data, expected)
        assert made.tags()["sources"] == "a"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tile_cells": 500}, "tiles of 500 cells .* multiple of 512"),
        ({"resolution": "2 parsecs"}, "resolution is '2 parsecs'"),
        ({"box": (80, 40, 70, 46)}, "west first"),
    ],
)
def test_wrong_options_leave_nothing(tmp_path, change, words):
    with pytest.raises((SchemaError, SettingsError), match=words):
        distributed.surface(towns(), out=tmp_path / "out", **{**GRID, **change})
    assert not (tmp_path / "out").exists()


def test_folders_of_others_are_refused(tmp_path):
    few = {"box": BOX, "resolution": "0.05 deg"}
    distributed.surface(towns(), out=tmp_path / "out", **few)
    before = sorted(p.name for p in (tmp_path / "out").iterdir())
    with pytest.raises(SettingsError, match="another job"):
        distributed.surface(towns().iloc[:2], out=tmp_path / "out", **few)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == before
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SettingsError, match="file"):
        distributed.surface(towns(), out=tmp_path / "file", **few)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_damaged_index_of_a_mosaic_is_named(tmp_path):
    made = distributed.surface(towns(), out=tmp_path, box=BOX, resolution="0.05 deg")
    at = made.with_suffix(".json")
    index = json.loads(at.read_text())
    index["tiles"][0]["file"] = "../../etc/passwd"
    for text in (json.dumps(index), "{", "[]"):
        at.write_text(text)
        with pytest.raises(
            ScoreError, match=r"surface.vrt cannot be read: .*surface.json is no index"
        ):
            geo_ree.suitability({"dist_town_km": made}, MODEL, tmp_path / "score.tif")
