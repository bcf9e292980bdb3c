"""Every word of the tables stands whole in its own cell, in each language and at each width."""

import pytest

pytestmark = pytest.mark.browser

LANGUAGES = pytest.mark.parametrize("language", ["en", "ru"])
WIDTHS = (1280, 1366, 1440, 1920, 3200)
TABLES = """(() => {
  document.querySelectorAll('#later-box, #unplaced-box').forEach(d => { d.open = true; });
  const bad = [], cells = [...document.querySelectorAll('.ranking th, .ranking td')]
    .filter(c => c.getClientRects().length);
  document.querySelectorAll('.ranking').forEach(t => {
    const over = t.scrollWidth - t.closest('.wide').clientWidth;
    if (over > 1) bad.push([t.id, 'is wider than its place', over]); });
  cells.forEach(c => {
    const box = c.getBoundingClientRect(), at = [c.closest('table').id, c.dataset.col];
    if (c.scrollWidth > c.clientWidth + 1) bad.push([...at, 'overflows', c.textContent]);
    const walk = document.createTreeWalker(c, NodeFilter.SHOW_TEXT), range = document.createRange();
    for (let n = walk.nextNode(); n; n = walk.nextNode()) {
      if (n.parentElement.closest('.unseen')) continue;
      for (const m of n.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
        range.setStart(n, m.index);
        range.setEnd(n, m.index + m[0].length);
        const lines = [...range.getClientRects()].filter(q => q.width > 0.5);
        if (new Set(lines.map(q => Math.round(q.top))).size > 1) bad.push([...at, 'breaks', m[0]]);
        if (lines.some(q => q.left < box.left - 0.5 || q.right > box.right + 0.5))
          bad.push([...at, 'leaves its cell', m[0]]);
      } } });
  return [cells.length, bad]; })()"""
LINES = """[...document.querySelectorAll('#ranking td[data-col="stage"]')].map(c => {
  const small = c.querySelector('small').getBoundingClientRect(), range = document.createRange();
  range.selectNodeContents(c.firstChild);
  return [Math.max(...[...range.getClientRects()].map(r => r.bottom)), small.top];
})"""


def spoken(seen, language):
    seen.page.evaluate(f"geoRee.set({{language: '{language}'}})")


@LANGUAGES
def test_no_cell_overflows_and_no_word_breaks(starter_page, visit, language):
    seen = visit(starter_page[1], WIDTHS[0], 900)
    spoken(seen, language)
    for width in WIDTHS:
        seen.page.set_viewport_size({"width": width, "height": 900})
        seen.until(f"window.innerWidth === {width}")
        count, bad = seen.value(TABLES)
        assert count > 150
        assert (width, bad) == (width, [])


@LANGUAGES
def test_the_rank_within_a_stage_has_a_line_of_its_own(starter_page, visit, language):
    seen = visit(starter_page[1], 1440, 900)
    spoken(seen, language)
    lines = seen.value(LINES)
    assert len(lines) > 3
    assert [pair for pair in lines if pair[1] < pair[0] - 3] == []


def test_on_a_phone_a_card_says_the_whole_status(starter_page, visit):
    seen = visit(starter_page[1], 390, 844)
    found = seen.value(
        "[...document.querySelectorAll('#ranking tr.row')].map(r => [r.querySelector('.said-status'),"
        " geoRee.byId[r.dataset.id].status]).filter(([n, s]) => s).map(([n, s]) =>"
        " [n.getClientRects().length > 0, n.scrollHeight <= n.clientHeight + 1, n.textContent === s])"
    )
    assert len(found) > 3
    assert all(all(one) for one in found)


def test_beside_the_flags_stands_how_much_is_not_known(starter_page, visit):
    result, path = starter_page
    seen = visit(path, 1440, 900)
    unknown = result.table.set_index("id")["flags_unknown"]
    marks = seen.value(
        "[...document.querySelectorAll('#ranking tr.row, #hosts tr.row')].map(r => [r.dataset.id,"
        " r.querySelector('.not-known') ? r.querySelector('.not-known').textContent : '',"
        " r.querySelector('.flag-marks').title])"
    )
    assert len(marks) > 5
    for ident, shown, title in marks:
        count = int(unknown[ident])
        assert shown == (f"? {count}" if count else "")
        assert (f"not known: {count}" in title) == bool(count)
