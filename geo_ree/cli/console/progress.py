"""The output of ``geo-ree fetch``: progress while it runs, and a table at the end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from geo_ree.cli.console.printing import make_console
from geo_ree.cli.terminal import echo
from geo_ree.pipeline.fetching import Fetched, Outcome

_HEAD = (
    "source",
    "rows read",
    "kept",
    "skipped",
    "warnings",
    "unrecognised",
    "bytes",
    "seconds",
    "licence",
)
_MOST_TEXTS = 3


@contextmanager
def show_progress() -> Iterator[dict[str, Callable[..., None]]]:
    """Show the progress of downloads on the error stream.

    Yields
    ------
    dict
        The callbacks of `geo_ree.fetch`: on a terminal they draw a bar for each download, with
        its rate and the time left, elsewhere they print a line when a source starts and ends.
    """
    console = make_console(stderr=True, soft_wrap=True)
    if not console.is_terminal:
        yield {
            "on_start": lambda source_id, place: echo(_start(source_id, place), err=True),
            "on_finish": lambda outcome: echo(_line(outcome), err=True),
        }
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}
        lock = threading.Lock()

        def on_start(source_id: str, place: str) -> None:
            with lock:
                tasks[source_id] = bars.add_task(escape(source_id), total=None)

        def on_bytes(source_id: str, received: int, expected: int | None) -> None:
            bars.update(tasks[source_id], completed=received, total=expected)

        def on_finish(outcome: Outcome) -> None:
            with lock:
                bars.remove_task(tasks.pop(outcome.source_id))
            bars.console.print(escape(_line(outcome)))

        yield {"on_start": on_start, "on_bytes": on_bytes, "on_finish": on_finish}


def _start(source_id: str, place: str) -> str:
    if not place:
        return f"{source_id}: no address"
    return f"{source_id}: {'downloading' if '://' in place else 'reading'} {place}"


def _line(outcome: Outcome) -> str:
    if outcome.error:
        return f"failed: {outcome.error}"
    rows = sum(t["rows_read"] for t in outcome.tables)
    state = "unchanged" if outcome.unchanged else f"{outcome.bytes:,} bytes"
    return f"{outcome.source_id}: {rows:,} rows, {state}, {outcome.seconds:.1f} s"


def show_fetched(fetched: Fetched, *, as_json: bool = False) -> int:
    """Print a row for each table that was read, then what failed and what was not tried.

    Returns the exit status: 1 if a source failed, otherwise 0.
    """
    if as_json:
        echo(json.dumps(_plain(fetched), indent=2, ensure_ascii=False))
        return 1 if fetched.failed else 0
    console = make_console()
    most = _MOST_TEXTS if console.is_terminal else None
    rows = [_cells(o, t, most) for o in fetched.outcomes for t in o.tables]
    if console.is_terminal:
        _print_table(console, rows)
    else:
        echo("\t".join(_HEAD))
        for row in rows:
            echo("\t".join(row))
    for source_id, why in fetched.not_tried.items():
        echo(f"not tried: {source_id} ({' '.join(why.split())})")
    for outcome in fetched.failed:
        echo(f"failed: {outcome.error}")
    tried = len(fetched.outcomes)
    echo(f"{tried - len(fetched.failed)} of {tried} sources are available")
    return 1 if fetched.failed else 0


def _print_table(console: Console, rows: Sequence[Sequence[str]]) -> None:
    table = Table(title="fetched")
    for name in _HEAD:
        right = name in ("rows read", "kept", "bytes", "seconds")
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    console.print(table)


def _cells(outcome: Outcome, table: Mapping[str, Any], most: int | None) -> list[str]:
    name = f"{table['id']}/{table['table']}" if table["table"] else table["id"]
    skipped, warnings = (
        "; ".join(f"{n} {why}" for why, n in table[key].items()) for key in ("skipped", "noted")
    )
    cells = [
        name,
        str(table["rows_read"]),
        str(table["kept"]),
        skipped,
        warnings,
        _unrecognised(table, most),
        str(outcome.bytes),
        f"{outcome.seconds:.1f}",
        table["licence"],
    ]
    return [" ".join(c.split()) for c in cells]


def _unrecognised(table: Mapping[str, Any], most: int | None) -> str:
    """List the unrecognised texts of each column; on a terminal only the commonest."""
    lines = []
    for column, texts in table["unrecognised"].items():
        often = sorted(texts.items(), key=lambda item: (-item[1], item[0]))
        shown = ", ".join(f"{text[: most and 40]!r} ({n})" for text, n in often[:most])
        more = f" and {len(often) - most} more" if most and len(often) > most else ""
        lines.append(f"{column}: {shown}{more}")
    return "; ".join(lines)


def _plain(fetched: Fetched) -> dict[str, Any]:
    return {
        "fetched": [asdict(o) for o in fetched.outcomes if not o.error],
        "failed": [{"source_id": o.source_id, "error": o.error} for o in fetched.failed],
        "not_tried": [{"source_id": i, "why": why} for i, why in fetched.not_tried.items()],
    }
