"""The commands ``corridors`` and ``access``: routes to a market, and what access costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo_ree.cli.shared import (
    DEFAULTS,
    Variadic,
    data,
    fresh,
    run_pipeline,
    seed,
    sources,
    together,
    words,
    writable_folder,
)
from geo_ree.cli.terminal import echo

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geo_ree.pipeline.records import Result

_NONE = "none"
"""Word of --avoid for any route."""

_deposits = click.argument("deposits", nargs=-1, metavar="[DEPOSIT...]")
_given = together(
    click.option(
        "--costs",
        metavar="FILE|SCENARIO",
        help="Unit costs that replace those of the package: a CSV file (name, p10, p50, p90, unit, year, "
        "source, basis), or a scenario: ktz_2026, class7.",
    ),
    click.option(
        "--draws",
        type=click.IntRange(10, 100_000),
        default=DEFAULTS.draws,
        show_default=True,
        help="Monte Carlo draws of the costs.",
    ),
    data,
    click.option(
        "--out",
        type=click.Path(path_type=Path),
        callback=lambda c, p, v: v if v is None else writable_folder(c, p, v),
        help="Also write a CSV file and a GeoPackage into this folder.",
    ),
    sources,
    seed,
    fresh,
)


@click.command("corridors", cls=Variadic)
@_deposits
@click.option(
    "--avoid",
    multiple=True,
    metavar="ISO3[,ISO3…]",
    help="Pass none of these countries, for instance CHN,RUS. Without it, two questions: any route, "
    "and CHN,RUS,IRN.",
)
@click.option("--to", metavar="PORT", help="End at this sea port, plant or market.")
@click.option("--via", metavar="PLACE", help="Corridors that pass this place, or one by its slug.")
@click.option(
    "--corridors",
    type=click.Path(path_type=Path),
    help="CSV of corridors of your own: slug, name, destination, via, mode, not_through, as_of, source, "
    "note.",
)
@click.option(
    "--planned",
    multiple=True,
    metavar="NAME",
    help="Count this packaged planned railway as built; repeat for more, all for all.",
)
@_given
@click.option(
    "--check",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Compare published distances with computed ones, in place of routes: id, mode, from, to, "
    "from_lon, from_lat, to_lon, to_lat, published_km, source.",
)
def find_routes(deposits: tuple[str, ...], check: Path | None, data: Path, **given: Any) -> None:
    """Find the routes of DEPOSITs to a market: kilometres, borders, days and USD per tonne.

    DEPOSIT is an id or a name; all candidates and hosts by default. With names all corridors are
    printed, else the cheapest of each deposit.
    """
    from geo_ree.cli.console import route_tables
    from geo_ree.cli.scenario_commands import planned_railways
    from geo_ree.pipeline.deposit_routes import QUESTIONS, route_table
    from geo_ree.routing.corridor_plans import read_plans
    from geo_ree.routing.network import load_network
    from geo_ree.routing.ranges import unit_costs
    from geo_ree.routing.route_answers import read_avoided

    if check is not None:
        _check(check, given["out"])
        return
    asked = {name: given.pop(name) for name in ("to", "via", "corridors", "costs", "draws")}
    planned, out = given.pop("planned"), given.pop("out")
    asked["avoid"] = read_avoided(words(given.pop("avoid")))
    asked["costs"] = unit_costs(asked["costs"])
    asked["network"] = load_network()
    if planned:
        lines = planned_railways(planned)
        asked["network"] = asked["network"].with_lines(lines, source="the planned railways")
    # what is unknown is refused before the run
    read_plans(asked["network"], asked["corridors"], via=asked["via"], to=asked["to"])
    result = _kept_run(data, given)
    chosen = _chosen(result, deposits)
    avoid = asked.pop("avoid")
    questions = (avoid,) if avoid else QUESTIONS
    found = route_table(chosen, questions, seed=given["seed"], **asked)
    if out is not None:
        _write("corridors", {"corridors": found}, out)
    route_tables.show_corridors(chosen, found, result.layers, whole=bool(deposits))


@click.command(cls=Variadic)
@_deposits
@click.option(
    "--treo",
    "treo_t_a",
    type=click.FloatRange(0, min_open=True),
    default=5000.0,
    show_default=True,
    help="Rare-earth oxides to ship a year, tonnes; less where the deposit does not hold as much.",
)
@click.option(
    "--product",
    type=click.Choice(("concentrate", "carbonate", "separated")),
    help="What is shipped; by default what the mineral is made into.",
)
@click.option(
    "--recovery",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.6,
    show_default=True,
    help="Share of the oxides that reaches the product.",
)
@click.option(
    "--life",
    "life_years",
    type=click.IntRange(1, 100),
    default=15,
    show_default=True,
    help="Years of production.",
)
@click.option(
    "--discount",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.10,
    show_default=True,
    help="Discount rate of the capital.",
)
@click.option(
    "--avoid",
    multiple=True,
    default=("CHN,RUS,IRN",),
    show_default=True,
    metavar="ISO3[,ISO3…]",
    help="Haul through none of these countries; none for any route.",
)
@click.option(
    "--prices",
    type=click.Choice(("as_published", "without_vat", "la_ce_zero", "europe")),
    default="as_published",
    show_default=True,
    help="Prices behind the share: the USGS deck, the same without Chinese VAT, La and Ce worth nothing, or "
    "European quotations.",
)
@_given
def access(deposits: tuple[str, ...], data: Path, **given: Any) -> None:
    """Compute what access costs DEPOSITs: USD per tonne of rare-earth oxides, and its share.

    DEPOSIT is an id or a name; all candidates and hosts by default. With names each component is
    printed and what the spread comes from, else the total.
    """
    from geo_ree.cli.console import route_tables
    from geo_ree.pipeline.deposit_routes import access_table, route_table
    from geo_ree.routing.access import access_terms
    from geo_ree.routing.ranges import unit_costs
    from geo_ree.routing.route_answers import read_avoided

    names = ("treo_t_a", "product", "recovery", "life_years", "discount", "prices")
    asked = {name: given.pop(name) for name in names}
    avoided = words(given.pop("avoid"))
    avoid = () if avoided == (_NONE,) else read_avoided(avoided)
    drawn = {"costs": unit_costs(given.pop("costs")), "draws": given.pop("draws")}
    drawn["seed"], out = given["seed"], given.pop("out")
    result = _kept_run(data, given)
    chosen = _chosen(result, deposits)
    routes = route_table(chosen, (avoid,), **drawn)
    table = access_table(chosen, routes=routes, **drawn, **asked)
    if out is not None:
        _write("access", {"access": table, "corridors": routes}, out)
    terms = access_terms(chosen, routes=routes, **drawn, **asked) if deposits else None
    route_tables.show_access(chosen, table, terms)


def _check(file: Path, out: Path | None) -> None:
    from geo_ree import storage
    from geo_ree.cli.console import route_tables
    from geo_ree.outputs.table_files import write_csv
    from geo_ree.routing.route_check import check_routes, read_check_table

    found = check_routes(read_check_table(file))
    if out is not None:
        with storage.atomic_path(out / "check.csv") as path:
            write_csv(found, path)
    route_tables.show_check(found)
    if out is not None:
        echo(f"written to {out}: check.csv", err=True)


def _kept_run(data: Path, given: dict[str, Any]) -> Result:
    """The newest kept run that fits, or a run."""
    return run_pipeline(data, {**given, "draws": DEFAULTS.draws})


def _chosen(result: Result, names: tuple[str, ...]) -> gpd.GeoDataFrame:
    """The deposits that are named, or all candidates and hosts, in the order of the scores."""
    from geo_ree.pipeline.deposit_routes import with_quantities
    from geo_ree.schema import RANKED_ROLES
    from geo_ree.schema.deposit_lookup import find_deposit

    scores = result.table
    rows = [find_deposit(word, scores, result.unranked) for word in dict.fromkeys(names)]
    wanted = scores.iloc[list(dict.fromkeys(rows))]
    if not names:
        wanted = scores[scores["role"].isin(RANKED_ROLES)]
    return with_quantities(result.measures.table.loc[wanted["id"]], result.layers)


def _write(name: str, tables: dict[str, pd.DataFrame], out: Path) -> None:
    """Write a CSV file a table and a GeoPackage of all, or nothing."""
    from geo_ree import storage
    from geo_ree.outputs.table_files import without_shapes, write_csv, write_geopackage_table

    with storage.atomic_files(out) as draft:
        for layer, table in tables.items():
            write_csv(without_shapes(table), draft / f"{layer}.csv")
            write_geopackage_table(table, draft / f"{name}.gpkg", layer)
    files = ", ".join((*(f"{layer}.csv" for layer in tables), f"{name}.gpkg"))
    echo(f"written to {out}: {files}", err=True)
