"""What is no sound input has a clear error or a defined answer, in every step and aggregate.

What `score` itself makes of each is in test_aggregates.py and test_score.py; here is what the
steps behind it make of it: draws, influence, reweighing, explanation and sentence.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_ree.errors import SchemaError, ScoreError
from geo_ree.proximity import NearestIndex, TargetIndex
from geo_ree.scoring import (
    Criterion,
    Exponential,
    ScoreModel,
    explain,
    influence,
    reweigh,
    score,
    uncertainty,
)
from geo_ree.scoring.aggregates import METHODS

EACH = pytest.mark.parametrize("aggregate", list(METHODS))
BOTH = ScoreModel(
    (
        Criterion("rail", "dist_rail_km", Exponential(50), 0.6, label="railway"),
        Criterion("road", "dist_road_km", Exponential(20), 0.4, label="road"),
    )
)


def table_of(rail: list[float], road: list[float]) -> pd.DataFrame:
    index = [f"x:{i}" for i in range(len(rail))]
    return pd.DataFrame({"dist_rail_km": rail, "dist_road_km": road}, index=index)


def test_without_targets_there_is_no_index_and_distances_are_unknown() -> None:
    import geopandas

    empty = geopandas.GeoDataFrame({"name": []}, geometry=[], crs=4326)
    with pytest.raises(SchemaError, match="none of the 0 targets has a geometry; give at least"):
        NearestIndex(empty)
    reach = TargetIndex({}).nearest(
        "railway", np.array([70.0]), np.array([45.0]), np.array(["KAZ"], dtype=object)
    )
    assert np.isnan(reach.distance_km).all()
    blank = table_of([math.nan, math.nan], [math.nan, math.nan])
    assert score(blank, BOTH)["score"].isna().all()
    assert uncertainty(blank, BOTH, None, draws=10).table.isna().all(axis=None)
    with pytest.raises(ScoreError, match="none of 2 deposits has a score"):
        influence(blank, BOTH, samples=4)
    assert reweigh(blank, BOTH, draws=10).isna().all(axis=None)
    assert (
        explain("x:0", blank.join(score(blank, BOTH)), BOTH).sentence
        == "x:0 has no score: railway and road unknown."
    )


@EACH
def test_one_point_leads_and_hangs_on_nothing(aggregate: str) -> None:
    model, one = replace(BOTH, aggregate=aggregate), table_of([50.0], [20.0])
    assert score(one, model)["score"].iloc[0] == pytest.approx(50.0)
    sure = uncertainty(one, model, None, draws=20)
    assert sure.table.loc["x:0", ["rank_p5", "rank_p95", "p_top3"]].tolist() == [1] * 3
    assert sure.acceptability.loc["x:0"].tolist() == [1.0]
    found = influence(one, model, samples=4)
    assert found.leader == "x:0"
    assert found.takeovers["weight_needed"].isna().all()
    assert (found.assumptions["total"] == 0).all()
    assert "rank 1 of 1" in explain("x:0", one.join(score(one, model)), model).sentence


@EACH
def test_a_column_of_unknowns_is_drawn_and_named(aggregate: str) -> None:
    model = replace(BOTH, aggregate=aggregate)
    table = table_of([10.0, 90.0, 300.0], [math.nan] * 3)
    known = score(table[["dist_rail_km"]], replace(model, criteria=model.criteria[:1]))
    points = score(table, model)
    np.testing.assert_allclose(points["score"], known["score"])
    assert points["unknown_weight_pct"].tolist() == pytest.approx([40.0] * 3)
    wide = uncertainty(table, model, None, draws=200).table
    assert (wide["score_p95"] - wide["score_p5"] > 5).all()
    assert "unknown values of road" in influence(table, model, samples=16).assumptions.index
    assert "Unknown: road." in explain("x:0", table.join(points), model).sentence
    assert math.isnan(explain("x:0", table.join(points), model).table.loc["road", "points"])


@EACH
def test_a_constant_column_changes_no_rank(aggregate: str) -> None:
    model = replace(BOTH, aggregate=aggregate)
    table = table_of([10.0, 90.0, 300.0], [20.0] * 3)
    assert score(table, model)["score"].is_monotonic_decreasing
    sure = uncertainty(table, model, None, draws=100).table
    assert sure["rank_p5"].tolist() == sure["rank_p95"].tolist() == [1, 2, 3]
    found = influence(table, model, samples=16)
    assert found.assumptions.loc["kilometres of road", "total"] == pytest.approx(0.0, abs=1e-9)


@EACH
@pytest.mark.parametrize("weights", [(0.0, 0.0), (0, 0)])
def test_weights_that_sum_to_zero_are_an_error(
    aggregate: str, weights: tuple[float, float]
) -> None:
    criteria = tuple(replace(c, weight=w) for c, w in zip(BOTH.criteria, weights, strict=True))
    with pytest.raises(ScoreError, match="all weights are zero; give at least one"):
        replace(BOTH, criteria=criteria, aggregate=aggregate)


@EACH
def test_more_first_ranks_than_deposits_hold_them_all(aggregate: str) -> None:
    model, table = replace(BOTH, aggregate=aggregate), table_of([10.0, 90.0], [20.0, 5.0])
    sure = uncertainty(table, model, None, draws=20, max_rank=50)
    assert sure.acceptability.columns.tolist() == [1, 2]
    assert (sure.table["p_top5"] == 1.0).all()
    assert (reweigh(table, model, draws=20, top=[7])["p_top7"] == 1.0).all()
    assert influence(table, model, samples=4, top=99).top == 2


@EACH
def test_infinite_distances_are_worth_nothing(aggregate: str) -> None:
    model = replace(BOTH, aggregate=aggregate)
    table = table_of([10.0, math.inf, math.inf], [20.0, 5.0, math.inf])
    points = score(table, model)
    assert points["score"].notna().all()
    assert points["score"].idxmax() == "x:0"
    assert points.loc["x:2", ["value_rail", "value_road", "score"]].tolist() == [0.0, 0.0, 0.0]
    sure = uncertainty(table, model, None, draws=50).table
    assert sure.loc["x:2", "score_p95"] == 0.0
    assert sure.loc["x:2", "rank_p95"] == (2 if aggregate == "weighted_product" else 3)
    assert influence(table, model, samples=4).leader == "x:0"
    assert "railway out of reach" in explain("x:1", table.join(points), model).sentence


# What holds for one aggregate and not for another


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), min_size=2, max_size=6),
    st.tuples(st.floats(0, 500), st.floats(0, 500)),
)
def test_sum_and_product_never_reverse_a_rank(
    rows: list[tuple[float, float]], more: tuple[float, float]
) -> None:
    """Another deposit changes no other score, so it cannot reverse two ranks."""
    rail, road = (list(values) for values in zip(*rows, strict=True))
    for aggregate in ("weighted_sum", "weighted_product"):
        model = replace(BOTH, aggregate=aggregate)
        alone = score(table_of(rail, road), model)["score"]
        among = score(table_of([*rail, more[0]], [*road, more[1]]), model)["score"]
        np.testing.assert_allclose(among.iloc[:-1], alone, rtol=1e-12)


def test_topsis_reverses_a_rank_when_another_is_added() -> None:
    """Known of TOPSIS: it compares. A third, worst by rail and best by road, turns the other two."""
    model = replace(BOTH, aggregate="topsis")
    two = score(table_of([20.0, 60.0], [40.0, 5.0]), model)["score"]
    three = score(table_of([20.0, 60.0, 400.0], [40.0, 5.0, 0.0]), model)["score"]
    assert two["x:1"] > two["x:0"] + 9
    assert three["x:0"] > three["x:1"] + 9
