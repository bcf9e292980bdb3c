"""Two sides of one comparison: the layers, targets and distances before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import pandas as pd

from geo_ree.gateways import to_the_metre
from geo_ree.options import Options
from geo_ree.pipeline import Result
from geo_ree.proximity import Target, measure
from geo_ree.scenarios.changes import SOURCE_ID, Added, Changes, Removed, make_changes
from geo_ree.scenarios.doubt import Additions
from geo_ree.schema import RANKED_ROLES
from geo_ree.scoring import ScoreModel


@dataclass(frozen=True, kw_only=True)
class Case:
    """Everything that both sides of a comparison share.

    Attributes
    ----------
    before
        The scored table of the run.
    layers, coverage, labels
        Of the run; the labels with that of the scenario.
    changes
        What is added and removed.
    targets, targets_after
        What is measured to; after, with the gateways that are added.
    additions
        What is added, made ready to be measured to.
    model, options
        Those of the run.
    """

    before: gpd.GeoDataFrame
    layers: Mapping[str, gpd.GeoDataFrame]
    coverage: Mapping[str, frozenset[str]]
    labels: Mapping[str, str]
    changes: Changes
    targets: Mapping[str, Target]
    targets_after: Mapping[str, Target]
    additions: Additions
    model: ScoreModel
    options: Options

    @property
    def compared(self) -> pd.Series:
        """What TOPSIS compares: the candidates; without any, whatever is ranked."""
        candidates = self.before["role"] == "candidate"
        return candidates if candidates.any() else self.before["role"].isin(RANKED_ROLES)

    @property
    def moved(self) -> list[str]:
        """Targets whose layer is changed."""
        return [n for n, t in self.targets.items() if t.layer in self.changes.layers]


def make_case(
    result: Result, add: Mapping[str, Added], remove: Mapping[str, Removed], year: int | None
) -> Case:
    """Make the changes, and gather what the run was done with.

    Raises
    ------
    SchemaError, SettingsError
        As `geo_ree.scenario` has them.
    """
    told = result.report["settings"]
    options = Options(**{f.name: told[f.name] for f in fields(Options) if f.name in told})
    layers = result.harmonized.layers
    changes = make_changes(layers, add=add, remove=remove, year=year)
    before = result.analysis.scored
    targets = result.analysis.targets
    after = _with_added_gateways(targets, changes)
    return Case(
        before=before, layers=layers, coverage=result.harmonized.coverage,
        labels={i: s.label for i, s in result.harmonized.sources.items()} | {SOURCE_ID: "scenario"},
        changes=changes, targets=targets, targets_after=after,
        additions=Additions(changes.pieces, after),
        model=result.analysis.model, options=options,
    )  # fmt: skip


def _with_added_gateways(targets: Mapping[str, Target], changes: Changes) -> dict[str, Target]:
    new = changes.pieces.get("gateways")
    if new is None:
        return dict(targets)
    return {
        n: t.model_copy(update={"names": (*t.names, *new["name"])})
        if t.layer == "gateways" and t.names else t
        for n, t in targets.items()
    }  # fmt: skip


def measure_after(case: Case) -> gpd.GeoDataFrame:
    """Give the table before with the distances of the changed layers after.

    Returns
    -------
    geopandas.GeoDataFrame
        A distance that was known and is not after a removal is infinite: out of reach.
    """
    out = case.before.copy()
    beside = {n: case.layers[n] for n in ("countries", "settlements") if n in case.layers}
    kept = beside | dict(case.changes.kept)
    full = beside | {n: f for n, f in case.changes.after(case.layers).items() if n in kept}
    for name in case.moved:
        layer = case.targets[name].layer
        network = _measured(case, kept, {name: case.targets[name]}) if (
            case.changes.removed["layer"].eq(layer).any()
        ) else case.before[_columns_of(name, case.before)]  # fmt: skip
        whole = _measured(case, full, {name: case.targets_after[name]})
        distance = f"dist_{name}_km"
        # what is added never makes anything farther: a sure line may lie beyond an unsure one
        nearer = ~(network[distance] <= whole[distance]) & whole[distance].notna()
        for column in network.columns:
            out[column] = whole[column].where(nearer, network[column])
        lost = case.before[distance].notna() & out[distance].isna()
        out.loc[lost, distance] = np.inf
    return out


def _columns_of(name: str, table: pd.DataFrame) -> list[str]:
    told = (f"dist_{name}_km", f"err_{name}_km", f"near_{name}", f"abroad_{name}_km",
            f"near_abroad_{name}")  # fmt: skip
    return [c for c in told if c in table.columns]


def _measured(
    case: Case, layers: Mapping[str, gpd.GeoDataFrame], targets: Mapping[str, Target]
) -> pd.DataFrame:
    """Measured as the run does: to the metre, so that what does not change scores alike."""
    return to_the_metre(
        measure(case.before, layers, targets=targets, coverage=case.coverage, labels=case.labels)
    )
