"""Pages of features in GeoJSON."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from geo_ree.catalog.source import Source
from geo_ree.crs import STORE_CRS, to_store
from geo_ree.errors import SchemaError
from geo_ree.fetching.answers import parse_object, printed, read_pages, told_keys
from geo_ree.fetching.protocol import Box
from geo_ree.reading.features import AlienError, Page, PageError, read_gml, scan_gml, told_start
from geo_ree.reading.formats import open_file
from geo_ree.reading.tables import cure_of, finished
from geo_ree.reading.vectors import known_place

logger = logging.getLogger(__name__)


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


REQUEST = "request.json"
"""Member of the payload that tells for which box it was asked."""

_BLANK = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, kw_only=True)
class Collection:
    """A payload, read: its table, and what was kept beside the pages, by name."""

    table: pd.DataFrame
    about: Mapping[str, bytes]


def scan_page(raw: bytes) -> Page:
    """Count the features of an answer in GML or GeoJSON, told by its first byte.

    Raises
    ------
    ServiceError
        When it is the service's own error, whatever the HTTP status was.
    PageError
        When it is damaged or something else.

    Examples
    --------
    >>> scan_page(b"upstream timed out")
    Traceback (most recent call last):
    geo_ree.reading.features.AlienError: neither GML nor GeoJSON came (it begins with \
'upstream timed out')
    """
    start = raw[:512].lstrip(_BLANK)[:1]
    if start == b"<":
        return scan_gml(raw)
    if start in (b"{", b"["):
        return scan_geojson(raw)
    raise AlienError(f"neither GML nor GeoJSON came (it begins with {told_start(raw)})")


def told_box(box: Box | None) -> bytes:
    """Write down for which part of the world a service was asked.

    Examples
    --------
    >>> told_box((60, 40, 80, 50))
    b'{"box": [60, 40, 80, 50]}'
    """
    return json.dumps({"box": box}).encode()


def read_collection(path: Path, source: Source) -> Collection:
    """Read the features of a payload.

    Parameters
    ----------
    path
        The pages as they were fetched, or a file that somebody was handed, in whatever format.
    source
        Its catalogue entry; ``reader.axis`` tells the order of the coordinates in GML.

    Returns
    -------
    Collection
        The table is as `geo_ree.fetching.read` describes it. A feature that lies in several
        tiles is in it once.

    Raises
    ------
    SchemaError
        When a page is damaged or something else, has no reference system, or lies elsewhere
        than was asked for; and when a column is missing or there is no feature.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog.load import load_catalog
    >>> path = Path(tempfile.mkdtemp()) / "handed.geojson"
    >>> _ = path.write_text('{"type": "Feature", "properties": {"name": "Made-up Ridge"}, '
    ...                     '"geometry": {"type": "Point", "coordinates": [60, 45]}}')
    >>> entry = load_catalog()["natural_earth_railroads"].model_copy(update={"columns": {}})
    >>> read_collection(path, entry).table["name"].tolist()
    ['Made-up Ridge']
    """
    hint = cure_of(source)
    found = read_pages(path, source, starts="<{")
    if not found.pages:
        return Collection(table=open_file(path, source), about={})
    frames: list[gpd.GeoDataFrame] = []
    seen: set[bytes] = set()
    for where, raw in found.pages:
        try:
            page = scan_page(raw)
            if page.keys:
                fresh = [not found.tiled or key not in seen for key in page.keys]
                seen.update(page.keys)
                frames.append(_frame(page, source, where, hint)[fresh])
        except PageError as error:
            if isinstance(error, AlienError) and found.provided:
                return Collection(table=open_file(path, source), about={})
            told = f"{source.id}: {where}: {error.reason}"
            raise SchemaError(told, error.hint or hint) from error
    table = finished(_joined(frames), source, where=path.name, hint=hint)
    asked = _box_of(found.about.get(REQUEST, b"{}"))
    if asked is not None:
        check_place(table, asked, source, told="that was asked for")
    return Collection(table=table, about=found.about)


def _frame(page: Page, source: Source, where: str, hint: str) -> gpd.GeoDataFrame:
    if page.suffix == "geojson":
        return read_geojson(page)
    if not source.reader.axis:
        raise PageError(
            "GML does not say which coordinate comes first",
            "set reader.axis in the catalogue entry: lonlat or latlon, as this server writes it",
        )
    frame = read_gml(page, axis=source.reader.axis, label=f"{source.id}: {where}", hint=hint)
    if frame.geometry.isna().all():
        return frame
    known = known_place(frame, source, where=where, hint=hint)
    return cast("gpd.GeoDataFrame", known)


def _joined(frames: Iterable[gpd.GeoDataFrame]) -> pd.DataFrame:
    """Put the pages one below the other: blank where a page lacks a column."""
    kept = list(frames)
    if not kept:
        return pd.DataFrame()
    crs = next((f.crs for f in kept if f.crs is not None), None)
    columns = dict.fromkeys(c for f in kept for c in f.columns if c != "geometry")
    rows: dict[str, list[Any]] = {
        c: [v for f in kept for v in (f[c] if c in f else [""] * len(f))] for c in columns
    }
    places = [g for f in kept for g in (f.geometry if f.crs is None else f.to_crs(crs).geometry)]
    index = pd.RangeIndex(1, len(places) + 1, name="row")
    table = pd.DataFrame(rows, index=index, dtype=object)
    if all(place is None for place in places):
        return table
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(places, index=index, crs=crs))


def _box_of(raw: bytes) -> Box | None:
    try:
        west, south, east, north = map(float, json.loads(raw)["box"])
    except (ValueError, TypeError, KeyError):
        return None
    return west, south, east, north


def check_place(table: pd.DataFrame, box: Box, source: Source, *, told: str) -> None:
    """Check that features lie in the box that the service declares, or that was asked for.

    A few features beside it are only warned of: unknown places are often at (0, 0), and the
    declared box may be older than the data.

    Parameters
    ----------
    table
        The features.
    box
        West, south, east and north, degrees.
    source
        Its catalogue entry.
    told
        Whose box it is, for the error.

    Raises
    ------
    SchemaError
        When more of them lie in the box with latitude and longitude interchanged than as they
        were read, and when most of them lie outside it.

    Examples
    --------
    >>> import shapely
    >>> from geo_ree.catalog.load import load_catalog
    >>> frame = gpd.GeoDataFrame(geometry=[shapely.Point(42.6, 76.1)], crs=4326)
    >>> entry = load_catalog()["usgs_ree"]
    >>> check_place(frame, (60, 40, 80, 50), entry, told="that the service declares")
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: usgs_ree: 1 of 1 features lie outside the box 60 to 80 E, 40 to \
50 N that the service declares, but with latitude and longitude interchanged 1 lie in it; \
reader.axis in the catalogue entry is probably wrong: it tells whether this server writes lonlat \
or latlon
    """
    if not isinstance(table, gpd.GeoDataFrame):
        return
    bounds = to_store(table, what=source.id).geometry.bounds.dropna().to_numpy()
    outside = ~_meets(bounds, box)
    if not outside.any():
        return
    west, south, east, north = box
    what = (
        f"{source.id}: {outside.sum()} of {len(bounds)} features lie outside the box "
        f"{west:g} to {east:g} E, {south:g} to {north:g} N {told}"
    )
    turned = int(_meets(bounds[:, [1, 0, 3, 2]], box).sum())
    if turned > len(bounds) - outside.sum():
        raise SchemaError(
            f"{what}, but with latitude and longitude interchanged {turned} lie in it",
            "reader.axis in the catalogue entry is probably wrong: it tells whether this server "
            "writes lonlat or latlon",
        )
    if outside.mean() > 0.5:
        raise SchemaError(what, "check reader.axis, reader.crs and the service")
    logger.warning("%s", what)


def _meets(bounds: NDArray[np.float64], box: Box) -> NDArray[np.bool_]:
    """Tell which bounds touch a box, with a margin for rounded corners."""
    west, south, east, north = box
    side, height = max(0.05 * (east - west), 0.1), max(0.05 * (north - south), 0.1)
    return np.asarray(
        (bounds[:, 0] <= east + side)
        & (bounds[:, 2] >= west - side)
        & (bounds[:, 1] <= north + height)
        & (bounds[:, 3] >= south - height)
    )
