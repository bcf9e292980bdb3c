"""How precisely a source gives a position: from the digits it prints, and from its own words."""

import numpy as np
import pandas as pd
import pytest

from geo_ree.catalog import Source
from geo_ree.catalog.table_rules import Precision
from geo_ree.deposits.normalization import normalize
from geo_ree.deposits.precision import (
    RULES,
    classify_precision,
    find_grids,
    find_position_words,
    position_words,
)
from geo_ree.errors import SchemaError
from geo_ree.schema import PRECISION_ERROR_M

TABLE = {
    "id": "copper",
    "title": "A table of copper",
    "label": "copper 2016",
    "publisher": "A survey",
    "country": "world",
    "layer": "deposits",
    "protocol": "archive",
    "url": "https://survey.example/copper.zip",
    "licence": "public domain",
    "attribution": "A survey",
    "edition": "2016",
    "reader": {"member": "copper.csv"},
    "constants": {"role": "context", "commodity_group": "nonferrous", "kind": "deposit"},
}


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        ("48.1", "81.45", "arc_minute"),  # 48°06′, 81°27′
        ("48.11", "81.45", "hundredth_degree"),
        ("48", "81", "degree"),
        ("41.00001", "65.5", "half_degree"),
        ("46.25", "81.5", "area"),
        ("46.99795", "75.00066", "degree"),  # NAD 27 to WGS 84
        ("46.99795", "75.13394", "arc_minute"),
        ("46.9905", "74.9873", "arc_second"),
        ("49.5", "92.1", "tenth_degree"),
        ("42.666667", "76.166667", "five_minutes"),
        ("42.683333", "76.166667", "arc_minute"),
        ("51.993611", "60.830278", "arc_second"),
        ("41.402", "64.8955", "arc_second"),
        ("", "", "none"),
        ("x", "y", "none"),
        ("44.2840000002", "72.9459999999", "hundredth_degree"),
        ("26.6666666666667", "-0.25", "five_minutes"),
        ("33.8472222222222", "-0.341666666666667", "arc_second"),
    ],
)
def test_digits_give_the_precision_class(latitude, longitude, expected):
    table = pd.DataFrame({"lat": [latitude], "lon": [longitude]})
    assert classify_precision(table, Precision(rule="decimals"), "lat", "lon").tolist() == [
        expected
    ]


@pytest.mark.parametrize(
    ("lat_dms", "lon_dms", "expected"),
    [
        ("42-41N", "76-10E", "arc_minute"),
        ("42-40N", "76-10E", "five_minutes"),
        ("42-30N", "76-00E", "half_degree"),
        ("42-40-12N", "76-10-30E", "arc_second"),
        ("39-45N", "70-00E", "area"),
        ("", "", "area"),
    ],
)
def test_degrees_and_minutes_give_the_precision_class(lat_dms, lon_dms, expected):
    table = pd.DataFrame({"a": [lat_dms], "b": [lon_dms], "lat": ["1"], "lon": ["1"]})
    rule = Precision(rule="dms", columns=("a", "b"))
    assert classify_precision(table, rule, "lat", "lon").tolist() == [expected]


def test_a_class_out_of_the_vocabulary_names_its_row():
    table = pd.DataFrame({"p": ["exact"], "lat": ["1"], "lon": ["1"]}, index=[7])
    with pytest.raises(SchemaError, match="row 7: .*'exact'"):
        classify_precision(table, Precision(rule="column", columns=("p",)), "lat", "lon")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("33", "50", "50", "", "-20", "-30"), "arc_second"),
        (("33", "50", "", "-1", "-20", ""), "five_minutes"),
        (("33", "51", "", "-1", "-20", ""), "arc_minute"),
        (("33", "48", "60", "-1", "-19", "-59"), "arc_minute"),
        (("33", "30", "", "-1", "-14", "-60"), "area"),
        (("33", "", "", "101", "", ""), "degree"),
        (("33", "50.5", "", "101", "", ""), "arc_second"),
        (("", "", "", "", "", ""), "hundredth_degree"),
    ],
)
def test_degrees_minutes_and_seconds_may_be_six_columns(parts, expected):
    names = ("latdeg", "latmin", "latsec", "londeg", "lonmin", "lonsec")
    table = pd.DataFrame([parts], columns=names).assign(lat="1", lon="1")
    rule = Precision(rule="dms", columns=names, **{"class": "hundredth_degree"})
    assert classify_precision(table, rule, "lat", "lon").tolist() == [expected]


def test_numbers_are_classified_by_the_digits_they_need():
    table = pd.DataFrame({"lat": [44.2840000002, 46.1833330002], "lon": [72.9, 81.5833330001]})
    rule = Precision(rule="decimals", columns=("lat", "lon"))
    assert classify_precision(table, rule, "", "").tolist() == ["hundredth_degree", "arc_minute"]


def test_a_point_with_many_names_is_a_named_place():
    table = pd.DataFrame(
        {"lat": ["46.56346"] * 5, "lon": ["2.55405"] * 3 + ["9.12345"] * 2, "name": list("ABCDE")}
    )
    rule = Precision(rule="decimals", stacked=3)
    got = classify_precision(table, rule, "lat", "lon", "name").tolist()
    assert got == ["named_place"] * 3 + ["arc_second"] * 2
    same = classify_precision(table.assign(name="A"), rule, "lat", "lon", "name").tolist()
    assert same == ["arc_second"] * 5


