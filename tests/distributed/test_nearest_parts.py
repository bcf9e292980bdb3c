"""`nearest` over partitions is `geo_ree.nearest` on the whole tables, to the last bit."""

import os
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import geo_ree
from geo_ree.distributed import nearest, open_cluster
from geo_ree.distributed.table_parts import list_parts
from geo_ree.distributed.target_partitions import build_partitions, open_partitions
from geo_ree.errors import GeoReeError, SchemaError, SettingsError
from geo_ree.storage.folder_lock import FolderLock

BOXES = {
    "world": (-180.0, -90.0, 180.0, 90.0),
    "region": (60.0, 30.0, 80.0, 50.0),
    "antimeridian": (178.0, -3.0, 180.0, 3.0),
    "antimeridian west": (-180.0, -3.0, -178.0, 3.0),
    "north pole": (-180.0, 88.0, 180.0, 90.0),
    "south pole": (-180.0, -90.0, 180.0, -89.0),
    "town": (75.0, 42.0, 75.2, 42.1),
}
FEW = settings(max_examples=30)


def quiet(line):
    """Progress is no part of these tests."""


def whole_degrees(low, high):
    return st.integers(int(np.ceil(low)), int(np.floor(high))).map(float)


@st.composite
def places(draw, box):
    west, south, east, north = box
    x = draw(st.floats(west, east) | whole_degrees(west, east))
    y = draw(st.floats(south, north) | whole_degrees(south, north))
    return x, y


@st.composite
def shapes(draw, box):
    kind = draw(st.sampled_from(["point", "line", "lines", "polygon", "points", "empty", "none"]))
    if kind == "none":
        return None
    if kind == "empty":
        return shapely.from_wkt(draw(st.sampled_from(["POINT EMPTY", "LINESTRING EMPTY"])))
    if kind == "polygon":
        x, y = draw(places(box))
        side = draw(st.floats(0.001, 3.0))
        corners = (max(-180, x - side), max(-90, y - side), min(180, x + side), min(90, y + side))
        return shapely.box(*corners)
    ends = draw(st.lists(places(box), min_size=2, max_size=4))
    if kind == "point":
        return shapely.Point(ends[0])
    if kind == "points":
        return shapely.MultiPoint(ends)
    line = shapely.LineString(ends)
    return line if kind == "line" else shapely.MultiLineString([line, line.reverse()])


@st.composite
def cases(draw):
    """Targets and points in the same or in other places; of the points some are vertices of targets."""
    box = BOXES[draw(st.sampled_from(sorted(BOXES)))]
    targets = draw(st.lists(shapes(box), min_size=1, max_size=25))
    targets += draw(st.sampled_from([[], targets, targets[:1] * 9]))
    if all(shape is None or shape.is_empty for shape in targets):
        targets.append(shapely.Point(draw(places(box))))
    corners = shapely.get_coordinates(targets).tolist()
    near = BOXES["world"] if draw(st.booleans()) else box
    place = places(near) | st.sampled_from(corners).map(tuple)
    xy = draw(st.lists(place | st.none(), min_size=1, max_size=60))
    gaps = st.sampled_from([None, shapely.Point()])
    points = [draw(gaps) if at is None else shapely.Point(at) for at in xy]
    return gpd.GeoSeries(points, crs=4326), gpd.GeoSeries(targets, crs=4326)


