from __future__ import annotations

import errno
import json
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_ree import storage
from geo_ree.errors import SchemaError, SettingsError
from geo_ree.schema import SCHEMA_VERSION
from geo_ree.settings import Settings
from geo_ree.storage import Provenance

DAY, NEXT = date(2026, 2, 2), date(2026, 2, 3)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_root=tmp_path / "data")


def provenance(payload: Path, **changes: object) -> Provenance:
    record = Provenance(
        source_id="usgs_ree",
        url="https://example.org/a.zip",
        licence="CC0",
        retrieved="2026-02-02T10:00:00+00:00",
        attribution="Nobody",
        file="a.zip",
        sha256=storage.sha256_of(payload),
        bytes=payload.stat().st_size,
    )
    return replace(record, **changes)


def save(
    settings: Settings, tmp_path: Path, content: bytes, day: date = DAY, **changes: str
) -> storage.Snapshot:
    payload = tmp_path / "download"
    payload.write_bytes(content)
    proof = provenance(payload, **changes)
    return storage.save_snapshot(payload, proof, settings, day=day)


def listing(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


# one file


def test_a_written_file_replaces_the_old_one(tmp_path):
    target = tmp_path / "a.txt"
    storage.atomic_text(target, "old")
    storage.atomic_text(target, "new\n")
    assert target.read_bytes() == b"new\n"
    assert listing(tmp_path) == ["a.txt"]


def test_the_draft_has_the_name_of_the_target_in_a_folder_of_its_own(tmp_path):
    target = tmp_path / "a.parquet"
    with storage.atomic_path(target) as draft:
        assert draft.parent.parent == target.parent
        assert draft.name == "a.parquet"
        assert listing(draft.parent) == []
        assert not draft.exists()
        draft.write_bytes(b"x")
        assert not target.exists()
    assert target.read_bytes() == b"x"


def test_a_failure_keeps_the_old_file_and_leaves_no_draft(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), storage.atomic_path(target) as draft:
        draft.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert listing(tmp_path) == ["a.txt"]


def test_a_failure_removes_the_folders_that_were_made(tmp_path):
    with pytest.raises(KeyboardInterrupt), storage.atomic_path(tmp_path / "b/c/a.txt") as draft:
        draft.write_text("half")
        raise KeyboardInterrupt
    assert listing(tmp_path) == []


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "out").write_text("in the way")
    for target in (tmp_path / "out" / "a.txt", tmp_path / "out" / "b" / "a.txt"):
        with pytest.raises(SettingsError, match=r"cannot be written: .*; choose another folder"):
            storage.atomic_text(target, "x")
    assert (tmp_path / "out").read_text() == "in the way"


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(SettingsError, match=r"a\.txt cannot be written"):
        storage.atomic_text(tmp_path / "a.txt", "x")
    assert listing(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOSPC])
def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch, code):
    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise OSError(code, "as the system says", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(SettingsError, match=r"cannot be written: as the system says"):
        storage.atomic_text(tmp_path / "a.txt", "x")


def test_a_folder_that_cannot_be_made_is_told(tmp_path, monkeypatch):
    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "b"))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(SettingsError, match=r"Permission denied"):
        storage.atomic_text(tmp_path / "b" / "c" / "a.txt", "x")


def test_errors_about_other_files_pass_unchanged(tmp_path):
    with pytest.raises(PermissionError), storage.atomic_path(tmp_path / "x" / "a.txt"):
        raise PermissionError(errno.EACCES, "Permission denied", "/elsewhere/b.txt")


# several files


