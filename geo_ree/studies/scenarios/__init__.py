"""Scenarios: what changes when infrastructure is added or removed.

`planned_features` reads the added features, `changes` applies them to the layers, `scenario_case`
holds them with the run, `additions` measures and draws their distances, `route_changes` finds routes
and costs, `comparison` compares before and after, `tonnage` sums the published quantities,
`scenario_sentences` says it in words, and `scenario_result` holds and writes the result.
"""

from geo_ree.studies.scenarios.changes import closed_features
from geo_ree.studies.scenarios.comparison import scenario
from geo_ree.studies.scenarios.planned_features import (
    KINDS,
    STATUSES,
    planned_lines,
    read_features,
)
from geo_ree.studies.scenarios.scenario_result import Scenario, write_scenario

__all__ = [
    "KINDS",
    "STATUSES",
    "Scenario",
    "closed_features",
    "planned_lines",
    "read_features",
    "scenario",
    "write_scenario",
]
