"""One catalogue entry: where a source is, what it holds, and how its columns are read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from geo_ree.schema import LAYERS

Evidence = Literal["confirmed", "pattern", "guess"]
Status = Literal["ok", "unverified", "manual", "none"]
Protocol = Literal["starter", "archive"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reader(_Strict):
    """How the payload is opened.

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
    """

    member: str = ""
    tables: dict[str, str] = Field(default_factory=dict)
    key: str = ""
    encodings: tuple[str, ...] = ("utf-8-sig", "cp1252")


class Precision(_Strict):
    """How fine the source's coordinates are.

    Attributes
    ----------
    rule
        ``fixed`` (class_ for all rows), ``decimals`` (from the digits of the decimal degrees),
        ``dms`` (from degree-minute-second texts) or ``column`` (the source says it).
    class_
        The precision class of a ``fixed`` rule, and what the other rules fall back on.
    columns
        Upstream columns that the rule reads.
    """

    rule: Literal["fixed", "decimals", "dms", "column"] = "fixed"
    class_: str = Field(default="area", alias="class")
    columns: tuple[str, ...] = ()


class Source(_Strict):
    """One source of one canonical layer.

    Attributes
    ----------
    id, title, publisher, country
        Name of the entry, of the work, of who publishes it, and what it covers in words.
    label
        A few words that stand for the source beside a figure: who, and the year if known.
    layer
        The canonical layer that it feeds.
    protocol
        ``starter`` (inside the package) or how it is fetched.
    url, landing_page
        The payload, and the page for people.
    licence, licence_url, attribution
        What it may be used for, and the line that has to be shown.
    edition
        Date of the data in words (a year, a version); what "how old is this?" is answered with.
    coverage
        ISO alpha-3 codes for which the absence of a feature means something; empty for the
        whole region.
    extract_of
        Id of the full source of which this is an extract; the full one replaces it when
        it is there, and record ids are shared.
    columns
        Canonical column -> upstream column.
    constants
        Canonical column -> value of every row.
    values
        Canonical column -> {upstream value: canonical value}; the key ``*`` stands for any
        other value, and ``=`` as the value keeps the upstream one.
    nulls
        Upstream column (``*`` for all) -> texts that mean "unknown".
    country_from
        ``polygon`` (where the geometry lies) or ``reported`` (features on borders and coasts).
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=3)
    publisher: str = Field(min_length=2)
    country: str = Field(min_length=2)
    label: str = Field(min_length=2)
    layer: str
    protocol: Protocol
    url: str = Field(default="", pattern=r"^(https://.*)?$")
    landing_page: str = Field(default="", pattern=r"^(https?://.*)?$")
    licence: str = Field(min_length=2)
    licence_url: str = ""
    attribution: str = Field(min_length=3)
    edition: str = Field(min_length=1)
    evidence: Evidence = "confirmed"
    status: Status = "ok"
    coverage: tuple[str, ...] = ()
    extract_of: str = ""
    reader: Reader = Reader()
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str | float | int | bool] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    nulls: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    precision: Precision = Precision()
    country_from: Literal["polygon", "reported"] = "polygon"
    notes: str = ""

    @model_validator(mode="after")
    def _holds_together(self) -> Source:
        if self.layer not in LAYERS:
            raise ValueError(f"layer is {self.layer!r}, expected one of {', '.join(LAYERS)}")
        known = {*LAYERS[self.layer].column_names(), "native_id", "latitude", "longitude"}
        for part in ("columns", "constants", "values"):
            for name in getattr(self, part):
                if name not in known:
                    raise ValueError(f"{part}.{name} is no column of the layer {self.layer}")
        if self.protocol != "starter" and self.status == "ok" and not self.url:
            raise ValueError("url is missing (a source with status ok is fetched from it)")
        return self

    @property
    def namespace(self) -> str:
        """First half of its record ids: its own id, or that of the source it is an extract of."""
        return self.extract_of or self.id
