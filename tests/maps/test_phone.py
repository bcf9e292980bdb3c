"""A phone: the dossier as a sheet below the map, cards in place of wide tables, targets for a finger."""

import itertools
import math

import pytest

from tests.maps.conftest import written

pytestmark = pytest.mark.browser

PHONES = pytest.mark.parametrize("width", [390, 360])
SHEET = "document.querySelector('#dossier').getBoundingClientRect()"
SMALL = """[...document.querySelectorAll('button, select, input, summary, nav a')].filter(e => {
  const label = e.closest('label') || e.closest('.slider'), r = (label || e).getBoundingClientRect();
  return e.checkVisibility({contentVisibilityAuto: true}) && r.width && (r.height < 43.5 || r.width < 43.5)
    && !e.matches('.as-link, .rivals-count, .unranked');
}).map(e => e.outerHTML.slice(0, 80))"""


@pytest.fixture
def phone(data, tmp_path, visit):
    path = written(data, tmp_path)

    def opened(width):
        return visit(path, width, 844, has_touch=True, is_mobile=True)

    return opened


@PHONES
def test_the_dossier_is_a_sheet_and_nothing_lies_over_the_deposit(phone, width):
    seen = phone(width)
    seen.page.evaluate("geoRee.open('a')")
    sheet = seen.value(SHEET)
    assert (sheet["left"], sheet["right"], sheet["bottom"]) == (0, width, 844)
    assert 300 < sheet["top"] < 500
    over = seen.value(
        "(function (g) { const d = g.byId.a, p = g.map().latLngToContainerPoint([d.latitude, d.longitude]);"
        " const r = g.map().getContainer().getBoundingClientRect(), x = r.left + p.x, y = r.top + p.y;"
        " return [x, y, document.elementsFromPoint(x, y).slice(0, 1).map(e => e.closest("
        "'.leaflet-control, .measure, #dossier, #panel, #note') ? e.outerHTML : 'map')[0]]; })(geoRee)"
    )
    assert over[2] == "map"
    assert 0 < over[0] < width
    assert 0 < over[1] < sheet["top"]
    assert seen.value("document.documentElement.scrollWidth") <= width
    assert seen.trouble == []


@PHONES
def test_the_links_to_the_sections_lie_beside_each_other(phone, width):
    seen = phone(width)
    ends = seen.value(
        "[...document.querySelectorAll('#sections a:not([hidden])')].map(a => {"
        " const r = document.createRange(); r.selectNodeContents(a); const b = r.getBoundingClientRect();"
        " return [b.left, b.right]; })"
    )
    assert len(ends) > 3
    assert all(right <= left for (_, right), (left, _) in itertools.pairwise(ends))


@PHONES
def test_the_handle_works_by_keyboard_and_by_finger(phone, width):
    seen = phone(width)
    seen.page.evaluate("geoRee.open('a')")
    half = seen.value(SHEET)["top"]
    handle = seen.page.locator("#dossier .handle")
    assert handle.get_attribute("aria-expanded") == "false"
    assert handle.get_attribute("aria-label") == "Enlarge the dossier"
    handle.focus()
    seen.page.keyboard.press("ArrowUp")
    assert seen.value(SHEET)["top"] < 60
    assert handle.get_attribute("aria-expanded") == "true"
    assert handle.get_attribute("aria-label") == "Reduce the dossier"
    seen.page.keyboard.press("Enter")
    assert seen.value(SHEET)["top"] == half
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for target, high in ((60, 40), (700, 500)):
        seen.page.mouse.move(x, y)
        seen.page.mouse.down()
        seen.page.mouse.move(x, target, steps=4)
        seen.page.mouse.up()
        y = seen.value(SHEET)["top"] + 22
        assert abs(seen.value(SHEET)["top"] - high) <= 220
    assert seen.value("geoRee.opened()") == "a"
    seen.page.mouse.move(x, y)
    seen.page.mouse.down()
    seen.page.mouse.move(x, 840, steps=4)
    seen.page.mouse.up()
    assert seen.value("geoRee.opened()") is None
    assert seen.trouble == []


