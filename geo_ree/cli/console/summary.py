"""Summaries of a run and of a build."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from geo_ree.pipeline.layers import Layers
from geo_ree.pipeline.result import Result


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)


def _interval(row: pd.Series) -> str:
    return f"{row['rank_p5']:.0f}-{row['rank_p95']:.0f}"


def show_run(result: Result, out: Path) -> None:
    """Print the ten best candidates, those without a rank, and the warnings."""
    console = _console()
    table = Table(title="Infrastructure access score: the ten best candidates")
    for name, right in (
        ("rank", True),
        ("90 % interval", True),
        ("group", True),
        ("deposit", False),
        ("country", False),
        ("score", True),
        ("strengths", False),
        ("weaknesses", False),
    ):
        table.add_column(name, justify="right" if right else "left")
    best = result.table[result.table["role"] == "candidate"].dropna(subset=["rank"]).head(10)
    for _, row in best.iterrows():
        table.add_row(
            str(row["rank"]),
            _interval(row),
            f"{row['tie_group']:.0f}",
            escape(str(row["name"])),
            str(row["country"]),
            f"{row['score']:.1f}",
            escape(str(row["reasons_for"])),
            escape(str(row["reasons_against"])),
        )
    console.print(table)
    report = result.report
    missing = report["without_coordinate"]
    console.print(
        f"{report['ranked']} of {report['candidates']} candidates are ranked. {len(missing)} have no "
        f"published coordinate ({escape(', '.join(missing))})."
    )
    console.print("Within a group the uncertainty exceeds the difference in score.")
    for warning in report["warnings"]:
        console.print(f"warning: {escape(warning)}")
    console.print(f"{report['disclaimer']}")
    console.print(f"written to {escape(str(out))}: tables and run.json", soft_wrap=True)


def show_build(layers: Layers, out: Path) -> None:
    """Print how many deposits the records are, and the ten pairs nearest to probability 0.5."""
    merged = layers.merged
    if merged is None:
        return
    console = _console()
    several = int((merged.deposits["sources"].str.count(";") > 0).sum())
    console.print(
        f"{len(merged.members)} records are {len(merged.deposits)} deposits, {several} of them in "
        f"several records; {len(merged.conflicts)} conflicts are listed."
    )
    hardest = merged.pairs.assign(margin=(merged.pairs["probability"] - 0.5).abs())
    names = merged.members.set_index("record")["name"]
    console.print("The ten hardest pairs:")
    for _, pair in hardest.nsmallest(10, "margin").iterrows():
        verdict = "one deposit" if pair["joined"] else "two"
        far = "" if pd.isna(pair["distance_km"]) else f", {pair['distance_km']:.0f} km"
        console.print(
            escape(
                f"  {names[pair['first']]} ({pair['first']}) and {names[pair['second']]} "
                f"({pair['second']}){far}: {verdict}, probability {pair['probability']:.2f}"
            ),
            soft_wrap=True,
        )
    console.print(
        f"written to {escape(str(out))}: deposits, records, values, conflicts, pairs",
        soft_wrap=True,
    )
