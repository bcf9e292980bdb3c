from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geo_ree.errors import ScoreError
from geo_ree.scoring import (
    Criterion,
    Exponential,
    Linear,
    ScoreModel,
    Veto,
    reweigh,
    score,
    uncertainty,
)
from geo_ree.scoring.aggregates import METHODS

NAMES = ("rail", "road", "water")
EACH = pytest.mark.parametrize("aggregate", list(METHODS))


def model_of(aggregate: str, *weights: float, vetoes: tuple[Veto, ...] = ()) -> ScoreModel:
    return ScoreModel(
        tuple(
            Criterion(name, f"dist_{name}_km", Linear(200), weight)
            for name, weight in zip(NAMES, weights, strict=False)
        ),
        vetoes=vetoes,
        aggregate=aggregate,
        least_known=0.0,  # any known criterion counts here; test_score.py tests the rule
    )


def random_table(rows: int, seed: int = 1, gaps: float = 0.0) -> pd.DataFrame:
    dice = np.random.default_rng(seed)
    km = dice.uniform(0, 190, (rows, 3))
    km[dice.random(km.shape) < gaps] = np.nan
    return pd.DataFrame(
        km, columns=[f"dist_{n}_km" for n in NAMES], index=[f"x:{i}" for i in range(rows)]
    )


def by_hand(table: pd.DataFrame, model: ScoreModel, weights: np.ndarray) -> np.ndarray:
    """Every draw through score(), one by one: shape (draws, deposits)."""
    out = []
    for row in weights:
        criteria = tuple(
            replace(c, weight=float(w)) for c, w in zip(model.criteria, row, strict=True)
        )
        out.append(score(table, replace(model, criteria=criteria))["score"].to_numpy())
    return np.array(out)


