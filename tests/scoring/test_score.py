from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ree.errors import ScoreError
from geo_ree.scoring import (
    Criterion,
    Exponential,
    Linear,
    Logistic,
    ScoreModel,
    Step,
    Variant,
    Veto,
    score,
)
from geo_ree.settings import AGGREGATES

NAMES = ("rail", "road", "water", "town")
DECAYS = (Exponential(50), Linear(200), Logistic(40, 10), Step((10, 100)))


def model_of(weights: list[float], **options: object) -> ScoreModel:
    criteria = [
        Criterion(name, f"dist_{name}_km", decay, weight)
        for name, decay, weight in zip(NAMES, DECAYS, weights, strict=False)
    ]
    return ScoreModel(tuple(criteria), **options)  # type: ignore[arg-type]


weights = st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1e3)), min_size=4, max_size=4).filter(
    any
)
distance = st.one_of(st.none(), st.just(math.inf), st.floats(0, 5000))


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.lists(st.tuples(*[distance] * 4), min_size=1, max_size=8))
    return pd.DataFrame(np.array(rows, dtype=np.float64), columns=[f"dist_{n}_km" for n in NAMES])


@given(tables(), weights)
def test_points_add_up_to_a_score_from_0_to_100(table: pd.DataFrame, w: list[float]) -> None:
    model = model_of(w)
    out = score(table, model)
    points = out[[f"points_{n}" for n in NAMES]]
    known = out["score"].notna()
    np.testing.assert_allclose(points.sum(axis=1)[known], out["score"][known], rtol=1e-12)
    assert out["score"][known].between(0, 100).all()
    assert out["unknown_weight_pct"].between(0, 100).all()
    positive = [n for n, x in zip(NAMES, w, strict=True) if x > 0]
    gaps = table[[f"dist_{n}_km" for n in positive]].isna()
    share = 100.0 * gaps.mul([x for x in w if x > 0]).sum(axis=1) / sum(w)
    sure = (share - 50).abs() > 1e-6
    assert known[sure].tolist() == (share < 50)[sure].tolist()
    assert (out["score_note"].isna() == known).all()
    for name, weight in zip(NAMES, w, strict=True):
        unknown = table[f"dist_{name}_km"].isna()
        assert (out[f"value_{name}"].isna() == unknown).all()
        if weight == 0:
            assert (out[f"points_{name}"] == 0).all()
        else:
            assert (out[f"points_{name}"].isna() == (unknown | ~known)).all()


@given(tables(), weights, st.permutations(range(4)), st.floats(1e-3, 1e3))
def test_order_and_scale_of_the_weights_do_not_matter(
    table: pd.DataFrame, w: list[float], order: list[int], scale: float
) -> None:
    model = model_of(w)
    turned = ScoreModel(
        tuple(replace(model.criteria[i], weight=model.criteria[i].weight * scale) for i in order)
    )
    a, b = (score(table, m).drop(columns="score_note") for m in (model, turned))
    pd.testing.assert_frame_equal(a, b[a.columns], rtol=1e-9, atol=1e-9)


@given(tables(), tables(), weights)
def test_another_deposit_changes_no_other_score(
    table: pd.DataFrame, more: pd.DataFrame, w: list[float]
) -> None:
    model = model_of(w)
    alone = score(table, model)
    among = score(pd.concat([more, table], ignore_index=True), model).iloc[len(more) :]
    pd.testing.assert_frame_equal(
        alone, among.reset_index(drop=True), rtol=1e-12, check_dtype=False
    )


@given(tables(), weights, st.integers(0, 3), st.floats(0, 1000))
def test_moving_further_never_helps(
    table: pd.DataFrame, w: list[float], which: int, further: float
) -> None:
    model = model_of(w)
    moved = table.assign(**{f"dist_{NAMES[which]}_km": table[f"dist_{NAMES[which]}_km"] + further})
    before, after = score(table, model)["score"], score(moved, model)["score"]
    assert (after.fillna(0) <= before.fillna(0) + 1e-9).all()


def test_index_is_kept_and_the_table_untouched() -> None:
    table = pd.DataFrame(
        {"dist_rail_km": [50.0, None], "other": ["a", "b"]}, index=["usgs:7", "usgs:3"]
    )
    before = table.copy()
    out = score(table, model_of([1.0]))
    assert out.index.tolist() == ["usgs:7", "usgs:3"]
    assert list(out) == [
        "value_rail",
        "points_rail",
        "score",
        "unknown_weight_pct",
        "score_note",
        "veto",
    ]
    assert out.loc["usgs:7", "score"] == 50.0
    assert math.isnan(out.loc["usgs:3", "score"])
    assert out["unknown_weight_pct"].tolist() == [0.0, 100.0]
    assert out["veto"].tolist() == [None, None]
    pd.testing.assert_frame_equal(table, before)


