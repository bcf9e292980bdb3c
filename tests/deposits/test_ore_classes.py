"""Classes of ore are what sources print, and nothing more."""

import pandas as pd
import pytest

from geo_ree.deposits.ore_classes import ORE_CLASSES, ore_classes, ree_class
from geo_ree.deposits.vocabulary import read_words
from geo_ree.maps.languages import load_languages


@pytest.mark.parametrize(
    ("commodities", "minerals", "expected"),
    [
        ("REE", None, None),
        ("REE;Zr;Nb", "zircon", None),
        ("Ce;La;Nd", None, "light"),
        ("Y;Dy", None, "heavy"),
        ("Gd", None, "heavy"),
        ("Eu", None, "light"),
        ("REE", "monazite; xenotime", "light_heavy"),
        ("REE", "Y-synchysite", "heavy"),
        ("REE", "synchysite-(Y)", "heavy"),
        ("REE", "synchysite-(Ce); bastnasite", "light"),
        ("REE", "yttrium (Nb-Ta-Zr)", "heavy"),
        ("Th", "thorite-(U)", None),
        (None, float("nan"), None),
    ],
)
def test_light_and_heavy_are_what_a_source_names(commodities, minerals, expected):
    assert ree_class(commodities, minerals) == expected


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ("carb", "carbonatite"),
        (
            "alk-ig massif (granite, nepheline syenite, carbonatite)",
            "carbonatite;alkaline_igneous;granite_pegmatite",
        ),
        ("placer-sh", "placer"),
        ("ion-ad", "ion_adsorption"),
        ("ion-adsorption clay on weathered granite", "ion_adsorption;granite_pegmatite"),
        ("sedimentary phosphate (OFR 2005-1294)", "phosphate"),
        ("hyd-feox", "iron_oxide"),
        ("met", "metamorphic"),
        ("oth-unc", None),
        (None, None),
    ],
)
def test_the_type_of_ore_has_every_class_that_its_words_name(published, expected):
    found = ore_classes(pd.DataFrame({"deposit_type": [published]}))["ore_type"].iloc[0]
    assert found == expected


@pytest.mark.parametrize(
    ("commodities", "minerals", "expected"),
    [
        ("U;REE", None, "U"),
        ("REE", "bastnasite; thorite", "Th"),
        ("REE;Th", "monazite with U-Th", "Th;U"),
        ("REE", "monazite; xenotime", None),
        ("REE;Cu", "burbankite", None),
        (None, None, None),
    ],
)
def test_thorium_and_uranium_count_where_they_are_named(commodities, minerals, expected):
    rows = pd.DataFrame({"commodities": [commodities], "minerals": [minerals]})
    assert ore_classes(rows)["actinides"].iloc[0] == expected


def test_the_tables_of_a_run_have_the_classes_and_the_grade_in_per_cent(starter_run):
    table = starter_run.result.table.set_index("name")
    kutessay = table.loc["Kutessay II"]
    assert kutessay["ree_class"] == "light_heavy"
    assert kutessay["stated_grade_pct"] == 0.264
    for name in ORE_CLASSES:
        assert name in starter_run.result.unranked
        assert table[name].notna().any()


def test_every_class_of_ore_has_words_in_every_language():
    kinds = {row["kind"].replace("_", " ") for row in read_words("ore_type")}
    for words in load_languages().values():
        assert kinds <= set(words["terms"])
