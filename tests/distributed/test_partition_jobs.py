"""Parts are written whole, resumed, named when they fail, and survive killed workers."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from partition_work import die, write, write_and_count, write_once_allowed, write_unless_bad

from geo_ree.distributed import open_cluster, run_partitions
from geo_ree.errors import GeoReeError, SettingsError


def texts(paths):
    return [path.read_text() for path in paths]


def test_one_file_for_each_part_in_their_order(tmp_path):
    lines = []
    paths = run_partitions(write, range(12), tmp_path / "out", key="k", tell=lines.append)
    assert texts(paths) == [str(i) for i in range(12)]
    assert paths[7].name == "part-00007.parquet"
    assert lines[-1] == "12 of 12 parts"


def test_the_same_files_from_a_cluster(tmp_path, scheduler):
    here = run_partitions(write, range(30), tmp_path / "here", key="k")
    with open_cluster(scheduler.address) as client:
        there = run_partitions(write, range(30), tmp_path / "there", key="k", client=client)
    assert texts(here) == texts(there)
    assert [p.name for p in here] == [p.name for p in there]


def test_the_rest_only_is_done(tmp_path):
    parts = [(text, str(tmp_path)) for text in "abc"]
    out = tmp_path / "out"
    paths = run_partitions(write_and_count, parts, out, key="k")
    paths[1].unlink()
    lines = []
    assert run_partitions(write_and_count, parts, out, key="k", tell=lines.append) == paths
    assert [len((tmp_path / text).read_text().split()) for text in "abc"] == [1, 2, 1]
    assert lines[0] == "2 of 3 parts are done already"


def test_a_part_with_another_stamp_is_done_again(tmp_path):
    parts = [(text, str(tmp_path)) for text in "abc"]
    out = tmp_path / "out"
    run_partitions(write_and_count, parts, out, key="k", stamps=["1", "1", "1"])
    run_partitions(write_and_count, parts, out, key="k", stamps=["1", "2", "1"])
    assert [len((tmp_path / text).read_text().split()) for text in "abc"] == [1, 2, 1]
    fewer = run_partitions(write_and_count, parts[:2], out, key="k", stamps=["1", "2"])
    assert sorted(p.name for p in out.iterdir()) == ["_partitions.json", *(p.name for p in fewer)]


@pytest.mark.parametrize("change", [{"key": "other"}, {"key": "k", "suffix": ".tif"}])
def test_a_folder_of_another_job_is_refused(tmp_path, change):
    out = tmp_path / "out"
    run_partitions(write, [1], out, key="k")
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    with pytest.raises(SettingsError, match="parts of another job.*; choose another folder"):
        run_partitions(write, [2], out, **change)
    assert before == {p.name: p.read_bytes() for p in out.iterdir()}


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "letter.txt").touch()
    with pytest.raises(SettingsError, match="holds other files; choose another folder"):
        run_partitions(write, [1], tmp_path, key="k")
    (tmp_path / "letter.txt").unlink()
    (tmp_path / "_partitions.json").write_text("{")
    with pytest.raises(SettingsError, match="is damaged; choose another folder"):
        run_partitions(write, [1], tmp_path, key="k")


@pytest.mark.parametrize("where", ["here", "there"])
def test_failed_parts_are_named_the_others_finished_and_resumed(tmp_path, where, request):
    def run(parts, stamps):
        options = {"key": "k", "stamps": stamps}
        if where == "here":
            return run_partitions(write_unless_bad, parts, tmp_path / "out", **options)
        with open_cluster(request.getfixturevalue("scheduler").address) as client:
            return run_partitions(
                write_unless_bad, parts, tmp_path / "out", client=client, **options
            )

    with pytest.raises(GeoReeError) as raised:
        run(["a", "bad", "c", "worse"], ["1", "2", "3", "4"])
    text = str(raised.value)
    assert text.startswith(
        "2 of 4 parts failed: part-00001 (b.parquet row 7: latitude is nan; correct it), "
        "part-00003 (unexpected ZeroDivisionError"
    )
    assert "\n" not in text
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "_partitions.json",
        "part-00000.parquet",
        "part-00002.parquet",
    ]
    assert texts(run(["a", "b", "c", "d"], ["1", "5", "3", "6"])) == ["a", "b", "c", "d"]


def test_a_killed_worker_costs_time_but_no_rows(own_scheduler, tmp_path, until):
    own_scheduler.add_worker()
    own_scheduler.add_worker()
    own_scheduler.join()
    marks = tmp_path / "marks"
    marks.mkdir()
    parts = [(f"p{i}", str(marks)) for i in range(8)]
    with open_cluster(own_scheduler.address) as client, ThreadPoolExecutor(1) as pool:
        done = pool.submit(
            run_partitions, write_once_allowed, parts, tmp_path / "out", key="k", client=client
        )
        until(lambda: len(list(marks.iterdir())) >= 2)
        begun = {path.name: int(path.read_text() or 0) for path in marks.iterdir()}
        victim, pid = next((name, pid) for name, pid in begun.items() if pid)
        os.kill(pid, signal.SIGKILL)
        until(lambda: (marks / victim).read_text() not in ("", str(pid)))
        (marks / "go").touch()
        paths = done.result(timeout=120)
    assert texts(paths) == [f"p{i}" for i in range(8)]


def test_a_part_that_kills_its_workers_is_named_and_the_rest_finished(own_scheduler, tmp_path):
    own_scheduler.add_worker()
    own_scheduler.add_worker()
    own_scheduler.join()
    with open_cluster(own_scheduler.address) as client, pytest.raises(GeoReeError) as raised:
        run_partitions(die, ["a", "deadly", "c"], tmp_path / "out", key="k", client=client)
    assert "1 of 3 parts failed: part-00001 (4 workers died over it;" in str(raised.value)
    assert (tmp_path / "out" / "part-00002.parquet").read_text() == "c"


def test_a_lost_scheduler_is_one_line(own_scheduler, tmp_path, until):
    own_scheduler.add_worker()
    own_scheduler.join()
    parts = [("p", str(tmp_path))]
    with ThreadPoolExecutor(1) as pool, open_cluster(own_scheduler.address) as client:
        done = pool.submit(
            run_partitions, write_once_allowed, parts, tmp_path / "out", key="k", client=client
        )
        until((tmp_path / "p").exists)
        own_scheduler.scheduler.kill()
        with pytest.raises(SettingsError, match="is lost; finished parts are kept"):
            done.result(timeout=120)


def test_an_interrupt_leaves_only_whole_files(scheduler, tmp_path, until):
    marks = tmp_path / "marks"
    marks.mkdir()
    code = (
        "import sys\n"
        "from geo_ree.distributed import open_cluster, run_partitions\n"
        "from partition_work import write_once_allowed\n"
        f"parts = [(f'p{{i}}', {str(marks)!r}) for i in range(20)]\n"
        f"with open_cluster({scheduler.address!r}) as client:\n"
        f"    run_partitions(write_once_allowed, parts, {str(tmp_path / 'out')!r}, key='k',"
        " client=client)\n"
    )
    path = os.pathsep.join(map(str, scheduler.path))
    command = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        stderr=subprocess.PIPE,
    )
    until(lambda: len(list(marks.iterdir())) >= 1)
    command.send_signal(signal.SIGINT)
    error = command.communicate(timeout=60)[1]
    assert b"KeyboardInterrupt" in error
    (marks / "go").touch()
    out = tmp_path / "out"
    until(lambda: not [p for p in out.iterdir() if p.name.startswith(".")])
    for path in out.glob("part-*"):
        assert path.read_text() == f"p{int(path.stem[5:])}"
    parts = [(f"p{i}", str(marks)) for i in range(20)]
    assert texts(run_partitions(write_once_allowed, parts, out, key="k")) == [t for t, _ in parts]


def test_a_worker_does_not_write_into_a_folder_that_another_job_took(tmp_path):
    from geo_ree.distributed.partition_jobs import write_part

    out = tmp_path / "out"
    (path,) = run_partitions(write, [1], out, key="k")
    path.unlink()
    assert "belongs to another job by now" in write_part(write, 2, path, "0:older", "")
    assert "a worker has geo_ree" in write_part(write, 2, path, "0:older", "", "0.0.1")
    assert not path.exists()


def test_a_worker_does_not_write_what_a_part_was_before(tmp_path):
    """A task that is left of a call before, for instance of an interrupted one."""
    from geo_ree.distributed.partition_files import read_manifest
    from geo_ree.distributed.partition_jobs import write_part

    out = tmp_path / "out"
    one, other = run_partitions(write, [1, 2], out, key="k", stamps=["a", "b"])
    run_partitions(write, [1, 3], out, key="k", stamps=["a", "c"])
    key = read_manifest(out).key
    assert "belongs to another job by now" in write_part(write, 2, other, key, "b")
    assert write_part(write, 1, one, key, "a") == ""
    assert texts([one, other]) == ["1", "3"]


def test_a_folder_without_any_part_is_free(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(GeoReeError, match="1 of 1 parts failed"):
        run_partitions(write_unless_bad, ["bad"], out, key="k")
    assert texts(run_partitions(write_unless_bad, ["good"], out, key="other")) == ["good"]


def test_a_part_that_another_process_wrote_has_not_failed(tmp_path):
    def fails_late(part, path):
        (tmp_path / "out" / path.name).write_text(part)
        raise ZeroDivisionError

    assert texts(run_partitions(fails_late, ["a"], tmp_path / "out", key="k")) == ["a"]


def test_the_bar_of_dask_on_a_terminal(scheduler, tmp_path):
    code = (
        "from geo_ree.distributed import open_cluster, run_partitions\n"
        "from partition_work import write_slowly\n"
        f"with open_cluster({scheduler.address!r}, tell=print) as client:\n"
        f"    run_partitions(write_slowly, range(6), {str(tmp_path / 'out')!r}, key='k',"
        " client=client, tell=print)\n"
    )
    here, there = os.openpty()
    path = os.pathsep.join(map(str, scheduler.path))
    command = subprocess.Popen(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}, stdout=there
    )
    os.close(there)
    shown = b""
    with suppress(OSError):  # what Linux says at the end of a terminal
        while more := os.read(here, 1024):
            shown += more
    os.close(here)
    assert command.wait(60) == 0
    assert shown.startswith(b"dashboard: http://127.0.0.1:")
    assert b"% Completed" in shown
    assert b" of 6 parts" not in shown
