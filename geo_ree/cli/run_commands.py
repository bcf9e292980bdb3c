"""The commands ``run``, ``score``, ``build`` and ``audit``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from geo_ree.cli.own_site_options import own_sites, score_own_sites
from geo_ree.cli.shared import (
    Variadic,
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
def score(data: Path, out: Path, sites: Path | None, **given: Any) -> None:
    """Write the tables without the map; with --sites, score sites of your own, with tables and map.

    The sites may be anywhere: geo-ree score --sites FILE --layer railways=FILE
    """
    from geo_ree.cli.console import own_sites_summary, summary

    result = score_own_sites(data, out, sites, given)
    if result is None:
        summary.show_run(run_pipeline(data, given, out=out, page=False), out)
    else:
        own_sites_summary.show_sites(result, out)


@click.command(cls=Variadic)
@folders
@sources
def build(data: Path, out: Path, **given: Any) -> None:
    """Merge all sources into one table of deposits, with its evidence and conflicts."""
    from geo_ree.cli.console import summary
    from geo_ree.pipeline.result import build as build_deposits

    settings = Settings.from_environment(data_root=data)
    layers = build_deposits(settings, make_options(given), out=out, tell=tell)
    summary.show_build(layers, out)


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