@EACH
@pytest.mark.parametrize("gaps", [0.0, 0.4])
def test_draws_are_as_scored_one_by_one(
    aggregate: str, gaps: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gaps, a veto, a criterion out of reach, in parts: mean, spread and first ranks."""
    monkeypatch.setattr("geo_ree.scoring.reweighing._CELLS", 60 * 7)
    table = random_table(40, gaps=gaps)
    table.iloc[3] = np.nan
    table.iloc[5, 0], table.iloc[6, 1] = math.inf, 0.0
    veto = Veto("dist_water_km", 150, "no water")
    model = model_of(aggregate, 0.5, 0.3, 0.2, vetoes=(veto,))
    weights = np.random.default_rng(5).dirichlet([5, 3, 2], size=60)
    monkeypatch.setattr(
        "geo_ree.scoring.reweighing.draw_weights", lambda model, rng, draws, spread: weights
    )
    out = reweigh(table, model, draws=60, top=(1, 2, 7))
    scores = by_hand(table, model, weights)
    assert out.index.equals(table.index)
    np.testing.assert_allclose(out["score_mean"], scores.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(out["score_sd"], scores.std(axis=0), atol=1e-9)
    ranks = pd.DataFrame(scores).rank(axis=1, ascending=False, method="min").to_numpy()
    known = out["score_mean"].notna()
    assert known.sum() == (~np.isnan(scores[0])).sum() < len(table)
    for k in (1, 2, 7):
        share = (ranks <= k).mean(axis=0)
        np.testing.assert_allclose(out[f"p_top{k}"][known], share[known], atol=1e-12)
    for i in np.flatnonzero(known):
        central = out[[f"central_{n}" for n in NAMES]].iloc[i]
        first = ranks[:, i] == 1
        if first.any():
            np.testing.assert_allclose(central, weights[first].mean(axis=0), atol=1e-12)
        else:
            assert central.isna().all()
    assert out[~known].isna().all(axis=None)


@EACH
def test_it_draws_what_uncertainty_draws(aggregate: str) -> None:
    table, model = random_table(30), model_of(aggregate, 0.5, 0.0, 0.5)
    many = reweigh(table, model, draws=300, concentration=20)
    few = uncertainty(table, model, None, draws=300, concentration=20)
    for name in ("p_top3", "p_top5"):
        np.testing.assert_allclose(many[name], few.table[name], atol=1e-12)
    np.testing.assert_allclose(many["p_top1"], few.acceptability[1], atol=1e-12)
    central = many[[f"central_{n}" for n in NAMES]]
    np.testing.assert_allclose(central, few.central_weights, atol=1e-12)
    assert (central["central_road"].dropna() == 0).all()


@EACH
def test_the_size_of_the_parts_does_not_matter(
    aggregate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, model = random_table(200, gaps=0.1), model_of(aggregate, 0.5, 0.3, 0.2)
    whole = reweigh(table, model, draws=50)
    monkeypatch.setattr("geo_ree.scoring.reweighing._CELLS", 50 * 13)
    pd.testing.assert_frame_equal(reweigh(table, model, draws=50), whole, rtol=1e-11)
    monkeypatch.setattr("geo_ree.scoring.reweighing._MOST_HIGHEST", 100)
    pd.testing.assert_frame_equal(reweigh(table, model, draws=50), whole, rtol=1e-11)


@EACH
def test_twins_share_the_better_rank(aggregate: str) -> None:
    table = pd.concat([random_table(50)] * 2, ignore_index=True)
    out = reweigh(table, model_of(aggregate, 0.5, 0.3, 0.2), draws=97)
    assert out["p_top1"].sum() == pytest.approx(2)
    np.testing.assert_allclose(out["p_top3"][:50], out["p_top3"][50:], atol=1e-12)


@EACH
def test_sure_weights_give_the_score_itself(aggregate: str) -> None:
    table, model = random_table(20, gaps=0.2), model_of(aggregate, 0.5, 0.3, 0.2)
    out = reweigh(table, model, draws=10, concentration=math.inf)
    np.testing.assert_allclose(out["score_mean"], score(table, model)["score"], atol=1e-9)
    np.testing.assert_allclose(out["score_sd"].dropna(), 0.0, atol=1e-9)


@EACH
def test_the_concentration_sets_the_spread(aggregate: str) -> None:
    table, model = random_table(20), model_of(aggregate, 0.5, 0.3, 0.2)
    wide, narrow = (reweigh(table, model, concentration=c)["score_sd"] for c in (5, 500))
    assert (wide > 3 * narrow).all()


def test_a_weight_varies_as_promised() -> None:
    """One criterion worth 1 and one worth 0: the score is the weight itself."""
    table = pd.DataFrame({"dist_rail_km": [0.0], "dist_road_km": [math.inf]})
    out = reweigh(table, model_of("weighted_sum", 0.3, 0.7), draws=20_000, concentration=50)
    assert out["score_mean"].iloc[0] == pytest.approx(30, abs=0.2)
    assert out["score_sd"].iloc[0] == pytest.approx(100 * math.sqrt(0.3 * 0.7 / 51), rel=0.02)


@EACH
def test_no_one_and_alike_alternatives(aggregate: str) -> None:
    model = model_of(aggregate, 0.5, 0.3, 0.2)
    none = reweigh(random_table(0), model)
    assert len(none) == 0
    assert "p_top5" in none
    one = reweigh(random_table(1), model)
    assert one[["p_top1", "p_top3", "p_top5"]].eq(1.0).all(axis=None)
    alike = reweigh(pd.concat([random_table(1)] * 3, ignore_index=True), model, draws=20)
    assert alike["p_top1"].tolist() == [1, 1, 1]
    unknown = reweigh(random_table(4) * np.nan, model, draws=20)
    assert unknown.isna().all(axis=None)


@EACH
def test_more_first_ranks_than_alternatives_hold_them_all(aggregate: str) -> None:
    out = reweigh(random_table(4), model_of(aggregate, 0.5, 0.3, 0.2), draws=30, top=[2, 9])
    assert out["p_top9"].tolist() == [1, 1, 1, 1]
    assert out["p_top2"].sum() == pytest.approx(2)
    assert "p_top1" not in out


@EACH
def test_all_ruled_out_score_nothing(aggregate: str) -> None:
    model = model_of(aggregate, 1.0, vetoes=(Veto("dist_rail_km", 0, "no", op=">="),))
    out = reweigh(random_table(3), model, draws=10)
    assert out["score_mean"].tolist() == [0, 0, 0]


def test_values_of_all_scales_agree_with_uncertainty() -> None:
    criteria = (Criterion("rail", "dist_rail_km", Exponential(1), 1.0),)
    model = ScoreModel(criteria, aggregate="topsis")
    table = pd.DataFrame({"dist_rail_km": [600.0, 601.0, 602.0]})
    out = reweigh(table, model, draws=5)["score_mean"]
    np.testing.assert_allclose(out, score(table, model)["score"], atol=1e-9)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"draws": 0}, "draws is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"concentration": -2}, "concentration is -2"),
        ({"top": [0]}, "top is 0; give a whole number from 1 up"),
        ({"top": [1.5]}, "top is 1.5"),
    ],
)
def test_options_are_checked(options: dict[str, object], says: str) -> None:
    with pytest.raises(ScoreError, match=says):
        reweigh(random_table(3), model_of("topsis", 1.0), **options)  # type: ignore[arg-type]


def test_a_table_without_the_columns_is_refused() -> None:
    with pytest.raises(ScoreError, match="the table has no such column"):
        reweigh(pd.DataFrame({"x": [1.0]}), model_of("topsis", 1.0))
