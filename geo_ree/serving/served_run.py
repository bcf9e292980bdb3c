"""A run as the service publishes it: its tables with title, licence and columns, rasters, page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from geo_ree.errors import SettingsError
from geo_ree.outputs.notice import AREA_LAYERS, ROUTE_LAYERS, licence_notice, made_with
from geo_ree.schema import LAYERS, SCHEMA_VERSION
from geo_ree.schema.columns import INTERNAL, column_owners, table_names, table_texts

Box = tuple[float, float, float, float]
ORIGIN = "http://service.invalid"
"""Stands in every document for scheme, host and port: those that the client used replace it."""

WORLD: Box = (-180.0, -90.0, 180.0, 90.0)
_COLUMNS_OF = {"deposits": "scores"}
_LAYERS_OF = {"areas": AREA_LAYERS, "corridors": ROUTE_LAYERS}
_SHAPES = {"_points": "points", "_lines": "lines", "_areas": "areas"}


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One table as a collection of OGC API Features.

    Parameters
    ----------
    name
        Name of the table.
    title, description, attribution
        For people; the attribution holds what the licences ask for.
    licences
        Title and address of each licence.
    box
        West, south, east and north of the features, degrees.
    columns
        What each column means, as JSON Schema: ``description`` and ``x-ogc-unit``.
    provider
        How pygeoapi reads the table.
    links
        More links of the collection, as pygeoapi takes them.
    """

    name: str
    title: str
    description: str
    attribution: str
    licences: tuple[tuple[str, str], ...]
    box: Box
    columns: Mapping[str, Mapping[str, str]]
    provider: Mapping[str, Any]
    links: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ServedRun:
    """All that the service shows of one run.

    Parameters
    ----------
    about
        Pairs of heading and text, as in the table ``read_me``.
    collections
        The tables, in the order in which they are listed.
    rasters
        File name -> path of each raster.
    page
        The map page, None where there is none.
    warning
        What the reader of the service should know beforehand, empty where there is nothing.
    """

    about: Mapping[str, str]
    collections: tuple[Collection, ...]
    rasters: Mapping[str, Path] = field(default_factory=dict)
    page: Path | None = None
    warning: str = ""

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return self.about["run id"]


def check_schema(about: Mapping[str, str], where: str) -> None:
    """Refuse a run that another schema made.

    Raises
    ------
    SettingsError
    """
    made = made_with(about)
    if made != SCHEMA_VERSION:
        raise SettingsError(
            f"{where}: the run has schema {made or 'unknown'}, this version of geo_ree serves "
            f"{SCHEMA_VERSION}",
            "geo-ree run and geo-ree export make it again",
        )


def describe(name: str, columns: list[str], sources: pd.DataFrame) -> dict[str, Any]:
    """Title, description, attribution, licences and columns of a table.

    Parameters
    ----------
    name
        Name of the table, as in the GeoPackage.
    columns
        Names of its columns.
    sources
        The sources of the run: ``layer, licence, licence_url, attribution, rows``.

    Returns
    -------
    dict
        The arguments of `Collection` of the same names.

    Examples
    --------
    >>> sources = pd.DataFrame({"layer": ["roads"], "licence": ["ODbL 1.0"], "attribution": ["A"],
    ...                         "licence_url": ["https://opendatacommons.org/licenses/odbl/1-0/"]})
    >>> about = describe("roads", ["id", "length_km"], sources)
    >>> about["title"], about["licences"][0][0], about["columns"]["length_km"]["description"]
    ('Main roads', 'ODbL 1.0', 'published or mapped length')
    """
    base, shape = _base_of(name)
    layers = _LAYERS_OF.get(base, (base,) if base in set(sources["layer"]) else ())
    if base in table_names():
        layers = _LAYERS_OF.get(base, ())
    title, description = table_texts().get(base, (base.replace("_", " ").capitalize(), ""))
    return {
        "title": f"{title}: {shape}" if shape else title,
        "description": description or f"Table {name} of the run.",
        "attribution": licence_notice(sources, *layers),
        "licences": _licences(sources, layers),
        "columns": _meanings(base, columns),
    }


def _base_of(name: str) -> tuple[str, str]:
    """Name of the layer whose parts a table holds, and which kind of shape they have."""
    for end, shape in _SHAPES.items():
        if name.endswith(end) and name.removesuffix(end) in LAYERS:
            return name.removesuffix(end), shape
    return name, ""


def _licences(sources: pd.DataFrame, layers: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    used = sources[sources["layer"].isin(layers)] if layers else sources
    known = used.dropna(subset=["licence", "licence_url"])
    pairs = zip(known["licence"].astype(str), known["licence_url"].astype(str), strict=True)
    return tuple(dict.fromkeys((name, url) for name, url in pairs if url.startswith("http")))


def _meanings(base: str, columns: list[str]) -> dict[str, dict[str, str]]:
    table = _COLUMNS_OF.get(base, base)
    if table in table_names():
        owners = column_owners(columns, table, own=True)
        found = {name: (c.description, c.unit) for name, c in owners.items() if c.unit != INTERNAL}
    elif table in LAYERS:
        found = {c.name: (c.meaning, "") for c in LAYERS[table].columns if c.name in columns}
    else:
        return {}
    return {
        name: {"description": text, **({"x-ogc-unit": unit} if unit else {})}
        for name, (text, unit) in found.items()
    }
