"""Merging in parts gives exactly the tables of geo_ree.merge, whatever the parts and the workers."""

from types import SimpleNamespace

import dask_geopandas
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import geo_ree
from geo_ree.distributed import merge, merge_jobs, open_cluster, read_merged
from geo_ree.distributed.merge_jobs import TABLES
from geo_ree.errors import GeoReeError, SchemaError, SettingsError
from geo_ree.schema import check_layer

WORDS = (
    "Kara",
    "Tau",
    "Ak",
    "Sai",
    "Kumtor",
    "Kutessay",
    "Almalyk",
    "Vostok",
    "Severny",
    "Black Rock",
)
ENDINGS = ("", " II", " 3", " Mine", " Complex", " Ore Field", " Smelter", " North")


def records(seed, count):
    """Records of five tables, with namesakes, aliases, links, copies and gaps."""
    rng = np.random.default_rng(seed)
    sources = rng.choice(["usgs_mrds", "usgs_ree", "a", "b", "c"], count)
    first, second = rng.choice(WORDS, count), rng.choice(WORDS, count)
    names = [
        f"{x} {y}{z}" for x, y, z in zip(first, second, rng.choice(ENDINGS, count), strict=True)
    ]
    ids = [f"{s}:{i}" for i, s in enumerate(sources)]
    places = shapely.points(
        rng.normal(75, 1.0, count).round(2), rng.normal(42, 0.6, count).round(2)
    )
    places[rng.random(count) < 0.08] = None
    some = rng.random(count) < 0.3
    rows = {
        "id": ids,
        "source_id": sources,
        "name": names,
        "aliases": np.where(some, rng.permutation(names), None),
        "name_local": None,
        "country": rng.choice(["KAZ", "KGZ", None], count),
        "kind": rng.choice(["deposit", "occurrence", "plant"], count),
        "role": rng.choice(["candidate", "context", "plant"], count),
        "commodities": rng.choice(["REE", "Ce;La", "Cu;Mo", "Fe", None], count),
        "commodity_group": "unknown",
        "deposit_type": rng.choice(["porphyry", "placer", None], count),
        "notes": np.where(
            rng.random(count) < 0.2, "In the Almalyk ore field. It includes Kumtor.", None
        ),
        "same_as": np.where(rng.random(count) < 0.05, rng.permutation(ids), None),
        "precision_class": rng.choice(["arc_minute", "arc_second", "tenth_degree"], count),
        "position_error_m": rng.choice([500.0, 2000.0, np.nan], count),
    }
    return check_layer(gpd.GeoDataFrame(rows, geometry=places, crs=4326), "deposits")


def assert_same(found, table):
    one = geo_ree.merge(table)
    for name in TABLES:
        mine, theirs = (pd.DataFrame(getattr(merged, name)) for merged in (found, one))
        pd.testing.assert_frame_equal(mine, theirs, check_exact=True, check_dtype=False, obj=name)


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), rows=st.sampled_from([40, 75, 400]))
@example(seed=777, rows=75)  # a share of the names without any pair
def test_parts_give_the_tables_of_the_whole(tmp_path_factory, seed, rows):
    table, out = records(seed, 150), tmp_path_factory.mktemp("merged")
    merge(table, out, rows=rows)
    assert_same(read_merged(out), table)


def test_files_on_a_cluster_give_the_tables_of_the_whole(tmp_path, scheduler):
    table = records(1, 300)
    home = tmp_path / "records"
    home.mkdir()
    for i in range(4):
        table.iloc[75 * i : 75 * (i + 1)].to_parquet(home / f"part-{i}.parquet", index=False)
    lines = []
    with open_cluster(scheduler.address) as client:
        lazy = merge(home, tmp_path / "out", client=client, tell=lines.append)
        frames = dask_geopandas.from_geopandas(table, npartitions=3)
        merge(frames, tmp_path / "other", client=client)
    assert_same(read_merged(tmp_path / "out"), table)
    assert_same(read_merged(tmp_path / "other"), table)
    assert sorted(lazy.deposits["id"].compute()) == sorted(geo_ree.merge(table).deposits["id"])
    assert lines and sorted(p.name for p in (tmp_path / "out").iterdir() if p.is_dir()) == sorted(
        TABLES
    )


def test_the_rest_is_done_and_a_finished_merge_is_not_begun_again(tmp_path, monkeypatch):
    table, out = records(2, 90), tmp_path / "out"
    whole = merge_jobs.work.write_conflicts

    def breaks(task, path):
        if task.number == 1:
            raise ZeroDivisionError
        whole(task, path)

    monkeypatch.setattr(merge_jobs.work, "write_conflicts", breaks)
    with pytest.raises(GeoReeError, match="1 of 3 parts failed: part-00001"):
        merge(table, out, rows=30)
    monkeypatch.undo()
    lines = []
    merge(table, out, rows=30, tell=lines.append)
    assert "2 of 3 parts are done already" in lines
    assert_same(read_merged(out), table)
    lines.clear()
    merge(table, out, rows=30, tell=lines.append)
    assert not lines
    (out / "pairs" / "part-00002.parquet").unlink()
    with pytest.raises(SchemaError, match="pairs is no finished table of a merge"):
        read_merged(out)
    merge(table, out, rows=30)
    assert_same(read_merged(out), table)


def test_a_merge_that_was_killed_while_it_cleaned_up_is_finished(tmp_path, monkeypatch):
    def dies(folder, **_):
        for manifest in folder.rglob("names/_partitions.json"):
            manifest.unlink()
        raise KeyboardInterrupt

    table, out = records(5, 40), tmp_path / "out"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(merge_jobs, "shutil", SimpleNamespace(rmtree=dies))
        merge(table, out)
    merge(table, out)
    assert_same(read_merged(out), table)


def test_other_records_and_wrong_tables_are_refused(tmp_path):
    table, out = records(3, 40), tmp_path / "out"
    merge(table, out)
    with pytest.raises(SettingsError, match="another job"):
        merge(table.iloc[1:], out)
    with pytest.raises((SchemaError, GeoReeError), match="aliases"):
        merge(table.drop(columns="aliases"), tmp_path / "lacking")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SettingsError, match="file"):
        merge(table, tmp_path / "file")
