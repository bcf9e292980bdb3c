import itertools

import numpy as np
import pandas as pd
import pytest

from geo_ree.catalog import load_catalog
from geo_ree.deposits import (
    STATED_COLUMNS,
    arrange_statements,
    compare_statements,
    contained_oxide,
    contradictions,
    display_statement,
    leading_statements,
    normalize,
    stated_quantities,
    sum_statements,
)
from geo_ree.errors import SchemaError, ScoreError
from geo_ree.fetching import read
from geo_ree.storage import starter_path

BASE = {
    "deposit_id": "d:1",
    "substance": "oxide",
    "system": "JORC 2012",
    "year": 2020,
    "category": "Measured",
    "quantity_t": 1000.0,
}


def rows(*changes):
    return pd.DataFrame([BASE | {"id": f"s:{n}"} | c for n, c in enumerate(changes, start=1)])


@pytest.fixture(scope="module")
def starter():
    source = load_catalog()["starter_resources"]
    return normalize(read(source, starter_path(source.reader.member)), source).frame


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        *itertools.pairwise(
            {"system": s, "year": y}
            for s, y in (
                ("KAZRC", 2016),
                ("GKZ", 2017),
                ("UNFC-2009", 2018),
                ("Singer 1998", 2019),
                ("press", 2020),
                ("a wise man", 2021),
            )
        ),
        ({"year": 2021}, {}),
        ({}, {"year": None}),
        ({}, {"substance": "metal"}),
        ({"substance": "metal"}, {"substance": "ore"}),
        ({"substance": "ore"}, {"substance": "unclear"}),
        ({}, {"category": "Inferred"}),
        ({"category": "Measured + Indicated"}, {}),
        ({}, {"category": "Measured + Indicated + Inferred"}),
        ({"category": "Inferred"}, {"category": "unknown"}),
        ({"system": "press"}, {"quantity_t": None}),
    ],
)
def test_the_rule_of_display_whatever_the_order_and_the_size(better, worse):
    better, worse = {"quantity_t": 1.0} | better, {"quantity_t": 1e9} | worse
    assert display_statement(rows(better, worse))["id"].tolist() == ["s:1"]
    assert display_statement(rows(worse, better))["id"].tolist() == ["s:2"]


def test_a_tie_goes_to_the_first_row_and_deposits_keep_their_order():
    frame = rows(
        {"deposit_id": "d:9"}, {}, {"quantity_t": 9e9}, {"deposit_id": "d:9", "year": 2022}
    )
    shown = display_statement(frame)
    assert shown["id"].tolist() == ["s:4", "s:2"]
    assert shown.index.tolist() == [3, 1]
    with pytest.raises(SchemaError, match="no column substance, quantity_t"):
        display_statement(pd.DataFrame({"deposit_id": ["d:1"]}))


@pytest.mark.parametrize(
    ("one", "other", "factor", "figure", "says"),
    [
        ({}, {"quantity_t": 2500.0}, 2.5, "published", "2.5 times the statement shown"),
        ({}, {"quantity_t": 400.0}, 0.4, "published", "the statement shown is 2.5 times as much"),
        ({}, {"quantity_t": 1004.0}, 1.004, "published", "the same as the statement shown"),
        ({}, {"quantity_t": 1040.0}, 1.04, "published", "1.04 times"),
        (
            {},
            {"substance": "ore", "quantity_t": 1e5, "grade_text": "1.5 % REO"},
            1.5,
            "computed",
            "1.5 times the statement shown, computed from 100,000 t of ore x 1.5 %",
        ),
        (
            {"grade_text": "786 g/t TREO"},
            {"substance": "ore", "quantity_t": 1e6},
            0.786,
            "computed",
            "computed from 1,000 t at 0.0786 %",
        ),
        (
            {"substance": "ore", "quantity_t": 1e5, "grade_text": "2 % RE2O3"},
            {},
            0.5,
            "computed",
            "the statement shown is 2.0 times as much, computed from 100,000 t of ore x 2 %",
        ),
        (
            {"grade_text": "1 % REO"},
            {"substance": "ore", "quantity_t": 1e5, "grade_text": "1.5 % REO"},
            1.5,
            "computed",
            "computed from 100,000 t of ore x 1.5 %",
        ),
        (
            {},
            {"category": "unknown", "quantity_t": 2000.0},
            2.0,
            "published",
            "; only one of the two states a category",
        ),
        (
            {"category": "unknown"},
            {"category": None},
            1.0,
            "published",
            "; no category is stated by either",
        ),
        (
            {},
            {"system": "GKZ", "category": "C1"},
            1.0,
            "published",
            "; the categories are not the same",
        ),
    ],
)
def test_a_factor_where_two_statements_are_comparable(one, other, factor, figure, says):
    pair = contradictions(rows({"year": 2022} | one, other)).iloc[0]
    assert pair["comparable"] and pair["other_is_shown"]
    assert pair["factor"] == pytest.approx(factor)
    assert pair["figure"] == figure
    assert says in pair["says"]


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ({}, {"substance": "unclear"}, "what was weighed is unclear"),
        (
            {},
            {"substance": "metal"},
            "contained metal against contained oxide, and the share of each element is not stated",
        ),
        ({"substance": "metal"}, {"substance": "ore"}, "ore against contained metal"),
        ({}, {"substance": "ore", "grade_text": "1.5 %"}, "no grade is published as one of oxide"),
        ({}, {"substance": "ore", "grade_text": "0.3 % REE"}, "no grade is published as one of"),
        ({}, {"substance": "ore", "grade_text": "0 % REO"}, "no grade is published as one of"),
        ({}, {"quantity_t": None}, "a quantity is not stated"),
        ({}, {"quantity_t": 0.0}, "a quantity is not stated"),
        ({}, {"category": "Inferred"}, "Inferred lies beside Measured, it is no part of it"),
        ({}, {"category": "Measured + Indicated"}, "have a part in common"),
        ({}, {"category": "reserve"}, "a reserve is the workable part of a resource"),
        (
            {"system": "GKZ", "category": "C1"},
            {"system": "GKZ", "category": "P1"},
            "P1 against C1: what is forecast was not explored",
        ),
    ],
)
def test_why_two_statements_are_not_comparable(one, other, says):
    pair = contradictions(rows({"year": 2022} | one, other)).iloc[0]
    ids = [pair["other_id"], pair["id"]]
    assert sorted(ids) == ["s:1", "s:2"]
    assert not pair["comparable"] and np.isnan(pair["factor"]) and pair["figure"] is None
    assert pair["says"].startswith("not comparable: ")
    assert says in pair["says"]


