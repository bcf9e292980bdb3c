"""Rare-earth deposits of Central Asia, scored by proximity to infrastructure, with the doubt shown.

The public names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from geo_ree._version import __version__

_PUBLIC = {
    "Explanation": "geo_ree.scoring",
    "GeoReeError": "geo_ree.errors",
    "Influence": "geo_ree.scoring",
    "Located": "geo_ree.harmonize",
    "Merged": "geo_ree.harmonize",
    "MissingLines": "geo_ree.proximity",
    "NearestIndex": "geo_ree.proximity",
    "Options": "geo_ree.options",
    "PageData": "geo_ree.maps",
    "Patch": "geo_ree.proximity",
    "Proximity": "geo_ree.proximity",
    "Scenario": "geo_ree.scenarios",
    "ScoreModel": "geo_ree.scoring",
    "ScoreRange": "geo_ree.scoring",
    "Settings": "geo_ree.settings",
    "Source": "geo_ree.catalog",
    "Target": "geo_ree.proximity",
    "Validation": "geo_ree.validation",
    "VisitPlan": "geo_ree.visit",
    "Wanted": "geo_ree.collect",
    "auc": "geo_ree.scoring",
    "audit_deposits": "geo_ree.deposits",
    "break_down": "geo_ree.scoring",
    "classify_statements": "geo_ree.harmonize",
    "contained_mass": "geo_ree.harmonize",
    "contradictions": "geo_ree.harmonize",
    "describe": "geo_ree.scoring",
    "display_statement": "geo_ree.harmonize",
    "element_to_oxide": "geo_ree.harmonize",
    "explain": "geo_ree.scoring",
    "export": "geo_ree.exports",
    "fetch": "geo_ree.ingest",
    "fetch_sources": "geo_ree.collect",
    "gather_tables": "geo_ree.exports",
    "grade_as_pct": "geo_ree.harmonize",
    "identify_run": "geo_ree.run_id",
    "influence": "geo_ree.scoring",
    "load": "geo_ree.storage",
    "load_catalog": "geo_ree.catalog",
    "load_preset": "geo_ree.scoring",
    "load_targets": "geo_ree.proximity",
    "locate": "geo_ree.harmonize",
    "measure": "geo_ree.proximity",
    "measure_terrain": "geo_ree.proximity",
    "merge": "geo_ree.harmonize",
    "nearest": "geo_ree.proximity",
    "normalize": "geo_ree.harmonize",
    "omission_rates": "geo_ree.proximity",
    "ore_mass": "geo_ree.harmonize",
    "oxide_factor": "geo_ree.harmonize",
    "oxide_to_element": "geo_ree.harmonize",
    "photograph": "geo_ree.pictures",
    "plain_models": "geo_ree.scoring",
    "plan_visit": "geo_ree.visit",
    "planned_lines": "geo_ree.scenarios",
    "plot_distances": "geo_ree.figures",
    "plot_ranking": "geo_ree.figures",
    "preset_names": "geo_ree.scoring",
    "read": "geo_ree.ingest",
    "render": "geo_ree.maps",
    "render_page": "geo_ree.pipeline",
    "render_sheet": "geo_ree.visit",
    "reweigh": "geo_ree.scoring",
    "run": "geo_ree.pipeline",
    "save_figure": "geo_ree.figures",
    "scenario": "geo_ree.scenarios",
    "score": "geo_ree.scoring",
    "score_picture": "geo_ree.maps",
    "score_range": "geo_ree.scoring",
    "show_page": "geo_ree.pipeline",
    "success_rate": "geo_ree.scoring",
    "suitability": "geo_ree.score_rasters",
    "sum_statements": "geo_ree.harmonize",
    "surface": "geo_ree.proximity",
    "tile_reader": "geo_ree.terrain_reading",
    "uncertainty": "geo_ree.scoring",
    "validate": "geo_ree.schema",
    "validate_scores": "geo_ree.validation",
    "write_scenario": "geo_ree.scenarios",
    "write_visit": "geo_ree.visit",
}

__all__ = ["__version__", *sorted(_PUBLIC)]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
