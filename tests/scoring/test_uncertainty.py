from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring import (
    Criterion,
    Exponential,
    ScoreModel,
    Uncertainty,
    Veto,
    load_preset,
    score,
    uncertainty,
)
from geo_ree.scoring.aggregates import METHODS
from geo_ree.scoring.draws import Sampler
from geo_ree.scoring.ranks import rank_draws

INTERVAL = ["rank_p5", "rank_median", "rank_p95"]


def model_of(*weights: float, vetoes: tuple[Veto, ...] = ()) -> ScoreModel:
    names = ("rail", "road", "water")[: len(weights)]
    return ScoreModel(
        tuple(
            Criterion(name, f"dist_{name}_km", Exponential(50), weight)
            for name, weight in zip(names, weights, strict=True)
        ),
        vetoes=vetoes,
        least_known=0.0,  # any known criterion counts here; test_score.py tests the rule
    )


def jitter(table: pd.DataFrame, error_km: float = 5.0) -> Sampler:
    """Distances drawn evenly around those of the table."""

    def sample(rng: np.random.Generator, draws: int) -> Mapping[str, Floats]:
        out = {}
        for column in table.columns:
            km = table[column].to_numpy(dtype=np.float64)
            out[column] = np.abs(km + rng.uniform(-error_km, error_km, (draws, len(km))))
        return out

    return sample


def example(rows: int = 6) -> pd.DataFrame:
    steps = np.arange(rows, dtype=np.float64)
    return pd.DataFrame(
        {"dist_rail_km": 10 + 12 * steps, "dist_road_km": 60 - 4 * steps, "dist_water_km": 20.0},
        index=[f"x:{i}" for i in range(rows)],
    )


distance = st.one_of(st.just(math.nan), st.floats(0, 500))
tables = st.lists(st.tuples(distance, distance, distance), min_size=1, max_size=8).map(
    lambda rows: pd.DataFrame(
        np.array(rows, dtype=np.float64), columns=["dist_rail_km", "dist_road_km", "dist_water_km"]
    )
)