def test_missing_cells_of_any_kind_are_a_quantity_not_stated():
    one = {"substance": "oxide", "quantity_t": 5.0}
    for gap in (None, pd.NA, np.nan):
        assert not compare_statements(one, one | {"quantity_t": gap}).comparable
    assert not compare_statements(one, {"substance": "oxide"}).comparable


def test_the_figures_of_kutessay_ii_are_compared(starter):
    own = starter[starter["deposit_id"] == "starter_deposits:kutessay-ii"]
    shown = display_statement(own).iloc[0]
    assert shown["quantity_t"] == 42_980.0
    assert (shown["system_code"], shown["category_class"]) == ("JORC", "measured_indicated")
    assert shown["edition"] is None and shown["year"] == 2011
    pairs = contradictions(own).set_index(["other_id", "id"])
    first, inferred, ore = (f"starter_resources:kutessay-ii-{n}" for n in (2, 3, 1))
    beside = pairs.loc[(first, inferred)]
    assert not beside["comparable"]
    assert "Inferred lies beside Measured + Indicated" in beside["says"]
    table = pairs.loc[(first, ore)]
    assert table["factor"] == pytest.approx(13_548_000 / (42_980 / 0.00264))
    assert table["figure"] == "computed" and "42,980 t at 0.264 %" in table["says"]
    with pytest.raises(ScoreError) as error:
        sum_statements(own[own["id"] != ore])
    assert "measured + indicated" in str(error.value) and inferred in str(error.value)
    with pytest.raises(ScoreError, match="different substances"):
        sum_statements(own)


