"""Gateways with the error of their position: crossings of railways, and ports that two sources place."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo_ree.crs import Floats, distance_m
from geo_ree.schema import PRECISION_ERROR_M
from starter_build.product import BuildError, Product, read_csv, sha256, unique_slugs, write_csv

FACTS = Path(__file__).with_name("gateways.toml")

BORDER_ERROR_M = 500.0
"""How far a crossing may be off where border and line are exact (judgement: the border is drawn to
100 m, the ends of lines to 0.001 degree)."""

REACH_DEG = 0.3
"""How far a crossing is looked for around the printed point, which is of a coarser border."""

SHARED_DEG = 0.02
"""Borders of two countries that are so near to each other are one border."""

PORT_ERROR_M = PRECISION_ERROR_M["arc_minute"]
"""Of a port that one list places: some of its points are printed to the arc minute (judgement)."""

AREA_ERROR_M = PRECISION_ERROR_M["named_place"]
CROSSING_SOURCE = "OSM rail network x OSM border"

Row = dict[str, str]
Placed = tuple[float, str]


def build_gateways(facts: Path, out: Path) -> Product:
    """Write ``gateways.csv``; countries and railways have to be in the folder already."""
    table = tomllib.loads(FACTS.read_text(encoding="utf-8"))
    raw = [*read_csv(facts / "gateways.csv"), *table["further"]]
    ids = unique_slugs(r["name"] for r in raw)
    unknown = {i for word in ("second", "area", "crossing") for i in table[word]} - set(ids)
    if unknown:
        raise BuildError(f"{FACTS.name}: no gateway has the id {sorted(unknown)[0]}")
    countries = gpd.read_parquet(out / "countries.parquet").set_index("native_id")
    lines = gpd.read_parquet(out / "railways.parquet")
    rows = []
    for native, given in zip(ids, raw, strict=True):
        row = dict(given)
        if native in table["crossing"]:
            error_m, basis = place_crossing(row, table["crossing"][native], lines, countries)
        else:
            error_m, basis = judge(row, native, table, lines, countries)
        name = countries["name"].get(row["neighbour"], "")
        rows.append(_row(native, row, name, error_m, basis))
    write_csv(out / "gateways.csv", rows)
    kinds = Counter(r["kind"] for r in rows)
    return Product(
        file="gateways.csv",
        source_id="starter_gateways",
        rows=len(rows),
        built_from={
            "facts/gateways.csv": "sha256 " + sha256(facts / "gateways.csv"),
            FACTS.name: "sha256 " + sha256(FACTS),
            "railways.parquet": "sha256 " + sha256(out / "railways.parquet"),
            "countries.parquet": "sha256 " + sha256(out / "countries.parquet"),
        },
        took={f"gateways of kind {kind}": number for kind, number in sorted(kinds.items())},
        derived={
            "errors from two published positions": len(table["second"]),
            "crossings moved to where the drawn line meets the border": kinds["rail_border"],
        },
        remarks=tuple(f"{r['name']}: {r['position_basis']}" for r in rows),
    )


def judge(
    row: Row,
    native: str,
    table: Mapping[str, Any],
    lines: gpd.GeoDataFrame,
    countries: gpd.GeoDataFrame,
) -> Placed:
    """Error (m) of a gateway, and where it comes from; a crossing moves to where its line crosses."""
    if native in table["second"]:
        second = table["second"][native]
        apart = _km(row, second["longitude"], second["latitude"])
        return 1000.0 * apart, (
            f"{apart:.1f} km from another published position, {second['latitude']:g} N, "
            f"{second['longitude']:g} E: {second['source']}"
        )
    if native in table["area"]:
        return AREA_ERROR_M, f"named place: {table['area'][native]['source']} (judgement)"
    if row["kind"] != "rail_border":
        return PORT_ERROR_M, "one list of ports, some of its points to the arc minute (judgement)"
    return move_to_border(row, lines, countries)


def move_to_border(row: Row, lines: gpd.GeoDataFrame, countries: gpd.GeoDataFrame) -> Placed:
    """Put a crossing where a railway crosses the border near the printed point, a surer one first."""
    printed = shapely.Point(float(row["longitude"]), float(row["latitude"]))
    around = printed.buffer(REACH_DEG)
    near = lines[lines.intersects(around)]
    border = _shared(row, countries).intersection(around)
    found = [
        (_km(row, x, y) + error, x, y, number)
        for number, (shape, error) in enumerate(
            zip(near.geometry.intersection(border), near["lateral_error_km"], strict=True)
        )
        for x, y in shapely.get_coordinates(shape)
    ]
    if not found:
        raise BuildError(
            f"{row['name']}: no railway crosses the border within {REACH_DEG:g} degrees"
        )
    _, lon, lat, number = min(found)
    km = _km(row, lon, lat)
    row["longitude"], row["latitude"] = f"{lon:.4f}", f"{lat:.4f}"
    line = near.iloc[number]
    return 1000.0 * float(line["lateral_error_km"]) + BORDER_ERROR_M, (
        f"where a line of {line['length_km']:.0f} km, its course known to "
        f"{line['lateral_error_km']:.1f} km, crosses the border; {km:.1f} km from the point on a "
        "coarser border"
    )


def place_crossing(
    row: Row, fact: Mapping[str, Any], lines: gpd.GeoDataFrame, countries: gpd.GeoDataFrame
) -> Placed:
    """Put a crossing where its line, as drawn now, leaves the country; its error along the border.

    The border station is at most as far from the place as the published line is long.
    """
    parts = lines[lines["native_id"].str.startswith(fact["edge"] + ".")]
    border = countries.geometry[row["country"]].boundary
    course = shapely.union_all(parts.geometry.to_numpy())
    found = shapely.get_coordinates(course.intersection(border))
    if not len(found):
        raise BuildError(f"{row['name']}: {fact['edge']} does not cross the border")
    start = _place(fact["place"], parts)
    found = found[np.argsort(_far_km(start, found), kind="stable")]  # the first one from the place
    row["longitude"], row["latitude"] = (f"{degrees:.4f}" for degrees in found[0])
    stretch = shapely.get_coordinates(shapely.segmentize(_shared(row, countries), 0.01))
    here = stretch[_far_km(start, stretch) <= fact["within_km"]]
    if not len(here):
        raise BuildError(
            f"{row['name']}: no border within {fact['within_km']:g} km of {fact['place']}"
        )
    error_km = max(_km(row, x, y) for x, y in here)
    return 1000.0 * error_km, (
        f"where the line drawn through {fact['place']} meets the border; the border within the "
        f"published {fact['within_km']:g} km of it reaches {error_km:.0f} km from there: {fact['source']}"
    )


def _shared(row: Row, countries: gpd.GeoDataFrame) -> shapely.Geometry:
    """The part of a country's border that its neighbour shares."""
    own, other = (countries.geometry[row[word]].boundary for word in ("country", "neighbour"))
    return own.intersection(other.buffer(SHARED_DEG))


