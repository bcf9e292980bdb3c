"""Dates and codes in what an ArcGIS server gives."""

import pytest

from geo_ree.reading.esri_fields import date_text, field_rules

STATE = {
    "type": "codedValue",
    "codedValues": [{"code": 1, "name": "Valid"}, {"code": "2", "name": "Expired"}],
}


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("0", "1970-01-01"),
        ("1262304000000", "2010-01-01"),
        ("1.262304e12", "1.262304e12"),
        ("1262304000000.0", "2010-01-01"),
        ("-631152000000", "1950-01-01"),
        ("1262286000000", "2009-12-31T19:00:00Z"),
        ("2010-01-01", "2010-01-01"),
        ("", ""),
        ("9" * 18, "9" * 18),
        ("-" + "9" * 18, "-" + "9" * 18),
    ],
)
def test_milliseconds_become_days_and_what_is_none_stays(printed, day):
    assert date_text(printed) == day


@pytest.mark.parametrize(
    ("printed", "word"), [("1", "Valid"), ("2", "Expired"), ("2.0", "Expired"), ("7", "7")]
)
def test_codes_become_their_words_and_unknown_ones_stay(printed, word):
    fields = [{"name": "STATE", "type": "esriFieldTypeInteger", "domain": STATE}]
    assert field_rules({"fields": fields})["state"](printed) == word


def test_ranges_ids_and_texts_have_no_rule():
    fields = [
        {"name": "OBJECTID", "type": "esriFieldTypeOID", "domain": None},
        {
            "name": "DEPTH",
            "type": "esriFieldTypeDouble",
            "domain": {"type": "range", "range": [0, 9]},
        },
        {"name": "NAME", "type": "esriFieldTypeString"},
    ]
    assert field_rules({"fields": fields}) == {}


def test_types_of_a_layer_have_names_and_words_of_their_own():
    said = {
        "typeIdField": "KIND",
        "types": [
            {"id": 0, "name": "Ore", "domains": {"USE": STATE}},
            {
                "id": 1,
                "name": "Coal",
                "domains": {"USE": {"codedValues": [{"code": 2, "name": "Ended"}]}},
            },
        ],
    }
    rules = field_rules(said)
    assert [rules["kind"](code) for code in ("0", "1", "5")] == ["Ore", "Coal", "5"]
    # a code that two types use for different things stays a code
    assert [rules["use"](code) for code in ("1", "2")] == ["Valid", "2"]


@pytest.mark.parametrize(
    "odd",
    [
        {"fields": "none"},
        {"fields": [1, None, {"name": 3, "domain": "x"}]},
        {"fields": [{"name": "A", "domain": {"codedValues": {"a": 1}}}]},
        {"types": {"id": 1}, "typeIdField": 7},
        {"types": [{"id": 1, "domains": [1]}]},
    ],
)
def test_whatever_a_server_sends_is_survived(odd):
    assert all(rule("5") == "5" for rule in field_rules(odd).values())
