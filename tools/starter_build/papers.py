"""LICENSES.md and starter.json, both from the catalogue and the products."""

from __future__ import annotations

import json
import textwrap
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starter_build.product import BuildError, Product, sha256

MANIFEST, LICENCES = "starter.json", "LICENSES.md"

RELIEF: Mapping[str, str] = {
    "title": "Shaded relief of the region for the page",
    "publisher": "The geo_ree developers",
    "licence": "public domain (GMTED2010, GEBCO_2023)",
    "licence_url": "https://www.usgs.gov/information-policies-and-instructions/copyrights-and-credits",
    "attribution": (
        "Relief: geo_ree, after GMTED2010 (U.S. Geological Survey) and the GEBCO_2023 Grid (GEBCO "
        "Compilation Group)"
    ),
    "edition": "drawn from the altitude in elevation.tif and elevation_tien_shan.tif",
    "notes": (
        "Grey, of one tone where the ground is level; light from the north-west at 45 degrees, "
        "heights exaggerated. Rows are even in Web Mercator. A picture, not a measure."
    ),
}
"""The shaded relief: a picture of what the altitude says."""

OSM_ROUTES: Mapping[str, str] = {
    "publisher": "OpenStreetMap contributors",
    "licence": "ODbL 1.0",
    "licence_url": "https://opendatacommons.org/licenses/odbl/1-0/",
    "edition": (
        "OSM as packed in scgraph_data 2.0.0 (extraction date not stated; files in the package are "
        "dated 2024-04-19)"
    ),
}

UNCATALOGUED: Mapping[str, Mapping[str, str]] = {
    "routing_railways.parquet": {
        **OSM_ROUTES,
        "title": "Railways for routes to the sea ports, 25-135.5 E, 20-62 N",
        "attribution": (
            "Railways: © OpenStreetMap contributors (ODbL); control points: GeoNames (CC BY 4.0)"
        ),
        "notes": (
            "The network of railways.parquet in a larger box, without names: an edge is a straight "
            "chord with a published length, from node a to node b of its native_id; the same four "
            "chords are drawn through places. Countries of the ends by world.parquet; a point at sea "
            "belongs to the nearest country within 25 km."
        ),
    },
    "rail_joins.parquet": {
        **OSM_ROUTES,
        "title": "Joins of the railways for routes: dead ends that nearly meet, gaps of known lines",
        "attribution": "Railways: © OpenStreetMap contributors (ODbL)",
        "notes": (
            "Derived: no line of the source. A heal joins a dead end to the nearest node of another "
            "part of the network within 2.5 km; or, if the way round by rail is at least 10 km and "
            "15 times the gap, to another dead end of its own part or to a line that it runs "
            "towards (within 25 degrees). A bridge closes a gap of a line that is known to run "
            "through; its length is 1.08 times the gap. The gap between Yeraskh and "
            "Sharur stays open: the border is closed."
        ),
    },
    "routing_roads.parquet": {
        **OSM_ROUTES,
        "title": "Main roads of southern Pakistan for routes, 60-72 E, 23-30 N",
        "attribution": "Roads: © OpenStreetMap contributors (ODbL)",
        "notes": (
            "The edges of the network of roads.parquet that a road from Afghanistan to Karachi needs "
            "and roads.parquet lacks. Countries of the ends as in routing_railways.parquet."
        ),
    },
    "relief_world.webp": {
        **RELIEF,
        "title": "Shaded relief around the region for the page",
        "edition": "drawn from GMTED2010 at 16 arc-minutes",
    },
    "relief.webp": RELIEF,
    "relief_tien_shan.webp": RELIEF,
}
"""Starter files that are no source of a run."""

ODBL = "ODbL 1.0"

OPENSTREETMAP = """\
**OpenStreetMap.** {files} are made from OpenStreetMap data, © OpenStreetMap
contributors, and are available under the Open Database License (ODbL) 1.0:
<https://opendatacommons.org/licenses/odbl/1-0/>. Whoever publishes a database derived from these
files must offer it under the ODbL too. They are kept as files of their own so that they stay
separable. The packages through which they came, scgraph_data (Copyright (c) 2024 Connor Makowski)
and geo-maps (Copyright (c) 2017 Simone Primarosa), are under the MIT License.
"""

