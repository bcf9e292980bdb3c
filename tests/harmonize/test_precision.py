import pandas as pd
import pytest

from geo_ree.catalog.source import Precision
from geo_ree.errors import SchemaError
from geo_ree.harmonize.precision import classify_precision


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
    with pytest.raises(SchemaError, match="row 7: precision class 'exact'"):
        classify_precision(table, Precision(rule="column", columns=("p",)), "lat", "lon")
