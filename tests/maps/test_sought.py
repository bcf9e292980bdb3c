"""A search for one deposit without a coordinate, and what the chart says where it can draw little or nothing."""

import pytest

pytestmark = pytest.mark.browser

LONE = """geoRee.unranked.filter(d => d.role === 'candidate' && d.score_worst !== undefined
  && geoRee.areasOf(d.id).length && !geoRee.oxideStatement(d)).map(d => d.name)"""
AREA = """(d => { const boxes = geoRee.areasOf(d.id).flatMap(a => geoRee.outline(a)).map(s => s.getBounds());
  const map = geoRee.map(), frame = map.getContainer().getBoundingClientRect();
  const all = boxes.reduce((a, b) => a.extend(b), L.latLngBounds(boxes[0].getSouthWest(), boxes[0].getNorthEast()));
  const spots = [all.getNorthWest(), all.getSouthEast()].map(p => map.latLngToContainerPoint(p));
  return [spots.map(p => [p.x, p.y]), [frame.width, frame.height],
    geoRee.controlBoxes().filter(b => b[0] < spots[1].x && b[2] > spots[0].x
      && b[1] < spots[1].y && b[3] > spots[0].y)];
})"""
TICKS = """[...document.querySelectorAll('#chart > svg text')].map(n => n)
  .filter(n => n.getAttribute('text-anchor') === 'end' && !n.classList.contains('axis')
    && Number(n.getAttribute('x')) < 48)
  .map(n => n.textContent)"""


def search(seen, words):
    seen.page.fill("#search", words)
    seen.until(f"(geoRee.state.filters.text || '') === {words!r}")


@pytest.mark.parametrize("width", [1280, 1440])
def test_the_map_goes_to_the_area_of_the_one_that_is_found_and_names_it(starter_page, visit, width):
    seen = visit(starter_page[1], width, 900)
    view = "[geoRee.map().getZoom(), geoRee.map().getCenter().lat, geoRee.map().getCenter().lng]"
    before, names = seen.value(view), seen.value(LONE)
    assert len(names) > 3
    for name in names[:4]:
        search(seen, name)
        if seen.value("geoRee.counts().shown") != 1:
            continue
        spots, size, covered = seen.value(f"{AREA}(geoRee.unranked.find(d => d.name === {name!r}))")
        assert all(0 < x < size[0] and 0 < y < size[1] for x, y in spots)
        assert covered == []
        assert max(spots[1][0] - spots[0][0], spots[1][1] - spots[0][1]) > 60
        button = seen.page.locator("button.sought")
        assert button.inner_text() == f"? {name}"
        assert button.bounding_box()["width"] > 40
    search(seen, "")
    assert seen.page.locator("button.sought").count() == 0
    assert seen.value(view) == pytest.approx(before, abs=0.5)
    assert seen.trouble == []


def test_a_dossier_of_the_one_that_is_found_closes_to_its_area(starter_page, visit):
    seen = visit(starter_page[1], 1280, 800)
    search(seen, seen.value(LONE)[0])
    zoom = seen.value("geoRee.map().getZoom()")
    seen.page.locator("button.sought").click()
    seen.until("geoRee.opened() !== null")
    assert seen.page.locator("button.sought").count() == 0
    seen.page.evaluate("geoRee.close()")
    assert seen.page.locator("button.sought").count() == 1
    assert seen.value("geoRee.map().getZoom()") == pytest.approx(zoom, abs=0.01)


def test_one_answer_for_the_score_of_the_unplaced_everywhere(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    ident = seen.value("geoRee.unranked.find(d => d.score_worst !== undefined).id")
    words = seen.value(f"geoRee.scoreByPlace(geoRee.byId['{ident}'])")
    assert words.startswith("unknown; ") and "depending on the place" in words
    row = seen.page.locator(f"#unplaced tr[data-id='{ident}'] td[data-col='score']")
    assert row.text_content() == words
    said = seen.value(
        f"[geoRee.dossier(geoRee.byId['{ident}']), geoRee.comparison([geoRee.byId['{ident}'],"
        " geoRee.ranked('candidate')[0]])].map(n => n.textContent)"
    )
    assert all(words in text for text in said)
    assert words in seen.page.text_content("#questions")


def test_where_nothing_can_be_drawn_a_sentence_says_so(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    search(seen, seen.value(LONE)[0])
    for shown in ("score", "cost"):
        seen.page.evaluate(f"document.querySelector('#chart input[value={shown}]').click()")
        assert seen.page.locator("#chart > svg").count() == 0
        assert "Nothing to draw" in seen.page.inner_text("#chart")
    search(seen, "")
    assert seen.page.locator("#chart > svg").count() == 1


def test_no_two_ticks_of_the_chart_are_the_same(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    names = seen.value("geoRee.ranked('candidate').map(d => d.name)")
    for name in ["", names[0], names[-1]]:
        search(seen, name)
        for shown in ("score", "cost"):
            seen.page.evaluate(f"document.querySelector('#chart input[value={shown}]').click()")
            ticks = seen.value(TICKS)
            assert len(ticks) == len(set(ticks))


def test_the_chart_of_costs_says_how_many_have_one_and_keeps_a_tonnage_at_its_place(
    starter_page, visit
):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate("document.querySelector('#chart input[value=cost]').click()")
    known, every = seen.value(
        "(all => [all.filter(d => geoRee.accessOf(d).p50 !== undefined).length, all.length])"
        "(geoRee.deposits.concat(geoRee.unranked).filter(d => d.role === 'candidate'))"
    )
    first = seen.page.inner_text("#chart > p >> nth=0")
    assert first.startswith(f"{known} of {every} ")
    spans = seen.value(
        "[...document.querySelectorAll('#chart .point')].map(p =>"
        " [...p.querySelectorAll('.span')].map(s => s.getAttribute('d').match(/^M([\\d.]+)/)[1]))"
    )
    assert max(len(one) for one in spans) == 2  # with the lines of a source, and without
    assert all(len(set(one)) <= 1 for one in spans)
