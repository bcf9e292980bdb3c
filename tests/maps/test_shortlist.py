"""Shortlist with notes, comparison, the walk between dossiers, the link and Back."""

import json
from urllib.parse import quote

import pytest

from tests.maps.conftest import HOSTILE, changed, written

pytestmark = pytest.mark.browser

LIST = "geoRee.state.shortlist"


def come_back(visit, path, link):
    seen = visit(path, 1440, 900)
    seen.page.goto(link)
    seen.page.reload()
    seen.until("typeof geoRee === 'object' && !!geoRee.map()")
    return seen


@pytest.fixture
def small(data, tmp_path):
    report = {**data["report"], "run_id": "abc123"}
    return written(changed(data, report=report), tmp_path)


def test_a_star_puts_a_row_on_the_shortlist_and_opens_no_dossier(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    row = seen.page.locator("#ranking tbody tr.row").nth(1)
    row.locator(".star").click()
    label = row.get_attribute("data-id")
    assert [one["id"] for one in seen.value(LIST)] == [label]
    assert seen.value("geoRee.opened()") is None
    assert row.locator(".star").get_attribute("aria-pressed") == "true"
    assert "Shortlist (1)" in seen.page.inner_text("#nav-compare")
    assert "On the shortlist: 1." in seen.page.inner_text("#starred")
    seen.page.click("#starred button")
    assert seen.value("document.activeElement.id") == "s-compare"
    row.locator(".star").click()
    assert seen.value(LIST) == []
    assert seen.page.is_hidden("#s-compare") and seen.page.is_hidden("#nav-compare")
    assert seen.page.is_hidden("#starred")
    assert seen.trouble == []


def test_two_to_four_stand_side_by_side_the_unplaced_too(starter_page, visit):
    result, path = starter_page
    seen = visit(path, 1440, 900)
    ids = seen.value("geoRee.ranked('candidate').slice(0, 4).map(d => d.id)")
    blank = seen.value("geoRee.unranked.find(d => d.role === 'candidate').id")
    seen.page.evaluate(f"geoRee.toggleShortlist({ids[0]!r})")
    assert "Tick two to four" in seen.page.inner_text("#s-compare")
    for label in [blank, *ids[1:]]:
        seen.page.evaluate(f"geoRee.toggleShortlist({label!r})")
    heads = seen.page.locator("#comparison thead th").all_inner_texts()
    names = seen.value(f"{json.dumps([ids[0], blank, *ids[1:3]])}.map(i => geoRee.byId[i].name)")
    assert heads == ["Fact", *names]  # four at most
    assert seen.page.locator(f"#s-compare input[value='{ids[3]}']").is_disabled()
    words = seen.page.inner_text("#comparison")
    for fact in ("Holder", "Contained oxide", "Grade", "Score", "Strengths", "railway"):
        assert fact in words
    score = result.table.set_index("id")["score"][ids[0]]
    assert f"{score:.1f}" in words
    seen.page.evaluate("geoRee.set({weights: {road: 1}})")  # the table is of the same state
    now = seen.value(f"geoRee.scoreOf(geoRee.byId[{ids[0]!r}])")
    assert f"{now:.1f}" in seen.page.inner_text("#comparison")


def test_side_by_side_every_stop_and_caution_is_listed(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    flags = starter_page[0].tables["flags"]
    counts = flags[flags["severity"].isin(["stop", "caution"])]["deposit_id"].value_counts()
    ids = list(counts.index[:2])
    seen.page.evaluate("ids => geoRee.set({shortlist: ids.map(id => ({id: id, note: ''}))})", ids)
    told = seen.value(
        "(box => [...box.querySelectorAll('tbody tr')].map(r => [...r.cells]"
        ".map(c => [...c.querySelectorAll(':scope > small')]"
        ".filter(s => /^(Stop|Caution): /.test(s.textContent))"
        ".reduce((sum, s) => sum + Number((/ \\((\\d+)\\)$/.exec(s.textContent) || [0, 1])[1]), 0)))"
        ".find(r => r[1] > 1))"
        "(geoRee.comparison(" + json.dumps(ids) + ".map(id => geoRee.byId[id])))"
    )
    assert told[1:] == [counts[one] for one in ids]


def test_no_button_of_a_dossier_covers_words(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate("geoRee.open(geoRee.ranked('candidate')[0].id)")
    for top in (0, 500, 1500):
        seen.page.evaluate(f"document.getElementById('dossier').scrollTop = {top}")
        shut = seen.page.locator("#dossier .shut").bounding_box()
        x, y = shut["x"] - 4, shut["y"] + shut["height"] / 2
        over = seen.value(
            f"document.elementFromPoint({x}, {y}).closest('.sheet-head, .walk') !== null"
        )
        assert over, top


def test_a_column_with_one_or_two_values_is_there_only_where_it_is_chosen(starter_page, visit):
    seen = visit(starter_page[1], 1920, 1000)
    known = seen.value(
        "geoRee.ranked('candidate').concat(geoRee.ranked('by_product_host'))"
        ".filter(d => geoRee.accessOf(d).p50 !== undefined).length"
    )
    shown = "geoRee.shownColumns().some(c => c.name === 'access')"
    assert seen.value(shown) is (known >= 3)
    seen.page.evaluate("geoRee.set({columns: ['score', 'access']})")
    assert seen.value(shown) is True


def test_notes_are_kept_in_the_link_as_data(starter_page, visit):
    path = starter_page[1]
    seen = visit(path, 1440, 900)
    ids = seen.value("geoRee.ranked('candidate').slice(0, 2).map(d => d.id)")
    note = HOSTILE.replace("\u2028", "") + " ~|%7E%, Ёлка"
    for label in ids:
        seen.page.evaluate(f"geoRee.toggleShortlist({label!r})")
    area = seen.page.locator(f"#s-compare textarea[data-note='{ids[1]}']")
    area.fill(note)
    area.blur()
    seen.until("location.hash.includes('s=')")
    seen.page.wait_for_timeout(400)
    again = come_back(visit, path, seen.value("location.href"))
    got = again.value(LIST)
    assert [one["id"] for one in got] == ids
    assert got[1]["note"] == note
    assert again.page.locator(f"textarea[data-note='{ids[1]}']").input_value() == note
    assert again.value("document.querySelectorAll('#s-compare img, #s-compare script').length") == 0
    assert again.trouble == []


def test_notes_and_list_have_a_longest_length(small, visit):
    seen = visit(small)
    ids = seen.value("Object.keys(geoRee.byId)")
    text = "|".join(f"{i}~1~{'x' * 5000}" for i in ids * 10) + "|nobody~1~y"
    got = seen.value(f"geoRee.shortlistIn({json.dumps(text)})")
    assert len(got) == len({one["id"] for one in got}) == len(ids) <= 12
    assert {len(one["note"]) for one in got} == {200}
    assert sum(one["compared"] for one in got) == 4
    assert seen.value("geoRee.shortlistIn('nobody~1~note')") is None


def test_the_walk_goes_by_the_order_of_the_table(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    order = seen.value("geoRee.tableRows().map(d => d.id)")
    seen.page.evaluate(f"geoRee.open({order[0]!r})")
    assert seen.page.locator(".walk [data-step='-1']").is_disabled()
    assert f"1 of {len(order)}" in seen.page.inner_text(".walk")
    for label in order[1:4]:
        seen.page.click(".walk [data-step='1']")
        assert seen.value("geoRee.opened()") == label
        assert seen.value("document.activeElement.dataset.step") == "1"
    seen.page.click(".walk [data-step='-1']")
    assert seen.value("geoRee.opened()") == order[2]


def test_back_closes_a_dossier_and_keeps_the_rest(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    ids = seen.value("geoRee.ranked('candidate').slice(0, 3).map(d => d.id)")
    seen.page.evaluate(f"geoRee.open({ids[0]!r})")
    seen.page.evaluate(f"geoRee.open({ids[1]!r})")
    seen.page.evaluate("geoRee.set({filters: {text: 'kut'}})")
    seen.page.wait_for_timeout(400)
    seen.page.go_back()
    seen.until(f"geoRee.opened() === {json.dumps(ids[0])}")
    seen.page.go_back()
    seen.until("geoRee.opened() === null")
    assert seen.page.is_hidden("#dossier")
    assert seen.value("geoRee.state.filters") == {"text": "kut"}
    assert "d=" not in seen.value("location.hash") and "kut" in seen.value("location.hash")
    for at in ids[:2]:
        seen.page.go_forward()
        seen.until(f"geoRee.opened() === {json.dumps(at)}")
    seen.page.keyboard.press("Escape")
    seen.until("!location.hash.includes('d=')")
    assert seen.page.url.startswith("file:")  # the page is still there
    assert seen.trouble == []


def test_each_dossier_is_a_step_and_back_scrolls_to_where_the_reader_was(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    ids = seen.value("geoRee.ranked('candidate').slice(0, 3).map(d => d.id)")
    places = "['panel', 'dossier'].map(id => document.getElementById(id).scrollTop)"
    at = []
    for place, one in enumerate(ids):
        seen.page.evaluate(f"document.getElementById('panel').scrollTop = {1500 - 400 * place}")
        seen.page.evaluate("document.getElementById('dossier').scrollTop = 300")
        at.append(seen.value(f"[geoRee.opened(), {places}]"))
        seen.page.evaluate(f"geoRee.open({one!r})")
    assert seen.value("history.state.geoRee") == 3
    for opened, tops in reversed(at):
        seen.page.go_back()
        seen.until(f"geoRee.opened() === {json.dumps(opened)}")
        found = seen.value(places)
        assert found[0] == tops[0]
        assert opened is None or found[1] == 300
    assert seen.value("[history.state.geoRee, location.hash.includes('d=')]") == [0, False]
    seen.page.evaluate("[1, 2].forEach(i => geoRee.open(geoRee.ranked('candidate')[i].id))")
    seen.page.click("#dossier .shut")  # closes the dossier: none of those before comes back
    seen.until("geoRee.opened() === null && history.state.geoRee === 0")
    assert seen.trouble == []


def test_back_closes_a_dossier_that_a_link_opened(small, visit):
    seen = visit(small)
    seen.page.goto(small.as_uri() + "?x#d=a")
    seen.until("typeof geoRee === 'object' && !!geoRee.map() && geoRee.opened() === 'a'")
    seen.page.go_back()
    seen.until("geoRee.opened() === null")
    assert seen.value("location.href").startswith(small.as_uri() + "?x")


STAR, ROW = "#ranking tr.row .star", "#ranking tr.row td.name"


@pytest.mark.parametrize(
    "steps",
    [
        (ROW, ".shortlist-button"),
        (STAR, ROW),
        (ROW, STAR, "#nav-compare"),
        (ROW, ".dossier .shortlist-button", "#dossier .shut", ROW),
    ],
    ids=["in the dossier", "before", "then the list", "and opened again"],
)
def test_back_after_starring_closes_the_dossier_and_keeps_the_star(small, visit, steps):
    seen = visit(small, 1440, 900)
    for step in steps:
        seen.page.locator(step).first.click()
    seen.until("geoRee.opened() !== null && location.hash.includes('s=')")
    entries = seen.value("history.length")
    seen.page.go_back()
    seen.until("geoRee.opened() === null")
    assert len(seen.value(LIST)) == 1
    assert seen.value("history.length") == entries
    seen.page.wait_for_timeout(300)
    assert seen.value("[history.state.geoRee, location.hash.includes('s=')]") == [0, True]


def test_back_closes_the_visit_sheet_then_the_dossier(small, visit):
    seen = visit(small, 1440, 900)
    seen.page.evaluate("geoRee.open('a')")
    seen.page.evaluate("geoRee.visitSheet()")
    seen.page.go_back()
    seen.until("!document.getElementById('visit')")
    assert seen.value("geoRee.opened()") == "a"
    seen.page.go_back()
    seen.until("geoRee.opened() === null")
    seen.page.evaluate("geoRee.open('a')")
    seen.page.click("#dossier .shut")
    seen.page.evaluate("geoRee.open('a')")  # while the way back is still under way
    seen.page.wait_for_timeout(300)
    assert seen.value("[geoRee.opened(), history.state.geoRee]") == ["a", 1]
    assert seen.trouble == []


def test_the_order_of_the_tables_is_kept_in_the_link(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.click("#ranking [data-sort='deposit']")
    seen.page.click("#ranking [data-sort='deposit']")
    seen.until("location.hash.includes('o=deposit:down')")
    order = seen.value("geoRee.tableRows().map(d => d.id)")
    again = come_back(visit, starter_page[1], seen.value("location.href"))
    assert again.value("geoRee.tableRows().map(d => d.id)") == order
    assert again.page.input_value("#sort") == "deposit"
    again.page.click("#ranking [data-sort='rank']")
    again.until("!location.hash.includes('o=')")


def test_a_link_of_another_run_is_ignored_with_a_line(small, visit):
    seen = visit(small)
    seen.page.goto(
        small.as_uri() + "?x#f.text=kut&d=a&r=zzz" + quote("<img src=x onerror=alert(1)>")
    )
    seen.until("typeof geoRee === 'object' && !!geoRee.map()")
    line = seen.page.inner_text("#link-note")
    assert "made for another run (zzz<img" in line
    assert seen.value("[geoRee.state.filters, geoRee.opened()]") == [{}, None]
    assert seen.value("document.querySelectorAll('#link-note *').length") == 0
    assert seen.trouble == []


def test_a_link_of_this_run_is_taken(small, visit):
    seen = visit(small)
    seen.page.goto(small.as_uri() + "?x#f.text=kut&r=abc123")
    seen.until("typeof geoRee === 'object' && !!geoRee.map()")
    assert seen.page.is_hidden("#link-note")
    assert seen.value("geoRee.state.filters") == {"text": "kut"}


@pytest.mark.parametrize(
    "part",
    [
        "f.nothing=1", "constructor=1", "__proto__=1", "d=__proto__", "s=__proto__~1~x", "c=alert(1)",
        "l=<script>", "m=toString", "f.error=javascript:alert(1)", "q=x", "w=rail:NaN",
    ],
)  # fmt: skip
def test_what_a_link_cannot_mean_is_ignored_with_a_line(starter_page, visit, part):
    name, _, value = part.partition("=")
    seen = visit(starter_page[1])
    before = seen.value("[geoRee.state.model, geoRee.state.weights, geoRee.state.columns]")
    seen.page.goto(starter_page[1].as_uri() + "?x#f.text=kut&" + name + "=" + quote(value))
    seen.until("typeof geoRee === 'object' && !!geoRee.map()")
    assert f"are ignored: {name}" in seen.page.inner_text("#link-note")
    assert seen.value("[geoRee.state.model, geoRee.state.weights, geoRee.state.columns]") == before
    assert seen.value("[geoRee.state.filters, geoRee.opened()]") == [{"text": "kut"}, None]
    assert seen.trouble == []


def test_the_shortlist_is_printed_as_one_dossier_each_with_its_note(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    ids = seen.value("geoRee.ranked('candidate').slice(2, 5).map(d => d.id)")
    listed = [{"id": i, "note": f"Ask {k}", "compared": False} for k, i in enumerate(ids)]
    seen.page.evaluate(f"geoRee.set({{shortlist: {json.dumps(listed)}}})")
    seen.page.emulate_media(media="print")
    seen.until("document.querySelectorAll('#dossiers .dossier').length === 3")
    shown = seen.page.locator("#dossiers .dossier")
    names = seen.value(f"{json.dumps(ids)}.map(i => geoRee.byId[i].name)")
    for k, name in enumerate(names):
        text = shown.nth(k).inner_text()
        assert name in text
        assert f"Your note: Ask {k}" in text
        assert not shown.nth(k).locator("textarea").is_visible()
