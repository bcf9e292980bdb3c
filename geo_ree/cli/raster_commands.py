"""The commands ``surface`` and ``suitability``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from geo_ree.cli.cluster_options import clustered, open_wanted
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
)
from geo_ree.cli.terminal import echo


def _box(_context: Any, _parameter: Any, text: str | None) -> tuple[float, ...] | None:
    """``--bbox 75,42,77,43`` or ``--bbox world`` as four numbers."""
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
        metavar="W,S,E,N|world",
        help="In degrees; across the antimeridian E is beyond 180. [default: the region]",
    ),
    clustered,
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
    help="GeoTIFF to write; with --cluster, folder of tiles and surface.vrt.",
)
@_grid
def write_surface(
    layer: str,
    target: str,
    out: Path,
    resolution: str,
    box: Any,
    data: Path,
    cluster: str | None,
    workers: int | None,
    **given: Any,
) -> None:
    """Write the distance of every cell to the nearest railway, road, town, ... as a GeoTIFF.

    Geodesic distances in metres. Give --layer or --target.
    """
    from geo_ree import storage
    from geo_ree.pipeline import rasters as raster_runs

    settings, options, box = _asked(data, box, given)
    with open_wanted(cluster, workers) as client:
        if client is None:
            storage.check_writable(out.parent, [out.name])
        made = raster_runs.write_surface(
            settings,
            options,
            out,
            layer=layer,
            target=target,
            resolution=resolution,
            box=box,
            measure=_measure(client),
            tell=tell,
        )
    echo(f"surface: {made}")


def _measure(client: Any) -> Any:
    """How rasters of distances are written: whole, or in tiles on a cluster."""
    from geo_ree.pipeline.rasters import measure_whole

    if client is None:
        return measure_whole
    from geo_ree.distributed import surface
    from geo_ree.outputs.raster_styles import write_ramp

    def measure(layer: Any, resolution: float | str, path: Path, **more: Any) -> Path:
        made = surface(
            layer,
            resolution,
            path.with_suffix("") if path.suffix == ".tif" else path,
            client=client,
            tell=tell,
            **more,
        )
        write_ramp(made)
        return made

    return measure


def _combine(client: Any) -> Any:
    """How rasters of scores are written: whole, or in tiles on a cluster."""
    from geo_ree.pipeline.rasters import combine_whole

    if client is None:
        return combine_whole
    from geo_ree.distributed import suitability
    from geo_ree.outputs.raster_styles import write_ramp

    def combine(surfaces: Any, model: Any, folder: Path) -> Any:
        made = suitability(surfaces, model, folder / "suitability", client=client, tell=tell)
        write_ramp(made.path)
        return made

    return combine


@click.command("suitability", cls=Variadic)
@preset
@out
@_grid
def write_suitability(
    out: Path,
    resolution: str,
    box: Any,
    data: Path,
    cluster: str | None,
    workers: int | None,
    **given: Any,
) -> None:
    """Write the score of every cell, and the distances behind it, as GeoTIFFs.

    With --cluster, each is a folder of tiles with a VRT.
    """
    from geo_ree.pipeline import rasters as raster_runs

    settings, options, box = _asked(data, box, given)
    with open_wanted(cluster, workers) as client:
        made = raster_runs.write_suitability(
            settings,
            options,
            out,
            resolution=resolution,
            box=box,
            measure=_measure(client),
            combine=_combine(client),
            tell=tell,
        )
    echo(f"suitability: {made.path}")
    if made.left_out:
        echo(f"unknown everywhere, weight redistributed: {', '.join(made.left_out)}")
