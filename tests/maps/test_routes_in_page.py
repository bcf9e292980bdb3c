"""Routes in the page: the question and its answer, columns, dossier and map."""

import re

import geopandas as gpd
import pandas as pd
import pytest

from geo_ree.maps.languages import load_languages
from geo_ree.routing import read_facts, unit_costs
from geo_ree.routing.freight_check import check_comparables
from geo_ree.routing.route_answers import DEFAULT_QUESTION, answer_question
from tests.maps.conftest import changed, page_data, written
from tests.maps.route_frames import NO, access, corridors

pytestmark = pytest.mark.browser

NAMES = {"CHN": "China", "RUS": "Russia", "IRN": "Iran", "KAZ": "Kazakhstan", "MNG": "Mongolia"}
WIDE = (1700, 900)


def page(folder, routes=None, countries=None):
    data = page_data()
    scores = data["tables"]["scores"]
    scores["role"] = scores["role"].where(scores["id"] != "c", "candidate")
    scores["country"] = scores["id"].map(countries or {"c": "MNG"}).fillna("KAZ")
    routes = corridors() if routes is None else routes
    return written(changed(data, scores=scores, corridors=routes, access=access()), folder), scores


@pytest.fixture
def seen(tmp_path, visit):
    return visit(page(tmp_path)[0], *WIDE)


def answer(seen):
    return seen.page.inner_text("#routes-box .answer")


def test_the_answer_is_pythons_sentence(tmp_path, visit):
    path, scores = page(tmp_path)
    seen = visit(path, *WIDE)
    counted = scores[scores["role"] == "candidate"]
    countries = dict(zip(counted["id"], counted["country"], strict=True))
    for question in ("any", NO):
        seen.page.check(f"#routes-box input[value='{question}']")
        expected = answer_question(corridors(), countries, question).sentence(NAMES)
        assert answer(seen) == expected
    assert "Mongolia (1 of 1); the others (2) keep one" in expected
    assert seen.trouble == []


@pytest.mark.parametrize("case", ["all keep", "none keeps", "same cost", "alone", "unplaced"])
def test_every_form_of_the_answer_is_pythons(tmp_path, visit, case):
    routes = corridors()
    if case == "all keep":
        routes = routes[routes["deposit_id"] != "c"]
    elif case == "none keeps":
        routes = routes[routes["deposit_id"] == "c"]
    elif case == "same cost":
        routes = routes[routes["deposit_id"] == "b"]
    elif case == "alone":
        routes = routes[routes["question"] == NO]
    else:
        routes.loc[routes["deposit_id"] == "c", "corridor"] = "none"
    path, scores = page(tmp_path, routes)
    seen = visit(path, *WIDE)
    counted = scores[scores["role"] == "candidate"]
    countries = dict(zip(counted["id"], counted["country"], strict=True))
    expected = answer_question(routes, countries, NO).sentence(NAMES)
    assert answer(seen) == expected


def test_further_questions_of_the_table_appear(tmp_path, visit):
    more = corridors()
    more = more[more["question"] == "any"].assign(question="no_chn")
    routes = corridors()
    routes = pd.concat([routes, more], ignore_index=True)
    seen = visit(page(tmp_path, routes)[0], *WIDE)
    labels = seen.page.locator("#routes-box label").all_inner_texts()
    assert [label.strip() for label in labels if "slider" not in label] == [
        "by any route",
        "not through China, Russia, Iran",
        "not through China",
    ]
    assert seen.value("geoRee.state.question") == DEFAULT_QUESTION
    seen.page.check("#routes-box input[value='no_chn']")
    assert answer(seen).startswith("Without China, ")


