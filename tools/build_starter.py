"""Rebuild geo_ree/starter/ from its sources, and say what was taken, dropped and derived.

    pip install 'geo_ree[build-starter]'
    python tools/build_starter.py --facts ../shared/facts
    python tools/build_starter.py --facts ../shared/facts --only rivers.parquet

Packages come through npm, pip and apt-get (see starter_build/packages.toml). The same inputs and
library versions give the same bytes. The folder changes only when everything was built and checked.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path

import click
import geopandas as gpd
from starter_build import (
    admin_units,
    altitude,
    borders,
    context,
    context_facts,
    deposits,
    evidence,
    gateways,
    networks,
    opened,
    papers,
    places,
    planned,
    rail_joins,
    railways,
    roles_page,
    route_edges,
    shading,
    tables,
    terrain,
    water,
    world,
)
from starter_build.folder import Builder, write_starter
from starter_build.packages import Store
from starter_build.product import BuildError, Product

ROOT = Path(__file__).resolve().parents[1]
STARTER = ROOT / "geo_ree" / "starter"


@click.command()
@click.option(
    "--facts",
    required=True,
    help="Folder with the tables of facts.",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--only",
    multiple=True,
    metavar="FILE",
    help="Build this file and keep the others (may be repeated).",
)
@click.option(
    "--cache",
    "store",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder that keeps the fetched packages; a temporary one when left out.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=STARTER,
    help="Folder to write.",
)
def main(facts: Path, only: tuple[str, ...], store: Path | None, out: Path) -> None:
    """Build the starter files."""
    entries = papers.read_entries(ROOT / "geo_ree" / "catalog" / "starter.toml")
    with contextlib.ExitStack() as stack:
        scratch = store or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            builders = list_builders(facts, Store(scratch.resolve()))
            products = write_starter(builders, entries, out.resolve(), only)
        except BuildError as error:
            raise click.ClickException(str(error)) from error
    for product in products:
        click.echo(product.report())
    if out.resolve() == STARTER:
        roles_page.write_roles_page(out, ROOT / "docs" / "roles.md")
    total = sum(p.stat().st_size for p in out.iterdir() if p.is_file())
    click.echo(f"{total / 1e6:.2f} MB in {out}")


def list_builders(facts: Path, store: Store) -> Mapping[str, Builder]:
    """What builds each file, in order: a builder finds the files before its own in its folder."""
    cities = cache(places.read_cities)

    def roads(out: Path) -> Product:
        countries = gpd.read_parquet(out / "countries.parquet")
        return networks.build_roads(store, countries, out)

    return {
        "deposits.csv": partial(deposits.build_deposits, facts),
        "resources.csv": partial(deposits.build_resources, facts),
        "flags.csv": partial(deposits.build_flags, facts),
        "control.csv": partial(context_facts.build_control, facts),
        "deals.csv": partial(context_facts.build_deals, facts),
        "governance.csv": partial(context_facts.build_governance, facts),
        "major_deposits.csv": partial(tables.build_major_deposits, facts),
        "power_plants.csv": partial(tables.build_power_plants, facts),
        "countries.parquet": partial(borders.build_countries, store),
        "world.parquet": partial(world.build_world, store),
        "admin1.parquet": partial(admin_units.build_admin_units, store),
        "settlements.csv": lambda out: places.build_settlements(cities(), out),
        "railways.parquet": lambda out: railways.build_railways(store, cities(), facts, out),
        opened.FILE: lambda out: opened.build_opened_railways(cities(), out),
        "gateways.csv": partial(gateways.build_gateways, facts),
        "roads.parquet": roads,
        "routing_railways.parquet": lambda out: route_edges.build_routing_railways(
            store, cities(), facts, out
        ),
        "rail_joins.parquet": partial(rail_joins.build_rail_joins, store, facts),
        "routing_roads.parquet": partial(route_edges.build_routing_roads, store),
        "planned_railways.geojson": lambda out: planned.build_planned_railways(
            cities(), out, planned.lines_being_built(facts)
        ),
        "published_distances.csv": partial(evidence.build_published_distances, facts),
        "positions.csv": partial(evidence.build_positions, facts),
        "rivers.parquet": partial(terrain.build_rivers, store),
        "water_bodies.parquet": partial(water.build_water_bodies, store),
        "airports.csv": partial(context.build_airports, store),
        "earthquakes.csv": partial(context.build_earthquakes, store),
        "tailings.csv": context.build_tailings,
        "elevation.tif": partial(altitude.build_elevation, store),
        "elevation_tien_shan.tif": partial(altitude.build_elevation_tien_shan, store),
        shading.WORLD: partial(shading.build_world_relief, store),
        shading.COARSE: partial(shading.build_relief, shading.COARSE),
        shading.FINE: partial(shading.build_relief, shading.FINE),
    }


if __name__ == "__main__":
    main()
