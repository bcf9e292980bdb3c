"""Countries of the region, decoded from TopoJSON and cut at the region's edge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_ree.crs import STORE_CRS
from geo_ree.settings import REGION
from starter_build.packages import Store
from starter_build.product import Product, write_parquet

ALPHA3 = {
    "004": "AFG",
    "031": "AZE",
    "051": "ARM",
    "156": "CHN",
    "268": "GEO",
    "356": "IND",
    "364": "IRN",
    "368": "IRQ",
    "398": "KAZ",
    "414": "KWT",
    "417": "KGZ",
    "496": "MNG",
    "524": "NPL",
    "586": "PAK",
    "643": "RUS",
    "682": "SAU",
    "760": "SYR",
    "762": "TJK",
    "792": "TUR",
    "795": "TKM",
    "804": "UKR",
    "860": "UZB",
}
"""ISO 3166-1 numeric -> alpha-3 of the countries that reach into the region."""

PART_OF = {"Baikonur": "KAZ"}
"""Areas without a code that are a country's territory (Baikonur is leased, not ceded)."""

LEFT_OUT = {"Siachen Glacier"}
"""Disputed areas without a code: they belong to no polygon of the file."""

DECIMALS = 4


def build_countries(store: Store, out: Path) -> Product:
    """Write ``countries.parquet`` from the npm package world-atlas."""
    topology = json.loads(store.path("world_atlas").read_text(encoding="utf-8"))
    box = shapely.box(*REGION)
    parts: dict[str, list[Any]] = {}
    names: dict[str, str] = {}
    left, collapsed, outside = 0, 0, 0
    for item in topology["objects"]["countries"]["geometries"]:
        whole, lost = decode(item, topology)
        if not whole.intersects(box):
            outside += 1
            continue
        collapsed += lost
        name = item["properties"]["name"]
        if name in LEFT_OUT:
            left += 1
            continue
        code = PART_OF[name] if name in PART_OF else ALPHA3[item["id"]]
        parts.setdefault(code, []).append(whole)
        if name not in PART_OF:
            names[code] = name
    frame = _frame(parts, names, box)
    write_parquet(out / "countries.parquet", frame)
    return Product(
        file="countries.parquet",
        source_id="starter_countries",
        rows=len(frame),
        built_from=store.built_from("world_atlas"),
        took={"countries that reach into the region": len(frame)},
        dropped={
            "countries outside the region": outside,
            "rings that the package's own grid had collapsed": collapsed,
            "disputed areas without a code (" + ", ".join(sorted(LEFT_OUT)) + ")": left,
        },
        derived={
            "areas joined to a country (Baikonur to KAZ)": len(PART_OF),
            "countries cut at the region's edge": int((~frame["complete"]).sum()),
            "vertices": int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()),
        },
    )


def decode(item: dict[str, Any], topology: dict[str, Any]) -> tuple[Any, int]:
    """Give the valid geometry of a TopoJSON object, and how many rings had under four points."""
    polygons = [item["arcs"]] if item["type"] == "Polygon" else item["arcs"]
    whole, lost = [], 0
    for rings in polygons:
        lines = [_ring(indices, topology) for indices in rings]
        lost += sum(len(line) < 4 for line in lines)
        if len(lines[0]) >= 4:
            whole.append(shapely.Polygon(lines[0], [h for h in lines[1:] if len(h) >= 4]))
    return shapely.make_valid(shapely.MultiPolygon(whole)), lost


def _ring(indices: list[int], topology: dict[str, Any]) -> NDArray[np.float64]:
    pieces = []
    for index in indices:
        deltas = np.array(topology["arcs"][index if index >= 0 else ~index])
        line = np.cumsum(deltas, axis=0) * topology["transform"]["scale"]
        line = line + topology["transform"]["translate"]
        pieces.append(line if index >= 0 else line[::-1])
    joined: NDArray[np.float64] = np.concatenate([pieces[0], *(p[1:] for p in pieces[1:])])
    return joined


def _frame(
    parts: dict[str, list[Any]], names: dict[str, str], box: shapely.Polygon
) -> gpd.GeoDataFrame:
    codes = sorted(parts)
    whole = [shapely.union_all(parts[code]) for code in codes]
    cut = shapely.set_precision(
        [_polygons(shapely.intersection(shape, box)) for shape in whole],
        10.0**-DECIMALS,
        mode="pointwise",
    )
    if not (shapely.is_valid(cut).all() and shapely.coverage_is_valid(cut)):
        raise ValueError("rounding broke the borders: raise DECIMALS")
    return gpd.GeoDataFrame(
        {
            "native_id": codes,
            "name": [names[code] for code in codes],
            "complete": [bool(shape.within(box)) for shape in whole],
        },
        geometry=cut,
        crs=STORE_CRS,
    )


def _polygons(shape: Any) -> Any:
    parts = [p for p in shapely.get_parts(shape) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.MultiPolygon([q for p in parts for q in shapely.get_parts(p)])
