"""What the command line prints of a run: the ten best, and what could not be ranked."""

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


def show(result: Result, out: Path) -> None:
    """Print the ten best candidates and what could not be ranked.

    Parameters
    ----------
    result
        Of a run.
    out
        Where its files are.
    """
    console = _console()
    table = Table(title="Infrastructure access score: the ten best candidates")
    for name, right in (
        ("rank", True),
        ("p5-p95", True),
        ("group", True),
        ("deposit", False),
        ("country", False),
        ("score", True),
        ("speaks for it", False),
        ("speaks against it", False),
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
        f"{report['ranked']} of {report['candidates']} candidates ranked. {len(missing)} could not "
        f"be: no source gives them a coordinate ({escape(', '.join(missing))})."
    )
    console.print("Deposits of one group cannot be told apart: the doubt is larger than the gap.")
    for warning in report["warnings"]:
        console.print(f"note: {escape(warning)}")
    console.print(f"{report['disclaimer']}")
    console.print(f"written to {escape(str(out))}: tables and run.json", soft_wrap=True)


def show_built(layers: Layers, out: Path) -> None:
    """Print what merging made of the records, and the likeliest pairs that were kept apart.

    Parameters
    ----------
    layers
        From `geo_ree.pipeline.build`.
    out
        Where its files are.
    """
    merged = layers.merged
    if merged is None:
        return
    console = _console()
    several = int((merged.deposits["sources"].str.count(";") > 0).sum())
    console.print(
        f"{len(merged.members)} records are {len(merged.deposits)} deposits, {several} of them told of "
        f"by several records; {len(merged.conflicts)} disagreements are kept."
    )
    hardest = merged.pairs.assign(doubt=(merged.pairs["probability"] - 0.5).abs())
    names = merged.members.set_index("record")["name"]
    console.print("The ten pairs that were hardest to decide:")
    for _, pair in hardest.nsmallest(10, "doubt").iterrows():
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
