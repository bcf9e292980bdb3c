"""The page's scripts and styles, linted; its markup without code."""

import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from geo_ree.maps.style import LINES, POINTS, ROUTE_COLOURS

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "geo_ree" / "maps" / "assets"
HOME = ROOT / ".servers" / "page"
ESLINT = HOME / "node_modules" / "eslint" / "bin" / "eslint.js"


@pytest.fixture(scope="module")
def lint(require):
    node = shutil.which("node")
    require(node is not None, "node is missing: make servers installs it")
    require(ESLINT.exists(), f"{ESLINT} is missing: make servers installs it")

    def run(path):
        config = HOME / "eslint.config.mjs"
        return subprocess.run(
            [
                node,
                str(ESLINT),
                "--no-warn-ignored",
                "--max-warnings",
                "0",
                "-c",
                str(config),
                str(path),
            ],
            capture_output=True,
            text=True,
            cwd=path if path.is_dir() else path.parent,
            check=False,
        )

    return run


@pytest.mark.slow
def test_scripts_and_styles_pass_the_lint(lint):
    done = lint(ASSETS)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        (
            "a.js",
            '"use strict";\ngeoRee.el("p").innerHTML = geoRee.data.name;\n',
            "no-restricted-syntax",
        ),
        ("a.js", '"use strict";\neval("1");\n', "no-eval"),
        ("a.js", '"use strict";\nundefinedThing();\n', "no-undef"),
        ("a.js", '"use strict";\nvar unused = 1;\n', "no-unused-vars"),
        ("a.css", "p { colr: red; }\n", "no-invalid-properties"),
    ],
)
def test_the_lint_finds_what_it_is_for(lint, tmp_path, name, text, rule):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    done = lint(path)
    assert rule in done.stdout
    assert done.returncode == 1


def test_every_asset_is_in_the_page():
    listed = (ROOT / "geo_ree" / "maps" / "document.py").read_text(encoding="utf-8")
    names = [f.name for f in (files("geo_ree.maps") / "assets").iterdir()]
    assert [n for n in names if f'"{n}"' not in listed] == []


def test_the_markup_has_no_code_in_it():
    body = (ASSETS / "body.html").read_text(encoding="utf-8")
    assert not re.search(r"\s(style|on[a-z]+)\s*=", body)
    assert "<script" not in body


def _luminance(colour):
    digits = colour.lstrip("#")
    digits = "".join(2 * c for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one, other):
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_mark_of_the_map_has_contrast_in_light_and_dark():
    """3:1 on land, in the scored countries and beyond (WCAG 2.2, 1.4.11); each dark colour stands once."""
    text = (ASSETS / "map_colours.css").read_text()
    light, dark = (
        dict(re.findall(r"--map-([\w-]+): (#[0-9a-f]+)", block))
        for block in re.findall(r"\{([^{}]*)\}", text)
    )
    marks = {"edge", "unranked", "uncertain", "chosen", "gateways", "power_plants", "settlements"}
    marks |= {"railways", "railways_planned", "power_lines"}
    layers = {"airports", "earthquakes", "tailings", "audit"}
    routes = {f"route-{mode}" for mode in ROUTE_COLOURS}
    styles = {slug: style["color"] for slug, style in {**POINTS, **LINES}.items()}
    light |= {slug: styles[slug] for slug in layers}
    light |= {f"route-{mode}": colour for mode, colour in ROUTE_COLOURS.items()}
    for scheme in (light, dark):
        for mark in sorted(marks | layers | routes):
            for ground in ("land", "far"):
                assert _contrast(scheme[mark], scheme[ground]) >= 3.0, (mark, ground)
