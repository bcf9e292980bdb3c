"""Measure how often the error of a chosen position covers a position that was left out.

    python tools/check_positions.py --data DIR

DIR is a data folder with the fetched USGS sources. Each deposit with two or more hands (publications
that do not repeat each other) is located again without one of them, for each of them. Prints the
tables of docs/positions.md, failures first.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from geo_ree.crs import distance_m
from geo_ree.deposits import Located, Merged
from geo_ree.deposits.positions import (
    choose_positions,
    gather_positions,
    pair_positions,
    position_errors,
)
from geo_ree.pipeline.layers import load_layers
from geo_ree.settings import Options, Settings

SOUND = ("chosen", "copy", "counted", "outvoted", "coarse")
"""Verdicts of positions that nothing but another position contradicts."""

FINEST_TRUTH_M = 8_000.0
"""A coarser position cannot judge another one."""

_COLUMNS = (
    "deposit",
    "name",
    "record",
    "class",
    "hands",
    "error_km",
    "own_km",
    "away_km",
    "covered",
)


def leave_one_out(merged: Merged, located: Located) -> pd.DataFrame:
    """Locate each deposit without one hand, for each of its hands.

    Returns
    -------
    pandas.DataFrame
        A row per position left out: ``deposit``, ``name``, ``record`` (left out), ``class`` and
        ``error_km`` of the position chosen without it, ``hands`` (those that were left),
        ``away_km`` between the two, ``own_km`` (the error of the one left out) and ``covered``.
    """
    table = _sound_positions(merged, located)
    parts = []
    several = table.groupby("deposit")["publication"].transform("nunique") > 1
    for label, row in table[several].iterrows():
        rest = table[
            (table["deposit"] == row["deposit"])
            & (table["publication"] != row["publication"])
            & (table["witness"] != row["witness"])
        ]
        if len(rest) and row["own_error_m"] < FINEST_TRUTH_M:
            parts.append(rest.assign(deposit=label))
    if not parts:
        return pd.DataFrame(columns=list(_COLUMNS))
    trial = pd.concat(parts).reset_index(drop=True)
    trial["witness"] = trial.groupby(["deposit", "witness"], sort=False).ngroup()
    no = pd.Series(data=False, index=trial.index)
    outside = pd.Series(0.0, trial.index)
    judged = choose_positions(trial, pair_positions(trial), outside, no, no)
    chosen = trial[judged["verdict"] == "chosen"].join(position_errors(trial, judged, outside))
    truth = table.loc[chosen["deposit"].tolist()].reset_index(drop=True)
    chosen = chosen.reset_index(drop=True)
    sides = (chosen["longitude"], chosen["latitude"], truth["longitude"], truth["latitude"])
    away = distance_m(*(side.to_numpy(dtype=np.float64) for side in sides))
    hands = trial.groupby("deposit")["publication"].nunique()
    return pd.DataFrame(
        {
            "deposit": truth["deposit"],
            "name": truth["name"],
            "record": truth["record"],
            "class": chosen["precision_class"],
            "hands": chosen["deposit"].map(hands),
            "error_km": chosen["error_m"] / 1000.0,
            "own_km": truth["own_error_m"] / 1000.0,
            "away_km": away / 1000.0,
            "covered": away <= chosen["error_m"].to_numpy() + truth["own_error_m"].to_numpy(),
        }
    )


def _sound_positions(merged: Merged, located: Located) -> pd.DataFrame:
    """The positions that count, with the class that `locate` gave them."""
    members = merged.members.assign(publication=merged.members["source_id"])
    table = gather_positions(merged.deposits, members)
    judged = located.positions.drop_duplicates("record").set_index("record")
    verdict = table["record"].map(judged["verdict"])
    filing = table["record"].map(judged["precision_class"]) == "named_place"
    table["precision_class"] = table["precision_class"].mask(filing, "named_place")
    table["own_error_m"] = table["own_error_m"].mask(filing, table["own_error_m"].clip(lower=2e4))
    return table[verdict.isin(SOUND)]


def tabulate(trials: pd.DataFrame, by: str) -> pd.DataFrame:
    """Share covered and distances, the worst first; classes of fewer than 5 trials are left out."""
    groups = trials.groupby(by)
    out = pd.DataFrame(
        {
            "left out": groups.size(),
            "covered": (100.0 * groups["covered"].mean()).round(),
            "median error (km)": groups["error_km"].median().round(1),
            "median distance (km)": groups["away_km"].median().round(1),
            "nine in ten within (km)": groups["away_km"].quantile(0.9).round(1),
        }
    )
    return out[out["left out"] >= 5].sort_values("covered").reset_index()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path)
    folder = parser.parse_args().data
    layers = load_layers(Settings(data_root=folder), Options(), lambda _: None)
    trials = leave_one_out(layers.merged, layers.located)
    print(
        f"{len(trials)} positions of {trials['deposit'].nunique()} deposits were left out in turn;"
    )
    print(f"{100.0 * trials['covered'].mean():.0f} % are covered\n")
    for by in ("class", "hands"):
        rows = tabulate(trials, by)
        print("| " + " | ".join(rows.columns) + " |\n|" + "---|" * len(rows.columns))
        for row in rows.itertuples(index=False):
            print("| " + " | ".join(f"{v:g}" if not isinstance(v, str) else v for v in row) + " |")
        print()
    worst = trials[~trials["covered"]].sort_values("away_km", ascending=False)
    columns = ["name", "record", "class", "error_km", "away_km"]
    print(worst[columns].round(1).head(25).to_string(index=False))


if __name__ == "__main__":
    main()
