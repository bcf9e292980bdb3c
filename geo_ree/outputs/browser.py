"""Screenshots and PDFs of pages, made by a headless browser without access to the network."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from geo_ree import storage
from geo_ree.errors import RenderError, SettingsError

logger = logging.getLogger(__name__)


_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
_FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-device-scale-factor=1",
)
_PLAIN_PDF = ("--no-pdf-header-footer",)
_WINDOW = (1_600, 1_000)
_SETTLE_MS = 1_500
_LONGEST_S = 90
_HINT = (
    "install Chromium or Chrome, or name one in GEO_REE_BROWSER, or pip install playwright and run "
    "playwright install chromium; the page itself needs none of this"
)


def screenshot(page: Path, picture: Path, *, width: int = 1600, height: int = 1000) -> Path:
    """Take a screenshot of a page.

    Parameters
    ----------
    page
        HTML file.
    picture
        PNG file to write, whole or not at all.
    width, height
        Size of the window in pixels.

    Returns
    -------
    pathlib.Path
        The picture.

    Raises
    ------
    RenderError
        If the page or a browser is missing, or if the browser fails.
    SettingsError
        If the picture cannot be written.

    Notes
    -----
    Browsers are tried in this order: the one named in ``GEO_REE_BROWSER``, the one of playwright,
    an installed one. The browser resolves no address, so a page that needs the network is shown
    without what it would load.
    """
    check_name(picture, "png")
    return _draw(page, picture, (width, height), b"\x89PNG\r\n\x1a\n")


def print_pdf(page: Path, file: Path) -> Path:
    """Print a page of geo_ree as PDF, A4: its summary on the first sheet, then the best dossiers.

    Parameters
    ----------
    page
        HTML file.
    file
        PDF file to write, whole or not at all.

    Returns
    -------
    pathlib.Path
        The PDF file.

    Raises
    ------
    RenderError
        If the page or a browser is missing, or if the browser fails.
    SettingsError
        If the file cannot be written.

    Notes
    -----
    The browser is found as for `screenshot`, and resolves no address either.
    """
    check_name(file, "pdf")
    return _draw(page, file, None, b"%PDF-")


def check_name(file: Path, ending: str) -> None:
    """Raise a SettingsError unless the name of a file ends as its kind does, such as ``pdf``."""
    if file.suffix.lower() != f".{ending}":
        raise SettingsError(
            f"{file.name} is not a {ending.upper()}", f"let the name end in .{ending}"
        )


def _draw(page: Path, file: Path, size: tuple[int, int] | None, start: bytes) -> Path:
    """Let a browser write a file, whose first bytes say what it is."""
    if not page.is_file():
        raise RenderError(f"there is no page {page}", "make it with geo-ree map")
    with storage.atomic_path(file) as draft:
        draw = _find_browser_use()
        draw(page.resolve(), draft.resolve(), size)
        if not draft.is_file() or not draft.read_bytes().startswith(start):
            raise RenderError(f"the browser ended without a {_product(size)}", _HINT)
    return file


def _product(size: tuple[int, int] | None) -> str:
    return "PDF" if size is None else "picture"


def parse_size(text: str) -> tuple[int, int]:
    """Parse a size such as ``1600x1000`` into width and height, 200 to 10,000 pixels each."""
    words = text.lower().replace("×", "x").split("x")
    if len(words) == 2 and all(w.isascii() and w.isdigit() for w in words):
        wide, high = int(words[0]), int(words[1])
        if 200 <= wide <= 10_000 and 200 <= high <= 10_000:
            return wide, high
    raise SettingsError(
        f"invalid image size {text!r}",
        "give width and height from 200 to 10000 pixels, for instance 1600x1000",
    )


Use = Callable[[Path, Path, tuple[int, int] | None], None]
"""Draw a page into a file: a screenshot of a size in pixels, or a PDF without one."""


def _find_browser_use() -> Use:
    """Find a browser that can draw the page."""
    named = os.environ.get("GEO_REE_BROWSER")
    if named:
        if shutil.which(named) is None:
            raise RenderError(f"GEO_REE_BROWSER names {named}, which is not a program", _HINT)
        return _by_program(named)
    return _by_playwright() or _by_program(find_browser())


def find_browser() -> str:
    """Find an installed Chromium or Chrome."""
    found = next((p for p in map(shutil.which, (*_BROWSERS, *_PLACES)) if p), None)
    if found is None:
        raise RenderError("no browser is available to draw the page", _HINT)
    return found


def _by_playwright() -> Use | None:
    """Use playwright with its own browser; None if either is missing."""
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415, optional
    except ImportError:
        return None

    def draw(page: Path, draft: Path, size: tuple[int, int] | None) -> None:
        wide, high = size or _WINDOW
        try:
            with sync_playwright() as play:
                browser = play.chromium.launch()
                context = browser.new_context(
                    viewport={"width": wide, "height": high}, offline=True
                )
                sheet = context.new_page()
                sheet.goto(page.as_uri())
                sheet.wait_for_timeout(_SETTLE_MS)
                if size is None:
                    sheet.pdf(path=draft, prefer_css_page_size=True, print_background=True)
                else:
                    sheet.screenshot(path=draft)
                browser.close()
        except Error as error:
            raise RenderError(f"playwright: {_first_line(str(error))}", _HINT) from error

    try:
        with sync_playwright() as play:
            own = Path(play.chromium.executable_path).is_file()
    except Error as error:  # for instance inside the event loop of a notebook
        logger.info("playwright cannot be used here: %s", _first_line(str(error)))
        return None
    return draw if own else None


def _by_program(program: str) -> Use:
    def draw(page: Path, draft: Path, size: tuple[int, int] | None) -> None:
        wide, high = size or _WINDOW
        to_file = (f"--screenshot={draft}",) if size else (f"--print-to-pdf={draft}", *_PLAIN_PDF)
        with storage.scratch_folder() as profile:
            command = [
                program,
                *_FLAGS,
                *_as_root(),
                f"--user-data-dir={profile}",
                f"--virtual-time-budget={2 * _SETTLE_MS}",
                f"--window-size={wide},{high}",
                *to_file,
                page.as_uri(),
            ]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=_LONGEST_S, check=False
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise RenderError(f"{program}: {_first_line(str(error))}", _HINT) from error
        if done.returncode or not draft.is_file():
            reason = _first_line(done.stderr) or f"exit status {done.returncode}"
            raise RenderError(f"{program} made no {_product(size)}: {reason}", _HINT)

    return draw


def _as_root() -> list[str]:
    """Chromium refuses its sandbox to root; the page is our own file and loads nothing."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def _first_line(text: str) -> str:
    return next((line.strip()[:200] for line in text.splitlines() if line.strip()), "")
