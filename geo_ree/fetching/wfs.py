"""Features of a WFS: page by page, or tile by tile where it gives only so many at once."""

from __future__ import annotations

import logging
import math
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.answers import (
    MAX_PAGE_BYTES,
    MAX_PAGES,
    TILE,
    list_names,
    unusable_answer,
    write_pages,
)
from geo_ree.fetching.feature_pages import (
    REQUEST,
    Page,
    PageCollector,
    check_count,
    check_location,
    describe_request,
    read_collection,
)
from geo_ree.fetching.protocol import Box, Payload, Request
from geo_ree.fetching.transport.download import Client
from geo_ree.reading.documents import DocumentError, count_of, local_name, parse_xml
from geo_ree.reading.tables import retry_hint

logger = logging.getLogger(__name__)

CAPABILITIES = "capabilities.xml"
"""Member of the payload with what the service offers."""

MAX_TILES = 2000
"""Tiles after which a service that gives too few features at once is given up."""

_NOT_COMPUTED = (-1.0, -1.0, 0.0, 0.0)  # GeoServer's box of a layer without computed bounds
_PAGE_SIZE = 1000
_PROBES = 100
_ROUND = 100
_NARROW = 1e-4
_WORLD: Box = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a WFS offers: the box in degrees of each layer, pages, sorting, and its page size.

    None stands for what it does not say.
    """

    layers: dict[str, Box | None]
    pages: bool | None
    sorts: bool
    page_size: int | None

    def find(self, wanted: str) -> str | None:
        """Return the full name of a layer; its prefix may be omitted if only one layer fits."""
        if wanted in self.layers:
            return wanted
        bare = wanted.rpartition(":")[2]
        alike = [
            name
            for name in self.layers
            if name.rpartition(":")[2] == bare and (":" not in wanted or ":" not in name)
        ]
        return alike[0] if len(alike) == 1 else None


def parse_capabilities(raw: bytes) -> Capabilities:
    """Parse the answer to GetCapabilities of any version.

    OWSLib 0.35 reads no box of 1.0.0 and no constraints of 2.0.0, and no exception reports.

    Raises `ServiceError` if it is an exception report, and `DocumentError` if it is something else.
    """
    root = parse_xml(raw)
    if local_name(root.tag) != "WFS_Capabilities":
        raise DocumentError(f"no capabilities of a WFS came, but {local_name(root.tag)!r}")
    constraints = {
        str(e.get("name")): (e.findtext("{*}DefaultValue") or "").strip()
        for e in root.iter()
        if local_name(e.tag) == "Constraint"
    }
    paging, size = constraints.get("ImplementsResultPaging"), constraints.get("CountDefault", "")
    return Capabilities(
        layers={
            (e.findtext("{*}Name") or "").strip(): _box(e)
            for e in root.iter()
            if local_name(e.tag) == "FeatureType"
        },
        pages=None if paging is None else paging.upper() == "TRUE",
        sorts=constraints.get("ImplementsSorting", "").upper() == "TRUE",
        page_size=count_of(size) or None,
    )


def _box(layer: Element) -> Box | None:
    corners = layer.find("{*}WGS84BoundingBox")
    edges = layer.find("{*}LatLongBoundingBox")
    texts: list[str] = []
    if corners is not None:
        for name in ("LowerCorner", "UpperCorner"):
            texts += (corners.findtext("{*}" + name) or "").split()[:2]
    elif edges is not None:
        texts = [edges.get(name, "") for name in ("minx", "miny", "maxx", "maxy")]
    try:
        west, south, east, north = (float(t) for t in texts)
    except ValueError:
        return None
    box = (west, south, east, north)
    sound = all(map(math.isfinite, box)) and west <= east and south <= north
    return box if sound and box != _NOT_COMPUTED else None


def ask_capabilities(client: Client, source: Source) -> tuple[bytes, Capabilities]:
    """Request what the service offers; return that with the bytes of the answer."""
    version = source.reader.version or "2.0.0"
    raw = _get(client, source, {"service": "WFS", "version": version, "request": "GetCapabilities"})
    try:
        return raw, parse_capabilities(raw)
    except DocumentError as error:
        raise unusable_answer(source, error) from error


def _get(client: Client, source: Source, params: dict[str, str]) -> bytes:
    return client.get(
        source.url, params=params, headers=source.reader.headers, most_bytes=MAX_PAGE_BYTES
    )


def format_bbox(box: Box | None, version: str) -> str:
    """Return the parameter ``bbox`` in the axis order of the version; blank for the whole world.

    1.0.0 takes the longitude first. 1.1.0 and 2.0.0 take the latitude first; with 2.0.0 only the
    long name of the reference system says so, since GeoServer takes the short one to mean
    longitude first.
    """
    if box is None:
        return ""
    west, south, east, north = (f"{edge:.9g}" for edge in box)
    if version == "1.0.0":
        return ",".join((west, south, east, north))
    crs = "EPSG:4326" if version == "1.1.0" else "urn:ogc:def:crs:EPSG::4326"
    return ",".join((south, west, north, east, crs))


class _Layer:
    """The requested layer, and the requests for its features."""

    def __init__(self, request: Request, client: Client, name: str) -> None:
        self.source = request.source
        self.box = request.box
        self.client = client
        self.name = name
        self.collector = PageCollector(self.source, client.settings.max_download_bytes)

    def params(self, box: Box | None = None, **more: str) -> dict[str, str]:
        """Return the query of a request; parameters that the entry leaves blank are left out."""
        version = self.source.reader.version
        params = {
            "service": "WFS",
            "version": version,
            "request": "GetFeature",
            "typeNames" if version == "2.0.0" else "typeName": self.name,
            "bbox": format_bbox(box or self.box, version),
            **more,
            **self.source.reader.query,
        }
        return {name: value for name, value in params.items() if value}

    def page(self, size: int, box: Box | None = None, **more: str) -> Page:
        """Request at most `size` features; 0 leaves the number to the server."""
        limit = "count" if self.source.reader.version == "2.0.0" else "maxFeatures"
        more |= {limit: str(size)} if size else {}
        return self._scan(self.params(box, **more))

    def hits(self) -> int | None:
        """Request the number of features; None if the version or the service does not count."""
        if self.source.reader.version == "1.0.0":
            return None
        params = {**self.params(), "resultType": "hits"}
        params.pop("outputFormat", None)  # GeoServer counts in XML only
        try:
            return self._scan(params).found.total
        except FetchError as error:
            logger.info("%s: the service does not count (%s)", self.source.id, error.what)
            return None

    def _scan(self, params: dict[str, str]) -> Page:
        return self.collector.scan(_get(self.client, self.source, params))


def download_wfs(request: Request, client: Client) -> Payload:
    """Download a layer of a WFS.

    The entry's reader names ``version``, ``type_name`` and ``axis``. A parameter that every
    request needs (``map``, a key) belongs into its url; ``reader.query`` is for the features
    alone, and a blank value there leaves a parameter out. The payload, ``pages.zip``, holds the
    answers as they came, and the service's capabilities.

    Raises `FetchError` if the service does not answer, sends an exception, does not have the layer
    (those it has are listed), or gives fewer features than it counts.
    """
    source, reader = request.source, request.source.reader
    is_gml = "json" not in reader.query.get("outputFormat", "").lower()
    for name in ("version", "type_name", *(("axis",) if is_gml else ())):
        if not getattr(reader, name):
            raise FetchError(
                f"{source.id}: reader.{name} is missing, it is never guessed",
                "add it to the catalogue entry",
            )
    raw, offered = ask_capabilities(client, source)
    type_name = offered.find(reader.type_name)
    if type_name is None:
        raise FetchError(
            f"{source.id}: {source.url}: the service has no layer {reader.type_name!r}; "
            f"it has: {list_names(list(offered.layers))}",
            "correct reader.type_name in the catalogue entry",
        )
    layer = _Layer(request, client, type_name)
    if reader.version == "2.0.0" and offered.pages is not False:
        tiles = _download_pages(layer, offered)
    else:
        expected, whole = layer.hits(), layer.page(reader.page_size)
        tiles = _download_tiles(layer, whole, expected, reader.page_size)
    members = {
        CAPABILITIES: raw,
        REQUEST: describe_request(request.box),
        **layer.collector.members(),
        **{f"{TILE}{n:05d}.{tile.suffix}": tile.raw for n, tile in enumerate(tiles, 1)},
    }
    payload = request.folder / "pages.zip"
    write_pages(payload, members)
    return Payload(path=payload, url=source.url, query=urlencode(layer.params(), safe=":/,"))


def _download_pages(layer: _Layer, offered: Capabilities) -> list[Page]:
    """Request page after page, until one is empty or the last is not full.

    Returns tiles if the service turns out to ignore the start of a page.
    """
    source, collector = layer.source, layer.collector
    size = source.reader.page_size or min(offered.page_size or _PAGE_SIZE, _PAGE_SIZE)
    # without a sort key a server may mix its pages up
    key = source.columns.get("native_id", "")
    sort = key if offered.sorts and key not in ("gml_id", "fid") else ""
    expected = layer.hits()
    for _ in range(MAX_PAGES):
        page = layer.page(size, startIndex=str(collector.count), sortBy=sort)
        expected = max(filter(None, (expected, page.found.total)), default=None)
        if len(page) and collector.pages and page.found.keys == collector.pages[-1].found.keys:
            logger.warning("%s: the service ignores startIndex; requesting tiles", source.id)
            first = collector.pages[0]
            collector.pages.clear()
            return _download_tiles(layer, first, expected, size)
        if len(page) or not collector.pages:
            collector.add(page)
        complete = expected is not None and collector.count >= expected
        if not len(page) or (complete and _is_last(page, size)):
            check_count(collector.count, expected, source)
            return []
    raise FetchError(
        f"{source.id}: {source.url}: no end after {MAX_PAGES} pages", "raise reader.page_size"
    )


def _is_last(page: Page, size: int) -> bool:
    """Return whether nothing can have cut an answer: it is shorter than requested and not round.

    A round number may be a limit of the server's own, and its count cut by it as well.
    """
    return len(page) != size and (len(page) == 0 or len(page) % _ROUND != 0)


def _download_tiles(layer: _Layer, whole: Page, expected: int | None, size: int) -> list[Page]:
    """Keep an answer, and return smaller and smaller tiles if it was or may have been cut.

    The box is quartered until no quarter's answer can have been cut. If it is only suspected that
    `whole` was cut, the search ends after some tiles none of which has anything new.
    """
    source = layer.source
    layer.collector.pages.append(whole)
    is_cut = len(whole) == size if expected is None else len(whole) < expected
    seen, tiles, requests = set(whole.found.keys), list[Page](), 0
    suspected = len(whole) > 0 and (is_cut or not _is_last(whole, size))
    waiting = deque(_quarters(layer.box or _WORLD) if suspected else ())
    while waiting:
        box = waiting.popleft()
        narrow = box[2] - box[0] < _NARROW
        if not is_cut and (requests >= _PROBES or narrow):
            break
        if requests >= MAX_TILES or narrow:
            raise FetchError(
                f"{source.id}: {source.url}: the service gives only {len(whole)} features at "
                "once, and there are more at one place",
                "raise reader.page_size in the catalogue entry, or ask for parts with --bbox",
            )
        tile = layer.page(size, box)
        requests += 1
        is_cut = is_cut or not seen.issuperset(tile.found.keys)
        seen.update(tile.found.keys)
        if len(tile) >= len(whole):
            waiting.extend(_quarters(box))
        elif len(tile):
            tiles.append(tile)
    check_count(len(seen) if is_cut and suspected else len(whole), expected, source)
    return tiles if is_cut else []


def _quarters(box: Box) -> tuple[Box, ...]:
    west, south, east, north = box
    lon, lat = (west + east) / 2, (south + north) / 2
    columns, rows = ((west, lon), (lon, east)), ((south, lat), (lat, north))
    return tuple((w, s, e, n) for s, n in rows for w, e in columns)


def read_wfs(path: Path, source: Source) -> pd.DataFrame:
    """Open the features of a WFS, or a file that you provide in their place.

    ``reader.axis`` says how this server writes coordinates in GML.

    Raises `SchemaError` if a page is damaged, a column is missing, or the features lie outside the
    box that the service declares for the layer (``reader.axis`` is then probably wrong).
    """
    table, payload = read_collection(path, source)
    raw = payload.about.get(CAPABILITIES)
    if raw is None:
        return table
    try:
        offered = parse_capabilities(raw)
    except DocumentError as error:
        raise SchemaError(
            f"{source.id}: {path.name}/{CAPABILITIES}: {error.reason}",
            error.hint or retry_hint(source),
        ) from error
    box = offered.layers.get(offered.find(source.reader.type_name) or "")
    if box is not None:
        check_location(table, box, source, whose="that the service declares")
    return table
