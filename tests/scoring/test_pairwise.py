from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo_ree.crs import Floats
from geo_ree.scoring.pairwise import MOST_COMPARED, compare_pairs, inseparable, order_chances

DRAWN = arrays(
    np.float64, st.tuples(st.integers(1, 12), st.integers(1, 6)), elements=st.integers(0, 3)
)


@given(DRAWN)
def test_the_chances_are_counted_draw_by_draw(drawn: Floats) -> None:
    got = order_chances(drawn)
    higher = (drawn[:, :, None] > drawn[:, None, :]).mean(axis=0)
    equal = (drawn[:, :, None] == drawn[:, None, :]).mean(axis=0)
    assert got == pytest.approx(higher + 0.5 * equal)
    assert got + got.T == pytest.approx(1.0)


@given(DRAWN, st.floats(0.51, 1.0))
def test_neither_of_two_can_be_told_apart_from_the_other(drawn: Floats, confidence: float) -> None:
    close = inseparable(order_chances(drawn), confidence)
    assert (close == close.T).all()
    assert not close.diagonal().any()


@pytest.mark.parametrize(("wins", "close"), [(950, False), (949, True), (51, True), (50, False)])
def test_the_bounds_are_five_and_95_per_cent(wins: int, close: bool) -> None:
    first = (np.arange(1000) < wins).astype(float)
    pairs, alike = compare_pairs(
        np.column_stack([first, 1.0 - first]), np.array([2.0, 1.0]), pd.Index(["a", "b"]), 0.95
    )
    assert pairs.loc[0].tolist() == ["a", "b", wins / 1000]
    assert alike == (["b", "a"] if close else ["", ""])


def test_the_better_ranked_is_a_even_where_it_is_behind_in_most_draws() -> None:
    drawn = np.array([[1.0, 2.0], [1.0, 2.0], [9.0, 2.0]])
    pairs, alike = compare_pairs(drawn, np.array([3.0, 2.0]), pd.Index(["a", "b"]), 0.95)
    assert pairs.loc[0, ["a", "b"]].tolist() == ["a", "b"]
    assert pairs.loc[0, "p_a_above_b"] == pytest.approx(1 / 3)
    assert alike == ["b", "a"]


def test_of_many_deposits_the_best_are_compared_in_bounded_memory() -> None:
    count, draws = 3_000, 200
    points = np.linspace(90.0, 10.0, count)
    order = np.random.default_rng(1).permutation(count)
    drawn = points + np.random.default_rng(2).normal(0, 0.5, (draws, count))
    labels = pd.Index([f"d{i}" for i in range(count)])[order]
    tracemalloc.start()
    pairs, alike = compare_pairs(drawn[:, order], points[order], labels, 0.95)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25e6
    assert len(pairs) == MOST_COMPARED * (MOST_COMPARED - 1) // 2
    compared = [label for label, joined in zip(labels, alike, strict=True) if joined is not None]
    assert sorted(compared) == sorted(f"d{i}" for i in range(MOST_COMPARED))
    assert set(pairs["a"]) | set(pairs["b"]) == set(compared)
