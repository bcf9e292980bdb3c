"""Who a merged deposit is: which records are it, and which of them names it.

The records are written by hand in the wording of the tables, a few of each case.
"""

import csv
from importlib.resources import files

import geopandas as gpd
import pytest
import shapely

from geo_ree.catalog import load_catalog
from geo_ree.deposits import merge
from geo_ree.deposits.authority import STANDINGS, rank_records
from geo_ree.deposits.record_names import read_record_names
from geo_ree.deposits.similarity import WEIGHTS
from geo_ree.deposits.vocabulary import find_commodity
from geo_ree.schema import check_layer

ERROR_M = {"arc_second": 500.0, "arc_minute": 2000.0, "named_place": 10_000.0, "none": None}
GROUPS = {"Cu": "nonferrous", "Re": "rare_metal", "Te": "rare_metal", "Be": "rare_metal"}


def record(row_id, name, place, commodities, **more):
    """A record ``source:number`` at (longitude, latitude), or without a place."""
    fine = more.pop("precision_class", "arc_second" if place else "none")
    first = (commodities or "").partition(";")[0]
    known = find_commodity(first)
    return {
        "id": row_id,
        "source_id": row_id.partition(":")[0],
        "name": name,
        "kind": "deposit",
        "role": "context",
        "commodities": commodities,
        "commodity_group": GROUPS.get(first, known.group if known else "unknown"),
        "country": "KAZ",
        "precision_class": fine,
        "position_error_m": ERROR_M[fine],
        "geometry": shapely.Point(place) if place else None,
        **more,
    }


def layer(*rows):
    return check_layer(gpd.GeoDataFrame(list(rows), geometry="geometry", crs=4326), "deposits")


def deposits(*rows):
    return merge(layer(*rows)).deposits.set_index("id")


def groups(*rows):
    return sorted(frozenset(s.split(";")) for s in deposits(*rows)["sources"])


KOUNRAD = (
    record("usgs_pp1802:155", "Kounrad", (75.135, 47.0189), "Be", deposit_type="Non-pegmatite"),
    record(
        "usgs_copper_sites:423",
        "Kounrad",
        (74.9873, 46.9905),
        "Cu",
        aliases="Konyrat, Qonyrat",
        deposit_type="Porphyry copper",
    ),
    record("usgs_mrds:10231415", "Kounrad", (75.1339, 46.998), "Ag;Au;Cu;Mo", aliases="Kalnrad"),
)
ERDENET = (
    record("usgs_pp1802:2062", "Erdenet (Erdenetuin-Obo)", (104.1333, 49.0), "Re", country="MNG"),
    record("usgs_porcu:383", "Erdenet", (104.1333, 49.0), "Cu", country="MNG"),
)
KUMTOR = (
    record(
        "usgs_pp1802:1772", "Kumtor", (77.5838, 41.8981), "Te", deposit_type="Te in Orogenic Au"
    ),
    record("usgs_major_deposits:1504", "Kumtor", (77.8353, 41.9489), "Au"),
    record("usgs_mrds:10207071", "Kumtor", (77.5833, 41.9), None, precision_class="arc_minute"),
)


@pytest.mark.parametrize(
    ("rows", "name", "commodities", "group"),
    [
        (KOUNRAD, "Kounrad", "Cu;Be;Ag;Au;Mo", "nonferrous"),
        (ERDENET, "Erdenet", "Cu;Re", "nonferrous"),
        (KUMTOR, "Kumtor", "Au;Te", "precious"),
    ],
    ids=["Kounrad", "Erdenet", "Kumtor"],
)
def test_a_table_of_by_products_adds_and_never_renames(rows, name, commodities, group):
    for ordered in (rows, rows[::-1]):
        (row,) = deposits(*ordered).itertuples()
        assert (row.name, row.commodity_group) == (name, group)
        assert row.commodities.split(";")[0] == commodities.split(";")[0]
        assert set(row.commodities.split(";")) == set(commodities.split(";"))
        assert row.Index == row.sources.split(";")[0]


def test_a_record_of_a_by_product_alone_names_its_deposit():
    (row,) = deposits(record("usgs_pp1802:996", "Shimkent", (69.6183, 42.2945), "Ga")).itertuples()
    assert (row.name, row.commodities) == ("Shimkent", "Ga")