@PHONES
@pytest.mark.parametrize("how", ["button", "Escape"])
def test_closing_goes_back_to_where_the_dossier_was_opened(phone, width, how):
    seen = phone(width)
    row = seen.page.locator("#ranking tr.row").nth(1)
    row.scroll_into_view_if_needed()
    seen.page.evaluate("window.scrollBy(0, 37)")
    before = seen.value("window.scrollY")
    assert before > 200
    row.click()
    assert seen.page.is_hidden("#panel")
    if how == "button":
        seen.page.click("#dossier .shut")
    else:
        seen.page.keyboard.press("Escape")
    seen.page.wait_for_timeout(400)  # what the history and the row do comes first
    assert seen.value("window.scrollY") == before
    assert seen.page.locator("#ranking tr.row").nth(1).is_visible()
    assert seen.value("geoRee.opened()") is None


@PHONES
def test_wide_tables_are_cards_with_the_heads_before_their_cells(phone, width):
    seen = phone(width)
    seen.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    for selector in ("#questions", "#method", "#sources"):
        assert seen.page.locator(f"{selector} .wide").count() > 0
    seen.page.evaluate("geoRee.open('a')")
    seen.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    tables = seen.value(
        "[...document.querySelectorAll('.wide table:not(.ranking)')].map(t => ["
        "t.parentNode.scrollWidth <= t.parentNode.clientWidth + 1,"
        "[...t.tHead.rows[0].cells].map(c => c.textContent),"
        "[...t.tBodies[0].rows].map(r => [...r.cells].map(c => c.dataset.label))])"
    )
    assert len(tables) > 4
    for fits, heads, rows in tables:
        assert fits
        assert all(labels == heads[: len(labels)] for labels in rows)
    shown = seen.value(
        "getComputedStyle(document.querySelector('#dossier .wide td'), '::before').content"
    )
    assert shown == '"To"'


@PHONES
def test_every_target_is_large_enough_for_a_finger(phone, width):
    seen = phone(width)
    assert seen.value(SMALL) == []
    for box in ("filters-box", "weights-box", "routes-box"):
        seen.page.evaluate(f"(document.getElementById({box!r}) || {{}}).open = true")
    assert seen.value(SMALL) == []
    seen.page.evaluate("geoRee.open('a')")
    assert seen.value(SMALL) == []


