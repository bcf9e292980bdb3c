"""Rare-earth deposits of Central Asia, scored by proximity to infrastructure, with the doubt shown.

The public names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from geo_ree._version import __version__

_PUBLIC = {
    "Explanation": "geo_ree.scoring",
    "Fetched": "geo_ree.pipeline.fetching",
    "GeoReeError": "geo_ree.errors",
    "Influence": "geo_ree.scoring",
    "Located": "geo_ree.deposits",
    "Merged": "geo_ree.deposits",
    "MissingLines": "geo_ree.proximity",
    "NearestIndex": "geo_ree.proximity",
    "Options": "geo_ree.settings",
    "Patch": "geo_ree.proximity",
    "Proximity": "geo_ree.proximity",
    "Scenario": "geo_ree.studies.scenario",
    "ScoreModel": "geo_ree.scoring",
    "ScoreRange": "geo_ree.scoring",
    "Settings": "geo_ree.settings",
    "Source": "geo_ree.catalog",
    "Target": "geo_ree.proximity",
    "Uncertainty": "geo_ree.scoring",
    "Validation": "geo_ree.studies.validation",
    "VisitPlan": "geo_ree.studies.visit",
    "auc": "geo_ree.scoring",
    "audit_deposits": "geo_ree.pipeline.auditing",
    "classify_statements": "geo_ree.deposits",
    "contained_mass": "geo_ree.deposits",
    "contradictions": "geo_ree.deposits",
    "display_statement": "geo_ree.deposits",
    "element_to_oxide": "geo_ree.deposits",
    "explain": "geo_ree.scoring",
    "export": "geo_ree.pipeline.export",
    "fetch": "geo_ree.pipeline.fetching",
    "gather_tables": "geo_ree.pipeline.export",
    "grade_as_pct": "geo_ree.deposits",
    "identify_run": "geo_ree.pipeline.report",
    "influence": "geo_ree.scoring",
    "load": "geo_ree.storage",
    "load_catalog": "geo_ree.catalog",
    "load_preset": "geo_ree.scoring",
    "load_targets": "geo_ree.proximity",
    "locate": "geo_ree.deposits",
    "measure": "geo_ree.proximity",
    "measure_terrain": "geo_ree.proximity",
    "merge": "geo_ree.deposits",
    "models_for_table": "geo_ree.scoring",
    "nearest": "geo_ree.proximity",
    "normalize": "geo_ree.deposits",
    "omission_rates": "geo_ree.proximity",
    "ore_mass": "geo_ree.deposits",
    "oxide_factor": "geo_ree.deposits",
    "oxide_to_element": "geo_ree.deposits",
    "plan_visit": "geo_ree.studies.visit",
    "planned_lines": "geo_ree.studies.scenario",
    "plot_distances": "geo_ree.outputs.figures",
    "plot_ranking": "geo_ree.outputs.figures",
    "preset_names": "geo_ree.scoring",
    "read": "geo_ree.fetching",
    "render": "geo_ree.maps",
    "render_sheet": "geo_ree.studies.visit",
    "reweigh": "geo_ree.scoring",
    "run": "geo_ree.pipeline.result",
    "save_figure": "geo_ree.outputs.figures",
    "scenario": "geo_ree.studies.scenario",
    "score": "geo_ree.scoring",
    "score_picture": "geo_ree.maps",
    "score_range": "geo_ree.scoring",
    "success_rate": "geo_ree.scoring",
    "screenshot": "geo_ree.outputs.browser",
    "suitability": "geo_ree.pipeline.rasters",
    "sum_statements": "geo_ree.deposits",
    "surface": "geo_ree.proximity",
    "tile_reader": "geo_ree.pipeline.elevation",
    "uncertainty": "geo_ree.scoring",
    "validate": "geo_ree.schema",
    "validate_scores": "geo_ree.studies.validation",
    "write_scenario": "geo_ree.studies.scenario",
    "write_visit": "geo_ree.studies.visit",
}

__all__ = ["__version__", *sorted(_PUBLIC)]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
