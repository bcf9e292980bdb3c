"""The Python of docs/distributed.md runs as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "distributed.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_lines_to_copy_run(tmp_path, scheduler):
    """Here and on local workers; the marker that `scheduler` brings keeps both out of make test."""
    assert len(PYTHON) == 2
    for number, code in enumerate(PYTHON):
        script = tmp_path / f"block{number}.py"
        script.write_text(code, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(script)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    found, there = (pd.read_parquet(tmp_path / out) for out in ("answers", "answers-local"))
    assert found["target"].tolist() == ["Kemin", "else"]
    pd.testing.assert_frame_equal(found, there)


def test_the_verbs_of_the_page_are_those_of_the_package():
    import geo_ree.distributed

    verbs = re.findall(r"`(\w+)(?=[`(])", PAGE[PAGE.index("| verb |") : PAGE.index("A table is")])
    for verb in ("nearest", "measure", "surface", "suitability", "merge", "score"):
        assert verb in verbs
        assert callable(getattr(geo_ree.distributed, verb))
