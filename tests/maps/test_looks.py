"""What a reader sees at once: no words over words, nothing cut, the way out on the map, marks read as what they are."""

import io
import itertools
import unicodedata

import pytest
from pypdf import PdfReader

from geo_ree.maps.languages import load_languages

pytestmark = pytest.mark.browser

WIDTHS = (1280, 1366, 1440, 1536, 1920, 390, 360)
LANGUAGES = pytest.mark.parametrize("language", ["en", "ru"])
BEST = "geoRee.ranked('candidate').filter(d => geoRee.cheapestRoute(d))[0]"
CARD_WORDS = """(() => { const out = [];
  document.querySelectorAll('.card').forEach((card, at) => {
    const walk = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
    for (let n = walk.nextNode(); n; n = walk.nextNode()) {
      if (!n.data.trim() || !n.parentElement.checkVisibility()) continue;
      const r = document.createRange();
      r.selectNodeContents(n);
      for (const b of r.getClientRects()) if (b.width > 1) out.push([at, n.data, b.left, b.top, b.right, b.bottom]);
    } });
  return out; })()"""
CUT = """[...document.querySelectorAll('.card, .card *, .ranking td[data-col="oxide"],'
  + ' .ranking td[data-col="oxide"] *')].filter(n => {
  const s = getComputedStyle(n);
  return n.getClientRects().length && n.tagName !== 'CANVAS' && (s.textOverflow === 'ellipsis'
    || s.webkitLineClamp !== 'none'
    || s.overflowY !== 'visible' && n.scrollHeight > n.clientHeight + 1);
}).map(n => n.className + ' ' + n.textContent.slice(0, 60))"""
PORTS = "geoRee.namesDrawn().filter(n => n.kind === 'port').map(n => n.text)"
PHONE = {"has_touch": True, "is_mobile": True}


def overlap(a, b, across=1, down=3):
    return (
        a[0] + across < b[2] and b[0] + across < a[2] and a[1] + down < b[3] and b[1] + down < a[3]
    )


def spoken(seen, language):
    seen.page.evaluate(f"geoRee.set({{language: '{language}'}})")


@LANGUAGES
def test_no_words_lie_over_others_on_a_card_and_none_are_cut(starter_page, visit, language):
    seen = visit(starter_page[1], WIDTHS[0], 900)
    spoken(seen, language)
    seen.page.evaluate("document.querySelectorAll('.more-facts').forEach(b => b.click())")
    for width in WIDTHS:
        seen.page.set_viewport_size({"width": width, "height": 900})
        seen.until(f"window.innerWidth === {width}")
        words = seen.value(CARD_WORDS)
        assert len({at for at, *_ in words}) == 3 and len(words) > 60
        crossed = [
            (width, a[1], b[1])
            for a, b in itertools.combinations(words, 2)
            if a[0] == b[0] and overlap(a[2:], b[2:])
        ]
        assert crossed == []
        assert seen.value(CUT) == []
        assert not [text for _, text, *_ in words if "…" in text]


@LANGUAGES
def test_the_name_of_a_dossier_is_whole_and_nothing_passes_over_its_bar(
    starter_page, visit, language
):
    seen = visit(starter_page[1], 1280, 800)
    spoken(seen, language)
    seen.page.evaluate(f"geoRee.open({BEST}.id)")
    for width in (1280, 1440, 1920):
        seen.page.set_viewport_size({"width": width, "height": 800})
        seen.until(f"window.innerWidth === {width}")
        seen.page.evaluate("() => { document.getElementById('dossier').scrollTop = 0; }")
        name, bar, shut = seen.value(
            "['h3', '.walk', '.shut'].map(s => { const b = document.querySelector('#dossier ' + s)"
            ".getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
        )
        assert name[1] >= max(bar[3], shut[3]) and not overlap(bar, shut, 0, 0)
        seen.page.evaluate("() => { document.getElementById('dossier').scrollTop = 333; }")
        over = seen.value(
            "(b => [2, 20, 40].map(y => document.elementFromPoint(b.left + 60, b.top + y))"
            ".map(n => Boolean(n.closest('.sheet-head, .walk'))))"
            "(document.getElementById('dossier').getBoundingClientRect())"
        )
        assert over == [True, True, True]


