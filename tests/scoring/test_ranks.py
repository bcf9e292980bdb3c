from __future__ import annotations

import numpy as np
import pytest

from geo_ree.crs import Floats
from geo_ree.scoring import load_preset
from geo_ree.scoring.aggregates import (
    closeness,
    separations,
    topsis,
    weighted_product,
    weighted_sum,
)
from geo_ree.scoring.draws import blocks, draw_weights, whole_number
from geo_ree.scoring.ranks import (
    central_weights,
    rank_draws,
    rank_shares,
    summarize,
)


def test_equal_scores_share_the_better_rank() -> None:
    assert rank_draws(np.array([[30.0, 50.0, 30.0, 10.0]])).tolist() == [[2, 1, 2, 4]]


def test_shares_of_the_ranks_are_counted_up_to_the_last_rank() -> None:
    ranks = np.array([[1, 2], [1, 2], [2, 1], [1, 1]], dtype=np.int32)
    assert rank_shares(ranks, 2).tolist() == [[0.75, 0.25], [0.5, 0.5]]
    assert rank_shares(ranks, 1).tolist() == [[0.75], [0.5]]


def test_percentiles_of_ranks_are_ranks_that_were_drawn() -> None:
    got = summarize(np.array([[1], [4], [2]], dtype=np.int32), np.array([[9.0], [5.0], [7.0]]))
    assert [got[n].item() for n in ("rank_p5", "rank_median", "rank_p95")] == [1, 2, 4]
    assert got["p_top3"].item() == pytest.approx(2 / 3)


def test_central_weights_are_the_mean_of_the_draws_that_a_deposit_leads() -> None:
    first = np.array([[True, False], [True, False]])
    got = central_weights(first, np.array([[0.5, 0.5], [1.0, 0.0]]))
    assert got[0].tolist() == [0.75, 0.25]
    assert np.isnan(got[1]).all()


def test_blocks_cover_everything_in_bounded_parts() -> None:
    assert list(blocks(5, 1_000_000)) == [slice(0, 2), slice(2, 4), slice(4, 5)]


def test_without_concentration_limit_the_weights_are_those_of_the_model() -> None:
    model, rng = load_preset("infrastructure"), np.random.default_rng(1)
    drawn = draw_weights(model, rng, 3, float("inf"))
    assert drawn.tolist() == [model.shares.tolist()] * 3


def test_a_whole_number_is_no_flag() -> None:
    assert whole_number("draws", np.int64(3), 1) == 3
    with pytest.raises(Exception, match="draws is True"):
        whole_number("draws", True, 1)


@pytest.mark.parametrize(
    ("method", "values", "weights", "expected"),
    [
        (weighted_sum, [[1.0, 0.5], [0.0, np.nan]], [0.75, 0.25], [0.75, 0.5]),
        (weighted_product, [[0.25, 0.25], [1.0, np.nan]], [0.5, 0.5], [0.5, 0.25]),
        (topsis, [[0.9, 0.3, 0.6]], [1.0], [1.0, 0.0, 0.5]),
    ],
)
def test_aggregates_by_hand(method, values: list[Floats], weights: list[float], expected) -> None:  # type: ignore[no-untyped-def]
    assert method(np.array(values), np.array(weights), None) == pytest.approx(expected)


def test_separations_are_in_units_of_the_norm_and_0_for_unknown_values() -> None:
    below, above = separations(np.array([0.3, 0.4, np.nan]))
    assert below == pytest.approx([0.2, 0.0, 0.0])
    assert above == pytest.approx([0.0, 0.2, 0.0])
    assert closeness(np.array([9.0, 0.0]), np.array([1.0, 0.0])).tolist() == [0.25, 0.5]
