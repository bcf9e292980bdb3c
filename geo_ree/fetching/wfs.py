"""What a WFS says of itself: its layers, where they lie, and whether it can page and sort."""

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
from geo_ree.fetching.answers import write_pages
from geo_ree.fetching.download import Client
from geo_ree.fetching.features import REQUEST, check_place, read_collection, scan_page, told_box
from geo_ree.fetching.protocol import Box, Payload, Request
from geo_ree.reading.features import (
    MAX_PAGES,
    MOST_PAGE_BYTES,
    Page,
    PageError,
    check_count,
    check_overlap,
    failure,
    parse_xml,
    told_names,
)
from geo_ree.reading.markup import local_name
from geo_ree.reading.tables import cure_of

logger = logging.getLogger(__name__)


_NOT_COMPUTED = (-1.0, -1.0, 0.0, 0.0)
"""GeoServer's box of a layer whose bounds nobody has computed."""


@dataclass(frozen=True, kw_only=True)
class FeatureType:
    """A layer: its name, and the box in degrees that the service declares for it, if any."""

    name: str
    box: Box | None


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What the service offers.

    Parameters
    ----------
    types
        Its layers.
    pages
        Whether it says that answers can be asked for by parts; None where it does not say.
    sorts
        Whether it says that it sorts.
    most
        Features it gives at once by default; None where it does not say.
    """

    types: tuple[FeatureType, ...]
    pages: bool | None
    sorts: bool
    most: int | None

    def find(self, wanted: str) -> FeatureType | None:
        """Give a layer by its name; a prefix may be left out where that leaves no doubt.

        Examples
        --------
        >>> there = FeatureType(name="ms:mrds", box=None)
        >>> Capabilities(types=(there,), pages=None, sorts=False, most=None).find("mrds").name
        'ms:mrds'
        """
        exact = [t for t in self.types if t.name == wanted]
        bare = wanted.rpartition(":")[2]
        alike = [
            t
            for t in self.types
            if t.name.rpartition(":")[2] == bare and (":" not in wanted or ":" not in t.name)
        ]
        return exact[0] if exact else alike[0] if len(alike) == 1 else None


def parse_capabilities(raw: bytes) -> Capabilities:
    """Parse the answer to GetCapabilities of any version.

    Parameters
    ----------
    raw
        Its bytes.

    Returns
    -------
    Capabilities

    Raises
    ------
    ServiceError
        When the service sent an exception.
    PageError
        When it is something else.

    Examples
    --------
    >>> parse_capabilities(b"<WFS_Capabilities><FeatureTypeList><FeatureType><Name>mrds</Name>"
    ...     b"<LatLongBoundingBox minx='60' miny='40' maxx='80' maxy='50'/></FeatureType>"
    ...     b"</FeatureTypeList></WFS_Capabilities>").types
    (FeatureType(name='mrds', box=(60.0, 40.0, 80.0, 50.0)),)
    """
    root = parse_xml(raw)
    if local_name(root.tag) != "WFS_Capabilities":
        raise PageError(f"no capabilities of a WFS came, but {local_name(root.tag)!r}")
    said = {
        str(e.get("name")): (e.findtext("{*}DefaultValue") or "").strip()
        for e in root.iter()
        if local_name(e.tag) == "Constraint"
    }
    paging, most = said.get("ImplementsResultPaging"), said.get("CountDefault", "")
    return Capabilities(
        types=tuple(_type(e) for e in root.iter() if local_name(e.tag) == "FeatureType"),
        pages=None if paging is None else paging.upper() == "TRUE",
        sorts=said.get("ImplementsSorting", "").upper() == "TRUE",
        most=int(most) if most.isdigit() and int(most) else None,
    )


def _type(element: Element) -> FeatureType:
    return FeatureType(name=(element.findtext("{*}Name") or "").strip(), box=_box(element))


def _box(element: Element) -> Box | None:
    corners = element.find("{*}WGS84BoundingBox")
    edges = element.find("{*}LatLongBoundingBox")
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


@dataclass(frozen=True, kw_only=True)
class FeatureRequest:
    """The layer of an order, and the way to ask for its features.

    Parameters
    ----------
    client
        Makes the requests.
    source
        The catalogue entry.
    name
        The layer, as the service calls it.
    box
        The part of the world that is asked for; None for everywhere.
    """

    client: Client
    source: Source
    name: str
    box: Box | None

    def params(self, box: Box | None = None, **more: str) -> dict[str, str]:
        """Give the query of a request; what the entry leaves blank is left out."""
        version = self.source.reader.version
        asked = {
            "service": "WFS",
            "version": version,
            "request": "GetFeature",
            "typeNames" if version == "2.0.0" else "typeName": self.name,
            "bbox": told_bbox(box or self.box, version),
            **more,
            **self.source.reader.query,
        }
        return {name: value for name, value in asked.items() if value}

    def page(self, box: Box | None = None, *, most: int = 0, **more: str) -> Page:
        """Ask for features, at most so many of them."""
        limit = "count" if self.source.reader.version == "2.0.0" else "maxFeatures"
        params = self.params(box, **({limit: str(most)} if most else {}), **more)
        return self._scanned(params)

    def hits(self) -> int | None:
        """Ask how many there are; None where the version or the service has no answer."""
        if self.source.reader.version == "1.0.0":
            return None
        params = {**self.params(), "resultType": "hits"}
        params.pop("outputFormat", None)  # GeoServer counts in XML only
        try:
            return self._scanned(params).stated
        except FetchError as error:
            logger.info("%s: it does not count its features (%s)", self.source.id, error.what)
            return None

    def _scanned(self, params: dict[str, str]) -> Page:
        raw = ask(self.client, self.source, params)
        try:
            return scan_page(raw)
        except PageError as error:
            raise failure(self.source, error) from error


def ask(client: Client, source: Source, params: dict[str, str]) -> bytes:
    """Ask the service, and give the bytes of its answer.

    Raises
    ------
    FetchError
        When none comes.
    """
    return client.get(
        source.url, params=params, headers=source.reader.headers, most_bytes=MOST_PAGE_BYTES
    )


def ask_capabilities(client: Client, source: Source) -> tuple[bytes, Capabilities]:
    """Ask the service what it offers, and give that with the bytes that it came in.

    Raises
    ------
    FetchError
        When no answer comes, or something else.
    """
    version = source.reader.version or "2.0.0"
    raw = ask(client, source, {"service": "WFS", "version": version, "request": "GetCapabilities"})
    try:
        return raw, parse_capabilities(raw)
    except PageError as error:
        raise failure(source, error) from error


def told_bbox(box: Box | None, version: str) -> str:
    """Give the parameter ``bbox`` for a box, in the axis order of the version.

    Parameters
    ----------
    box
        West, south, east and north, degrees; None for everywhere.
    version
        1.0.0 takes the longitude first. 1.1.0 and 2.0.0 take the latitude first; 2.0.0 is told
        so by the long name of the reference system, since GeoServer takes the short one to
        mean longitude first.

    Returns
    -------
    str

    Examples
    --------
    >>> told_bbox((60, 40, 80, 50), "1.0.0")
    '60,40,80,50'
    >>> told_bbox((60, 40, 80, 50), "1.1.0")
    '40,60,50,80,EPSG:4326'
    """
    if box is None:
        return ""
    west, south, east, north = (f"{edge:.9g}" for edge in box)
    if version == "1.0.0":
        return ",".join((west, south, east, north))
    crs = "EPSG:4326" if version == "1.1.0" else "urn:ogc:def:crs:EPSG::4326"
    return ",".join((south, west, north, east, crs))


CAPABILITIES = "capabilities.xml"
"""Member of the payload: what the service says of itself."""

MAX_TILES = 2000
"""Tiles after which a service that gives too little at once is given up."""

_PAGE = 1000
_PROBES = 100
_ROUND = 100
_NARROW = 1e-4
_WORLD: Box = (-180.0, -90.0, 180.0, 90.0)


def download_wfs(request: Request, client: Client) -> Payload:
    """Ask a WFS for a layer, page by page or tile by tile where it gives only so many at once.

    Parameters
    ----------
    request
        The entry, whose reader names ``version``, ``type_name`` and ``axis``; and the box. A
        parameter that every request needs (``map``, a key) belongs into its url;
        ``reader.query`` is for the features alone, and a blank value there leaves one out.
    client
        Makes the requests.

    Returns
    -------
    Payload
        The answers as they came, and the service's capabilities, in ``pages.zip``.

    Raises
    ------
    FetchError
        When the service cannot be asked, sends an exception, does not have the layer (those
        it has are listed), or gives fewer features than it counts.
    """
    source = request.source
    _check_reader(source)
    raw, offered = ask_capabilities(client, source)
    layer = FeatureRequest(
        client=client, source=source, name=_named(offered, source), box=request.box
    )
    by_parts = source.reader.version == "2.0.0" and offered.pages is not False
    pages = _by_pages(layer, offered) if by_parts else _at_once(layer)
    payload = request.folder / "pages.zip"
    members = {name: page.raw for name, page in pages}
    write_pages(payload, {CAPABILITIES: raw, REQUEST: told_box(request.box), **members})
    return Payload(path=payload, url=source.url, query=urlencode(layer.params(), safe=":/,"))


def _check_reader(source: Source) -> None:
    reader = source.reader
    gml = "json" not in reader.query.get("outputFormat", "").lower()
    for name in ("version", "type_name", *(("axis",) if gml else ())):
        if not getattr(reader, name):
            raise FetchError(
                f"{source.id}: reader.{name} is missing, it is never guessed",
                "add it to the catalogue entry",
            )


def _named(offered: Capabilities, source: Source) -> str:
    found = offered.find(source.reader.type_name)
    if found is not None:
        return found.name
    names = [t.name for t in offered.types]
    raise FetchError(
        f"{source.id}: {source.url}: the service has no layer {source.reader.type_name!r}; "
        f"it has: {told_names(names)}",
        "correct reader.type_name in the catalogue entry",
    )


def _by_pages(layer: FeatureRequest, offered: Capabilities) -> list[tuple[str, Page]]:
    """Ask for one page after the other, until one is empty or the last is not full."""
    source, had, seen, pages = layer.source, 0, set[bytes](), list[Page]()
    most = source.reader.page_size or min(offered.most or _PAGE, _PAGE)
    expected, sort = layer.hits(), _sort_key(source, offered)
    for number in range(1, MAX_PAGES + 1):
        page = layer.page(most=most, startIndex=str(had), sortBy=sort)
        expected = max(filter(None, (expected, page.stated)), default=None)
        if page.keys and page.keys == (pages[-1].keys if pages else ()):
            logger.warning("%s: the service ignores startIndex; it is asked by tiles", source.id)
            return _completed(layer, pages[0], expected, most)
        check_overlap(page, seen, source, number)
        if page.keys or number == 1:
            pages.append(page)
        seen.update(page.keys)
        had += len(page.keys)
        if not page.keys or (expected is not None and had >= expected and _is_last(page, most)):
            check_count(had, expected, source)
            return _numbered("page", pages)
    raise FetchError(
        f"{source.id}: {source.url}: no end after {MAX_PAGES} pages", "raise reader.page_size"
    )


def _is_last(page: Page, most: int) -> bool:
    """Tell an answer that nothing can have cut: shorter than asked for, and no round number.

    A round number may be a limit of the server's own, and its count cut by it as well.
    """
    return len(page.keys) != most and (not page.keys or len(page.keys) % _ROUND != 0)


def _numbered(kind: str, pages: list[Page]) -> list[tuple[str, Page]]:
    return [(f"{kind}-{number:05d}.{page.suffix}", page) for number, page in enumerate(pages, 1)]


def _sort_key(source: Source, offered: Capabilities) -> str:
    """Give the column to sort by; without one a server may mix its pages up."""
    key = source.columns.get("native_id", "")
    return key if offered.sorts and key not in ("gml_id", "fid") else ""


def _at_once(layer: FeatureRequest) -> list[tuple[str, Page]]:
    most = layer.source.reader.page_size
    expected = layer.hits()
    return _completed(layer, layer.page(most=most), expected, most)


def _completed(
    layer: FeatureRequest, whole: Page, expected: int | None, most: int
) -> list[tuple[str, Page]]:
    """Give an answer, and where it was or may have been cut, those for smaller and smaller tiles."""
    had, first = len(whole.keys), _numbered("page", [whole])
    cut = had == most if expected is None else had < expected
    if had and (cut or not _is_last(whole, most)):
        tiles, had = _by_tiles(layer, whole, most, cut)
        first += _numbered("tile", tiles)
    check_count(had, expected, layer.source)
    return first


def _by_tiles(layer: FeatureRequest, whole: Page, most: int, cut: bool) -> tuple[list[Page], int]:
    """Quarter the box until no quarter's answer can have been cut.

    Where it is only suspected that `whole` was cut, the search is given up after some tiles
    none of which has anything new.
    """
    seen, tiles, asked = set(whole.keys), list[Page](), 0
    waiting = deque(_quarters(layer.box or _WORLD))
    while waiting:
        box = waiting.popleft()
        narrow = box[2] - box[0] < _NARROW
        if not cut and (asked >= _PROBES or narrow):
            return [], len(whole.keys)
        if asked >= MAX_TILES or narrow:
            raise FetchError(
                f"{layer.source.id}: {layer.source.url}: the service gives only "
                f"{len(whole.keys)} features at once, and there are more at one place",
                "raise reader.page_size in the catalogue entry, or ask for parts with --bbox",
            )
        tile = layer.page(box, most=most)
        asked += 1
        cut = cut or not seen.issuperset(tile.keys)
        seen.update(tile.keys)
        if len(tile.keys) >= len(whole.keys):
            waiting.extend(_quarters(box))
        elif tile.keys:
            tiles.append(tile)
    return (tiles, len(seen)) if cut else ([], len(whole.keys))


def _quarters(box: Box) -> tuple[Box, ...]:
    west, south, east, north = box
    lon, lat = (west + east) / 2, (south + north) / 2
    return (
        (west, south, lon, lat),
        (lon, south, east, lat),
        (west, lat, lon, north),
        (lon, lat, east, north),
    )


def read_wfs(path: Path, source: Source) -> pd.DataFrame:
    """Open the features of a WFS, fetched or handed over.

    Parameters
    ----------
    path
        ``pages.zip``, or a file that somebody was handed, in GML, GeoJSON or another format.
    source
        Its catalogue entry; ``reader.axis`` tells how this server writes coordinates in GML.

    Returns
    -------
    pandas.DataFrame
        As `geo_ree.fetching.read` describes it.

    Raises
    ------
    SchemaError
        When a page is damaged, a column is missing, or the features do not lie in the box that
        the service declares for the layer (``reader.axis`` is then probably wrong).

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog.load import load_catalog
    >>> path = Path(tempfile.mkdtemp()) / "handed.geojson"
    >>> _ = path.write_text('{"type": "Feature", "properties": {"name": "Made-up Ridge"}, '
    ...                     '"geometry": {"type": "Point", "coordinates": [60, 45]}}')
    >>> entry = load_catalog()["natural_earth_railroads"].model_copy(update={"columns": {}})
    >>> read_wfs(path, entry).to_wkt().loc[1].tolist()
    ['Made-up Ridge', 'POINT (60 45)']
    """
    found = read_collection(path, source)
    raw = found.about.get(CAPABILITIES)
    if raw is None:
        return found.table
    try:
        layer = parse_capabilities(raw).find(source.reader.type_name)
    except PageError as error:
        raise SchemaError(
            f"{source.id}: {path.name}/{CAPABILITIES}: {error.reason}",
            error.hint or cure_of(source),
        ) from error
    if layer is not None and layer.box is not None:
        check_place(found.table, layer.box, source, told="that the service declares")
    return found.table
