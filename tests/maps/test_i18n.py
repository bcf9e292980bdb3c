"""The words of the page: every language is whole, and every word is used."""

import json
import re
from importlib.resources import files

import pytest

from geo_ree.maps.document import load_languages
from geo_ree.maps.overlay import NOTE
from geo_ree.maps.style import LABELS, MEASURES
from geo_ree.schema import COMMODITY_GROUPS, SUBSTANCES
from geo_ree.scoring import load_preset, preset_names
from geo_ree.settings import DISCLAIMER

LANGUAGES = load_languages()
ENGLISH = LANGUAGES["en"]


def assets():
    return {
        f.name: f.read_text(encoding="utf-8")
        for f in (files("geo_ree.maps") / "assets").iterdir()
        if f.name.endswith((".js", ".html"))
    }


def placeholders(text):
    return sorted(re.findall(r"\{\w+\}", text))


def test_english_comes_first_and_every_language_has_its_name():
    assert next(iter(LANGUAGES)) == "en"
    assert {code: words["name"] for code, words in LANGUAGES.items()}["ru"] == "Русский"


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_the_same_keys_and_placeholders(code):
    words = LANGUAGES[code]
    assert sorted(words) == ["locale", "name", "page", "terms"]
    for part in ("page", "terms"):
        assert list(words[part]) == list(ENGLISH[part])
        assert [k for k, v in words[part].items() if not v.strip()] == []
        assert {k: placeholders(v) for k, v in words[part].items()} == {
            k: placeholders(v) for k, v in ENGLISH[part].items()
        }


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_key_stands_twice(code):
    def unique(pairs):
        keys = [key for key, _ in pairs]
        assert sorted(set(keys)) == sorted(keys)
        return dict(pairs)

    text = (files("geo_ree.maps") / "i18n" / f"{code}.json").read_text(encoding="utf-8")
    json.loads(text, object_pairs_hook=unique)


def test_no_key_is_missing_or_unused():
    texts = assets()
    asked = set(re.findall(r'data-t(?:-label)?="([^"]+)"', texts["body.html"]))
    for text in texts.values():
        asked |= set(re.findall(r'(?<!\w)(?:t|say)\(\s*"([^"]+)"', text))
    assert len(asked) > 200
    assert sorted(asked - set(ENGLISH["page"])) == []
    # Some keys are picked from a list in the scripts, by the name of a column or a class.
    quoted = set(re.findall(r'"(\w+)"', "".join(texts.values())))
    assert sorted(set(ENGLISH["page"]) - asked - quoted) == []


def test_the_markup_has_no_words_of_its_own():
    assert re.sub(r"<[^>]*>|&nbsp;|\s", "", assets()["body.html"]) == ""


def test_the_fixed_vocabularies_are_terms(starter_page):
    words = [g.replace("_", " ") for g in COMMODITY_GROUPS]
    words += [
        *SUBSTANCES,
        *LABELS.values(),
        *(word for word, _ in MEASURES.values()),
        DISCLAIMER,
        NOTE,
    ]
    words += [name.replace("_", " ") for name in preset_names()]
    words += [c.label for name in preset_names() for c in load_preset(name).criteria]
    words += list(starter_page[0].scores.gateways["scenario"].unique())
    assert [w for w in words if w not in ENGLISH["terms"]] == []
