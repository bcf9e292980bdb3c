"""Turning what publishers print into canonical layers."""

from geo_ree.harmonize.borders import assign_country, split_at_borders
from geo_ree.harmonize.join import join_layers
from geo_ree.harmonize.normal import Normalized, normalize

__all__ = ["Normalized", "assign_country", "join_layers", "normalize", "split_at_borders"]
