"""Commands that hand a run on: the map and its picture, files for other programs, a visit's sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from geo_ree.cli.shared import Variadic, choices, data, folders, make_options, tell


def _run(data: Path, given: dict[str, Any]) -> Any:
    """Do a run that writes nothing."""
    from geo_ree.pipeline import result as pipeline
    from geo_ree.settings import Settings

    settings = Settings.from_environment(data_root=data)
    return pipeline.run(settings, make_options(given), tell=tell)


@click.command("map", cls=Variadic)
@folders
@choices
@click.option("--png", type=click.Path(path_type=Path), help="Also take a picture of it.")
@click.option(
    "--size", metavar="WxH", default="1600x1000", show_default=True, help="Of the picture, pixels."
)
def map_(data: Path, out: Path, png: Path | None, size: str, **given: Any) -> None:
    """Write the map alone, leaving the tables of the last run."""
    from geo_ree import storage
    from geo_ree.outputs import browser

    wide, high = browser.parse_size(size)
    result = _run(data, given)
    with storage.atomic_path(out / "map.html") as path:
        path.write_text(result.to_html(), encoding="utf-8")
    click.echo(f"map: {out / 'map.html'}")
    if png is not None:
        browser.screenshot(out / "map.html", png, width=wide, height=high)
        click.echo(f"picture: {png}")


@click.command(cls=Variadic)
@data
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("out/export"),
    show_default=True,
    help="Folder of the files.",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME[,NAME…]",
    help="gpkg, parquet, kml, geojson, csv, xlsx, cog; all by default.",
)
@click.option(
    "--resolution",
    default="5 km",
    show_default=True,
    help='Of the rasters (cog): greatest side of a cell, "5 km", "0.05 deg".',
)
@choices
def export(data: Path, out: Path, formats: tuple[str, ...], resolution: str, **given: Any) -> None:
    """Write GIS files, tables, rasters and a phone's map, each with its attribution."""
    from geo_ree.outputs.formats import check_formats
    from geo_ree.pipeline.export import ALL_FORMATS, check_resolution
    from geo_ree.pipeline.export import export as export_run

    words = [word for given_word in formats for word in given_word.replace(",", " ").split()]
    names = check_formats(words or ALL_FORMATS)
    check_resolution(resolution)
    for path in export_run(_run(data, given), out, formats=names, resolution=resolution):
        click.echo(path)


@click.command(cls=Variadic)
@click.argument("deposits", nargs=-1, required=True, metavar="DEPOSIT...")
@folders
@choices
@click.option(
    "--within",
    "within_km",
    type=click.FloatRange(1, 2000),
    default=150.0,
    show_default=True,
    help="Deposits this near to each other (km) make one trip.",
)
def visit(data: Path, out: Path, deposits: tuple[str, ...], within_km: float, **given: Any) -> None:
    """Write a sheet to print (visit.html) and a KML (visit.kml) for visiting DEPOSITs.

    DEPOSIT is an id or a name.
    """
    from geo_ree.studies import visit as visits

    plan = visits.plan_visit(_run(data, given), deposits, within_km=within_km)
    for path in visits.write_visit(plan, out):
        click.echo(path)
