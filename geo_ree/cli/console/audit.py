"""What the command line prints of the audit of positions: the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from geo_ree.deposits import Located

_HEAD = ("flag", "km", "id", "name", "country", "evidence")


def show_audit(located: Located, written: Mapping[str, int], out: Path) -> None:
    """Print the audit, a row a deposit and flag, then how many there are of each.

    Parameters
    ----------
    located
        From `geo_ree.deposits.audit_deposits`.
    written
        Rows in each file.
    out
        The folder they are in.

    Notes
    -----
    A table on a terminal, lines with tabs between the columns elsewhere; nothing is cut short.
    """
    console = Console(highlight=False)
    if console.is_terminal:
        table = Table(title="Audit of positions, the worst first", show_lines=True)
        for name in _HEAD:
            table.add_column(name, justify="right" if name == "km" else "left", overflow="fold")
        for row in _rows(located.audit):
            table.add_row(*map(escape, row))
        console.print(table)
    else:
        click.echo("\t".join(_HEAD))
        for row in _rows(located.audit):
            click.echo("\t".join(row))
    for line in _summary(located):
        click.echo(line)
    files = ", ".join(f"{name} ({rows} rows)" for name, rows in written.items())
    click.echo(f"written to {out}: {files}")


def _rows(audit: pd.DataFrame) -> Iterator[list[str]]:
    for row in audit.astype(object).to_dict("records"):
        km = "" if pd.isna(row["distance_km"]) else f"{row['distance_km']:.1f}"
        cells = [row["flag"], km, row["id"], row["name"], row["country"], row["evidence"]]
        yield [" ".join(str(c).split()) if isinstance(c, str) else "" for c in cells]


def _summary(located: Located) -> Iterator[str]:
    deposits = located.deposits
    flagged = int((deposits["flags"] != "").sum())
    yield f"{flagged} of {len(deposits)} deposits are flagged"
    for flag, count in located.audit["flag"].value_counts(sort=False).items():
        yield f"  {count} {flag}"
    conflicts = located.areas[located.areas["kind"] == "contradicting"].drop_duplicates("deposit")
    for row in conflicts.astype(object).to_dict("records"):
        yield f"published distances of {row['name']} contradict each other: {row['evidence']}"
    for row in located.areas[located.areas["kind"] == "not_used"].astype(object).to_dict("records"):
        yield f"not used: {row['source']}, {row['evidence']}"