@LANGUAGES
@pytest.mark.parametrize("width", [360, 390, 1280, 1920])
def test_words_of_the_chart_stay_in_the_plot_and_their_lines_look_like_no_interval(
    starter_page, visit, width, language
):
    seen = visit(starter_page[1], width, 844)
    spoken(seen, language)
    for shown in ("score", "cost"):
        seen.page.evaluate(f"document.querySelector('#chart input[value={shown}]').click()")
        chart = seen.value(
            "(svg => { const box = n => { const b = n.getBoundingClientRect(); return [b.left,"
            " b.top, b.right, b.bottom]; },"
            " grid = [...svg.querySelectorAll('path.grid, path.base')].map(box);"
            " return { plot: [Math.min(...grid.map(b => b[0])), Math.min(...grid.map(b => b[1])),"
            "   Math.max(...grid.map(b => b[2])), Math.max(...grid.map(b => b[3]))], svg: box(svg),"
            "  names: [...svg.querySelectorAll('text.name, text.other, text.number')].map(box),"
            "  words: [...svg.querySelectorAll('text')].map(box),"
            "  leads: [...svg.querySelectorAll('.name-lead')].map(n => n.getAttribute('d')"
            ".match(/-?[\\d.]+/g).map(Number)),"
            "  spans: [...svg.querySelectorAll('.point .span')].map(box) };"
            " })(document.querySelector('#chart > svg'))"
        )
        plot = chart["plot"]
        assert chart["names"]
        for b in chart["names"]:
            assert b[0] >= plot[0] - 1 and b[2] <= plot[2] + 1 and b[3] <= plot[3] + 2
        assert all(
            b[0] >= chart["svg"][0] - 1 and b[2] <= chart["svg"][2] + 1 for b in chart["words"]
        )
        assert not [
            pair for pair in itertools.combinations(chart["words"], 2) if overlap(*pair, 1, 5)
        ]
        assert all(abs(x2 - x1) >= 0.6 * abs(y2 - y1) for x1, y1, x2, y2 in chart["leads"])
        assert not [
            (name, span)
            for name in chart["names"]
            for span in chart["spans"]
            if overlap(name, [span[0] - 1, span[1], span[2] + 1, span[3]], 0, 3)
        ]


def test_no_interval_of_unknown_size_stands_on_another_and_each_has_its_rank(starter_page, visit):
    seen = visit(starter_page[1], 390, 844, **PHONE)
    spans, numbers = seen.value(
        "(all => [all.map(p => { const b = p.querySelector('.span').getBoundingClientRect();"
        " return [b.left, b.top, b.right, b.bottom]; }),"
        " [all.map(p => String(geoRee.rankOf(geoRee.byId[p.dataset.id]))),"
        " [...document.querySelectorAll('#chart text.number')].map(t => t.textContent)]])"
        "([...document.querySelectorAll('#chart .point:has(.mark-none)')])"
    )
    assert len(spans) > 6
    wide = [[b[0] - 3, b[1], b[2] + 3, b[3]] for b in spans]
    assert not [pair for pair in itertools.combinations(wide, 2) if overlap(*pair, 0, 0)]
    assert set(numbers[0]) <= set(numbers[1])


