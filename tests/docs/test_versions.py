"""The version stands in geo_ree/_version.py; all else that names it agrees."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).parents[2]


def _tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PROJECT / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project ready for the release of 1.2.3."""
    (tmp_path / "geo_ree").mkdir()
    (tmp_path / "geo_ree" / "_version.py").write_text('"""Doc."""\n\n__version__ = "1.2.3"\n')
    (tmp_path / "CITATION.cff").write_text("version: 1.2.3\ndate-released: 2030-01-02\n")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [1.2.3] - 2030-01-02\n\n- a thing\n")
    return tmp_path


def test_citation_and_changelog_agree_with_the_package():
    assert _tool("check_version").problems() == []


def test_a_release_that_agrees_has_no_problems(project):
    assert _tool("check_version").problems("v1.2.3", project) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "tag", "parts"),
    [
        ("CITATION.cff", "version: 1.2.3", "version: 1.2.2", None, ("CITATION.cff", "1.2.2")),
        ("CHANGELOG.md", "[1.2.3]", "[1.3.0]", None, ("CHANGELOG.md", "1.3.0")),
        ("CHANGELOG.md", "[1.2.3] - 2030-01-02", "[Unreleased]", "v1.2.3", ("no heading", "1.2.3")),
        ("CITATION.cff", "2030-01-02", "2029-12-31", "v1.2.3", ("2029-12-31", "2030-01-02")),
        ("CITATION.cff", "", "", "v1.2.4", ("tag", "v1.2.4", "1.2.3")),
        ("CITATION.cff", "", "", "1.2.3", ("tag", "1.2.3")),
    ],
)
def test_what_differs_is_named(project, file, old, new, tag, parts):
    path = project / file
    path.write_text(path.read_text().replace(old, new) if old else path.read_text())
    (problem,) = _tool("check_version").problems(tag, project)
    assert all(part in problem for part in parts)


def test_the_lowest_versions_are_the_bounds_of_the_project(tmp_path):
    path = tmp_path / "pyproject.toml"
    path.write_text(
        '[project]\nname = "x"\ndependencies = ["numpy>=2.0", "folium>=0.20,<0.21"]\n'
        '[project.optional-dependencies]\ntest = ["pytest>=8.3"]\n'
    )
    lowest = _tool("lowest_versions").lowest_versions(path)
    assert lowest == ["numpy==2.0", "folium==0.20"]
