"""The model of a catalogue entry: where a source is, how to open it, what its columns mean."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from geo_ree.catalog.table_rules import Commodities, Precision, Reader, Strict
from geo_ree.schema import LAYERS, RASTER_LAYERS, units_of


class Table(Strict):
    """One of several tables of a payload; anything omitted is taken from the entry.

    Attributes
    ----------
    name
        A short name, unique in the entry.
    layer, reader, columns, constants, values, words, nulls, units
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
    units: dict[str, str] = Field(default_factory=dict)
    commodities: Commodities = Commodities()
    precision: Precision = Precision()
    country_from: Literal["polygon", "reported"] = "polygon"
    coverage: tuple[str, ...] = ()
    notes: str = ""


Evidence = Literal["confirmed", "pattern", "guess"]
Status = Literal["ok", "unverified", "manual", "none"]
CommercialUse = Literal["yes", "no", "ask"]
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
    "sql",
    "local",
]

_FETCHED = ("ok", "unverified")
_DATABASE = r"(postgresql|postgres|postgis|postgresql\+psycopg)://.*|duckdb:.+"


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
        The payload or service, and the page for people; of the protocol ``sql`` the address of a
        database without its password, or ``duckdb:`` and the path of a DuckDB file or of Parquet files.
    licence, licence_url, attribution
        Terms of use, and the required attribution.
    commercial_use
        Whether the licence allows commercial use: ``yes`` (with what it asks for: attribution, the
        same licence), ``no``, or ``ask`` (not stated, or only with permission).
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
        names (and ``native_id``, ``latitude``, ``longitude``); otherwise columns with coordinates
        are recognised.
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
    units
        Canonical column -> unit of the file, where it is another one (``voltage_kv = "V"``;
        ``elevation_m = "ft"`` for a raster, whose own word counts otherwise).
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
    url: str = Field(default="", pattern=rf"^(https://.*|{_DATABASE})?$")
    landing_page: str = Field(default="", pattern=r"^(https?://.*)?$")
    licence: str = Field(min_length=2)
    licence_url: str = ""
    commercial_use: CommercialUse = "ask"
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
    units: dict[str, str] = Field(default_factory=dict)
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
        if not self.url.isprintable() or not _is_address(self.url):
            mistakes.append("url: has characters that no address has")
        mistakes += self._database_mistakes()
        if self.status in ("manual", "none"):
            mistakes += [
                f"{name}: is missing (with status {self.status} it says what a person can know)"
                for name in ("why", "instead")
                if not getattr(self, name)
            ]
        if mistakes:
            raise MistakesError(mistakes)
        return self

    def _database_mistakes(self) -> list[str]:
        is_database = re.match(_DATABASE, self.url) is not None
        mistakes = []
        if self.url and is_database != (self.protocol == "sql"):
            wanted = "postgresql://... or duckdb:..." if self.protocol == "sql" else "https://..."
            mistakes.append(f"url: is none of the protocol {self.protocol}, expected {wanted}")
        if is_database and re.search(r":[^/]*@|password=", self.url.partition("//")[2]):
            mistakes.append("url: holds a password; give it in PGPASSWORD or ~/.pgpass")
        if self.protocol == "sql" and len({part.reader.layer for part in self.parts()}) > 1:
            mistakes.append("table: all are read from one table of the database, reader.layer")
        return mistakes

    def _table_mistakes(self) -> list[str]:
        where = f"table.{self.part}." if self.part else ""
        mistakes = [
            f"{where}units.{name}: is {unit!r}, expected one of "
            f"{', '.join(units_of(name)) or 'none, for it has no unit'}"
            for name, unit in self.units.items()
            if unit not in units_of(name)
        ]
        if self.layer in RASTER_LAYERS:
            return mistakes
        if self.layer not in LAYERS:
            known = ", ".join((*LAYERS, *RASTER_LAYERS))
            return [f"{where}layer: is {self.layer!r}, expected one of {known}"]
        known_columns = {
            *LAYERS[self.layer].column_names(),
            "native_id",
            "latitude",
            "longitude",
            "coordinates",
            "zone",
        }
        return mistakes + [
            f"{where}{part}.{name}: is no column of the layer {self.layer}"
            for part in ("columns", "constants", "values", "words", "units")
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

    def factor_of(self, column: str) -> float:
        """Factor from the unit of the file to that of a canonical column; 1 where they are one."""
        return units_of(column).get(self.units.get(column, ""), 1.0)

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
        for name in ("columns", "constants", "values", "words", "nulls", "units"):
            given[name] = {**getattr(self, name), **given.get(name, {})}
        reader = {n: getattr(table.reader, n) for n in table.reader.model_fields_set}
        given["reader"] = self.reader.model_copy(update=reader)
        return self.model_copy(update={**given, "table": (), "part": table.name})


def _is_address(url: str) -> bool:
    try:
        return urlsplit(url) is not None
    except ValueError:  # of brackets that do not close
        return False
