"""The class of a site in each trial: a truth table."""

import pandas as pd
import pytest

from geo_ree.studies.validation import TRIALS, classify_sites
from geo_ree.studies.validation.trials import MRDS, NEAR

UNTOLD, OTHERWISE = "no table says whether it was mined", "known as a mine only by other evidence"
FAR = "joined to a mine farther than 25 km"


def site(tables="t", stated="unknown", icmm="none", copper="unknown"):
    row = {"tables": tables, "stated": stated, "icmm": icmm, "stated_copper": copper}
    return pd.DataFrame([row], index=[7])


@pytest.mark.parametrize(
    ("trial", "row", "label", "left_out"),
    [
        ("all", {"stated": "mine"}, "mine", ""),
        ("all", {"stated": "mine", "icmm": "near"}, "mine", ""),
        ("all", {"icmm": "matched"}, "mine", ""),
        ("all", {"icmm": "matched", "stated": "undeveloped"}, "mine", ""),
        ("all", {"stated": "undeveloped"}, "other", ""),
        ("all", {"stated": "undeveloped", "icmm": "unknown"}, "other", ""),
        ("all", {"stated": "undeveloped", "icmm": "near"}, "", NEAR),
        ("all", {"stated": "undeveloped", "icmm": "far"}, "", FAR),
        ("all", {}, "", UNTOLD),
        ("all", {"icmm": "near"}, "", UNTOLD),
        ("icmm", {"stated": "mine"}, "", OTHERWISE),
        ("icmm", {"icmm": "matched"}, "mine", ""),
        ("copper", {"stated": "mine", "copper": "mine"}, "", ""),
        (
            "copper",
            {"tables": "t;usgs_copper_sites", "copper": "mine", "stated": "mine"},
            "mine",
            "",
        ),
        (
            "copper",
            {"tables": "usgs_copper_sites", "copper": "undeveloped", "icmm": "near"},
            "other",
            "",
        ),
        (
            "copper",
            {"tables": "usgs_copper_sites", "copper": "undeveloped", "icmm": "matched"},
            "",
            OTHERWISE,
        ),
        ("copper", {"tables": "usgs_copper_sites"}, "", UNTOLD),
        ("major", {"tables": "usgs_major_deposits"}, "other", ""),
        ("major", {"tables": "usgs_major_deposits", "icmm": "near"}, "", NEAR),
        ("major", {"tables": "usgs_major_deposits", "stated": "mine"}, "", OTHERWISE),
        ("major", {"stated": "mine", "icmm": "matched"}, "", ""),
        ("mrds", {"tables": MRDS, "icmm": "matched"}, "mine", ""),
        ("mrds", {"tables": MRDS}, "other", ""),
        ("all", {"tables": MRDS, "icmm": "matched"}, "", ""),
    ],
)
def test_the_class_of_a_site_and_why_not(trial, row, label, left_out):
    classes = classify_sites(site(**row), TRIALS[trial])
    assert classes.loc[7].tolist() == [label, left_out]


def test_sites_beside_a_mine_of_another_name_can_be_counted():
    row = site(stated="undeveloped", icmm="near")
    assert classify_sites(row, TRIALS["all"], near_counts=True)["label"].tolist() == ["other"]
    mine = site(icmm="matched")
    assert classify_sites(mine, TRIALS["all"], near_counts=True)["label"].tolist() == ["mine"]


def test_every_trial_says_what_it_compares():
    assert next(iter(TRIALS)) == "all"
    for name, trial in TRIALS.items():
        assert trial.name == name
        assert trial.mines
        assert trial.others
