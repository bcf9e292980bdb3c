"""Commands end in one line on a bad day: signals, folders that cannot be written, a full disk."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

import geo_ree
from geo_ree.cli.app import main

NEEDS = {
    "diff": ["x"],
    "visit": ["x"],
    "surface": ["--layer", "railways"],
    "scenario": ["--planned", "all"],
}
READING = ("doctor", "sources", "serve")
"""Commands that look into the folder of the outputs, and write nothing there."""
WRITING = sorted(
    name
    for name, command in main.commands.items()
    if any(p.name == "out" for p in command.params) and name not in READING
)
INTERRUPTED = """
import signal, sys
for number in (signal.SIGTERM, signal.SIGHUP):  # nohup ignores some
    signal.signal(number, signal.SIG_DFL)
from pathlib import Path
import geo_ree.pipeline.result as result
from geo_ree import storage
from geo_ree.cli.app import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
def load(*args, **options):
    with storage.atomic_files(Path(sys.argv[1])) as draft, storage.scratch_folder() as scratch:
        (draft / "a.csv").write_text("half")
        (scratch / "a.csv").write_text("half")
        print("writing", flush=True)
        sys.stdin.readline()
result.run = load
main(["run", "--out", sys.argv[1], "--data", sys.argv[2]])
"""


def _lines(result):
    return [line for line in result.stderr.splitlines() if line]


def test_all_commands_that_write_a_folder_or_file_check_it_first():
    assert {"run", "build", "export", "map", "visit", "surface", "validate"} <= {*WRITING}


@pytest.mark.parametrize("name", WRITING)
def test_a_folder_that_cannot_be_written_is_refused_before_the_work(name, tmp_path):
    (tmp_path / "file").write_text("mine")
    at = ["--out", str(tmp_path / "file" / "out"), "--data", str(tmp_path / "data")]
    result = CliRunner().invoke(main, [name, *NEEDS.get(name, []), *at])
    assert result.exit_code == 2
    assert len(_lines(result)) == 1  # no line of progress before it
    assert "cannot be written" in result.stderr and "--out" in result.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]


def test_a_data_folder_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "processed").write_text("mine")
    at = ["--out", str(tmp_path / "out"), "--data", str(tmp_path / "data")]
    result = CliRunner().invoke(main, ["build", *at])
    assert result.exit_code == 2
    assert len(_lines(result)) == 1
    assert not (tmp_path / "out").exists()


def test_an_error_of_the_disk_is_one_line(tmp_path, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error", "/somewhere/a.csv")

    monkeypatch.setattr(geo_ree.pipeline.result, "run", fail)
    at = ["run", "--out", str(tmp_path / "out"), "--data", str(tmp_path)]
    result = CliRunner().invoke(main, at)
    assert result.exit_code == 2
    assert _lines(result) == ["geo-ree: Input/output error (/somewhere/a.csv); --debug shows where"]
    with pytest.raises(OSError, match="Input/output"):
        CliRunner().invoke(main, ["--debug", *at], catch_exceptions=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_with_its_status_one_line_and_no_litter(tmp_path, number):
    out, scratch = tmp_path / "out", tmp_path / "tmp"
    scratch.mkdir()
    out.mkdir()
    (out / "a.csv").write_text("old")
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(out), str(tmp_path / "data")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "TMPDIR": str(scratch),
            "PYTHONPATH": str(Path(geo_ree.__file__).parents[1]),
        },
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    assert len(list(out.iterdir())) == 2
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert said == "geo-ree: interrupted\n"
    assert [p.name for p in out.iterdir()] == ["a.csv"]
    assert (out / "a.csv").read_text() == "old"
    assert not list(scratch.iterdir())


def test_signals_are_left_alone_in_a_thread_and_after_the_command():
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    results = []
    thread = threading.Thread(
        target=lambda: results.append(CliRunner().invoke(main, ["sources", "show", "usgs_ree"]))
    )
    thread.start()
    thread.join()
    results.append(CliRunner().invoke(main, ["sources", "show", "usgs_ree"]))
    assert [r.exit_code for r in results] == [0, 0]
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before


EARLY = """
import signal
from geo_ree.cli.app import main
make = main.make_context
def make_context(*arguments, **options):
    signal.raise_signal(signal.SIGTERM)
    return make(*arguments, **options)
main.make_context = make_context
main(["sources"])
"""


def test_a_signal_before_the_command_begins_ends_with_its_status():
    done = subprocess.run(
        [sys.executable, "-c", EARLY], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (143, "")
    assert "Traceback" not in done.stderr


FINALIZER = """
import signal, time
from geo_ree.cli.app import _interruptible

class Late:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)
        time.sleep(0.001)

seen = []
with _interruptible(seen):
    try:
        late = Late()
        del late
        time.sleep(30)
    except KeyboardInterrupt:
        print(seen == [signal.SIGTERM])
"""


def test_a_signal_that_falls_into_a_finalizer_comes_again_and_prints_nothing():
    command = [sys.executable, "-c", FINALIZER]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=25)
    assert (done.stdout.strip(), done.stderr, done.returncode) == ("True", "", 0)
