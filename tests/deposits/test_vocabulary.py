import csv
from pathlib import Path

import pytest

from geo_ree.deposits.vocabulary import (
    country_code,
    find_commodity,
    match_kind,
    read_country,
    strip_question_mark,
    word_tables,
)
from geo_ree.errors import SchemaError, SettingsError
from geo_ree.schema import (
    CATEGORY_CLASSES,
    CODE_KINDS,
    COMMODITY_GROUPS,
    LAYERS,
    NOT_IN_USE,
    STAGES,
    SYSTEM_KINDS,
)

JUDGED = Path(__file__).parent / "judged"
WORDS = Path(__file__).parents[2] / "geo_ree" / "deposits" / "words"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    "row", rows_of(JUDGED / "status_ofr_02_189.csv"), ids=lambda r: r["status"]
)
def test_a_status_of_ofr_02_189_has_the_kind_judged_by_hand(row):
    assert (match_kind(" ".join(row["status"].split()), "status") or "unknown") == row["kind"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("Producer", "mine"),
        ("Past Producer", "mine"),
        ("Prospect", "occurrence"),
        ("Occurrence", "occurrence"),
        ("Plant", "plant"),
        ("Unknown", "unknown"),
        ("Processing Plant", "plant"),
        ("Surface-Underground", "unknown"),  # MRDS
        ("prospect - mineralized material estimated", "occurrence"),  # SIR 2010-5090-Z
        ("historic mine - 19th century or earlier", "mine"),
        ("site", "occurrence"),
        ("deposit", "deposit"),
        ("significant occurrence", "occurrence"),
        ("PGI prognostic site; no resource forecast", "occurrence"),
        ("Potential producer", "deposit"),
        ("Producer?", "unknown"),
        ("Occurrence (?)", "unknown"),
    ],
)
def test_statuses_of_other_tables_are_recognised(status, kind):
    assert match_kind(status, "status") == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Mine", "mine"),
        ("Mine, Plant", "mine_and_plant"),
        ("Plant", "plant"),
        ("Smelter;Refinery", "plant"),
        ("Mine;Smelter;Refinery", "mine_and_plant"),
        ("Steel Plant", "plant"),
        ("Quarry", "mine"),
        ("Port", None),
    ],
)
def test_kinds_of_facilities_are_recognised(text, kind):
    assert match_kind(text, "facility") == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Plant in Stepnogorsk", "plant"),
        ("Zhayrem district", "area"),
        ("Yugozor mine", "mine"),
        ("Plantain Ridge", "deposit"),
        ("Iron Belt Hill", "area"),
    ],
)
def test_names_of_sites_give_their_kind(text, kind):
    assert match_kind(text, "site_name") == kind


@pytest.mark.parametrize("text", ["(Facility) Made-up Mill", "Made-up Smelter", "Processing Plant"])
def test_a_works_is_recognised_by_its_name(text):
    assert match_kind(text, "works") == "plant"
    assert match_kind("Smelter Hill Prospect", "works") is None


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("Kazakstan", "KAZ"),
        ("KAZAKHSTAN ", "KAZ"),
        ("Kyrghyzstan", "KGZ"),
        ("Kirgizia", "KGZ"),
        ("Afganistan", "AFG"),
        ("Russian Federation(?)", "RUS"),
        ("Slovakia?", "SVK"),
        ("Zaire", "COD"),
        ("Tibet", "CHN"),
        ("Korea|South", "KOR"),
        ("uz", "UZB"),
        ("MNG", "MNG"),
        ("Монголия", "MNG"),
        ("USSR", ""),
        ("Korean Peninsula", ""),
        ("Republic of China", ""),
        ("Atlantis", None),
        ("Republic of Atlantis", None),
    ],
)
def test_countries_are_recognised_by_any_of_their_words(word, code):
    assert country_code(word) == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("Uganda", "uga", "UGA", "ug", " uganda ", "Republic of Uganda", "Уганда"), "UGA"),
        (("Кыргызстан", "Киргизия", "Kyrgyz Republic", "kgz"), "KGZ"),
        (("Қазақстан", "Республика Казахстан", "Republic of Kazakhstan"), "KAZ"),
        (("Côte d'Ivoire", "Cote d'Ivoire", "CIV"), "CIV"),
        (("The Kingdom of Norway", "Норвегия"), "NOR"),
        (("Commonwealth of Australia", "au"), "AUS"),
        (("Greenland", "Гренландия", "grl"), "GRL"),
        (("Falkland Islands", "FLK"), "FLK"),
    ],
)
def test_a_country_that_a_person_names_has_one_code(words, code):
    assert [read_country(word) for word in words] == [code] * len(words)


def test_a_word_that_names_no_country_is_refused_with_the_nearest_spellings():
    with pytest.raises(
        SettingsError, match="avoid is 'Chna', which names no country; did you mean China"
    ):
        read_country("Chna", "avoid")
    with pytest.raises(SettingsError, match="'USSR', which names no single present-day country"):
        read_country("USSR")
    with pytest.raises(SettingsError, match="ISO 3166"):
        read_country("xqxqxq")


@pytest.mark.parametrize(
    ("word", "symbols", "group"),
    [
        ("Neoymium", ("Nd",), "rare_earth"),
        ("Yttrium", ("Y",), "rare_earth"),
        ("rare-earth elements", ("REE",), "rare_earth"),
        ("monazite", ("monazite",), "rare_earth"),
        ("Scandium", ("Sc",), "rare_metal"),
        ("Zirconium and Hafnium", ("Zr", "Hf"), "rare_metal"),
        ("Re", ("Re",), "rare_metal"),
        ("Niobium (Columbium)", ("Nb",), "rare_metal"),
        ("Construction", (), "unknown"),
        ("thermal coal", ("thermal coal",), "unknown"),
    ],
)
def test_commodities_are_recognised_by_any_of_their_words(word, symbols, group):
    known = find_commodity(word)
    assert known is not None
    assert (known.symbols, known.group) == (symbols, group)


def test_tables_of_words_use_the_vocabularies_without_repetition():
    kinds = {
        c
        for n in ("deposits", "facilities")
        for column in LAYERS[n].columns
        if column.name == "kind"
        for c in column.vocabulary
    }
    own = {
        "statement_system": SYSTEM_KINDS,
        "statement_code": CODE_KINDS,
        "statement_category": CATEGORY_CLASSES,
        "stage": ("", *STAGES),
        "state": NOT_IN_USE,
    }
    for name, words in own.items():
        assert {row["kind"] for row in rows_of(WORDS / f"{name}.csv")} <= set(words)
    assert {row["kind"] for row in rows_of(WORDS / "genesis.csv")} == {
        "surficial",
        "sedimentary",
        "endogenic",
    }
    for name in set(word_tables()) - set(own) - {"genesis", "ore_type"}:
        assert {row["kind"] for row in rows_of(WORDS / f"{name}.csv")} <= kinds
    for name in ("countries", "commodities"):
        words = [row["word"] for row in rows_of(WORDS / f"{name}.csv")]
        assert len(words) == len(set(words))
        assert words == [" ".join(strip_question_mark(w).split()).casefold() for w in words]
    assert {row["group"] for row in rows_of(WORDS / "commodities.csv")} <= {*COMMODITY_GROUPS, ""}
    assert {len(row["code"]) for row in rows_of(WORDS / "countries.csv")} == {0, 3}


def test_an_unknown_table_of_words_lists_the_known_ones():
    with pytest.raises(
        SchemaError, match="'moods'.*facility, genesis, ore_type, site_name, stage, state"
    ):
        match_kind("happy", "moods")
