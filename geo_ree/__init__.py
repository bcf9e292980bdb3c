"""Rare-earth deposits of Central Asia, scored by proximity to infrastructure, with the doubt shown.

The public names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from geo_ree._version import __version__

_PUBLIC = {
    "Influence": "geo_ree.scoring",
    "Located": "geo_ree.harmonize",
    "Merged": "geo_ree.harmonize",
    "NearestIndex": "geo_ree.proximity",
    "Options": "geo_ree.options",
    "PageData": "geo_ree.maps",
    "Proximity": "geo_ree.proximity",
    "ScoreModel": "geo_ree.scoring",
    "Settings": "geo_ree.settings",
    "Source": "geo_ree.catalog",
    "Target": "geo_ree.proximity",
    "Wanted": "geo_ree.collect",
    "audit_deposits": "geo_ree.deposits",
    "classify_statements": "geo_ree.harmonize",
    "contained_mass": "geo_ree.harmonize",
    "contradictions": "geo_ree.harmonize",
    "describe": "geo_ree.scoring",
    "display_statement": "geo_ree.harmonize",
    "element_to_oxide": "geo_ree.harmonize",
    "explain": "geo_ree.scoring",
    "fetch": "geo_ree.ingest",
    "fetch_sources": "geo_ree.collect",
    "grade_as_pct": "geo_ree.harmonize",
    "influence": "geo_ree.scoring",
    "load": "geo_ree.storage",
    "load_catalog": "geo_ree.catalog",
    "load_preset": "geo_ree.scoring",
    "load_targets": "geo_ree.proximity",
    "locate": "geo_ree.harmonize",
    "measure": "geo_ree.proximity",
    "merge": "geo_ree.harmonize",
    "nearest": "geo_ree.proximity",
    "normalize": "geo_ree.harmonize",
    "ore_mass": "geo_ree.harmonize",
    "oxide_factor": "geo_ree.harmonize",
    "oxide_to_element": "geo_ree.harmonize",
    "plain_models": "geo_ree.scoring",
    "preset_names": "geo_ree.scoring",
    "read": "geo_ree.ingest",
    "render": "geo_ree.maps",
    "reweigh": "geo_ree.scoring",
    "run": "geo_ree.pipeline",
    "score": "geo_ree.scoring",
    "sum_statements": "geo_ree.harmonize",
    "uncertainty": "geo_ree.scoring",
    "validate": "geo_ree.schema",
}

__all__ = ["__version__", *sorted(_PUBLIC)]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
