"""Rebuild geo_ree/starter/ from its sources, and say what was taken, dropped and derived.

    pip install 'geo_ree[build-starter]'
    python tools/build_starter.py --facts ../shared/facts

Needs npm (or --world-atlas) for the borders, and Debian's libmagics++-data (or --rivers) for the
rivers. The same inputs and library versions give the same bytes.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import click
import geopandas as gpd
from starter_build import (
    borders,
    deposits,
    evidence,
    networks,
    papers,
    places,
    planned,
    tables,
    terrain,
)
from starter_build.product import Product

ROOT = Path(__file__).resolve().parents[1]
WORLD_ATLAS = "world-atlas@2.0.2"
RIVERS = Path("/usr/share/magics/10m/ne_10m_rivers_lake_centerlines.shp")


@click.command()
@click.option(
    "--facts",
    required=True,
    help="Folder with the tables of facts.",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--world-atlas",
    type=click.Path(exists=True, path_type=Path),
    default=None,
    help="The npm package as .tgz; fetched with npm pack when left out.",
)
@click.option(
    "--rivers",
    type=click.Path(exists=True, path_type=Path),
    default=RIVERS,
    help="Natural Earth's 1:10m river centerlines (.shp).",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=ROOT / "geo_ree" / "starter",
    help="Folder to write.",
)
def main(facts: Path, world_atlas: Path | None, rivers: Path, out: Path) -> None:
    """Build every starter file."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        products = build_all(facts, world_atlas or pack_world_atlas(Path(scratch)), rivers, out)
    entries = papers.read_entries(ROOT / "geo_ree" / "catalog" / "starter.toml")
    papers.write_licences(products, entries, out)
    papers.write_manifest(products, entries, out)
    for product in products:
        click.echo(product.report())
    total = sum(p.stat().st_size for p in out.iterdir() if p.is_file())
    click.echo(f"{total / 1e6:.2f} MB in {out}")


def build_all(facts: Path, world_atlas: Path, rivers: Path, out: Path) -> list[Product]:
    """Write the data files; give what was done for each."""
    products = [
        deposits.build_deposits(facts, out),
        deposits.build_resources(facts, out),
        tables.build_major_deposits(facts, out),
        tables.build_power_plants(facts, out),
        tables.build_gateways(facts, out),
        borders.build_countries(world_atlas, out),
        networks.build_railways(out),
    ]
    countries = gpd.read_parquet(out / "countries.parquet")
    products.append(networks.build_roads(out, countries))
    cities = places.read_cities()
    products += [
        places.build_rail_additions(cities, facts, out),
        planned.build_planned_railways(cities, out),
        places.build_settlements(cities, out),
        evidence.build_published_distances(facts, out),
        evidence.build_positions(facts, out),
        terrain.build_rivers(rivers, out),
        terrain.build_elevation(out),
    ]
    return products


def pack_world_atlas(folder: Path) -> Path:
    """Fetch the npm package into a folder, through npm itself."""
    done = subprocess.run(
        ["npm", "pack", WORLD_ATLAS, "--silent"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return folder / done.stdout.strip().splitlines()[-1]


if __name__ == "__main__":
    main()
