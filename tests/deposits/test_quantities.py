import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ree.catalog import load_catalog
from geo_ree.deposits import classify_statements, normalize, sum_statements
from geo_ree.deposits.resources.quantities import (
    classify_category,
    classify_system,
    parts_of,
    scale_of,
)
from geo_ree.errors import SchemaError, ScoreError
from geo_ree.schema import (
    CATEGORY_CLASSES,
    CATEGORY_PARTS,
    CODE_KINDS,
    SCALES,
    SYSTEM_KINDS,
    check_layer,
    parse_edition,
)


@pytest.mark.parametrize(
    ("text", "kind", "code", "edition"),
    [
        ("JORC 2004", "reporting_code", "JORC", "2004"),
        ("JORC Code (2012 Edition)", "reporting_code", "JORC", "2012"),
        ("2012 JORC Code", "reporting_code", "JORC", "2012"),
        ("JORC, 2011 (Stans Energy)", "reporting_code", "JORC", ""),
        ("JORC 2011", "reporting_code", "JORC", ""),  # the code has no edition of 2011
        ("jorc-compliant", "reporting_code", "JORC", ""),
        ("NI 43-101", "reporting_code", "NI 43-101", ""),
        ("NI 43-101 technical report of 2014", "reporting_code", "NI 43-101", ""),
        ("KAZRC 2016", "reporting_code", "KAZRC", "2016"),
        ("S-K 1300", "reporting_code", "S-K 1300", ""),
        ("GKZ of the USSR", "state", "GKZ", ""),
        ("ГКЗ, протокол", "state", "GKZ", ""),
        ("State Commission on Mineral Reserves", "state", "GKZ", ""),
        ("Mongolian state registry, by press", "state", "", ""),
        ("государственный баланс запасов", "state", "", ""),
        ("UNFC-2009", "framework", "UNFC", "2009"),
        ("ministry statement", "press", "", ""),
        ("press", "press", "", ""),
        ("USGS OFR 02-189", "paper", "", ""),
        ("Weng et al. 2015 table", "paper", "", ""),
        ("Kamitani and Hirano 1990", "paper", "", ""),
        ("ESCAP 1999", "paper", "", ""),
        ("historical model of 1994", "unknown", "", ""),
        ("unknown", "unknown", "", ""),
        ("", "unknown", "", ""),
    ],
)
def test_a_system_has_its_kind_code_and_edition(text, kind, code, edition):
    system = classify_system(text)
    assert (system.kind, system.code, system.edition) == (kind, code, edition)
    assert system.recognised


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Measured", "measured"),
        ("Measured + Indicated", "measured_indicated"),
        ("Indicated and Measured Mineral Resources", "measured_indicated"),
        ("Measured, Indicated and Inferred", "measured_indicated_inferred"),
        ("Inferred resource", "inferred"),
        ("Proven & Probable Ore Reserves", "proved_probable"),
        ("A+B+C1", "A_B_C1"),
        ("B + C1", "B_C1"),
        ("C1+C2", "C1_C2"),
        ("category C-2", "C2"),
        ("А+В+С1", "A_B_C1"),
        ("запасы категории С2", "C2"),
        ("Р1", "P1"),
        ("P1+P2", "P1_P2"),
        ("P", "P"),
        ("prognostic resources", "P"),
        ("Exploration Target", "exploration_target"),
        ("reserve", "reserve"),
        ("reserves (preliminary)", "reserve"),
        ("resources (preliminary)", "resource"),
        ("reserves and resources", "unclassified"),
        ("forecast", "unclassified"),
        ("historical", "unclassified"),
        ("preliminary estimate", "unclassified"),
        ("unknown", "unknown"),
        ("", "unknown"),
        ("C1 + Inferred", None),
        ("plenty", None),
    ],
)
def test_a_category_has_its_class(text, category):
    assert classify_category(text) == category


@given(st.text() | st.text("ABCP123+& ,/-авсри()JORCNI40 ", max_size=30))
def test_any_text_is_classified_or_unrecognised(text):
    system = classify_system(text)
    assert system.kind in SYSTEM_KINDS and (
        not system.code or CODE_KINDS[system.code] == system.kind
    )
    assert system.recognised or system.kind == "unknown"
    assert classify_category(text) in (None, *CATEGORY_CLASSES)


@given(st.sampled_from(sorted(CATEGORY_PARTS)), st.sampled_from([" + ", " and ", ",", "&"]))
def test_parts_are_read_however_they_are_joined(category, joint):
    assert classify_category(joint.join(CATEGORY_PARTS[category])) == category
    assert classify_category(joint.join(reversed(CATEGORY_PARTS[category]))) == category


