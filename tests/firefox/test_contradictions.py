"""What the page may not contradict itself about, in Firefox: the words of Chromium, state by state."""

import json

import pytest

from tests.maps.conftest import browser, visit  # noqa: F401, the same page in Chromium

pytestmark = pytest.mark.browser

KUNDYBAI = "starter_deposits:kundybai"
OPENED = f"geoRee.open('{KUNDYBAI}')"
DRAWN = "geoRee.intervalOf(geoRee.ranked('candidate')[0]).basis === 'page'"
STATES = {
    "weights moved": ("geoRee.set({weights: {road: 1, settlement: 0.5}})", DRAWN),
    "every exit": ("geoRee.chooseGateways('every exit')", DRAWN),
    "in Russian": ("document.querySelector(\"#languages button[lang='ru']\").click()", "true"),
}
QUESTION = "document.querySelectorAll('#questions .question')[3]"


def words(seen, element):
    """The words of an element, without the space between them, which browsers count in their own ways."""
    return "".join(seen.value(f"{element}.textContent").split())


@pytest.mark.parametrize("state", STATES)
def test_the_dossier_is_of_the_state_and_says_what_it_says_in_chromium(
    starter_page,
    fox,
    visit,  # noqa: F811
    state,
):
    change, done = STATES[state]
    in_firefox, in_chromium = fox(starter_page[1], 1440, 900), visit(starter_page[1], 1440, 900)
    in_firefox.run(OPENED)
    first = words(in_firefox, "document.querySelector('#dossier .dossier')")
    in_firefox.run(change)
    in_chromium.page.evaluate(f"() => {{ {OPENED}; {change}; }}")
    for seen in (in_firefox, in_chromium):
        seen.until(done)
        seen.until("!!document.querySelector('#dossier .dossier')")
    dossier = "document.querySelector('#dossier .dossier')"
    assert words(in_firefox, dossier) == words(in_chromium, dossier) != first
    assert words(in_firefox, QUESTION) == words(in_chromium, QUESTION)
    if state == "in Russian":
        assert in_firefox.value("document.documentElement.lang") == "ru"
    assert in_firefox.trouble == []


def test_search_finds_an_unplaced_deposit_and_a_weight_without_data_is_disabled(starter_page, fox):
    seen = fox(starter_page[1], 1440, 900)
    seen.type("#search", "Акбулак")
    rows = "[...document.querySelectorAll('.ranking tr.row')].map(r => r.dataset.id)"
    seen.until(f"{rows}.length === 1")
    assert seen.value(rows)[0].endswith("akbulak")
    shut = seen.value(
        "[...document.querySelectorAll('input[id^=w-]:disabled')].map(i =>"
        " [i.id, document.getElementById(i.getAttribute('aria-describedby'))?.textContent])"
    )
    assert "w-power_line" in [label for label, _ in shut]
    assert all("no layer of this run holds it" in (reason or "") for _, reason in shut)
    assert seen.trouble == []


def test_the_row_that_is_clicked_is_the_row_that_opens_and_is_ringed(starter_page, fox):
    seen = fox(starter_page[1], 1440, 900)
    seen.until("document.querySelectorAll('#ranking tr.row').length > 2")
    label = seen.value("document.querySelectorAll('#ranking tr.row')[2].dataset.id")
    seen.click(f"#ranking tr.row[data-id='{label}'] .name")
    seen.until(f"geoRee.opened() === {json.dumps(label)}")
    assert seen.value("[...document.querySelectorAll('tr.on')].map(r => r.dataset.id)") == [label]
    ring, mark = seen.value(
        "[(b => [b.x + b.width / 2, b.y + b.height / 2])"
        "(document.querySelector('path.selection-ring').getBoundingClientRect()),"
        f"(d => {{ const p = geoRee.map().latLngToContainerPoint(geoRee.markPlace(d)),"
        " b = geoRee.map().getContainer().getBoundingClientRect(); return [p.x + b.x, p.y + b.y]; })"
        f"(geoRee.byId[{json.dumps(label)}])]"
    )
    assert ring == pytest.approx(mark, abs=2)


def test_on_a_phone_the_dossier_is_a_sheet_and_closing_goes_back(starter_page, fox):
    seen = fox(starter_page[1], 390, 844)
    seen.run("document.querySelectorAll('#ranking tr.row')[1].scrollIntoView(); scrollBy(0, -137)")
    assert seen.value("window.scrollY") > 200
    top_of_row = "document.querySelectorAll('#ranking tr.row')[1].getBoundingClientRect().top"
    before = seen.value(top_of_row)
    seen.run("document.querySelectorAll('#ranking tr.row')[1].click()")
    seen.until("geoRee.opened() !== null")
    left, right, top, bottom = seen.value(
        "(r => [r.left, r.right, r.top, r.bottom])(document.querySelector('#dossier').getBoundingClientRect())"
    )
    assert (left, right, bottom) == (0, 390, 844)
    assert 300 < top < 500
    seen.click("#dossier .shut")
    seen.until("geoRee.opened() === null")
    seen.until(f"Math.abs({top_of_row} - {before}) < 2")
    assert seen.trouble == []