@FEW
@given(cases(), st.integers(1, 12), st.integers(1, 40))
def test_the_same_to_the_last_bit_however_it_is_cut(case, segments, rows):
    points, targets = case
    expected = geo_ree.nearest(points, targets)
    with tempfile.TemporaryDirectory() as folder:
        found = nearest(
            points, targets, out=Path(folder, "out"), rows=rows, segments=segments, tell=quiet
        ).compute(scheduler="synchronous")
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_chords_that_differ_in_the_last_digit_only():
    """Two partitions can say the same distance of chords that one index tells apart."""
    random = np.random.default_rng(3)
    hubs = random.uniform((70, 40), (72, 42), (40, 2))
    ends = random.integers(0, 40, (150, 2))
    targets = gpd.GeoSeries(shapely.linestrings(hubs[ends]), crs=4326)
    points = gpd.GeoSeries(shapely.points(np.vstack([hubs, hubs + 1e-7, hubs - 3.0])), crs=4326)
    expected = geo_ree.nearest(points, targets)
    with tempfile.TemporaryDirectory() as folder:
        found = nearest(points, targets, out=folder, segments=40, tell=quiet).compute()
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def roads(count=400, seed=5, box=BOXES["region"]):
    """Short lines, every tenth one a polygon, some of them twice."""
    random = np.random.default_rng(seed)
    west, south, east, north = box
    start = random.uniform((west, south), (east, north), (count, 2))
    steps = random.uniform(-0.2, 0.2, (count, 3, 2)).cumsum(axis=1)
    lines = shapely.linestrings(np.clip(start[:, None] + steps, (-180, -90), (180, 90)))
    lines[::10] = shapely.buffer(lines[::10], 0.05)
    lines[count // 2 :: 5] = lines[: len(lines[count // 2 :: 5])]
    return gpd.GeoSeries(lines, crs=4326)


def towns(count=3000, seed=6, box=BOXES["region"]):
    random = np.random.default_rng(seed)
    west, south, east, north = box
    x, y = random.uniform((west - 2, south - 2), (east + 2, north + 2), (count, 2)).T
    return gpd.GeoSeries(shapely.points(x, y), crs=4326)


LABELS = {
    "texts": [f"road {i}" for i in range(400)],
    "numbers": np.arange(400) * 7 - 3,
    "halves": np.arange(400) / 2.0,
    "whole floats": np.arange(400) * 2.0,
    "days": pd.date_range("2020-01-01", periods=400, tz="UTC"),
    "kinds": pd.CategoricalIndex(list("abcd") * 100),
    "booleans": pd.Index([True, False] * 200),
    "mixed": pd.Index([1, "a", 2.5, ("b", 3)] * 100, dtype=object),
    "pairs": pd.MultiIndex.from_product([list("abcd"), range(100)]),
    "twice": [1, 2] * 200,
    "backwards": pd.RangeIndex(400, 0, -1),
    "with gaps": [None, *(f"r{i}" for i in range(399))],
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_kind(tmp_path, kind):
    targets = roads().set_axis(LABELS[kind])
    points = towns(200).set_axis([f"town {i}" for i in range(200)])
    expected = geo_ree.nearest(points, targets)
    found = nearest(points, targets, out=tmp_path, rows=60, segments=300, tell=quiet)
    pd.testing.assert_frame_equal(found.compute(), expected, check_exact=True)


def write_folder(series, folder, files, **options):
    folder.mkdir()
    frame = series.to_frame("geometry").assign(name=[f"n{i}" * 5 for i in range(len(series))])
    for i, part in enumerate(np.array_split(np.arange(len(frame)), files)):
        frame.iloc[part].to_parquet(folder / f"part.{i}.parquet", **options)
    return folder


def test_folders_of_geoparquet_with_labels(tmp_path):
    points = write_folder(towns().set_axis(np.arange(3000) * 3), tmp_path / "points", 12)
    targets = write_folder(roads().set_axis(LABELS["texts"]), tmp_path / "roads", 11)
    found = nearest(points, targets, out=tmp_path / "out", segments=500, tell=quiet)
    expected = geo_ree.nearest(
        towns().set_axis(np.arange(3000) * 3), roads().set_axis(LABELS["texts"])
    )
    assert found.npartitions == 12
    pd.testing.assert_frame_equal(found.compute(), expected, check_exact=True)


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
def test_files_without_labels_are_numbered_on(tmp_path, encoding):
    folder = tmp_path / "points"
    folder.mkdir()
    for i, part in enumerate(np.array_split(np.arange(3000), 12)):
        some = towns().iloc[part].reset_index(drop=True).to_frame("geometry")
        some.to_parquet(folder / f"part.{i}.parquet", geometry_encoding=encoding, row_group_size=97)
    roads().to_frame("geometry").to_parquet(tmp_path / "roads.parquet", row_group_size=30)
    found = nearest(
        folder, tmp_path / "roads.parquet", out=tmp_path / "out", rows=100, segments=500, tell=quiet
    ).compute()
    pd.testing.assert_frame_equal(found, geo_ree.nearest(towns(), roads()), check_exact=True)


def test_a_part_of_geoarrow_is_read_without_the_rest_of_its_file(tmp_path, monkeypatch):
    path, read, sizes = tmp_path / "roads.parquet", gpd.read_parquet, []
    frame = roads().to_frame("geometry").assign(name=LABELS["texts"])
    frame = frame[frame.geom_type == "LineString"].iloc[:300].set_axis(np.arange(300) * 2)
    frame.to_parquet(path, geometry_encoding="geoarrow", row_group_size=70)

    def read_and_count(source, **options):
        found = read(source, **options)
        sizes.append(len(found))
        return found

    monkeypatch.setattr("geo_ree.distributed.parquet_parts.gpd.read_parquet", read_and_count)
    parts = list_parts(path, "the roads", rows=50)
    found = pd.concat([part.read() for part in parts])
    pd.testing.assert_frame_equal(found, frame)
    assert sizes == [part.rows for part in parts] and max(sizes) <= 50
    geometries = pd.concat([part.read([]) for part in parts])
    pd.testing.assert_frame_equal(geometries, frame[["geometry"]])


def test_frames_of_dask_in_other_reference_systems(tmp_path):
    import dask_geopandas

    points, targets = towns().to_crs(3857), roads().to_crs("ESRI:54009")
    expected = geo_ree.nearest(points, targets)
    found = nearest(
        dask_geopandas.from_geopandas(points.to_frame("geometry"), npartitions=5),
        dask_geopandas.from_geopandas(targets, npartitions=3),
        out=tmp_path,
        segments=400,
        tell=quiet,
    )
    pd.testing.assert_frame_equal(found.compute(), expected, check_exact=True)


def test_targets_are_indexed_once_for_the_same_input(tmp_path):
    targets = write_folder(roads(), tmp_path / "roads", 3)
    for out in ("a", "b"):
        nearest(towns(50), targets, out=tmp_path / out, segments=500, tell=quiet)
    (kept,) = (p for p in (tmp_path / "roads.index").iterdir() if p.is_dir())
    times = {p: p.stat().st_mtime_ns for p in kept.rglob("*")}
    assert len(open_partitions(kept).paths) > 3
    nearest(towns(60), targets, out=tmp_path / "c", segments=500, tell=quiet)
    assert times == {p: p.stat().st_mtime_ns for p in kept.rglob("*")}
    roads(300, seed=9).to_frame("geometry").to_parquet(targets / "part.1.parquet")
    expected = geo_ree.nearest(
        towns(60), pd.concat(gpd.read_parquet(p) for p in sorted(targets.iterdir()))
    )
    found = nearest(towns(60), targets, out=tmp_path / "d", segments=500, tell=quiet).compute()
    assert (found["distance_m"] == expected["distance_m"]).all()


def test_two_that_index_targets_in_one_folder_wait_for_each_other(tmp_path):
    lines, index = [], tmp_path / "index"
    index.mkdir()
    lock = FolderLock(index)
    assert lock.acquire()

    def tell(line):
        lines.append(line)
        lock.release()

    options = {"index": index, "segments": 150}
    found = nearest(towns(50), roads(), out=tmp_path / "one", tell=tell, **options).compute()
    assert lines[0] == f"waiting: another process indexes targets in {index}"
    pd.testing.assert_frame_equal(found, geo_ree.nearest(towns(50), roads()), check_exact=True)
    assert lock.acquire()


def test_targets_that_are_indexed_at_once_are_not_mixed(tmp_path):
    points, targets = towns(50), [roads(200, seed=seed) for seed in (5, 77)]

    def search(number):
        return nearest(
            points,
            targets[number],
            out=tmp_path / f"{number}",
            index=tmp_path / "index",
            segments=150,
            tell=quiet,
        ).compute(scheduler="synchronous")

    with ThreadPoolExecutor(2) as pool:
        for found, one in zip(pool.map(search, range(2)), targets, strict=True):
            pd.testing.assert_frame_equal(found, geo_ree.nearest(points, one), check_exact=True)


def test_only_partitions_within_the_bound_are_opened(tmp_path, monkeypatch):
    from geo_ree.distributed import partition_search

    targets = roads(2000, box=BOXES["world"])
    folder = build_partitions(targets, tmp_path, segments=300, tell=quiet)
    opened = []
    real = partition_search.open_index
    monkeypatch.setattr(
        partition_search, "open_index", lambda path: (opened.append(path), real(path))[1]
    )
    partitions = open_partitions(folder)
    assert len(partitions.paths) > 15
    near = towns(500, box=BOXES["town"])
    partition_search.BlockSearch(near.x.to_numpy(), near.y.to_numpy()).search(partitions)
    own = [path for path in opened if opened.count(path) == 1]
    assert len(set(opened)) < len(partitions.paths)
    assert own


def everything(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.glob("part-*"))}


def test_the_same_files_for_any_number_of_workers(tmp_path, scheduler):
    points = write_folder(towns(), tmp_path / "points", 6)
    targets = write_folder(roads(), tmp_path / "roads", 4)
    options = {"segments": 400, "tell": quiet}
    nearest(points, targets, out=tmp_path / "none", index=tmp_path / "i0", **options)
    for workers in (1, 3):
        with open_cluster("local", workers, tell=quiet) as client:
            out, index = tmp_path / f"{workers}", tmp_path / f"i{workers}"
            nearest(points, targets, out=out, index=index, client=client, **options)
    with open_cluster(scheduler.address, tell=quiet) as client:
        found = nearest(points, targets, out=tmp_path / "2", client=client, **options)
        expected = geo_ree.nearest(towns(), roads())
        pd.testing.assert_frame_equal(found.compute(), expected, check_exact=True)
    assert everything(tmp_path / "none") == everything(tmp_path / "1")
    assert everything(tmp_path / "none") == everything(tmp_path / "2")
    assert everything(tmp_path / "none") == everything(tmp_path / "3")


def replaced(frame, row, shape):
    shapes = frame.geometry.to_numpy().copy()
    shapes[row] = shape
    return frame.set_geometry(gpd.GeoSeries(shapes, frame.index, crs=frame.crs))


def poison(folder, kind):
    """Spoil one file; return what has to be said, and put it right again."""
    path = folder / "part.3.parquet"
    good = gpd.read_parquet(path)
    frame = good.copy()
    if kind == "vertex":
        frame = replaced(frame, 2, shapely.Point(76.0, np.nan))
        said = "part.3.parquet (rows 1 to 500): row 3 of the points"
    elif kind == "crs":
        frame = frame.to_crs(3857)
        said = (
            "its reference system is WGS 84 / Pseudo-Mercator, that of the first file WGS 84; "
            "write all files in the same one"
        )
    elif kind == "rows":
        frame = frame.iloc[:0]
        said = "it has no rows; remove the file, or write it again"
    elif kind == "kind":
        frame = replaced(frame, 1, shapely.box(1, 1, 2, 2))
        said = "row 2 of the points (the column geometry) is a Polygon"
    if kind == "column":
        pd.DataFrame(frame.drop(columns="geometry")).to_parquet(path)
        said = "a Parquet file has no geometry; write it as GeoParquet"
    else:
        frame.to_parquet(path)
    return said, lambda: good.to_parquet(path)


@pytest.mark.parametrize("kind", ["vertex", "crs", "rows", "kind", "column"])
def test_a_poisoned_partition_is_named_the_rest_finished_and_resumed(tmp_path, kind):
    points = write_folder(towns().set_axis(np.arange(3000) + 1), tmp_path / "points", 6)
    said, mend = poison(points, kind)
    out = tmp_path / "out"
    with pytest.raises(GeoReeError) as raised:
        nearest(points, roads(), out=out, tell=quiet)
    text = str(raised.value)
    assert text.startswith("1 of 6 parts failed: part-00003 (part.3.parquet (rows ")
    assert said in text
    assert "\n" not in text
    times = {p.name: p.stat().st_mtime_ns for p in out.glob("part-*")}
    assert len(times) == 5
    mend()
    found = nearest(points, roads(), out=out, tell=quiet).compute()
    expected = geo_ree.nearest(towns().set_axis(np.arange(3000) + 1), roads())
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert times.items() <= {p.name: p.stat().st_mtime_ns for p in out.glob("part-*")}.items()


def test_poisoned_targets_are_named_and_resumed(tmp_path):
    targets = write_folder(roads(), tmp_path / "roads", 4)
    path = targets / "part.2.parquet"
    good = gpd.read_parquet(path)
    with np.errstate(invalid="ignore"):
        bent = shapely.LineString([(76, 42), (np.nan, 43)])
    replaced(good, 7, bent).to_parquet(path)
    with pytest.raises(GeoReeError, match=r"1 of 4 parts failed.*part\.2.*row 8 of the targets"):
        nearest(towns(50), targets, out=tmp_path / "out", tell=quiet)
    assert not list((tmp_path / "out").glob("part-*"))
    good.to_parquet(path)
    found = nearest(towns(50), targets, out=tmp_path / "out", tell=quiet).compute()
    pd.testing.assert_frame_equal(found, geo_ree.nearest(towns(50), roads()), check_exact=True)


def test_a_worker_killed_in_the_middle_loses_no_rows(own_scheduler, tmp_path, until):
    own_scheduler.add_worker()
    own_scheduler.add_worker()
    own_scheduler.join()
    points = write_folder(towns(20_000), tmp_path / "points", 40)
    out = tmp_path / "out"
    with open_cluster(own_scheduler.address, tell=quiet) as client, ThreadPoolExecutor(1) as pool:
        pids = client.run(os.getpid)
        done = pool.submit(nearest, points, roads(), out=out, client=client, tell=quiet)
        until(lambda: len(list(out.glob("part-*"))) >= 3)
        os.kill(next(iter(pids.values())), signal.SIGKILL)
        found = done.result(timeout=120)
    expected = geo_ree.nearest(towns(20_000), roads())
    pd.testing.assert_frame_equal(found.compute(), expected, check_exact=True)


@pytest.mark.parametrize(
    ("points", "targets", "said"),
    [
        (towns(5), gpd.GeoSeries([None, shapely.Point()], crs=4326), "none of the 2 targets"),
        (towns(5), gpd.GeoSeries([], crs=4326), "the targets have no rows"),
        (towns(5), "no-such.parquet", "no-such.parquet cannot be read as Parquet"),
        (towns(5), [1, 2], "the targets are a list; give a dask-geopandas frame"),
        (gpd.GeoSeries([shapely.Point(1, 1)]), roads(5), "no coordinate reference system"),
        (pd.DataFrame({"a": [1]}), roads(5), "the points are a DataFrame"),
    ],
)
def test_bad_input_is_one_line(tmp_path, points, targets, said):
    with pytest.raises((SchemaError, GeoReeError)) as raised:
        nearest(points, targets, out=tmp_path / "out", index=tmp_path / "index", tell=quiet)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_nothing_is_written_into_a_folder_of_yours(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SettingsError, match="holds other files; choose another folder"):
        nearest(towns(5), roads(9), out=tmp_path, tell=quiet)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_of_another_question_is_refused(tmp_path):
    nearest(towns(5), roads(9), out=tmp_path / "out", tell=quiet)
    with pytest.raises(SettingsError, match="parts of another job.*; choose another folder"):
        nearest(towns(5), roads(8), out=tmp_path / "out", tell=quiet)