@settings(max_examples=40)
@given(tables, st.integers(0, 2**32), st.data())
def test_figures_are_consistent(table: pd.DataFrame, seed: int, data: st.DataObject) -> None:
    roles = data.draw(
        st.lists(st.sampled_from(["a", "b", None]), min_size=len(table), max_size=len(table))
    )
    groups = pd.Series(roles, index=table.index, dtype=object)
    sure = uncertainty(
        table, model_of(0.5, 0.3, 0.2), jitter(table), groups=groups, draws=40, seed=seed
    )
    takes_part = groups.notna() & table.notna().any(axis=1)
    out, inside = sure.table, sure.table[takes_part]
    assert out.index.equals(table.index)
    assert out[~takes_part].isna().all(axis=None)
    assert inside.notna().all(axis=None)
    size = groups[takes_part].map(groups[takes_part].value_counts())
    assert (inside["rank_p5"] >= 1).all()
    assert (inside["rank_p5"] <= inside["rank_median"]).all()
    assert (inside["rank_median"] <= inside["rank_p95"]).all()
    assert (inside["rank_p95"] <= size).all()
    assert (inside["score_p5"] <= inside["score_p95"]).all()
    assert inside[["score_p5", "score_p95"]].stack().between(0, 100).all()
    assert (inside["p_top3"] <= inside["p_top5"]).all()
    assert (inside["p_top3"][size <= 3] == 1).all()
    rows = sure.acceptability
    assert rows.index.equals(table.index)
    np.testing.assert_allclose(rows[takes_part].sum(axis=1), 1.0, atol=1e-12)
    assert rows[~takes_part].isna().all(axis=None)
    pairs = sure.pairwise
    assert len(pairs) == sum(n * (n - 1) // 2 for n in groups[takes_part].value_counts())
    assert pairs["a"].map(groups).tolist() == pairs["b"].map(groups).tolist()
    assert pairs["p_a_above_b"].between(0, 1).all()
    close = pairs[np.maximum(pairs["p_a_above_b"], 1 - pairs["p_a_above_b"]) < 0.95]
    a, b = close["a"].map(str), close["b"].map(str)
    both = [*zip(a, b, strict=True), *zip(b, a, strict=True)]
    assert sorted(both) == sorted(
        (str(label), other)
        for label, joined in inside["not_separable_from"].items()
        for other in joined.split(";")
        if other
    )


def same(a: Uncertainty, b: Uncertainty) -> bool:
    return a.table.equals(b.table) and a.acceptability.equals(b.acceptability)


def test_the_same_seed_gives_the_same_figures() -> None:
    table, model = example(), model_of(0.5, 0.3, 0.2)
    first = uncertainty(table, model, jitter(table), draws=200)
    assert same(first, uncertainty(table, model, jitter(table), draws=200))
    assert not same(first, uncertainty(table, model, jitter(table), draws=200, seed=1))
    assert (first.draws, first.seed, first.concentration, first.confidence) == (
        200,
        20240607,
        50,
        0.95,
    )


def test_draws_in_parts_stay_deterministic(monkeypatch: pytest.MonkeyPatch) -> None:
    table, model = example(), model_of(0.5, 0.3, 0.2)
    table.iloc[1, 1] = np.nan
    known = example()
    whole = uncertainty(known, model, None, draws=30)
    monkeypatch.setattr("geo_ree.scoring.draws._CELLS", 7 * len(table))
    calls: list[int] = []

    def sample(rng: np.random.Generator, draws: int) -> Mapping[str, Floats]:
        calls.append(draws)
        return jitter(table)(rng, draws)

    first = uncertainty(table, model, sample, draws=30)
    assert calls == [7, 7, 7, 7, 2]
    assert same(first, uncertainty(table, model, sample, draws=30))
    assert first.table["rank_p5"].min() == 1
    assert same(whole, uncertainty(known, model, None, draws=30))


def test_each_kind_of_uncertainty_has_its_own_stream() -> None:
    """A gap in one deposit, or a sampler, changes nothing of what the others draw."""
    table, model = example(), model_of(0.5, 0.3, 0.2)
    gap = table.copy()
    gap.loc["x:5", "dist_water_km"] = np.nan
    scores = ["score_p5", "score_p95"]

    def spread(frame: pd.DataFrame, sample: Sampler | None) -> pd.DataFrame:
        return uncertainty(frame, model, sample, draws=100).table[scores]

    assert spread(table, jitter(table))[:5].equals(spread(gap, jitter(gap))[:5])
    still = jitter(table, error_km=0.0)
    pd.testing.assert_frame_equal(spread(table, None), spread(table, still), rtol=1e-12)
    more = gap.assign(dist_road_km=gap["dist_road_km"].where(gap.index != "x:0"))
    assert spread(gap, None)[1:].equals(spread(more, None)[1:])


def test_an_unknown_criterion_widens_the_interval() -> None:
    table, model = example(), model_of(0.6, 0.4)
    known = uncertainty(table, model, None, draws=500).table
    gap = table.copy()
    gap.loc["x:2", "dist_road_km"] = np.nan
    unknown = uncertainty(gap, model, None, draws=500).table

    def width(out: pd.DataFrame, name: str) -> float:
        return float(out.loc["x:2", f"{name}_p95"] - out.loc["x:2", f"{name}_p5"])

    assert width(unknown, "rank") > width(known, "rank")
    assert width(unknown, "score") > width(known, "score")


def test_an_unknown_value_is_drawn_over_its_whole_range() -> None:
    table = pd.DataFrame({"dist_rail_km": [0.0], "dist_road_km": [np.nan]})
    out = uncertainty(table, model_of(0.5, 0.5), None, draws=4000, concentration=math.inf).table
    assert out["score_p5"].iloc[0] == pytest.approx(52.5, abs=1)
    assert out["score_p95"].iloc[0] == pytest.approx(97.5, abs=1)


def test_an_assumed_value_is_not_drawn() -> None:
    road = Criterion("road", "dist_road_km", Exponential(50), 1.0, missing=0.25)
    table = pd.DataFrame({"dist_road_km": [np.nan]})
    out = uncertainty(table, ScoreModel((road,)), None, draws=50).table
    assert out[["score_p5", "score_p95"]].iloc[0].tolist() == pytest.approx([25, 25])


def test_twins_tie_and_the_dominated_stand_apart() -> None:
    table = pd.DataFrame(
        {"dist_rail_km": [400.0, 5.0, 5.0], "dist_road_km": [400.0, 5.0, 5.0]},
        index=["far", "twin 1", "twin 2"],
    )
    for sample in (None, jitter(table)):
        sure = uncertainty(table, model_of(0.5, 0.5), sample, draws=300)
        assert sure.table["not_separable_from"].to_dict() == {
            **{"twin 1": "twin 2", "twin 2": "twin 1"},
            "far": "",
        }
        assert sure.pairwise[["a", "b"]].to_numpy().tolist() == [
            ["twin 1", "twin 2"],
            ["twin 1", "far"],
            ["twin 2", "far"],
        ]
        chances = sure.pairwise["p_a_above_b"].tolist()
        assert chances == pytest.approx([0.5, 1.0, 1.0], abs=0.1 if sample else 0)
        assert sure.acceptability.loc["far"].tolist() == [0.0, 0.0, 1.0]
    alike = uncertainty(table, model_of(0.5, 0.5), None, draws=300)
    assert alike.table.loc[["twin 1", "twin 2"], INTERVAL].eq(1).all(axis=None)


def test_what_cannot_be_told_apart_is_pairs_and_no_group() -> None:
    """Neither a from b, nor b from c, and yet a from c."""
    table = pd.DataFrame({"dist_rail_km": [20.0, 27.0, 34.0]}, index=["a", "b", "c"])
    out = uncertainty(table, model_of(1.0), jitter(table, error_km=6.0), draws=2000).table
    assert out["not_separable_from"].tolist() == ["b", "a;c", "b"]
    strict = uncertainty(
        table, model_of(1.0), jitter(table, error_km=6.0), draws=2000, confidence=0.75
    ).table
    assert strict["not_separable_from"].tolist() == ["", "", ""]


def test_ranks_are_within_groups() -> None:
    table = example(5)
    roles = pd.Series(["candidate", "host", "candidate", "host", None], index=table.index)
    sure = uncertainty(table, model_of(1.0, 0.0, 0.0), None, groups=roles, draws=20)
    assert sure.table["rank_median"].tolist()[:4] == [1, 1, 2, 2]
    assert sure.pairwise.to_numpy().tolist() == [["x:0", "x:2", 1.0], ["x:1", "x:3", 1.0]]
    assert sure.table.iloc[4].isna().all()
    assert sure.acceptability.columns.tolist() == [1, 2]


def test_few_deposits_are_all_among_the_top() -> None:
    out = uncertainty(example(2), model_of(0.5, 0.5), None, draws=20).table
    assert out[["p_top3", "p_top5"]].eq(1.0).all(axis=None)


def test_p_top_counts_the_draws() -> None:
    table = example(8)
    sure = uncertainty(table, model_of(0.5, 0.5, 0.5), jitter(table, 20.0), draws=400)
    for k in (3, 5):
        shares = sure.acceptability.loc[:, 1:k].sum(axis=1)
        np.testing.assert_allclose(sure.table[f"p_top{k}"], shares, atol=1e-12)


def test_weights_keep_to_the_model_with_the_concentration() -> None:
    table = pd.DataFrame({"dist_rail_km": [0.0], "dist_road_km": [np.inf]})

    def spread(concentration: float) -> float:
        out = uncertainty(
            table, model_of(6.0, 4.0), None, draws=4000, concentration=concentration
        ).table
        return float(out["score_p95"].iloc[0] - out["score_p5"].iloc[0])

    expected = 2 * 1.645 * 100 * math.sqrt(0.6 * 0.4 / 51)
    assert spread(50) == pytest.approx(expected, rel=0.08)
    assert spread(5) > spread(50) > spread(5000) > spread(math.inf) == 0


def test_a_criterion_without_weight_stays_out() -> None:
    table = pd.DataFrame({"dist_rail_km": [50.0], "dist_road_km": [np.nan]})
    out = uncertainty(table, model_of(1.0, 0.0), None, draws=50).table
    assert out[["score_p5", "score_p95"]].iloc[0].tolist() == pytest.approx([50, 50])


def test_a_veto_holds_in_each_draw() -> None:
    table = pd.DataFrame({"dist_rail_km": [10.0, 60.0]}, index=["near", "edge"])
    model = model_of(1.0, vetoes=(Veto("dist_rail_km", 60, "too far"),))
    assert uncertainty(table, model, None, draws=20).table.loc["edge", "score_p5"] > 0
    out = uncertainty(table, model, jitter(table), draws=200).table
    assert out.loc["edge", "score_p5"] == 0
    assert out.loc["edge", "score_p95"] > 0
    assert out.loc["near", "score_p5"] > 0


def test_the_preset_with_its_stand_in_for_the_grid() -> None:
    model = load_preset("infrastructure")
    table = pd.DataFrame({c: [5.0, 80.0, 400.0] for c in model.columns})
    table["dist_power_line_km"] = np.nan
    out = uncertainty(table, model.choose(table), None, draws=100).table
    assert out["rank_median"].tolist() == [1, 2, 3]
    assert out["not_separable_from"].tolist() == ["", "", ""]


def test_nothing_to_rank_is_no_error() -> None:
    empty = example(2).iloc[:0]
    sure = uncertainty(empty, model_of(0.5, 0.5), None, draws=10)
    assert sure.table.shape == (0, 8)
    assert sure.acceptability.shape == (0, 0)
    blank = uncertainty(example(2) * np.nan, model_of(0.5, 0.5), None, draws=10)
    assert blank.table.isna().all(axis=None)


# Missing lines


def lines_at(km: float, share: float, column: str = "dist_road_km") -> Sampler:
    """In a share of the draws there is a line at a distance that no source has."""

    def missing(rng: np.random.Generator, draws: int) -> Mapping[str, Floats]:
        there = rng.random((draws, 1)) < share
        return {column: np.broadcast_to(np.where(there, km, np.inf), (draws, 6))}

    return missing


def test_missing_lines_have_a_stream_of_their_own() -> None:
    """Lines that are nowhere change nothing of what weights, positions and gaps draw."""
    table, model = example(), model_of(0.5, 0.3, 0.2)
    table.loc["x:5", "dist_water_km"] = np.nan
    plain = uncertainty(table, model, jitter(table), draws=200)
    nowhere = uncertainty(table, model, jitter(table), missing=lines_at(0.0, 0.0), draws=200)
    assert same(plain, nowhere)
    some = uncertainty(table, model, jitter(table), missing=lines_at(0.0, 0.3), draws=200)
    assert same(
        some, uncertainty(table, model, jitter(table), missing=lines_at(0.0, 0.3), draws=200)
    )
    assert not same(plain, some)


def test_a_missing_line_only_ever_shortens() -> None:
    table, model = example(), model_of(0.5, 0.3, 0.2)
    scores = ["score_p5", "score_p95"]
    plain = uncertainty(table, model, None, draws=400).table[scores]
    missing = uncertainty(table, model, None, missing=lines_at(5.0, 0.3), draws=400).table[scores]
    assert (missing >= plain - 1e-12).all(axis=None)
    assert (missing["score_p95"] > plain["score_p95"]).all()
    behind = uncertainty(table, model, None, missing=lines_at(500.0, 0.3), draws=400).table[scores]
    pd.testing.assert_frame_equal(behind, plain)


def test_how_often_a_line_is_missing_is_how_often_it_counts() -> None:
    """A score of 100 in the draws with a missing line at 0 km, of 50 in the others."""
    table = pd.DataFrame({"dist_road_km": [50.0] * 6})
    road = ScoreModel((Criterion("road", "dist_road_km", Exponential(50), 1.0),))
    kept = uncertainty(
        table, road, None, missing=lines_at(0.0, 0.2), draws=4000, keep_draws=True
    ).drawn
    assert kept is not None
    scores = kept.scores(road, np.ones(6, dtype=np.bool_))
    assert set(np.unique(scores.round(9))) == {50.0, 100.0}
    assert (scores > 75.0).mean() == pytest.approx(0.2, abs=0.02)


def test_what_is_unknown_stays_unknown_beside_a_missing_line() -> None:
    table = example()
    table["dist_road_km"] = np.nan
    model = model_of(0.5, 0.5)
    plain = uncertainty(table, model, None, draws=100)
    assert same(plain, uncertainty(table, model, None, missing=lines_at(0.0, 1.0), draws=100))


def test_a_missing_line_may_lift_a_veto() -> None:
    table, veto = example(), Veto("dist_road_km", 50, "no road")
    model = model_of(1.0, 0.0, vetoes=(veto,))
    assert uncertainty(table, model, None, draws=100).table.loc["x:0", "score_p95"] == 0
    lifted = uncertainty(table, model, None, missing=lines_at(5.0, 0.3), draws=100).table
    assert lifted.loc["x:0", "score_p95"] > 0


# What is compared, and what is kept


def test_what_is_not_compared_changes_nothing_under_topsis() -> None:
    model = replace(model_of(0.5, 0.3, 0.2), aggregate="topsis")
    far = pd.DataFrame({c: [900.0, 0.0] for c in example().columns}, index=["far", "near"])
    both = pd.concat([example(), far])
    inside = pd.Series(both.index.str.startswith("x:"), index=both.index)
    alone = uncertainty(example(), model, None, draws=100, groups=inside[inside])
    among = uncertainty(both, model, None, draws=100, groups=inside, compared=inside)
    pd.testing.assert_frame_equal(among.table[inside], alone.table, rtol=1e-12)
    points = score(both, model, compared=inside)["score"]
    pd.testing.assert_series_equal(points[inside], score(example(), model)["score"], rtol=1e-12)
    assert points[["near", "far"]].tolist() == [100.0, 0.0], "held against the best and the worst"


def test_others_than_topsis_do_not_compare() -> None:
    some = pd.Series([True, False] * 3, index=example().index)
    for aggregate in ("weighted_sum", "weighted_product"):
        model = replace(model_of(0.5, 0.3, 0.2), aggregate=aggregate)
        whole = uncertainty(example(), model, None, draws=50)
        assert same(whole, uncertainty(example(), model, None, draws=50, compared=some))
    for wrong in (some.iloc[:3], some.astype(int), pd.Series([True] * 6)):
        with pytest.raises(ScoreError, match="compared has . rows of .* give a column of the same"):
            score(example(), model, compared=wrong)


def test_what_was_drawn_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    table, model = example(), model_of(0.5, 0.0, 0.5)
    monkeypatch.setattr("geo_ree.scoring.draws._CELLS", 7 * len(table))
    sure = uncertainty(table, model, jitter(table), draws=30, keep_draws=True)
    assert sure.drawn is not None
    assert sure.drawn.values.shape == (2, 30, 6)
    assert sure.drawn.weights.shape == (30, 3)
    scores = sure.drawn.scores(model, np.ones(6, dtype=np.bool_))
    np.testing.assert_allclose(
        np.percentile(scores, 95, axis=0), sure.table["score_p95"], rtol=1e-12
    )
    assert sure.drawn.select(np.array([2])).values.shape == (2, 30, 1)
    assert uncertainty(table, model, None, draws=30).drawn is None


# Aggregates, central weights, room


@pytest.mark.parametrize("aggregate", list(METHODS))
def test_sure_draws_give_the_score_itself(aggregate: str) -> None:
    veto = Veto("dist_rail_km", 60, "far from the railway")
    model = replace(model_of(0.5, 0.3, 0.2, vetoes=(veto,)), aggregate=aggregate)
    table = example()
    out = uncertainty(table, model, None, draws=20, concentration=math.inf).table
    points = score(table, model)["score"]
    assert points.iloc[-1] == 0
    np.testing.assert_allclose(out["score_p5"], points, atol=1e-9)
    np.testing.assert_allclose(out["score_p95"], points, atol=1e-9)
    ranks = points.rank(ascending=False, method="min").astype(int)
    assert out["rank_median"].tolist() == ranks.tolist()


@pytest.mark.parametrize("aggregate", ["weighted_product", "topsis"])
def test_positions_and_gaps_move_every_aggregate(aggregate: str) -> None:
    table = example()
    table.loc["x:2", "dist_road_km"] = np.nan
    model = replace(model_of(0.5, 0.3, 0.2), aggregate=aggregate)
    still = uncertainty(table, model, None, draws=200).table
    moved = uncertainty(table, model, jitter(table), draws=200).table
    assert (moved["score_p95"] - moved["score_p5"] > 0).all()
    assert not moved["score_p5"].equals(still["score_p5"])
    assert moved[["score_p5", "score_p95"]].stack().between(0, 100).all()


def test_topsis_is_not_compared_with_what_is_unknown() -> None:
    """A deposit of which nothing is known takes no part, and changes nothing for the others."""
    model = replace(model_of(0.5, 0.3, 0.2), aggregate="topsis")
    blank = pd.DataFrame({c: [np.nan] for c in example().columns}, index=["blank"])
    alone = uncertainty(example(), model, None, draws=100).table
    among = uncertainty(pd.concat([example(), blank]), model, None, draws=100).table
    pd.testing.assert_frame_equal(among.iloc[:-1], alone, rtol=1e-12)
    assert among.iloc[-1].isna().all()


def test_central_weights_are_what_one_has_to_believe() -> None:
    """Near the railway or near the road: who leads says which of the two counted."""
    table = pd.DataFrame(
        {"dist_rail_km": [0.0, 90.0, 200.0], "dist_road_km": [90.0, 0.0, 200.0]},
        index=["rail", "road", "neither"],
    )
    sure = uncertainty(table, model_of(0.5, 0.5), None, draws=4000, concentration=2)
    central = sure.central_weights
    assert list(central) == ["rail", "road"]
    np.testing.assert_allclose(central.loc[["rail", "road"]].sum(axis=1), 1.0)
    # Evenly drawn weights: the rail side leads in the upper half, of mean three quarters.
    assert central.loc["rail", "rail"] == pytest.approx(0.75, abs=0.02)
    assert central.loc["road", "rail"] == pytest.approx(0.25, abs=0.02)
    assert central.loc["neither"].isna().all()


def test_the_acceptability_may_be_cut() -> None:
    table, model = example(), model_of(0.5, 0.3, 0.2)
    whole = uncertainty(table, model, None, draws=100)
    cut = uncertainty(table, model, None, draws=100, max_rank=2)
    pd.testing.assert_frame_equal(cut.acceptability, whole.acceptability[[1, 2]])
    assert cut.table.equals(whole.table)
    beyond = uncertainty(table, model, None, draws=100, max_rank=99)
    assert beyond.acceptability.equals(whole.acceptability)


def test_what_does_not_fit_into_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["geo_ree.scoring.intervals"]  # the package has the function
    monkeypatch.setattr(module, "_MOST_DRAWN", 100)
    with pytest.raises(ScoreError, match="50 draws of 6 deposits do not fit .* reweigh"):
        uncertainty(example(), model_of(1.0), None, draws=50)
    with pytest.raises(
        ScoreError, match="acceptability of 12 deposits on 12 ranks .*give max_rank"
    ):
        uncertainty(example(12), model_of(1.0), None, draws=5)
    assert uncertainty(example(12), model_of(1.0), None, draws=5, max_rank=3).draws == 5


@given(
    st.integers(1, 7).flatmap(
        lambda n: st.lists(
            st.lists(st.integers(0, 4), min_size=n, max_size=n), min_size=1, max_size=4
        )
    )
)
def test_a_rank_counts_those_ahead(rows: list[list[int]]) -> None:
    scores = np.array(rows, dtype=np.float64)
    expected = [[1 + sum(other > own for other in row) for own in row] for row in rows]
    assert rank_draws(scores).tolist() == expected


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"draws": 0}, "draws is 0; give a whole number from 1 up"),
        ({"draws": 10.5}, "draws is 10.5"),
        ({"seed": -1}, "seed is -1; give a whole number from 0 up"),
        ({"concentration": 0}, "concentration is 0"),
        ({"concentration": math.nan}, "concentration is nan"),
        ({"confidence": 0.5}, "confidence is 0.5"),
        ({"confidence": 1.01}, "confidence is 1.01"),
        ({"max_rank": 0}, "max_rank is 0; give a whole number from 1 up"),
        ({"groups": pd.Series(["a", "b"])}, "groups has 2 rows"),
    ],
)
def test_options_are_checked(options: dict[str, object], says: str) -> None:
    with pytest.raises(ScoreError, match=says):
        uncertainty(example(3), model_of(1.0), None, **options)  # type: ignore[arg-type]


def test_a_sample_is_checked() -> None:
    table = example(3)
    with pytest.raises(ScoreError, match=r"dist_rail_km has the shape \(3,\), expected \(9, 3\)"):
        uncertainty(table, model_of(1.0), lambda rng, n: {"dist_rail_km": np.ones(3)}, draws=9)
    with pytest.raises(ScoreError, match="row 'x:0': dist_rail_km is -1"):
        uncertainty(
            table, model_of(1.0), lambda rng, n: {"dist_rail_km": -np.ones((n, 3))}, draws=9
        )
    other = uncertainty(table, model_of(1.0), lambda rng, n: {"else": np.ones(1)}, draws=9)
    assert other.table["rank_median"].tolist() == [1, 2, 3]
