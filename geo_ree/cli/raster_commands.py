"""The commands that write rasters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from geo_ree.cli.shared import (
    Command,
    Variadic,
    box_numbers,
    data,
    inputs,
    make_options,
    preset,
    tell,
)


def _box(_context: Any, _parameter: Any, text: str | None) -> tuple[float, ...] | None:
    """``--bbox 75,42,77,43`` as four numbers."""
    return None if text is None else box_numbers(text)


def _raster(command: Command) -> Command:
    for option in reversed(
        (
            click.option(
                "--resolution",
                default="1 km",
                show_default=True,
                help='Greatest side of a cell: metres, or with its unit: "250 m", "0.01 deg".',
            ),
            click.option(
                "--bbox",
                "box",
                callback=_box,
                metavar="W,S,E,N",
                help="In degrees; over the antimeridian E is beyond 180. [default: the region]",
            ),
            data,
            inputs,
        )
    ):
        command = option(command)
    return command


def _asked(data: Path, box: tuple[float, ...] | None, given: dict[str, Any]) -> tuple[Any, ...]:
    """Settings, options and box of a command."""
    from geo_ree.settings import REGION, Settings

    return Settings.from_environment(data_root=data), make_options(given), box or REGION


@click.command("surface", cls=Variadic)
@click.option("--layer", default="", help="Distance to all features of this layer: railways.")
@click.option("--target", default="", help="Distance as the scores measure it: railway.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The GeoTIFF to write.")
@_raster
def write_surface(
    layer: str, target: str, out: Path, resolution: str, box: Any, data: Path, **given: Any
) -> None:
    """Write how far every place is from the nearest railway, road, town, ... as a GeoTIFF.

    Exact distances over the ellipsoid, in metres. Give --layer or --target.
    """
    from geo_ree.pipeline import rasters as raster_runs

    settings, options, box = _asked(data, box, given)
    raster_runs.write_surface(
        settings,
        options,
        out,
        layer=layer,
        target=target,
        resolution=resolution,
        box=box,
        tell=tell,
    )
    click.echo(f"surface: {out}")


@click.command("suitability", cls=Variadic)
@preset
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("out"),
    show_default=True,
    help="Folder of the GeoTIFFs.",
)
@_raster
def write_suitability(out: Path, resolution: str, box: Any, data: Path, **given: Any) -> None:
    """Write the score of every place, and the distances behind it, as GeoTIFFs."""
    from geo_ree.pipeline import rasters as raster_runs

    settings, options, box = _asked(data, box, given)
    made = raster_runs.write_suitability(
        settings, options, out, resolution=resolution, box=box, tell=tell
    )
    click.echo(f"suitability: {made.path}")
    if made.left_out:
        click.echo(f"unknown everywhere, weight shared out: {', '.join(made.left_out)}")
