"""Links, copied rows, selected text, the page's icon and title, and what of the terrain is unknown."""

import re

import pandas as pd
import pytest

from geo_ree.maps import render
from tests.maps.conftest import changed, written

LINKS = {
    "see https://a.org/x] and [https://b.org/y]; https://c.org/z.": [
        "https://a.org/x",
        "https://b.org/y",
        "https://c.org/z",
    ],
    "(https://a.org/x_(y).html), https://b.org/q?a=1&b=2|c": [
        "https://a.org/x_(y).html",
        "https://b.org/q?a=1&b=2",
    ],
}


@pytest.mark.browser
def test_a_link_ends_before_a_bracket(data, tmp_path, visit):
    seen = visit(written(data, tmp_path))
    for text, links in LINKS.items():
        script = f"[...geoRee.el('p', {{}}, geoRee.linked({text!r})).querySelectorAll('a')]"
        assert seen.value(f"{script}.map(a => a.href)") == links
    assert seen.trouble == []


@pytest.mark.browser
def test_selecting_text_in_a_row_opens_no_dossier_and_a_click_does(data, tmp_path, visit):
    seen = visit(written(data, tmp_path))
    name = seen.page.locator("#ranking tr.row td.name").first
    name.scroll_into_view_if_needed()  # a click off the window reaches nothing
    box = name.bounding_box()
    y = box["y"] + 10
    seen.page.mouse.move(box["x"] + 20, y)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + box["width"] - 5, y, steps=5)
    seen.page.mouse.up()
    assert seen.value("String(getSelection()).trim()") != ""
    assert seen.value("geoRee.opened()") is None
    seen.page.mouse.click(box["x"] + 30, y)
    assert seen.value("geoRee.opened()") == "a"


@pytest.mark.browser
def test_each_copied_row_is_one_line(data, tmp_path, visit):
    seen = visit(written(data, tmp_path))
    copied = seen.value(
        "(function () { const t = document.querySelector('#ranking tbody'), s = getSelection();"
        " s.setBaseAndExtent(t.rows[0].cells[0], 0, t.rows[1].cells[2], 1);"
        " const e = new ClipboardEvent('copy', {clipboardData: new DataTransfer(), cancelable: true, bubbles: true});"
        " t.dispatchEvent(e); return [e.defaultPrevented, e.clipboardData.getData('text/plain')]; })()"
    )
    assert copied[0]
    lines = copied[1].split("\n")
    assert len(lines) == 2
    assert re.match(r"1\tKutessay II.*\t61\.5", lines[0])
    word = (
        "(function () { const c = document.querySelector('#ranking td.name'), s = getSelection();"
        " s.selectAllChildren(c);"
        " const e = new ClipboardEvent('copy', {clipboardData: new DataTransfer(), cancelable: true, bubbles: true});"
        " c.dispatchEvent(e); return e.defaultPrevented; })()"
    )
    assert seen.value(word) is False


@pytest.mark.browser
def test_the_terrain_that_is_unknown_is_one_line(data, tmp_path, visit):
    scores = data["tables"]["scores"].assign(
        elevation_m=1200.0, near_elevation="a raster", slope_deg=float("nan")
    )
    seen = visit(written(changed(data, scores=scores), tmp_path))
    seen.page.evaluate("geoRee.open('a')")
    assert seen.page.locator("#dossier .terrain tr").count() == 1
    said = [t for t in seen.page.locator("#dossier p.unknown").all_inner_texts() if "slope" in t]
    assert said[0].startswith("Unknown: slope, ruggedness, climb to the railway, ")
    assert len(said) == 1


def test_the_page_has_an_icon_inside_and_a_title_with_what_it_is(data):
    page = render(**data)
    (icon,) = re.findall(r"<link\b[^>]*>", page)
    assert icon.startswith('<link rel="icon" type="image/svg+xml" href="data:image/svg+xml;base64,')
    head = page.split("</head>")[0]  # pictures in the page have titles too
    (title,) = re.findall(r"<title>(.*?)</title>", head)
    assert title.startswith("Rare-earth deposits of Central Asia")


def test_the_capital_of_mongolia_has_its_name_of_today():
    from importlib.resources import files

    path = files("geo_ree") / "starter/settlements.csv"
    with path.open(encoding="utf-8") as stream:
        towns = pd.read_csv(stream)
    capitals = set(towns.loc[towns["kind"] == "capital", "name"])
    assert "Ulaanbaatar" in capitals
    assert len(capitals) == 7


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_no_column_is_clipped_names_have_their_place_and_no_space_is_dead(
    starter_page, visit, width
):
    seen = visit(starter_page[1], width, 900)
    outer, inner, table, name, used = seen.value(
        "(() => { const t = document.querySelector('#ranking'), w = t.parentNode;"
        " const cells = [...t.tHead.rows[0].cells].filter(c => c.offsetWidth);"
        " return [w.clientWidth, w.scrollWidth, t.offsetWidth,"
        " t.querySelector('th.name').offsetWidth,"
        " cells.reduce((sum, c) => sum + c.offsetWidth, 0)]; })()"
    )
    assert inner <= outer
    assert abs(table - outer) <= 1
    assert abs(used - table) <= len("columns")
    assert name >= 100
