from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from SALib.sample import sobol

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring import Criterion, Linear, ScoreModel, Veto, influence, load_preset, score
from geo_ree.scoring.aggregates import METHODS
from geo_ree.scoring.sensitivity import _indices
from geo_ree.scoring.takeovers import _by_bisection, find_takeover

NAMES = ("rail", "road", "water")
EACH = pytest.mark.parametrize("aggregate", list(METHODS))


def model_of(*weights: float, aggregate: str = "weighted_sum", **options: object) -> ScoreModel:
    return ScoreModel(
        tuple(
            Criterion(name, f"dist_{name}_km", Linear(200), weight)
            for name, weight in zip(NAMES, weights, strict=False)
        ),
        aggregate=aggregate,
        **options,  # type: ignore[arg-type]
    )


def table_of(*rows: tuple[float | None, ...]) -> pd.DataFrame:
    columns = [f"dist_{name}_km" for name in NAMES[: len(rows[0])]]
    index = [f"x:{i}" for i in range(len(rows))]
    return pd.DataFrame(list(rows), columns=columns, dtype=np.float64, index=index)


def random_table(rows: int = 12, seed: int = 1) -> pd.DataFrame:
    return table_of(*map(tuple, np.random.default_rng(seed).uniform(0, 190, (rows, 3))))


# Who takes the lead


def scores_at(values: Floats, shares: Floats, which: int, share: float, aggregate: str) -> Floats:
    others = np.delete(shares, which) / np.delete(shares, which).sum()
    weights = np.insert((1 - share) * others, which, share)
    return np.nan_to_num(METHODS[aggregate](values, weights, None), nan=-1)


def drawn_case(seed: int, gaps: float) -> tuple[Floats, Floats]:
    dice = np.random.default_rng(seed)
    values = dice.random((4, 6))
    values[dice.random(values.shape) < gaps] = np.nan
    values[0, 0] = 0.5
    return values[:, ~np.isnan(values).all(axis=0)], dice.dirichlet(np.ones(4))


@EACH
@pytest.mark.parametrize("gaps", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(12))
def test_the_nearest_share_is_found(aggregate: str, gaps: float, seed: int) -> None:
    """Nobody is ahead on the way there, and the new leader is once it is passed."""
    values, shares = drawn_case(seed, gaps)
    leader = int(np.nan_to_num(METHODS[aggregate](values, shares, None), nan=-1).argmax())
    for which in range(4):
        now = shares[which]
        found = find_takeover(values, shares, which, leader, aggregate)
        reach = max(now, 1 - now) if found is None else abs(found.share - now)
        on_the_way = [
            now + side * reach * part for side in (-1, 1) for part in np.linspace(0, 0.999, 41)
        ]
        for share in (s for s in on_the_way if 0 <= s < 1):
            scores = scores_at(values, shares, which, float(share), aggregate)
            assert scores.max() <= scores[leader] + 1e-9
        if found is not None:
            past = found.share + math.copysign(1e-7, found.share - now)
            scores = scores_at(values, shares, which, past, aggregate)
            assert scores[found.leader] > scores[leader]


@pytest.mark.parametrize("seed", range(20))
def test_roots_and_bisection_agree(seed: int) -> None:
    values, shares = drawn_case(seed, gaps=0.3 * (seed % 2))
    leader = int(np.nan_to_num(METHODS["weighted_sum"](values, shares, None), nan=-1).argmax())
    for which in range(4):
        exact = find_takeover(values, shares, which, leader, "weighted_sum")
        tried = [
            _by_bisection(values, shares, which, leader, "weighted_sum", end) for end in (1.0, 0.0)
        ]
        near = min(
            (t for t in tried if t), key=lambda t: abs(t.share - shares[which]), default=None
        )
        assert (exact is None) == (near is None)
        if exact and near:
            assert near.share == pytest.approx(exact.share, abs=1e-9)
            assert near.leader == exact.leader


def test_a_share_worked_out_by_hand() -> None:
    """0.5 s + 0.4 (1 - s) against s + 0: equal at s = 4/9."""
    table = table_of((100, 120), (0, 200))
    out = influence(table, model_of(0.3, 0.7), samples=8)
    assert out.leader == "x:0"
    rail = out.takeovers.loc["rail"]
    assert rail["weight"] == pytest.approx(0.3)
    assert rail["weight_needed"] == pytest.approx(4 / 9, abs=1e-12)
    assert rail["change"] == pytest.approx(4 / 9 - 0.3, abs=1e-12)
    assert rail["new_leader"] == "x:1"
    assert out.takeovers.loc["road", "weight_needed"] == pytest.approx(5 / 9, abs=1e-12)


