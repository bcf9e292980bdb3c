from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from geo_ree.errors import RenderError, SettingsError
from geo_ree.outputs import browser

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
def test_a_screenshot_has_the_size_asked_for(page, tmp_path, monkeypatch, require):
    require(CHROMIUM.exists(), f"{CHROMIUM} is missing")
    monkeypatch.delenv("GEO_REE_BROWSER", raising=False)
    taken = browser.screenshot(page, tmp_path / "deep" / "page.png", width=640, height=480)
    with Image.open(taken) as image:
        assert image.size == (640, 480)
        assert image.convert("RGB").getpixel((320, 240)) == (0xAB, 0xCD, 0xEF)


def test_without_a_browser_the_error_has_a_hint(page, tmp_path, monkeypatch):
    monkeypatch.delenv("GEO_REE_BROWSER", raising=False)
    monkeypatch.setattr(browser, "_by_playwright", lambda: None)
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    with pytest.raises(RenderError, match=r"no browser .*; install Chromium or Chrome, or name"):
        browser.screenshot(page, tmp_path / "page.png")
    assert not (tmp_path / "page.png").exists()


def test_a_browser_that_fails_leaves_no_picture(page, tmp_path, monkeypatch):
    broken = _program(tmp_path, "echo 'cannot open display' >&2; exit 3")
    monkeypatch.setenv("GEO_REE_BROWSER", str(broken))
    (tmp_path / "page.png").write_bytes(b"older")
    with pytest.raises(RenderError, match="made no picture: cannot open display"):
        browser.screenshot(page, tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes() == b"older"


def test_a_file_that_is_not_a_png_is_not_kept(page, tmp_path, monkeypatch):
    liar = _program(
        tmp_path, 'for a in "$@"; do case "$a" in --screenshot=*) echo no > "${a#*=}";; esac; done'
    )
    monkeypatch.setenv("GEO_REE_BROWSER", str(liar))
    with pytest.raises(RenderError, match="ended without a picture"):
        browser.screenshot(page, tmp_path / "page.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["browser", "page.html"]


def test_a_pdf_needs_a_name_a_page_and_a_browser(page, tmp_path, monkeypatch):
    with pytest.raises(SettingsError, match="page.ps is not a PDF; let the name end in .pdf"):
        browser.print_pdf(page, tmp_path / "page.ps")
    with pytest.raises(RenderError, match="there is no page"):
        browser.print_pdf(tmp_path / "none.html", tmp_path / "page.pdf")
    liar = _program(
        tmp_path,
        'for a in "$@"; do case "$a" in --print-to-pdf=*) echo no > "${a#*=}";; esac; done',
    )
    monkeypatch.setenv("GEO_REE_BROWSER", str(liar))
    with pytest.raises(RenderError, match="ended without a PDF"):
        browser.print_pdf(page, tmp_path / "page.pdf")
    monkeypatch.delenv("GEO_REE_BROWSER")
    monkeypatch.setattr(browser, "_by_playwright", lambda: None)
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    with pytest.raises(RenderError, match=r"no browser .*; install Chromium or Chrome, or name"):
        browser.print_pdf(page, tmp_path / "page.pdf")
    assert not (tmp_path / "page.pdf").exists()


@pytest.mark.browser
def test_a_pdf_is_printed_as_the_page_asks(page, tmp_path, monkeypatch, require):
    require(CHROMIUM.exists(), f"{CHROMIUM} is missing")
    monkeypatch.setenv("GEO_REE_BROWSER", str(CHROMIUM))
    page.write_text("<style>@page { size: A5 }</style>one sheet", encoding="utf-8")
    printed = PdfReader(browser.print_pdf(page, tmp_path / "deep" / "page.pdf"))
    assert len(printed.pages) == 1
    assert printed.pages[0].extract_text().strip() == "one sheet"  # no address, no date
    assert float(printed.pages[0].mediabox.width) == pytest.approx(148 / 25.4 * 72, abs=1)


def test_the_browser_resolves_no_address(page, tmp_path, monkeypatch):
    spy = _program(tmp_path, f'printf "%s\\n" "$@" > {tmp_path}/arguments; exit 1')
    monkeypatch.setenv("GEO_REE_BROWSER", str(spy))
    with pytest.raises(RenderError, match="exit status 1"):
        browser.screenshot(page, tmp_path / "page.png", width=300, height=200)
    arguments = (tmp_path / "arguments").read_text(encoding="utf-8").splitlines()
    assert "--host-resolver-rules=MAP * ~NOTFOUND" in arguments
    assert "--window-size=300,200" in arguments
    assert arguments[-1] == page.as_uri()


def test_wrong_names_are_errors(page, tmp_path, monkeypatch):
    monkeypatch.setenv("GEO_REE_BROWSER", "no-such-browser")
    with pytest.raises(
        RenderError, match="GEO_REE_BROWSER names no-such-browser, which is not a program"
    ):
        browser.screenshot(page, tmp_path / "page.png")
    with pytest.raises(RenderError, match="there is no page"):
        browser.screenshot(tmp_path / "none.html", tmp_path / "page.png")
    with pytest.raises(SettingsError, match="let the name end in .png"):
        browser.screenshot(page, tmp_path / "page.jpg")


@pytest.mark.parametrize("text", ["1600", "x", "99x99", "1600x1000x2", "-300x300", "٣٠٠x300"])
def test_an_invalid_size_is_refused(text):
    with pytest.raises(SettingsError, match="invalid image size"):
        browser.parse_size(text)
