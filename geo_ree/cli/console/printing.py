"""Print paragraphs, rows and facts: wrapped and drawn on a terminal, whole lines elsewhere.

Everything that the command line prints goes through `geo_ree.cli.terminal.echo` or a console of
`make_console`: texts of data and of servers cannot steer the terminal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderHook, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from geo_ree.cli.terminal import echo
from geo_ree.safe_text import printable


class _Printable:
    """Something drawn, without what would steer a terminal; its own colours stay."""

    def __init__(self, inner: RenderableType) -> None:
        self.inner = inner

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in console.render(self.inner, options):
            yield part if part.control else Segment(printable(part.text), part.style)


class _Guard(RenderHook):
    def process_renderables(self, renderables: list[Any]) -> list[Any]:
        """Wrap all that a console draws."""
        return [_Printable(one) for one in renderables]


def make_console(**options: Any) -> Console:
    """Make a console that texts of data and of servers cannot steer."""
    console = Console(highlight=False, **options)
    console.push_render_hook(_Guard())
    return console


def say(text: str = "", *, indent: int = 0, console: Console | None = None) -> None:
    """Print a paragraph: wrapped on a terminal, one line elsewhere."""
    console = console or make_console()
    if console.is_terminal:
        console.print(Padding(Text(text), (0, 0, 0, indent)))
    else:
        console.out(f"{' ' * indent}{text}".rstrip(), highlight=False)


def say_rows(
    rows: Sequence[Mapping[str, str]], *, brief: Sequence[str] = (), console: Console | None = None
) -> None:
    """Print rows that have the same names; a terminal, which is narrow, shows only `brief`."""
    console = console or make_console()
    if not rows:
        say("none", console=console)
        return
    names = list(rows[0])
    if console.is_terminal:
        names = [n for n in names if not brief or n in brief]
        table = Table()
        for name in names:  # an id that is cut cannot be copied
            table.add_column(name, overflow="fold", no_wrap=name == names[0])
        for row in rows:
            table.add_row(*(Text(row[n]) for n in names))
        console.print(table)
        return
    widths = [max(len(n), *(len(r[n]) for r in rows)) for n in names]
    for cells in (names, *([r[n] for n in names] for r in rows)):
        line = "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True))
        console.out(line.rstrip(), highlight=False)


def say_facts(facts: Mapping[str, str], *, console: Console | None = None) -> None:
    """Print names with their values, the names in a column of their own."""
    console = console or make_console()
    width = max(map(len, facts))
    if not console.is_terminal:
        for name, text in facts.items():
            say(f"{name:>{width}}  {text}", console=console)
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in facts.items():
        grid.add_row(Text(name), Text(text))
    console.print(grid)


def say_json(value: Any) -> None:
    """Print a value as JSON."""
    echo(json.dumps(value, indent=2, ensure_ascii=False))
