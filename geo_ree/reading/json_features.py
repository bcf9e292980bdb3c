"""Features in GeoJSON or Esri JSON, read without GDAL.

GDAL would print 1.50 as 1.5 and round ids beyond 2^53, and a text in the document (the name of a
reference system, a tag) could send it to the network or to another file. Here ``json`` keeps the
texts, shapely builds the geometries, and pyproj is given an authority and a code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS
from geo_ree.errors import SchemaError
from geo_ree.reading.documents import (
    DocumentError,
    ServiceError,
    count_of,
    list_keys,
    parse_object,
    paused_gc,
    value_text,
)
from geo_ree.reading.esri_fields import Rule, field_rules
from geo_ree.reading.gml import FeatureKeys, fingerprint
from geo_ree.reading.vectors import ensure_crs

_BROKEN = (
    ShapelyError,
    ArithmeticError,
    AttributeError,
    IndexError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)
_CRS_NAME = re.compile(r"(EPSG|ESRI|OGC)[:/]+(?:[\d.]+[:/]+)?(\w+)$", re.IGNORECASE)


def features_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the features of a parsed document; a single feature is a list of one.

    Raises `DocumentError` if it has none.
    """
    if document.get("type") == "Feature":
        return [dict(document)]
    features = document.get("features")
    if not isinstance(features, list):
        if isinstance(document.get("remark"), str):  # how Overpass reports an error
            raise ServiceError(f"the service says: {' '.join(document['remark'].split())[:300]}")
        raise DocumentError(
            f"neither GeoJSON nor Esri JSON: it has no features (it has: {list_keys(document)})",
        )
    for number, feature in enumerate(features, 1):
        if not isinstance(feature, dict):
            raise DocumentError(f"feature {number} is not an object")
    return features


def scan_json(raw: bytes) -> FeatureKeys:
    """Count and fingerprint the features of a GeoJSON collection.

    Raises `ServiceError` if the document is an error report, and `DocumentError` if it is cut
    short or is no collection of features.
    """
    document = parse_object(raw)
    features = features_of(document)
    stated = document.get("numberMatched", document.get("totalFeatures"))
    return FeatureKeys(
        keys=tuple(map(_key, features)),
        identified=all(f.get("id") is not None for f in features),
        total=count_of(stated),
    )


def _key(feature: Mapping[str, Any]) -> bytes:
    try:
        return fingerprint(json.dumps(feature, sort_keys=True))
    except (ValueError, RecursionError) as error:
        raise DocumentError("a feature is nested too deeply") from error


def read_json_features(
    raw: bytes,
    source: Source,
    *,
    where: str,
    hint: str,
    rules: Mapping[str, Rule] = MappingProxyType({}),
) -> pd.DataFrame:
    """Read the features of a document in GeoJSON or Esri JSON.

    Returns one row for each feature, in order: values as the texts that were printed, None for
    null, dates and codes by `rules` and by what Esri JSON says of its fields; the feature's own id
    as ``id`` unless a property has that name. The result is a GeoDataFrame if any feature has a
    geometry. Its reference system is the one that the document states, else ``reader.crs``, else
    (GeoJSON only) WGS 84; GeoJSON is always longitude first.

    Raises `SchemaError` if the document is something else, or has a geometry or reference system
    that cannot be read.
    """
    try:
        with paused_gc():
            printed = parse_object(raw, numbers_as_texts=True)
            known = {**rules, **field_rules(printed)}
            rows = [_values(f, known) for f in features_of(printed)]
            del printed
            document = parse_object(raw)  # only now: two parsed copies may not fit into memory
            features = features_of(document)
            dimensions = 3 if document.get("hasZ") is True else 2
            shapes = [_shape(f.get("geometry"), dimensions, n) for n, f in enumerate(features, 1)]
        table = pd.DataFrame(rows, dtype=object)
        if all(shape is None for shape in shapes):
            return table
        crs = _crs(document, features, source)
    except DocumentError as error:
        raise SchemaError(f"{source.id}: {where}: {error.reason}", error.hint or hint) from error
    except RecursionError as error:
        raise SchemaError(f"{source.id}: {where}: its values are nested too deep", hint) from error
    table = table.rename(columns={"geometry": "attribute.geometry"})
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=crs, index=table.index))
    return ensure_crs(frame, source, where=where, hint=hint)


