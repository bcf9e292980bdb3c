"""Search finds whatever the sources name; a filter acts on tables and map, and says what it leaves out."""

import json

import pandas as pd
import pytest

from geo_ree.maps.headline import headline
from tests.maps.conftest import changed, written

pytestmark = pytest.mark.browser

SHOWN = "[...document.querySelectorAll('.ranking tr.row')].map(r => r.dataset.id)"
LABELS = "[...document.querySelectorAll('.area-label button')].map(b => b.innerText)"


def listed(result):
    table, unranked = result.table, result.tables["unranked"]
    roles = ["candidate", "by_product_host"]
    placed = table.loc[table["role"].isin(roles), ["id", "name"]]
    blank = unranked.loc[unranked["role"].isin([*roles, "area"]), ["id", "name"]]
    return pd.concat([placed, blank], ignore_index=True)


def search(seen, words):
    seen.page.fill("#search", words)
    seen.until(f"(geoRee.state.filters.text ?? '') === {json.dumps(words)}")


def test_search_finds_every_candidate_host_and_unplaced_one(starter_page, visit):
    result, path = starter_page
    seen = visit(path, 1440, 900)
    names = listed(result)
    assert f"{len(names)} of {len(names)} shown" in seen.page.inner_text("#count")
    for label, name in zip(names["id"], names["name"], strict=True):
        search(seen, name)
        assert label in seen.value(SHOWN), name
    search(seen, "Akbulak")
    assert "1 of" in seen.page.inner_text("#count")
    assert seen.page.locator("#unplaced tr.row").is_visible()  # its box opens by itself
    search(seen, "Акбулак")
    assert len(seen.value(SHOWN)) == 1
    assert seen.trouble == []