def test_a_criterion_without_weight_may_gain_one() -> None:
    out = influence(table_of((0, 150), (100, 0)), model_of(1.0, 0.0), samples=8).takeovers
    assert out.loc["road", "weight"] == 0
    # 1 - s + s / 4 against (1 - s) / 2 + s
    assert out.loc["road", "weight_needed"] == pytest.approx(0.4, abs=1e-12)
    assert math.isnan(out.loc["rail", "weight_needed"])


@EACH
def test_who_is_best_in_all_stays_first(aggregate: str) -> None:
    model = model_of(0.5, 0.3, 0.2, aggregate=aggregate)
    out = influence(table_of((0, 0, 0), (20, 30, 40), (90, 10, 50)), model, samples=8)
    assert out.leader == "x:0"
    assert out.takeovers["weight_needed"].isna().all()
    assert out.takeovers["new_leader"].isna().all()


@EACH
def test_with_a_tie_any_change_will_do(aggregate: str) -> None:
    model = model_of(0.5, 0.5, aggregate=aggregate)
    out = influence(table_of((20, 40), (40, 20)), model, samples=8)
    np.testing.assert_allclose(out.takeovers["change"], 0.0, atol=1e-6)
    assert out.takeovers["new_leader"].tolist() == ["x:1", "x:1"]


@EACH
def test_twins_never_overtake(aggregate: str) -> None:
    model = model_of(0.4, 0.35, 0.25, aggregate=aggregate)
    out = influence(table_of((20, 40, 33), (20, 40, 33)), model, samples=8).takeovers
    assert out["weight_needed"].isna().all()


# Sobol indices


@EACH
def test_indices_are_shares(aggregate: str) -> None:
    out = influence(random_table(), model_of(0.5, 0.3, 0.2, aggregate=aggregate), samples=256)
    found = out.assumptions
    assert sorted(found.index) == sorted(
        f"{kind} of {name}" for kind in ("weight", "kilometres") for name in NAMES
    )
    assert found["total"].is_monotonic_decreasing
    assert (found["total"] >= found["first_order"] - 0.1).all()
    assert 0.5 < found["first_order"].sum() < 1.1
    assert found["total"].sum() > 0.9
    assert (found["total_conf"] > 0).all()
    assert (
        out.leader
        == score(random_table(), model_of(0.5, 0.3, 0.2, aggregate=aggregate))["score"].idxmax()
    )


def test_what_moves_more_counts_more() -> None:
    """Two outputs of variance 9 to 1, each of one input alone: nine tenths and one tenth."""
    problem = {"num_vars": 2, "names": ["a", "b"], "bounds": [[0.0, 1.0]] * 2}
    drawn = sobol.sample(problem, 1024, calc_second_order=False, seed=1)
    first, total, conf = _indices(problem, drawn * [3.0, 1.0], seed=1)
    np.testing.assert_allclose(first, [0.9, 0.1], atol=0.01)
    np.testing.assert_allclose(total, [0.9, 0.1], atol=0.01)
    assert (conf < 0.15).all()


def test_what_is_alike_for_all_changes_no_rank() -> None:
    table = random_table().assign(dist_water_km=100.0)
    found = influence(table, model_of(0.5, 0.3, 0.2), samples=64).assumptions
    assert found.loc[["weight of water", "kilometres of water"], "total"].tolist() == [0, 0]
    assert found["total"].iloc[0] > 0.2


def test_equal_sides_have_equal_influence() -> None:
    """Mirrored in rail and road: both weights matter alike."""
    dice = np.random.default_rng(2).uniform(0, 190, (10, 2))
    table = table_of(*map(tuple, np.vstack([dice, dice[:, ::-1]])))
    found = influence(table, model_of(0.5, 0.5), samples=1024).assumptions["total"]
    assert found["weight of rail"] == pytest.approx(found["weight of road"], abs=0.05)
    assert found["kilometres of rail"] == pytest.approx(found["kilometres of road"], abs=0.05)


def test_an_unknown_value_is_an_assumption() -> None:
    table = random_table()
    table.iloc[:5, 1] = np.nan
    model = model_of(0.2, 0.6, 0.2, least_known=0.0)
    found = influence(table, model, samples=256).assumptions
    assert found.index[0] == "unknown values of road"
    assert found["kind"].iloc[0] == "unknown"
    assert found["criterion"].iloc[0] == "road"
    assert "unknown values of rail" not in found.index


