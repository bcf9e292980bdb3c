"""The plan of one deposit: what is built and hauled for it, as terms of the cost of access."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from geo_ree.crs import Floats
from geo_ree.routing.capital import (
    draw_distance,
    is_steep,
    power_distance,
    power_terms,
    road_terms,
)
from geo_ree.routing.cost_terms import Term, round_draws
from geo_ree.routing.payable import draw_payable, read_payabilities
from geo_ree.routing.products import Product, published_grade, published_oxide
from geo_ree.routing.ranges import Range, draw
from geo_ree.routing.route_costs import KILOMETRES, TONNES
from geo_ree.routing.site_access import StatedLine, stated_lines

_SULPHUR_PER_ACID = 1 / 3.06
"""t of sulphur hauled for a t of H2SO4 (stoichiometry)."""


@dataclass
class DrawPool:
    """Draws by name, rounded once, and the figures that they are drawn from."""

    costs: Mapping[str, Range]
    draws: int
    seed: int
    arrays: dict[str, Floats] = field(default_factory=dict)

    def add(self, name: str, make: Callable[[], Floats]) -> str:
        """Keep draws under a name; they are made once."""
        if name not in self.arrays:
            self.arrays[name] = round_draws(make())
        return name

    def keep(self, terms: list[Term]) -> list[Term]:
        """Keep the draws of the unit costs that terms name."""
        for name in {n for term in terms for n in term.draws} - set(self.arrays):
            self.add(name, partial(draw, self.costs[name], self.draws, self.seed))
        return terms


RECORD = (
    *("deposit_id", "limit_t_a", "product", "mineral_class", "product_t", "payable", "missing"),
    *("ore_coef", "ore_draws", "quantity_t", "amounts", "assumed", "source", "year", "note"),
    *("mix", "prices", "paid_pct"),
)


ASSUMED_KM = "km assumed"
"""Unit of a distance to a line that no layer holds."""


@dataclass
class DepositPlan:
    """One deposit: what is built and hauled for it."""

    site: Mapping[Any, Any]
    ships: Product
    route: pd.Series
    parts: Mapping[str, Floats]
    pool: DrawPool
    share: float
    recovery: float
    stated: bool = True
    missing: list[str] = field(default_factory=list)
    assumed: dict[str, list[str]] = field(default_factory=dict)
    amounts: dict[str, tuple[float, str]] = field(default_factory=dict)

    def build(self) -> list[Term]:
        """Build the terms of the deposit."""
        terms = [*self._road(), *self._power(), *self._haulage()]
        return self.pool.keep(terms)

    def stated_line(self, target: str) -> StatedLine | None:
        """Return the line of that kind that a source places at the deposit, where those count."""
        lines = stated_lines(self.site) if self.stated else ()
        return next((line for line in lines if line.target == target), None)

    @property
    def product_t(self) -> str:
        """Name of the draws of t of product per t of TREO."""
        grade = self.ships.grade
        return self.pool.add(
            f"product_t_{grade.name}",
            lambda: 100.0 / draw(grade, self.pool.draws, self.pool.seed),
        )

    @property
    def ore(self) -> tuple[float, tuple[str, ...]]:
        """Tonnes of ore per t of TREO: a coefficient and names of draws."""
        grade = published_grade(self.site)
        if grade is not None:
            return 100.0 / grade / self.recovery, ()
        return 1.0, ("ore_per_treo",)

    def describe(self, prices: str, life_years: float) -> dict[str, Any]:
        """Return the deposit's row of `AccessTerms.deposits`."""
        ships, pool = self.ships, self.pool
        oxide, said = published_oxide(self.site)
        name = f"payable_{ships.payable}_{'_'.join(sorted(ships.mixes))}"
        pool.add(
            name,
            lambda: draw_payable(ships.payable, ships.mixes, pool.draws, pool.seed, prices),
        )
        coef, names = self.ore
        pool.keep([Term("mining", "mining_milling", 1.0, (*names, "mining_milling"))])
        assumed = {**self.assumed, "total": [*ships.assumed, "mix", "payability"]}
        if names:
            assumed["total"].append("ore grade")
        values = {
            "deposit_id": self.site["id"],
            "limit_t_a": np.nan if oxide is None else oxide * self.recovery / life_years,
            "product": ships.product,
            "mineral_class": ships.mineral_class,
            "product_t": self.product_t,
            "payable": name,
            "missing": ";".join(self.missing),
            "ore_coef": coef,
            "ore_draws": names,
            "quantity_t": np.nan if oxide is None else oxide,
            "amounts": self.amounts,
            "assumed": assumed,
            "source": ships.source,
            "year": ships.year,
            "note": "; ".join(n for n in self._notes(said) if n),
            "mix": ";".join(sorted(ships.mixes)),
            "prices": prices,
            "paid_pct": (
                read_payabilities()[ships.payable].p10,
                read_payabilities()[ships.payable].p90,
            ),
        }
        return {name: values[name] for name in RECORD}

    def _notes(self, said: str) -> list[str]:
        """Say what is shipped, published and hauled; `said` is about the quantity."""
        ships = self.ships
        notes = [*ships.notes, said, self._way()]
        if ships.recovery and not ships.recovery[0] <= 100 * self.recovery <= ships.recovery[1]:
            low, high = ships.recovery
            known = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            minerals = ships.mineral_class.replace("_", " ")
            notes.append(f"published recovery of {minerals} is {known} %")
        if isinstance(reason := self.route.get("note"), str) and "haulage" in self.missing:
            notes.append(reason)
        if self.site.get("role") == "by_product_host":
            notes.append("a by-product: its chief product pays for access too")
        return notes

    def _way(self) -> str:
        """Say which route the haulage is of."""
        corridor, port = (self.route.get(name) for name in ("corridor", "port"))
        known = isinstance(port, str) and port and "haulage" not in self.missing
        return f"haulage to {port} ({corridor})" if known else ""

    def _road(self) -> list[Term]:
        km = self._distance("road")
        self.assumed["road"] = self._road_basis()
        if km is None:
            self.missing.append("road")
            return []
        self.amounts["road"] = float(np.median(km)), "km straight"
        return road_terms(self.pool.add(f"road_km_{self.site['id']}", lambda: km), self.share)

    def _distance(self, target: str) -> Floats | None:
        pool = self.pool
        return draw_distance(
            self.site, target, pool.draws, pool.seed, pool.costs, stated=self.stated
        )

    def _road_basis(self) -> list[str]:
        """Say what the distance to the road rests on."""
        if (line := self.stated_line("road")) is not None:
            return [f"road at {line.km:g} km by a source of {line.year}, no newer one was found"]
        near, far = (self.site.get(f"dist_{name}_km") for name in ("settlement", "road"))
        if far is None:
            return []
        said = [
            f"median of the simulations: the {far:.0f} km measured to the nearest known road, "
            "less where one that the maps leave out is nearer"
        ]
        if near is not None and near < far:
            said.append(f"upper limit: a settlement is nearer, at {near:.0f} km")
        return said

    def _power(self) -> list[Term]:
        pool, (coef, names) = self.pool, self.ore
        km, known = power_distance(self.site, pool.draws, pool.seed, pool.costs, stated=self.stated)
        mwh = [(coef / 1000.0, (*names, "mill_power"))] if self.ships.milled else []
        if self.ships.product != "concentrate":
            mwh.append((1.0, ("cracking_power",)))
        self.assumed["power"] = [] if known else self._line_basis()
        if (line := self.stated_line("power_line")) is not None:
            self.assumed["power"] = [
                f"power line at {line.km:g} km by a source of {line.year}, no newer one was found"
            ]
        if km is None:
            self.assumed["power"] = ["own power: no line or plant is known"]
            return power_terms(None, self.share, tuple(mwh))
        self.amounts["power"] = float(np.median(km)), "km straight" if known else ASSUMED_KM
        name = pool.add(f"power_km_{self.site['id']}", lambda: km)
        return power_terms(name, self.share, tuple(mwh))

    def _line_basis(self) -> list[str]:
        """Say how the distance to a power line is assumed, and from which figure."""
        share, plant = self.pool.costs["line_to_plant"], self.site.get("dist_power_plant_km")
        if plant is None:
            return []
        return [
            f"power line at {share.p10:.0%} to {share.p90:.0%} (median {share.p50:.0%}) of the "
            f"{plant:.0f} km to the nearest known power plant: no line is known there"
        ]

    def _haulage(self) -> list[Term]:
        if pd.isna(self.route["usd_t_p50"]):
            self.missing += ["rail_spur", "haulage", "border_transhipment", "inbound"]
            return []
        self._count_haulage()
        by_rail = float(self.route["rail_km"]) > 0
        truck = {"choice": "leg", "option": "truck"} if by_rail else {}
        terms = []
        for name, part in self.parts.items():
            if not part.any():
                continue
            coef, draws = self._part(name)
            by_km = name.removesuffix("_class7") in KILOMETRES
            component = "haulage" if by_km else "border_transhipment"
            own = truck if name == "truck" else {}
            terms.append(Term(component, name, coef, (self.product_t, *draws), **own))  # type: ignore[arg-type]
        for much, reagent in self._reagents():
            rail = (*reagent, "inbound_rail", "rail")
            terms.append(Term("inbound", "rail", much / 100.0, rail))
            if self.parts["truck"].any():
                coef, draws = self._part("truck")
                terms.append(Term("inbound", "truck", much * coef, (*reagent, *draws), **truck))  # type: ignore[arg-type]
        return [*terms, *(self._spur() if by_rail and self.parts["truck"].any() else [])]

    def _spur(self) -> list[Term]:
        """Return the terms of a rail spur that takes the place of the truck to the railhead."""
        pool, km = self.pool, float(self.route["truck_km"])
        spur = self._distance("railway")
        straight = np.full(pool.draws, km) if spur is None else spur
        name = pool.add(f"spur_km_{self.site['id']}", lambda: straight)
        self.amounts["rail_spur"] = float(np.median(straight)), "km straight"
        unit = "rail_spur_mountain" if is_steep(self.site) else "rail_spur_steppe"
        names = (name, "detour_spur", unit)
        as_spur = {"choice": "leg", "option": "spur"}
        loads = [
            (1.0, (self.product_t,), "haulage"),
            *((m, n, "inbound") for m, n in self._reagents()),
        ]
        return [
            Term("rail_spur", unit, self.share * 1e6, names, True, True, "leg", "spur"),
            *(Term(c, "rail", m * km / 100.0, (*n, "rail"), **as_spur) for m, n, c in loads),  # type: ignore[arg-type]
        ]

    def _reagents(self) -> list[tuple[float, tuple[str, ...]]]:
        """Return what is hauled in, t per t of TREO: coefficients and names of draws."""
        per_product = ("concentrate_reagents",)
        return [
            (_SULPHUR_PER_ACID, (name,))
            if name == "acid"
            else (1.0, (self.product_t, name) if name in per_product else (name,))
            for name in self.ships.reagents
        ]

    def _part(self, name: str) -> tuple[float, tuple[str, ...]]:
        """Return a part of the haulage, USD per t, as a coefficient and names of draws."""
        unit = draw(self.pool.costs[name], self.pool.draws, self.pool.seed)
        many = self.parts[name] / np.where(unit == 0, 1.0, unit)
        usual = float(np.median(many))
        if np.ptp(many) <= 1e-9 * usual:
            return usual, (name,)
        coef = float(self.route[f"{name.removesuffix('_class7')}_km"]) / 100.0
        return coef, (name, self.pool.add(f"route_length_{self.site['id']}", lambda: many / coef))

    def _count_haulage(self) -> None:
        row = self.route
        km = sum(float(row[f"{mode}_km"]) for mode in ("truck", "rail", "ferry", "sea"))
        self.amounts["haulage"] = km, "km"
        loaded = [n for n in TONNES if n in self.parts and self.parts[n].any()]
        times = round(sum(self._part(name)[0] for name in loaded))
        self.amounts["border_transhipment"] = float(times), "transhipments"
        tonnes = 0.0
        for coef, names in self._reagents():
            self.pool.keep([Term("inbound", "rail", coef, names)])
            tonnes += coef * float(np.median(np.prod([self.pool.arrays[n] for n in names], axis=0)))
        self.amounts["inbound"] = tonnes, "t per t TREO"
        said = row.get("assumed")
        self.assumed["haulage"] = [said] if isinstance(said, str) and said else []
        self.assumed["inbound"] = ["reagents per t TREO", "origin of reagents"]
