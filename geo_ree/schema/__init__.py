"""The canonical layers and the published columns.

`canonical` defines the layers, `number_columns` the limits of their numbers, and `vocabularies` their
words; `checking` checks a frame against its layer; `reporting_codes` knows the systems of published
quantities; `columns` lists every column that leaves geo_ree (``columns.csv``); `deposit_lookup` finds
the deposit that a person names.
"""

from geo_ree.schema.canonical import (
    LAYERS,
    RASTER_LAYERS,
    SCHEMA_VERSION,
    Layer,
    layer_named,
)
from geo_ree.schema.checking import COLUMN_DTYPES, check_layer
from geo_ree.schema.column_type import DATE_FORMS, Column, is_date
from geo_ree.schema.deposit_tables import FACT_LAYERS
from geo_ree.schema.number_columns import LAND_HEIGHT_M, LIMITS, units_of
from geo_ree.schema.reporting_codes import (
    CATEGORY_CLASSES,
    CATEGORY_PARTS,
    CODE_KINDS,
    EDITIONS,
    EXPLORED,
    SCALES,
    SUBSTANCES,
    SYSTEM_KINDS,
    parse_edition,
)
from geo_ree.schema.vocabularies import (
    CLOSED_KINDS,
    COMMODITY_GROUPS,
    DIRECTIONS,
    FIRST_STAGES,
    HOLDER_STATUSES,
    NOT_IN_USE,
    PRECISION_ERROR_M,
    PUBLISHED_FLAGS,
    RANKED_ROLES,
    RELATIONS,
    ROLES,
    SCORED_ROLES,
    STAGES,
    TOPICS,
)

__all__ = [
    "CATEGORY_CLASSES",
    "CATEGORY_PARTS",
    "CLOSED_KINDS",
    "CODE_KINDS",
    "COLUMN_DTYPES",
    "COMMODITY_GROUPS",
    "DATE_FORMS",
    "DIRECTIONS",
    "EDITIONS",
    "EXPLORED",
    "FACT_LAYERS",
    "FIRST_STAGES",
    "HOLDER_STATUSES",
    "LAND_HEIGHT_M",
    "LAYERS",
    "LIMITS",
    "NOT_IN_USE",
    "PRECISION_ERROR_M",
    "PUBLISHED_FLAGS",
    "RANKED_ROLES",
    "RASTER_LAYERS",
    "RELATIONS",
    "ROLES",
    "SCALES",
    "SCHEMA_VERSION",
    "SCORED_ROLES",
    "STAGES",
    "SUBSTANCES",
    "SYSTEM_KINDS",
    "TOPICS",
    "Column",
    "Layer",
    "check_layer",
    "is_date",
    "layer_named",
    "parse_edition",
    "units_of",
]
