"""The page in the frame that a notebook shows it in: no origin, no storage, no history of its own."""

import pytest

from geo_ree.maps import InlinePage
from geo_ree.schema.vocabularies import FIRST_STAGES

pytestmark = pytest.mark.browser

SIZES = "[...document.querySelectorAll('.folium-map, #dossier')].map(e => e.getBoundingClientRect().width)"
SCORES = "[...document.querySelectorAll('#ranking tr.row')].map(r => r.cells[2].innerText)"


class Notebook:
    """A page that is a notebook around the frame, and all that either complains about."""

    def __init__(self, context, path):
        self.trouble = []
        self.page = context.new_page()
        self.page.on(
            "console", lambda m: m.type in ("error", "warning") and self.trouble.append(m.text)
        )
        self.page.on("pageerror", lambda e: self.trouble.append(str(e)))
        self.page.goto(path.as_uri())
        self.frame = self.page.locator("iframe").element_handle().content_frame()
        self.until("typeof geoRee === 'object' && !!geoRee.map()")

    def until(self, script, seconds=10):
        for _ in range(seconds * 40):
            if self.frame.evaluate(script):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(f"the page did not come to {script}: {self.trouble}")


@pytest.fixture(scope="module")
def notebook_file(starter_page, tmp_path_factory):
    framed = InlinePage(html=starter_page[1].read_text(encoding="utf-8"), height_px=720)
    path = tmp_path_factory.mktemp("notebook") / "notebook.html"
    head = '<!doctype html><meta charset="utf-8"><title>Notebook</title><h1>Notebook</h1>'
    path.write_text(head + framed._repr_html_(), encoding="utf-8")
    return path


@pytest.fixture
def notebook(browser, notebook_file):
    contexts = []

    def opened(width):
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
        contexts.append(context)
        return Notebook(context, notebook_file)

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [700, 900, 976, 1100, 1400])
def test_a_row_opens_its_dossier_beside_the_map(notebook, starter_page, width):
    """At every width that a notebook gives a cell: 976 px is a page of nbconvert."""
    table = starter_page[0].table
    seen = notebook(width)
    rows = seen.frame.locator("#ranking tr.row")
    first = table["stage"].isin(FIRST_STAGES)
    assert rows.count() == ((table["role"] == "candidate") & first).sum()
    assert seen.frame.evaluate("window.origin") == "null"
    rows.filter(has_text="Kutessay II").locator(".deposit, td.name").first.click()
    seen.until("document.querySelector('#dossier h3')?.textContent === 'Kutessay II'")
    seen.until(f"{SIZES}.every(w => w >= 330)")
    seen.until("location.hash.includes('kutessay-ii')")
    seen.frame.locator("#dossier .shut").click()
    seen.until("document.querySelector('#dossier').hidden")
    assert seen.trouble == []


def test_a_moved_slider_changes_the_scores(notebook):
    seen = notebook(1100)
    before = seen.frame.evaluate(SCORES)
    seen.frame.locator("summary", has_text="Weights").click()
    slider = seen.frame.locator(".slider input[type=range]").first
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    seen.until(f"JSON.stringify({SCORES}) !== {str(before).replace(chr(39), chr(34))!r}")
    seen.until("!document.querySelector('.range.pending')")
    seen.until("location.hash.length > 1")
    assert seen.page.url.startswith("file:")
    assert "#" not in seen.page.url
    assert seen.trouble == []


def test_a_frame_that_was_hidden_shows_all_candidates_once_it_is_seen(
    notebook, browser, notebook_file
):
    zoom = "geoRee.map().getZoom()"
    whole = notebook(1100).frame.evaluate(zoom)
    folded = notebook_file.with_name("folded.html")
    text = notebook_file.read_text(encoding="utf-8")
    folded.write_text(
        text.replace("<iframe", "<div hidden><iframe", 1) + "</div>", encoding="utf-8"
    )
    context = browser.new_context(viewport={"width": 1100, "height": 900}, offline=True)
    try:
        seen = Notebook(context, folded)
        assert seen.frame.evaluate("geoRee.map().getSize().x") == 0
        seen.page.evaluate("document.querySelector('div').hidden = false")
        seen.until(f"geoRee.map().getSize().x > 400 && {zoom} === {whole}")
        assert seen.trouble == []
    finally:
        context.close()
