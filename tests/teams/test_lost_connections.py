"""What remains when an export dies, meets another one, or meets readers: the old run, whole."""

import subprocess
import sys
import threading
import time

import psycopg
import pytest

from geo_ree.errors import DatabaseError
from geo_ree.outputs import database_switch, postgis
from geo_ree.outputs.postgis import write_postgis
from geo_ree.storage import databases

END = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'geo_ree'"
SCHEMAS = "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace WHERE nspname ~ '^run|latest'"
KILLED = """
import pickle, sys, time
from geo_ree.outputs import postgis
real = postgis.rows_of
def rows_of(rows):
    yield from real(rows)
    if rows.num_rows == 4:
        print("here", flush=True)
        time.sleep(60)
postgis.rows_of = rows_of
postgis.write_postgis(pickle.load(open(sys.argv[1], "rb")), sys.argv[2])
"""


def _is_whole(ask, points="61.25"):
    """The first run is there as it was, and nothing of a second one."""
    assert ask(SCHEMAS) == "latest run_aa11"
    assert ask("SELECT score FROM latest.deposits WHERE id = 't:0'") == points
    assert ask("SELECT score FROM run_aa11.deposits WHERE id = 't:0'") == points
    assert ask("SELECT count(*) FROM latest.deposits") == "4"
    assert ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'geo_ree'") == "0"


def _break_at(monkeypatch, owner, name, act):
    """Act when a step has been done the second time, or once for all where it happens once."""
    real, seen = getattr(owner, name), []

    def step(*args, **rest):
        out = real(*args, **rest)
        seen.append(name)
        if len(seen) == (1 if name == "_switch_once" else 2):
            act()
        return out

    monkeypatch.setattr(owner, name, step)


STEPS = [
    (postgis._Draft, "_create"),
    (postgis._Draft, "_copy"),
    (postgis._Draft, "_finish"),
    (database_switch, "_switch_once"),
]


@pytest.mark.parametrize(("owner", "name"), STEPS, ids=[name for _, name in STEPS])
@pytest.mark.parametrize("run_id", ["aa11", "bb22"], ids=["again", "another"])
def test_a_connection_that_is_ended_leaves_the_old(
    small_run, database, ask, monkeypatch, caplog, owner, name, run_id
):
    write_postgis(small_run(), database)
    _break_at(monkeypatch, owner, name, lambda: ask(END))
    with pytest.raises(DatabaseError, match="what was there is unchanged: try again") as error:
        write_postgis(small_run(run_id, (1.0, 2.0)), database)
    assert "\n" not in str(error.value) and "made-up-9f3" not in str(error.value)
    assert not caplog.messages, "the error says it all"
    _is_whole(ask)
    monkeypatch.undo()
    write_postgis(small_run(run_id, (1.0, 2.0)), database)
    assert ask("SELECT score FROM latest.deposits WHERE id = 't:0'") == "1"


def test_a_commit_that_is_not_answered_is_said(small_run, database, ask, monkeypatch):
    write_postgis(small_run(), database)
    real = databases._commit

    def commit(connection, address):
        ask(END)
        real(connection, address)

    monkeypatch.setattr(databases, "_commit", commit)
    with pytest.raises(
        DatabaseError, match="lost as the transaction was committed; it is there whole"
    ):
        write_postgis(small_run(scores=(1.0, 2.0)), database)
    _is_whole(ask)


def test_a_server_that_stops_leaves_the_old(small_run, postgis, database, ask, monkeypatch):
    write_postgis(small_run(), database)
    _break_at(monkeypatch, sys.modules[write_postgis.__module__]._Draft, "_copy", postgis.stop)
    try:
        with pytest.raises(DatabaseError, match="try again"):
            write_postgis(small_run(scores=(1.0, 2.0)), database)
    finally:
        postgis.start()
    _is_whole(ask)


