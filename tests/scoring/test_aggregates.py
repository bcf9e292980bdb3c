from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pymcdm.methods import TOPSIS, WPM, WSM
from pymcdm.normalizations import vector_normalization

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring import Criterion, Exponential, Linear, ScoreModel, Veto, load_preset, score
from geo_ree.scoring.aggregates import (
    METHODS,
    leave_one_out,
    topsis,
    weighted_product,
    weighted_sum,
)

NAMES = ("rail", "road", "water")
EACH = pytest.mark.parametrize("aggregate", list(METHODS))


def model_of(aggregate: str, *weights: float, vetoes: tuple[Veto, ...] = ()) -> ScoreModel:
    return ScoreModel(
        tuple(
            Criterion(name, f"dist_{name}_km", Exponential(50), weight)
            for name, weight in zip(NAMES, weights, strict=False)
        ),
        vetoes=vetoes,
        aggregate=aggregate,
        least_known=0.0,  # any known criterion counts here; test_score.py tests the rule
    )


def table_of(*rows: tuple[float | None, ...]) -> pd.DataFrame:
    columns = [f"dist_{name}_km" for name in NAMES[: len(rows[0])]]
    return pd.DataFrame(list(rows), columns=columns, dtype=np.float64)


def case(seed: int, rows: int = 40, criteria: int = 5) -> tuple[Floats, Floats]:
    """Values (alternatives, criteria) and weights."""
    dice = np.random.default_rng(seed)
    return dice.uniform(0.01, 1, (rows, criteria)), dice.dirichlet(np.ones(criteria))


distance = st.one_of(st.none(), st.just(math.inf), st.floats(0, 3000))
tables = st.lists(st.tuples(distance, distance, distance), min_size=1, max_size=7).map(
    lambda rows: table_of(*rows)
)
weight_sets = st.tuples(*[st.one_of(st.just(0.0), st.floats(0.01, 100))] * 3).filter(any)


# The peers