def test_there_is_no_score_where_more_than_half_of_the_weight_is_unknown() -> None:
    """Sites in Uganda once scored 3.6 by the distance to a port on the Caspian Sea alone."""
    table = pd.DataFrame(
        {"dist_rail_km": [np.nan, 50.0, np.nan], "dist_road_km": [10.0, np.nan, np.nan]}
    )
    for aggregate in AGGREGATES:
        out = score(table, model_of([0.95, 0.05], aggregate=aggregate))
        assert out["score"].isna().tolist() == [True, False, True]
        assert out.loc[0, [c for c in out if c.startswith("points_")]].isna().all()
        assert out["score_note"].tolist() == [
            "no score: 95 % of the weight is unknown (rail)",
            None,
            "no score: 100 % of the weight is unknown (rail, road)",
        ]
    assert score(table, model_of([1.0, 1.0]))["score"].notna().tolist() == [True, True, False]
    anything = score(table, model_of([0.95, 0.05], least_known=0.0))
    assert anything["score"].notna().tolist() == [True, True, False]
    with pytest.raises(ScoreError, match="least_known is 1.5; give a share from 0 to 1"):
        model_of([1.0], least_known=1.5)


def test_a_veto_needs_no_other_distance() -> None:
    veto = Veto("dist_road_km", 300, "no road within 300 km")
    table = pd.DataFrame({"dist_rail_km": [np.nan], "dist_road_km": [400.0]})
    out = score(table, model_of([0.9, 0.1], vetoes=(veto,)))
    assert out["score"].tolist() == [0.0] and out["score_note"].tolist() == [None]


def test_an_unknown_criterion_gives_its_weight_to_the_others() -> None:
    table = pd.DataFrame({"dist_rail_km": [50.0, 50.0], "dist_road_km": [np.nan, 100.0]})
    out = score(table, model_of([3.0, 1.0]))
    assert out["score"].tolist() == [50.0, 50.0]
    assert out["points_rail"].tolist() == [50.0, 37.5]
    assert out["unknown_weight_pct"].tolist() == [25.0, 0.0]


def test_a_number_for_missing_is_an_assumed_value() -> None:
    rail = Criterion("rail", "km", Exponential(50), 1.0, missing=0.2)
    out = score(pd.DataFrame({"km": [None, 50.0]}, dtype="Float64"), ScoreModel((rail,)))
    assert out["value_rail"].tolist() == [0.2, 0.5]
    assert out["score"].tolist() == [20.0, 50.0]
    assert out["unknown_weight_pct"].tolist() == [0.0, 0.0]


def test_a_veto_takes_all_points_and_says_why() -> None:
    vetoes = (
        Veto("dist_road_km", 150, "no road within 150 km"),
        Veto("altitude_m", 4500, "above 4,500 m", op=">="),
    )
    table = pd.DataFrame(
        {
            "dist_rail_km": [10.0, 10.0, 10.0, None, 10.0],
            "dist_road_km": [150.0, 151.0, 200.0, 500.0, None],
            "altitude_m": [100.0, 100.0, 4500.0, None, None],
        }
    )
    out = score(table, model_of([1.0, 1.0], vetoes=vetoes))
    assert out["veto"].tolist() == [
        None,
        "no road within 150 km",
        "no road within 150 km; above 4,500 m",
        "no road within 150 km",
        None,
    ]
    assert (out["score"] > 0).tolist() == [True, False, False, False, True]
    assert out["points_rail"].iloc[1] == 0
    assert out["value_rail"].iloc[1] > 0.8
    assert math.isnan(out["points_rail"].iloc[3])


def test_infinite_distances_are_worth_nothing() -> None:
    out = score(pd.DataFrame({"dist_rail_km": [math.inf]}), model_of([1.0]))
    assert out["score"].tolist() == [0.0]
    assert out["unknown_weight_pct"].tolist() == [0.0]


def test_no_rows_no_scores() -> None:
    out = score(pd.DataFrame({"dist_rail_km": np.array([])}), model_of([1.0]))
    assert len(out) == 0
    assert "score" in out


def test_every_missing_column_is_named_with_those_there() -> None:
    model = model_of([1, 1], vetoes=(Veto("slope", 30, "steep"),), origin="mine.toml")
    table = pd.DataFrame({"name": ["x"], "dist_railway_km": [3.0], "dist_road_km": [1.0]})
    with pytest.raises(ScoreError) as caught:
        score(table, model)
    assert str(caught.value) == (
        "mine.toml: criteria.rail.column is 'dist_rail_km', vetoes.0.column is 'slope', "
        "but the table has no such column; use one of dist_railway_km, dist_road_km"
    )


