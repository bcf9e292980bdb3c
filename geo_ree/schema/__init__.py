"""The canonical layers: their columns, units and vocabularies, and the check of a frame."""

from geo_ree.schema.layers import (
    COMMODITY_GROUPS,
    LAYERS,
    PRECISION_ERROR_M,
    RANKED_ROLES,
    RASTER_LAYERS,
    ROLES,
    SCHEMA_VERSION,
    SCORED_ROLES,
    Column,
    Layer,
    layer_named,
)
from geo_ree.schema.statements import (
    CATEGORY_CLASSES,
    CATEGORY_PARTS,
    CODE_KINDS,
    EDITIONS,
    EXPLORED,
    SCALES,
    SUBSTANCES,
    SYSTEM_KINDS,
    edition_told,
)
from geo_ree.schema.validation import validate

__all__ = [
    "CATEGORY_CLASSES",
    "CATEGORY_PARTS",
    "CODE_KINDS",
    "COMMODITY_GROUPS",
    "EDITIONS",
    "EXPLORED",
    "LAYERS",
    "PRECISION_ERROR_M",
    "RANKED_ROLES",
    "RASTER_LAYERS",
    "ROLES",
    "SCALES",
    "SCHEMA_VERSION",
    "SCORED_ROLES",
    "SUBSTANCES",
    "SYSTEM_KINDS",
    "Column",
    "Layer",
    "edition_told",
    "layer_named",
    "validate",
]
