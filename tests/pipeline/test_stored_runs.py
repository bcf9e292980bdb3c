"""What is stored of a run equals what was computed, and is used only where it fits."""

import json
import pickle
import shutil
from dataclasses import fields, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import geo_ree
from geo_ree import Options, Settings
from geo_ree.errors import GeoReeError, SettingsError
from geo_ree.pipeline import computation
from geo_ree.pipeline.export import gather_tables
from geo_ree.pipeline.run_keys import run_keys
from geo_ree.pipeline.run_store import RunStore
from geo_ree.pipeline.stored_runs import CLASSES, prune_runs, runs, stored_records
from geo_ree.storage.record_files import StoredRecord, write_record

OPTIONS = Options(draws=200)


def same(one, other):
    """Both are equal to the last bit, the kind of what is missing and the order included."""
    assert type(one).__name__ == type(other).__name__
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other), check_exact=True)
        assert one.attrs == other.attrs
        for name in one.columns:
            if one[name].dtype == object:
                assert list(map(type, one[name])) == list(map(type, other[name])), name
        if isinstance(one, gpd.GeoDataFrame) and one.active_geometry_name:
            assert one.crs == other.crs
            assert one.active_geometry_name == other.active_geometry_name
    else:
        assert one == other


def same_record(one, other, but=()):
    for field in fields(one):
        if field.name in but:
            continue
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, pd.DataFrame):
            same(a, b)
        elif hasattr(a, "keys") and any(isinstance(v, pd.DataFrame) for v in a.values()):
            assert list(a) == list(b)
            for name in a:
                same(a[name], b[name])
        elif type(a).__name__ in ("Merged", "Located", "Influence"):
            same_record(a, b)
        else:
            assert a == b, field.name


@pytest.fixture
def kept(starter_run, tmp_path):
    """A copy of the data folder of the starter run, which is kept there."""
    shutil.copytree(starter_run.data, tmp_path / "data")
    return Settings(data_root=tmp_path / "data")


@pytest.fixture
def loaded(kept):
    return geo_ree.load_run(settings=kept)


def test_a_loaded_run_equals_the_computed_one(starter_run, loaded):
    computed = starter_run.result
    same_record(computed.layers, loaded.layers)
    same_record(computed.measures, loaded.measures, but=("proximity", "missing"))
    same_record(computed.scores, loaded.scores)
    assert list(loaded.tables) != []
    assert set(loaded.tables) == set(computed.tables)
    for name, table in computed.tables.items():
        same(table, loaded.tables[name])
    assert loaded.scores.criteria.equals(computed.scores.criteria)


def test_its_files_are_the_same_bytes(starter_run, loaded, tmp_path):
    loaded.write(tmp_path / "out")
    for path in sorted(starter_run.out.iterdir()):
        again = (tmp_path / "out" / path.name).read_bytes()
        if path.suffix in (".csv", ".html"):
            assert again == path.read_bytes(), path.name
    one, other = (
        json.loads((f / "run.json").read_text()) for f in (starter_run.out, tmp_path / "out")
    )
    assert {**one, "timings_s": 0} == {**other, "timings_s": 0}


def test_its_indexes_measure_the_same(starter_run, loaded):
    lon, lat = np.array([76.0, 66.0]), np.array([43.0, 48.0])
    country = np.array(["KGZ", "KAZ"], dtype=object)
    found = [
        run.measures.proximity.nearest("railway", lon, lat, country).distance_km
        for run in (starter_run.result, loaded)
    ]
    assert found[0].tolist() == found[1].tolist()


def test_it_can_be_pickled_and_replaced(loaded):
    assert replace(loaded.layers, inputs=[]).inputs == []
    again = pickle.loads(pickle.dumps(loaded.scores))
    assert again.model == loaded.scores.model


def test_the_same_run_again_computes_nothing(kept, starter_run, monkeypatch):
    for name in ("load_layers", "measure_deposits", "score_deposits"):
        monkeypatch.setattr(computation, name, None)
    said = []
    again = geo_ree.run(kept, OPTIONS, tell=said.append)
    assert again.report["reused"] == ["run"]
    assert again.report["run_id"] == starter_run.result.report["run_id"]
    assert again.report["settings"]["data_root"] == kept.data_root.as_posix()
    assert any(again.report["run_id"] in line for line in said)
    with pytest.raises(TypeError):
        geo_ree.run(kept, OPTIONS, fresh=True)


def test_another_preset_scores_what_is_stored(kept, monkeypatch):
    for name in ("load_layers", "measure_deposits"):
        monkeypatch.setattr(computation, name, None)
    said = []
    changed = Options(draws=200, preset="bulk")
    got = geo_ree.run(kept, changed, tell=said.append, keep=True)
    assert got.report["reused"] == ["layers", "measures"]
    assert any("option preset" in line for line in said)
    assert geo_ree.load_run(settings=kept).report["preset"].startswith("bulk")
    assert len(runs(kept)) == 2


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        (Options(draws=200, gateways="Aktau"), "option gateways"),
        (Options(draws=200, without="starter_airports"), "option without"),
        (Options(draws=200, seed=1), "option seed"),
    ],
)
def test_an_option_that_changes_figures_fits_no_stored_run(kept, changed, differs):
    said = []
    store = RunStore(kept, changed, said.append, fresh=False, keep=False)
    assert store.result() is None
    assert any(differs in line for line in said)


def test_changed_code_fits_no_stored_run(kept, monkeypatch):
    monkeypatch.setattr("geo_ree.pipeline.run_keys.package_fingerprint", lambda: "another")
    said = []
    assert RunStore(kept, OPTIONS, said.append, fresh=False, keep=False).result() is None
    assert any("version of geo_ree" in line for line in said)