def test_the_question_changes_columns_dossier_and_map_and_stands_in_the_address(seen):
    seen.page.evaluate("geoRee.open('a')")
    assert "Middle Corridor, by Aktau → Poti" in seen.page.inner_text("#dossier")
    assert "China, by Dostyk" not in seen.page.inner_text("#dossier")
    assert seen.value("geoRee.drawnRoute().corridor") == "middle_north"
    radio = "#dossier input[value='any']"
    seen.page.check(radio)
    assert "China, by Dostyk → Lianyungang" in seen.page.inner_text("#dossier")
    assert seen.value("geoRee.drawnRoute().corridor") == "china_dostyk"
    assert seen.value("document.activeElement.value") == "any"
    assert seen.page.is_checked("#routes-box input[value='any']")
    assert "q=any" in seen.value("geoRee.setting()")
    seen.page.evaluate("geoRee.set(geoRee.readSetting('#q=no_such&d=a'))")
    assert seen.value("geoRee.state.question") == NO


def test_columns_sort_and_say_why_a_figure_is_unknown(seen):
    ids = "[...document.querySelectorAll('#ranking tr.row')].map(r => r.dataset.id)"
    seen.page.click("#ranking button[data-sort='route']")
    assert seen.value(ids) == ["b", "a", "c"]
    seen.page.evaluate("geoRee.set({columns: geoRee.columns.map(c => c.name)})")
    seen.page.click("#ranking button[data-sort='access']")
    assert seen.value(ids)[0] == "a"
    closed = seen.page.locator("#ranking tr[data-id='c'] .unknown", has_text="no route")
    assert closed.get_attribute("title") == "its only neighbours are China and Russia"
    row = seen.page.inner_text("#ranking tr[data-id='a']")
    assert "3,563" in row and "→ Poti" in row and "210–630" in row


def test_the_dossier_lists_a_route_with_all_that_belongs_to_it(seen):
    seen.page.evaluate("geoRee.open('a')")
    seen.page.click("#dossier .routes summary")
    text = " ".join(seen.page.inner_text("#dossier .routes").split())
    for words in (
        "truck 33",
        "rail 3,000",
        "ferry 530",
        "borders 2, gauge changes 0",
        "Kazakhstan – Azerbaijan – Georgia",
        "through Aktau; Alat",
        "2,900–3,300",
        "15–49",
        "174–493",
        "assumed (2)",
        "truck: straight line",
    ):
        assert words in text
    seen.page.evaluate("geoRee.open('c')")
    assert "No route: its only neighbours are China and Russia." in seen.page.inner_text("#dossier")


def test_a_route_stands_beside_projects_elsewhere(seen):
    known = check_comparables(draws=1000).dropna(subset="p50")
    seen.page.evaluate("geoRee.open('a'); document.querySelector('.elsewhere').open = true")
    rows = seen.page.locator(".elsewhere tbody tr").all_inner_texts()
    assert rows[0].split()[:3] == ["this", "deposit", "3,563"]
    assert len(rows) == 1 + len(known)
    for text, project in zip(rows[1:], known.to_dict("records"), strict=True):
        assert project["project"] in text and f"{project['p50']:,.0f}" in text
        reported = project["reported"]
        assert (f"{reported:,.0f}" if reported > 0 else "unknown") in text


def test_paper_shows_what_was_assumed(seen):
    seen.page.evaluate("geoRee.open('a')")
    boxes = "[...document.querySelectorAll('#dossier .routes details')].map(d => d.open)"
    assert set(seen.value(boxes)) == {False}
    seen.page.emulate_media(media="print")
    on_paper = "[...document.querySelectorAll('#dossiers .routes details')].map(d => d.open)"
    seen.until(f"{on_paper}.length > 0 && {on_paper}.every(open => open)")
    seen.page.emulate_media(media="screen")
    assert set(seen.value(boxes)) == {False}
    assert seen.trouble == []


