import re

import pandas as pd
import pytest

from geo_ree.maps import render
from geo_ree.maps.style import distance_text
from tests.maps.conftest import CRITERIA, beside_of

pytestmark = pytest.mark.browser


@pytest.fixture
def small(data, tmp_path):
    path = tmp_path / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    return path


def test_hostile_names_are_shown_and_do_not_run(small, visit):
    seen = visit(small)
    assert seen.trouble == []
    seen.page.evaluate("geoRee.open('b')")
    heading = seen.page.inner_text(".dossier h3")
    assert "<img src=x onerror=alert(1)>" in heading
    assert "{{ 7 * 7 }}" in heading
    seen.page.wait_for_timeout(100)
    assert seen.trouble == []


def test_only_web_addresses_become_links(small, visit):
    seen = visit(small)
    seen.page.evaluate("geoRee.open('a')")
    targets = seen.value("[...document.querySelectorAll('.dossier a')].map(a => a.href)")
    assert targets == ["https://example.org/a?b=1"]


def test_unknown_is_said_not_shown_as_a_number(small, visit):
    seen = visit(small)
    seen.page.evaluate("geoRee.open('a')")
    rows = seen.value("[...document.querySelectorAll('.dossier tr')].map(r => r.innerText)")
    assert any("power line" in r and "unknown" in r for r in rows)
    assert any("railway" in r and "about 12 km (10–14)" in r for r in rows)


def test_the_real_page_is_quiet_and_asks_for_nothing(starter_page, visit):
    _, path = starter_page
    seen = visit(path)
    assert seen.trouble == []
    assert seen.asked == [path.as_uri()]
    assert path.stat().st_size < 3_000_000


def test_every_candidate_is_drawn_where_it_lies(starter_page, visit):
    result, path = starter_page
    seen = visit(path)
    drawn = seen.value(
        "geoRee.deposits.filter(d => d.role === 'candidate').map(d => "
        "[d.id, d.latitude, !!geoRee.drawn(d.id)])"
    )
    table = result.table[result.table["role"] == "candidate"]
    expected = sorted(zip(table["id"], table["latitude"].round(3), strict=True))
    assert sorted((i, round(lat, 3)) for i, lat, _ in drawn) == expected
    assert all(there for *_, there in drawn)


def test_the_context_starts_switched_off(starter_page, visit):
    seen = visit(starter_page[1])
    drawn = "geoRee.deposits.filter(d => d.role === 'context').some(d => geoRee.drawn(d.id))"
    assert seen.value(drawn) is False
    seen.page.evaluate("() => { geoRee.map().addLayer(geoRee.layers.context); }")
    assert seen.value(drawn) is True


def test_a_click_on_the_table_opens_the_right_numbers(starter_page, visit):
    result, path = starter_page
    seen = visit(path)
    best = result.table[result.table["role"] == "candidate"].iloc[0]
    seen.page.click("#ranking tbody tr >> nth=0")
    text = seen.page.inner_text(".dossier")
    assert best["name"] in text
    assert f"{best['score']:.1f} of 100" in " ".join(text.split())
    assert f"90 % interval of the rank: {best['rank_p5']} to {best['rank_p95']}" in text
    railway = round(best["dist_railway_km"], 3), round(best["err_railway_km"], 3)
    assert distance_text(*railway, beside=beside_of(best, "railway")) in text
    name, label = re.match(r"(.*) \([A-Z]{3}\), (.*)$", best["near_railway"]).groups()
    assert name in text
    assert label in text
    share = result.scores.model.shares[[c.name for c in result.scores.model.criteria].index("rail")]
    assert f"{best['points_rail']:.1f} of {100 * share:.0f}" in text


def test_a_score_low_in_its_interval_says_why(small, visit):
    seen, why = visit(small), "the interval reaches further up than down"
    seen.page.evaluate("geoRee.open('b')")  # 40.25 of 35 to 66
    assert why in seen.page.inner_text(".dossier")
    seen.page.evaluate("geoRee.open('a')")  # 61.5 of 35 to 66
    assert "of 100" in seen.page.inner_text(".dossier")
    assert why not in seen.page.inner_text(".dossier")


def test_a_click_on_a_marker_opens_its_dossier(starter_page, visit):
    result, path = starter_page
    seen = visit(path)
    best = result.table[result.table["name"] == "Kundybai"].iloc[0]
    at = seen.value(
        "(() => { const m = geoRee.map(); m.setView(["
        f"{best['latitude']}, {best['longitude']}], 9, {{animate: false}});"
        f"const p = m.latLngToContainerPoint([{best['latitude']}, {best['longitude']}]);"
        "const b = m.getContainer().getBoundingClientRect(); return [b.left + p.x, b.top + p.y]; })()"
    )
    seen.page.mouse.click(*at)
    seen.page.wait_for_selector(".dossier h3")
    assert "Kundybai" in seen.page.inner_text(".dossier h3")


