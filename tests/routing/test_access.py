"""What access costs: rules that hold for any deposit, on routes made by hand."""

import json

import numpy as np
import pandas as pd
import pytest

from geo_ree.errors import RouteError
from geo_ree.routing import Range, access_cost, access_terms, evaluate, unit_costs
from geo_ree.routing.access_table import ACCESS_COLUMNS
from geo_ree.routing.capital import annuity
from geo_ree.routing.cost_terms import COMPONENTS
from geo_ree.routing.route_costs import haulage_draws
from geo_ree.settings import SEED
from tests.routing.conftest import make_routes


def make_sites(**columns):
    site = {
        "id": "x:1",
        "country": "KGZ",
        "dist_road_km": 35.0,
        "dist_railway_km": 80.0,
        "dist_power_plant_km": 60.0,
        "minerals": "monazite; xenotime",
        "stated_quantity_t": 400_000.0,
        "stated_substance": "oxide",
        "stated_grade_pct": 1.0,
        "stated_grade": "1 % REO",
        "stated_system": "JORC",
        "stated_year": 2020,
    }
    return pd.DataFrame([site | columns])


def fixed(name, value, unit):
    return Range(name=name, p10=value, p50=value, p90=value, unit=unit)


def total(table, column):
    return table.set_index("component")[column]["total"]


def test_the_table_has_its_columns_and_a_row_a_component():
    table = access_cost(make_sites(), routes=make_routes(), draws=100)
    assert list(table.columns) == list(ACCESS_COLUMNS)
    assert table["component"].tolist() == [*COMPONENTS, "total"]
    for name in ("usd_t_treo", "usd_t_product", "capital_musd"):
        ends = table[[f"{name}_p{p}" for p in (10, 50, 90)]].to_numpy()
        assert (np.diff(ends, axis=1) >= 0).all()
        assert (ends >= 0).all()


def test_it_pays_in_the_share_of_the_draws_in_which_the_value_covers_mining_milling_and_access():
    terms = access_terms(make_sites(), routes=make_routes(), draws=200)
    row = access_cost(make_sites(), routes=make_routes(), draws=200).iloc[-1]
    drawn, ore = evaluate(terms), 100.0 / 1.0 / 0.6
    spent = ore * terms.draws["mining_milling"] + drawn.usd_t_treo["total"][0]
    assert 0 < row["pays_pct"] < 100
    assert row["pays_pct"] == pytest.approx(100 * (drawn.payable[0] >= spent).mean())
    assert np.quantile(spent, 0.5) > row["mining_usd_t_treo_p50"]
    first, last = row["price_years"].split("-")
    assert int(first) < int(last) and "USGS" in row["prices"] and row["mix"]
    assert row["paid_pct_p10"] < row["paid_pct_p90"] < 100
    unknown = access_cost(
        make_sites(stated_quantity_t=np.nan), routes=make_routes(), draws=20
    ).iloc[-1]
    assert np.isnan(unknown["pays_pct"])


def test_thirty_five_km_of_gravel_road_cost_460_usd_per_t_at_5000_t_a_year():
    costs = {
        "gravel_road": fixed("gravel_road", 0.5, "M USD per km"),
        "detour_road": fixed("detour_road", 1.0, "km per straight km"),
        "omitted_roads": fixed("omitted_roads", 1e-9, "share of the network"),
    }
    table = access_cost(make_sites(), routes=make_routes(), costs=costs, draws=50)
    road = table.set_index("component").loc["road"]
    assert road["usd_t_treo_p50"] == pytest.approx(460, rel=0.01)
    assert road["capital_musd_p50"] == pytest.approx(17.5, rel=1e-4)


@pytest.mark.parametrize(
    ("oxide", "asked", "rate"),
    [
        (42_980, 5000, 42_980 * 0.6 / 15),
        (14_500, 5000, 580),
        (1_500_000, 5000, 5000),
        (42_980, 900, 900),
    ],
)
def test_the_rate_lasts_for_the_life_of_what_is_published(oxide, asked, rate):
    table = access_cost(
        make_sites(stated_quantity_t=oxide), routes=make_routes(), treo_t_a=asked, draws=20
    )
    assert table["treo_t_a"].unique() == pytest.approx([rate])


def test_without_a_published_quantity_there_is_no_usd_per_t_of_treo():
    for stated in ({"stated_quantity_t": np.nan}, {"stated_substance": "unclear"}):
        table = access_cost(make_sites(**stated), routes=make_routes(), draws=20)
        assert table["usd_t_treo_p50"].isna().all()
        assert table["share_pct_p50"].isna().all()
        assert total(table, "usd_t_product_p50") > 0
        assert total(table, "capital_musd_p50") > 0
        assert "no USD per t TREO" in total(table, "note")


def test_a_deposit_without_a_way_has_no_total_and_says_why():
    table = access_cost(make_sites(), routes=make_routes(p50=np.nan), draws=20)
    assert np.isnan(total(table, "usd_t_treo_p50"))
    assert "no way by land" in total(table, "note")
    assert table.set_index("component")["usd_t_treo_p50"]["road"] > 0


