"""The notebooks as files: without outputs, on public names alone; `make notebooks` runs them."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import geo_ree

FOLDER = Path(__file__).parents[1] / "notebooks"
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
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("geo_ree")
        if isinstance(node, ast.Import):
            assert not any(name.name.startswith("geo_ree.") for name in node.names)
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_") or node.attr.startswith("__")
            if isinstance(node.value, ast.Name) and node.value.id == "geo_ree":
                used.add(node.attr)
    assert used
    assert used <= {*geo_ree.__all__}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_ends_with_what_to_try_next(path):
    assert _cells(path, "markdown")[-1].startswith("## What to try next")
    assert _cells(path, "markdown")[0].startswith("# ")
