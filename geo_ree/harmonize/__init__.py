"""Turning what publishers print into canonical layers, and records into deposits."""

from geo_ree.harmonize.borders import assign_country, split_at_borders
from geo_ree.harmonize.join import join_layers
from geo_ree.harmonize.merge import Merged, merge
from geo_ree.harmonize.normal import Normalized, normalize

__all__ = [
    "Merged",
    "Normalized",
    "assign_country",
    "join_layers",
    "merge",
    "normalize",
    "split_at_borders",
]
