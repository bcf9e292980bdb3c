"""Answers in JSON: asked for as bytes that are kept, parsed, and their errors told."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geo_ree.catalog.source import Source
from geo_ree.errors import FetchError, SchemaError
from geo_ree.fetching.download import ZIP_MAGIC, Client
from geo_ree.reading.archives import Archive
from geo_ree.reading.features import AlienError, PageError, ServiceError, told_start
from geo_ree.reading.tables import cure_of

_MOST_BYTES = 256_000_000


def ask(
    client: Client,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    data: str = "",
    headers: Mapping[str, str] | None = None,
) -> tuple[bytes, dict[str, Any]]:
    """Ask for an object in JSON, and give it with the bytes that it came in.

    Parameters
    ----------
    client
        Makes the request.
    url, params, data, headers
        As for `Client.get`.

    Returns
    -------
    tuple of bytes and dict
        The object may be an error of the service.

    Raises
    ------
    FetchError
        As `Client.get` does, and when the answer is no object in JSON.
    """
    body = client.get(url, params=params, data=data, headers=headers, most_bytes=_MOST_BYTES)
    try:
        return body, _object(body)
    except PageError as error:
        raise FetchError(
            f"{client.source_id}: {url}: the answer is no JSON object (it begins with "
            f"{told_start(body)})",
            "open the address in a browser; the publisher may have changed the service",
        ) from error


def parse_object(raw: bytes, *, numbers_as_texts: bool = False) -> dict[str, Any]:
    """Parse an answer that has to be a JSON object.

    Parameters
    ----------
    raw
        Its bytes, in UTF-8.
    numbers_as_texts
        Give numbers as the texts that were printed.

    Returns
    -------
    dict

    Raises
    ------
    ServiceError
        When it is the service's error.
    PageError
        When it is no JSON object.

    Examples
    --------
    >>> parse_object(b'{"grade": 1.50}', numbers_as_texts=True)
    {'grade': '1.50'}
    """
    found = _object(raw, numbers_as_texts=numbers_as_texts)
    said = _said(found)
    if said:
        raise ServiceError(f"the service says: {said}")
    return found


def parse_member(
    name: str, raw: bytes, source: Source, *, numbers_as_texts: bool = False
) -> dict[str, Any]:
    """Parse a page of a payload, as `parse_object` does, and say which one is wrong.

    Parameters
    ----------
    name
        What it is called in an error.
    raw, numbers_as_texts
        As there.
    source
        Its catalogue entry.

    Returns
    -------
    dict

    Raises
    ------
    SchemaError
        When it is no object in JSON, or holds an error of the service in place of data.

    Examples
    --------
    >>> from geo_ree.catalog.load import load_catalog
    >>> parse_member("a.json", b"{", load_catalog()["usgs_ree"])
    Traceback (most recent call last):
    geo_ree.errors.SchemaError: usgs_ree: a.json: the JSON is damaged or cut short; fetch it \
