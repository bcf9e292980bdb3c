"""Costs and days of a route follow from the columns of its row and from the drawn unit costs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geo_ree.routing.ranges import Range, draw, read_ranges
from geo_ree.routing.route_costs import TONNES, days_draws, haulage_draws, haulage_parts

ROW = {
    "deposit_id": "m:1",
    "truck_km": 100.0,
    "rail_km": 2000.0,
    "ferry_km": 0.0,
    "sea_km": 0.0,
    "km_low": 2100.0,
    "km_high": 2100.0,
    "borders": 1,
    "gauge_changes": 0,
    "countries": "KAZ;UZB",
    "gateways": "KAZ-UZB",
    "port": "",
}


def rows(*changes):
    return pd.DataFrame([{**ROW, **change} for change in changes or ({},)])


def test_haulage_is_kilometres_times_rate_and_tonnes_times_handling():
    costs = read_ranges()
    ferry = {"ferry_km": 500.0, "km_low": 2600.0, "km_high": 2600.0}
    sea = {"sea_km": 900.0, "km_low": 3000.0, "km_high": 3000.0}
    table = rows({}, {"gauge_changes": 2}, ferry, {"port": "Poti"}, {**sea, "port": "Isle"})
    found = haulage_draws(table, 50, 3)
    drawn = {name: draw(costs[name], 50, 3) for name in ("truck", "rail", *TONNES, "sea")}
    base = drawn["truck"] + 20.0 * drawn["rail"]
    assert np.allclose(found[0], base)
    assert np.allclose(found[1], base + 2.0 * drawn["gauge_change"])
    assert np.allclose(
        found[2] - drawn["ferry"], base * found[2, 0] / found[2, 0], atol=base * 0.25
    )
    assert np.allclose(found[3], base + drawn["port"])
    assert np.allclose(found[4], base + 2.0 * drawn["port"] + 9.0 * drawn["sea"])


def test_no_border_fee_is_added_to_rates_that_hold_it():
    """The rates per t-km are of whole trips (CPMM): borders cost hours, not a second fee."""
    one, many = (
        rows({}),
        rows({"borders": 5, "countries": "KAZ;UZB;TKM;AFG;IRN;TUR", "gateways": ""}),
    )
    assert np.allclose(haulage_draws(one, 50), haulage_draws(many, 50))
    assert (days_draws(many, 50) > days_draws(one, 50)).all()
    fees = {name for name, figure in read_ranges().items() if "consignment" in figure.unit}
    assert fees == set()


def test_an_inland_plant_has_no_port():
    inland, port = rows({"port": "Baotou"}, {"port": "Lianyungang"}).pipe(haulage_draws, 20)
    assert (inland < port).all()


def test_parts_add_up_and_a_free_unit_cost_adds_nothing():
    table = rows({"gauge_changes": 1, "port": "Poti"})
    parts = haulage_parts(table, 30, 5)
    assert np.allclose(sum(parts.values()), haulage_draws(table, 30, 5))
    costs = read_ranges()
    free = {**costs, "port": replace(costs["port"], p10=0.0, p50=0.0, p90=0.0)}
    assert np.allclose(
        haulage_draws(table, 30, 5, free), haulage_draws(table, 30, 5) - parts["port"]
    )


def test_draws_stay_within_the_interval_of_the_length():
    wide = rows({"km_low": 2000.0, "km_high": 2500.0})
    costs = {
        n: Range(name=n, p10=1, p50=1, p90=1, unit="x") for n in ("truck", "rail", "sea", *TONNES)
    }
    found = haulage_draws(wide, 500, 1, costs)
    assert found.min() >= 20.0 - 1e-9
    assert found.max() <= 25.0 + 1e-9
    assert np.median(found) == pytest.approx(21.0, rel=0.03)


def test_routes_of_one_deposit_share_the_draw_of_its_place():
    table = rows({"km_low": 1900.0, "km_high": 2300.0}, {"km_low": 1900.0, "km_high": 2300.0})
    other = rows({"km_low": 1900.0, "km_high": 2300.0, "deposit_id": "m:2"})
    assert np.allclose(*haulage_draws(table, 40))
    assert not np.allclose(haulage_draws(table, 40)[0], haulage_draws(other, 40)[0])


def test_a_row_without_a_route_has_no_cost_and_no_days():
    none = dict.fromkeys(("truck_km", "rail_km", "ferry_km", "sea_km", "km_low", "km_high"), np.nan)
    table = rows({**none, "gauge_changes": np.nan, "countries": "", "gateways": "", "port": ""}, {})
    assert np.isnan(haulage_draws(table, 10)[0]).all()
    assert np.isnan(days_draws(table, 10)[0]).all()
    assert np.isfinite(haulage_draws(table, 10)[1]).all()


def test_published_hours_of_a_gateway_come_before_those_of_its_countries():
    named = rows({"countries": "KAZ;CHN", "gateways": "Dostyk / Alashankou", "gauge_changes": 1})
    unnamed = rows({"countries": "KAZ;CHN", "gateways": "KAZ-CHN", "gauge_changes": 1})
    judged = rows({"countries": "AZE;GEO", "gateways": "AZE-GEO"})
    costs = read_ranges()
    gap = days_draws(named, 200) - days_draws(judged, 200)
    hours = draw(costs["gauge_hours"], 200, 20240607) * 30.5 / costs["gauge_hours"].p50
    assert np.allclose(gap[0] * 24, hours - draw(costs["border_hours"], 200, 20240607))
    assert not np.allclose(days_draws(unnamed, 200), days_draws(named, 200))
