"""The findings on the page: sentences, cards and the chart of access by size, as a reader uses them."""

import pytest

from geo_ree.deposits import beside_leading
from geo_ree.maps.finding_cards import cards
from geo_ree.maps.headline import headline
from tests.maps.conftest import changed, written

pytestmark = pytest.mark.browser

CARD_ORDER = [
    "Control",
    "Could a Western investor come in?",
    "Stage",
    "Ore minerals and flowsheet",
    "Thorium and uranium",
    "Route to a port",
    "Cost of access, USD (P10–P90)",
    "Score",
]


@pytest.fixture
def seen(starter_page, visit):
    return visit(starter_page[1], 1440, 900)


def name_of(result, ident):
    tables = (result.tables["scores"], result.tables["unranked"])
    return next(n for t in tables for i, n in zip(t["id"], t["name"], strict=True) if i == ident)


def test_the_page_opens_with_the_sentences_of_the_rules(starter_page, seen):
    result, _ = starter_page
    lines = seen.page.locator("#headline p").all_inner_texts()
    assert len(lines) == len(headline(result.tables))
    assert not any("{" in line for line in lines)
    leader = dict(headline(result.tables)[-1:])
    assert name_of(result, next(iter(leader.values()))["leader"]) in lines[-1]


def test_a_card_has_its_facts_in_order_a_map_and_one_flag(starter_page, seen):
    result, _ = starter_page
    expected = cards(result.tables)
    assert seen.page.locator(".card").count() == len(expected) == 3
    for at, card in enumerate(expected):
        box = seen.page.locator(".card").nth(at)
        assert box.locator("h3").inner_text() == name_of(result, card["deposit"])
        assert box.locator("dt").all_inner_texts() == CARD_ORDER
        assert box.locator(".worst").count() == 1
        assert box.locator("canvas.small-map").count() == 1
        assert all(text.strip() for text in box.locator("dd").all_inner_texts())


def test_a_card_without_a_coordinate_says_so_and_has_no_route_or_score(starter_page, seen):
    unplaced = [c for c in cards(starter_page[0].tables) if c["note"] == "card_no_coordinate"]
    assert unplaced
    box = seen.page.locator(f".card[data-card='{unplaced[0]['question']}']")
    facts = box.locator("dd").all_inner_texts()
    assert facts[5:7] == ["unknown without a coordinate"] * 2
    assert "depending on" in facts[7] and facts[7].startswith("unknown; ")
    assert "No source gives a coordinate" in box.inner_text()


def test_a_card_opens_the_dossier(seen):
    name = seen.page.locator(".card h3").first.inner_text()
    seen.page.click(".card h3 button >> nth=0")
    assert seen.page.inner_text("#dossier h3") == name


def test_leader_and_first_card_follow_the_weights(seen):
    seen.page.evaluate("geoRee.set({weights: {water: 1}})")
    leader = seen.value("geoRee.ranked('candidate')[0].name")
    lines = seen.page.locator("#headline p").all_inner_texts()
    assert any(line.startswith("Best access") and leader in line for line in lines)
    best = seen.page.locator("[data-card='card_access'] h3").inner_text()
    stated = (
        "geoRee.ranked('candidate')"
        ".filter(d => ['code', 'register'].includes(geoRee.sizeStatedBy(d)))"
    )
    assert best == seen.value(f"{stated}[0].name")
    score = seen.value(f"geoRee.scoreOf({stated}[0])")
    shown = seen.page.locator("[data-card='card_access'] dd").last.inner_text()
    assert shown.startswith(f"{score:.0f} ")


def test_a_run_without_resources_or_holders_has_no_cards(data, tmp_path, visit):
    bare = visit(written(changed(data, resources=data["tables"]["resources"][:0]), tmp_path))
    assert bare.page.locator(".card").count() == 0
    assert bare.trouble == []


# The chart