def test_a_damaged_run_is_said_and_left_out(kept):
    table = next((kept.processed_root / "runs").glob("*/table1.parquet"))
    table.write_bytes(table.read_bytes()[:-1] + b"x")
    said = []
    assert RunStore(kept, OPTIONS, said.append, fresh=False, keep=False).result() is None
    assert any("damaged" in line for line in said)
    with pytest.raises(GeoReeError, match="damaged"):
        geo_ree.load_run(settings=kept)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 99}'])
def test_an_unreadable_record_is_left_out(kept, text):
    next((kept.processed_root / "runs").glob("*/record.json")).write_text(text)
    assert len(runs(kept)) == 0
    with pytest.raises(SettingsError, match="no run is kept"):
        geo_ree.load_run(settings=kept)


def test_a_record_makes_only_expected_classes(kept):
    path = next((kept.processed_root / "runs").glob("*/record.json"))
    path.write_text(path.read_text().replace("geo_ree.pipeline.records:Scores", "os:system"))
    with pytest.raises(GeoReeError, match="not expected"):
        repr(geo_ree.load_run(settings=kept).scores)


def test_a_run_without_its_layers_does_not_fit(kept):
    shutil.rmtree(kept.processed_root / "layers")
    assert RunStore(kept, OPTIONS, print, fresh=False, keep=False).result() is None


def test_runs_are_found_by_the_beginning_of_their_id(kept, starter_run):
    run_id = starter_run.result.report["run_id"]
    assert geo_ree.load_run(run_id[:5], kept).report["run_id"] == run_id
    with pytest.raises(SettingsError, match="no kept runs"):
        geo_ree.load_run("zz", kept)
    row = runs(kept).iloc[0]
    assert (row["run_id"], row["draws"]) == (run_id, 200)


def test_pruning_keeps_the_newest_and_what_it_needs(kept, starter_run):
    kept_id = starter_run.result.report["run_id"]
    (kept.processed_root / "measures" / "0123").mkdir()
    old = next(stored_records(kept)).folder
    copy = old.with_name("0" * 16)
    shutil.copytree(old, copy)
    record = json.loads((copy / "record.json").read_text())
    record["about"]["stored"] = "2020-01-01T00:00:00+00:00"
    (copy / "record.json").write_text(json.dumps(record))
    assert prune_runs(kept, keep=1) == ["0" * 16]
    assert not (kept.processed_root / "measures" / "0123").exists()
    assert geo_ree.load_run(kept_id, kept).report["run_id"] == kept_id
    assert prune_runs(kept, keep=0) == [kept_id]
    assert not any((kept.processed_root / "layers").iterdir())


def test_a_young_stage_outlives_a_run_that_is_stored_meanwhile(kept):
    (kept.processed_root / "layers" / "0123").mkdir()
    prune_runs(kept, keep=20, grace_s=3600)
    assert (kept.processed_root / "layers" / "0123").exists()


def test_a_folder_that_cannot_be_written_stores_nothing(kept, loaded, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("geo_ree.pipeline.run_store.write_record", refuse)
    said = []
    store = RunStore(kept, OPTIONS, said.append, fresh=True, keep=True)
    store.save(loaded)
    assert said == ["warning: the runs are not stored: [Errno 13] Permission denied"]


def test_a_run_in_python_without_out_stores_nothing(tmp_path, lent_measures):
    geo_ree.run(Settings(data_root=tmp_path / "data"), Options(draws=20))
    assert not (tmp_path / "data").exists()


def test_every_source_of_the_catalogue_comes_back_with_its_tables(tmp_path):
    catalog = geo_ree.load_catalog()
    write_record(tmp_path / "one", {}, {"sources": catalog}, CLASSES)
    again = StoredRecord(tmp_path / "one", CLASSES).read("sources")
    assert dict(again) == catalog
    for source_id, source in catalog.items():
        assert again[source_id].parts() == source.parts()


def test_a_model_counts_by_all_that_it_is(kept):
    model = geo_ree.load_preset("bulk")
    other = replace(model, criteria=(replace(model.criteria[0], missing=0.5), *model.criteria[1:]))
    keys = [run_keys(kept, Options(preset=m)).scores for m in (model, replace(model), other)]
    assert keys[0] == keys[1] != keys[2]
    assert run_keys(kept, Options(preset=model)).measures == run_keys(kept, Options()).measures


def test_layers_are_written_again_only_where_they_differ(kept, loaded):
    store = RunStore(kept, OPTIONS, print, fresh=False, keep=True)
    path = kept.processed_root / "airports.parquet"
    store.save_layers(loaded.layers)
    written = path.stat().st_mtime_ns
    store.save_layers(loaded.layers)
    assert path.stat().st_mtime_ns == written
    path.write_bytes(b"another run's")
    store.save_layers(loaded.layers)
    assert len(geo_ree.load("airports", kept)) == len(loaded.layers.frames["airports"])


def test_a_run_of_a_version_without_routes_is_loaded_without_them(kept):
    for stage, forget in (("measures", ("corridors", "access")), ("runs", ())):
        path = next((kept.processed_root / stage).glob("*/record.json"))
        record = json.loads(path.read_text())
        for name in forget:
            del record["content"][name]
        if stage == "runs":
            held = record["about"].pop("held_by_stages")
            record["about"]["held_by_layers"] = [
                n for n in held if n not in ("corridors", "access")
            ]
        path.write_text(json.dumps(record))
    old = geo_ree.load_run(settings=kept)
    assert len(old.measures.corridors) == len(old.measures.access) == 0
    assert "audit" in old.tables and "corridors" not in old.tables
    assert len(old.to_html()) > 0
    assert len(gather_tables(old).corridors) == 0