def test_every_candidate_leaves_ink_on_the_canvas(starter_page, visit):
    seen = visit(starter_page[1])
    blank = seen.value(
        "geoRee.ranked('candidate').filter(d => { const k = geoRee.drawn(d.id);"
        "const c = geoRee.map().getPane('deposits').querySelectorAll('canvas');"
        "const box = geoRee.map().getContainer().getBoundingClientRect();"
        "return ![...c].some(one => { const b = one.getBoundingClientRect();"
        "return one.getContext('2d').getImageData(box.left + k.x - b.left, box.top + k.y - b.top, 1, 1)"
        ".data[3] > 0; }); }).map(d => d.name)"
    )
    assert blank == []


def test_unknown_weight_is_shared_out_among_what_a_criterion_can_give(data, tmp_path, visit):
    data["tables"]["scores"]["unknown_weight_pct"] = 20.0
    data["tables"]["scores"]["dist_rail_km"] = 5.0
    data["tables"]["criteria"] = pd.DataFrame(CRITERIA).assign(weight=0.8, column="dist_rail_km")
    path = tmp_path / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    seen = visit(path)
    seen.page.evaluate("geoRee.open('a')")
    assert "61.5 of 100" in seen.page.inner_text(".dossier .points")
    assert "20 % of the weight is unknown here" in seen.page.inner_text(".dossier")


def test_only_a_tonnage_of_oxides_fills_a_symbol(small, visit):
    seen = visit(small)
    shapes = seen.value("['a', 'b', 'c', 'd'].map(i => geoRee.look(geoRee.byId[i]).shape)")
    assert shapes == ["disc", "ring", "diamond", "square"]


def test_the_dossier_shows_one_statement_first_and_what_contradicts_it(starter_page, visit):
    result, path = starter_page
    seen = visit(path)
    deposit = result.table.set_index("name").loc["Kutessay II", "id"]
    seen.page.evaluate(f"geoRee.open({deposit!r})")
    items = seen.page.locator(".dossier .statements > li")
    assert items.nth(0).get_attribute("class") == "shown"
    assert items.nth(0).inner_text().startswith("42,980 t contained oxide")
    said = items.nth(0).inner_text()
    assert "Measured + Indicated; JORC, 2011 (Stans Energy)" in said
    assert "(Stans Energy), 2011" not in said  # the year of the system is that of the statement
    assert "Compared with the first" not in items.nth(0).inner_text()
    assert "not comparable: Inferred lies beside" in items.nth(1).inner_text()
    assert "the statement shown is 1.2 times as much" in items.nth(2).inner_text()
    assert "Order: public reporting code" in seen.page.inner_text(".dossier")
    assert seen.trouble == []


def test_the_lines_arrive_as_they_were_drawn(small, visit):
    seen = visit(small)
    sure = seen.value("geoRee.data.layers.railways[1].sure.map(geoRee.unpack)")
    assert sure == [[[45, 70], [46, 72]]]


def test_the_table_folds_away_and_the_map_takes_the_room(small, visit):
    seen = visit(small)
    before = seen.value("geoRee.map().getSize().x")
    seen.page.click("#fold")
    assert not seen.page.is_visible("#panel")
    assert seen.value("geoRee.map().getSize().x") == 1280 > before
    seen.page.click("#fold")
    assert seen.page.is_visible("#panel")


def test_a_row_opens_by_keyboard_too(small, visit):
    seen = visit(small)
    seen.page.focus("#hosts tbody tr")
    seen.page.keyboard.press("Enter")
    assert seen.page.inner_text(".dossier h3") == "Melovoye"


def test_the_page_answers_the_five_questions(starter_page, visit):
    result, path = starter_page
    seen = visit(path)
    seen.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    text = seen.page.inner_text("#panel")
    report = result.report
    assert f"{report['candidates']} known rare-earth candidates" in text
    assert f"of the {report['ranked']} with a coordinate" in text
    for question in (
        "Which three deposits to visit",
        "have no rank?",
        "What exactly is nearest",
        "without the gateways to China, Russia and Iran",
        "Who published these tonnages?",
    ):
        assert question in text
    for name in result.report["without_coordinate"]:
        assert name in text
    for one in result.report["inputs"]:
        assert one["attribution"] in text
        assert one["edition"] in text