@pytest.mark.parametrize("seed", range(5))
def test_all_aggregates_agree_with_pymcdm(seed: int) -> None:
    values, weights = case(seed)
    types = np.ones(len(weights))

    def as_given(column: Floats, cost: bool = False) -> Floats:
        return column

    for name, peer in {
        "weighted_sum": WSM(as_given),
        "weighted_product": WPM(as_given),
        "topsis": TOPSIS(vector_normalization),
    }.items():
        ours = METHODS[name](values.T, weights, None)
        np.testing.assert_allclose(ours, peer(values, weights, types), rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_all_aggregates_agree_with_scikit_criteria(
    seed: int, require: Callable[[bool, str], None]
) -> None:
    there = importlib.util.find_spec("skcriteria") is not None
    require(there, "scikit-criteria is not installed: pip install -e '.[peers]'")
    import skcriteria.agg.topsis
    from skcriteria import mkdm
    from skcriteria.agg.simple import WeightedProductModel, WeightedSumModel
    from skcriteria.preprocessing.scalers import VectorScaler

    values, weights = case(seed)
    matrix = mkdm(values, [max] * len(weights), weights=weights)
    sums = WeightedSumModel().evaluate(matrix).e_.score
    np.testing.assert_allclose(METHODS["weighted_sum"](values.T, weights, None), sums, atol=1e-9)
    logs = WeightedProductModel().evaluate(matrix).e_.score
    products = METHODS["weighted_product"](values.T, weights, None)
    np.testing.assert_allclose(np.log10(products), logs, atol=1e-9)
    scaled = VectorScaler(target="matrix").transform(matrix)
    near = skcriteria.agg.topsis.TOPSIS().evaluate(scaled).e_.similarity
    np.testing.assert_allclose(METHODS["topsis"](values.T, weights, None), near, atol=1e-9)


def test_a_table_of_distances_agrees_with_pymcdm() -> None:
    """Through the whole of score(): decay, weights, hundred points."""
    dice = np.random.default_rng(1)
    table = table_of(*map(tuple, dice.uniform(0, 300, (30, 3))))
    values = np.exp2(-table.to_numpy() / 50)
    peer = TOPSIS(vector_normalization)(values, np.array([0.5, 0.3, 0.2]), np.ones(3))
    ours = score(table, model_of("topsis", 5, 3, 2))["score"]
    np.testing.assert_allclose(ours / 100, peer, rtol=0, atol=1e-9)


# What holds for each


@EACH
@given(table=tables, weights=weight_sets)
def test_a_score_is_from_0_to_100_or_unknown(
    aggregate: str, table: pd.DataFrame, weights: tuple[float, ...]
) -> None:
    out = score(table, model_of(aggregate, *weights))
    weighted = [c for c, w in zip(table.columns, weights, strict=True) if w > 0]
    known = table[weighted].notna().any(axis=1)
    assert out["score"].notna().tolist() == known.tolist()
    assert out.loc[known, "score"].between(0, 100).all()
    for name, weight in zip(NAMES, weights, strict=True):
        points = out[f"points_{name}"]
        assert points.dropna().between(-100 - 1e-9, 100 + 1e-9).all()
        if weight == 0:
            assert (points.dropna() == 0).all()


@pytest.mark.slow
@EACH
@given(
    table=tables,
    weights=weight_sets,
    which=st.integers(0, 2),
    nearer=st.floats(0, 1),
    data=st.data(),
)
def test_coming_nearer_never_costs(
    aggregate: str,
    table: pd.DataFrame,
    weights: tuple[float, ...],
    which: int,
    nearer: float,
    data: st.DataObject,
) -> None:
    row = data.draw(st.integers(0, len(table) - 1))
    moved = table.copy()
    assume(math.isfinite(moved.iloc[row, which]))
    moved.iloc[row, which] *= nearer
    model = model_of(aggregate, *weights)
    before, after = (score(t, model)["score"].fillna(0).iloc[row] for t in (table, moved))
    assert after >= before - 1e-6


@pytest.mark.slow
@EACH
@given(
    table=tables,
    weights=weight_sets,
    rows=st.randoms(use_true_random=False),
    order=st.permutations(range(3)),
    scale=st.floats(1e-3, 1e3),
)
def test_order_and_scale_of_the_weights_do_not_matter(
    aggregate: str,
    table: pd.DataFrame,
    weights: tuple[float, ...],
    rows: object,
    order: list[int],
    scale: float,
) -> None:
    model = model_of(aggregate, *weights)
    turned = replace(
        model,
        criteria=tuple(
            replace(model.criteria[i], weight=model.criteria[i].weight * scale) for i in order
        ),
    )
    shuffled = list(table.index)
    rows.shuffle(shuffled)  # type: ignore[attr-defined]
    a = score(table, model).drop(
        columns="score_note"
    )  # it lists criteria in the order of the model
    b = score(table.loc[shuffled], turned).loc[table.index, a.columns]
    pd.testing.assert_frame_equal(a, b, rtol=1e-7, atol=1e-6)


@given(
    arrays(np.float64, (3, 6), elements=st.floats(0.001, 1)),
    arrays(np.float64, 3, elements=st.floats(0.01, 1)),
    arrays(np.float64, 3, elements=st.floats(0.01, 1)),
)
def test_the_unit_of_a_criterion_does_not_matter(
    values: Floats, weights: Floats, units: Floats
) -> None:
    """TOPSIS stays as it is, the product changes for all alike: the order is the same."""
    weights = weights / weights.sum()
    scaled = values * units[:, None]
    np.testing.assert_allclose(topsis(scaled, weights), topsis(values, weights), atol=1e-6)
    ratio = weighted_product(scaled, weights) / weighted_product(values, weights)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)


@EACH
def test_draws_are_as_so_many_single_sets(aggregate: str) -> None:
    dice = np.random.default_rng(3)
    values = dice.random((4, 6, 9))
    values[dice.random(values.shape) < 0.2] = np.nan
    weights = dice.dirichlet(np.ones(4), size=6).T
    compared = dice.random((6, 9)) < 0.8
    together = METHODS[aggregate](values, weights, compared)
    for draw in range(6):
        alone = METHODS[aggregate](values[:, draw], weights[:, draw], compared[draw])
        np.testing.assert_array_equal(together[draw], alone)


