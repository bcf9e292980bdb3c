"""Who says that a site became a mine, on made-up records."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo_ree.schema import check_layer
from geo_ree.studies.validation.mine_labels import (
    COPPER,
    MATCH_KM,
    label_sites,
    mine_records,
    plant_records,
    stated_status,
    usable_records,
)
from geo_ree.studies.validation.trials import TRIALS, classify_sites

KM = 1.0 / 111.2


def records(*rows):
    """Records of deposits: (id, name, status, longitude, latitude), copper at minutes of arc."""
    table = {
        "id": [r[0] for r in rows],
        "source_id": [r[0].split(":")[0] for r in rows],
        "name": [r[1] for r in rows],
        "status": [r[2] for r in rows],
        "kind": "deposit",
        "country": "KAZ",
        "country_reported": "Kazakhstan",
        "commodities": "Cu",
        "commodity_group": "nonferrous",
        "role": "context",
        "precision_class": "arc_minute",
        "position_error_m": 2000.0,
    }
    places = [shapely.Point(*r[3:]) if len(r) > 3 else None for r in rows]
    return check_layer(gpd.GeoDataFrame(table, geometry=places, crs=4326), "deposits")


def mines(*rows, kind="mine", commodities="Cu"):
    """Facilities: (native id, name, longitude, latitude), the error of a place being 5 km."""
    table = {
        "id": [f"icmm_mines:{r[0]}" for r in rows],
        "source_id": "icmm_mines",
        "name": [r[1] for r in rows],
        "kind": kind,
        "country": "KAZ",
        "commodities": commodities,
        "commodity_group": "nonferrous",
        "precision_class": "centroid",
        "position_error_m": 5000.0,
    }
    places = [shapely.Point(*r[2:]) for r in rows]
    return check_layer(gpd.GeoDataFrame(table, geometry=places, crs=4326), "facilities")


@pytest.mark.parametrize(
    ("status", "kind", "worded", "state"),
    [
        ("Producer", "deposit", True, "mine"),
        ("Past Producer", "occurrence", True, "mine"),
        ("Prospect", "deposit", True, "undeveloped"),
        ("Occurrence", "deposit", False, "undeveloped"),
        ("licensed, undeveloped", "deposit", False, "undeveloped"),
        ("In development (1998)", "deposit", True, "unknown"),
        ("mining licence to 2040; scoping study", "deposit", True, "unknown"),
        ("Producer?", "mine", True, "unknown"),
        ("Unknown", "mine", True, "unknown"),
        ("no such word", "mine", True, "unknown"),
        (None, "occurrence", True, "undeveloped"),
        (None, "mine", True, "mine"),
        (None, "deposit", True, "unknown"),
        (None, "occurrence", False, "unknown"),
        (None, "mine", False, "unknown"),
    ],
)
def test_the_word_of_a_table_and_nothing_else_is_its_statement(status, kind, worded, state):
    rows = records(("t:1", "Madeupsai", status, 70, 48)).assign(kind=kind)
    assert stated_status(rows, {"t"} if worded else {"other"}).tolist() == [state]


def test_what_is_no_site_or_nowhere_is_counted():
    rows = records(
        ("t:1", "Madeupsai", None, 70, 48),
        ("t:2", "Nowhere", None),
        ("t:3", "Works", None, 70, 48),
        ("t:4", "Field", None),
    ).assign(kind=["deposit", "deposit", "plant", "area"])
    kept, counts = usable_records(rows)
    assert kept["id"].tolist() == ["t:1"]
    assert counts == {"a plant, an area or a name only": 2, "without a coordinate": 1}


def test_a_mine_joined_by_name_and_place_makes_a_site_a_mine():
    rows = records(
        ("a:1", "Madeupsai", "Prospect", 70, 48),
        ("b:1", "Madeupsay", None, 70, 48 + KM),
        ("a:2", "Farawaytau", "Prospect", 75, 48),
    )
    table = mine_records(mines(("M1", "Madeupsai Mine", 70, 48 - 3 * KM)))
    sites = label_sites(rows, table).set_index("id")
    assert sites["tables"].to_dict() == {"a:1": "a;b", "a:2": "a"}
    assert sites["icmm"].to_dict() == {"a:1": "matched", "a:2": "none"}
    assert sites.loc["a:1", "mine"] == "Madeupsai Mine (icmm_mines:M1)"
    assert sites.loc["a:1", "mine_km"] == pytest.approx(3.0, abs=0.1)
    assert sites.loc["a:1", "geometry"].equals(shapely.Point(70, 48)), (
        "its own place, not the mine's"
    )
    assert "joined to the mine Madeupsai Mine" in sites.loc["a:1", "why"]
    assert sites["stated"].tolist() == ["undeveloped", "undeveloped"]


def test_of_several_mines_of_a_site_the_nearest_is_told():
    table = mine_records(
        mines(("M1", "Madeupsai", 70, 48 + 4 * KM), ("M2", "Madeupsai", 70, 48 + KM))
    )
    sites = label_sites(records(("a:1", "Madeupsai", None, 70, 48)), table)
    assert sites["mine_km"].tolist() == pytest.approx([1.0], abs=0.1)
    assert "M2" in sites["mine"][0]


def test_a_namesake_beyond_the_tolerance_leaves_the_site_out():
    far = MATCH_KM + 15
    rows = records(("a:1", "Madeupshokysaidaly", "Prospect", 70, 48)).assign(
        position_error_m=20_000.0
    )
    table = mine_records(mines(("M1", "Madeupshokysaidaly", 70, 48 + far * KM)))
    sites = label_sites(rows, table)
    assert sites["icmm"].tolist() == ["far"]
    assert f"{far:.1f}"[:2] in sites["why"][0]
    labels = classify_sites(sites, TRIALS["icmm"])
    assert labels["label"].tolist() == [""]
    assert labels["left_out"].tolist() == [f"joined to a mine farther than {MATCH_KM:g} km"]


@pytest.mark.parametrize(("km", "icmm"), [(6.0, "near"), (8.0, "none")])
def test_another_mine_within_the_doubt_about_both_places_is_ambiguous(km, icmm):
    rows = records(("a:1", "Madeupsai", "Prospect", 70, 48))  # 2 km and 5 km of doubt
    table = mine_records(mines(("M1", "Othername", 70, 48 + km * KM)))
    assert label_sites(rows, table)["icmm"].tolist() == [icmm]


def test_coal_and_works_are_no_mines_of_these_deposits():
    at = ("M1", "Madeupsai", 70, 48)
    assert len(mine_records(mines(at))) == 1
    assert len(mine_records(mines(at, kind="mine_and_plant"))) == 1
    assert len(mine_records(mines(at, kind="plant"))) == 0
    assert len(mine_records(mines(at, commodities="thermal coal;metallurgical coal"))) == 0
    assert len(mine_records(mines(at, commodities="coal"))) == 0
    assert len(mine_records(mines(at, commodities="coal;U"))) == 1


def test_without_a_table_of_mines_only_the_tables_speak():
    rows = records(
        ("a:1", "Madeupsai", "Producer", 70, 48), ("a:2", "Otherdag", "Prospect", 75, 48)
    )
    for table in (None, mine_records(mines(("M1", "Madeupsai", 70, 48), kind="plant"))):
        sites = label_sites(rows, table)
        assert set(sites["icmm"]) == {"unknown"}
        assert classify_sites(sites, TRIALS["all"])["label"].tolist() == ["mine", "other"]
        assert classify_sites(sites, TRIALS["icmm"])["label"].tolist() == ["", "other"]


def test_one_record_that_tells_of_a_mine_outweighs_prospects():
    rows = records(
        ("a:1", "Madeupsai", "Prospect", 70, 48),
        ("b:1", "Madeupsai", "Past producer", 70, 48),
        (f"{COPPER}:1", "Madeupsai", "Prospect", 70, 48),
    )
    sites = label_sites(rows, None)
    assert (sites["stated"][0], sites["stated_copper"][0]) == ("mine", "undeveloped")
    labels = classify_sites(sites, TRIALS["copper"])
    assert labels.loc[0].tolist() == ["", "known as a mine only by other evidence"]


def test_records_of_a_large_table_far_from_mines_stay_alone_and_the_others_are_compared():
    rows = records(
        ("usgs_mrds:1", "Madeupsai", None, 70, 48),
        ("usgs_mrds:2", "Madeupsai", None, 70, 48.01),
        ("usgs_mrds:3", "Otherdag", None, 75, 48),
        ("usgs_mrds:4", "Otherdag", None, 75, 48.01),
    )
    table = mine_records(mines(("M1", "Madeupsai", 70, 48)))
    sites = label_sites(rows, table, compared_km=10.0)
    assert sites["id"].tolist() == ["usgs_mrds:1", "usgs_mrds:3", "usgs_mrds:4"]
    assert sites["icmm"].tolist() == ["matched", "none", "none"]
    assert label_sites(rows, table)["id"].tolist() == ["usgs_mrds:1", "usgs_mrds:3"]
    assert label_sites(rows, table, compared_km=1e-9)["icmm"].tolist()[0] == "matched"


def test_no_record_near_any_mine_is_an_answer_too():
    rows = records(("usgs_mrds:1", "Madeupsai", None, 70, 48))
    table = mine_records(mines(("M1", "Madeupsai", 10, 10)))
    sites = label_sites(rows, table, compared_km=5.0)
    assert sites["icmm"].tolist() == ["none"]
    assert np.isnan(sites["mine_km"][0])


def test_the_next_other_mine_is_never_the_site_itself():
    """One mine joined by name, one within both position errors (7 km), one 30 km away."""
    table = mine_records(
        mines(
            ("M1", "Madeupsai Mine", 70, 48 - 3 * KM),
            ("M2", "Othername", 70, 48 + 6 * KM),
            ("M3", "Thirdname", 70, 48 + 30 * KM),
        )
    )
    rows = records(("a:1", "Madeupsai", None, 70, 48), ("a:2", "Farawaytau", None, 70, 48.6))
    sites = label_sites(rows, table).set_index("id")
    assert sites.loc["a:1", "icmm"] == "matched"
    assert sites.loc["a:1", "other_mine_km"] == pytest.approx(30.0, abs=0.1)
    assert sites.loc["a:2", "other_mine_km"] == pytest.approx(0.6 / KM - 30.0, abs=0.1)
    assert sites["other_plant_km"].isna().all()


def test_a_site_whose_only_mine_is_its_own_has_no_other_one():
    table = mine_records(mines(("M1", "Madeupsai", 70, 48)))
    sites = label_sites(records(("a:1", "Madeupsai", None, 70, 48)), table)
    assert np.isnan(sites["other_mine_km"][0])


def test_plants_are_those_that_process_ore():
    facilities = mines(("P1", "Smelter", 70, 48 + 20 * KM), kind="plant")
    assert len(plant_records(facilities)) == 1
    assert len(plant_records(mines(("M1", "Pit", 70, 48)))) == 0
    sites = label_sites(
        records(("a:1", "Madeupsai", None, 70, 48)), None, plant_records(facilities)
    )
    assert sites["other_plant_km"].tolist() == pytest.approx([20.0], abs=0.1)
