"""Infrastructure that is planned or looked at: features read from GeoJSON, every mistake told."""

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
from geo_ree.errors import SchemaError
from geo_ree.schema import LAYERS
from geo_ree.settings import REGION

STATUSES = ("open", "under_construction", "planned", "proposed", "suspended", "abandoned")
"""States of a project, from the surest to the least sure."""

KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "railways": ("rail", "narrow_gauge", "unknown"),
        "roads": ("motorway", "trunk", "primary", "secondary", "tertiary", "main", "unknown"),
        "power_lines": ("line", "minor_line", "substation", "unknown"),
        "power_plants": ("operating",),
        "gateways": ("sea_port", "rail_border", "road_border", "dry_port"),
    }
)
"""Layers that a scenario can change, and the kinds that a feature can be of once it is open."""

_LINES = ("LineString", "MultiLineString")
_TEXTS = ("name", "line", "kind", "status", "source", "source_url", "country", "neighbour", "fuel")
_NUMBERS = ("lateral_error_km", "length_km", "voltage_kv", "capacity_mw", "position_error_m")
_FLAGS = ("approximate", "gauge_break")
_YEARS = (1800, 2200)
_SHOWN = 5

COLUMNS = ("feature", *_TEXTS, *_NUMBERS, *_FLAGS, "opening_year", "geometry")
"""Columns that `read_features` gives."""

_HINT = (
    "correct the file: a FeatureCollection (RFC 7946) in degrees, longitude first, each feature "
    "with name, kind, status, opening_year, source and, for a line, lateral_error_km"
)


@dataclass(frozen=True)
class _Feature:
    """One feature as it came: its number from 1, its properties and its geometry."""

    number: int
    told: Mapping[str, Any]
    shape: Any

    @property
    def place(self) -> str:
        name = self.told.get("name")
        return f"feature {self.number}" + (f" ({name})" if isinstance(name, str) and name else "")