NOTICES = """\
**GeoNames.** `settlements.csv`, the places in `published_distances.csv`, the names in
`world.parquet` and `countries.parquet`, the names and control points in `railways.parquet`, the
control points in `routing_railways.parquet`, some places in `opened_railways.parquet` and most
places in `planned_railways.geojson` are from GeoNames
(<https://www.geonames.org/>), Creative Commons Attribution 4.0:
<https://creativecommons.org/licenses/by/4.0/>. Changed: a selection of places and columns; the
kind is derived from the population.

**Power plants.** `power_plants.csv` joins tables under Creative Commons Attribution 4.0
(Global Energy Monitor; World Resources Institute; PyPSA-KZ); the row names its source. Changed:
selection, column names, and a position error that is our judgement.

**Global Energy Monitor.** The place of Kara-Keche in `planned_railways.geojson` is from the Global
Coal Mine Tracker, Global Energy Monitor, under Creative Commons Attribution 4.0.

**Natural Earth** is in the public domain.

Borders are shown as their publisher draws them and imply no opinion on any territory.
"""


def read_entries(catalogue: Path) -> dict[str, dict[str, Any]]:
    """Catalogue entries of the starter files by the file that they read."""
    tables = tomllib.loads(catalogue.read_text(encoding="utf-8"))["source"]
    return {table["reader"]["member"]: table for table in tables}


def manifest_entry(
    product: Product, entries: Mapping[str, Mapping[str, Any]], out: Path
) -> dict[str, Any]:
    """What the manifest says of a product: source, licence, sha256, size, rows, counts, inputs.

    Raises
    ------
    BuildError
        When no catalogue entry reads the file.
    """
    path = out / product.file
    return {
        "source_id": product.source_id,
        "licence": _entry(product.file, entries)["licence"],
        "sha256": sha256(path),
        "bytes": path.stat().st_size,
        "rows": product.rows,
        "took": dict(product.took),
        "dropped": dict(product.dropped),
        "derived": dict(product.derived),
        "built_from": dict(product.built_from),
    }


def _entry(file: str, entries: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    found = entries.get(file) or UNCATALOGUED.get(file)
    if found is None:
        raise BuildError(f"{file}: no entry in geo_ree/catalog/starter.toml reads it; add one")
    return found


def write_manifest(files: Mapping[str, Mapping[str, Any]], out: Path) -> None:
    """Write ``starter.json`` from the manifest entries by file."""
    text = json.dumps({"files": files}, indent=1, ensure_ascii=False) + "\n"
    (out / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def write_licences(
    files: Mapping[str, Mapping[str, Any]], entries: Mapping[str, Mapping[str, Any]], out: Path
) -> None:
    """Write ``LICENSES.md`` from the catalogue, and from the manifest entries by file."""
    parts = [
        "# The starter data: sources and licences\n",
        "Written by tools/build_starter.py from geo_ree/catalog/starter.toml. Every file here is\n"
        "made from published sources; `starter.json` has the checksums and the counts.\n",
    ]
    for file, made in files.items():
        entry = _entry(file, entries)
        parts.append(f"## {file}\n")
        parts += [
            f"- {label}: {entry[key]}"
            for label, key in (
                ("Source", "title"),
                ("Publisher", "publisher"),
                ("Licence", "licence"),
                ("Licence text", "licence_url"),
                ("Attribution", "attribution"),
                ("Data of", "edition"),
                ("How it was made", "notes"),
            )
            if entry.get(key)
        ]
        inputs = "; ".join(f"{name} {value}" for name, value in made["built_from"].items())
        parts.append(f"- Built from: {inputs}\n")
    parts += ["## Notices\n"]
    named = name_odbl_files({file: _entry(file, entries)["licence"] for file in files})
    if named:
        words = OPENSTREETMAP.format(files=named)
        parts.append(textwrap.fill(words, 96, break_on_hyphens=False) + "\n")
    text = "\n".join([*parts, NOTICES])
    (out / LICENCES).write_text(text, encoding="utf-8", newline="\n")


def name_odbl_files(licences: Mapping[str, str]) -> str:
    """Name the files under the ODbL, and of those of several licences the part that is; "" if there are none.

    `licences` are the catalogue's by file, such as ``ODbL 1.0 (border crossings); CC BY 4.0``.
    """
    whole, partly = [], []
    for file, licence in licences.items():
        terms = [term.strip() for term in licence.split(";")]
        under = [term for term in terms if term.startswith(ODBL)]
        if under and len(under) == len(terms):
            whole.append(f"`{file}`")
        elif under:
            what = under[0].removeprefix(ODBL).strip(" ()") or "part"
            partly.append(f"`{file}` ({what})")
    return ", ".join([*whole, *partly])