def test_a_killed_process_leaves_the_old(small_run, database, ask, tmp_path):
    import pickle

    write_postgis(small_run(), database)
    path = tmp_path / "run.pickle"
    path.write_bytes(pickle.dumps(small_run(scores=(1.0, 2.0, 3.0, 4.0))))
    command = [sys.executable, "-c", KILLED, str(path), database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "here\n"
        writer.kill()
    for _ in range(200):
        if ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'geo_ree'") == "0":
            break
        time.sleep(0.05)
    _is_whole(ask)


@pytest.mark.parametrize("second", ["aa11", "bb22"], ids=["the same run", "two runs"])
def test_two_writers_at_once_both_end_well(small_run, database, ask, monkeypatch, second):
    both, real = threading.Barrier(2), postgis.switch
    failed = []

    def switch_together(*args):
        both.wait(30)
        real(*args)

    def write(run):
        try:
            write_postgis(run, database)
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    monkeypatch.setattr(postgis, "switch", switch_together)
    runs = [small_run(), small_run(second, (1.0, 2.0))]
    writers = [threading.Thread(target=write, args=(run,)) for run in runs]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not failed
    assert ask(SCHEMAS) == " ".join(["latest", *sorted({"run_aa11", f"run_{second}"})])
    counts = "SELECT (SELECT count(*) FROM latest.deposits), (SELECT count(*) FROM latest.pairwise)"
    assert ask(counts) in ("4|1", "2|1")
    newest = ask("SELECT text FROM latest.read_me WHERE about = 'run id'")
    shown = ask(
        "SELECT DISTINCT view_name || table_schema FROM information_schema.view_table_usage "
        "WHERE view_schema = 'latest'"
    )
    assert shown.count(f"run_{newest}") == len(shown.splitlines())


def test_two_first_exports_add_postgis_once(small_run, postgis, monkeypatch):
    name = postgis.new_database(template="template1")
    failed = []

    def write(run):
        try:
            write_postgis(run, postgis.url(name))
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    try:
        writers = [
            threading.Thread(target=write, args=(small_run(run_id),)) for run_id in ("aa11", "bb22")
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert not failed
        assert postgis.ask("SELECT count(*) FROM run_bb22.deposits", database=name) == "4"
    finally:
        postgis.drop(name)


def test_readers_pass_an_export_that_waits_for_one_of_them(small_run, database, ask, monkeypatch):
    write_postgis(small_run(), database)
    waited = threading.Event()
    real = database_switch._switch_once

    def switch_once(*args):
        try:
            real(*args)
        except psycopg.errors.LockNotAvailable:
            waited.set()
            raise

    monkeypatch.setattr(database_switch, "_switch_once", switch_once)
    run = small_run(scores=(1.0, 2.0))
    writer = threading.Thread(target=write_postgis, args=(run, database))
    with psycopg.connect(database) as slow:
        slow.execute("SELECT * FROM latest.deposits").fetchall()
        writer.start()
        assert waited.wait(60)
        for _ in range(5):  # a lock that others queue behind is given up within half a second
            with psycopg.connect(database, options="-c lock_timeout=5s") as reader:
                count = reader.execute("SELECT count(*) FROM latest.deposits").fetchone()[0]
                assert count == 4
        assert slow.execute("SELECT count(*) FROM latest.deposits").fetchone()[0] == 4
    writer.join()
    assert ask("SELECT count(*) FROM latest.deposits") == "2"


def test_a_reader_that_never_ends_is_named(small_run, database, ask, monkeypatch):
    monkeypatch.setattr(database_switch, "_PATIENCE_S", 0.5)
    write_postgis(small_run(), database)
    with psycopg.connect(database, application_name="QGIS of Ann") as slow:
        slow.execute("SELECT * FROM latest.deposits").fetchall()
        pid = slow.info.backend_pid
        with pytest.raises(DatabaseError, match=rf"process {pid} \(keeper QGIS of Ann\)"):
            write_postgis(small_run(scores=(1.0, 2.0)), database)
    _is_whole(ask)
