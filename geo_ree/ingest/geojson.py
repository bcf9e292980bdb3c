"""Pages of features in GeoJSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from geo_ree.crs import STORE_CRS
from geo_ree.ingest.feature_page import AlienError, Page, PageError
from geo_ree.ingest.json_answers import parse_object, printed, told_keys


def scan_geojson(raw: bytes) -> Page:
    """Count and fingerprint the features of a collection in GeoJSON.

    Parameters
    ----------
    raw
        The bytes of an answer.

    Returns
    -------
    Page

    Raises
    ------
    ServiceError
        When the answer is the service's error.
    PageError
        When it is cut short, or is no collection of features.

    Examples
    --------
    >>> page = scan_geojson(b'{"type": "FeatureCollection", "features": [], "numberMatched": 7}')
    >>> len(page.keys), page.stated
    (0, 7)
    """
    document = parse_object(raw)
    features = _features(document)
    keys = [
        hashlib.blake2b(json.dumps(f, sort_keys=True).encode(), digest_size=16).digest()
        for f in features
    ]
    told = document.get("numberMatched", document.get("totalFeatures"))
    stated = told if isinstance(told, int) and not isinstance(told, bool) else None
    identified = all(f.get("id") is not None for f in features)
    return Page(raw=raw, suffix="geojson", keys=tuple(keys), identified=identified, stated=stated)


def _features(document: dict[str, Any]) -> list[dict[str, Any]]:
    if document.get("type") == "Feature":
        return [document]
    features = document.get("features")
    if not isinstance(features, list):
        raise AlienError(f"no features came, but a JSON object with {told_keys(document)}")
    odd = [number for number, f in enumerate(features, 1) if not isinstance(f, dict)]
    if odd:
        raise PageError(f"feature {odd[0]} is no object")
    return features


def read_geojson(page: Page) -> gpd.GeoDataFrame:
    """Read the features of a page that was scanned.

    Parameters
    ----------
    page
        As `scan_geojson` gave it. Its coordinates are longitude first: the format has no other
        order.

    Returns
    -------
    geopandas.GeoDataFrame
        Properties as the texts that were printed, blank for null; the feature's own id as
        ``id`` unless a property is called so. One row for each feature, in the order of the
        page. The reference system is what the page states, else WGS 84.

    Raises
    ------
    PageError
        When a geometry is broken, or the stated reference system is not known.

    Examples
    --------
    >>> text = b'{"type": "Feature", "id": 7, "properties": {"grade": 1.50}, "geometry": null}'
    >>> read_geojson(scan_geojson(text)).drop(columns="geometry").to_dict("records")
    [{'id': '7', 'grade': '1.50'}]
    """
    document = parse_object(page.raw)
    as_texts = parse_object(page.raw, numbers_as_texts=True)
    rows = [_row(feature) for feature in _features(as_texts)]
    if all(row.get("id") is None for row in rows):
        for row in rows:
            row.pop("id", None)
    columns = dict.fromkeys(name for row in rows for name in row)
    frame = pd.DataFrame([{n: r.get(n, "") for n in columns} for r in rows], columns=list(columns))
    shapes = [
        shape_of(f.get("geometry"), f"feature {n}") for n, f in enumerate(_features(document), 1)
    ]
    return gpd.GeoDataFrame(
        frame.astype(object), geometry=gpd.GeoSeries(shapes, crs=crs_of(document), dtype="geometry")
    )


def _row(feature: dict[str, Any]) -> dict[str, Any]:
    properties = feature.get("properties")
    given = {"id": feature.get("id"), **(properties if isinstance(properties, dict) else {})}
    texts = {name: printed(value) for name, value in given.items() if name != "geometry"}
    return {name: text if name == "id" else text or "" for name, text in texts.items()}


def shape_of(geometry: Mapping[str, Any] | None, what: str) -> Any:
    """Build a geometry of GeoJSON.

    Parameters
    ----------
    geometry
        What a feature has there; None or an empty object for nothing.
    what
        Name of the feature, for the error.

    Returns
    -------
    shapely.Geometry or None

    Raises
    ------
    PageError
        When it is broken.

    Examples
    --------
    >>> shape_of({"type": "Point", "coordinates": [60, 45]}, "row 1").wkt
    'POINT (60 45)'
    """
    if not geometry:
        return None
    try:
        return shapely.geometry.shape(geometry)
    except (ShapelyError, AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise PageError(f"{what} has a broken geometry") from error


def crs_of(document: Mapping[str, Any]) -> CRS:
    """Give the reference system that a collection states, WGS 84 where it states none.

    Raises
    ------
    PageError
        When nothing is known of it.

    Examples
    --------
    >>> crs_of({"crs": {"type": "name", "properties": {"name": "EPSG:32642"}}}).to_epsg()
    32642
    """
    stated = document.get("crs")
    if not isinstance(stated, dict):
        return CRS.from_user_input(STORE_CRS)
    properties = stated.get("properties")
    name = str(properties.get("name", "") if isinstance(properties, dict) else "")
    if name.upper().endswith("CRS84"):
        return CRS.from_user_input(STORE_CRS)
    try:
        return CRS.from_user_input(name)
    except CRSError as error:
        raise PageError(f"no reference system is called {name!r}") from error
