"""No cell of a table begins with a formula, whichever separator a spreadsheet takes."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from geo_ree.outputs.table_files import write_csv

RUNS = ("=", "+", "-", "@", "\t", "\r")
TEXTS = (
    *(f"{start}cmd|' /C calc'!A0" for start in RUNS),
    *(f"a;{start}cmd" for start in RUNS),
    *(f"a;;{start}cmd;{start}b" for start in RUNS),
    'a",=cmd;=b',
    "=1\n;=2",
    "a,\n=2",
)


@pytest.mark.parametrize("separator", [",", ";"])
def test_no_cell_begins_with_a_formula(tmp_path: Path, separator: str):
    path = tmp_path / "a.csv"
    write_csv(pd.DataFrame({"x": range(len(TEXTS)), "name": TEXTS}), path)
    with path.open(encoding="utf-8", newline="") as stream:
        cells = [cell for row in csv.reader(stream, delimiter=separator) for cell in row]
    assert len(cells) > len(TEXTS)
    assert not [cell for cell in cells if cell.startswith(RUNS)]


def test_what_is_no_formula_stays(tmp_path: Path):
    kept = ["a; -5 m", "Kutessay II", "a-b;c+d", "x=1", "", "'quoted'"]
    write_csv(pd.DataFrame({"name": kept, "z": -1.5}), tmp_path / "a.csv")
    read = pd.read_csv(tmp_path / "a.csv", keep_default_na=False)
    assert list(read["name"]) == kept
    assert set(read["z"]) == {-1.5}
