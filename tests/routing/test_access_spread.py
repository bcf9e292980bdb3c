"""The rail spur, the class 7 railway, the tornado and the pairwise chances."""

import numpy as np
import pandas as pd
import pytest

from geo_ree.routing import access_cost, access_terms, evaluate, unit_costs
from geo_ree.routing.access_spread import cheaper_chances, tornado
from geo_ree.routing.capital import annuity, spur_break_even
from tests.routing.conftest import make_routes
from tests.routing.test_access import make_sites

HUGE = {"stated_quantity_t": 2e9}


def test_a_spur_is_never_built_for_5000_t_and_pays_from_about_5_mt_of_product():
    low, middle, high = spur_break_even(unit_costs(), annuity(15, 0.10)) / 1e6
    assert 1 < low < middle < high
    assert 4 < middle < 7
    terms = access_terms(make_sites(**HUGE), routes=make_routes(truck_km=80.0), draws=400)
    per_treo = float(np.median(evaluate(terms).product_t))
    built = {
        mt: (evaluate(terms, treo_t_a=mt * 1e6 / per_treo).capital_musd["rail_spur"] > 0).mean()
        for mt in (0.0125, 1.0, middle, 30.0)
    }
    assert built[0.0125] == 0
    assert built[1.0] < 0.2
    assert 0.2 < built[middle] < 0.8
    assert built[30.0] > 0.8


def test_a_spur_that_is_built_takes_the_place_of_the_truck():
    terms = access_terms(make_sites(**HUGE), routes=make_routes(), draws=100)
    drawn = evaluate(terms, treo_t_a=50e6)
    built = drawn.capital_musd["rail_spur"][0] > 0
    assert built.any()
    by_truck = evaluate(terms).usd_t_treo["haulage"][0]
    assert (drawn.usd_t_treo["haulage"][0][built] < by_truck[built]).all()


def test_mountains_and_trucks_to_the_end_build_no_spur():
    steep = access_terms(make_sites(slope_deg=20.0, **HUGE), routes=make_routes(), draws=20)
    assert any(t.unit == "rail_spur_mountain" for t in steep.terms[0])
    by_road = access_terms(make_sites(), routes=make_routes(rail_km=0.0), draws=20)
    assert not any(t.component == "rail_spur" for t in by_road.terms[0])


def test_own_power_takes_the_place_of_a_line_that_is_too_far():
    near, far = (
        access_cost(make_sites(dist_power_plant_km=km), routes=make_routes(), draws=200)
        .set_index("component")
        .loc["power"]
        for km in (5.0, 5000.0)
    )
    assert near["capital_musd_p50"] > 0
    assert far["capital_musd_p50"] == 0
    assert far["usd_t_treo_p50"] > near["usd_t_treo_p50"]
    assert "no line is known there" in near["assumed"]
    known = access_cost(make_sites(dist_power_line_km=5.0), routes=make_routes(), draws=20)
    assert "no line is known" not in (known.set_index("component")["assumed"]["power"])


def test_a_published_road_or_line_comes_before_the_measured_distance():
    site = make_sites(id="starter_deposits:kutessay-ii", dist_settlement_km=5.0)
    routes = make_routes(deposit_id="starter_deposits:kutessay-ii")
    table = access_cost(site, routes=routes, draws=50).set_index("component")
    assert table["usd_t_treo_p90"]["road"] == 0
    assert table["usd_t_treo_p90"]["power"] == 0
    assert "road at 0 km by a source of 2009, no newer one was found" in table["assumed"]["road"]
    assert ".csv" not in " ".join(table["assumed"].dropna())
    nearer = access_cost(make_sites(dist_settlement_km=5.0), routes=make_routes(), draws=50)
    assert "a settlement is nearer, at 5 km" in nearer.set_index("component")["assumed"]["road"]


def test_what_is_likely_class_7_does_not_get_rates_that_exclude_dangerous_goods():
    plain, hot = (
        access_terms(make_sites(minerals=m), routes=make_routes(), draws=50)
        for m in ("bastnasite", "bastnasite; thorite")
    )
    assert "rail_class7" not in {t.unit for t in plain.terms[0]}
    assert "rail_class7" in {t.unit for t in hot.terms[0]}
    costs = unit_costs()
    assert costs["rail_class7"].p10 > costs["rail"].p50


