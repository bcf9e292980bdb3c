"""The language of the page: the browser's, unless the link or the reader chooses; gaps are English."""

import json
import re

import pytest

from geo_ree.maps import document, render
from geo_ree.maps.languages import load_languages
from tests.maps.conftest import written

pytestmark = pytest.mark.browser

SPOKEN = "document.documentElement.lang"
RUSSIAN_FORMS = "{n, plural, one {объект} few {объекта} many {объектов} other {объекта}}"


@pytest.mark.parametrize(
    ("locale", "link", "spoken"),
    [
        ("ru-KZ", "", "ru"),
        ("ru", "#l=en", "en"),
        ("fr-FR", "", "en"),
        ("en-US", "#l=ru", "ru"),
        ("ru", "#l=xx", "ru"),
        ("ru", "#l=__proto__", "ru"),
    ],
)
def test_the_browser_chooses_and_the_link_wins(data, tmp_path, visit, locale, link, spoken):
    path = written(data, tmp_path)
    seen = visit(path, locale=locale, link=link)
    assert seen.value(SPOKEN) == spoken
    assert (
        seen.page.locator("#languages button[aria-pressed='true']").get_attribute("lang") == spoken
    )
    assert seen.trouble == []


def test_a_link_holds_only_a_language_that_the_browser_would_not_choose(data, tmp_path, visit):
    seen = visit(written(data, tmp_path), locale="ru-RU")
    seen.page.click("#languages button[lang='en']")
    seen.until("location.hash === '#l=en'")
    seen.page.click("#languages button[lang='ru']")
    seen.until("location.hash === ''")
    assert seen.value(SPOKEN) == "ru"


@pytest.fixture
def kazakh(data, tmp_path, monkeypatch):
    """A page whose folder of languages has one more file, with two words in it."""
    folder = tmp_path / "i18n"
    folder.mkdir()
    for code, words in load_languages().items():
        (folder / f"{code}.json").write_text(json.dumps(words), encoding="utf-8")
    words = {"name": "Қазақша", "locale": "kk-KZ", "page": {"km": "шқ", "close": "Жабу"}}
    (folder / "kk.json").write_text(json.dumps(words), encoding="utf-8")
    monkeypatch.setattr(document, "load_languages", lambda: load_languages(folder))
    path = tmp_path / "map.html"
    path.write_text(render(**data), encoding="utf-8")
    return path


def test_a_file_is_all_that_a_new_language_needs(kazakh, visit):
    seen = visit(kazakh, locale="kk-KZ")
    assert seen.value(SPOKEN) == "kk"
    assert seen.page.inner_text("#languages button[lang='kk']") == "Қазақша"
    assert seen.value("geoRee.t('km')") == "шқ"
    seen.page.evaluate("geoRee.open('a')")
    assert "шқ" in seen.page.inner_text("#dossier")
    assert seen.value("geoRee.untranslated.length") > 50
    english = "[geoRee.t('close_dossier'), geoRee.term('gateway'), geoRee.term('railway')]"
    assert seen.value(english) == ["Close the dossier", "gateway (straight line)", "railway"]
    assert seen.trouble == []


def test_numbers_and_plurals_follow_the_language(data, tmp_path, visit):
    seen = visit(written(data, tmp_path), locale="ru-RU")
    seen.page.evaluate(
        f"geoRee.data.languages.ru.page.probe = '{{n, number}} {RUSSIAN_FORMS}, {{t, number}} т'"
    )
    said = seen.value("[1, 3, 5, 21, 42980].map(n => geoRee.t('probe', {n: n, t: 42980}))")
    assert [line.replace("\u00a0", " ") for line in said] == [
        "1 объект, 42 980 т",
        "3 объекта, 42 980 т",
        "5 объектов, 42 980 т",
        "21 объект, 42 980 т",
        "42 980 объектов, 42 980 т",
    ]
    assert seen.value("geoRee.plainNumber(-0.03, 2)") == "\u22120,03"
    elements = "geoRee.say('leader_is', {name: document.body, country: 'x'}).map(p => typeof p)"
    assert "object" in seen.value(elements)
    hostile = "geoRee.t('leader_is', {name: '{country}', country: '<b>$&'})"
    assert seen.value(hostile) == "Лидер: {country} (<b>$&)."


# Text nodes in sight of a reader that are neither marked as English, nor links, nor the board that is
# written anew on paper, and hold three English words in a row.
ENGLISH_LEFT = r"""() => {
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const over = node.parentElement;
    if (!over || over.closest("script, style, noscript, [lang=en], a, #paper, #paper-foot")) continue;
    const text = node.textContent.trim();
    if (/(?:^|[^A-Za-z])[a-z]{2,}(?:[ ,]+[a-z]{2,}){2,}/.test(text)) found.push(text.slice(0, 120));
  }
  return found;
}"""


def test_no_english_sentence_of_ours_is_left_in_the_russian_page(starter_page, visit):
    seen = visit(starter_page[1], 1440, 900, locale="ru-RU")
    assert seen.page.evaluate(ENGLISH_LEFT) == []
    ids = seen.value(
        "geoRee.deposits.filter(d => geoRee.isRanked(d)).concat(geoRee.unranked).map(d => d.id)"
    )
    assert len(ids) > 30
    for deposit in ids:
        seen.page.evaluate("id => geoRee.open(id)", deposit)
        left = seen.page.evaluate(ENGLISH_LEFT)
        names = seen.value(f"(geoRee.byId[{deposit!r}] || {{}}).latin_name || ''")
        assert [text for text in left if names[:20] not in text or not names] == [], deposit
    seen.page.evaluate("id => geoRee.visitSheet([id])", ids[0])
    assert seen.page.evaluate(ENGLISH_LEFT) == []
    assert seen.value("geoRee.untranslated") == []
    assert seen.trouble == []


