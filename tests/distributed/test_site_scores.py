"""Deposits of files, measured and scored in parts, and the command that does it."""

import os
import subprocess
import sys
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from click.testing import CliRunner

import geo_ree
from geo_ree.cli.app import main
from geo_ree.distributed.site_scores import score_sites
from geo_ree.errors import GeoReeError, SchemaError
from geo_ree.pipeline.gateways import choose_gateways, to_the_metre
from geo_ree.pipeline.own_sites import read_surroundings
from geo_ree.proximity import load_targets
from geo_ree.settings import REGION, Options, Settings


def deposits(count=60):
    rng = np.random.default_rng(2)
    points = shapely.points(rng.uniform(60, 80, count), rng.uniform(40, 48, count))
    points[7] = None
    columns = {
        "id": [f"x:{i}" for i in range(count)],
        "name": "one",
        "country": rng.choice(["KAZ", "KGZ", "UZB", None], count),
        "role": np.where(np.arange(count) == 11, "area", "candidate"),
        "precision_class": "arc_minute",
        "position_error_m": 2000.0,
    }
    return gpd.GeoDataFrame(columns, geometry=points, crs=4326)


def ask(*words):
    return CliRunner().invoke(main, [str(w) for w in words])


@pytest.mark.slow
def test_parts_have_the_distances_and_scores_of_one_table(tmp_path):
    table, home = deposits(), tmp_path / "deposits"
    home.mkdir()
    table.iloc[:25].to_parquet(home / "a.parquet", index=False)
    table.iloc[25:].to_parquet(home / "b.parquet", index=False)
    settings, options, lines = Settings(data_root=tmp_path), Options(), []
    out = score_sites(home, settings, options, REGION, tmp_path / "out", tell=lines.append)
    found = pd.concat([gpd.read_parquet(p) for p in sorted(out.glob("part-*.parquet"))])
    layers = read_surroundings(settings, options, REGION, lines.append)
    kept = table[table.geometry.notna() & (table["role"] != "area")].set_index("id", drop=False)
    targets = choose_gateways(load_targets(), layers.frames, options)
    measured = to_the_metre(
        geo_ree.measure(
            kept, layers.frames, targets=targets, coverage=layers.coverage, regions=layers.regions
        )
    )
    one = geo_ree.score(measured, geo_ree.load_preset("infrastructure").choose(measured))
    assert len(found) == 58 and one["score"].notna().any()
    for name in (*one.columns, *(c for c in measured.columns if c.startswith("dist_"))):
        expected = (one if name in one else measured)[name]
        pd.testing.assert_series_equal(
            found[name], expected, check_exact=True, check_dtype=False, check_names=False
        )
    before = {p: p.stat().st_mtime_ns for p in out.iterdir()}
    score_sites(home, settings, options, REGION, tmp_path / "out", tell=lines.append)
    assert {p: p.stat().st_mtime_ns for p in out.iterdir()} == before


@pytest.fixture
def one_town(monkeypatch):
    """Layers with a single town, in place of those of a region."""
    town = {"id": ["t:1"], "name": "Kemin", "kind": "town", "country": "KGZ", "source_id": "t"}
    frame = gpd.GeoDataFrame(
        {**town, "population": [9000]}, geometry=[shapely.Point(75.7, 42.79)], crs=4326
    )
    layers = SimpleNamespace(
        frames={"settlements": frame}, coverage={}, regions={"settlements": [REGION]}, labels={}
    )
    monkeypatch.setattr("geo_ree.distributed.site_scores.read_surroundings", lambda *_: layers)


def in_files(home):
    """Three files, of which no row of the second can be scored."""
    home.mkdir()
    table = deposits().assign(country="KGZ")
    table.loc[20:39, "role"] = "area"
    for i in range(3):
        table.iloc[20 * i : 20 * (i + 1)].to_parquet(home / f"{i}.parquet", index=False)
    return table[table.geometry.notna() & (table["role"] != "area")]


def read_scores(folder):
    return pd.concat([gpd.read_parquet(p) for p in sorted(folder.glob("part-*.parquet"))])


def test_a_file_in_which_nothing_is_scored(tmp_path, one_town):
    kept, out = in_files(tmp_path / "sites"), tmp_path / "out"
    ask_for = (Settings(data_root=tmp_path), Options(), REGION, out)
    for _ in range(2):
        found = read_scores(score_sites(tmp_path / "sites", *ask_for, tell=str))
        assert found["id"].tolist() == kept["id"].tolist()
    deposits().assign(role="area").to_parquet(tmp_path / "none.parquet")
    with pytest.raises(SchemaError, match=r"no row of .*none.parquet has a coordinate and a role"):
        score_sites(tmp_path / "none.parquet", *ask_for[:3], tmp_path / "other", tell=str)


