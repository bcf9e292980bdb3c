"""How merging agrees with labelled pairs of real records.

``same_deposit.csv`` has the half ``tune`` (the weights were fitted to it), the half ``test``, and
``blind``: labelled afterwards, without seeing probabilities, from a sample in which uncertain pairs
are as common as clear ones (harder than the real mixture). A further part, ``fresh``, is only for
measuring: no rule may be changed after its errors.
"""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from geo_ree import Options
from geo_ree.deposits import merge
from geo_ree.pipeline.layers import read_layers

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("tune_merge", ROOT / "tools" / "tune_merge.py")
tune_merge = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tune_merge)

LABELS = pd.read_csv(ROOT / "tests" / "data" / "same_deposit.csv")


def test_the_labels_are_many_balanced_and_reasoned():
    assert set(LABELS["label"]) == {"same", "different", "unclear"}
    assert LABELS["reason"].str.len().min() > 10
    assert not LABELS.duplicated(["first", "second"]).any()
    sizes = LABELS.groupby(["half", "label"]).size()
    for label in ("same", "different"):
        assert abs(sizes["tune", label] - sizes["test", label]) <= 2
        assert sizes["test", label] >= 75
    halves = LABELS[LABELS["half"].isin(["tune", "test"])].groupby("half")
    records = [set(h["first"]) | set(h["second"]) for _, h in halves]
    assert not records[0] & records[1]  # nothing of one half was learned from in the other


@pytest.mark.mirror
def test_precision_and_recall_are_those_that_are_published(fetched):
    records = read_layers(fetched, Options()).frames["deposits"]
    members = merge(records).members
    deposit = dict(zip(members["record"], members["deposit"], strict=True))
    assert len(members) == len(records)
    got = {half: tune_merge.count_agreement(rows, deposit) for half, rows in LABELS.groupby("half")}
    assert got["test"]["precision"] >= 0.98
    assert got["test"]["recall"] >= 0.97
    assert got["blind"]["precision"] >= 0.86
    assert got["blind"]["recall"] >= 0.86
    # measured once, after the last change of a rule
    assert round(got["fresh"]["precision"], 3) == 0.916
    assert round(got["fresh"]["recall"], 3) == 0.925
    assert got["test"]["joined_right"] + got["test"]["missed"] >= 89


def test_unclear_pairs_and_records_without_a_deposit_do_not_count():
    pairs = pd.DataFrame(
        [
            ("a", "b", "same"),
            ("a", "c", "different"),
            ("a", "d", "same"),
            ("b", "c", "unclear"),
            ("a", "gone", "same"),
        ],
        columns=["first", "second", "label"],
    )
    got = tune_merge.count_agreement(pairs, {"a": "a", "b": "a", "c": "c", "d": "d"})
    assert (got["joined_right"], got["missed"], got["apart_right"]) == (1, 1, 1)
    assert (got["precision"], got["recall"]) == (1.0, 0.5)