def test_the_switch_of_layers_begins_in_the_language_of_the_page(starter_page, visit):
    seen = visit(starter_page[1], locale="ru-RU")
    switch = seen.page.locator(".leaflet-control-layers-overlays")
    said = switch.evaluate("list => list.textContent")
    assert "Rivers and lakes" not in said and seen.value("geoRee.term('Rivers and lakes')") in said
    toggle = seen.page.locator(".leaflet-control-layers-toggle")
    assert toggle.get_attribute("title") == seen.value("geoRee.t('map_layers')")


def test_dates_counts_and_systems_are_in_the_language_of_the_page(data, tmp_path, visit):
    seen = visit(written(data, tmp_path), locale="ru-RU")
    dates = ["undated; 2007", "2022-11 to 2023-02", "2009 to 2013", "after 2019", "2024-03-15"]
    assert [seen.value(f"geoRee.dates({text!r})") for text in dates] == [
        *("без даты; 2007", "11.2022–02.2023", "2009–2013", "после 2019", "15.03.2024")
    ]
    assert "undated" not in seen.value("geoRee.asOf('undated')")
    ends = ["2045", "2026-03-28", "six years for block 5"]
    said = [seen.value(f"geoRee.licenceEnds({text!r})") for text in ends]
    assert said[:2] == ["до 2045", "до 28.03.2026"]
    assert not said[2].startswith("до ")
    counts = [seen.value(f"geoRee.t('count_transhipments', {{count: {n}}})") for n in (1, 2, 5)]
    assert counts == ["1 перегрузка", "2 перегрузки", "5 перегрузок"]
    once = "geoRee.systemOf({system: 'JORC 2004', edition: '2004', year: 2004}, '')"
    assert seen.value(once) == "JORC 2004"
    later = "geoRee.systemOf({system: 'JORC 2004', edition: '2004', year: 2013}, '')"
    assert seen.value(later) == "JORC 2004, оценка 2013 г."
    assert seen.value("geoRee.years('2008-2018;2018 Q3')") == "2008–2018; 3-й кв. 2018"


def test_controls_of_the_map_follow_the_language(data, tmp_path, visit):
    seen = visit(written(data, tmp_path), locale="ru-RU")
    scale, zoom = ".leaflet-control-scale-line", ".leaflet-control-zoom-in"
    assert seen.page.inner_text(scale).endswith("км")
    assert seen.page.get_attribute(zoom, "title") == seen.value("geoRee.t('zoom_in')")
    seen.page.evaluate("geoRee.set({language: 'en'})")
    assert seen.page.inner_text(scale).endswith("km")
    assert seen.page.get_attribute(zoom, "aria-label") == "Zoom in"
    assert seen.value("geoRee.t('north', {value: '50°'})") == "50° N"


def test_what_is_said_of_a_position_is_in_the_language_of_the_page(starter_page, visit):
    seen = visit(starter_page[1], locale="ru-RU")
    said = "d => geoRee.el('p', {}, geoRee.basisOfPosition(d.position_basis)).textContent"
    texts = seen.page.evaluate(f"geoRee.deposits.filter(d => d.position_basis).map({said})")
    ours = ("printed to", "error:", "chosen of", "sources disagree", "other coordinates")
    assert texts and [text for text in texts for words in ours if words in text] == []
    found = "Object.keys(geoRee.audit).map(id => geoRee.auditOf({id: id}).textContent)"
    audits = seen.page.evaluate(found)
    assert audits and [text for text in audits if "from the chosen one" in text] == []
    seen.page.evaluate("geoRee.set({language: 'en'})")
    basis = "geoRee.deposits.filter(d => d.position_basis).map(d => d.position_basis)"
    shown = seen.page.evaluate(f"geoRee.deposits.filter(d => d.position_basis).map({said})")
    pairs = list(zip(shown, seen.page.evaluate(basis), strict=True))
    other = re.compile(r"\b(starter|usgs)_\w+:|do not use")
    plain = [(text, raw) for text, raw in pairs if not other.search(raw)]
    assert plain and [text for text, raw in plain if text != raw] == []
    assert [text for text in shown if "starter_deposits:" in text or "do not use" in text] == []


def test_lists_of_a_filter_are_in_the_alphabet_of_the_reader(starter_page, visit):
    seen = visit(starter_page[1], locale="ru-RU")
    choices = "[...document.querySelectorAll('#filters select')].map(s => [...s.options].slice(1).map(o => o.text))"
    lists = [words for words in seen.page.evaluate(choices) if len(words) > 4]
    assert len(lists) >= 3
    ordered = "lists => lists.map(l => l.slice().sort((a, b) => a.localeCompare(b, 'ru')))"
    assert lists == seen.page.evaluate(ordered, lists)


def test_an_area_whose_place_no_source_states_says_so(starter_page, visit):
    seen = visit(starter_page[1], locale="ru-RU")
    open_ids = seen.page.evaluate(
        "geoRee.unranked.filter(d => /not stated in/.test(d.area_basis || '')).map(d => d.id)"
    )
    assert open_ids
    for deposit in open_ids:
        seen.page.evaluate("id => geoRee.open(id)", deposit)
        text = seen.page.inner_text("#dossier")
        assert "названо «в источнике не указано" not in text
        assert "в источнике не указано" in text
