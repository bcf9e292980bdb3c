"""The command line: every command hands over to the pipeline."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

import click

from geo_ree._version import __version__
from geo_ree.cli.export_commands import export, map_, visit
from geo_ree.cli.raster_commands import write_suitability, write_surface
from geo_ree.cli.scenario_commands import scenario
from geo_ree.cli.shared import Variadic, box_numbers
from geo_ree.cli.shared import choices as _choices
from geo_ree.cli.shared import data as _data
from geo_ree.cli.shared import folders as _folders
from geo_ree.cli.shared import make_options as _options
from geo_ree.cli.shared import tell as _tell
from geo_ree.cli.shared import words as _words
from geo_ree.cli.validate_commands import validate
from geo_ree.errors import GeoReeError


class _Group(click.Group):
    """Turns errors of geo_ree into one line and exit status 2, unless --debug.

    Breaking off with Ctrl-C ends with status 130, as shells have it.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GeoReeError as error:
            if ctx.params.get("debug"):
                raise
            click.echo(f"geo-ree: {' '.join(str(error).split())}", err=True)
            ctx.exit(2)
        except KeyboardInterrupt:
            click.echo("geo-ree: broken off", err=True)
            _leave(130)


def _leave(status: int) -> NoReturn:
    """End the process, even where a thread still waits for a server that is silent.

    Nothing is lost by that: a fetch may be killed at any moment.
    """
    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def _do(data: Path, out: Path, given: dict[str, Any], *, page: bool) -> None:
    from geo_ree.cli.console import summary
    from geo_ree.pipeline import result as pipeline
    from geo_ree.settings import Settings

    options = _options(given)
    result = pipeline.run(
        Settings.from_environment(data_root=data), options, out=out, page=page, tell=_tell
    )
    summary.show(result, out)


