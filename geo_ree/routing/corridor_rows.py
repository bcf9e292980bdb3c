"""The rows of a table of corridors: railhead, route and what it passes, for each deposit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.routing.corridor_plans import Plan
from geo_ree.routing.network import Network
from geo_ree.routing.no_route import explain
from geo_ree.routing.railheads import DETOUR, find_railheads, open_roads, reach_railheads
from geo_ree.routing.ranges import Range
from geo_ree.routing.route_answers import LISTED, NO_ROUTE
from geo_ree.routing.route_choice import BY_ROAD, SAID_SHARE, Choice, Rates, choose
from geo_ree.routing.route_costs import inland
from geo_ree.routing.route_lines import Path, follow, multi_line, multi_point, node_sequence
from geo_ree.routing.truck_paths import Trucks
from geo_ree.routing.trunks import Surveyor, Trunk

_SAID_ERROR_KM = 5.0
"""Error of a deposit's position above which a route says so."""


@dataclass(frozen=True, eq=False)
class RowMaker:
    """Makes the rows of one question.

    Parameters
    ----------
    network, plans, avoided, costs
        What the question is about.
    rates
        What the choice of a route goes by.
    surveyor
        Lays the corridors.
    to
        The destination that was asked for, or "".
    """

    network: Network
    plans: Sequence[Plan]
    avoided: tuple[str, ...]
    costs: Mapping[str, Range]
    rates: Rates
    surveyor: Surveyor
    to: str
    _parts: dict[tuple[str, int, int, int], Path] = field(default_factory=dict)

    @classmethod
    def prepare(
        cls,
        network: Network,
        plans: Sequence[Plan],
        avoided: tuple[str, ...],
        costs: Mapping[str, Range],
        *,
        draws: int,
        seed: int,
        to: str | None,
    ) -> RowMaker:
        """Take the rates and a surveyor for a question."""
        rates = Rates.of(costs, draws, seed)
        surveyor = Surveyor(network, avoided, rates.rail, rates.gauge)
        return cls(network, plans, avoided, costs, rates, surveyor, to or "")

    def make(self, sites: pd.DataFrame) -> list[dict[str, Any]]:
        """Make the rows of some deposits."""
        placed = sites[sites["lon"].notna() & (sites["country"] != "")].reset_index(drop=True)
        by_id: dict[str, list[dict[str, Any]]] = {str(i): [] for i in sites["id"]}
        if len(placed):
            for row, path, plan, choice in self._route(placed):
                site = placed.iloc[row]
                by_id[str(site["id"])].append(self._row(site, path, plan, choice))
        out: list[dict[str, Any]] = []
        for _, site in sites.iterrows():
            found = by_id[str(site["id"])]
            out += found or [self._none(dict(site))]
        return out

    def _route(self, sites: pd.DataFrame) -> list[tuple[int, Path, Plan, Choice]]:
        railheads = find_railheads(self.network, frozenset(sites["country"]))
        roads = open_roads(railheads, self.avoided)
        open_ = ~self.network.nodes_in(self.avoided)[railheads.nodes]
        reach = reach_railheads(railheads, sites, roads, open_)
        trucks = Trucks(railheads, reach, roads, sites)
        out = []
        for country, rows in sites.groupby("country").indices.items():
            if country in self.avoided:
                continue
            for plan in self.plans:
                trunk = self.surveyor.lay(plan, str(country))
                if trunk is None:
                    continue
                rail = trunk.rail_km(railheads.nodes)
                rail[:, self.network.nodes_in(trunk.closed)[railheads.nodes]] = np.inf
                for row in rows:
                    found = self._choose(trunk, trucks, int(row), rail)
                    if found is not None:
                        out.append((int(row), found[0], plan, found[1]))
        return sorted(out, key=lambda item: item[0])

    def _choose(
        self, trunk: Trunk, trucks: Trucks, row: int, rail: np.ndarray
    ) -> tuple[Path, Choice] | None:
        direct = trucks.to_place(row, trunk.road) if trunk.road is not None else None
        by_road = direct[0] if direct else np.inf
        reach = trucks.reach
        near = reach.nearest_first[row]
        choice = choose(reach.truck_km[row], near, rail, by_road, self.rates)
        if choice is None:
            return None
        if choice.railhead == BY_ROAD and direct is not None:
            return direct[1].then(self._fixed(trunk)), choice
        path = trucks.to_railhead(row, choice.railhead)
        node = int(trucks.railheads.nodes[choice.railhead])
        return path.then(self._rail(trunk, node, choice.layer)), choice

    def _rail(self, trunk: Trunk, node: int, layer: int) -> Path:
        """From a railhead to the end of a corridor."""
        key = (trunk.plan.slug + trunk.plan.port, trunk.first, node, layer)
        if key not in self._parts:
            edges = np.r_[trunk.rail.route(node, layer)[::-1], trunk.edges]
            nodes = node_sequence(self.network, node, edges)
            self._parts[key] = _add_tail(follow(self.network, nodes, edges), trunk.plan)
        return self._parts[key]

    def _fixed(self, trunk: Trunk) -> Path:
        """From where a corridor begins to its end."""
        return _add_tail(follow(self.network, trunk.nodes, trunk.edges), trunk.plan)

    def _row(self, site: pd.Series, path: Path, plan: Plan, choice: Choice) -> dict[str, Any]:
        error = DETOUR * site["error_km"]
        km = {mode: path.km.get(mode, 0.0) for mode in ("truck", "rail", "ferry", "sea")}
        total = sum(km.values())
        assumed = [_off_road(path), *path.assumed] if path.off_road_km >= 1.0 else [*path.assumed]
        if site["error_km"] >= _SAID_ERROR_KM:
            assumed.append(f"position of the deposit within {site['error_km']:.0f} km")
        assumed += self._judged(km, plan)
        countries = path.countries
        if not countries or countries[0] != site["country"]:
            countries = (str(site["country"]), *countries)
        return {
            "deposit_id": site["id"],
            "corridor": plan.slug,
            "port": plan.port,
            **{f"{mode}_km": value for mode, value in km.items()},
            "km_low": max(min(path.low, total) - error, 0.0),
            "km_high": max(path.high, total) + error,
            "borders": len(path.crossings),
            "gauge_changes": sum(crossing.gauge for crossing in path.crossings),
            "countries": LISTED.join(countries),
            "gateways": LISTED.join(crossing.gateway for crossing in path.crossings),
            "assumed": LISTED.join(assumed),
            "note": _note(choice),
            "geometry": multi_line(part for parts in path.lines.values() for part in parts),
            **{f"{mode}_line": multi_line(path.lines.get(mode, [])) for mode in km},
            "assumed_line": multi_line(path.dashed),
            "crossing_points": multi_point(path.crossings),
            "gauge_points": multi_point(c for c in path.crossings if c.gauge),
        }

    def _judged(self, km: Mapping[str, float], plan: Plan) -> list[str]:
        """Say which rates are our judgement."""
        used = [mode for mode in ("ferry", "sea") if km[mode] > 0 and self.costs[mode].assumed]
        if self.costs["port"].assumed and (plan.leg or plan.port not in inland()):
            used.append("port")
        return [f"rates by judgement: {', '.join(used)}"] if used else []

    def _none(self, site: Mapping[str, Any]) -> dict[str, Any]:
        numbers = ("truck_km", "rail_km", "ferry_km", "sea_km", "km_low", "km_high")
        shapes = ("geometry", "truck_line", "rail_line", "ferry_line", "sea_line", "assumed_line")
        return {
            "deposit_id": site["id"],
            "corridor": NO_ROUTE,
            **dict.fromkeys((*numbers, "borders", "gauge_changes"), np.nan),
            **dict.fromkeys(("port", "countries", "gateways", "assumed"), ""),
            "note": explain(self.network, self.plans, self.avoided, site, self.to),
            **dict.fromkeys((*shapes, "crossing_points", "gauge_points")),
        }


def _add_tail(path: Path, plan: Plan) -> Path:
    """Lead a path from the port of arrival to a plant."""
    if not plan.tail_km:
        return path
    words = (
        (f"road to {plan.port} at {DETOUR:g} x the straight line",) if plan.tail_straight else ()
    )
    return path.then(
        Path(
            km={plan.tail_mode: plan.tail_km},
            low=plan.tail_km / (DETOUR if plan.tail_straight else 1.0),
            high=plan.tail_km,
            assumed=words,
        )
    )


def _off_road(path: Path) -> str:
    return f"{path.off_road_km:.0f} km of road at {DETOUR:g} x the straight line"


def _note(choice: Choice) -> str:
    if choice.other_share < SAID_SHARE:
        return ""
    share = 100.0 * choice.other_share
    return f"another railhead or route of the corridor is cheaper in {share:.0f} % of draws"
