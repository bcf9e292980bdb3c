"""Options and helpers that several commands share; each option is written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo_ree.cli.terminal import echo
from geo_ree.settings import AGGREGATES, Options, Settings

if TYPE_CHECKING:
    from geo_ree.pipeline.records import Result

Decorator = Callable[[Any], Any]

DEFAULTS = Options()

data = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("data"),
    show_default=True,
    help="Folder of fetched and canonical data.",
)


def writable_folder(_context: click.Context, _parameter: click.Parameter, folder: Path) -> Path:
    """Refuse a folder that takes no files, before the work starts."""
    from geo_ree import storage

    storage.check_writable(folder)
    return folder


def writable_file(
    _context: click.Context, _parameter: click.Parameter, path: Path | None
) -> Path | None:
    """Refuse a file that cannot be written, before the work starts."""
    from geo_ree import storage

    if path is not None:
        storage.check_writable(path.parent, [path.name])
    return path


def _out(**more: Any) -> Decorator:
    return click.option(
        "--out",
        type=click.Path(path_type=Path),
        default=Path("out"),
        show_default=True,
        help="Folder of the outputs.",
        **more,
    )


out = _out(callback=writable_folder)
catalog = click.option("--catalog", type=click.Path(), help="TOML file with more sources.")
skip_bad_rows = click.option(
    "--skip-bad-rows",
    is_flag=True,
    help="Skip rows with invalid coordinates and numbers beyond their limits, and count them.",
)
mirror = click.option(
    "--mirror", help="Request URL/host/path instead of https://host/path (or GEO_REE_MIRROR)."
)
offline = click.option("--offline", is_flag=True, help="Open no connection.")
preset = click.option(
    "--preset",
    default=DEFAULTS.preset,
    show_default=True,
    help="Packaged preset, or a TOML file.",
)
targets = click.option("--targets", type=click.Path(), help="TOML file of targets.")
seed = click.option(
    "--seed",
    type=click.IntRange(0),
    default=DEFAULTS.seed,
    show_default=True,
    help="Seed of the draws.",
)


def together(*decorators: Decorator) -> Decorator:
    """One decorator out of several, whose options are listed in this order."""

    def decorate(command: Any) -> Any:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


fresh = click.option(
    "--fresh", is_flag=True, help="Compute everything again; use nothing that is stored."
)
folders = together(data, out)
folders_read = together(data, _out())
sources = together(
    click.option("--only", multiple=True, metavar="SOURCE…", help="Use only these sources."),
    click.option("--without", multiple=True, metavar="SOURCE…", help="Leave these sources out."),
    catalog,
    skip_bad_rows,
    click.option(
        "--commercial",
        is_flag=True,
        help="Leave out sources whose licence does not clearly allow commercial use.",
    ),
)
choices = together(
    sources,
    targets,
    preset,
    click.option(
        "--aggregate", type=click.Choice(AGGREGATES), help="Overrides the aggregate of the preset."
    ),
    click.option(
        "--gateway",
        "gateways",
        multiple=True,
        metavar="NAME",
        help="Measure to this gateway; repeat for more.",
    ),
    click.option(
        "--avoid",
        multiple=True,
        metavar="ISO3",
        help="Exclude gateways to this neighbour, for instance CHN.",
    ),
    click.option(
        "--draws",
        type=click.IntRange(10, 100_000),
        default=DEFAULTS.draws,
        show_default=True,
        help="Monte Carlo draws.",
    ),
    click.option(
        "--concentration",
        type=click.FloatRange(0, 1e6, min_open=True),
        default=DEFAULTS.concentration,
        show_default=True,
        help="How closely drawn weights keep to those of the preset.",
    ),
    seed,
    fresh,
)


def make_options(given: dict[str, Any]) -> Options:
    """Options of a run from those of the command line."""
    return Options(**{**given, "only": words(given["only"]), "without": words(given["without"])})


def run_pipeline(data: Path, given: dict[str, Any], **more: Any) -> Result:
    """Run the pipeline as the command line asks, with progress on standard error."""
    from geo_ree.pipeline import result as pipeline

    settings = Settings.from_environment(data_root=data)
    fresh = given.pop("fresh", False)
    options = make_options(given)
    return pipeline.run(settings, options, tell=tell, fresh=fresh, keep=True, **more)


def words(values: tuple[str, ...]) -> tuple[str, ...]:
    """``--only a,b --only c`` and ``--only "a b"`` name three and two sources."""
    return tuple(word for value in values for word in value.replace(",", " ").split())


def box_numbers(text: str, option: str = "--bbox") -> tuple[float, float, float, float]:
    """``75,42,77,43`` as west, south, east and north; ``world`` as the whole globe."""
    if text.strip().casefold() == "world":
        return -180.0, -90.0, 180.0, 90.0
    try:
        west, south, east, north = (float(word) for word in text.replace(",", " ").split())
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not WEST,SOUTH,EAST,NORTH in degrees, for instance 75,42,77,43, nor world",
            param_hint=option,
        ) from None
    return west, south, east, north


def tell(text: str) -> None:
    """Show a line of progress on standard error."""
    echo(text, err=True)


class Variadic(click.Command):
    """Lets ``--only`` and ``--without`` take several words: ``--only a b c``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the option before each further word."""
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
