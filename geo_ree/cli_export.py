"""Commands that hand a run on: the map and its picture, files for other programs, a visit's sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from geo_ree.options import Options

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What all commands have in common.

    Parameters
    ----------
    kind
        Class of the commands.
    folders, choices
        Decorators with the options for the folders, and for what a run is asked to do.
    options
        Turns what the latter gave into options.
    tell
        Shows a line of progress.
    """

    kind: type[click.Command]
    folders: Decorator
    choices: Decorator
    options: Callable[[dict[str, Any]], Options]
    tell: Callable[[str], None]

    def run(self, data: Path, given: dict[str, Any]) -> Any:
        """Do a run that writes nothing."""
        from geo_ree import pipeline
        from geo_ree.settings import Settings

        settings = Settings.from_environment(data_root=data)
        return pipeline.run(settings, self.options(given), tell=self.tell)


def register(group: click.Group, shared: Shared) -> None:
    """Add the commands to a group."""
    for make in (_map, _export, _visit):
        group.add_command(make(shared))


def _map(shared: Shared) -> click.Command:
    @click.command("map", cls=shared.kind)
    @shared.folders
    @shared.choices
    @click.option("--png", type=click.Path(path_type=Path), help="Also take a picture of it.")
    @click.option("--size", metavar="WxH", default="1600x1000", show_default=True,
                  help="Of the picture, pixels.")  # fmt: skip
    def command(data: Path, out: Path, png: Path | None, size: str, **given: Any) -> None:
        """Write the map alone, leaving the tables of the last run."""
        from geo_ree import pictures, pipeline, storage

        wide, high = pictures.parse_size(size)
        result = shared.run(data, given)
        with storage.atomic_path(out / "map.html") as path:
            path.write_text(pipeline.render_page(result), encoding="utf-8")
        click.echo(f"map: {out / 'map.html'}")
        if png is not None:
            pictures.photograph(out / "map.html", png, width=wide, height=high)
            click.echo(f"picture: {png}")

    return command


def _export(shared: Shared) -> click.Command:
    @click.command(cls=shared.kind)
    @click.option("--data", type=click.Path(path_type=Path), default=Path("data"),
                  show_default=True, help="Folder of fetched and canonical data.")  # fmt: skip
    @click.option("--out", type=click.Path(path_type=Path), default=Path("out/export"),
                  show_default=True, help="Folder of the files.")  # fmt: skip
    @click.option("--format", "formats", multiple=True, metavar="NAME[,NAME…]",
                  help="gpkg, parquet, kml, geojson, csv, xlsx; all by default.")  # fmt: skip
    @shared.choices
    def export(data: Path, out: Path, formats: tuple[str, ...], **given: Any) -> None:
        """Write GIS files, tables and a phone's map, each with its attribution."""
        from geo_ree import exports

        names = [w for f in formats for w in f.replace(",", " ").split()] or list(exports.FORMATS)
        exports.check_formats(names)
        for path in exports.export(shared.run(data, given), out, formats=names):
            click.echo(path)

    return export


def _visit(shared: Shared) -> click.Command:
    @click.command(cls=shared.kind)
    @click.argument("deposits", nargs=-1, required=True, metavar="DEPOSIT...")
    @shared.folders
    @shared.choices
    @click.option("--within", "within_km", type=click.FloatRange(1, 2000), default=150.0,
                  show_default=True, help="Deposits this near to each other (km) make one trip.")  # fmt: skip
    def visit(
        data: Path, out: Path, deposits: tuple[str, ...], within_km: float, **given: Any
    ) -> None:
        """Write a sheet to print (visit.html) and a KML (visit.kml) for visiting DEPOSITs.

        DEPOSIT is an id or a name.
        """
        from geo_ree import visit as visits

        plan = visits.plan_visit(shared.run(data, given), deposits, within_km=within_km)
        for path in visits.write_visit(plan, out):
            click.echo(path)

    return visit
