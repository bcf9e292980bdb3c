"""The sheet for the board: without JavaScript, and the first page on paper."""

import io
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pypdf import PdfReader

from geo_ree.maps import render
from geo_ree.maps.board_credits import board_credits
from geo_ree.maps.languages import load_languages
from geo_ree.maps.still_map import _aside, still_map
from tests.maps.conftest import HOSTILE, changed, page_data

WORDS = load_languages()["en"]["page"]
SHEET = re.compile(r'<div id="paper">.*?</footer>', re.DOTALL)


@pytest.fixture
def unscripted(browser):
    """Gives a function that opens a page in a reader that runs no script."""
    contexts = []

    def opened(path, scheme="light", width=900):
        context = browser.new_context(
            java_script_enabled=False,
            offline=True,
            color_scheme=scheme,
            viewport={"width": width, "height": 1200},
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


def rows(page):
    return [
        [cell.strip() for cell in re.split(r"[\t\n]+", row) if cell.strip()]
        for row in page.locator("#board tbody tr").all_inner_texts()
    ]


def on_paper(seen):
    seen.page.emulate_media(media="print")
    seen.until("document.getElementById('dossiers').children.length > 0")


def printed(pdf):
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def test_without_javascript_the_findings_are_there_and_the_tools_are_not(starter_page, unscripted):
    result, path = starter_page
    page = unscripted(path)
    text = page.inner_text("body")
    assert WORDS["title"] in text
    assert page.locator(".board-headline p").count() >= 3
    assert page.locator(".board-cards b").count() >= 2
    assert "not investment advice" in text
    assert result.report["created"][:10] in text
    assert "© OpenStreetMap contributors (ODbL)" in text
    assert WORDS["open_in_browser"] in text
    assert page.is_visible("#board svg.still")
    for hidden in ("#panel", ".folium-map", "#fold", "#paper-foot"):
        assert not page.is_visible(hidden)


def test_the_table_without_javascript_has_the_figures_of_the_run(starter_page, unscripted):
    table = starter_page[0].table.query("role == 'candidate'").set_index("name")
    found = rows(unscripted(starter_page[1]))
    assert len(found) == 5
    stages = [table.loc[row[1], "stage"] for row in found]
    assert stages == sorted(stages, key=["occurrence", "drilled"].__contains__)
    for row in found:
        deposit = table.loc[row[1]]
        assert row[0] == str(deposit["rank_in_role"])
        assert f"{deposit['score']:.1f}" in row
        assert f"{deposit['rank_p5']}–{deposit['rank_p95']}" in row


def test_what_forbids_mining_stands_on_the_first_sheet(starter_page, unscripted, visit):
    flags = starter_page[0].tables["flags"]
    stops = set(flags.loc[flags["severity"] == "stop", "deposit_id"])
    names = starter_page[0].table.set_index("id")["name"]
    page, seen = unscripted(starter_page[1]), visit(starter_page[1])
    on_paper(seen)
    for sheet in (page, seen.page):
        text = " ".join(sheet.locator(".board-cards").inner_text().split())
        assert "Stop: " in text and "Chon-Kemin national park" in text
        marked = {row[1] for row in rows(sheet) if any("Stop: " in cell for cell in row)}
        assert marked == {row[1] for row in rows(sheet)} & set(names[names.index.isin(stops)])
        assert marked


def test_with_javascript_paper_says_what_the_sheet_without_it_says(starter_page, unscripted, visit):
    still, seen = unscripted(starter_page[1]), visit(starter_page[1])
    assert not seen.page.is_visible("#board")
    on_paper(seen)
    assert rows(seen.page) == rows(still)
    for part in (
        "h1",
        ".board-headline",
        "ul",
        ".board-sources",
        ".board-disclaimer",
    ):
        assert seen.page.inner_text(f"#board {part}") == still.inner_text(f"#board {part}")
    assert seen.page.text_content("#board svg") == still.text_content("#board svg")
    cards = "#board .board-cards div"
    said = seen.page.locator(cards).all_inner_texts()
    for card, text in zip(still.locator(cards).all(), said, strict=True):
        facts = card.locator(".fact").all_inner_texts()
        assert [line for line in card.inner_text().splitlines() if line not in facts] == [
            line for line in text.splitlines() if line
        ]
    # On paper the lines of the cards stand beside each other, without a script below each other.
    lines = seen.page.locator("#board .board-facts p").all()
    texts = [line.evaluate("n => n.cloneNode(true).textContent") for line in lines]
    facts = [card.locator(".fact").all_inner_texts() for card in still.locator(cards).all()]
    for own in (line for card in facts for line in card):
        assert any(shown.startswith(own) for shown in texts)  # a size may have a line more on paper


@pytest.mark.parametrize("width", [360, 390, 900, 1440])
def test_without_javascript_the_sheet_stays_within_its_window(starter_page, unscripted, width):
    page = unscripted(starter_page[1], width=width)
    over = page.locator("#board, #board *").evaluate_all(
        "all => all.filter(n => n.getClientRects().length && !n.closest('thead') && !n.closest('svg')"
        " && n.getBoundingClientRect().right > document.documentElement.clientWidth + 1)"
        ".map(n => n.tagName + n.textContent.slice(0, 40))"
    )
    assert over == []
    wide = page.locator("html").evaluate("n => [n.scrollWidth, n.clientWidth]")
    assert wide[0] <= wide[1]


def test_each_source_is_named_once():
    credits = board_credits(
        [
            {
                "attribution": "Deposits: geo_ree, after A Survey and the publications named per record"
            },
            {
                "attribution": "Deals: geo_ree, after the publications named per piece; X (CC BY 4.0)"
            },
            {"attribution": "Places: X and Y (CC BY 4.0), A Survey"},
            {"attribution": "Plants: Y (P, Q), Z (CC BY 4.0)"},
            {"attribution": "Quakes: Project (One 1981; Two 2012), as packed"},
            {"attribution": "Ore: A Survey, Report 7"},
            {"attribution": "Roads: Y (MIT)"},
            {},
        ]
    )
    assert credits == [
        "geo_ree, after the publications named per record",
        "X (CC BY 4.0)",
        "Y (P, Q), Z (CC BY 4.0)",
        "Project (One 1981; Two 2012), as packed",
        "A Survey, Report 7",
        "Y (MIT)",
    ]


def test_paper_is_of_the_state_of_the_page(starter_page, visit):
    seen = visit(starter_page[1])
    seen.page.evaluate(
        "geoRee.set({language: 'ru', weights: {rail: 0, water: 1}, access: geoRee.state.access})"
    )
    seen.until("geoRee.intervalOf(geoRee.ranked('candidate')[0]).rank_p5 !== undefined")
    on_paper(seen)
    expected = seen.value(
        "(p => p.first.concat(p.later).slice(0, 5).map(d => [String(geoRee.rankOf(d)), d.name]))"
        "(geoRee.candidatesByStage())"
    )
    assert [row[:2] for row in rows(seen.page)] == expected
    numbers = seen.value(
        "[...document.querySelectorAll('#board [data-row]')].every(m => "
        "m.querySelector('text').textContent === String(geoRee.rankOf(geoRee.deposits[m.dataset.row])))"
    )
    assert numbers
    assert "Казахстан" in seen.page.text_content("#board svg")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_page_one_is_the_sheet_and_the_best_dossiers_follow(starter_page, visit, language):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate(f"geoRee.set({{language: '{language}'}})")
    sheets = printed(seen.page.pdf(prefer_css_page_size=True))
    first = sheets[0]
    title = load_languages()[language]["page"]["title"]
    assert title in " ".join(first.split())
    assert seen.value("document.getElementById('disclaimer').textContent") in " ".join(
        first.split()
    )
    assert "© OpenStreetMap contributors" in " ".join(first.split())
    names = seen.value(
        "[...document.querySelectorAll('#board tbody td:nth-child(2)')].map(t => t.firstChild.data)"
    )
    assert len(names) == 5 and all(name in " ".join(first.split()) for name in names)
    heads = [
        next(i for i, text in enumerate(sheets) if i and name in text.splitlines())
        for name in names
    ]
    assert heads[0] == 1 and heads == sorted(heads)
    for number, text in enumerate(sheets, 1):
        assert f"{number} / {len(sheets)}" in text
        assert title in text
    assert seen.value("document.getElementById('dossiers').children.length") == 0
    assert seen.trouble == []


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_first_sheet_has_the_lines_of_the_cards_and_a_map_without_an_empty_strip(
    starter_page, visit, language
):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate(f"geoRee.set({{language: '{language}'}})")
    cards = seen.page.locator("#cards .card").count()
    on_paper(seen)
    words = load_languages()[language]["page"]
    lines = seen.page.locator(".board-facts p:not(.wide)").all_inner_texts()
    assert len(lines) == 5 * cards and all(lines)
    wide = seen.page.locator(".board-facts .wide").all_inner_texts()
    ids = seen.value("[...document.querySelectorAll('#cards .card')].map(c => c.dataset.deposit)")
    for words_beside in ("valueLeftShort", "sizeBeside"):
        said = seen.value(f"{ids!r}.map(id => geoRee.{words_beside}(geoRee.byId[id]))")
        assert any(said)
        for text in (text.rstrip(".") for texts in said for text in texts):
            assert any(text in line for line in wide)
    for at, key in ((0, "card_control"), (2, "card_way"), (3, "card_usd"), (4, "score")):
        assert all(line.startswith(words[key]) for line in lines[at * cards : (at + 1) * cards])
    cut = seen.page.locator(".board-cards .flagged, .board-facts p").evaluate_all(
        "all => all.filter(n => n.scrollHeight > n.clientHeight + 1"
        " && getComputedStyle(n).overflow !== 'visible').length"
    )
    assert cut == 0
    drawn = seen.value(
        "(s => { const b = s.getBoundingClientRect(), v = s.viewBox.baseVal;"
        " return [b.width, b.height, v.width, v.height]; })"
        "(document.querySelector('#board .still'))"
    )
    assert drawn[0] / drawn[1] == pytest.approx(drawn[2] / drawn[3], rel=0.02)
    small = seen.value(
        "Math.min(...[...document.querySelectorAll('#board .still .marks text')]"
        ".map(t => parseFloat(getComputedStyle(t).fontSize)))"
    )
    assert small * drawn[0] / drawn[2] > 5.5 / 0.75  # points in pixels
    assert (
        seen.value("(b => b.scrollHeight - b.clientHeight)(document.getElementById('board'))") <= 1
    )


def test_the_open_dossier_is_the_one_that_is_printed(starter_page, visit):
    seen = visit(starter_page[1])
    seen.page.evaluate("geoRee.open('starter_deposits:kundybai')")
    before = seen.value("document.querySelectorAll('input:checked').length")
    on_paper(seen)
    assert seen.page.locator("#dossiers .dossier h3").all_inner_texts() == ["Kundybai"]
    assert seen.page.locator("#dossiers input, #dossiers select").count() == 0
    ink = "getImageData(0, 0, 300, 150).data.some(v => v)"
    assert seen.value(f"document.querySelector('.paper-map canvas').getContext('2d').{ink}")
    seen.page.emulate_media(media="screen")
    seen.until("document.getElementById('dossiers').children.length === 0")
    assert seen.value("document.querySelectorAll('input:checked').length") == before
    assert seen.page.is_visible("#dossier h3")


def test_no_heading_stands_alone_at_the_foot_of_a_page(starter_page, visit):
    seen = visit(starter_page[1])
    on_paper(seen)
    heads = seen.value(
        "[...document.querySelectorAll('#dossiers h3, #dossiers h4, #board h2')].map(h => h.innerText)"
    )
    sheets = printed(seen.page.pdf(prefer_css_page_size=True))
    assert len(heads) > 40
    last = [text.splitlines()[-2].strip() for text in sheets]  # the line above the foot
    assert set(last) & set(heads) == set()


def test_a_dossier_is_a_few_sheets_of_a4(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate("geoRee.open('starter_deposits:kutessay-ii')")
    pdf = PdfReader(io.BytesIO(seen.page.pdf(prefer_css_page_size=True)))
    assert 2 <= len(pdf.pages) <= 5  # the sheet, the dossier, then the answers and the limits
    for page in pdf.pages:
        assert float(page.mediabox.width) == pytest.approx(210 / 25.4 * 72, abs=1)
        assert float(page.mediabox.height) == pytest.approx(297 / 25.4 * 72, abs=1)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_text_of_a_printed_dossier_is_smaller_than_7_points(starter_page, visit, language):
    seen = visit(starter_page[1], 680, 1000)
    seen.page.evaluate(f"geoRee.set({{language: '{language}'}})")
    on_paper(seen)
    small = seen.value(
        "[...document.querySelectorAll('#dossiers *, #paper-foot *')].filter(n => n.getClientRects().length"
        " && [...n.childNodes].some(c => c.nodeType === 3 && c.data.trim())"
        " && !n.closest('svg') && 0.75 * parseFloat(getComputedStyle(n).fontSize) < 6.99)"
        ".map(n => n.tagName + '.' + n.className + ': ' + n.textContent)"
    )
    assert small == []


def test_the_table_of_a_holder_stays_whole_and_with_its_line(starter_page, visit):
    seen = visit(starter_page[1], 680, 1000)
    on_paper(seen)
    broken = seen.value(
        "[...document.querySelectorAll('#dossiers .who table')].filter(n =>"
        " getComputedStyle(n).breakInside !== 'avoid').length"
    )
    assert seen.page.locator("#dossiers .who table").count() >= 3
    assert broken == 0


def test_five_dossiers_take_at_most_three_sheets_each(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    on_paper(seen)
    names = seen.value(
        "[...document.querySelectorAll('#dossiers .dossier h3')].map(h => h.innerText)"
    )
    sheets = printed(seen.page.pdf(prefer_css_page_size=True))
    starts = [
        next(n for n, text in enumerate(sheets) if n and name in text.splitlines())
        for name in names
    ]
    assert starts[0] == 1 and len(starts) >= 5
    carded = seen.value("[...document.querySelectorAll('#cards .card h3')].map(h => h.innerText)")
    assert set(carded) <= set(names)  # a deposit of a card has a dossier, ranked or not
    end = next(n for n, text in enumerate(sheets) if WORDS["questions"] in text.splitlines())
    assert np.diff([*starts, end]).max() <= 3


def test_the_numbers_of_the_map_are_named_beside_it_by_the_ranks_in_force(starter_page, visit):
    result, path = starter_page
    ranked = result.table[result.table["role"] == "candidate"].sort_values("rank_in_role")
    seen = visit(path, 1440, 900)
    on_paper(seen)
    listed = "[...document.querySelectorAll('.map-names li')].map(i => i.textContent)"
    assert seen.value(listed) == [
        f"{rank} {name}" for rank, name in enumerate(ranked["name"], start=1)
    ]
    seen = visit(path, 1440, 900)
    seen.page.evaluate(
        "geoRee.set({weights: {[geoRee.model().criteria[0].name]: 1, [geoRee.model().criteria[1].name]: 0}})"
    )
    on_paper(seen)
    now = seen.value("geoRee.ranked('candidate').map(d => geoRee.rankOf(d) + ' ' + d.name)")
    assert seen.value(listed) == now


def test_a_page_of_an_old_browser_shows_the_sheet(starter_page, browser):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(starter_page[1].as_uri())
    assert "needs a browser of 2023" in page.inner_text("#paper")
    assert page.is_visible("#board svg.still")
    context.close()


def test_hostile_names_stay_text_on_the_sheet(tmp_path, unscripted):
    data = page_data()
    scores = data["tables"]["scores"]
    nasty = f"{HOSTILE} url(https://example.org/x) @import x"
    data["tables"]["scores"] = scores.assign(name=nasty, id=scores["id"] + ' " onload="alert(1)')
    path = tmp_path / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    page = unscripted(path)
    assert "<img src=x onerror=alert(1)>" in page.inner_text("#board tbody")
    assert "url(https://example.org/x)" in page.inner_text("#board tbody")


def test_the_sheet_is_small_and_the_same_each_time(data):
    one, two = (SHEET.search(render(**data)).group(0) for _ in range(2))
    assert one == two
    assert len(one) < 60_000


def test_the_sheet_of_the_starter_run_is_below_its_limit(starter_page):
    sheet = SHEET.search(starter_page[1].read_text(encoding="utf-8")).group(0)
    assert len(sheet.encode()) < 60_000
    assert len(re.findall("<path", sheet)) > 10


def test_a_page_without_candidates_has_a_sheet_without_a_table(data):
    none = changed(data, scores=data["tables"]["scores"].iloc[:0])
    sheet = SHEET.search(render(**none)).group(0)
    assert "<table" not in sheet and "<svg" in sheet


@pytest.mark.parametrize("count", [2, 12, 60])
def test_marks_are_spread_until_none_covers_another(count):
    rng = np.random.default_rng(count)
    homes = 500 + rng.normal(0, 1, (count, 2))
    homes[1] = homes[0]
    away = _aside(homes)
    gaps = np.hypot(*(away[:, None] - away[None]).T)[np.triu_indices(count, 1)]
    assert gaps.min() > 19.5


def test_every_ranked_candidate_is_on_the_map_and_a_long_table_is_cut():
    land = gpd.GeoDataFrame(
        {"country": ["KAZ"], "name": ["Kazakhstan"]},
        geometry=[shapely.box(50, 42, 85, 55)],
        crs=4326,
    )
    many = pd.DataFrame({"id": [str(i) for i in range(500)], "name": "x", "role": "candidate"})
    many = many.assign(rank_in_role=range(1, 501), score=10.0)
    many = many.assign(longitude=np.linspace(41, 119, 500), latitude=np.linspace(30, 55, 500))
    drawn = still_map(many, {"countries": land}, shown=("KAZ",), label="Map")
    assert len(re.findall("<circle", drawn)) == 60
    few = still_map(many.iloc[::50], {"countries": land}, shown=("KAZ",), label="Map")
    places = [tuple(map(int, p)) for p in re.findall(r'cx="(-?\d+)" cy="(-?\d+)"', few)]
    high = int(re.search(r'viewBox="0 0 1000 (\d+)"', few).group(1))
    assert len(places) == 10 and all(0 <= x <= 1000 and 0 <= y <= high for x, y in places)


def test_the_title_of_the_table_says_which_candidates_it_shows(data):
    """Ranks may jump where deposits of later stages are left out: the title says among how many they are."""
    scores = data["tables"]["scores"]
    first = render(**changed(data, scores=scores.assign(stage="registry")))
    other = render(**changed(data, scores=scores.assign(stage="occurrence")))
    staged = WORDS["board_best"].replace("{n}", "2").replace("{all}", "2")
    assert f'<h2 class="board-best">{staged}</h2>' in first
    plain = WORDS["board_best_all"].replace("{n}", "2").replace("{all}", "2")
    assert f'<h2 class="board-best">{plain}</h2>' in other


@pytest.mark.browser
def test_tonnes_and_grade_are_of_one_statement_on_screen_and_paper(data, tmp_path, visit):
    """Ore by a code leads; its oxide is computed, and the register's tonnage stands behind it."""
    columns = ("deposit_id", "substance", "quantity_t", "grade_pct", "category", "system", "year")
    rows = [
        ("a", "ore", 3.5e8, 0.96, "unknown", "JORC 2004", 2013),
        ("a", "oxide", 1.2e6, None, "reserve", "a state registry", None),
    ]
    resources = pd.DataFrame(rows, columns=list(columns)).assign(source="s", shown=[True, False])
    resources["system_kind"] = ["reporting_code", "state"]
    resources["edition"] = ["2004", None]
    resources["grade_text"] = ["0.96 % REO", None]
    path = tmp_path / "map.html"
    path.write_text(render(**changed(data, resources=resources)), encoding="utf-8")
    short = "JORC 2004, estimate of 2013, computed as ore × grade, category unknown"
    assert f"3,360,000 t<small>{short}</small>" in path.read_text(encoding="utf-8")
    seen = visit(path, 1900, 900)
    seen.page.evaluate("geoRee.toggleShortlist('a'); geoRee.toggleShortlist('b')")
    text = seen.page.inner_text("#comparison")
    named = "category unknown, JORC 2004, estimate of 2013, computed as ore × grade"
    assert f"3,360,000 t\n{named}" in text
    assert re.search(rf"0\.96 %\n+(0\.96 % REO\n+)?{named}", text)
    assert "a state registry" not in text
    row = seen.page.inner_text("#ranking tr[data-id='a']")
    assert "3,360,000 t" in row and named in row
    seen.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    sheet = seen.page.text_content("#board tbody")
    assert f"3,360,000 t{short}" in sheet
    assert seen.value("geoRee.csv()").count("3360000,computed,unknown,JORC 2004") == 1
    chart = "#chart .point[data-id='a']"
    assert seen.page.locator(f"{chart} .mark-full").count() == 1
    assert "3,360,000 t, JORC 2004" in seen.page.get_attribute(chart, "aria-label")
    assert seen.trouble == []
