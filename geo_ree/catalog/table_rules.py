"""How a table of a source is opened, and what its coordinates and commodities mean: parts of an entry."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

TileSide = Annotated[float, Field(gt=0, le=360)]
"""Width or height of a tile, degrees."""

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"([\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?)?")


class Strict(BaseModel):
    """A frozen record that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reader(Strict):
    """How to request and open the payload.

    Attributes
    ----------
    member
        Path of the table inside the archive (or file name inside ``starter/``).
    tables
        Child tables: name -> path inside the archive.
    key
        Upstream column that links the child tables to the main table.
    encodings
        Tried in order. If empty: UTF-8, else the one that the letters show.
    sheet, header_row
        Worksheet of a workbook, and the row (from 1) with its column names, there and in a text
        table.
    layer
        Layer or feature class of a geopackage, file geodatabase or KML; of an OSM file one or
        more of GDAL's layers (points, lines, multipolygons, …), separated by commas; of a database
        the table or view, ``schema.table``.
    where
        SQL condition that selects features: OGR's dialect for a file, the server's for ArcGIS;
        of a database comparisons only.
    crs
        Reference system of a file without one, for instance ``EPSG:4284``.
    axis
        Axis order of a WFS, determined from its software and version, never guessed from values:
        ``lonlat`` or ``latlon``.
    version, type_name
        Of a WFS.
    item, title, file
        ScienceBase: id of the item, or its exact title to search for; and the name of its file,
        or a pattern like ``*.zip`` that matches one file.
    cells
        Names of the cells of a jqGrid's rows, in order.
    collection
        Of an OGC API.
    query
        Parameters added to each request; the body (key ``data``) of an Overpass query.
    headers
        Added to each request. Values of parameters and headers named ``token``, ``key``,
        ``password``, ``Authorization`` and the like are sent, but never appear in errors or records.
    page_size
        Features per request; 0 leaves it to the server.
    hosts
        Further hosts to which the source may redirect; all others are refused.
    tile, tile_deg
        Name of a tile, with ``{ns} {lat} {ew} {lon}`` of its south-western corner, inserted into
        the url at ``{tile}``; and its width and height in degrees.
    pause_s
        Seconds between two requests to the host.
    """

    member: str = ""
    tables: dict[str, str] = Field(default_factory=dict)
    key: str = ""
    encodings: tuple[str, ...] = ()
    sheet: str = ""
    header_row: int = Field(default=1, ge=1, le=1_000_000)
    layer: str = ""
    where: str = ""
    crs: str = ""
    axis: Literal["", "lonlat", "latlon"] = ""
    version: Literal["", "1.0.0", "1.1.0", "2.0.0"] = ""
    type_name: str = ""
    item: str = ""
    title: str = ""
    file: str = ""
    cells: tuple[str, ...] = ()
    collection: str = ""
    query: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    page_size: int = Field(default=0, ge=0, le=1_000_000)
    hosts: tuple[str, ...] = ()
    tile: str = ""
    tile_deg: tuple[TileSide, TileSide] = (1.0, 1.0)
    pause_s: float = Field(default=0.0, ge=0, le=3600)

    @field_validator("encodings")
    @classmethod
    def _are_known(cls, encodings: tuple[str, ...]) -> tuple[str, ...]:
        for name in encodings:
            try:
                "".encode(name)
            except (LookupError, ValueError) as error:
                raise ValueError(f"{name!r} is no encoding of texts") from error
        return encodings

    @field_validator("headers")
    @classmethod
    def _can_be_sent(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                raise ValueError(f"{name!r} cannot be sent: use letters of ASCII, in one line")
        return headers

    def given(self, *names: str) -> list[str]:
        """Return which of some settings differ from their defaults."""
        fields = type(self).model_fields
        return [name for name in names if getattr(self, name) != fields[name].get_default()]


class Precision(Strict):
    """How precise the source's coordinates are.

    Attributes
    ----------
    rule
        ``fixed`` (class_ for all rows), ``decimals`` (from the digits of the decimal degrees),
        ``dms`` (from two degree-minute-second texts, or from six columns: degrees, minutes and
        seconds of latitude and of longitude) or ``column`` (a column states it).
    class_
        The precision class of a ``fixed`` rule, and the fallback of the other rules.
    columns
        Upstream columns that the rule reads.
    stacked
        If this many records with different names share one point, the point is treated as a
        filing location (``named_place``); 0 for never.
    """

    rule: Literal["fixed", "decimals", "dms", "column"] = "fixed"
    class_: str = Field(default="area", alias="class")
    columns: tuple[str, ...] = ()
    stacked: int = Field(default=0, ge=0)


class Commodities(Strict):
    """Which upstream columns name commodities, and their tier.

    If `main`, `minor` and `trace` are all empty, the rule does nothing. Otherwise it sets
    ``commodities``, ``commodity_tier``, ``commodity_group`` and, for deposits, ``role``, unless
    the entry sets that column itself. A table under ``values`` for one of them, without a
    column, lists exceptions: text of the commodities -> value.

    Attributes
    ----------
    main, minor, trace
        Upstream columns of the primary commodities, the by-products, and what was only assayed.
    separators
        Characters between two commodities.
    first_is_main
        Whether only the first word of `main` is primary, and the others are by-products.
    """

    main: tuple[str, ...] = ()
    minor: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()
    separators: str = ",;"
    first_is_main: bool = False
