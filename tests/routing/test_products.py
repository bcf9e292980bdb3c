"""What a deposit ships, by its minerals, its ore type and its country."""

import pandas as pd
import pytest

from geo_ree.errors import RouteError
from geo_ree.routing.products import choose_products, published_grade, published_oxide
from geo_ree.routing.ranges import unit_costs


def product_of(asked=None, **site):
    return choose_products(pd.DataFrame([{"id": "x:1", **site}]), asked, unit_costs())[0]


@pytest.mark.parametrize(
    ("site", "mineral_class", "product"),
    [
        ({"minerals": "bastnasite; apatite; fluorite"}, "bastnaesite", "concentrate"),
        ({"minerals": "monazite"}, "monazite", "concentrate"),
        ({"minerals": "monazite; xenotime; Y-synchysite"}, "monazite_xenotime", "concentrate"),
        ({"minerals": "britholite; apatite (>90% of REE)"}, "britholite_apatite", "carbonate"),
        ({"minerals": "zircon; allanite (orthite); thorite"}, "fergusonite_allanite", "carbonate"),
        ({"minerals": "synchysite; bastnasite; monazite"}, "synchysite_parisite", "carbonate"),
        ({"deposit_type": "ion adsorption clay"}, "ion_clay", "carbonate"),
        ({"minerals": "zircon; pyrochlore"}, "unknown", "concentrate"),
        ({"minerals": None}, "unknown", "concentrate"),
        ({}, "unknown", "concentrate"),
    ],
)
def test_the_first_mineral_that_is_known_decides(site, mineral_class, product):
    found = product_of(**site)
    assert (found.mineral_class, found.product) == (mineral_class, product)


def test_ores_without_a_commercial_flowsheet_are_cracked_on_site_and_it_is_said():
    for mineral in ("britholite", "apatite", "fergusonite", "allanite", "gadolinite"):
        found = product_of(minerals=mineral)
        assert found.product == "carbonate"
        assert "acid" in found.reagents
        assert any("no commercial flowsheet" in note for note in found.notes)


def test_a_poorly_ionic_clay_does_not_get_the_default_of_clays():
    clay = product_of(deposit_type="ion adsorption clay")
    poor = product_of(id="starter_deposits:talairyk", deposit_type="ion adsorption clay")
    assert "leach_salt" in clay.reagents
    assert "leach_salt" not in poor.reagents
    assert poor.recovery == (7.5, 34)
    assert any("no commercial flowsheet" in note for note in poor.notes)


def test_an_unknown_mineral_is_said_to_be_and_has_the_widest_grade():
    unknown, known = product_of(), product_of(minerals="bastnasite")
    assert any("no source names a mineral" in note for note in unknown.notes)
    assert unknown.grade.p90 / unknown.grade.p10 > known.grade.p90 / known.grade.p10


def test_a_country_that_wants_processing_at_home_ships_carbonate_with_the_source():
    at_home = product_of(minerals="bastnasite", country="KAZ")
    assert at_home.product == "carbonate"
    assert at_home.payable == "carbonate"
    assert any("astanatimes.com" in note for note in at_home.notes)
    assert product_of(minerals="bastnasite", country="MNG").product == "concentrate"


@pytest.mark.parametrize("asked", ["concentrate", "carbonate", "separated"])
def test_a_product_that_is_asked_for_comes_before_mineral_and_country(asked):
    for site in ({"minerals": "britholite"}, {"minerals": "monazite", "country": "KAZ"}):
        assert product_of(asked, **site).product == asked
    with pytest.raises(RouteError, match="'oxide' is no product"):
        product_of("oxide")


def test_class_7_is_flagged_from_mineralogy_and_a_carbonate_leaves_the_thorium_behind():
    thorium = {"minerals": "monazite; thorite"}
    assert product_of(**thorium).class7 == "likely"
    assert product_of(minerals="monazite").class7 == "possible"
    assert product_of(minerals="bastnasite").class7 == "low"
    assert product_of("carbonate", **thorium).class7 == "low"
    assert any("T055 Tashkent-Derince, do not apply" in n for n in product_of(**thorium).notes)
    assert any("at the common rates" in n for n in product_of(minerals="monazite").notes)


def test_what_is_contained_comes_from_one_published_statement():
    ore = {"stated_quantity_t": 350e6, "stated_substance": "ore", "stated_grade_pct": 0.96}
    assert published_oxide({**ore, "stated_grade": "0.96 % REO"})[0] == pytest.approx(3.36e6)
    assert published_oxide({**ore, "stated_grade": "0.96 %"})[0] is None
    metal, said = published_oxide({"stated_quantity_t": 795_800.0, "stated_substance": "metal"})
    assert metal == 795_800
    assert "at least as much oxide" in said
    assert published_oxide({"stated_quantity_t": 1e6, "stated_substance": "unclear"})[0] is None
    assert published_grade({"stated_grade_pct": 0.264, "stated_grade": "0.264 % RE2O3"}) == 0.264
