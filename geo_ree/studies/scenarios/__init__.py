"""Scenarios: what changes when infrastructure is added or removed.

`planned_features` reads the added features, `changes` applies them to the layers, `additions`
measures and draws their distances, `comparison` compares before and after, `tonnage` sums the
published quantities, and `scenario_result` holds, describes and writes the result.
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
