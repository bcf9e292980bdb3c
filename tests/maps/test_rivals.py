"""The page says which deposits cannot be told apart from one: by pointer, keyboard and touch."""

import numpy as np
import pandas as pd
import pytest

CARD = "document.getElementById('rivals')"


def chances(result):
    """Id -> those that cannot be told apart from it, with the chance to be above each."""
    table = result.table.dropna(subset=["rank_in_role"]).set_index("id")
    pairs = result.tables["pairwise"].set_index(["a", "b"])["p_a_above_b"].to_dict()
    pairs |= {(b, a): 1 - p for (a, b), p in pairs.items()}
    return {
        label: {other: pairs[label, other] for other in filter(None, joined.split(";"))}
        for label, joined in table["not_separable_from"].items()
    }


@pytest.fixture
def pointed(starter_page):
    """A candidate that cannot be told apart from some others, as row number and id."""
    table = starter_page[0].table
    candidates = table[(table["role"] == "candidate") & table["rank_in_role"].notna()]
    at = int(np.flatnonzero(candidates["not_separable_from"].str.contains(";"))[0])
    return at, candidates["id"].iloc[at]


def test_the_page_has_the_pairs_of_the_run(starter_page, visit):
    result, path = starter_page
    shown = visit(path).value(
        "geoRee.deposits.map(d => [d.id, (geoRee.rivalsOf(d) ?? []).map(r => [r.d.id, r.ahead])])"
    )
    expected = chances(result)
    for label, rivals in shown:
        wanted = expected.get(label, {})
        assert [other for other, _ in rivals] == list(wanted)
        assert [p for _, p in rivals] == pytest.approx(list(wanted.values()), abs=6e-4)


def card_of(seen, result, label):
    """Check the card of a deposit and the tint of the others; return its rows."""
    names = result.table.set_index("id")["name"]
    wanted = chances(result)[label]
    text = seen.page.inner_text("#rivals")
    assert f"{names[label]}: cannot be told apart from {len(wanted)} of the list" in text
    assert "Share of the simulations of the run." in text
    rows = seen.value(
        f"[...{CARD}.querySelectorAll('tr')].map(r => [...r.cells].map(c => c.innerText))"
    )
    listed = list(wanted)[:12]
    assert [row[1] for row in rows] == [names[i] for i in listed]
    shown = [float(row[2].removesuffix(" %")) for row in rows]
    assert shown == pytest.approx([100 * wanted[i] for i in listed], abs=0.6)
    tinted = seen.value("[...document.querySelectorAll('tr.alike')].map(r => r.dataset.id)")
    assert sorted(tinted) == sorted(wanted)
    return rows


def test_a_row_under_the_pointer_shows_them_until_the_pointer_leaves(starter_page, visit, pointed):
    result, path = starter_page
    at, label = pointed
    seen = visit(path, 1440, 900)
    row = seen.page.locator("#ranking tbody tr").nth(at)
    row.hover()
    assert row.get_attribute("aria-describedby") == "rivals"
    card_of(seen, result, label)
    box = seen.page.locator("#rivals").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= 900
    seen.page.hover("#rivals")  # it stays while the pointer is on it
    seen.page.wait_for_timeout(400)
    assert seen.page.is_visible("#rivals")
    seen.page.mouse.move(1400, 500)
    seen.until(f"{CARD}.hidden")
    assert seen.value("document.querySelectorAll('tr.alike').length") == 0
    assert seen.trouble == []


def test_the_keyboard_shows_them_and_escape_hides_them(starter_page, visit, pointed):
    result, path = starter_page
    at, label = pointed
    seen = visit(path, 1440, 900)
    seen.page.locator("#ranking tbody tr").first.focus()
    for _ in range(at):
        seen.page.keyboard.press("ArrowDown")
    card_of(seen, result, label)
    seen.page.keyboard.press("Escape")
    assert not seen.page.is_visible("#rivals")
    assert seen.value("document.activeElement.dataset.id") == label
    assert seen.trouble == []


def test_a_tap_on_the_count_shows_them_and_opens_no_dossier(starter_page, browser, pointed):
    result, path = starter_page
    at, label = pointed
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, offline=True
    )
    page = context.new_page()
    page.goto(path.as_uri())
    count = page.locator("#ranking tbody tr").nth(at).locator(".rivals-count")
    count.wait_for()
    count.tap()
    names = result.table.set_index("id")["name"]
    assert names[label] in page.inner_text("#rivals")
    assert page.is_hidden("#dossier")
    box = page.locator("#rivals").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    context.close()


