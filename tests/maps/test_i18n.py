"""The words of the page: every language is whole, and every word is used."""

import io
import itertools
import json
import re
from importlib.resources import files

import pandas as pd
import pytest

from geo_ree.errors import RenderError
from geo_ree.flagging.flag_rules import SEVERITIES, read_rules
from geo_ree.maps.languages import (
    complaints,
    english,
    load_languages,
    local_names,
    places,
    untranslated,
)
from geo_ree.maps.overlay import NOTE
from geo_ree.maps.style import LABELS, MEASURES
from geo_ree.schema import COMMODITY_GROUPS, HOLDER_STATUSES, SUBSTANCES, TOPICS
from geo_ree.scoring import load_preset, preset_names
from geo_ree.settings import DISCLAIMER

LANGUAGES = load_languages()
ENGLISH = LANGUAGES["en"]
SENTENCES = {
    "deposits.csv": (
        *("why_role", "stage_basis", "deposit_type", "status", "operator", "admin_area"),
        *("flowsheet", "thorium_uranium", "notes", "source_quality"),
    ),
    "flags.csv": ("fact",),
    "deals.csv": ("fact", "parties", "note"),
    "governance.csv": ("fact", "note"),
    "control.csv": (
        *("holder", "ultimate_owner", "state_share", "partner"),
        *("kind_of_right", "licence_no", "licence_expiry", "note"),
    ),
    "resources.csv": ("notes",),
}
NAMES = ("holder", "ultimate_owner", "operator", "parties")
"""Columns that may hold a bare name, which stays as its source writes it."""

SPOKEN_ROLES = ("candidate", "by_product_host", "area", "none")
WORD = re.compile(r"(?:^|[\s(])[a-z]{2,}\b")
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
KAZAKH = {"name": "Қазақша", "locale": "kk-KZ", "page": {"km": "км"}}


def assets():
    return {
        f.name: f.read_text(encoding="utf-8")
        for f in (files("geo_ree.maps") / "assets").iterdir()
        if f.name.endswith((".js", ".html"))
    }


def test_english_comes_first_and_every_language_has_its_name():
    assert next(iter(LANGUAGES)) == "en"
    assert {code: words["name"] for code, words in LANGUAGES.items()}["ru"] == "Русский"


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_is_whole_and_in_the_order_of_english(code):
    words = LANGUAGES[code]
    assert untranslated(words, ENGLISH) == []
    assert list(complaints(code, words, ENGLISH)) == []
    for part in ("page", "terms"):
        assert list(words[part]) == list(ENGLISH[part])


def folder(tmp_path, **languages):
    english = {
        "page": ENGLISH["page"],
        "terms": ENGLISH["terms"],
        "name": "English",
        "locale": "en",
    }
    for code, words in {"en": english, **languages}.items():
        text = words if isinstance(words, str) else json.dumps(words, ensure_ascii=False)
        (tmp_path / f"{code}.json").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_language_with_a_few_words_is_taken_and_its_gaps_are_listed(tmp_path):
    found = load_languages(folder(tmp_path, kk=KAZAKH))
    assert list(found) == ["en", "kk"]
    gaps = untranslated(found["kk"], ENGLISH)
    assert "page, unknown" in gaps
    assert "page, km" not in gaps
    words = sum(len(ENGLISH[part]) for part in ("page", "terms", "facts"))
    assert len(gaps) == words - 1


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ({"leader_is": "Көшбасшы: {name}."}, 'page, "leader_is": {country} is missing'),
        ({"leader_is": "{name} {country} {rank}"}, 'page, "leader_is": English has no {rank}'),
        ({"leader_is": "{name} {country"}, 'page, "leader_is": a brace is open'),
        ({"leader": "x"}, 'page, "leader": English has no such key'),
        ({"km": " "}, 'page, "km": the translation is empty'),
        ({"km": ["km"]}, 'page, "km": the translation is empty or is no text'),
        (
            {"people": "{count, plural, one {тұрғын}}"},
            'page, "people": the plural of {count} needs the form other',
        ),
        ("km", '"page" is no JSON object'),
    ],
)
def test_a_broken_translation_is_refused_with_file_and_key(tmp_path, page, complaint):
    with pytest.raises(RenderError) as caught:
        load_languages(folder(tmp_path, kk={**KAZAKH, "page": page}))
    assert str(caught.value).startswith(f"i18n/kk.json: {complaint}")
    assert "\n" not in str(caught.value).strip()


@pytest.mark.parametrize(
    ("code", "words", "complaint"),
    [
        ("kk", "{", "i18n/kk.json is no JSON in UTF-8"),
        ("kk", "[]", "i18n/kk.json: it is no JSON object"),
        ("kk", {**KAZAKH, "locale": "kk KZ"}, 'i18n/kk.json: "locale" is no language tag'),
        ("kk", {**KAZAKH, "name": ""}, 'i18n/kk.json: "name" is missing'),
        ("kk", {**KAZAKH, "pages": {}}, 'i18n/kk.json: "pages" is none of'),
        ("Kazakh language", KAZAKH, "its name is no language code"),
        ("kk", '{"name": "a", "page": {"km": "a", "km": "b"}}', 'i18n/kk.json: "km" stands twice'),
    ],
)
def test_a_broken_file_is_refused_with_its_name(tmp_path, code, words, complaint):
    with pytest.raises(RenderError, match=re.escape(complaint)):
        load_languages(folder(tmp_path, **{code: words}))