def _values(feature: Mapping[str, Any], rules: Mapping[str, Rule]) -> dict[str, str | None]:
    given = feature.get("attributes", feature.get("properties"))
    values = {str(n): value_text(v) for n, v in given.items()} if isinstance(given, dict) else {}
    if rules:
        for name, text in values.items():
            rule = rules.get(name.casefold())
            if rule is not None and text is not None:
                values[name] = rule(text)
    return {"id": value_text(feature["id"]), **values} if feature.get("id") is not None else values


def _shape(geometry: object, dimensions: int, number: int) -> shapely.Geometry | None:
    if not isinstance(geometry, dict) or not geometry:
        return None
    try:
        is_esri = "type" not in geometry
        shape = _esri_shape(geometry, dimensions) if is_esri else shapely.geometry.shape(geometry)
    except _BROKEN as error:
        raise DocumentError(f"feature {number} has a broken geometry") from error
    return None if shape is None or shape.is_empty else shape


def _esri_shape(geometry: Mapping[str, Any], dimensions: int) -> shapely.Geometry | None:
    if "x" in geometry:
        x, y = geometry["x"], geometry["y"]
        missing = x is None or str(x).lower() == "nan"  # how Esri writes a point without a place
        return None if missing else shapely.Point(float(x), float(y))
    if "points" in geometry:
        return shapely.MultiPoint([p[:dimensions] for p in geometry["points"]])
    if "paths" in geometry:
        lines = [shapely.LineString([p[:dimensions] for p in path]) for path in geometry["paths"]]
        return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)
    return _polygon([[p[:dimensions] for p in ring] for ring in geometry["rings"]])


def _polygon(rings: list[list[list[float]]]) -> shapely.Polygon | shapely.MultiPolygon:
    """Assemble Esri's rings by even-odd nesting, since their orientation is often wrong.

    A ring within an odd number of larger rings is a hole of the smallest of them.
    """
    by_size = sorted((shapely.Polygon(r) for r in rings), key=lambda p: p.area, reverse=True)
    areas = np.array(by_size)
    inner, outer = shapely.STRtree(areas).query(shapely.point_on_surface(areas), "within")
    holes: dict[int, list[shapely.LinearRing]] = {}
    for i, area in enumerate(areas):
        around = [int(j) for j in outer[inner == i] if j < i]
        shells = [j for j in around if j in holes]
        if len(around) % 2 and shells:
            holes[max(shells)].append(area.exterior)
        else:
            holes[i] = []
    parts = [shapely.Polygon(areas[i].exterior, inside) for i, inside in holes.items()]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _crs(document: Mapping[str, Any], features: list[dict[str, Any]], source: Source) -> CRS | None:
    """Return the stated reference system; None if it is left to ``reader.crs``."""
    if any("attributes" in feature for feature in features):
        of_features = (f["geometry"].get("spatialReference") for f in features if f.get("geometry"))
        stated = document.get("spatialReference") or next(of_features, None)
        return _esri_crs(stated) if isinstance(stated, dict) and stated else None
    stated = document.get("crs")
    if not isinstance(stated, dict):
        return None if source.reader.crs else CRS.from_user_input(STORE_CRS)
    properties = stated.get("properties")
    name = str(properties.get("name", "") if isinstance(properties, dict) else "")
    found = _CRS_NAME.search(name)
    if found and found[2].upper().startswith("CRS84"):
        return CRS.from_user_input(STORE_CRS)
    try:
        return CRS.from_authority(*found.groups()) if found else _unknown_crs(name or stated)
    except CRSError:
        return _unknown_crs(name)


def _esri_crs(stated: Mapping[str, Any]) -> CRS:
    for code in (stated.get("latestWkid"), stated.get("wkid")):
        for authority in ("EPSG", "ESRI") if isinstance(code, int) else ():
            try:
                return CRS.from_authority(authority, str(code))
            except CRSError:
                continue
    try:
        return CRS.from_wkt(str(stated.get("wkt")))
    except CRSError:
        return _unknown_crs(dict(stated))


def _unknown_crs(name: object) -> CRS:
    raise DocumentError(f"no reference system is called {str(name)[:100]!r}")