# Missing values, vetoes, contributions


def test_the_product_leaves_out_what_is_unknown() -> None:
    out = score(table_of((50, None), (50, 50)), model_of("weighted_product", 3, 1))
    assert out["score"].tolist() == pytest.approx([50, 50])
    assert out["unknown_weight_pct"].tolist() == [25, 0]


def test_topsis_leaves_out_what_is_unknown() -> None:
    table = table_of((0, None), (50, 0), (100, 50))
    out = score(table, model_of("topsis", 1, 1))["score"]
    assert out.tolist()[0] == pytest.approx(100)
    assert out.tolist()[2] == pytest.approx(0)


@EACH
def test_an_assumed_value_replaces_an_unknown_one(aggregate: str) -> None:
    model = model_of(aggregate, 1, 1)
    assumed = replace(model, criteria=tuple(replace(c, missing=0.5) for c in model.criteria))
    gap, known = table_of((10, None), (90, 20)), table_of((10, 50), (90, 20))
    np.testing.assert_allclose(
        score(gap, assumed)["score"], score(known, assumed)["score"], rtol=1e-12
    )


@EACH
def test_a_veto_takes_all_points(aggregate: str) -> None:
    model = model_of(aggregate, 1, 1, vetoes=(Veto("dist_road_km", 200, "no road"),))
    out = score(table_of((0, 300), (20, 20), (60, 10), (None, 300)), model)
    assert out["score"].tolist()[::3] == [0, 0]
    assert (out["score"][1:3] > 0).all()
    assert out["points_rail"].tolist()[0] == 0
    assert math.isnan(out["points_rail"].tolist()[3])


def test_what_is_ruled_out_is_not_compared_with() -> None:
    model = model_of("topsis", 1, 1, vetoes=(Veto("dist_road_km", 200, "no road"),))
    rest = table_of((20, 20), (60, 10))
    among = score(pd.concat([rest, table_of((0, 300))], ignore_index=True), model)
    assert among["score"].tolist()[:2] == score(rest, model)["score"].tolist()


def test_points_of_the_product_are_what_leaving_out_costs() -> None:
    table = table_of((50, 0, 100), (None, 50, 50))
    weights = (2.0, 1.0, 1.0)
    out = score(table, model_of("weighted_product", *weights))
    for j, name in enumerate(NAMES):
        rest = model_of("weighted_product", *(0.0 if i == j else w for i, w in enumerate(weights)))
        cost = out["score"] - score(table, rest)["score"]
        cost[table.iloc[:, j].isna()] = np.nan
        np.testing.assert_allclose(out[f"points_{name}"], cost, atol=1e-12)
    assert out["points_water"].iloc[0] < 0 < out["points_road"].iloc[0]


def test_the_only_known_criterion_carries_the_whole() -> None:
    for aggregate in METHODS:
        out = score(table_of((50, None), (10, None)), model_of(aggregate, 1, 1))
        np.testing.assert_allclose(out["points_rail"], out["score"])
        assert out["points_road"].isna().all()


def test_points_of_topsis_are_what_leaving_out_costs() -> None:
    values, weights = case(8, rows=6, criteria=3)
    gains = leave_one_out(values.T, weights, topsis)
    whole = topsis(values.T, weights)
    for j in range(3):
        others = [i for i in range(3) if i != j]
        less = topsis(values.T[others], weights[others] / weights[others].sum())
        np.testing.assert_allclose(gains[j], whole - less, atol=1e-12)


# Bad input


@EACH
def test_no_alternatives(aggregate: str) -> None:
    out = score(table_of((1.0, 1.0)).iloc[:0], model_of(aggregate, 1, 1))
    assert len(out) == 0
    assert {"score", "points_rail"} <= set(out)


