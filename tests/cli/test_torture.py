"""Commands that are killed: a small part of what make torture does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import geo_ree

ROOT = Path(geo_ree.__file__).parents[1]

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="it waits for orphans as Linux does"),
    pytest.mark.slow,
]


@pytest.mark.parametrize("command", ["build", "fetch"])
def test_a_killed_command_leaves_old_or_new_outputs_and_nothing_else(command):
    words = [ROOT / "tools" / "torture.py", "--kills", "3", "--seed", "7", "--jobs", "1"]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *map(str, words), "--only", command],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 kills" in done.stdout and "all promises kept" in done.stdout
