"""What several commands of the command line share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from geo_ree.settings import AGGREGATES, SEED, Options

Command = Callable[..., Any]


def data(command: Command) -> Command:
    """Add ``--data``."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path),
        default=Path("data"),
        show_default=True,
        help="Folder of fetched and canonical data.",
    )(command)


def folders(command: Command) -> Command:
    """Add ``--data`` and ``--out``."""
    command = click.option(
        "--out",
        type=click.Path(path_type=Path),
        default=Path("out"),
        show_default=True,
        help="Folder of the outputs.",
    )(command)
    return data(command)


def inputs(command: Command) -> Command:
    """Add which sources count, and what is measured to."""
    for option in reversed(
        (
            click.option(
                "--only", multiple=True, metavar="SOURCE…", help="Use these sources alone."
            ),
            click.option(
                "--without", multiple=True, metavar="SOURCE…", help="Leave these sources out."
            ),
            click.option(
                "--targets", type=click.Path(), help="A TOML file of what is measured to."
            ),
            click.option("--catalog", type=click.Path(), help="A TOML file with more sources."),
            click.option(
                "--skip-bad-rows",
                is_flag=True,
                help="Set rows with senseless coordinates aside, counted.",
            ),
        )
    ):
        command = option(command)
    return command


def preset(command: Command) -> Command:
    """Add ``--preset``."""
    return click.option(
        "--preset",
        default="infrastructure",
        show_default=True,
        help="A packaged preset, or a TOML file.",
    )(command)


def choices(command: Command) -> Command:
    """Add what a run may be asked: sources, targets, preset, gateways and draws."""
    for option in reversed(
        (
            inputs,
            preset,
            click.option(
                "--aggregate",
                type=click.Choice(AGGREGATES),
                help="How values become one score, in place of the preset's word.",
            ),
            click.option(
                "--gateway",
                "gateways",
                multiple=True,
                metavar="NAME",
                help="Count this gateway (again for more).",
            ),
            click.option(
                "--avoid",
                multiple=True,
                metavar="ISO3",
                help="Count no gateway to this neighbour, for instance CHN.",
            ),
            click.option(
                "--draws",
                type=click.IntRange(10, 100_000),
                default=1000,
                show_default=True,
                help="Draws of the uncertainty.",
            ),
            click.option(
                "--concentration",
                type=click.FloatRange(0, 1e6, min_open=True),
                default=50.0,
                show_default=True,
                help="How closely drawn weights keep to the preset's.",
            ),
            click.option("--seed", type=int, default=SEED, show_default=True),
        )
    ):
        command = option(command)
    return command


def make_options(given: dict[str, Any]) -> Options:
    """Make the options of a run from those of the command line."""
    named = {k: words(given[k]) for k in ("only", "without")}
    return Options(**{**given, **named})


def words(values: tuple[str, ...]) -> tuple[str, ...]:
    """``--only a,b --only c`` and ``--only "a b"`` both name three or two sources."""
    return tuple(w for v in values for w in v.replace(",", " ").split())


def box_numbers(text: str) -> tuple[float, float, float, float]:
    """``75,42,77,43`` as west, south, east and north."""
    try:
        west, south, east, north = (float(word) for word in text.replace(",", " ").split())
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not WEST,SOUTH,EAST,NORTH in degrees, for instance 75,42,77,43",
            param_hint="--bbox",
        ) from None
    return west, south, east, north


def tell(text: str) -> None:
    """Show a line of progress, apart from what a command answers."""
    click.echo(text, err=True)


class Variadic(click.Command):
    """Lets ``--only`` and ``--without`` take several words: ``--only a b c``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Give each further word the option before it."""
        out: list[str] = []
        current = ""
        for word in args:
            if word.startswith("-"):
                current = word if word in ("--only", "--without") else ""
                out.append(word)
            elif current and out[-1] != current:
                out += [current, word]
            else:
                out.append(word)
        return super().parse_args(ctx, out)
