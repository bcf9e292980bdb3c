"""Fit the weights of `geo_ree.merge` to the tuning half of the labelled pairs.

    python tools/tune_merge.py --data DIR

DIR is a data folder with the fetched USGS sources. Prints the weights for
geo_ree/deposits/likeness.toml, and the precision and recall of merging on each part of the labels.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from geo_ree.deposits.grouping import add_stated_links, form_groups
from geo_ree.deposits.pairs import find_pairs
from geo_ree.deposits.similarity import FEATURES, judge_pairs
from geo_ree.pipeline.layers import read_layers
from geo_ree.settings import Options, Settings

LABELS = Path(__file__).parents[1] / "tests" / "data" / "same_deposit.csv"
PRIOR = {
    "likeness": 2.0,
    "same_consonants": 0.5,
    "far": -0.3,
    "very_far": -0.5,
    "alias": -0.5,
    "number_conflict": -4.0,
    "number_one": -0.5,
    "part_conflict": -1.0,
    "works_conflict": -4.0,
    "shared_commodity": 0.5,
    "other_commodity": -1.5,
    "other_country": -1.5,
    "same_source": -1.0,
    "common_name": -0.2,
    "no_place": -0.5,
    "other_far": -0.4,
    "unknown_far": -0.1,
    "same_source_far": -0.2,
    "common_far": -0.2,
    "group": -0.7,
    "alias_far": -0.3,
    "part_opposite": -4.0,
}
"""The weights that a geologist would expect before any pair was labelled (judgement). The labelled
pairs are the hard ones; without these priors, distance would hardly matter."""

JUDGED = {"other_genesis": -1.5, "strange_ore": -3.5}
"""Weights by judgement alone: too few tuning pairs state the deposit types of both records, and few
have ores that one deposit does not have."""

FITTED = tuple(name for name in FEATURES if name not in JUDGED)

RIDGE = 0.5
"""Penalty on the squared deviation of a weight from its prior."""

FIRM = ("far", "very_far", "common_far", "likeness")
"""Features with ten times the penalty: pairs were chosen for labelling among alike names, far apart
as well as near, so they cannot show how much alike names or near places are worth."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    given = options.parse_args()
    records = read_layers(Settings(data_root=given.data), Options()).frames["deposits"]
    pairs = find_pairs(records)
    labels = pd.read_csv(LABELS)
    intercept, weights = fit(labelled(pairs, records, labels[labels["half"] == "tune"]))
    print(f"[model]\nintercept = {intercept:.2f}\n\n[weights]")
    for name, weight in {**dict(zip(FITTED, weights, strict=True)), **JUDGED}.items():
        print(f"{name} = {weight:.2f}")
    judged = judge_pairs(pairs)
    group = form_groups(len(records), add_stated_links(judged, records))
    deposit = dict(zip(records["id"], records["id"].to_numpy()[group], strict=True))
    for half, rows in labels.groupby("half", sort=False):
        counts = count_agreement(rows, deposit)
        print(half, ", ".join(f"{name} {value:.3g}" for name, value in counts.items()))


def labelled(pairs: pd.DataFrame, records: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Select the pairs that were compared and labelled same or different, with ``same``."""
    ids = records["id"].to_numpy()
    known = pairs.assign(a=ids[pairs["first"]], b=ids[pairs["second"]])
    sure = labels[labels["label"] != "unclear"]
    both = pd.concat([sure, sure.rename(columns={"first": "second", "second": "first"})])
    joined = known.merge(
        both[["first", "second", "label"]], left_on=["a", "b"], right_on=["first", "second"]
    )
    return joined.assign(same=(joined["label"] == "same").astype(float))


def fit(table: pd.DataFrame) -> tuple[float, np.ndarray]:
    """Fit a logistic regression with a ridge towards `PRIOR`; no weight may change its sign."""
    prior = np.array([PRIOR[name] for name in FITTED])
    hold = np.array([RIDGE * (10.0 if name in FIRM else 1.0) for name in FITTED])
    x = np.column_stack([np.ones(len(table)), table[list(FITTED)].to_numpy(dtype=float)])
    y = table["same"].to_numpy()

    def cost(beta: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ beta
        off = beta[1:] - prior
        loss = np.logaddexp(0.0, z).sum() - y @ z + 0.5 * hold @ off**2
        slope = x.T @ (1.0 / (1.0 + np.exp(-z)) - y) + np.r_[0.0, hold * off]
        return float(loss), slope

    bounds = [(None, None), *((0.0, None) if w > 0 else (None, 0.0) for w in prior)]
    found = minimize(cost, np.zeros(x.shape[1]), jac=True, bounds=bounds, method="L-BFGS-B")
    return float(found.x[0]), found.x[1:]


def count_agreement(labels: pd.DataFrame, deposit: Mapping[str, str]) -> dict[str, float]:
    """Compare labelled pairs (``first``, ``second``, ``label``) with the deposits of their records.

    Pairs labelled unclear, or with a record that has no deposit, do not count.
    """
    counts = {(label, joined): 0 for label in ("same", "different") for joined in (True, False)}
    for first, second, label in labels[["first", "second", "label"]].itertuples(index=False):
        if label != "unclear" and first in deposit and second in deposit:
            counts[label, deposit[first] == deposit[second]] += 1
    right, wrong = counts["same", True], counts["different", True]
    missed = counts["same", False]
    return {
        "joined_right": right,
        "joined_wrong": wrong,
        "missed": missed,
        "apart_right": counts["different", False],
        "precision": right / (right + wrong) if right + wrong else float("nan"),
        "recall": right / (right + missed) if right + missed else float("nan"),
    }


if __name__ == "__main__":
    main()
