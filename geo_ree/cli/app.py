"""The command line: the group of all commands, and how errors end them."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, NoReturn

import click

from geo_ree._version import __version__
from geo_ree.cli.export_commands import export, map_, visit
from geo_ree.cli.raster_commands import write_suitability, write_surface
from geo_ree.cli.run_commands import audit, build, run, score
from geo_ree.cli.scenario_commands import scenario
from geo_ree.cli.source_commands import doctor, fetch, sources
from geo_ree.cli.validate_commands import validate
from geo_ree.errors import GeoReeError
from geo_ree.settings import restrict_gdal


class _Group(click.Group):
    """Turns errors of geo_ree into one line and exit status 2, unless --debug.

    An interrupt (Ctrl-C) ends with status 130.
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
            click.echo("geo-ree: interrupted", err=True)
            _leave(130)


def _leave(status: int) -> NoReturn:
    """End the process, even where a thread still waits for a silent server.

    Nothing is lost: a fetch may be killed at any moment.
    """
    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


@click.group(
    cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """Rare-earth deposits of Central Asia, scored by access to infrastructure, with uncertainty.

    A screening of public data, not investment advice.
    """
    restrict_gdal()  # before any command loads it


for command in (
    run,
    score,
    build,
    audit,
    fetch,
    sources,
    map_,
    export,
    visit,
    scenario,
    validate,
    write_surface,
    write_suitability,
    doctor,
):
    main.add_command(command)