def test_a_row_without_a_coordinate_opens_its_dossier(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    search(seen, "Akbulak")
    seen.page.click("#unplaced tr.row")
    assert seen.page.inner_text("#dossier h3") == "Akbulak"
    assert "no available source gives a coordinate" in seen.page.text_content("#dossier")


def test_a_filter_acts_on_the_areas_and_marks_of_the_map(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900)
    everyone = seen.value(LABELS)
    assert any("Akbulak" in label for label in everyone)
    search(seen, "Kutessay II")
    assert [label for label in seen.value(LABELS) if "Akbulak" in label] == []
    gone = seen.value(
        "geoRee.ranked('candidate').filter(d => d.name !== 'Kutessay II').map(d => d.id)"
    )
    assert all(seen.value(f"geoRee.drawn({label!r})") is None for label in gone)
    search(seen, "")
    assert sorted(seen.value(LABELS)) == sorted(everyone)


def test_filters_say_what_they_leave_out_and_what_is_unknown(starter_page, visit):
    result, path = starter_page
    seen = visit(path, 1440, 900)
    assert seen.page.is_hidden("#left-out")
    seen.page.evaluate("geoRee.set({filters: {country: ['KGZ'], error: 3}})")
    said = seen.page.locator("#left-out li").all_inner_texts()
    names = listed(result)
    kept = seen.value(
        "geoRee.deposits.concat(geoRee.unranked).filter(d => geoRee.isListed(d) && d.country === 'KGZ').length"
    )
    assert f"Country: Kyrgyzstan. Leaves out {len(names) - kept}" in said[0]
    placed = result.table[result.table["role"].isin(["candidate", "by_product_host"])]
    passing = (placed["position_error_m"] <= 3000).sum()
    unknown = len(names) - placed["position_error_m"].notna().sum()
    assert f"Position error at most, km: 3. Leaves out {len(names) - passing}" in said[1]
    assert f"({unknown} of them because it is unknown)" in said[1]
    ids = seen.value(SHOWN)
    errors = placed.set_index("id")["position_error_m"]
    assert ids and all(errors[i] <= 3000 for i in ids)


def test_filters_by_position_error_come_back_from_the_link(starter_page, visit):
    seen = visit(starter_page[1])
    seen.page.evaluate("geoRee.set({filters: {error: 2.5}})")
    seen.until("location.hash.includes('f.error=2.5')")
    assert seen.value("geoRee.readSetting(location.hash).filters") == {"error": 2.5}


def test_the_filter_of_sizes_gives_what_the_headline_counts(starter_page, visit):
    tables = starter_page[0].tables
    seen = visit(starter_page[1], 1440, 900)
    (counted,) = [
        values for key, values in headline(tables) if key.startswith("headline_resources")
    ]
    leading = tables["resources"][
        tables["resources"]["shown"] & tables["resources"]["quantity_t"].gt(0)
    ]
    kinds = leading.set_index("deposit_id")["system_kind"]
    names, shown = listed(starter_page[0]), {}
    seen.page.evaluate("document.querySelector('#filters').closest('details').open = true")
    for box in seen.page.locator("#filters fieldset:has(input[value='register']) input").all():
        box.check()
        kind = box.get_attribute("value")
        shown[kind] = seen.value(SHOWN)
        seen.until(f"location.hash.includes('f.size={kind}')")
        assert seen.value("geoRee.readSetting(location.hash).filters") == {"size": [kind]}
        gone = seen.value(
            "geoRee.deposits.filter(d => geoRee.isListed(d) && !geoRee.shown(d)).map(d => d.id)"
        )
        assert gone and all(seen.value(f"geoRee.drawn({label!r})") is None for label in gone[:5])
        box.uncheck()
    candidates = seen.value(
        "geoRee.deposits.concat(geoRee.unranked).filter(d => d.role === 'candidate').map(d => d.id)"
    )
    assert len(set(shown["code"]) & set(candidates)) == counted["code"]
    assert len(set(shown["register"]) & set(candidates)) == counted["register"]
    assert sorted(i for ids in shown.values() for i in ids) == sorted(names["id"])
    for kind, words in {"code": ["reporting_code"], "register": ["state"]}.items():
        assert set(kinds.reindex(shown[kind])) == set(words)
    assert set(shown["unknown"]).isdisjoint(kinds.index)
    seen.page.evaluate("geoRee.set({filters: {size: ['code', 'unknown']}})")
    seen.until("location.hash.includes('f.size=code,unknown')")
    assert "Size is stated: by a reporting code, size unknown." in seen.page.inner_text("#left-out")
    assert seen.value("geoRee.readSetting('#f.size=code,toString').filters") == {"size": ["code"]}
    assert seen.value("geoRee.readSetting('#f.size=__proto__').ignored") == ["f.size"]


def test_a_weight_without_data_is_disabled_with_its_reason(starter_page, visit):
    result, path = starter_page
    seen = visit(path, 1440, 900)
    ranked = result.table[result.table["role"].isin(["candidate", "by_product_host"])]
    for criterion in seen.value("geoRee.model().criteria"):
        known = ranked[criterion["column"]].notna().any()
        slider = seen.page.locator(f"#w-{criterion['name']}")
        assert slider.is_disabled() == (not known)
        reason = slider.get_attribute("aria-describedby")
        assert (reason is None) == known
        if reason:
            assert "no layer of this run holds it" in seen.page.text_content(f"#{reason}")
    assert not ranked["dist_power_line_km"].notna().any()  # today's starter data have such a case


def test_every_filter_has_words(data, tmp_path, visit):
    seen = visit(written(changed(data), tmp_path))
    for name in seen.value("geoRee.filterNames"):
        value = {"country": "['KAZ']", "stage": "['drilled']", "state": "['past']", "quality": "3"}
        numbers = ("grade", "oxide", "rail", "error")
        value["text"] = "'Kutessay'"
        given = value.get(name, "1.5" if name in numbers else "'unknown'")
        seen.page.evaluate(f"geoRee.set({{filters: {{{name}: {given}}}}})")
        assert "Leaves out" in seen.page.inner_text("#left-out")
    assert seen.value("geoRee.untranslated") == []


def test_what_a_search_does_not_find_takes_no_place(starter_page, visit):
    """Of a deposit without a coordinate only its own table is there, and no head stands over nothing."""
    seen = visit(starter_page[1], 1440, 900, link="#f.text=Akbulak")
    assert seen.page.is_visible("#unplaced tr.row")
    for part in ("ranking-part", "later-box", "hosts-part"):
        assert seen.page.is_hidden(f"#{part}"), part
    assert seen.page.inner_text("#filters-summary") == "Filters"
    assert [label for label in seen.value(LABELS) if "Akbulak" not in label] == []
    search(seen, "no such deposit")
    assert seen.page.inner_text("#ranking") == "No deposit matches the filters."
    assert seen.page.locator(".ranking thead").count() == 0
    assert seen.page.is_hidden("#left-out")
    assert seen.page.get_attribute("#count", "class") == "unseen"
    for near, name in (("Kutesay", "Kutessay II"), ("Akbulok", "Akbulak"), ("Кхотгр", "Khotgor")):
        search(seen, near)
        if not seen.page.locator(".ranking tr.row:visible").count():
            assert name in seen.page.locator(".nearest-names").inner_text()
    search(seen, "Akbulok")
    seen.page.click(".nearest-names button:has-text('Akbulak')")
    assert seen.page.is_visible("#unplaced tr.row")
    seen.page.evaluate("geoRee.set({filters: {country: ['KAZ']}})")
    assert seen.page.inner_text("#filters-summary") == "Filters (1)"
    seen.page.click("#reset-filters")
    assert seen.page.locator(".ranking thead:visible").count() >= 2