def test_a_file_that_has_changed_is_scored_again(tmp_path, one_town):
    kept = in_files(tmp_path / "sites")
    ask_for = (tmp_path / "sites", Settings(data_root=tmp_path), Options(), REGION)
    first = read_scores(score_sites(*ask_for, tmp_path / "out", tell=str))
    moved = deposits().iloc[40:50].assign(country="KGZ")
    moved.to_parquet(tmp_path / "sites" / "2.parquet", index=False)
    again = read_scores(score_sites(*ask_for, tmp_path / "out", tell=str))
    assert again["id"].tolist() == kept["id"].tolist()[:-10]
    pd.testing.assert_frame_equal(again, first.iloc[:-10])


def test_sites_without_the_columns_are_refused(tmp_path):
    path = tmp_path / "sites.parquet"
    deposits().drop(columns="precision_class").to_parquet(path, index=False)
    with pytest.raises(GeoReeError, match="no column precision_class"):
        score_sites(path, Settings(), Options(), REGION, tmp_path / "out", tell=print)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["score", "--cluster", "tcp://127.0.0.1:1"], "--sites FILE is missing with --cluster"),
        (["score", "--workers", "1", "--sites", "x", "--crs", "4326"], "--crs does not go"),
        (["score", "--workers", "1", "--sites", "x", "--draws", "50"], "--draws does not go"),
        (["score", "--workers", "1", "--sites", "x", "--seed", "7"], "--seed does not go"),
        (["build", "--cluster", "nonsense"], "'nonsense' is no cluster"),
        (["build", "--cluster", "tcp://127.0.0.1:1"], "no scheduler answers at tcp://127.0.0.1:1"),
        (["build", "--region", "nowhere"], "nor world"),
        (["surface", "--layer", "roads", "--cluster", "local:8786"], "is no cluster"),
        (["suitability", "--cluster", "tcp://127.0.0.1:1"], "no scheduler answers"),
        (["surface", "--layer", "roads", "--workers", "0"], "0 is not in the range"),
    ],
)
def test_wrong_options_are_one_line(tmp_path, words, said):
    done = ask(*words, "--out", tmp_path / "out", "--data", tmp_path)
    assert done.exit_code == 2 and said in " ".join(done.output.split())
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


@pytest.mark.slow
def test_a_command_on_a_cluster_writes_a_mosaic_and_shows_where_to_look(tmp_path, scheduler):
    words = ["surface", "--layer", "airports", "--bbox", "world", "--data", tmp_path]
    words += ["--resolution", "2 deg"]
    words += ["--only", "starter_airports,starter_countries", "--cluster", scheduler.address]
    done = ask(*words, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "dashboard: http://" in done.output and "1 of 1 parts" in done.output
    assert f"surface: {tmp_path / 'out' / 'surface.vrt'}" in done.output
    (tile,) = (tmp_path / "out").glob("*.tif")
    with rasterio.open(tile) as world:
        assert world.shape == (90, 180) and tuple(world.bounds) == (-180, -90, 180, 90)
    again = ask(*words, "--out", tmp_path / "out")
    assert "1 of 1 parts are done already" in again.output
    (tmp_path / "file").write_text("mine")
    refused = ask(*words, "--out", tmp_path / "file")
    assert refused.exit_code == 2 and "file" in refused.output
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.slow
def test_another_process_scores_the_rest_of_the_world(tmp_path, scheduler):
    table = deposits().head(3).assign(country=["KAZ", "USA", "AUS"])
    table = table.set_geometry(shapely.points([[75.7, 42.8], [-115.5, 35.5], [147.4, -32.8]]))
    table.set_crs(4326).to_parquet(tmp_path / "sites.parquet", index=False)
    words = ["score", "--sites", tmp_path / "sites.parquet", "--region", "world"]
    words += ["--cluster", scheduler.address, "--data", tmp_path, "--out", tmp_path / "out"]
    said, seen = [], []
    for seed in "12":  # of Python's hashes: nothing of a process may go into the key of a job
        environment = os.environ | {"PYTHONHASHSEED": seed}
        command = [sys.executable, "-m", "geo_ree", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        said.append(done.stderr)
        files = sorted((tmp_path / "out").rglob("part-*.parquet"))
        seen.append({path: path.stat().st_mtime_ns for path in files})
    assert seen[0] == seen[1] and len(seen[0]) >= 3
    assert said[1].count("1 of 1 parts are done already") >= 3
    found = read_scores(tmp_path / "out" / "scores").set_index("id")
    assert found.index.tolist() == ["x:0", "x:1", "x:2"]
    assert found["dist_gateway_km"].notna().tolist() == [True, False, False]
    assert found.loc["x:1":, "score"].isna().all()
