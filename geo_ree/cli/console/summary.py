"""Summaries of a run and of a build."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from geo_ree.cli.console.printing import make_console
from geo_ree.pipeline.records import Layers, Result
from geo_ree.schema import FIRST_STAGES


def _console() -> Console:
    console = make_console()
    return console if console.is_terminal else make_console(width=200)


def _interval(row: pd.Series) -> str:
    return f"{row['rank_p5']:.0f}-{row['rank_p95']:.0f}"


def _ids(joined: object) -> list[str]:
    return joined.split(";") if isinstance(joined, str) and joined else []


def _ranks_text(ranks: list[int]) -> str:
    """Ranks as text, neighbours joined: ``2-5, 7``."""
    parts: list[list[int]] = []
    for rank in sorted(ranks):
        if parts and parts[-1][-1] == rank - 1:
            parts[-1].append(rank)
        else:
            parts.append([rank])
    return ", ".join(f"{p[0]}-{p[-1]}" if len(p) > 1 else str(p[0]) for p in parts) or "none"


def _stage(row: pd.Series) -> str:
    return "unknown" if pd.isna(row["stage"]) else str(row["stage"]).replace("_", " ")


def _rank_in_stage(row: pd.Series) -> str:
    if pd.isna(row["rank_in_stage"]):
        return ""
    low, high = row["rank_in_stage_p5"], row["rank_in_stage_p95"]
    return f"{row['rank_in_stage']} ({low:.0f}-{high:.0f})"


def show_run(result: Result, out: Path) -> None:
    """Print the ten best candidates of the first stages and of the others, and the warnings."""
    console = _console()
    table = Table(title="Infrastructure access score: the ten best candidates, by stage")
    for name, right in (
        ("rank", True),
        ("90 % interval", True),
        ("not separable from ranks", True),
        ("deposit", False),
        ("country", False),
        ("stage", False),
        ("rank in stage", True),
        ("score", True),
        ("strengths", False),
        ("weaknesses", False),
    ):
        table.add_column(name, justify="right" if right else "left")
    ranks = result.table.set_index("id")["rank_in_role"]
    ranked = result.table[result.table["role"] == "candidate"].dropna(subset=["rank_in_role"])
    first = ranked["stage"].isin(FIRST_STAGES)
    for rows in (ranked[first].head(10), ranked[~first].head(10)):
        for _, row in rows.iterrows():
            table.add_row(
                str(row["rank_in_role"]),
                _interval(row),
                _ranks_text([int(ranks[i]) for i in _ids(row["not_separable_from"])]),
                escape(str(row["name"])),
                str(row["country"]),
                _stage(row),
                _rank_in_stage(row),
                f"{row['score']:.1f}",
                escape(str(row["reasons_for"])),
                escape(str(row["reasons_against"])),
            )
        table.add_section()
    console.print(table)
    console.print(
        "First come candidates whose rare earths were produced, have a resource under a reporting "
        "code or are in a state register; then the others. Ranks are over all candidates."
    )
    report = result.report
    missing = report["without_coordinate"]
    console.print(
        f"{report['ranked']} of {report['candidates']} candidates are ranked. {len(missing)} have no "
        f"published coordinate ({escape(', '.join(missing))})."
    )
    console.print(
        "Two deposits cannot be told apart where the chance of their order is between 5 and 95 % "
        "(pairwise.csv)."
    )
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
