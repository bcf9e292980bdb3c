"""The canonical layers: their columns, units and kinds of geometry.

Units live in names: ``_km _m _pct _mt _mw _t``. Every layer has ``id source_id name country
country_reported kind`` and a geometry; `resources`, `positions`, `published_distances`,
`flags`, `control` and `deals` are plain tables about deposits, `governance` is one about
countries. A layer that sources of several licences fill has ``licence`` in each row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from geo_ree.errors import SchemaError
from geo_ree.schema.column_type import Column
from geo_ree.schema.deposit_tables import (
    CONTROL,
    DEALS,
    DISTANCES,
    FLAG_FACTS,
    GOVERNANCE,
    POSITIONS,
    PRECISION,
    RESOURCES,
)
from geo_ree.schema.number_columns import number
from geo_ree.schema.reporting_codes import statement_complaints
from geo_ree.schema.vocabularies import (
    COMMODITY_GROUPS,
    NOT_IN_USE,
    PRECISION_ERROR_M,
    ROAD_CLASSES,
    ROLES,
    STAGES,
    WATER_QUALITIES,
)

SCHEMA_VERSION = "1.1"
"""Version of the canonical layers and of every output made from them."""


@dataclass(frozen=True)
class Layer:
    """One canonical layer: its name, columns and kind of geometry (empty for a plain table).

    ``complaints`` finds what is wrong between the columns of a row, one line a complaint.
    """

    name: str
    columns: tuple[Column, ...]
    geometries: tuple[str, ...]
    geometry_required: bool = True
    complaints: Callable[[pd.DataFrame], list[str]] | None = None

    def column_names(self) -> list[str]:
        """Names of the columns in order, the geometry last."""
        return [c.name for c in self.columns] + (["geometry"] if self.geometries else [])


_POINT, _LINE, _AREA = ("Point",), ("LineString", "MultiLineString"), ("Polygon", "MultiPolygon")
_ERROR = number("position_error_m", "radius within which the true position lies")
_LICENCE = Column("licence", "text", "licence of the source that the row came from")
_LATERAL = (
    _LICENCE,
    number("length_km", "published or mapped length"),
    number("lateral_error_km", "how far the true course may lie to a side"),
)


def _common(*kinds: str) -> tuple[Column, ...]:
    return (
        Column("id", "text", "{source_id}:{native_id}, unique", required=True),
        Column("source_id", "text", "the catalogue entry it came from", required=True),
        Column("name", "text", "name in the source"),
        Column("country", "text", "ISO 3166-1 alpha-3, by point in polygon"),
        Column("country_reported", "text", "the source's own word"),
        Column("kind", "text", "vocabulary of the layer", required=True, vocabulary=kinds),
    )


_DEPOSITS = (
    *_common("deposit", "occurrence", "mine", "plant", "area", "unknown"),
    Column("name_local", "text", "name in the local script"),
    Column("aliases", "text", "other names, separated by ;"),
    Column("commodities", "text", "element symbols or words, separated by ;"),
    Column(
        "commodity_tier", "text", "standing of REE", vocabulary=("primary", "by_product", "assay")
    ),
    Column("commodity_group", "text", "group", required=True, vocabulary=COMMODITY_GROUPS),
    Column("role", "text", "what it is to the ranking", required=True, vocabulary=ROLES),
    Column("why_role", "text", "why it has this role, with the source"),
    Column("stage", "text", "how far its rare earths got; blank is unknown", vocabulary=STAGES),
    Column("stage_basis", "text", "what the stage rests on, with date and source"),
    Column("deposit_type", "text", "genetic type, as published"),
    Column("host_rock", "text", "host rock, as published"),
    Column("minerals", "text", "minerals, as published"),
    Column("flowsheet", "text", "tests of how its ore can be treated, with date and source"),
    Column("thorium_uranium", "text", "thorium and uranium in its ore, with date and source"),
    Column("status", "text", "state of the project, as published"),
    Column("operator", "text", "holder or operator, as published"),
    Column("admin_area", "text", "district or region, as published"),
    _ERROR,
    Column("position_basis", "text", "where the position and its error come from"),
    PRECISION,
    Column("country_note", "text", "where border and reported country disagree"),
    Column("same_as", "text", "ids of the same deposit in other sources, separated by ;"),
    Column("reference", "text", "publications and links"),
    Column("source_quality", "text", "confidence in the source, in words"),
    Column("notes", "text", "remarks"),
)

_LAYERS = (
    Layer("deposits", _DEPOSITS, _POINT, geometry_required=False),
    Layer("resources", RESOURCES, (), complaints=statement_complaints),
    Layer("positions", POSITIONS, ()),
    Layer("flags", FLAG_FACTS, ()),
    Layer("control", CONTROL, ()),
    Layer("deals", DEALS, ()),
    Layer("governance", GOVERNANCE, ()),
    Layer("published_distances", DISTANCES, ()),
    Layer(
        "railways",
        (
            *_common("rail", "narrow_gauge", *NOT_IN_USE, "unknown"),
            *_LATERAL,
        ),
        _LINE,
    ),
    Layer(
        "railways_planned",
        (
            *_common("under_construction", "planned", "proposed", "suspended", "unknown"),
            *_LATERAL,
            Column("line", "text", "the line that it is a leg of"),
            Column("state", "text", "how far the works are, as reported"),
            Column("state_date", "text", "day of that report, YYYY-MM-DD"),
            number("opening_year", "year of opening, as published", "integer"),
            Column("reference", "text", "publications"),
        ),
        _LINE,
    ),
    Layer(
        "roads",
        (
            *_common(*ROAD_CLASSES, *NOT_IN_USE, "unknown"),
            *_LATERAL,
        ),
        _LINE,
    ),
    Layer(
        "power_lines",
        (
            *_common("line", "minor_line", "substation", *NOT_IN_USE, "unknown"),
            *_LATERAL,
            number("voltage_kv", "highest voltage"),
        ),
        (*_LINE, *_POINT),
    ),
    Layer(
        "power_plants",
        (
            *_common("operating", "building", "planned", "closed", "unknown"),
            Column("fuel", "text", "main fuel"),
            number("capacity_mw", "installed capacity"),
            _ERROR,
            _LICENCE,
            Column("reference", "text", "publication"),
        ),
        _POINT,
    ),
    Layer(
        "settlements",
        (
            *_common("capital", "town", "village", "unknown"),
            number("population", "people", "integer"),
            _LICENCE,
        ),
        _POINT,
    ),
    Layer(
        "gateways",
        (
            *_common("sea_port", "sea_port_closed", "rail_border", "road_border", "dry_port"),
            Column("neighbour", "text", "country beyond, ISO alpha-3"),
            Column("neighbour_name", "text", "country beyond, in words"),
            _ERROR,
            Column("position_basis", "text", "where the error of the position comes from"),
            Column("gauge_break", "flag", "whether the gauge changes"),
            _LICENCE,
            Column("reference", "text", "publication"),
        ),
        _POINT,
    ),
    Layer(
        "water",
        (
            *_common(
                "river",
                "intermittent_river",
                "canal",
                "lake",
                "reservoir",
                "unknown",
            ),
            *_LATERAL,
            Column("quality", "text", "by a source; blank is unknown", vocabulary=WATER_QUALITIES),
        ),
        (*_LINE, *_AREA),
    ),
    Layer(
        "airports",
        (
            *_common("large", "medium", "small", "heliport", "closed", "unknown"),
            Column("code", "text", "ICAO code, or the source's own"),
            Column("iata", "text", "IATA code: it has, or had, scheduled flights"),
            number("elevation_m", "above the sea"),
            _LICENCE,
        ),
        _POINT,
    ),
    Layer(
        "earthquakes",
        (
            *_common("earthquake"),
            number("magnitude_mw", "moment magnitude"),
            number("depth_km", "depth of the centroid"),
            Column("date", "text", "day, UTC"),
        ),
        _POINT,
    ),
    Layer(
        "tailings",
        (
            *_common("tailings"),
            Column("date", "text", "day, month or year of an accident"),
            Column("what", "text", "what lies there and what happened, as published"),
            _ERROR,
            Column("position_basis", "text", "where the position and its error come from"),
            Column("reference", "text", "publications and links"),
        ),
        _POINT,
    ),
    Layer(
        "protected_areas",
        (
            *_common("national_park", "nature_reserve", "protected_area", "unknown"),
            Column("designation", "text", "what it is called in law, as published"),
            Column("category", "text", "category of the IUCN, or of the source, as published"),
            _LICENCE,
        ),
        _AREA,
    ),
    Layer(
        "active_faults",
        (*_common("normal", "reverse", "strike_slip", "unknown"), *_LATERAL),
        _LINE,
    ),
    Layer(
        "water_stress",
        (
            *_common("basin"),
            number("score", "water stress from 0 (low) to 5 (extremely high)"),
            Column("label", "text", "class of water stress, as published; blank is unknown"),
            _LICENCE,
        ),
        _AREA,
    ),
    Layer(
        "mining_areas",
        (
            *_common("mining_area"),
            number("area_km2", "area as published"),
            _LICENCE,
        ),
        _AREA,
    ),
    Layer(
        "licences",
        (
            *_common("exploration", "mining", "unknown"),
            Column("code", "text", "number of the licence"),
            Column("holder", "text", "who holds it, as published"),
            Column("status", "text", "state of the licence, as published"),
            Column("commodities", "text", "what it is for, separated by ;"),
            number("area_km2", "area as published"),
            Column("valid_from", "text", "as published"),
            Column("valid_to", "text", "as published"),
        ),
        _AREA,
        geometry_required=False,
    ),
    Layer(
        "facilities",
        (
            *_common("mine", "plant", "mine_and_plant", "unknown"),
            Column("commodities", "text", "element symbols or words, separated by ;"),
            Column("commodity_group", "text", "group", vocabulary=COMMODITY_GROUPS),
            Column("deposit_type", "text", "what the works is, as published"),
            Column("status", "text", "state of the works, as published"),
            Column("operator", "text", "holder or operator, as published"),
            Column("capacity_text", "text", "capacity as published"),
            number("year", "year of the statement", "integer"),
            _ERROR,
            Column("position_basis", "text", "where the position and its error come from"),
            Column(
                "precision_class",
                "text",
                "how precise the position is: by its printed digits or its source's words",
                vocabulary=tuple(PRECISION_ERROR_M),
            ),
            Column("reference", "text", "publications and links"),
            Column("source_quality", "text", "confidence in the source, in words"),
        ),
        _POINT,
        geometry_required=False,
    ),
    Layer(
        "admin1",
        (
            *_common("region", "city"),
            Column("aliases", "text", "other spellings and names, separated by ;"),
            Column("notes", "text", "what changed since its outline was drawn, with the source"),
        ),
        _AREA,
    ),
    Layer(
        "countries",
        (
            *_common("country"),
            Column("complete", "flag", "whether all of it lies inside the region"),
        ),
        _AREA,
    ),
)

LAYERS: Mapping[str, Layer] = MappingProxyType({layer.name: layer for layer in _LAYERS})
"""The canonical layers by name."""

RASTER_LAYERS = ("elevation", "seismic_hazard", "population")
"""Layers that are rasters: read by windows, never made into a table."""


def layer_named(name: str) -> Layer:
    """Look up a canonical layer.

    Raises
    ------
    SchemaError
        When there is none of that name; the message lists them.

    Examples
    --------
    >>> layer_named("railways").geometries
    ('LineString', 'MultiLineString')
    """
    try:
        return LAYERS[name]
    except KeyError:
        raise SchemaError(
            f"no layer is called {name!r}", f"use one of {', '.join(LAYERS)}"
        ) from None