@pytest.mark.parametrize("size", [(1280, 800), (1440, 900), (1920, 1080), (390, 844)])
def test_the_first_view_holds_the_candidates_and_says_where_the_way_out_ends(
    starter_page, visit, size
):
    seen = visit(starter_page[1], *size, **(PHONE if size[0] < 860 else {}))
    if size[0] < 860:
        seen.page.tap("#map-switch")
    outside = seen.value(
        "geoRee.ranked('candidate').filter(d => !geoRee.map().getBounds().contains([d.latitude,"
        " d.longitude])).length"
    )
    assert outside == 0
    ports = seen.value(
        "[...new Set(geoRee.ranked('candidate').map(geoRee.cheapestRoute).filter(Boolean).map(r => r.port))]"
    )
    assert ports and set(ports) <= set(seen.value(PORTS))
    places = seen.value(
        "(c => geoRee.namesDrawn().filter(n => n.kind === 'port').map(n => ["
        "n.box[0] - c.x, n.box[1] - c.y, n.box[2] - c.x, n.box[3] - c.y]))"
        "(geoRee.map().containerPointToLayerPoint([0, 0]))"
    )
    ends = seen.value(
        "geoRee.waysOut().map(w => { const p = geoRee.map().latLngToContainerPoint(w.place);"
        " return [p.x, p.y]; })"
    )
    frame = seen.value("(s => [s.x, s.y])(geoRee.map().getSize())")
    for place, (x, y) in zip(places, ends, strict=True):
        if 0 < x < frame[0] and 0 < y < frame[1]:
            assert overlap(place, [x - 12, y - 22, x + 12, y + 22], 0, 0)
        else:  # out of view: at the rim
            assert min(place[0], frame[0] - place[2], place[1], frame[1] - place[3]) < 12
    controls = seen.value("geoRee.controlBoxes()")
    assert not [(p, c) for p in places for c in controls if overlap(p, c, 2, 2)]


@LANGUAGES
def test_a_chosen_route_names_its_port_and_the_ends_of_its_ferry(starter_page, visit, language):
    seen = visit(starter_page[1], 1440, 900)
    spoken(seen, language)
    seen.page.evaluate(f"geoRee.open({BEST}.id)")
    ferries = seen.value(
        f"geoRee.routesOf({BEST}).slice(0, 2).map(r => [r.port, r.gateways.split(';').filter(w =>"
        f" / - Alat/.test(w))])"
    )
    assert len(ferries) == 2
    terms = load_languages()[language]["terms"]
    for at, (port, legs) in enumerate(ferries):
        seen.page.evaluate(f"geoRee.showRoute(geoRee.routesOf({BEST})[{at}])")
        named = seen.value(PORTS)
        sail = legs[0].split(" - ")[0]
        assert terms.get(port, port) in named and terms.get(sail, sail) in named
        alat = "Alyat (Port of Baku)"
        assert terms.get(alat, alat) in named
    seen.page.evaluate("geoRee.close()")
    assert seen.value(PORTS) == [terms.get(ferries[0][0], ferries[0][0])]