def test_the_map_draws_each_mode_and_dashes_what_is_assumed(seen):
    shape = seen.value("geoRee.routeShape(geoRee.routesOf(geoRee.byId.a)[0])")
    assert {(line["mode"], line["dashed"]) for line in shape["lines"]} == {
        ("truck", True),
        ("rail", False),
        ("ferry", False),
    }
    assert shape["crossings"] == [[43.7, 51.2]]
    seen.page.evaluate("geoRee.open('a')")
    assert "Route: ferry" in seen.page.evaluate("geoRee.legendBox(true).textContent")
    seen.page.click("#dossier [data-corridor='middle_north']")
    assert seen.value("geoRee.map().getBounds().contains([40.0, 49.4])")
    colours = seen.value(
        "(() => { const c = document.querySelector('.leaflet-routes-pane canvas');"
        "const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, out = {};"
        "for (let i = 0; i < p.length; i += 4) if (p[i + 3] === 255) out[[p[i], p[i + 1], p[i + 2]]] = 1;"
        "return Object.keys(out); })()"
    )
    assert {"163,25,91", "0,121,107"} <= set(colours)  # rail and ferry
    seen.page.evaluate("geoRee.close()")
    assert seen.value("geoRee.drawnRoute()") is None
    assert "Route: ferry" not in seen.page.evaluate("geoRee.legendBox(true).textContent")
    assert seen.trouble == []
    assert [url for url in seen.asked if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_overflows_and_russian_is_whole(tmp_path, visit, width):
    seen = visit(page(tmp_path)[0], width, 844)
    seen.page.evaluate("geoRee.set({language: 'ru'}); geoRee.open('a')")
    assert seen.value("geoRee.untranslated") == []
    assert seen.value("document.documentElement.scrollWidth <= window.innerWidth")
    text = seen.page.inner_text("#dossier")
    assert "Средний коридор через Актау → Поти" in text
    assert "железная дорога 3 000".replace(" ", "\xa0") in text.replace(" ", "\xa0")


def test_corridors_ports_and_unit_costs_have_words_in_every_language():
    corridors_ = read_facts("corridors")
    costs = [c for c in unit_costs().values() if re.match(r"USD per|M USD|US cents", c.unit)]
    said = [*corridors_["slug"], *corridors_["destination"], *(c.unit for c in costs)]
    said += [f"unit cost: {c.name.replace('_', ' ')}" for c in costs]
    for words in load_languages().values():
        assert [word for word in said if word not in words["terms"]] == []
    english = load_languages()["en"]["terms"]
    names = zip(corridors_["slug"], corridors_["name"], strict=True)
    assert [slug for slug, name in names if english[slug] != name] == []


def test_without_routes_the_page_has_neither_box_nor_columns(tmp_path, visit):
    seen = visit(written(page_data(), tmp_path), *WIDE)
    assert not seen.page.is_visible("#routes-box")
    assert seen.page.locator("#ranking button[data-sort='route']").count() == 0
    seen.page.evaluate("geoRee.open('a')")
    assert "Routes to market".upper() not in seen.page.inner_text("#dossier").upper()
    assert seen.trouble == []


@pytest.mark.parametrize(("share", "both"), [(4, False), (5, True), (36, True), (95, True)])
def test_both_routes_are_named_where_their_order_is_open(tmp_path, visit, share, both):
    note = f"another corridor is cheaper in {share} % of draws"
    table = corridors()
    second = table[(table["deposit_id"] == "a") & (table["corridor"] == "middle_north")]
    second = second.assign(corridor="middle_south", usd_t_p50=291.0)
    table.loc[(table["deposit_id"] == "a") & (table["corridor"] == "middle_north"), "note"] = note
    table = pd.concat([table, second], ignore_index=True)
    table = gpd.GeoDataFrame(table, geometry="rail_line", crs=4326)
    seen = visit(written(changed(page_data(), corridors=table), tmp_path))
    seen.page.evaluate("geoRee.open('a')")
    said = seen.page.inner_text("#dossier")
    assert (f"in {share} % of the simulations another route" in said) == both
    assert ("cost nearly the same" in said) == both
