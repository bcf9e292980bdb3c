"""A line that a source places at a deposit, against the measured distance: both are said, with the other cost."""

import numpy as np
import pandas as pd
import pytest

from geo_ree.routing import access_cost
from geo_ree.routing.access_table import ACCESS_COLUMNS
from geo_ree.routing.facts_tables import read_facts
from geo_ree.routing.site_access import STATED_COLUMNS, reconcile, stated_lines
from tests.routing.conftest import make_routes
from tests.routing.test_access import make_sites

HELD = "starter_deposits:kutessay-ii"
MEASURED = {"dist_road_km": 27.0, "dist_power_plant_km": 120.0, "near_road": "road near Kemin"}


def costs(**options):
    site = make_sites(id=HELD, **MEASURED)
    routes = make_routes(deposit_id=HELD)
    return access_cost(site, routes=routes, draws=100, **options)


def test_both_distances_and_the_other_cost_stand_in_the_table():
    table, other = costs(), costs(stated=False)
    assert list(table.columns) == list(ACCESS_COLUMNS)
    road, total = (table.set_index("component").loc[name] for name in ("road", "total"))
    assert (road["stated_km"], road["measured_km"]) == (0.0, 27.0)
    assert road["stated_in"] == "2009"
    assert road["measured_to"] == "road near Kemin"
    without = other.set_index("component").loc["total"]
    for q in (10, 50, 90):
        assert total[f"measured_usd_t_treo_p{q}"] == without[f"usd_t_treo_p{q}"]
    assert total["measured_share_pct_p50"] == without["share_pct_p50"]
    assert total["measured_pays_pct"] == without["pays_pct"] <= total["pays_pct"]
    assert "paved road" in road["stated_note"]
    assert without["usd_t_treo_p50"] > total["usd_t_treo_p50"]
    assert other[list(STATED_COLUMNS)].isna().all().all()


def test_the_sentence_names_both_values_their_sources_and_what_takes_which():
    table = costs()
    total = table.set_index("component").loc["total"]
    said = reconcile(table)[HELD]
    assert "Road: 0 km by a source of 2009 (" in said
    assert said.count("no newer one was found") == 2 and "nobody" not in said
    assert "the score takes the 27 km that were measured to it (road near Kemin)" in said
    assert "Power line: 0 km by a source of 2009" in said
    power = table.set_index("component").loc["power"]
    assert "the score takes none, because no layer of the run holds one in reach" in said
    assert f"without it the cost assumes {power['assumed_km']:.0f} km" in said
    for line in stated_lines({"id": HELD}):
        assert line.source in said
    own, other = (
        [f"{total[f'{stem}_p{p}']:,.0f}" for p in (50, 10, 90)]
        for stem in ("usd_t_treo", "measured_usd_t_treo")
    )
    assert f"Access costs {own[0]} USD per tonne of oxides ({own[1]} to {own[2]}) if what" in said
    assert f"and {other[0]} ({other[1]} to {other[2]}), " in said and said.endswith("if not.")


def test_a_line_that_nothing_is_measured_to_is_assumed_and_the_table_says_from_which_figure():
    table, other = (t.set_index("component") for t in (costs(), costs(stated=False)))
    power = other.loc["power"]
    assert power["unit"] == "km assumed" and other.loc["road", "unit"] == "km straight"
    assert 0 < power["quantity"] < MEASURED["dist_power_plant_km"]
    said = power["assumed"].split(";")[0]
    assert said == (
        "power line at 10% to 95% (median 40%) of the 120 km to the nearest known power plant: "
        "no line is known there"
    )
    assert table.loc["power", "assumed_km"] == power["quantity"]
    assert np.isnan(table.loc["road", "assumed_km"])  # it is measured
    known = costs_of(dist_power_line_km=8.0).set_index("component").loc["power"]
    assert (
        known["unit"] == "km straight"
        and "km to the nearest known power plant" not in known["assumed"]
    )


def test_the_road_of_the_cost_names_the_measured_distance_that_it_starts_from():
    road = costs_of().set_index("component").loc["road"]
    assert road["quantity"] <= MEASURED["dist_road_km"]
    assert "the 27 km measured to the nearest known road" in road["assumed"]


def costs_of(**columns):
    site = make_sites(id="x:1", **MEASURED, **columns)
    return access_cost(site, routes=make_routes(deposit_id="x:1"), draws=100)


def test_every_row_of_the_facts_is_reconciled_and_no_other_deposit():
    rows = read_facts("site_access")
    ids = [*dict.fromkeys(rows["deposit_id"]), "x:1"]
    sites = pd.concat([make_sites(id=i, **MEASURED) for i in ids], ignore_index=True)
    routes = pd.concat([make_routes(deposit_id=i) for i in ids], ignore_index=True)
    table = access_cost(sites, routes=routes, draws=50)
    assert list(reconcile(table)) == ids[:-1]
    stated = table.dropna(subset=["stated_km"])
    assert sorted(stated["deposit_id"]) == sorted(rows["deposit_id"])


def test_without_a_published_quantity_the_other_cost_is_unknown():
    site = make_sites(id=HELD, **MEASURED).assign(stated_quantity_t=np.nan)
    table = access_cost(site, routes=make_routes(deposit_id=HELD), draws=50)
    assert (
        "The cost per tonne of oxides is unknown with them and without." in reconcile(table)[HELD]
    )


@pytest.mark.parametrize("column", STATED_COLUMNS)
def test_a_deposit_without_a_stated_line_has_blanks(column):
    table = access_cost(make_sites(), routes=make_routes(), draws=20)
    assert table[column].isna().all()
    assert reconcile(table) == {}
