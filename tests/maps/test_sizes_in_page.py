"""Towns and power plants are named with the least size that counts, wherever their figure stands, in each language."""

import re

import pytest

pytestmark = pytest.mark.browser

WORDS = {
    "en": ("town of 5,000 people or more", "power plant of 50 MW or more"),
    "ru": ("населённый пункт от 5 000 жителей", "электростанция от 50 МВт"),
}
BARE = re.compile(
    r"(?<!своя )(?:settlement|power plant|населённый пункт|электростанция)\s+(?:about|at most|\d|около)"
)


@pytest.mark.parametrize("language", WORDS)
def test_dossier_sentences_labels_sheet_and_table_name_the_sizes(starter_page, visit, language):
    seen = visit(starter_page[1], 1440, 900)
    seen.page.evaluate("code => { geoRee.set({language: code}); }", language)
    seen.page.evaluate("geoRee.open(geoRee.ranked('candidate')[0].id)")
    parts = {
        "rows": seen.value("[...document.querySelectorAll('.dossier tr')].map(r => r.innerText)"),
        "sentence": [seen.value("geoRee.sentenceOf(geoRee.ranked('candidate')[0])")],
        "labels": seen.page.locator(".measure").all_text_contents(),
        "reasons": seen.value(
            "geoRee.ranked('candidate').flatMap(d => [geoRee.strengthsOf(d), geoRee.weaknessesOf(d)])"
        ),
    }
    for name, texts in parts.items():
        said = re.sub(r"\s+", " ", " | ".join(texts))
        for words in WORDS[language]:
            assert words in said, (name, said)
        assert not BARE.search(said), (name, BARE.search(said))
    seen.page.evaluate("() => { document.querySelector('.legend').open = true; }")
    key = re.sub(r"\s+", " ", seen.page.inner_text(".legend"))
    assert {"en": "Power plants of 50 MW or more", "ru": "Электростанции от 50 МВт"}[
        language
    ] in key
    assert seen.value("geoRee.untranslated") == []
    assert seen.trouble == []
