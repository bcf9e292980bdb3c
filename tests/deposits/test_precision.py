import pandas as pd
import pytest

from geo_ree.catalog.source import Precision
from geo_ree.deposits.coordinates import classify_precision
from geo_ree.errors import SchemaError


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        ("48.1", "81.45", "hundredth_degree"),
        ("48", "81", "area"),
        ("49.5", "92.1", "tenth_degree"),
        ("42.666667", "76.166667", "arc_minute"),
        ("51.993611", "60.830278", "arc_second"),
        ("41.402", "64.8955", "arc_second"),
        ("", "", "none"),
        ("x", "y", "none"),
        ("44.2840000002", "72.9459999999", "hundredth_degree"),
        ("26.6666666666667", "-0.25", "arc_minute"),
        ("33.8472222222222", "-0.341666666666667", "arc_second"),
    ],
)
def test_digits_tell_how_fine_a_coordinate_is(latitude, longitude, expected):
    table = pd.DataFrame({"lat": [latitude], "lon": [longitude]})
    assert classify_precision(table, Precision(rule="decimals"), "lat", "lon").tolist() == [
        expected
    ]


@pytest.mark.parametrize(
    ("lat_dms", "lon_dms", "expected"),
    [
        ("42-40N", "76-10E", "arc_minute"),
        ("42-40-12N", "76-10-30E", "arc_second"),
        ("39-45N", "70-00E", "area"),
        ("", "", "area"),
    ],
)
def test_degrees_and_minutes_tell_it_too(lat_dms, lon_dms, expected):
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
        (("33", "50", "", "-1", "-20", ""), "arc_minute"),
        (("33", "49", "60", "-1", "-19", "-59"), "arc_minute"),
        (("33", "30", "", "-1", "-14", "-60"), "area"),
        (("33", "", "", "101", "", ""), "area"),
        (("33", "50.5", "", "101", "", ""), "arc_second"),
        (("", "", "", "", "", ""), "hundredth_degree"),
    ],
)
def test_degrees_minutes_and_seconds_may_be_six_columns(parts, expected):
    names = ("latdeg", "latmin", "latsec", "londeg", "lonmin", "lonsec")
    table = pd.DataFrame([parts], columns=names).assign(lat="1", lon="1")
    rule = Precision(rule="dms", columns=names, **{"class": "hundredth_degree"})
    assert classify_precision(table, rule, "lat", "lon").tolist() == [expected]


def test_numbers_are_judged_by_the_digits_they_need():
    table = pd.DataFrame({"lat": [44.2840000002, 46.1666670002], "lon": [72.9, 81.5833330001]})
    rule = Precision(rule="decimals", columns=("lat", "lon"))
    assert classify_precision(table, rule, "", "").tolist() == ["hundredth_degree", "arc_minute"]


def test_a_point_that_bears_many_names_is_the_place_they_were_filed_under():
    table = pd.DataFrame(
        {"lat": ["46.56346"] * 5, "lon": ["2.55405"] * 3 + ["9.12345"] * 2, "name": list("ABCDE")}
    )
    rule = Precision(rule="decimals", stacked=3)
    got = classify_precision(table, rule, "lat", "lon", "name").tolist()
    assert got == ["named_place"] * 3 + ["arc_second"] * 2
    same = classify_precision(table.assign(name="A"), rule, "lat", "lon", "name").tolist()
    assert same == ["arc_second"] * 5
