"""`measure` over partitions is `geo_ree.measure` on the whole table, to the last bit."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geo_ree
from geo_ree.distributed import measure, measure_parts, open_cluster
from geo_ree.errors import GeoReeError
from geo_ree.storage import starter_path

SETTLEMENTS = 120


def quiet(line):
    """Progress is no part of these tests."""


@pytest.fixture(scope="module")
def layers():
    """Railways of the starter data, towns, and gateways that count from every country."""
    random = np.random.default_rng(3)
    rails = gpd.read_parquet(starter_path("railways.parquet"))
    rails = rails[shapely.length(rails.geometry) < 3][::25].reset_index(drop=True)
    size = len(rails)
    rails = rails[["geometry"]].assign(
        id=[f"r:{i}" for i in range(size)],
        source_id="r",
        kind="rail",
        name=random.choice(["", "Main line"], size),
        country=random.choice(["KAZ", "KGZ", "UZB"], size),
        lateral_error_km=random.choice([0.1, 5.0], size),
    )
    x, y = random.uniform((60, 38), (80, 52), (SETTLEMENTS, 2)).T
    towns = gpd.GeoDataFrame(
        {
            "id": [f"t:{i}" for i in range(SETTLEMENTS)],
            "source_id": "t",
            "name": [f"Town {i}" for i in range(SETTLEMENTS)],
            "kind": "town",
            "country": random.choice(["KAZ", "KGZ", "UZB"], SETTLEMENTS),
            "population": random.integers(500, 90_000, SETTLEMENTS),
        },
        geometry=shapely.points(x, y),
        crs=4326,
    )
    return {"railways": rails, "settlements": towns}


def deposits(count=150):
    random = np.random.default_rng(4)
    x, y = random.uniform((60, 38), (80, 52), (count, 2)).T
    frame = gpd.GeoDataFrame(
        {
            "country": random.choice(["KAZ", "KGZ", "UZB", None], count),
            "position_error_m": random.choice([100.0, 5000.0, np.nan], count),
            "precision_class": random.choice(["arc_minute", "named_place"], count),
            "name": [f"Deposit {i}" * 20 for i in range(count)],
        },
        geometry=shapely.points(x, y),
        crs=4326,
    )
    return frame.set_axis([f"d:{i}" for i in range(count)])


def write_folder(frame, folder, files):
    folder.mkdir()
    for i, part in enumerate(np.array_split(np.arange(len(frame)), files)):
        frame.iloc[part].to_parquet(folder / f"part.{i}.parquet")
    return folder


def test_the_columns_of_measure_to_the_last_bit(tmp_path, layers):
    options = {"feet": True, "labels": {"r": "Rails"}, "coverage": {"settlements": {"KAZ", "KGZ"}}}
    expected = geo_ree.measure(deposits(), layers, **options)
    found = measure(deposits(), layers, out=tmp_path, rows=27, tell=quiet, **options)
    pd.testing.assert_frame_equal(found.compute(), expected, check_exact=True)
    assert not (tmp_path / ".layers").exists()


def test_folders_of_geoparquet_and_frames_of_dask(tmp_path, layers):
    import dask_geopandas

    places = write_folder(deposits(), tmp_path / "deposits", 11)
    partitioned = {
        "railways": write_folder(layers["railways"], tmp_path / "rails", 3),
        "settlements": dask_geopandas.from_geopandas(layers["settlements"], npartitions=4),
    }
    found = measure(places, partitioned, out=tmp_path / "out", tell=quiet)
    expected = geo_ree.measure(deposits(), layers)
    assert found.npartitions == 11
    pd.testing.assert_frame_equal(found.compute(), expected, check_exact=True)


def test_a_layer_that_changes_meanwhile_is_refused(tmp_path, layers, monkeypatch):
    rails = write_folder(layers["railways"], tmp_path / "rails", 2)
    real = measure_parts.write_measures

    def change_before(task, path):
        layers["railways"].iloc[:5].to_parquet(rails / "part.1.parquet")
        real(task, path)

    monkeypatch.setattr(measure_parts, "write_measures", change_before)
    with pytest.raises(GeoReeError, match=r"the railways in .*rails have changed meanwhile; run"):
        measure(deposits(20), {"railways": rails}, out=tmp_path / "out", tell=quiet)


def test_the_same_from_a_cluster(tmp_path, layers, scheduler):
    here = measure(deposits(), layers, out=tmp_path / "here", rows=50, tell=quiet)
    with open_cluster(scheduler.address, tell=quiet) as client:
        there = measure(
            deposits(), layers, out=tmp_path / "there", rows=50, client=client, tell=quiet
        )
        pd.testing.assert_frame_equal(
            there.compute(), here.compute(scheduler="synchronous"), check_exact=True
        )


def test_a_poisoned_partition_is_named_and_resumed(tmp_path, layers):
    places = write_folder(deposits(), tmp_path / "deposits", 5)
    good = gpd.read_parquet(places / "part.1.parquet")
    good.drop(columns="position_error_m").to_parquet(places / "part.1.parquet")
    bad = gpd.read_parquet(places / "part.4.parquet")
    whole = bad.copy()
    shapes = bad.geometry.to_numpy().copy()
    shapes[6] = None
    bad.set_geometry(gpd.GeoSeries(shapes, bad.index, crs=4326)).to_parquet(
        places / "part.4.parquet"
    )
    out = tmp_path / "out"
    with pytest.raises(GeoReeError) as raised:
        measure(places, layers, out=out, tell=quiet)
    text = str(raised.value)
    assert text.startswith("2 of 5 parts failed: part-00001 (part.1.parquet (rows 1 to 30)")
    assert "has no column position_error_m" in text
    assert "part-00004 (part.4.parquet (rows 1 to 30): deposit d:126 has no coordinate" in text
    good.to_parquet(places / "part.1.parquet")
    whole.to_parquet(places / "part.4.parquet")
    found = measure(places, layers, out=out, tell=quiet)
    expected = geo_ree.measure(deposits(), layers)
    pd.testing.assert_frame_equal(found.compute(), expected, check_exact=True)
