"""A route as a path over the network: its kilometres, its borders, and the lines to draw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import shapely

from geo_ree.crs import Floats
from geo_ree.routing.assembly import Ints
from geo_ree.routing.crossings import Crossing, find_crossings, read_gauges
from geo_ree.routing.network import BASES, MODES, Network

_NAMES = ["truck" if mode == "road" else mode for mode in MODES]
"""How a route calls the modes of edges."""

_DASHED = np.array([basis in ("join", "bridge", "straight", "chord") for basis in BASES])
"""Bases of edges whose course is assumed; sea and ferry legs are straight lines too."""


@dataclass(frozen=True)
class Path:
    """A part of a route: kilometres by mode with their interval, borders, lines, assumptions.

    ``off_road_km`` of the kilometres by truck are on roads that are in no file.
    """

    km: dict[str, float] = field(default_factory=dict)
    low: float = 0.0
    high: float = 0.0
    countries: tuple[str, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    lines: dict[str, list[Floats]] = field(default_factory=dict)
    dashed: list[Floats] = field(default_factory=list)
    off_road_km: float = 0.0
    assumed: tuple[str, ...] = ()

    def then(self, other: Path) -> Path:
        """Give this part and the next one as one."""
        same = self.countries and other.countries and self.countries[-1] == other.countries[0]
        return Path(
            km={m: self.km.get(m, 0.0) + other.km.get(m, 0.0) for m in self.km | other.km},
            low=self.low + other.low,
            high=self.high + other.high,
            countries=self.countries + (other.countries[1:] if same else other.countries),
            crossings=self.crossings + other.crossings,
            lines={
                m: self.lines.get(m, []) + other.lines.get(m, []) for m in self.lines | other.lines
            },
            dashed=self.dashed + other.dashed,
            off_road_km=self.off_road_km + other.off_road_km,
            assumed=tuple(dict.fromkeys(self.assumed + other.assumed)),
        )


def follow(network: Network, nodes: Ints, edges: Ints) -> Path:
    """Describe a path over the network."""
    countries, crossings = find_crossings(network, nodes, edges)
    if not len(edges):
        return Path(countries=tuple(countries))
    codes, basis = network.mode_codes[edges], network.basis_codes[edges]
    km = network.column("km")[edges]
    xy = network.xy[nodes]
    lines: dict[str, list[Floats]] = {}
    for code, first, last in _stretches(codes):
        lines.setdefault(_NAMES[int(code)], []).append(xy[first : last + 1])
    dashed = _DASHED[basis] | (codes >= MODES.index("ferry"))
    return Path(
        km={_NAMES[code]: float(km[codes == code].sum()) for code in np.unique(codes).tolist()},
        low=float(network.column("km_low")[edges].sum()),
        high=float(network.column("km_high")[edges].sum()),
        countries=tuple(countries),
        crossings=tuple(crossings),
        lines=lines,
        dashed=[xy[a : b + 1] for on, a, b in _stretches(dashed) if on],
        assumed=(*_assumed_lines(network, edges, basis, km), *_assumed_borders(crossings)),
    )


def node_sequence(network: Network, start: int, edges: Ints) -> Ints:
    """Nodes that a route passes, from its first one."""
    ends = network.ends[edges].sum(axis=1)
    sign = np.where(np.arange(len(edges) + 1) % 2 == 0, 1, -1)
    steps = np.r_[0, np.cumsum(ends * sign[1:])]
    return np.asarray((start + steps) * sign)


def _stretches(values: np.ndarray) -> Iterable[tuple[int, int, int]]:
    """Runs of equal values: value, first, one after the last."""
    cuts = (np.flatnonzero(values[1:] != values[:-1]) + 1).tolist()
    for first, last in zip([0, *cuts], [*cuts, len(values)], strict=True):
        yield int(values[first]), first, last


def _assumed_lines(network: Network, edges: Ints, basis: Ints, km: Floats) -> list[str]:
    on = {name: basis == code for code, name in enumerate(BASES)}
    length = {name: float(km[rows].sum()) for name, rows in on.items()}
    names = network.column("source_id")
    out = []
    if count := int(on["join"].sum()):
        out.append(f"{count} joins of dead ends ({length['join']:.1f} km)")
    if length["bridge"]:
        out.append(f"gaps of lines bridged ({length['bridge']:.0f} km)")
    for code, line in enumerate(("railway", "road")):
        rows = on["chord"] & (network.mode_codes[edges] == code)
        if rows.any():
            out.append(f"{km[rows].sum():.0f} km of {line} of unknown course")
    out += [f"line {name}" for name in dict.fromkeys(names[edges[on["straight"]]])]
    if network.by_suez & set(names[edges[on["leg"]]]):
        out.append("the Suez Canal is open")
    return out


def _assumed_borders(crossings: Iterable[Crossing]) -> list[str]:
    out, gauges = [], read_gauges()
    for crossing in crossings:
        if not crossing.named:
            out.append(f"place of the border {crossing.gateway}")
        for code in (crossing.one, crossing.other):
            if crossing.gauge and gauges[code][1]:
                out.append(f"gauge of {code}")
    return out


def multi_line(parts: Iterable[Floats]) -> shapely.MultiLineString | None:
    """Lines of two or more vertices as one geometry; None where there is none."""
    lines = [part for part in parts if len(part) > 1]
    return shapely.MultiLineString(lines) if lines else None


def multi_point(crossings: Iterable[Crossing]) -> shapely.MultiPoint | None:
    """Places of borders as one geometry; None where there is none."""
    points = [(crossing.lon, crossing.lat) for crossing in crossings]
    return shapely.MultiPoint(points) if points else None