@pytest.mark.parametrize(
    ("aggregate", "expected"), [("weighted_sum", 50), ("weighted_product", 50), ("topsis", 50)]
)
def test_one_alternative(aggregate: str, expected: float) -> None:
    out = score(table_of((50, 50)), model_of(aggregate, 1, 1))
    assert out["score"].tolist() == pytest.approx([expected])


@EACH
def test_a_column_of_unknowns_leaves_the_others_as_they_are(aggregate: str) -> None:
    with_gap = score(table_of((10, None), (90, None)), model_of(aggregate, 1, 1))
    without = score(table_of((10,), (90,)), model_of(aggregate, 1))
    np.testing.assert_allclose(with_gap["score"], without["score"])
    assert with_gap["unknown_weight_pct"].tolist() == [50, 50]


@EACH
def test_a_constant_column_keeps_the_order(aggregate: str) -> None:
    out = score(table_of((10, 50), (90, 50), (40, 50)), model_of(aggregate, 1, 1))["score"]
    assert out.rank(ascending=False).tolist() == [1, 3, 2]


def test_a_constant_column_tells_topsis_nothing() -> None:
    out = score(table_of((10, 50), (90, 50), (40, None)), model_of("topsis", 1, 1))["score"]
    assert out.tolist() == pytest.approx(
        score(table_of((10,), (90,), (40,)), model_of("topsis", 1))["score"].tolist()
    )
    alike = score(table_of((10, 50), (10, 50)), model_of("topsis", 1, 1))["score"]
    assert alike.tolist() == [50, 50]


@EACH
def test_out_of_reach_is_worth_nothing(aggregate: str) -> None:
    out = score(table_of((math.inf, math.inf), (0, 0), (10, math.inf)), model_of(aggregate, 1, 1))
    assert out["score"].tolist()[:2] == pytest.approx([0, 100])
    if aggregate == "weighted_product":
        assert out["score"].tolist()[2] == 0
    everywhere = score(table_of((math.inf,), (math.inf,)), model_of(aggregate, 1))["score"]
    assert everywhere.tolist() == ([50, 50] if aggregate == "topsis" else [0, 0])


def test_minus_infinity_is_an_error() -> None:
    with pytest.raises(ScoreError, match="row 0: dist_rail_km is -inf, expected 0 or more"):
        score(table_of((-math.inf,)), model_of("topsis", 1))


@EACH
def test_weights_of_zero_are_an_error(aggregate: str) -> None:
    with pytest.raises(ScoreError, match="all weights are zero"):
        model_of(aggregate, 0, 0)


def test_values_too_small_to_square_are_still_distinguished() -> None:
    near = topsis(np.array([[1e-200, 2e-200, 3e-200]]), np.array([1.0]))
    assert near.tolist() == pytest.approx([0, 0.5, 1])


def test_an_aggregate_comes_from_toml_and_is_printed(tmp_path: object) -> None:
    path = tmp_path / "mine.toml"  # type: ignore[operator]
    path.write_text(
        'schema_version = "1.0"\nname = "mine"\naggregate = "topsis"\n[criteria.rail]\n'
        'column = "dist_rail_km"\ndecay = { kind = "linear", zero_km = 100 }\nweight = 1\n'
    )
    model = load_preset(path)
    assert model.aggregate == "topsis"
    assert str(model).splitlines()[0] == "mine (mine, topsis)"
    assert model.criteria[0].value == Linear(100)
    assert score(table_of((10,), (90,)), model)["score"].tolist() == [100, 0]


@pytest.mark.parametrize("aggregate", [weighted_sum, weighted_product])
def test_without_any_weight_on_what_is_known_there_is_no_aggregate(aggregate):
    values = np.array([[0.5, np.nan, 0.5], [0.25, 0.25, np.nan]])
    assert np.isnan(aggregate(values, np.array([0.0, 0.0]))).all()
    alone = leave_one_out(values, np.array([1.0, 0.0]), aggregate)
    np.testing.assert_allclose(alone[0], [0.5, np.nan, 0.5])  # nothing else has a weight
