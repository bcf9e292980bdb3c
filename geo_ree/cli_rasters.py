"""The commands that write rasters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def _box(_context: Any, _parameter: Any, text: str | None) -> tuple[float, ...] | None:
    """``--bbox 75,42,77,43`` as four numbers."""
    if text is None:
        return None
    try:
        west, south, east, north = (float(word) for word in text.replace(",", " ").split())
    except ValueError:
        raise click.BadParameter(f"{text!r} is not WEST,SOUTH,EAST,NORTH in degrees, "
                                 "for instance 75,42,77,43") from None  # fmt: skip
    return west, south, east, north


def _raster(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option("--resolution", default="1 km", show_default=True,
                         help='Greatest side of a cell: metres, or with its unit: "250 m", "0.01 deg".'),
            click.option("--bbox", "box", callback=_box, metavar="W,S,E,N",
                         help="In degrees; over the antimeridian E is beyond 180. [default: the region]"),
            click.option("--data", type=click.Path(path_type=Path), default=Path("data"),
                         show_default=True, help="Folder of fetched and canonical data."),
            click.option("--only", multiple=True, metavar="SOURCE", help="Use this source (again for more)."),
            click.option("--without", multiple=True, metavar="SOURCE", help="Leave this source out."),
            click.option("--targets", type=click.Path(), help="A TOML file of what is measured to."),
            click.option("--catalog", type=click.Path(), help="A TOML file with more sources."),
            click.option("--skip-bad-rows", is_flag=True,
                         help="Set rows with senseless coordinates aside, counted."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def _asked(data: Path, box: tuple[float, ...] | None, given: dict[str, Any]) -> tuple[Any, ...]:
    """Settings, options and box of a command."""
    from geo_ree.options import Options
    from geo_ree.settings import REGION, Settings

    words = {k: tuple(w for v in given[k] for w in v.replace(",", " ").split())
             for k in ("only", "without")}  # fmt: skip
    settings = Settings.from_environment(data_root=data)
    return settings, Options(**{**given, **words}), box or REGION


def _tell(text: str) -> None:
    click.echo(text, err=True)


@click.command("surface")
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
    from geo_ree import raster_runs

    settings, options, box = _asked(data, box, given)
    raster_runs.write_surface(settings, options, out, layer=layer, target=target,
                              resolution=resolution, box=box, tell=_tell)  # fmt: skip
    click.echo(f"surface: {out}")


@click.command("suitability")
@click.option("--preset", default="infrastructure", show_default=True,
              help="A packaged preset, or a TOML file.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True,
              help="Folder of the GeoTIFFs.")  # fmt: skip
@_raster
def write_suitability(out: Path, resolution: str, box: Any, data: Path, **given: Any) -> None:
    """Write the score of every place, and the distances behind it, as GeoTIFFs."""
    from geo_ree import raster_runs

    settings, options, box = _asked(data, box, given)
    made = raster_runs.write_suitability(settings, options, out, resolution=resolution, box=box,
                                         tell=_tell)  # fmt: skip
    click.echo(f"suitability: {made.path}")
    if made.left_out:
        click.echo(f"unknown everywhere, weight shared out: {', '.join(made.left_out)}")
