"""Compare `geo_ree.merge` with the library recordlinkage on the labelled pairs.

    python tools/compare_linkage.py --data DIR

DIR is a data folder with the fetched USGS sources. recordlinkage and scikit-learn are no
dependencies of geo_ree: install them in an environment of their own that has geo_ree too. Every method
learns from the half `tune`, gets the same candidate pairs and the same grouping, and is measured on
the parts `test` and `blind`.
"""

import argparse
from pathlib import Path

import pandas as pd
from tune_merge import LABELS, count_agreement, labelled

from geo_ree.deposits.grouping import add_stated_links, form_groups
from geo_ree.deposits.pairs import find_pairs
from geo_ree.deposits.similarity import FEATURES, coordinates, judge_pairs
from geo_ree.pipeline.layers import read_layers
from geo_ree.settings import Options, Settings

PARTS = ("test", "blind")


def main() -> None:
    import recordlinkage as rl  # noqa: PLC0415
    from sklearn.ensemble import GradientBoostingClassifier  # noqa: PLC0415

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    given = options.parse_args()
    records = read_layers(Settings(data_root=given.data), Options()).frames["deposits"]
    records = records.reset_index(drop=True)
    labels = pd.read_csv(LABELS)
    judged = judge_pairs(find_pairs(records))
    ends = pd.MultiIndex.from_arrays([judged["first"], judged["second"]])
    known = labelled(judged, records, labels[labels["half"] == "tune"])
    learned = pd.MultiIndex.from_arrays([known["first_x"], known["second_x"]])
    same = learned[known["same"] > 0]

    def report(name: str, pairs: pd.DataFrame) -> None:
        group = form_groups(len(records), add_stated_links(pairs, records))
        deposit = dict(zip(records["id"], records["id"].to_numpy()[group], strict=True))
        for part in PARTS:
            found = count_agreement(labels[labels["half"] == part], deposit)
            print(f"{name}, {part}: {found['precision']:.3f} {found['recall']:.3f}")

    report("geo_ree", judged)
    own = compare(rl, records, ends)
    free = judged.assign(apart=False)
    logistic = rl.LogisticRegressionClassifier()
    logistic.fit(own.loc[learned], same)
    report("logistic, own comparisons", free.assign(probability=logistic.prob(own).to_numpy()))
    alike = (own > 0.85).astype(int)
    ecm = rl.ECMClassifier()
    ecm.fit(alike)
    report("Fellegi-Sunter (ECM)", free.assign(probability=ecm.prob(alike).to_numpy()))
    features = judged[list(FEATURES)].set_axis(ends)
    logistic.fit(features.loc[learned], same)
    probability = logistic.prob(features).to_numpy()
    report("logistic, features of geo_ree", judged.assign(probability=probability))
    trees = GradientBoostingClassifier(random_state=0)
    trees.fit(features.loc[learned], known["same"])
    probability = trees.predict_proba(features)[:, 1]
    report("gradient boosting, features of geo_ree", judged.assign(probability=probability))


def compare(rl, records: pd.DataFrame, ends: pd.MultiIndex) -> pd.DataFrame:
    """Compare the pairs as the documentation of recordlinkage proposes."""
    longitude, latitude = coordinates(records)
    texts = {c: records[c].fillna("").str.lower() for c in ("name", "aliases", "deposit_type")}
    main = records["commodities"].fillna("").str.split(";").str[0]
    exact = {"main": main, "country": records["country"].fillna(""), "table": records["source_id"]}
    table = pd.DataFrame({**texts, **exact, "lon": longitude, "lat": latitude})
    both = rl.Compare()
    for left, right in (("name", "name"), ("aliases", "name"), ("name", "aliases")):
        both.string(left, right, method="jarowinkler")
    both.string("name", "name", method="levenshtein")
    both.string("deposit_type", "deposit_type", method="jarowinkler")
    both.geo("lat", "lon", "lat", "lon", method="exp", offset=2, scale=15, missing_value=0.5)
    for column in exact:
        both.exact(column, column)
    return both.compute(ends, table)


if __name__ == "__main__":
    main()
