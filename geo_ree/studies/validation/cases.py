"""The sites of one trial as arrays, and the comparison of two scores on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.crs import Floats
from geo_ree.scoring import auc, auc_draws, widest_interval
from geo_ree.studies.validation.scopes import Scope

POPULATION = "dist_settlement_km"
"""The main baseline: the distance to the nearest settlement alone."""

BASELINES: Mapping[str, str] = MappingProxyType(
    {
        "population": POPULATION,
        "railway": "dist_railway_km",
        "other_mine": "dist_other_mine_km",
        "other_plant": "dist_other_plant_km",
    }
)
"""Baselines: one distance alone, and nothing else. Where the next mine or plant is tells where people
mine already; a score that does no better knows nothing of a site."""

MAX_RESAMPLED = 20_000
"""Sites of a class that are resampled; more are thinned at random. That saves minutes and gigabytes and
can only widen an interval; the AUC itself is always that of all sites."""


@dataclass(frozen=True)
class Cases:
    """The sites of one trial as arrays."""

    mine: NDArray[np.bool_]
    preset: Floats
    country: NDArray[np.str_]
    block: NDArray[np.str_]
    table: pd.DataFrame

    @classmethod
    def of(cls, scope: Scope, labels: pd.DataFrame, measured: pd.DataFrame) -> Cases:
        """Take the labelled sites of a scope (`labels` from `classify_sites`) with what was measured."""
        took = (labels["label"] != "").to_numpy()
        sites, table = scope.sites[took], measured[took]
        cells = [
            np.floor(axis.to_numpy()).astype(int).astype(str)
            for axis in (sites.geometry.x, sites.geometry.y)
        ]
        return cls(
            mine=(labels.loc[took, "label"] == "mine").to_numpy(dtype=bool),
            preset=table["score"].to_numpy(dtype=np.float64),
            country=sites["country"].astype(object).fillna("").to_numpy().astype(str),
            block=np.char.add(np.char.add(cells[0], " "), cells[1]),
            table=table,
        )

    def baseline(self, name: str) -> Floats:
        """The nearer the higher, shape (n,); NaN where the distance is unknown."""
        column = BASELINES[name]
        if column not in self.table:
            return np.full(len(self.mine), np.nan)
        return -self.table[column].to_numpy(dtype=np.float64)

    def by_country(self) -> Iterator[tuple[str, Cases]]:
        """The sites of each country that has both classes."""
        for code in np.unique(self.country):
            at = self.country == code
            if 0 < self.mine[at].sum() < at.sum():
                yield str(code), self.only(at)

    def thinned(self, seed: int) -> Cases:
        """Itself, or at most `MAX_RESAMPLED` random sites of each class."""
        keep = self.kept(seed)
        return self if keep.all() else self.only(keep)

    def kept(self, seed: int) -> NDArray[np.bool_]:
        """Mask of at most `MAX_RESAMPLED` random sites of each class."""
        rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(4)[3])
        keep = np.ones(len(self.mine), dtype=bool)
        for members in (np.flatnonzero(self.mine), np.flatnonzero(~self.mine)):
            if len(members) > MAX_RESAMPLED:
                keep[members] = False
                keep[rng.choice(members, MAX_RESAMPLED, replace=False)] = True
        return keep

    def only(self, at: NDArray[np.bool_]) -> Cases:
        """Keep the sites of a mask, shape (n,)."""
        return Cases(
            self.mine[at],
            self.preset[at],
            self.country[at],
            self.block[at],
            self.table[at],
        )

    def both_in_a_country(self) -> bool:
        """Whether any country has both classes."""
        return next(self.by_country(), None) is not None


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An AUC, or a difference of two, with its 95 % interval and the bootstrap that gave it."""

    value: float
    low: float
    high: float
    basis: str


def compare_scores(
    cases: Cases, both: tuple[Floats, Floats], draws: int, seed: int, *, within: bool = False
) -> dict[str, Estimate]:
    """AUC of two scores of the same sites, and the gain of the first over the second, paired.

    The intervals are the wider of two bootstraps, of sites and of blocks of one degree.
    """
    groups = cases.country if within else None
    found = [auc(s, cases.mine, groups=groups) for s in both]
    keep = cases.kept(seed)
    mine, blocks = cases.mine[keep], cases.block[keep]
    scores, groups = np.stack(both)[:, keep], cases.country[keep] if within else None
    drawn = {
        basis: auc_draws(scores, mine, groups=groups, blocks=b, draws=draws, seed=seed)
        for basis, b in (("sites", None), ("blocks", blocks))
    }
    rows = {
        "first": (found[0], {basis: d[0] for basis, d in drawn.items()}),
        "second": (found[1], {basis: d[1] for basis, d in drawn.items()}),
        "gain": (found[0] - found[1], {basis: d[0] - d[1] for basis, d in drawn.items()}),
    }
    out = {}
    for name, (value, by_basis) in rows.items():
        interval = widest_interval(by_basis)
        out[name] = Estimate(
            value=value, low=interval.low, high=interval.high, basis=interval.basis
        )
    return out
