"""One catalogue entry: where a source is, what it holds, and how its columns are read."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from geo_ree.catalog.options import Commodities, Precision, Reader, Strict, Table
from geo_ree.schema import LAYERS, RASTER_LAYERS

Evidence = Literal["confirmed", "pattern", "guess"]
Status = Literal["ok", "unverified", "manual", "none"]
Protocol = Literal[
    "starter", "archive", "sciencebase", "arcgis", "wfs", "ogcapi", "osm", "overpass", "cog",
    "jqgrid", "overture", "local",
]  # fmt: skip

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
            *LAYERS[self.layer].column_names(), "native_id", "latitude", "longitude",
        }  # fmt: skip
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
        >>> from geo_ree.catalog import load_catalog
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
        >>> from geo_ree.catalog import load_catalog
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
