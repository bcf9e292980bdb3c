"""Long chords of the packed network drawn through the places that their line is known to pass."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo_ree.crs import distance_m
from starter_build.networks import lateral_error_km
from starter_build.product import BuildError, read_csv
from starter_build.stops import Stop, chord_km, read_stop

FACTS = Path(__file__).with_name("rail_controls.toml")

NODE_KM = 7.0
"""Farthest that the network's own node may be from the town that it stands for (judgement): the
town's point is its centre, and the line's nearest node to Etrek is 6 km from it."""


@dataclass(frozen=True)
class Section:
    """A part of an edge between two stops, with the longest that it can be (km)."""

    first: Stop
    last: Stop
    chord_km: float
    most_km: float
    published: bool

    @property
    def lateral_error_km(self) -> float:
        """How far the true course may lie to a side, and pass its stops."""
        aside = lateral_error_km(np.array([self.most_km]), np.array([self.chord_km]))[0]
        return round(float(aside) + max(self.first.error_km, self.last.error_km), 3)


def draw_through_places(
    frame: gpd.GeoDataFrame, cities: Mapping[str, dict[str, Any]], facts: Path
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Replace the chords of `FACTS` by their sections; give the lines and what was done.

    Every line that the facts call open must be drawn here: it is in the network already. Lines that
    are called older are drawn too.
    """
    table = tomllib.loads(FACTS.read_text(encoding="utf-8"))
    stops = {name: read_stop(name, fact, cities) for name, fact in table["places"].items()}
    lines = {line["name"]: line for line in table["lines"]}
    opened = {r["name"] for r in read_csv(facts / "rail_additions.csv") if r["status"] == "open"}
    drawn = {name for name, line in lines.items() if not line.get("older")}
    if opened != drawn:
        raise BuildError(f"{FACTS.name} has {sorted(drawn)}, the open lines are {sorted(opened)}")
    remarks: list[str] = []
    for line in lines.values():
        remarks += _check_nodes(line, frame, cities)
        for edge in line.get("edges", ()):
            frame, words = _replace(frame, line, edge, stops)
            remarks += words
    return frame, remarks


def cut_edge(ends: Sequence[Stop], length_km: float, edge: Mapping[str, Any]) -> list[Section]:
    """Cut an edge of known length at the stops between its ends.

    A section is as long as published, or at most what the others leave: each of them is at least
    as long as published, or as its chord.
    """
    chords = [chord_km(a, b) for a, b in pairwise(ends)]
    known = {(s["from"], s["to"]): float(s["length_km"]) for s in edge.get("sections", ())}
    least = [
        known.get((a.name, b.name), c) for (a, b), c in zip(pairwise(ends), chords, strict=True)
    ]
    slack = length_km - sum(least)
    if slack < 0.0:
        raise BuildError(f"{edge['native_id']}: {length_km:g} km is too short for its places")
    return [
        Section(
            a, b, chord, km if (a.name, b.name) in known else km + slack, (a.name, b.name) in known
        )
        for (a, b), chord, km in zip(pairwise(ends), chords, least, strict=True)
    ]


def _replace(
    frame: gpd.GeoDataFrame,
    line: Mapping[str, Any],
    edge: Mapping[str, Any],
    stops: Mapping[str, Stop],
) -> tuple[gpd.GeoDataFrame, list[str]]:
    at = np.flatnonzero(frame["native_id"] == edge["native_id"])
    if len(at) != 1:
        raise BuildError(f"the network has no edge {edge['native_id']} ({line['name']})")
    row = frame.iloc[at[0]]
    (a, b), (c, d) = row.geometry.coords
    ends = [Stop("", a, b, 0.0, ""), *(stops[n] for n in edge["through"]), Stop("", c, d, 0.0, "")]
    sections = cut_edge(ends, float(row["length_km"]), edge)
    known = sum(s.most_km for s in sections if s.published)
    rest = float(row["length_km"]) - known
    open_km = sum(s.chord_km for s in sections if not s.published)
    rows = [
        {
            "native_id": f"{edge['native_id']}.{number}",
            "length_km": round(s.most_km if s.published else rest * s.chord_km / open_km, 3),
            "lateral_error_km": s.lateral_error_km,
            "geometry": shapely.LineString(
                [(s.first.longitude, s.first.latitude), (s.last.longitude, s.last.latitude)]
            ),
        }
        for number, s in enumerate(sections, start=1)
    ]
    new = gpd.GeoDataFrame(rows, crs=frame.crs)
    words = [
        f"{line['name']}: {edge['native_id']} drawn through {s.name} ({s.source})"
        for s in ends[1:-1]
    ]
    return pd.concat([frame.drop(index=frame.index[at]), new], ignore_index=True), words


def _check_nodes(
    line: Mapping[str, Any], frame: gpd.GeoDataFrame, cities: Mapping[str, dict[str, Any]]
) -> list[str]:
    """Say how far the network's nodes are from the places that need no control point."""
    nodes = shapely.get_coordinates(frame.geometry.to_numpy())
    words = []
    for name, geonames in line.get("nodes", {}).items():
        stop = read_stop(name, {"geonames": geonames, "error": "town"}, cities)
        lon, lat = np.full(len(nodes), stop.longitude), np.full(len(nodes), stop.latitude)
        km = float(distance_m(lon, lat, nodes[:, 0], nodes[:, 1]).min()) / 1000.0
        if km > NODE_KM:
            raise BuildError(
                f"{line['name']}: no node of the network within {NODE_KM:g} km of {name}"
            )
        words.append(
            f"{line['name']}: {name} has a node of the network, {km:.1f} km from its centre"
        )
    words += [
        f"{line['name']}: {name} is in no source of coordinates that was found"
        for name in line.get("unplaced", ())
    ]
    return words
