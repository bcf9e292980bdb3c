"""What lies around the deposits and is no part of a score: airports, earthquakes, legacy tailings."""

from __future__ import annotations

import sqlite3
import tomllib
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np

from starter_build.checks import read_checked_csv
from starter_build.networks import near_scored
from starter_build.packages import Store
from starter_build.product import BuildError, Product, sha256, write_csv

ALPHA2 = {"AF": "AFG", "KG": "KGZ", "KZ": "KAZ", "MN": "MNG", "TJ": "TJK", "TM": "TKM", "UZ": "UZB"}
"""The scored countries as the list of airports writes them."""

AIRPORT_COLUMNS = ("icao", "iata", "name", "city", "country", "elevation", "lat", "lon")
FOOT_M = 0.3048

EARTHQUAKE_REACH_KM = 150.0
"""Earthquakes farther than this from the scored countries are left out: 100 km are looked at."""

TAILINGS = Path(__file__).with_name("tailings.toml")


def build_airports(store: Store, out: Path) -> Product:
    """Write ``airports.csv``: airports of the scored countries that have a code of IATA."""
    path = store.path("airports")
    here = [r for r in read_checked_csv(path, AIRPORT_COLUMNS) if r["country"] in ALPHA2]
    rows = [_airport(path.name, row) for row in here if row["iata"]]
    write_csv(out / "airports.csv", rows)
    return Product(
        file="airports.csv",
        source_id="starter_airports",
        rows=len(rows),
        built_from=store.built_from("airports"),
        took={
            f"airports in {country}": n
            for country, n in sorted(Counter(r["country_reported"] for r in rows).items())
        },
        dropped={"airfields without a code of IATA": len(here) - len(rows)},
        derived={
            "elevations from feet": sum(bool(r["elevation_m"]) for r in rows),
            "elevations of 0 feet, read as unknown": sum(not r["elevation_m"] for r in rows),
        },
    )


def _airport(file: str, row: dict[str, str]) -> dict[str, str]:
    lat, lon = _degrees(file, row["icao"] or row["iata"], row["lat"], row["lon"])
    feet = float(row["elevation"] or 0.0)
    return {
        "native_id": row["iata"],
        "name": row["name"],
        "code": row["icao"],
        "iata": row["iata"],
        "city": row["city"],
        "country_reported": ALPHA2[row["country"]],
        "latitude": f"{lat:.5f}",
        "longitude": f"{lon:.5f}",
        "elevation_m": f"{feet * FOOT_M:.0f}" if feet else "",
    }


def _degrees(file: str, row: str, lat: object, lon: object) -> tuple[float, float]:
    try:
        north, east = float(str(lat)), float(str(lon))
    except ValueError as error:
        raise BuildError(f"{file}, row {row}: {lat}, {lon} is no position") from error
    if not (-90.0 <= north <= 90.0 and -180.0 <= east <= 180.0):
        raise BuildError(f"{file}, row {row}: {lat}, {lon} is not on earth")
    return north, east


def build_earthquakes(store: Store, out: Path) -> Product:
    """Write ``earthquakes.csv``: events of the Global CMT catalogue in and near the countries."""
    path = store.path("gcmt")
    query = "select distinct time, lat, lon, depth, mag from earthquake order by time, lat, lon"
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            events = database.execute(query).fetchall()
    except sqlite3.Error as error:
        raise BuildError(f"{path.name}: {error}: the source changed") from error
    places = np.array([_degrees(path.name, e[0], e[1], e[2]) for e in events])
    countries = gpd.read_parquet(out / "countries.parquet")
    each = np.arange(len(events))
    near = near_scored(
        places, np.column_stack([each, each]), countries, reach_km=EARTHQUAKE_REACH_KM
    )
    rows = [_event(event) for event, kept in zip(events, near, strict=True) if kept]
    _number_twins(rows)
    write_csv(out / "earthquakes.csv", rows)
    return Product(
        file="earthquakes.csv",
        source_id="starter_earthquakes",
        rows=len(rows),
        built_from=store.built_from("gcmt"),
        took={f"events of Mw {min(r['magnitude_mw'] for r in rows)} or more": len(rows)},
        dropped={
            f"events over {EARTHQUAKE_REACH_KM:.0f} km from the scored countries": int(
                (~near).sum()
            )
        },
        derived={"magnitudes to one decimal": len(rows)},
    )


def _event(event: tuple[str, float, float, float, float]) -> dict[str, str]:
    time, lat, lon, depth, magnitude = event
    return {
        "native_id": time[:19].replace(" ", "T"),
        "name": f"Mw {magnitude:.1f}, {time[:10]}",
        "date": time[:10],
        "latitude": f"{lat:.2f}",
        "longitude": f"{lon:.2f}",
        "depth_km": f"{depth:.0f}",
        "magnitude_mw": f"{magnitude:.1f}",
    }


def _number_twins(rows: list[dict[str, str]]) -> None:
    """Tell events of one second apart by a number after their id."""
    seen: Counter[str] = Counter()
    for row in rows:
        seen[row["native_id"]] += 1
        if seen[row["native_id"]] > 1:
            row["native_id"] += f"-{seen[row['native_id']]}"


def build_tailings(out: Path) -> Product:
    """Write ``tailings.csv`` from the facts beside this module."""
    facts = tomllib.loads(TAILINGS.read_text(encoding="utf-8"))["tailings"]
    for fact in facts:
        _degrees(TAILINGS.name, fact["id"], fact["latitude"], fact["longitude"])
        if not (fact["source"] and fact["place"]):
            raise BuildError(f"{TAILINGS.name}, row {fact['id']}: no source: leave it out")
    rows = [
        {
            "native_id": fact["id"],
            "name": fact["name"],
            "date": fact["date"],
            "latitude": f"{fact['latitude']:.5f}",
            "longitude": f"{fact['longitude']:.5f}",
            "position_error_m": str(fact["error_m"]),
            "what": fact["what"],
            "position_basis": fact["place"],
            "reference": fact["source"],
        }
        for fact in facts
    ]
    write_csv(out / "tailings.csv", rows)
    return Product(
        file="tailings.csv",
        source_id="starter_tailings",
        rows=len(rows),
        built_from={TAILINGS.name: "sha256 " + sha256(TAILINGS)},
        took={"tailings whose position was read in a source": len(rows)},
    )
