"""What the page has to do in Firefox as it does in Chromium."""

import json

import pytest

from tests.maps.conftest import browser, visit  # noqa: F401, the same page in Chromium

pytestmark = pytest.mark.browser

RANKING = (
    "geoRee.ranked('candidate').map(d => [d.id, geoRee.rankOf(d), geoRee.scoreOf(d).toFixed(6)])"
)


def test_the_page_opens_without_a_message_and_asks_for_nothing(starter_page, fox):
    seen = fox(starter_page[1])
    assert seen.trouble == []
    assert seen.asked == []


def test_it_ranks_as_in_chromium_as_it_opens_and_with_other_weights(starter_page, fox, visit):  # noqa: F811
    in_firefox, in_chromium = fox(starter_page[1]), visit(starter_page[1])
    first = in_firefox.value(RANKING)
    assert first == in_chromium.value(RANKING)
    assert len(first) == starter_page[0].report["ranked"]
    change = "geoRee.set({weights: {rail: 1, water: 2}})"
    in_firefox.run(change)
    in_chromium.page.evaluate(f"() => {{ {change}; }}")
    assert in_firefox.value(RANKING) == in_chromium.value(RANKING) != first


def test_a_row_opens_its_dossier(starter_page, fox):
    seen = fox(starter_page[1])
    name = starter_page[0].table.query("role == 'candidate'").iloc[0]["name"]
    seen.click("#ranking tbody tr")
    seen.until("!!document.querySelector('.dossier h3')")
    assert name in seen.text(".dossier h3")
    assert seen.trouble == []


def test_back_closes_the_dossier_and_the_link_opens_it(starter_page, fox):
    seen = fox(starter_page[1])
    seen.run("geoRee.open('starter_deposits:kundybai')")
    seen.until("location.hash.includes('kundybai')")
    link = seen.value("location.hash")
    seen.back()
    seen.until("geoRee.opened() === null")
    assert seen.value("document.title")
    again = fox(starter_page[1], fragment=link)
    again.until("geoRee.opened() === 'starter_deposits:kundybai'")
    assert seen.trouble == again.trouble == []


def test_every_candidate_leaves_ink_on_the_canvas(starter_page, fox):
    seen = fox(starter_page[1])
    blank = seen.value(
        "geoRee.ranked('candidate').filter(d => { const k = geoRee.drawn(d.id);"
        "const c = geoRee.map().getPane('deposits').querySelectorAll('canvas');"
        "const box = geoRee.map().getContainer().getBoundingClientRect();"
        "return ![...c].some(one => { const b = one.getBoundingClientRect();"
        "return one.getContext('2d').getImageData(box.left + k.x - b.left, box.top + k.y - b.top, 1, 1)"
        ".data[3] > 0; }); }).map(d => d.name)"
    )
    assert blank == []


def test_the_driver_hears_of_errors(tmp_path, fox):
    path = tmp_path / "page.html"
    path.write_text(
        "<script>var geoRee = {map: () => 1}; console.error('one'); alert('two');"
        "fetch('http://example.org/three').catch(() => { window.tried = 3; }); throw new Error('four');</script>",
        encoding="utf-8",
    )
    seen = fox(path)
    assert [word for word in ("one", "two", "four") if word in json.dumps(seen.trouble)] == [
        "one",
        "two",
        "four",
    ]
    seen.until("typeof tried === 'number'")
    assert seen.asked == ["http://example.org/three"]
