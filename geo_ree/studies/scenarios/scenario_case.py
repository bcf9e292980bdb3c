"""The data of a scenario: the run before, the changes, and the distances after them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.pipeline.gateways import to_the_metre
from geo_ree.pipeline.records import Result
from geo_ree.proximity import Target, measure
from geo_ree.schema import RANKED_ROLES
from geo_ree.scoring import ScoreModel
from geo_ree.settings import Box, Options
from geo_ree.studies.scenarios.additions import Additions
from geo_ree.studies.scenarios.changes import SOURCE_ID, Added, Changes, Removed, make_changes


@dataclass(frozen=True, kw_only=True)
class Case:
    """The data of a comparison: the run before, the changes, and the targets after them."""

    before: gpd.GeoDataFrame
    layers: Mapping[str, gpd.GeoDataFrame]
    coverage: Mapping[str, frozenset[str]]
    regions: Mapping[str, tuple[Box, ...]]
    labels: Mapping[str, str]
    changes: Changes
    targets: Mapping[str, Target]
    targets_after: Mapping[str, Target]
    additions: Additions
    model: ScoreModel
    options: Options

    @property
    def compared(self) -> pd.Series:
        """Mask of the rows that TOPSIS compares: the candidates, or else all ranked roles."""
        candidates = self.before["role"] == "candidate"
        return candidates if candidates.any() else self.before["role"].isin(RANKED_ROLES)

    @property
    def moved(self) -> list[str]:
        """Targets whose layer is changed."""
        return [n for n, t in self.targets.items() if t.layer in self.changes.kept]


def make_case(
    result: Result, add: Mapping[str, Added], remove: Mapping[str, Removed], year: int | None
) -> Case:
    """Collect the options and data of a run, and make the changes."""
    settings = result.report["settings"]
    layers = result.layers.frames
    changes = make_changes(layers, add=add, remove=remove, year=year)
    targets = result.measures.targets
    after = _with_added_gateways(targets, changes)
    return Case(
        before=result.scores.table,
        layers=layers,
        coverage=result.layers.coverage,
        regions=result.layers.regions,
        labels=result.layers.labels | {SOURCE_ID: "scenario"},
        changes=changes,
        targets=targets,
        targets_after=after,
        additions=Additions(changes.pieces, after),
        model=result.scores.model,
        options=Options(
            **{f.name: settings[f.name] for f in fields(Options) if f.name in settings}
        ),
    )


def _with_added_gateways(targets: Mapping[str, Target], changes: Changes) -> dict[str, Target]:
    new = changes.pieces.get("gateways")
    if new is None:
        return dict(targets)
    return {
        n: t.model_copy(update={"names": (*t.names, *new["name"])})
        if t.layer == "gateways" and t.names
        else t
        for n, t in targets.items()
    }


def measure_after(case: Case) -> gpd.GeoDataFrame:
    """The table with the distances after the changes.

    A distance that was known and is unknown after a removal becomes infinite: out of reach.
    """
    out = case.before.copy()
    context = {n: case.layers[n] for n in ("countries", "settlements") if n in case.layers}
    kept = context | dict(case.changes.kept)
    full = context | {n: f for n, f in case.changes.apply(case.layers).items() if n in kept}
    for name in case.moved:
        layer = case.targets[name].layer
        if case.changes.removed["layer"].eq(layer).any():
            network = _measured(case, kept, {name: case.targets[name]})
        else:
            network = case.before[_distance_columns(name, case.before)]
        whole = _measured(case, full, {name: case.targets_after[name]})
        distance = f"dist_{name}_km"
        # An addition never makes a distance longer: a precise line may lie beyond an imprecise one.
        nearer = ~(network[distance] <= whole[distance]) & whole[distance].notna()
        for column in network.columns:
            out[column] = whole[column].where(nearer, network[column])
        lost = case.before[distance].notna() & out[distance].isna()
        out.loc[lost, distance] = np.inf
    return out


def _distance_columns(name: str, table: pd.DataFrame) -> list[str]:
    names = ("dist_{}_km", "err_{}_km", "near_{}", "abroad_{}_km", "near_abroad_{}")
    return [c for c in (n.format(name) for n in names) if c in table.columns]


def _measured(
    case: Case, layers: Mapping[str, gpd.GeoDataFrame], targets: Mapping[str, Target]
) -> pd.DataFrame:
    """Distances rounded to the metre as in the run, so that unchanged ones score alike."""
    return to_the_metre(
        measure(
            case.before,
            layers,
            targets=targets,
            coverage=case.coverage,
            regions=case.regions,
            labels=case.labels,
        )
    )
