"""Features of an OGC API, from page to page by the links that it gives."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit, urlunsplit

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError
from geo_ree.fetching.answers import parse_object, write_pages
from geo_ree.fetching.download import Client
from geo_ree.fetching.features import REQUEST, check_place, read_collection, scan_geojson, told_box
from geo_ree.fetching.protocol import Box, Payload, Request
from geo_ree.fetching.retry import AbsentError
from geo_ree.reading.features import (
    MAX_PAGES,
    MOST_PAGE_BYTES,
    Page,
    PageError,
    check_count,
    check_overlap,
    failure,
    told_names,
)

logger = logging.getLogger(__name__)


COLLECTION = "collection.json"
"""Member of the payload: what the service says of the collection."""

_PAGE = 1000
_ACCEPT = "application/geo+json, application/json;q=0.9"


def download_ogcapi(request: Request, client: Client) -> Payload:
    """Ask an OGC API for the items of a collection, and follow the links to the next pages.

    Parameters
    ----------
    request
        The entry: its url is that of the landing page or of anything below it, and its reader
        names ``collection``; and the box.
    client
        Makes the requests.

    Returns
    -------
    Payload
        The pages as they came, and the description of the collection, in ``pages.zip``.

    Raises
    ------
    FetchError
        When the service cannot be asked, does not have the collection (those it has are
        listed), leads in a circle or to a host that is not one of the source's, or gives
        fewer features than it counts.
    """
    source = request.source
    if not source.reader.collection:
        raise FetchError(f"{source.id}: reader.collection is missing", "add it to the entry")
    described = _described(source, client)
    params = {
        **_form(source),
        "limit": str(source.reader.page_size or _PAGE),
        "bbox": ",".join(f"{edge:.9g}" for edge in request.box or ()),
        **source.reader.query,
    }
    params = {name: value for name, value in params.items() if value}
    pages = _followed(source, client, params)
    payload = request.folder / "pages.zip"
    members = {f"page-{number:05d}.geojson": page.raw for number, page in enumerate(pages, 1)}
    write_pages(payload, {COLLECTION: described, REQUEST: told_box(request.box), **members})
    return Payload(
        path=payload,
        url=collection_address(source, "items"),
        query=urlencode(params, safe=":/,"),
    )


def collection_address(source: Source, *below: str) -> str:
    """Give the address of a collection, or of something below it.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> entry = load_catalog()["usgs_ree"]
    >>> reader = entry.reader.model_copy(update={"collection": "mines"})
    >>> entry = entry.model_copy(update={"reader": reader, "url": "https://a.example/api/"})
    >>> collection_address(entry, "items")
    'https://a.example/api/collections/mines/items'
    """
    root = source.url.partition("?")[0].partition("/collections")[0].rstrip("/")
    return "/".join((root, "collections", quote(source.reader.collection, safe=""), *below))


def _form(source: Source) -> dict[str, str]:
    """Ask for JSON; a service that does not know the parameter has it blank in the entry."""
    form = source.reader.query.get("f", "json")
    return {"f": form} if form else {}


def _get(client: Client, source: Source, url: str, params: Mapping[str, str]) -> bytes:
    headers = {"Accept": _ACCEPT, **source.reader.headers}
    return client.get(url, params=params, headers=headers, most_bytes=MOST_PAGE_BYTES)


def _described(source: Source, client: Client) -> bytes:
    """Give the service's description of the collection; when it has none, list what it has."""
    address = collection_address(source)
    try:
        return _get(client, source, address, _form(source))
    except AbsentError:
        every = address.rpartition("/")[0]
        listed = _get(client, source, every, _form(source))
        try:
            found = parse_object(listed).get("collections")
        except PageError as error:
            raise failure(source, error, every) from error
        names = [str(c.get("id")) for c in found or () if isinstance(c, dict)]
        if source.reader.collection in names:
            raise
        raise FetchError(
            f"{source.id}: {every}: the service has no collection "
            f"{source.reader.collection!r}; it has: {told_names(names)}",
            "correct reader.collection in the catalogue entry",
        ) from None


