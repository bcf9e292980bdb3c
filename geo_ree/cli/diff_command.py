"""The command ``diff``: what moved which rank between two kept runs."""

from __future__ import annotations

from pathlib import Path

import click

from geo_ree.cli.shared import data, writable_folder
from geo_ree.cli.terminal import echo


@click.command("diff")
@click.argument("before", metavar="RUN1")
@click.argument("after", metavar="[RUN2]", default="latest")
@data
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("out/diff"),
    callback=writable_folder,
    show_default=True,
    help="Folder of the files.",
)
@click.option("--page", is_flag=True, help="Also write the page of RUN2 with the differences.")
def diff(before: str, after: str, data: Path, out: Path, page: bool) -> None:
    """Say which position, merge, source, layer or weight moved which rank, and which flags differ.

    RUN is an id from geo-ree runs, its beginning, or latest. Writes diff.csv, diff_steps.csv,
    diff_changes.csv, diff_flags.csv and diff.json.
    """
    from geo_ree import storage
    from geo_ree.pipeline.stored_runs import load_run
    from geo_ree.settings import DISCLAIMER, Settings
    from geo_ree.studies import differences

    storage.check_writable(out)
    settings = Settings.from_environment(data_root=data)
    first, second = load_run(before, settings), load_run(after, settings)
    found = differences.compare(first, second)
    html = second.to_html(since=found.sentences) if page else ""
    differences.write_difference(found, out, page=html)
    echo(f"{found.before} to {found.after}")
    for sentence in found.sentences:
        echo(sentence)
    echo(DISCLAIMER)
    names = ", ".join((*differences.FILES, *(["map.html"] if page else [])))
    echo(f"written to {out}: {names}")
