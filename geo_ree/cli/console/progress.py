"""What a fetch shows: bars on a terminal, plain lines elsewhere, and its account at the end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from geo_ree.pipeline.fetching import Outcome, Watch

_HEAD = (
    "source",
    "rows read",
    "kept",
    "set aside",
    "noted",
    "not understood",
    "bytes",
    "seconds",
    "licence",
)
_MOST_TEXTS = 3


@contextmanager
def watching() -> Iterator[Watch]:
    """Show the progress of downloads on the error stream.

    Yields
    ------
    Watch
        With a bar for each download, its rate and the time left, on a terminal; with a plain
        line at the start and the end of each source elsewhere.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if console.is_terminal:
        with _bars(console) as bars:
            yield _watch_bars(bars)
    else:
        yield Watch(
            started=lambda source_id, place: click.echo(_start(source_id, place), err=True),
            finished=lambda outcome: click.echo(_line(outcome), err=True),
        )


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def _watch_bars(bars: Progress) -> Watch:
    tasks: dict[str, Any] = {}
    lock = threading.Lock()

    def started(source_id: str, url: str) -> None:
        with lock:
            tasks[source_id] = bars.add_task(escape(source_id), total=None)

    def received(source_id: str, now: int, of: int | None) -> None:
        bars.update(tasks[source_id], completed=now, total=of)

    def finished(outcome: Outcome) -> None:
        with lock:
            bars.remove_task(tasks.pop(outcome.source_id))
        bars.console.print(escape(_line(outcome)))

    return Watch(started=started, received=received, finished=finished)


def _start(source_id: str, place: str) -> str:
    if not place:
        return f"{source_id}: no address is known"
    return f"{source_id}: {'asking' if '://' in place else 'taking'} {place}"


def _line(outcome: Outcome) -> str:
    if outcome.error:
        return f"failed: {outcome.error}"
    rows = sum(t["rows_read"] for t in outcome.tables)
    state = "unchanged" if outcome.unchanged else f"{outcome.bytes:,} bytes"
    return f"{outcome.source_id}: {rows:,} rows, {state}, {outcome.seconds:.1f} s"


def show_outcomes(
    outcomes: Sequence[Outcome], not_tried: Mapping[str, str], *, as_json: bool = False
) -> int:
    """Print a row for each table that was read, then what failed and what was not tried.

    Parameters
    ----------
    outcomes, not_tried
        From `geo_ree.collect.fetch_sources`.
    as_json
        Print one JSON object for machines instead.

    Returns
    -------
    int
        Exit status: 0 when all went well, 1 when a source failed.
    """
    failed = [o for o in outcomes if o.error]
    if as_json:
        click.echo(json.dumps(_plain(outcomes, not_tried), indent=2, ensure_ascii=False))
        return 1 if failed else 0
    console = Console(highlight=False)
    most = _MOST_TEXTS if console.is_terminal else None
    rows = [_cells(o, t, most) for o in outcomes for t in o.tables]
    if console.is_terminal:
        _print_table(console, rows)
    else:
        click.echo("\t".join(_HEAD))
        for row in rows:
            click.echo("\t".join(row))
    for source_id, why in not_tried.items():
        click.echo(f"not tried: {source_id} ({' '.join(why.split())})")
    for outcome in failed:
        click.echo(f"failed: {outcome.error}")
    click.echo(f"{len(outcomes) - len(failed)} of {len(outcomes)} sources are at hand")
    return 1 if failed else 0


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
    aside, noted = (
        "; ".join(f"{n} {why}" for why, n in table[key].items()) for key in ("skipped", "noted")
    )
    cells = [
        name,
        str(table["rows_read"]),
        str(table["kept"]),
        aside,
        noted,
        _odd_texts(table, most),
        str(outcome.bytes),
        f"{outcome.seconds:.1f}",
        table["licence"],
    ]
    return [" ".join(c.split()) for c in cells]


def _odd_texts(table: Mapping[str, Any], most: int | None) -> str:
    """Name the texts of each column that no rule knows; only the commonest where room is short."""
    told = []
    for column, texts in table["unrecognised"].items():
        often = sorted(texts.items(), key=lambda item: (-item[1], item[0]))
        shown = ", ".join(f"{text[: most and 40]!r} ({n})" for text, n in often[:most])
        more = f" and {len(often) - most} more" if most and len(often) > most else ""
        told.append(f"{column}: {shown}{more}")
    return "; ".join(told)


def _plain(outcomes: Sequence[Outcome], not_tried: Mapping[str, str]) -> dict[str, Any]:
    return {
        "fetched": [asdict(o) for o in outcomes if not o.error],
        "failed": [{"source_id": o.source_id, "error": o.error} for o in outcomes if o.error],
        "not_tried": [{"source_id": i, "why": why} for i, why in not_tried.items()],
    }
