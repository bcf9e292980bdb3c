"""The commands ``run``, ``score``, ``build`` and ``audit``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from geo_ree.cli.cluster_options import clustered, open_wanted
from geo_ree.cli.own_site_options import own_sites, score_in_parts, score_own_sites
from geo_ree.cli.shared import (
    Variadic,
    box_numbers,
    choices,
    folders,
    make_options,
    run_pipeline,
    sources,
    tell,
)
from geo_ree.cli.terminal import echo
from geo_ree.settings import Settings


@click.command(cls=Variadic)
@folders
@choices
def run(data: Path, out: Path, **given: Any) -> None:
    """Run the pipeline: layers, distances, scores, tables and the map."""
    from geo_ree.cli.console import summary

    summary.show_run(run_pipeline(data, given, out=out), out)
    echo(f"map: {out / 'map.html'}")


@click.command(cls=Variadic)
@folders
@choices
@own_sites
@clustered
def score(
    data: Path,
    out: Path,
    sites: Path | None,
    cluster: str | None,
    workers: int | None,
    **given: Any,
) -> None:
    """Write the tables without the map; with --sites, score sites of your own, with tables and map.

    The sites may be anywhere: geo-ree score --sites FILE --layer railways=FILE

    With --cluster, --sites are GeoParquet files with columns of the layer deposits, as build stores them:
    they are measured and scored in parts, without ranks.
    """
    from geo_ree.cli.console import own_sites_summary, summary

    if cluster is not None or workers is not None:
        echo(f"scores: {score_in_parts(data, out, sites, given, cluster, workers)}")
        return
    result = score_own_sites(data, out, sites, given)
    if result is None:
        summary.show_run(run_pipeline(data, given, out=out, page=False), out)
    else:
        own_sites_summary.show_sites(result, out)


@click.command(cls=Variadic)
@folders
@click.option(
    "--region",
    metavar="W,S,E,N|world",
    help="Keep every record in this box, of all countries and commodities.",
)
@clustered
@sources
def build(
    data: Path,
    out: Path,
    region: str | None,
    cluster: str | None,
    workers: int | None,
    **given: Any,
) -> None:
    """Merge all sources into one table of deposits, with its evidence and conflicts.

    With --cluster, records are merged in parts, in OUT/merged.
    """
    from geo_ree.cli.console import summary
    from geo_ree.pipeline.result import build as build_deposits

    settings, options = Settings.from_environment(data_root=data), make_options(given)
    if region is not None:
        options = replace(options, region=box_numbers(region, "--region"))
    with open_wanted(cluster, workers) as client:
        merge = None if client is None else _merge_on(client, out / "merged")
        layers = build_deposits(settings, options, out=out, merge=merge, tell=tell)
    summary.show_build(layers, out)


def _merge_on(client: Any, folder: Path) -> Any:
    """How records are merged on a cluster."""
    from geo_ree.distributed import merge, read_merged

    def merge_there(records: Any) -> Any:
        merge(records, folder, client=client, tell=tell)
        return read_merged(folder)

    return merge_there


@click.command(cls=Variadic)
@folders
@sources
def audit(data: Path, out: Path, **given: Any) -> None:
    """Audit the positions of the deposits: print the flags, write them as table and layers."""
    from geo_ree.cli.console.audit import show_audit
    from geo_ree.pipeline.auditing import audit_deposits, write_audit

    settings = Settings.from_environment(data_root=data)
    located = audit_deposits(settings, make_options(given), tell=tell)
    show_audit(located, write_audit(located, out), out)
