"""The parts of a catalogue entry: how a payload is opened and how its values are understood."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from geo_ree.schema import LAYERS, RASTER_LAYERS


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
    """Several mistakes of one entry, each beginning with its dotted path within the entry."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(mistakes))


class Source(Strict):
    """One source: a payload, and the table or tables that are read from it.

    Attributes
    ----------
    id, title, publisher, country
        Name of the entry, of the work, of who publishes it, and what it covers in words.
    label
        A few words that stand for the source beside a figure: who, and the year if known.
    layer
        The canonical layer that it feeds; blank where every table names its own.
    protocol
        ``starter`` (inside the package), how it is fetched, or ``local`` (only ever handed over
        as a file).
    url, landing_page
        The payload or service, and the page for people.
    licence, licence_url, attribution
        What it may be used for, and the line that has to be shown.
    edition
        Date of the data in words (a year, a version); what "how old is this?" is answered with.
    evidence
        How sure the address is: ``confirmed`` (seen in print), ``pattern`` (a sibling was seen)
        or ``guess``.
    status
        ``ok`` and ``unverified`` are fetched; ``manual`` can only be handed over as a file;
        ``none`` means that nothing is published.
    why, instead
        For ``manual`` and ``none``: why a program cannot have it, and what a person can do.
    sha256
        Hash of the payload, where it is pinned; another payload is refused.
    coverage
        ISO alpha-3 codes for which the absence of a feature means something; empty for the
        whole region, the one word ``none`` for nowhere (a part of a country).
    extract_of
        Id of the full source of which this is an extract; the full one replaces it when
        it is there, and record ids are shared.
    columns
        Canonical column -> upstream column. Where it is empty, the columns of the file bear
        their canonical names (and ``native_id``, ``latitude``, ``longitude``).
    constants
        Canonical column -> value of every row.
    values
        Canonical column -> {upstream value: canonical value}; the key ``*`` stands for any
        other value, and ``=`` as the value keeps the upstream one.
    words
        Canonical column -> name of a table of patterns that turns free text into its vocabulary.
    plant_columns
        Upstream columns in which a works may be told that is filed like a deposit (a name, a
        way of working); such a record is of kind ``plant`` whatever else it says.
    nulls
        Upstream column (``*`` for all) -> texts that mean "unknown".
    commodities
        How commodities, their tier and group, and the role are told from upstream columns.
    vertical_error_m
        Of a raster of heights: how far one may be off, nine times in ten.
    country_from
        ``polygon`` (where the geometry lies) or ``reported`` (features on borders and coasts).
    table
        Several tables of one payload; each takes what it does not say from the entry.
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
    notes: str = ""
    table: tuple[Table, ...] = ()
    part: str = Field(default="", exclude=True)

    @model_validator(mode="after")
    def _holds_together(self) -> Source:
        complaints = [c for part in self.parts() for c in part._table_complaints()]
        names = [t.name for t in self.table]
        if len(set(names)) < len(names):
            complaints.append("table: two tables have one name")
        if self.part:
            complaints.append("part: not to be set; give tables under table")
        if self.protocol not in ("starter", "local") and self.status == "ok" and not self.url:
            complaints.append("url: is missing (a source with status ok is fetched from it)")
        if self.status in ("manual", "none"):
            complaints += [
                f"{name}: is missing (with status {self.status} it says what a person can know)"
                for name in ("why", "instead")
                if not getattr(self, name)
            ]
        if complaints:
            raise MistakesError(complaints)
        return self

    def _table_complaints(self) -> list[str]:
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
        """First half of its record ids: its own id, or that of the source it is an extract of."""
        return self.extract_of or self.id

    @property
    def fetchable(self) -> bool:
        """Whether a program may fetch it."""
        return self.status in _FETCHED and self.protocol not in ("starter", "local")

    def further_columns(self) -> tuple[str, ...]:
        """Give the upstream columns that are read beside those in `columns`, each once.

        Examples
        --------
        >>> from geo_ree.catalog.load import load_catalog
        >>> load_catalog()["usgs_ree"].further_columns()
        ('lat_dms', 'lon_dms')
        """
        rule = self.commodities
        named = (*self.precision.columns, *rule.main, *rule.minor, *rule.trace, *self.plant_columns)
        return tuple(dict.fromkeys(named))

    def parts(self) -> tuple[Source, ...]:
        """Give one view of the entry for each of its tables; itself where it has but one.

        Returns
        -------
        tuple of Source
            Each with the layer, reader, columns and rules of its table, and its name as `part`.

        Examples
        --------
        >>> from geo_ree.catalog.load import load_catalog
        >>> [p.part for p in load_catalog()["usgs_ree"].parts()]
        ['']
        """
        if not self.table:
            return (self,)
        return tuple(self._part(table) for table in self.table)

    def _part(self, table: Table) -> Source:
        said = {name: getattr(table, name) for name in table.model_fields_set - {"name", "reader"}}
        for name in ("columns", "constants", "values", "words", "nulls"):
            said[name] = {**getattr(self, name), **said.get(name, {})}
        reader = {n: getattr(table.reader, n) for n in table.reader.model_fields_set}
        said["reader"] = self.reader.model_copy(update=reader)
        return self.model_copy(update={**said, "table": (), "part": table.name})
