"""The parts of a catalogue entry: how a payload is opened and how its values are understood."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """A record that cannot be changed and has no fields but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reader(Strict):
    """How the payload is asked for and opened.

    Attributes
    ----------
    member
        Path of the table inside the archive (or file name inside ``starter/``).
    tables
        Child tables: name -> path inside the archive.
    key
        Upstream column that ties the child tables to the main one.
    encodings
        Tried in order.
    sheet, header_row
        Worksheet of a workbook, and the row (from 1) with its column names, there and in a text
        table.
    layer
        Layer or feature class of a geopackage, file geodatabase or KML; of an OSM file one or
        more of GDAL's layers (points, lines, multipolygons, …), separated by commas.
    where
        Condition in SQL that a feature has to meet: OGR's for a file, the server's for ArcGIS.
    crs
        Reference system of a file that states none, for instance ``EPSG:4284``.
    axis
        Order in which a WFS writes coordinates, known from its make and version, never guessed
        from values: ``lonlat`` or ``latlon``.
    version, type_name
        Of a WFS.
    item, title, file
        ScienceBase: id of the item, or its exact title to search for, and name of the file in
        it, or a pattern like ``*.zip`` that fits one file.
    cells
        Names of the cells of a jqGrid's rows, in order.
    collection
        Of an OGC API.
    query
        Parameters that are added to each request; the body (key ``data``) of an Overpass query.
    headers
        Added to each request. Values of parameters and headers that are named ``token``, ``key``,
        ``password``, ``Authorization`` and the like are sent, but kept in no error or record.
    page_size
        Features asked for at once; 0 leaves it to the server.
    hosts
        Hosts, beside that of the url, to which addresses given by upstream may lead.
    tile, tile_deg
        Name of a tile, with ``{ns} {lat} {ew} {lon}`` of its south-western corner, that the url
        has as ``{tile}``; and its width and height in degrees.
    pause_s
        Seconds to leave between two requests to the host.
    """

    member: str = ""
    tables: dict[str, str] = Field(default_factory=dict)
    key: str = ""
    encodings: tuple[str, ...] = ("utf-8-sig", "cp1252")
    sheet: str = ""
    header_row: int = Field(default=1, ge=1)
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
    page_size: int = Field(default=0, ge=0)
    hosts: tuple[str, ...] = ()
    tile: str = ""
    tile_deg: tuple[float, float] = (1.0, 1.0)
    pause_s: float = Field(default=0.0, ge=0)


class Precision(Strict):
    """How fine the source's coordinates are.

    Attributes
    ----------
    rule
        ``fixed`` (class_ for all rows), ``decimals`` (from the digits of the decimal degrees),
        ``dms`` (from two degree-minute-second texts, or from six columns: degrees, minutes and
        seconds of latitude and of longitude) or ``column`` (the source says it).
    class_
        The precision class of a ``fixed`` rule, and what the other rules fall back on.
    columns
        Upstream columns that the rule reads.
    stacked
        So many records of different names on one point make it the place under which they were
        filed (``named_place``); 0 for never.
    """

    rule: Literal["fixed", "decimals", "dms", "column"] = "fixed"
    class_: str = Field(default="area", alias="class")
    columns: tuple[str, ...] = ()
    stacked: int = Field(default=0, ge=0)


class Commodities(Strict):
    """From which upstream columns commodities are told, and what they are to the deposit.

    Where `main`, `minor` and `trace` are all empty the rule does nothing. Otherwise it gives
    ``commodities``, ``commodity_tier``, ``commodity_group`` and, for deposits, ``role``, each
    unless the entry gives that column itself. A table under ``values`` for one of them, without
    a column, holds exceptions: text of the commodities -> value.

    Attributes
    ----------
    main, minor, trace
        Upstream columns: what is mined for, what comes with it, and what was only assayed.
    separators
        Characters between two commodities.
    first_is_main
        Whether only the first word of `main` is what is mined for, and the others come with it.
    """

    main: tuple[str, ...] = ()
    minor: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()
    separators: str = ",;"
    first_is_main: bool = False


class Table(Strict):
    """One of several tables of a payload; what it leaves out is as in its entry.

    Attributes
    ----------
    name
        A short name, unique in the entry.
    layer, reader, columns, constants, values, words, nulls
        As in `Source`; the mappings are joined to the entry's, and options of the reader
        replace the entry's one by one.
    commodities, precision, country_from, coverage, notes
        As in `Source`.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    layer: str = ""
    reader: Reader = Reader()
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str | float | int | bool] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    words: dict[str, str] = Field(default_factory=dict)
    nulls: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    commodities: Commodities = Commodities()
    precision: Precision = Precision()
    country_from: Literal["polygon", "reported"] = "polygon"
    coverage: tuple[str, ...] = ()
    notes: str = ""
