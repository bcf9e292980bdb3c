import os
from pathlib import Path

import pytest
from PIL import Image

from geo_ree.errors import RenderError, SettingsError
from geo_ree.outputs import screenshot as pictures

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(
        "<body style='margin:0;background:#123456'><script>document.body.style.background='#abcdef';"
        "fetch('http://127.0.0.1:9/x').catch(() => {})</script></body>",
        encoding="utf-8",
    )
    return path


def _program(tmp_path, text):
    path = tmp_path / "browser"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.browser
def test_a_page_is_photographed_in_the_size_asked_for(page, tmp_path, monkeypatch):
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"the browser tests cannot run: {CHROMIUM} is missing")
        pytest.skip(f"the browser tests cannot run: {CHROMIUM} is missing")
    monkeypatch.delenv("GEO_REE_BROWSER", raising=False)
    taken = pictures.photograph(page, tmp_path / "deep" / "page.png", width=640, height=480)
    with Image.open(taken) as image:
        assert image.size == (640, 480)
        assert image.convert("RGB").getpixel((320, 240)) == (0xAB, 0xCD, 0xEF)


def test_without_a_browser_the_cure_is_named(page, tmp_path, monkeypatch):
    monkeypatch.delenv("GEO_REE_BROWSER", raising=False)
    monkeypatch.setattr(pictures, "_by_playwright", lambda: None)
    monkeypatch.setattr(pictures.shutil, "which", lambda name: None)
    with pytest.raises(
        RenderError, match=r"no browser is there .*; install Chromium or Chrome, or name"
    ):
        pictures.photograph(page, tmp_path / "page.png")
    assert not (tmp_path / "page.png").exists()


def test_a_browser_that_fails_leaves_no_picture(page, tmp_path, monkeypatch):
    broken = _program(tmp_path, "echo 'cannot open display' >&2; exit 3")
    monkeypatch.setenv("GEO_REE_BROWSER", str(broken))
    (tmp_path / "page.png").write_bytes(b"older")
    with pytest.raises(RenderError, match="took no picture: cannot open display"):
        pictures.photograph(page, tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes() == b"older"


def test_a_picture_that_is_none_is_not_kept(page, tmp_path, monkeypatch):
    liar = _program(
        tmp_path, 'for a in "$@"; do case "$a" in --screenshot=*) echo no > "${a#*=}";; esac; done'
    )
    monkeypatch.setenv("GEO_REE_BROWSER", str(liar))
    with pytest.raises(RenderError, match="ended without a picture"):
        pictures.photograph(page, tmp_path / "page.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["browser", "page.html"]


def test_the_browser_is_told_to_resolve_no_address(page, tmp_path, monkeypatch):
    spy = _program(tmp_path, f'printf "%s\\n" "$@" > {tmp_path}/told; exit 1')
    monkeypatch.setenv("GEO_REE_BROWSER", str(spy))
    with pytest.raises(RenderError, match="exit status 1"):
        pictures.photograph(page, tmp_path / "page.png", width=300, height=200)
    told = (tmp_path / "told").read_text(encoding="utf-8").splitlines()
    assert "--host-resolver-rules=MAP * ~NOTFOUND" in told
    assert "--window-size=300,200" in told
    assert told[-1] == page.as_uri()


def test_wrong_names_are_told(page, tmp_path, monkeypatch):
    monkeypatch.setenv("GEO_REE_BROWSER", "no-such-browser")
    with pytest.raises(
        RenderError, match="GEO_REE_BROWSER names no-such-browser, which is no program"
    ):
        pictures.photograph(page, tmp_path / "page.png")
    with pytest.raises(RenderError, match="there is no page"):
        pictures.photograph(tmp_path / "none.html", tmp_path / "page.png")
    with pytest.raises(SettingsError, match="let the name end in .png"):
        pictures.photograph(page, tmp_path / "page.jpg")


@pytest.mark.parametrize("text", ["1600", "x", "99x99", "1600x1000x2", "-300x300", "٣٠٠x300"])
def test_a_senseless_size_is_refused(text):
    with pytest.raises(SettingsError, match="is no size of a picture"):
        pictures.parse_size(text)