@PHONES
def test_findings_come_first_and_the_map_is_one_tap_away(phone, width):
    seen = phone(width)
    top = "document.elementsFromPoint({x}, 300).some(e => e.closest('{what}'))"
    on_page = seen.value(top.format(x=width // 2, what="#panel"))
    assert (
        on_page and seen.value("document.querySelector('#panel').getBoundingClientRect().top") == 0
    )
    assert not seen.value(top.format(x=width // 2, what=".folium-map"))
    seen.page.evaluate("window.scrollBy(0, 500)")
    before = seen.value("window.scrollY")
    for back in (lambda: seen.page.click("#map-switch"), seen.page.go_back):
        seen.page.click("#map-switch")
        assert seen.value(top.format(x=width // 2, what=".folium-map"))
        size = seen.value("geoRee.map().getSize()")
        assert (size["x"], size["y"]) == (width, 844)
        seen.page.evaluate("geoRee.open('a')")
        seen.page.go_back()
        seen.until("geoRee.opened() === null")
        assert seen.value("document.body.classList.contains('mapping')")
        back()
        seen.until("!document.body.classList.contains('mapping')")
        assert seen.value("window.scrollY") == before
    assert seen.trouble == []


def test_an_area_opened_from_the_map_lies_above_the_sheet(starter_page, visit):
    seen = visit(starter_page[1], 390, 844, has_touch=True, is_mobile=True)
    ids = seen.value(
        "geoRee.unranked.filter(d => geoRee.areasOf(d.id).length).slice(0, 4).map(d => d.id)"
    )
    assert ids
    seen.page.click("#map-switch")
    for one in ids:
        seen.page.evaluate("id => geoRee.open(id)", one)
        box = seen.value(
            "(() => { const g = geoRee, d = g.byId[g.opened()], m = g.map();"
            " const r = m.getContainer().getBoundingClientRect();"
            " const shapes = g.areasOf(d.id).reduce((all, a) => all.concat(g.outline(a)), []);"
            " const b = shapes.reduce((all, s) => all.extend(s.getBounds()), L.latLngBounds([]));"
            " const p = m.latLngToContainerPoint(b.getNorthWest()), q = m.latLngToContainerPoint(b.getSouthEast());"
            " return [r.left + p.x, r.top + p.y, r.left + q.x, r.top + q.y]; })()"
        )
        sheet = seen.value(SHEET)["top"]
        assert box[0] >= 0 and box[1] >= 0 and box[2] <= 390 and box[3] <= sheet, (one, box, sheet)


def test_a_point_measured_beside_a_dossier_has_its_result_in_sight(starter_page, visit):
    seen = visit(starter_page[1], 390, 844, has_touch=True, is_mobile=True)
    seen.page.evaluate("geoRee.open(geoRee.ranked('candidate')[0].id)")
    seen.page.evaluate("geoRee.measuring(true)")
    assert "Tap the map" in seen.page.inner_text(".measured")
    seen.page.evaluate("geoRee.measurePoint(43.1, 76.2)")
    sheet = seen.value(SHEET)["top"]
    box = seen.page.locator(".measured").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= sheet
    for label in seen.page.locator(".measure:visible").all():
        assert (b := label.bounding_box())["y"] + b["height"] <= sheet
    labels = seen.page.locator(".measure").evaluate_all(
        "all => all.filter(n => n.style.visibility === 'visible').length"
    )
    assert 0 < labels <= 4


def test_the_map_of_a_phone_shows_the_ranked_deposits_as_wide_as_it_is(starter_page, visit):
    seen = visit(starter_page[1], 390, 844, has_touch=True, is_mobile=True)
    seen.page.click("#map-switch")
    drawn = seen.value(
        "geoRee.ranked('candidate').concat(geoRee.ranked('by_product_host'))"
        ".map(d => geoRee.marks.map(m => m.drawn(d.id)).find(Boolean)).map(m => [m.x, m.y, m.radius])"
    )
    assert min(x - r for x, _, r in drawn) >= 0 and max(x + r for x, _, r in drawn) <= 390
    assert max(x for x, *_ in drawn) - min(x for x, *_ in drawn) > 320
    close = [
        (a, b)
        for i, a in enumerate(drawn)
        for b in drawn[:i]
        if math.dist(a[:2], b[:2]) < a[2] + b[2] - 1
    ]
    assert close == []
    credits = seen.page.locator(".leaflet-control-attribution").bounding_box()
    assert credits["y"] + credits["height"] <= seen.page.locator("#map-switch").bounding_box()["y"]
    assert "point to a row" not in seen.page.inner_text("#panel")


@PHONES
def test_the_ranking_is_cards(starter_page, visit, width):
    seen = visit(starter_page[1], width, 844, has_touch=True, is_mobile=True)
    seen.page.evaluate("document.getElementById('ranking').scrollIntoView()")
    cells = seen.value(
        "[...document.querySelector('#ranking tr.row').cells].filter(c => c.checkVisibility()).map(c => "
        "[c.dataset.col, c.dataset.label, getComputedStyle(c, '::before').content, c.getBoundingClientRect()])"
    )
    assert [cell[0] for cell in cells] == [
        "rank",
        "deposit",
        "score",
        "interval",
        "flags",
        "stage",
        "oxide",
    ]
    for _, label, shown, box in cells[2:]:
        assert shown == f'"{label}"'
        assert box["left"] >= 0 and box["right"] <= width
    assert "Stop: " in seen.page.inner_text("#ranking tr.row td[data-col='flags']")
    tops = [cell[3]["top"] for cell in cells[1:]]
    assert tops == sorted(tops)
    assert seen.value("document.documentElement.scrollWidth") <= width
