"""Columns of the plain tables about deposits: positions, published distances, obstacles."""

from __future__ import annotations

from geo_ree.schema.column_type import Column
from geo_ree.schema.number_columns import number
from geo_ree.schema.vocabularies import DIRECTIONS, OBSTACLES, PRECISION_ERROR_M, RELATIONS

PRECISION = Column(
    "precision_class",
    "text",
    "how precise the position is: by its printed digits or its source's words",
    required=True,
    vocabulary=tuple(PRECISION_ERROR_M),
)

POSITIONS = (
    Column("id", "text", "unique id of the statement", required=True),
    Column("source_id", "text", "the catalogue entry", required=True),
    Column("deposit_id", "text", "id of a record of the deposit", required=True),
    number("latitude", "degrees", required=True),
    number("longitude", "degrees", required=True),
    PRECISION,
    Column("caveat", "text", "why the compilers do not trust the position; chosen last"),
    Column("source", "text", "publication", required=True),
    Column("notes", "text", "remarks"),
)

DISTANCES = (
    Column("id", "text", "unique id of the statement", required=True),
    Column("source_id", "text", "the catalogue entry", required=True),
    Column("deposit_id", "text", "id of a record of the deposit; blank where it is not in a table"),
    Column("deposit_name", "text", "the deposit's name in the statement"),
    Column("relation", "text", "how it was taken", required=True, vocabulary=RELATIONS),
    number("distance_km", "as published; the larger of a range", required=True),
    Column("direction", "text", "from the place to the deposit", vocabulary=DIRECTIONS),
    Column("from_place", "text", "the place it was taken from; blank where not stated"),
    number("from_latitude", "degrees; blank where nothing places it"),
    number("from_longitude", "degrees"),
    Column("place_source", "text", "where the place's coordinate is from"),
    number("tolerance_km", "in place of the rule's own"),
    Column("source", "text", "publication", required=True),
    Column("notes", "text", "remarks"),
)

OBSTACLE_FACTS = (
    Column("id", "text", "unique id of the fact", required=True),
    Column("source_id", "text", "the catalogue entry", required=True),
    Column("deposit_id", "text", "id of a record of the deposit", required=True),
    Column("kind", "text", "what kind of obstacle", required=True, vocabulary=OBSTACLES),
    Column("fact", "text", "what forbids or hampers mining", required=True),
    Column("date", "text", "date of the fact", required=True),
    Column("source", "text", "publication", required=True),
    Column("source_quality", "text", "confidence in the source, in words"),
)
