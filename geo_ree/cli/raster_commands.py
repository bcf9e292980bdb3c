"""The commands ``surface`` and ``suitability``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from geo_ree.cli.shared import (
    Variadic,
    box_numbers,
    data,
    make_options,
    out,
    preset,
    sources,
    targets,
    tell,
    together,
    writable_file,
)
from geo_ree.cli.terminal import echo


def _box(_context: Any, _parameter: Any, text: str | None) -> tuple[float, ...] | None:
    """``--bbox 75,42,77,43`` as four numbers."""
    return None if text is None else box_numbers(text)


_grid = together(
    click.option(
        "--resolution",
        default="1 km",
        show_default=True,
        help='Cell size: metres, or with its unit: "250 m", "0.01 deg".',
    ),
    click.option(
        "--bbox",
        "box",
        callback=_box,
        metavar="W,S,E,N",
        help="In degrees; across the antimeridian E is beyond 180. [default: the region]",
    ),
    data,
    sources,
    targets,
)


def _asked(data: Path, box: tuple[float, ...] | None, given: dict[str, Any]) -> tuple[Any, ...]:
    """Settings, options and box of a command."""
    from geo_ree.settings import REGION, Settings

    return Settings.from_environment(data_root=data), make_options(given), box or REGION


@click.command("surface", cls=Variadic)
@click.option(
    "--layer",
    default="",
    help="Distance to every feature in use of this layer, for instance railways.",
)
@click.option(
    "--target", default="", help="Distance to this target of the scores, for instance railway."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    callback=writable_file,
    help="GeoTIFF to write.",
)
@_grid
def write_surface(
    layer: str, target: str, out: Path, resolution: str, box: Any, data: Path, **given: Any
) -> None:
    """Write the distance of every cell to the nearest railway, road, town, ... as a GeoTIFF.

    Geodesic distances in metres. Give --layer or --target.
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
    echo(f"surface: {out}")


@click.command("suitability", cls=Variadic)
@preset
@out
@_grid
def write_suitability(out: Path, resolution: str, box: Any, data: Path, **given: Any) -> None:
    """Write the score of every cell, and the distances behind it, as GeoTIFFs."""
    from geo_ree.pipeline import rasters as raster_runs

    settings, options, box = _asked(data, box, given)
    made = raster_runs.write_suitability(
        settings, options, out, resolution=resolution, box=box, tell=tell
    )
    echo(f"suitability: {made.path}")
    if made.left_out:
        echo(f"unknown everywhere, weight redistributed: {', '.join(made.left_out)}")
