"""The command ``flags``: what speaks against deposits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo_ree.cli.shared import DEFAULTS, Variadic, data, fresh, run_pipeline, sources, together
from geo_ree.cli.terminal import echo

if TYPE_CHECKING:
    from geo_ree.pipeline.records import Result

FORMATS = ("table", "csv", "json")
_given = together(data, sources, fresh)


@click.command("flags", cls=Variadic)
@click.argument("deposits", nargs=-1, metavar="[DEPOSIT...]")
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="A table for people, or CSV or JSON with value, source and licence.",
)
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Rules of your own, in the columns of docs/flags.md, in place of the packaged ones.",
)
@_given
def list_flags(
    deposits: tuple[str, ...], kind: str, rules: Path | None, data: Path, **given: Any
) -> None:
    """List what speaks against DEPOSITs, and what is not known: facts with date and source.

    DEPOSIT is an id or a name; all candidates and hosts by default. Flags are never part of the score.
    """
    from geo_ree.flagging.flag_rules import read_rules
    from geo_ree.outputs.table_files import disarmed
    from geo_ree.pipeline.run_tables import flag_again

    read_rules(rules)  # wrong rules are refused before the run
    result = run_pipeline(data, {**given, "draws": DEFAULTS.draws, "seed": DEFAULTS.seed})
    named = _chosen(result, deposits)
    found = result.tables["flags"] if rules is None else flag_again(result, rules)
    found = found[found["deposit_id"].isin(list(named))]
    if kind == "csv":
        echo(found.map(disarmed).to_csv(index=False, lineterminator="\n").rstrip("\n"))
    elif kind == "json":
        echo(found.to_json(orient="records", force_ascii=False, indent=2))
    else:
        from geo_ree.cli.console.flag_lists import show_flags

        show_flags(named, found, whole=bool(deposits))


def _chosen(result: Result, words: tuple[str, ...]) -> dict[str, str]:
    """Id -> name of the deposits that are named, or of all candidates and hosts, in their order."""
    import pandas as pd

    from geo_ree.schema import RANKED_ROLES
    from geo_ree.schema.deposit_lookup import find_deposit

    columns = ["id", "name", "aliases", "role"]
    parts = [pd.DataFrame(t).reindex(columns=columns) for t in (result.table, result.unranked)]
    table = pd.concat(parts, ignore_index=True)
    wanted = table[table["role"].isin(RANKED_ROLES)]
    if words:
        wanted = table.iloc[list(dict.fromkeys(find_deposit(word, table) for word in words))]
    return dict(zip(wanted["id"], wanted["name"], strict=True))