def test_the_tariff_rise_is_a_scenario_and_not_in_the_draws():
    usual, dearer = (
        access_cost(make_sites(), routes=make_routes(truck_km=0.0), costs=c, draws=50).set_index(
            "component"
        )["usd_t_treo_p50"]["haulage"]
        for c in (None, "ktz_2026")
    )
    assert dearer == pytest.approx(3.1 * usual, rel=1e-4)


def test_the_break_even_is_printed_beside_the_spur():
    table = access_cost(make_sites(), routes=make_routes(), draws=50).set_index("component")
    assert "pays from about 5" in table["note"]["rail_spur"]
    steep = access_cost(make_sites(slope_deg=20.0), routes=make_routes(), draws=50)
    assert "pays from about 2" in steep.set_index("component")["note"]["rail_spur"]


def test_a_by_product_says_that_it_shares_its_access():
    table = access_cost(make_sites(role="by_product_host"), routes=make_routes(), draws=50)
    assert "chief product" in table.set_index("component")["note"]["total"]


def test_a_tornado_names_every_figure_and_narrows_by_the_widest():
    terms = access_terms(make_sites(), routes=make_routes(), draws=500)
    table = tornado(terms, "x:1")
    used = {name.removesuffix("_x:1") for term in terms.terms[0] for name in term.draws}
    shown = used - {terms.deposits["product_t"].iloc[0]} | {"product_t_per_treo"}
    assert set(table["figure"]) == shown
    swing = (table["usd_t_p90"] - table["usd_t_p10"]).abs()
    assert (np.diff(swing) <= 1e-9).all()
    assert table["narrower_pct"].max() > 5


def test_shared_draws_make_the_order_of_deposits_surer_than_their_costs():
    sites = pd.concat([make_sites(), make_sites(id="x:2")], ignore_index=True)
    routes = pd.concat(
        [make_routes(rail_km=4000.0), make_routes(deposit_id="x:2", rail_km=5000.0)],
        ignore_index=True,
    )
    chances = cheaper_chances(access_terms(sites, routes=routes, draws=500))
    one = chances.set_index("deposit_id").loc["x:1"]
    assert one["cheaper_pct"] > one["apart_pct"] > 50
    assert chances.groupby(lambda _: 0)["cheaper_pct"].sum().iloc[0] == pytest.approx(100)
    unknown = access_terms(make_sites(stated_quantity_t=np.nan), routes=make_routes(), draws=20)
    assert cheaper_chances(unknown).empty


def test_reagents_are_hauled_as_sulphur_not_as_acid():
    table = access_cost(
        make_sites(minerals="britholite"), routes=make_routes(), draws=400
    ).set_index("component")
    costs = unit_costs()
    hauled = costs["acid"].p50 / 3.06 + costs["soda_ash"].p50
    assert table["quantity"]["inbound"] == pytest.approx(hauled, rel=0.1)


def test_further_processing_hauls_less_out_and_more_in():
    by_product = {
        product: access_cost(make_sites(), routes=make_routes(), product=product, draws=200)
        .set_index("component")
        .loc[:, ["usd_t_treo_p50", "product_t_a", "quantity", "share_pct_p50"]]
        for product in ("concentrate", "carbonate", "separated")
    }
    hauled = [t["usd_t_treo_p50"]["haulage"] for t in by_product.values()]
    assert hauled == sorted(hauled, reverse=True)
    inbound = [t["quantity"]["inbound"] for t in by_product.values()]
    assert inbound == sorted(inbound)
    shares = [t["share_pct_p50"]["total"] for t in by_product.values()]
    assert shares[2] < shares[1]


def test_ore_and_its_mining_stand_beside_access_and_not_in_it():
    table = access_cost(make_sites(stated_grade="0.264 % REO"), routes=make_routes(), draws=100)
    total = table.set_index("component").loc["total"]
    assert total["ore_t_per_treo"] == pytest.approx(100 / 0.264 / 0.6, rel=1e-4)
    assert total["mining_usd_t_treo_p10"] > 1000
    known = table[table["component"] != "total"]["usd_t_treo_p50"].sum()
    assert total["usd_t_treo_p50"] < 2 * known


def test_border_fees_are_in_the_rates_and_not_added():
    assert not [name for name in unit_costs() if "fee" in name]
    terms = access_terms(make_sites(), routes=make_routes(), draws=20)
    at_borders = {t.unit for t in terms.terms[0] if t.component == "border_transhipment"}
    assert at_borders == {"port", "gauge_change"}