def test_the_interval_of_the_network_widens_the_haulage_and_parts_add_up_to_the_route():
    vague = make_routes().assign(km_low=3500.0, km_high=5500.0)
    costs = {
        "rail": fixed("rail", 4.0, "US cents per t-km"),
        "truck": fixed("truck", 10.0, "US cents per t-km"),
    }
    known, wide = (
        evaluate(access_terms(make_sites(), routes=r, costs=costs, draws=400))
        for r in (make_routes(), vague)
    )
    per_product = [d.usd_t_treo["haulage"][0] / d.product_t[0] for d in (known, wide)]
    assert per_product[0] == pytest.approx(100 * 0.10 + 4000 * 0.04, rel=1e-3)
    assert np.ptp(np.quantile(per_product[1], (0.1, 0.9))) > 20
    terms = access_terms(make_sites(), routes=vague, draws=200)
    drawn = evaluate(terms)
    hauled = drawn.usd_t_treo["haulage"] + drawn.usd_t_treo["border_transhipment"]
    whole = haulage_draws(vague, 200, SEED, unit_costs())
    assert np.allclose(hauled / drawn.product_t, whole, rtol=2e-4)


def test_transhipments_are_counted_in_ports_on_ferries_and_where_the_gauge_changes():
    for ferry_km, sea_km, times in ((0.0, 0.0, 2), (500.0, 0.0, 3), (500.0, 9000.0, 4)):
        routes = make_routes().assign(ferry_km=ferry_km, sea_km=sea_km)
        table = access_cost(make_sites(), routes=routes, draws=20).set_index("component")
        assert table["quantity"]["border_transhipment"] == times
        assert table["unit"]["border_transhipment"] == "transhipments"


def test_of_several_questions_the_default_one_counts_and_another_can_be_asked_for():
    both = pd.concat(
        [
            make_routes(rail_km=2000.0, question="any"),
            make_routes(rail_km=6000.0, question="no_chn_rus_irn"),
        ],
        ignore_index=True,
    )
    by_default, free = (
        access_cost(make_sites(), routes=both, question=q, draws=20).set_index("component")
        for q in (None, "any")
    )
    assert by_default["quantity"]["haulage"] == 6100
    assert free["quantity"]["haulage"] == 2100
    assert "haulage to Poti" in free["note"]["total"]
    with pytest.raises(RouteError, match="answer any, no_chn_rus_irn, not no_chn"):
        access_cost(make_sites(), routes=both, question="no_chn", draws=20)


def test_components_add_up_to_the_total_in_every_draw():
    drawn = evaluate(access_terms(make_sites(), routes=make_routes(), draws=100)).usd_t_treo
    assert np.allclose(sum(drawn[name] for name in COMPONENTS), drawn["total"])


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        (["dist_road_km"], {}, "has no column dist_road_km"),
        ([], {"product": "metal"}, "'metal' is no product"),
        ([], {"treo_t_a": -1.0}, "-1 t a year"),
        ([], {"recovery": 1.5}, "a recovery of 1.5"),
        ([], {"life_years": 0}, "a life of 0 years"),
        ([], {"prices": "spot"}, "'spot' is no price variant"),
        ([], {"costs": "ktz"}, "ktz is no file and no scenario; scenarios: ktz_2026, class7"),
        ([], {"costs": {"rails": fixed("rails", 1, "USD")}}, "no unit cost is called rails"),
    ],
)
def test_what_cannot_be_computed_is_a_clear_error(columns, options, said):
    with pytest.raises(RouteError, match=said):
        access_cost(make_sites().drop(columns=columns), routes=make_routes(), draws=5, **options)


def test_the_terms_are_json_and_the_table_is_what_they_evaluate_to():
    sites = pd.concat(
        [make_sites(), make_sites(id="x:2", stated_quantity_t=np.nan, dist_road_km=np.nan)],
        ignore_index=True,
    )
    routes = pd.concat([make_routes(), make_routes(deposit_id="x:2")], ignore_index=True)
    terms = access_terms(sites, routes=routes, draws=50)
    packed = json.loads(json.dumps(terms.to_dict(), allow_nan=False))
    assert packed["deposits"][1]["limit_t_a"] is None
    assert packed["deposits"][1]["missing"] == "road"
    assert {name: len(values) for name, values in packed["draws"].items()} == dict.fromkeys(
        terms.draws, 50
    )
    assert len(packed["sliders"]) == 3
    table = access_cost(sites, routes=routes, draws=50).set_index(["deposit_id", "component"])
    drawn = evaluate(terms).usd_t_treo
    for component in (*COMPONENTS, "total"):
        expected = np.quantile(drawn[component][0], 0.5)
        assert table["usd_t_treo_p50"][("x:1", component)] == pytest.approx(expected, rel=1e-12)


def test_annuity_pays_the_capital_back():
    for life, rate in ((15, 0.10), (7, 0.03)):
        paid = sum(annuity(life, rate) / (1 + rate) ** year for year in range(1, life + 1))
        assert paid == pytest.approx(1)
