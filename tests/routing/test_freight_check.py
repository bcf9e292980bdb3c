"""Published prices of freight beside the model: what is compared, and what is not."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.errors import RouteError
from geo_ree.routing.facts_tables import read_facts
from geo_ree.routing.freight_check import (
    CANNOT,
    GOAL,
    check_comparables,
    check_freight,
    share_inside,
)
from geo_ree.routing.network import Network, build_network
from geo_ree.routing.ranges import Range, read_ranges

COSTS = {
    **read_ranges(),
    "rail": Range(name="rail", p10=2.0, p50=4.0, p90=8.0, unit="US cents per t-km"),
    "truck": Range(name="truck", p10=10.0, p50=10.0, p90=10.0, unit="US cents per t-km"),
}


def quote(**cells: object) -> pd.DataFrame:
    row = read_facts("freight_quotes").query("id == 'T018'").iloc[[0]]
    return row.assign(**cells)


@pytest.fixture
def network() -> Network:
    """A railway of 300 km from Pakistan (Karachi) to Afghanistan (Kabul), in two countries."""
    lines = gpd.GeoDataFrame(
        {"native_id": ["1-2"], "length_km": [300.0], "country_a": "PAK", "country_b": "AFG"},
        geometry=[shapely.LineString([(67.0, 31.0), (69.0, 33.0)])],
        crs="EPSG:4326",
    )
    places = pd.DataFrame(
        {
            "name": ["South", "North"],
            "kind": "station",
            "country": ["PAK", "AFG"],
            "longitude": [67.0, 69.0],
            "latitude": [31.0, 33.0],
        }
    )
    return build_network(railways=lines, places=places)


@pytest.mark.parametrize(
    ("usd", "verdict"), [(9.0, "below"), (10.0, "inside"), (40.0, "inside"), (42.0, "above")]
)
def test_a_price_is_compared_with_p10_and_p90_of_its_kilometres(usd, verdict):
    row = check_freight(quotes=quote(usd_t=usd, km=500.0), costs=COSTS, draws=20000).iloc[0]
    assert row[["p10", "p50", "p90"]].tolist() == pytest.approx([10.0, 20.0, 40.0], rel=0.03)
    assert row["verdict"] == verdict


def test_a_wagon_is_cheaper_by_the_factor_of_its_packaging():
    factor = read_facts("packaging").set_index("packaging")["factor"]["wagon"]
    rows = [
        check_freight(quotes=quote(packaging=packed), costs=COSTS).iloc[0]["p50"]
        for packed in ("container", "wagon")
    ]
    assert rows[1] == pytest.approx(rows[0] * factor)


def test_packaging_does_not_change_what_a_truck_costs():
    by_truck = quote(modes="truck", km=100.0, packaging="wagon")
    assert check_freight(quotes=by_truck, costs=COSTS).iloc[0]["p50"] == pytest.approx(10.0)


def between(**cells: object) -> pd.DataFrame:
    return quote(**{"from": "South", "to": "North", "km": np.nan, "modes": "rail", **cells})


def test_kilometres_come_from_the_network_where_none_are_printed(network):
    row = check_freight(network, quotes=between(year=2020.0), costs=COSTS).iloc[0]
    assert row["km"] == pytest.approx(300.0, abs=0.1)


def test_a_crossing_that_was_closed_later_counts_as_open_and_one_closed_before_does_not(network):
    assert check_freight(network, quotes=between(year=2025.0), costs=COSTS)["km"].notna().all()
    with pytest.raises(RouteError, match=r"freight quote T018: no way"):
        check_freight(network, quotes=between(year=2026.0), costs=COSTS)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"to": "Nowhere"}, r"freight quote T018: .*Nowhere"),
        ({"modes": "rail;ferry"}, r"freight quote T018: 2 modes for 2 places"),
        ({"modes": "sea"}, r"freight quote T018: no leg from South to North"),
    ],
)
def test_a_quote_that_leads_nowhere_is_named(network, cells, said):
    with pytest.raises(RouteError, match=said):
        check_freight(network, quotes=between(year=2020.0, **cells), costs=COSTS)


def test_a_ferry_costs_by_the_tonne_and_a_change_of_gauge_adds_to_it():
    crossing = quote(**{"from": "Turkmenbashi", "to": "Alat", "km": np.nan, "modes": "ferry"})
    alone, changed = (
        check_freight(quotes=crossing.assign(gauge_changes=n), costs=COSTS).iloc[0]["p50"]
        for n in (0.0, 1.0)
    )
    assert alone == pytest.approx(COSTS["ferry"].p50, rel=0.05)
    assert changed > alone


def test_only_quotes_that_test_count():
    quotes = pd.concat(
        [
            quote(id="a", use="test", usd_t=20.0),
            quote(id="b", use="test", usd_t=900.0),
            quote(id="c", use="set", usd_t=900.0),
            quote(id="d", use="none", usd_t=900.0),
        ]
    )
    check = check_freight(quotes=quotes, costs=COSTS)
    assert share_inside(check) == 50.0
    assert check["verdict"].tolist() == ["inside", "above", "above", CANNOT]


def test_a_project_without_kilometres_or_cost_cannot_be_tested():
    rows = check_comparables(costs=COSTS)
    table = read_facts("comparables")
    whole, priced = (table["whole"] == "yes").to_numpy(), table["logistics_low_usd_t"].notna()
    assert (rows["p50"].notna().to_numpy() == whole).all()
    assert (rows["verdict"].isin(["inside", "below", "above"]) == (whole & priced)).all()
    assert rows["verdict"][~whole].str.startswith(CANNOT).all()
    assert (whole & priced).any()


@pytest.mark.slow
def test_the_share_of_published_prices_inside_the_interval_holds_its_goal():
    check = check_freight()
    tested = check[check["use"] == "test"]
    assert (tested["verdict"] != CANNOT).all()
    assert GOAL[0] <= share_inside(check) <= GOAL[1]