def read_features(given: Path | str | gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """Read features that may be added to a layer, and refuse what could mislead.

    Parameters
    ----------
    given
        A GeoJSON file (RFC 7946: WGS 84, longitude first), or a frame with the same properties
        as columns. Properties: ``name``, ``kind`` (one of `KINDS`), ``status`` (one of
        `STATUSES`), ``opening_year`` (null for unknown), ``source``, and for lines
        ``lateral_error_km``: how far the true course may lie to a side. Where they are told:
        ``line`` (the line that the feature is a leg of; else the name), ``source_url``,
        ``length_km``, ``approximate``, ``country``, ``neighbour``, ``gauge_break``, ``fuel``,
        ``capacity_mw``, ``voltage_kv`` and ``position_error_m``.
    layer
        One of the layers in `KINDS`.

    Returns
    -------
    geopandas.GeoDataFrame
        A row per feature with `COLUMNS`, unknown as None or NaN.

    Raises
    ------
    SchemaError
        Once, with the file, the number of each feature that is wrong, what was found and what
        was expected.

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
    features = _of_frame(given) if isinstance(given, gpd.GeoDataFrame) else _of_file(Path(given))
    if not features:
        raise SchemaError(f"{where} holds no feature, expected at least one", _HINT)
    complaints = [c for feature in features for c in _complaints(feature, layer)]
    if complaints:
        more = f" (and {len(complaints) - _SHOWN} more)" if len(complaints) > _SHOWN else ""
        raise SchemaError(f"{where}: {'; '.join(complaints[:_SHOWN])}{more}", _HINT)
    return _frame(features)


def _of_frame(frame: gpd.GeoDataFrame) -> list[_Feature]:
    stored = to_store(frame, what="the frame of features")
    shapes = stored.geometry.to_numpy()
    rows = pd.DataFrame(stored.drop(columns=stored.geometry.name)).to_dict("records")
    return [
        _Feature(n, {str(k): _plain(v) for k, v in row.items()}, shape)
        for n, (row, shape) in enumerate(zip(rows, shapes, strict=True), start=1)
    ]


def _plain(value: Any) -> Any:
    """A cell as JSON has it: unknown is None, numpy's numbers are Python's."""
    if not isinstance(value, list | dict | np.ndarray) and pd.isna(value):
        return None
    plain = value.item() if isinstance(value, np.generic) else value
    # a column of whole numbers with a gap is one of floats
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain


def _of_file(path: Path) -> list[_Feature]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SchemaError(f"{path} cannot be read: {error.strerror}", "check the path") from error
    except ValueError as error:
        line = " ".join(str(error).split())
        raise SchemaError(f"{path} is no JSON in UTF-8: {line}", _HINT) from error
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        found = document.get("type") if isinstance(document, dict) else type(document).__name__
        raise SchemaError(f"{path} is {found!r}, expected 'FeatureCollection'", _HINT)
    _refuse_other_crs(document.get("crs"), path)
    features = document.get("features")
    if not isinstance(features, list):
        raise SchemaError(f"{path}: features is {features!r}, expected a list", _HINT)
    return [_feature(n, f) for n, f in enumerate(features, start=1)]


def _refuse_other_crs(crs: Any, path: Path) -> None:
    """RFC 7946 knows WGS 84 alone; the member of the older format is let through if it says so."""
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
        return _Feature(number, {}, f"no feature but {found!r}")
    properties = found.get("properties")
    geometry = found.get("geometry")
    told = properties if isinstance(properties, dict) else {}
    if geometry is None:
        return _Feature(number, told, None)
    try:
        with np.errstate(invalid="ignore"):  # what is no number is told of with its feature
            return _Feature(number, told, shapely.geometry.shape(geometry))
    except (ShapelyError, AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        return _Feature(number, told, " ".join(str(error).split()) or "a broken geometry")


def _complaints(feature: _Feature, layer: str) -> Iterator[str]:
    for complaint in (*_of_shape(feature.shape, layer), *_of_properties(feature, layer)):
        yield f"{feature.place}: {complaint}"


def _of_shape(shape: Any, layer: str) -> Iterator[str]:
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
        yield "a line has no length, expected two places at least"
    else:
        yield from _of_places(xy)


def _of_places(xy: np.ndarray) -> Iterator[str]:
    west, south, east, north = REGION
    outside = _outside(xy)
    if not outside.any():
        return
    lon, lat = xy[np.flatnonzero(outside)[0]]
    swapped = not _outside(xy[:, ::-1]).any()
    hint = "; with latitude and longitude interchanged it is: give longitude first" * swapped
    yield (
        f"longitude {lon:g}, latitude {lat:g} is not in the region ({west:g} to {east:g} E, "
        f"{south:g} to {north:g} N){hint}"
    )


def _outside(xy: np.ndarray) -> np.ndarray:
    west, south, east, north = REGION
    x, y = xy[:, 0], xy[:, 1]
    return np.asarray((x < west) | (x > east) | (y < south) | (y > north))


def _of_properties(feature: _Feature, layer: str) -> Iterator[str]:
    told = feature.told
    for name in ("name", "source"):
        if not isinstance(told.get(name), str) or not told[name].strip():
            yield f"{name} is {told.get(name)!r}, expected a text"
    for name, words in (("kind", KINDS[layer]), ("status", STATUSES)):
        if told.get(name) not in words:
            yield f"{name} is {told.get(name)!r}, expected one of {', '.join(words)}"
    year = told.get("opening_year")
    known = isinstance(year, int) and not isinstance(year, bool)
    if year is not None and not (known and _YEARS[0] <= year <= _YEARS[1]):
        yield f"opening_year is {year!r}, expected a year, or null where none is published"
    for name in _NUMBERS:
        value = told.get(name)
        if value is not None and not _is_amount(value):
            yield f"{name} is {value!r}, expected a number, 0 or more"
    line = getattr(feature.shape, "geom_type", "") in _LINES
    if line and told.get("lateral_error_km") is None:
        yield (
            "lateral_error_km is missing, expected kilometres (0 for a surveyed course): how far "
            "the true course may lie to a side has no default"
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
    told = feature.told
    row: dict[str, Any] = {"feature": feature.number}
    row |= {n: told[n].strip() if isinstance(told.get(n), str) else None for n in _TEXTS}
    row |= {n: told.get(n) for n in _NUMBERS}
    row["line"] = row["line"] or row["name"]
    unsure = (told.get("lateral_error_km") or 0) > 0
    row["approximate"] = bool(told.get("approximate", unsure)) or unsure
    row["gauge_break"] = bool(told.get("gauge_break", False))
    row["opening_year"] = told.get("opening_year")
    return row
