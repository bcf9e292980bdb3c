"""The commands ``runs`` and ``explain``: what is kept of earlier runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from geo_ree.cli.shared import Variadic, choices, data, run_pipeline
from geo_ree.cli.terminal import echo
from geo_ree.settings import Settings


@click.command("runs")
@data
@click.option("--prune", is_flag=True, help="Remove all but the newest runs.")
@click.option(
    "--keep",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Number of runs that --prune keeps.",
)
def list_runs(data: Path, prune: bool, keep: int) -> None:
    """List the runs that are kept in the data folder, the newest first."""
    from geo_ree.pipeline import stored_runs

    settings = Settings.from_environment(data_root=data)
    if prune:
        for run_id in stored_runs.prune_runs(settings, keep=keep):
            echo(f"removed: {run_id}")
    table = stored_runs.runs(settings)
    for row in table.to_dict("records"):
        echo(
            f"{row['run_id']}  {row['stored'][:16].replace('T', ' ')} UTC  {row['preset']}, "
            f"{row['draws']} draws  {row['sources']} sources  {row['mb']:.1f} MB  "
            f"first: {row['leader'] or 'none'}"
        )
    megabytes = stored_runs.stored_bytes(settings) / 1e6
    count = f"{len(table)} run{'' if len(table) == 1 else 's'}"
    echo(f"{count}, {megabytes:.1f} MB with the layers and measures behind them")


@click.command(cls=Variadic)
@click.argument("deposit", metavar="DEPOSIT")
@data
@choices
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(deposit: str, data: Path, as_json: bool, **given: Any) -> None:
    """Explain the score of DEPOSIT: what each distance adds, and what would change the rank.

    DEPOSIT is an id or a name.
    """
    from geo_ree.cli.console import deposit_explanation

    deposit_explanation.show_explanation(run_pipeline(data, given), deposit, as_json=as_json)
