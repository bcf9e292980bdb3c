"""The command ``validate``, and what it prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo_ree.cli.shared import (
    DEFAULTS,
    Variadic,
    folders,
    make_options,
    preset,
    seed,
    sources,
    targets,
    tell,
)

if TYPE_CHECKING:
    from geo_ree.studies.validation import Validation


@click.command(cls=Variadic)
@folders
@sources
@targets
@preset
@click.option(
    "--draws",
    type=click.IntRange(100, 100_000),
    default=DEFAULTS.draws,
    show_default=True,
    help="Bootstrap draws.",
)
@seed
def validate(data: Path, out: Path, **given: Any) -> None:
    """Test whether sites that became mines score higher than those that did not."""
    from geo_ree.settings import Settings
    from geo_ree.studies import validation

    settings = Settings.from_environment(data_root=data)
    done = validation.validate(settings, make_options(given), tell=tell)
    done.write(out)
    _show(done, out)


def _show(done: Validation, out: Path) -> None:
    from rich.markup import escape
    from rich.table import Table

    from geo_ree.cli.console.printing import make_console
    from geo_ree.studies.validation import TRIALS, brief_table

    console = make_console()
    console = console if console.is_terminal else make_console(width=200)
    brief = brief_table(done.table)
    table = Table(title="Do mines score higher than sites that did not become mines?")
    for name in brief.columns:
        table.add_column(name, justify="right" if name in ("mines", "others") else "left")
    for cells in brief.itertuples(index=False):
        table.add_row(*(escape(str(cell)) for cell in cells))
    console.print(table)
    for trial in TRIALS.values():
        console.print(f"{trial.name}: {trial.mines}, against {trial.others}")
    console.print(
        "AUC: chance that a mine scores higher; 0.5 is chance. In brackets the 95 % interval, the wider "
        "of resampling sites and blocks of one degree. Mines draw roads and towns to them, and this "
        "cannot be told from the reverse: see docs/validation.md."
    )
    whole = done.skipped[done.skipped["country"] == ""]
    for _, row in whole.iterrows():
        console.print(
            f"not tested: {row['trial']}, {row['scope']} "
            f"({row['mines']} mines, {row['others']} others)"
        )
    countries = len(done.skipped) - len(whole)
    console.print(f"{countries} pairs of trial and country have too few sites: validation.json")
    for warning in done.warnings:
        console.print(f"warning: {escape(warning)}")
    console.print(
        f"written to {escape(str(out))}: validation.csv, validation_sites.parquet, "
        "success_rate.png, validation.json",
        soft_wrap=True,
    )
