"""How merging agrees with pairs of real records that were labelled by reading them.

``same_deposit.csv``: half ``tune`` (the weights were fitted to it), half ``test``, and ``blind`` (labelled
afterwards from a sample in which doubtful pairs are as common as clear ones, by somebody who saw no
probability: harder than the real mixture).
"""

from pathlib import Path

import pandas as pd
import pytest

from geo_ree import Options, Settings
from geo_ree.deposits import merge
from geo_ree.deposits.evaluation import score_groups
from geo_ree.pipeline.fetching import fetch
from geo_ree.pipeline.layers import read_layers

LABELS = pd.read_csv(Path(__file__).parents[1] / "data" / "same_deposit.csv")
SOURCES = (
    "usgs_ree",
    "usgs_mrds",
    "usgs_pp1802",
    "usgs_major_deposits",
    "usgs_copper_sites",
    "usgs_porcu",
    "usgs_sedcu",
    "usgs_carbonatite",
)


def test_the_labels_are_many_balanced_and_reasoned():
    assert set(LABELS["label"]) == {"same", "different", "unclear"}
    assert LABELS["reason"].str.len().min() > 10
    assert not LABELS.duplicated(["first", "second"]).any()
    sizes = LABELS.groupby(["half", "label"]).size()
    for label in ("same", "different"):
        assert abs(sizes["tune", label] - sizes["test", label]) <= 2
        assert sizes["test", label] >= 75
    halves = LABELS[LABELS["half"] != "blind"].groupby("half")
    records = [set(h["first"]) | set(h["second"]) for _, h in halves]
    assert not records[0] & records[1]  # nothing of one half was learned from in the other


@pytest.mark.mirror
def test_precision_and_recall_are_those_that_are_published(mirror, tmp_path):
    settings = Settings(data_root=tmp_path, mirror=mirror())
    assert not fetch(SOURCES, settings=settings).failed
    records = read_layers(settings, Options()).layers["deposits"]
    members = merge(records).members
    deposit = dict(zip(members["record"], members["deposit"], strict=True))
    assert len(members) == len(records)
    got = {half: score_groups(rows, deposit) for half, rows in LABELS.groupby("half")}
    assert got["test"].precision >= 0.95
    assert got["test"].recall >= 0.93
    assert got["blind"].precision >= 0.82
    assert got["blind"].recall >= 0.86
    counted = got["test"].joined_right + got["test"].apart_wrong
    assert counted == (LABELS[LABELS["half"] == "test"]["label"] == "same").sum() or counted >= 89
