"""The audit of positions, printed by ``geo-ree audit``: the worst first.

`geo_ree.pipeline.auditing` runs it and writes the files.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich.markup import escape
from rich.table import Table

from geo_ree.cli.console.printing import make_console
from geo_ree.cli.terminal import echo
from geo_ree.deposits import Located

_HEAD = ("flag", "km", "id", "name", "country", "evidence")


def show_audit(located: Located, written: Mapping[str, int], out: Path) -> None:
    """Print a row per deposit and flag, the number of each flag, and the files in ``out``.

    ``written`` has the rows of each file. On a terminal this is a table, elsewhere lines with tabs
    between the columns; nothing is cut short.
    """
    console = make_console()
    rows = [_cells(row) for row in located.audit.astype(object).to_dict("records")]
    if console.is_terminal:
        table = Table(title="Audit of positions, the worst first", show_lines=True)
        for name in _HEAD:
            table.add_column(name, justify="right" if name == "km" else "left", overflow="fold")
        for row in rows:
            table.add_row(*map(escape, row))
        console.print(table)
    else:
        for line in (_HEAD, *rows):
            echo("\t".join(line))
    for text in _summary(located):
        echo(text)
    files = ", ".join(f"{name} ({count} rows)" for name, count in written.items())
    echo(f"written to {out}: {files}")


def _cells(row: Mapping[Hashable, Any]) -> list[str]:
    km = "" if pd.isna(row["distance_km"]) else f"{row['distance_km']:.1f}"
    cells = [row["flag"], km, row["id"], row["name"], row["country"], row["evidence"]]
    return [" ".join(c.split()) if isinstance(c, str) else "" for c in cells]


def _summary(located: Located) -> Iterator[str]:
    deposits, areas = located.deposits, located.areas.astype(object)
    flagged = int((deposits["position_flags"] != "").sum())
    yield f"{flagged} of {len(deposits)} deposits are flagged"
    for flag, count in located.audit["flag"].value_counts(sort=False).items():
        yield f"  {count} {flag}"
    conflicts = areas[areas["kind"] == "contradicting"].drop_duplicates("deposit")
    for row in conflicts.to_dict("records"):
        yield f"published distances of {row['name']} contradict each other: {row['evidence']}"
    for row in areas[areas["kind"] == "not_used"].to_dict("records"):
        yield f"not used: {row['source']}, {row['evidence']}"
