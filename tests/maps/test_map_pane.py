"""The map in its pane: filled at every size and fitted again, nothing on a number or a name, light and dark."""

import itertools

import numpy as np
import pytest

pytestmark = pytest.mark.browser

SIZES = [(1280, 800), (1440, 900), (1920, 1080), (2560, 1440), (390, 844)]
CANVAS = """(() => { const c = geoRee.map().getPane('base').querySelector('canvas');
    const b = c.getBoundingClientRect();
    const m = geoRee.map().getContainer().getBoundingClientRect();
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    let clear = 0; for (let i = 3; i < d.length; i += 4) clear += d[i] < 255;
    return { clear, inside: b.left <= m.left && b.top <= m.top && b.right >= m.right && b.bottom >= m.bottom }; })()"""
COLOUR_AT = """(lat, lon) => { const m = geoRee.map(), c = m.getPane('base').querySelector('canvas');
    const b = c.getBoundingClientRect(), f = m.getContainer().getBoundingClientRect();
    const p = m.latLngToContainerPoint([lat, lon]);
    return Array.from(c.getContext('2d').getImageData(f.left + p.x - b.left, f.top + p.y - b.top, 1, 1).data); }"""
MARKS = """geoRee.ranked('candidate').concat(geoRee.ranked('by_product_host'),
    geoRee.deposits.filter(d => d.role === 'reference')).map(d => Object.assign(geoRee.drawn(d.id), { id: d.id }))"""
BUTTONS = """[...document.querySelectorAll('button.unranked')].map(n => { const r = n.getBoundingClientRect(),
    f = geoRee.map().getContainer().getBoundingClientRect();
    return [r.left - f.left, r.top - f.top, r.right - f.left, r.bottom - f.top]; })"""


def trouble(seen):
    """What the page complained about, but for the browser's advice on reading pixels often, as these tests do."""
    return [t for t in seen.trouble if "willReadFrequently" not in t]


@pytest.fixture(params=SIZES, ids=lambda size: "x".join(map(str, size)))
def pane(request, starter_page, visit):
    seen = visit(starter_page[1], *request.param)
    seen.until("geoRee.reliefReady()")
    return seen


def boxes_over(seen):
    """The controls over the map, in its pixels."""
    return seen.value("geoRee.controlBoxes()")


