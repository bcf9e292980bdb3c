"""Screenshots of pages, taken by a headless browser without access to the network."""

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
    if not page.is_file():
        raise RenderError(f"there is no page {page}", "make it with geo-ree map")
    if picture.suffix.lower() != ".png":
        raise SettingsError(f"{picture.name} is not a PNG", "let the name end in .png")
    with storage.atomic_path(picture) as draft:
        shoot = _find_shooter()
        shoot(page.resolve(), draft.resolve(), width, height)
        if not draft.is_file() or draft.read_bytes()[:8] != b"\x89PNG\r\n\x1a\n":
            raise RenderError("the browser ended without a picture", _HINT)
    return picture


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


Shooter = Callable[[Path, Path, int, int], None]


def _find_shooter() -> Shooter:
    """Find a browser that can take the screenshot."""
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
        raise RenderError("no browser is available for the screenshot", _HINT)
    return found


def _by_playwright() -> Shooter | None:
    """Use playwright with its own browser; None if either is missing."""
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415, optional
    except ImportError:
        return None

    def shoot(page: Path, draft: Path, width: int, height: int) -> None:
        try:
            with sync_playwright() as play:
                browser = play.chromium.launch()
                context = browser.new_context(
                    viewport={"width": width, "height": height}, offline=True
                )
                sheet = context.new_page()
                sheet.goto(page.as_uri())
                sheet.wait_for_timeout(_SETTLE_MS)
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
    return shoot if own else None


def _by_program(program: str) -> Shooter:
    def shoot(page: Path, draft: Path, width: int, height: int) -> None:
        with storage.scratch_folder() as profile:
            command = [
                program,
                *_FLAGS,
                *_as_root(),
                f"--user-data-dir={profile}",
                f"--virtual-time-budget={2 * _SETTLE_MS}",
                f"--window-size={width},{height}",
                f"--screenshot={draft}",
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
            raise RenderError(f"{program} took no picture: {reason}", _HINT)

    return shoot


def _as_root() -> list[str]:
    """Chromium refuses its sandbox to root; the page is our own file and loads nothing."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def _first_line(text: str) -> str:
    return next((line.strip()[:200] for line in text.splitlines() if line.strip()), "")
