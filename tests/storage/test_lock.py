from __future__ import annotations

import errno
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from geo_ree.errors import SettingsError
from geo_ree.settings import Settings
from geo_ree.storage import data_lock

HOLD = """
import sys, time
from pathlib import Path
from geo_ree.settings import Settings
from geo_ree.storage import data_lock
with data_lock(Settings(data_root=Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.readline()
"""

Hold = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_root=tmp_path / "data")


@pytest.fixture
def hold(settings: Settings) -> Iterator[Hold]:
    """Starts another process that holds the lock until it is told a line."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(settings.data_root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_another_process_is_told_whose_folder_is_in_use(settings, hold):
    hold()
    started = time.monotonic()
    with (
        pytest.raises(SettingsError) as caught,
        data_lock(settings, wait_s=0.2),
    ):
        pytest.fail("the block must not run")
    message = str(caught.value)
    assert str(settings.data_root) in message and "in use" in message and "--data" in message
    assert 0.1 < time.monotonic() - started < 5


@pytest.mark.slow
def test_a_process_that_ends_in_time_is_waited_for(settings, hold):
    process = hold()

    def tell() -> None:
        process.stdin.write("\n")
        process.stdin.flush()

    later = threading.Timer(0.3, tell)
    later.start()
    with data_lock(settings, wait_s=20):
        assert process.wait(10) == 0
    later.join()


def test_a_killed_process_leaves_no_lock(settings, hold):
    process = hold()
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    with data_lock(settings, wait_s=0):
        assert (settings.data_root / ".lock").is_file()


def test_it_may_be_taken_again_by_any_thread(settings):
    done: list[int] = []

    def work(number: int) -> None:
        with data_lock(settings, f"source_{number}", wait_s=0), data_lock(settings, wait_s=0):
            done.append(number)

    with data_lock(settings):
        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(done) == [0, 1, 2, 3]
        with pytest.raises(TimeoutError):
            FileLock(settings.data_root / ".lock").acquire(timeout=0)
    with FileLock(settings.data_root / ".lock").acquire(timeout=0):
        pass


def test_it_is_free_after_an_error(settings):
    with pytest.raises(ZeroDivisionError), data_lock(settings, "usgs_ree"):
        raise ZeroDivisionError
    with FileLock(settings.data_root / ".lock").acquire(timeout=0):
        pass


def test_one_thread_at_a_time_works_on_a_source(settings):
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with data_lock(settings, "usgs_ree"), data_lock(settings, "usgs_ree"):
            inside += 1
            most = max(most, inside)
            time.sleep(0.01)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_relative_root_is_the_same_folder(settings, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with data_lock(settings), data_lock(Settings(data_root=Path("data")), wait_s=0):
        assert [p.name for p in settings.data_root.iterdir()] == [".lock"]


def test_two_data_roots_do_not_wait_for_each_other(settings, tmp_path):
    with data_lock(settings), data_lock(Settings(data_root=tmp_path / "other"), wait_s=0):
        assert (tmp_path / "other" / ".lock").is_file()


def test_a_root_that_cannot_be_written_is_told(settings, monkeypatch):
    def refuse(self: FileLock, **kwargs: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", self.lock_file)

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with (
        pytest.raises(SettingsError, match=r"cannot be written: Read-only file system"),
        data_lock(settings),
    ):
        pytest.fail("the block must not run")


def test_a_linked_lock_is_refused(settings, tmp_path):
    settings.data_root.mkdir()
    (tmp_path / "mine.txt").write_text("mine")
    (settings.data_root / ".lock").symlink_to(tmp_path / "mine.txt")
    with pytest.raises(SettingsError, match=r"a link stands there"), data_lock(settings):
        pytest.fail("the block must not run")
    assert (tmp_path / "mine.txt").read_text() == "mine"
