"""The range of scores of a deposit that may be in many places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from geo_ree.crs import Floats
from geo_ree.errors import ScoreError
from geo_ree.scoring import (
    Criterion,
    Drawn,
    Exponential,
    Sampler,
    ScoreModel,
    Veto,
    score,
    score_range,
    uncertainty,
)
from geo_ree.scoring.aggregates import METHODS

EACH = pytest.mark.parametrize("aggregate", list(METHODS))
MODEL = ScoreModel(
    (
        Criterion("rail", "dist_rail_km", Exponential(50), 0.6),
        Criterion("road", "dist_road_km", Exponential(20), 0.4),
    )
)
OTHERS = pd.DataFrame(
    {"dist_rail_km": [10.0, 60.0, 200.0], "dist_road_km": [30.0, 5.0, 90.0]}, index=["a", "b", "c"]
)
PLACES = pd.DataFrame(
    {"dist_rail_km": [0.0, 50.0, 300.0, 120.0], "dist_road_km": [0.0, 20.0, 200.0, 10.0]}
)


def drawn_of(model: ScoreModel, others: pd.DataFrame = OTHERS, draws: int = 300) -> Drawn:
    kept = uncertainty(others, model, None, draws=draws, keep_draws=True).drawn
    assert kept is not None
    return kept


def anywhere(places: pd.DataFrame = PLACES) -> Sampler:
    def sample(rng: np.random.Generator, draws: int) -> Mapping[str, Floats]:
        at = rng.integers(0, len(places), (draws, 1))
        return {c: places[c].to_numpy(dtype=np.float64)[at] for c in places}

    return sample


@EACH
def test_best_and_worst_are_those_of_scoring_it_at_each_place(aggregate: str) -> None:
    model = replace(MODEL, aggregate=aggregate)
    found = score_range(PLACES, OTHERS, model, drawn=drawn_of(model), sample=anywhere())
    assert found is not None
    own, ranks = [], []
    for _, place in PLACES.iterrows():
        both = pd.concat([OTHERS, place.to_frame().T])
        points = score(both, model)["score"].to_numpy()
        own.append(points[-1])
        ranks.append(1 + int((points[:-1] > points[-1]).sum()))
    assert found.score_worst == pytest.approx(min(own))
    assert found.score_best == pytest.approx(max(own))
    assert found.score_median == pytest.approx(np.median(own))
    assert (found.rank_best, found.rank_worst) == (min(ranks), max(ranks)) == (1, 4)
    assert 0 < found.p_lead < 1


@EACH
def test_the_chance_to_lead_is_that_of_the_joint_draws(aggregate: str) -> None:
    """One place that is known, ranked beside the others: the same weights, the same share."""
    model = replace(MODEL, aggregate=aggregate)
    here = pd.DataFrame({"dist_rail_km": [30.0], "dist_road_km": [10.0]}, index=["here"])
    found = score_range(here, OTHERS, model, drawn=drawn_of(model), sample=anywhere(here))
    whole = uncertainty(pd.concat([OTHERS, here]), model, None, draws=300)
    assert found is not None
    assert found.p_lead == pytest.approx(whole.acceptability.loc["here", 1])


@EACH
def test_who_is_best_everywhere_leads_and_who_is_worst_never_does(aggregate: str) -> None:
    model = replace(MODEL, aggregate=aggregate)
    for km, chance, rank in ((0.0, 1.0, 1), (900.0, 0.0, 4)):
        places = pd.DataFrame({c: [km, km] for c in OTHERS})
        found = score_range(places, OTHERS, model, drawn=drawn_of(model), sample=anywhere(places))
        assert found is not None
        assert (found.p_lead, found.rank_best, found.rank_worst) == (chance, rank, rank)


def test_the_same_seed_gives_the_same_chance() -> None:
    drawn = drawn_of(MODEL)

    def chance(seed: int) -> float:
        found = score_range(PLACES, OTHERS, MODEL, drawn=drawn, sample=anywhere(), seed=seed)
        assert found is not None
        return found.p_lead

    assert chance(1) == chance(1)
    assert len({chance(seed) for seed in range(6)}) > 1


def test_a_gap_is_drawn_and_a_place_of_which_nothing_is_known_does_not_count() -> None:
    places = pd.DataFrame({"dist_rail_km": [0.0, np.nan], "dist_road_km": [np.nan, np.nan]})
    found = score_range(places, OTHERS, MODEL, drawn=drawn_of(MODEL), sample=anywhere(places))
    assert found is not None
    assert found.score_worst == found.score_best == 100.0
    nothing = places * np.nan
    assert (
        score_range(nothing, OTHERS, MODEL, drawn=drawn_of(MODEL), sample=anywhere(nothing)) is None
    )


def test_a_veto_rules_places_out() -> None:
    model = replace(MODEL, vetoes=(Veto("dist_road_km", 100, "no road"),))
    found = score_range(PLACES, OTHERS, model, drawn=drawn_of(model), sample=anywhere())
    assert found is not None
    assert found.score_worst == 0.0
    assert found.rank_worst == 4


def test_without_others_it_leads() -> None:
    none = OTHERS.iloc[:0]
    found = score_range(PLACES, none, MODEL, drawn=drawn_of(MODEL, none), sample=anywhere())
    assert found is not None
    assert (found.rank_best, found.rank_worst, found.p_lead) == (1, 1, 1.0)


def test_topsis_may_hold_it_against_the_others_alone() -> None:
    """A host is held against the candidates: it does not move what is best and worst."""
    model = replace(MODEL, aggregate="topsis")
    near = pd.DataFrame({c: [0.0] for c in OTHERS})
    outside = score_range(
        near, OTHERS, model, drawn=drawn_of(model), sample=anywhere(near), compared_too=False
    )
    inside = score_range(near, OTHERS, model, drawn=drawn_of(model), sample=anywhere(near))
    assert outside is not None and inside is not None
    assert outside.score_best == inside.score_best == 100.0
    first = pd.Series([True, False, False], index=OTHERS.index)
    held = score_range(
        PLACES,
        OTHERS,
        model,
        drawn=drawn_of(model),
        sample=anywhere(),
        compared=first,
        compared_too=False,
    )
    assert held is not None
    assert held.score_worst in (0.0, 50.0)


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ScoreError, match="2 deposits were drawn for 3 others; give Unc"):
        score_range(
            PLACES, OTHERS, MODEL, drawn=drawn_of(MODEL, OTHERS.iloc[:2]), sample=anywhere()
        )
    with pytest.raises(ScoreError, match="criteria.road.column is 'dist_road_km'"):
        score_range(
            PLACES[["dist_rail_km"]], OTHERS, MODEL, drawn=drawn_of(MODEL), sample=anywhere()
        )
