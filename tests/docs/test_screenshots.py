"""The pictures of the page in the documentation are those of the listed states."""

import re
import runpy
from pathlib import Path

import pytest
from PIL import Image

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "docs/screenshots"
TOOL = runpy.run_path(str(PROJECT / "tools/write_screenshots.py"), run_name="write_screenshots")
STATES = TOOL["STATES"]


@pytest.mark.parametrize("name", STATES)
def test_each_state_has_a_picture_of_its_size(name):
    path = FOLDER / f"{name}.webp"
    assert path.stat().st_size <= TOOL["LARGEST"]
    with Image.open(path) as picture:
        assert picture.format == "WEBP"
        assert picture.size == STATES[name].size
        assert len(picture.convert("RGB").resize((60, 60)).getcolors(3600)) > 20  # not blank


def test_the_dark_picture_is_dark_and_the_others_are_light():
    for name in STATES:
        with Image.open(FOLDER / f"{name}.webp") as picture:
            shade = picture.convert("L").resize((1, 1)).getpixel((0, 0))
        assert (shade < 128) == (STATES[name].scheme == "dark")


def test_the_guide_shows_every_picture_and_no_other_lies_beside_them():
    text = (PROJECT / "docs/page.md").read_text(encoding="utf-8")
    shown = re.findall(r"\(screenshots/([\w-]+)\.webp\)", text)
    assert sorted(shown) == sorted(STATES) == sorted(p.stem for p in FOLDER.iterdir())


def test_the_states_are_those_a_reader_meets():
    states = STATES.values()
    assert {s.size[0] for s in states} >= {390, 1280, 1440, 1920}
    assert any(s.media == "print" for s in states)
    assert any(s.language.startswith("ru") for s in states)
    assert any(not s.scripted for s in states)
