"""The command ``scenario``: what changes when infrastructure is added or removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo_ree.cli.shared import Variadic, choices, folders, run_pipeline
from geo_ree.cli.terminal import echo

if TYPE_CHECKING:
    import pandas as pd

    from geo_ree.studies.scenarios import Scenario

_HEAD = (
    "deposit",
    "country",
    "km to rail",
    "within reach",
    "score",
    "rank (90 % interval)",
    "chance better",
    "chance worse",
)


@click.command(cls=Variadic)
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE.geojson]")
@click.option("--layer", default="railways", show_default=True, help="Layer that FILE adds to.")
@click.option(
    "--planned",
    multiple=True,
    metavar="NAME",
    help="Add this packaged planned railway; repeat for more, all for all.",
)
@click.option(
    "--remove",
    multiple=True,
    metavar="LAYER:WHAT",
    help="Remove an id, a name, kind=WORD, source=ID or country=ISO3; repeat for more.",
)
@click.option(
    "--reopen",
    multiple=True,
    metavar="LAYER:WHAT",
    help="Count what is disused, building or planned as open: as for --remove; repeat for more.",
)
@click.option("--year", type=int, help="Use only lines that are open by then.")
@click.option(
    "--within",
    "within_km",
    type=float,
    default=50.0,
    show_default=True,
    help="Distance that counts as within reach of a railway (km).",
)
@folders
@choices
def scenario(
    file: Path | None,
    layer: str,
    planned: tuple[str, ...],
    remove: tuple[str, ...],
    reopen: tuple[str, ...],
    year: int | None,
    within_km: float,
    data: Path,
    out: Path,
    **given: Any,
) -> None:
    """Add or remove infrastructure: what it changes in distances, scores, ranks, reach and routes.

    FILE has features with name, kind, status, opening_year, source and, for lines,
    lateral_error_km. Writes scenario.csv, scenario_routes.csv and scenario.json.
    """
    from geo_ree.studies import scenarios

    if file is not None and planned and layer == "railways":
        raise click.UsageError("give a file of railways or --planned, not both")
    if file is None and not planned and not remove and not reopen:
        raise click.UsageError(
            "name a GeoJSON file, --planned NAME, or what to --remove or to --reopen"
        )
    add: dict[str, Any] = {} if file is None else {layer: file}
    if planned:
        add["railways"] = planned_railways(planned)
    gone, again = _removals(remove, "--remove"), _removals(reopen, "--reopen")
    twice = sorted({*add} & {*again})
    if twice:
        raise click.UsageError(f"the layer {twice[0]} is both added to and reopened; give one")
    result = run_pipeline(data, given)
    for name, wanted in again.items():
        rows = result.layers.frames.get(name)
        if rows is None:
            raise click.UsageError(f"no source of the layer {name} is available to --reopen")
        add[name] = scenarios.closed_features(rows, name, wanted)
    change = scenarios.scenario(result, add=add, remove=gone, year=year, within_km=within_km)
    scenarios.write_scenario(change, out)
    _show(change, out)


def planned_railways(names: tuple[str, ...]) -> Any:
    """The packaged planned railways that are named; all for ``all``."""
    import pandas as pd

    from geo_ree.studies.scenarios import planned_lines

    if "all" in names:
        return planned_lines()
    return pd.concat([planned_lines(n) for n in dict.fromkeys(names)], ignore_index=True)


def _removals(given: tuple[str, ...], option: str) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for text in given:
        layer, colon, what = text.partition(":")
        if not (layer and colon and what):
            raise click.BadParameter(
                f"{text!r} is not LAYER:WHAT, for instance gateways:Aktau or railways:kind=rail",
                param_hint=option,
            )
        out.setdefault(layer, []).append(what)
    return out


def _show(change: Scenario, out: Path) -> None:
    """Print the ranked deposits that change, then the changes in words.

    A table on a terminal, tab-separated lines elsewhere; nothing is truncated.
    """
    from rich.markup import escape
    from rich.table import Table

    from geo_ree.cli.console.printing import make_console
    from geo_ree.settings import DISCLAIMER

    console = make_console()
    rows = list(_rows(change.changed))
    if rows and console.is_terminal:
        table = Table(title="What changes, before to after")
        for name in _HEAD:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*map(escape, row))
        console.print(table)
    elif rows:
        for line in (_HEAD, *rows):
            echo("\t".join(line))
    for sentence in change.sentences:
        echo(sentence)
    echo(f"{DISCLAIMER}")
    files = f"scenario.csv ({len(change.table)} rows), scenario_routes.csv, scenario.json"
    echo(f"written to {out}: {files}")


def _rows(changed: pd.DataFrame) -> Iterator[list[str]]:
    ranked = changed[changed["rank_before"].notna()].sort_values(["role", "rank_before"])
    for row in ranked.to_dict("records"):
        yield [
            " ".join(str(row["name"]).split()),
            str(row["country"]),
            _pair(row, "dist_railway_km", ".0f"),
            _reach(row),
            _pair(row, "score", ".1f"),
            _ranks(row),
            f"{row['p_rank_improves']:.0%}",
            f"{row['p_rank_worsens']:.0%}",
        ]


def _pair(row: dict[Any, Any], name: str, form: str) -> str:
    before, after = row.get(f"{name}_before"), row.get(f"{name}_after")
    return " to ".join(_number(v, form) for v in (before, after))


def _number(value: Any, form: str) -> str:
    if value is None or value != value:  # noqa: PLR0124  (not a number)
        return "unknown"
    return "out of reach" if value == float("inf") else format(value, form)


def _reach(row: dict[Any, Any]) -> str:
    if "reached_before" not in row:
        return "unknown"
    chances = [_number(row.get(f"p_within_{w}"), ".0%") for w in ("before", "after")]
    return f"{row['reached_before']} {chances[0]} to {row['reached_after']} {chances[1]}"


def _ranks(row: dict[Any, Any]) -> str:
    sides = [
        f"{row[f'rank_{w}']} ({row[f'rank_p5_{w}']}-{row[f'rank_p95_{w}']})"
        for w in ("before", "after")
    ]
    return " to ".join(sides)
