"""Print flags as tables that fit into 100 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from geo_ree.cli.console.printing import make_console, say
from geo_ree.outputs.flag_words import flag_words
from geo_ree.settings import DISCLAIMER

_WIDTH = 100
_DATE = len("2026-11-29")
_STYLES = {"stop": "bold red", "caution": "yellow", "note": "", "unknown": "dim"}


def show_flags(names: Mapping[str, str], found: pd.DataFrame, *, whole: bool) -> None:
    """Print the flags of deposits: each fact, or the number of each severity and the worst flag.

    Parameters
    ----------
    names
        Id -> name, in the order of the table.
    found
        Rows of the published table ``flags``.
    whole
        Print every fact with its date and source.
    """
    if whole:
        for deposit, name in names.items():
            _show_deposit(name, found[found["deposit_id"] == deposit])
    else:
        _show_counts(names, found)
    say(
        "Facts beside the score, never part of it; unknown means that no source covers the deposit."
    )
    say("--format csv has value, unit, source and licence of each; docs/flags.md has the rules.")
    say(DISCLAIMER)


def _show_deposit(name: str, rows: pd.DataFrame) -> None:
    known = rows[rows["severity"] != "unknown"]
    table = _table(name, ("severity", "flag", "fact", "date"))
    for row in known.to_dict("records"):
        severity = Text(row["severity"], style=_STYLES[row["severity"]])
        date = row["date"] if isinstance(row["date"], str) and len(row["date"]) <= _DATE else ""
        table.add_row(severity, *map(Text, (row["flag"].replace("_", " "), row["fact"], date)))
    _print(table)
    for lines in flag_words(rows[rows["severity"] == "unknown"]).values():
        say(f"not known: {lines[0][1]}")
    if rows.empty:
        say("no flag")
    say()


def _show_counts(names: Mapping[str, str], found: pd.DataFrame) -> None:
    table = _table("", ("deposit", *_STYLES, "flags, the worst first"))
    for deposit, name in names.items():
        rows = found[found["deposit_id"] == deposit]
        known = rows[rows["severity"] != "unknown"]["flag"].str.replace("_", " ")
        counts = (str(int((rows["severity"] == severity).sum())) for severity in _STYLES)
        table.add_row(*map(Text, (name, *counts, "; ".join(dict.fromkeys(known)))))
    _print(table)


def _table(title: str, heads: Sequence[str]) -> Table:
    table = Table(title=Text(title) if title else None, title_justify="left", box=SIMPLE_HEAD)
    for head in heads:
        numbers = head in _STYLES
        table.add_column(
            head, justify="right" if numbers else "left", overflow="fold", no_wrap=numbers
        )
    return table


def _print(table: Table) -> None:
    console = make_console()
    if not console.is_terminal:
        console = make_console(width=_WIDTH)
    if table.row_count:
        console.print(table)
