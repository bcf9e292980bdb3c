"""The road from a deposit to a railhead, or to where a corridor begins, as a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.routing.graph import Graph, Search, search
from geo_ree.routing.network import Network
from geo_ree.routing.railheads import (
    DETOUR,
    DETOUR_ENDS,
    OFF_ROAD_KM,
    ROAD_BORDERS,
    ROADLESS_KM,
    Railheads,
    Reach,
)
from geo_ree.routing.route_lines import Path, follow, node_sequence


@dataclass(frozen=True, eq=False)
class Trucks:
    """Draws roads between deposits and railheads; the searches of a call are kept.

    Parameters
    ----------
    railheads
        From `find_railheads`.
    reach
        From `reach_railheads`, of the deposits.
    roads
        From `open_roads`.
    deposits
        Rows of ``lon``, ``lat`` and ``country``.
    """

    railheads: Railheads
    reach: Reach
    roads: Graph
    deposits: pd.DataFrame
    _searches: dict[int, Search] = field(default_factory=dict)

    @cached_property
    def _by_deposit(self) -> dict[int, list[dict[str, Any]]]:
        return _records(self.reach.starts)

    @cached_property
    def _points(self) -> Floats:
        return self.deposits[["lon", "lat"]].to_numpy(np.float64)

    def to_railhead(self, row: int, railhead: int) -> Path:
        """Draw the road from a deposit to a railhead."""
        deposit, xy = self._deposit(row), self._xy(int(self.railheads.nodes[railhead]))
        starts = self._starts(row)
        if self.reach.straight[row, railhead]:
            km = float(self.reach.truck_km[row, railhead]) / DETOUR
            why = "no main road leads to a railhead" if len(starts) else _ROADLESS
            return off_road([deposit, xy], km, why if km > OFF_ROAD_KM else "")
        start, link, along = self._shortest(starts, self._links(railhead))
        head = self._to_road(deposit, start, along is None)
        tail = self._to_road(xy, link, along is None)
        if along is not None:
            between = Path(km={"truck": along}, low=along, high=along)
            return head.then(between).then(_reverse(tail))
        edges = self._search(int(link["node"])).route(int(start["node"]))[::-1]
        nodes = node_sequence(self._network, int(start["node"]), edges)
        return head.then(follow(self._network, nodes, edges)).then(_reverse(tail))

    def to_place(self, row: int, found: Search) -> tuple[float, Path] | None:
        """Draw the road from a deposit to where a search of roads went out, and give its length."""
        best = None
        for start in self._starts(row):
            km = start["km"] + DETOUR * start["off_km"] + found.km[0, start["node"]]
            if np.isfinite(km) and (best is None or km < best[0]):
                best = (float(km), start)
        if best is None:
            return None
        km, start = best
        edges = found.route(int(start["node"]))[::-1]
        nodes = node_sequence(self._network, int(start["node"]), edges)
        head = self._to_road(self._deposit(row), start, True)
        return km, head.then(follow(self._network, nodes, edges))

    def _shortest(
        self, starts: Sequence[dict[str, Any]], links: Sequence[dict[str, Any]]
    ) -> tuple[dict[str, Any], dict[str, Any], float | None]:
        """Ends of both roads between which it is shortest; kilometres where they are on one edge."""
        best: tuple[float, int, int, float | None] = (np.inf, 0, 0, None)
        nodes = [int(start["node"]) for start in starts]
        for j, link in enumerate(links):
            away = self._search(int(link["node"])).to(nodes).min(axis=0)
            for i, start in enumerate(starts):
                off = DETOUR * (start["off_km"] + link["off_km"])
                km = float(away[i] + start["km"] + link["km"] + off)
                if km < best[0]:
                    best = (km, i, j, None)
                along = abs(start["km"] - link["km"])
                if start["edge"] == link["edge"] and start["node"] == link["node"]:
                    best = min(best, (along + off, i, j, along), key=lambda b: b[0])
        return starts[best[1]], links[best[2]], best[3]

    def _to_road(self, xy: Floats, start: dict[str, Any], to_node: bool) -> Path:
        """From a point to its road, and along it to a node."""
        edge = self._network.edge_lines([int(start["edge"])])[0]
        foot = shapely.get_coordinates(
            shapely.line_interpolate_point(edge, shapely.line_locate_point(edge, shapely.Point(xy)))
        )[0]
        path = off_road([xy, foot], float(start["off_km"]), "")
        if not to_node:
            return path
        node = self._xy(int(start["node"]))
        along = Path(
            km={"truck": start["km"]},
            low=start["km_low"],
            high=start["km_high"],
            lines={"truck": [np.array([foot, node])]},
        )
        return path.then(along)

    def _search(self, node: int) -> Search:
        if node not in self._searches:
            self._searches[node] = search(
                self.roads, node, layers=ROAD_BORDERS + 1, by_places=False
            )
        return self._searches[node]

    @property
    def _network(self) -> Network:
        return self.railheads.network

    def _starts(self, row: int) -> list[dict[str, Any]]:
        return self._by_deposit.get(row, [])

    def _links(self, railhead: int) -> list[dict[str, Any]]:
        table = self._link_columns
        first, last = np.searchsorted(table["point"], [railhead, railhead + 1]).tolist()
        return [{name: v[at] for name, v in table.items()} for at in range(first, last)]

    @cached_property
    def _link_columns(self) -> dict[str, NDArray[Any]]:
        return {str(name): v.to_numpy() for name, v in self.railheads.links.items()}

    def _deposit(self, row: int) -> Floats:
        return np.asarray(self._points[row])

    def _xy(self, node: int) -> Floats:
        return self._network.xy[node]


_ROADLESS = f"no main road within {ROADLESS_KM:g} km"


def off_road(points: Sequence[Floats], straight_km: float, why: str) -> Path:
    """Give a straight line as a road that is in no file."""
    line = np.array(points)
    return Path(
        km={"truck": DETOUR * straight_km},
        low=DETOUR_ENDS[0] * straight_km,
        high=DETOUR_ENDS[1] * straight_km,
        lines={"truck": [line]},
        dashed=[line],
        off_road_km=DETOUR * straight_km,
        assumed=(why,) if why else (),
    )


def _records(table: pd.DataFrame) -> dict[int, list[dict[str, Any]]]:
    """Rows by their point."""
    out: dict[int, list[dict[str, Any]]] = {}
    for row in table.to_dict("records"):
        cells = {str(key): value for key, value in row.items()}
        out.setdefault(int(cells["point"]), []).append(cells)
    return out


def _reverse(path: Path) -> Path:
    """Give a path from its end to its start; it crosses no border."""
    return Path(
        km=path.km,
        low=path.low,
        high=path.high,
        lines={mode: [part[::-1] for part in parts[::-1]] for mode, parts in path.lines.items()},
        dashed=path.dashed,
        off_road_km=path.off_road_km,
        assumed=path.assumed,
    )