def test_all_files_move_together_and_others_stay(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    (out / "a.txt").write_text("old")
    with storage.atomic_files(out) as draft:
        assert listing(draft) == []
        (draft / "a.txt").write_text("new")
        (draft / "deep").mkdir()
        (draft / "deep" / "b.txt").write_text("b")
        assert (out / "a.txt").read_text() == "old"
    assert listing(out) == ["a.txt", "deep", "deep/b.txt", "mine.txt"]
    assert (out / "a.txt").read_text() == "new"


@pytest.mark.parametrize("existing", [True, False])
def test_a_failure_leaves_the_folder_as_it_was(tmp_path, existing):
    out = tmp_path / "deep" / "out"
    if existing:
        out.mkdir(parents=True)
        (out / "a.txt").write_text("old")
    before = listing(tmp_path)
    with pytest.raises(ZeroDivisionError), storage.atomic_files(out) as draft:
        (draft / "a.txt").write_text("half")
        raise ZeroDivisionError
    assert listing(tmp_path) == before
    assert not existing or (out / "a.txt").read_text() == "old"


@pytest.mark.parametrize("step", range(4))
def test_a_move_that_fails_is_undone(tmp_path, monkeypatch, step):
    out = tmp_path / "out"
    out.mkdir()
    for name in ("a.txt", "b.txt"):
        (out / name).write_text("old")
    done: list[Path] = []
    move = Path.replace

    def sometimes(self: Path, target: Path) -> Path:
        done.append(self)
        if len(done) == step + 1:
            raise PermissionError(errno.EACCES, "in use", str(self))
        return move(self, target)

    with pytest.raises(SettingsError, match=r"in use"), storage.atomic_files(out) as draft:
        for name in ("a.txt", "b.txt", "c.txt"):
            (draft / name).write_text("new")
        monkeypatch.setattr(Path, "replace", sometimes)
        monkeypatch.setattr(sys, "executable", "")  # the moves are then made in this process
    monkeypatch.undo()
    assert listing(out) == ["a.txt", "b.txt"]
    assert {p.read_text() for p in out.iterdir()} == {"old"}


def test_an_out_that_is_a_file_is_told(tmp_path):
    (tmp_path / "out").write_text("in the way")
    with (
        pytest.raises(SettingsError, match=r"out cannot be written"),
        storage.atomic_files(tmp_path / "out"),
    ):
        pytest.fail("the block must not run")
    assert (tmp_path / "out").read_text() == "in the way"


# snapshots


@given(
    st.builds(
        Provenance,
        source_id=st.text(),
        url=st.text(),
        mirror=st.text(),
        query=st.text(),
        retrieved=st.text(),
        licence=st.text(),
        attribution=st.text(),
        sha256=st.text(),
        bytes=st.integers(0),
        etag=st.text(),
        last_modified=st.text(),
        file=st.text(),
    )
)
def test_provenance_survives_json(record):
    assert Provenance.from_json(record.to_json()) == record


def test_provenance_of_a_later_version_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    text = json.loads(provenance(tmp_path / "a").to_json()) | {"moon": "full"}
    assert Provenance.from_json(json.dumps(text)).source_id == "usgs_ree"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Expecting"),
        ("[]", "JSON object"),
        ('{"bytes": "many"}', "bytes has the wrong type"),
        ('{"source_id": "x"}', "missing"),
    ],
)
def test_damaged_provenance_says_why(text, said):
    with pytest.raises(ValueError, match=said):
        Provenance.from_json(text)


def test_a_snapshot_is_saved_and_found(settings, tmp_path):
    saved = save(settings, tmp_path, b"one")
    assert saved.folder == settings.raw_root / "usgs_ree" / "2026-02-02"
    assert saved.payload.read_bytes() == b"one"
    assert not (tmp_path / "download").exists()
    assert storage.latest_snapshot(settings, "usgs_ree") == saved
    assert listing(settings.raw_root / "usgs_ree") == [
        "2026-02-02",
        "2026-02-02/a.zip",
        "2026-02-02/provenance.json",
    ]


def test_the_newest_wins_and_other_folders_do_not_count(settings, tmp_path):
    save(settings, tmp_path, b"one", DAY)
    newest = save(settings, tmp_path, b"two", NEXT)
    for name in ("notes", "9999", "2026-02-04.bak", "2026-02-04.0", "2026-02-04.", "٢٠٢٦-02-04"):
        (settings.raw_root / "usgs_ree" / name).mkdir()
    assert storage.latest_snapshot(settings, "usgs_ree") == newest


def test_a_snapshot_of_a_fast_clock_does_not_block_later_ones(settings, tmp_path, caplog):
    fast = save(
        settings, tmp_path, b"fast", date(2099, 1, 1), retrieved="2099-01-01T00:00:00+00:00"
    )
    assert storage.latest_snapshot(settings, "usgs_ree") == fast
    assert "2099-01-01T00:00:00+00:00 is in the future" in caplog.text
    caplog.clear()
    later = save(settings, tmp_path, b"later", DAY)
    assert storage.latest_snapshot(settings, "usgs_ree") == later
    assert storage.snapshots_of_parts(settings, "usgs_ree") == [later]
    assert fast.folder.exists() and not caplog.text
    again = save(settings, tmp_path, b"again", DAY)
    assert storage.latest_snapshot(settings, "usgs_ree") == again
    assert fast.provenance.sequence < later.provenance.sequence < again.provenance.sequence


