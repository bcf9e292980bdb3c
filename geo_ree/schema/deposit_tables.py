"""Columns of the plain tables about deposits and countries: positions, flags, holders, deals."""

from __future__ import annotations

from geo_ree.schema.column_type import DATE_FORMS, Column
from geo_ree.schema.number_columns import number
from geo_ree.schema.reporting_codes import CATEGORY_CLASSES, CODE_KINDS, SUBSTANCES, SYSTEM_KINDS
from geo_ree.schema.vocabularies import (
    DIRECTIONS,
    HOLDER_STATUSES,
    PRECISION_ERROR_M,
    PUBLISHED_FLAGS,
    RELATIONS,
    TOPICS,
)

PRECISION = Column(
    "precision_class",
    "text",
    "how precise the position is: by its printed digits or its source's words",
    required=True,
    vocabulary=tuple(PRECISION_ERROR_M),
)

RESOURCES = (
    Column("id", "text", "unique id of the statement", required=True),
    Column("source_id", "text", "the catalogue entry", required=True),
    Column("deposit_id", "text", "id of the deposit", required=True),
    Column(
        "substance",
        "text",
        "what was weighed",
        required=True,
        vocabulary=SUBSTANCES,
    ),
    number("quantity_t", "tonnes, as stated"),
    number("grade_pct", "per cent by mass"),
    Column("grade_text", "text", "the grade as published"),
    Column("category", "text", "category, as published"),
    Column("category_class", "text", "its class", vocabulary=CATEGORY_CLASSES),
    Column("system", "text", "reporting code or whose statement, as published"),
    Column("system_kind", "text", "kind of system", vocabulary=SYSTEM_KINDS),
    Column("system_code", "text", "its name", vocabulary=tuple(CODE_KINDS)),
    Column("edition", "text", "edition of the code, where one was stated"),
    number("year", "year of the statement", "integer"),
    Column("source", "text", "publication", required=True),
    Column("notes", "text", "remarks"),
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

FLAG_FACTS = (
    Column("id", "text", "unique id of the fact", required=True),
    Column("source_id", "text", "the catalogue entry", required=True),
    Column("deposit_id", "text", "id of a record of the deposit", required=True),
    Column("flag", "text", "what is flagged", required=True, vocabulary=PUBLISHED_FLAGS),
    Column("fact", "text", "what forbids or hampers mining", required=True),
    Column("date", "text", "date of the fact", required=True),
    Column("source", "text", "publication", required=True),
    Column("source_quality", "text", "confidence in the source, in words"),
)

_SOURCE = Column("source", "text", "publications, with their dates", required=True)
_NOTE = Column("note", "text", "remarks")

CONTROL = (
    Column("id", "text", "unique id of the row", required=True),
    Column("source_id", "text", "the catalogue entry", required=True),
    Column("deposit_id", "text", "id of a record of the deposit", required=True),
    Column(
        "holder_status",
        "text",
        "whether a holder was found",
        required=True,
        vocabulary=HOLDER_STATUSES,
    ),
    Column("holder", "text", "who holds the right to explore or mine"),
    Column("ultimate_owner", "text", "who stands behind the holder"),
    Column("owner_country", "text", "countries of these, ISO alpha-3, separated by ;"),
    Column("state_share", "text", "share that a state has, or may take"),
    Column("partner", "text", "partner, option or offtake"),
    Column("partner_country", "text", "countries of the partner, ISO alpha-3, separated by ;"),
    Column(
        "partner_as_of", "date", f"date of the newest source that names the partner, {DATE_FORMS}"
    ),
    Column("kind_of_right", "text", "what the licence or contract allows, as published"),
    Column("licence_no", "text", "number of the licence or contract"),
    Column("licence_expiry", "text", "when it ends, as published"),
    Column("as_of", "date", f"date of the newest page that was read, {DATE_FORMS}", required=True),
    _SOURCE,
    Column("source_quality", "text", "confidence in the source: strong, fair or weak"),
    _NOTE,
)

DEALS = (
    Column("id", "text", "unique id of the fact", required=True),
    Column("source_id", "text", "the catalogue entry", required=True),
    Column("deposit_id", "text", "id of a record of the deposit; blank for a deal of a country"),
    Column("country", "text", "ISO alpha-3", required=True),
    Column("fact", "text", "what was agreed, awarded, withdrawn or announced", required=True),
    Column("date", "date", f"date of the fact, {DATE_FORMS}", required=True),
    Column("parties", "text", "who took part"),
    _SOURCE,
    _NOTE,
)

GOVERNANCE = (
    Column("id", "text", "unique id of the fact", required=True),
    Column("source_id", "text", "the catalogue entry", required=True),
    Column("country", "text", "ISO alpha-3", required=True),
    Column("topic", "text", "what it is about", required=True, vocabulary=TOPICS),
    Column("fact", "text", "what was decided, signed or published", required=True),
    Column("date", "date", f"date of the fact, {DATE_FORMS}", required=True),
    _SOURCE,
    _NOTE,
)

FACT_LAYERS = ("control", "deals", "governance")
"""Layers of dated facts that stand beside a score: a row without source or date is refused."""
