"""What keeps the page from people, as axe-core finds it in the browser."""

import json
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
    "three compared, with a note": (
        "geoRee.set({shortlist: geoRee.ranked('candidate').slice(0, 3).map(d => "
        "({id: d.id, note: 'see it', compared: true}))})"
    ),
    "filters open": "document.getElementById('filters-box').open = true",
    "the key and the gateways open": (
        "document.querySelectorAll('.legend, .gateways').forEach(d => { d.open = true; })"
    ),
    "the list of layers open": "document.querySelector('.leaflet-control-layers-toggle').click()",
    "the sheet of a site visit": "geoRee.visitSheet([geoRee.ranked('candidate')[0].id])",
    "in Russian": "geoRee.set({language: 'ru'})",
    "a dossier in Russian": (
        "geoRee.set({language: 'ru'}); geoRee.open(geoRee.ranked('candidate')[1].id)"
    ),
    "a dossier without a coordinate": "geoRee.open(geoRee.unranked[0].id)",
    "a measured point": "geoRee.measurePoint(50.142, 62.278)",
    "the cost chart, every exit, all layers": (
        "document.querySelector(\"#chart input[value='cost']\").click();"
        "geoRee.chooseGateways('every exit');"
        "Object.values(geoRee.layers).forEach(one => one.addTo(geoRee.map()))"
    ),
}
DARK = "document.documentElement.dataset.theme = 'dark'"


@pytest.fixture(scope="session")
def axe(require):
    require(AXE.exists(), f"{AXE} is missing: make servers installs it")
    return AXE.read_text(encoding="utf-8")


def violations(seen, *, rules=None):
    chosen = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = seen.page.evaluate(f"axe.run(document, {json.dumps(chosen)})")
    assert len(found["passes"]) >= (len(rules) if rules else 11)
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
    light = violations(seen)
    seen.page.evaluate(DARK)
    seen.page.wait_for_timeout(150)
    assert (light, violations(seen, rules=["color-contrast"])) == ([], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sheet_that_needs_no_script_keeps_nobody_out(starter_page, visit, axe, scheme):
    seen = visit(starter_page[1], 900, 1200)
    seen.page.evaluate(f"document.documentElement.dataset.theme = '{scheme}'")
    seen.page.evaluate("document.documentElement.classList.remove('scripted')")
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
    for _ in range(90):
        seen.page.keyboard.press("Tab")
        walked.append(
            seen.page.evaluate(
                "(() => { const n = document.activeElement, row = n.matches('tr') && n.dataset.id; "
                "return n.id || row || "
                "n.dataset.sort || n.dataset.model || n.getAttribute('class') || n.tagName; })()"
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
