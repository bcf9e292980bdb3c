"""The names that `geo_ree` offers: few, typed, loaded when they are used."""

import ast
import subprocess
import sys
from pathlib import Path

import geo_ree

STUB = Path(geo_ree.__file__).with_name("__init__.pyi")


def test_every_public_name_is_there_and_they_are_few():
    assert len(geo_ree.__all__) <= 50, "about fifty names and the version"
    for name in geo_ree.__all__:
        assert getattr(geo_ree, name) is not None


def test_the_stub_lists_what_it_imports():
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    imported = {a.name for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names}
    (listed,) = [n.value for n in tree.body if isinstance(n, ast.Assign)]
    assert sorted(ast.literal_eval(listed)) == sorted(imported) == sorted(geo_ree.__all__)


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, geo_ree; print({'numba', 'geopandas', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
