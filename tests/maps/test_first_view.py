"""What the page opens with: a map that is filled by the ranked deposits, and cards that are as high as their words."""

import math

import pytest

from geo_ree.maps.languages import load_languages

pytestmark = pytest.mark.browser

PHONE = {"has_touch": True, "is_mobile": True}
LANGUAGES = pytest.mark.parametrize("language", ["en", "ru"])
RANKED = "geoRee.ranked('candidate').concat(geoRee.ranked('by_product_host'))"
MARKS = f"""{RANKED}.map(d => geoRee.marks.map(m => m.drawn(d.id)).find(Boolean))
  .map(m => [m.x - m.radius, m.y - m.radius, m.x + m.radius, m.y + m.radius])"""
NAMED = "geoRee.namesDrawn().filter(n => n.kind === 'land' || n.kind === 'tight').map(n => n.text.toUpperCase())"
HELD = f"[...new Set({RANKED}.map(d => d.country))].map(c => geoRee.country(c).toUpperCase())"
# The port, the box of its words, its arrow, and where its way leaves the view and heads.
WAYS = """(map => { const size = map.getSize(), o = map.containerPointToLayerPoint([0, 0]);
  const inside = p => p.x > 0 && p.y > 0 && p.x < size.x && p.y < size.y;
  const spot = at => map.latLngToContainerPoint(geoRee.placeOnSquare(at));
  return geoRee.waysOut().filter(w => !inside(spot(w.at))).map(w => {
    const name = geoRee.namesDrawn().find(n => n.kind === 'port' && n.text === geoRee.place(w.name));
    let path = geoRee.alongRoute(w.route).map(spot), end = spot(w.at), far = p => Math.hypot(p.x - end.x, p.y - end.y);
    if (far(path[0]) < far(path[path.length - 1])) path.reverse();
    path.push(end);
    path = path.flatMap((p, i) => i ? [...Array(40)].map((_, k) => path[i - 1].add(
      p.subtract(path[i - 1]).multiplyBy((k + 1) / 40))) : [p]);
    const last = path.map(inside).lastIndexOf(true), next = path.slice(last + 1).find(p =>
      Math.hypot(p.x - path[last].x, p.y - path[last].y) > 60) || end;
    const box = name && [name.box[0] - o.x, name.box[1] - o.y, name.box[2] - o.x, name.box[3] - o.y];
    return [w.name, box, name && name.turn,
      [path[last].x, path[last].y], [next.x - path[last].x, next.y - path[last].y]]; });
})(geoRee.map())"""


