"""An index kept in a file beside its layer, and the compilation that is told once."""

import os
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from geo_ree.errors import SchemaError
from geo_ree.proximity import NearestIndex
from geo_ree.proximity.search.index_files import FORMAT

LAKE = shapely.Polygon([(70, 45), (72, 45), (72, 46), (70, 46)])


def _targets(index=None):
    shapes = [
        shapely.LineString([(60, 40), (75, 47), (75.001, 47)]),
        LAKE,
        None,
        shapely.MultiPoint([(80, 40), (81, 41)]),
        shapely.Point(50, 50),
    ]
    return gpd.GeoSeries(shapes, index=index, crs=4326)


def _points(count=500):
    rng = np.random.default_rng(11)
    xy = np.column_stack([rng.uniform(46, 96, count), rng.uniform(35, 55, count)])
    return gpd.GeoSeries([*shapely.points(xy), shapely.Point(71, 45.5), None], crs=4326)


@pytest.mark.parametrize(
    "index",
    [
        None,
        list("abcde"),
        [5, 3, 3, 1, 0],
        pd.MultiIndex.from_product([["x"], range(5)]),
        pd.Index([1.5, 2.0, 3.0, 4.0, 5.0], name="km"),
        pd.date_range("2024-01-01", periods=5),
    ],
    ids=["range", "words", "numbers", "levels", "fractions", "days"],
)
def test_a_stored_index_answers_the_same(tmp_path, index):
    built = NearestIndex(_targets(index))
    built.save(tmp_path / "layer.index")
    read = NearestIndex.load(tmp_path / "layer.index", _targets(index))
    pd.testing.assert_frame_equal(read.query(_points()), built.query(_points()))
    assert read.query(_points())["distance_m"].iloc[-2] == 0.0
    assert [entry.name for entry in tmp_path.iterdir()] == ["layer.index"]


def test_a_stored_index_may_be_saved_again_over_itself(tmp_path):
    path = tmp_path / "layer.index"
    NearestIndex(_targets()).save(path)
    again = NearestIndex.load(path)
    again.save(path)
    pd.testing.assert_frame_equal(NearestIndex.load(path).query(_points()), again.query(_points()))


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.translate(1e-9, 0),
        lambda t: t.iloc[::-1],
        lambda t: t.iloc[:-1],
        lambda t: t.set_axis(list("vwxyz")),
    ],
    ids=["moved", "reversed", "fewer", "renamed"],
)
def test_the_index_of_other_targets_is_refused(tmp_path, change):
    path = tmp_path / "layer.index"
    NearestIndex(_targets()).save(path)
    with pytest.raises(SchemaError, match=r"layer\.index is the index of other targets; build it"):
        NearestIndex.load(path, change(_targets()))


def test_a_file_that_is_not_an_index_is_refused(tmp_path):
    path = tmp_path / "layer.index"
    with pytest.raises(SchemaError, match="cannot be read as a nearest-feature index"):
        NearestIndex.load(path)
    NearestIndex(_targets()).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SchemaError, match=r"cannot be read .*; build the index again"):
        NearestIndex.load(path)
    path.write_bytes(b"no such thing")
    with pytest.raises(SchemaError, match="cannot be read as a nearest-feature index"):
        NearestIndex.load(path)


def test_an_index_of_another_version_is_refused(tmp_path):
    path = tmp_path / "layer.index"
    table = pa.table({"x": [1]}).replace_schema_metadata({"format": "geo_ree nearest 0"})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(SchemaError, match=f"format 'geo_ree nearest 0', expected '{FORMAT}'"):
        NearestIndex.load(path)
    table = table.replace_schema_metadata(None)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(SchemaError, match="format 'none'"):
        NearestIndex.load(path)


def test_a_coordinate_that_is_not_a_number_is_reported():
    shapes = [shapely.Point(1, 1), shapely.LineString([(70, 45), (71, np.inf)])]
    with pytest.raises(SchemaError, match="row 2 of the targets .* has the latitude inf"):
        NearestIndex(gpd.GeoSeries(shapes, crs=4326))


def test_no_points_give_an_empty_table():
    got = NearestIndex(_targets()).query(gpd.GeoSeries([], crs=4326))
    assert got.columns.tolist() == ["distance_m", "target"]
    assert len(got) == 0


ASK = """
import logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
import geopandas as gpd, shapely
from geo_ree.proximity import nearest
one = gpd.GeoSeries([shapely.Point(70, 45)], crs=4326)
print(nearest(one, one)["distance_m"].tolist())
print(nearest(one, one)["distance_m"].tolist())
"""


@pytest.mark.slow
def test_compiling_is_logged_once_per_machine(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}

    def ask():
        return subprocess.run(
            [sys.executable, "-c", ASK],
            env=environment,
            check=True,
            text=True,
            capture_output=True,
            timeout=300,
        ).stdout.splitlines()

    told = "compiling the nearest-feature search, once per machine: some seconds"
    assert ask() == [told, "[0.0]", "[0.0]"]
    assert ask() == ["[0.0]", "[0.0]"]


ONE_KIND = """
import geopandas as gpd, numpy as np, shapely
from geo_ree.proximity import NearestIndex
from geo_ree.proximity.search import kernels, packets

line = shapely.LineString([(60, 40), (75, 47), (75.001, 47)])
lake = shapely.Polygon([(70, 45), (72, 45), (72, 46), (70, 46)])
index = NearestIndex(gpd.GeoSeries([line, lake, shapely.Point(50, 50)], crs=4326))
x, y = np.linspace(50, 60, 6_000), np.linspace(40, 50, 6_000)
index.query(gpd.GeoSeries(gpd.points_from_xy(x, y), crs=4326))
index.save("kept")
x.flags.writeable = y.flags.writeable = False
NearestIndex.load("kept").query_lonlat(x, y)
for name, loop in {**vars(kernels), **vars(packets)}.items():
    if hasattr(loop, "signatures"):
        print(name, len(loop.signatures))
"""


def test_each_loop_is_compiled_for_one_kind_of_array_only(tmp_path):
    printed = subprocess.run(
        [sys.executable, "-c", ONE_KIND], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    compiled = {name: int(count) for name, count in map(str.split, printed.stdout.splitlines())}
    assert compiled["project"] == compiled["walk"] == compiled["settle"] == 1
    assert max(compiled.values()) == 1, compiled