def overlaps(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def square(x, y, half, high=None):
    high = half if high is None else high
    return [x - half, y - high, x + half, y + high]


def covered(seen):
    """The rank numbers on which another mark, a button or a control lies."""
    marks, over = seen.value(MARKS), boxes_over(seen) + seen.value(BUTTONS)
    out = []
    for mark in marks:
        if not mark["label"]:
            continue
        number = square(mark["x"], mark["y"], 3.8 * len(mark["label"]), 5)
        others = [square(o["x"], o["y"], 0.7 * o["radius"]) for o in marks if o["id"] != mark["id"]]
        if any(overlaps(number, box) for box in others + over):
            out.append(mark["label"])
    return out


def all_in_view(seen):
    """All marks are in view; on a phone, whose map opens as wide as they need, the candidates."""
    size = seen.value("geoRee.map().getSize()")
    candidates = seen.value("geoRee.ranked('candidate').map(d => d.id)")
    return all(
        m["radius"] < m["x"] < size["x"] - m["radius"]
        and m["radius"] < m["y"] < size["y"] - m["radius"]
        for m in seen.value(MARKS)
        if size["x"] > 860 or m["id"] in candidates
    )


def free_of_controls(seen):
    over = boxes_over(seen)
    return not any(
        overlaps(square(m["x"], m["y"], m["radius"]), box)
        for m in seen.value(MARKS)
        for box in over
    )


def test_the_map_fills_its_pane_and_covers_no_mark_and_no_number(pane):
    """Land, sea or relief in every pixel; all marks in view and free; every number can be read."""
    assert pane.value(CANVAS) == {"clear": 0, "inside": True}
    assert all_in_view(pane)
    assert free_of_controls(pane)
    labels = [m["label"] for m in pane.value(MARKS) if m["label"]]
    assert len(labels) >= 16
    assert covered(pane) == []
    assert trouble(pane) == []


def test_folding_and_resizing_fit_the_map_again(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    before = seen.value("geoRee.map().getZoom()")
    seen.page.click("#fold")
    seen.until("geoRee.map().getSize().x === 1440")
    assert seen.value("geoRee.map().getZoom()") > before + 0.4  # twice the width
    for width, height in ((1440, 900), (900, 700), (1800, 1000)):
        seen.page.set_viewport_size({"width": width, "height": height})
        seen.until(f"geoRee.map().getSize().x === {width}")
        assert all_in_view(seen) and free_of_controls(seen)
        assert covered(seen) == []
        assert seen.value(CANVAS) == {"clear": 0, "inside": True}
    assert trouble(seen) == []


def test_a_view_that_the_reader_chose_is_kept(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate("() => { geoRee.map().setView([45, 70], 7, {animate: false}); }")
    seen.page.click("#fold")
    seen.until("geoRee.map().getSize().x === 1440")
    assert seen.value("geoRee.map().getZoom()") == 7
    seen.page.click("#whole-region")
    assert all_in_view(seen) and free_of_controls(seen)


def test_the_map_stops_where_the_data_stop(pane):
    """Neither the smallest scale nor the farthest corner shows a pixel without data."""
    for step in ("setZoom(0", "panTo([89, -170]", "panTo([-80, 179]", "panTo([45, 179]"):
        pane.page.evaluate(f"() => {{ geoRee.map().{step}, {{animate: false}}); }}")
        box = pane.value("geoRee.data.layers.countries[1].beyond.box")
        seen = pane.value("geoRee.map().getBounds()")
        west, south, east, north = box
        assert seen["_southWest"]["lng"] >= west - 0.5 and seen["_northEast"]["lng"] <= east + 0.5
        assert seen["_southWest"]["lat"] >= south - 0.5 and seen["_northEast"]["lat"] <= north + 0.5
        assert pane.value(CANVAS)["clear"] == 0
    pane.page.evaluate("() => { geoRee.map().setView([43, 76], 19, {animate: false}); }")
    assert pane.value("geoRee.map().getZoom()") == 11
    assert trouble(pane) == []


def test_a_drag_never_shows_blank_ground(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate("() => { geoRee.map().setView([45, 70], 6, {animate: false}); }")
    seen.page.mouse.move(1000, 500)
    seen.page.mouse.down()
    for x in range(1000, 600, -100):
        seen.page.mouse.move(x, 400, steps=3)
        assert seen.value(CANVAS) == {"clear": 0, "inside": True}
    seen.page.mouse.up()
    assert trouble(seen) == []


def test_names_cross_no_mark_no_control_and_no_other_name(pane):
    corner = pane.value("geoRee.map().containerPointToLayerPoint([0, 0])")
    names = [
        (n["text"], np.array(n["box"]) - [corner["x"], corner["y"]] * 2)
        for n in pane.value("geoRee.namesDrawn()")
    ]
    marks = [square(m["x"], m["y"], m["radius"]) for m in pane.value(MARKS)]
    taken = marks + boxes_over(pane) + pane.value(BUTTONS)
    assert len(names) >= 3
    for text, box in names:
        assert not any(overlaps(box, other) for other in taken), text
    for (one, a), (other, b) in itertools.combinations(names, 2):
        assert not overlaps(a, b), (one, other)


def test_names_of_all_scored_countries_are_on_a_large_map(starter_page, visit):
    seen = visit(starter_page[1], 1920, 1080)
    names = {n["text"] for n in seen.value("geoRee.namesDrawn()")}
    scored = {"KAZAKHSTAN", "UZBEKISTAN", "KYRGYZSTAN", "TAJIKISTAN", "TURKMENISTAN", "MONGOLIA"}
    assert scored | {"AFGHANISTAN"} <= names


def test_what_was_measured_is_named_when_its_deposit_is_open(starter_page, visit):
    seen = visit(starter_page[1], 1600, 900)
    table = starter_page[0].scores.table
    one = table[table["name"] == "Kundybai"].iloc[0]
    seen.page.evaluate("id => geoRee.open(id)", one["id"])
    names = {n["text"] for n in seen.value("geoRee.namesDrawn()")}
    assert one["near_settlement"].split(" (")[0] in names
    assert trouble(seen) == []


def test_marks_moved_apart_are_tied_to_their_places(pane):
    """A mark that is not moved lies on its place; a moved one is close to it and covers no other."""
    marks = pane.value(MARKS)
    moved = [m for m in marks if np.hypot(m["x"] - m["home"][0], m["y"] - m["home"][1]) > 0.5]
    assert moved  # Kutessay II and Aktyuz are 6 km apart
    assert all(np.hypot(m["x"] - m["home"][0], m["y"] - m["home"][1]) < 90 for m in moved)
    for a, b in itertools.combinations(marks, 2):
        apart = np.hypot(a["x"] - b["x"], a["y"] - b["y"])
        assert apart > a["radius"] + b["radius"] - 1.5, (a["id"], b["id"])


def test_spread_moves_only_what_touches(starter_page, visit):
    seen = visit(starter_page[1])
    found = seen.value("geoRee.spread([0, 0, 4, 300], [0, 0, 0, 300], [10, 10, 12, 10])")
    x, y = (list(found[axis].values()) for axis in ("x", "y"))
    assert (x[3], y[3], found["moved"]) == (300, 300, [True, True, True, False])
    for i, j in itertools.combinations(range(3), 2):
        assert np.hypot(x[i] - x[j], y[i] - y[j]) >= 20
    again = seen.value("geoRee.spread([0, 0, 4, 300], [0, 0, 0, 300], [10, 10, 12, 10])")
    assert again == found


def test_neighbours_are_paler_than_the_region(starter_page, visit):
    """The land of Kazakhstan is brighter than that of Russia."""
    seen = visit(starter_page[1], 1440, 900)
    seen.until("geoRee.reliefReady()")
    home = seen.page.evaluate(f"() => ({COLOUR_AT})(47.8, 60.5)")
    abroad = seen.page.evaluate(f"() => ({COLOUR_AT})(55.2, 72.6)")
    assert sum(home[:3]) > sum(abroad[:3]) + 12


def test_dark_follows_the_scheme_and_light_comes_back(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    seen.until("geoRee.reliefReady()")
    light = seen.page.evaluate(f"() => ({COLOUR_AT})(47.8, 60.5)")
    seen.page.emulate_media(color_scheme="dark")
    seen.until(f"(({COLOUR_AT})(47.8, 60.5))[0] < 90")
    assert seen.value(CANVAS)["clear"] == 0
    seen.page.emulate_media(color_scheme="light")
    seen.until(f"(({COLOUR_AT})(47.8, 60.5))[0] === {light[0]}")
    assert trouble(seen) == []


def test_closing_a_dossier_brings_the_view_back(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    view = "[geoRee.map().getZoom(), geoRee.map().getCenter()]"
    before = seen.value(view)
    seen.page.evaluate("() => { geoRee.open(geoRee.ranked('candidate')[0].id); }")
    assert seen.value(view) != before
    seen.page.evaluate("() => { geoRee.close(); }")
    assert seen.value(view)[0] == before[0]
    assert all_in_view(seen)


def test_a_small_map_shows_a_deposit_with_its_route_and_one_without_a_place(starter_page, visit):
    seen = visit(starter_page[1])
    for deposit in (
        "geoRee.ranked('candidate')[0].id",
        "geoRee.unranked.filter(d => d.role === 'candidate')[0].id",
    ):
        alt, tones = seen.page.evaluate(
            "id => { const box = document.createElement('div'); box.style.width = '300px';"
            "document.getElementById('panel').append(box); const c = geoRee.smallMap(box, eval(id));"
            "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, n = new Set();"
            "for (let i = 0; i < d.length; i += 4) n.add(d[i] + 256 * d[i + 1] + 65536 * d[i + 2]);"
            "return [c.getAttribute('aria-label'), n.size]; }".replace("eval(id)", deposit),
            deposit,
        )
        assert alt.startswith("Map: ")
        assert tones > 50
    assert trouble(seen) == []


OFFSETS = "geoRee.areaOffsets()"


def test_question_marks_stay_at_their_areas_while_the_map_is_dragged(starter_page, visit):
    """A mark at the middle moves one aside, by no more than its own width; a drag and an open key move none."""
    seen = visit(starter_page[1], 1440, 900)
    before = {one["name"]: one["moved"] for one in seen.value(OFFSETS)}
    assert len(before) >= 5
    assert any(moved == [0, 0] for moved in before.values())
    assert all(np.hypot(*moved) < 60 for moved in before.values())
    places = seen.value(BUTTONS)
    seen.page.evaluate("document.querySelector('.legend').open = true")
    seen.page.evaluate("void geoRee.map().panBy([60, -40], {animate: false})")
    seen.until(f"Math.abs({BUTTONS}[0][0] - {places[0][0] - 60}) < 1")
    after = {one["name"]: one["moved"] for one in seen.value(OFFSETS)}
    assert after == {name: pytest.approx(moved, abs=1) for name, moved in before.items()}


def test_the_area_is_drawn_while_its_question_mark_has_the_pointer(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    shapes = "Object.values(geoRee.map()._layers).filter(l => l instanceof L.Polygon).length"
    before = seen.value(shapes)
    seen.page.locator("button.unranked").first.hover()
    assert seen.value(shapes) > before
    seen.page.mouse.move(5, 5)
    seen.until(f"{shapes} === {before}")
