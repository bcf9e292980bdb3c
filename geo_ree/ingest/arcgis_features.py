"""Features in GeoJSON or Esri JSON, over many pages, as one table of texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError
from pyproj.exceptions import CRSError

from geo_ree.catalog.source import Source
from geo_ree.errors import SchemaError
from geo_ree.ingest.feature_page import PageError
from geo_ree.ingest.geojson import crs_of, shape_of
from geo_ree.ingest.json_answers import parse_member, printed, told_keys
from geo_ree.ingest.tables import cure_of, finished, numbered

_ESRI_TYPES = {
    "x": "esriGeometryPoint", "points": "esriGeometryMultipoint",
    "paths": "esriGeometryPolyline", "rings": "esriGeometryPolygon",
}  # fmt: skip
_LISTS = ("coordinates", "points", "paths", "rings")
_ESRI_HEADER = ("geometryType", "spatialReference", "hasZ", "hasM")
_NUMBER = "geo_ree_number"
_BROKEN = (
    DataSourceError, DataLayerError, FeatureError, GeometryError, OSError, RuntimeError, ValueError,
)  # fmt: skip


def read_features(pages: Sequence[tuple[str, bytes]], source: Source) -> pd.DataFrame:
    """Read the features of one or many documents in GeoJSON or Esri JSON.

    Parameters
    ----------
    pages
        Name and bytes of each document, in order.
    source
        Its catalogue entry.

    Returns
    -------
    pandas.DataFrame
        Values as the texts that were printed, nothing for null, codes of domains left alone; a
        GeoDataFrame unless no feature has a geometry. The index, ``row``, counts features
        from 1.

    Raises
    ------
    SchemaError
        When a document is something else, has no usable geometry or reference system, or lies
        outside the world; and when a column is missing.

    Examples
    --------
    >>> from geo_ree.catalog import load_catalog
    >>> entry = load_catalog()["natural_earth_railroads"].model_copy(update={"columns": {}})
    >>> page = b'{"features": [{"attributes": {"Name": "Made-up"}, "geometry": {"x": 60, "y": 45}}'
    >>> page += b'], "spatialReference": {"wkid": 4326}}'
    >>> read_features([("page.json", page)], entry).to_wkt().loc[1].tolist()
    ['Made-up', 'POINT (60 45)']
    """
    where = pages[0][0].partition("/")[0]
    cure = cure_of(source)
    rows: list[dict[str, object]] = []
    geometries: list[dict[str, Any] | None] = []
    header: dict[str, Any] | None = None
    for name, body in pages:
        found = _collection(parse_member(name, body, source), name, source)
        if not found["features"]:
            continue
        texts = parse_member(name, body, source, numbers_as_texts=True)
        rows += [_attributes(feature) for feature in _collection(texts, name, source)["features"]]
        geometries += [_geometry(feature) for feature in found["features"]]
        if header is not None and _said(found) != _said(header):
            raise SchemaError(
                f"{source.id}: {name} is in another form or reference system than the page "
                "before it", cure,
            )  # fmt: skip
        header = found
    columns = list(dict.fromkeys(column for row in rows for column in row))
    frame = numbered(pd.DataFrame(rows, columns=columns, dtype=object))
    frame = finished(frame, source, where=where, cure=cure)
    if header is None or all(g is None for g in geometries):
        return frame
    places = _places(geometries, header, where, source, cure)
    places.index = frame.index
    return gpd.GeoDataFrame(
        frame.rename(columns={"geometry": "attribute.geometry"}), geometry=places
    )


def _collection(document: dict[str, Any], name: str, source: Source) -> dict[str, Any]:
    if document.get("type") == "Feature":
        document = {"type": "FeatureCollection", "features": [document]}
    features = document.get("features")
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise SchemaError(
            f"{source.id}: {name} is neither GeoJSON nor Esri JSON, it has no features "
            f"(it has: {told_keys(document)})",
            "save the result of the layer's query, with f=geojson or f=json, and give that",
        )
    return document


def _said(page: dict[str, Any]) -> tuple[bool, str]:
    """Whether a page is Esri JSON, and the reference system that it states."""
    features = page["features"]
    stated = page.get("spatialReference") or page.get("crs") or {}
    return bool(features) and "attributes" in features[0], json.dumps(stated, sort_keys=True)


def _attributes(feature: dict[str, Any]) -> dict[str, object]:
    given = feature.get("attributes", feature.get("properties")) or {}
    return {str(name): printed(value) for name, value in given.items()}


def _geometry(feature: dict[str, Any]) -> dict[str, Any] | None:
    found = feature.get("geometry")
    if not isinstance(found, dict) or not found:
        return None
    # Esri's way to write a point that is not there, and anybody's to write an empty geometry
    if "x" in found and str(found["x"]).lower() in ("nan", "none"):
        return None
    return None if any(found.get(name) == [] for name in _LISTS) else found


def _places(
    geometries: Sequence[dict[str, Any] | None], header: dict[str, Any], where: str,
    source: Source, cure: str,
) -> gpd.GeoSeries:  # fmt: skip
    is_esri, _ = _said(header)
    if is_esri:
        places = _esri_places(geometries, header, f"{source.id}: {where}", cure)
        return _referenced(places, header, where, source)
    try:
        shapes = [shape_of(g, f"row {row}") for row, g in enumerate(geometries, 1)]
        places = gpd.GeoSeries(shapes, crs=crs_of(header))
    except PageError as error:
        raise SchemaError(f"{source.id}: {where} {error.reason}", cure) from error
    return _referenced(places, header, where, source)


def _esri_places(
    geometries: Sequence[dict[str, Any] | None], header: dict[str, Any], label: str, cure: str
) -> gpd.GeoSeries:
    """Let GDAL build the geometries, each numbered, since it may well leave out or reorder."""
    unreadable = SchemaError(f"{label} has geometries that cannot be read", cure)
    try:
        frame = pyogrio.read_dataframe(json.dumps(_esri(geometries, header)).encode())
    except _BROKEN as error:
        raise unreadable from error
    if not isinstance(frame, gpd.GeoDataFrame) or len(frame) != len(geometries):
        raise unreadable
    places = frame.set_index(_NUMBER).geometry.reindex(range(len(geometries)))
    gone = places.isna().tolist()
    lost = [row for row, g in enumerate(geometries, 1) if g is not None and gone[row - 1]]
    if lost:
        raise SchemaError(f"{label} row {lost[0]} has a broken geometry", cure)
    return places


def _esri(geometries: Sequence[dict[str, Any] | None], header: dict[str, Any]) -> dict[str, Any]:
    said = {name: header[name] for name in _ESRI_HEADER if header.get(name)}
    first = next(g for g in geometries if g is not None)
    kinds = [kind for key, kind in _ESRI_TYPES.items() if key in first]
    said.setdefault("geometryType", kinds[0] if kinds else "esriGeometryPoint")
    said.setdefault("spatialReference", first.get("spatialReference"))
    fields = [{"name": _NUMBER, "type": "esriFieldTypeInteger"}]
    features = [
        {"attributes": {_NUMBER: number}, **({"geometry": geometry} if geometry else {})}
        for number, geometry in enumerate(geometries)
    ]
    return {**said, "fields": fields, "features": features}


def _referenced(
    places: gpd.GeoSeries, header: dict[str, Any], where: str, source: Source
) -> gpd.GeoSeries:  # fmt: skip
    stated = bool(header.get("crs") or header.get("spatialReference"))
    crs = source.reader.crs
    if crs and not stated:
        try:
            places = places.set_crs(crs, allow_override=True)
        except CRSError as error:
            raise SchemaError(
                f"{source.id}: no reference system is called {crs!r}",
                "correct reader.crs in the catalogue entry",
            ) from error
    if places.crs is None:
        raise SchemaError(
            f"{source.id}: {where} states no reference system",
            "give it as reader.crs in the catalogue entry",
        )
    west, south, east, north = places.total_bounds
    if places.crs.is_geographic and (west < -360 or east > 360 or south < -90 or north > 90):
        raise SchemaError(
            f"{source.id}: {where} has coordinates outside the world, as degrees "
            f"({west:g} to {east:g} east, {south:g} to {north:g} north)",
            "the service gives its own reference system: name it as reader.crs in the "
            "catalogue entry",
        )
    return places
