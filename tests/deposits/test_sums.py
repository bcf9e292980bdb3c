import pandas as pd
import pytest

from geo_ree.deposits import sum_statements
from geo_ree.errors import ScoreError

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


def test_one_statement_alone_is_itself_even_where_nothing_could_be_added():
    found = sum_statements(rows({"system": "press", "substance": "unclear", "category": None}))
    assert (found.quantity_t, found.figure) == (1000.0, "published")
    assert found.basis == "one statement, as published (s:1)"


@pytest.mark.parametrize(
    ("one", "other", "told"),
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
def test_what_is_never_added_and_why(one, other, told):
    assert told in refusal({"category": "Measured"} | one, {"category": "Indicated"} | other)


def test_every_reason_comes_at_once_and_nothing_to_add_is_told():
    told = refusal(
        {"category": "Inferred", "system": "NI 43-101", "substance": "ore"},
        {"category": "Measured"},
    )
    for words in ("different substances", "different systems", "not given together"):
        assert words in told
    with pytest.raises(ScoreError, match="there is no statement to add"):
        sum_statements(pd.DataFrame())


def test_two_state_registries_are_not_one_system():
    told = refusal(
        {"system": "state registry of A", "category": "B"},
        {"system": "state registry of B", "category": "C1"},
    )
    assert "different systems: state registry of a (s:1) / state registry of b (s:2)" in told


def test_a_row_without_an_id_is_named_by_its_place():
    frame = rows({"category": "Measured"}, {"category": "Inferred"}).drop(columns="id")
    with pytest.raises(ScoreError, match=r"measured \(row 1\) and inferred \(row 2\)"):
        sum_statements(frame)
