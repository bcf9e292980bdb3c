"""The model of a catalogue entry: where a source is, how to open it, what its columns mean."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from geo_ree.schema import LAYERS, RASTER_LAYERS


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
        Tried in order.
    sheet, header_row
        Worksheet of a workbook, and the row (from 1) with its column names, there and in a text
        table.
    layer
        Layer or feature class of a geopackage, file geodatabase or KML; of an OSM file one or
        more of GDAL's layers (points, lines, multipolygons, …), separated by commas.
    where
        SQL condition that selects features: OGR's dialect for a file, the server's for ArcGIS.
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


class Table(Strict):
    """One of several tables of a payload; anything omitted is taken from the entry.

    Attributes
    ----------
    name
        A short name, unique in the entry.
    layer, reader, columns, constants, values, words, nulls
        As in `Source`; mappings are joined with the entry's, and each option of the reader
        replaces the entry's.
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


Evidence = Literal["confirmed", "pattern", "guess"]
Status = Literal["ok", "unverified", "manual", "none"]
Protocol = Literal[
    "starter",
    "archive",
    "sciencebase",
    "arcgis",
    "wfs",
    "ogcapi",
    "osm",
    "overpass",
    "cog",
    "jqgrid",
    "overture",
    "local",
]

_FETCHED = ("ok", "unverified")


