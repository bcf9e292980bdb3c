"""Turning what publishers print into canonical layers."""

from geo_ree.harmonize.borders import assign_country, split_at_borders
from geo_ree.harmonize.flags import FLAGS
from geo_ree.harmonize.join import fold_targets, join_layers
from geo_ree.harmonize.locate import Located, locate
from geo_ree.harmonize.normal import Normalized, normalize

__all__ = [
    "FLAGS",
    "Located",
    "Normalized",
    "assign_country",
    "fold_targets",
    "join_layers",
    "locate",
    "normalize",
    "split_at_borders",
]
