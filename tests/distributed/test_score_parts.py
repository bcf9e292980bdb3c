"""Scores of parts are those of the whole table; what needs the whole table is refused."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geo_ree
from geo_ree.distributed import open_cluster, score
from geo_ree.errors import GeoReeError, SchemaError, ScoreError, SettingsError
from geo_ree.scoring import Criterion, Exponential, ScoreModel, Veto


def model(aggregate="weighted_sum"):
    return ScoreModel(
        (
            Criterion("rail", "dist_railway_km", Exponential(50), 0.1),
            Criterion("road", "dist_road_km", Exponential(20), 0.2),
            Criterion("town", "dist_town_km", Exponential(30), 0.7),
        ),
        (Veto("dist_road_km", 300.0, "no road"),),
        aggregate=aggregate,
    )


def sites(count=500):
    """Distances with gaps in the first half only: a part without gaps is scored as the whole."""
    rng = np.random.default_rng(5)
    km = rng.exponential(80, (count, 3))
    km[: count // 2][rng.random((count // 2, 3)) < 0.4] = np.nan
    columns = {f"dist_{n}_km": km[:, i] for i, n in enumerate(("railway", "road", "town"))}
    points = shapely.points(rng.uniform(50, 90, count), rng.uniform(35, 50, count))
    return gpd.GeoDataFrame(
        columns, index=[f"s{i}" for i in range(count)], geometry=points, crs=4326
    )


def assert_same(folder, table, chosen):
    found = pd.concat([gpd.read_parquet(p) for p in sorted(folder.glob("part-*.parquet"))])
    assert found.geometry.geom_equals(table.geometry).all()
    mine, theirs = pd.DataFrame(found.drop(columns="geometry")), geo_ree.score(table, chosen)
    pd.testing.assert_frame_equal(mine, theirs, check_exact=True, check_dtype=False)


@pytest.mark.parametrize("aggregate", ["weighted_sum", "weighted_product"])
def test_parts_have_the_scores_of_the_whole(tmp_path, aggregate):
    score(sites(), model(aggregate), tmp_path / "out", rows=130)
    assert_same(tmp_path / "out", sites(), model(aggregate))


def test_a_cluster_gives_the_same(tmp_path, scheduler):
    sites().to_parquet(tmp_path / "sites.parquet", row_group_size=100)
    with open_cluster(scheduler.address) as client:
        lazy = score(tmp_path / "sites.parquet", model(), tmp_path / "out", rows=100, client=client)
    assert_same(tmp_path / "out", sites(), model())
    assert len(lazy) == 500 and len(list((tmp_path / "out").glob("part-*"))) == 5


def test_what_needs_the_whole_table_and_wrong_tables_are_refused(tmp_path):
    with pytest.raises(ScoreError, match="topsis, which compares each row with the best"):
        score(sites(), model("topsis"), tmp_path / "out")
    with pytest.raises(ScoreError, match="dist_road_km.*no such column"):
        score(sites().drop(columns="dist_road_km"), model(), tmp_path / "out")
    bad = sites()
    bad.iloc[170, 0] = -1.0
    with pytest.raises(GeoReeError, match=r"1 of 5 parts failed: part-00001 .*'s170'.*is -1"):
        score(bad, model(), tmp_path / "other", rows=100)
    assert len(list((tmp_path / "other").glob("part-*"))) == 4
    with pytest.raises(SettingsError, match="another job"):
        score(sites(), model("weighted_product"), tmp_path / "other", rows=100)
    score(sites(), model(), tmp_path / "other", rows=100)
    assert_same(tmp_path / "other", sites(), model())
    score(sites(), model(), tmp_path / "out")  # nothing is there but the columns were refused
    assert_same(tmp_path / "out", sites(), model())


@pytest.mark.parametrize("change", ["weight", "decay", "veto", "least_known"])
def test_scores_of_another_model_are_not_taken_for_its_own(tmp_path, change):
    """Both models have the same name, number of criteria and aggregate."""
    rail, *more = model().criteria
    other = {
        "weight": {"criteria": (replace(rail, weight=0.4), *more)},
        "decay": {"criteria": (replace(rail, value=Exponential(51)), *more)},
        "veto": {"vetoes": ()},
        "least_known": {"least_known": 0.9},
    }
    score(sites(), model(), tmp_path / "out")
    with pytest.raises(SettingsError, match="another job"):
        score(sites(), replace(model(), **other[change]), tmp_path / "out")


def test_a_file_that_has_changed_is_scored_again(tmp_path):
    home, out = tmp_path / "sites", tmp_path / "out"
    home.mkdir()
    for i in range(3):
        sites().iloc[100 * i : 100 * (i + 1)].to_parquet(home / f"{i}.parquet")
    score(home, model(), out)
    before = [p.stat().st_mtime_ns for p in sorted(out.glob("part-*"))]
    sites().iloc[300:400].to_parquet(home / "1.parquet")
    score(home, model(), out)
    now = [p.stat().st_mtime_ns for p in sorted(out.glob("part-*"))]
    assert [a == b for a, b in zip(before, now, strict=True)] == [True, False, True]
    table = sites()
    assert_same(
        out, pd.concat([table.iloc[:100], table.iloc[300:400], table.iloc[200:300]]), model()
    )


def test_a_file_without_rows_is_named(tmp_path):
    sites().iloc[:0].to_parquet(tmp_path / "none.parquet")
    with pytest.raises(SchemaError, match=r"^none.parquet \(rows 1 to 0\): it has no rows"):
        score(tmp_path / "none.parquet", model(), tmp_path / "out")