@click.group(
    cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """Rare-earth deposits of Central Asia, scored by access to infrastructure, with the doubt shown.

    A screening of public data, not investment advice.
    """


@main.command(cls=Variadic)
@_folders
@_choices
def run(data: Path, out: Path, **given: Any) -> None:
    """Do it all: layers, distances, scores, tables and the map."""
    _do(data, out, given, page=True)
    click.echo(f"map: {out / 'map.html'}")


@main.command(cls=Variadic)
@_folders
@_choices
def score(data: Path, out: Path, **given: Any) -> None:
    """Write the tables without the map."""
    _do(data, out, given, page=False)


@main.command(cls=Variadic)
@_folders
@click.option("--only", multiple=True, metavar="SOURCE…", help="Use these sources alone.")
@click.option("--without", multiple=True, metavar="SOURCE…", help="Leave these sources out.")
@click.option("--catalog", type=click.Path(), help="A TOML file with more sources.")
@click.option("--skip-bad-rows", is_flag=True, help="Set rows with senseless coordinates aside.")
def build(data: Path, out: Path, **given: Any) -> None:
    """Merge all sources into one table of deposits, with its evidence and conflicts."""
    from geo_ree.cli.console import summary
    from geo_ree.pipeline import result as pipeline
    from geo_ree.settings import Settings

    settings = Settings.from_environment(data_root=data)
    summary.show_built(pipeline.build(settings, _options(given), out=out, tell=_tell), out)


@main.command()
@click.argument("ids", nargs=-1, metavar="[SOURCE...]")
@click.option("--all", "everything", is_flag=True, help="Every source that a program may fetch.")
@click.option(
    "--file",
    "provided",
    type=click.Path(path_type=Path),
    help="Take this file of the one SOURCE instead of asking its publisher.",
)
@click.option(
    "--bbox",
    metavar="W,S,E,N",
    help="The part of the world, in degrees, for sources that are fetched by parts.",
)
@_data
@click.option(
    "--mirror", help="Ask URL/host/path instead of https://host/path (or GEO_REE_MIRROR)."
)
@click.option("--offline", is_flag=True, help="Open no connection: only --file works.")
@click.option("--json", "as_json", is_flag=True, help="Print the account as JSON.")
@click.option("--catalog", type=click.Path(), help="A TOML file with more sources.")
@click.option("--skip-bad-rows", is_flag=True, help="Set rows with senseless coordinates aside.")
def fetch(
    ids: tuple[str, ...],
    everything: bool,
    provided: Path | None,
    bbox: str | None,
    data: Path,
    mirror: str | None,
    offline: bool,
    as_json: bool,
    catalog: str | None,
    skip_bad_rows: bool,
) -> None:
    """Fetch public sources into the data folder.

    Exit status: 0 all well, 1 some sources failed, 2 the command is wrong.
    """
    from geo_ree.cli.console import progress
    from geo_ree.pipeline import fetching
    from geo_ree.settings import Options, Settings

    if bool(ids) == everything:
        raise click.UsageError(
            "name the sources to fetch, or use --all; geo-ree sources lists them"
        )
    settings = Settings.from_environment(data_root=data, mirror=mirror, offline=offline)
    options = Options(catalog=catalog, skip_bad_rows=skip_bad_rows)
    with progress.show_progress() as callbacks:
        fetched = fetching.fetch(
            _words(ids),
            settings=settings,
            options=options,
            file=provided,
            box=_box(bbox),
            **callbacks,
        )
    sys.exit(progress.show_fetched(fetched, as_json=as_json))


def _box(text: str | None) -> tuple[float, float, float, float] | None:
    """``--bbox 75,42,77,43`` as four numbers, west before east and south before north."""
    if text is None:
        return None
    west, south, east, north = box = box_numbers(text)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise click.BadParameter(
            f"{text!r}: west must be less than east (-180 to 180), south less "
            "than north (-90 to 90)",
            param_hint="--bbox",
        )
    return box


@main.command()
@click.argument("what", nargs=-1, metavar="[list | show NAME | check [SOURCE...]]")
@_folders
@click.option("--layer", default="", help="Only sources of this layer.")
@click.option("--country", default="", help="Only sources that cover it.")
@click.option(
    "--status",
    type=click.Choice(["ok", "unverified", "manual", "none"]),
    default=None,
    help="Only sources of this status.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON in place of text.")
@click.option("--mirror", help="For check: ask URL/host/path instead of https://host/path.")
@click.option("--offline", is_flag=True, help="For check: open no connection.")
@click.option("--catalog", type=click.Path(), help="A TOML file with more sources.")
def sources(
    what: tuple[str, ...],
    data: Path,
    out: Path,
    mirror: str | None,
    offline: bool,
    catalog: str | None,
    status: str | None,
    **asked: Any,
) -> None:
    """List the sources; show one, or a country; or check which of them answer today.

    NAME is a source, or a country by its name or ISO code.
    """
    from dataclasses import replace

    from geo_ree.catalog import load_catalog
    from geo_ree.cli.console import source_pages
    from geo_ree.settings import Settings

    settings = replace(Settings.from_environment(data_root=data, mirror=mirror), offline=offline)
    sys.exit(
        source_pages.answer(what, load_catalog(catalog), settings, status=status or "", **asked)
    )


@main.command(cls=Variadic)
@_folders
@click.option("--only", multiple=True, metavar="SOURCE…", help="Use these sources alone.")
@click.option("--without", multiple=True, metavar="SOURCE…", help="Leave these sources out.")
@click.option("--catalog", type=click.Path(), help="A TOML file with more sources.")
@click.option("--skip-bad-rows", is_flag=True, help="Set rows with senseless coordinates aside.")
def audit(data: Path, out: Path, **given: Any) -> None:
    """Audit where the deposits are: print what is doubtful, and write it as table and layers."""
    from geo_ree.cli.console import audit as told
    from geo_ree.pipeline import auditing as deposits
    from geo_ree.settings import Settings

    settings = Settings.from_environment(data_root=data)
    located = deposits.audit_deposits(settings, _options(given), tell=_tell)
    told.show(located, deposits.write_audit(located, out), out)


@main.command()
@_folders
def doctor(data: Path, out: Path) -> None:
    """Check the installation: versions, folders, GDAL and PROJ."""
    from geo_ree.cli import doctor as checks

    sys.exit(checks.report(data, out))


for command in (map_, export, scenario, validate, visit, write_surface, write_suitability):
    main.add_command(command)
