"""The notebooks as files: without outputs, on public names alone; `make notebooks` runs them."""

from __future__ import annotations

import ast
import base64
import io
import json
import os
from importlib import import_module
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

import geo_ree

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def _cells(path, kind):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(c["source"]) for c in cells if c["cell_type"] == kind]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_kept_without_outputs(path):
    code = [
        c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"
    ]
    assert len(code) > 4
    assert not any(c["outputs"] or c["execution_count"] for c in code)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_calls_public_names_only(path):
    tree = ast.parse("\n".join(_cells(path, "code")))
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("geo_ree."):
            module = import_module(node.module)
            public = getattr(module, "__all__", None) or [n for n in vars(module) if n[0] != "_"]
            assert {name.name for name in node.names} <= {*public}
        if isinstance(node, ast.Import):
            assert not any(name.name.startswith("geo_ree.") for name in node.names)
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_") or node.attr.startswith("__")
            if isinstance(node.value, ast.Name) and node.value.id == "geo_ree":
                used.add(node.attr)
    assert used
    assert used <= {*geo_ree.__all__}


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_ends_with_what_to_try_next(path):
    assert _cells(path, "markdown")[-1].startswith("## What to try next")
    assert _cells(path, "markdown")[0].startswith("# ")


def test_a_figure_is_a_picture_in_the_notebook(monkeypatch):
    paths = [str(FOLDER.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    code = """
import pandas as pd
import geo_ree
from IPython.display import display

table = pd.DataFrame({
    "id": ["a", "b"], "name": ["A", "B"], "country": "KGZ", "role": "candidate", "score": [60.0, 40.0],
    "score_p5": 30.0, "score_p95": 70.0, "rank_in_role": [1, 2], "rank_p5": 1, "rank_p95": 2,
    "not_separable_from": ["b", "a"],
    "dist_road_km": [3.0, 9.0], "err_road_km": 2.0})
display(geo_ree.plot_ranking(table))
geo_ree.plot_distances(table)
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, timeout=120).execute()
    shown = [o["data"] for o in notebook.cells[0]["outputs"] if "data" in o]
    assert len(shown) == 2
    for output in shown:
        with Image.open(io.BytesIO(base64.b64decode(output["image/png"]))) as picture:
            assert picture.width == 990
            assert picture.convert("L").getextrema()[0] < 60
