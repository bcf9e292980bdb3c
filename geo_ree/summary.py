"""What the command line prints: the ten best, the sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from geo_ree.catalog import Source
from geo_ree.errors import SettingsError
from geo_ree.pipeline import Result


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
        ("rank", True), ("p5-p95", True), ("group", True), ("deposit", False), ("country", False),
        ("score", True), ("speaks for it", False), ("speaks against it", False),
    ):  # fmt: skip
        table.add_column(name, justify="right" if right else "left")
    best = result.table[result.table["role"] == "candidate"].dropna(subset=["rank"]).head(10)
    for _, row in best.iterrows():
        table.add_row(
            str(row["rank"]), _interval(row), f"{row['tie_group']:.0f}", escape(str(row["name"])),
            str(row["country"]), f"{row['score']:.1f}", escape(str(row["reasons_for"])),
            escape(str(row["reasons_against"])),
        )  # fmt: skip
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


def show_sources(known: Mapping[str, Source]) -> None:
    """Print the catalogue, a line each."""
    table = Table(title="sources")
    for name in ("id", "layer", "how", "status", "edition", "licence", "title"):
        table.add_column(name)
    for s in known.values():
        table.add_row(s.id, s.layer, s.protocol, s.status, escape(s.edition), escape(s.licence),
                      escape(s.title))  # fmt: skip
    _console().print(table)


def show_source(known: Mapping[str, Source], source_id: str) -> None:
    """Print all that is known of one source."""
    if source_id not in known:
        raise SettingsError(f"no source is called {source_id!r}", "geo-ree sources lists them")
    source = known[source_id]
    console = _console()
    for name in (
        "id", "title", "publisher", "country", "layer", "protocol", "url", "landing_page",
        "licence", "licence_url", "attribution", "edition", "evidence", "status", "notes",
    ):  # fmt: skip
        if getattr(source, name):
            console.print(f"{name:>13}  {escape(str(getattr(source, name)))}", soft_wrap=True)
    console.print(f"{'coverage':>13}  {', '.join(source.coverage) or 'the whole region'}")
