from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_ree.errors import ScoreError
from geo_ree.scoring import Decay, Exponential, Linear, Logistic, Step
from geo_ree.scoring.decay import DECAYS, make_decay

positive = st.floats(1e-3, 1e5)
distances = st.lists(st.floats(0, allow_nan=False), min_size=1, max_size=30)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    limits = draw(st.lists(st.floats(0, 1e5), min_size=1, max_size=6, unique=True))
    values = draw(st.lists(st.floats(0, 1), min_size=len(limits) + 1, max_size=len(limits) + 1))
    return Step(tuple(sorted(limits)), tuple(sorted(values, reverse=True)))


decays = st.one_of(
    st.builds(Exponential, positive),
    st.builds(Linear, positive),
    st.builds(Logistic, positive, positive),
    steps(),
)


@given(decays, distances)
def test_values_lie_between_0_and_1_and_never_rise_with_distance(
    decay: Decay, km: list[float]
) -> None:
    values = decay(np.sort(km))
    assert ((values >= 0) & (values <= 1)).all()
    assert (np.diff(values) <= 1e-15).all()


@given(decays, distances, st.data())
def test_unknown_stays_unknown_and_changes_no_other(
    decay: Decay, km: list[float], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(km)))
    values = decay([*km[:place], math.nan, *km[place:]])
    assert np.isnan(values[place])
    np.testing.assert_allclose(np.delete(values, place), decay(km), rtol=1e-12)


@given(decays)
def test_shape_is_kept_and_input_untouched(decay: Decay) -> None:
    km = np.array([[0.0, 1.0, math.nan], [10.0, 1e6, math.inf]])
    before = km.copy()
    assert decay(km).shape == (2, 3)
    assert decay(5.0).shape == ()
    assert decay([]).shape == (0,)
    np.testing.assert_array_equal(km, before)


@pytest.mark.parametrize(
    ("decay", "at_once", "out_of_reach"),
    [
        (Exponential(50), 1.0, 0.0),
        (Linear(50), 1.0, 0.0),
        (Logistic(50, 10), 1 / (1 + math.exp(-5)), 0.0),
        (Step((10, 20), (0.9, 0.5, 0.2)), 0.9, 0.2),
        (Step((10, 20)), 1.0, 0.0),
    ],
)
def test_ends_are_defined(decay: Decay, at_once: float, out_of_reach: float) -> None:
    np.testing.assert_allclose(decay([0.0, math.inf]), [at_once, out_of_reach], atol=1e-12)


@pytest.mark.parametrize("decay", [Exponential(40), Linear(80), Logistic(40, 5)])
def test_half_lies_where_the_parameter_says(decay: Decay) -> None:
    assert decay(40.0) == pytest.approx(0.5, abs=1e-12)


def test_a_limit_belongs_to_its_step() -> None:
    step = Step((10, 50), (1.0, 0.6, 0.1))
    assert step([10.0, np.nextafter(10.0, 11), 50.0, np.nextafter(50.0, 51)]).tolist() == [
        1.0,
        0.6,
        0.6,
        0.1,
    ]


@pytest.mark.parametrize("decay", [Exponential(5), Linear(5), Logistic(5, 1), Step((5,))])
def test_a_negative_distance_is_an_error(decay: Decay) -> None:
    with pytest.raises(ScoreError, match=r"negative \(-3 km\).*NaN for an unknown"):
        decay([math.nan, 1.0, -3.0])
    with pytest.raises(ScoreError, match="not a number"):
        decay(["near"])


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, "50", None, True])
def test_parameters_have_to_be_positive_numbers(bad: object) -> None:
    for make in (
        lambda: Exponential(bad),  # type: ignore[arg-type]
        lambda: Linear(bad),  # type: ignore[arg-type]
        lambda: Logistic(bad, 10),  # type: ignore[arg-type]
        lambda: Logistic(10, bad),  # type: ignore[arg-type]
    ):
        with pytest.raises(ScoreError, match="give a finite number above 0"):
            make()


@pytest.mark.parametrize(
    ("limits", "values", "says"),
    [
        ((), (), "at least one"),
        ((10, 10), (), "rising"),
        ((-1, 10), (), "from 0 up"),
        ((10,), (1.0,), "1 values for 1 limits"),
        ((10,), (0.2, 0.5), "never rising"),
        ((10,), (1.5, 0.5), "from 1 down to 0"),
        ((10,), (0.5, -0.5), "from 1 down to 0"),
        ((math.nan,), (), "give finite numbers"),
        (10, (), "give finite numbers"),
    ],
)
def test_steps_have_to_hold_together(limits: object, values: object, says: str) -> None:
    with pytest.raises(ScoreError, match=says):
        Step(limits, values)  # type: ignore[arg-type]


def test_decays_compare_hash_and_refuse_change() -> None:
    assert Exponential(50) == Exponential(50) != Exponential(40)
    assert Exponential(50) != Linear(50)
    assert len({Step([1, 2]), Step((1.0, 2.0)), Linear(3)}) == 2  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        Exponential(50).half_km = 3  # type: ignore[misc]


def test_made_from_words() -> None:
    assert set(DECAYS) == {"exponential", "linear", "logistic", "step"}
    assert make_decay("logistic", mid_km=50, width_km=5) == Logistic(50, 5)
    assert make_decay("step", limits_km=[1, 2], values=[1, 0.5, 0]) == Step((1, 2), (1, 0.5, 0))
    with pytest.raises(ScoreError, match="no decay is called 'gauss'; use one of exponential"):
        make_decay("gauss", half_km=3)
    with pytest.raises(ScoreError, match="no parameter 'zero_km'; it takes half_km"):
        make_decay("exponential", half_km=3, zero_km=4)
    with pytest.raises(ScoreError, match="the logistic decay lacks width_km"):
        make_decay("logistic", mid_km=3)


@pytest.mark.parametrize(
    ("decay", "words"),
    [
        (Exponential(1000), "halves every 1,000 km"),
        (Linear(200), "falls evenly to 0 at 200 km"),
        (Logistic(100, 20), "half at 100 km, over 20 km"),
        (Step((10, 50), (1, 0.5, 0)), "1 to 10 km, 0.5 to 50 km, 0 beyond"),
    ],
)
def test_decays_say_what_they_do(decay: Decay, words: str) -> None:
    assert str(decay) == words
