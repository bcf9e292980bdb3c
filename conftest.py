"""Shared by the tests and the examples in docstrings: one run on the starter data for all of them."""

from __future__ import annotations

import os
import pickle
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
from filelock import FileLock

# A property is a property on a slow machine, too: no deadline for an example.
hypothesis.settings.register_profile(
    "geo_ree", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("geo_ree")

# A shell that starts tests in the background lets them ignore Ctrl-C, and so the commands that they interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

Make = Callable[[Path], Any]

# A test needs what its fixtures start; -m chooses among tests by these marks.
MARKS = {
    "starter_run": ("slow",),
    "mirror": ("mirror",),
    "facts": ("mirror",),
    "browser": ("browser",),
    "visit": ("browser",),
    "firefox": ("browser",),
    "site": ("servers",),
    "other_site": ("servers",),
    "serve": ("servers",),
    "koop": ("servers",),
    "mapserver": ("servers",),
    "pygeoapi": ("servers",),
    "s3": ("servers",),
    "scheduler": ("services",),
    "postgis": ("services",),
    "served": ("services",),
    "service": ("services",),
    "start_service": ("services",),
    "either_service": ("services",),
}
RUNS = re.compile(r"\brun\(")


@pytest.hookimpl(tryfirst=True)  # before -m is applied
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by their fixtures, and leave live tests out unless -m names them."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            for mark in MARKS.get(fixture, ()):
                item.add_marker(mark)
        example = getattr(item, "dtest", None)
        if example is not None and any(RUNS.search(e.source) for e in example.examples):
            item.add_marker("slow")
    # what takes one process minutes begins first: at the end the other processes would wait for it
    items.sort(key=lambda item: item.get_closest_marker("longest") is None)
    if "live" in str(config.option.markexpr):
        return
    live = [item for item in items if item.get_closest_marker("live")]
    if live:
        config.hook.pytest_deselected(items=live)
        items[:] = [item for item in items if item not in live]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Make], Any]:
    """Gives a function that makes a thing once for all worker processes of pytest-xdist.

    The first worker that asks makes it, in a folder of its own; the others wait and load its copy.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent

    def get(name: str, make: Make) -> Any:
        home = folder / f"shared-{name}"
        stored = home / "stored.pickle"
        with FileLock(folder / f"shared-{name}.lock"):
            if not stored.exists():
                home.mkdir(exist_ok=True)
                stored.write_bytes(pickle.dumps(make(home)))
        return pickle.loads(stored.read_bytes())

    return get


@pytest.fixture(scope="session")
def starter_run(shared: Callable[[str, Make], Any]) -> SimpleNamespace:
    """The one run on the starter data: its `result`, and the folders `out` and `data`.

    Tests that change the result work on copies.
    """
    import geo_ree

    def make(home: Path) -> SimpleNamespace:
        settings = geo_ree.Settings(data_root=home / "data")
        result = geo_ree.run(settings, geo_ree.Options(draws=200), out=home / "out")
        return SimpleNamespace(result=result, out=home / "out", data=home / "data")

    return shared("starter-run", make)


@pytest.fixture(autouse=True)
def nobody_changes_the_starter_run(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that keeps a run of its own among the shared files fails itself, not the next one."""
    used = "starter_run" in request.fixturenames
    yield
    if used:
        stored = request.getfixturevalue("starter_run").data / "processed" / "runs"
        kept = sorted(p.name for p in stored.iterdir() if p.is_dir())
        assert len(kept) == 1, f"a test wrote into the data folder of the starter run: {kept}"


@pytest.fixture(autouse=True)
def shared_run_in_examples(
    request: pytest.FixtureRequest,
    doctest_namespace: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Examples in docstrings that run the pipeline by default get the one starter run."""
    if "slow" not in request.node.keywords or not hasattr(request.node, "dtest"):
        return
    import geo_ree
    from geo_ree.pipeline import result

    real = result.run

    def run(settings: Any = None, options: Any = None, **rest: Any) -> Any:
        plain = options is None or replace(options, draws=1) == geo_ree.Options(draws=1)
        if plain and not rest:
            return request.getfixturevalue("starter_run").result
        return real(settings, options, **rest)

    monkeypatch.setitem(doctest_namespace, "run", run)
    monkeypatch.setattr(result, "run", run)
    monkeypatch.setattr(geo_ree, "run", run)
