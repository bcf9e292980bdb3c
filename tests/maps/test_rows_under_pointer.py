"""The row under the pointer stays the row: selection, hover and columns."""

import pytest

pytestmark = pytest.mark.browser

UNDER = "document.elementFromPoint({x}, {y})?.closest('tr[data-id]')?.dataset.id ?? null"
RING = "document.querySelector('path.{name}')"


def row_of(seen, at):
    row = seen.page.locator("#ranking tbody tr.row").nth(at)
    row.scroll_into_view_if_needed()
    box = row.bounding_box()
    return row.get_attribute("data-id"), box["x"] + 60, box["y"] + box["height"] / 2


def middle(seen, name):
    return seen.value(
        f"(b => [b.x + b.width / 2, b.y + b.height / 2])({RING.format(name=name)}.getBoundingClientRect())"
    )


def place(seen, label):
    return seen.value(
        f"(d => {{ const p = geoRee.map().latLngToContainerPoint(geoRee.markPlace(d)),"
        " b = geoRee.map().getContainer().getBoundingClientRect(); return [p.x + b.x, p.y + b.y]; })"
        f"(geoRee.byId[{label!r}])"
    )


@pytest.mark.parametrize("at", [1, 2, 4])
def test_a_click_opens_the_row_under_the_pointer_and_it_stays_there(starter_page, visit, at):
    seen = visit(starter_page[1], 1440, 900)
    label, x, y = row_of(seen, at)
    seen.page.mouse.move(x, y)
    seen.page.mouse.click(x, y)
    seen.page.wait_for_timeout(300)  # a layout that moved would have sent its events by now
    assert seen.value("geoRee.opened()") == label
    assert seen.value(UNDER.format(x=x, y=y)) == label
    assert seen.value("geoRee.state.choice") == label
    assert middle(seen, "selection-ring") == pytest.approx(place(seen, label), abs=2)
    assert seen.value(f"{RING.format(name='hover-ring')} === null")
    assert seen.value("[...document.querySelectorAll('tr.on')].map(r => r.dataset.id)") == [label]


def test_the_hover_ring_follows_the_pointer_and_the_selection_stays(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    label, x, y = row_of(seen, 2)
    seen.page.mouse.click(x, y)
    other = seen.page.locator("#ranking tbody tr.row").nth(1)
    other.hover()
    seen.page.evaluate("void geoRee.map().setView([45, 75], 4, {animate: false})")  # both are in it
    assert middle(seen, "selection-ring") == pytest.approx(place(seen, label), abs=2)
    ids = other.get_attribute("data-id")
    assert middle(seen, "hover-ring") == pytest.approx(place(seen, ids), abs=2)
    seen.page.mouse.move(1000, 500)
    assert seen.value(f"{RING.format(name='hover-ring')} === null")


def test_a_layout_that_changes_under_a_resting_pointer_moves_no_ring(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    label, x, y = row_of(seen, 1)
    seen.page.mouse.move(x, y)
    ring = middle(seen, "hover-ring")
    seen.page.evaluate("document.getElementById('filters-box').open = true")
    seen.page.wait_for_timeout(300)
    assert middle(seen, "hover-ring") == pytest.approx(ring, abs=1)
    assert label


def test_closing_leaves_no_ring(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    _, x, y = row_of(seen, 1)
    seen.page.mouse.click(x, y)
    seen.page.keyboard.press("Escape")
    for name in ("selection-ring", "hover-ring"):
        assert seen.value(f"{RING.format(name=name)} === null")


def test_chosen_columns_stay_where_they_are_chosen_and_in_the_link(starter_page, visit):
    path = starter_page[1]
    seen = visit(path, 1440, 900)
    chosen = ["score", "grade", "owner", "licence", "mix", "error"]
    seen.page.evaluate(f"geoRee.set({{columns: {chosen}}})")
    heads = "[...document.querySelectorAll('#ranking th button')].filter(b => b.offsetParent).map(b => b.dataset.sort)"
    assert set(seen.value(heads)) == {"rank", "deposit", *chosen}
    seen.until("location.hash.includes('c=')")
    label = seen.value("geoRee.ranked('candidate')[0].id")
    seen.page.evaluate(f"geoRee.open({label!r})")
    assert set(seen.value(heads)) == {"rank", "deposit", *chosen}
    link = seen.value("location.href")
    again = visit(path, 1440, 900)
    again.page.goto(link)
    again.page.reload()
    again.until("typeof geoRee === 'object' && !!geoRee.map()")
    assert sorted(again.value("geoRee.state.columns")) == sorted(chosen)


@pytest.mark.parametrize("name", ["grade", "owner", "licence", "mix", "error"])
def test_a_column_sorts_with_the_unknown_last_in_both_directions(starter_page, visit, name):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate(f"geoRee.set({{columns: ['{name}']}})")
    keys = (
        "geoRee.tableRows().slice(0, document.querySelectorAll('#ranking tr.row').length)"
        f".map(d => geoRee.columns.find(c => c.name === '{name}').key(d) ?? null)"
    )
    for _ in range(2):
        seen.page.click(f"#ranking button[data-sort='{name}']")
        got = seen.value(keys)
        known = [k for k in got if k is not None]
        assert got[: len(known)] == known
        if known and not isinstance(known[0], str):
            assert known in (sorted(known), sorted(known, reverse=True))
