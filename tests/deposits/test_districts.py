"""The ore field of a deposit, and the row that stands for it.

The records are written by hand in the wording of the tables.
"""

import geopandas as gpd
import pytest
import shapely

from geo_ree.deposits import merge
from geo_ree.schema import check_layer


def record(row_id, name, place, country="KAZ", commodities="Cu", **more):
    return {
        "id": row_id,
        "source_id": row_id.partition(":")[0],
        "name": name,
        "kind": "deposit",
        "role": "context",
        "commodities": commodities,
        "commodity_group": "rare_earth" if commodities == "REE" else "nonferrous",
        "country": country,
        "precision_class": "arc_second" if place else "none",
        "position_error_m": 500.0 if place else None,
        "geometry": shapely.Point(place) if place else None,
        **more,
    }


def related(*rows):
    """District, id of the larger row and role of each deposit, by id."""
    layer = check_layer(gpd.GeoDataFrame(list(rows), geometry="geometry", crs=4326), "deposits")
    table = merge(layer).deposits.set_index("id")
    return table[["district", "part_of", "role"]].to_dict("index")


def districts(*rows):
    return {key: row["district"] for key, row in related(*rows).items()}


def test_almalyk_is_the_district_and_kalmakyr_a_deposit_in_it():
    got = related(
        record(
            "usgs_copper_sites:411",
            "Almalyk Group",
            (69.64609, 40.81421),
            "UZB",
            notes="Total reserves include: Kal'makyr, 2700 Mt at 0.4% Cu, Dalnee, 2500 Mt at 0.4% "
            "Cu. Location: SE end of Kal'makyr pit; representative of Almalyk ore field in a paper.",
        ),
        record("usgs_pp1802:1471", "Kalmakyr (Almalyk)", (69.64639, 40.81389), "UZB", "Re"),
        record("usgs_major_deposits:1886", "Kalmakyr", (69.66667, 40.8), "UZB"),
        record("usgs_major_deposits:1847", "Dalnee", (69.66667, 40.78333), "UZB", "Mo"),
        record(
            "usgs_copper_sites:409",
            "Sarycheku",
            (69.77919, 40.77757),
            "UZB",
            notes="Saukbulak district. Deposit is deeply eroded.",
        ),
        record(
            "usgs_mrds:10255152",
            "Sary-Cheku Mine",
            (69.66745, 40.83151),
            "UZB",
            aliases="Almalyk Complex,Sarycheku",
        ),
        record(
            "usgs_copper_sites:410",
            "Kyzata",
            (69.7056, 40.8028),
            "UZB",
            notes="Saukbulak district. Location: area with small pit.",
        ),
        record("usgs_major_deposits:1890", "Kurganshinan", (69.76, 40.86), "UZB", "Ag"),
    )
    whole = "usgs_copper_sites:411"
    assert {key: row["part_of"] for key, row in got.items()} == {
        whole: None,
        "usgs_major_deposits:1886": whole,
        "usgs_major_deposits:1847": whole,
        "usgs_copper_sites:409": whole,
        "usgs_copper_sites:410": None,
        "usgs_major_deposits:1890": None,
    }
    assert got["usgs_major_deposits:1890"]["district"] is None
    named = {row["district"] for key, row in got.items() if key != "usgs_major_deposits:1890"}
    assert named == {"Almalyk"}


def test_the_deposits_of_aktyuz_share_the_ore_field_that_a_note_and_an_area_state():
    got = related(
        record("starter_deposits:kutessay-ii", "Kutessay II", (76.1197, 42.8611), "KGZ", "REE"),
        record(
            "starter_deposits:aktyuz",
            "Aktyuz",
            (76.1833, 42.8833),
            "KGZ",
            "REE",
            notes="One of 5 RE zones of the Aktyuz ore field: Kutessay I, II, III, Aktyuz, Kuperlisai.",
        ),
        record(
            "starter_deposits:kuperlisai",
            "Kuperlisai",
            None,
            "KGZ",
            "REE",
            admin_area="Aktyuz ore field, Chuy region",
        ),
        record(
            "starter_deposits:other",
            "Made-up",
            (76.0, 42.8),
            "KGZ",
            "REE",
            admin_area="Kemin district, Chuy region",
        ),
    )
    assert [row["district"] for row in got.values()] == ["Aktyuz", "Aktyuz", "Aktyuz", None]
    assert {row["part_of"] for row in got.values()} == {None}  # Aktyuz is a deposit, not the field


def test_a_field_is_named_in_a_note_and_its_bodies_among_the_names_of_the_main_one():
    assert districts(
        record(
            "usgs_copper_sites:432",
            "Aktogai-Aidarly",
            (79.9795, 46.9696),
            aliases="Aktogay, Aktogai, Aidarly",
        ),
        record("usgs_porcu:317", "Aktogai", (79.9667, 46.9333), aliases="Aktogay"),
        record("usgs_major_deposits:1392", "Aidarly", (79.9167, 47.0)),
        record(
            "usgs_copper_sites:3814",
            "Kyzylkia",
            (80.05, 46.99),
            notes="Eroded prospect associated with a stock in the Aktogai district.",
        ),
        record("usgs_major_deposits:1396", "Aktogajskoe", (59.0333, 48.5042)),
    ) == {
        "usgs_copper_sites:432": "Aktogai",
        "usgs_major_deposits:1392": "Aktogai",
        "usgs_copper_sites:3814": "Aktogai",
        "usgs_major_deposits:1396": None,
    }


@pytest.mark.parametrize("role", ["candidate", "by_product_host"])
def test_a_district_does_not_compete_with_its_deposits(role):
    field = record("a:1", "Made-up Ore Field", (70, 45), commodities="REE", role=role)
    part = record(
        "b:1",
        "Red Hill",
        (70.1, 45),
        commodities="REE",
        role=role,
        admin_area="Made-up ore field",
    )
    assert {key: row["role"] for key, row in related(field, part).items()} == {
        "a:1": "area",
        "b:1": role,
    }
    assert related(field)["a:1"] == {"district": None, "part_of": None, "role": role}
    elsewhere = part | {"geometry": shapely.Point(71, 45)}  # 79 km
    assert related(field, elsewhere)["b:1"]["part_of"] is None
    assert related(field, elsewhere)["a:1"]["role"] == role


def test_two_fields_of_one_name_are_told_apart():
    rows = [
        record(f"a:{n}", name, (lon, 45), admin_area="Red ore field, somewhere")
        for n, (name, lon) in enumerate([("One", 60), ("Two", 60.1), ("Three", 75)])
    ]
    assert list(districts(*rows).values()) == ["Red", "Red", "Red (2)"]


def test_a_works_is_in_no_ore_field():
    got = related(
        record("a:1", "Balkhash Complex", (74.67, 46.93), aliases="Balqash"),
        record("b:1", "Balkhash Concentrator", (74.67, 46.93), kind="plant", role="plant"),
    )
    assert [row["part_of"] for row in got.values()] == [None, None]
