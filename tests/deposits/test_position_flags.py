import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.deposits.position_flags import (
    FLAGS,
    centroid_findings,
    country_findings,
    lake_findings,
    rounded_findings,
)


def at(*points, word="Kazakhstan", error=500.0):
    lon, lat = zip(*points, strict=True)
    return pd.DataFrame(
        {"longitude": lon, "latitude": lat, "country_reported": word, "own_error_m": error}
    )


def test_the_vocabulary_is_that_of_the_audit():
    assert set(FLAGS) == {
        "swapped_coordinates",
        "wrong_sign",
        "wrong_country",
        "in_water",
        "filing_centroid",
        "rounded",
        "sources_disagree",
        "contradicts_published_distances",
        "no_position",
    }


def test_another_country_counts_beyond_the_error_only(countries):
    inside, near, far = (75.0, 43.5), (75.0, 42.97), (75.0, 42.5)
    found = country_findings(at(inside, near, far), countries)
    assert found[["position", "flag"]].values.tolist() == [[2, "wrong_country"]]
    assert found["distance_km"][0] == pytest.approx(55.5, abs=0.2)
    assert "in KGZ, 55.5 km from KAZ" in found["evidence"][0]
    assert country_findings(at(far, error=60_000.0), countries).empty


def test_swapped_coordinates_are_found_inside_and_outside_the_region(countries):
    found = country_findings(at((51.0, 62.0), (50.0, 70.0), (75.0, 44.0)), countries)
    assert found[["position", "flag"]].values.tolist() == [
        [0, "swapped_coordinates"],
        [1, "swapped_coordinates"],
    ]
    assert found["evidence"].str.contains("swapped it is in KAZ").all()
    part = countries.assign(complete=False)
    assert "swapped_coordinates" not in set(country_findings(at((51.0, 62.0)), part)["flag"])


def test_any_country_of_the_world_is_compared(countries):
    for word, code in (("Chile", "CHL"), ("United States", "USA"), ("Wisconsin", "USA")):
        found = country_findings(at((75.0, 44.0), (75.0, 80.0), word=word), countries)
        assert found[["position", "flag"]].values.tolist() == [[0, "wrong_country"]]
        assert np.isnan(found["distance_km"][0])
        assert found["evidence"][0] == (
            f"lies in KAZ, and the source names {code}, which is not in the region"
        )


def test_a_word_for_no_present_country_gives_no_finding(countries):
    for word in (None, "USSR", "Atlantis"):
        assert country_findings(at((75.0, 44.0), word=word), countries).empty


def test_a_wrong_sign_is_found_like_swapped_coordinates(countries):
    found = country_findings(at((-75.0, 44.0), (75.0, -44.0), (75.0, 44.0)), countries)
    assert found[["position", "flag"]].values.tolist() == [[0, "wrong_sign"], [1, "wrong_sign"]]
    assert found["evidence"][0].endswith("with the other sign of the longitude it is in KAZ")
    assert found["evidence"][1].endswith("with the other sign of the latitude it is in KAZ")
    assert country_findings(at((-75.0, 44.0)), countries.assign(complete=False)).empty


def test_the_sea_is_outside_all_countries_but_not_beyond_the_region(countries):
    sea, shore, edge, beyond = (50.0, 48.0), (59.97, 48.0), (40.01, 48.0), (30.0, 48.0)
    found = country_findings(at(sea, shore, edge, beyond, word=None), countries)
    assert found[["position", "flag"]].values.tolist() == [[0, "in_water"]]
    assert found["distance_km"][0] > 700.0


@pytest.fixture
def water():
    return gpd.GeoDataFrame(
        {"name": ["Balkhash", None, "Ili"], "kind": ["lake", "reservoir", "river"]},
        geometry=[
            shapely.box(74, 46, 76, 47),
            shapely.box(70, 46, 71, 47),
            shapely.LineString([(72, 46), (73, 46)]),
        ],
        crs=4326,
    )


def test_lakes_count_beyond_the_error_and_rivers_do_not(water):
    found = lake_findings(at((75.0, 46.5), (75.0, 46.01), (70.5, 46.5), (72.5, 46.0)), water)
    assert found["position"].tolist() == [0, 2]
    assert set(found["flag"]) == {"in_water"}
    assert "in the lake Balkhash, 55.6 km from its shore" in found["evidence"][0]
    assert "reservoir without a name" in found["evidence"][1]
    assert lake_findings(at((75.0, 46.5), error=60_000.0), water).empty
    assert lake_findings(at((75.0, 46.5)), None).empty
    assert lake_findings(at((75.0, 46.5)), water.iloc[:0]).empty


def heap(*rows):
    frame = pd.DataFrame(rows, columns=["deposit", "name"])
    return frame.assign(longitude=75.5, latitude=42.5, own_error_m=500.0)


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([("a", "Aktyuz"), ("b", "Kutessay II"), ("c", "Kalesay")], 3),
        ([("a", "Aktyuz"), ("b", "Kutessay II"), ("c", "Kutessai-2")], 0),  # spellings of one
        ([("a", "Aktyuz"), ("a", "Kutessay II"), ("a", "Kalesay")], 0),  # records of one deposit
        ([("a", "Aktyuz"), ("b", "Kutessay II"), ("c", "Unnamed"), ("d", None)], 0),
        ([("a", "Aktyuz"), ("b", "Kutessay II")], 0),
        ([("a", "Aktyuz"), ("b", "Kutessay II"), ("c", "Kemin Concentrator")], 0),  # works
    ],
)
def test_three_names_on_one_coordinate_are_a_filing_centroid(rows, count):
    found = centroid_findings(heap(*rows))
    assert len(found) == count
    if count:
        assert found["evidence"][0] == "3 names on one coordinate: Aktyuz, Kutessay II, Kalesay"
        assert np.isnan(found["distance_km"]).all()


def test_a_filing_point_is_matched_within_a_kilometre_where_digits_are_coarse():
    rows = heap(("a", "Aktyuz"), ("b", "Kutessay II"), ("c", "Kalesay"))
    shifted = rows.assign(longitude=[75.5, 75.5009, 75.501], latitude=[42.5, 42.498, 42.502])
    assert len(centroid_findings(shifted.assign(own_error_m=2000.0))) == 3
    assert centroid_findings(shifted).empty  # seconds tell three mines of one field apart
    assert len(centroid_findings(rows.assign(latitude=[42.5, 42.5002, 42.4998]))) == 3
    assert centroid_findings(shifted.assign(own_error_m=[2000.0, 2000.0, 500.0])).empty
    apart = rows.assign(longitude=[75.5, 75.52, 75.54], own_error_m=2000.0)
    assert centroid_findings(apart).empty


def test_rounded_goes_by_the_precision_class():
    classes = ["tenth_degree", "half_degree", "arc_minute", "licence"]
    errors = [8e3, 36e3, 2e3, 3e3]
    found = rounded_findings(pd.DataFrame({"precision_class": classes, "own_error_m": errors}))
    assert found["position"].tolist() == [0, 1]
    assert found["distance_km"].tolist() == [8.0, 36.0]
