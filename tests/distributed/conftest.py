"""A real Dask scheduler with two worker processes on loopback, started and stopped by the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PATH = (HERE.parents[1], HERE)  # geo_ree, and the work that tests give to workers
WAIT_S = 60.0


class Cluster:
    """A scheduler, and the workers that join it: processes of the command line of Dask."""

    path = PATH

    def __init__(self, home: Path) -> None:
        self.home = home
        self.processes: list[subprocess.Popen[bytes]] = []
        file = home / "scheduler.json"
        options = ["--port", "0", "--dashboard-address", "127.0.0.1:0", "--scheduler-file", file]
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", *options)
        wait_until(lambda: file.is_file() and file.stat().st_size > 0)
        self.address = json.loads(file.read_text())["address"]

    def add_worker(self, *options: str, path: Iterable[Path] = PATH) -> subprocess.Popen[bytes]:
        """Start a worker whose Python finds geo_ree in `path`; `join` waits until it has joined."""
        where = ("--host", "127.0.0.1", "--local-directory", str(self.home), "--no-dashboard")
        return self._start("worker", self.address, "--nthreads", "1", *where, *options, path=path)

    def join(self) -> None:
        """Wait until all workers have joined: on a busy machine that takes a while."""
        for log in self.home.glob("worker-*.log"):
            wait_until(lambda log=log: b"Registered to:" in log.read_bytes())

    def _start(self, *words: Any, path: Iterable[Path] = PATH) -> subprocess.Popen[bytes]:
        log = (self.home / f"{words[0]}-{len(self.processes)}.log").open("wb")
        self.processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "dask", *map(str, words)],
                stdout=log,
                stderr=log,
                env=os.environ
                | {"PYTHONPATH": os.pathsep.join(map(str, path)), "NUMBA_NUM_THREADS": "1"},
                cwd=self.home,
            )
        )
        log.close()
        return self.processes[-1]

    def stop(self) -> None:
        for process in self.processes[1:]:
            process.terminate()
        for process in reversed(self.processes):  # the scheduler is the first
            try:
                process.wait(10 if process is not self.scheduler else 0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until(true: Callable[[], Any]) -> None:
    end = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < end, "waited a minute in vain"
        time.sleep(0.05)


if str(HERE) not in sys.path:
    sys.path.append(str(HERE))


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], Any]], None]:
    """Gives a function that waits until a condition holds, at most a minute."""
    return wait_until


@contextmanager
def _running(home: Path, workers: int) -> Iterator[Cluster]:
    cluster = Cluster(home)
    try:
        for _ in range(workers):
            cluster.add_worker()
        cluster.join()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler with two workers for all tests: `.address`, `.add_worker()`. Leave both alive."""
    with _running(tmp_path_factory.mktemp("scheduler"), workers=2) as cluster:
        yield cluster


@pytest.fixture
def own_scheduler(scheduler: Cluster, tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler of one test, without workers yet, which it may kill."""
    home = tmp_path / "scheduler"
    home.mkdir()
    with _running(home, workers=0) as cluster:
        yield cluster
