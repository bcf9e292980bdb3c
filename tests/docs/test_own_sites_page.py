"""docs/own-sites.md: a newcomer who types what it says gets what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from geo_ree.cli.app import main

PAGE = (Path(__file__).parents[2] / "docs" / "own-sites.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PYTHON = [text for language, text in BLOCKS if language == "python"]
COMMANDS = [text.strip() for language, text in BLOCKS if language == "bash"]
TABLE = re.compile(r"^ +\d+ \| +[\d-]+ \| (.+?) +\| (\w{3}) ", re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for text in PYTHON[:2]:
        exec(text, {})
    return tmp_path


def call(command: str, *more: str) -> str:
    name, *words = shlex.split(command)
    assert name == "geo-ree"
    done = CliRunner().invoke(main, [*words, *more])
    assert done.exit_code == 0, done.output
    return done.output


def shown(heading: str, nth: int) -> str:
    part = PAGE.partition(f"## {heading}")[2]
    return re.findall(r"^```text\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)[nth]


@pytest.mark.slow
def test_the_sheet_of_kazakhstan(folder: Path) -> None:
    text = call(COMMANDS[0], "--draws", "50")
    for site, country in TABLE.findall(shown("Five sites in Kazakhstan", 0)):
        assert re.search(rf"\W{site} +\W+{country}\W", text), site
    head = (folder / "kazakhstan" / "scores.csv").read_text(encoding="utf-8").split("\n")[0]
    assert "TREO_pct" in head
    assert (folder / "kazakhstan" / "map.html").is_file()


def test_the_sites_of_uganda_get_an_answer_then_a_score(folder: Path) -> None:
    assert len(COMMANDS) == 4
    answer = shown("Five sites in Uganda", 0)
    text = call(COMMANDS[2], "--draws", "50")
    for line in answer.strip().splitlines():
        assert line in text, line
    fetch = re.search(r"geo-ree (fetch .*)", answer)
    assert fetch is not None
    done = CliRunner().invoke(main, [*shlex.split(fetch[1]), "--offline"])
    assert done.exit_code == 1, "the command is one; offline, each source fails by itself"
    assert "overture_transport" in done.output
    text = call(COMMANDS[3], "--draws", "50")
    for site, country in TABLE.findall(shown("Five sites in Uganda", 1)):
        assert re.search(rf"\W{site} +\W+{country}\W", text), site
    names: dict[str, object] = {}
    exec(PYTHON[2], names)
    assert names["result"].table["score"].notna().all()  # type: ignore[attr-defined]
