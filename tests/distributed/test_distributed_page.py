"""The Python of docs/distributed.md runs as it stands, that of docs/scale.md with fewer points."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "distributed.md").read_text(encoding="utf-8")
SCALE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
BOX = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYTHON = BOX.findall(PAGE)


def run(code, folder):
    """Run lines of a page in a process of their own; give what they print."""
    script = folder / "block.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_lines_to_copy_run(tmp_path, scheduler):
    """Here and on local workers; the marker that `scheduler` brings keeps both out of make test."""
    assert len(PYTHON) == 2
    for code in PYTHON:
        run(code, tmp_path)
    found, there = (pd.read_parquet(tmp_path / out) for out in ("answers", "answers-local"))
    assert found["target"].tolist() == ["Kemin", "else"]
    pd.testing.assert_frame_equal(found, there)


def test_the_first_run_of_the_page_on_scale_goes_on_where_a_file_is_missing(tmp_path, scheduler):
    (code,) = BOX.findall(SCALE)
    removed = re.findall(r"^Remove `(try/answers/[^`]*)`", SCALE, re.MULTILINE)
    few = code.replace("(100_000, 2)", "(1_000, 2)").replace("(2_000, ", "(40, ")
    few = few.replace('open_cluster("local", 2)', f'open_cluster("{scheduler.address}")')
    assert not re.search("100_000|2_000|local", few)
    assert re.search(r"^count +4000\.0", run(few, tmp_path), re.MULTILINE)
    files = sorted((tmp_path / "try/answers").glob("part-*.parquet"))
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
    gone = {tmp_path / name for name in removed}
    assert gone and gone < set(files)
    for path in gone:
        path.unlink()
    run(few, tmp_path)
    for path, (content, time) in before.items():
        assert path.read_bytes() == content
        assert (path.stat().st_mtime_ns == time) == (path not in gone)


def test_the_verbs_of_the_page_are_those_of_the_package():
    import geo_ree.distributed

    verbs = re.findall(r"`(\w+)(?=[`(])", PAGE[PAGE.index("| verb |") : PAGE.index("A table is")])
    for verb in ("nearest", "measure", "surface", "suitability", "merge", "score"):
        assert verb in verbs
        assert callable(getattr(geo_ree.distributed, verb))
