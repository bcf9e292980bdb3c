"""Options of ``geo-ree score --sites``: sites and layers of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from geo_ree.cli.cluster_options import open_wanted
from geo_ree.cli.shared import box_numbers, make_options, tell, together
from geo_ree.settings import Settings

if TYPE_CHECKING:
    from geo_ree.pipeline.records import Result

_NAMES = ("layers", "against", "position_error", "crs", "columns", "region")

own_sites = together(
    click.option(
        "--sites",
        type=click.Path(path_type=Path),
        help="Score the sites in this file: CSV, Excel, GeoPackage, shapefile, KML, GeoJSON, ...",
    ),
    click.option(
        "--layer",
        "layers",
        multiple=True,
        metavar="NAME=FILE",
        help="Infrastructure of your own: railways=FILE, roads=FILE, ...; repeat for more.",
    ),
    click.option(
        "--against",
        metavar="RUN",
        help="Rank the sites among the candidates of a run: published, latest, or the id of a kept run.",
    ),
    click.option(
        "--position-error",
        metavar="WORDS",
        help='Of the sites: metres, a column, GPS, licence corner, "map sheet 1:200,000".',
    ),
    click.option("--crs", help="Reference system of the sites, for instance EPSG:32636."),
    click.option(
        "--column",
        "columns",
        multiple=True,
        metavar="NAME=COLUMN",
        help="Column of the name, country, latitude, longitude or id of the sites.",
    ),
    click.option(
        "--region",
        metavar="W,S,E,N|world",
        help="Region of the layers, in degrees; from the sites.",
    ),
)


def score_own_sites(
    data: Path, out: Path, sites: Path | None, given: dict[str, Any]
) -> Result | None:
    """Score the sites that the options name; None where they name none.

    The options of own sites are taken out of `given`.
    """
    own = {name: given.pop(name) for name in _NAMES}
    if sites is None:
        used = next((name for name, value in own.items() if value), None)
        if used is not None:
            option = {"layers": "layer", "columns": "column"}.get(used, used).replace("_", "-")
            raise click.UsageError(f"--{option} belongs to --sites FILE")
        return None
    from geo_ree.pipeline.own_sites import score_sites

    options = make_options({name: value for name, value in given.items() if name != "fresh"})
    region = own["region"]
    return score_sites(
        sites,
        _pairs(own["layers"], "--layer", "railways=FILE"),
        against=own["against"],
        model=options.preset,
        draws=options.draws,
        seed=options.seed,
        position_error=own["position_error"],
        crs=own["crs"] or "",
        columns=_pairs(own["columns"], "--column", "latitude=Y"),
        region=box_numbers(region, "--region") if region else None,
        settings=Settings.from_environment(data_root=data),
        options=options,
        out=out,
        tell=tell,
    )


def score_in_parts(
    data: Path,
    out: Path,
    sites: Path | None,
    given: dict[str, Any],
    cluster: str | None,
    workers: int | None,
) -> Path:
    """Score the sites in parts on a cluster; return the folder of the scores."""
    own = {name: given.pop(name) for name in _NAMES}
    region = own.pop("region") or "world"
    used = next((name for name, value in own.items() if value), None)
    if sites is None or used is not None:
        option = {"layers": "layer", "columns": "column"}.get(used or "", used or "")
        what = f"--{option.replace('_', '-')} does not go" if used else "--sites FILE is missing"
        raise click.UsageError(f"{what} with --cluster")
    _refuse_draws()
    options = make_options({name: value for name, value in given.items() if name != "fresh"})
    from geo_ree.distributed.site_scores import score_sites

    settings, box = Settings.from_environment(data_root=data), box_numbers(region, "--region")
    with open_wanted(cluster, workers) as client:
        return score_sites(sites, settings, options, box, out, client=client, tell=tell)


def _refuse_draws() -> None:
    """Scores in parts have no draws: an option of theirs would do nothing."""
    context = click.get_current_context()
    for name in ("draws", "concentration", "seed", "fresh"):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name} does not go with --cluster")


def _pairs(texts: tuple[str, ...], option: str, example: str) -> dict[str, str]:
    """``NAME=VALUE`` as a mapping."""
    out = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not (sign and name.strip() and value.strip()):
            raise click.BadParameter(
                f"{text!r} is not NAME=VALUE, for instance {example}", param_hint=option
            )
        out[name.strip()] = value.strip()
    return out
