"""Facts about holders, deals and countries: what a file must hold, and the row that stands for a deposit."""

from __future__ import annotations

import pandas as pd
import pytest

from geo_ree.catalog.load import load_catalog
from geo_ree.deposits import holder_columns, normalize
from geo_ree.errors import SchemaError

GOVERNANCE = {
    "native_id": ["kaz-1"],
    "country": ["KAZ"],
    "topic": ["law"],
    "fact": ["A law was passed."],
    "date": ["2025-03"],
    "source": ["a gazette"],
    "note": [None],
}
CONTROL = {
    "native_id": ["a"],
    "deposit_id": ["starter_deposits:a"],
    "holder_status": ["found"],
    "holder": ["A Ltd"],
    "owner_country": ["Kazakhstan; CHN"],
    "as_of": ["2026"],
    "source": ["a register"],
}


def read(layer, rows, **changes):
    table = pd.DataFrame({**rows, **{k: [v] for k, v in changes.items()}})
    source = load_catalog()[f"starter_{layer}"]
    table = table.reindex(columns=list(source.columns.values()))
    return normalize(table.set_index(pd.Index([7], name="row")), source)


def test_facts_that_are_whole_are_kept():
    frame = read("governance", GOVERNANCE).frame
    assert frame.loc[0, ["id", "country", "date"]].tolist() == [
        "starter_governance:kaz-1",
        "KAZ",
        "2025-03",
    ]


def test_a_country_is_its_code_whatever_its_file_calls_it():
    assert read("control", CONTROL).frame["owner_country"].tolist() == ["KAZ;CHN"]
    assert read("governance", GOVERNANCE, country="Mongolia").frame["country"].tolist() == ["MNG"]


@pytest.mark.parametrize(
    ("layer", "changes", "words"),
    [
        ("governance", {"country": "Atlantis"}, "country is 'Atlantis', which is no country"),
        ("governance", {"country": None}, "country is blank"),
        ("governance", {"source": None}, "source is blank"),
        ("governance", {"source": "  "}, "source is blank"),
        ("governance", {"date": "last spring"}, "date is 'last spring'"),
        ("governance", {"date": "2025-02-30"}, "date is '2025-02-30'"),
        ("governance", {"date": None}, "date is blank"),
        ("governance", {"fact": None}, "fact is blank"),
        ("control", {"as_of": "undated"}, "as_of is 'undated'"),
        ("control", {"source": None}, "source is blank"),
        ("control", {"owner_country": "KAZ;Atlantis"}, "owner_country is 'KAZ;Atlantis'"),
        ("control", {"partner_country": "EU"}, "partner_country is 'EU'"),
    ],
)
def test_a_fact_that_is_not_whole_is_refused_with_file_row_and_hint(layer, changes, words):
    rows = GOVERNANCE if layer == "governance" else CONTROL
    with pytest.raises(SchemaError) as found:
        read(layer, rows, **changes)
    first, hint = str(found.value).split("\n")[0], str(found.value)
    assert f"starter_{layer} ({layer}.csv) row 7: {words}" in first
    assert "give" in hint or "name the" in hint or "say what" in hint


def test_bad_rows_of_facts_can_be_skipped():
    source = load_catalog()["starter_governance"]
    rows = pd.DataFrame({k: v * 2 for k, v in GOVERNANCE.items()})
    rows["native_id"], rows["date"] = ["a", "b"], ["2025", "soon"]
    part = normalize(rows, source, skip_bad_rows=True)
    assert part.frame["id"].tolist() == ["starter_governance:a"]
    assert dict(part.skipped) == {"no valid date": 1}


def test_a_status_outside_the_vocabulary_is_refused():
    with pytest.raises(SchemaError, match="holder_status is 'maybe'"):
        read("control", CONTROL, holder_status="maybe")


def test_a_merged_deposit_keeps_the_best_of_its_control_rows():
    rows = pd.DataFrame(
        {
            "deposit_id": ["s:old", "s:a", "s:b", "s:c"],
            "holder_status": ["not found", "partly", "found", "found"],
            "holder": [None, "claimed", "B", "C"],
            "as_of": ["2026-11", "2025", "2020", "2024"],
        }
    )
    sites = pd.DataFrame({"id": ["s:a", "s:b"], "sources": ["s:a;s:old", "s:b;s:c"]}, index=[3, 9])
    found = holder_columns(rows, sites)
    assert found.index.tolist() == [3, 9]
    assert found["holder"].tolist() == ["claimed", "C"]
    assert found["control_as_of"].tolist() == ["2025", "2024"]


def test_without_the_layer_nobody_looked():
    found = holder_columns(pd.DataFrame(), pd.DataFrame({"id": ["s:a"]}))
    assert found.isna().all(axis=None)