def test_a_curated_row_leads_and_a_record_without_a_commodity_never_does():
    rows = layer(
        record("usgs_mrds:1", "Made-up", (70, 45), None),
        record("usgs_major_deposits:1", "Made-up", (70, 45), "Zr"),
        record("starter_deposits:made-up", "Made-up", (70, 45), "REE;Zr"),
        record("of_your_own:1", "Made-up", (70, 45), "Fe"),
        record("usgs_ree:1", "Made-up", (70, 45), "REE", commodity_tier="by_product"),
        record("usgs_ree:2", "Made-up", (70, 45), "REE", commodity_tier="primary"),
    )
    order = rows["id"].iloc[rank_records(rows).argsort()].tolist()
    assert order == [
        "starter_deposits:made-up",
        "usgs_major_deposits:1",
        "of_your_own:1",
        "usgs_ree:2",
        "usgs_ree:1",
        "usgs_mrds:1",
    ]


def test_every_row_of_the_table_of_authority_is_sound():
    text = (files("geo_ree.deposits") / "authority.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len({(r["source"], r["commodity"]) for r in rows}) == len(rows)
    catalog = load_catalog()
    for row in rows:
        assert row["source"] == "*" or row["source"] in catalog
        assert row["standing"] in STANDINGS[:-1]
        assert len(row["reason"]) > 15
        assert row["commodity"] == "*" or find_commodity(row["commodity"].split()[0])
    assert (rows[-1]["source"], rows[-1]["commodity"]) == ("*", "*")


def test_a_works_is_no_deposit_though_its_alias_is_the_name_of_the_deposit():
    """Shimkent: the lead smelter has the alias "Chimkent"."""
    smelter = record(
        "usgs_mrds:10279673",
        "(Facility) Chimkent Lead Smelter",
        (69.5333, 42.3333),
        None,
        kind="plant",
        aliases="Chimkent",
    )
    gallium = record("usgs_pp1802:996", "Shimkent", (69.6183, 42.2945), "Ga")
    merged = merge(layer(gallium, smelter))
    assert len(merged.deposits) == 2
    assert "works against a deposit" in merged.pairs["reasons"].iloc[0]
    unmarked = smelter | {"kind": "unknown"}  # the own name says it, whatever the kind is
    assert len(deposits(gallium, unmarked)) == 2
    third = record("usgs_major_deposits:9", "Chimkent", (69.55, 42.32), "Ga")
    assert groups(gallium, smelter, third) == groups(third, gallium, smelter)
    assert frozenset({"usgs_mrds:10279673"}) in groups(gallium, smelter, third)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            record("usgs_mrds:10085920", "Kounrad East", (75.0007, 46.998), "Mo"),
            record(
                "usgs_major_deposits:1486",
                "Vostochnyj Kounrad, Severnyj Kounrad",
                (75.2025, 47.0019),
                "W",
            ),
        ),
        (
            record("usgs_mrds:10039108", "Murun Tau", (65.5, 41.0), None, aliases="Muruntau"),
            record("usgs_major_deposits:1892", "Muruntau", (64.5833, 41.5167), "Au"),
        ),
        (
            record("usgs_copper_sites:420", "Bozshakol", (74.3, 51.87), "Cu"),
            record("usgs_porcu:324", "Boshchekul", (74.1833, 51.8167), "Cu"),
        ),
        (
            record("usgs_pp1802:169", "Khaldzan-Burgtey", (91.9508, 48.4086), "Be"),
            record("usgs_ree:200", "Khalzan-Buregtey", (91.9667, 48.4), "REE"),
        ),
    ],
    ids=["Kounrad East", "Muruntau", "Bozshakol", "Khalzan Buregtei"],
)
def test_two_spellings_of_one_deposit_are_joined(one, other):
    assert len(groups(one, other)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            record("usgs_major_deposits:1435", "Kempirsai", (58.25, 50.6), "Cr"),
            record("usgs_mrds:10133921", "Kempirsai", (58.2167, 50.6), "Ni"),
        ),
        (
            record("usgs_major_deposits:1964", "Aktyubinsk", (57.1667, 50.2833), "phosphate"),
            record("usgs_sedcu:160", "Aktubinsk", (57.1667, 50.2833), "Cu"),
        ),
        (
            record("usgs_mrds:10085920", "Kounrad East", (75.0007, 46.998), "Mo"),
            record("usgs_major_deposits:1", "Zapadnyj Kounrad", (74.9, 46.99), "Mo"),
        ),
        (
            record(
                "usgs_copper_sites:3833", "Vostok II", (74.2925, 45.269), "Cu", aliases="Vostok"
            ),
            record("usgs_copper_sites:3834", "Vostok III", (74.293, 45.27), "Cu", aliases="Vostok"),
        ),
    ],
    ids=["chromite and laterite", "phosphorite and copper of one town", "east and west", "numbers"],
)
def test_two_ores_or_parts_under_one_name_are_two_deposits(one, other):
    assert len(groups(one, other)) == 2


