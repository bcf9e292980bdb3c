"""The oblast on the page: in the dossier, in the filter and as the area of an unplaced deposit."""

from __future__ import annotations

import json


def test_the_page_filters_by_oblast_and_names_it_in_the_dossier(starter_page, visit):
    seen = visit(starter_page[1])
    assert seen.value("geoRee.filterNames").count("admin1") == 1
    shown = "() => { geoRee.set({filters: {admin1: 'Chuy'}}); return [geoRee.counts().shown, geoRee.counts().all]; }"
    some, every = seen.page.evaluate(shown)
    of_chuy = seen.value(
        "geoRee.deposits.concat(geoRee.unranked).filter(d => geoRee.isListed(d)"
        " && geoRee.list(d.admin1).includes('Chuy')).length"
    )
    assert 0 < some == of_chuy < every
    assert "Chuy" in seen.page.text_content("#filters")
    seen.page.evaluate(
        "() => { geoRee.set({filters: {}}); geoRee.open('starter_deposits:dara-i-pioz'); }"
    )
    assert "Tajikistan · Districts of Republican Subordination" in seen.page.inner_text("#dossier")
    assert seen.trouble == []


def test_an_unplaced_deposit_is_outlined_by_its_oblast_when_it_is_opened(starter_page, visit):
    seen = visit(starter_page[1])
    (area,) = seen.value("geoRee.areasOf('starter_deposits:talairyk')")
    assert area["kind"] == "admin_area" and area["evidence"] == "East Kostanay region"
    seen.page.evaluate("() => { geoRee.open('starter_deposits:talairyk'); }")
    text = seen.page.inner_text("#dossier")
    assert "all of Kostanay: the source names “East Kostanay region”" in text
    assert seen.trouble == []


def test_the_page_says_what_the_packaged_data_lack_and_whose_the_borders_are(starter_page, visit):
    seen = visit(starter_page[1])
    lack = {
        "en": ("power lines", "Districts", "protected areas", "faults", "hazard map"),
        "ru": (
            "линий электропередачи",
            "Административных районов",
            "охраняемые территории",
            "разломы",
            "карту сейсмической опасности",
        ),
    }
    for language, words in lack.items():
        seen.page.evaluate(f"() => {{ geoRee.set({{language: {json.dumps(language)}}}); }}")
        text = seen.page.locator("#limits").text_content()
        assert all(word in text for word in words), language
    sources = seen.value("geoRee.data.sources.filter(s => s.layer === 'countries')")
    assert [s["licence"] for s in sources] == ["ODbL 1.0"]
    assert "OpenStreetMap" in sources[0]["attribution"]
    assert seen.trouble == []


def test_an_unplaced_deposit_of_an_ore_field_is_outlined_by_the_field(starter_page, visit):
    seen = visit(starter_page[1])
    ident = "starter_deposits:kuperlisai-kutessay-i-and-kutessay-iii"
    (area,) = seen.page.evaluate("id => geoRee.areasOf(id)", ident)
    assert area["kind"] == "ore_field"
    seen.page.evaluate("id => { geoRee.open(id); }", ident)
    text = seen.page.inner_text("#dossier")
    assert "40 km around Kutessay II, Aktyuz, of the ore field Aktyuz, within Chuy" in text
    assert seen.trouble == []