def test_no_line_crosses_the_name_of_the_deposit(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    seen.until("document.querySelector('.card canvas').drawn")
    crossed = (
        "(v => v.words.filter(w => v.route.some(q => q[0] > w.box[0] && q[0] < w.box[2] && q[1] > w.box[1]"
        " && q[1] < w.box[3])).map(w => w.text))(document.querySelector('.card canvas').drawn)"
    )
    assert seen.value("document.querySelector('.card canvas').drawn.words.length") == 2
    assert seen.value(crossed) == []
    seen.page.evaluate(f"geoRee.open({BEST}.id)")
    own = (
        "(m => { const d = geoRee.byId[geoRee.opened()], to = p => { const q ="
        " m.latLngToLayerPoint(p); return [q.x, q.y]; },"
        " dots = geoRee.dotted(geoRee.distanceLines()"
        ".concat(geoRee.routeShape(geoRee.drawnRoute()).lines.map(l => l.path))"
        ".map(path => path.map(to))); return geoRee.namesDrawn().filter(n => n.kind ==="
        " 'deposit' && n.text === d.name)"
        ".map(n => dots.filter(q => q[0] > n.box[0] && q[0] < n.box[2] && q[1] > n.box[1] &&"
        " q[1] < n.box[3]).length); })"
        "(geoRee.map())"
    )
    assert seen.value(own) == [0]


@pytest.mark.parametrize("width", [390, 360])
def test_what_a_tap_says_is_whole_and_clear_of_the_controls(starter_page, visit, width):
    seen = visit(starter_page[1], width, 844, **PHONE)
    seen.page.tap("#map-switch")
    spots = seen.value(
        "geoRee.rows(geoRee.data.layers.gateways[1]).map(p => geoRee.map()"
        ".latLngToContainerPoint([p.lat, p.lon]))"
        f".filter(p => p.x > 4 && p.x < {width - 4} && !geoRee.markAt(p) && !geoRee.controlBoxes().some(b =>"
        " p.x > b[0] && p.x < b[2] && p.y > b[1] && p.y < b[3])).map(p => [p.x, p.y])"
    )
    said = 0
    seen.page.evaluate(
        "void geoRee.map().doubleClickZoom.disable()"
    )  # two taps are not one gesture
    for x, y in spots:
        seen.page.touchscreen.tap(x, y)
        seen.page.wait_for_timeout(30)
        box = seen.value(
            "[...document.querySelectorAll('.leaflet-tooltip-pane .leaflet-tooltip')]"
            ".filter(n => Number(n.style.opacity) > 0.5).map(n => {"
            " const b = n.getBoundingClientRect();"
            " return [b.left, b.top, b.right, b.bottom]; })"
        )
        seen.page.evaluate("geoRee.close()")
        for b in box:
            said += 1
            assert b[0] >= 0 and b[1] >= 0 and b[2] <= width and b[3] <= 844
            assert not [c for c in seen.value("geoRee.controlBoxes()") if overlap(b, c, 2, 2)]
    assert said >= 2


def test_beside_a_sheet_the_credits_lie_below_the_labels_and_no_tooltip_is_left(
    starter_page, visit
):
    seen = visit(starter_page[1], 390, 844, **PHONE)
    seen.page.tap("#map-switch")
    point = seen.value(f"(p => [p.x, p.y])(geoRee.drawn({BEST}.id))")
    seen.page.touchscreen.tap(*point)
    seen.until("geoRee.opened() !== null")
    seen.until("!document.querySelector('.leaflet-tooltip-pane .leaflet-tooltip')")
    credits, frame, labels = seen.value(
        "(box => [box(document.querySelector('.leaflet-control-attribution')), box(geoRee.map()"
        ".getContainer()),"
        " [...document.querySelectorAll('.measure')].filter(n => n.style.visibility === 'visible').map(box)])"
        "(n => { const b = n.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
    )
    assert labels and abs(credits[3] - frame[3]) < 3
    assert not [b for b in labels if overlap(b, credits, 0, 0)]


@pytest.mark.parametrize("width", [390, 1280])
def test_credits_that_go_on_say_so_and_open(starter_page, visit, width):
    seen = visit(starter_page[1], width, 844)
    seen.page.evaluate("document.body.classList.add('mapping')")
    look = (
        "(n => { const s = getComputedStyle(n); return [n.scrollWidth > n.clientWidth,"
        " s.textOverflow, s.whiteSpace,"
        " n.getBoundingClientRect().height]; })(document.querySelector('.leaflet-control-attribution'))"
    )
    seen.until("document.querySelector('.leaflet-control-attribution').tabIndex === 0")
    longer, dots, wrap, low = seen.value(look)
    assert longer and (dots, wrap) == ("ellipsis", "nowrap")
    seen.page.evaluate("document.querySelector('.leaflet-control-attribution').focus()")
    *_, wrap, high = seen.value(look)
    assert wrap == "normal" and high > low + 10


def test_marks_and_buttons_are_seen_in_the_dark(starter_page, visit):
    seen = visit(starter_page[1], 1280, 800, color_scheme="dark")
    seen.page.evaluate("geoRee.chooseGateways(geoRee.gatewaySets()[1])")
    seen.until("document.getElementById('set-back')?.offsetParent")
    assert seen.value(
        "['background-color', 'border-color', 'border-radius', 'color'].map(p =>"
        " getComputedStyle(document.getElementById('set-back')).getPropertyValue(p))"
    ) == seen.value(
        "['background-color', 'border-color', 'border-radius', 'color'].map(p =>"
        " getComputedStyle(document.getElementById('download')).getPropertyValue(p))"
    )
    bright = seen.value(
        "[...document.querySelectorAll('.ranking .dot')].map(n => getComputedStyle(n)"
        ".borderTopColor.match(/\\d+/g).map(Number))"
    )
    assert bright and all(min(colour) > 150 for colour in bright)


def test_beside_a_dossier_a_name_has_the_width_of_its_words(starter_page, visit):
    seen = visit(starter_page[1], 1280, 800)
    seen.page.evaluate(f"geoRee.open({BEST}.id)")
    rows = seen.value(
        "[...document.querySelectorAll('#ranking tr.row')].map(r => [r.getBoundingClientRect().height,"
        " r.querySelector('td.name').getBoundingClientRect().width])"
    )
    assert min(wide for _, wide in rows) > 110
    assert max(high for high, _ in rows) < 100


def test_the_ranking_of_a_phone_is_near_and_the_facts_of_a_card_a_tap_away(starter_page, visit):
    seen = visit(starter_page[1], 390, 844, **PHONE)
    assert seen.value("document.getElementById('s-rank').getBoundingClientRect().top") < 4 * 844
    first = seen.page.locator(".card").first
    assert not first.locator("dl").is_visible()
    first.locator(".more-facts").tap()
    assert first.locator("dl").is_visible()
    assert first.locator(".more-facts").get_attribute("aria-expanded") == "true"
    spoken(seen, "ru")
    assert seen.page.locator(".card").first.locator("dl").is_visible()


def test_a_comparison_and_a_dossier_say_nothing_twice(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    counts = seen.value(
        "geoRee.ranked('candidate').map(d => [(geoRee.flags[d.id] || []).filter(f => f.severity"
        " === 'stop' || f.severity === 'caution')"
        ".map(f => f.flag), d.id])"
    )
    flags, ident = max(counts, key=lambda one: len(one[0]) - len(set(one[0])))
    assert len(flags) > len(set(flags))
    other = next(i for _, i in counts if i != ident)
    said = seen.value(
        f"[...geoRee.comparison(['{ident}', '{other}'].map(i => geoRee.byId[i])).querySelectorAll('tr')]"
        ".filter(r => r.querySelector('.flag-marks')).map(r =>"
        " [...r.cells[1].querySelectorAll('small')].map(s => s.textContent))[0]"
    )
    assert len(said) == len(set(said)) == len(set(flags))
    assert any("(" in line for line in said)
    area = seen.value(
        "(d => [d.admin1, d.admin_area])(geoRee.ranked('candidate').filter(d => d.admin1 &&"
        " String(d.admin_area || '')"
        ".includes(d.admin1) && d.admin1 !== d.admin_area)[0])"
    )
    place = seen.value(
        "geoRee.dossier(geoRee.deposits.filter(d => d.admin_area === '"
        + area[1]
        + "')[0]).querySelector('p').textContent"
    )
    assert place.count(area[0]) == 1


@LANGUAGES
def test_paper_ends_with_all_limits_and_has_no_sheet_of_a_few_lines(starter_page, visit, language):
    seen = visit(starter_page[1], 1440, 900)
    spoken(seen, language)
    limits = seen.value(
        "[...document.querySelectorAll('#first-limits li, #limits li, #warnings li')].map(n => n.textContent)"
    )
    answers = seen.value("[...document.querySelectorAll('#questions h3')].map(n => n.textContent)")
    coded = seen.value("document.querySelector('.card .answer-line small').textContent")
    sheets = [
        unicodedata.normalize("NFKC", page.extract_text())  # a font may join "fi"
        for page in PdfReader(io.BytesIO(seen.page.pdf(prefer_css_page_size=True))).pages
    ]
    flat = ["".join(text.split()) for text in sheets]
    end = "".join(flat[-2:])
    assert len(limits) > 8 and len(answers) == 5
    assert [words for words in limits + answers if "".join(words.split())[:20] not in end] == []
    assert "".join(coded.split()) in flat[0]
    assert "".join(load_languages()[language]["page"]["board_rest"].split()) in flat[0]
    assert min(len(text.splitlines()) for text in sheets) > 30
    assert not [text for text in sheets[:1] if "…" in text]


def test_the_window_itself_never_scrolls_beside_the_map(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    for opened in ("0", "geoRee.open(geoRee.ranked('candidate')[0].id)"):
        seen.page.evaluate(f"() => {{ {opened}; window.scrollTo(0, 700); }}")
        assert seen.value("[document.documentElement.scrollHeight, window.scrollY]") == [900, 0]
