"""Features of an OGC API, from page to page by the links that it gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlunsplit

import pandas as pd

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError
from geo_ree.fetching.answers import (
    MAX_PAGE_BYTES,
    MAX_PAGES,
    list_names,
    unusable_answer,
    write_pages,
)
from geo_ree.fetching.feature_pages import (
    REQUEST,
    PageCollector,
    check_count,
    check_location,
    describe_request,
    read_collection,
)
from geo_ree.fetching.protocol import Box, Payload, Request
from geo_ree.fetching.transport.download import Client
from geo_ree.fetching.transport.retry import AbsentError
from geo_ree.fetching.transport.session import join_address, split_address
from geo_ree.reading.documents import DocumentError, objects_of, parse_object

COLLECTION = "collection.json"
"""Member of the payload with the service's description of the collection."""

_PAGE_SIZE = 1000
_ACCEPT = "application/geo+json, application/json;q=0.9"


def download_ogcapi(request: Request, client: Client) -> Payload:
    """Download the items of a collection, and follow the links to the next pages.

    The entry's url is that of the landing page or of anything below it; its reader names
    ``collection``. The payload, ``pages.zip``, holds the pages and the description of the
    collection as they came.

    Raises `FetchError` if the service does not answer, does not have the collection (those it has
    are listed), leads in a circle or to a host that is not one of the source's, or gives fewer
    features than it counts.
    """
    source = request.source
    if not source.reader.collection:
        raise FetchError(f"{source.id}: reader.collection is missing", "add it to the entry")
    description = _describe(source, client)
    params = {
        **_form(source),
        "limit": str(source.reader.page_size or _PAGE_SIZE),
        "bbox": ",".join(f"{edge:.9g}" for edge in request.box or ()),
        **source.reader.query,
    }
    params = {name: value for name, value in params.items() if value}
    pages = _follow(source, client, params).members()
    payload = request.folder / "pages.zip"
    about = {COLLECTION: description, REQUEST: describe_request(request.box)}
    write_pages(payload, {**about, **pages})
    return Payload(
        path=payload,
        url=collection_address(source, "items"),
        query=urlencode(params, safe=":/,"),
    )


def collection_address(source: Source, *below: str) -> str:
    """Return the address of a collection, or of something below it."""
    root = source.url.partition("?")[0].partition("/collections")[0].rstrip("/")
    return "/".join((root, "collections", quote(source.reader.collection, safe=""), *below))


def _form(source: Source) -> dict[str, str]:
    """Ask for JSON; the entry leaves ``f`` blank for a service that does not know it."""
    form = source.reader.query.get("f", "json")
    return {"f": form} if form else {}


def _get(client: Client, source: Source, url: str, params: Mapping[str, str]) -> bytes:
    headers = {"Accept": _ACCEPT, **source.reader.headers}
    return client.get(url, params=params, headers=headers, most_bytes=MAX_PAGE_BYTES)


def _describe(source: Source, client: Client) -> bytes:
    """Return the service's description of the collection; if it has none, list what it has."""
    address = collection_address(source)
    try:
        return _get(client, source, address, _form(source))
    except AbsentError:
        every = address.rpartition("/")[0]
        try:
            listed = parse_object(_get(client, source, every, _form(source))).get("collections")
        except DocumentError as error:
            raise unusable_answer(source, error, every) from error
        names = [str(c.get("id")) for c in objects_of(listed)]
        if source.reader.collection in names:
            raise
        raise FetchError(
            f"{source.id}: {every}: the service has no collection "
            f"{source.reader.collection!r}; it has: {list_names(names)}",
            "correct reader.collection in the catalogue entry",
        ) from None


def _follow(source: Source, client: Client, params: Mapping[str, str]) -> PageCollector:
    collector = PageCollector(source, client.settings.max_download_bytes)
    address, expected = collection_address(source, "items"), None
    visited: set[str] = set()

    def endless(reason: str) -> FetchError:
        return FetchError(
            f"{source.id}: {address}: {reason}",
            "the service is out of order: fetch later, or ask for a part with --bbox",
        )

    while address:
        visited.add(address)
        raw = _get(client, source, address, params if not collector.pages else {})
        page = collector.scan(raw, address)
        if page.suffix != "geojson":
            raise unusable_answer(source, DocumentError("GML came, not GeoJSON"), address)
        following = _next_address(json.loads(raw.decode("utf-8-sig")), address, client)
        repeats = len(page) > 0 and collector.seen.issuperset(page.found.keys)
        if following in visited or (repeats and following):
            raise endless("it leads to pages that came before")
        collector.add(page)
        expected = page.found.total if page.found.total is not None else expected
        if following and not len(page):
            if expected is None or collector.count < expected:
                raise endless("a page without features leads on")
            break
        if len(collector.pages) >= MAX_PAGES:
            raise endless(f"no end after {MAX_PAGES} pages")
        address = following
    check_count(collector.count, expected, source)
    return collector


def _next_address(document: Mapping[str, Any], address: str, client: Client) -> str:
    """Return the publisher's address of the page after the one at `address`; blank for none.

    A mirror may put its own address into the link, and a proxy http for https; both are undone.

    Raises `FetchError` if the link leads to a host that is not one of the source's.
    """
    links = objects_of(document.get("links"))
    onward = [link for link in links if link.get("rel") == "next" and link.get("href")]
    if not onward:
        return ""
    json_first = sorted(onward, key=lambda link: "json" not in str(link.get("type", "json")))
    found = join_address(address, json_first[0]["href"])
    mirror = (client.settings.mirror or "").rstrip("/") + "/"
    if mirror != "/" and found.startswith(mirror):
        found = "https://" + found.removeprefix(mirror)
    here, there = split_address(address), split_address(found)
    if here.scheme == "https" and there.scheme == "http" and here.hostname == there.hostname:
        found = urlunsplit(there._replace(scheme="https", netloc=here.netloc))
    client.allow(found)
    return found


def read_ogcapi(path: Path, source: Source) -> pd.DataFrame:
    """Open the items of a collection, or a file that you provide in their place.

    Coordinates are longitude and latitude in WGS 84 unless a page states otherwise.

    Raises `SchemaError` if a page is damaged, a column is missing, or the features lie outside
    the box that the service declares for the collection.
    """
    table, payload = read_collection(path, source)
    box = _declared_box(payload.about.get(COLLECTION, b"{}"))
    if box is not None:
        check_location(table, box, source, whose="that the service declares")
    return table


def _declared_box(raw: bytes) -> Box | None:
    """Return the first box of a collection's extent; six numbers have heights between."""
    try:
        extent = json.loads(raw)["extent"]["spatial"]
        numbers = [float(n) for n in extent["bbox"][0]]
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        return None
    if not str(extent.get("crs") or "CRS84").endswith(("CRS84", "CRS84h")) or len(numbers) < 4:
        return None
    half = len(numbers) // 2
    west, south, east, north = *numbers[:2], *numbers[half : half + 2]
    return (west, south, east, north) if west <= east and south <= north else None