def test_a_message_is_filled_with_numbers_and_plurals(monkeypatch):
    words = {"a": "{n, number} {n, plural, one {deposit} other {deposits}} of {country}"}
    monkeypatch.setattr("geo_ree.maps.languages._english", lambda: words)
    assert english("a", {"n": 1, "country": "{n}"}) == "1 deposit of {n}"
    assert english("a", {"n": 1200, "country": "x"}) == "1,200 deposits of x"
    assert places(words["a"]) == {"n", "country"}


def test_no_key_is_missing_or_unused():
    texts = assets()
    asked = set(re.findall(r'data-t(?:-label|-touch)?="([^"]+)"', texts["body.html"]))
    for text in texts.values():
        asked |= set(re.findall(r'(?<!\w)(?:t|say)\(\s*"([^"]+)"', text))
    assert len(asked) > 200
    assert sorted(asked - set(ENGLISH["page"])) == []
    # Some keys are picked from a list in the scripts, by the name of a column or a class.
    modules = ("headline.py", "finding_cards.py", "board.py", "still_map.py")
    said = "".join((files("geo_ree.maps") / m).read_text(encoding="utf-8") for m in modules)
    said += "".join(texts.values())
    quoted = set(re.findall(r'"(\w+)"', said)) | set(
        re.findall(r'data-t(?:-label|-touch)?="(\w+)"', said)
    )
    flagged = {f"{stem}_{r.flag}" for r in read_rules() for stem in ("flag", "flagsay")}
    by_name = {*flagged, "flag_not_measured", *by_vocabulary()}
    assert sorted(set(ENGLISH["page"]) - asked - quoted - by_name) == []


def by_vocabulary():
    """Keys that end with a word of a vocabulary: marks of severities, topics, states of a holder."""
    return {
        *(f"{stem}_{word}" for stem in ("letter", "count") for word in SEVERITIES[:3]),
        *(f"topic_{topic}" for topic in TOPICS),
        *(f"holding_{status.replace(' ', '_')}" for status in HOLDER_STATUSES),
    }


def test_every_severity_topic_and_state_of_a_holder_has_words():
    assert sorted(by_vocabulary() - set(ENGLISH["page"])) == []


def pattern(sentence):
    """The sentence with places for its numbers, as a term has them."""
    at = itertools.count(1)
    return NUMBER.sub(lambda match: f"{{{next(at)}}}", sentence)


def sentences():
    """The sentences of ours in the packaged tables, without their dates and sources."""
    starter = files("geo_ree") / "starter"
    found = {}
    for name, columns in SENTENCES.items():
        table = pd.read_csv(io.StringIO((starter / name).read_text("utf-8")), dtype=str)
        for column in columns:
            rows = table
            if name == "deposits.csv" and column not in ("why_role", "stage_basis"):
                rows = table[table["role"].isin(SPOKEN_ROLES)]
            for text in rows[column].dropna().unique():
                said = re.split(r" (?:As of|Source): ", text)[0]
                if WORD.search(said) or column not in (
                    *NAMES,
                    "admin_area",
                    "licence_no",
                    "licence_expiry",
                ):
                    found[said] = f"{name}, {column}"
    return found


def minerals():
    """The words for minerals in the packaged deposits that the page lists."""
    text = (files("geo_ree") / "starter" / "deposits.csv").read_text("utf-8")
    table = pd.read_csv(io.StringIO(text), dtype=str)
    listed = table.loc[table["role"].isin(SPOKEN_ROLES), "minerals"].dropna()
    return {word.strip() for cell in listed for word in cell.split(";")}


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_sentence_of_the_packaged_tables_is_translated(code):
    ours, words = sentences(), LANGUAGES[code]
    known = {*words["facts"], *words["terms"], *("low", "medium", "high")}
    assert [f"{ours[t]}: {t}" for t in ours if not {t, pattern(t)} & known] == []
    assert [word for word in minerals() if word not in words["terms"]] == []
    cells = set()
    for name, columns in SENTENCES.items():
        table = pd.read_csv(
            io.StringIO((files("geo_ree") / "starter" / name).read_text("utf-8")), dtype=str
        )
        cells |= {text for column in columns for text in table[column].dropna()}
    spoken = {re.split(r" (?:As of|Source): ", text)[0] for text in cells}
    assert [text for text in words["facts"] if text not in spoken] == []


def test_a_local_name_is_that_of_a_packaged_deposit_and_has_a_source():
    folder = files("geo_ree.maps") / "i18n"
    rows = pd.read_csv(io.StringIO((folder / "names.csv").read_text("utf-8")))
    deposits = pd.read_csv(io.StringIO((files("geo_ree") / "starter/deposits.csv").read_text()))
    assert set(rows["name"]) <= set(deposits["name"])
    russian = rows[rows["language"] == "ru"].set_index("name")["local_name"]
    named = deposits[deposits["name_local"].notna()].set_index("name")["name_local"]
    assert russian.reindex(named.index).to_dict() == named.to_dict()
    assert not rows.isna().any().any()
    assert not rows.duplicated(["language", "name"]).any()
    assert set(rows["language"]) <= set(LANGUAGES)


def test_a_local_name_without_a_source_is_refused(tmp_path):
    path = folder(tmp_path)
    (path / "names.csv").write_text("language,name,local_name,source\nru,Aktyuz,Актюз,\n", "utf-8")
    with pytest.raises(RenderError, match=re.escape("i18n/names.csv, line 2: a cell is empty")):
        local_names(path)


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


def test_the_sentence_of_each_flag_is_that_of_its_rule():
    page = ENGLISH["page"]
    for rule in read_rules():
        assert f"flag_{rule.flag}" in page
        assert page.get(f"flagsay_{rule.flag}", "") == rule.says