again with geo-ree fetch usgs_ree
    """
    try:
        return parse_object(raw, numbers_as_texts=numbers_as_texts)
    except PageError as error:
        told = f"{source.id}: {name}: {error.reason}"
        raise SchemaError(told, error.hint or cure_of(source)) from error


def _object(raw: bytes, *, numbers_as_texts: bool = False) -> dict[str, Any]:
    as_text: dict[str, Any] = dict.fromkeys(("parse_int", "parse_float", "parse_constant"), str)
    try:
        found = json.loads(raw.decode("utf-8-sig"), **(as_text if numbers_as_texts else {}))
    except (ValueError, RecursionError) as error:
        raise PageError("the JSON is damaged or cut short") from error
    if not isinstance(found, dict):
        raise AlienError("the JSON is no object")
    return found


def _said(document: dict[str, Any]) -> str:
    """Give the error of ArcGIS, GeoServer or an OGC API; blank where there is none."""
    if isinstance(document.get("error"), dict):
        return told_error(document["error"])
    reports = document.get("exceptions")
    if not isinstance(reports, list):
        reports = [document] if "code" in document and "description" in document else []
    parts = [
        str(report.get(name, ""))
        for report in reports
        if isinstance(report, dict)
        for name in ("code", "text", "description")
    ]
    return " ".join(": ".join(p for p in parts if p).split())[:300]


def told_error(error: Mapping[str, Any]) -> str:
    """Give the error of an ArcGIS server in one line: code, message, details.

    Examples
    --------
    >>> told_error({"code": 400, "message": "Invalid query", "details": ["no field GRADE"]})
    'error 400, Invalid query (no field GRADE)'
    """
    details = error.get("details")
    parts = details if isinstance(details, list) else [details]
    more = "; ".join(dict.fromkeys(" ".join(str(p).split()) for p in parts if p))
    message = " ".join(str(error.get("message") or "without a message").split())
    said = f"error {error.get('code', 'without a code')}, {message}"
    return said + (f" ({more[:200]})" if more and more != message else "")


def printed(value: object) -> str | None:
    """Give a value of JSON as the text that was printed; None for null.

    Examples
    --------
    >>> printed("7"), printed(True), printed({"ha": "2"}), printed(None)
    ('7', 'true', '{"ha": "2"}', None)
    """
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def told_keys(document: Mapping[str, Any]) -> str:
    """Give the first keys of an object, for the error about what it lacks.

    Examples
    --------
    >>> told_keys({"objectIds": [1], "count": 1}), told_keys({})
    ('objectIds, count', 'nothing')
    """
    return ", ".join(list(document)[:8]) or "nothing"


TILE = "tile-"
"""Begins the name of a page that covers a part of the world, and may repeat its neighbours."""

_PAGES = ("page-", TILE)
_DAY = (1980, 1, 1, 0, 0, 0)
_BLANK = b"\xef\xbb\xbf \t\r\n"
_ANSWERS = (".json", ".geojson")
_OTHERS = (".shp", ".gpkg", ".gdbtable", ".csv", ".kml", ".gml")


@dataclass(frozen=True, kw_only=True)
class Pages:
    """What a payload holds of a service's answers.

    Parameters
    ----------
    pages
        Name, as an error gives it, and bytes of each, in order.
    about
        What is kept beside them, by the name of the member.
    tiled
        Whether some are tiles, so that one feature may be in several.
    provided
        Whether they are files of other names than ours, which somebody saved.
    """

    pages: tuple[tuple[str, bytes], ...] = ()
    about: Mapping[str, bytes] = field(default_factory=dict)
    tiled: bool = False
    provided: bool = True


def write_pages(target: Path, members: Mapping[str, bytes]) -> None:
    """Keep the answers of a service in one zip archive, the same bytes for the same answers.

    Parameters
    ----------
    target
        The archive to write.
    members
        Name (``page-00001.json``, …) -> bytes as they came.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "pages.zip"
    >>> write_pages(target, {"page-00001.json": b"{}"})
    >>> zipfile.ZipFile(target).namelist()
    ['page-00001.json']
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # the same bytes on every system
            archive.writestr(info, content)


def read_pages(path: Path, source: Source, *, starts: str = "{") -> Pages:
    """Find the pages of a payload.

    Parameters
    ----------
    path
        The archive that `write_pages` made; or what somebody was handed: one page, or a zip
        archive of pages in JSON.
    source
        Its catalogue entry.
    starts
        First characters that a page alone may have, whatever its name.

    Returns
    -------
    Pages
        None at all where the file is of another kind.

    Raises
    ------
    SchemaError
        When it cannot be read, or the archive is damaged, encrypted, or expands beyond measure.

    Examples
    --------
    >>> import tempfile
    >>> from geo_ree.catalog.load import load_catalog
    >>> target = Path(tempfile.mkdtemp()) / "pages.zip"
    >>> write_pages(target, {"layer.json": b"{}", "page-00001.json": b'{"rows": []}'})
    >>> found = read_pages(target, load_catalog()["usgs_ree"])
    >>> found.pages, list(found.about)
    ((('pages.zip/page-00001.json', b'{"rows": []}'),), ['layer.json'])
    """
    if path.is_dir():  # a file geodatabase is a folder
        return Pages()
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise SchemaError(
            f"{source.id}: {path} cannot be read ({error.strerror})", "check the path"
        ) from error
    if head.startswith(ZIP_MAGIC):
        with Archive(path, what=source.id, hint=cure_of(source)) as archive:
            return _from_archive(archive)
    alone = head.lstrip(_BLANK)[:1]
    if alone and alone in starts.encode():
        return Pages(pages=((path.name, path.read_bytes()),))
    return Pages()


def _from_archive(archive: Archive) -> Pages:
    names = [n for n in archive.names if n.startswith(_PAGES)]
    provided = not names
    if provided and not any(n.lower().endswith(_OTHERS) for n in archive.names):
        names = [n for n in archive.names if n.lower().endswith(_ANSWERS)]
    beside = [] if provided else [n for n in archive.names if n not in names]
    return Pages(
        pages=tuple((f"{archive.name}/{n}", archive.read(n)) for n in names),
        about={n: archive.read(n) for n in beside},
        tiled=not provided and any(n.startswith(TILE) for n in names),
        provided=provided,
    )