def test_no_two_statements_of_the_starter_data_may_be_added(starter):
    refused = 0
    for _, own in starter.groupby("deposit_id"):
        for pair in itertools.combinations(own.index, 2):
            with pytest.raises(ScoreError):
                sum_statements(own.loc[list(pair)])
            refused += 1
    sizes = starter["deposit_id"].value_counts()
    assert refused == (sizes * (sizes - 1) // 2).sum() > 0


def test_all_starter_statements_are_recognised_and_kept(starter):
    assert starter["id"].is_unique
    assert set(starter["system_kind"]) == {"reporting_code", "state", "paper", "press", "unknown"}
    shown = display_statement(starter).set_index("deposit_id")
    assert len(shown) == starter["deposit_id"].nunique()
    khotgor = shown.loc["starter_deposits:khotgor"]
    assert (khotgor["system_code"], khotgor["edition"]) == ("JORC", "2004")
    later = starter[(starter["deposit_id"] == khotgor.name) & (starter["edition"] == "2012")]
    assert later["quantity_t"].isna().all() and len(later) == 1
    pairs = contradictions(starter)
    computed = pairs[pairs["figure"] == "computed"].set_index("id")["factor"]
    registry = "starter_resources:khotgor-2"
    assert computed[registry] == pytest.approx(1_213_700 / 3_360_000)
    assert computed["starter_resources:lugiin-gol-1"] == pytest.approx(23_040 / 14_500)


def test_statements_go_to_the_row_that_their_record_was_joined_to():
    frame = rows(
        {}, {"deposit_id": "u:5", "quantity_t": 3000.0, "system": "press"}, {"deposit_id": "gone:1"}
    )
    sites = pd.DataFrame({"id": ["d:1", "d:2"], "sources": ["d:1;u:5", None]})
    arranged = arrange_statements(frame, sites)
    assert arranged["deposit_id"].tolist() == ["d:1", "d:1", "gone:1"]
    assert arranged["shown"].tolist() == [True, False, True]
    assert arranged["contradiction"].tolist() == [None, "3.0 times the statement shown", None]
    assert sorted(arranged["id"]) == sorted(frame["id"])
    stated = stated_quantities(arranged, pd.Series(["d:2", "d:1"], index=[4, 5]))
    assert stated.columns.tolist() == list(STATED_COLUMNS)
    assert stated["statements"].tolist() == [0, 2]
    assert (
        stated.loc[5, "stated_quantity_t"] == 1000.0 and stated.loc[5, "stated_edition"] == "2012"
    )
    assert stated.loc[5, "statements_beside"] == (
        "3,000 t oxide (Measured, press, 2020): 3.0 times the statement shown"
    )
    assert stated.loc[4].drop("statements").isna().all()


@pytest.mark.parametrize(
    ("change", "oxide"),
    [
        ({}, (1000.0, "published")),
        ({"substance": "ore", "grade_text": "0.96 % REO"}, (9.6, "computed")),
        ({"substance": "ore", "grade_text": "786 g/t TREO"}, (0.786, "computed")),
        (
            {"substance": "ore", "grade_text": "about 3 % RE2O3", "grade_pct": 3.0},
            (30.0, "computed"),
        ),
        ({"substance": "ore", "grade_text": "about 3 % RE2O3"}, None),
        ({"substance": "ore", "grade_text": "3 %", "grade_pct": 3.0}, None),
        ({"substance": "ore", "grade_text": "0 % REO", "grade_pct": 0.0}, None),
        ({"substance": "metal", "grade_text": "3 % REO"}, None),
        ({"substance": "unclear"}, None),
        ({"quantity_t": None}, None),
        ({"quantity_t": 0.0}, None),
    ],
)
def test_contained_oxide_is_published_or_ore_times_a_grade_of_oxide(change, oxide):
    tonnes, figure = contained_oxide(BASE | change)
    if oxide is None:
        assert np.isnan(tonnes) and figure == ""
    else:
        assert (tonnes, figure) == (pytest.approx(oxide[0]), oxide[1])


def test_one_statement_leads_in_every_table(starter):
    """Khotgor's leads by its code although the register has a published tonnage of oxides."""
    ids = starter["deposit_id"].drop_duplicates().reset_index(drop=True)
    arranged = arrange_statements(starter, pd.DataFrame({"id": ids}))
    leading = leading_statements(starter).set_index("deposit_id")
    shown = arranged[arranged["shown"]].set_index("deposit_id")
    stated = stated_quantities(arranged, ids).set_index(ids)
    for deposit, row in leading.iterrows():
        assert row["id"] == shown.loc[deposit, "id"] == stated.loc[deposit, "stated_id"]
        assert stated.loc[deposit, "stated_system_kind"] == row["system_kind"]
        assert np.array_equal(
            [row["oxide_t"]], [stated.loc[deposit, "stated_oxide_t"]], equal_nan=True
        )
    khotgor = leading.loc["starter_deposits:khotgor"]
    assert khotgor["oxide_t"] == pytest.approx(3.36e6)
    assert (khotgor["oxide_figure"], khotgor["category_class"]) == ("computed", "unknown")


def test_a_statement_without_a_quantity_leads_nothing():
    assert leading_statements(rows({"quantity_t": None}, {"quantity_t": 0.0})).empty
    assert leading_statements(pd.DataFrame()).columns.tolist()[-2:] == ["oxide_t", "oxide_figure"]


def test_a_run_without_statements_has_the_columns_all_the_same():
    arranged = arrange_statements(pd.DataFrame(), pd.DataFrame({"id": ["d:1"]}))
    stated = stated_quantities(arranged, pd.Series(["d:1"]))
    assert stated["statements"].tolist() == [0]
    assert stated.columns.tolist() == list(STATED_COLUMNS)


def test_two_that_are_only_beside_contradict_each_other_too():
    frame = rows(
        {},
        {"substance": "ore", "quantity_t": 5e6, "system": "Singer 1998"},
        {"substance": "ore", "quantity_t": 1e6, "system": "press"},
    )
    arranged = arrange_statements(frame, pd.DataFrame({"id": ["d:1"]}))
    assert arranged["contradiction"].iloc[2].endswith("; but Singer 1998 is 5.0 times as much")
