"""Infrastructure that a user provides, as canonical layers: kinds and sizes by the labels that maps use."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

import geopandas as gpd
import pandas as pd

from geo_ree.catalog import load_catalog
from geo_ree.errors import SchemaError, SettingsError, suggest_words
from geo_ree.pipeline.own_files import (
    OwnLayer,
    Provided,
    find_label,
    load_provided,
    normalize_provided,
    own_source,
    select_columns,
)
from geo_ree.reading.coordinate_columns import find_coordinate_columns
from geo_ree.reading.stated_systems import with_system
from geo_ree.schema import LAYERS
from geo_ree.schema.vocabularies import OWN
from geo_ree.settings import Settings

GATEWAYS = "gateways"

_TAGGED = "osm_kazakhstan"
"""The entry whose tables say what the tags of OpenStreetMap mean; the others follow it."""

_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "railways": ("kind", "railway", "fclass", "class", "type"),
        "roads": ("kind", "highway", "fclass", "class", "type"),
        "power_lines": ("kind", "power", "fclass", "type"),
        "power_plants": ("kind", "status", "power"),
        "settlements": ("kind", "place", "fclass", "type"),
        "gateways": ("kind", "type"),
        "water": ("kind", "waterway", "natural", "fclass", "type"),
        "airports": ("kind", "type"),
    }
)
"""Layer that a user may provide -> columns that may hold the kind of a feature."""

_DEFAULTS = {
    "railways": "rail",
    "roads": "main",
    "power_lines": "line",
    "power_plants": "operating",
    "gateways": "sea_port",
}
"""The kind of a feature whose file has no column of kinds: what the layer is asked for."""

_SIZES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "voltage_kv": ("voltage kv", "voltage", "kv"),
        "capacity_mw": ("capacity mw", "capacity", "mw"),
        "population": ("population", "pop", "pop max", "население"),
    }
)
_NAMES = ("name", "name en", "название", "наименование", "имя")
_NOT_OPEN = frozenset(
    (
        *(
            "proposed",
            "planned",
            "razed",
            "dismantled",
            "demolished",
            "platform",
            "station",
            "halt",
        ),
        *("tram", "subway", "light_rail", "monorail", "funicular", "miniature", "preserved"),
    )
)
"""What a file of railways may hold that no freight train runs on."""


def read_own_layer(
    name: str, provided: Provided, countries: gpd.GeoDataFrame, *, crs: str, settings: Settings
) -> OwnLayer:
    """Read a user's file or frame as a canonical layer of infrastructure.

    Parameters
    ----------
    name
        Name of the layer, one of `layer_names`.
    provided
        A frame, or the path of a file that geo_ree reads.
    countries
        The canonical layer ``countries``, of the world.
    crs
        Reference system of coordinates that state none; blank for none.
    settings
        Limits the size of a file.

    Returns
    -------
    OwnLayer
        The source covers the countries that the features touch. A layer of gateways covers none: it
        is a choice, and counts from every site.

    Raises
    ------
    SchemaError, SettingsError
        With the file, the row and a hint.
    """
    check_layer_name(name)
    where, raw, file = load_provided(provided, OWN + name, name, settings)
    if isinstance(raw, gpd.GeoDataFrame):
        stated = "" if raw.crs is not None else crs
        raw, crs = with_system(raw, stated, where=where), ""
    table, noted = _canonical(name, raw, where)
    source = own_source(OWN + name, name, where, crs=crs)
    part = normalize_provided(table, source, countries, where)
    touched = sorted(set(part.frame["country"].dropna().astype(str)))
    if not touched:
        raise SchemaError(
            f"{where}: no feature of {name} lies in a country",
            "check its reference system, and whether latitude and longitude are interchanged",
        )
    covered = ("none",) if name == GATEWAYS else tuple(touched)
    return OwnLayer(
        part=replace(part, noted={**part.noted, **noted}),
        source=source.model_copy(update={"coverage": covered}),
        file=file,
        columns=pd.DataFrame(),
    )


def layer_names() -> tuple[str, ...]:
    """Names of the layers that a user may provide."""
    return tuple(_KINDS)


def check_layer_name(name: str) -> None:
    """Raise SettingsError for a layer that nobody can provide, with the nearest names."""
    if name not in _KINDS:
        raise SettingsError(
            f"no layer of infrastructure is called {name!r}",
            suggest_words(name, layer_names()) or f"use one of {', '.join(layer_names())}",
        )


def _canonical(layer: str, raw: pd.DataFrame, where: str) -> tuple[pd.DataFrame, dict[str, int]]:
    """The columns of the layer, and remarks on rows: kinds mapped, sizes as numbers in their unit."""
    labels = [str(c) for c in raw.columns if c != "geometry"]
    used: dict[str, str] = {}
    name = find_label(labels, _NAMES)
    if name is not None:
        used["name"] = name
    if not isinstance(raw, gpd.GeoDataFrame):
        found = find_coordinate_columns(labels)
        if found is None:
            raise SchemaError(
                f"{where} has no geometry and no columns with coordinates that are recognised",
                "name them latitude and longitude",
            )
        used |= {f"coordinate {i}": label for i, label in enumerate(found.labels())}
    table = select_columns(raw, used)
    columns = LAYERS[layer].column_names()
    for column, words in _SIZES.items():
        size = find_label(labels, words)
        if column in columns and size is not None:
            table[column] = _sizes(raw[size], column)
    label, mapping = _kind_column(layer, raw, labels)
    remarks: dict[str, int] = {}
    if label is None:
        table["kind"] = _default_kinds(layer, table)
    else:
        kinds = raw[label].astype(object).map(lambda w: "" if pd.isna(w) else str(w).strip())
        closed = kinds.isin(_NOT_OPEN).to_numpy()
        if layer == "railways" and closed.any():
            remarks["no open railway, left out"] = int(closed.sum())
            table, kinds = table[~closed], kinds[~closed]
        table["kind"] = kinds.map(lambda w: mapping.get(w, "unknown"))
    if table.empty:
        raise SchemaError(f"{where} has no open railway", "check the column of kinds")
    if layer == GATEWAYS:
        blank = [f"gateway {row}" for row in table.index]
        names = table.get("name", pd.Series(None, table.index, dtype=object))
        table["name"] = names.where(names.notna(), pd.Series(blank, table.index))
    return table, remarks


def _kind_column(
    layer: str, raw: pd.DataFrame, labels: Collection[str]
) -> tuple[str | None, Mapping[str, str]]:
    """The first column that holds a word for a kind, and what its words mean."""
    vocabulary = next(c.vocabulary for c in LAYERS[layer].columns if c.name == "kind")
    mapping = {word: word for word in vocabulary}
    for table in load_catalog()[_TAGGED].parts():
        if table.layer == layer:
            mapping = {**table.values.get("kind", {}), **mapping}
    if layer == "settlements":
        mapping = {"city": "town", **mapping}
    for candidate in _KINDS[layer]:
        label = find_label(labels, (candidate,))
        if label is not None and raw[label].astype(str).str.strip().isin(mapping).any():
            return label, mapping
    return None, mapping


def _default_kinds(layer: str, table: pd.DataFrame) -> pd.Series:
    if layer == "water" and isinstance(table, gpd.GeoDataFrame):
        areas = table.geometry.geom_type.isin(("Polygon", "MultiPolygon"))
        return areas.map({True: "lake", False: "river"})
    return pd.Series(_DEFAULTS.get(layer, "unknown"), table.index)


def _sizes(cells: pd.Series, column: str) -> pd.Series:
    """Numbers of a column; of several voltages (``220000;110000``) the highest, in kilovolts."""
    volts = column == "voltage_kv"

    def read(value: object) -> float:
        found = re.findall(r"\d+(?:\.\d+)?", "" if pd.isna(value) else str(value))  # type: ignore[call-overload]
        if not found:
            return float("nan")
        if not volts:
            return float(found[0])
        highest = max(map(float, found))
        return highest / 1000.0 if highest > _MOST_KV else highest

    return cells.map(read)


_MOST_KV = 1500.0
"""No line has a higher voltage (kV): a larger figure is in volts."""