def test_noise_of_arithmetic_and_of_a_datum_shift_is_seen_through():
    latitude = [41.00001, 46.99795, 47.79797, 40.83151, 41.4958, 41.00003, np.nan]
    longitude = [65.5, 75.13394, 67.40092, 69.66745, 64.5775, 65.5, np.nan]
    got = find_grids(pd.Series(latitude), pd.Series(longitude))
    expected = ["half_degree", "arc_minute", "tenth_degree", "five_minutes", "", "", ""]
    assert got.fillna("").tolist() == expected


def test_points_on_no_grid_are_hardly_ever_taken_for_round_ones():
    rng = np.random.default_rng(3)
    latitude, longitude = rng.uniform(29.0, 56.0, 20_000), rng.uniform(40.0, 120.0, 20_000)
    got = find_grids(pd.Series(latitude.round(5)), pd.Series(longitude.round(5)))
    assert got.notna().sum() < 10


@pytest.mark.parametrize(
    ("note", "class_", "error_m"),
    [
        (
            "Exposed. Location: near center of pit as seen on Google Earth (2010).",
            "surveyed",
            500.0,
        ),
        ("Location: drill roads on Google Earth (2010); matches a report.", "surveyed", 1500.0),
        ("Workings evident in satellite imagery.", "surveyed", 1500.0),
        ("Location by handheld GPS.", "surveyed", 200.0),
        ("Approximate location from Google Earth image after a report.", "approximate", 5000.0),
        ("Location is very approximate.", "approximate", 20_000.0),
        ("Location: best guess from Google Earth using geology as guide.", "approximate", 20_000.0),
        ("This location is the center of a mineralized zone of 5 miles.", "centroid", 5000.0),
        ("Location from a company report; 132±5 Ma.", None, None),
        ("14 km NW of the location of an earlier list.", None, None),
        ("Satellite Pit; grid of soil samples.", None, None),
    ],
)
def test_what_a_source_says_of_a_point_gives_its_precision(note, class_, error_m):
    got = find_position_words(pd.Series([note, None], index=[4, 9]))
    assert got.index.tolist() == [4, 9] and got["class"].isna()[9]
    if class_ is None:
        assert got["class"].isna()[4] and np.isnan(got["error_m"][4])
    else:
        assert (got["class"][4], got["error_m"][4]) == (class_, error_m)
        assert got["quote"][4] in note


def test_every_rule_has_a_class_of_the_vocabulary_and_a_reason():
    assert {row["class"] for row in RULES["grid"]} <= set(PRECISION_ERROR_M)
    steps = [r["degrees"] if "degrees" in r else r["minutes"] / 60.0 for r in RULES["grid"]]
    assert steps == sorted(steps, reverse=True)
    assert all(words.why and words.class_ in PRECISION_ERROR_M for words in position_words())
    assert all(row["why"] for row in RULES["datum_shift"])


def test_words_come_before_digits_and_a_stated_error_below_500_m_is_kept(countries):
    columns = {
        "native_id": "rec",
        "name": "name",
        "latitude": "lat",
        "longitude": "lon",
        "notes": "comments",
        "position_error_m": "error",
    }
    source = Source.model_validate({**TABLE, "columns": columns, "precision": {"rule": "decimals"}})
    seen = "Location: open pit on Google Earth (2010)."
    rows = [
        ["1", "Seen", "46.990514", "74.987293", seen, ""],
        ["2", "Measured", "46.990514", "74.987293", "", "30"],
        ["3", "On the mark", "46.990514", "74.987293", "", "0"],
        ["4", "Printed", "46.990514", "74.987293", "", ""],
        ["5", "Far", "46.990514", "74.987293", "", "900"],
    ]
    raw = pd.DataFrame(rows, columns=["rec", "name", "lat", "lon", "comments", "error"])
    got = normalize(raw, source, countries).frame
    assert got["precision_class"].tolist() == [
        "surveyed",
        "surveyed",
        "surveyed",
        "arc_second",
        "arc_second",
    ]
    assert got["position_error_m"].tolist() == [500.0, 30.0, 0.0, 500.0, 900.0]
    assert got["position_basis"][0].endswith(
        "in its words: Location: open pit on Google Earth (2010)"
    )


def test_a_row_without_a_place_lies_on_no_grid():
    """PROJ turns NaN into infinity, from which numpy warns."""
    nowhere = pd.Series([np.nan, 41.5])
    assert find_grids(nowhere, nowhere).isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("latitude", "longitude", "class_"),
    [
        ("42°15'31\"N", "76°10'22\"E", "arc_second"),
        ("42 17", "76 11", "arc_minute"),
        ("42°17.31'", "76°11.22'", "arc_second"),
        ("42,5173", "76,1134", "arc_second"),
        ("42,53", "76,17", "hundredth_degree"),
        ("5262345", "12507654", "arc_second"),
        ("5 262 345,5", "12 507 654,1", "arc_second"),
        ("", "", "none"),
    ],
)
def test_digits_of_every_notation(latitude, longitude, class_):
    raw = pd.DataFrame({"a": [latitude], "o": [longitude]})
    rule = Precision(rule="decimals", columns=("a", "o"))
    assert classify_precision(raw, rule, "a", "o").tolist() == [class_]
