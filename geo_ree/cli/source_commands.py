"""The commands ``fetch``, ``sources`` and ``doctor``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from geo_ree.cli.shared import (
    box_numbers,
    catalog,
    data,
    folders_read,
    mirror,
    offline,
    skip_bad_rows,
    words,
)
from geo_ree.settings import Options, Settings


@click.command()
@click.argument("ids", nargs=-1, metavar="[SOURCE...]")
@click.option("--all", "everything", is_flag=True, help="Every source that can be downloaded.")
@click.option(
    "--file",
    "provided",
    type=click.Path(path_type=Path),
    help="Take this file as the one SOURCE instead of downloading it.",
)
@click.option(
    "--bbox",
    metavar="W,S,E,N",
    help="Part of the world, in degrees, for sources that are fetched by box.",
)
@data
@mirror
@offline
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@catalog
@skip_bad_rows
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

    Exit status: 0 success, 1 some sources failed, 2 wrong usage.
    """
    from geo_ree.cli.console import progress
    from geo_ree.pipeline import fetching

    if bool(ids) == everything:
        raise click.UsageError(
            "name the sources to fetch, or use --all; geo-ree sources lists them"
        )
    with progress.show_progress() as callbacks:
        fetched = fetching.fetch(
            words(ids),
            settings=Settings.from_environment(data_root=data, mirror=mirror, offline=offline),
            options=Options(catalog=catalog, skip_bad_rows=skip_bad_rows),
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


@click.command()
@click.argument("what", nargs=-1, metavar="[list | show NAME | check [SOURCE...]]")
@folders_read
@click.option("--layer", default="", help="Only sources of this layer.")
@click.option("--country", default="", help="Only sources that cover this country.")
@click.option(
    "--status",
    type=click.Choice(["ok", "unverified", "manual", "none"]),
    default=None,
    help="Only sources of this status.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@mirror
@offline
@catalog
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
    from geo_ree.catalog import load_catalog
    from geo_ree.cli.console import source_pages

    settings = Settings.from_environment(data_root=data, mirror=mirror, offline=offline)
    sys.exit(
        source_pages.answer(what, load_catalog(catalog), settings, status=status or "", **asked)
    )


@click.command()
@folders_read
def doctor(data: Path, out: Path) -> None:
    """Check the installation: versions, folders, GDAL and PROJ."""
    from geo_ree.cli.console.doctor import show_installation

    sys.exit(show_installation(data, out))
