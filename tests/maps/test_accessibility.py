"""What keeps the page from people, as axe-core finds it in the browser."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / ".servers/page/node_modules/axe-core/axe.min.js"
SEVERE = ("serious", "critical")
WIDTHS = ((1440, 900), (390, 844))

STATES = {
    "as it opens": "0",
    "all boxes open": "document.querySelectorAll('details').forEach(d => { d.open = true; })",
    "weights changed and filtered": (
        "geoRee.set({weights: {rail: 1, water: 2}, filters: {country: ['MNG']}})"
    ),
    "nothing shown": "geoRee.set({filters: {text: 'no such name'}})",
    "weights all zero": "geoRee.set({weights: {rail: 0}})",
    "a dossier open": "geoRee.open(geoRee.ranked('candidate')[1].id)",
    "in Russian": "geoRee.set({language: 'ru'})",
}


@pytest.fixture(scope="session")
def axe(require):
    require(AXE.exists(), f"{AXE} is missing: make servers installs it")
    return AXE.read_text(encoding="utf-8")


def violations(seen):
    found = seen.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) > 10
    return [
        f"{v['impact']}: {v['id']}: {n['html'][:160]} {n['failureSummary'][:200]}"
        for v in found["violations"]
        if v["impact"] in SEVERE
        for n in v["nodes"]
    ]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("width", WIDTHS, ids=["desktop", "phone"])
def test_nothing_serious_keeps_the_page_from_people(starter_page, visit, axe, width, state):
    seen = visit(starter_page[1], *width)
    seen.page.evaluate(f"() => {{ {STATES[state]}; }}")
    seen.page.wait_for_timeout(150)
    seen.page.evaluate(axe)
    assert violations(seen) == []


def test_axe_finds_what_is_wrong(starter_page, visit, axe):
    seen = visit(starter_page[1])
    seen.page.evaluate(
        "document.querySelector('main').append(document.createElement('button'), "
        "document.createElement('select'))"
    )
    seen.page.evaluate(axe)
    assert {v.split(": ")[1] for v in violations(seen)} == {"button-name", "select-name"}


def test_the_tab_key_reaches_search_filters_weights_table_and_map_in_that_order(
    starter_page, visit
):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate("document.getElementById('weights-box').open = true")
    seen.page.focus("#languages button")
    walked = []
    for _ in range(60):
        seen.page.keyboard.press("Tab")
        walked.append(
            seen.page.evaluate(
                "(() => { const n = document.activeElement; return n.id || n.dataset.id || "
                "n.dataset.sort || n.dataset.model || n.className || n.tagName; })()"
            )
        )
    order = ["search", "download", "infrastructure", "w-rail", "score"]
    places = [walked.index(one) for one in order]
    assert places == sorted(places)
    rows = seen.page.evaluate("[...document.querySelectorAll('tr.row')].map(r => r.dataset.id)")
    assert len(set(rows) & set(walked)) == 2  # one row of each table is in the tab order


def test_focus_is_seen(starter_page, visit):
    seen = visit(starter_page[1])
    seen.page.focus("#search")
    seen.page.keyboard.press("Tab")
    style = seen.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert style == "solid"


def test_screen_readers_hear_the_count(starter_page, visit):
    seen = visit(starter_page[1])
    assert seen.page.locator("#count").get_attribute("role") == "status"
    seen.page.fill("#search", "Khotgor")
    seen.until("document.getElementById('count').textContent.startsWith('1 of ')")
