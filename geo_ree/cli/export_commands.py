"""The commands ``map``, ``export`` and ``visit``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from geo_ree.cli.shared import (
    Variadic,
    choices,
    data,
    folders,
    run_pipeline,
    writable_file,
)
from geo_ree.cli.terminal import echo


@click.command("map", cls=Variadic)
@folders
@choices
@click.option(
    "--png",
    type=click.Path(path_type=Path),
    callback=writable_file,
    help="Also write a screenshot.",
)
@click.option(
    "--size",
    metavar="WxH",
    default="1600x1000",
    show_default=True,
    help="Size of the screenshot, pixels.",
)
@click.option(
    "--pdf",
    type=click.Path(path_type=Path),
    callback=writable_file,
    help="Also print the map as PDF: a summary on one sheet, then the best dossiers.",
)
def map_(
    data: Path, out: Path, png: Path | None, size: str, pdf: Path | None, **given: Any
) -> None:
    """Write the map only; the tables of the last run stay."""
    from geo_ree import storage
    from geo_ree.outputs import browser

    wide, high = browser.parse_size(size)
    for file, ending in ((png, "png"), (pdf, "pdf")):
        if file is not None:
            browser.check_name(file, ending)
    result = run_pipeline(data, given)
    with storage.atomic_path(out / "map.html") as path:
        path.write_text(result.to_html(), encoding="utf-8")
    echo(f"map: {out / 'map.html'}")
    if png is not None:
        browser.screenshot(out / "map.html", png, width=wide, height=high)
        echo(f"screenshot: {png}")
    if pdf is not None:
        browser.print_pdf(out / "map.html", pdf)
        echo(f"PDF: {pdf}")


@click.command(cls=Variadic)
@data
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of the files; out/export unless --to is given.",
)
@click.option(
    "--to",
    default="",
    metavar="ADDRESS",
    help="PostGIS database: postgresql://user@host/database, the password in PGPASSWORD.",
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
    help='Cell size of the rasters (cog): "5 km", "0.05 deg".',
)
@click.option(
    "--crs",
    default="",
    metavar="EPSG:CODE",
    help="Add x, y and z in this projected system, for 3-D packages: EPSG:32643.",
)
@choices
def export(
    data: Path,
    out: Path | None,
    to: str,
    formats: tuple[str, ...],
    resolution: str,
    crs: str,
    **given: Any,
) -> None:
    """Write GIS files, tables, rasters and KML for a phone, each with its attribution.

    With --to the run goes into a PostGIS database; files are written then only with --out or --format.
    """
    from geo_ree import storage
    from geo_ree.outputs import postgis
    from geo_ree.outputs.export_formats import check_formats
    from geo_ree.outputs.projected import check_projected
    from geo_ree.pipeline.export import ALL_FORMATS, check_goals, check_resolution
    from geo_ree.pipeline.export import export as export_run

    words = [word for given_word in formats for word in given_word.replace(",", " ").split()]
    names = check_formats(words or ALL_FORMATS)
    if out is None and (words or not to):
        out = Path("out/export")
    check_goals(out, to)
    if out is not None:
        storage.check_writable(out)
        if "cog" in names:
            check_resolution(resolution)
    if crs:
        check_projected(crs)
    if to:
        postgis.check_database(to)
    result = run_pipeline(data, given)
    for path in export_run(result, out, formats=names, resolution=resolution, crs=crs, to=to):
        echo(path)
    if to:
        echo(f"database: {to}, schema {postgis.schema_of(result.report['run_id'])}")


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
    help="Deposits within this distance of each other (km) make one trip.",
)
def visit(data: Path, out: Path, deposits: tuple[str, ...], within_km: float, **given: Any) -> None:
    """Write a printable sheet (visit.html) and a KML (visit.kml) for a site visit to DEPOSITs.

    DEPOSIT is an id or a name.
    """
    from geo_ree.studies import visits

    plan = visits.plan_visit(run_pipeline(data, given), deposits, within_km=within_km)
    for path in visits.write_visit(plan, out):
        echo(path)
