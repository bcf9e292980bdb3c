"""Routes and costs as measures of a validation, on made-up routes whose answer is known."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo_ree.scoring import Criterion, Exponential, ScoreModel
from geo_ree.studies.validation import TRIALS, route_measures
from geo_ree.studies.validation.route_measures import MEASURES, measure_routes
from geo_ree.studies.validation.trial_results import evaluate, measure_sites

MODEL = ScoreModel(
    (
        Criterion("rail", "dist_railway_km", Exponential(50), 0.7),
        Criterion("settlement", "dist_settlement_km", Exponential(50), 0.3),
    ),
    least_known=0.0,
)
ROUTED = [name for name, measure in MEASURES.items() if measure.question]


def corridor_rows(deposits: gpd.GeoDataFrame, avoid: tuple[str, ...]) -> pd.DataFrame:
    """Two routes a deposit, the cheaper first; without a way in KGZ where anything is avoided."""
    rows = []
    for number, (deposit, country) in enumerate(
        zip(deposits["id"], deposits["country"], strict=True)
    ):
        blank = dict.fromkeys(("truck_km", "rail_km", "ferry_km", "sea_km", "usd_t_p50"), np.nan)
        if avoid and country == "KGZ":
            rows.append({"deposit_id": deposit, "corridor": "none", **blank})
            continue
        for corridor, dearer in (("short", 0.0), ("long", 500.0)):
            km = {"truck_km": 10.0, "rail_km": 1000.0 + number + dearer, "ferry_km": 0.0}
            cost = {"sea_km": np.nan, "usd_t_p50": 50.0 + number + dearer + 5.0 * len(avoid)}
            rows.append({"deposit_id": deposit, "corridor": corridor, **km, **cost})
    return pd.DataFrame(rows)


@pytest.fixture
def asked(monkeypatch) -> list[tuple[int, tuple[str, ...]]]:
    """Number of deposits and countries avoided of each search; access costs twice the haulage."""
    calls = []

    def find(deposits, *, avoid=(), draws, seed):
        calls.append((len(deposits), tuple(avoid)))
        return corridor_rows(deposits, tuple(avoid))

    def cost(deposits, *, routes, treo_t_a, product, draws, seed):
        assert (treo_t_a, product) == (5000.0, "concentrate"), "the same for all sites"
        best = routes.drop_duplicates("deposit_id")
        parts = [
            pd.DataFrame(
                {
                    "deposit_id": best["deposit_id"],
                    "component": component,
                    "usd_t_product_p50": share * best["usd_t_p50"],
                }
            )
            for component, share in (("haulage", 1.0), ("total", 2.0))
        ]
        return pd.concat(parts)

    monkeypatch.setattr(route_measures, "find_corridors", find)
    monkeypatch.setattr(route_measures, "access_cost", cost)
    return calls


def routed(scope, seed=1):
    table = measure_sites(scope, MODEL)
    sites = scope.sites.assign(position_error_m=100.0)
    return table.join(measure_routes(sites, table, seed))


def judged(scope, table) -> pd.DataFrame:
    found = evaluate(scope, TRIALS["all"], table, MODEL, draws=100, seed=1)
    return pd.DataFrame(found.measures).set_index("measure")


def test_a_site_has_its_cheapest_route_by_either_question(make_scope, asked):
    scope = make_scope([70.0, 75.0, 90.0], [46.0, 42.0, 45.0], "mine")
    scope.sites["country"] = ["KAZ", "KGZ", "CHN"]
    found = routed(scope)
    assert found["route_any_km"].tolist() == [1010.0, 1011.0, 1012.0]
    assert found["route_any_usd_t"].tolist() == [50.0, 51.0, 52.0]
    assert found["route_any_access_usd_t"].tolist() == [100.0, 102.0, 104.0]
    for column, figure in (("km", 1010.0), ("usd_t", 65.0), ("access_usd_t", 130.0)):
        kazakh, kyrgyz, chinese = found[f"route_{column}"]
        assert kazakh == figure
        assert kyrgyz == np.inf, "no way is an answer"
        assert np.isnan(chinese), "a site in China cannot avoid China"


def test_sites_are_routed_together_and_each_question_is_asked_once(make_scope, asked, monkeypatch):
    scope = make_scope(np.linspace(63, 80, 25), [46.0] * 25, "mine")
    whole = routed(scope)
    assert asked == [(25, ()), (25, ("CHN", "RUS", "IRN"))]
    monkeypatch.setattr(route_measures, "_BATCH", 10)
    parted = routed(scope)
    assert [n for n, _ in asked[2:]] == [10, 10, 10, 10, 5, 5]
    assert parted["route_any_km"].notna().all()
    assert parted.index.equals(whole.index)


def test_cheap_mines_are_told_from_dear_others(by_the_railway, asked):
    """The mines come first, so that their made-up routes are the shortest."""
    found = judged(by_the_railway, routed(by_the_railway))
    assert (found.loc[ROUTED, "auc"] == 1.0).all()
    assert (found.loc[ROUTED, "within_auc"] == 1.0).all()
    assert found.loc["railway", "over_railway"] == 0.0
    assert found.loc["access", "over_railway"] == pytest.approx(1.0 - found.loc["railway", "auc"])
    assert (found["mines"] == 20).all() and (found["others"] == 40).all()


def test_a_site_without_a_way_comes_last_and_is_counted(make_scope, asked):
    stated = ["undeveloped"] * 20 + ["mine"] * 20 + ["undeveloped"] * 20
    scope = make_scope(np.linspace(63, 80, 60), [45.5] * 60, stated)
    scope.sites.loc[:19, "country"] = "KGZ"  # nearest, and without a way
    found = judged(scope, routed(scope).assign(dist_railway_km=30.0))
    assert found.loc["route_km", "no_way"] == 20
    assert found.loc["route_km", "auc"] == 1.0
    assert found.loc["route_km_any", "no_way"] == 0
    assert found.loc["route_km_any", "auc"] == 0.5, "half of the others are nearer"


def test_sites_in_an_avoided_country_have_no_part_in_that_question(make_scope, asked):
    stated = ["mine"] * 20 + ["undeveloped"] * 20
    scope = make_scope(np.linspace(63, 80, 40), [45.5] * 40, stated)
    scope.sites.loc[10:29, "country"] = "CHN"
    table = routed(scope)
    table["dist_railway_km"] = np.arange(40.0)
    table["dist_settlement_km"] = table["score"] = 50.0
    found = judged(scope, table)
    assert found.loc["haulage_any", ["mines", "others"]].tolist() == [20, 20]
    assert found.loc["haulage", ["mines", "others"]].tolist() == [10, 10]
    assert np.isnan(found.loc["haulage", "auc"]), "too few sites are left"


def test_without_routes_they_are_not_tested(by_the_railway):
    found = judged(by_the_railway, measure_sites(by_the_railway, MODEL))
    assert found.loc[ROUTED, "auc"].isna().all()
    assert (found.loc[ROUTED, "mines"] == 0).all()
    assert found.loc[["railway", "preset"], "auc"].notna().all()