def test_two_companions_in_one_table_may_be_one_deposit_if_another_table_says_so():
    """Kounrad: copper and molybdenum are two rows of the table of major deposits."""
    copper = record("usgs_major_deposits:1464", "Qonyrat (Kounrad)", (74.98, 46.99), "Cu")
    molybdenum = record("usgs_major_deposits:1440", "Konyrat", (74.98, 46.98), "Mo")
    both = record("usgs_porcu:332", "Kounrad", (74.9872, 46.9897), "Cu", aliases="Konyrat, Qonyrat")
    assert len(groups(copper, molybdenum, both)) == 1
    iron = record("usgs_major_deposits:1440", "Konyrat", (75.2, 46.9), "Fe")
    assert len(groups(copper, iron, both)) == 2


def test_a_record_filed_under_a_group_of_mines_is_about_the_deposit_that_its_alias_names():
    """Bismuth "of Zhezkazgan" is Shalgiya, filed under the Dzhezkazgan group of mines."""
    filed = {"precision_class": "named_place"}
    got = deposits(
        record("usgs_copper_sites:10394", "Dzhezkazgan", (67.432, 47.882), "Cu;Ag"),
        record("usgs_mrds:10085874", "Dzhezkazgan", (67.4009, 47.798), "Cu;Bi"),
        record(
            "usgs_mrds:10304183",
            "Dzhezkazgan Group Of Mines.",
            (67.4, 47.8),
            "Bi",
            aliases="Shalgiya",
            **filed,
        ),
        record(
            "usgs_mrds:10255121",
            "Dzhezkazgan Group Of Mines.",
            (67.4, 47.8),
            None,
            aliases="Severnyy Katpar",
            **filed,
        ),
        record(
            "usgs_mrds:10231018",
            "Shipisai Mine",
            (67.4, 47.8),
            None,
            aliases="Dzhezkazgan Group, Shipisai",
            **filed,
        ),
    )
    assert sorted(got["name"]) == ["Dzhezkazgan", "Severnyy Katpar", "Shalgiya", "Shipisai Mine"]
    zhezkazgan = got.loc["usgs_copper_sites:10394"]
    assert (zhezkazgan["commodity_group"], zhezkazgan["commodities"][:2]) == ("nonferrous", "Cu")


@pytest.mark.parametrize(
    ("name", "aliases", "own", "districts"),
    [
        ("Almalyk Complex", "Altyn-Topkan", "Altyn-Topkan", ("Almalyk Complex",)),
        ("Almalyk Complex", "Sary-Cheku, Dalnee", None, ()),
        ("Balkhash Complex", "Balqash", None, ()),
        ("Kempirsai", "Kempirsai Group, Oktyabrsk", None, ()),
        ("Zhaysan", "The Dzhambul Group,Zhaisan", None, ("The Dzhambul Group",)),
        ("Karatas Ore Field", None, None, ()),
        (None, None, None, ()),
    ],
)
def test_the_name_of_a_district_is_told_from_that_of_the_deposit(name, aliases, own, districts):
    names = read_record_names(name, aliases)
    assert (names.name, names.districts) == (own, districts)


def test_weights_by_judgement_keep_their_sign():
    assert WEIGHTS["strange_ore"] < 0 > WEIGHTS["other_genesis"]