def test_a_negative_distance_names_its_row() -> None:
    table = pd.DataFrame({"dist_rail_km": [1.0, -2.0]}, index=["usgs:1", "usgs:2"])
    with pytest.raises(ScoreError, match="row 'usgs:2': dist_rail_km is -2, expected 0 or more"):
        score(table, model_of([1.0]))


def test_a_column_of_words_is_an_error() -> None:
    with pytest.raises(ScoreError, match="'dist_rail_km' is not numeric"):
        score(pd.DataFrame({"dist_rail_km": ["near"]}), model_of([1.0]))


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf, None, "1", True])
def test_a_weight_is_a_number_from_0_up(bad: object) -> None:
    with pytest.raises(ScoreError, match="criterion rail: weight is .* 0 or more"):
        Criterion("rail", "km", Exponential(1), bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan, "zero"])
def test_missing_is_a_word_or_a_value(bad: object) -> None:
    with pytest.raises(ScoreError, match="criterion rail: missing is"):
        Criterion("rail", "km", Exponential(1), 1.0, missing=bad)  # type: ignore[arg-type]


def test_a_criterion_needs_names_and_a_decay() -> None:
    with pytest.raises(ScoreError, match="give both"):
        Criterion("", "km", Exponential(1), 1.0)
    with pytest.raises(ScoreError, match="give a decay function"):
        Criterion("rail", "km", lambda km: km, 1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Veto("", 1, "why"), "column or reason is empty"),
        (lambda: Veto("km", 1, ""), "column or reason is empty"),
        (lambda: Veto("km", math.nan, "why"), "limit is nan"),
        (lambda: Veto("km", 1, "why", op="=="), "op is '=='"),
    ],
)
def test_vetoes_have_to_make_sense(make: object, says: str) -> None:
    with pytest.raises(ScoreError, match=says):
        make()  # type: ignore[operator]


def test_a_model_has_to_hold_together() -> None:
    rail, road = model_of([1.0, 0.0]).criteria
    for criteria, options, says in [
        ((), {}, "no criterion"),
        ((rail, rail), {}, "the name rail occurs more than once"),
        ((road,), {}, "all weights are zero"),
        ((rail,), {"aggregate": "guess"}, "aggregate is 'guess'; use one of weighted_sum"),
        ((rail,), {"variants": [Variant("default", (1.0, 2.0))]}, "2 weights for 1 criteria"),
        ((rail,), {"variants": [Variant("default", (0.0,))]}, "variants.default: all weights"),
        ((rail,), {"variants": [Variant("grid", (1.0,))]}, "default and the chosen one"),
        ((rail,), {"variants": [Variant("default", (1.0,))] * 2}, "each its own name"),
    ]:
        with pytest.raises(ScoreError, match=says):
            ScoreModel(criteria, **options)  # type: ignore[arg-type]
    with pytest.raises(ScoreError, match="variant grid: weight is -1"):
        Variant("grid", (-1.0,))


def test_models_compare_and_hash_wherever_they_come_from() -> None:
    a, b = model_of([1.0, 2.0]), model_of([1.0, 2.0], origin="mine.toml")
    assert a == b
    assert hash(a) == hash(b)
    assert a != model_of([1.0, 3.0])
    assert a != model_of([1.0, 2.0], vetoes=(Veto("x", 1, "why"),))


def test_variants_are_chosen_by_what_is_known() -> None:
    model = model_of(
        [1.0, 0.0],
        variants=(
            Variant("default", (1.0, 0.0)),
            Variant("roads", (0.25, 0.75), when_known="dist_road_km"),
        ),
    )
    known = pd.DataFrame({"dist_rail_km": [1.0, 2.0], "dist_road_km": [None, 4.0]})
    chosen = model.choose(known)
    assert chosen.variant == "roads"
    assert chosen.shares.tolist() == [0.25, 0.75]
    assert chosen.choose(known.assign(dist_road_km=np.nan)) == model
    assert model.choose(known[["dist_rail_km"]]) == model
    assert chosen.with_variant("default") == model
    assert chosen != model
    with pytest.raises(ScoreError, match="no variant is called 'grid'; use one of default, roads"):
        model.with_variant("grid")
    plain = model_of([1.0])
    assert plain.choose(known) == plain


@given(st.lists(st.floats(0, 1e308), min_size=1, max_size=4).filter(any))
def test_shares_add_up_to_1(w: list[float]) -> None:
    assert model_of(w).shares.sum() == pytest.approx(1.0, abs=1e-12)
