"""What changes when infrastructure is added or removed."""

from geo_ree.studies.scenario.changes import planned_lines
from geo_ree.studies.scenario.comparison import scenario
from geo_ree.studies.scenario.features import KINDS, STATUSES, read_features
from geo_ree.studies.scenario.outcome import Scenario, write_scenario

__all__ = [
    "KINDS",
    "STATUSES",
    "Scenario",
    "planned_lines",
    "read_features",
    "scenario",
    "write_scenario",
]
