"""The commands' tests look at what a command does around the run: they share one run."""

import shutil
from types import SimpleNamespace

import pytest

from geo_ree.pipeline import result as pipeline


@pytest.fixture
def lent_run(starter_run, monkeypatch):
    """Puts the one starter run in the place of each run, and records how it was called."""
    calls = []

    def run(settings=None, options=None, *, out=None, page=True, tell=print, **_):
        calls.append(SimpleNamespace(settings=settings, options=options, out=out, page=page))
        if out is not None:
            leave_out = () if page else ("map.html",)
            shutil.copytree(
                starter_run.out, out, ignore=shutil.ignore_patterns(*leave_out), dirs_exist_ok=True
            )
        return starter_run.result

    monkeypatch.setattr(pipeline, "run", run)
    return calls