class MistakesError(ValueError):
    """Mistakes of one entry, each beginning with its dotted path within the entry."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(mistakes))


class Source(Strict):
    """One source: a payload, and the tables to read from it.

    Attributes
    ----------
    id, title, publisher, country
        Name of the entry, title of the work, its publisher, and what it covers, in words.
    label
        Short form shown next to figures: the publisher, and the year if known.
    layer
        The canonical layer it belongs to; blank if every table names its own.
    protocol
        How it is fetched; ``starter`` for data inside the package, ``local`` for a file that only
        the user can provide.
    url, landing_page
        The payload or service, and the page for people.
    licence, licence_url, attribution
        Terms of use, and the required attribution.
    edition
        Date of the data in words: a year or a version.
    evidence
        How the address is known: ``confirmed`` (published), ``pattern`` (derived from a published
        address of the same kind) or ``guess``.
    status
        ``ok`` and ``unverified`` can be fetched; ``manual`` can only be provided as a file;
        ``none`` means that nothing is published.
    why, instead
        For ``manual`` and ``none``: why a program cannot download it, and what a person can do.
    sha256
        Checksum of the payload; any other payload is refused. Blank if it may change.
    coverage
        ISO alpha-3 codes of the countries that the source covers completely, where no feature
        means that there is none; empty for the whole region, the single word ``none`` for nowhere.
    extract_of
        Id of the full source of which this is an extract. The full source replaces it once
        fetched; record ids are shared.
    columns
        Canonical column -> upstream column. If empty, the columns of the file have canonical
        names (and ``native_id``, ``latitude``, ``longitude``).
    constants
        Canonical column -> value of every row.
    values
        Canonical column -> {upstream value: canonical value}; the key ``*`` stands for any
        other value, and ``=`` as the value keeps the upstream one.
    words
        Canonical column -> name of a table of patterns that maps free text to its vocabulary.
    plant_columns
        Upstream columns that may name a processing plant recorded like a deposit; such a record
        gets the kind ``plant``.
    nulls
        Upstream column (``*`` for all) -> texts that mean "unknown".
    commodities
        How commodities, their tier and group, and the role follow from upstream columns.
    vertical_error_m
        Vertical error of an elevation raster, at 90 % confidence.
    slope_cell_m
        Above 0: the elevation raster has a second band, mean slopes (degrees) of cells of that size.
    country_from
        ``polygon`` (where the geometry lies) or ``reported`` (features on borders and coasts).
    table
        Several tables of one payload; anything they omit is taken from the entry.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=3)
    publisher: str = Field(min_length=2)
    country: str = Field(min_length=2)
    label: str = Field(min_length=2)
    layer: str = ""
    protocol: Protocol
    url: str = Field(default="", pattern=r"^(https://.*)?$")
    landing_page: str = Field(default="", pattern=r"^(https?://.*)?$")
    licence: str = Field(min_length=2)
    licence_url: str = ""
    attribution: str = Field(min_length=3)
    edition: str = Field(min_length=1)
    evidence: Evidence = "confirmed"
    status: Status = "ok"
    why: str = ""
    instead: str = ""
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    coverage: tuple[str, ...] = ()
    extract_of: str = ""
    reader: Reader = Reader()
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str | float | int | bool] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    words: dict[str, str] = Field(default_factory=dict)
    plant_columns: tuple[str, ...] = ()
    nulls: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    commodities: Commodities = Commodities()
    precision: Precision = Precision()
    country_from: Literal["polygon", "reported"] = "polygon"
    vertical_error_m: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    slope_cell_m: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    notes: str = ""
    table: tuple[Table, ...] = ()
    part: str = Field(default="", exclude=True)

    @model_validator(mode="after")
    def _holds_together(self) -> Source:
        mistakes = [m for part in self.parts() for m in part._table_mistakes()]
        names = [t.name for t in self.table]
        if len(set(names)) < len(names):
            mistakes.append("table: two tables have one name")
        if self.part:
            mistakes.append("part: not to be set; give tables under table")
        if self.protocol not in ("starter", "local") and self.status == "ok" and not self.url:
            mistakes.append("url: is missing (a source with status ok is fetched from it)")
        if self.status in ("manual", "none"):
            mistakes += [
                f"{name}: is missing (with status {self.status} it says what a person can know)"
                for name in ("why", "instead")
                if not getattr(self, name)
            ]
        if mistakes:
            raise MistakesError(mistakes)
        return self

    def _table_mistakes(self) -> list[str]:
        where = f"table.{self.part}." if self.part else ""
        if self.layer in RASTER_LAYERS:
            return []
        if self.layer not in LAYERS:
            known = ", ".join((*LAYERS, *RASTER_LAYERS))
            return [f"{where}layer: is {self.layer!r}, expected one of {known}"]
        known_columns = {
            *LAYERS[self.layer].column_names(),
            "native_id",
            "latitude",
            "longitude",
        }
        return [
            f"{where}{part}.{name}: is no column of the layer {self.layer}"
            for part in ("columns", "constants", "values", "words")
            for name in getattr(self, part)
            if name not in known_columns
        ]

    @property
    def namespace(self) -> str:
        """First half of its record ids: its own id, or that of the full source of an extract."""
        return self.extract_of or self.id

    @property
    def fetchable(self) -> bool:
        """Whether geo_ree can download it."""
        return self.status in _FETCHED and self.protocol not in ("starter", "local")

    def further_columns(self) -> tuple[str, ...]:
        """Give the upstream columns that rules read in addition to those in `columns`, each once."""
        rule = self.commodities
        named = (*self.precision.columns, *rule.main, *rule.minor, *rule.trace, *self.plant_columns)
        return tuple(dict.fromkeys(named))

    def parts(self) -> tuple[Source, ...]:
        """Give one source for each table, with its options and its name as `part`; itself if it has one."""
        if not self.table:
            return (self,)
        return tuple(self._part(table) for table in self.table)

    def _part(self, table: Table) -> Source:
        given = {name: getattr(table, name) for name in table.model_fields_set - {"name", "reader"}}
        for name in ("columns", "constants", "values", "words", "nulls"):
            given[name] = {**getattr(self, name), **given.get(name, {})}
        reader = {n: getattr(table.reader, n) for n in table.reader.model_fields_set}
        given["reader"] = self.reader.model_copy(update=reader)
        return self.model_copy(update={**given, "table": (), "part": table.name})
