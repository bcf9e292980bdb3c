"""The canonical layers: their columns, units and vocabularies, and the check of a frame."""

from geo_ree.schema.layers import (
    COMMODITY_GROUPS,
    DIRECTIONS,
    LAYERS,
    PRECISION_ERROR_M,
    RANKED_ROLES,
    RASTER_LAYERS,
    RELATIONS,
    ROLES,
    SCHEMA_VERSION,
    SCORED_ROLES,
    Column,
    Layer,
    layer_named,
)
from geo_ree.schema.validation import validate

__all__ = [
    "COMMODITY_GROUPS",
    "DIRECTIONS",
    "LAYERS",
    "PRECISION_ERROR_M",
    "RANKED_ROLES",
    "RASTER_LAYERS",
    "RELATIONS",
    "ROLES",
    "SCHEMA_VERSION",
    "SCORED_ROLES",
    "Column",
    "Layer",
    "layer_named",
    "validate",
]