def test_records_without_a_sequence_are_ordered_by_their_time(settings, tmp_path):
    def old_record(day: str, retrieved: str) -> storage.Snapshot:
        saved = save(settings, tmp_path, day.encode(), date.fromisoformat(day), retrieved=retrieved)
        record = replace(saved.provenance, sequence=0)
        (saved.folder / "provenance.json").write_text(record.to_json(), encoding="utf-8")
        return replace(saved, provenance=record)

    newest = old_record("2026-02-03", "2026-02-03T10:00:00+00:00")
    old_record("2026-02-01", "2026-02-01T10:00:00")
    assert storage.latest_snapshot(settings, "usgs_ree") == newest
    saved = save(settings, tmp_path, b"new", DAY)
    assert storage.latest_snapshot(settings, "usgs_ree") == saved


def test_a_damaged_record_of_a_day_to_come_does_not_block_later_ones(settings, tmp_path):
    fast = save(settings, tmp_path, b"fast", date(2099, 1, 1))
    (fast.folder / "provenance.json").write_text("{")
    with pytest.raises(SchemaError, match=r"is damaged"):
        storage.latest_snapshot(settings, "usgs_ree")
    later = save(settings, tmp_path, b"later", DAY)
    assert storage.latest_snapshot(settings, "usgs_ree") == later


def test_a_snapshot_is_kept_while_it_is_read(settings, tmp_path):
    first = save(settings, tmp_path, b"one")
    with storage.holding_snapshots(settings), storage.holding_snapshots(settings):
        second = save(settings, tmp_path, b"two")
        assert first.payload.read_bytes() == b"one"
        assert storage.latest_snapshot(settings, "usgs_ree") == second
    storage.sweep(settings, "usgs_ree")
    assert not first.folder.exists()
    assert storage.latest_snapshot(settings, "usgs_ree") == second


def test_threads_that_sweep_two_sources_do_not_take_each_other_for_readers(
    settings, tmp_path, monkeypatch
):
    ids = ("usgs_ree", "usgs_major_deposits")
    replaced = [save(settings, tmp_path, b"one", source_id=source_id) for source_id in ids]
    with storage.holding_snapshots(settings):
        for source_id in ids:
            save(settings, tmp_path, b"two", source_id=source_id)
    assert [s.folder.exists() for s in replaced] == [True, True]
    remove = shutil.rmtree

    def remove_slowly(*given: object, **how: object) -> None:
        time.sleep(0.2)
        remove(*given, **how)

    monkeypatch.setattr(shutil, "rmtree", remove_slowly)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda s: storage.sweep(settings, s.provenance.source_id), replaced))
    assert [s.folder.exists() for s in replaced] == [False, False]


def test_a_linked_folder_is_not_written_through(settings, tmp_path):
    victim = tmp_path / "victim"
    (victim / "2026-02-01").mkdir(parents=True)
    (victim / ".1a2b3c4d.new").mkdir()
    settings.raw_root.mkdir(parents=True)
    (settings.raw_root / "usgs_ree").symlink_to(victim)
    with pytest.raises(SettingsError, match=r"a link stands there"):
        save(settings, tmp_path, b"one")
    with pytest.raises(SettingsError, match=r"a link stands there"):
        storage.sweep(settings, "usgs_ree")
    assert listing(victim) == [".1a2b3c4d.new", "2026-02-01"]


def test_a_source_never_fetched_has_no_snapshot(settings):
    assert storage.latest_snapshot(settings, "usgs_ree") is None
    (settings.raw_root / "usgs_ree").mkdir(parents=True)
    assert storage.latest_snapshot(settings, "usgs_ree") is None