def _place(name: str, parts: gpd.GeoDataFrame) -> tuple[float, float]:
    """The control point that two sections share: the first one ends there."""
    if len(parts) != 2:
        raise BuildError(f"{name}: its edge has {len(parts)} sections, expected 2")
    lon, lat = parts.geometry.iloc[0].coords[-1]
    return lon, lat


def _far_km(start: tuple[float, float], places: Floats) -> Floats:
    lon, lat = (np.full(len(places), degrees) for degrees in start)
    return distance_m(lon, lat, places[:, 0], places[:, 1]) / 1000.0


def _km(row: Row, lon: float, lat: float) -> float:
    here = ([float(row["longitude"])], [float(row["latitude"])])
    return float(distance_m(*here, [lon], [lat])[0]) / 1000.0


def _row(native: str, row: Row, neighbour_name: str, error_m: float, basis: str) -> Row:
    return {
        "native_id": native,
        "name": row["name"],
        "kind": row["kind"],
        "country_reported": row["country"],
        "neighbour": row["neighbour"],
        "neighbour_name": neighbour_name,
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "position_error_m": f"{error_m:.0f}",
        "position_basis": basis,
        "gauge_break": row["gauge_break"],
        "reference": CROSSING_SOURCE if row["kind"] == "rail_border" else row["source"],
    }
