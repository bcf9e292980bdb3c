import json
from dataclasses import dataclass, replace

import pandas as pd
import pytest

from geo_ree.scoring import (
    Criterion,
    Decay,
    Exponential,
    Linear,
    Logistic,
    ScoreModel,
    Step,
    Veto,
    load_preset,
    models_for_table,
    preset_names,
)


@dataclass(frozen=True)
class Cliff(Decay):
    """A decay that only Python knows."""

    def _values(self, distance_km):
        return (distance_km < 5).astype(float)


@pytest.mark.parametrize(
    ("decay", "plain"),
    [
        (Exponential(50), {"kind": "exponential", "half_km": 50.0}),
        (Linear(200), {"kind": "linear", "zero_km": 200.0}),
        (Logistic(100, 20), {"kind": "logistic", "mid_km": 100.0, "width_km": 20.0}),
        (Step((10, 50)), {"kind": "step", "limits_km": [10.0, 50.0], "values": [1.0, 0.5, 0.0]}),
    ],
)
def test_every_decay_has_its_parameters(decay, plain):
    model = ScoreModel((Criterion("rail", "dist_railway_km", decay, 1.0),))
    values = model.to_dict()
    assert values["criteria"][0]["decay"] == plain
    assert json.loads(json.dumps(values, allow_nan=False)) == values


def test_vetoes_weights_and_missing_values_are_included():
    model = ScoreModel(
        (Criterion("rail", "dist_railway_km", Exponential(50), 2.0, missing=0.25),),
        vetoes=(Veto("dist_road_km", 300, "no road", op=">="),),
        aggregate="topsis",
        name="own",
    )
    values = model.to_dict()
    assert (values["name"], values["aggregate"]) == ("own", "topsis")
    assert values["criteria"][0]["weight"] == 2.0
    assert values["criteria"][0]["missing"] == 0.25
    assert values["vetoes"] == [
        {"column": "dist_road_km", "op": ">=", "limit": 300.0, "reason": "no road"}
    ]


def test_a_model_with_a_decay_of_its_own_has_no_plain_values():
    model = ScoreModel((Criterion("rail", "dist_railway_km", Cliff(), 1.0),))
    assert model.to_dict() is None
    assert models_for_table(model, pd.DataFrame(columns=list(model.columns))) == []


def test_the_chosen_model_comes_first_and_the_other_presets_fit_the_table():
    chosen = load_preset("bulk")
    known = pd.DataFrame({c: [1.0] for c in chosen.columns})
    values = models_for_table(chosen.choose(known), known)
    assert [m["name"] for m in values] == ["bulk", *(n for n in preset_names() if n != "bulk")]
    assert {m["variant"] for m in values} == {"power_lines"}
    own = replace(chosen, name="own", criteria=chosen.criteria[:1], variants=())
    only = known[["dist_railway_km"]]
    assert [m["name"] for m in models_for_table(own, only)] == ["own"]