def test_the_vocabularies_hold_together():
    assert len(set(CATEGORY_CLASSES)) == len(CATEGORY_CLASSES)
    assert set(CODE_KINDS.values()) <= set(SYSTEM_KINDS)
    for name, parts in CATEGORY_PARTS.items():
        assert parts_of(name) == parts
        assert set(parts) <= set(SCALES[scale_of(name)])
    assert len(CATEGORY_PARTS) == 7 + 3 + 15 + 7
    assert parse_edition("UNFC 2018", "UNFC") is None


def test_published_words_and_values_of_the_row_are_kept():
    rows = pd.DataFrame(
        {
            "system": ["JORC 2004", "press", np.nan],
            "category": ["Inferred", None, "plenty"],
            "system_kind": [None, "paper", ""],
            "edition": ["2004", np.nan, None],
        },
        index=[7, 8, 9],
    )
    classified = classify_statements(rows)
    assert classified.index.tolist() == [7, 8, 9]
    assert classified["system_kind"].tolist() == ["reporting_code", "paper", "unknown"]
    assert classified["category_class"].tolist() == ["inferred", "unknown", "unclassified"]
    assert classified["edition"].tolist() == ["2004", None, None]
    assert classified["system"].iloc[:2].tolist() == ["JORC 2004", "press"]
    assert "system_code" not in rows and pd.isna(rows["system_kind"].iloc[0])


def statement(**changes):
    return pd.DataFrame(
        [
            {
                "native_id": "s1",
                "deposit_id": "d:1",
                "substance": "oxide",
                "quantity_t": "1000",
                "grade_pct": "",
                "grade_text": "",
                "category": "Inferred",
                "system": "JORC 2012",
                "edition": "",
                "year": "2020",
                "source": "a made-up report",
                "notes": "",
                **changes,
            }
        ]
    )


def test_a_source_of_statements_is_classified_and_unrecognised_texts_are_counted():
    source = load_catalog()["starter_resources"]
    part = normalize(statement(), source)
    row = part.frame.iloc[0]
    assert (row["system_kind"], row["system_code"], row["edition"]) == (
        "reporting_code",
        "JORC",
        "2012",
    )
    assert row["category_class"] == "inferred" and row["category"] == "Inferred"
    assert part.unrecognised == {}
    puzzled = normalize(statement(system="a wise man", category="plenty"), source)
    assert puzzled.unrecognised == {
        "system_kind": {"a wise man": 1},
        "category_class": {"plenty": 1},
    }
    assert puzzled.frame["system"].tolist() == ["a wise man"]
    assert puzzled.frame["category_class"].tolist() == ["unclassified"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"system": "press", "edition": "2012"},
            "row 1: edition is '2012', but the system (press) names no code",
        ),
        ({"system": "", "edition": "2012"}, "but the system (not stated) names no code"),
        (
            {"system": "JORC", "edition": "2011"},
            "edition of JORC is '2011', expected 1989, 1992, 1996, 1999, 2004, 2012",
        ),
        (
            {"system": "NI 43-101", "edition": "second"},
            "edition of NI 43-101 is 'second', expected a year",
        ),
        ({"year": "2011"}, "edition is 2012, later than the year of the statement (2011)"),
        ({"edition": "2004"}, "edition is 2004, but the system is published as 'JORC 2012'"),
        ({"category": "C1+C2"}, "category_class is 'C1_C2', which is of the state classification"),
        ({"substance": "gold"}, "substance is 'gold', expected one of oxide, metal, ore, unclear"),
    ],
)
def test_an_inconsistent_statement_is_refused(changes, problem):
    with pytest.raises(SchemaError) as error:
        normalize(statement(**changes), load_catalog()["starter_resources"])
    assert problem in str(error.value)


def test_a_named_system_of_another_kind_is_refused_and_an_unclassified_frame_is_not():
    row = {
        "id": ["s:1"],
        "source_id": "s",
        "deposit_id": "d:1",
        "substance": "ore",
        "source": "x",
        "system": "JORC",
        "edition": "2012",
    }
    assert check_layer(pd.DataFrame(row), "resources")["system_kind"].isna().all()
    with pytest.raises(SchemaError, match="system_kind is 'press', but JORC is a reporting_code"):
        check_layer(
            pd.DataFrame(row | {"system_kind": "press", "system_code": "JORC"}), "resources"
        )
    with pytest.raises(SchemaError, match="system_kind is 'gossip', expected one of"):
        check_layer(pd.DataFrame(row | {"system_kind": "gossip"}), "resources")


BASE = {
    "deposit_id": "d:1",
    "substance": "oxide",
    "system": "JORC 2012",
    "year": 2020,
    "source": "a made-up report",
    "quantity_t": 1000.0,
}


def rows(*changes):
    return pd.DataFrame([BASE | {"id": f"s:{n}"} | c for n, c in enumerate(changes, start=1)])


