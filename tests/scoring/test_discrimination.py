"""AUC against brute force, scipy and a published table; its interval against simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from geo_ree.errors import ScoreError
from geo_ree.scoring import auc, auc_draws, discrimination, success_rate, widest_interval

CLASSES = st.integers(2, 30).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(-50, 50).map(float), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n).filter(lambda c: any(c) and not all(c)),
    )
)


def _brute(scores, positive, groups=None):
    groups = [0] * len(scores) if groups is None else groups
    won = pairs = 0.0
    for s, up, g in zip(scores, positive, groups, strict=True):
        for t, other_up, h in zip(scores, positive, groups, strict=True):
            if up and not other_up and g == h:
                pairs += 1
                won += 1.0 if s > t else 0.5 if s == t else 0.0
    return won / pairs


def test_the_published_example_of_hanley_and_mcneil():
    """Table I of the 1982 paper: 109 readings on a scale of five, area 0.893."""
    normal, abnormal = (33, 6, 6, 11, 2), (3, 2, 2, 11, 33)
    scores = np.concatenate([np.repeat(range(1, 6), counts) for counts in (normal, abnormal)])
    ill = np.repeat([False, True], [sum(normal), sum(abnormal)])
    assert auc(scores, ill) == pytest.approx(0.893, abs=5e-4)


@pytest.mark.parametrize("levels", [3, 1000])
def test_it_is_the_statistic_of_mann_and_whitney(levels):
    rng = np.random.default_rng(levels)
    scores, positive = rng.integers(0, levels, 400).astype(float), rng.random(400) < 0.2
    u = mannwhitneyu(scores[positive], scores[~positive]).statistic
    pairs = positive.sum() * (~positive).sum()
    assert auc(scores, positive) == pytest.approx(u / pairs, abs=1e-12)


@given(CLASSES)
def test_it_agrees_with_counting_pairs(case):
    assert auc(*case) == pytest.approx(_brute(*case), abs=1e-12)


@given(CLASSES)
def test_flipping_the_labels_or_the_scores_gives_the_rest(case):
    scores, positive = case
    assert auc(scores, [not p for p in positive]) == pytest.approx(1 - auc(scores, positive))
    assert auc([-s for s in scores], positive) == pytest.approx(1 - auc(scores, positive))


@given(CLASSES)
def test_only_the_order_of_the_scores_counts(case):
    scores, positive = np.array(case[0]), case[1]
    for same_order in (np.exp(scores / 10.0), 3.0 * scores - 7.0, scores**3):
        assert auc(same_order, positive) == pytest.approx(auc(scores, positive), abs=1e-12)


@given(CLASSES, st.randoms(use_true_random=False))
def test_the_order_of_the_sites_does_not_count(case, random):
    order = list(range(len(case[0])))
    random.shuffle(order)
    shuffled = [case[0][i] for i in order], [case[1][i] for i in order]
    assert auc(*shuffled) == pytest.approx(auc(*case), abs=1e-12)


def test_scores_all_alike_are_chance():
    assert auc(np.full(40, 7.0), np.arange(40) < 9) == 0.5


@settings(max_examples=60)
@given(CLASSES, st.data())
def test_within_groups_only_pairs_of_one_group_count(case, data):
    n = len(case[0])
    groups = data.draw(st.lists(st.sampled_from("ab"), min_size=n, max_size=n))
    comparable = any(
        {up for up, g in zip(case[1], groups, strict=True) if g == group} == {True, False}
        for group in "ab"
    )
    if not comparable:
        with pytest.raises(ScoreError, match="no positive can be compared"):
            auc(*case, groups=groups)
    else:
        assert auc(*case, groups=groups) == pytest.approx(_brute(*case, groups), abs=1e-12)


def test_a_difference_between_countries_alone_is_no_skill_within_them():
    scores, positive = [1.0, 1.0, 1.0, 9.0, 9.0, 9.0], [False, False, True, False, True, True]
    assert auc(scores, positive) > 0.6
    assert auc(scores, positive, groups=list("aaabbb")) == 0.5


@pytest.mark.parametrize(
    ("scores", "positive", "said"),
    [
        ([1.0, 2.0], [True, True], "2 of 2 sites are positive"),
        ([1.0, 2.0], [False, False], "0 of 2"),
        ([], [], "0 of 0"),
        ([1.0, np.nan], [True, False], "score 1 is nan"),
        ([np.inf, 1.0], [True, False], "score 0 is inf"),
        ([1.0, 2.0, 3.0], [True, False], "give one for each"),
    ],
)
def test_what_has_no_answer_is_an_error(scores, positive, said):
    for function in (auc, success_rate, auc_draws):
        with pytest.raises(ScoreError, match=said):
            function(scores, positive)


def test_groups_and_blocks_need_one_label_a_site():
    for labels in ({"groups": ["a"]}, {"blocks": ["a"]}):
        with pytest.raises(ScoreError, match="give one for each"):
            auc_draws([1.0, 2.0], [True, False], draws=10, **labels)


@pytest.mark.parametrize("option", [{"draws": 0}, {"seed": -1}, {"draws": 1.5}])
def test_draws_and_seed_are_whole_numbers(option):
    with pytest.raises(ScoreError, match=next(iter(option))):
        auc_draws([1.0, 2.0], [True, False], **option)


def _sites(rng, mines, others, gain=1.0):
    positive = np.arange(mines + others) < mines
    return rng.normal(0, 1, mines + others) + gain * positive, positive


def test_the_same_seed_draws_the_same_in_parts_of_any_size(monkeypatch):
    scores, positive = _sites(np.random.default_rng(3), 20, 60)
    blocks = np.arange(80) // 5
    options = {"draws": 90, "seed": 4}
    plain, blocked = (auc_draws(scores, positive, blocks=b, **options) for b in (None, blocks))
    monkeypatch.setattr(discrimination, "_CELLS", 700)
    assert np.array_equal(auc_draws(scores, positive, **options), plain)
    assert np.array_equal(auc_draws(scores, positive, blocks=blocks, **options), blocked)
    assert not np.array_equal(auc_draws(scores, positive, draws=90, seed=5), plain)


def test_a_draw_is_the_auc_of_the_sites_it_took():
    """With two sites of each class a draw has few outcomes, and each is the AUC of a resample."""
    scores, positive = np.array([1.0, 3.0, 2.0, 4.0]), np.array([False, False, True, True])
    possible = {
        _brute([scores[a], scores[b], scores[c], scores[d]], positive.tolist())
        for a in (0, 1)
        for b in (0, 1)
        for c in (2, 3)
        for d in (2, 3)
    }
    drawn = auc_draws(scores, positive, draws=400, seed=1)[0]
    assert set(np.unique(drawn)) == possible


def test_scores_are_judged_by_the_same_resamples():
    scores, positive = _sites(np.random.default_rng(5), 30, 90)
    drawn = auc_draws(np.stack([scores, 2.0 * scores + 1.0, -scores]), positive, draws=80, seed=2)
    assert np.array_equal(drawn[0], drawn[1])
    assert drawn[2] == pytest.approx(1.0 - drawn[0])


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """95 % intervals over 200 samples of two normal classes one deviation apart."""
    rng = np.random.default_rng(11)
    truth = 0.7602499  # the normal distribution at 1 / sqrt(2)
    hits = 0
    for k in range(200):
        drawn = auc_draws(*_sites(rng, 40, 120), draws=300, seed=k)[0]
        found = widest_interval({"sites": drawn})
        hits += found.low <= truth <= found.high
    assert 0.89 <= hits / 200 <= 0.99


def test_blocks_are_wider_where_sites_of_one_place_are_alike():
    rng = np.random.default_rng(7)
    block = np.repeat(np.arange(30), 20)
    scores = rng.normal(0, 1, 30)[block] + 0.01 * rng.normal(0, 1, 600)
    positive = (rng.random(30) < 0.4)[block]
    drawn = {
        basis: auc_draws(scores, positive, blocks=b, draws=300, seed=1)[0]
        for basis, b in (("sites", None), ("blocks", block))
    }
    assert np.ptp(drawn["blocks"]) > 3.0 * np.ptp(drawn["sites"])
    assert widest_interval(drawn).basis == "blocks"


def test_a_draw_of_one_class_is_unknown_and_left_out_of_the_interval():
    drawn = auc_draws([1.0, 2.0], [False, True], blocks=[0, 1], draws=60, seed=1)[0]
    assert np.isnan(drawn).any()
    assert set(drawn[~np.isnan(drawn)]) == {1.0}
    found = widest_interval({"blocks": drawn})
    assert (found.low, found.high) == (1.0, 1.0)
    nothing = widest_interval({"blocks": np.array([np.nan])})
    assert np.isnan(nothing.low)
    assert np.isnan(nothing.high)


@given(CLASSES)
def test_the_area_under_the_success_rate_is_that_of_the_auc(case):
    """Area A, share of positives p: AUC = (A - p / 2) / (1 - p)."""
    curve = success_rate(*case)
    area = np.trapezoid(curve["share_of_positives"], curve["share_of_sites"])
    p = np.mean(case[1])
    assert (area - p / 2) / (1 - p) == pytest.approx(auc(*case), abs=1e-9)
    assert curve.iloc[0].tolist() == [0.0, 0.0]
    assert curve.iloc[-1].tolist() == [1.0, 1.0]
    assert (curve.diff().dropna() >= 0).all(axis=None)