def test_the_same_day_is_replaced_whole(settings, tmp_path):
    first = save(settings, tmp_path, b"one")
    (first.folder / "stray.txt").write_text("x")
    for number in range(2, 13):
        saved = save(settings, tmp_path, b"%d" % number)
        assert saved.folder.name == f"2026-02-02.{number}"
        assert storage.latest_snapshot(settings, "usgs_ree") == saved
        assert listing(first.folder.parent) == [
            saved.folder.name,
            f"{saved.folder.name}/a.zip",
            f"{saved.folder.name}/provenance.json",
        ]


def test_parts_stay_side_by_side_and_each_is_replaced_by_its_own(settings, tmp_path):
    west, east = (
        save(settings, tmp_path, raw, part=box)
        for raw, box in ((b"w", "70,42,71,43"), (b"e", "71,42,72,43"))
    )
    assert storage.snapshots_of_parts(settings, "usgs_ree") == [east, west]
    again = save(settings, tmp_path, b"w2", part="70,42,71,43")
    assert not west.folder.exists()
    assert storage.snapshots_of_parts(settings, "usgs_ree") == [again, east]
    later = save(settings, tmp_path, b"e2", NEXT, part="71,42,72,43")
    assert storage.snapshots_of_parts(settings, "usgs_ree") == [later, again]
    assert east.folder.exists()  # of another day: kept, and of no more use
    assert storage.latest_snapshot(settings, "usgs_ree") == later
    again.payload.write_bytes(b"changed")
    with pytest.raises(SchemaError, match="was changed or damaged"):
        storage.snapshots_of_parts(settings, "usgs_ree")


def test_other_days_are_left_alone(settings, tmp_path):
    first = save(settings, tmp_path, b"one")
    save(settings, tmp_path, b"two", NEXT)
    third = save(settings, tmp_path, b"three", NEXT)
    assert storage.latest_snapshot(settings, "usgs_ree") == third
    names = sorted(p.name for p in first.folder.parent.iterdir())
    assert names == ["2026-02-02", "2026-02-03.2"]


def test_a_replacement_that_fails_keeps_the_old_snapshot(settings, tmp_path, monkeypatch):
    first = save(settings, tmp_path, b"one")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(errno.EACCES, "in use", str(self))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(SettingsError, match=r"in use"):
        save(settings, tmp_path, b"two")
    monkeypatch.undo()
    assert storage.latest_snapshot(settings, "usgs_ree") == first
    assert [p.name for p in first.folder.parent.iterdir()] == ["2026-02-02"]


def test_what_killed_runs_left_is_swept(settings, tmp_path):
    first = save(settings, tmp_path, b"one")
    home = first.folder.parent
    for name in (".1a2b3c4d.new", "2026-02-01", "2026-02-01.2", "notes", ".mine"):
        (home / name).mkdir()
        (home / name / "x").write_bytes(b"x")
    storage.sweep(settings, "usgs_ree")
    kept = sorted(p.name for p in home.iterdir())
    assert kept == [".mine", "2026-02-01.2", "2026-02-02", "notes"]
    assert storage.latest_snapshot(settings, "usgs_ree") == first


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / "a.zip").write_bytes(b"other"), "a.zip was changed or damaged"),
        (lambda f: (f / "a.zip").unlink(), "a.zip is missing"),
        (lambda f: (f / "provenance.json").unlink(), "provenance.json cannot be read"),
        (lambda f: (f / "provenance.json").write_text("{"), "provenance.json is damaged"),
        (lambda f: (f / "provenance.json").write_bytes(b"\xff\xfe"), "provenance.json is damaged"),
    ],
)
def test_a_damaged_snapshot_is_told_with_the_hint(settings, tmp_path, spoil, said):
    spoil(save(settings, tmp_path, b"one").folder)
    with pytest.raises(SchemaError) as caught:
        storage.latest_snapshot(settings, "usgs_ree")
    text = str(caught.value)
    assert said in text
    assert f"fetch it again with geo-ree fetch usgs_ree --data {settings.data_root}" in text
    assert "\n" not in text


def test_a_record_that_points_elsewhere_is_not_followed(settings, tmp_path):
    saved = save(settings, tmp_path, b"one")
    secret = settings.raw_root / "secret"
    secret.write_bytes(b"one")
    record = replace(saved.provenance, file="../../secret")
    (saved.folder / "provenance.json").write_text(record.to_json(), encoding="utf-8")
    with pytest.raises(SchemaError, match=r"secret is missing"):
        storage.latest_snapshot(settings, "usgs_ree")


