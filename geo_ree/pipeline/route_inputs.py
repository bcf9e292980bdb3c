"""What ``run.json`` says of the tables that routes are found on: sources, licences and checksums."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from geo_ree.catalog import load_catalog
from geo_ree.storage import starter_path

LAYER = "routes"
"""The layer of these inputs: no canonical layer, for nothing else is measured to them."""

_OSM = {
    "label": "OSM (in scgraph_data 2.0.0 of 2024)",
    "publisher": "OpenStreetMap contributors",
    "licence": "ODbL 1.0",
    "licence_url": "https://opendatacommons.org/licenses/odbl/1-0/",
    "edition": "OSM as packed in scgraph_data 2.0.0 (extraction date not stated; files in the package are "
    "dated 2024-04-19)",
    "landing_page": "https://www.openstreetmap.org/copyright",
}
_NETWORKS = {
    "routing_railways.parquet": {
        "title": "Railways for routes to the sea ports, 25-135.5 E, 20-62 N",
        "attribution": "Railways: © OpenStreetMap contributors (ODbL); control points: GeoNames (CC BY 4.0)",
    },
    "rail_joins.parquet": {
        "title": "Joins of the railways for routes: dead ends that nearly meet, gaps of known lines",
        "attribution": "Railways: © OpenStreetMap contributors (ODbL)",
    },
    "routing_roads.parquet": {
        "title": "Main roads of southern Pakistan for routes, 60-72 E, 23-30 N",
        "attribution": "Roads: © OpenStreetMap contributors (ODbL)",
    },
}
_OPENED = "starter_railways_opened"
_WORDS = (
    *("title", "label", "publisher", "licence", "licence_url", "edition", "attribution"),
    "landing_page",
)
"""What is said of a network as its entry in the catalogue says it."""

_FACTS = {
    "title": "Facts of routes and costs: destinations, legs, crossings, tariffs, prices",
    "label": "geo_ree (routes)",
    "publisher": "The geo_ree developers",
    "licence": "Apache-2.0 (this compilation); road_gateways.csv and junctions ODbL 1.0; places of GeoNames CC BY 4.0",
    "licence_url": "https://www.apache.org/licenses/LICENSE-2.0",
    "edition": "compiled in 2026; each row names its source and date",
    "landing_page": "",
    "attribution": "Facts of routes: geo_ree, after the publications named per row; © OpenStreetMap contributors "
    "(ODbL); GeoNames (CC BY 4.0); U.S. Geological Survey",
}


@cache
def route_inputs() -> tuple[dict[str, Any], ...]:
    """The networks and the facts of routes, a row each as those of the other inputs.

    Examples
    --------
    >>> [row["id"] for row in route_inputs()]
    ['starter_routing_railways', 'starter_rail_joins', 'starter_routing_roads', 'routing_opened', 'route_facts']
    """
    known = json.loads(starter_path("starter.json").read_text(encoding="utf-8"))["files"]
    rows = [
        _input(known[name]["source_id"], name, known[name]["sha256"], known[name]["rows"])
        | {**_OSM, **words}
        for name, words in _NETWORKS.items()
    ]
    opened = load_catalog()[_OPENED]
    rows.append(
        _input(
            "routing_opened",
            file := opened.reader.member,
            known[file]["sha256"],
            known[file]["rows"],
        )
        | {word: getattr(opened, word) for word in _WORDS}
    )
    tables = sorted(Path(str(files("geo_ree.routing") / "facts")).glob("*.csv"))
    texts = [table.read_bytes() for table in tables]
    lines = sum(text.count(b"\n") - 1 for text in texts)
    digest = sha256(b"".join(texts)).hexdigest()
    return (*rows, _input("route_facts", "*.csv", digest, lines) | _FACTS)


def _input(source: str, file: str, checksum: str, rows: int) -> dict[str, Any]:
    return {
        "id": source,
        "table": "",
        "layer": LAYER,
        "came_from": "starter",
        "title": "",
        "label": "",
        "publisher": "",
        "file": file,
        "sha256": checksum,
        "retrieved": "",
        "edition": "",
        "licence": "",
        "licence_url": "",
        "attribution": "",
        "landing_page": "",
        "rows_read": rows,
        "kept": rows,
        "rows": rows,
        "skipped": {},
        "noted": {},
        "unrecognised": {},
        "coverage": [],
        "notes": "",
    }
