"""Summary of sites of the user's own."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from rich.markup import escape
from rich.table import Table

from geo_ree.cli.console.printing import make_console
from geo_ree.pipeline.records import Result

_MOST = 30


def show_sites(result: Result, out: Path) -> None:
    """Print the sites with their ranks, what is missing, and the warnings."""
    console = make_console()
    console = console if console.is_terminal else make_console(width=200)
    scores = result.table
    own = scores[scores["origin"] == "own"]
    among = int(scores.loc[scores["role"] == "candidate", "rank_in_role"].notna().sum())
    whose = "your sites and the published candidates" if len(own) < len(scores) else "your sites"
    table = Table(title=f"Infrastructure access score of {len(own)} sites")
    for name, right in (
        (f"rank of {among}", True),
        ("90 % interval", True),
        ("site", False),
        ("country", False),
        ("score", True),
        ("strengths", False),
        ("weaknesses", False),
    ):
        table.add_column(name, justify="right" if right else "left")
    for _, row in own.head(_MOST).iterrows():
        table.add_row(*_cells(row))
    console.print(table)
    if len(own) > _MOST:
        console.print(f"{len(own) - _MOST} more are in scores.csv")
    if among:
        console.print(f"Ranks are among {whose} that have a score.")
    for warning in result.report["warnings"]:
        console.print(f"warning: {escape(warning)}", soft_wrap=True)
    console.print(f"{result.report['disclaimer']}")
    console.print(f"written to {escape(str(out))}: tables, run.json and map.html", soft_wrap=True)


def _cells(row: pd.Series) -> list[str]:
    ranked = pd.notna(row["rank_in_role"])
    interval = f"{row['rank_p5']:.0f}-{row['rank_p95']:.0f}" if ranked else ""
    return [
        str(row["rank_in_role"]) if ranked else "-",
        interval,
        escape(str(row["name"])),
        "unknown" if pd.isna(row["country"]) else str(row["country"]),
        f"{row['score']:.1f}" if pd.notna(row["score"]) else "none",
        escape(str(row["reasons_for"])) if ranked else "",
        escape(str(row["reasons_against"] if ranked else row["score_note"])),
    ]
