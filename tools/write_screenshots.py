"""Write docs/screenshots/*.webp: the page of a fresh run on the starter data in the states that docs/page.md shows.

python tools/write_screenshots.py             # all
python tools/write_screenshots.py dark phone  # only these
python tools/write_screenshots.py --page out/map.html
"""

from __future__ import annotations

import argparse
import base64
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geo_ree
from geo_ree.outputs.browser import find_browser

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
LARGEST = 150_000
"""Bytes of a picture."""
_A4 = (794, 1123)
_FIRST = "geoRee.candidatesByStage().first"
_FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
_SETTLE_MS = 1_200


@dataclass(frozen=True, kw_only=True)
class State:
    """A state of the page: its window, its reader, and what the script does in it."""

    size: tuple[int, int] = (1440, 900)
    script: str = ""
    media: str = "screen"
    scheme: str = "light"
    language: str = "en-GB"
    scripted: bool = True


STATES = {
    "desktop-1280": State(size=(1280, 800)),
    "desktop-1440": State(),
    "desktop-1920": State(size=(1920, 1080)),
    "dossier": State(script=f"geoRee.open({_FIRST}[0].id)"),
    "compare": State(
        script=f"geoRee.set({{shortlist: {_FIRST}.slice(0, 3).map(d => "
        "({id: d.id, note: '', compared: true}))});"
        "document.getElementById('s-compare').scrollIntoView()"
    ),
    "size-chart": State(script="document.getElementById('s-chart').scrollIntoView()"),
    "dark": State(scheme="dark"),
    "russian": State(language="ru-RU"),
    "phone": State(size=(390, 844)),
    "phone-map": State(size=(390, 844), script="document.getElementById('map-switch').click()"),
    "phone-ranking": State(
        size=(390, 844), script="document.getElementById('ranking').scrollIntoView()"
    ),
    "phone-dossier": State(size=(390, 844), script=f"geoRee.open({_FIRST}[0].id)"),
    "print": State(
        size=_A4,
        media="print",
        script="document.body.style.padding = '12mm 15mm'; document.body.style.boxSizing = 'border-box';"
        "document.getElementById('dossiers').replaceChildren();"
        "document.getElementById('paper-foot').style.inset = 'auto 15mm 10mm'",
    ),
    "no-script": State(size=(900, 1200), scripted=False),
}


def take(browser: Any, page: Path, state: State) -> bytes:
    """Take the picture of a page in a state, as WebP below `LARGEST` bytes."""
    context = browser.new_context(
        viewport={"width": state.size[0], "height": state.size[1]},
        offline=True,
        locale=state.language,
        color_scheme=state.scheme,
        java_script_enabled=state.scripted,
    )
    sheet = context.new_page()
    sheet.goto(page.as_uri())
    sheet.wait_for_timeout(2 * _SETTLE_MS)
    sheet.emulate_media(media=state.media)
    if state.script:
        sheet.evaluate(f"() => {{ {state.script}; }}")
    sheet.wait_for_timeout(_SETTLE_MS)
    session = context.new_cdp_session(sheet)
    for quality in (85, 70, 55, 40, 30):
        given = {"format": "webp", "quality": quality}
        picture = base64.b64decode(session.send("Page.captureScreenshot", given)["data"])
        if len(picture) <= LARGEST:
            break
    context.close()
    return picture


def main() -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415, the states are read without it

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("states", nargs="*", metavar="STATE", help=", ".join(STATES))
    parser.add_argument("--page", type=Path, help="a page that exists, in place of a fresh run")
    given = parser.parse_args()
    unknown = sorted(set(given.states) - set(STATES))
    if unknown:
        raise SystemExit(
            f"no state is called {', '.join(unknown)}; choose from {', '.join(STATES)}"
        )
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as play:
        page = given.page
        if page is None:
            result = geo_ree.run(geo_ree.Settings(data_root=Path(scratch) / "data"))
            page = Path(scratch) / "map.html"
            page.write_text(result.to_html(), encoding="utf-8")
        browser = play.chromium.launch(executable_path=find_browser(), args=_FLAGS)
        for name in given.states or STATES:
            picture = take(browser, page.resolve(), STATES[name])
            (FOLDER / f"{name}.webp").write_bytes(picture)
            print(f"{name}.webp: {len(picture) / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