def test_a_raw_folder_that_is_a_file_is_told(settings, tmp_path):
    settings.data_root.mkdir()
    settings.raw_root.write_text("in the way")
    with pytest.raises(SettingsError, match=r"cannot be written"):
        save(settings, tmp_path, b"one")


# layers


def towns() -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {
            "source_id": ["b", "a"],
            "name": pd.Series(["Ош", None], dtype="str"),
            "population": pd.Series([5, None], dtype="Int64"),
        },
        geometry=[shapely.Point(72.8, 40.5), None],
        crs=4326,
    )
    frame.attrs["geo_ree"] = {"not": object()}
    return frame


def test_a_layer_comes_back_as_it_was(settings):
    path = storage.save_layer(towns(), settings, "settlements")
    assert path == settings.processed_root / "settlements.parquet"
    back = storage.load("settlements", settings)
    assert back.crs.to_epsg() == 4326
    assert back["name"].tolist()[0] == "Ош"
    assert back["name"].isna().tolist() == [False, True]
    assert back["population"].tolist() == [5, pd.NA]
    assert back.geometry.isna().tolist() == [False, True]
    assert back.attrs["geo_ree"] == {
        "layer": "settlements",
        "file": path.as_posix(),
        "sources": ["a", "b"],
        "schema_version": SCHEMA_VERSION,
    }
    assert listing(settings.processed_root) == ["settlements.parquet"]


def test_saving_leaves_the_frame_alone(settings):
    frame = towns()
    storage.save_layer(frame, settings, "settlements")
    assert "not" in frame.attrs["geo_ree"]


def test_a_plain_table_comes_back_as_one(settings):
    storage.save_layer(pd.DataFrame({"source_id": ["a"], "year": [2020]}), settings, "resources")
    back = storage.load("resources", settings)
    assert not isinstance(back, gpd.GeoDataFrame)
    assert back["year"].tolist() == [2020]


def test_a_layer_that_cannot_be_written_keeps_the_old_one(settings):
    storage.save_layer(towns(), settings, "settlements")
    bad = towns().assign(name=[[1], "x"])
    with pytest.raises(pa.ArrowException, match=r"cannot mix|convert"):
        storage.save_layer(bad, settings, "settlements")
    assert len(storage.load("settlements", settings)) == 2
    assert listing(settings.processed_root) == ["settlements.parquet"]


def test_a_layer_not_stored_yet_is_told(settings):
    with pytest.raises(
        SettingsError, match=r"there is no layer water in .*; run geo-ree run --data"
    ):
        storage.load("water", settings)


def test_without_settings_the_current_folder_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"no layer water in data; run geo-ree run --data data"):
        storage.load("water")


@pytest.mark.parametrize("layer", ["settlements", "resources"])
def test_a_damaged_layer_is_told(settings, layer):
    settings.processed_root.mkdir(parents=True)
    (settings.processed_root / f"{layer}.parquet").write_bytes(b"PAR1 cut")
    with pytest.raises(SchemaError, match=rf"{layer}\.parquet is damaged .*; run geo-ree run"):
        storage.load(layer, settings)


@pytest.mark.parametrize(
    "call", [storage.load, lambda n: storage.save_layer(towns(), Settings(), n)]
)
def test_a_layer_nobody_knows_is_told(call):
    with pytest.raises(SchemaError, match=r"no layer is called 'dreams'"):
        call("dreams")


# hashes and the starter data


def test_a_missing_file_has_no_hash(tmp_path):
    with pytest.raises(SchemaError, match=r"gone cannot be read: No such file or directory"):
        storage.sha256_of(tmp_path / "gone")


@pytest.mark.parametrize("name", ["gone.csv", "../errors.py", ""])
def test_a_file_that_the_package_lacks_is_told(name):
    with pytest.raises(SchemaError, match=r"the package lacks starter/.*; reinstall geo_ree"):
        storage.starter_path(name)


def test_a_file_of_the_starter_data_is_found(tmp_path, monkeypatch):
    (tmp_path / "starter").mkdir()
    (tmp_path / "starter" / "deposits.csv").write_text("x")
    monkeypatch.setattr(storage.files, "files", lambda package: tmp_path)
    assert storage.starter_path("deposits.csv") == tmp_path / "starter" / "deposits.csv"