def refusal(*changes):
    with pytest.raises(ScoreError) as error:
        sum_statements(rows(*changes))
    assert "show one statement and the others beside it" in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("system", "categories"),
    [
        ("JORC 2012", ("Measured", "Indicated")),
        ("NI 43-101", ("Indicated", "Measured")),
        ("KAZRC", ("Proved", "Probable")),
        ("GKZ", ("A", "B", "C1")),
        ("GKZ", ("A+B", "C1")),
    ],
)
def test_categories_that_the_system_gives_together_are_added(system, categories):
    found = sum_statements(
        rows(*({"system": system, "category": c, "quantity_t": 10.5} for c in categories))
    )
    assert found.quantity_t == pytest.approx(10.5 * len(categories))
    assert found.figure == "computed"
    assert found.ids == tuple(f"s:{n + 1}" for n in range(len(categories)))
    assert all(i in found.basis for i in found.ids)
    assert found.substance == "oxide"


def test_a_single_statement_is_its_own_sum():
    found = sum_statements(rows({"system": "press", "substance": "unclear", "category": None}))
    assert (found.quantity_t, found.figure) == (1000.0, "published")
    assert found.basis == "one statement, as published (s:1)"


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ({"deposit_id": "d:2"}, {}, "different deposits: d:2 (s:1) / d:1 (s:2)"),
        ({"substance": "ore"}, {}, "different substances: ore (s:1) / oxide (s:2)"),
        ({"system": "NI 43-101"}, {}, "different systems: NI 43-101 (s:1) / JORC (s:2)"),
        ({"system": "JORC 2004"}, {}, "different editions: 2004 (s:1) / 2012 (s:2)"),
        ({"system": "JORC"}, {}, "different editions: not stated (s:1) / 2012 (s:2)"),
        ({"year": 2021}, {}, "different years: 2021 (s:1) / 2020 (s:2)"),
        ({"source": "another"}, {}, "different sources: another (s:1) / a made-up report (s:2)"),
        ({"quantity_t": None}, {}, "no quantity is stated by s:1"),
        (
            {"substance": "unclear"},
            {"substance": "unclear"},
            "what was weighed is unclear in s:1, s:2",
        ),
        (
            {"category": "Inferred"},
            {},
            "inferred (s:1) and indicated (s:2) are not given together by any system",
        ),
        (
            {"category": "Measured + Indicated"},
            {"category": "Inferred"},
            "measured + indicated (s:1) and inferred (s:2) are not given together by any system",
        ),
        ({"category": "Indicated"}, {}, "would count the same category twice"),
        ({"category": "Measured + Indicated"}, {}, "would count the same category twice"),
        ({"category": "Measured + Inferred"}, {}, "measured + inferred (s:1) and indicated (s:2)"),
        ({"category": "Proved"}, {}, "proved (s:1) and indicated (s:2) are not given together"),
        ({"category": "unknown"}, {}, "no category is stated by s:1"),
        ({"category": "reserve"}, {}, "no category is stated by s:1"),
        (
            {"system": "GKZ", "category": "C1"},
            {"system": "GKZ", "category": "C2"},
            "C1 (s:1) and C2 (s:2) are not given together by any system",
        ),
        (
            {"system": "GKZ", "category": "P1"},
            {"system": "GKZ", "category": "P2"},
            "P1 (s:1) and P2 (s:2) are not given together by any system",
        ),
        ({"system": "press"}, {"system": "press"}, "holds for s:1 (press), s:2 (press)"),
        ({"system": "UNFC"}, {"system": "UNFC"}, "holds for s:1 (framework), s:2 (framework)"),
        ({"system": "Singer 1998"}, {"system": "Singer 1998"}, "holds for s:1 (paper)"),
    ],
)
def test_statements_that_cannot_be_added_and_why(one, other, reason):
    assert reason in refusal({"category": "Measured"} | one, {"category": "Indicated"} | other)


def test_every_reason_is_given_at_once():
    message = refusal(
        {"category": "Inferred", "system": "NI 43-101", "substance": "ore"},
        {"category": "Measured"},
    )
    for words in ("different substances", "different systems", "not given together"):
        assert words in message
    with pytest.raises(ScoreError, match="there is no statement to add"):
        sum_statements(pd.DataFrame())


def test_two_state_registries_are_not_one_system():
    message = refusal(
        {"system": "state registry of A", "category": "B"},
        {"system": "state registry of B", "category": "C1"},
    )
    assert "different systems: state registry of a (s:1) / state registry of b (s:2)" in message


def test_a_row_without_an_id_is_named_by_its_place():
    frame = rows({"category": "Measured"}, {"category": "Inferred"}).drop(columns="id")
    with pytest.raises(ScoreError, match=r"measured \(row 1\) and inferred \(row 2\)"):
        sum_statements(frame)