def test_points_are_filled_by_the_kind_of_their_statement(starter_page, seen):
    points = seen.page.locator("#chart svg .point")
    assert points.count() > 10
    resources = starter_page[0].tables["resources"]
    oxide = resources[resources["shown"] & resources["oxide_t"].notna()]
    for kind, mark in (("reporting_code", "mark-full"), ("state", "mark-half")):
        for ident in set(oxide.loc[oxide["system_kind"] == kind, "deposit_id"]):
            assert seen.page.locator(f"[data-id='{ident}'] .{mark}").count() == 1
    aside = seen.page.locator("#chart svg .point .mark-none").count()
    assert points.count() - aside <= oxide["deposit_id"].nunique()


def test_the_chart_is_walked_by_keyboard_and_opens_a_dossier(seen):
    assert seen.page.locator("#chart .point[tabindex='0']").count() == 1
    seen.page.focus("#chart .point[tabindex='0']")
    first = seen.value("document.activeElement.dataset.id")
    seen.page.keyboard.press("ArrowDown")
    second = seen.value("document.activeElement.dataset.id")
    assert second != first
    assert seen.value("document.activeElement.getAttribute('aria-label')").count(";") >= 1
    seen.page.keyboard.press("Home")
    assert seen.value("document.activeElement.dataset.id") == first
    seen.page.keyboard.press("Enter")
    assert seen.value("geoRee.byId[document.querySelector('.point').dataset.id].id") == first
    assert seen.page.is_visible("#dossier")


def test_the_cost_of_access_can_be_shown_and_says_what_is_left_out(starter_page, seen):
    seen.page.check("#chart input[value='cost']")
    table = starter_page[0].tables["scores"]
    known = table[(table["role"] == "candidate") & table["access_usd_t_treo_p50"].notna()]
    assert seen.page.locator("#chart svg .point").count() == len(known)
    left = starter_page[0].report["candidates"] - len(known)
    assert f"unknown: {left}." in seen.page.inner_text("#chart")
    assert "USD per t" in seen.page.locator("#chart .point").first.get_attribute("aria-label")


def test_the_table_behind_the_chart_has_every_point(seen):
    seen.page.click("#chart details summary")
    count = seen.page.locator("#chart svg .point").count()
    assert seen.page.locator("#chart tbody tr").count() == count


def test_filters_act_on_the_chart(seen):
    seen.page.evaluate("geoRee.set({filters: {country: ['MNG']}})")
    countries = seen.value(
        "[...document.querySelectorAll('#chart .point')].map(p => geoRee.byId[p.dataset.id])"
        ".filter(geoRee.isRanked).map(d => d.country)"
    )
    assert set(countries) == {"MNG"}


def test_names_on_the_chart_cover_neither_marks_nor_each_other(seen):
    boxes = seen.value(
        "[...document.querySelectorAll('#chart text.name, #chart .mark-full, #chart .mark-hollow')]"
        ".map(n => { const b = n.getBoundingClientRect(); return [b.x, b.y, b.right, b.bottom]; })"
    )
    assert len(boxes) > 6
    pairs = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i]]
    assert not [
        (a, b)
        for a, b in pairs
        if a[0] + 1 < b[2] and b[0] + 1 < a[2] and a[1] + 2 < b[3] and b[1] + 2 < a[3]
    ]


TEXTS = """[...document.querySelectorAll('#chart > svg text')].map(n => {
  const b = n.getBoundingClientRect(); return [n.textContent, b.x, b.y, b.right, b.bottom]; })"""


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("width", [390, 1440])
def test_each_point_of_known_size_has_its_name_or_rank_and_no_words_overlap(
    starter_page, visit, width, language
):
    seen = visit(starter_page[1], width, 844)
    seen.page.evaluate(f"geoRee.set({{language: '{language}'}})")
    texts = seen.value(TEXTS)
    named = seen.value(
        "[...document.querySelectorAll('#chart .point')].map(p => geoRee.byId[p.dataset.id])"
        ".filter(geoRee.oxideStatement).map(d => [d.name, String(geoRee.rankOf(d))])"
    )
    assert len(named) > 4
    said = {text[0] for text in texts}
    assert all(said & {name, rank} for name, rank in named)
    assert width < 480 or {name for name, _ in named} <= said
    crossed = [
        (a[0], b[0])
        for i, a in enumerate(texts)
        for b in texts[:i]
        if a[1] + 1 < b[3] and b[1] + 1 < a[3] and a[2] + 3 < b[4] and b[2] + 3 < a[4]
    ]
    assert crossed == []


