"""A run that is served: the process, started on a free port and ended by the fixture."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from geo_ree.pipeline.export import export

RASTERS = "20 km"


@dataclass
class Running:
    """A service in a process of its own: its address, what it serves, and what it prints."""

    process: subprocess.Popen[str]
    store: str = ""
    url: str = ""
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self._read, daemon=True)

    def _read(self) -> None:
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    @property
    def api(self) -> str:
        return f"{self.url}/api"

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it by a signal, and give its status."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.reader.join(10)
        self.process.stderr.close()


def start_serving(*words: str, env: dict[str, str] | None = None) -> Running:
    """Start ``geo-ree serve`` and wait until it says where it is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "geo_ree", "serve", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )
    running = Running(process)
    for line in process.stderr:
        running.lines.append(line.rstrip("\n"))
        found = re.search(r"map (http://\S+)/,", line)
        if found:
            running.url = found[1]
            break
    else:
        pytest.fail(f"the service does not start: {running.lines}")
    running.reader.start()
    return running


@pytest.fixture(scope="session")
def served(shared, starter_run) -> SimpleNamespace:
    """A folder with run and export: `out`, and `gpkg`, the GeoPackage in it."""

    def make(home: Path) -> SimpleNamespace:
        out = home / "out"
        out.mkdir()
        for name in ("map.html", "run.json"):
            shutil.copy(starter_run.out / name, out / name)
        formats = ["gpkg", "cog"]
        export(starter_run.result, out / "export", formats=formats, resolution=RASTERS)
        return SimpleNamespace(out=out, gpkg=out / "export" / "geo_ree.gpkg")

    return shared("served-run", make)


@pytest.fixture(scope="session")
def service(served) -> Iterator[Running]:
    """The service over the GeoPackage."""
    running = start_serving("--out", str(served.out), "--port", "0")
    running.store = str(served.gpkg)
    yield running
    running.kill()


@pytest.fixture
def start_service() -> Iterator[Callable[..., Running]]:
    """Gives a function that starts a service of the test's own."""
    with ExitStack() as ends:

        def start(*words: str, **more: dict[str, str]) -> Running:
            running = start_serving(*words, **more)
            ends.callback(running.kill)
            return running

        yield start


@pytest.fixture(scope="session")
def database_service(postgis, starter_run) -> Iterator[Running]:
    """The service over the same run in PostGIS."""
    from geo_ree.outputs.postgis import write_postgis
    from geo_ree.pipeline.export import gather_tables

    name = postgis.new_database()
    write_postgis(gather_tables(starter_run.result), postgis.url(name))
    running = start_serving("--db", postgis.url(name), "--port", "0")
    running.store = postgis.url(name)
    yield running
    running.kill()
    postgis.drop(name)


@pytest.fixture(params=["GeoPackage", "PostGIS"], scope="session")
def either_service(request):
    """The service over each kind of store, one after the other."""
    names = {"GeoPackage": "service", "PostGIS": "database_service"}
    return request.getfixturevalue(names[request.param])
