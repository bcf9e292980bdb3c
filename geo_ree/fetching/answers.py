"""Answers of services: requested as JSON, and kept unchanged in one zip archive."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.transport.download import ZIP_MAGIC, Client
from geo_ree.reading.archives import Archive
from geo_ree.reading.documents import DocumentError, ServiceError, parse_object, quote_start
from geo_ree.reading.tables import retry_hint

MAX_PAGES = 10_000
"""Pages after which a service is taken to be endless."""

MAX_PAGE_BYTES = 512_000_000
"""A larger answer is refused."""

TILE = "tile-"
"""Begins the name of a page that covers a part of the world, and may repeat its neighbours."""

_PAGES = ("page-", TILE)
_TABLES = (".shp", ".gpkg", ".gdbtable", ".csv", ".kml", ".gml")
_DAY = (1980, 1, 1, 0, 0, 0)
_BLANK = b"\xef\xbb\xbf \t\r\n"
_LISTED = 20


def request_json(
    client: Client,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    data: str = "",
    headers: Mapping[str, str] | None = None,
) -> tuple[bytes, dict[str, Any]]:
    """Request a JSON object; return its bytes and the object, which may be a service's error.

    Raises `FetchError` as `Client.get` does, and if the answer is no JSON object.
    """
    body = client.get(url, params=params, data=data, headers=headers, most_bytes=MAX_PAGE_BYTES)
    try:
        return body, parse_object(body, refuse_errors=False)
    except DocumentError as error:
        raise FetchError(
            f"{client.source_id}: {url}: the answer is no JSON object (it begins with "
            f"{quote_start(body)})",
            "open the address in a browser; the publisher may have changed the service",
        ) from error


def parse_member(
    name: str, raw: bytes, source: Source, *, numbers_as_texts: bool = False
) -> dict[str, Any]:
    """Parse a page of a payload; `name` is the page's name in a `SchemaError`."""
    try:
        return parse_object(raw, numbers_as_texts=numbers_as_texts)
    except DocumentError as error:
        raise SchemaError(
            f"{source.id}: {name}: {error.reason}", error.hint or retry_hint(source)
        ) from error


def unusable_answer(source: Source, error: DocumentError, url: str = "") -> FetchError:
    """Return the error about an answer that is not what was requested."""
    hint = "try again later; if it stays so, open the address in a browser"
    if isinstance(error, ServiceError):
        hint = "correct reader in the catalogue entry"
    return FetchError(f"{source.id}: {url or source.url}: {error.reason}", error.hint or hint)


def list_names(names: list[str]) -> str:
    """List what a service offers, at most 20 names, for the error about what it lacks."""
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "") or "none"


@dataclass(frozen=True, kw_only=True)
class Pages:
    """The answers that a payload holds.

    Attributes
    ----------
    pages
        Name, as errors give it, and bytes of each page, in order.
    about
        What is kept beside them, by the name of the member.
    tiled
        Whether some are tiles, so that one feature may be in several.
    provided
        Whether you provided them, under names of your own.
    """

    pages: tuple[tuple[str, bytes], ...] = ()
    about: Mapping[str, bytes] = field(default_factory=dict)
    tiled: bool = False
    provided: bool = False


def write_pages(target: Path, members: Mapping[str, bytes]) -> None:
    """Write answers into one zip archive: the same bytes for the same answers."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # the same bytes on every system
            archive.writestr(info, content)


def read_pages(path: Path, source: Source) -> Pages:
    """Return the pages of an archive that `write_pages` made, or what you saved in its place.

    That is one JSON document, or a zip archive of them. A file of another kind gives no pages.

    Raises `SchemaError` if the file cannot be read, or the archive is damaged or encrypted.
    """
    if path.is_dir():  # a file geodatabase
        return Pages()
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise SchemaError(
            f"{source.id}: {path} cannot be read ({error.strerror})", "check the path"
        ) from error
    if head.lstrip(_BLANK).startswith(b"{"):
        return Pages(pages=((path.name, path.read_bytes()),), provided=True)
    if not head.startswith(ZIP_MAGIC):
        return Pages()
    with Archive(path, source_id=source.id, hint=retry_hint(source)) as archive:
        names = [n for n in archive.names if n.startswith(_PAGES)]
        provided = not names
        if provided and not any(n.lower().endswith(_TABLES) for n in archive.names):
            names = [n for n in archive.names if n.lower().endswith((".json", ".geojson"))]
        beside = [] if provided else [n for n in archive.names if n not in names]
        return Pages(
            pages=tuple((f"{archive.name}/{n}", archive.read(n)) for n in names),
            about={n: archive.read(n) for n in beside},
            tiled=any(n.startswith(TILE) for n in names),
            provided=provided,
        )