def _followed(source: Source, client: Client, params: Mapping[str, str]) -> list[Page]:
    address, had, expected = collection_address(source, "items"), 0, None
    pages: list[Page] = []
    visited: set[str] = set()
    seen: set[bytes] = set()
    while address:
        visited.add(address)
        raw = _get(client, source, address, params if not pages else {})
        try:
            page = scan_geojson(raw)
            following = next_link(parse_object(raw), address, client)
        except PageError as error:
            raise failure(source, error, address) from error
        repeats = bool(page.keys) and seen.issuperset(page.keys)
        if following in visited or (repeats and following):
            raise _endless(source, address, "it leads to pages that came before")
        check_overlap(page, seen, source, len(pages) + 1)
        pages.append(page)
        seen.update(page.keys)
        had += len(page.keys)
        expected = page.stated if page.stated is not None else expected
        if following and not page.keys:
            if expected is None or had < expected:
                raise _endless(source, address, "a page without features leads on")
            break
        if len(pages) >= MAX_PAGES:
            raise _endless(source, address, f"no end after {MAX_PAGES} pages")
        address = following
    check_count(had, expected, source)
    return pages


def _endless(source: Source, address: str, reason: str) -> FetchError:
    return FetchError(
        f"{source.id}: {address}: {reason}",
        "the service is out of order: fetch later, or ask for a part with --bbox",
    )


def next_link(document: Mapping[str, Any], address: str, client: Client) -> str:
    """Give the address of the page after a page.

    Parameters
    ----------
    document
        The page.
    address
        The publisher's address of the page itself.
    client
        Decides which hosts may be asked.

    Returns
    -------
    str
        The publisher's address, also where a mirror put its own in the link, and with https
        where the page itself came by https; blank on the last page.

    Raises
    ------
    FetchError
        When the link leads to a host that is not one of the source's.

    Examples
    --------
    >>> from geo_ree.settings import Settings
    >>> page = {"links": [{"rel": "next", "href": "?offset=100"}]}
    >>> next_link(page, "https://example.org/collections/a/items?f=json", Client(Settings()))
    'https://example.org/collections/a/items?offset=100'
    """
    links = document.get("links")
    onward = [
        link
        for link in (links if isinstance(links, list) else [])
        if isinstance(link, dict) and link.get("rel") == "next" and link.get("href")
    ]
    if not onward:
        return ""
    json_first = sorted(onward, key=lambda link: "json" not in str(link.get("type", "json")))
    found = urljoin(address, str(json_first[0]["href"]))
    mirror = (client.settings.mirror or "").rstrip("/") + "/"
    if mirror != "/" and found.startswith(mirror):
        found = "https://" + found.removeprefix(mirror)
    here, there = urlsplit(address), urlsplit(found)
    if here.scheme == "https" and there.scheme == "http" and here.hostname == there.hostname:
        found = urlunsplit(there._replace(scheme="https", netloc=here.netloc))
    client.allow(found)
    return found


def read_ogcapi(path: Path, source: Source) -> pd.DataFrame:
    """Open the items of a collection, fetched or handed over.

    Parameters
    ----------
    path
        ``pages.zip``, or a file that somebody was handed, in GeoJSON or another format.
    source
        Its catalogue entry.

    Returns
    -------
    pandas.DataFrame
        As `geo_ree.fetching.read` describes it; coordinates are longitude and latitude in WGS 84.

    Raises
    ------
    SchemaError
        When a page is damaged, a column is missing, or the features do not lie in the box that
        the service declares for the collection.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog.load import load_catalog
    >>> path = Path(tempfile.mkdtemp()) / "handed.geojson"
    >>> _ = path.write_text('{"type": "Feature", "properties": {"name": "Made-up Ridge"}, '
    ...                     '"geometry": {"type": "Point", "coordinates": [60, 45]}}')
    >>> entry = load_catalog()["natural_earth_railroads"].model_copy(update={"columns": {}})
    >>> read_ogcapi(path, entry).to_wkt().loc[1].tolist()
    ['Made-up Ridge', 'POINT (60 45)']
    """
    found = read_collection(path, source)
    box = _declared_box(found.about.get(COLLECTION, b"{}"))
    if box is not None:
        check_place(found.table, box, source, told="that the service declares")
    return found.table


def _declared_box(raw: bytes) -> Box | None:
    """Give the first box of a collection's extent; six numbers have heights between."""
    try:
        extent = json.loads(raw)["extent"]["spatial"]
        numbers = [float(n) for n in extent["bbox"][0]]
    except (ValueError, TypeError, KeyError, IndexError):
        return None
    if not str(extent.get("crs") or "CRS84").endswith(("CRS84", "CRS84h")) or len(numbers) < 4:
        return None
    half = len(numbers) // 2
    west, south, east, north = *numbers[:2], *numbers[half : half + 2]
    return (west, south, east, north) if west <= east and south <= north else None
