"""Models made from other models: weights, decays and criteria changed one at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geo_ree.errors import ScoreError
from geo_ree.scoring import Criterion, Exponential, ScoreModel, Veto, load_preset, score
from geo_ree.scoring.model import Variant

RAIL = Criterion("rail", "dist_railway_km", Exponential(50), 0.6, reason="read", source="somebody")
ROAD = Criterion("road", "dist_road_km", Exponential(15), 0.4)
LINE = Criterion("line", "dist_power_line_km", Exponential(20), 0.2)
MODEL = ScoreModel(
    (RAIL, ROAD),
    vetoes=(Veto("dist_road_km", 300, "far"),),
    name="mine",
    title="My score",
    variants=(Variant("default", (0.6, 0.4)), Variant("alone", (1.0, 0.0))),
    optional=(LINE,),
)


def test_a_weight_applies_in_every_variant_and_the_others_stay() -> None:
    made = MODEL.with_weight("road", 0.6)
    assert [v.weights for v in made.variants] == [(0.6, 0.6), (1.0, 0.6)]
    assert made.shares.tolist() == [0.5, 0.5]
    assert made.with_variant("alone").criteria[1].weight == 0.6
    assert (made.vetoes, made.optional) == (MODEL.vetoes, MODEL.optional)
    assert MODEL.criteria[1].weight == 0.4


def test_the_weight_of_an_optional_criterion_changes_where_it_is() -> None:
    made = MODEL.with_weight("line", 0.5)
    assert made.optional[0].weight == 0.5
    table = pd.DataFrame({"dist_power_line_km": [1.0], "dist_road_km": 1.0, "dist_railway_km": 1.0})
    assert made.choose(table).criteria[-1].weight == 0.5


def test_a_changed_model_is_called_so_once_and_gives_no_reason_of_the_old() -> None:
    made = MODEL.with_weight("rail", 0.5).with_decay("rail", Exponential(30))
    assert (made.name, made.title) == ("mine_changed", "My score, changed")
    assert (made.criteria[0].reason, made.criteria[0].source) == ("", "")
    assert made.criteria[0].value == Exponential(30)


def test_a_criterion_is_added_at_the_end_of_every_variant_or_replaced_in_its_place() -> None:
    town = Criterion("town", "dist_big_town_km", Exponential(100), 0.1)
    made = MODEL.with_criterion(town)
    assert [c.name for c in made.criteria] == ["rail", "road", "town"]
    assert [v.weights for v in made.variants] == [(0.6, 0.4, 0.1), (1.0, 0.0, 0.1)]
    other = Criterion("rail", "dist_port_km", Exponential(500), 0.9)
    again = made.with_criterion(other)
    assert again.criteria[0] == other
    assert [v.weights[0] for v in again.variants] == [0.9, 0.9]
    assert (
        MODEL.with_criterion(Criterion("line", "x_km", Exponential(1), 1.0)).optional[0].column
        == "x_km"
    )


def test_a_criterion_leaves_every_variant() -> None:
    made = MODEL.with_criterion(Criterion("town", "t_km", Exponential(1), 0.1))
    made = made.without_criterion("road")
    assert [v.weights for v in made.variants] == [(0.6, 0.1), (1.0, 0.1)]
    assert MODEL.without_criterion("line").optional == ()
    with pytest.raises(ScoreError, match="no criterion is called 'raod'; did you mean road"):
        made.with_criterion(ROAD).without_criterion("raod")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda: MODEL.with_weight("rial", 1.0),
            "no criterion is called 'rial'; did you mean rail",
        ),
        (
            lambda: MODEL.with_weight("x", 1.0),
            "no criterion is called 'x'; use one of rail, road, line",
        ),
        (lambda: MODEL.with_weight("rail", -1), "criterion rail: weight is -1"),
        (lambda: MODEL.with_weight("rail", 0).with_weight("road", 0), "all weights are zero"),
        (lambda: MODEL.with_weight("rail", 0), "variants.alone: all weights are zero"),
        (lambda: MODEL.with_decay("rail", 50), "criterion rail: value is 50"),
        (lambda: ScoreModel((RAIL,)).without_criterion("rail"), "the model has no criterion"),
    ],
)
def test_what_makes_no_sound_model_is_refused(change, message) -> None:
    with pytest.raises(ScoreError, match=message):
        change()


def test_a_changed_preset_scores_as_a_model_written_with_its_weights() -> None:
    rng = np.random.default_rng(1)
    preset = load_preset("infrastructure")
    table = pd.DataFrame({c: rng.uniform(0, 300, 20) for c in preset.columns})
    made = preset.with_weight("rail", 0.9)
    weights = {c.name: c.weight for c in preset.criteria} | {"rail": 0.9}
    written = ScoreModel(
        tuple(Criterion(c.name, c.column, c.value, weights[c.name]) for c in preset.criteria),
        vetoes=preset.vetoes,
    )
    pd.testing.assert_frame_equal(score(table, made), score(table, written))
