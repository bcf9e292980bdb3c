"""What a trial finds on made-up sites whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from geo_ree.errors import ScoreError
from geo_ree.scoring import Criterion, Exponential, ScoreModel
from geo_ree.studies.validation import TRIALS, cases
from geo_ree.studies.validation.trial_results import evaluate, measure_sites
from geo_ree.studies.validation.trials import MIN_SITES

MODEL = ScoreModel(
    (
        Criterion("rail", "dist_railway_km", Exponential(50), 0.7),
        Criterion("settlement", "dist_settlement_km", Exponential(50), 0.3),
        Criterion("road", "dist_road_km", Exponential(15), 0.1),
    ),
    least_known=0.0,  # some countries have a settlement only
)


def evaluated(scope, trial="all", draws=100, seed=1):
    return evaluate(
        scope, TRIALS[trial], measure_sites(scope, MODEL), MODEL, draws=draws, seed=seed
    )


def test_mines_by_the_railway_score_higher(by_the_railway):
    found = evaluated(by_the_railway)
    whole, kazakh = found.rows
    assert (whole["mines"], whole["others"], whole["country"]) == (20, 40, "")
    assert whole["auc"] > 0.95
    assert whole["auc_low"] <= whole["auc"] <= whole["auc_high"]
    assert whole["population_low"] <= whole["population"] <= whole["population_high"]
    assert whole["gain"] == pytest.approx(whole["auc"] - whole["population"])
    assert whole["gain_low"] > 0, "the town is far from both"
    assert (kazakh["country"], kazakh["auc"]) == ("KAZ", whole["auc"])
    assert whole["within_auc"] == whole["auc"], "there is one country only"
    assert whole["weight_known_pct"] == pytest.approx(100 / 1.1, abs=0.1), "no road is known"


def test_criteria_are_judged_alone_where_they_are_known(by_the_railway):
    alone = pd.DataFrame(evaluated(by_the_railway).criteria).set_index("criterion")
    assert alone.loc["rail", "auc"] == 1.0
    assert (alone.loc["rail", "mines"], alone.loc["rail", "others"]) == (20, 40)
    assert np.isnan(alone.loc["road", "auc"])
    assert alone.loc["road", "mines"] == 0


def test_a_criterion_that_only_repeats_the_railway_adds_nothing_to_it(by_the_railway):
    rows = pd.DataFrame(evaluated(by_the_railway).criteria).set_index("criterion")
    assert np.isnan(rows.loc["rail", "adds"]), "the others are added to it"
    assert rows.loc["rail", "auc_low"] <= rows.loc["rail", "auc"] <= rows.loc["rail", "auc_high"]
    assert rows.loc["settlement", "adds"] <= 0, "the railway alone is perfect here"
    assert np.isnan(rows.loc["road", "adds"])
    assert rows["column"].tolist() == [c.column for c in MODEL.criteria]


def test_a_criterion_that_knows_more_than_the_railway_adds_to_it(make_scope):
    """All sites at one distance from the railway; the mines lie nearer to the town (62 E, 50 N)."""
    lon = np.append(62.1 + np.linspace(0, 0.5, 20), 66 + np.linspace(0, 8, 40))
    scope = make_scope(lon, [49.9] * 60, ["mine"] * 20 + ["undeveloped"] * 40)
    rows = pd.DataFrame(evaluated(scope).criteria).set_index("criterion")
    assert rows.loc["settlement", "adds_low"] > 0
    assert rows.loc["settlement", "adds"] == pytest.approx(1.0 - rows.loc["rail", "auc"], abs=0.05)


def test_the_score_is_compared_with_other_mines_and_plants_where_they_are_known(by_the_railway):
    sites = by_the_railway.sites
    sites["other_mine_km"] = np.where(sites["stated"] == "mine", 5.0, 100.0)
    row = evaluated(by_the_railway).rows[0]
    assert (row["other_mine"], row["railway"]) == (1.0, 1.0)
    assert row["gain_over_other_mine"] == pytest.approx(row["auc"] - 1.0)
    assert (
        row["gain_over_other_mine_low"]
        <= row["gain_over_other_mine"]
        <= row["gain_over_other_mine_high"]
    )
    assert "other_plant" not in row, "no plant is known"


def test_random_weights_of_known_criteria_enclose_those_of_the_criteria_alone(by_the_railway):
    found = evaluated(by_the_railway)
    row, alone = found.rows[0], pd.DataFrame(found.criteria).set_index("criterion")["auc"]
    assert alone["settlement"] <= row["random_p5"] <= row["random_p50"] <= row["random_p95"] <= 1.0
    assert 0 < row["beats_random"] <= 1


def test_the_same_seed_gives_the_same_figures(by_the_railway):
    first, again, other = (evaluated(by_the_railway, seed=s).rows[0] for s in (1, 1, 2))
    assert first == again
    assert first["auc"] == other["auc"]
    assert first["population_low"] != other["population_low"]


def test_sites_that_score_alike_are_chance(make_scope):
    scope = make_scope([70.0] * 40, [46.0] * 40, ["mine"] * 15 + ["undeveloped"] * 25)
    row = evaluated(scope).rows[0]
    assert (row["auc"], row["population"], row["gain"], row["random_p95"]) == (0.5, 0.5, 0.0, 0.5)
    assert (row["auc_low"], row["auc_high"], row["beats_random"]) == (0.5, 0.5, 0.0)


def test_a_country_with_too_few_sites_of_a_class_is_left_out_and_named(make_scope):
    stated = (
        ["mine"] * 20 + ["undeveloped"] * 20 + ["mine"] * (MIN_SITES - 1) + ["undeveloped"] * 30
    )
    country = ["KAZ"] * 40 + ["KGZ"] * (MIN_SITES - 1 + 30)
    lon, lat = np.linspace(70, 80, len(stated)), np.where(np.array(country) == "KAZ", 46.0, 42.0)
    found = evaluated(make_scope(lon, lat, stated, country=country))
    assert [r["country"] for r in found.rows] == ["", "KAZ"]
    assert found.skipped == [
        {"trial": "all", "scope": "seven", "country": "KGZ", "mines": 14, "others": 30}
    ]


def test_with_just_enough_a_country_counts(make_scope):
    stated = (["mine"] * MIN_SITES + ["undeveloped"] * MIN_SITES) * 2
    country = ["KAZ"] * 30 + ["KGZ"] * 30
    lat = np.where(np.array(country) == "KAZ", 46.0, 42.0)
    found = evaluated(make_scope(np.linspace(70, 80, 60), lat, stated, country=country))
    assert [r["country"] for r in found.rows] == ["", "KAZ", "KGZ"]
    assert not found.skipped


def test_a_scope_with_too_few_is_not_judged_at_all(make_scope):
    found = evaluated(make_scope([70.0] * 20, [46.0] * 20, ["mine"] * 14 + ["undeveloped"] * 6))
    assert found.rows == []
    assert found.criteria == []
    assert found.curves.empty
    assert found.skipped[0] | {} == {
        "trial": "all",
        "scope": "seven",
        "country": "",
        "mines": 14,
        "others": 6,
    }


def test_between_countries_is_not_within_them(make_scope):
    """All of one country score high and most of its sites are mines: no skill within either."""
    stated = ["mine"] * 30 + ["undeveloped"] * 15 + ["mine"] * 15 + ["undeveloped"] * 60
    country = np.array(["KAZ"] * 45 + ["KGZ"] * 75)
    lat = np.where(country == "KAZ", 45.1, 42.0)
    row = evaluated(make_scope(np.full(120, 75.0), lat, stated, country=country)).rows[0]
    assert abs(row["auc"] - 0.5) > 0.15
    assert row["within_auc"] == 0.5


def test_sites_without_a_distance_to_a_settlement_are_left_out_and_counted(make_scope):
    scope = make_scope([70.0] * 40, [46.0] * 40, ["mine"] * 20 + ["undeveloped"] * 20)
    scope.sites.loc[:2, "precision_class"] = "named_place"  # which says nothing of a settlement
    found = evaluated(scope)
    assert found.rows[0]["mines"] == 17
    assert (found.labels["left_out"] == "no distance to a settlement, or no score").sum() == 3


def test_sites_beside_another_mine_are_counted_in_a_second_figure(make_scope):
    """20 mines and 10 doubtful sites by the railway: as no mines, the doubtful ones lower the AUC."""
    lat = [45.1] * 30 + [47.0] * 20
    scope = make_scope(
        [75.0] * 50,
        lat,
        ["mine"] * 20 + ["undeveloped"] * 30,
        icmm=["none"] * 20 + ["near"] * 10 + ["none"] * 20,
    )
    row = evaluated(scope).rows[0]
    assert (row["others"], row["others_near_counted"]) == (20, 30)
    assert (row["auc"], row["auc_near_counted"]) == pytest.approx((1.0, 1.0 - 0.5 * 10 / 30))


def test_a_class_of_very_many_sites_is_thinned_for_the_draws_only(by_the_railway, monkeypatch):
    whole = evaluated(by_the_railway)
    monkeypatch.setattr(cases, "MAX_RESAMPLED", 16)
    thinned = evaluated(by_the_railway)
    same = ("mines", "others", "auc", "population", "within_auc")
    assert [thinned.rows[0][k] for k in same] == [whole.rows[0][k] for k in same]
    assert thinned.rows[0]["population_low"] != whole.rows[0]["population_low"]
    assert "random_p50" in whole.curves
    assert "random_p50" not in thinned.curves


def test_curves_begin_at_nothing_and_end_at_all(by_the_railway):
    curves = evaluated(by_the_railway).curves
    ranked = curves[["preset", "population", "random_p5", "random_p50", "random_p95"]]
    assert (ranked.iloc[0] == 0.0).all()
    assert (ranked.iloc[-1] == 1.0).all()
    assert (ranked.diff().dropna() >= 0).all(axis=None)
    assert curves["preset"].sum() > curves["population"].sum()


def test_targets_without_a_settlement_have_no_baseline(by_the_railway):
    del by_the_railway.proximity.targets["settlement"]
    with pytest.raises(ScoreError, match="the targets have no settlement"):
        measure_sites(by_the_railway, MODEL)


def test_distances_are_those_of_measure(by_the_railway):
    from geo_ree.proximity import measure

    sites = by_the_railway.sites.assign(position_error_m=0.0)
    expected = measure(sites, {}, index=by_the_railway.proximity)
    mine = measure_sites(by_the_railway, MODEL)
    for column in ("dist_railway_km", "dist_settlement_km", "dist_road_km"):
        pd.testing.assert_series_equal(mine[column], expected[column])
