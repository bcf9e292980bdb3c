"""Features that came over many pages, as one table that lies where the service says."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo_ree.catalog.source import Source
from geo_ree.crs import to_store
from geo_ree.errors import SchemaError
from geo_ree.ingest.feature_page import AlienError, Page, PageError, told_start
from geo_ree.ingest.formats import open_file
from geo_ree.ingest.geojson import read_geojson, scan_geojson
from geo_ree.ingest.gml import read_gml, scan_gml
from geo_ree.ingest.pages import read_pages
from geo_ree.ingest.protocol import Box
from geo_ree.ingest.tables import cure_of, finished
from geo_ree.ingest.vectors import known_place

logger = logging.getLogger(__name__)

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
    geo_ree.ingest.feature_page.AlienError: neither GML nor GeoJSON came (it begins with \
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
        The table is as `geo_ree.ingest.read` describes it. A feature that lies in several
        tiles is in it once.

    Raises
    ------
    SchemaError
        When a page is damaged or something else, has no reference system, or lies elsewhere
        than was asked for; and when a column is missing or there is no feature.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog import load_catalog
    >>> path = Path(tempfile.mkdtemp()) / "handed.geojson"
    >>> _ = path.write_text('{"type": "Feature", "properties": {"name": "Made-up Ridge"}, '
    ...                     '"geometry": {"type": "Point", "coordinates": [60, 45]}}')
    >>> entry = load_catalog()["natural_earth_railroads"].model_copy(update={"columns": {}})
    >>> read_collection(path, entry).table["name"].tolist()
    ['Made-up Ridge']
    """
    cure = cure_of(source)
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
                frames.append(_frame(page, source, where, cure)[fresh])
        except PageError as error:
            if isinstance(error, AlienError) and found.handed:
                return Collection(table=open_file(path, source), about={})
            told = f"{source.id}: {where}: {error.reason}"
            raise SchemaError(told, error.cure or cure) from error
    table = finished(_joined(frames), source, where=path.name, cure=cure)
    asked = _box_of(found.about.get(REQUEST, b"{}"))
    if asked is not None:
        check_place(table, asked, source, told="that was asked for")
    return Collection(table=table, about=found.about)


def _frame(page: Page, source: Source, where: str, cure: str) -> gpd.GeoDataFrame:
    if page.suffix == "geojson":
        return read_geojson(page)
    if not source.reader.axis:
        raise PageError(
            "GML does not say which coordinate comes first",
            "set reader.axis in the catalogue entry: lonlat or latlon, as this server writes it",
        )
    frame = read_gml(page, axis=source.reader.axis, label=f"{source.id}: {where}", cure=cure)
    if frame.geometry.isna().all():
        return frame
    known = known_place(frame, source, where=where, cure=cure)
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
    >>> from geo_ree.catalog import load_catalog
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
        (bounds[:, 0] <= east + side) & (bounds[:, 2] >= west - side)
        & (bounds[:, 1] <= north + height) & (bounds[:, 3] >= south - height)
    )  # fmt: skip