def test_the_same_seed_gives_the_same_figures() -> None:
    table, model = random_table(), model_of(0.5, 0.3, 0.2)
    for seed in (0, 7):
        a, b = (influence(table, model, samples=64, seed=seed).assumptions for _ in range(2))
        pd.testing.assert_frame_equal(a, b)
    other = influence(table, model, samples=64, seed=8).assumptions
    assert not other["total"].equals(b["total"])


def test_parts_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    table, model = random_table(), model_of(0.5, 0.3, 0.2)
    whole = influence(table, model, samples=32).assumptions
    monkeypatch.setattr("geo_ree.scoring.draws._CELLS", 500)
    pd.testing.assert_frame_equal(influence(table, model, samples=32).assumptions, whole)


def test_a_packaged_preset_is_explained() -> None:
    model = load_preset("infrastructure")
    dice = np.random.default_rng(1)
    table = pd.DataFrame({c.column: dice.exponential(80, 15) for c in model.criteria})
    out = influence(table, model, samples=64)
    assert len(out.assumptions) == 10  # five criteria with a weight, each with its kilometres
    assert list(out.takeovers.index) == [c.name for c in model.criteria]


# Bad input


def test_what_is_not_ranked_is_left_out() -> None:
    veto = Veto("dist_road_km", 195, "no road")
    table = pd.concat([random_table(6), table_of((0, 199, 0), (None, None, None))])
    table.index = pd.Index(range(8))
    out = influence(table, model_of(0.5, 0.3, 0.2, vetoes=(veto,)), samples=32)
    assert out.top == 6
    alone = influence(table.iloc[:6], model_of(0.5, 0.3, 0.2), samples=32)
    pd.testing.assert_frame_equal(out.assumptions, alone.assumptions)
    pd.testing.assert_frame_equal(out.takeovers, alone.takeovers)


@pytest.mark.parametrize("table", [random_table(3).iloc[:0], random_table(3) * np.nan])
def test_without_a_score_there_is_nothing_to_explain(table: pd.DataFrame) -> None:
    with pytest.raises(ScoreError, match=f"none of {len(table)} deposits has a score; give"):
        influence(table, model_of(0.5, 0.3, 0.2))


@EACH
def test_one_alternative_cannot_move(aggregate: str) -> None:
    model = model_of(0.5, 0.3, 0.2, aggregate=aggregate)
    out = influence(random_table(1), model, samples=16, top=50)
    assert out.top == 1
    assert (out.assumptions[["first_order", "total", "total_conf"]] == 0).all(axis=None)
    assert out.takeovers["weight_needed"].isna().all()


def test_out_of_reach_everywhere_changes_no_rank() -> None:
    out = influence(table_of((math.inf,) * 3, (math.inf,) * 3), model_of(1, 1, 1), samples=16)
    assert (out.assumptions["total"] == 0).all()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"samples": 100}, "samples is 100; give a power of 2"),
        ({"samples": 1}, "samples is 1; give a whole number from 2 up"),
        ({"spread": 1.0}, "spread is 1.0; give a factor above 1"),
        ({"spread": math.inf}, "spread is inf"),
        ({"top": 0}, "top is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_options_are_checked(options: dict[str, object], says: str) -> None:
    with pytest.raises(ScoreError, match=says):
        influence(random_table(3), model_of(1.0), **options)  # type: ignore[arg-type]


def test_replacing_the_aggregate_changes_the_question() -> None:
    table, model = random_table(), model_of(0.5, 0.3, 0.2)
    sums = influence(table, model, samples=64).assumptions["total"]
    power = influence(table, replace(model, aggregate="weighted_product"), samples=64)
    assert not power.assumptions["total"].sort_index().equals(sums.sort_index())


def test_a_rank_that_hardly_moves_is_no_news() -> None:
    """It moves in one sample that only one assumption tells from the first: no index, no warning."""
    problem = {"num_vars": 2, "names": ["a", "b"], "bounds": [[0, 1]] * 2}
    ranks = np.ones((4 * 4, 1), dtype=np.int32)  # base sample, either changed, both changed
    ranks[1] = 2
    first, total, conf = _indices(problem, ranks, seed=1)
    assert first.tolist() == total.tolist() == conf.tolist() == [0.0, 0.0]
