"""Published distances beside those of the network: every row, and how many agree.

python benchmarks/bench_distances.py

tests/data/routes/check_figures.csv has the figures with their sources. Those of check_exclusions.csv
are no length of this route, and count neither way. Of the others four in five have to agree within
5 % or 3 km, and each has to be within 10 % unless check_misses.csv names it. Exits with 1 otherwise.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from geo_ree.routing.route_check import MOST_PCT, agrees, check_routes, read_check_table

DATA = Path(__file__).resolve().parents[1] / "tests" / "data" / "routes"
GOAL = 0.8


def main() -> int:
    table = read_check_table(DATA / "check_figures.csv").set_index("id", drop=False)
    excluded, named = reasons("exclusions"), reasons("misses")
    found = check_routes(table)
    met = agrees(found)
    print(f"{'id':<5}{'published':>10}{'computed':>10}{'error':>9}  {'interval':<17} from, to; why")
    for key, row in found.iterrows():
        ends = f"{table.loc[key, 'from']}, {table.loc[key, 'to']}"
        why = excluded.get(key, named.get(key, row["reason"]))
        mark = "excluded" if key in excluded else "" if met[key] else "MISSED"
        error = f"{row['error_pct']:+.1f} %"
        span = f"{row['low_km']:,.1f}-{row['high_km']:,.1f}"
        print(
            f"{key:<5}{row['published_km']:>10,.1f}{row['computed_km']:>10,.1f}{error:>9}  "
            f"{span:<17} {ends}; {'; '.join(text for text in (mark, why) if text)}"
        )
    kept = found.drop(list(excluded))
    share = agrees(kept).mean()
    far = sorted(set(kept.index[~(kept["error_pct"].abs() <= MOST_PCT)]) - set(named))
    print(f"\n{agrees(kept).sum()} of {len(kept)} agree ({share:.0%}, goal {GOAL:.0%});")
    print(f"over {MOST_PCT:g} % and not named: {', '.join(far) or 'none'}")
    return int(share < GOAL or bool(far))


def reasons(name: str) -> dict[str, str]:
    """Why each row of a table is excluded or missed, by id."""
    rows = pd.read_csv(DATA / f"check_{name}.csv", dtype=str)
    return dict(zip(rows["id"], rows["reason"], strict=True))


if __name__ == "__main__":
    sys.exit(main())