def test_the_dossier_lists_all_of_them_with_links(starter_page, visit, pointed):
    result, path = starter_page
    label = pointed[1]
    seen = visit(path, 1440, 900)
    seen.page.evaluate(f"geoRee.open({label!r})")
    seen.page.click("#dossier details.rivals summary")
    links = seen.page.locator("#dossier details.rivals li button")
    wanted = list(chances(result)[label])
    assert links.count() == len(wanted)
    links.first.click()
    assert seen.value("geoRee.opened()") == wanted[0]


def test_other_weights_show_their_own_and_say_so(starter_page, visit):
    path = starter_page[1]
    seen = visit(path, 1440, 900)
    seen.page.evaluate("geoRee.set({weights: {road: 1, settlement: 1}})")
    seen.until("geoRee.intervalOf(geoRee.ranked('candidate')[0]).basis === 'page'")
    at = seen.value("geoRee.ranked('candidate').findIndex(d => geoRee.rivalsOf(d).length)")
    assert at >= 0
    seen.page.locator("#ranking tbody tr").nth(at).hover()
    assert "Share of the simulations made in this page" in seen.page.inner_text("#rivals")
    assert "Share of the simulations made in this page" in said(seen)


def said(seen):
    return seen.page.inner_text("#questions .question >> nth=0")


@pytest.mark.parametrize(
    ("close", "words"),
    [
        ("ab ac ad ae bc bd be cd ce de", "No two of them can be told apart"),
        ("", "All of them can be told apart."),
        # a chain of neighbours is no group
        ("ab bc cd de", "can be told apart but these: A from B; B from C; C from D; D from E."),
        ("bc bd be cd ce de", "Only these of them can be told apart: A from B, C, D, E."),
    ],
)
def test_the_first_answer_follows_from_the_pairs(data, tmp_path, visit, close, words):
    from tests.maps.conftest import changed, written

    ids = list("abcde")
    scores = pd.concat([data["tables"]["scores"].iloc[:1]] * 5, ignore_index=True)
    scores["id"], scores["name"] = ids, [i.upper() for i in ids]
    scores["rank_in_role"] = pd.array(range(1, 6), "Int64")
    both = {(p[0], p[1]) for p in close.split()}
    scores["not_separable_from"] = [
        ";".join(j for j in ids if (i, j) in both or (j, i) in both) for i in ids
    ]
    rows = [(a, b, 0.7 if (a, b) in both else 1.0) for a in ids for b in ids if a < b]
    pairs = pd.DataFrame(rows, columns=["a", "b", "p_a_above_b"])
    seen = visit(written(changed(data, scores=scores, pairwise=pairs), tmp_path))
    assert words in said(seen)
    assert "The first 5 of all candidates are A, B, C, D, E." in said(seen)
    split = seen.value(
        "[...document.querySelectorAll('#ranking tr.row')].map(r => r.classList.contains('split'))"
    )
    cuts = [all((a, b) not in both for a in ids[:k] for b in ids[k:]) for k in range(5)]
    assert split == [False, *cuts[1:]]


def test_the_first_five_are_compared_once_and_by_the_ranking(starter_page, visit):
    result, path = starter_page
    seen = visit(path, 1440, 900)
    assert said(seen).count("told apart") == 2  # the question, and one answer
    best = result.table[result.table["role"] == "candidate"].sort_values("rank_in_role").head(5)
    names = seen.value("Object.fromEntries(geoRee.deposits.map(d => [d.id, d.name]))")
    line = seen.page.inner_text("#questions .apart-answer")
    assert line.startswith(
        f"The first 5 of all candidates are {', '.join(map(names.get, best['id']))}."
    )
    rivals = best.set_index("id")["not_separable_from"].fillna("").str.split(";")
    pairs = [(a, b) for at, a in enumerate(best["id"]) for b in best["id"].iloc[at + 1 :]]
    alike = [(a, b) for a, b in pairs if b in rivals[a]]
    if "No two of them" in line:
        assert alike == pairs
        return
    listed = line.partition(": ")[2].rstrip(".")
    shown = {
        (first, other)
        for part in listed.split("; ")
        for first, _, others in [part.partition(" from ")]
        for other in others.split(", ")
    }
    kept = alike if "but these" in line else [p for p in pairs if p not in alike]
    assert shown == {(names[a], names[b]) for a, b in kept}


def test_without_pairs_the_page_says_nothing_of_them(data, tmp_path, visit):
    from tests.maps.conftest import written

    seen = visit(written(data, tmp_path))
    assert seen.page.locator("#questions .apart-answer").count() == 0
    assert seen.page.locator(".rivals-count").count() == 0
    assert seen.trouble == []
