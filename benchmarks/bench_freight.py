"""Print published prices of freight beside the model, and projects elsewhere: make routes."""

from __future__ import annotations

import sys

import pandas as pd

from geo_ree.routing.freight_check import GOAL, check_comparables, check_freight, share_inside


def main() -> int:
    """Print both tables; 1 where the share inside P10 to P90 misses its goal."""
    check = check_freight()
    print("Published prices of freight beside the model, USD per t (prices of their own year)")
    for use, title in (
        ("test", "tested"),
        ("set", "set a unit cost or a factor of packaging: they test nothing"),
    ):
        print(f"\n{title}:")
        print(_format(check[check["use"] == use]))
    left = check["use"].eq("none").sum()
    print(f"\nnot used: {left} rows, each with its reason in freight_quotes.csv")
    tested = check[check["use"] == "test"]
    for mode, group in tested.groupby("mode"):
        print(f"  {mode}: {group['verdict'].eq('inside').sum()} of {len(group)} inside P10 to P90")
    share = share_inside(check)
    print(f"inside P10 to P90: {share:.0f} % of {len(tested)} (goal {GOAL[0]:g} to {GOAL[1]:g} %)")
    for row in tested[tested["verdict"] != "inside"].itertuples():
        print(f"  miss: {row.id} {row.route} ({row.year}) lies {row.verdict}")
    print("\nProjects elsewhere: the model on their kilometres, USD per t of product")
    print(_format(check_comparables()))
    return int(not GOAL[0] <= share <= GOAL[1])


def _format(table: pd.DataFrame) -> str:
    shown = table.drop(columns=["use", "reason"], errors="ignore")
    return shown.to_string(index=False, na_rep="", max_colwidth=48, float_format="{:,.0f}".format)


if __name__ == "__main__":
    sys.exit(main())