def test_a_score_that_depends_on_the_place_is_a_range_without_a_point(seen):
    marks = seen.value(
        "[...document.querySelectorAll('#chart .point')].filter(p => p.querySelector('.dashed'))"
        ".map(p => p.querySelectorAll('.mark-full, .mark-hollow, .mark-half, .mark-none').length)"
    )
    assert marks and set(marks) == {0}


def test_an_unknown_score_has_the_mark_that_the_key_calls_unknown(starter_page, seen):
    seen.page.evaluate("document.getElementById('unplaced-box').open = true")
    dots = seen.value(
        "[...document.querySelectorAll('#panel .ranking tr.row')].map(r => ["
        "geoRee.scoreOf(geoRee.byId[r.dataset.id]) === undefined,"
        " r.querySelector('.dot').classList.contains('unscored'), r.querySelector('.dot').style.background])"
    )
    assert {unknown for unknown, *_ in dots} == {True, False}
    assert all(unknown == hatched == (not colour) for unknown, hatched, colour in dots)
    assert seen.page.locator(".legend .ramp div:has(.unscored)").text_content() == "unknown"


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_findings_and_chart_fit_their_column(starter_page, visit, width):
    seen = visit(starter_page[1], width, 844)
    assert (
        seen.value(
            "[...document.querySelectorAll('#s-findings *, #chart > *')].filter(n => "
            "n.getBoundingClientRect().right > document.getElementById('panel').getBoundingClientRect().right + 1)"
            ".length"
        )
        == 0
    )
    sizes = seen.value(
        "[...document.querySelectorAll('#s-findings *, #chart *, #s-rank *')].filter(n => n.textContent "
        "&& n.getClientRects().length).map(n => parseFloat(getComputedStyle(n).fontSize))"
    )
    assert min(sizes) >= 12


# Colours


def test_canvases_learn_the_colours_of_a_theme(starter_page, visit):
    seen = visit(starter_page[1])
    light = seen.value("geoRee.colour('ink')")
    seen.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    seen.until(f"geoRee.colour('ink') !== '{light}'")
    seen.page.emulate_media(media="print")
    seen.until(f"geoRee.colour('ink') === '{light}'")


def test_a_size_names_the_statement_that_differs_and_the_newer_one(starter_page, seen):
    """Wherever the run holds such statements, of the deposits whose size is a resource."""
    rows = starter_page[0].tables["resources"].reset_index(drop=True)
    rows = rows.assign(beside=beside_leading(rows)).dropna(subset=["beside"])
    assert {"differs", "newer"} == set(rows["beside"])
    checked = 0
    for row in rows.itertuples():
        if not seen.value(f"Boolean(geoRee.byId[{row.deposit_id!r}])"):
            continue
        said = seen.value(f"geoRee.sizeBeside(geoRee.byId[{row.deposit_id!r}]).join('; ')")
        if said and row.beside == "differs":
            assert f"{float(row.oxide_t or row.quantity_t):,.0f} t" in said
        if said and row.beside == "newer":
            assert f"{row.year:.0f}); its figures were not seen" in said
        checked += bool(said)
    assert checked > 1
    shown = [c for c in cards(starter_page[0].tables) if c["question"] == "card_largest"]
    texts = seen.page.locator(
        f"#cards .card[data-deposit='{shown[0]['deposit']}']"
    ).all_inner_texts()
    beside = seen.value(f"geoRee.sizeBeside(geoRee.byId[{shown[0]['deposit']!r}])")
    assert all(words in texts[0] for words in beside)


def test_limits_say_what_the_test_leaves_of_the_score(seen):
    """By the evidence that the criteria ship with: what separates alone, and what adds nothing to it."""
    graded = seen.value("geoRee.data.criteria.map(c => [geoRee.term(c.label), c.evidence])")
    said = seen.page.inner_text("#first-limits .tested")
    alone, nothing = said.split("These add nothing")
    for label, grade in graded:
        assert (label in alone) == (grade == "base")
        assert (label in nothing) == (grade in ("alone", "none", "against"))