def test_the_dossier_names_the_ore_field_and_opens_the_other_deposits_in_it(starter_page, visit):
    seen = visit(starter_page[1])
    seen.page.evaluate("geoRee.open('starter_deposits:kutessay-ii')")
    field = seen.page.locator(".dossier p", has_text="Ore field or group of mines:")
    assert "Aktyuz" in field.inner_text() and "also in it:" in field.inner_text()
    assert "Kuperlisai" in field.inner_text() and "Kutessiask" not in field.inner_text()
    field.get_by_role("button", name="Aktyuz", exact=True).click()
    seen.page.wait_for_selector(".dossier h3:text-is('Aktyuz')")
    seen.page.evaluate("geoRee.open('starter_deposits:kundybai')")
    assert "Ore field" not in seen.page.inner_text(".dossier")
    assert seen.trouble == []


def test_a_narrow_screen_does_not_scroll_sideways_and_shows_the_dossier(starter_page, visit):
    seen = visit(starter_page[1], 390, 800)
    assert seen.value("document.documentElement.scrollWidth") <= 390
    seen.page.click("#ranking tbody tr >> nth=-1")
    box = seen.value("document.querySelector('.dossier h3').getBoundingClientRect()")
    assert 0 <= box["top"] < 800
    assert 0 <= box["left"] < box["right"] <= 390
    assert seen.value("document.documentElement.scrollWidth") <= 390
    assert seen.trouble == []


def test_a_layer_can_be_switched_off(starter_page, visit):
    seen = visit(starter_page[1])
    seen.page.hover(".leaflet-control-layers")
    boxes = seen.page.locator(".leaflet-control-layers-overlays input")
    assert boxes.count() >= 8
    for place, layer in enumerate(("relief", "water")):
        drawn = f"geoRee.map().hasLayer(geoRee.layers.{layer})"
        assert seen.value(drawn) is True
        boxes.nth(place).uncheck()
        assert seen.value(drawn) is False
        boxes.nth(place).check()
        assert seen.value(drawn) is True
    assert seen.trouble == []


def test_the_dossier_tells_the_audit_and_where_the_records_disagree(starter_page, visit):
    result, path = starter_page
    seen = visit(path)
    deposit = result.table.set_index("name").loc["Kutessay II", "id"]
    seen.page.evaluate(f"geoRee.open({deposit!r})")
    texts = seen.page.locator(".dossier .audit li").all_inner_texts()
    assert any(t.startswith("sources disagree, 21.9 km") for t in texts)
    other = result.layers.merged.conflicts["deposit"].iloc[0]
    if seen.page.evaluate(f"Boolean(geoRee.byId[{other!r}])"):
        seen.page.evaluate(f"geoRee.open({other!r})")
        assert seen.page.locator(".dossier .conflicts li").count() >= 1
    assert seen.trouble == []


def test_the_audit_can_be_drawn_over_the_map(starter_page, visit):
    seen = visit(starter_page[1])
    assert not seen.value("geoRee.map().hasLayer(geoRee.layers.audit)")
    seen.page.evaluate("() => { geoRee.map().addLayer(geoRee.layers.audit); }")
    seen.page.wait_for_timeout(300)
    marks = seen.value("geoRee.layers.audit.getLayers().filter(l => l.facts).length")
    positions = starter_page[0].layers.located.positions
    scored = positions[positions["deposit"].isin(starter_page[0].table["id"])]
    assert marks == (scored["verdict"] != "chosen").sum() > 5
    assert seen.trouble == []


def test_planned_railways_say_their_state_and_crossings_the_country_beyond(starter_page, visit):
    seen = visit(starter_page[1])

    def tips(layer):
        return seen.value(
            f"(() => {{ const group = geoRee.layers.{layer}, out = []; group.eachLayer(line => "
            "out.push(group.getTooltip()._content(line).innerText)); return out; })()"
        )

    assert any("35 of 63 km laid (2025-11-19)" in tip for tip in tips("railways_planned"))
    assert all("no distance is measured to it" in tip for tip in tips("railways_planned"))
    assert any(tip.startswith("Sarakhs, ") and "to Iran" in tip for tip in tips("gateways"))
    seen.page.evaluate("geoRee.set({ language: 'ru' })")
    assert any("уложено 35 из 63 км (19.11.2025)" in tip for tip in tips("railways_planned"))
    assert any("→ Иран" in tip for tip in tips("gateways"))
    names = [
        "line near Kemin (KGZ), OSM",
        "Sarakhs, to Iran (TKM), table",
        "road 60 km from Kemin (KGZ), OSM",
    ]
    said = [seen.value(f"geoRee.nearestFeature({name!r}).name") for name in names]
    assert said == [
        "линия у населённого пункта Кемин",
        "Серахс, → Иран",
        "дорога в 60 км от населённого пункта Кемин",
    ]
