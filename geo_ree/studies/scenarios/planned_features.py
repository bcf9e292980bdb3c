"""Planned infrastructure: features read from GeoJSON, with every mistake reported at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.errors import ShapelyError

from geo_ree.crs import STORE_CRS, to_store
from geo_ree.errors import SchemaError, SettingsError
from geo_ree.schema import LAYERS
from geo_ree.settings import REGION
from geo_ree.storage import starter_path

STATUSES = ("open", "under_construction", "planned", "proposed", "suspended", "abandoned")
"""Statuses of a project, from the most to the least certain."""

KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "railways": ("rail", "narrow_gauge", "unknown"),
        "roads": ("motorway", "trunk", "primary", "secondary", "tertiary", "main", "unknown"),
        "power_lines": ("line", "minor_line", "substation", "unknown"),
        "power_plants": ("operating",),
        "gateways": ("sea_port", "rail_border", "road_border", "dry_port"),
    }
)
"""Layers that a scenario can change, and the kinds of their features once they are open."""

_LINES = ("LineString", "MultiLineString")
_TEXTS = ("name", "line", "kind", "status", "source", "source_url", "country", "neighbour", "fuel")
_NUMBERS = ("lateral_error_km", "length_km", "voltage_kv", "capacity_mw", "position_error_m")
_FLAGS = ("approximate", "gauge_break")
PLANNED = "planned_railways.geojson"
"""The packaged planned railways."""

_YEARS = (1800, 2200)
_MOST_SHOWN = 5

COLUMNS = ("feature", *_TEXTS, *_NUMBERS, *_FLAGS, "opening_year", "geometry")
"""Columns that `read_features` returns."""

_HINT = (
    "correct the file: a FeatureCollection (RFC 7946) in degrees, longitude first, each feature "
    "with name, kind, status, opening_year, source and, for a line, lateral_error_km"
)


@dataclass(frozen=True)
class _Feature:
    """One feature as read: its number from 1, its properties and its geometry."""

    number: int
    properties: Mapping[str, Any]
    shape: Any

    @property
    def place(self) -> str:
        name = self.properties.get("name")
        return f"feature {self.number}" + (f" ({name})" if isinstance(name, str) and name else "")


def read_features(given: Path | str | gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """Read features to add to a layer, and check them.

    Parameters
    ----------
    given
        A GeoJSON file (RFC 7946: WGS 84, longitude first), or a GeoDataFrame with the same
        properties as columns. Required: ``name``, ``kind`` (one of `KINDS`), ``status`` (one of
        `STATUSES`), ``opening_year`` (null for unknown), ``source``, and for lines
        ``lateral_error_km``: how far the true course may lie to either side. Optional: ``line`` (the
        line that the feature is a leg of; the name by default), ``source_url``, ``length_km``,
        ``approximate``, ``country``, ``neighbour``, ``gauge_break``, ``fuel``, ``capacity_mw``,
        ``voltage_kv`` and ``position_error_m``.
    layer
        One of the layers in `KINDS`.

    Returns
    -------
    geopandas.GeoDataFrame
        A row per feature with `COLUMNS`, unknown as None or NaN.

    Raises
    ------
    SchemaError
        With the file and every mistake: the number of the feature, what was found and expected.

    Examples
    --------
    >>> line = gpd.GeoDataFrame(
    ...     {"name": ["A - B"], "kind": ["rail"], "status": ["planned"], "opening_year": [2031],
    ...      "lateral_error_km": [3.0], "source": ["made up"]},
    ...     geometry=[shapely.LineString([(70, 48), (71, 48)])], crs=4326)
    >>> read_features(line, "railways")[["line", "opening_year"]].to_dict("records")
    [{'line': 'A - B', 'opening_year': 2031}]
    """
    if layer not in KINDS:
        raise SchemaError(
            f"a scenario cannot change the layer {layer!r}", f"use one of {', '.join(KINDS)}"
        )
    where = f"the features for {layer}" if isinstance(given, gpd.GeoDataFrame) else str(given)
    features = (
        _read_frame(given) if isinstance(given, gpd.GeoDataFrame) else _read_file(Path(given))
    )
    if not features:
        raise SchemaError(f"{where} has no feature, expected at least one", _HINT)
    mistakes = [c for feature in features for c in _mistakes(feature, layer)]
    if mistakes:
        more = f" (and {len(mistakes) - _MOST_SHOWN} more)" if len(mistakes) > _MOST_SHOWN else ""
        raise SchemaError(f"{where}: {'; '.join(mistakes[:_MOST_SHOWN])}{more}", _HINT)
    return _frame(features)


def planned_lines(name: str | None = None) -> gpd.GeoDataFrame:
    """Return the packaged planned railways, or the legs of one of them.

    They are approximate: straight legs between named places, each with its ``lateral_error_km``,
    its status and its year of opening where one is published.

    Parameters
    ----------
    name
        Name of a line, in any case and with any dashes; by default all.

    Returns
    -------
    geopandas.GeoDataFrame
        As `read_features` returns them.

    Raises
    ------
    SettingsError
        When there is no line of that name.

    Examples
    --------
    >>> planned_lines("Balykchy-Kara-Keche")["status"].tolist()
    ['under_construction', 'planned']
    """
    lines = read_features(starter_path(PLANNED), "railways")
    if name is None:
        return lines
    chosen = lines[lines["line"].map(_plain) == _plain(name)]
    if chosen.empty:
        known = ", ".join(dict.fromkeys(lines["line"]))
        raise SettingsError(f"no planned railway is called {name!r}", f"use one of {known}")
    return chosen


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _read_frame(frame: gpd.GeoDataFrame) -> list[_Feature]:
    stored = to_store(frame, what="the frame of features")
    shapes = stored.geometry.to_numpy()
    rows = pd.DataFrame(stored.drop(columns=stored.geometry.name)).to_dict("records")
    return [
        _Feature(n, {str(k): _json_value(v) for k, v in row.items()}, shape)
        for n, (row, shape) in enumerate(zip(rows, shapes, strict=True), start=1)
    ]


def _json_value(value: Any) -> Any:
    """A cell as JSON has it: unknown is None, numpy numbers are Python numbers."""
    if not isinstance(value, list | dict | np.ndarray) and pd.isna(value):
        return None
    plain = value.item() if isinstance(value, np.generic) else value
    # pandas stores a column of whole numbers with a gap as floats
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain


def _read_file(path: Path) -> list[_Feature]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SchemaError(f"{path} cannot be read: {error.strerror}", "check the path") from error
    except ValueError as error:
        line = " ".join(str(error).split())
        raise SchemaError(f"{path} is not JSON in UTF-8: {line}", _HINT) from error
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        found = document.get("type") if isinstance(document, dict) else type(document).__name__
        raise SchemaError(f"{path} is {found!r}, expected 'FeatureCollection'", _HINT)
    _refuse_other_crs(document.get("crs"), path)
    features = document.get("features")
    if not isinstance(features, list):
        raise SchemaError(f"{path}: features is {features!r}, expected a list", _HINT)
    return [_feature(n, f) for n, f in enumerate(features, start=1)]


def _refuse_other_crs(crs: Any, path: Path) -> None:
    """RFC 7946 has only WGS 84; the ``crs`` member of the older format is accepted if it says so."""
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name", "") if isinstance(properties, dict) else crs).upper()
    if not name.endswith(("CRS84", ":4326")):
        raise SchemaError(
            f"{path}: crs is {name!r}, expected WGS 84 (RFC 7946 has no other)",
            "write it in EPSG:4326, without the member crs",
        )


def _feature(number: int, found: Any) -> _Feature:
    if not isinstance(found, dict):
        return _Feature(number, {}, f"not a feature but {found!r}")
    properties, geometry = found.get("properties"), found.get("geometry")
    properties = properties if isinstance(properties, dict) else {}
    if geometry is None:
        return _Feature(number, properties, None)
    try:
        with np.errstate(invalid="ignore"):  # coordinates are checked with the feature
            return _Feature(number, properties, shapely.geometry.shape(geometry))
    except (ShapelyError, AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        return _Feature(number, properties, " ".join(str(error).split()) or "a broken geometry")


def _mistakes(feature: _Feature, layer: str) -> Iterator[str]:
    for mistake in (*_shape_mistakes(feature.shape, layer), *_property_mistakes(feature, layer)):
        yield f"{feature.place}: {mistake}"


def _shape_mistakes(shape: Any, layer: str) -> Iterator[str]:
    wanted = LAYERS[layer].geometries
    if isinstance(shape, str):
        yield f"the geometry is broken ({shape}), expected {' or '.join(wanted)}"
        return
    if shape is None or shape.is_empty:
        yield f"there is no geometry, expected {' or '.join(wanted)}"
        return
    xy = shapely.get_coordinates(shape)
    if not np.isfinite(xy).all():
        yield "a coordinate is not a number, expected degrees"
    elif shape.geom_type not in wanted:
        yield f"the geometry is a {shape.geom_type}, expected {' or '.join(wanted)}"
    elif shape.geom_type in _LINES and any(p.length == 0 for p in shapely.get_parts(shape)):
        yield "a line has no length, expected at least two places"
    else:
        yield from _place_mistakes(xy)


def _place_mistakes(xy: np.ndarray) -> Iterator[str]:
    west, south, east, north = REGION
    outside = _outside(xy)
    if not outside.any():
        return
    lon, lat = xy[np.flatnonzero(outside)[0]]
    swapped = not _outside(xy[:, ::-1]).any()
    hint = "; swapped they are: give longitude first" * swapped
    yield (
        f"longitude {lon:g}, latitude {lat:g} is not in the region ({west:g} to {east:g} E, "
        f"{south:g} to {north:g} N){hint}"
    )


def _outside(xy: np.ndarray) -> np.ndarray:
    west, south, east, north = REGION
    x, y = xy[:, 0], xy[:, 1]
    return np.asarray((x < west) | (x > east) | (y < south) | (y > north))


def _property_mistakes(feature: _Feature, layer: str) -> Iterator[str]:
    properties = feature.properties
    for name in ("name", "source"):
        if not isinstance(properties.get(name), str) or not properties[name].strip():
            yield f"{name} is {properties.get(name)!r}, expected text"
    for name, words in (("kind", KINDS[layer]), ("status", STATUSES)):
        if properties.get(name) not in words:
            yield f"{name} is {properties.get(name)!r}, expected one of {', '.join(words)}"
    year = properties.get("opening_year")
    known = isinstance(year, int) and not isinstance(year, bool)
    if year is not None and not (known and _YEARS[0] <= year <= _YEARS[1]):
        yield f"opening_year is {year!r}, expected a year, or null where none is published"
    for name in _NUMBERS:
        value = properties.get(name)
        if value is not None and not _is_amount(value):
            yield f"{name} is {value!r}, expected a number, 0 or more"
    line = getattr(feature.shape, "geom_type", "") in _LINES
    if line and properties.get("lateral_error_km") is None:
        yield (
            "lateral_error_km is missing, expected kilometres (0 for a surveyed course): how far "
            "the true course may lie to either side has no default"
        )


def _is_amount(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return bool(number and np.isfinite(value) and value >= 0)


def _frame(features: Sequence[_Feature]) -> gpd.GeoDataFrame:
    rows = [_row(f) for f in features]
    frame = pd.DataFrame(rows)
    for name in _NUMBERS:
        frame[name] = pd.to_numeric(frame[name]).astype("float64")
    frame["opening_year"] = frame["opening_year"].astype("Int64")
    shapes = [shapely.force_2d(f.shape) for f in features]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=STORE_CRS)[list(COLUMNS)]


def _row(feature: _Feature) -> dict[str, Any]:
    properties = feature.properties
    row: dict[str, Any] = {"feature": feature.number}
    row |= {
        n: properties[n].strip() if isinstance(properties.get(n), str) else None for n in _TEXTS
    }
    row |= {n: properties.get(n) for n in _NUMBERS}
    row["line"] = row["line"] or row["name"]
    unsure = (properties.get("lateral_error_km") or 0) > 0
    row["approximate"] = bool(properties.get("approximate", unsure)) or unsure
    row["gauge_break"] = bool(properties.get("gauge_break", False))
    row["opening_year"] = properties.get("opening_year")
    return row