def crossing(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def spoken(seen, language):
    seen.page.evaluate(f"geoRee.set({{language: '{language}'}})")


@LANGUAGES
@pytest.mark.parametrize("size", [(1280, 800), (1440, 900), (1920, 1080), (390, 844)])
def test_the_ranked_deposits_fill_the_map_and_no_control_covers_one(
    starter_page, visit, size, language
):
    seen = visit(starter_page[1], *size, **(PHONE if size[0] < 860 else {}))
    if size[0] < 860:
        seen.page.tap("#map-switch")
    spoken(seen, language)
    wide, high = seen.value("(s => [s.x, s.y])(geoRee.map().getSize())")
    marks = seen.value(MARKS)
    assert min(m[0] for m in marks) >= 0 and max(m[2] for m in marks) <= wide
    assert min(m[1] for m in marks) >= 0 and max(m[3] for m in marks) <= high
    assert max(m[2] for m in marks) - min(m[0] for m in marks) > 0.85 * wide
    controls = seen.value("geoRee.controlBoxes()")
    inner = [[m[0] + 3, m[1] + 3, m[2] - 3, m[3] - 3] for m in marks]
    assert not [m for m in inner for c in controls if crossing(m, c)]


@pytest.mark.parametrize(
    ("language", "size"),
    [
        ("en", (1280, 800)),
        ("en", (1440, 900)),
        ("en", (1920, 1080)),
        ("ru", (1440, 900)),
        ("ru", (1920, 1080)),
    ],
)
def test_the_countries_of_ranked_deposits_are_named_and_no_name_lies_on_the_grid(
    starter_page, visit, size, language
):
    seen = visit(starter_page[1], *size)
    spoken(seen, language)
    assert set(seen.value(HELD)) - set(seen.value(NAMED)) == set()
    words = seen.value("geoRee.gridWords(geoRee.map().containerPointToLayerPoint([0, 0]))")
    names = seen.value("geoRee.namesDrawn()")
    assert len(words) > 4
    assert [n["text"] for n in names for w in words if crossing(n["box"], w)] == []


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_an_arrow_stands_where_its_way_leaves_and_points_along_it(starter_page, visit, size):
    seen = visit(starter_page[1], *size, **(PHONE if size[0] < 860 else {}))
    if size[0] < 860:
        seen.page.tap("#map-switch")
    shown = 0
    for question in seen.value("geoRee.data.routes.answers.map(a => a.question)"):
        seen.page.evaluate(f"geoRee.set({{question: {question!r}}})")
        for _, box, turn, (x, y), (east, south) in seen.value(WAYS):
            if box is None:
                continue  # no place for its words
            shown += 1
            off = math.hypot(max(box[0] - x, 0, x - box[2]), max(box[1] - y, 0, y - box[3]))
            assert off < 130  # aside only where marks leave no place
            ahead = math.cos(turn) * east + math.sin(turn) * south
            assert ahead > 0.9 * math.hypot(east, south)
    assert shown >= 2


def test_the_credits_of_the_map_are_in_the_language_of_the_page(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    credits = "document.querySelector('.leaflet-control-attribution').textContent"
    english = seen.value(credits)
    assert english.startswith("Borders: © OpenStreetMap contributors (ODbL)")
    spoken(seen, "ru")
    russian = seen.value(credits)
    assert russian.startswith("Границы: © участники OpenStreetMap (ODbL)")
    assert "Railways: " not in russian and "GeoNames (CC BY 4.0)" in russian
    spoken(seen, "en")
    assert seen.value(credits) == english


def test_on_a_phone_the_button_of_the_map_is_a_bar_below_the_words(starter_page, visit):
    seen = visit(starter_page[1], 390, 844, **PHONE)
    for _ in range(2):
        bar = seen.page.locator("#map-switch").bounding_box()
        assert (bar["x"], bar["width"], bar["y"] + bar["height"]) == (0, 390, 844)
        seen.page.tap("#map-switch")


@LANGUAGES
def test_cards_beside_a_map_are_as_high_as_their_own_words(starter_page, visit, language):
    seen = visit(starter_page[1], 1440, 900)
    spoken(seen, language)
    for width in (1280, 1440, 1600):
        seen.page.set_viewport_size({"width": width, "height": 900})
        seen.until(f"window.innerWidth === {width}")
        gaps = seen.value(
            "[...document.querySelectorAll('.card')].map(card => { const range = document.createRange();"
            " range.selectNodeContents(card); const low = Math.max(...[...range.getClientRects()]"
            ".filter(r => r.width > 1).map(r => r.bottom));"
            " return card.getBoundingClientRect().bottom - low; })"
        )
        assert len(gaps) == 3 and max(gaps) < 48


def test_a_name_that_lists_several_is_listed_in_the_language_of_the_page(starter_page, visit):
    seen = visit(starter_page[1], 1280, 800)
    names = "geoRee.deposits.concat(geoRee.unranked).map(d => d.name || '')"
    joined = [n for n in seen.value(names) if ", " in n and " and " in n]
    assert joined
    spoken(seen, "ru")
    again = seen.value(names)
    assert not [n for n in again if ", " in n and " and " in n]
    last = load_languages()["ru"]["page"]["list_and"].format(first="", last="").strip()
    assert any(f" {last} " in n for n in again)
