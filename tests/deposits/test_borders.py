import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.crs import GEOD
from geo_ree.deposits import assign_country, split_at_borders
from geo_ree.deposits.borders import parse_country


def _points(rows, countries):
    frame = gpd.GeoDataFrame(
        {"country_reported": [r[2] for r in rows], "position_error_m": [r[3] for r in rows]},
        geometry=[shapely.Point(r[0], r[1]) if r[0] is not None else None for r in rows],
        crs=4326,
    )
    return assign_country(frame, countries)


def test_the_polygon_decides_and_the_reported_word_may_be_old(countries):
    found = _points(
        [
            (70, 48, "Kazakstan", 0.0),
            (75, 41, "Kyrghyzstan", 0.0),
            (75, 41, "Atlantis", 0.0),
            (10, 10, None, 0.0),
        ],
        countries,
    )
    assert found["country"].tolist() == ["KAZ", "KGZ", "KGZ", None]
    assert found["country_note"].isna().all()


def test_near_the_border_the_country_of_the_source_is_kept_with_a_note(countries):
    found = _points([(75, 43.03, "Kyrgyzstan", 0.0), (75, 43.2, "Kyrgyzstan", 30_000.0)], countries)
    assert found["country"].tolist() == ["KGZ", "KGZ"]
    assert "3.3 km from KGZ" in found["country_note"][0]


def test_far_from_the_border_the_polygon_decides_with_a_note(countries):
    found = _points([(75, 45, "Kyrgyzstan", 2_000.0)], countries)
    assert found["country"].tolist() == ["KAZ"]
    assert "222.2 km from KGZ" in found["country_note"][0]


def test_without_a_point_the_reported_country_is_kept(countries):
    assert _points([(None, None, "Kazakhstan", np.nan)], countries)["country"].tolist() == ["KAZ"]


def _lines(geometries):
    ids = [f"x:{i}" for i in range(len(geometries))]
    return gpd.GeoDataFrame({"id": ids}, geometry=geometries, crs=4326)


def test_a_line_is_cut_at_the_border_and_loses_no_length(countries):
    line = shapely.LineString([(75, 40), (75.2, 46)])
    pieces = split_at_borders(_lines([line]), countries)
    assert sorted(pieces["country"]) == ["KAZ", "KGZ"]
    assert pieces["id"].is_unique
    total = sum(GEOD.geometry_length(g) for g in pieces.geometry)
    assert total == pytest.approx(GEOD.geometry_length(line), rel=1e-9)


def test_beyond_all_polygons_a_piece_has_no_country(countries):
    pieces = split_at_borders(_lines([shapely.LineString([(58, 50), (62, 50)])]), countries)
    assert {c for c in pieces["country"] if isinstance(c, str)} == {"KAZ"}
    assert pieces["country"].isna().sum() == 1


def test_lines_inside_one_country_keep_id_and_geometry(countries):
    line = shapely.LineString([(70, 45), (71, 46)])
    pieces = split_at_borders(_lines([line]), countries)
    assert pieces["id"].tolist() == ["x:0"]
    assert pieces.geometry.iloc[0].equals(line)


def test_old_and_uncertain_words_for_countries_are_recognised(countries):
    words = [
        "Kazakstan",
        "Kyrghyzstan",
        " kz ",
        "KAZ",
        "Kazakhstan(?)",
        "Kirgizia ?",
        "Chile",
        "USSR",
        "Atlantis",
        "",
        None,
        float("nan"),
    ]
    assert parse_country(pd.Series(words, dtype=object), countries).tolist() == [
        "KAZ",
        "KGZ",
        "KAZ",
        "KAZ",
        "KAZ",
        "KGZ",
        None,
        None,
        None,
        None,
        None,
        None,
    ]
